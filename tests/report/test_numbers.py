"""The numbers of a report against the manifest and against counts by hand, on the sample's run."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, rows, write_jsonl, write_pipeline

import curate
from curate import manifest
from curate.report.gather import gather
from curate.report.markdown import markdown
from curate.report.marks import marked
from curate.report.page import page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def legal(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The sample's run: its manifest, what the report tells, its rows."""
    out = tmp_path_factory.mktemp("legal")
    variables = {"data": str(ROOT / "pipelines" / "sample")}
    made = curate.run(str(ROOT / "pipelines" / "legal.yaml"), variables=variables, out=str(out))["stages"][
        "corpus"
    ]
    found = manifest.read(made["path"])
    assert found is not None
    told = gather(made["path"], found)
    return {
        "found": found,
        "told": told,
        "kept": rows(made["path"]),
        "dropped": rows(made["path"], "dropped"),
        "path": made["path"],
    }


@pytest.mark.slow
def test_the_funnel_adds_up_in_documents_characters_and_tokens(legal: dict[str, Any]) -> None:
    told, found = legal["told"], legal["found"]
    last = told["steps"][-1]
    assert last["documents_left"] == {n: a["kept"] for n, a in found["sources"].items()}
    assert last["characters_left"] == {n: a["characters_kept"] for n, a in found["sources"].items()}
    kept = legal["kept"].unnest("signals")
    assert {s["source"]: s["tokens_kept"] for s in told["sources"]} == dict(
        kept.group_by("source").agg(pl.col("tokens").sum()).iter_rows()
    )
    assert legal["kept"]["text"].str.len_chars().sum() == found["totals"]["characters_kept"]
    for step in told["steps"]:
        assert sum(step["documents_dropped"].values()) == sum(step["dropped"].values())
    for source in told["sources"]:
        lost = sum(step["tokens_dropped"].get(source["source"], 0) for step in told["steps"])
        assert source["tokens_read"] == source["tokens_kept"] + lost
    assert sum(reason["documents"] for reason in told["reasons"]) == found["totals"]["dropped"]


@pytest.mark.slow
def test_spreads_count_every_document_once_and_thresholds_what_they_took(legal: dict[str, Any]) -> None:
    told, found = legal["told"], legal["found"]
    signals = {s["signal"]: s for s in told["signals"]}
    words = signals["signals.words"]
    measured = legal["dropped"].filter(pl.col("signals").struct.field("words").is_not_null())
    assert sum(words["kept"]) == found["totals"]["kept"]
    assert sum(words["dropped"]) + sum(words["dropped_by_it"]) == measured.height
    assert sum(words["dropped_by_it"]) == found["steps"][3]["dropped"]["min_words"]
    assert words["thresholds"] == [
        {"step": "quality", "parameter": "min_words", "side": "min", "bound": 30.0}
    ]
    values = legal["kept"]["signals"].struct.field("words")
    edges = words["edges"]
    middle = [values.is_between(a, b, closed="left").sum() for a, b in pairwise(edges[1:-1])]
    assert abs(sum(words["kept"][1:-1]) - sum(middle)) <= 2  # edges are told to six digits
    assert {f.name for f in legal["kept"].schema["signals"].fields} == {  # type: ignore[union-attr]
        name.partition(".")[2] for name in signals if name.startswith("signals.")
    }


@pytest.mark.slow
def test_duplicates_languages_and_private_data_are_those_of_the_rows(legal: dict[str, Any]) -> None:
    told, gone = legal["told"], legal["dropped"]
    pairs = gone.filter(pl.col("duplicate_of").is_not_null())
    stayed = pairs["duplicate_of"].str.split("/").list.first()
    counted = Counter(zip(stayed, pairs["source"]))
    assert {(r["stayed"], r["source"]): r["documents"] for r in told["duplicates"]["sources"]} == counted
    sizes = Counter(n + 1 for n in Counter(pairs["duplicate_of"]).values())
    assert {s["size"]: s["clusters"] for s in told["duplicates"]["sizes"]} == sizes
    assert sum(told["duplicates"]["similarity"]["documents"]) == pairs.height
    languages = Counter(legal["kept"]["language"]) + Counter(gone["language"].drop_nulls())
    assert {row["language"]: row["kept"] + row["dropped"] for row in told["languages"]} == languages
    evidence = rows(legal["path"], "evidence/pii/found")
    assert sum(row["n"] for row in told["private_data"]["found"]) == evidence["n"].sum()
    assert told["benchmarks"] and told["failed"]["rows"] and len(told["failed"]["rows"]) == 9


@pytest.mark.slow
def test_samples_stand_for_every_reason_and_both_sides_of_thresholds(legal: dict[str, Any]) -> None:
    told, found = legal["told"], legal["found"]
    reasons = {(s["step"], s["reason"]) for s in told["samples"] if s["group"] == "reason"}
    assert reasons == {(step["step"], reason) for step in found["steps"] for reason in step["dropped"]}
    short = [s for s in told["samples"] if s["about"] == "quality: min_words" and s["group"] == "near"]
    below = [s["value"] for s in short if not s["kept"]]
    above = [s["value"] for s in short if s["kept"]]
    words = pl.concat([legal["kept"]["signals"], legal["dropped"]["signals"]]).struct.field("words")
    assert (
        max(below) == words.filter(words < 30).max()
        and min(above) == legal["kept"]["signals"].struct.field("words").min()
    )
    assert all(s["sign"] == ("≥" if s["kept"] else "<") for s in short)
    html = page(told)
    planted = json.loads((ROOT / "pipelines" / "sample" / "planted.json").read_text(encoding="utf-8"))
    left = [entry["value"] for entry in planted["pii"] if entry["value"] in html]
    assert len(planted["pii"]) > 400 and left == []


def test_without_a_step_for_private_data_samples_are_tagged(tmp_path: Path) -> None:
    text = "Please write to Jonathan Whitfield at jon.whitfield@example.org or call 202-555-0143 about the lease of it."
    write_jsonl(tmp_path / "a.jsonl", [{"text": text}, {"text": "short"}])
    stage = {
        "sources": [{"name": "a", "path": str(tmp_path / "a.jsonl")}],
        "steps": [{"where": "LENGTH(text) > 9"}],
    }
    made = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")
    found = manifest.read(made["path"])
    assert found is not None
    told = gather(made["path"], found)
    (kept,) = [s for s in told["samples"] if s["group"] == "kept"]
    assert "lease" in kept["text"] and not any(
        p in kept["text"] for p in ("Whitfield", "jon.whitfield", "0143")
    )
    assert told["tokens"] == {"unit": "estimated at 4 characters per token", "exact": False}


def test_an_artefact_of_nothing_has_a_report(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [{"text": "a"}])
    stage = {
        "sources": [{"name": "a", "path": str(tmp_path / "a.jsonl")}],
        "steps": [{"where": "LENGTH(text) > 9"}],
    }
    made = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")
    found = manifest.read(made["path"])
    assert found is not None
    told = gather(made["path"], found)
    assert "0 of 1 documents kept" in page(told) and "0 of 1 documents kept" in markdown(told)


def test_markdown_says_just_what_it_means() -> None:
    source = {"source": "a|b<script>", "read": 10, "failed": 0, "dropped": 4, "kept": 6}
    step = {"step": "[x](javascript:y)", "out": 6, "dropped": {"`r`": 4}}
    told: dict[str, Any] = {
        "pipeline": "p", "stage": "s\u202e", "artefact": "s-1", "seconds": 1.0, "sources": [source], "steps": [step],
        "verdict": {"ok": False, "faults": ["# no"]}, "totals": {"read": 10, "kept": 6, "dropped": 4, "tokens_kept": 7},
        "own": {"tiles": [], "sections": [], "rows": "documents", "groups": "source"},
    }  # fmt: skip
    text = markdown(told)
    assert "6 of 10 documents kept (60.0%), 4 dropped" in text and "**failed**" in text and "- \\# no" in text
    assert "a\\|b\\<script\\>" in text and "\\[x\\]\\(javascript:y\\)" in text and "\\\\u202e" in text


@pytest.mark.parametrize(
    ("reason", "text", "told"),
    [
        ("max_duplicate_line_fraction", "a\nb\na", "a\nb\n<mark>a</mark>"),
        ("max_bullet_line_ratio", "x\n- y & z", "x\n<mark>- y &amp; z</mark>"),
        ("max_symbol_word_ratio", "a # b...", "a <mark>#</mark> b<mark>...</mark>"),
        ("max_top_2gram_char_fraction", "to be or to be", "<mark>to be</mark> or <mark>to be</mark>"),
        ("max_ellipsis_line_ratio", "more…\nend", "<mark>more…</mark>\nend"),
        ("min_words", "<b>", "&lt;b&gt;"),
        (None, "\x1b[0m", "\\x1b[0m"),
    ],
)
def test_what_decided_is_marked(reason: str | None, text: str, told: str) -> None:
    assert str(marked(text, reason)) == told


def test_a_passage_of_a_benchmark_is_marked() -> None:
    assert str(marked("so it was held that <x> and more", "contaminated", "held that <x>")) == (
        "so it was <mark>held that &lt;x&gt;</mark> and more"
    )
