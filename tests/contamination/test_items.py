"""Items of benchmarks as files hold them, and what is said of files that cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from curate.contamination.items import benchmarks, read_items

ROWS = [
    {"question": "Who pays?", "choices": ["the tenant", "nobody"], "gold": 0},
    {"question": None, "gold": 1},
]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
#: The first item has two texts, the second has none and stays as an empty one.
EXPECTED = [(1, "question", "Who pays?"), (1, "choices", "the tenant nobody"), (2, "", "")]


def tar(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(ROWS).write_parquet(buffer)
    return buffer.getvalue()


FILES = {
    "a.jsonl": JSONL,
    "a.jsonl.gz": gzip.compress(JSONL),
    "a.ndjson.zst": zstandard.compress(JSONL[:40]) + zstandard.compress(JSONL[40:]),
    "a.json": json.dumps(ROWS).encode(),
    "a.parquet": parquet(),
    "a.tar": tar({"README.md": b"# Read me", "a.jsonl": JSONL}),
    "a.tar.gz": gzip.compress(tar({"a.jsonl.gz": gzip.compress(JSONL)})),
}


def write(tmp_path: Path, name: str, data: bytes | str) -> str:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def rows(against: Any) -> list[tuple[Any, ...]]:
    return read_items(benchmarks(against)).rows()


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_items(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, FILES[name])
    member = {"a.tar": "a.tar/a.jsonl", "a.tar.gz": "a.tar.gz/a.jsonl.gz"}.get(name, name)
    expected = [(member, f"{member}#{n}", column, text) for n, column, text in EXPECTED]
    assert rows(path) == expected


def test_columns_are_joined_in_their_order_and_an_id_replaces_the_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'id,q,a\n"x 1","What, so?",No\n\n"x 2","Two\nlines",""\n')
    found = rows({"path": path, "columns": ["a", "q"], "id": "id", "name": "exam"})
    assert found == [("exam", "a.csv#x 1", "", "No\nWhat, so?"), ("exam", "a.csv#x 2", "", "\nTwo\nlines")]


def test_an_id_is_no_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"id": "long ago", "q": "Who?"}')
    assert [row[1:] for row in rows({"path": path, "id": "id"})] == [("a.jsonl#long ago", "q", "Who?")]


def test_names_stand_for_a_missing_header(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "Is it?,yes,no\n")
    assert rows({"path": path, "names": ["q", "A", "B"], "columns": ["q"]}) == [
        ("a.csv", "a.csv#1", "", "Is it?")
    ]


def test_a_quote_in_tsv_may_be_just_a_quote(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", 'text\tanswer\n"To be" or not\tyes\n"unclosed\tno\n')
    assert [row[3] for row in rows({"path": path, "columns": ["text"]})] == ['"To be" or not', '"unclosed']


def test_names_of_files_tell_folders_apart_where_they_must(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
    one = write(tmp_path / "x", "a.jsonl", '{"q": "1"}')
    two = write(tmp_path / "y", "a.jsonl", '{"q": "2"}')
    assert [row[1] for row in rows([one, {"path": two}])] == ["x/a.jsonl#1", "y/a.jsonl#1"]


LONG = "An airplane fell on a farm and its owner sued the pilot,yes\n"
BROKEN = {
    "a.jsonl": ('{"a": "b"}\n{"a": \n', {}, "a.jsonl line 2: not JSON"),
    "list.jsonl": ('{"a": "b"}\n["a"]\n', {}, "list.jsonl line 2: .* is no object"),
    "a.json": ('[{"a": "b"},\n {"a"}]', {}, "a.json line 2: not JSON"),
    "latin.jsonl": (b'{"a": "b"}\n{"a": "\xe9"}\n', {}, "latin.jsonl line 2: not UTF-8"),
    "wide.csv": ("a,b\n1,2\n1,2,3\n", {}, "wide.csv line 3: 3 fields where there are 2 columns"),
    "quote.csv": ('a,b\n1,2\n"1" 1,2\n', {}, "quote.csv line 3: .*mend"),
    "none.csv": (LONG, {}, "none.csv line 1: this is a row, not a header.*names"),
    "column.jsonl": ('{"a": "b"}\n{"c": "b"}\n', {"columns": ["a"]}, "column.jsonl row 2: no column 'a'; it has c"),
    "id.jsonl": ('{"a": "b"}\n', {"id": "key"}, "no column 'key'"),
    "cut.jsonl.gz": (gzip.compress(JSONL)[:-9], {}, "cut.jsonl.gz: damaged compression"),
    "cut.jsonl.zst": (zstandard.compress(JSONL)[:-9], {}, "cut.jsonl.zst: damaged compression"),
    "bad.tar": (b"no archive" * 100, {}, "bad.tar: damaged archive"),
    "bad.parquet": (b"PAR1 and no more", {}, "bad.parquet: not a Parquet file"),
    "a.txt": ("text", {}, "a.txt: benchmarks are .jsonl.*glob"),
    "empty.jsonl": ("", {}, "empty.jsonl holds no items"),
    "readme.tar": (tar({"README.md": b"#"}), {}, "readme.tar holds no items"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    data, options, message = BROKEN[name]
    path = write(tmp_path, name, data)
    with pytest.raises(ValueError, match=message):
        read_items(benchmarks({"path": path, **options}))


def test_remote_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="read from local files: fetch hf://datasets"):
        read_items(benchmarks("hf://datasets/x/y/z.jsonl"))
    with pytest.raises(FileNotFoundError, match="no file matches"):
        read_items(benchmarks(str(tmp_path / "nothing*")))


def test_legalbench_lies_in_an_archive(real: Callable[[str], Path]) -> None:
    found = read_items(benchmarks(str(real("eval/legalbench_tasks.tar.gz"))))
    hearsay = found.filter(pl.col("benchmark").str.contains("hearsay/train"), column="text")
    assert found["benchmark"].n_unique() == 97 and hearsay.height == 5
