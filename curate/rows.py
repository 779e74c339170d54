"""Rows of a batch as steps treat them: marked as dropped, split, addressed, given a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import polars as pl

#: What `drop` writes beside a row; `split` turns it into the columns of `dropped/`.
MARKS: dict[str, Any] = {
    "_reason": pl.String,
    "_detail": pl.String,
    "_duplicate_of": pl.String,
    "_similarity": pl.Float32,
    "_cluster": pl.String,
}


Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Threshold:
    """A number that a step holds documents to: one whose `value` (a column, or `struct.field`) is below (`side` min) or
    above (max) `bound` goes for `reason`; `parameter` is the step's key that sets it."""

    parameter: str
    value: str
    side: Literal["min", "max"]
    bound: float
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a step made of a DataFrame: the rows that stay, the others with `reason`, `detail`, …, and the tables
    that a corpus step leaves. It unpacks as `kept, dropped`."""

    kept: pl.DataFrame
    dropped: pl.DataFrame
    evidence: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return iter((self.kept, self.dropped))


def drop(
    batch: Rows,
    mask: pl.Expr | pl.Series,
    reason: str | pl.Expr,
    detail: pl.Expr | None = None,
    *,
    duplicate_of: pl.Expr | None = None,
    similarity: pl.Expr | None = None,
    cluster: pl.Expr | None = None,
) -> Rows:
    """Mark the rows of `batch` where `mask` is true as dropped for `reason`.

    A null in the mask counts as not dropped. A row already marked keeps its first reason. `detail` is a string
    (by custom one JSON object) with the values that decided; `duplicate_of`, `similarity` and `cluster` name the
    document that stays in its place.
    """
    marks = {
        "_reason": pl.lit(reason) if isinstance(reason, str) else reason,
        "_detail": detail,
        "_duplicate_of": duplicate_of,
        "_similarity": similarity,
        "_cluster": cluster,
    }
    if isinstance(mask, pl.Series):
        mask = pl.lit(mask)
    hit = mask.fill_null(False)
    if "_reason" in batch.collect_schema():
        hit = hit & pl.col("_reason").is_null()
    else:
        batch = batch.with_columns(**{name: pl.lit(None, dtype) for name, dtype in MARKS.items()})
    new = {
        name: pl.when(hit).then(expr.cast(MARKS[name])).otherwise(pl.col(name))
        for name, expr in marks.items()
        if expr is not None
    }
    return batch.with_columns(**new)


def split(batch: pl.DataFrame) -> Outcome:
    """The rows that stay (without marks) and the marked ones (marks renamed to `reason`, `detail`, …)."""
    bare = [c for c in batch.columns if c not in MARKS]
    if "_reason" not in batch.columns:
        empty = batch.clear().with_columns(**{k[1:]: pl.lit(None, t) for k, t in MARKS.items()})
        return Outcome(batch, empty)
    marked = batch.filter(pl.col("_reason").is_not_null()).rename({k: k[1:] for k in MARKS})
    return Outcome(batch.filter(pl.col("_reason").is_null()).select(bare), marked)


def attach(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
    """`batch` with the verdict's columns beside the rows they speak of (null elsewhere), in the batch's order."""
    index = batch.with_row_index("_row")
    verdict = verdict.with_columns(pl.col("row").cast(pl.UInt32)).rename({"row": "_row"})
    return index.join(verdict, on="_row", how="left", maintain_order="left").drop("_row")


def address(evidence: pl.DataFrame, batch: pl.DataFrame, *, task: int, start: int) -> pl.DataFrame:
    """Evidence of one batch with `task` and `row` (counted from the task's first row) in front."""
    if "row" not in evidence.columns:
        assert evidence.height == batch.height, "evidence without `row` must be as high as its batch"
        evidence = evidence.with_row_index("row")
    return evidence.select(
        pl.lit(task, pl.UInt32).alias("task"),
        (pl.col("row") + start).cast(pl.UInt32),
        pl.exclude("task", "row"),
    )


def value(name: str) -> pl.Expr:
    """A column, or a field of a struct column (`signals.words`)."""
    column, _, field = name.partition(".")
    return pl.col(column).struct.field(field) if field else pl.col(column)


def check_number(name: str, columns: dict[str, Any], *, whole: bool = False) -> None:
    """Whether the column (or `column.field`) `name` is there among `columns`, and a (whole) number.

    Raises:
        ValueError: naming what there is.
    """
    column, _, part = name.partition(".")
    kind = columns[column]
    if part:
        fields = {f.name: f.dtype for f in getattr(kind, "fields", [])}
        if part not in fields:
            raise ValueError(f"'{column}' has no field '{part}': it has {', '.join(fields) or 'none'}")
        kind = fields[part]
    if not (kind.is_integer() if whole else kind.is_numeric()):
        raise ValueError(f"'{name}' is {kind}, not a {'whole ' if whole else ''}number")
