"""Releases over time: what earlier ones have goes, and what is new, changed and gone is told."""

from __future__ import annotations

import json
import random
import tarfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline

from curate.cli import main
from curate.errors import ConfigError

WORDS = [f"word{i}" for i in range(5000)]


def text(seed: int, n: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=n))


def release(folder: Path, records: list[dict[str, Any]], steps: list[Any]) -> str:
    """A pipeline file over `records`."""
    path = write_jsonl(folder / "docs.jsonl", records)
    stage = {"kind": "curate", "sources": [{"name": "docs", "path": str(path)}], "steps": steps}
    return write_pipeline(folder / "p.yaml", {"corpus": stage})


FIRST = [
    {"key": "stays", "text": text(1)},
    {"key": "amended", "text": text(2)},
    {"key": "rewritten", "text": text(3)},
    {"key": "repealed", "text": text(4)},
    {"key": "renamed", "text": text(5)},
    {"key": "short", "text": "§"},
    {"key": "removed later", "text": text(6)},
]
SECOND = [
    {"key": "stays", "text": text(1).upper()},
    {"key": "amended", "text": text(2) + " as amended"},
    {"key": "rewritten", "text": text(33)},
    {"key": "renamed to this", "text": text(5)},
    {"key": "short", "text": "§"},
    {"key": "fresh", "text": text(7)},
    {"key": "fresh copy", "text": text(7) + " copy"},
    {"key": "removed later", "text": text(6)},
]


def two(folder: Path, **second: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two releases; a step behind the first's near_duplicates takes one more document away."""
    later = {"where": "key <> 'removed later'"}
    one = build(release(folder / "a", FIRST, ["near_duplicates", later]), folder / "one")
    params = {"near_duplicates": {"against": str(folder / "one"), "max_dropped_share": 1.0} | second}
    return one, build(release(folder / "b", SECOND, [params]), folder / "two")


def test_what_an_earlier_release_has_goes_and_changes_are_told(tmp_path: Path) -> None:
    one, made = two(tmp_path)
    kept = dict(rows(made["path"]).select("key", "change").iter_rows())
    assert kept == {
        "amended": "changed",
        "rewritten": "changed",
        "short": "same",  # without words it is nobody's duplicate
        "fresh copy": "new",
        "removed later": "new",  # the earlier release dropped it at last: it never had it
    }
    gone = rows(made["path"], "dropped").select("key", "reason", "duplicate_of").rows()
    at = f"{one['path']}:docs/docs.jsonl#"
    assert [(key, reason) for key, reason, _ in gone] == [
        ("stays", "already released"),
        ("renamed to this", "already released"),
        ("fresh", "near_duplicate"),
    ]
    assert gone[0][2] == f"{at}0" and gone[1][2].startswith(at)
    changes = rows(made["path"], "evidence/near_duplicates/changes")
    told = {
        key: (change, earlier) for change, key, earlier in changes.select("change", "key", "earlier").rows()
    }
    assert {key: change for key, (change, _) in told.items()} == {
        "stays": "same",
        "short": "same",
        "amended": "changed",
        "rewritten": "changed",
        "repealed": "gone",
        "renamed to this": "released",  # so that "renamed" is not gone
    }
    assert told["stays"][1] == "docs/docs.jsonl#0"
    likeness = dict(changes.select("key", "similarity").iter_rows())
    assert likeness["amended"] > 0.95 and likeness["rewritten"] < 0.05 and likeness["repealed"] is None


def test_changes_are_counted_and_exported(tmp_path: Path) -> None:
    _, made = two(tmp_path)
    runner = CliRunner()
    out = str(tmp_path / "two")
    told = runner.invoke(main, ["changes", out, "--json"])
    assert json.loads(told.stdout) == {"new": 2, "changed": 2, "same": 2, "released": 1, "gone": 1}
    for kind, keys in [
        ("new", {"fresh copy", "removed later"}),
        ("changed", {"amended", "rewritten"}),
        ("same", {"stays", "short"}),
        ("released", {"renamed to this"}),
        ("gone", {"repealed"}),
    ]:
        for suffix, read in [("parquet", pl.read_parquet), ("jsonl", pl.read_ndjson)]:
            file = tmp_path / "export" / f"{kind}.{suffix}"
            done = runner.invoke(main, ["changes", out, "--kind", kind, "--out", str(file)])
            assert done.exit_code == 0 and f"wrote {len(keys)} documents" in done.stderr
            assert set(read(file)["key"]) == keys
    gone = pl.read_parquet(tmp_path / "export" / "gone.parquet")
    assert text(4) in gone["text"].to_list()
    shown = runner.invoke(main, ["inspect", made["path"], "--evidence", "near_duplicates/changes", "-n", "9"])
    assert "repealed" in shown.stdout and "6 of 6 rows" in shown.stdout
    wrong = runner.invoke(main, ["inspect", made["path"], "--evidence", "nothing"])
    assert wrong.exit_code == 2 and "near_duplicates/changes" in wrong.stderr
    alone = runner.invoke(main, ["changes", str(tmp_path / "one")])
    assert alone.exit_code == 2 and "not held against" in alone.stderr


def test_a_changed_document_goes_where_that_is_asked(tmp_path: Path) -> None:
    _, made = two(tmp_path, changed="drop")
    assert "amended" not in rows(made["path"])["key"].to_list()
    assert "rewritten" in rows(made["path"])["key"].to_list()


def test_running_again_changes_nothing_and_another_release_rebuilds(tmp_path: Path) -> None:
    one, made = two(tmp_path)
    file = str(tmp_path / "b" / "p.yaml")
    assert build(file, tmp_path / "two")["status"] == "reused"
    again = build(file, tmp_path / "again", workers=2)
    assert bytes_of(again["path"]) == bytes_of(made["path"])
    newest = build(release(tmp_path / "a", FIRST[1:], ["near_duplicates"]), tmp_path / "one")
    assert newest["path"] != one["path"]
    built = build(file, tmp_path / "two")
    assert built["status"] == "built" and "stays" in rows(built["path"])["key"].to_list()


def test_texts_serve_where_no_index_was_kept(tmp_path: Path) -> None:
    """Parquet files from anywhere, and an artefact whose signatures were made otherwise."""
    one, made = two(tmp_path)
    files = tmp_path / "published"
    files.mkdir()
    rows(one["path"]).select("text").write_parquet(files / "train.parquet")
    steps = [{"near_duplicates": {"against": [str(files)], "max_dropped_share": 1.0}}]
    found = build(release(tmp_path / "c", SECOND, steps), tmp_path / "three")
    dropped = rows(found["path"], "dropped").select("key", "duplicate_of", "similarity").rows()
    assert dropped[0] == ("stays", f"{files}:train.parquet#0", 1.0)
    assert {key for key, *_ in dropped} == {"stays", "amended", "renamed to this", "fresh"}
    steps = [{"near_duplicates": {"against": one["path"], "ngram": 3, "max_dropped_share": 1.0}}]
    other = build(release(tmp_path / "d", SECOND, steps), tmp_path / "four")
    assert set(rows(other["path"])["key"]) == set(rows(made["path"])["key"])


def test_an_address_that_is_no_release_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "x.txt").write_text("x")
    build(release(tmp_path / "r", FIRST, []), tmp_path / "runs" / "june")
    out = tmp_path / "out"
    build(release(tmp_path / "a", FIRST, []), out)
    for address, told in [
        ("nothing", r"p\.yaml:\d+ .*near_duplicates: against .*no file matches"),
        ("empty", r"p\.yaml:\d+ .*neither an artefact"),
        ("runs", r"p\.yaml:\d+ .*holds 1 artefacts \(june/corpus-"),
        ("out", "is this pipeline's own output, which changes with every run"),
        ("runs/../out", "is this pipeline's own output, which changes with every run"),
    ]:
        steps = [{"near_duplicates": {"against": str(tmp_path / address)}}]
        with pytest.raises(ConfigError, match=told):
            build(release(tmp_path / "a", FIRST, steps), out)


def test_keys_are_those_of_a_source(tmp_path: Path) -> None:
    """Records numbered from 0 in each file are not versions of each other."""

    def build_of(name: str, sources: dict[str, list[int]], **near: Any) -> dict[str, Any]:
        entries = []
        for source, numbers in sources.items():
            records = [{"key": str(i), "text": text(n)} for i, n in enumerate(numbers)]
            entries.append(
                {"name": source, "path": str(write_jsonl(tmp_path / name / f"{source}.jsonl", records))}
            )
        stage = {"kind": "curate", "sources": entries, "steps": [{"near_duplicates": near}]}
        return build(write_pipeline(tmp_path / f"{name}.yaml", {"corpus": stage}), tmp_path / name)

    first = build_of("first", {"a": [1, 2, 3], "b": [11, 12, 13]})
    made = build_of("second", {"a": [1, 2, 3], "b": [11, 22], "c": [31, 32]}, against=first["path"])
    assert rows(made["path"]).select("source", "key", "change").rows() == [
        ("b", "1", "changed"),
        ("c", "0", "new"),
        ("c", "1", "new"),
    ]
    gone = rows(made["path"], "evidence/near_duplicates/changes").filter(pl.col("change") == "gone")
    assert gone.select("source", "key").rows() == [("b", "2")]


def test_two_releases_of_real_law(tmp_path: Path, real: Any) -> None:
    """12 CFR parts as they stood at first and at last; contracts leave, others come, opinions stay."""
    legal = real("legal")
    with tarfile.open(legal / "us_cfr_title12_xml_versions.tar.gz") as archive:
        members = sorted((m for m in archive.getmembers() if m.isfile()), key=lambda m: m.name)
        parts: dict[str, list[Any]] = {}
        for member in members:
            parts.setdefault(member.name.split("/")[-2], []).append(member)
        for part, versions in parts.items():
            for name, member in (("first", versions[0]), ("last", versions[-1])):
                path = tmp_path / name / f"{part}.xml"
                path.parent.mkdir(exist_ok=True)
                handle = archive.extractfile(member)
                assert handle is not None
                path.write_bytes(handle.read())

    def pipeline(name: str, others: dict[str, str], **near: Any) -> str:
        sources: list[dict[str, Any]] = [
            {"name": "cfr", "path": str(tmp_path / name), "columns": {"key": "title"}},
            *({"name": n, "path": str(legal / p), "max_failed": 0.1} for n, p in others.items()),
        ]
        stage = {"kind": "curate", "sources": sources, "steps": [{"near_duplicates": near}]}
        return write_pipeline(tmp_path / f"{name}.yaml", {"corpus": stage})

    opinions = {"opinions": "us_federal_appellate_opinions.jsonl.gz"}
    first = build(
        pipeline("first", opinions | {"contracts": "contracts_edgar.jsonl.gz"}), tmp_path / "one", workers=2
    )
    file = pipeline("last", opinions | {"txt": "txt_contracts/*.txt"}, against=str(tmp_path / "one"))
    made = build(file, tmp_path / "two", workers=2)
    kept = rows(made["path"])
    # By hand: the Federal Register amended parts 1002, 1005 and 1013 between the two dates; 1012 was only dated anew,
    # and of 1022 there is one version. The ten contracts in files are of companies absent from the bundle.
    assert kept.filter(pl.col("source") == "cfr").select("id", "change").rows() == [
        ("cfr/1002.xml", "changed"),
        ("cfr/1005.xml", "changed"),
        ("cfr/1013.xml", "changed"),
    ]
    assert kept.group_by("source", "change").len().sort("source").rows() == [
        ("cfr", "changed", 3),
        ("txt", "new", 10),
    ]
    changes = rows(made["path"], "evidence/near_duplicates/changes")
    gone = changes.filter(pl.col("change") == "gone")
    assert set(gone["earlier"].str.split("/").list.first()) == {"contracts"}
    before = rows(first["path"])
    assert gone.height == (before["source"] == "contracts").sum()
    dropped = rows(made["path"], "dropped")
    assert set(dropped["reason"]) == {"already released"} and set(dropped["source"]) == {"cfr", "opinions"}
    names = set(before.select(pl.format("{}:{}", pl.lit(first["path"]), "id")).to_series())
    assert set(dropped["duplicate_of"]) <= names
    assert build(file, tmp_path / "two")["status"] == "reused"
    assert bytes_of(build(file, tmp_path / "three", workers=1)["path"]) == bytes_of(made["path"])
