"""Texts as ASCII bytes, one byte a character, so that a byte matcher sees what a Unicode one could match.

Every character beyond ASCII becomes a stand-in of its class, as the module `regex` sees classes: a decimal digit
"0", white space " ", a letter that ASCII letters match when case is ignored (the Kelvin sign) that letter, any
other word character "_", anything else DEL. Offsets in the bytes are offsets in the texts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_lowercase
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WORD, OTHER = ord("_"), 0x7F
#: What ends a chunk of text that holds no space.
SPACES = b"\t\n\v\f\r "


class Preimages(NamedTuple):
    """Characters beyond ASCII that become digits, spaces and letters; there are few of them."""

    digits: str
    spaces: str
    letters: dict[str, str]

    @property
    def all(self) -> str:
        """All of them."""
        return self.digits + self.spaces + "".join(self.letters)


@lru_cache(maxsize=1)
def preimages() -> Preimages:
    """The characters whose stand-in says exactly what they are."""
    import regex

    beyond = _beyond_ascii()
    folds = regex.findall(r"[\x00-\x7f]", beyond, regex.IGNORECASE)
    letters = {
        c: next(a for a in ascii_lowercase if regex.match(f"[{a}{a.upper()}]", c, regex.I)) for c in folds
    }
    return Preimages("".join(regex.findall(r"\d", beyond)), "".join(regex.findall(r"\s", beyond)), letters)


@lru_cache(maxsize=1)
def table() -> NDArray[np.uint8]:
    """The byte of every code point, shape (0x110000,)."""
    import regex

    out = np.full(sys.maxunicode + 1, OTHER, np.uint8)
    out[:128] = np.arange(128)
    for run in regex.finditer(r"\w+", _beyond_ascii()):
        # `_beyond_ascii` starts at U+0080, so that positions are code points less 128.
        out[run.start() + 128 : run.end() + 128] = WORD
    known = preimages()
    for chars, byte in ((known.digits, "0"), (known.spaces, " "), *known.letters.items()):
        for char in chars:
            out[ord(char)] = ord(byte.lower())
    return out


def _beyond_ascii() -> str:
    return "".join(map(chr, range(128, sys.maxunicode + 1)))


@lru_cache(maxsize=1)
def _is_space() -> NDArray[np.bool_]:
    out = np.zeros(256, np.bool_)
    out[list(SPACES)] = True
    return out


class Projected(NamedTuple):
    """Texts joined by newlines: text i is `data[offsets[i]:offsets[i + 1] - 1]`.

    `spaces` are the positions of white space, with sentinels: -1 before the first and len(data) after the last.
    """

    data: bytes
    offsets: NDArray[np.int64]
    spaces: NDArray[np.int64]

    @property
    def array(self) -> NDArray[np.uint8]:
        """The bytes as an array."""
        return np.frombuffer(self.data, np.uint8)


def project(texts: Sequence[str]) -> Projected:
    """The texts as bytes; lone surrogates are "other" like any character that is in no class."""
    parts = [text.encode("ascii") if text.isascii() else _projected(text) for text in texts]
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(part) + 1 for part in parts], out=offsets[1:])
    data = b"\n".join([*parts, b""])
    found = np.flatnonzero(_is_space()[np.frombuffer(data, np.uint8)])
    return Projected(data, offsets, np.concatenate(([-1], found, [len(data)])))


def _projected(text: str) -> bytes:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    projected: Any = table()[codes]
    return bytes(projected.tobytes())
