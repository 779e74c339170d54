"""Measures of a set beside those of the corpus, each with its limit and the gate's verdict."""

from __future__ import annotations

from typing import Any

from curate import sections
from curate.sections import Block, Section

#: Why a measure without a limit has none.
UNLIMITED = "no limit"
#: What a field is called.
FIELDS = {"prompt": "prompts", "answer": "answers", "sample": "whole rows", "": "the set"}


def gates(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every measure: `field`, `measure`, `value`, that of the `corpus`, `ratio`, `limit`, `passed` (None: no limit, or
    too little text to measure) and the worst `examples` of one that was refused."""
    verdicts = {verdict["gate"]: verdict for verdict in found.get("gates") or ()}
    out = []
    for entry in found.get("echo", {}).get("measures", ()):
        gate = entry["name"] if entry["field"] == "sample" else f"{entry['field']}.{entry['name']}"
        out.append(_told(entry["field"], entry["name"], entry, verdicts.pop(gate, None)))
    for gate, verdict in verdicts.items():  # too little text, or of the mixture
        field, _, name = gate.rpartition(".")
        out.append(_told(field, name, verdict, verdict))
    return out


def _told(field: str, name: str, entry: dict[str, Any], verdict: dict[str, Any] | None) -> dict[str, Any]:
    value, human = entry["value"], entry["human"]
    return {
        "field": field,
        "measure": name,
        "value": value,
        "corpus": human,
        "ratio": value / human if value is not None and human else None,
        "limit": verdict["limit"] if verdict else {},
        "passed": verdict["passed"] if verdict else None,
        "judged": verdict is not None,
        "examples": list(verdict["examples"]) if verdict and verdict["passed"] is False else [],
    }


def refused(measures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that a gate said no to."""
    return [measure for measure in measures if measure["passed"] is False]


def section(found: dict[str, Any], measures: list[dict[str, Any]]) -> Section:
    """The gates on a page: a table for each field, then the worst rows of what was refused."""
    judged = [m for m in measures if m["judged"]]
    blocks: list[Block | None] = [_verdict(found, measures, judged)]
    if measures:
        legend = "A dot is the set, a dotted rule the corpus, green what the limit allows."
        blocks.append(sections.note(legend, brief=False))
    for field in dict.fromkeys(m["field"] for m in measures):
        mine = sorted(
            (m for m in measures if m["field"] == field),
            key=lambda m: (m["passed"] is not False, not m["judged"]),
        )
        blocks.append(_table(FIELDS.get(field, field), mine))
    told = [_worst(measure) for measure in refused(measures) if measure["examples"]]
    blocks += [block | {"opened": not i} for i, block in enumerate(told)]
    return sections.section("gates", "Echo-chamber gates", *blocks, brief=True)


def _verdict(found: dict[str, Any], measures: list[dict[str, Any]], judged: list[dict[str, Any]]) -> Block:
    if not measures:
        return sections.note(
            "Nothing was measured: fields of less than 30 texts or 300 words are not, nor an empty set."
        )
    if not judged:
        told = "was judged by an earlier version" if "gates" not in found else "has no gates: measures alone"
        return sections.note(f"This stage {told}.")
    wrong = len(refused(measures))
    compared = "Each measure beside the same of corpus text in pieces of the same lengths."
    if wrong:
        return sections.note(f"{wrong} of {len(judged)} gates said no. {compared}", "bad")
    return sections.note(f"All {len(judged)} gates passed. {compared}", "good")


def _table(title: str, measures: list[dict[str, Any]]) -> Block:
    return sections.table(
        title,
        [
            ("measure", "text"),
            ("verdict", "verdict"),
            ("set", "number"),
            ("corpus", "number"),
            ("ratio", "number"),
            ("where it stands", "range"),
            ("limit", "text"),
        ],
        [
            (
                m["measure"].replace("_", " "),
                m["passed"] if m["passed"] is not None else "too little text" if m["judged"] else UNLIMITED,
                _short(m["value"]),
                _short(m["corpus"]),
                _short(m["ratio"], 2),
                _range(m),
                limit(m["limit"]) or "–",
            )
            for m in measures
        ],
        brief=any(m["judged"] for m in measures),
    )


def limit(bounds: dict[str, float]) -> str:
    """A limit in words."""
    names = {"min": "at least {:g}", "max": "at most {:g}"}
    names |= {"min_ratio": "at least {:g} × corpus", "max_ratio": "at most {:g} × corpus"}
    return ", ".join(names[name].format(value) for name, value in bounds.items())


def _range(m: dict[str, Any]) -> list[float | None] | None:
    """Value, least, most and the corpus' value, in the set's own unit."""
    if m["value"] is None:
        return None
    human, bounds = m["corpus"], m["limit"]
    scale = {"min": 1.0, "max": 1.0, "min_ratio": human, "max_ratio": human}
    ends: dict[str, float | None] = {"min": None, "max": None}
    for name, bound in bounds.items():
        if (of := scale[name]) is not None:
            side, value = name[:3], bound * of
            held = ends[side]
            ends[side] = value if held is None else max(held, value) if side == "min" else min(held, value)
    return [m["value"], ends["min"], ends["max"], human]


def _short(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}") if digits > 2 else round(value, digits)


def _worst(measure: dict[str, Any]) -> Block:
    name = ".".join(part for part in (measure["field"], measure["measure"]) if part)
    told = f"{_short(measure['value'])}, {limit(measure['limit'])}"
    rows = [
        sections.sample(
            example["id"],
            [sections.part(measure["field"] or "row", example["text"])],
            tags=[(told, "bad")],
            tone="bad",
        )
        for example in measure["examples"]
    ]
    return sections.samples(f"Worst for {name}", rows)
