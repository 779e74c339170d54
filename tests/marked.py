"""Texts with findings marked in them: `{PERSON:Mr Smith} sued {Acme Corp.}`."""

from __future__ import annotations

import re

from curate.pii.replace import Replaced, Replacer
from curate.pii.spans import Span

_MARK = re.compile(r"\{([A-Z_]+):(.*?)\}", re.DOTALL)


def marked(text: str) -> tuple[str, list[Span]]:
    """The text without its marks, and the findings."""
    out, spans, at, length = [], [], 0, 0
    for match in _MARK.finditer(text):
        out += [text[at : match.start()], match[2]]
        length += match.start() - at
        spans.append(Span(length, length + len(match[2]), match[1], 1.0))
        length += len(match[2])
        at = match.end()
    return "".join(out) + text[at:], spans


def replaced(text: str, mode: str = "pseudonym", key: bytes = b"k" * 32, document: str = "d") -> Replaced:
    """`text` with its marks replaced."""
    return Replacer(mode, key).replace(*marked(text), document)


def new(text: str, mode: str = "pseudonym", key: bytes = b"k" * 32, document: str = "d") -> list[str]:
    """The replacements, in order."""
    return [span.text for span in replaced(text, mode, key, document).spans]


def persons(*mentions: str) -> list[int]:
    """The numbers of the persons that `mentions` of one document are."""
    return [span.number for span in replaced(" ; ".join(f"{{PERSON:{m}}}" for m in mentions), "tag").spans]
