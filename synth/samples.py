"""What tasks read and make: passages of documents in, samples grounded in spans of them out.

A sample says nothing yet of a training format; `synth.formats` makes rows of it (messages, prompt and completion,
preference, unpaired preference, text).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Passage:
    """A piece of a document: `text` stands at the characters [start, end) of the document's text. `depth` is the
    document's generation depth (0: written by people), `cluster` the topic that coverage is planned by."""

    document: str
    start: int
    end: int
    text: str
    source: str = ""
    title: str | None = None
    depth: int = 0
    cluster: int | None = None


@dataclass(frozen=True)
class Span:
    """Evidence: `text` stands at the characters [start, end) of the document's text."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str

    def as_dict(self) -> dict[str, str]:
        """As trainers and servers take it."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True)
class Sample:
    """One example before it has a format.

    `prompt` are the turns before the answer; then either `completion`, or `chosen` and `rejected`, or `completion` with
    `label` (whether it is a good one), or `text` alone (pretraining). `kind` is what of its task it is. `evidence` are
    the spans that the answer rests on; `meta` what else is told of it (scores, a corruption), by names without `meta_`.
    """

    task: str
    kind: str
    prompt: tuple[Message, ...] = ()
    completion: str | None = None
    chosen: str | None = None
    rejected: str | None = None
    label: bool | None = None
    text: str | None = None
    evidence: tuple[Span, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
