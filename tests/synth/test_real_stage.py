"""Whole stages of the embedded generator over the real legal corpus, held to every gate as it is by default."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers import rows, write_pipeline

from curate import manifest
from curate.runner import run
from synth.mine.miners.corruptions import Corruption

pytestmark = pytest.mark.slow

COUNTS = {"instructions": 600, "preferences": 300}


@pytest.fixture(scope="module")
def texts(real_legal: dict[str, Any]) -> dict[str, str]:
    """Every document of the corpus, by id."""
    return dict(rows(real_legal["path"]).select("id", "text").iter_rows())


@pytest.fixture(scope="module")
def made(real_legal: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("real_stage")
    stage = {"kind": "synth", "from": real_legal["path"]}
    mined, corrupted = ({"count": count} for count in COUNTS.values())
    stages = {
        "instructions": stage | {"tasks": [{"mined": mined}]},
        "preferences": stage | {"tasks": [{"corrupted": corrupted}], "output": {"format": "preference"}},
    }
    result: dict[str, Any] = run(
        write_pipeline(folder / "p.yaml", stages), out=str(folder / "out"), workers=1
    )
    return result["stages"]


@pytest.mark.parametrize("name", COUNTS)
def test_real_text_gives_what_was_asked_and_no_gate_says_no(made: dict[str, Any], name: str) -> None:
    assert (made[name]["status"], made[name]["faults"]) == ("built", [])
    found, kept = manifest.read(made[name]["path"]), rows(made[name]["path"])
    gone = rows(made[name]["path"], "dropped")
    assert found is not None and kept.height == COUNTS[name] and kept["id"].n_unique() == COUNTS[name]
    assert made[name]["read"] == kept.height + gone.height
    assert kept["meta_source"].n_unique() >= 8
    assert len(found["echo"]["measures"]) > 20


@pytest.mark.parametrize("part", ["data", "dropped"])
@pytest.mark.parametrize("name", COUNTS)
def test_evidence_stands_at_its_place_in_the_corpus(
    made: dict[str, Any], texts: dict[str, str], name: str, part: str
) -> None:
    spans = 0
    for row in rows(made[name]["path"], part).iter_rows(named=True):
        assert row["meta_evidence"], row["id"]
        for span in row["meta_evidence"]:
            spans += 1
            assert texts[span["document"]][span["start"] : span["end"]] == span["text"] != "", row["id"]
    assert spans >= rows(made[name]["path"], part).height > 0


def test_corruptions_are_exact(made: dict[str, Any]) -> None:
    kinds: Counter[str] = Counter()
    for part in ("data", "dropped"):
        for row in rows(made["preferences"]["path"], part).iter_rows(named=True):
            (chosen,), (rejected,) = row["chosen"], row["rejected"]
            told = Corruption(**json.loads(row["meta_detail"])["corruption"])
            assert told.apply(chosen["content"]) == rejected["content"] != chosen["content"], row["id"]
            kinds[told.kind] += 1
    assert set(kinds) == {"date", "citation", "number", "negation", "party"}
