"""Rewards that can be verified, found by their names: what an answer earns, 0 to 1.

Each takes the answer and its row: `prompt` and, where the data have them, `passage` and `reference` as texts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from curate.errors import ConfigError

Row = Mapping[str, str]
_QUOTE = re.compile(r'"([^"]{2,2000})"|“([^”]{2,2000})”|«([^»]{2,2000})»|^>\s?(.{2,2000})$', re.M)
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MONTHS = "january february march april may june july august september october november december".split()
#: Capitalised words that are no part of a name: months, and what sentences begin with.
_NO_NAME = {
    *_MONTHS,
    *"a an and as at but by for from he if in it no not of on or she so that the these they this".split(),
}
_NO_NAME |= set("those to under we what when where which who with yes you".split())
#: A capitalised word that does not begin a sentence, or several in a row wherever they stand.
_NAME = re.compile(
    r"(?<![.!?:]\s)(?<!^)\b[A-Z][\w&'-]+(?:\s+[A-Z][\w&'-]+)*|\b[A-Z][\w&'-]+(?:\s+[A-Z][\w&'-]+)+", re.M
)


def cites_evidence(answer: str, row: Row, *, words: int = 4, near: float = 0.8) -> float:
    """The share of the answer's quotations that stand in the passage (of a row without one, in the prompt).

    A quotation counts 1 if it is there word for word (case and punctuation aside), its share of word trigrams that are
    there if that is at least `near`, else 0. Quotations of fewer than `words` words prove nothing: an answer with no
    longer one earns 0.
    """
    passage = _words(row.get("passage") or row["prompt"])
    whole = f" {' '.join(passage)} "
    known = set(zip(passage, passage[1:], passage[2:]))
    quoted = [_words(next(filter(None, found.groups()))) for found in _QUOTE.finditer(answer)]
    scores = []
    for quote in (quote for quote in quoted if len(quote) >= words):
        trigrams = list(zip(quote, quote[1:], quote[2:]))
        share = sum(t in known for t in trigrams) / max(1, len(trigrams))
        scores.append(1.0 if f" {' '.join(quote)} " in whole else share if share >= near else 0.0)
    return sum(scores) / len(scores) if scores else 0.0


def contains_answer(answer: str, row: Row) -> float:
    """The share of the numbers, months and names of `reference` that the answer holds; of a reference without any, 1
    if it stands in the answer."""
    reference = row["reference"]
    said = set(_words(answer)) | set(_numbers(answer))
    wanted = [*_numbers(reference), *(word for word in _words(reference) if word in _MONTHS)]
    told = ([w for w in _words(name) if w not in _NO_NAME] for name in _NAME.findall(reference))
    names = [name for name in told if name]
    if not wanted and not names:
        return float(f" {' '.join(_words(reference))} " in f" {' '.join(_words(answer))} ")
    text = f" {' '.join(_words(answer))} "
    hits = sum(value in said for value in wanted) + sum(f" {' '.join(name)} " in text for name in names)
    return hits / (len(wanted) + len(names))


def matches(answer: str, row: Row, *, pattern: str) -> float:
    """1 if the regular expression `pattern` is found in the answer."""
    return float(re.search(pattern, answer) is not None)


def brief(answer: str, row: Row, *, words: int) -> float:
    """1 up to so many words, then falling to 0 at twice as many; 0 for an empty answer."""
    count = len(_WORD.findall(answer))
    return 0.0 if not count else max(0.0, min(1.0, 2 - count / words))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _numbers(text: str) -> list[str]:
    """Numbers without separators of thousands and ends of sentences: 1,250.00 and 1250 are one."""
    plain = (re.sub(r",(?=\d{3}\b)", "", found) for found in _NUMBER.findall(text))
    return [re.sub(r"\.0+$", "", number) for number in plain]


def load(name: str, given: Mapping[str, Any]) -> Callable[[str, Row], float]:
    """The reward called `name` (here, or by a dotted path) with its parameters.

    Raises:
        ConfigError: there is none, or it has no such parameter.
    """
    import importlib

    module, _, attribute = name.rpartition(".")
    found: Any = None
    try:
        found = getattr(importlib.import_module(module or __name__), attribute, None)
    except ImportError:
        pass
    named = inspect.signature(found).parameters if callable(found) else {}
    if list(named)[:2] != ["answer", "row"]:
        raise ConfigError(
            f"there is no reward '{name}': there are {', '.join(names())}, or name a function by its path"
        )
    more = {key: p for key, p in named.items() if p.kind is p.KEYWORD_ONLY}
    if unknown := set(given) - set(more):
        raise ConfigError(
            f"reward '{name}' has no parameter '{min(unknown)}': it has {', '.join(more) or 'none'}"
        )
    if missing := [key for key, p in more.items() if p.default is p.empty and key not in given]:
        raise ConfigError(f"reward '{name}' needs the parameter '{missing[0]}'")
    return lambda answer, row: float(found(answer, row, **given))


def names() -> list[str]:
    """Names of the rewards that are here."""
    return [
        n
        for n, f in globals().items()
        if inspect.isfunction(f) and list(inspect.signature(f).parameters)[:2] == ["answer", "row"]
    ]
