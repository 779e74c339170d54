"""Every damaged input ends as the committed table says, alone, twice the same, writing nothing."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from curate.readers import Failure, Record, Tally
from curate.readers.plan import slices
from curate.readers.read import Digest, read_slice
from curate.source import Source

TABLE = Path(__file__).with_name("bad_expected.tsv")
ROWS = list(csv.DictReader(TABLE.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))


def run(path: Path) -> tuple[list[Record | Failure], Tally, list[Digest]]:
    source, tally, digests = Source(name="bad", path=str(path)), Tally(), list[Digest]()
    items = [
        item
        for task in slices(source, 64 * 1024 * 1024)
        for piece in task
        for item in read_slice(piece, source, tally, digests.append)
    ]
    return items, tally, digests


def test_the_table_speaks_of_every_entry(real):
    with (real("bad") / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        listed = {row["file"] for row in csv.DictReader(manifest, delimiter="\t")}
    assert {row["file"] for row in ROWS} == listed


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_ends_as_expected(row, real, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = real("bad") / row["file"]
    items, tally, digests = run(path)
    records = sum(isinstance(item, Record) for item in items)
    failures = Counter(item.kind for item in items if isinstance(item, Failure))
    expected = {kind: int(n) for kind, _, n in (f.rpartition(":") for f in row["failures"].split(",") if f)}
    assert (records, dict(failures)) == (int(row["records"]), expected)
    assert tally.split == len(items)
    assert tally.bytes == path.stat().st_size
    assert [len(d.sha256) for d in digests] == [64], "the whole file is hashed, damaged or not"
    assert run(path)[0] == items
    assert list(tmp_path.iterdir()) == []


def test_nothing_beside_the_damaged_is_lost(real):
    """The folder as one source, good and bad files in shared tasks: as the files one by one."""
    source, tally = Source(name="bad", path=str(real("bad"))), Tally()
    items = [
        item for task in slices(source, 10_000) for piece in task for item in read_slice(piece, source, tally)
    ]
    with (real("bad") / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        manifest_rows = sum(1 for _ in manifest) - 1
    assert (
        sum(isinstance(i, Record) for i in items) == sum(int(row["records"]) for row in ROWS) + manifest_rows
    )
    assert tally.split == len(items)
