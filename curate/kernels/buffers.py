"""A column of text as the flat buffers that kernels read: UTF-8 bytes and offsets."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray


def utf8(column: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bytes and offsets of a String column: row i is `data[offsets[i]:offsets[i + 1]]`; a null is empty.

    Polars keeps strings as views, so that Arrow's contiguous form is made once here; the arrays look into
    that form without another copy and are read-only.
    """
    arrow = column.fill_null("").rechunk().to_arrow()
    if arrow.type != pa.large_utf8():  # newer Polars may hand out string views
        arrow = arrow.cast(pa.large_utf8())
    if len(arrow) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    _, offsets, data = arrow.buffers()
    window = _view(offsets, np.int64)[arrow.offset : arrow.offset + len(arrow) + 1]
    return _view(data, np.uint8), window


def strings(data: NDArray[np.uint8], offsets: NDArray[np.int64], name: str = "text") -> pl.Series:
    """The String column of `data` and `offsets`, shaped as `utf8` gives them.

    The bytes must be valid UTF-8: nothing checks them.
    """
    array = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    return pl.Series(name, array)


def lists(values: NDArray[np.uint64], offsets: NDArray[np.int64], name: str) -> pl.Series:
    """The List column whose row i is `values[offsets[i]:offsets[i + 1]]`."""
    return pl.Series(name, pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(values)))


def list_chunks(column: pl.Series) -> list[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Values and offsets of the chunks of a column of lists of UInt64, as they lie in memory or in a mapped file."""
    out = []
    for chunk in column.get_chunks():
        arrow = chunk.to_arrow()
        offsets = _view(arrow.buffers()[1], np.int64)[arrow.offset : arrow.offset + len(arrow) + 1]
        values = arrow.values
        flat = _view(values.buffers()[1], np.uint64)[values.offset :]
        out.append((flat, offsets if len(offsets) else np.zeros(1, np.int64)))
    return out


def binaries(matrix: NDArray[np.uint32], name: str) -> pl.Series:
    """The Binary column whose row i holds the bytes of row i of `matrix`."""
    offsets = np.arange(len(matrix) + 1, dtype=np.int64) * matrix.shape[1] * matrix.itemsize
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix).reshape(-1))]
    return pl.Series(name, pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(matrix), buffers))


def matrix(column: pl.Series, width: int) -> NDArray[np.uint32]:
    """The rows of a Binary column as `binaries` made it, shape (rows, width).

    Raises:
        ValueError: a row is null or of another width.
    """
    if column.null_count() or not (column.bin.size() == width * 4).all():
        raise ValueError(f"the column '{column.name}' does not hold {width} numbers in each row")
    return np.frombuffer(b"".join(column), np.uint32).reshape(-1, width)


def _view(buffer: Any, dtype: Any) -> NDArray[Any]:
    """`buffer` as an array; Arrow's empty buffers have no address that numpy would take."""
    return np.frombuffer(buffer, dtype) if buffer is not None and buffer.size else np.empty(0, dtype)
