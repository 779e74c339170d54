"""Models that write nothing, masked and reward ones: measured by what they can do, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chain import BITS, GENERAL, ROOT, continued, foundation, written

import curate
from curate import manifest
from curate.errors import ConfigError
from curate.pipeline import load

PAIRS = str(ROOT / "pipelines" / "general" / "safety" / "pairs.jsonl")


def ordered(name: str, **more: Any) -> list[dict[str, Any]]:
    return [{"preferences": {"name": name, "path": PAIRS, "limit": 24} | more}]


def reward(**more: Any) -> dict[str, Any]:
    """A reward model from the foundation, on pairs that are no more than in order."""
    suite = {"general": ordered("pairs"), "domain": ordered("others", where={"label": "harmful"})}
    keys = {"model": "foundation", "data": [{"from": PAIRS}], "sequence_length": 256, "evaluate": suite}
    made = foundation(objective="reward", **keys, learning_rate=3e-3, batch_size=16)
    del made["tokens"]
    return made | more


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Manifests of a foundation, a reward model on it, a masked model and a scorecard of the reward model."""
    folder = tmp_path_factory.mktemp("kinds")
    start = foundation(model={"preset": "tiny", "vocabulary": 400, "context": 256})
    card = {"kind": "evaluate", "model": "reward", "against": "foundation", "general": ordered("pairs")}
    filler = foundation(objective={"pretrain": {"masked": 0.15}}, evaluate=BITS)
    file = written(folder, foundation=start, reward=reward(), filler=filler, card=card)
    stages = curate.run(str(file), out=str(folder / "out"))["stages"]
    return {name: manifest.read(stage["path"]) or {} for name, stage in stages.items()}


def test_a_reward_model_stands_beside_the_model_it_began_from(built: dict[str, dict[str, Any]]) -> None:
    scores = built["reward"]["scores"]
    assert set(scores) == {"general/pairs", "domain/others"}
    score = scores["general/pairs"]
    assert score["metric"] == "share of pairs in order" and score["better"] == "higher"
    assert score["before"] and score["change"]
    assert score["value"] > 0.9  # it saw them in training
    assert built["card"]["scores"]["general/pairs"]["value"] == score["value"]
    assert built["card"]["scores"]["general/pairs"]["before"]["value"] == score["before"]["value"]


def test_a_masked_model_has_bits_of_its_own_kind(built: dict[str, dict[str, Any]]) -> None:
    scores = built["filler"]["scores"]
    assert set(scores) == {"general/weather", "domain/sport"}
    for score in scores.values():
        assert score["metric"] == "bits per byte, masked" and 0 < score["value"] < 20


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ({"reward": reward(evaluate=BITS)}, "a reward model writes nothing: it is measured by preferences"),
        (
            {"m": foundation(objective={"pretrain": {"masked": 0.2}}, evaluate=BITS | {"probes": {"toxicity": {}}})},
            "a masked model writes nothing: it is measured by bits alone",
        ),
        (
            {"m": foundation(objective={"pretrain": {"masked": 0.2}}), "more": continued(model="m")},
            "'m' is a masked model, and continue cannot start from one",
        ),
        ({"more": continued(model="reward"), "reward": reward()}, "'reward' is a reward model, and continue"),
        (
            {"reward": reward(), "card": {"kind": "evaluate", "model": "reward", "general": BITS["general"]}},
            "a reward model writes nothing",
        ),
        (
            {"m": foundation(objective={"pretrain": {"masked": 0.2}}), "card": {"kind": "evaluate", "model": "m"}
             | {"against": "foundation", "general": BITS["general"]}},
            "models of kinds that do not compare: causal, masked",
        ),
        (
            {"card": {"kind": "evaluate", "model": "foundation", "general": BITS["general"], "gate": {"refusal": 0.9}}},
            "card.gate.refusal: it needs `safety:` by generation",
        ),
        (
            {"card": {"kind": "evaluate", "model": "foundation", "general": BITS["general"], "gate": {"gain": 0.1}}},
            "card.gate.gain: there is nothing under domain, or no model before it",
        ),
        (
            {"a": continued(adapter="lora"), "b": continued(model="a", adapter="lora"), "card": {"kind": "evaluate",
             "model": "foundation", "general": BITS["general"], "adapters": {"a": [], "b": []}}},
            "'b' was trained on a, not on foundation",
        ),
        (
            {"a": continued(adapter="lora"), "b": continued(adapter="lora"), "card": {"kind": "evaluate",
             "model": "foundation", "general": BITS["general"], "adapters": {"a": ["general/wether"], "b": []}}},
            "nothing that is measured is called 'general/wether'.*did you mean 'general/weather'",
        ),
        (
            {"more": continued(evaluate=BITS, gate={"pii": 0.0})},
            "more.gate.pii: nothing measures pii",
        ),
        (
            {"m": foundation(evaluate=BITS, gate={"gain": 0.1})},
            "m.gate.gain: there is nothing under domain, or no model before it and no control",
        ),
        (
            {"more": continued(evaluate=BITS | {"memorisation": {"canaries": True}})},
            "canaries: true asks for those that the stage plants, and it plants none",
        ),
        ({"more": continued(model="no/where")}, r"more.model: no/where: no model is there \(a folder with config"),
        (
            {"m": foundation(model={"preset": "tiny", "tokenizer": "no/where"})},
            r"m.model.tokenizer: no/where: no tokenizer is there",
        ),
        ({"more": continued(control="no/where")}, "more.control: no/where: no model is there"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_before_any_work(
    stages: dict[str, dict[str, Any]], told: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=told):
        load(str(written(tmp_path, foundation=foundation(), **stages)), {})


def test_a_tokenizer_alone_serves_and_its_change_builds_anew(tmp_path: Path) -> None:
    from train import models

    own = models.train_tokenizer(["The goods are delivered to the Buyer."] * 9, 400)
    own.save_pretrained(tmp_path / "own")
    model = {"preset": "tiny", "tokenizer": str(tmp_path / "own"), "context": 128}
    file = written(tmp_path, m=foundation(model=model, tokens=512, data=[{"from": GENERAL}]))
    first = curate.run(str(file), out=str(tmp_path / "out"))["stages"]["m"]
    assert models.load(first["path"])[1].get_vocab() == own.get_vocab()
    assert curate.run(str(file), out=str(tmp_path / "out"))["stages"]["m"]["status"] == "reused"
    models.train_tokenizer(["Schnee und Eis"] * 9, 330).save_pretrained(tmp_path / "own")
    again = curate.run(str(file), out=str(tmp_path / "out"))["stages"]["m"]
    assert again["status"] == "built" and again["path"] != first["path"]
