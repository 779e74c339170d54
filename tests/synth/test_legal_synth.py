"""The committed pipeline from the sample to instruction and preference data, as a user runs it: through the command."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from helpers import bytes_of, rows

from curate import manifest
from synth.mine.miners.corruptions import Corruption

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = "pipelines/legal_synth.yaml"
STAGES = yaml.safe_load((ROOT / PIPELINE).read_text(encoding="utf-8"))["stages"]
SYNTH = [name for name, stage in STAGES.items() if stage["kind"] == "synth"]

pytestmark = pytest.mark.slow


def start(out: Path, workers: int) -> subprocess.Popen[str]:
    """The run; pseudonyms depend on a key, which two output folders would otherwise each make for themselves."""
    options = ["--out", str(out), "--workers", str(workers), "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "curate", "run", PIPELINE, *options],
        cwd=ROOT,
        env=os.environ | {"CURATE_PII_KEY": "a phrase of the tests"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> dict[str, dict[str, Any]]:
    """The stages of a run that went well, from its one object on standard output."""
    told, logged = process.communicate()
    assert process.returncode == 0, told + logged
    found: dict[str, dict[str, Any]] = json.loads(told.splitlines()[-1])["stages"]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("legal_synth")


@pytest.fixture(scope="module")
def both(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pipeline built in two fresh folders, by one worker and by two."""
    runs = [start(folder / "one", 1), start(folder / "two", 2)]
    one, two = (ended(run) for run in runs)
    return one, two


@pytest.fixture(scope="module")
def made(both: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return both[0]


def task(name: str) -> tuple[str, dict[str, Any]]:
    """The only task of a stage, and its parameters."""
    ((found, params),) = STAGES[name]["tasks"][0].items()
    return found, params


def test_every_stage_is_built_with_exactly_the_rows_asked_for(made: dict[str, Any]) -> None:
    assert list(made) == list(STAGES)
    assert {name: (m["status"], m["faults"]) for name, m in made.items()} == dict.fromkeys(
        STAGES, ("built", [])
    )
    for name in SYNTH:
        count = task(name)[1]["count"]
        assert rows(made[name]["path"]).height == made[name]["kept"] == count, name


@pytest.mark.parametrize("name", SYNTH)
def test_the_account_balances_to_the_row(made: dict[str, Any], name: str) -> None:
    """Candidates are numbered as they are read: each number is a row that was kept or one that was dropped."""
    found, label = manifest.read(made[name]["path"]), task(name)[0]
    assert found is not None
    kept, gone = rows(made[name]["path"]), rows(made[name]["path"], "dropped")
    account = found["sources"][label]
    assert account["read"] == account["split"] == account["kept"] + account["dropped"] + account["failed"]
    assert (account["kept"], account["dropped"], account["failed"]) == (kept.height, gone.height, 0)
    numbered = [f"{label}/{number:07d}" for number in range(1, account["read"] + 1)]
    assert sorted([*kept["id"], *gone["id"]]) == numbered
    assert kept["id"].is_sorted() and kept["id"][-1] == numbered[-1]  # none is tried behind the last
    assert all(gone["reason"].str.len_chars() > 0)
    why = Counter(gone.select("step", "reason").iter_rows())
    assert {f"{step}: {reason}": n for (step, reason), n in why.items()} == account["dropped_by"]
    left = account["read"]
    for entry in found["steps"]:
        assert entry["in"] == left and entry["out"] == left - sum(entry["dropped"].values()), entry["step"]
        assert entry["dropped"] == {r: n for (step, r), n in why.items() if step == entry["step"]}
        left = entry["out"]
    assert left == account["kept"]
    most = task(name)[1].get("per_document", 4)
    assert Counter(kept["meta_documents"].list.first()).most_common(1)[0][1] <= most


@pytest.mark.parametrize("name", SYNTH)
def test_manifests_tell_what_lies_there(made: dict[str, Any], name: str) -> None:
    path = Path(made[name]["path"])
    found = manifest.read(str(path))
    assert found is not None and found["verdict"] == {"ok": True, "faults": []} and found["fewer"] == []
    (read,) = found["parts"]["upstream"].items()
    assert read[0] == "corpus" and Path(made["corpus"]["path"]).name == f"corpus-{read[1][:8]}"
    for part in ("data", "dropped"):
        for entry in found["outputs"][part]:
            file = path / part / entry["path"]
            assert hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]
            assert pl.read_parquet(file).height == entry["rows"]
    latest = json.loads((path.parent / "latest.json").read_text())
    assert latest[name] == path.name


@pytest.mark.parametrize("name", SYNTH)
@pytest.mark.parametrize("part", ["data", "dropped"])
def test_evidence_stands_at_its_place_in_the_corpus(made: dict[str, Any], name: str, part: str) -> None:
    texts = dict(rows(made["corpus"]["path"]).select("id", "text").iter_rows())
    found = rows(made[name]["path"], part)
    for row in found.iter_rows(named=True):
        assert row["meta_evidence"], row["id"]
        for span in row["meta_evidence"]:
            assert texts[span["document"]][span["start"] : span["end"]] == span["text"] != "", row["id"]
        assert {span["document"] for span in row["meta_evidence"]} == set(row["meta_documents"])
        assert (row["meta_model"], row["meta_depth"], row["meta_requests"]) == ("embedded", 0, [])


@pytest.mark.parametrize("part", ["data", "dropped"])
def test_a_corrupted_answer_differs_in_what_is_recorded_and_nowhere_else(
    made: dict[str, Any], part: str
) -> None:
    found = rows(made["preferences"]["path"], part)
    kinds: Counter[str] = Counter()
    for row in found.iter_rows(named=True):
        (chosen,), (rejected,) = row["chosen"], row["rejected"]
        told = Corruption(**json.loads(row["meta_detail"])["corruption"])
        assert told.apply(chosen["content"]) == rejected["content"] != chosen["content"]
        assert told.original != told.replaced and chosen["role"] == rejected["role"] == "assistant"
        kinds[told.kind] += 1
    assert len(kinds) >= 2 and set(kinds) <= {"date", "citation", "number", "negation", "party"}


def test_every_set_is_measured_and_judged(made: dict[str, Any]) -> None:
    for name in SYNTH:
        found = manifest.read(made[name]["path"])
        assert found is not None
        measured = {(m["field"], m["name"]) for m in found["echo"]["measures"]}
        assert {("prompt", "vendi"), ("answer", "near_duplicates"), ("sample", "topic_coverage")} <= measured
        assert STAGES[name].get("gates") is not False, f"{name} is judged by nothing"


def test_a_fresh_folder_and_more_workers_give_the_same_bytes(
    both: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    one, two = both
    for name in STAGES:
        assert bytes_of(one[name]["path"]) == bytes_of(two[name]["path"]), name
        assert Path(one[name]["path"]).name == Path(two[name]["path"]).name


def test_a_second_run_reuses_everything(made: dict[str, Any], folder: Path) -> None:
    def stamps() -> dict[Path, int]:
        kept = [p for m in made.values() for p in Path(m["path"]).rglob("*") if p.is_file()]
        return {path: path.stat().st_mtime_ns for path in kept}

    before = stamps()
    again = ended(start(folder / "one", 2))
    assert {name: (m["status"], m["path"]) for name, m in again.items()} == {
        name: ("reused", m["path"]) for name, m in made.items()
    }
    assert stamps() == before
