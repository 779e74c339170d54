"""The texts: so many documents of each kind, each written from a seed of its own."""

from __future__ import annotations

from maker.grammar import Word, Writer
from maker.sums import sums
from maker.world import ENTITIES, GRAMMAR, listed, towns_with

#: kind -> how many documents.
COUNTS = {
    "letters": 250,
    "travel": 220,
    "recipes": 110,
    "howtos": 130,
    "stories": 420,
    "weather": 90,
    "sport": 110,
    "reviews": 150,
    "dialogues": 180,
    "science": 190,
    "sums": 50,
}
RULE = {
    "letters": "letter",
    "recipes": "recipe",
    "howtos": "howto",
    "stories": "story",
    "reviews": "review",
    "dialogues": "dialogue",
}
#: How often each entity of a kind has an entry, in other words each time.
ENTRIES = {"town": 4, "river": 4, "animal": 4, "craft": 4}


def texts() -> dict[str, list[dict[str, str]]]:
    """File name -> its documents."""
    found = {kind: [_document(kind, number) for number in range(count)] for kind, count in COUNTS.items()}
    found["encyclopaedia"] = _entries()
    return found


def _writer(seed: str) -> Writer:
    """A writer with two people and a town that stay the same throughout a document."""
    write = Writer(GRAMMAR, seed)
    for key, rule in {"a": "person", "b": "person", "town": "town"}.items():
        write.bound[key] = write.draw(rule)
    return write


def _document(kind: str, number: int) -> dict[str, str]:
    write = _writer(f"{kind} {number}")
    # Kinds of one sort of document come in turn, so that each is met as often.
    lines = GRAMMAR.rules.get(RULE.get(kind, kind), [])
    text = write.fill(lines[number % len(lines)]) if lines else sums(write)
    return record(kind, number, text)


def record(kind: str, number: int, text: str) -> dict[str, str]:
    first = text.partition("\n")[0]
    title = first if len(first) <= 70 else " ".join(first.split()[:8]).rstrip(",;:.")
    return {
        "id": f"{kind}-{number:03d}",
        "title": title.rstrip(" ."),
        "kind": kind,
        "text": text,
    }


def _entries() -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for kind, times in ENTRIES.items():
        for entity in ENTITIES[kind]:
            for turn in range(times):
                write = _writer(f"entry {kind} {entity.form(None)} {turn}")
                write.bound["e"] = entity
                if kind in ("river", "craft"):
                    write.bound["er_list"] = Word(listed(towns_with(kind, entity.form(None))))
                lines = GRAMMAR.rules[f"entry_{kind}"]
                text = write.fill(lines[(turn + len(found)) % len(lines)])
                item = record("encyclopaedia", len(found), text)
                found.append(item | {"title": entity.form("cap")})
    return found
