"""Sections (`curate.sections`) as Markdown: for summaries, and for cards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any

from curate.display import visible
from curate.report.charts import number
from curate.report.markdown import table, text

Plain = Callable[[str], str]

#: Kinds of columns that are pictures.
PICTURES = ("bar", "range")


def markdown(
    sections: Sequence[dict[str, Any]], *, level: int = 2, brief: bool = False, plain: Plain = text
) -> str:
    """Sections under headings of `level`, without charts' shapes and without examples; of `brief` ones alone what a
    summary has. `plain` makes words into Markdown that shows just them."""
    out = []
    for section in sections:
        if brief and not section["brief"]:
            continue
        blocks = [part for block in section["blocks"] if (part := _block(block, level + 1, brief, plain))]
        if blocks:
            out.append("\n\n".join([f"{'#' * level} {plain(section['title'])}", *blocks]))
    return "\n\n".join(out)


def value(found: Any, kind: str = "text") -> str:
    """A value in words, before it is made Markdown."""
    if kind == "verdict" and (found is None or isinstance(found, bool)):
        return {True: "passed", False: "refused", None: "–"}[found]
    if found is None:
        return "–"
    if kind == "share":
        return f"{found:.1%}"
    if isinstance(found, int | float) and not isinstance(found, bool):
        return number(found)
    return str(found)


def _block(block: dict[str, Any], level: int, brief: bool, plain: Plain) -> str:
    draw, kind = _DRAWN.get(block["type"]), block["type"]
    aside = not block.get("brief", True)
    if draw is None or (kind == "note" and aside):  # such a note is about a picture
        return ""
    if brief and (aside or kind not in ("note", "facts", "table")):
        return ""
    lines = list(draw(block, plain))
    if not lines:
        return ""
    title = block.get("title") or ""
    if block.get("folded"):  # as HTML, which GitHub and the Hub fold; Markdown stands between empty lines
        return "\n".join([f"<details><summary>{escape(title)}</summary>", "", *lines, "", "</details>"])
    return "\n".join([*([f"{'#' * min(6, level)} {plain(title)}", ""] if title else []), *lines])


def _note(block: dict[str, Any], plain: Plain) -> Iterator[str]:
    told = plain(block["text"])
    yield f"**{told}**" if block["tone"] == "bad" else told


def _facts(block: dict[str, Any], plain: Plain) -> Iterator[str]:
    for name, found in block["values"].items():
        yield f"- {plain(name)}: {plain(value(found))}"


def _table(block: dict[str, Any], plain: Plain) -> list[str]:
    columns = [(i, c) for i, c in enumerate(block["columns"]) if c["kind"] not in PICTURES]
    rows = [[plain(value(row[i], c["kind"])) for i, c in columns] for row in block["rows"]]
    right = [at for at, (_, c) in enumerate(columns) if c["kind"] in ("number", "share")]
    return table([plain(c["name"]) for _, c in columns], rows, tuple(right)) if rows else []


def _bars(block: dict[str, Any], plain: Plain) -> list[str]:
    rows = [[plain(name), number(n)] for name, n in block["values"].items()]
    return table(["", plain(block["unit"])], rows, (1,)) if rows else []


def _lines(block: dict[str, Any], plain: Plain) -> list[str]:
    """Of each series where it begins and ends, and its extremes."""
    rows = []
    for series in block["series"]:
        there = [y for _, y in series["points"] if y is not None]
        if there:
            rows.append([plain(series["name"]), *map(number, (there[0], there[-1], min(there), max(there)))])
    return table(["", "first", "last", "least", "greatest"], rows, (1, 2, 3, 4)) if rows else []


def _histogram(block: dict[str, Any], plain: Plain) -> list[str]:
    edges, counts = block["edges"], block["counts"]
    rows = [
        [f"{number(edges[i])} to {number(edges[i + 1])}", *(f"{values[i]:,}" for values in counts.values())]
        for i in range(len(edges) - 1)
        if any(values[i] for values in counts.values())
    ]
    held = [f"{plain(t['name'])} at {number(t['value'])}" for t in block["thresholds"]]
    drawn = table(["", *map(plain, counts)], rows, tuple(range(1, len(counts) + 1)))
    return [*drawn, *(["", f"Thresholds: {', '.join(held)}."] if held else [])]


def _text(block: dict[str, Any], plain: Plain) -> Iterator[str]:
    """As code that is indented, which nothing in it can end."""
    yield from (f"    {line}" for line in visible(block["text"]).splitlines())


_DRAWN: dict[str, Callable[[dict[str, Any], Plain], Any]] = {
    "note": _note,
    "facts": _facts,
    "table": _table,
    "bars": _bars,
    "lines": _lines,
    "histogram": _histogram,
    "text": _text,
}
