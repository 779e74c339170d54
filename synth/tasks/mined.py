"""Instructions mined from the text's own structure, without a model."""

from __future__ import annotations

from collections.abc import Iterator

from synth.mine import mine
from synth.samples import Passage, Sample
from synth.task import task


@task(formats=("messages", "prompt_completion"), model=False)
def mined(document: Passage, *, kinds: list[str] | None = None, seed: int = 0) -> Iterator[Sample]:
    """Questions and instructions with their answers, of the given `kinds` (default: all), as `curate steps`
    lists them.

    Every answer rests on spans of the document, whose places stand in `meta_evidence`.
    """
    for sample in mine(
        document.document, document.text, source=document.source, title=document.title, kinds=kinds, seed=seed
    ):
        if sample.completion is not None and sample.rejected is None:
            yield sample
