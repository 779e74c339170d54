"""Parts of a measurement: the same items, by a category that their rows tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from train.evaluate.intervals import Measured

#: Categories above this number are not told apart.
MOST = 100


def by_category(whole: Measured, asked: Sequence[Mapping[str, Any]], column: str | None) -> list[Measured]:
    """`whole` cut by the values of `column`; its name gets the value as a third part, which the gate leaves alone."""
    if column is None:
        return []
    return cut(whole, {row["_item"]: row[column] for row in asked})


def cut(whole: Measured, category: Mapping[str, Any]) -> list[Measured]:
    """`whole` cut by each item's category, in the categories' order; nothing where there is one, or too many."""
    values = sorted({str(value) for value in category.values() if value not in (None, "")})
    if not 1 < len(values) <= MOST:
        return []
    said = whole.items["item"].replace_strict(
        {item: str(value) for item, value in category.items()}, default=None
    )
    return [
        replace(whole, name=f"{whole.name}/{_label(value)}", items=whole.items.filter(said == pl.lit(value)))
        for value in values
        if (said == value).any()
    ]


def _label(value: str) -> str:
    return re.sub(r"[^\w.-]+", "_", value).strip("_")[:60] or "other"
