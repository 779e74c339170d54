"""Text from documents as it may be shown anywhere: no control character acts, no direction turns, nothing is hidden.

A corpus is not believed: it may hold escapes that terminals obey, overrides that turn the reading direction, and
characters without width. Each is shown by its code instead.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

#: Controls (but tab and line feed), separators that break lines, direction marks, what has no width, lone surrogates,
#: and what Unicode says is no character. U+FEFF and tags (U+E0000 ff.) are invisible too.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff\ud800-\udfff]"
)


def visible(text: str, *, lines: bool = True) -> str:
    """`text` with every character that would act or cannot be seen as its code: `\\x1b`, `\\u202e`.

    With `lines` false, line feeds and tabs are shown too, as ` ⏎ ` and a space: for one line of a table. Stacks of
    more than four combining marks are cut, which else cover the lines above and below.
    """
    shown = _ACTING.sub(lambda found: code(found[0]), text)
    if not lines:
        shown = shown.replace("\n", " ⏎ ").replace("\t", " ")
    return shown if shown.isascii() else _unstacked(shown)


def all_visible(value: Any) -> Any:
    """Plain data with every text in it on one line and `visible`."""
    if isinstance(value, dict):
        return {name: all_visible(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [all_visible(inner) for inner in value]
    return visible(value, lines=False) if isinstance(value, str) else value


def code(character: str) -> str:
    """A character's code as Python writes it."""
    number = ord(character)
    return (
        f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
    )


#: Marks above or below one letter that scripts need; more is decoration.
_MOST_MARKS = 4


def _unstacked(text: str) -> str:
    run, out = 0, []
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MOST_MARKS:
            out.append(character)
    return "".join(out)


def clipped(text: str, most: int, *, lines: bool = True) -> str:
    """`text` made `visible`, at most `most` characters of it, with a mark and the whole length where it is longer."""
    if len(text) <= most:
        return visible(text, lines=lines)
    return f"{visible(text[:most].rstrip(), lines=lines)} … ({len(text):,} characters)"
