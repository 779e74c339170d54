"""`decontaminate`: a sample that holds an item of a benchmark, by the measure of curate's step of that name."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.steps.decontaminate import Against, overlaps
from synth.filters.base import Context, Filter, Rejection, texts
from synth.samples import Sample


def decontaminate(
    *,
    against: Against,
    ngram: Annotated[int, Field(ge=5)] = 8,
    overlap: Annotated[float, Field(gt=0, le=1)] = 0.5,
) -> Filter:
    """Refuse samples in which at least `overlap` of the words of a benchmark item stand in runs of `ngram` or more.

    The window is shorter than the step's 13 words, since a question is short. Turns and answers are read as one text,
    passages aside: those passed the corpus's own step.

    Raises:
        ValueError: a benchmark file cannot be read as it should.
    """
    from curate.contamination.overlap import shared_runs, sought

    known = sought(against, ngram)

    def decide(sample: Sample, context: Context) -> Rejection | None:
        text = "\n".join(texts(sample, context))
        if shared_runs(
            pl.Series("text", [text]), known
        ).is_empty():  # nearly always; weighing costs ten times as much
            return None
        found = overlaps(pl.DataFrame({"text": [text]}), against=against, ngram=ngram, overlap=overlap)
        if found.is_empty():
            return None
        hit = found.sort("overlap", descending=True).row(0, named=True)
        return Rejection("contaminated", {k: hit[k] for k in ("benchmark", "item", "overlap", "passage")})

    return decide
