"""Text from documents as it stands in questions and answers, and wordings chosen by a stable hash."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TypeVar

import xxhash

T = TypeVar("T")

_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,400}(?:\s\"[^\"]{0,100}\")?\)")
_EMPHASIS = re.compile(
    r"(?<![\w*])\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?![\w*])|(?<!\w)_{1,2}(?=\w)|(?<=[\w.,])_{1,2}(?!\w)"
)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!>-])")
_BEFORE_MARK = re.compile(r"(?<=“) | (?=”)|(?<=[\w)]) (?=[,;](?: |$)|\.(?:$| [A-Z]))")
_SPACES = re.compile(r"\s+")
_SMALL = frozenset("a an and as at by for from in nor of on or the to v. vs. with between among".split())
_UPPER = frozenset("II III IV LLC L.L.C. LP L.P. LLP N.A. USA U.S. US UK EU PLC AG SA NV BV FSB".split())


def plain(text: str) -> str:
    """`text` in one line: spaces joined, Markdown's marks and HTML's entities resolved; its words are untouched."""
    if "[" in text or "*" in text or "_" in text or "\\" in text:
        text = _ESCAPE.sub(r"\1", _EMPHASIS.sub("", _LINK.sub(r"\1", text)))
    if "&" in text:
        text = html.unescape(text)
    return _BEFORE_MARK.sub("", _SPACES.sub(" ", text)).strip()


def pick(options: Sequence[T], *key: object, seed: int = 0) -> T:
    """One of `options`, always the same for the same key."""
    return options[number(*key, seed=seed) % len(options)]


def number(*key: object, seed: int = 0) -> int:
    """A number of 64 bits that the key alone decides."""
    return xxhash.xxh3_64_intdigest("\x1f".join(map(str, key)).encode(), seed=seed)


def shuffled(items: Sequence[T], *key: object, seed: int = 0) -> list[T]:
    """`items` in an order that the key alone decides."""
    order = sorted(range(len(items)), key=lambda i: number(i, *key, seed=seed))
    return [items[i] for i in order]


def inner(text: str) -> str:
    """`text` to stand within quotation marks: its own become single ones."""
    return re.sub(r'"([^"]*)"', r"‘\1’", text.replace("“", "‘").replace("”", "’"))


def titled(text: str) -> str:
    """Words in capitals as a title: "CREDIT AGREEMENT" -> "Credit Agreement"; mixed case stays as it is."""
    letters = [c for c in text if c.isalpha()]
    if not letters or sum(c.isupper() for c in letters) < 0.8 * len(letters):
        return text
    words = [_word(word, first=i == 0) for i, word in enumerate(text.split())]
    return " ".join(words)


def _word(word: str, first: bool) -> str:
    bare = word.strip(",.;()")
    if bare in ("JR", "SR", "MR", "MRS", "MS", "DR", "ST"):
        return word.capitalize()
    if word.strip(",;()") in _UPPER or bare in _UPPER or not any(c in "AEIOUY" for c in bare.upper()):
        return word if len(bare) < 5 else word.capitalize()
    if word.lower() in _SMALL and not first:
        return word.lower()
    if re.fullmatch(r"(?:[A-Z]\.)+,?", word):
        return word
    return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", lambda m: m[0].capitalize(), word)


def lowered(text: str) -> str:
    """`text` to stand within a sentence: a first word like "The" or "Any" in small letters."""
    first = text.partition(" ")[0]
    return text[0].lower() + text[1:] if first in _COMMON else text


_COMMON = frozenset(
    "The A An Any All Each Every No Such This These That Those If When Where Upon Within In On At For To By It They "
    "He She We "
    "You There Neither Either Both Except Unless Subject Notwithstanding After Before During Without As Not".split()
)
