"""Keep the documents for which an SQL-like expression holds."""

from __future__ import annotations

import json
import warnings
from typing import Any

import polars as pl

from curate.rows import Rows
from curate.step import Batches, drop, step


def parsed(expr: str) -> pl.Expr:
    """The expression, or ValueError saying what is wrong with it."""
    try:
        made = pl.sql_expr(expr)
    except Exception as error:  # polars raises several types, none of which it documents
        raise ValueError(f"not an SQL expression: {expr!r}: {error}") from error
    return made


def columns_of(params: dict[str, Any]) -> set[str]:
    """The columns that the expression reads."""
    return set(parsed(params["expr"]).meta.root_names())


def looks_beyond(expression: pl.Expr) -> bool:
    """Whether a document's value depends on others: aggregates and windows would see one batch at a time.

    Told from the expression's own tree, for `Expr.meta.is_row_separable` looks at its root alone.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the JSON form may change between versions; a test would show it
        tree = json.loads(expression.meta.serialize(format="json"))

    def found(node: Any) -> bool:
        if isinstance(node, dict):
            below = (value for key, value in node.items() if key != "Literal")
            return bool(node.keys() & {"Agg", "Over", "Window"}) or any(map(found, below))
        return any(map(found, node)) if isinstance(node, list) else node == "Len"

    return found(tree)


def check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    """Whether the expression fits the columns and judges every document by itself."""
    condition = parsed(params["expr"])
    if looks_beyond(condition):
        raise ValueError(
            f"{params['expr']!r} looks at more than one document, and would at one batch at a time"
        )
    try:
        (kind,) = pl.DataFrame(schema=columns).select(condition.alias("kept")).dtypes
    except Exception as error:  # polars raises several types for what does not fit
        raise ValueError(
            f"{params['expr']!r} does not fit the columns: {str(error).partition(chr(10))[0]}"
        ) from error
    if kind != pl.Boolean:
        raise ValueError(f"{params['expr']!r} is {kind}, not true or false")


def _judge(batch: Rows, *, expr: str) -> Rows:
    return drop(batch, ~parsed(expr), "where", pl.lit(expr))


@step(needs=columns_of, check=check, judge=_judge)
def where(batches: Batches, *, expr: str) -> Batches:
    """Keep the documents for which `expr` is true, such as `language_score > 0.9 AND signals.words < 20000`.

    The expression is Polars' SQL over the columns that are there; a field of a struct is `struct.field`. A
    document for which it is null stays, as in every step: write `COALESCE(column, 0) > 1` to decide otherwise.
    """
    for batch in batches:
        yield _judge(batch, expr=expr)
