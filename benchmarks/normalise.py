"""`normalise` against ftfy on every document: `python -m benchmarks.normalise DATA [OUT.json]`.

Speeds are per second of processor time, all threads together.

For each set: MB/s of our step on the texts as published and on its own output (clean text), MB/s of ftfy's
`fix_text` with the same options and of ftfy as it comes, and whether the step's result equals ftfy with the same
options on every document followed by plain-Python tidying (it must).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ftfy
import polars as pl

from curate import step
from curate.steps.normalise import normalise

SETS = [
    "legal/contracts_edgar.jsonl.gz",
    "legal/us_federal_appellate_opinions.jsonl.gz",
    "legal/ie_acts_md.jsonl.gz",
    "legal/terms_of_service_md.jsonl.gz",
    "legal_nonenglish/de_gesetze.jsonl.gz",
    "legal_nonenglish/fr_codes_md.jsonl.gz",
    "legal_nonenglish/ca_andorra.jsonl.gz",
    "legal_nonenglish/pt_lener_raw.jsonl.gz",
    "general/openstax_sociology.jsonl.gz",
]
BATCH_BYTES = 8_000_000
SAME = ftfy.TextFixerConfig(
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
)


def plain(text: str) -> str:
    """What the step must return, from ftfy and regular expressions."""
    markup = re.search(r"<(/?[A-Za-z][A-Za-z0-9]*(\s[^<>]*)?/?>|!--)", text) is not None
    text = ftfy.fix_text(text, SAME._replace(unescape_html=not markup))
    removed = "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\u206a-\u206f\ufeff\ufff9-\ufffc]"
    text = re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", re.sub(removed, "", text))
    text = re.sub("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]", " ", text)
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return unicodedata.normalize("NFC", re.sub("\n{4,}", "\n\n\n", text).strip("\n"))


def batches(texts: list[str]) -> list[pl.DataFrame]:
    """`texts` as batches of about BATCH_BYTES."""
    frame = pl.DataFrame({"text": texts})
    part = frame["text"].str.len_bytes().cum_sum() // BATCH_BYTES
    return [one.select("text") for one in frame.with_columns(part=part).partition_by("part")]


def timed(work: Callable[[], Any], size: float, repeats: int = 5) -> float:
    """MB per second of processor time, the best of `repeats`."""
    best = float("inf")
    for _ in range(repeats):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return round(size / best, 1)


def main(data: str, out: str = "") -> None:
    table: dict[str, dict[str, Any]] = {}
    list(normalise(iter(batches(["warm up é"]))))
    for name in SETS:
        with gzip.open(Path(data) / name) as file:
            texts = [json.loads(line)["text"] for line in file]
        raw = batches(texts)
        size = sum(len(text.encode()) for text in texts) / 1e6
        clean = list(normalise(iter(raw)))
        some = texts[: max(1, int(len(texts) * 2 / max(2, size)))]  # about 2 MB for the slow ones
        part = sum(len(text.encode()) for text in some) / 1e6
        counts: Counter[str] = Counter()
        token = step._counts.set(counts)
        list(normalise(iter(raw)))
        step._counts.reset(token)
        table[name] = {
            "MB": round(size, 1),
            "normalise": timed(lambda raw=raw: list(normalise(iter(raw))), size),
            "normalise, clean text": timed(lambda clean=clean: list(normalise(iter(clean))), size),
            "ftfy, same options": timed(lambda some=some: [ftfy.fix_text(t, SAME) for t in some], part, 1),
            "ftfy": timed(lambda some=some: [ftfy.fix_text(t) for t in some], part, 1),
            "different": sum(a != plain(b) for a, b in zip(pl.concat(clean)["text"], texts)),
            "documents": len(texts),
            "changed": dict(counts),
        }
    columns = [key for key in next(iter(table.values())) if key != "changed"]
    print(f"| set | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name, row in table.items():
        print(f"| {name} | {' | '.join(str(row[key]) for key in columns)} |")
    if out:
        Path(out).write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
