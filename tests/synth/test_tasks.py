"""Tasks that ask a model, in whole stages against a scripted server: counts, accounts, bytes, kills, replay."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import loopback
import pytest
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline
from test_stage import contracts

from curate import manifest
from curate.errors import ConfigError, RunError
from curate.runner import run

#: Of every hundred requests some meet each of these, once or always.
PLAN = [
    [0.05, "429", 1],
    [0.04, "500", 1],
    [0.02, "drop", 1],
    [0.03, "truncate", 0],
    [0.03, "malformed", 0],
    [0.03, "wrong", 0],
]
WRITES: dict[str, Any] = {"writes": True, "plan": PLAN, "retry_after": "0", "latency": 0.005}
FILTERS = ["schema", "evidence", "exact_duplicates"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An artefact of contracts."""
    folder = tmp_path_factory.mktemp("tasks")
    write_jsonl(folder / "a.jsonl", contracts(60))
    stage = {"sources": [{"name": "a", "path": str(folder / "a.jsonl")}]}
    return str(build(write_pipeline(folder / "p.yaml", {"corpus": stage}), folder / "out")["path"])


def stage(corpus: str, url: str, tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    model = {"server": url, "name": "scripted", "in_flight": 16, "timeout": 20, "sampling": {"seed": 3}}
    listed = [{name: params} for name, params in tasks.items()]
    plain = {
        "kind": "synth",
        "from": corpus,
        "model": model,
        "tasks": listed,
        "filters": FILTERS,
        "gates": False,
    }
    return plain | {"passage_tokens": 150} | more


ALL = {
    "questions": {"count": 12},
    "summaries": {"count": 6},
    "extraction": {"count": 6},
    "conversations": {"count": 5},
    "evolved": {"count": 5},
    "personas": {"count": 6},
    "backtranslation": {"count": 4, "least_fit": 4},
}


@pytest.mark.slow
def test_every_task_gives_exactly_its_count_and_accounts_for_the_rest(corpus: str, tmp_path: Path) -> None:
    with loopback.running(**WRITES) as url:
        stages = {
            "rows": stage(corpus, url, ALL),
            "pairs": stage(
                corpus, url, {"preferences": {"count": 5, "margin": 1}}, output={"format": "preference"}
            ),
            "texts": stage(
                corpus,
                url,
                {"rewriting": {"count": 5}, "entities": {"count": 5, "budget": 100}},
                output={"format": "text"},
            ),
            "safe": stage(corpus, url, {"safety": {"count": 10}}, filters=["schema", "exact_duplicates"]),
        }
        pipeline = write_pipeline(tmp_path / "p.yaml", stages)
        made = run(pipeline, out=str(tmp_path / "out"), workers=1)["stages"]
    assert {name: result["faults"] for name, result in made.items()} == {name: [] for name in stages}
    texts = dict(rows(corpus).select("id", "text").iter_rows())
    for name, result in made.items():
        found, kept = manifest.read(result["path"]), rows(result["path"])
        assert found is not None, name
        for label, account in found["sources"].items():
            assert (
                account["kept"] == next(iter(s[label] for s in stages[name]["tasks"] if label in s))["count"]
            )
            assert account["read"] == account["kept"] + account["dropped"] + account["failed"]
        for row in kept.iter_rows(named=True):
            assert row["meta_model"] == "scripted" and row["meta_requests"] and len(row["meta_prompt"]) == 16
            assert json.loads(row["meta_sampling"])["max_tokens"] > 0
            for span in row["meta_evidence"]:
                assert texts[span["document"]][span["start"] : span["end"]] == span["text"]
        assert found["models"][0]["requests"] > 0
    scores = [json.loads(s) for s in rows(made["pairs"]["path"])["meta_scores"]]
    assert all(s["chosen"] - s["rejected"] >= 1 for s in scores)
    kinds = rows(made["safe"]["path"])["meta_kind"].value_counts()["count"]
    assert kinds.to_list() == [5, 5]
    gone = rows(made["rows"]["path"], "dropped")
    assert {"truncated", "schema"} <= set(gone["reason"])
    assert json.loads(gone.filter(gone["reason"] == "schema")["detail"][0])["text"]  # the raw text is kept


@pytest.mark.slow
def test_killed_or_replayed_the_bytes_are_the_same(corpus: str, tmp_path: Path) -> None:
    tasks = {"questions": {"count": 40}, "evolved": {"count": 15}}
    chance = random.Random(11)
    with loopback.running(**WRITES | {"latency": 0.05}) as url:
        pipeline = write_pipeline(tmp_path / "p.yaml", {"rows": stage(corpus, url, tasks)})
        calm = build(pipeline, tmp_path / "calm", stage="rows")
        command = [sys.executable, "-m", "curate", "run", pipeline, "--out", str(tmp_path / "killed")]
        for _ in range(3):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            store = tmp_path / "killed" / "responses" / "store.sqlite"
            while process.poll() is None and not store.exists():
                time.sleep(0.05)
            time.sleep(chance.uniform(0.1, 1.0))
            process.kill()
            process.wait()
        assert subprocess.run(command, capture_output=True).returncode == 0
    killed, _ = manifest.find(str(tmp_path / "killed"))
    assert bytes_of(killed) == bytes_of(calm["path"])
    # Without a server: the store alone.
    replayed = {"rows": stage(corpus, "http://127.0.0.1:9/v1", tasks, replay=True)}
    pipeline = write_pipeline(tmp_path / "r.yaml", replayed)
    shutil.copytree(tmp_path / "calm" / "responses", tmp_path / "replay" / "responses")
    again = build(pipeline, tmp_path / "replay", stage="rows")
    assert bytes_of(again["path"]) == bytes_of(calm["path"])
    more = {
        "rows": stage(
            corpus, "http://127.0.0.1:9/v1", {"questions": {"count": 40, "per_passage": 2}}, replay=True
        )
    }
    with pytest.raises(RunError, match="no response to request"):
        build(write_pipeline(tmp_path / "m.yaml", more), tmp_path / "replay", stage="rows")


@pytest.mark.slow
def test_a_server_that_answers_nothing_stops_the_run_in_words(corpus: str, tmp_path: Path) -> None:
    with loopback.running(plan=[[1.0, "500", 0]], retry_after="0") as url:
        pipeline = write_pipeline(
            tmp_path / "p.yaml", {"rows": stage(corpus, url, {"questions": {"count": 3}})}
        )
        with pytest.raises((RunError, ConfigError), match="answers nothing but errors"):
            build(pipeline, tmp_path / "out", stage="rows")


@pytest.mark.slow
def test_a_budget_of_tokens_that_is_spent_ends_the_stage_in_words(corpus: str, tmp_path: Path) -> None:
    with loopback.running(writes=True) as url:
        spent = stage(corpus, url, {"questions": {"count": 50}}, budget={"tokens": 2000})
        made = build(write_pipeline(tmp_path / "p.yaml", {"rows": spent}), tmp_path / "out", stage="rows")
    assert made["status"] == "failed" and "the budget of 2,000 tokens is spent" in made["faults"][0]
