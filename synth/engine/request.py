"""A request in its canonical form, and the key that names it.

The key is the SHA-256 of everything that shapes the answer: the model's name and revision, the messages as sent, every
sampling parameter after defaults, the schema, the sample's number. Not in it: addresses of equal servers, pace,
time-outs, prices, and whether a server holds schemas, which is found out on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from synth.engine.settings import Sampling

#: Changes when the meaning of a canonical request does, and with it every key.
VERSION = 1

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Request:
    """One response to be had: `sample` tells those of equal requests apart. `held` is the schema as servers hold it,
    made from `schema`, and so no part of the key."""

    model: str
    revision: str | None
    messages: tuple[Mapping[str, str], ...]
    sampling: Sampling
    schema: Mapping[str, Any] | None = None
    structured: str = "auto"
    sample: int = 0
    held: Mapping[str, Any] | None = None

    @cached_property
    def canonical(self) -> bytes:
        """JSON with sorted keys.

        Raises:
            ValueError: a message holds what UTF-8 cannot (a lone surrogate).
        """
        whole = {
            "version": VERSION,
            "model": self.model,
            "revision": self.revision,
            "messages": [dict(message) for message in self.messages],
            "sampling": self.sampling.whole,
            "schema": self.schema,
            "structured": self.structured if self.schema is not None else None,
            "sample": self.sample,
        }
        try:
            return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
        except TypeError as error:
            raise ValueError(f"a request that is no JSON: {error}") from error

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical form, as hex."""
        return hashlib.sha256(self.canonical).hexdigest()

    def parameters(self) -> dict[str, Any]:
        """Sampling parameters as a server takes them, with the sample's own seed."""
        sent = self.sampling.sent
        return {**sent, "seed": sent["seed"] + self.sample} if "seed" in sent else sent
