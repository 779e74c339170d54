"""Whole stages against a real server (`transformers serve`): a tiny model writes nonsense, its accounts make sense."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline
from test_stage import contracts
from tiny_model import needs, serving, tiny

from curate import manifest
from synth.engine.store import Store
from synth.tasks.rewriting import LEAST, TEMPLATE

pytestmark = pytest.mark.slow

COUNT, MOST = 4, 600
ENDS = {"eos_token_id": [1, 3, 4, 5], "min_new_tokens": 150}
SAMPLING = {"temperature": 1.0, "max_tokens": MOST}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, made to write 150 tokens and then to end at one in seventy or so: some answers are too short."""
    needs("torch", "transformers", "fastapi", "uvicorn", "openai")
    folder = tiny(tmp_path_factory.mktemp("model") / "tiny")
    file = folder / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | ENDS))
    return folder


@pytest.fixture(scope="module")
def url(model: Path) -> Iterator[str]:
    with serving(model) as address:
        yield address


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("served")
    write_jsonl(folder / "a.jsonl", contracts(40))
    stage = {"sources": [{"name": "a", "path": str(folder / "a.jsonl")}]}
    return str(build(write_pipeline(folder / "p.yaml", {"corpus": stage}), folder / "out")["path"])


def pipeline(file: Path, corpus: str, model: Path, url: str, task: dict[str, Any], **more: Any) -> str:
    """A pipeline of one stage that rewrites passages as free text, which nonsense is as good as any other."""
    server = {"server": url, "name": str(model), "in_flight": 4, "timeout": 300, "sampling": SAMPLING}
    stage = {"kind": "synth", "from": corpus, "model": server, "tasks": [{"rewriting": task}], "gates": False}
    filters = ["schema", "evidence", "exact_duplicates"]
    stage |= {"filters": filters, "passage_tokens": 80, "output": {"format": "text"}}
    return write_pipeline(file, {"rows": stage | more}, seed=5)


def command(pipeline: str, out: Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, what is told of the stage, and what was logged."""
    line = [sys.executable, "-m", "curate", "run", pipeline, "--out", str(out), "--json"]
    ended = subprocess.run(line, capture_output=True, text=True)
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])["stages"]["rows"], ended.stderr


@pytest.fixture(scope="module")
def made(
    corpus: str, model: Path, url: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("rows")
    task = {"count": COUNT, "budget": 120}
    code, told, logged = command(pipeline(folder / "p.yaml", corpus, model, url, task), folder / "out")
    assert code == 0 and told["status"] == "built", logged
    return told, folder


def test_exactly_as_many_rows_each_with_where_it_comes_from(
    made: tuple[dict[str, Any], Path], corpus: str, model: Path
) -> None:
    told, folder = made
    found, kept, gone = manifest.read(told["path"]), rows(told["path"]), rows(told["path"], "dropped")
    assert found is not None and kept.height == COUNT == told["kept"]
    assert told["read"] == COUNT + gone.height + told["failed"] and told["failed"] == 0
    if gone.height:  # chance may have it that every answer is long enough
        assert set(gone["reason"]) <= {"short", "truncated", "empty"}
    texts = dict(rows(corpus).select("id", "text").iter_rows())
    with Store(folder / "out" / "responses" / "store.sqlite", read_only=True) as store:
        for row in kept.iter_rows(named=True):
            (key,), (span,) = row["meta_requests"], row["meta_evidence"]
            reply, request = store.get(key), store.request(key)
            assert reply is not None and request is not None
            assert row["text"] == reply.text.strip() and len(row["text"]) >= LEAST
            assert reply.finish_reason == "stop" and 0 < reply.tokens_out <= MOST
            assert texts[span["document"]][span["start"] : span["end"]] == span["text"]
            assert span["text"].strip() in request["messages"][-1]["content"]
            assert (row["meta_model"], row["meta_prompt"]) == (str(model), TEMPLATE.hash)
            assert request["sampling"] == json.loads(row["meta_sampling"])
            assert json.loads(row["meta_sampling"]).items() >= SAMPLING.items()
            assert (row["meta_task"], row["meta_depth"], row["meta_seed"]) == ("rewriting", 0, 5)
        (spent,) = found["models"]
        assert spent["requests"] == len(store) >= told["read"]
        assert spent["tokens_out"] == sum(r.tokens_out for key in store if (r := store.get(key)))


def test_replayed_without_the_server_the_bytes_are_the_same(
    made: tuple[dict[str, Any], Path], corpus: str, model: Path, tmp_path: Path
) -> None:
    told, folder = made
    shutil.copytree(folder / "out" / "responses", tmp_path / "out" / "responses")
    nobody, task = "http://127.0.0.1:9/v1", {"count": COUNT, "budget": 120}
    again = pipeline(tmp_path / "r.yaml", corpus, model, nobody, task, replay=True)
    code, replayed, logged = command(again, tmp_path / "out")
    assert code == 0 and replayed["kept"] == COUNT, logged
    assert bytes_of(replayed["path"]) == bytes_of(told["path"])


def test_a_budget_that_ends_says_so_and_keeps_what_there_is(
    corpus: str, model: Path, url: str, tmp_path: Path
) -> None:
    few = pipeline(tmp_path / "few.yaml", corpus, model, url, {"count": 50, "budget": 3})
    code, told, logged = command(few, tmp_path / "few")
    assert code == 1 and told["status"] == "failed" and told["read"] == 3
    reason = f"rewriting: {told['kept']} of 50 rows were accepted: the budget of 3 candidates is spent"
    assert told["faults"] == [reason] and reason in logged
    assert rows(told["path"]).height == told["kept"]

    tokens = {"tokens": 800}
    spent = pipeline(tmp_path / "tokens.yaml", corpus, model, url, {"count": 50}, budget=tokens)
    code, told, logged = command(spent, tmp_path / "tokens")
    assert code == 1 and told["status"] == "failed" and told["kept"] < 50
    (reason,) = told["faults"]
    assert "of 50 rows were accepted: the budget of 800 tokens is spent" in reason and reason in logged
    assert command(spent, tmp_path / "tokens")[0] == 1  # what failed fails again when it is met again
