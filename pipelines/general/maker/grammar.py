r"""A small context-free grammar with agreement: rules in text files, forms of words, values that stay the same.

In a rule's line `{rule}` stands for one of that rule's lines, `{key=rule}` also keeps it as `{key}`, `{key.form}` is
a form of it (`a`: with its article, `s`: plural, `ed`, `ing`, `he`, `his`, `him`, or a field of an entity),
`{2-9}` a number, `<this|that>` a choice. `//` parts paragraphs, `\n` lines. Articles are set right at the end.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PRONOUNS = {
    "he": {"he": "he", "him": "him", "his": "his", "self": "himself"},
    "she": {"he": "she", "him": "her", "his": "her", "self": "herself"},
}
NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_CHOICE = re.compile(r"<([^<>]*)>")
_SLOT = re.compile(r"\{(?:(\w+)=)?([\w-]+)(?:\.([\w.]+))?\}")
_FORMS = re.compile(r"[^{<]*[^{</]/[^{</]+(/[^{</]+)?")
_ARTICLE = re.compile(r"\b([Aa])n? (\w+)")
_START = re.compile(r"(^|[.!?] |\n)([\"(]?)([a-z])")


class Dice:
    """Drawn from `random.random()` alone: the one method whose sequence is promised for all Python versions."""

    def __init__(self, seed: str):
        self._random = random.Random(seed)

    def number(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def choose(self, items: Sequence[T]) -> T:
        return items[self.number(0, len(items) - 1)]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        found = list(items)
        for i in range(len(found) - 1, 0, -1):
            j = self.number(0, i)
            found[i], found[j] = found[j], found[i]
        return found


class Word:
    """A word or an entity: `forms` as written (`knife/knives`, `go/went/going`, `Anna/she`), or named fields."""

    def __init__(self, text: str, fields: Mapping[str, str] | None = None):
        self.forms = text.split("/")
        self.fields = fields or {}

    def form(self, name: str | None) -> str:
        base = self.forms[0]
        if name is None:
            return base
        if name.endswith(".cap"):
            found = self.form(name.removesuffix(".cap"))
            return found[:1].upper() + found[1:]
        if name in self.fields:
            return self.fields[name]
        second = self.forms[1] if len(self.forms) > 1 else None
        if name.lower() in PRONOUNS["he"] and second in PRONOUNS:
            found = PRONOUNS[second][name.lower()]
            return found.capitalize() if name[0].isupper() else found
        if name == "a":
            return f"{article(base)} {base}"
        if name == "s":
            return second or plural(base)
        if name == "ed":
            return second or past(base)
        if name == "ing":
            return self.forms[2] if len(self.forms) > 2 else re.sub(r"([^e])e$", r"\1", base) + "ing"
        if name == "w":
            return words(int(base))
        if name == "cap":
            return base[:1].upper() + base[1:]
        raise KeyError(f"{base!r} has no form {name!r}")


def article(word: str) -> str:
    if re.match(r"(?i)hour|honest|heir|honou?r", word):
        return "an"
    return "an" if re.match(r"(?i)[aeiou](?!ni[cvf]|se|uro|ne\b|nce\b)|8|11\b|18\b", word) else "a"


def plural(word: str) -> str:
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", word) + "s"


def past(word: str) -> str:
    return re.sub(r"(?<=[^aeiou])y$", "i", word.removesuffix("e")) + "ed"


def words(number: int) -> str:
    """A number below a thousand in words."""
    if number < 20:
        return NUMBERS[number]
    if number < 100:
        return TENS[number // 10] + (f"-{NUMBERS[number % 10]}" if number % 10 else "")
    rest = f" and {words(number % 100)}" if number % 100 else ""
    return f"{NUMBERS[number // 100]} hundred{rest}"


def read_rules(folder: Path) -> dict[str, list[str]]:
    """`[rule]` and its lines, from every .txt file of a folder."""
    rules: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.txt")):
        lines: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("[") and line.endswith("]"):
                if line[1:-1] in rules:
                    raise ValueError(f"{path.name}: [{line[1:-1]}] stands twice")
                lines = rules[line[1:-1]] = []
            elif line and not line.startswith("#"):
                lines.append(line)
    return rules


class Grammar:
    """Rules of text files, and entities by kind."""

    def __init__(self, rules: Mapping[str, list[str]], entities: Mapping[str, Sequence[Word]]):
        self.rules = rules
        self.entities = entities


class Writer:
    """Writes one document. A rule's lines come in shuffled order, none twice before all had their turn."""

    def __init__(self, grammar: Grammar, seed: str, **bound: Word):
        self.grammar = grammar
        self.dice = Dice(seed)
        self.bound = dict(bound)
        self._decks: dict[str, list[Word | str]] = {}

    def __call__(self, rule: str) -> str:
        """One line of `rule`, filled, sentences with capitals."""
        return sentences(self.draw(rule).form(None))

    def fill(self, text: str) -> str:
        """`text` with its choices and slots filled, sentences with capitals."""
        return sentences(self._filled(text))

    def some(self, rule: str, low: int, high: int) -> list[str]:
        """Some lines of `rule`, each another one."""
        number = min(self.dice.number(low, high), len(self.grammar.rules[rule]))
        return [self(rule) for _ in range(number)]

    def draw(self, name: str) -> Word:
        """The next line or entity of `name`."""
        if span := re.fullmatch(r"(\d+)-(\d+)", name):
            return Word(str(self.dice.number(int(span[1]), int(span[2]))))
        deck = self._decks.get(name)
        if not deck:
            stock = self.grammar.entities.get(name) or self.grammar.rules.get(name)
            if not stock:
                raise KeyError(f"no rule [{name}]")
            deck = self._decks[name] = self.dice.shuffled(stock)
        taken = deck.pop()
        if isinstance(taken, Word):
            return taken
        return Word(taken) if _FORMS.fullmatch(taken) else _whole(self._filled(taken))

    def _filled(self, text: str) -> str:
        while found := _CHOICE.search(text):
            text = text[: found.start()] + self.dice.choose(found[1].split("|")) + text[found.end() :]
        return _SLOT.sub(self._slot, text)

    def _slot(self, found: re.Match[str]) -> str:
        key, name, form = found.groups()
        value = self.bound.get(name) if key is None else None
        if value is None:
            value = self.draw(name)
        if key is not None:
            self.bound[key] = value
        return value.form(form)


def _whole(text: str) -> Word:
    word = Word("")
    word.forms = [text]
    return word


def sentences(text: str) -> str:
    """Capitals at the beginnings of sentences and lines; `//` parts paragraphs, `/n` lines."""
    text = re.sub(r" ?// ?", "\n\n", text)
    text = re.sub(r" ?\\n ?", "\n", text)
    text = re.sub(r" {2,}", " ", text).strip()
    text = _ARTICLE.sub(lambda found: found[1] + article(found[2])[1:] + " " + found[2], text)
    return _START.sub(lambda found: found[1] + found[2] + found[3].upper(), text)
