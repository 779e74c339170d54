"""Adapters in company: several LoRA adapters of one base, each alone, merged by each method, trained in sequence; and
what each loses on its task beside the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import polars as pl

from curate.errors import ConfigError
from train.adapters import COMBINATIONS, combined, together
from train.evaluate.intervals import Change, Measured, Score, change, score

#: Measures a model in eval mode (train.evaluate).
Measure = Callable[[Any, Any], list[Measured]]


@dataclass(frozen=True)
class Cell:
    """One row's score on one task. `change` is against the row `against`: the task's own adapter alone, or the base."""

    row: str
    method: str  # base, alone, one of COMBINATIONS, or sequence
    adapters: tuple[str, ...]
    task: str
    group: str
    metric: str
    better: str
    score: Score
    change: Change | None
    against: str | None


def company(
    base: str,
    adapters: Mapping[str, str],
    measure: Measure,
    *,
    owners: Mapping[str, str] | None = None,
    methods: Sequence[str] = tuple(COMBINATIONS),
    sequences: Mapping[str, str] | None = None,
    weights: Sequence[float] | None = None,
    density: float = 0.5,
    seed: int = 0,
    device: str = "cpu",
) -> list[Cell]:
    """Scores of every row on every task: the base, each adapter alone, all of them merged by each method (of more than
    two adapters each pair by the first method as well, which shows who disturbs whom), and whole models.

    Args:
        base: the model below all adapters: a folder, an artefact or hf://.
        adapters: names to adapters' folders, or artefacts of stages that trained one.
        measure: gives the same tasks for each model; a task is a `Measured` by its name.
        owners: tasks to the adapters that were trained for them; a task without one is compared with the base.
        methods: of COMBINATIONS.
        sequences: names to models that were trained on one task after the other (stages that began from each other).
        weights: of the adapters when merged (default 1 each, so that cat adds all their differences).
        density: share of the parts that ties and dare keep.

    Raises:
        ConfigError: fewer than two adapters, an owner or a method that is not there, an adapter that cannot be merged.
    """
    owners = owners or {}
    _check(adapters, methods, owners, weights)
    found: dict[str, tuple[str, tuple[str, ...], list[Measured]]] = {}
    for row, method, names, model, tokenizer in _models(
        base, adapters, methods, weights, density, seed, device
    ):
        found[row] = (method, names, measure(model, tokenizer))
    for row, model, tokenizer in _sequences(sequences or {}, device):
        found[row] = ("sequence", tuple(adapters), measure(model, tokenizer))
    tasks = {task.name for _, _, measured in found.values() for task in measured}
    if unknown := set(owners) - tasks:
        raise ConfigError(
            f"adapters: no task is called '{min(unknown)}': there are {', '.join(sorted(tasks))}"
        )
    return list(_cells(found, owners, seed))


def _check(
    adapters: Mapping[str, str],
    methods: Sequence[str],
    owners: Mapping[str, str],
    weights: Sequence[float] | None,
) -> None:
    if len(adapters) < 2:
        raise ConfigError("adapters: company is of two adapters at least")
    if unknown := [method for method in methods if method not in COMBINATIONS]:
        raise ConfigError(f"adapters: no method '{unknown[0]}': there are {', '.join(COMBINATIONS)}")
    if unknown := [name for name in owners.values() if name not in adapters]:
        raise ConfigError(f"adapters: no adapter '{unknown[0]}' for a task: there are {', '.join(adapters)}")
    if weights is not None and len(weights) != len(adapters):
        raise ConfigError(f"adapters: {len(weights)} weights for {len(adapters)} adapters")


def _models(
    base: str,
    adapters: Mapping[str, str],
    methods: Sequence[str],
    weights: Sequence[float] | None,
    density: float,
    seed: int,
    device: str,
) -> Iterator[tuple[str, str, tuple[str, ...], Any, Any]]:
    from train.models import load

    plain, tokenizer = load(base, device=device)
    model = together(plain, adapters).to(device)
    with model.disable_adapter():
        yield "base", "base", (), model, tokenizer
    for name in adapters:
        model.set_adapter(name)
        yield name, "alone", (name,), model, tokenizer
    share = dict(zip(adapters, weights or [1.0] * len(adapters), strict=True))
    groups: list[tuple[tuple[str, ...], str]] = []
    if len(adapters) > 2 and methods:
        groups += [(pair, methods[0]) for pair in combinations(adapters, 2)]
    groups += [(tuple(adapters), method) for method in methods]
    for names, method in groups:
        with _merged(model, names, method, [share[name] for name in names], density, seed) as row:
            yield row, method, names, model, tokenizer


@contextmanager
def _merged(
    model: Any, names: tuple[str, ...], method: str, weights: list[float], density: float, seed: int
) -> Iterator[str]:
    """The combination, active while it is measured, and gone after."""
    new = combined(model, names, method, weights, density=density, seed=seed)
    model.set_adapter(new)
    try:
        yield f"{' + '.join(names)} ({method})"
    finally:
        model.set_adapter(names[0])
        model.delete_adapter(new)


def _sequences(sequences: Mapping[str, str], device: str) -> Iterator[tuple[str, Any, Any]]:
    from train.models import load

    for name, address in sequences.items():
        yield name, *load(address, device=device)


def _cells(
    found: Mapping[str, tuple[str, tuple[str, ...], list[Measured]]], owners: Mapping[str, str], seed: int
) -> Iterator[Cell]:
    by_row = {row: {task.name: task for task in measured} for row, (_, _, measured) in found.items()}
    for row, (method, names, measured) in found.items():
        for task in measured:
            against = owners.get(task.name, "base")
            other = None if row == against else by_row[against][task.name]
            yield Cell(
                row,
                method,
                names,
                task.name,
                task.group,
                task.metric,
                task.better,
                score(task, seed),
                change(other, task, seed) if other is not None else None,
                against if other is not None else None,
            )


def told(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Cells as plain data, for manifests and reports."""
    return [asdict(cell) | {"adapters": list(cell.adapters)} for cell in cells]


def matrix(cells: Sequence[Cell]) -> pl.DataFrame:
    """Rows by tasks, each cell "score [low, high] (change [low, high])", for eyes."""
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        text = f"{cell.score.value:.3f} [{cell.score.low:.3f}, {cell.score.high:.3f}]"
        if cell.change:
            text += f" ({cell.change.value:+.3f} [{cell.change.low:+.3f}, {cell.change.high:+.3f}])"
        rows.setdefault(cell.row, {"row": cell.row})[cell.task] = text
    return pl.DataFrame(list(rows.values()))


def of_stages(made: Any) -> list[dict[str, Any]]:
    """The company of a scorecard's `adapters:` (`train.scorecard.ScorecardPlan`), on its whole suite, as plain data."""
    from train import models
    from train.evaluate.run import evaluate

    config, seed = made.stage.config, made.stage.seed
    suite = made.stage.suite.resolved(made.address)
    cells = company(
        made.address(config.model),
        {name: made.address(name) for name in config.adapters},
        lambda model, tokenizer: evaluate(model, tokenizer, suite, seed=seed),
        owners={task: name for name, tasks in config.adapters.items() for task in tasks},
        seed=seed,
        device=models.device(),
    )
    return told(cells)
