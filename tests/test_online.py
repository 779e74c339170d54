"""The online index: a stream finds what a run would, begins where a run ended, and serves the next."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from helpers import build, rows, write_jsonl, write_pipeline

from curate.online import OnlineIndex
from curate.steps.near_duplicates import near_duplicates

WORDS = [f"word{i}" for i in range(3000)]


def text(seed: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=150))


def test_a_stream_keeps_what_a_run_keeps() -> None:
    texts = [text(i % 20) + f" copy {i // 20}" for i in range(60)] + ["", ""]
    index, kept = OnlineIndex(), []
    for number, document in enumerate(texts):
        if not index.find(document):
            kept.append(str(number))
        index.add(str(number), document)
    frame = pl.DataFrame({"id": [str(i) for i in range(len(texts))], "text": texts})
    ordered = frame.with_columns(order=pl.int_range(pl.len()))
    run = near_duplicates(ordered, verify="signature", keep={"lowest": "order"})
    assert kept == run.kept["id"].to_list() and len(index) == 62


def test_the_most_similar_comes_first_and_an_id_comes_once() -> None:
    index = OnlineIndex(threshold=0.5)
    index.add("far", text(1) + " " + " ".join(text(2).split()[:60]))
    index.add("same", text(1))
    found = index.find(text(1).upper())
    assert [name for name, _ in found] == ["same", "far"] and found[0][1] == 1.0 > found[1][1] >= 0.5
    with pytest.raises(ValueError, match="'same' already"):
        index.add("same", "x")


def test_it_begins_where_a_run_ended_and_serves_the_next(tmp_path: Path) -> None:
    def pipeline(name: str, numbers: list[int], **near: object) -> str:
        path = write_jsonl(tmp_path / f"{name}.jsonl", [{"text": text(i)} for i in numbers])
        stage = {
            "kind": "curate",
            "sources": [{"name": "docs", "path": str(path)}],
            "steps": [{"near_duplicates": near}],
        }
        return write_pipeline(tmp_path / f"{name}.yaml", {"corpus": stage})

    made = build(pipeline("one", [1, 2]), tmp_path / "out")
    index = OnlineIndex()
    assert index.load(made["path"]) == 2
    assert index.find(text(2) + " more")[0][0] == f"{made['path']}:docs/one.jsonl#{len(text(1)) + 13}"
    assert index.find(text(3)) == []
    index.add("seen", text(3))
    index.save(tmp_path / "index.parquet")
    later = build(pipeline("two", [2, 3, 4], against=str(tmp_path / "index.parquet")), tmp_path / "later")
    assert rows(later["path"])["text"].to_list() == [text(4)]
    assert rows(later["path"], "dropped")["duplicate_of"][1] == f"{tmp_path}/index.parquet:seen"
    with pytest.raises(ValueError, match="made with ngram 5 and hashes 112, not 3 and 112: set these"):
        OnlineIndex(ngram=3).load(str(tmp_path / "index.parquet"))
    with pytest.raises(ValueError, match="not 80"):
        OnlineIndex(threshold=80)
    again = OnlineIndex()
    assert again.load(str(tmp_path / "index.parquet")) == 3
    with pytest.raises(ValueError, match="made with ngram 5 and hashes 112, not 5 and 64"):
        OnlineIndex(hashes=64).load(str(tmp_path / "index.parquet"))
