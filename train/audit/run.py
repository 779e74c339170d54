"""The audit: every measurement of memorisation that a suite asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from curate.errors import ConfigError
from train.audit import exposure, extraction, pii
from train.audit.canaries import Canary, load
from train.audit.settings import Memorisation
from train.evaluate.intervals import Measured

_NONE = pl.DataFrame(schema={"id": pl.String, "text": pl.String})


def audit(
    model: Any,
    tokenizer: Any,
    settings: Memorisation,
    *,
    corpus: Mapping[str, pl.DataFrame],
    heldout: pl.DataFrame | None = None,
    canaries: Sequence[Canary] = (),
    seed: int,
) -> list[Measured]:
    """What `model` (in eval mode, on its device) gives away, the same for the same seed.

    `corpus` has the documents (columns `id`, `text`) that `settings.extraction` and `settings.pii` name, under
    "extraction" and "pii"; `heldout` those of `settings.heldout`; `canaries` are the stage's own, for `canaries: true`.

    Raises:
        ConfigError: canaries are asked for and there are none, or a file of them cannot be read.
    """
    unseen = _NONE if heldout is None else heldout
    out: list[Measured] = []
    if settings.canaries is not None:
        planted = list(canaries) if settings.canaries is True else load(settings.canaries)
        if not planted:
            raise ConfigError(
                "memorisation: canaries: true, and none were planted: give the stage `canaries:`"
            )
        out += exposure.measure(model, tokenizer, planted, references=settings.references, seed=seed)
        out += extraction.measure_canaries(model, tokenizer, planted)
    if settings.extraction is not None:
        asked = settings.extraction
        how = {"prefix": asked.prefix, "length": asked.length, "sample": asked.sample}
        out += extraction.measure(model, tokenizer, corpus["extraction"], unseen, **how, seed=seed)
    if settings.pii is not None:
        out += pii.measure(model, tokenizer, corpus["pii"], unseen, sample=settings.pii.sample, seed=seed)
    return out
