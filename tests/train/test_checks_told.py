"""What an objective used stands in the manifest: parameters as given, by default, and those that it settled itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chain import continued, foundation, written

import curate
from curate import manifest
from train.telling import objective


@pytest.mark.slow
def test_parameters_that_are_left_open_are_told_as_they_were_used(tmp_path: Path) -> None:
    rows = tmp_path / "pairs.jsonl"
    row = {"prompt": "Deliver?", "chosen": " Yes.", "rejected": " No."}
    rows.write_text("".join(json.dumps(row) + "\n" for _ in range(8)))
    pairs = continued(objective={"dpo": {"sft": 0.5}}, data=[{"from": str(rows)}])
    mean = continued(
        objective={"merge": {"method": "ties", "base": "start"}}, data=[], model=["start", "pairs"]
    )
    del pairs["tokens"], mean["tokens"]
    stages = {"start": foundation(tokens=512), "pairs": pairs | {"model": "start"}, "mean": mean}
    made = curate.run(str(written(tmp_path, **stages)), out=str(tmp_path / "out"))["stages"]
    found = {name: manifest.read(stage["path"]) or {} for name, stage in made.items()}
    assert {name: objective(told) for name, told in found.items()} == {
        "start": ("pretrain", {}),
        "pairs": ("dpo", {"beta": 0.1, "loss": "sigmoid", "sft": 0.5}),
        "mean": ("merge", {"method": "ties", "base": "start", "weights": [1.0, 1.0], "density": 0.2}),
    }
    assert set(found["pairs"]["training"]["notes"]) == {"rows"}
