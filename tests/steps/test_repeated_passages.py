"""`repeated_passages` beside a search through all windows in plain Python; and what users see of it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import step
from curate.documents import conform
from curate.step import Found, address
from curate.steps.repeated_passages import repeated_passages
from tests import helpers

WORD = re.compile(r"[a-cA-C]+(?:\.[a-cA-C]+)*")
BLANK = {"lines": r"\s*\n\s*", "paragraphs": r" *\n *\n\s*"}

short_texts = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "A", "\n", "\n\n", "-", "b,"]), max_size=30).map(" ".join),
    min_size=1,
    max_size=6,
)


def numbered(name: str, n: int = 60) -> str:
    """A passage of `n` different words."""
    return " ".join(f"{name}{i}" for i in range(n))


def words_of(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def spans_of(text: str, unit: str, window: int) -> list[tuple[int, int]]:
    """First and last word of each window, line or paragraph."""
    n = len(words_of(text))
    if unit == "passages":
        return [(i, i + window) for i in range(n - window + 1)]
    sizes = [len(words_of(piece)) for piece in re.split(BLANK[unit], text)]
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return [(end - size, end) for end, size in zip(ends, sizes, strict=True) if size >= window]


def repeated_in(
    texts: list[str], unit: str, window: int, min_frequency: int, keep_first: bool
) -> list[set[int]]:
    """The words of each text that go: every window in a dict."""
    places: dict[tuple[str, ...], list[tuple[int, int, int]]] = {}
    for d, text in enumerate(texts):
        words = words_of(text)
        for start, end in spans_of(text, unit, window):
            places.setdefault(tuple(words[start:end]), []).append((d, start, end))
    found: list[set[int]] = [set() for _ in texts]
    for occurrences in places.values():
        counted = occurrences[:1]
        for place in occurrences:
            if place[0] != counted[-1][0] or place[1] >= counted[-1][2]:
                counted.append(place)
        if len(counted) >= min_frequency:
            first = occurrences[0]
            for d, start, end in occurrences:
                if not keep_first or d != first[0] or start >= first[2]:
                    found[d].update(range(start, end))
    return found


def in_parts(
    frames: list[pl.DataFrame], parts: int, params: dict[str, Any]
) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """The step on tasks of one batch each, its evidence decided in `parts`, as an engine does it; and its tables."""
    tables = []
    corpus = repeated_passages.func(**params)
    verdicts: list[pl.DataFrame | None] = [None for _ in frames]
    for round_ in corpus.rounds:
        seen = [
            address(Found.of(round_.observe(frame, wanted)).rows, frame, task=task, start=0)
            for task, (frame, wanted) in enumerate(zip(frames, verdicts, strict=True))
            if wanted is None or wanted.height
        ]
        solved = [pl.DataFrame(schema={"task": pl.UInt32, "row": pl.UInt32})]
        if seen:
            evidence = pl.concat(seen)
            each = [evidence.filter(pl.col(round_.by) % parts == part) for part in range(parts)]
            found = [Found.of(round_.solve(part)) for part in each]
            solved, tables = [f.rows for f in found], [f.tables["passages"] for f in found if f.tables]
        verdict = pl.concat(solved).sort("task", "row", maintain_order=True)
        verdicts = [verdict.filter(pl.col("task") == task).drop("task") for task in range(len(frames))]
    return [corpus.apply(frame, verdict) for frame, verdict in zip(frames, verdicts, strict=True)], tables


@settings(max_examples=25)
@given(
    short_texts,
    st.sampled_from(["passages", "passages", "lines", "paragraphs"]),
    st.integers(1, 6),
    st.integers(2, 3),
    st.booleans(),
    st.integers(1, 3),
)
def test_exactly_the_words_of_repeated_windows_go(texts, unit, window, frequency, keep_first, parts):
    params = {"unit": unit, "window": window, "min_frequency": frequency, "keep_first": keep_first}
    expected = repeated_in(texts, *params.values())
    frame = conform(pl.DataFrame({"text": texts}))
    batches = [frame[i : i + 2] for i in range(0, len(texts), 2)]

    made, tables = in_parts(batches, parts, params | {"action": "mark"})
    marked = pl.concat(made)
    assert marked["text"].to_list() == texts
    assert marked["repeated_words"].to_list() == [len(words) for words in expected]
    for text, ranges, gone in zip(texts, marked["repeated"], expected, strict=True):
        starts = [match.start() for match in WORD.finditer(text)]
        inside = {
            i for i, at in enumerate(starts) if any(r["start"] <= at < r["end"] for r in ranges.to_list())
        }
        assert inside == gone

    later = pl.col("occurrences").cast(pl.Int64) - int(keep_first)
    listed = [table.select((pl.col("words") * later).sum()).item() for table in tables]
    assert sum(listed) == sum(map(len, expected))

    kept, dropped = repeated_passages(frame, min_words=1, **params)
    left = [[w for i, w in enumerate(words_of(t)) if i not in gone] for t, gone in zip(texts, expected)]
    for text, words, gone in zip(texts, left, expected, strict=True):
        assert gone or words == words_of(text)
    assert [words_of(text) for text in kept["text"]] == [
        w for w, gone in zip(left, expected) if w or not gone
    ]
    assert dropped.height == sum(1 for words, gone in zip(left, expected) if gone and not words)
    removed = pl.concat(in_parts(batches, parts, params | {"min_words": 1})[0], how="diagonal")
    assert step.split(removed).kept["text"].to_list() == kept["text"].to_list()


def test_the_first_occurrence_stays_and_the_text_around_later_ones_is_joined():
    quoted = numbered("w")
    own = [numbered(name) for name in "pqr"]
    texts = [f"{own[0]}.\n\n“{quoted}.”\n\nEnd", f"{own[1]}: “{quoted.upper()};” and\n{own[2]}"]
    with step.counting(counts := step.Counter()):
        kept, dropped = repeated_passages(pl.DataFrame({"text": texts}))
    assert kept["text"].to_list() == [texts[0], f"{own[1]}: and\n{own[2]}"]
    assert kept["repeated_words"].to_list() == [0, 60] and dropped.height == 0
    assert counts == {"documents cut": 1, "words removed": 60}


@pytest.mark.parametrize(("shared", "goes"), [(49, 0), (50, 50)])
def test_fifty_words_are_the_least(shared, goes):
    texts = [f"{numbered('a')} {numbered('w', shared)}", f"{numbered('w', shared)} {numbered('b')}"]
    assert repeated_passages(pl.DataFrame({"text": texts})).kept["repeated_words"].to_list() == [0, goes]


def test_a_header_on_each_page_goes_but_once():
    pages = "\n".join(f"ACME v. Doe, No. 12\n{numbered(f'page{i}x', 20)}" for i in range(10))
    kept, _ = outcome = repeated_passages(pl.DataFrame({"text": [pages]}), unit="lines")
    assert outcome.evidence["passages"].rows() == [("ACME v. Doe, No. 12", 5, 10, 1, "0")]
    assert kept["text"][0].count("ACME") == 1 and kept["text"][0].startswith("ACME v. Doe, No. 12\npage0x0")
    assert kept["repeated_words"][0] == 9 * 5
    fewer = pages.rpartition("ACME")[0]
    assert repeated_passages(pl.DataFrame({"text": [fewer]}), unit="lines").kept["text"][0] == fewer


def test_short_documents_stay_whole_and_what_little_is_left_is_dropped_with_its_text():
    licence = numbered("w", 40)
    texts = [f"{licence}\n\n{numbered('a')}", licence, f"{licence}\n\n{numbered('b', 49)}"]
    with step.counting(counts := step.Counter()):
        kept, dropped = repeated_passages(pl.DataFrame({"text": texts}), unit="paragraphs")
    assert kept["text"].to_list() == texts[:2] and kept["repeated_words"].to_list() == [0, 40]
    assert dropped.select("text", "reason", "detail").rows() == [
        (texts[2], "repeated_passages", '{"words":89,"left":49}')
    ]
    assert counts == {"short documents left whole": 1}
    fewer = repeated_passages(pl.DataFrame({"text": texts}), unit="paragraphs", min_words=49)
    assert fewer.kept["text"].to_list() == [*texts[:2], numbered("b", 49)]


def test_the_evidence_counts_passages():
    long, short = numbered("long", 70), numbered("short", 55)
    texts = [f"{long} {numbered('a')}", f"{numbered('b')} {short}. {long}"]
    texts += [f"{numbered(f'c{i}x')} {short} {numbered(f'd{i}x')} {short}" for i in range(3)]
    found = repeated_passages(pl.DataFrame({"id": list("vwxyz"), "text": texts})).evidence["passages"]
    assert found.drop("text").rows() == [(55, 7, 4, "w"), (70, 2, 2, "v")]
    assert found.columns == ["text", "words", "occurrences", "documents", "first"]
    assert found["text"].to_list() == [f"{numbered('short', 50)}"[:200], f"{numbered('long', 50)}"[:200]]
    assert repeated_passages(pl.DataFrame({"text": ["a"]})).evidence["passages"].height == 0


def test_a_later_use_forgets_an_earlier_one():
    first = repeated_passages(pl.DataFrame({"text": [numbered("a"), numbered("a")]}), action="mark").kept
    assert first["repeated_words"].to_list() == [0, 60]
    again = repeated_passages(first, unit="lines").kept
    assert again["repeated_words"].to_list() == [0, 0] and again["repeated"].to_list() == [None, None]


def test_a_run_may_mark_first_and_cut_then(tmp_path: Path):
    path = helpers.write_jsonl(tmp_path / "x.jsonl", [{"text": numbered("a") + f" {i}"} for i in range(3)])
    steps = [{"repeated_passages": {"action": "mark"}}, {"repeated_passages": {"unit": "lines"}}]
    stage = {"sources": [{"name": "a", "path": str(path)}], "steps": steps}
    made = helpers.build(helpers.write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")
    assert helpers.rows(made["path"])["repeated"].null_count() == 3


@pytest.mark.parametrize("params", [{"unit": "pages"}, {"window": 0}, {"min_frequency": 1}, {"min_words": 0}])
def test_settings_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=f"^repeated_passages: {next(iter(params))}: "):
        repeated_passages(pl.DataFrame({"text": ["a"]}), **params)


def test_a_run_gives_the_same_bytes_with_any_number_of_workers(tmp_path: Path):
    notice = numbered("notice")
    records = [{"text": f"{numbered(f'a{i}x')}\n\n{notice if i % 3 else ''}"} for i in range(30)]
    for part in range(3):
        helpers.write_jsonl(tmp_path / "in" / f"{part}.jsonl", records[part * 10 : part * 10 + 10])
    stage = {
        "sources": [{"name": "a", "path": f"{tmp_path}/in", "license": "CC0-1.0"}],
        "steps": ["repeated_passages", {"repeated_passages": {"unit": "lines", "action": "mark"}}],
        "task_size": 5000,
    }
    pipeline = helpers.write_pipeline(tmp_path / "p.yaml", {"corpus": stage})
    one, two = (helpers.build(pipeline, tmp_path / f"out{n}", workers=n) for n in (1, 2))
    assert helpers.bytes_of(one["path"]) == helpers.bytes_of(two["path"])
    data = helpers.rows(one["path"])
    assert data["text"].str.contains("notice0 ").sum() == 1 and data["repeated_words"].sum() == 0
    listed = helpers.rows(one["path"], "evidence/repeated_passages/passages")
    assert listed.select("words", "occurrences", "documents").rows() == [(60, 20, 20)]


def test_running_notices_of_real_contracts_are_found(real: Callable[[str], Path]):
    with gzip.open(real("legal/cuad_contracts.jsonl.gz")) as lines:
        records = [json.loads(line) for line in lines]
    frame = pl.DataFrame([{"id": r["id"], "text": r["text"]} for r in records if "Naked" in r["id"]])
    found = repeated_passages(frame)
    most = found.evidence["passages"].row(0, named=True)
    assert most["text"].startswith("Source: NAKED BRAND GROUP INC.") and most["occurrences"] == 16
    assert found.kept["text"].str.count_matches("Source: NAKED BRAND GROUP INC.").sum() < 5
