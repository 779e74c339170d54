"""`language`: what a sample says is in one of the wanted languages, by the model of curate's step `language`."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from synth.filters.base import Context, Filter, Rejection, texts, words
from synth.samples import Sample


def language(
    *,
    keep: Annotated[list[str], Field(min_length=1)],
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5,
    min_words: Annotated[int, Field(ge=1)] = 5,
) -> Filter:
    """Keep samples in one of `keep` (ISO 639-1 codes), judged with at least `min_score`, turns and answers each by
    itself, so that an English question with a French answer goes. Below `min_words` no model knows, and none is asked.

    Raises:
        ValueError: the model does not know a code.
    """
    from curate.kernels.languages import fold_table, judge
    from curate.steps.language import CAP, embedded

    model, fold = embedded(), fold_table()
    known = model.languages.tolist()
    if unknown := [code for code in keep if code not in known]:
        raise ValueError(
            f"the embedded model knows no language '{unknown[0]}'; its codes are like en, de, fr"
        )

    def decide(sample: Sample, context: Context) -> Rejection | None:
        judged = [text for text in texts(sample, context) if len(words(text)) >= min_words]
        if not judged:
            return None
        parts = [text.encode("utf-8", "surrogatepass") for text in judged]
        data, offsets = np.frombuffer(b"".join(parts), np.uint8), np.cumsum([0, *map(len, parts)])
        labels, scores = judge(data, offsets, CAP, fold, model.embedding, model.head)
        for label, score, text in zip(labels.tolist(), scores.tolist(), judged):
            code = known[label] if label >= 0 else "und"
            if code not in keep or score < min_score:
                return Rejection("language", {"language": code, "score": round(score, 4), "text": text[:80]})
        return None

    return decide
