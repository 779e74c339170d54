"""Whether mentions of one entity get one replacement: `python -m benchmarks.pii_consistency DATA [OUT.json]`.

The annotated court cases (`pii/tab_echr.jsonl.gz`) tell which mentions are one entity. Counted are, by type of entity:
entities with several mentions (`several`), in how many of them all mentions get one replacement (`one`); those whose
mentions are written in several ways (`varied`, `varied_one`); entities whose replacement no other entity of the type
in the document has (`apart`, of `entities`), where entities that are written alike are left aside, as no spelling
tells them apart. Of those that share a replacement, `state` do so with mentions of the same state or its government
alone, and `short` with longer or shorter forms of the same name alone ("Regional Court" and "Warsaw Regional Court (Sąd
Wojewódzki)"): both the annotators take for one entity in some documents and for two in others. Then what becomes of
invented words, and how fast texts are replaced in each mode on one core.
"""

from __future__ import annotations

import gzip
import json
import platform
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from curate.pii.folding import fold
from curate.pii.identity import identify
from curate.pii.kinds.countries import country_of
from curate.pii.pseudonyms import Pseudonyms
from curate.pii.replace import Replacer
from curate.pii.spans import Span

#: Folded text, our number, the country that it is or whose government it is.
Mention = tuple[str, int, str]
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


def consistency(path: Path) -> dict[str, Counter[str]]:
    """The counts of the module's docstring, by type and over all ("all")."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, text, spans, gold in documents(path):
        replaced = Replacer("tag", b"benchmark").replace(text, spans, name)
        mentions: dict[tuple[str, str], list[Mention]] = defaultdict(list)
        for span, entity, new in zip(spans, gold, replaced.spans):
            shown = text[span.start : span.end]
            mentions[span.entity, entity].append((fold(shown), new.number, country_of(shown)))
        for kind, entity in mentions:
            told = _told(mentions, kind, entity)
            for row in (kind, "all"):
                counts[row] += told
    return dict(counts)


def _told(mentions: dict[tuple[str, str], list[Mention]], kind: str, entity: str) -> Counter[str]:
    some = mentions[kind, entity]
    ours = {number for _, number, _ in some}
    written = {shown for shown, _, _ in some}
    countries = {country for _, _, country in some if country}
    others = [
        m
        for (k, e), rest in mentions.items()
        if k == kind and e != entity
        for m in rest
        if m[0] not in written
    ]
    shared = [m for m in others if m[1] in ours]
    state = bool(shared) and all(m[2] in countries for m in shared)
    short = bool(shared) and not state and all(any(_within(m[0], shown) for shown in written) for m in shared)
    told = Counter(entities=1, apart=int(not shared), state=int(state), short=int(short))
    if len(some) > 1:
        one, varied = len(ours) == 1, len(written) > 1
        told += Counter(several=1, one=int(one), varied=int(varied), varied_one=int(varied and one))
    return told


def _within(one: str, other: str) -> bool:
    """Whether all words of one name are in the other; possessives and articles aside."""
    a, b = (
        {w.removesuffix("'s") for w in re.findall(r"[\w']+", text)} - {"the", "of"} for text in (one, other)
    )
    return a <= b or b <= a


def speed(path: Path) -> dict[str, dict[str, float]]:
    """By mode: microseconds a finding, and MB/s of a text with one finding in 200 bytes; lists and caches loaded."""
    told = {}
    some = list(documents(path))
    findings = sum(len(spans) for _, _, spans, _ in some)
    for mode in ("tag", "hash", "mask", "pseudonym"):
        replacer = Replacer(mode, b"benchmark")
        for _ in range(2):
            start = time.process_time()
            for name, text, spans, _ in some:
                replacer.replace(text, spans, name)
            each = (time.process_time() - start) / findings * 1e6
        told[mode] = {"us_a_finding": round(each, 1), "mb_s_at_one_in_200": round(200 / each, 1)}
    return told


def pseudonyms(path: Path) -> dict[str, float]:
    """Over the cases: surnames and words of places and organisations that made way for another one, of all invented;
    findings whose replacement holds a word of the original; findings with one replacement under two keys."""
    found_all = moved = made = held = equal = given = 0
    for name, text, spans, _ in documents(path):
        found = identify(text, spans)
        one, two = (Pseudonyms(key, found, name, "document") for key in (b"one", b"two"))
        for finding in found:
            new, other = one.of(finding), two.of(finding)
            found_all += 1
            if new is None:
                continue
            given += 1
            equal += new == other
            held += new == finding.text
        moved += one.moved
        made += len(one.names.made) + len(one.places.made)
    return {
        "findings": found_all, "invented": given, "words": made, "words_moved": moved, "as_original": held,
        "equal_under_two_keys": equal,
    }  # fmt: skip


def main() -> None:
    path = Path(sys.argv[1]) / "pii/tab_echr.jsonl.gz"
    told: dict[str, object] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "consistency": {kind: dict(counts) for kind, counts in sorted(consistency(path).items())},
        "pseudonyms": pseudonyms(path),
        "speed": speed(path),
    }
    text = json.dumps(told, indent=1)
    print(text)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
