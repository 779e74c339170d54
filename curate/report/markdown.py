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
    verdict = "passed" if told["verdict"]["ok"] else "**failed**"
    lines = [
        f"## {text(told['pipeline'])} / {text(told['stage'])}: {verdict}",
        "",
        f"{totals.get('kept', 0):,} of {read:,} documents kept ({share(totals.get('kept', 0), read)}), "
        f"{totals.get('dropped', 0):,} dropped, {totals.get('failed', 0):,} could not be read; "
        f"{totals['tokens_kept']:,} tokens. `{told['artefact']}`, {told['seconds']:.1f} s.",
        "",
        *(f"- {text(fault)}" for fault in told["verdict"]["faults"]),
        *([""] if told["verdict"]["faults"] else []),
    ]
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
        *table(["source", "read", "failed", "dropped", "kept", "share"], sources, right=(1, 2, 3, 4, 5)),
    ]
    return "\n".join(lines) + "\n"


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
