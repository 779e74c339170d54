"""What a corpus job must notice: foreign texts, low quality, benchmark questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maker.writer import PHRASES, Dice

#: File -> questions with answers.
BENCHMARKS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "benchmarks.json").read_text()
)

LANGUAGES = ["de", "fr", "es"]

LOREM = """lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et
dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo"""


def benchmark_text(item_id: str) -> str:
    """The question and its answer in one paragraph, as they are planted in a document."""
    items = [item for file in BENCHMARKS.values() for item in file]
    item = next(item for item in items if item["id"] == item_id)
    return f"{item['question']} {item['answer']}"


def foreign(language: str, number: int) -> tuple[str, list[str]]:
    """Title and five paragraphs in German (de), French (fr) or Spanish (es), of three texts that share few."""
    paragraphs = PHRASES[language]
    chosen = ((0, 1, 2, 3, 4), (4, 5, 6, 7, 0), (6, 2, 7, 3, 5))[number]
    return PHRASES[f"{language}_title"][number], [paragraphs[i] for i in chosen]


def lorem(seed: str) -> str:
    words = LOREM.split()
    dice = Dice(f"lorem {seed}")
    sentences = [" ".join(dice.choose(words) for _ in range(dice.number(8, 16))) + "." for _ in range(30)]
    return "Lorem ipsum dolor sit amet. " + " ".join(s.capitalize() for s in sentences)


def numbers(seed: str, rows: int = 60) -> str:
    dice = Dice(f"numbers {seed}")
    return "\n".join(
        "  ".join(f"{dice.number(0, 99999):>7,}.{dice.number(0, 99):02d}" for _ in range(6))
        for _ in range(rows)
    )


def repeated(seed: str) -> str:
    """One line of a form over and over."""
    line = Dice(f"repeated {seed}").choose(
        ["[This page intentionally left blank]", "Reserved for future use."]
    )
    return "\n".join([line] * 70)


def boilerplate(rule: str) -> str:
    """A page of menus and notices with no article in it."""
    links = " | ".join(PHRASES[rule])
    lines = [
        f"Browse: {links}",
        "Accept all cookies | Reject | Manage preferences",
        "Subscribe to our newsletter!",
    ]
    return "\n".join(
        [*lines, "Share on: mail, print, copy link", "Back to top", "Loading ...", "Sign in to continue ..."]
        * 6
    )
