"""Columns of a Parquet file as the card tells them: as `datasets` writes its features, and as Croissant's types."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

#: Croissant's data types by what Arrow calls the column.
_CROISSANT = (
    (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_decimal, "sc:Float"),
    (pa.types.is_date, "sc:Date"),
    (pa.types.is_timestamp, "sc:Date"),
)


def features(schema: pa.Schema) -> list[dict[str, Any]]:
    """The list `features` of a card's `dataset_info`, as `datasets.Features` writes it."""
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_struct(kind):
        return {"struct": [{"name": field.name, **_feature(field.type)} for field in kind]}
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind):
        inner = _feature(kind.value_type)
        what = "large_list" if pa.types.is_large_list(kind) else "list"
        sized = {"length": kind.list_size} if pa.types.is_fixed_size_list(kind) else {}
        return {what: next(iter(inner.values())) if set(inner) <= {"dtype", "struct"} else inner} | sized
    if pa.types.is_dictionary(kind):
        return _feature(kind.value_type)
    return {"dtype": _name(kind)}


def _name(kind: pa.DataType) -> str:
    """The name that `datasets` has for a plain type: Arrow's, but for these."""
    if pa.types.is_floating(kind):
        return f"float{kind.bit_width}"
    if pa.types.is_date32(kind) or pa.types.is_date64(kind):
        return f"date{kind.bit_width}"
    if pa.types.is_time(kind):
        return f"time{kind.bit_width}[{kind.unit}]"
    return str(kind)


def croissant_type(kind: pa.DataType) -> str:
    """Croissant's data type of a plain column."""
    return next((name for test, name in _CROISSANT if test(kind)), "sc:Text")
