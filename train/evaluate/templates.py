"""Prompts: a column's name, or text with `{{column}}` in it.

A pipeline's YAML has variables in single braces and writes a brace as two, so `{{question}}` arrives here as
`{question}`; in files of prompts (LegalBench) it stands as it is. Both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SLOT = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}|\{([^{}]+)\}")


def columns_of(template: str) -> list[str]:
    """The columns that a template names; one without slots is itself the name of a column."""
    found = [a or b for a, b in _SLOT.findall(template)]
    return found or [template]


def filled(template: str, row: Mapping[str, Any]) -> str:
    """The text of a row. A template without slots is the name of a column."""
    if not _SLOT.search(template):
        return _text(row[template])
    return _SLOT.sub(lambda slot: _text(row[slot[1] or slot[2]]), template)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
