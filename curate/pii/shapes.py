"""The form of a value without the value: what evidence may show of a finding."""

from __future__ import annotations

import re

#: A longer form says no more.
MOST = 40


def shape(value: str) -> str:
    """Runs of letters as Xx, X or x, digits as 9, everything else as it is: "Xx X. Xx", "999-99-9999", "x@x.x"."""
    out = re.sub(r"[^\W\d_]+", lambda run: _letters(run[0]), value)
    out = re.sub(r"\s+", " ", re.sub(r"\d", "9", out))
    return out if len(out) <= MOST else f"{out[: MOST - 1]}…"


def _letters(run: str) -> str:
    if run.islower():
        return "x"
    return "X" if run.isupper() else "Xx"
