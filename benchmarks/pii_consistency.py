"""Whether mentions of one entity get one replacement: `python -m benchmarks.pii_consistency DATA [OUT.json]`.

The annotated court cases (`pii/tab_echr.jsonl.gz`) tell which mentions are one entity. Counted are, by type of entity:
entities with several mentions, in how many of them all mentions get one replacement (`one`); those whose mentions are
written in several ways (`varied`, `varied_one`); entities whose replacement no other entity of the type in the document
has (`apart`, of `entities`), leaving aside entities that are written alike, which no spelling tells apart. Then how
fast texts are replaced in each mode, on one core, and how often an invented name had to make way for another one.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.pii.folding import fold
from curate.pii.replace import Replacer
from curate.pii.spans import Span

TYPES = {
    "CODE": "DOCKET_NUMBER", "DATETIME": "DATE_TIME", "DEM": "DEMOGRAPHIC", "LOC": "LOCATION", "ORG": "ORGANIZATION",
}  # fmt: skip


def documents(path: Path) -> Iterator[tuple[str, str, list[Span], list[str]]]:
    """Id, text, spans and the annotators' entity of each span; of spans that overlap the longer one stays."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            made: list[tuple[Span, str]] = []
            entities = record["entities"]
            for e in sorted(entities, key=lambda e: (e["start_offset"], -e["end_offset"])):
                if not made or e["start_offset"] >= made[-1][0].end:
                    kind = TYPES.get(e["entity_type"], e["entity_type"])
                    made.append((Span(e["start_offset"], e["end_offset"], kind, 1.0), e["entity_id"]))
            yield str(record["metadata"])[:40], record["text"], [s for s, _ in made], [i for _, i in made]


def consistency(path: Path, mode: str = "tag") -> dict[str, Counter[str]]:
    """The counts of the module's docstring, by type and over all ("all")."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, text, spans, gold in documents(path):
        replaced = Replacer(mode, b"benchmark").replace(text, spans, name)
        mentions: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for span, entity, new in zip(spans, gold, replaced.spans):
            mentions[span.entity, entity].append(
                (fold(text[span.start : span.end]), f"{new.entity}{new.number}")
            )
        for (kind, entity), some in mentions.items():
            told = _told(mentions, kind, entity, some)
            for row in (kind, "all"):
                counts[row] += told
    return dict(counts)


def _told(
    mentions: dict[tuple[str, str], list[tuple[str, str]]], kind: str, entity: str, some: list[Any]
) -> Counter[str]:
    ours = {new for _, new in some}
    written = {shown for shown, _ in some}
    others = {
        new
        for (k, e), rest in mentions.items()
        if k == kind and e != entity
        for shown, new in rest
        if shown not in written
    }
    told = Counter(entities=1, apart=int(not ours & others))
    if len(some) > 1:
        varied = len(written) > 1
        told += Counter(
            several=1, one=int(len(ours) == 1), varied=int(varied), varied_one=int(varied and len(ours) == 1)
        )
    return told


def main() -> None:
    path = Path(sys.argv[1]) / "pii/tab_echr.jsonl.gz"
    for kind, told in sorted(consistency(path).items()):
        print(kind, dict(told))


if __name__ == "__main__":
    main()
