"""`signals`: what Gopher, C4 and FineWeb measure of a text, kept so that thresholds can be tried without it."""

from __future__ import annotations

from curate.kernels.fields import SIGNALS
from curate.step import Batches, step


@step(measures=True, adds={"signals": SIGNALS})
def signals(batches: Batches) -> Batches:
    """Measure every document; drop none.

    The struct column `signals` holds what the quality rules of Gopher, C4 and FineWeb go by (words, lines,
    sentences, symbols, stop words, repeated lines, paragraphs and n-grams). `quality` uses it where it stands,
    and `where` can filter by any field. An empty text has zeros throughout.
    """
    from curate.kernels.measures import measure

    for batch in batches:
        yield batch.with_columns(measure(batch["text"]))
