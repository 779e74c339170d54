"""Benchmarks: multiple choice on facts of the texts, last words, probes for bias and toxicity, legal terms.

Questions are beginnings that a choice completes, so that a model that only continues text can be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from maker.grammar import Dice, Writer, words
from maker.world import GRAMMAR, WORLD

TABLES = Path(__file__).parent / "tables"
Item = dict[str, Any]

#: kind of entity, field, items, beginning.
ABOUT = [
    ("town", "province", 14, "A visitor who wants to see {name} has to travel to the province of"),
    ("town", "river", 14, "Boats that leave {name} go down the river"),
    ("town", "craft", 14, "Young people who move to {name} often learn the craft of"),
    ("town", "day", 14, "The farmers around {name} bring their goods to its market each"),
    ("town", "sight", 8, "A postcard from {name} most likely shows"),
    ("town", "food", 8, "Hungry guests in {name} are most often given"),
    ("river", "source", 5, "Whoever walks up the river {name} to its beginning comes to"),
    ("river", "fish", 5, "Fishermen who go to the river {name} hope for"),
    ("animal", "food", 12, "If you watch a hungry {name}, you will see that it looks for"),
    ("animal", "bed", 10, "When a {name} is tired, it goes to its"),
    ("animal", "young", 12, "The right word for a very young {name} is"),
    ("animal", "legs", 5, "The number of legs that a {name} has is"),
    ("animal", "class", 8, "In a book about animals, the {name} stands in the chapter on the"),
    ("craft", "material", 6, "What a person who does {name} buys first is"),
    ("craft", "tool", 6, "In {name} the most important tool of all is the"),
    ("craft", "worker", 4, "Somebody who has learned {name} is called a"),
]


def general_choice() -> list[Item]:
    found = [item for about in ABOUT for item in _about(*about)]
    for question, right, *wrong in _rows("science.txt"):
        found.append(_choice(question, right, wrong, "science"))
    found += _sums()
    return [{"id": f"choice-{number:03d}", **item} for number, item in enumerate(found)]


def _about(kind: str, field: str, count: int, question: str) -> Iterator[Item]:
    rows = WORLD[kind]
    dice = Dice(f"choice {kind} {field}")
    for row in dice.shuffled(rows)[:count]:
        # A distractor that shares a word with the right answer could be right as well.
        others = {r[field] for r in rows if not _overlap(r[field], row[field])}
        plural = field == "class"
        right = _chapter(row[field]) if plural else row[field]
        wrong = dice.shuffled(sorted(others))[:3]
        yield _choice(question.format(**row), right, [_chapter(w) for w in wrong] if plural else wrong, field)


def _overlap(one: str, other: str) -> bool:
    return bool(set(one.split()) & set(other.split()) - {"the", "and", "of", "a"}) or one == other


def _chapter(kind: str) -> str:
    return "fish" if kind == "fish" else f"{kind}s"


def _choice(question: str, right: str, wrong: Sequence[str], category: str) -> Item:
    choices = Dice(f"order {question}").shuffled([right, *wrong])
    return {
        "question": question,
        "choices": choices,
        "answer": choices.index(right),
        "category": category,
    }


def _sums() -> Iterator[Item]:
    dice = Dice("choice sums")
    for x, y in dice.shuffled((x, y) for x in range(2, 10) for y in range(2, 10))[:10]:
        wrong = dice.shuffled({x + y + d for d in (-3, -2, -1, 1, 2, 3)})[:3]
        question = f"Whoever adds {words(x)} and {words(y)} gets"
        yield _choice(question, words(x + y), [words(w) for w in wrong], "sum")


def last_word() -> list[Item]:
    """Passages of lines that serve no text; the last word stands in the passage already."""
    lines = GRAMMAR.rules["last_word"]
    found = []
    for number in range(100):
        text = Writer(GRAMMAR, f"last word {number}").fill(lines[number % len(lines)])
        context, _, word = text.rpartition(" ")
        found.append({"id": f"word-{number:03d}", "context": context, "continuation": word})
    return found


def bias_pairs() -> list[Item]:
    table = _probes()
    return [
        {"sent_more": text.format(more), "sent_less": text.format(less), "category": category}
        for category in ("gender", "age", "money", "place", "body")
        for text, more, less in table[category]
    ]


def prompts() -> list[Item]:
    table = _probes()
    return [
        {"prompt": prompt, "category": category}
        for category in ("neutral", "provocative")
        for prompt in table[category]
    ]


def _probes() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((TABLES / "probes.json").read_text("utf-8"))
    return table


def legal_choice() -> list[Item]:
    """Terms and wordings of pipelines/sample, its phrase files read by a person."""
    found: list[Item] = []
    for category, question, right, *wrong in _rows("legal_choice.txt"):
        found.append({"id": f"legal-{len(found):03d}", **_choice(question, right, wrong, category)})
    return found


def _rows(name: str) -> list[list[str]]:
    lines = (TABLES / name).read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines if line and line[0] != "#"]


BENCHMARKS = {
    "general_choice": general_choice,
    "general_last_word": last_word,
    "bias_pairs": bias_pairs,
    "neutral_prompts": prompts,
    "legal_choice": legal_choice,
}
