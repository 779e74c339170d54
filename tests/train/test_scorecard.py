"""Stages of kind evaluate: checked, built, reused, judged by the gate alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import write_jsonl, write_pipeline
from tiny_model import needs

from curate import manifest
from curate.errors import ConfigError
from curate.pipeline import load
from curate.runner import run


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two models in folders, the second worse on the first's text."""
    needs("torch", "transformers", "tokenizers")
    import evaluating
    import torch

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    tokenizer = evaluating.tokenizer()
    texts = [f"The Supplier shall deliver {i} goods to the Buyer." for i in range(8)]
    good = evaluating.taught(evaluating.model(tokenizer), tokenizer, texts, steps=30)
    found = {}
    for name, one in (("good", good), ("bad", evaluating.model(tokenizer))):
        one.save_pretrained(root / name)
        tokenizer.save_pretrained(root / name)
        found[name] = str(root / name)
    write_jsonl(root / "held.jsonl", [{"text": text} for text in texts])
    return found | {"held": str(root / "held.jsonl")}


def stage(models: dict[str, str], **more: Any) -> dict[str, Any]:
    bits = [{"bits": {"path": models["held"]}}]
    return {"kind": "evaluate", "model": models["bad"], "against": models["good"], "general": bits, **more}


def test_a_scorecard_is_built_reused_and_judged(models: dict[str, str], tmp_path: Path) -> None:
    pipeline = write_pipeline(tmp_path / "p.yaml", {"card": stage(models)})
    told = run(pipeline, out=str(tmp_path / "out"), workers=1)["stages"]["card"]
    assert told["status"] == "failed"
    assert told["faults"][0].startswith("general/held: ") and "limit +0.05" in told["faults"][0]
    found = manifest.read(told["path"])
    assert found is not None and found["kind"] == "evaluate"
    entry = found["scores"]["general/held"]
    assert entry["change"]["low"] > 0.05 and entry["before"]["value"] < entry["value"]
    assert found["verdict"] == {"ok": False, "faults": told["faults"]}
    assert found["scored_against"]["address"] == models["good"]
    (table,) = manifest.files(told["path"], found, "evidence/scores")
    assert pl.read_parquet(table).height == 8
    json.dumps(found, allow_nan=False)
    # A looser limit needs no new measurement: the artefact stays, and is judged anew.
    write_pipeline(tmp_path / "p.yaml", {"card": stage(models, gate={"forgetting": 20})})
    again = run(pipeline, out=str(tmp_path / "out"), workers=1)["stages"]["card"]
    assert (again["status"], again["path"]) == ("reused", told["path"])
    assert manifest.read(told["path"])["verdict"] == {"ok": True, "faults": []}  # type: ignore[index]


def test_the_gate_ends_with_its_own_code(models: dict[str, str], tmp_path: Path) -> None:
    from click.testing import CliRunner

    from curate.cli import main

    pipeline = write_pipeline(tmp_path / "p.yaml", {"card": stage(models)})
    told = CliRunner().invoke(main, ["run", pipeline, "--out", str(tmp_path / "out")])
    assert told.exit_code == 3, told.output
    checked = CliRunner().invoke(main, ["check", pipeline, "--out", str(tmp_path / "out")])
    assert "measured by: general/held" in checked.output


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"model": "nowhere/at/all"}, "card.model: nowhere/at/all: no model is there"),
        ({"modell": 1}, "unknown key 'modell' (did you mean 'model'?)"),
        ({"generl": []}, "unknown key 'generl' (did you mean 'general'?)"),
        ({"general": None}, "nothing is measured"),
        ({"gate": {"forgeting": 1}}, "unknown key 'forgeting' (did you mean 'forgetting'?)"),
        ({"model": "rows"}, "stage 'rows' is of kind curate, and makes no model"),
        ({"model": "card2"}, "there is no stage 'card2'"),
        ({"domain": [{"bits": {"from": "rowz"}}]}, "there is no stage 'rowz' (did you mean 'rows'?)"),
    ],
)
def test_faults(models: dict[str, str], tmp_path: Path, more: dict[str, Any], told: str) -> None:
    rows = {"kind": "curate", "sources": [{"name": "a", "path": models["held"]}], "steps": []}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"rows": rows, "card": stage(models) | more})
    with pytest.raises(ConfigError) as caught:
        load(pipeline)
    assert told in str(caught.value)
