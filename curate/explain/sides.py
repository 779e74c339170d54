"""Differences for a terminal, without colours: in line, or two texts side by side.

What went stands in `[-…-]`, what came in `{+…+}`, as in `git diff --word-diff`; spaces within them can be seen.
"""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import Any

from curate.display import code, visible

_SPACES = {" ": "·", "\n": "⏎", "\t": "⇥"}
#: Characters of one piece of a difference that are shown, at its beginning and its end.
MOST = 400


def _space(character: str) -> str:
    return code(character) if character.isspace() and character not in _SPACES else character


def _within(text: str) -> str:
    """What went or came: all of it can be seen; of a long piece its beginning and its end."""
    shown = text
    if len(text) > 2 * MOST:
        shown = f"{text[:MOST]} … {len(text) - 2 * MOST:,} characters … {text[-MOST:]}"
    shown = visible("".join(map(_space, shown)))
    return "".join(_SPACES.get(c, c) for c in shown) if not shown.strip(" \n\t") else shown.replace("\n", "⏎")


def inline(window: dict[str, Any]) -> str:
    """A window in one line."""
    out = []
    for kind, text in window["parts"]:
        if kind == "same":
            out.append(visible(text, lines=False))
        else:
            out.append(f"[-{_within(text)}-]" if kind == "gone" else f"{{+{_within(text)}+}}")
    return "".join(out)


def edit_lines(difference: dict[str, Any], width: int, indent: str) -> list[str]:
    """The windows of a difference, each with its place in the text before."""
    lines = []
    for window in difference.get("windows", ()):
        head = f"{indent}at {window['at'][0]:,}: "
        lines += textwrap.wrap(
            head + "…" + inline(window) + "…", width, subsequent_indent=indent + "  ", drop_whitespace=False
        )
    if difference["more_windows"] and "windows" in difference:
        lines.append(f"{indent}… {difference['more_windows']:,} more places: --full shows them")
    return [line.rstrip() for line in lines]


def beside(difference: dict[str, Any], names: tuple[str, str], width: int, indent: str) -> list[str]:
    """Two texts side by side around what differs; what is the same in both is left out, and how much of it."""
    half = (width - len(indent) - 3) // 2
    left, right = names
    lines = [_pair(indent, left, right, half), _pair(indent, "─" * half, "─" * half, half)]
    for window in difference.get("windows", ()):
        if window["skipped"]:
            lines.append(f"{indent}⋯ {window['skipped']:,} characters the same")
        sides = [
            _side(window, kinds, half)
            for kinds in ({"same": "{}", "gone": "[-{}-]"}, {"same": "{}", "new": "{{+{}+}}"})
        ]
        lines += [_pair(indent, left, right, half) for left, right in zip_longest(*sides, fillvalue="")]
    if difference["more_windows"]:
        lines.append(f"{indent}⋯ {difference['more_windows']:,} more places that differ: --full shows them")
    return lines


def _pair(indent: str, left: str, right: str, half: int) -> str:
    return f"{indent}{left:{half}} │ {right}".rstrip()


def _side(window: dict[str, Any], kinds: dict[str, str], half: int) -> list[str]:
    text = "".join(
        kinds[kind].format(_within(text) if kind != "same" else visible(text, lines=False))
        for kind, text in window["parts"]
        if kind in kinds
    )
    return textwrap.wrap(text, half) or [""]
