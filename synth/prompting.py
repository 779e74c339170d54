"""Prompts of tasks: templates with a hash, and what a row tells of how it was asked for."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synth.engine.answer import Answer
from synth.samples import Message, Passage, Span


@dataclass(frozen=True)
class Template:
    """A prompt with `{{name}}` for what is filled in. Braces of a document are just braces: nothing is formatted."""

    text: str
    system: str = ""

    @property
    def hash(self) -> str:
        """Which prompt it is: the first 16 digits of its SHA-256."""
        return hashlib.sha256(json.dumps([self.system, self.text]).encode()).hexdigest()[:16]

    def filled(self, **values: Any) -> list[dict[str, str]]:
        """The turns to send.

        Raises:
            KeyError: the template names a value that is not given.
        """
        text = re.sub(r"\{\{(\w+)\}\}", lambda found: str(values[found[1]]), self.text)
        system = [Message("system", self.system).as_dict()] if self.system else []
        return [*system, Message("user", text).as_dict()]


def shown(passage: Passage) -> str:
    """A passage as prompts show it, under its title."""
    title = f"From “{passage.title}”:\n" if passage.title else ""
    return f"{title}<passage>\n{passage.text.strip()}\n</passage>"


def provenance(template: Template, answers: Sequence[Answer], **more: Any) -> dict[str, Any]:
    """`Sample.meta` of what came of these answers: model, revision, prompt's hash, keys of requests, and `more`."""
    last = answers[-1]
    return {
        "model": last.model,
        "revision": last.revision,
        "prompt": template.hash,
        "requests": [answer.key for answer in answers],
        **({"repaired": True} if any(answer.repaired for answer in answers) else {}),
        **more,
    }


def quoted(passage: Passage, quote: str) -> Span:
    """Where a quotation stands in its document; one that does not stand there word for word is given the whole
    passage's place, for the filter `evidence` to find it."""
    at = passage.text.find(quote)
    if at < 0:
        return Span(passage.document, passage.start, passage.end, quote)
    return Span(passage.document, passage.start + at, passage.start + at + len(quote), quote)


def user(text: str) -> tuple[Message, ...]:
    """A conversation of one question."""
    return (Message("user", text.strip()),)
