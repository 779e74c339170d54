"""`difficulty`: how much a question helps a small model to its answer (instruction-following difficulty, IFD).

IFD is the mean loss of the answer's tokens given the question, over that of the answer alone (Li et al. 2024, "From
Quantity to Quality"). Above 1 the question makes the answer less likely, which means that they do not belong together.
A model of GPT-2's size ranks as large ones do (Li et al. 2024, "Superfiltering").
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from synth.filters.base import Context, Filter, Rejection, answer
from synth.samples import Sample

#: Mean losses (nats per token) of an answer given a prompt, and alone.
Losses = Callable[[str, str], tuple[float, float]]


def difficulty(
    losses: Losses | None = None,
    *,
    model: str,
    max_ratio: Annotated[float, Field(gt=0)] = 1.0,
    min_ratio: Annotated[float, Field(ge=0)] = 0.0,
    max_tokens: Annotated[int, Field(ge=16)] = 1024,
    device: str = "cpu",
) -> Filter:
    """Note `ifd` in `meta`, and refuse samples above `max_ratio` or below `min_ratio`; those without a prompt or with
    an answer of less than two tokens are let be, without a note.

    `model` is what `transformers` loads as a causal language model. A sample is cut to `max_tokens`, from the prompt's
    beginning first. Two forward passes per sample.

    Raises:
        ValueError: `transformers` is not installed, or cannot load the model.
    """
    measure = losses or causal_losses(model, max_tokens, device)

    def decide(sample: Sample, context: Context) -> Sample | Rejection | None:
        prompt = "\n".join(message.content for message in sample.prompt)
        if not prompt or not answer(sample).strip():
            return None
        given, alone = measure(prompt, answer(sample))
        if math.isnan(given) or math.isnan(alone) or alone == 0:
            return None
        ratio = given / alone
        if not min_ratio <= ratio <= max_ratio:
            values = {"ifd": round(ratio, 4), "loss": round(given, 4), "loss_alone": round(alone, 4)}
            return Rejection("difficulty", values)
        return replace(sample, meta=sample.meta | {"ifd": round(ratio, 4)})

    return decide


def causal_losses(model: str, max_tokens: int, device: str = "cpu") -> Losses:
    """Losses under a causal language model of `transformers`.

    The same tokens of the answer are scored both times; alone, its first token follows the beginning-of-text token
    (or the end-of-text one, where the tokenizer has no other).

    Raises:
        ValueError: the library or the model cannot be had.
    """
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise ValueError(f"difficulty needs torch and transformers ({error})") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        loaded: Any = AutoModelForCausalLM.from_pretrained(model)
        loaded = loaded.to(device).eval()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot load the model {model!r}: {error}") from error
    special = (tokenizer.bos_token_id, tokenizer.eos_token_id, 0)
    begin = next(token for token in special if token is not None)

    def mean_loss(before: list[int], wanted: list[int]) -> float:
        ids = torch.tensor([[begin, *before, *wanted]], device=device)
        with torch.inference_mode():
            logits: Any = loaded(ids).logits[0, -len(wanted) - 1 : -1]
        return float(torch.nn.functional.cross_entropy(logits.float(), ids[0, -len(wanted) :]))

    def measure(prompt: str, told: str) -> tuple[float, float]:
        wanted = tokenizer(told, add_special_tokens=False)["input_ids"][: max_tokens - 1]
        if len(wanted) < 2:
            return math.nan, math.nan
        room = max_tokens - 1 - len(wanted)
        before = tokenizer(prompt + "\n", add_special_tokens=False)["input_ids"]
        return mean_loss(before[len(before) - room :] if len(before) > room else before, wanted), mean_loss(
            [], wanted
        )

    return measure
