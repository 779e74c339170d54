"""Keep a share of the documents, chosen by a hash of their ids."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.rows import Rows
from curate.step import Batches, drop, step


def _judge(batch: Rows, *, rate: float, seed: int) -> Rows:
    from curate.kernels.identity import hashes

    share = (
        pl.col("id").map_batches(lambda ids: hashes(ids, seed=seed)[0], pl.UInt64).cast(pl.Float64) / 2.0**64
    )
    return drop(batch, share >= rate, "sample")


@step(judge=_judge)
def sample(
    batches: Batches,
    *,
    rate: Annotated[float, Field(ge=0, le=1)],
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0,
) -> Batches:
    """Keep about `rate` of the documents: those whose hashed id falls below it.

    The same document is chosen in every run with the same `seed` (the pipeline's, unless given), whatever comes
    before or beside it; a smaller rate chooses a subset of what a larger one chooses.
    """
    for batch in batches:
        yield _judge(batch, rate=rate, seed=seed)
