"""What comes of a request: a reply as the model gave it, an answer as a task takes it, or a rejection with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from curate.errors import RunError

#: Why a candidate has no answer. `truncated`: the model met max_tokens. `schema`: not JSON of the schema, also after
#: one repair. `refused`: the server will not take this request (400, 413, 422). `unanswered`: it failed at every try;
#: this alone is not kept, the next run asks again. `empty`: no text. `filtered`: a content filter of the server.
Reason = Literal["truncated", "schema", "refused", "unanswered", "empty", "filtered"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A response as the store keeps it.

    `error` is the text of a final refusal; all else is empty then. `served` is the model as the server names it,
    `constrained` whether the server was asked to hold the schema.
    """

    text: str = ""
    finish_reason: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    served: str = ""
    constrained: bool = False
    reasoning: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` returns. `parsed` is an instance of the schema, None without one; `key` is the request's in the store;
    tokens are those of the answer and of the attempt that `repaired` it, whoever paid for them and when."""

    text: str
    parsed: Any
    key: str
    model: str
    revision: str | None
    tokens_in: int
    tokens_out: int
    finish_reason: str
    from_store: bool
    repaired: bool


class Missing(RunError):
    """A replay whose store lacks a response. What runs ahead of the accepted rows may meet one that nobody needs."""


class Rejected(Exception):
    """A request that has no usable answer: the candidate fails with `reason`, the others go on.

    `detail` says what was wrong, `text` is what the model wrote (empty where it wrote nothing), `key` names the
    request in the store.
    """

    def __init__(self, reason: Reason, detail: str, *, text: str = "", key: str = ""):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.text, self.key = reason, detail, text, key
