"""Preference pairs: a grounded answer, and the same with one thing wrong, without a model."""

from __future__ import annotations

from collections.abc import Iterator

from synth.mine import mine
from synth.samples import Passage, Sample
from synth.task import task


@task(formats=("preference",), model=False)
def corrupted(document: Passage, *, seed: int = 0) -> Iterator[Sample]:
    """Pairs of a grounded answer and one in which a number, date, party, negation or citation was changed.

    What was changed stands in `meta_detail`: applied to the chosen answer it gives the rejected one, and
    nothing else differs.
    """
    for sample in mine(
        document.document, document.text, source=document.source, title=document.title, seed=seed
    ):
        if sample.rejected is not None:
            yield sample
