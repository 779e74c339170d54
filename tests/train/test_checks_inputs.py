"""What a stage is made from is in its fingerprint: models beside the start, rewards of one's own, the control."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from chain import ROOT, continued, written

from curate.pipeline import load
from train import stage as kind

PAIRS = str(ROOT / "pipelines" / "general" / "safety" / "pairs.jsonl")


def model(folder: Path, head: str = "ForCausalLM") -> str:
    """A folder that looks like one that holds a model."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"architectures": [f"Llama{head}"]}))
    (folder / "model.safetensors").write_bytes(b"weights")
    return str(folder)


def trained_anew(folder: str) -> None:
    """The weights are others, of the same size."""
    weights = Path(folder) / "model.safetensors"
    weights.write_bytes(b"WEIGHTS")
    os.utime(weights, (1_900_000_000, 1_900_000_000))


def plan(folder: Path, **more: Any) -> Any:
    """The plan of a stage that begins from the folder `start`."""
    stage = continued(model=str(folder / "start"), **more)
    if stage["objective"] != "continue":
        del stage["tokens"]
    pipeline = load(str(written(folder, more=stage)), {})
    return kind.plan(pipeline, pipeline.stages["more"], str(folder / "out"), {})


@pytest.mark.parametrize(
    "objective",
    [
        {"rl": {"reward": "{other}"}},
        {"merge": {"method": "task_arithmetic", "base": "{other}"}},
    ],
)
def test_a_model_that_a_parameter_names_is_an_input(objective: dict[str, Any], tmp_path: Path) -> None:
    ((name, params),) = objective.items()
    model(tmp_path / "start")
    other = model(tmp_path / "other", "ForCausalLM" if name == "merge" else "ForSequenceClassification")
    given = {key: value.format(other=other) for key, value in params.items()}
    how = {"objective": {name: given}, "data": [] if name == "merge" else [{"from": PAIRS}]}
    before = plan(tmp_path, **how)
    assert plan(tmp_path, **how).fingerprint == before.fingerprint
    trained_anew(other)
    after = plan(tmp_path, **how)
    assert after.fingerprint != before.fingerprint
    assert after.parts["inputs"][other] != before.parts["inputs"][other]


def test_a_control_is_an_input_and_its_name_is_told(tmp_path: Path) -> None:
    model(tmp_path / "start")
    control = model(tmp_path / "control")
    before = plan(tmp_path, control=control)
    assert before.parts["config"]["control"] == control
    assert plan(tmp_path).fingerprint != before.fingerprint
    trained_anew(control)
    assert plan(tmp_path, control=control).fingerprint != before.fingerprint


def test_a_reward_of_ones_own_is_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from curate import fingerprint

    model(tmp_path / "start")
    own = tmp_path / "polite_rewards.py"
    own.write_text("def polite(answer, row):\n    return float('please' in answer)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    how: dict[str, Any] = {
        "objective": {"rl": {"rewards": {"polite_rewards.polite": 1, "brief": {"words": 9}}}},
        "data": [{"from": PAIRS}],
    }
    before = plan(tmp_path, **how)
    assert "polite_rewards" in before.parts["code"]
    own.write_text("def polite(answer, row):\n    return float('thank' in answer)\n")
    fingerprint._sha.cache_clear()
    fingerprint._imports.cache_clear()
    assert plan(tmp_path, **how).fingerprint != before.fingerprint


def test_a_default_that_is_written_out_changes_nothing(tmp_path: Path) -> None:
    model(tmp_path / "start")
    how: dict[str, Any] = {"data": [{"from": PAIRS}]}
    plain, same, other = (
        plan(tmp_path, objective=objective, **how)
        for objective in ("dpo", {"dpo": {"sft": 0.0}}, {"dpo": {"sft": 0.1}})
    )
    assert plain.fingerprint == same.fingerprint != other.fingerprint


def test_two_schedules_are_two_models(tmp_path: Path) -> None:
    model(tmp_path / "start")
    how: dict[str, Any] = {"objective": "dpo", "data": [{"from": PAIRS}]}
    given = (None, {"name": "linear"}, {"warmup": 0.1}, {"name": "cosine", "warmup": 0.1})
    plain, *same, other = (plan(tmp_path, schedule=one, **how).fingerprint for one in given)
    assert {plain, *same} == {plain} and other != plain
