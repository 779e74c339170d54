"""The report's short form in Markdown, for logs of continuous integration and pull requests."""

from __future__ import annotations

import re
from typing import Any

from curate.display import visible

#: Characters that Markdown or HTML give a meaning.
_MEANT = re.compile(r"([\\`*_{}\[\]()#+!|<>~&-])")


def markdown(told: dict[str, Any]) -> str:
    """The funnel by step and by source, reasons and faults of what `curate.report.gather` told."""
    totals = told["totals"]
    read = totals.get("read", 0)
    judged = told["verdict"] or {"ok": False, "faults": ["it has no verdict"]}
    verdict = "passed" if judged["ok"] else "**failed**"
    lines = [
        f"## {text(told['pipeline'])} / {text(told['stage'])}: {verdict}",
        "",
        *_totals(told, totals, read),
        f"`{told['artefact']}`, {told['seconds']:.1f} s.",
        "",
        *(f"- {text(fault)}" for fault in judged["faults"]),
        *([""] if judged["faults"] else []),
    ]
    if own := _own(told):
        lines += [own, ""]
    return "\n".join(lines + (_funnel(told) if told["sources"] else [])) + "\n"


def _own(told: dict[str, Any]) -> str:
    """What the kind of stage tells in short."""
    from curate.report.drawn import markdown as drawn

    tiles = [
        [
            text(str(t["name"])),
            text(f"{t['value']:,}" if isinstance(t["value"], int) else str(t["value"])),
            text(t["below"]),
        ]
        for t in told["own"]["tiles"]
    ]
    parts = ["\n".join(table(["", "", ""], tiles, right=(1,)))] if tiles else []
    return "\n\n".join([*parts, *filter(None, [drawn(told["own"]["sections"], level=3, brief=True)])])


def _totals(told: dict[str, Any], totals: dict[str, Any], read: int) -> list[str]:
    if not told["sources"]:
        return []
    return [
        f"{totals.get('kept', 0):,} of {read:,} {told['own']['rows']} kept ({share(totals.get('kept', 0), read)}), "
        f"{totals.get('dropped', 0):,} dropped, {totals.get('failed', 0):,} could not be read; "
        f"{totals['tokens_kept']:,} tokens."
    ]


def _funnel(told: dict[str, Any]) -> list[str]:
    lines = ["### Funnel", ""] if told["own"]["sections"] else []
    steps = [
        [text(step["step"]), f"{step['out']:,}", f"{sum(step['dropped'].values()):,}", _why(step)]
        for step in told["steps"]
    ]
    lines += table(["step", "left", "dropped", "why"], steps, right=(1, 2))
    sources = [
        [
            text(s["source"]),
            *(f"{s[k]:,}" for k in ("read", "failed", "dropped", "kept")),
            share(s["kept"], s["read"]),
        ]
        for s in told["sources"]
    ]
    lines += [
        "",
        *table(
            [told["own"]["groups"], "read", "failed", "dropped", "kept", "share"],
            sources,
            right=(1, 2, 3, 4, 5),
        ),
    ]
    return lines


def _why(step: dict[str, Any], most: int = 5) -> str:
    ranked = sorted(step["dropped"].items(), key=lambda item: (-item[1], item[0]))
    told = [f"{text(reason)} {n:,}" for reason, n in ranked[:most]]
    return ", ".join([*told, *([f"{len(ranked) - most} more reasons"] if len(ranked) > most else [])])


def table(head: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> list[str]:
    """A table whose cells are Markdown already."""
    rule = ["--:" if i in right else "---" for i in range(len(head))]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def text(value: str) -> str:
    """Words as Markdown that shows just them, in one line."""
    return _MEANT.sub(r"\\\1", visible(value, lines=False))


def share(part: float, whole: float) -> str:
    """A share in per cent."""
    return f"{part / whole:.1%}" if whole else "–"
