"""Sections on what was measured: the gate's verdict, scores before and after, exposure of canaries."""

from __future__ import annotations

from typing import Any

from curate import sections
from curate.sections import Block, Section
from train import telling


def gate(found: dict[str, Any]) -> Section | None:
    """What the gate said, in words, and its limits."""
    faults = (found.get("verdict") or {}).get("faults") or []
    limits = {name: value for name, value in (found.get("gate") or {}).items() if value is not None}
    if not limits and not faults:
        return sections.section(
            "gate", "Gate", sections.note("This stage has no gate: measures alone."), brief=True
        )
    said = [sections.note(str(fault), "bad") for fault in faults]
    held = "Refused is what goes beyond its limit with an interval that excludes no change; leaks by their value."
    notes = said or [sections.note("No limit was broken.", "good")]
    return sections.section(
        "gate", "Gate", *notes, sections.note(held), sections.facts(limits, "Limits"), brief=True
    )


def measured(found: dict[str, Any]) -> list[Section]:
    """Scores of every group, before and after; parts of a score (by category) below them."""
    scores, every = found["scores"], telling.whole(found["scores"])
    if not scores:
        config = found["parts"]["config"]
        why = (config.get("evaluate") or config.get("suite") or {}).get("skip")
        told = f"Nothing was measured: {why}" if why else "Nothing was measured."
        return [sections.section("scores", "Scores", sections.note(told, "bad"), brief=True)]
    parts = {name: entry for name, entry in scores.items() if name not in every}
    below = table("Parts of scores", parts, folded=True) if parts else None
    return [
        sections.section(
            "scores", "Scores, before and after", _against(found), table("", every), below, brief=True
        )
    ]


def _against(found: dict[str, Any]) -> Block:
    before = found.get("scored_against")
    told = "Intervals are of 95%, by bootstrap over items; changes are of the same items."
    if not before:
        return sections.note(f"Nothing came before this model to compare it with. {told}")
    where = str(before.get("stage") or before.get("address")).rstrip("/").rpartition("/")[2]
    return sections.note(f"Before is {where}. {told}")


def table(title: str, scores: dict[str, Any], *, folded: bool = False) -> Block:
    """Scores with intervals and changes, group by group; with a control, its column and the change over it."""
    control = any(entry.get("control") for entry in scores.values())
    names: list[tuple[str, sections.Kind]] = [("score", "text"), ("metric", "text"), ("items", "number")]
    names += [("before", "text"), ("after", "text"), ("change", "text"), ("", "verdict")]
    if control:
        names += [("control", "text"), ("over the control", "text"), ("", "verdict")]
    rows = [
        _row(name, entry, control) for _, mine in telling.by_group(scores) for name, entry in mine.items()
    ]
    return sections.table(title, names, rows, folded=folded, brief=not folded)


def _row(name: str, entry: dict[str, Any], control: bool) -> list[Any]:
    change, over = entry.get("change"), entry.get("over_control")
    row = [name, f"{entry['metric']} {'↓' if entry['better'] == 'lower' else '↑'}", entry["n"]]
    row += [telling.value(entry.get("before")), telling.value(entry)]
    row += [telling.value(change, sign=True), telling.judged(entry, change)]
    if control:
        row += [telling.value(entry.get("control")), telling.value(over, sign=True)]
        row += [telling.judged(entry, over)]
    return row


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def exposed(scores: dict[str, Any]) -> Section | None:
    """Exposure of canaries by how often they were planted."""
    rows = telling.exposures(scores)
    if not rows:
        return None
    chart = sections.bars(
        "Exposure by how often a canary was planted",
        {_times(row["count"]): row["value"] for row in rows},
        "bits; 1.44 is chance",
    )
    columns: dict[str, sections.Kind] = {
        "planted": "number",
        "canaries": "number",
        "exposure (bits)": "number",
    }
    columns |= {"95% interval": "text", "secrets given away": "share"}
    told = [(row["count"], row["n"], _digits(row["value"]), telling.ends(row), row["given"]) for row in rows]
    return sections.section(
        "canaries", "Memorisation of canaries", chart, sections.table("", columns, told), brief=True
    )


def _times(count: int) -> str:
    return {0: "never (chance)", 1: "once"}.get(count, f"{count} times")
