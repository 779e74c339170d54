"""Running a suite: what is kept is not measured again; scores stand beside those of other models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import ConfigError, RunError
from train.evaluate import run
from train.evaluate.intervals import change, score
from train.evaluate.suite import Suite, suite


def held(path: Path, n: int = 6) -> Path:
    path.write_text(
        "".join(json.dumps({"text": f"The Buyer pays {i} euro to him."}) + "\n" for i in range(n))
    )
    return path


def asked(tmp_path: Path) -> Suite:
    held(tmp_path / "a.jsonl")
    held(tmp_path / "b.jsonl", 9)
    return suite(
        {
            "general": [{"bits": {"path": str(tmp_path / "a.jsonl")}}],
            "domain": [{"bits": {"path": str(tmp_path / "b.jsonl")}}],
        }
    )


@pytest.fixture
def loads(tiny: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses of the models that were loaded."""
    from train import models

    seen: list[str] = []

    def load(address: str, **_: Any) -> tuple[Any, Any]:
        seen.append(address)
        return tiny

    monkeypatch.setattr(models, "load", load)
    monkeypatch.setattr(models, "kind_of", lambda address: "causal")
    return seen


def test_only_what_is_missing_is_measured(
    tmp_path: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    plain = run.measure
    monkeypatch.setattr(run, "measure", lambda *a: (measured.append(a[2].name), plain(*a))[1])
    how: dict[str, Any] = {"kept": tmp_path / "kept", "seed": 0}
    given = asked(tmp_path)
    first = run.evaluated("m", "f1", given, **how)
    assert measured == ["general/a", "domain/b"] and loads == ["m"]
    again = run.evaluated("m", "f1", given, **how)
    assert len(measured) == 2 and loads == ["m"]  # nothing, and no model
    assert [one.items.equals(other.items) for one, other in zip(first, again)] == [True, True]
    assert [vars(one) | {"items": 0} for one in first] == [vars(one) | {"items": 0} for one in again]
    run.evaluated("m2", "f2", given, **how)
    assert measured[2:] == ["general/a", "domain/b"]
    held(tmp_path / "b.jsonl", 10)
    run.evaluated("m", "f1", given, **how)
    assert measured[4:] == ["domain/b"]


def test_a_model_is_asked_only_what_it_can_do(
    tmp_path: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import models

    monkeypatch.setattr(models, "kind_of", lambda address: "reward")
    with pytest.raises(
        ConfigError, match=r"m is a reward model, and cannot be measured by bits \(general/a\)"
    ):
        run.evaluated("m", "f1", asked(tmp_path), kept=tmp_path / "kept", seed=0)
    assert loads == []


def test_stages_are_looked_up(tmp_path: Path, tiny: tuple[Any, Any]) -> None:
    from helpers import build, corpus

    made = build(corpus(tmp_path / "c"), tmp_path / "out")
    (tmp_path / "rows").mkdir()
    given = suite({"domain": [{"bits": {"from": made["path"], "limit": 5}}]})
    entry = given.entries[0]
    staged = replace(
        given, entries=(replace(entry, settings=entry.settings.model_copy(update={"from_": "corpus"})),)
    )
    found = run.evaluate(
        *tiny, staged.resolved({"corpus": made["path"]}.__getitem__), folder=tmp_path, seed=0
    )
    assert found[0].items.height == 5
    table = pl.read_parquet(tmp_path / "evidence" / "scores" / f"{found[0].name.replace('/', '-')}.parquet")
    assert table.equals(found[0].items)
    assert list(staged.inputs(["corpus"])) == []


def test_scores_beside_others(tmp_path: Path, tiny: tuple[Any, Any]) -> None:
    found = run.evaluate(*tiny, asked(tmp_path), seed=0)
    worse = [replace(one, items=one.items.with_columns(pl.col("value") + 0.5)) for one in found]
    told = run.scores(worse, found, found[:1], seed=3)
    entry = told["general/a"]
    assert entry["value"] == pytest.approx(score(worse[0], 3).value)
    assert entry["change"] == vars(change(found[0], worse[0], 3))
    assert entry["change"]["value"] == pytest.approx(0.5)
    assert entry["before"]["value"] == pytest.approx(score(found[0], 3).value)
    assert entry["over_control"] == entry["change"] and "control" not in told["domain/b"]
    assert entry["n"] == 6 and len(entry["examples"]) == 3
    assert {"item", "value", "before", "detail"} == set(entry["examples"][0])
    assert run.scores(found, seed=0)["general/a"]["change"] is None
    json.dumps(told)


def test_models_measured_on_different_items(tmp_path: Path, tiny: tuple[Any, Any]) -> None:
    found = run.evaluate(*tiny, asked(tmp_path), seed=0)
    fewer = [replace(one, items=one.items.head(4)) for one in found]
    with pytest.raises(RunError, match="2 items were measured after alone"):
        run.scores(found, fewer, seed=0)
    secret = [replace(one, group="memorisation") for one in found]
    assert run.scores(secret, fewer, seed=0)["general/a"]["change"] is None  # cut by another tokenizer


def test_memorisation_is_asked_for(tmp_path: Path, tiny: tuple[Any, Any]) -> None:
    held(tmp_path / "a.jsonl", 12)
    given = suite(
        {
            "domain": [{"bits": {"path": str(tmp_path / "a.jsonl")}}],
            "memorisation": {
                "extraction": {"path": str(tmp_path / "a.jsonl"), "prefix": 4, "length": 4, "sample": 5}
            },
        }
    )
    names = [one.name for one in run.evaluate(*tiny, given, seed=0)]
    assert {"memorisation/extraction", "memorisation/extraction/heldout"} <= set(names)
