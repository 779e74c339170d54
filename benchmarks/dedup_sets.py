"""The labelled sets of duplicates, as frames of (id, text) and the pairs that are (or are not) the same document."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "dedup"

Pairs = set[frozenset[str]]


def articles() -> tuple[pl.DataFrame, Pairs]:
    """1,000 news articles with ten planted, reworded copies."""
    with gzip.open(
        DATA / "minhash_articles_1000.train.gz", "rt", encoding="utf-8", errors="replace"
    ) as lines:
        rows = [line.rstrip("\n").partition(" ")[::2] for line in lines]
    truth = {
        frozenset(line.split()) for line in (DATA / "minhash_articles_1000.truth").read_text().splitlines()
    }
    return pl.DataFrame(rows, schema=["id", "text"], orient="row"), truth


def editions() -> tuple[pl.DataFrame, Pairs]:
    """Editions of two books: every pair within a folder is the same book."""
    rows = [
        (name, _decoded(data))
        for name, data in _members("gutenberg_editions.tar.gz")
        if name.endswith(".txt")
    ]
    same = {
        frozenset((a, b))
        for (a, _), (b, _) in itertools.combinations(rows, 2)
        if a.split("/")[0] == b.split("/")[0]
    }
    return pl.DataFrame(rows, schema=["id", "text"], orient="row"), same


def answers() -> tuple[pl.DataFrame, dict[str, Pairs]]:
    """Short answers beside the article that they may have been taken from, by how much they were."""
    files = dict(_members("short_answer_plagiarism.tar.gz"))
    table = csv.DictReader(io.StringIO(_decoded(files.pop("file_information.csv"))))
    by: dict[str, Pairs] = {}
    for row in table:
        if row["Category"] != "orig" and row["File"] in files:
            by.setdefault(row["Category"], set()).add(frozenset((row["File"], f"orig_task{row['Task']}.txt")))
    rows = [(name, _decoded(data)) for name, data in files.items()]
    return pl.DataFrame(rows, schema=["id", "text"], orient="row"), by


def plagiarism() -> tuple[pl.DataFrame, dict[str, Pairs]]:
    """Sentence pairs of PAN, label 1: one is taken from the other, often reworded."""
    with gzip.open(DATA / "pan_paraphrase_train.jsonl.gz") as lines:
        records = [json.loads(line) for line in lines]
    return _sentences((str(r["label"]), r["s1"], r["s2"]) for r in records)


def paraphrases() -> tuple[pl.DataFrame, dict[str, Pairs]]:
    """Sentence pairs of Microsoft's corpus, quality 1: the same meaning in other words."""
    with gzip.open(DATA / "msr_paraphrase_train.txt.gz", "rt", encoding="utf-8-sig") as lines:
        rows = [line.rstrip("\n").split("\t") for line in itertools.islice(lines, 1, None)]
    return _sentences((row[0], row[3], row[4]) for row in rows)


def _sentences(labelled: Iterator[tuple[str, str, str]]) -> tuple[pl.DataFrame, dict[str, Pairs]]:
    ids: dict[str, str] = {}
    by: dict[str, Pairs] = {}
    for label, a, b in labelled:
        if a != b:
            pair = frozenset(ids.setdefault(text, str(len(ids))) for text in (a, b))
            by.setdefault(label, set()).add(pair)
    return pl.DataFrame({"id": list(ids.values()), "text": list(ids)}), by


def _members(name: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(DATA / name) as archive:
        for member in archive:
            if member.isfile():
                handle = archive.extractfile(member)
                assert handle is not None
                yield member.name.removeprefix("./"), handle.read()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
