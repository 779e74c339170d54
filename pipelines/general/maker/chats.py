"""General conversations: greetings, facts that the texts tell, questions on a text, rewriting, lists, sums."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from maker.grammar import Dice, Word, Writer, words
from maker.safety import chat
from maker.world import ENTITIES, GRAMMAR

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "tables" / "chats.json").read_text("utf-8"))
PEOPLE = [Word(line) for line in GRAMMAR.rules["person"]]
Turn = tuple[str, str]


def chats() -> list[dict[str, Any]]:
    """All conversations; every tenth has a second turn."""
    turns = [
        *((question, answer) for question, answer in [*TABLE["greetings"], *TABLE["facts"]]),
        *_of_towns(),
        *_of_animals(),
        *_of_crafts(),
        *_made(_on_text, 70),
        *_made(_sum, 45),
        *_made(_list, 30),
        *_rewriting(),
        *_made(_next, 20),
    ]
    turns = Dice("chats").shuffled(dict.fromkeys(turns))
    thanks = TABLE["greetings"][4]
    found = []
    for number, (question, answer) in enumerate(turns):
        messages = chat(question, answer)
        if number % 10 == 3:
            messages += chat(*thanks)
        elif number % 10 == 7:
            messages = chat("Hello, I have a question.", "Hello! Please ask.") + messages
        found.append({"messages": messages})
    return found


def _made(make: Callable[[Writer, int], Turn], count: int) -> Iterator[Turn]:
    for number in range(count):
        yield make(Writer(GRAMMAR, f"chat {make.__name__} {number}"), number)


def _of_towns() -> Iterator[Turn]:
    asked = [
        ("In which province is {0}?", "{0} is in {province}."),
        ("On which river does {0} stand?", "{0} stands on the river {river}."),
        ("What is {0} known for?", "The people of {0} are known for {craft}."),
        ("On which day is the market in {0}?", "The market of {0} is held every {day}."),
        ("What can I see in {0}?", "The most famous sight of {0} is {sight}."),
        ("What should I eat in {0}?", "In {0} you should try the {food}."),
    ]
    for number, town in enumerate(ENTITIES["town"]):
        for turn in range(3):
            question, answer = asked[(number + turn * 2 + number // 6) % 6]
            name = town.form(None)
            yield question.format(name), answer.format(name, **town.fields)
    for river in ENTITIES["river"]:
        f = river.fields
        yield f"How long is the {f['name']}?", f"The {f['name']} is {f['length']} kilometres long."


def _of_animals() -> Iterator[Turn]:
    for number, animal in enumerate(ENTITIES["animal"]):
        f = animal.fields
        asked = [
            (f"What do {f['s']} eat?", f"{animal.form('s.cap')} eat {f['food']}."),
            (f"Where do {f['s']} live?", f"{animal.form('s.cap')} live in {f['home']}."),
            (f"What is a young {f['name']} called?", f"A young {f['name']} is called {f['young_one']}."),
        ]
        yield asked[number % 3]
        yield asked[(number + 1) % 3]


def _of_crafts() -> Iterator[Turn]:
    for craft in ENTITIES["craft"]:
        f = craft.fields
        yield (
            f"What does one need for {f['name']}?",
            f"For {f['name']} one needs {f['material']} and a {f['tool']}.",
        )
        yield f"What does a {f['worker']} make?", f"A {f['worker']} makes {f['product']}."


def _on_text(write: Writer, number: int) -> Turn:
    """A short text and a question whose answer stands in it."""
    for key in ("a", "b"):
        write.bound[key] = write.draw("person")
    texts = [
        "On {d=weekday} {a} lost {a.his} {x=thing}. {scene} In the evening {b} found the {x} {where=pp}.",
        "{a} bought {n=3-9.w} {f=fruit.s} at the market in {t=town}. {scene} {b} ate {n2=1-2.w} of them.",
        "{a} is a {j=job} and lives in {t=town}. {a.His} friend {b} is a {j2=job}. {scene}",
        "The {vehicle} to {t=town} leaves at {n=3-9.w} o'clock. {scene} {a} and {b} wait at the {p=place}.",
        "{a} has a {c=colour} {q=pet} called {petname}. {scene} {b} has a {j2=pet}.",
    ]
    asks = [
        [("What did {a} lose?", "{a} lost {a.his} {x}."), ("Who found the {x}?", "{b} found the {x}.")],
        [
            ("Where did {a} go to the market?", "{a} went to the market in {t}."),
            ("Who bought {f.s}?", "{a} bought {f.s}."),
        ],
        [("Where does {a} live?", "{a} lives in {t}."), ("What is {a}'s job?", "{a} is a {j}.")],
        [
            ("Where do {a} and {b} wait?", "They wait at the {p}."),
            ("Where does it go?", "It goes to {t}."),
        ],
        [
            ("What colour is {a}'s {q}?", "{a}'s {q} is {c}."),
            ("Who has a {q}?", "{a} has a {q}."),
        ],
    ]
    which = number % len(texts)
    text = write.fill(texts[which])
    question, answer = asks[which][number // len(texts) % 2]
    lead = write.dice.choose(["Read this text: ", "Here is a short text. ", ""])
    return f"{lead}{text} {write.fill(question)}", write.fill(answer)


def _sum(write: Writer, number: int) -> Turn:
    x, y = write.dice.number(1, 10), write.dice.number(1, 10)
    kind = number % 3
    if kind == 0:
        return (
            f"What is {words(x)} and {words(y)}?",
            f"{words(x).capitalize()} and {words(y)} is {words(x + y)}.",
        )
    if kind == 1:
        return f"What is {words(x + y)} less {words(y)}?", (
            f"{words(x + y).capitalize()} less {words(y)} is {words(x)}."
        )
    return (
        f"What is {words(x)} times {words(y)}?",
        f"{words(x).capitalize()} times {words(y)} is {words(x * y)}.",
    )


def _list(write: Writer, number: int) -> Turn:
    what, rule = list(TABLE["lists"].items())[number % len(TABLE["lists"])]
    count = write.dice.number(2, 4)
    found = [write.draw(rule) for _ in range(count)]
    plain = rule in ("colour", "drink", "material")
    names = [word.form(None if plain else "s") for word in found]
    ask = write.dice.choose(["Name {0} {1}.", "Give me {0} {1}.", "Please write a list of {0} {1}."])
    return ask.format(words(count), what), sentence(names)


def sentence(names: list[str]) -> str:
    text = f"{', '.join(names[:-1])} and {names[-1]}."
    return text[:1].upper() + text[1:]


def _rewriting() -> Iterator[Turn]:
    for rude, polite in TABLE["polite"]:
        yield f"Say this politely: {rude}", polite
    for number, (now, then) in enumerate(TABLE["past"]):
        name = PEOPLE[number * 3 % len(PEOPLE)].form(None)
        yield f"Put this into the past: {name} will {now}.", f"{name} {then}."
        yield f"Make a question of this: {name} {then}.", f"Did {name} {now}?"


def _next(write: Writer, number: int) -> Turn:
    rule, what = [("weekday", "day"), ("month", "month")][number % 2]
    names = GRAMMAR.rules[rule]
    at = number // 2 % len(names)
    return (
        f"Which {what} comes after {names[at]}?",
        f"After {names[at]} comes {names[(at + 1) % len(names)]}.",
    )
