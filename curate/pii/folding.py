"""What makes two spellings one value, and what a key makes of a value."""

from __future__ import annotations

import hmac
import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "’": "'", "ə": "e"}
)
_SPACE = re.compile(r"\s+")


@lru_cache(1 << 16)
def fold(text: str) -> str:
    """`text` without case, diacritics and repeated white space: "Öcalan " and "OCALAN" are one."""
    plain = text.casefold() if text.isascii() else _plain(text)
    return _SPACE.sub(" ", plain).strip()


def _plain(text: str) -> str:
    # The dot of a Turkish capital I is a mark of its own after decomposition.
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")


def digest(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 of `parts` under `key`, 32 bytes; no two lists of parts have the same message."""
    return hmac.digest(
        key, "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass"), "sha256"
    )


def number(key: bytes, *parts: str) -> int:
    """The first 64 bits of `digest` as a number."""
    return int.from_bytes(digest(key, *parts)[:8], "big")


def letters_and_digits(text: str) -> str:
    """The letters and digits of `text`, upper case: the value of an account or a licence."""
    return "".join(c for c in text if c.isalnum()).upper()


def like(word: str, model: str) -> str:
    """`word` in the case of `model`: capitals, lower case, or as it is."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word.lower() if model.islower() else word
