"""What is wrong with a stage of kind train is told before any work, with what to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chain import GENERAL, LAW, ROOT, continued, foundation, written

from curate.errors import ConfigError
from curate.pipeline import load

PAIRS = str(ROOT / "pipelines" / "general" / "safety" / "pairs.jsonl")


def pairs(objective: Any = "dpo", **more: Any) -> dict[str, Any]:
    """A stage that learns from rows one by one."""
    made = continued(objective=objective, data=[{"from": PAIRS}], sequence_length=256)
    del made["tokens"]
    return made | more


def told(folder: Path, *texts: str, **stages: dict[str, Any]) -> None:
    """The faults of these stages, on a foundation, say all `texts`."""
    with pytest.raises(ConfigError) as error:
        load(str(written(folder, foundation=foundation(), **stages)), {})
    for text in texts:
        assert text in str(error.value), error.value


def sources(*entries: dict[str, Any], last: dict[str, Any]) -> dict[str, Any]:
    return continued(data=list(entries), anneal={"data": [last]})


@pytest.mark.parametrize(
    ("first", "last", "differ"),
    [
        ({"from": GENERAL}, {"from": GENERAL, "columns": {"text": "text"}}, "differ in columns"),
        ({"from": GENERAL, "split": "recipes"}, {"from": GENERAL}, "differ in split"),
        ({"from": GENERAL}, {"from": GENERAL, "max_epochs": 9}, "differ in max_epochs"),
        ({"from": GENERAL, "name": "one"}, {"from": LAW, "name": "one"}, "'one', and differ in from"),
    ],
)
def test_two_sources_of_one_name_are_refused(
    first: dict[str, Any], last: dict[str, Any], differ: str, tmp_path: Path
) -> None:
    told(tmp_path, differ, "give one a name of its own", more=sources(first, last=last))


def test_one_source_twice_is_one_source_and_a_name_tells_two_apart(tmp_path: Path) -> None:
    one = {"from": GENERAL}
    for last in (one, one | {"split": "recipes", "name": "best"}):
        load(str(written(tmp_path, foundation=foundation(), more=sources(one, last=last))), {})


def test_canaries_keep_their_name(tmp_path: Path) -> None:
    more = continued(data=[{"from": GENERAL, "name": "canaries"}], canaries={"counts": [1]})
    told(tmp_path, "the planted canaries and a source of data are called 'canaries'", more=more)


@pytest.mark.parametrize("objective", ["dpo", "reward", {"rl": {"rewards": {"brief": {"words": 9}}}}])
def test_rows_that_are_not_packed_have_no_mixture(objective: Any, tmp_path: Path) -> None:
    load(str(written(tmp_path, foundation=foundation(), more=pairs(objective))), {})
    name = objective if isinstance(objective, str) else "rl"
    more = pairs(
        objective,
        anneal={"data": [{"from": PAIRS, "name": "best"}]},
        canaries={"counts": [1]},
        tokens="1M",
        data=[{"from": PAIRS, "max_epochs": 0.5}],
    )
    told(
        tmp_path,
        f"more.anneal: {name} takes rows as they are, and has no last part",
        f"more.canaries: {name} takes rows as they are: no canaries",
        f"more.tokens: {name} is measured in epochs",
        f"more.data[0].max_epochs: {name} reads every row 1 times, 0.5 at most is allowed",
        more=more,
    )


def test_a_bound_of_epochs_that_is_kept_is_no_fault(tmp_path: Path) -> None:
    more = pairs(epochs=2, data=[{"from": PAIRS, "max_epochs": 2}])
    load(str(written(tmp_path, foundation=foundation(), more=more)), {})


def test_a_merge_learns_nothing(tmp_path: Path) -> None:
    more = pairs({"merge": {"method": "linear"}}, data=[], model=["foundation", "foundation"])
    load(str(written(tmp_path, foundation=foundation(), more=more)), {})
    told(
        tmp_path,
        "more.data[0].from: merge learns nothing, and reads no data",
        "more.tokens: merge learns nothing",
        more=more | {"tokens": "1M", "data": [{"from": GENERAL}]},
    )


@pytest.mark.parametrize(
    ("params", "key", "fault"),
    [
        ({"rl": {"reward": "no/where"}}, "rl.reward", "no/where: no model is there"),
        ({"rl": {"reward": "foundation"}}, "rl.reward", "'foundation' is no reward model but a causal one"),
        ({"merge": {"method": "ties", "base": "no/where"}}, "merge.base", "no/where: no model is there"),
        ({"merge": {"method": "ties", "base": "scores"}}, "merge.base", "'scores' is a reward model"),
    ],
)
def test_models_that_parameters_name_must_be_there(
    params: dict[str, Any], key: str, fault: str, tmp_path: Path
) -> None:
    data = [] if "merge" in params else [{"from": PAIRS}]
    told(tmp_path, f"more.objective.{key}: {fault}", scores=pairs("reward"), more=pairs(params, data=data))


@pytest.mark.parametrize(
    ("with_", "fault"),
    [
        ({"adapter": "lora"}, "the lora adapter cannot be merged"),
        ({"average": 0.5}, "average needs the whole model on one device"),
    ],
)
def test_weights_on_several_devices_are_not_merged(with_: dict[str, Any], fault: str, tmp_path: Path) -> None:
    load(str(written(tmp_path, foundation=foundation(), more=continued(sharded=True))), {})
    told(tmp_path, f"more.sharded: {fault}", more=continued(sharded=True, **with_))


def test_token_ids_are_taken_wherever_rows_are_packed(tmp_path: Path) -> None:
    ids = tmp_path / "ids.jsonl"
    ids.write_text(json.dumps({"input_ids": [5, 6, 7]}) + "\n")
    data = [{"from": str(ids)}]
    stages = {
        "scratch": foundation(data=data, model={"preset": "tiny", "tokenizer": "foundation"}),
        "more": continued(data=data),
        "chat": continued(objective="sft", data=data),
    }
    load(str(written(tmp_path, foundation=foundation(), **stages)), {})
    told(tmp_path, "has input_ids; dpo takes preference or unpaired", more=pairs(data=data))
    own = foundation(data=data)
    told(tmp_path, "no text that a tokenizer could be trained on", "tokenizer: …", own=own)
