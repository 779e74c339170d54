"""Markdown tables that scripts write into documents, each between the marks that name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; every column after the first is set to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [header, rule, *rows])


def put(document: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->` in `document`."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    changed, found = pattern.subn(lambda mark: f"{mark[1]}\n{text}\n\n{mark[2]}", document.read_text())
    if not found:
        raise SystemExit(f"{document} has no marks for {name}")
    document.write_text(changed)
