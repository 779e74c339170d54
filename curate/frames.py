"""Frames on disk while work is in progress: Arrow IPC files under `work/`, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

#: Batches are bounded by this many bytes of text (contract 4); small ones are joined up to half of it.
BATCH_BYTES = 8_000_000

_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")
_PLAIN = pa.ipc.IpcWriteOptions()


def to_arrow(frame: pl.DataFrame) -> pa.RecordBatch:
    """`frame` as one record batch with 64-bit string offsets (views would drag their parents' buffers along)."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def weight(frame: pl.DataFrame) -> int:
    """Bytes of a frame's strings and binaries, within lists and structs too, plus eight per other value: the same
    wherever the frame came from."""
    return sum(_weight(column) for column in frame)


def _weight(values: pl.Series) -> int:
    if values.dtype == pl.String:
        return int(values.str.len_bytes().sum() or 0)
    if values.dtype == pl.Binary:
        return int(values.bin.size().sum() or 0)
    if values.dtype.base_type() == pl.List:
        inner = values.explode(empty_as_null=False, keep_nulls=False)
        return _weight(inner) if inner.dtype.is_nested() or inner.dtype == pl.String else 8 * len(inner)
    if values.dtype.base_type() == pl.Struct and _strings(values.dtype):
        return sum(_weight(values.struct.field(name)) for name in values.struct.fields)
    return 8 * len(values)


def _strings(kind: pl.DataType) -> bool:
    return "String" in str(kind)


class FrameWriter:
    """Frames of one schema to `path`, one record batch each; small ones are joined first.

    The file appears under its name when `close` is called; `batches` then lists [rows, bytes] of each.
    """

    def __init__(self, path: Path, schema: dict[str, Any], *, join: bool = True, compress: bool = True):
        self.path, self.batches = path, []  # type: tuple[Path, list[list[int]]]
        self._partial = path.with_name(path.name + ".partial")
        self._schema, self._join = schema, join
        path.parent.mkdir(parents=True, exist_ok=True)
        arrow = to_arrow(pl.DataFrame(schema=schema)).schema
        self._file = pa.OSFile(str(self._partial), "wb")
        self._writer = pa.ipc.new_file(self._file, arrow, options=_LZ4 if compress else _PLAIN)
        self._waiting: list[pl.DataFrame] = []
        self._bytes = 0

    def write(self, frame: pl.DataFrame) -> None:
        """Take `frame`; its columns are the schema's, in any order."""
        frame = frame.select(list(self._schema))
        if not self._join:
            self._put(frame, weight(frame))
            return
        self._waiting.append(frame)
        self._bytes += weight(frame)
        if self._bytes >= BATCH_BYTES // 2:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._put(pl.concat(self._waiting), self._bytes)
        self._waiting, self._bytes = [], 0

    def _put(self, frame: pl.DataFrame, size: int) -> None:
        self._writer.write_batch(to_arrow(frame))
        self.batches.append([frame.height, size])

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._flush()
        self._writer.close()
        self._file.close()
        self._partial.replace(self.path)


def write_frame(path: Path, frame: pl.DataFrame, *, compress: bool = True) -> None:
    """One frame as one file."""
    writer = FrameWriter(path, dict(frame.schema), join=False, compress=compress)
    writer.write(frame)
    writer.close()


def read_frames(path: Path) -> Iterator[pl.DataFrame]:
    """The record batches of `path`, one at a time."""
    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        for i in range(reader.num_record_batches):
            yield frame_of(reader.get_batch(i))


def read_frame(path: Path, number: int) -> pl.DataFrame:
    """The record batch `number` of `path`."""
    with pa.memory_map(str(path)) as mapped:
        return frame_of(pa.ipc.open_file(mapped).get_batch(number))


def schema_of(path: Path) -> dict[str, Any]:
    """Columns and types of the frames in `path`."""
    with pa.memory_map(str(path)) as mapped:
        empty = pl.from_arrow(pa.ipc.open_file(mapped).schema.empty_table())
    assert isinstance(empty, pl.DataFrame)
    return dict(empty.schema)


def frame_of(batch: pa.RecordBatch) -> pl.DataFrame:
    """A record batch as a frame."""
    frame = pl.from_arrow(pa.Table.from_batches([batch]))
    assert isinstance(frame, pl.DataFrame)
    return frame


#: Parts of a file that are smaller are read, larger ones mapped: mapping costs more than reading a little.
MAPPED_BYTES = 1_000_000


def write_parts(path: Path, frames: Iterable[pl.DataFrame], parts: int, *, compress: bool) -> None:
    """Frames of one schema as the numbered parts of one file, of which each can be read without the others.

    An Arrow file would serve, but that whoever wants one part decodes the list of all: where every part of thousands
    of files is wanted by another process, that is most of the work. Here offsets stand in front, and each part is an
    Arrow stream.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    offsets = np.zeros(parts + 1, np.int64)
    with open(partial, "wb") as file:
        file.write(offsets.tobytes())
        for number, frame in enumerate(frames):
            file.write(bytes(-file.tell() % 64))  # where Arrow's buffers may lie to be mapped
            offsets[number] = file.tell()
            batch = to_arrow(frame)
            with pa.ipc.new_stream(file, batch.schema, options=_LZ4 if compress else _PLAIN) as writer:
                writer.write_batch(batch)
        offsets[parts] = file.tell()
        file.seek(0)
        file.write(offsets.tobytes())
    partial.replace(path)


def read_part(path: Path, number: int) -> pa.RecordBatch:
    """The part `number` of a file that `write_parts` wrote."""
    with open(path, "rb") as file:
        start, end = np.frombuffer(os.pread(file.fileno(), 16, 8 * number), np.int64).tolist()
        small = os.pread(file.fileno(), end - start, start) if end - start < MAPPED_BYTES else None
    source = pa.memory_map(str(path)) if small is None else pa.BufferReader(small)
    if small is None:
        source.seek(start)
    return pa.ipc.open_stream(source).read_next_batch()
