"""`quantile`: the best share of a corpus by a number that each document carries."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from curate.rows import check_number, value
from curate.step import Corpus, Round, corpus_step, drop


def _needs(params: dict[str, Any]) -> set[str]:
    return {str(params["column"]).partition(".")[0]}


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    check_number(params["column"], columns)


@corpus_step(needs=_needs, check=_check)
def quantile(
    *,
    column: str,
    keep: Annotated[float, Field(gt=0, le=1)],
    best: Literal["highest", "lowest"] = "highest",
) -> Corpus:
    """Keep the share `keep` of the corpus that is best in `column` (or `signals.field`).

    The threshold is exact: the value of the last document within the share, over all documents that reach
    this step. Documents equal to it are all kept, so that a constant column keeps everything. Documents
    without a value (null, NaN) do not count and are dropped. The evidence is 16 bytes a document.
    """
    number = value(column).cast(pl.Float64).fill_nan(None)
    ascending = best == "lowest"

    def observe(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        return batch.select(value=number)

    def solve(evidence: pl.DataFrame) -> pl.DataFrame:
        values = evidence["value"].drop_nulls().sort(descending=not ascending)
        share = math.ceil(round(keep * len(values), 6))  # 0.07 of 100 is 7, though it is 7.000000000000001
        threshold = values[max(1, share) - 1] if len(values) else None
        return pl.DataFrame({"threshold": [threshold]}, schema={"threshold": pl.Float64})

    def apply(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
        threshold = verdict["threshold"][0] if verdict.height else None
        last = pl.lit(threshold, pl.Float64)
        beyond = (number > last) if ascending else (number < last)
        detail = pl.struct(number.alias(column), last.alias("threshold"))
        return drop(batch, beyond | number.is_null(), "quantile", detail.struct.json_encode())

    return Corpus([Round(observe, solve)], apply)
