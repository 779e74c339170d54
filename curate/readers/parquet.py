"""Parquet: every column of any schema, row group by row group, in batches of bounded bytes.

A row's fields are what JSON can say: times, decimals and the like as strings, nested columns as lists and
dicts, binary as text where it is UTF-8 and else as base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record
from curate.readers.stream import too_large

#: Decoded bytes of rows held at a time.
_BATCH_BYTES = 8 * 1024 * 1024
#: Rows that share a value in the dictionary of their column take more memory than their row group tells.
_MAX_ROWS = 256


def read(input: Input) -> Iterator[Record | Failure]:
    """One record a row, at `row N` of the file; a slice's range is one of row groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    slice = input.slice
    number = 0
    try:
        file = pq.ParquetFile(input.stream, pre_buffer=False, buffer_size=1024 * 1024)
        groups = range(slice.start, file.num_row_groups if slice.end is None else slice.end)
        number = sum(file.metadata.row_group(g).num_rows for g in range(slice.start))
        for group in groups:
            for batch in file.iter_batches(_rows(file.metadata.row_group(group)), row_groups=[group]):
                yield from _records(input, batch, number)
                number += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        input.tally.split += 1
        rest = "" if number == 0 else f"; rows from {number} on are lost"
        yield Failure(
            f"row {number}" if number else "", "damaged", f"damaged Parquet: {_first_line(error)}{rest}"
        )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _rows(group: Any) -> int:
    """Rows of a row group that make a batch."""
    return max(1, min(_MAX_ROWS, group.num_rows * _BATCH_BYTES // max(1, group.total_byte_size)))


def _records(input: Input, batch: Any, number: int) -> Iterator[Record | Failure]:
    limit = input.source.record_bytes
    names = batch.schema.names
    try:
        columns = [_values(column) for column in batch.columns]
    except UnicodeDecodeError:
        if batch.num_rows > 1:
            for at in range(batch.num_rows):
                yield from _records(input, batch.slice(at, 1), number + at)
            return
        input.tally.split += 1
        yield Failure(f"row {number}", "invalid UTF-8", "a string of this row is not valid UTF-8")
        return
    careful = batch.nbytes > limit
    for at, row in enumerate(zip(*columns)):
        input.tally.split += 1
        if careful and batch.slice(at, 1).nbytes > limit:
            yield Failure(f"row {number + at}", "too large", str(too_large(limit)))
        else:
            yield Record(f"row {number + at}", dict(zip(names, row)))


def _values(column: Any) -> list[Any]:
    """A column as Python values that JSON can say."""
    plain, awkward = _plain_type(column.type)
    values = (column.cast(plain) if plain != column.type else column).to_pylist()
    return [_as_text(value) for value in values] if awkward else values


def _plain_type(type_: Any) -> tuple[Any, bool]:
    """The Arrow type to cast to, and whether values have to be looked at one by one still."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(type_):
        return _plain_type(type_.value_type)
    if types.is_temporal(type_) or types.is_decimal(type_):
        return (pa.int64(), False) if types.is_duration(type_) else (pa.string(), False)
    return type_, types.is_nested(type_) or types.is_binary(type_) or types.is_large_binary(type_) or (
        types.is_fixed_size_binary(type_)
    )


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _as_text(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(inner) for inner in value]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
