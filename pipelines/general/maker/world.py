"""Alderland: its towns, rivers, animals and crafts, read from world.txt, and the grammar that speaks of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from maker.grammar import Grammar, Word, article, plural, read_rules

HERE = Path(__file__).parent


def read_world(path: Path) -> dict[str, list[dict[str, str]]]:
    """Kind -> its entities, each a row of named fields."""
    found: dict[str, list[dict[str, str]]] = {}
    kind, head = "", list[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            kind, head = line[1:-1], []
            found[kind] = []
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if not head:
            head = cells
        else:
            found[kind].append(dict(zip(head, cells, strict=True)))
    return found


WORLD = read_world(HERE / "world.txt")
RULES = read_rules(HERE / "phrases")


def listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _told(kind: str, row: dict[str, str]) -> Word:
    fields = dict(row)
    if kind == "animal":
        fields["class_a"] = f"{article(row['class'])} {row['class']}"
        fields["classes"] = "fish" if row["class"] == "fish" else plural(row["class"])
        fields["youngs"] = {"larva": "larvae", "fry": "fry", "calf": "calves", "puppy": "puppies"}.get(
            row["young"], plural(row["young"])
        )
        fields["time_in"] = {"night": "dark", "day": "daytime", "evening": "evening"}[row["time"]]
        fields["one"] = f"{article(row['name'])} {row['name']}"
        fields["young_one"] = f"{article(row['young'])} {row['young']}"
    return Word(row["name"], fields)


ENTITIES = {kind: [_told(kind, row) for row in rows] for kind, rows in WORLD.items()}
GRAMMAR = Grammar(RULES, ENTITIES)


def towns_with(field: str, value: str) -> list[str]:
    return [town["name"] for town in WORLD["town"] if town[field] == value]
