"""What a kind of stage has to tell in reports, cards and `curate why`, as plain data; `curate` draws it.

A section is a title with blocks, and a block one of those that the functions below make. They hold strings, numbers,
lists and dicts alone, so that report.json and other programs can have them too. Whatever stands in a string is shown as
text: nobody escapes anything here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Block = dict[str, Any]
Section = dict[str, Any]
#: How a number or a word is meant: it decides the colour.
Tone = Literal["", "good", "bad"]
#: How a column is shown. `verdict`: True is passed, False refused, None no verdict, a word that word; `bar`: a number,
#: drawn from 0 to the largest; `range`: [value, least, most, reference], where a value stands between its limits.
Kind = Literal["text", "code", "number", "share", "bar", "range", "verdict"]


def report(
    tiles: Sequence[dict[str, Any]] = (),
    sections: Sequence[Section] = (),
    numbers: Mapping[str, Any] = {},
    *,
    rows: str = "documents",
    groups: str = "source",
    without: Sequence[str] = (),
) -> dict[str, Any]:
    """What `report` of a kind returns.

    `tiles` stand at the head of the page (without any, those of a corpus), `sections` before those that all artefacts
    have; `numbers` go into report.json under the kind's name. `rows` and `groups` are what this kind calls documents
    and their sources; `without` are ids of common sections that these stand in for (`reasons`).
    """
    return {
        "tiles": list(tiles),
        "sections": list(sections),
        "numbers": dict(numbers),
        "rows": rows,
        "groups": groups,
        "without": list(without),
    }


def card(
    sections: Sequence[Section] = (),
    *,
    about: str = "",
    tags: Sequence[str] = (),
    front: Mapping[str, Any] = {},
    gaps: Sequence[str] = (),
) -> dict[str, Any]:
    """What `card` of a kind returns. `about` says what it is in a sentence or two, `tags` are added to the Hub's,
    `front` overrides entries of the card's head (such as task_categories), `gaps` come before the known gaps."""
    return {
        "about": about,
        "sections": list(sections),
        "tags": list(tags),
        "front": dict(front),
        "gaps": list(gaps),
    }


def tile(name: str, value: str | float, below: str = "", tone: Tone = "") -> dict[str, Any]:
    """A figure at the head of the page, with a line below it."""
    return {"name": name, "value": value, "below": below, "tone": tone}


def section(id_: str, title: str, *blocks: Block | None, brief: bool = False, last: bool = False) -> Section:
    """A part of the page; None among the blocks is left out. Of a `brief` one the notes, facts and tables are in the
    Markdown summary too; `last` ones (such as samples) come after the sections that all artefacts have. `id_` are
    letters, digits and hyphens: links lead to it."""
    return {
        "id": id_,
        "title": title,
        "brief": brief,
        "last": last,
        "blocks": [block for block in blocks if block is not None],
    }


def note(text: str, tone: Tone = "", *, brief: bool = True) -> Block:
    """A sentence; one that is not `brief` is about a picture, and stays on the page."""
    return {"type": "note", "text": text, "tone": tone, "brief": brief}


def facts(values: Mapping[str, Any], title: str = "") -> Block:
    """Names with a value each; those without one (None) are left out."""
    return {
        "type": "facts",
        "title": title,
        "values": {k: finite(v) for k, v in values.items() if v is not None},
    }


def table(
    title: str,
    columns: Mapping[str, Kind] | Sequence[tuple[str, Kind]],
    rows: Iterable[Sequence[Any]],
    *,
    folded: bool = False,
    brief: bool = True,
) -> Block:
    """Rows under the name and kind of each column; a None is a dash. `folded` ones are opened by a click; those that
    are not `brief` stay out of the Markdown summary."""
    return {
        "type": "table",
        "title": title,
        "columns": [
            {"name": name, "kind": kind}
            for name, kind in (columns.items() if isinstance(columns, Mapping) else columns)
        ],
        "rows": [[finite(cell) for cell in row] for row in rows],
        "folded": folded,
        "brief": brief,
    }


def bars(title: str, values: Mapping[str, float], unit: str = "") -> Block:
    """Counts by name, as lying bars in the order given."""
    return {"type": "bars", "title": title, "values": dict(values), "unit": unit}


def lines(
    title: str,
    series: Mapping[str, Iterable[Sequence[float]]],
    *,
    x: str = "step",
    unit: str = "",
    log: bool = False,
    marks: Sequence[tuple[float, str]] = (),
) -> Block:
    """Named series of (x, y) in the order of x, drawn over one another; `log` draws y by its logarithm. `marks` are
    upright lines, (x, what happened there). A y that is no finite number leaves a gap."""
    return {
        "type": "lines",
        "title": title,
        "x": x,
        "unit": unit,
        "log": log,
        "series": [
            {"name": n, "points": [[finite(v) for v in point] for point in s]} for n, s in series.items()
        ],
        "marks": [{"x": at, "name": name} for at, name in marks],
    }


def histogram(
    title: str,
    edges: Sequence[float],
    counts: Mapping[str, Sequence[int]],
    thresholds: Sequence[tuple[float, str]] = (),
) -> Block:
    """Bins between `edges` (one more than counts), of one or more named series stacked in the order given, with a line
    at each threshold, (value, what it is)."""
    return {
        "type": "histogram",
        "title": title,
        "edges": list(edges),
        "counts": {name: list(values) for name, values in counts.items()},
        "thresholds": [{"value": value, "name": name} for value, name in thresholds],
    }


def text(title: str, content: str) -> Block:
    """Text as it stands, in lines."""
    return {"type": "text", "title": title, "text": content}


def samples(
    title: str, rows: Sequence[dict[str, Any]], of: int | None = None, *, opened: bool = False
) -> Block:
    """Examples (`sample`), of how many; a click opens them unless they are `opened`. They are in the page alone, never
    in report.json, summaries, cards, or what is published."""
    return {"type": "samples", "title": title, "rows": list(rows), "of": of, "opened": opened}


def sample(
    id_: str, parts: Sequence[dict[str, Any]], *, tags: Sequence[tuple[str, Tone]] = (), tone: Tone = ""
) -> dict[str, Any]:
    """One example: what it is by `tags`, and what it says, in parts."""
    return {"id": id_, "parts": list(parts), "tags": [{"text": t, "tone": k} for t, k in tags], "tone": tone}


def part(
    name: str, content: str, *, beside: bool = False, marks: Sequence[str] = (), quiet: bool = False
) -> dict[str, Any]:
    """A part of an example: a turn, an answer, a passage. Parts that stand `beside` one another are drawn in columns,
    with what differs between two of them marked; `marks` are passages to mark wherever they stand; a `quiet` one is
    context."""
    return {"name": name, "text": content, "beside": beside, "marks": list(marks), "quiet": quiet}


def finite(value: Any) -> Any:
    """`value`, or None for what JSON has no number for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
