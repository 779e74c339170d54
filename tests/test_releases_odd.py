"""Releases that are not of one mould: without sources, with several versions, with nothing in common."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, rows
from test_releases import FIRST, SECOND, release, text

from curate.changes import counts
from curate.kernels.minhash import shingle_sets


def keyed(texts: dict[str, str]) -> list[dict[str, str]]:
    """Records by their keys."""
    return [{"key": key, "text": text} for key, text in texts.items()]


def test_releases_without_sources_go_by_the_key_alone_and_ids_may_be_numbers(tmp_path: Path) -> None:
    published = pl.DataFrame({"id": [7, 8, 9], "key": [1, 2, 3], "text": [text(1), text(2), text(3)]})
    (tmp_path / "hub").mkdir()
    published.write_parquet(tmp_path / "hub" / "train.parquet")
    records = [
        {"key": "1", "text": text(1)},
        {"key": "2", "text": text(2) + " amended"},
        {"key": "4", "text": text(4)},
    ]
    made = build(
        release(tmp_path / "a", records, [{"near_duplicates": {"against": str(tmp_path / "hub")}}]),
        tmp_path / "o",
    )
    assert rows(made["path"]).select("key", "change").rows() == [("2", "changed"), ("4", "new")]
    changes = rows(made["path"], "evidence/near_duplicates/changes").sort("key")
    assert changes.select("key", "change", "earlier").rows() == [
        ("1", "same", "7"),
        ("2", "changed", "8"),
        ("3", "gone", "9"),
    ]


def test_of_two_releases_that_with_the_same_words_is_named_else_the_last(tmp_path: Path) -> None:
    versions = [text(1), text(1) + " amended", text(2), text(2) + " amended"]
    first = build(
        release(
            tmp_path / "a",
            [{"key": "x", "text": versions[0]}, {"key": "y", "text": versions[2]}],
            ["near_duplicates"],
        ),
        tmp_path / "1",
    )
    second = build(
        release(
            tmp_path / "b",
            [{"key": "x", "text": versions[1]}, {"key": "y", "text": versions[3]}],
            ["near_duplicates"],
        ),
        tmp_path / "2",
    )
    records = [{"key": "x", "text": versions[0]}, {"key": "y", "text": text(3)}]
    steps = [{"near_duplicates": {"against": [first["path"], second["path"]]}}]
    made = build(release(tmp_path / "c", records, steps), tmp_path / "3")
    changes = rows(made["path"], "evidence/near_duplicates/changes").sort("key")
    assert changes.select("key", "change", "release").rows() == [
        ("x", "same", first["path"]),
        ("y", "changed", second["path"]),
    ]
    assert changes["similarity"][0] == 1.0


def test_where_nothing_is_linked_all_is_new(tmp_path: Path) -> None:
    one = build(release(tmp_path / "a", FIRST[:1], [{"where": "1 = 2"}, "near_duplicates"]), tmp_path / "1")
    made = build(
        release(tmp_path / "b", FIRST[1:3], [{"near_duplicates": {"against": one["path"]}}]), tmp_path / "2"
    )
    assert counts(made["path"]) == {"new": 2, "changed": 0, "same": 0, "released": 0, "gone": 0}


def test_a_second_use_without_releases_keeps_the_column_of_the_first(tmp_path: Path) -> None:
    one = build(release(tmp_path / "a", FIRST, ["near_duplicates"]), tmp_path / "1")
    steps = [{"near_duplicates": {"against": one["path"]}}, {"near_duplicates": {"threshold": 0.9}}]
    made = build(release(tmp_path / "b", SECOND, steps), tmp_path / "2")
    assert set(rows(made["path"])["change"]) == {"new", "changed", "same"}


def cut_behind() -> list[Any]:
    """Steps of which the last changes what near_duplicates saw."""
    return ["near_duplicates", {"repeated_passages": {"unit": "lines", "window": 2, "min_frequency": 2}}]


@pytest.mark.parametrize("later", [False, True])
def test_texts_of_a_release_are_compared_unless_later_steps_changed_them(tmp_path: Path, later: bool) -> None:
    """In many small shards, so that texts are found by their row."""
    footer = "\nPage footer of all documents"
    first = keyed({str(i): text(i) + footer for i in range(40)})
    file = release(tmp_path / "a", first, cut_behind() if later else ["near_duplicates"])
    parsed = json.loads(Path(file).read_text())
    parsed["stages"]["corpus"]["output"] = {"shard_size": 9_000}
    Path(file).write_text(json.dumps(parsed))
    one = build(file, tmp_path / "one")
    assert len(list(Path(one["path"]).glob("data/*.parquet"))) > 3
    second = keyed(
        {f"new {i}": " ".join([*text(i).split()[:-4], *["a", "b", "c", "d"]]) + footer for i in range(40)}
    )
    steps = [{"near_duplicates": {"against": one["path"]}}]
    dropped = rows(build(release(tmp_path / "b", second, steps), tmp_path / "two")["path"], "dropped")
    assert dropped["duplicate_of"].str.contains("#").all() and dropped.height == 40
    texts = pl.Series([r["text"] for r in [*first, *second]])
    values, offsets = shingle_sets(texts)
    sets = [set(values[a:b].tolist()) for a, b in pairwise(offsets)]
    exact = [len(a & b) / len(a | b) for a, b in zip(sets[:40], sets[40:])]
    error = (dropped["similarity"] - pl.Series(exact)).abs().max()
    assert error < 1e-6 if not later else 1e-4 < error < 0.15
