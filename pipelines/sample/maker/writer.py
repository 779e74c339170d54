"""Invented prose from phrase files, the same on every machine.

A rule of `phrases/*.txt` is a name in brackets and one alternative a line; `{name}` within an alternative
stands for a bound value, a built-in (dates, money, citations) or another rule. Within one document a rule gives
each of its alternatives once before it repeats any, so that documents do not repeat themselves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
COUNTS = ["two", "three", "four", "five", "six", "seven", "eight", "nine"]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


class Dice:
    """Random choices from `random()` alone, the one method whose results Python promises to keep."""

    def __init__(self, seed: str):
        self._random = random.Random(seed).random

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def choose(self, items: Sequence[T]) -> T:
        return items[self.number(0, len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return [item for _, item in sorted(((self._random(), i), item) for i, item in enumerate(items))]

    def chance(self, share: float) -> bool:
        return self._random() < share


def read_phrases(folder: Path) -> dict[str, list[str]]:
    """Rule -> alternatives, from all files of `folder`."""
    rules: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.txt")):
        alternatives: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("[") and line.endswith("]"):
                assert line[1:-1] not in rules, f"{path.name} defines {line} again"
                alternatives = rules[line[1:-1]] = []
            elif line and not line.startswith("#"):
                alternatives.append(line)
    return rules


PHRASES = read_phrases(Path(__file__).parent / "phrases")


class Writer:
    """Writes one document: `bound` values stay the same wherever the document speaks of them."""

    def __init__(self, seed: str, **bound: str):
        self.dice = Dice(seed)
        self.bound = bound
        self._decks: dict[str, list[str]] = {}

    def __call__(self, rule: str) -> str:
        """One alternative of `rule`, its slots filled."""
        deck = self._decks.get(rule) or self.dice.shuffled(PHRASES[rule])
        self._decks[rule] = deck[1:]
        return self.fill(deck[0])

    def some(self, rule: str, low: int, high: int) -> list[str]:
        """Between `low` and `high` alternatives of `rule`, at most as many as there are."""
        number = min(self.dice.number(low, high), len(PHRASES[rule]))
        return [self(rule) for _ in range(number)]

    def story(self, rule: str, low: int, high: int) -> list[str]:
        """As `some`, in the order in which the phrase file tells them."""
        rules = PHRASES[rule]
        size = min(self.dice.number(low, high), len(rules))
        return [self.fill(rules[i]) for i in sorted(self.dice.shuffled(range(len(rules)))[:size])]

    def paragraphs(self, sentences: Sequence[str], low: int = 3, high: int = 5) -> list[str]:
        """The sentences, in paragraphs of `low` to `high`."""
        found: list[str] = []
        rest = list(sentences)
        while rest:
            size = self.dice.number(low, high)
            found.append(" ".join(rest[:size]))
            rest = rest[size:]
        return found

    def fill(self, text: str) -> str:
        """`text` with its slots filled and a capital in front."""
        filled = re.sub(r"\{(\w+)\}", lambda match: self.word(match[1]), text)
        return filled[:1].upper() + re.sub(r"(?<=\. )the ", "The ", filled[1:])

    def word(self, name: str) -> str:
        """What stands for the slot `name`: a bound value, a built-in, or an alternative of that rule."""
        if name in self.bound:
            return self.bound[name]
        if name in BUILT_IN:
            return BUILT_IN[name](self.dice)
        deck = self._decks.get(name) or self.dice.shuffled(PHRASES[name])
        self._decks[name] = deck[1:]
        return re.sub(r"\{(\w+)\}", lambda match: self.word(match[1]), deck[0])


def person(dice: Dice) -> str:
    return f"{dice.choose(PHRASES['given'])} {dice.choose(PHRASES['family'])}"


def company(dice: Dice) -> str:
    return f"{dice.choose(PHRASES['firm'])}, {dice.choose(PHRASES['form'])}"


def date(dice: Dice) -> str:
    return f"{dice.choose(MONTHS)} {dice.number(1, 28)}, {dice.number(2009, 2023)}"


def cite(dice: Dice) -> str:
    """A citation to a reporter that does not exist."""
    page = dice.number(10, 990)
    names = f"{dice.choose(PHRASES['family'])} v. {dice.choose(PHRASES['firm'])}"
    volume, end, year = dice.number(12, 388), page + dice.number(1, 9), dice.number(1984, 2020)
    return f"{names}, {volume} Mer. 3d {page}, {end} ({year})"


BUILT_IN: dict[str, Callable[[Dice], str]] = {
    "date": date,
    "cite": cite,
    "month": lambda dice: dice.choose(MONTHS),
    "weekday": lambda dice: dice.choose(WEEKDAYS),
    "year": lambda dice: str(dice.number(1996, 2022)),
    "money": lambda dice: f"${dice.number(11, 980) * 10 ** dice.number(2, 4):,}",
    "percent": lambda dice: str(dice.number(3, 45)),
    "days": lambda dice: dice.choose(["ten", "fifteen", "thirty", "forty-five", "sixty", "ninety"]),
    "num": lambda dice: str(dice.number(11, 96)),
    "number": lambda dice: str(dice.number(2, 980)),
    "count": lambda dice: dice.choose(COUNTS),
    "section": lambda dice: f"{dice.number(2, 14)}.{dice.number(1, 9)}",
    "record": lambda dice: f"(R. at {dice.number(14, 980)})",
    "statute": lambda dice: f"Mer. Code § {dice.number(2, 48)}-{dice.number(101, 940)}",
    "judge": lambda dice: dice.choose(PHRASES["family"]),
    "witness": person,
}
