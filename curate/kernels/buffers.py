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


def _view(buffer: Any, dtype: Any) -> NDArray[Any]:
    """`buffer` as an array; Arrow's empty buffers have no address that numpy would take."""
    return np.frombuffer(buffer, dtype) if buffer is not None and buffer.size else np.empty(0, dtype)
