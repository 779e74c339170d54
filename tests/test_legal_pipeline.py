"""The main job on the sample ends as `planted.json` says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.pii.detect import Settings
from curate.pii.keys import load_key
from curate.pii.scrub import Scrub, Way

ROOT = Path(__file__).resolve().parents[1]
PLANTED = json.loads((ROOT / "pipelines" / "sample" / "planted.json").read_text(encoding="utf-8"))


#: Sources whose documents' keys are their own; those of the others are their files.
OWN_KEYS = ("opinions", "web")
COLUMNS = ("source", "key", "id", "text", "title", "url", "metadata")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("legal")
    variables = {"data": str(ROOT / "pipelines" / "sample")}
    result = curate.run(str(ROOT / "pipelines" / "legal.yaml"), variables=variables, out=str(out))
    stage: dict[str, Any] = result["stages"]["corpus"]
    return stage | {"scrub": Scrub(Settings(), Way((), "document"), load_key(out / "private").secret)}


def hidden(built: dict[str, Any], entry: dict[str, str]) -> tuple[str, str]:
    """(source, key) of a planted document as the artefact has it."""
    source, key = entry["source"], entry["key"]
    scrub: Scrub = built["scrub"]
    return source, scrub.name(key) if source in OWN_KEYS else scrub.file(key)


def rows(built: dict[str, Any], part: str) -> pl.DataFrame:
    return pl.read_parquet(Path(built["path"]) / part / "*.parquet")


def names(frame: pl.DataFrame) -> list[tuple[str, str]]:
    return list(frame.select("source", "key").iter_rows())


def dropped(built: dict[str, Any], step: str | None = None) -> set[tuple[str, str]]:
    frame = rows(built, "dropped")
    return set(names(frame if step is None else frame.filter(pl.col("step") == step)))


@pytest.mark.slow
def test_every_record_is_accounted_for(built: dict[str, Any]) -> None:
    counts = PLANTED["sources"].values()
    assert built["status"] == "built"
    assert built["read"] == sum(count["records"] for count in counts)
    assert built["failed"] == sum(count["failed"] for count in counts)
    assert built["read"] == built["kept"] + built["dropped"] + built["failed"]


@pytest.mark.slow
def test_what_is_broken_fails_where_it_is_broken(built: dict[str, Any]) -> None:
    expected = Counter[tuple[str, str]]()
    for entry in PLANTED["broken"]:
        source, _, name = entry["file"].partition("/")
        expected[source, built["scrub"].file(name)] += entry["failures"]
    assert Counter(rows(built, "failed").select("source", "file").iter_rows()) == expected


@pytest.mark.slow
def test_foreign_documents_go_by_their_language(built: dict[str, Any]) -> None:
    foreign = {hidden(built, entry) for entry in PLANTED["foreign"]}
    assert foreign <= dropped(built, "language")


@pytest.mark.slow
def test_low_quality_documents_go(built: dict[str, Any]) -> None:
    poor = {hidden(built, entry) for entry in PLANTED["low_quality"]}
    assert poor <= dropped(built)


@pytest.mark.slow
def test_of_exact_duplicates_one_stays(built: dict[str, Any]) -> None:
    kept = Counter(names(rows(built, "data")))
    for group in PLANTED["exact_duplicates"]:
        assert sum(kept[hidden(built, d)] for d in group["documents"]) == 1, group["why"]
    assert len(dropped(built, "exact_duplicates")) == sum(
        len(g["documents"]) - 1 for g in PLANTED["exact_duplicates"]
    )


@pytest.mark.slow
def test_of_near_duplicates_one_stays_and_is_named(built: dict[str, Any]) -> None:
    kept, gone = rows(built, "data"), rows(built, "dropped").filter(pl.col("step") == "near_duplicates")
    counts, stays = Counter(names(kept)), dict(zip(names(gone), gone["duplicate_of"]))
    ids = dict(zip(names(kept), kept["id"]))
    for group in PLANTED["near_duplicates"]:
        members = [hidden(built, d) for d in group["documents"]]
        left = [m for m in members if counts[m]]
        assert len(left) == 1, group["why"]
        assert {stays[m] for m in members if m not in left} == {ids[left[0]]}
    assert gone["similarity"].min() >= 0.8 and gone.height == sum(
        len(g["documents"]) - 1 for g in PLANTED["near_duplicates"]
    )


@pytest.mark.slow
def test_documents_that_hold_benchmark_items_go(built: dict[str, Any]) -> None:
    planted = {hidden(built, e) for e in PLANTED["benchmarks"]}
    assert dropped(built, "decontaminate") == planted and planted


@pytest.mark.slow
def test_nothing_else_goes(built: dict[str, Any]) -> None:
    meant = {hidden(built, e) for kind in ("foreign", "low_quality", "benchmarks") for e in PLANTED[kind]}
    for kind in ("exact_duplicates", "near_duplicates"):
        meant |= {hidden(built, d) for group in PLANTED[kind] for d in group["documents"]}
    assert dropped(built) - meant == set()


@pytest.mark.slow
def test_no_planted_private_data_is_left_in_its_document(built: dict[str, Any]) -> None:
    kept = pl.concat([rows(built, part).select(COLUMNS) for part in ("data", "dropped")])
    documents = dict(
        zip(names(kept), ("\n".join(map(str, row)) for row in kept.drop("source", "key").rows()))
    )
    left = [entry for entry in PLANTED["pii"] if entry["value"] in documents[hidden(built, entry)]]
    assert len(PLANTED["pii"]) > 400 and left == []
