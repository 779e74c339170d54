"""Honest sets and collapsed generators under the echo-chamber gates: `python -m benchmarks.echo_chamber`,
with `--tables` from the figures that are there.

Tables go to docs/echo_chamber.md, figures to benchmarks/results/echo_chamber.json. A set is compared with the human
corpus of its domain. Takes about ten minutes on one core.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import echo_sets as sets
from benchmarks.tables import put, table
from synth.gates import Gates, judge
from synth.measures.compare import Measure, measures

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "echo_chamber.md"
RESULTS = ROOT / "benchmarks" / "results" / "echo_chamber.json"
ROUNDS = 5
#: What a table shows of a field, each as a multiple of the human value but for those marked "=".
SHOWN = [
    "distinct_1", "distinct_2", "distinct_3", "entropy_1", "entropy_2", "compression_ratio", "self_bleu", "vendi",
    "=top_opening", "=near_duplicates", "=copied_ngrams", "=copied_runs",
]  # fmt: skip


def every() -> Iterator[tuple[str, bool | None, str, list[sets.Row]]]:
    """Name, whether it is honest (None: on its way to collapse), domain and rows of each set."""
    documents, general = sets.legal_documents(), sets.general_corpus()
    honest: dict[str, tuple[str, list[sets.Row]]] = {}
    for name, rows in sets.instructions():
        honest[name] = "general", [row for row in rows if row[1].strip()]
    honest["oral arguments (people)"] = "court", sets.arguments()
    honest["mined (embedded)"] = "legal", sets.mined(documents[1::2])
    for name, (domain, rows) in honest.items():
        yield name, True, domain, rows
    for domain, seed, texts in (
        ("general", honest["alpaca demo (model)"][1], general),
        ("court", honest["oral arguments (people)"][1], sets.court_corpus()),
    ):
        rng = random.Random(7)
        yield f"templates, {domain}", False, domain, sets.templates(seed, rng)
        yield f"twenty answers, {domain}", False, domain, sets.few_answers(seed, rng)
        yield f"copies, {domain}", False, domain, sets.copies(texts, seed, rng)
        yield f"shuffled, {domain}", False, domain, sets.shuffles(seed, rng)
        for sharp in (1.0, 1.5):
            for number, rows in enumerate(sets.self_fed(seed, rng, ROUNDS, sharp), 1):
                told = f"self-fed, {domain}, temperature {1 / sharp:.2g}, round {number}"
                yield told, None if number < ROUNDS else False, domain, rows
    yield "one document, legal", False, "legal", sets.one_topic(documents, random.Random(7))


def main() -> None:
    if "--tables" not in sys.argv:
        measured()
    found = json.loads(RESULTS.read_text())
    for row in found:
        row["refused"] = refused(row)
    for field in ("answer", "prompt"):
        shown = [name for name in SHOWN if field == "answer" or "copied" not in name]
        put(
            PAGE,
            field,
            table(["set", *(s.lstrip("=") for s in shown)], [line(row, field, shown) for row in found]),
        )
    verdicts = [[named(r), r["rows"], ratio(r, "sample.topic_coverage"), told(r["refused"])] for r in found]
    put(PAGE, "verdicts", table(["set", "rows", "topic coverage", "gates that say no"], verdicts))
    wrong = [r["set"] for r in found if r["honest"] is not None and r["honest"] != (not r["refused"])]
    print("wrong:", ", ".join(wrong) or "none")


def measured() -> None:
    """Measure every set; figures are written as they come."""
    corpora = {
        "general": sets.general_corpus(),
        "legal": sets.legal_documents(),
        "court": sets.court_corpus(),
    }
    found: list[dict[str, Any]] = []
    for name, honest, domain, rows in every():
        began = time.process_time()
        values = {
            f"{m.field}.{m.name}": [v if v is None else round(v, 5) for v in (m.value, m.human)]
            for m in measures(sets.frame(rows), corpora[domain])
        }
        seconds = round(time.process_time() - began, 1)
        found.append({"set": name, "honest": honest, "rows": len(rows), "seconds": seconds} | values)
        print(name, len(rows), f"{seconds} s", file=sys.stderr, flush=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def refused(row: dict[str, Any]) -> list[str]:
    """The gates that say no, by their defaults."""
    values = [Measure(*key.split("."), *value, ()) for key, value in row.items() if "." in key]
    return [v.gate for v in judge(sets.frame([("", "", "")]), values, Gates()) if v.passed is False]


def told(gates: list[str]) -> str:
    """The first gates that say no, answers before prompts, and how many more."""
    more = f", {len(gates) - 4} more" if len(gates) > 4 else ""
    return ", ".join(sorted(gates)[:4]) + more or "none"


def named(row: dict[str, Any]) -> str:
    """Honest sets upright, collapsed ones in italics, early rounds in brackets."""
    return {True: "{}", False: "*{}*", None: "({})"}[row["honest"]].format(row["set"])


def line(row: dict[str, Any], field: str, shown: list[str]) -> list[str]:
    """A row of a table."""
    cells = [named(row)]
    for name in shown:
        value, _ = row.get(f"{field}.{name.lstrip('=')}", [None, None])
        plain = "" if value is None else f"{value:.2f}"
        cells.append(plain if name[0] == "=" else ratio(row, f"{field}.{name}"))
    return cells


def ratio(row: dict[str, Any], name: str) -> str:
    """A measure as a multiple of the human one."""
    value, human = row.get(name, [None, None])
    return f"{value / human:.2f}" if human else ""


if __name__ == "__main__":
    main()
