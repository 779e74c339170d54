"""Legal false alarms on real text: findings before and after `suppress`, by entity and by rule, and what it costs.

    python benchmarks/pii_legal.py

Writes its tables into docs/pii_legal.md and its figures into benchmarks/results/pii_legal.json. Each set gives the
first 20,000 characters of documents drawn with a fixed seed, SIZE characters at most. The last figure takes the
annotated court cases: of the spans that people marked for masking, how many the rules would take away.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from legal_sets import DATA, sets
from tables import put, table

from curate.pii.legal import suppress
from curate.pii.names import Names
from curate.pii.predefined import presidio_recognizers
from curate.pii.presets import PRESETS
from curate.pii.recognisers import entities, legal_recognizers, narrow
from curate.pii.scan import Scanner
from curate.pii.spans import Span

ROOT = Path(__file__).resolve().parents[1]
DOC = ROOT / "docs" / "pii_legal.md"
RESULT = ROOT / "benchmarks" / "results" / "pii_legal.json"
CHOSEN = (
    "opinions (US appellate)",
    "contracts (EDGAR)",
    "contracts (CUAD)",
    "terms of service",
    "code sections (DC)",
)
SIZE = 600_000
#: Entities of the annotated cases, by the names that the step gives them.
GOLD = {
    "LOC": "LOCATION",
    "ORG": "ORGANIZATION",
    "DATETIME": "DATE_TIME",
    "CODE": "DOCKET_NUMBER",
    "DEM": "DEMOGRAPHIC",
}


def main() -> None:
    scanner = Scanner([*presidio_recognizers("en"), *legal_recognizers(entities(), "en")])
    tagger = Names(None)
    before: Counter[tuple[str, str]] = Counter()
    after: Counter[tuple[str, str]] = Counter()
    rules: dict[str, Counter[str]] = {preset: Counter() for preset in PRESETS}
    seconds = dict.fromkeys(PRESETS, 0.0)
    millions: dict[str, float] = {}
    for name, texts in samples():
        millions[name] = sum(map(len, texts)) / 1e6
        found = scanned(scanner, tagger, texts)
        for preset, least in PRESETS.items():
            for text, spans in zip(texts, found):
                wanted = [s for s in spans if s.score >= least.get(s.entity, 2.0)]
                began = time.process_time()
                kept, gone = suppress(text, wanted)
                seconds[preset] += time.process_time() - began
                rules[preset].update(gone)
                if preset == "anonymise":
                    before.update((name, s.entity) for s in wanted)
                    after.update((name, s.entity) for s in kept)
    total = sum(millions.values())
    write_findings(before, after, millions)
    put(DOC, "rules", table(["rule", *PRESETS], rule_rows(rules)))
    speeds = {preset: round(total / spent, 1) for preset, spent in seconds.items()}
    put(DOC, "cost", table(["preset", "characters, million", "suppress, million characters a second"],
                           [[preset, f"{total:.2f}", speed] for preset, speed in speeds.items()]))  # fmt: skip
    marked, lost = annotated()
    rows = [[kind, marked[kind], lost[kind]] for kind in ("DIRECT", "QUASI", "NO_MASK")]
    put(DOC, "annotated", table(["identifier", "marked spans", "taken away by a rule"], rows))
    counts = {" / ".join(key): [before[key], after[key]] for key in sorted(before)}
    figures = {"million_characters": millions, "million_characters_per_second": speeds, "rules": rules}
    RESULT.write_text(
        json.dumps(figures | {"findings": counts, "marked": marked, "lost": lost}, indent=1) + "\n"
    )


def samples() -> list[tuple[str, list[str]]]:
    """The first 20,000 characters of documents of each chosen set, in an order drawn with a fixed seed."""
    out = []
    for name, documents in sets():
        if name not in CHOSEN:
            continue
        random.Random(7).shuffle(documents)
        texts, size = [], 0
        for _, text in documents:
            texts.append(text[:20_000])
            size += len(texts[-1])
            if size >= SIZE:
                break
        out.append((name, texts))
    return out


def scanned(scanner: Scanner, tagger: Names, texts: Sequence[str]) -> list[list[Span]]:
    """All findings of each text, numbers narrowed."""
    pairs = zip(texts, scanner.scan(texts), tagger.find(texts))
    return [sorted([*narrow(text, spans), *names]) for text, spans, names in pairs]


def write_findings(
    before: Counter[tuple[str, str]], after: Counter[tuple[str, str]], millions: dict[str, float]
) -> None:
    """Findings per million characters, before and after, by entity and set."""
    kinds = sorted({entity for _, entity in before}, key=lambda e: -sum(before[n, e] for n in millions))
    rows = [
        [entity] + [f"{before[n, entity] / m:.0f} → {after[n, entity] / m:.0f}" for n, m in millions.items()]
        for entity in kinds
    ]
    put(DOC, "findings", table(["entity", *millions], rows))


def rule_rows(rules: dict[str, Counter[str]]) -> list[list[object]]:
    """How many findings went by each rule."""
    names = sorted(set().union(*rules.values()), key=lambda name: -rules["anonymise"][name])
    return [[name, *(rules[preset][name] for preset in rules)] for name in names]


def annotated() -> tuple[Counter[str], Counter[str]]:
    """Marked spans of the annotated court cases by identifier type, and how many of them the rules take away."""
    marked: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    with gzip.open(DATA.parent / "pii" / "tab_echr.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            gold = {
                Span(m["start_offset"], m["end_offset"], GOLD.get(m["entity_type"], m["entity_type"]), 1.0): m
                for m in document["entities"]
            }
            kept = set(suppress(document["text"], gold)[0])
            marked.update(m["identifier_type"] for m in gold.values())
            lost.update(m["identifier_type"] for span, m in gold.items() if span not in kept)
    return marked, lost


if __name__ == "__main__":
    main()
