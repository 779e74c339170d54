"""`length`: questions and answers that are too short to say anything or too long to be what was asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from synth.filters.base import Context, Filter, Rejection, answer, asked, words
from synth.samples import Sample

Count = Annotated[int, Field(ge=0)]


def length(
    *,
    min_prompt_words: Count = 3,
    max_prompt_words: Count | None = 150,
    min_words: Count = 1,
    max_words: Count | None = None,
    tokenizer: str | None = None,
    max_tokens: Count | None = None,
) -> Filter:
    """Words of what the user asks, passages aside (3 to 150: Self-Instruct, Wang et al. 2023), and of the answer; of a
    pair both answers. `max_tokens` bounds the whole sample, passages included, by the tokens of `tokenizer` (as the
    step `tokens` names one), without those of a chat template.

    Raises:
        ValueError: there is no such tokenizer, or `max_tokens` has none.
    """
    if (max_tokens is None) != (tokenizer is None):
        raise ValueError("max_tokens and tokenizer go together")
    encode = None
    if tokenizer is not None:
        from curate.steps.tokens import load

        encode = load(tokenizer)[0]

    def decide(sample: Sample, context: Context) -> Rejection | None:
        found = [("answer", answer(sample), min_words, max_words)]
        if sample.rejected is not None:
            found.append(("rejected", sample.rejected, min_words, max_words))
        if sample.prompt:
            found.append(("prompt", asked(sample, context), min_prompt_words, max_prompt_words))
        for name, text, least, most in found:
            count = len(words(text))
            if count < least:
                return Rejection(f"{name}_short", {"words": count, "least": least})
            if most is not None and count > most:
                return Rejection(f"{name}_long", {"words": count, "most": most})
        if encode is not None and max_tokens is not None:
            ends = [m.content for m in sample.prompt] + [max(answer(sample), sample.rejected or "", key=len)]
            count = sum(len(one) for one in encode.encode_batch_fast(ends, add_special_tokens=False))
            if count > max_tokens:
                return Rejection("sample_long", {"tokens": count, "most": max_tokens})
        return None

    return decide
