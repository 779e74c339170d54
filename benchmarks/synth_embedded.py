"""What the embedded generator finds in the real legal sets, and how fast: `python -m benchmarks.synth_embedded`.

Every STEP-th document of every set is mined with all kinds, in one process. Seconds are processor seconds, reading and
one document to warm up left out. Figures go to benchmarks/results/synth_embedded.json, tables to the page in docs.
`--sample N --seed S` prints N rows of each kind instead, from different documents and sets in turn, to be read by hand.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from itertools import zip_longest
from pathlib import Path

from benchmarks.legal_sets import DATA, JSONL, sets
from benchmarks.tables import put, table
from synth.mine import kinds, mine
from synth.mine.passages import passages
from synth.samples import Sample

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "synth_embedded.md"
RESULT = ROOT / "benchmarks" / "results" / "synth_embedded.json"
STEP = 4

Found = dict[str, list[tuple[str, str, Sample]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="print so many rows of each kind")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    documents = [document for name, all_ in named() for document in draw(name, all_, args.seed)]
    found: Found = defaultdict(list)
    list(mine("warm", documents[0][3], source="warm"))
    began = time.process_time()
    for source, key, title, text in documents:
        for sample in mine(key, text, source=source, title=title):
            found[sample.kind].append((source, key, sample))
    seconds = time.process_time() - began
    if args.sample:
        show(found, args.sample, args.seed)
    else:
        tell(documents, found, seconds)


def named() -> list[tuple[str, list[tuple[str, str, str | None, str]]]]:
    """Every set with (set, id, title or None, text) of its documents."""
    titles: dict[tuple[str, str], str | None] = {}
    for name, file in JSONL.items():
        with gzip.open(DATA / f"{file}.jsonl.gz") as lines:
            for record in map(json.loads, lines):
                title = record.get("case") or record.get("title")
                service = f"{record.get('service')} {record.get('doc_type')}" if "service" in record else None
                titles[name, str(record["id"])] = title or service
    return [
        (name, [(name, key, titles.get((name, key)), text) for key, text in all_]) for name, all_ in sets()
    ]


def draw(
    name: str, documents: list[tuple[str, str, str | None, str]], seed: int
) -> list[tuple[str, str, str | None, str]]:
    """Every STEP-th document of a set in an order that the seed decides."""
    random.Random(f"{name}{seed}").shuffle(documents)
    return documents[::STEP]


def tell(documents: list[tuple[str, str, str | None, str]], found: Found, seconds: float) -> None:
    rows = sum(map(len, found.values()))
    megabytes = sum(len(text.encode()) for *_, text in documents) / 1e6
    began = time.process_time()
    pieces = sum(1 for source, key, title, text in documents for _ in passages(key, text))
    cutting = time.process_time() - began
    openings = Counter(" ".join(s.prompt[0].content.split()[:3]) for all_ in found.values() for *_, s in all_)
    figures = {
        "documents": len(documents),
        "megabytes": round(megabytes, 1),
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_minute": round(rows / seconds * 60),
        "megabytes_per_second": round(megabytes / seconds, 2),
        "passages": pieces,
        "passages_megabytes_per_second": round(megabytes / cutting, 1),
        "most_frequent_opening": openings.most_common(1)[0][1] / rows,
        "by_kind": {kind: len(found[kind]) for kind in kinds()},
    }
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    names = list(dict.fromkeys(source for source, *_ in documents))
    counts = Counter((kind, source) for kind, all_ in found.items() for source, *_ in all_)
    lines = [[kind, len(found[kind]), *(counts[kind, name] for name in names)] for kind in kinds()]
    put(PAGE, "rows", table(["kind", "rows", *names], lines))
    put(PAGE, "kinds", table(["kind", "what"], kinds().items()))
    print(json.dumps(figures))


def show(found: Found, count: int, seed: int) -> None:
    """`count` rows of each kind, the sets taking turns, no document twice."""
    number = 0
    for kind in kinds():
        by_set: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
        for source, key, sample in found[kind]:
            by_set[source][key].append(sample)
        chance = random.Random(f"{kind}{seed}")
        queues = [[chance.choice(rows) for _, rows in sorted(of.items())] for _, of in sorted(by_set.items())]
        for queue in queues:
            chance.shuffle(queue)
        turns = [sample for row in zip_longest(*queues) for sample in row if sample is not None]
        for sample in turns[:count]:
            number += 1
            print(f"\n=== {number} {kind} {sample.evidence[0].document}")
            for message in sample.prompt:
                print(f"{message.role}: {message.content}")
            answers = {"completion": sample.completion, "chosen": sample.chosen, "rejected": sample.rejected}
            print(*(f"{name}: {text}" for name, text in answers.items() if text), sep="\n")


if __name__ == "__main__":
    main()
