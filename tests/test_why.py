"""`curate why` on real documents of every format: each part of the answer against a truth found another way."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import twin
from helpers import build, rows
from test_real import Real
from why_corpus import pipeline, sampled

from curate import manifest
from curate.explain.why import why

Fate = tuple[str, ...]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, real: Real) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("why")
    entry = build(pipeline(real, folder), folder / "out", workers=2)
    parts = {part: rows(entry["path"], part) for part in ("data", "dropped", "failed")}
    fates: dict[Fate, list[str]] = {("kept",): parts["data"]["id"].to_list()}
    for name, step, reason in parts["dropped"].select("id", "step", "reason").iter_rows():
        fates.setdefault(("dropped", step, reason), []).append(name)
    for source, file, position, kind, _ in parts["failed"].iter_rows():
        name = f"{source}/{file}#{position}" if position else f"{source}/{file}"
        fates.setdefault(("failed", kind), []).append(name)
    found = manifest.read(entry["path"])
    return entry | parts | {"fates": fates, "in": folder / "in", "manifest": found, "answers": {}}


@pytest.fixture(scope="module")
def answers(made: dict[str, Any]) -> list[tuple[Fate, dict[str, Any]]]:
    chosen = sampled(made["fates"], 200)
    assert len(chosen) == 200
    return [(fate, why(made["path"], name, full=True)) for fate, name in chosen]


@pytest.mark.slow
def test_every_fate_is_there(made: dict[str, Any]) -> None:
    steps = {fate[1] for fate in made["fates"] if fate[0] == "dropped"}
    assert steps == {"language", "quality", "exact_duplicates", "near_duplicates", "decontaminate"}
    kinds = {fate[1] for fate in made["fates"] if fate[0] == "failed"}
    assert kinds >= {"malformed JSON", "not an object", "no text", "no text layer"}


@pytest.mark.slow
def test_the_fate_and_the_place_are_those_of_the_row(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    for fate, answer in answers:
        now, name = answer["now"], answer["id"]
        assert answer["outcome"] == fate[0]
        file = f"{made['path']}/{now['file']}"
        row = pl.read_parquet(file).row(now["row"], named=True)
        group = pq.ParquetFile(file).read_row_group(now["row_group"]).to_pylist()
        assert row in group or row.get("text") in [other.get("text") for other in group]
        if fate[0] == "failed":
            assert name in (
                f"{row['source']}/{row['file']}",
                f"{row['source']}/{row['file']}#{row['position']}",
            )
            assert answer["errors"][0]["kind"] == row["kind"] == fate[1]
            assert answer["errors"][0]["error"] == row["error"]
            continue
        assert row["id"] == name
        gone = [step for step in answer["steps"] if step["outcome"] == "dropped"]
        assert [("dropped", step["step"], step["reason"]) for step in gone] == (
            [fate] if len(fate) > 1 else []
        )
        for part in ("license", "key", "title", "date", "url"):
            assert answer["read"].get(part) == row[part]


def stored_bytes(made: dict[str, Any], read: dict[str, Any]) -> bytes:
    """What the answer says that the digest is of."""
    data = Path(read["path"]).read_bytes()
    start, end = read.get("bytes", (0, None))
    return data[start:end]


@pytest.mark.slow
def test_files_and_digests_are_those_on_disk(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    ranges = 0
    for _, answer in answers:
        read = answer["read"]
        assert answer["id"].startswith(f"{read['source']}/{read['file']}")
        assert Path(read["path"]).name == Path(read["file"]).name
        assert hashlib.sha256(stored_bytes(made, read)).hexdigest() == read["sha256"]
        if "bytes" in read:
            ranges += 1
            start, end = read["bytes"]
            assert start <= int(read["position"]) and (end is None or int(read["position"]) < end)
    assert ranges > 20  # the large JSONL file was cut


def original(read: dict[str, Any]) -> str | None:
    """A record's text read without our readers; None of formats from which text is extracted."""
    path, position = Path(read["path"]), read["position"]
    if read["source"] in ("opinions", "packed", "laws"):
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        return json.loads(data[int(position) :].split(b"\n", 1)[0])["text"]
    if read["source"] == "terms":
        return pl.read_parquet(path)["body"][int(position.removeprefix("row "))]
    if read["source"] == "contracts":
        with tarfile.open(path) as archive:
            member = archive.extractfile(position)
            assert member
            return member.read().decode()
    return None


def undone(text: str, difference: dict[str, Any]) -> tuple[str, str]:
    """The text before and behind an edit, made of its windows and of `text`, in which they must be found."""
    before, after, at = [], [], 0
    for window in difference["windows"]:
        for pieces in (before, after):
            pieces.append(text[at : at + window["skipped"]])
        at += window["skipped"]
        assert window["at"] == [sum(map(len, before)), sum(map(len, after))]
        for kind, piece in window["parts"]:
            if kind != "new":
                assert text.startswith(piece, at)
                at += len(piece)
                before.append(piece)
            if kind != "gone":
                after.append(piece)
    return "".join([*before, text[at:]]), "".join([*after, text[at:]])


@pytest.mark.slow
def test_edits_applied_to_the_file_give_what_is_stored(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    edited = compared = 0
    for fate, answer in answers:
        if fate[0] == "failed":
            continue
        stored = answer["text"]["begins"]
        edits = [edit["columns"] for step in answer["steps"] for edit in step.get("edits", ())]
        assert "unexplained" not in answer and "edits cannot" not in str(answer["notes"])
        assert answer["read"]["unchanged"] == "SHA-256"
        text = original(answer["read"])
        if text is not None:
            compared += 1
            edited += bool(edits)
            for columns in edits:
                before, text = undone(text, columns["text"])
                assert len(before) == columns["text"]["characters"][0]
            assert text == stored, answer["id"]
    assert edited > 40 and compared > 120


@pytest.mark.slow
def test_values_are_the_rows_and_thresholds_hold_just_where_documents_passed(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    broken_rules = 0
    for fate, answer in answers:
        if fate[0] == "failed":
            continue
        row = made["data" if fate[0] == "kept" else "dropped"].filter(id=answer["id"]).row(0, named=True)
        for step in answer["steps"]:
            for name, value in step.get("values", {}).items():
                assert row[name] == value
            broken = {held["reason"] for held in step.get("thresholds", ()) if not held["met"]}
            if step["name"] == "quality" and step["outcome"] == "dropped":
                rules = step["detail"]
                assert broken == {rules["rule"], *rules["also"]} and rules["rule"] == step["reason"]
                first = next(h for h in step["thresholds"] if h["parameter"] == rules["rule"])
                assert first["value"] == pytest.approx(rules["value"], rel=1e-5)
                assert first["bound"] == rules["threshold"]
                broken_rules += 1
            elif step["name"] == "near_duplicates" and step["outcome"] == "dropped":
                assert broken == {"near_duplicate"}
            else:
                assert not broken
            for held in step.get("thresholds", ()):
                over = held["value"] - held["bound"]
                assert held["met"] == (over >= -1e-6 if held["side"] == "min" else over <= 1e-6)
        if "signals" in row and row["signals"] and "chars" in row["signals"]:
            assert row["signals"]["chars"] == len(answer["text"]["begins"]) or fate[1:2] == ("language",)
    assert broken_rules >= 10


def shingles(text: str) -> set[tuple[str, ...]]:
    words = [token.casefold().replace("’", "'") for token in twin.tokenise(text) if twin.is_word(token)]
    return {tuple(words[i : i + 5]) for i in range(max(len(words) - 4, 1))}


@pytest.mark.slow
def test_partners_are_as_similar_as_plain_counting_says(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    texts = dict(pl.concat([made[p].select("id", "text") for p in ("data", "dropped")]).iter_rows())
    gone = dict(made["dropped"].select("id", "duplicate_of").drop_nulls().iter_rows())
    near = exact = chained = 0
    for fate, answer in answers:
        if fate[:2] == ("dropped", "near_duplicates"):
            near += 1
            partner = answer["partner"]
            ours, theirs = shingles(texts[answer["id"]]), shingles(texts[partner["id"]])
            assert partner["similarity"] == pytest.approx(len(ours & theirs) / len(ours | theirs), abs=1e-6)
        elif fate[:2] == ("dropped", "exact_duplicates"):
            exact += 1
            partner = answer["partner"]
            same = [" ".join(texts[name].lower().split()) for name in (answer["id"], partner["id"])]
            assert same[0] == same[1] and partner["similarity"] == 1
        else:
            assert "partner" not in answer
            continue
        assert partner["id"] == gone[answer["id"]]
        before, after = undone(texts[answer["id"]], partner["difference"])
        assert before == texts[answer["id"]] and after == texts[partner["id"]]
        assert [link["id"] for link in partner["chain"]] == ([partner["id"]] if partner["id"] in gone else [])
        chained += bool(partner["chain"])
    assert near >= 10 and exact >= 10


@pytest.mark.slow
def test_the_benchmark_item_is_where_it_is_said_to_be(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    item = json.loads((made["in"] / "benchmark.jsonl").read_text())["question"]
    hits = [a for fate, a in answers if fate[:2] == ("dropped", "decontaminate")]
    assert hits
    for answer in hits:
        step = next(step for step in answer["steps"] if step["step"] == "decontaminate")
        hit = step["evidence"]["hits"][0]
        assert hit["benchmark"] == "benchmark.jsonl" and hit["overlap"] >= 0.5
        text, at = answer["text"]["begins"], hit["stored_at"]
        assert text[at:].startswith(hit["passage"]) and at == hit["start"]
        assert text[hit["start"] : hit["end"]].split()[5:50] == item.split()[5:50]
        before, after = hit["around"]
        assert text[at - len(before) : at] == before and text[hit["end"] :].startswith(after)


@pytest.mark.slow
def test_those_that_went_for_a_document_are_told(
    made: dict[str, Any], answers: list[tuple[Fate, dict[str, Any]]]
) -> None:
    went: dict[str, set[str]] = {}
    for name, whom in made["dropped"].select("id", "duplicate_of").drop_nulls().iter_rows():
        went.setdefault(whom, set()).add(name)
    several = 0
    for fate, answer in answers:
        if fate[0] == "failed":
            continue
        expected, waiting = set[str](), [answer["id"]]
        while waiting:
            new = went.get(waiting.pop(), set()) - expected
            expected |= new
            waiting += new
        stood = answer.get("stands_for", {"count": 0, "documents": []})
        assert {gone["id"] for gone in stood["documents"]} == expected and stood["count"] == len(expected)
        several += bool(expected)
    assert several >= 3


@pytest.mark.slow
def test_members_of_archives_and_pages_are_found_by_their_positions(made: dict[str, Any]) -> None:
    with zipfile.ZipFile(made["in"] / "acts.zip") as archive:
        member = archive.namelist()[2]
        text = io.TextIOWrapper(archive.open(member), encoding="utf-8").read()
    answer = why(made["path"], f"acts/acts.zip#{member}", full=True)
    assert answer["read"]["position"] == member and answer["read"]["place"] == member
    assert answer["text"]["begins"].split()[-30:] == text.split()[-30:]  # in front, metadata are taken off
    web = [name for names in made["fates"].values() for name in names if name.startswith("web/")]
    for name in web:
        assert why(made["path"], name)["read"]["place"].startswith("byte ")
