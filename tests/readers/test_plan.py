"""Slices: any cut gives every record once, in order, at the same position."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.readers import Record, Slice, Tally
from curate.readers.plan import listing, slices
from curate.readers.read import read_slice
from curate.source import Source

LINE = st.one_of(st.just(b""), st.just(b"  "), st.binary(max_size=12).map(lambda b: b.hex().encode()))
FILE = st.tuples(st.lists(LINE, max_size=12), st.sampled_from([b"\n", b"\r\n"]), st.booleans()).map(
    lambda t: t[1].join(t[0]) + (t[1] if t[2] else b"")
)
UNHURRIED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def items(source: Source, task_bytes: int) -> list[tuple[str, str, object]]:
    """(file, position, fields or kind) of all that the tasks of a source give."""
    found, tally = [], Tally()
    for task in slices(source, task_bytes):
        for piece in task:
            for item in read_slice(piece, source, tally):
                found.append(
                    (piece.name, item.position, item.fields if isinstance(item, Record) else item.kind)
                )
    assert tally.split == len(found)
    return found


@UNHURRIED
@given(data=FILE, cuts=st.lists(st.integers(0, 200), max_size=5))
def test_any_byte_ranges_give_each_line_once(tmp_path: Path, data: bytes, cuts: list[int]):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    source = Source(name="s", path=str(path), split="line")
    bounds = [0, *sorted({c for c in cuts if 0 < c < len(data)})]
    ranges = [
        Slice(str(path), "a.txt", 0, start, end, "text") for start, end in zip(bounds, [*bounds[1:], None])
    ]
    found = [(i.position, i.fields["text"]) for r in ranges for i in read_slice(r, source, Tally())]
    expected, offset = [], 0
    for line in data.split(b"\n"):
        text = line.removesuffix(b"\r").decode()
        if text.strip():
            expected.append((str(offset), text))
        offset += len(line) + 1
    assert found == expected


@UNHURRIED
@given(texts=st.lists(st.text(max_size=30), max_size=20), task_bytes=st.integers(1, 400))
def test_any_task_size_gives_the_same_records(tmp_path: Path, texts: list[str], task_bytes: int):
    lines = b"".join(orjson.dumps({"text": t}) + b"\n" for t in texts)
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines))
    pl.DataFrame({"text": texts}, schema={"text": pl.String}).write_parquet(
        tmp_path / "c.parquet", row_group_size=3
    )
    source = Source(name="s", path=str(tmp_path))
    whole = items(source, 1 << 40)
    assert [fields["text"] for _, _, fields in whole] == texts * 3
    assert items(source, task_bytes) == whole
    assert len({(file, position) for file, position, _ in whole}) == len(whole)


def test_a_line_longer_than_several_ranges_belongs_to_the_one_it_begins_in(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "%s"}\n{"text": "b"}\n' % (b"a" * 500))
    source = Source(name="s", path=str(path), record_bytes=100)
    assert items(source, 50) == [("a.jsonl", "0", "too large"), ("a.jsonl", "513", {"text": "b"})]


def test_small_files_share_a_task_in_order_and_large_ones_are_cut(tmp_path: Path):
    for i in range(6):
        (tmp_path / f"{i}.txt").write_bytes(b"x" * 10)
    (tmp_path / "7.jsonl").write_bytes(b'{"text": "0123456789"}\n' * 10)
    names = [[(s.name, s.bytes) for s in task] for task in slices(Source(name="s", path=str(tmp_path)), 30)]
    assert names[:2] == [[(f"{i}.txt", 10) for i in range(3)], [(f"{i}.txt", 10) for i in range(3, 6)]]
    assert len(names) == 2 + 8
    assert sum(size for task in names[2:] for _, size in task) == 230


def test_what_cannot_be_cut_is_one_slice(tmp_path: Path):
    text = b'{"text": "0123456789"}\n' * 10
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(text))  # whatever its name
    (tmp_path / "array.json").write_bytes(b"[" + b",".join(text.split()) + b"]" + b" " * 100)
    (tmp_path / "wide.txt").write_bytes(text.decode().encode("utf-16"))
    (tmp_path / "page.html").write_bytes(b"<html>" + text)
    source = Source(name="s", path=str(tmp_path), split="line")
    assert [len(task) for task in slices(source, 20)] == [1, 1, 1, 1]


def test_a_compressed_file_weighs_four_times_its_size(tmp_path: Path):
    (tmp_path / "a.jsonl.gz").write_bytes(b"x" * 10)
    assert [[s.bytes for s in task] for task in slices(Source(name="s", path=str(tmp_path)), 100)] == [[40]]


def test_nothing_that_matches_is_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="no file matches"):
        listing(Source(name="s", path=str(tmp_path / "*.jsonl")))


@pytest.mark.parametrize("task_bytes", [40, 1 << 30])
def test_ranges_are_hashed_and_counted_each(tmp_path: Path, task_bytes: int):
    path, data = tmp_path / "a.jsonl", b'{"text": "0123456789"}\n' * 10
    path.write_bytes(data)
    source, tally, digests = Source(name="s", path=str(path)), Tally(), []
    for task in slices(source, task_bytes):
        for piece in task:
            list(read_slice(piece, source, tally, digests.append))
    assert tally.bytes == len(data)
    for d in digests:
        assert d.sha256 == hashlib.sha256(data[d.start : d.end]).hexdigest()
    assert [d.start for d in digests][1:] == [d.end for d in digests][:-1]


def test_parquet_is_hashed_once_as_a_file(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"text": ["x" * 50] * 20}).write_parquet(path, row_group_size=2, compression="uncompressed")
    source, digests = Source(name="s", path=str(path)), []
    tasks = slices(source, 100)
    assert len(tasks) > 2
    for task in tasks:
        for piece in task:
            list(read_slice(piece, source, Tally(), digests.append))
    assert [d.sha256 for d in digests] == [hashlib.sha256(path.read_bytes()).hexdigest()]
