"""Replacement of what was found: tags, keyed hashes, masks and pseudonyms, the same for the same entity.

Which mentions are one entity is told by `curate.pii.identity`, what is invented for it by `curate.pii.pseudonyms`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from curate.pii.folding import digest
from curate.pii.identity import Found, identify
from curate.pii.spans import Span

if TYPE_CHECKING:
    from curate.pii.vault import Vault

MODES = ("tag", "pseudonym", "hash", "mask", "keep")
#: 64 bits: of ten million values two have one hash with a chance of 3 in a million.
HASH_DIGITS = 16
#: One length for all, because the length of a name tells of it.
MASK = "█████"
_MARKED = re.compile(rf"\[[A-Z_]+(?:_\d+|:[0-9a-f]{{{HASH_DIGITS}}})\]|{MASK}")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters [start, end) of the new text that stand for an original, which is not kept.

    `number` counts the entities of one type in a document in order of first mention: from 1, or from behind the highest
    tag that was there before.
    """

    start: int
    end: int
    entity: str
    number: int
    text: str
    mode: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """A new text, and where in it something was replaced."""

    text: str
    spans: list[Replacement]


class Replacer:
    """Replaces by one mode, or by one per entity: `{"PERSON": "pseudonym", "default": "tag"}`.

    `key` makes pseudonyms and hashes; the same key gives the same replacement in every document, process and run.
    Dates move by one offset a document, or by one for all documents of one `person`: whom the document mentions most.

    Raises:
        ValueError: an unknown mode, or an empty key.
    """

    def __init__(
        self,
        mode: str | Mapping[str, str],
        key: bytes,
        *,
        vault: Vault | None = None,
        dates: Literal["document", "person"] = "document",
    ) -> None:
        self.modes = {"default": mode} if isinstance(mode, str) else {"default": "tag", **mode}
        for entity, one in self.modes.items():
            if one not in MODES:
                raise ValueError(f"{entity}: no mode '{one}'; there are {', '.join(MODES)}")
        if not key:
            raise ValueError("the key is empty")
        self.key = key
        self.vault = vault
        self.dates = dates
        self._hash = lru_cache(1 << 16)(self._hashed)

    def replace(self, text: str, spans: Sequence[Span], document: str) -> Replaced:
        """`text` with its `spans` (sorted, not overlapping) replaced; `document` is its id, which seeds its dates.

        Raises:
            ValueError: spans overlap, are not sorted or reach beyond the text.
        """
        _check(text, spans)
        found = identify(text, spans)
        invented = self._invented(found, document)
        parts: list[str] = []
        out: list[Replacement] = []
        at = length = 0
        for one, new in zip(found, invented):
            span, mode = one.span, self.mode(one.span.entity)
            if new is None:
                new, mode = f"[{span.entity}_{one.of.number}]", "tag"
            parts += (text[at : span.start], new)
            length += span.start - at
            out.append(Replacement(length, length + len(new), span.entity, one.of.number, new, mode))
            length += len(new)
            at = span.end
            if self.vault is not None and mode != "keep":
                self.vault.add(span.entity, one.text, new)
        parts.append(text[at:])
        return Replaced("".join(parts), out)

    def mode(self, entity: str) -> str:
        """How an `entity` is replaced."""
        return self.modes.get(entity, self.modes["default"])

    def _invented(self, found: list[Found], document: str) -> list[str | None]:
        """What stands for each finding; None for a tag."""
        out: list[str | None] = []
        pseudonyms = None
        for one in found:
            mode = self.mode(one.span.entity)
            if mode == "pseudonym":
                if pseudonyms is None:
                    from curate.pii.pseudonyms import Pseudonyms

                    pseudonyms = Pseudonyms(self.key, found, document, self.dates)
                out.append(pseudonyms.of(one))
            elif mode == "hash":
                out.append(self._hash(one.span.entity, one.of.value))
            else:
                out.append(None if mode == "tag" else MASK if mode == "mask" else one.text)
        return out

    def _hashed(self, entity: str, value: str) -> str:
        return f"[{entity}:{digest(self.key, 'hash', entity, value).hex()[:HASH_DIGITS]}]"


def _check(text: str, spans: Sequence[Span]) -> None:
    at = 0
    for span in spans:
        if span.start < at or span.end <= span.start or span.end > len(text):
            raise ValueError(
                f"the span {span.start}-{span.end} ({span.entity}) overlaps another or lies outside"
            )
        at = span.end


def known(entity: str, text: str) -> Literal["certain", "possible", "no"]:
    """Whether `text`, found in a finished text, was invented here: for an audit that looks for what was left.

    "certain" for tags, hashes, masks and for values in ranges that are reserved for invented ones (addresses of the
    net, telephone and social security numbers and the like); "possible" for names made of the lists from which names
    are invented, which holds for many real names as well: there only the places of replacements tell.
    """
    if _MARKED.fullmatch(text.strip()):
        return "certain"
    from curate.pii.pseudonyms import invented

    return invented(entity, text)
