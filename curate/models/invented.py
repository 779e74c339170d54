"""Invented text with invented names, labelled, for `train_names`: contracts, opinions, letters, notices, chat.

A template is a sentence with {slots}; `documents` fills them by a seeded generator. A text is given as pieces
(string, label); labels are PERSON, TITLE (before or behind a person), ORG, LOC, NRP, DATETIME, CODE, QUANTITY,
ADDRESS or "". A third of the people have names that no list holds, made of parts of others, so that what is learnt
is more than the lists.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from curate.models.invented_bodies import Bodies
from curate.models.invented_numbers import Numbers
from curate.models.invented_people import People, Piece
from curate.models.invented_templates import TEMPLATES

Slots = tuple[People, Bodies, Numbers]
_SLOT = re.compile(r"\{(\w+)\}")


def _slots(rng: random.Random) -> Slots:
    people = People(rng)
    return people, Bodies(rng, people), Numbers(rng, people)


def fill(template: str, slots: Slots) -> list[Piece]:
    """The pieces of a template, each {slot} made by the method of that name."""
    out, at = [], 0
    for found in _SLOT.finditer(template):
        maker = next(maker for maker in slots if hasattr(maker, found[1]))
        out += [(template[at : found.start()], ""), *getattr(maker, found[1])()]
        at = found.end()
    return [piece for piece in [*out, (template[at:], "")] if piece[0]]


def documents(count: int, seed: int = 0) -> Iterator[list[list[Piece]]]:
    """`count` invented documents, each a list of paragraphs of 1 to 3 sentences; some with lines broken or numbered."""
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.choice(sorted(TEMPLATES))
        slots, broken = _slots(rng), rng.random() < 0.3
        paragraphs = []
        for _ in range(rng.randint(4, 10)):
            sentences: list[Piece] = []
            for k in range(rng.choice([1, 1, 2, 3])):
                template = rng.choice(TEMPLATES[kind])
                sentences += ([(" ", "")] if k else []) + fill(template, slots)
            paragraphs.append(
                [(_broken(text, rng), label) for text, label in sentences] if broken else sentences
            )
        yield paragraphs


def _broken(text: str, rng: random.Random) -> str:
    """`text` with some spaces made line breaks, as they stand in opinions: indented, or with a number of the line."""
    words = text.split(" ")
    out = words[0]
    for word in words[1:]:
        chance = rng.random()
        if chance < 0.06:
            out += "\n" + " " * rng.choice([0, 0, 4])
        elif chance < 0.09:
            out += f"\n{rng.randint(1, 28):>2}   "
        else:
            out += "  " if chance > 0.95 else " "
        out += word
    return out
