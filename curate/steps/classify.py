"""`classify`: the score that a fastText classifier gives a document, and a threshold on it.

`curate classifier train` makes a model; any supervised fastText model does. To keep the best share of a
corpus instead of a fixed score, follow it with `quantile: {column: quality_score, keep: 0.3}`.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.rows import Rows
from curate.step import Batches, Threshold, drop, step


def _adds(params: dict[str, Any]) -> dict[str, Any]:
    return {f"{params['name']}_score": pl.Float32}


def _files(params: dict[str, Any]) -> list[str]:
    from curate.fasttexts import local

    return local(params["model"])


def _judge(batch: Rows, *, name: str, min_score: float | None, **_: Any) -> Rows:
    if min_score is None:
        return batch
    column = f"{name}_score"
    detail = pl.struct(column, min_score=pl.lit(min_score)).struct.json_encode()
    return drop(batch, (pl.col(column) < min_score).fill_null(True), column, detail)


def _thresholds(params: dict[str, Any]) -> list[Threshold]:
    column, bound = f"{params['name']}_score", params["min_score"]
    return [] if bound is None else [Threshold("min_score", column, "min", bound, column)]


@step(adds=_adds, files=_files, packages=["fasttext"], judge=_judge, thresholds=_thresholds)
def classify(
    batches: Batches,
    *,
    model: str,
    name: str = "quality",
    label: str = "__label__positive",
    min_score: float | None = None,
) -> Batches:
    """Score documents with a fastText classifier; drop those below `min_score`.

    Adds `<name>_score`, the probability of `label` (null for a text without words, which `min_score` drops).
    `model` is a path or `hf://owner/name/file`. The whole text is read. Dropped documents carry the score and
    the threshold; the reason is `<name>_score`.

    Raises:
        ValueError: the model is missing, or has no such label.
    """
    from curate.fasttexts import load, probability

    loaded, column = load(model), f"{name}_score"
    probability(
        loaded, pl.Series([], dtype=pl.String), label
    )  # a wrong label shows before any document is read
    for batch in batches:
        scores = pl.Series(column, probability(loaded, batch["text"], label)).fill_nan(None)
        yield _judge(batch.with_columns(scores), name=name, min_score=min_score)
