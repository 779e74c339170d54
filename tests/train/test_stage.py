"""Stages of kind train, from YAML to a model that is measured, through the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chain import BITS, continued, foundation, log_of, written

import curate
from curate import manifest
from curate.errors import ConfigError
from curate.pipeline import load


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A foundation and a model continued from it, built by one run: {"file", "out", "stages"}."""
    folder = tmp_path_factory.mktemp("train")
    gate = {"forgetting": 9.0}
    file = written(folder, foundation=foundation(evaluate=BITS), domain=continued(evaluate=BITS, gate=gate))
    out = str(folder / "out")
    return {"file": str(file), "out": out, **curate.run(str(file), out=out)}


def test_a_run_builds_each_model_with_all_that_tells_of_it(made: dict[str, Any]) -> None:
    stage = made["stages"]["domain"]
    assert stage["status"] == "built" and not stage["faults"]
    found = manifest.read(stage["path"])
    assert found and found["kind"] == "train" and found["verdict"] == {"ok": True, "faults": []}
    assert found["model"]["start"][0]["stage"] == "foundation"
    assert found["model"]["start"][0]["fingerprint"] == found["parts"]["upstream"]["foundation"]
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        assert name in {entry["path"] for entry in found["outputs"]["model"]}
    assert set(found["scores"]) == {"general/weather", "domain/sport"}
    for score in found["scores"].values():
        assert score["low"] <= score["value"] <= score["high"] and score["before"] and score["change"]
        assert score["value"] - score["before"]["value"] == pytest.approx(score["change"]["value"], abs=1e-9)
    start = manifest.read(made["stages"]["foundation"]["path"])
    assert start and start["scores"]["general/weather"]["change"] is None
    assert (
        start["scores"]["general/weather"]["value"] == found["scores"]["general/weather"]["before"]["value"]
    )
    assert pl.read_parquet(f"{stage['path']}/evidence/scores/general-weather.parquet").height == 6


def test_the_model_learnt_and_its_log_says_how(made: dict[str, Any]) -> None:
    lines = log_of(made["stages"]["foundation"]["path"])
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["tokens"] >= 6144 > lines[-2]["tokens"]  # rows are not quite full: a step more than 12
    assert lines[-1]["loss"] < lines[0]["loss"] - 0.5
    assert lines[-1]["learning_rate"] < max(line["learning_rate"] for line in lines)
    for line in log_of(made["stages"]["domain"]["path"]):
        law = line["shares"]["law"] * line["tokens"]
        assert abs(law - 0.75 * line["tokens"]) <= 64 + 1e-3 * line["tokens"]  # a row; shares are rounded


def test_what_is_built_is_met_again(made: dict[str, Any]) -> None:
    again = curate.run(made["file"], out=made["out"])["stages"]
    assert {name: stage["status"] for name, stage in again.items()} == {
        "foundation": "reused",
        "domain": "reused",
    }


def test_a_model_is_loaded_by_transformers_alone(made: dict[str, Any]) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = f"{made['stages']['domain']['path']}/model"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template is None  # it was not taught to chat
    asked = tokenizer("Hello", return_tensors="pt", return_token_type_ids=False)
    assert model.generate(**asked, max_new_tokens=4).shape[1] > asked["input_ids"].shape[1]


def test_a_model_that_forgets_fails_and_stays(tmp_path: Path, made: dict[str, Any]) -> None:
    start = made["stages"]["foundation"]["path"]
    worse = continued(model=start, data=[{"from": continued()["data"][0]["from"]}], learning_rate=0.05)
    file = written(tmp_path, worse=worse | {"evaluate": BITS, "gate": {"forgetting": 0.01}})
    stage = curate.run(str(file), out=str(tmp_path / "out"))["stages"]["worse"]
    assert stage["status"] == "failed" and stage["gate"]
    assert "general/weather" in stage["faults"][0] and "limit +0.01" in stage["faults"][0]
    assert (Path(stage["path"]) / "model" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"objective": "pretrian"}, "there is no objective 'pretrian'.*did you mean 'pretrain'"),
        ({"objective": {"pretrain": {"maksed": 0.1}}}, "unknown key 'maksed'.*did you mean 'masked'"),
        ({"model": "elsewhere"}, "there is no stage 'elsewhere'"),
        ({"model": {"preset": "huge"}}, r"model.*'tiny', 'small', '125m' or '1b'"),
        ({"objective": "continue"}, "continue goes on from a model that is there"),
        ({"data": []}, "pretrain needs data"),
        ({"data": [{"from": "/no/such.jsonl"}]}, "/no/such.jsonl"),
        ({"data": [{"from": "pipelines/general/chats.jsonl.gz"}]}, "has messages; pretrain takes text"),
        ({"tokens": "2 miles"}, "an amount of tokens is a number or like"),
        ({"epochs": 1}, "tokens and epochs both say how long"),
        ({"evaluate": {"general": BITS["general"]}}, "'domain' needs a list of measurers"),
        ({"evaluate": {"skip": ""}}, "skip says why"),
        ({"batch_size": 9, "devices": 2}, "9 rows cannot be shared among 2 devices"),
        ({"schedule": "cosin"}, "'cosine', 'linear', 'wsd'"),
    ],
)
def test_each_fault_is_told_before_any_work(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(str(written(tmp_path, foundation=foundation(**change))), {})


def test_shares_must_add_up(tmp_path: Path) -> None:
    data = [{"from": foundation()["data"][0]["from"], "share": 0.5, "name": name} for name in "ab"]
    data[1]["share"] = 0.4
    with pytest.raises(ConfigError, match=r"add up to 0\.9, not 1"):
        load(str(written(tmp_path, foundation=foundation(data=data))), {})


def test_more_passes_than_allowed_are_refused_with_remedies(tmp_path: Path) -> None:
    file = written(tmp_path, foundation=foundation(tokens="10M"))
    with pytest.raises(ConfigError, match=r"recipes.*max_epochs"):
        curate.run(str(file), out=str(tmp_path / "out"))


def test_changed_data_are_told_as_the_reason(tmp_path: Path) -> None:
    from curate.reasons import why

    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "one"}\n' * 400)
    file = written(
        tmp_path,
        foundation=foundation(data=[{"from": str(rows), "name": "rows", "max_epochs": 99}], tokens=512),
    )
    made = curate.run(str(file), out=str(tmp_path / "out"))["stages"]["foundation"]
    found = manifest.read(made["path"])
    assert found and why(found, found["parts"]) == ["its folder is not there any more"]
    rows.write_text('{"text": "two"}\n' * 399)
    from train import stage as kind

    pipeline = load(str(file), {})
    plan = kind.plan(pipeline, pipeline.stages["foundation"], str(tmp_path / "out"), {})
    assert not plan.reuse and plan.reasons == [
        f"input {rows}: 0 new, 0 gone, 1 changed files (such as all of it)"
    ]
