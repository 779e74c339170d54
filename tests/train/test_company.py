"""Adapters in company: each does its own task alone, and what they lose together is told with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import lively, trained
from tiny_model import needs

from curate.errors import ConfigError
from train.company import Cell, company, matrix, told
from train.evaluate.intervals import Measured, measured

pytestmark = pytest.mark.slow

TASKS = {
    "law": "The Supplier shall deliver the goods number {i}.",
    "medicine": "the patient takes {i} drops of it each day",
    "code": "for k in range({i}): print(k)",
}


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of other ranks, each trained on one kind of text; and the base."""
    needs("torch", "transformers", "peft")
    folder = tmp_path_factory.mktemp("company")
    base = lively(folder / "base")
    for rank, (name, text) in zip((4, 8, 6), TASKS.items(), strict=True):
        rows = [{"text": text.format(i=i)} for i in range(40)]
        adapter = {"lora": {"rank": rank}}
        trained("continue", base, folder / name, rows, adapter=adapter, epochs=6, learning_rate=1e-2)
    return {"base": base} | {name: str(folder / name) for name in TASKS}


def measure(model: Any, tokenizer: Any) -> list[Measured]:
    """The loss of unseen texts of each task."""
    out = []
    for name, text in TASKS.items():
        rows = []
        for i in range(50, 58):
            ids = tokenizer(text.format(i=i), return_tensors="pt")
            with torch.no_grad():
                rows.append((str(i), float(model(**ids, labels=ids["input_ids"]).loss), 1.0, ""))
        out.append(measured(name, "domain", "loss", "lower", rows))
    return out


def cell(cells: list[Cell], row: str, task: str) -> Cell:
    return next(c for c in cells if c.row == row and c.task == task)


def test_two_adapters_alone_and_merged_by_every_method(adapters: dict[str, str], tmp_path: Path) -> None:
    two = {name: adapters[name] for name in ("law", "medicine")}
    owners = {name: name for name in two}
    cells = company(
        adapters["base"], two, measure, owners=owners, sequences={"law, then medicine": adapters["law"]}
    )
    rows = list(dict.fromkeys(c.row for c in cells))
    merges = [f"law + medicine ({method})" for method in ("cat", "linear", "svd", "ties", "dare")]
    assert rows == ["base", "law", "medicine", *merges, "law, then medicine"]
    for name in two:
        alone = cell(cells, name, name)
        assert alone.change is None and alone.score.value < cell(cells, "base", name).score.value - 0.3
        beside = cell(cells, "law + medicine (cat)", name)
        assert beside.against == name and beside.change is not None
        assert beside.change.value == pytest.approx(beside.score.value - alone.score.value)
        assert beside.change.low <= beside.change.value <= beside.change.high
    # A task that no adapter is for is compared with the base; a whole model's scores are its adapter's.
    assert cell(cells, "law", "code").against == "base"
    whole, alone = (cell(cells, row, "law").score.value for row in ("law, then medicine", "law"))
    assert whole == pytest.approx(alone, abs=1e-3)
    assert matrix(cells).shape == (9, 4) and len(told(cells)) == 27


def test_the_exact_sum_is_what_two_merged_models_give(adapters: dict[str, str], tmp_path: Path) -> None:
    """cat of two adapters is task arithmetic on the models that they were merged into."""
    two = {name: adapters[name] for name in ("law", "medicine")}
    params = {"method": "task_arithmetic", "base": adapters["base"]}
    trained("merge", list(two.values()), tmp_path / "sum", [], params)
    cells = company(adapters["base"], two, measure, methods=["cat"], sequences={"sum": str(tmp_path / "sum")})
    for task in TASKS:
        cat, merged = (cell(cells, row, task).score.value for row in ("law + medicine (cat)", "sum"))
        assert cat == pytest.approx(merged, abs=1e-4)


def test_each_pair_of_three_is_shown(adapters: dict[str, str]) -> None:
    three = {name: adapters[name] for name in TASKS}
    cells = company(
        adapters["base"], three, measure, owners={name: name for name in TASKS}, methods=["cat", "ties"]
    )
    rows = list(dict.fromkeys(c.row for c in cells))
    assert rows[4:] == [
        "law + medicine (cat)",
        "law + code (cat)",
        "medicine + code (cat)",
        "law + medicine + code (cat)",
        "law + medicine + code (ties)",
    ]
    # The rows after a merge are not changed by it: the last pair measured alone gives the same.
    pair = {name: adapters[name] for name in ("medicine", "code")}
    again = company(adapters["base"], pair, measure, methods=["cat"])
    there = cell(cells, "medicine + code (cat)", "code").score.value
    assert there == pytest.approx(cell(again, "medicine + code (cat)", "code").score.value, abs=1e-5)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"adapters": {"law": "x"}}, "two adapters at least"),
        ({"methods": ["sum"]}, "no method 'sum'"),
        ({"owners": {"law": "physics"}}, "no adapter 'physics'"),
        ({"weights": [1.0]}, "1 weights for 2 adapters"),
        ({"adapters": {"law": "/nowhere", "code": "/nowhere"}}, "no adapter is there"),
    ],
)
def test_faults(given: dict[str, Any], message: str, adapters: dict[str, str]) -> None:
    both = {"law": adapters["law"], "code": adapters["code"]}
    with pytest.raises(ConfigError, match=message):
        company(adapters["base"], **({"adapters": both, "measure": measure} | given))


def test_a_scorecard_tells_of_adapters_in_company(tmp_path: Path) -> None:
    from chain import BITS, SKIP, foundation, written

    import curate
    from curate import manifest

    gate = {"forgetting": None}
    stages = {"foundation": foundation()}
    for name, rank, source in (("one", 2, "recipes"), ("other", 3, "weather")):
        data = [{"from": foundation()["data"][0]["from"].replace("recipes", source), "name": source}]
        more = {"adapter": {"lora": {"rank": rank}}, "data": data, "tokens": 1024, "gate": gate}
        stages[name] = foundation(objective="continue", model="foundation", evaluate=SKIP) | more
    tasks = {"one": ["domain/sport"], "other": ["general/weather"]}
    stages["card"] = {"kind": "evaluate", "model": "foundation", "adapters": tasks, **BITS}
    made = curate.run(str(written(tmp_path, **stages)), out=str(tmp_path / "out"))["stages"]["card"]
    found = manifest.read(made["path"])
    assert found
    rows = {cell["row"] for cell in found["company"]}
    assert {"base", "one", "other", "one + other (cat)"} <= rows
    alone = next(c for c in found["company"] if c["row"] == "one" and c["task"] == "domain/sport")
    assert alone["change"] is None  # it is what the others are held against
    merged = next(
        c for c in found["company"] if c["row"] == "one + other (cat)" and c["task"] == "domain/sport"
    )
    assert merged["against"] == "one" and merged["change"]["value"] == pytest.approx(
        merged["score"]["value"] - alone["score"]["value"], abs=1e-9
    )
