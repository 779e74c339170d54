"""Parts of an example as the page shows them: cut to a readable length, with what differs between two marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from markupsafe import Markup

from curate.display import visible

#: Characters of a part that are shown: its beginning, and its end where it is longer.
HEAD, TAIL = 3000, 600
#: Words that are compared; answers that have less than this share in common are two answers, not one that was changed.
COMPARED, ALIKE = 1500, 0.5
#: Names of parts that have a look of their own.
ROLES = frozenset({"system", "user", "assistant", "prompt", "chosen", "rejected", "evidence"})


def rows(parts: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The parts in rows: those that stand beside one another in one, each with its text as `shown` and its `role`."""
    out = []
    for together, group in groupby(parts, key=lambda part: bool(part["beside"])):
        found = list(group)
        marks = _differing(found) if together and len(found) == 2 else [[] for _ in found]
        drawn = [
            part | {"shown": _marked(part["text"], spans, part["marks"]), "role": _role(part["name"])}
            for part, spans in zip(found, marks)
        ]
        out += [drawn] if together else [[part] for part in drawn]
    return out


def _role(name: str) -> str:
    return name if name in ROLES else "other"


def _differing(parts: Sequence[dict[str, Any]]) -> list[list[tuple[int, int]]]:
    """Where two texts differ, in words; nothing where they are two texts of their own."""
    words = [[(m[0], *m.span()) for m in re.finditer(r"\w+|[^\w\s]|\s+", part["text"])] for part in parts]
    if max(map(len, words)) > COMPARED:
        return [[], []]
    one, two = ([word for word, *_ in of] for of in words)
    compared = SequenceMatcher(None, one, two, autojunk=False)
    if compared.ratio() < ALIKE:
        return [[], []]
    out: list[list[tuple[int, int]]] = [[], []]
    for what, a, b, c, d in compared.get_opcodes():
        for side, (of, start, end) in enumerate(((words[0], a, b), (words[1], c, d))):
            if what != "equal" and end > start:
                out[side].append((of[start][1], of[end - 1][2]))
    return out


def _marked(text: str, spans: list[tuple[int, int]], passages: Sequence[str]) -> Markup:
    found = [*spans, *((at, at + len(p)) for p in passages if p and (at := text.find(p)) >= 0)]
    out, at = Markup(), 0
    for start, end in sorted(found):
        if start >= at:
            out += _shown(text, at, start) + Markup("<mark>{}</mark>").format(visible(text[start:end]))
            at = end
    return out + _shown(text, at, len(text))


def _shown(text: str, start: int, end: int) -> Markup:
    """What stands between marks, in full or with its middle left out."""
    piece = text[start:end]
    if len(piece) > HEAD + TAIL + 100:
        piece = f"{piece[:HEAD]}\n [… {len(piece) - HEAD - TAIL:,} characters …]\n{piece[-TAIL:]}"
    return Markup("{}").format(visible(piece))
