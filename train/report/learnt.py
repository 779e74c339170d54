"""Sections on the training itself: its curves and settings, its data against what was asked for."""

from __future__ import annotations

from typing import Any

from curate import sections
from curate.sections import Block, Section
from train import telling


def training(found: dict[str, Any], log: list[dict[str, Any]]) -> Section:
    """The curves, and every setting."""
    names = {
        "loss": "Loss",
        "learning_rate": "Learning rate",
        "tokens_per_second": "Tokens per second",
        "mfu": "MFU",
    }
    own = {key: key.replace("/", ", ") for line in log[:1] for key in line if "/" in key}
    charts = [_curve(title, key, log) for key, title in (names | own).items()]
    spent, name_and_params = found["training"], telling.objective(found)
    facts = {
        "objective": " ".join([name_and_params[0], *(f"{k}={v}" for k, v in name_and_params[1].items())]),
        "adapter": (found["model"].get("adapter") or {}).get("name"),
        "parameters": f"{found['model']['parameters']:,}" if found["model"].get("parameters") else None,
        "of them trained": f"{found['model']['trained_parameters']:,}"
        if found["model"].get("trained_parameters")
        else None,
        "architecture": found["model"].get("architecture"),
        "seconds": spent["seconds"],
    }
    rows = [(key, _shown(value)) for key, value in spent["settings"].items()]
    settings = sections.table(
        "Every setting", {"setting": "text", "value": "code"}, rows, folded=True, brief=False
    )
    empty = (
        None
        if log
        else sections.note("There is no log: this objective learns nothing, or it lies elsewhere.")
    )
    return sections.section(
        "training", "Training", *charts, empty, sections.facts(facts), settings, brief=True
    )


def _shown(value: Any) -> str:
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def _curve(title: str, key: str, log: list[dict[str, Any]]) -> Block | None:
    points = [(line["step"], line[key]) for line in log if key in line]
    return sections.lines(title, {title.lower(): points}) if len(points) > 1 else None


def mixture(found: dict[str, Any], log: list[dict[str, Any]]) -> Section | None:
    """Shares of the tokens seen so far against what was asked for, and the sources."""
    rows = telling.data(found)
    if not rows:
        return None
    columns: list[tuple[str, sections.Kind]] = [("source", "text"), ("from", "code"), ("tokens", "number")]
    columns += [
        ("share asked", "share"),
        ("share reached", "share"),
        ("epochs", "number"),
        ("licences", "text"),
    ]
    columns += [("files", "number"), ("fingerprint", "code")]
    told = [
        (
            *(row[key] for key in ("name", "from", "tokens", "target", "reached", "epochs")),
            ", ".join(row["licenses"]) or "none named",
            row["files"],
            (row["fingerprint"] or "")[:16],
        )
        for row in rows
    ]
    return sections.section(
        "mixture", "Data", _shares(found, log), sections.table("", columns, told), brief=True
    )


def _shares(found: dict[str, Any], log: list[dict[str, Any]]) -> Block | None:
    seen = [line for line in log if line.get("shares")]
    if len(seen) < 2 or len(seen[-1]["shares"]) < 2:
        return None
    steps, (first, last, part) = seen[-1]["step"], telling.targets(found)
    series: dict[str, list[tuple[float, float]]] = {}
    for name in dict.fromkeys(key for line in seen for key in line["shares"]):
        series[name] = [(line["step"], line["shares"].get(name, 0.0)) for line in seen]
        if name in first or name in last:
            asked = [(line["step"], _target(name, line["step"] / steps, first, last, part)) for line in seen]
            series[f"{name}, asked"] = asked
    marks = [(steps * (1 - part), "anneal")] if part else []
    return sections.lines("Share of the tokens seen so far", series, unit="of all tokens", marks=marks)


def _target(name: str, at: float, first: dict[str, float], last: dict[str, float], part: float) -> float:
    """The share of all tokens up to `at` (of the whole training) that a source should have."""
    turn = min(at, 1 - part)
    return round((turn * first.get(name, 0.0) + (at - turn) * last.get(name, 0.0)) / at, 6) if at else 0.0
