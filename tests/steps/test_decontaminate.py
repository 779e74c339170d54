"""Benchmark items in documents: found whatever their form, told from common text, dropped or cut out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline

from curate.errors import ConfigError
from curate.steps.decontaminate import decontaminate, overlaps

STATUTE = (
    "No person shall be deprived of a leasehold without notice in writing served upon him not fewer than thirty days "
    "before the day on which possession is to be given up to the landlord or to the agent of the landlord"
)
QUESTION = (
    "Marla rents a boathouse from Otto who posts a card on its door telling her to leave by Sunday so that his nephew "
    "can store canoes there which she ignores while she repaints both of the sculls that her rowing club won in June"
)
ITEMS = [{"question": QUESTION, "answer": "Otto loses"}, {"question": "Who wins?", "answer": "Otto"}]
WORDS = QUESTION.split()


@pytest.fixture
def exam(tmp_path: Path) -> str:
    return str(write_jsonl(tmp_path / "exam.jsonl", ITEMS))


def frame(*texts: str) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"d{n}" for n in range(len(texts))], "text": texts})


def filler(n: int) -> str:
    return " ".join(f"filler{n}x{k}" for k in range(30))


FORMS = {
    "whole": QUESTION,
    "within": f"{filler(1)} {QUESTION} {filler(2)}",
    "in capitals, broken into lines": "\n> ".join(" ".join(WORDS[n : n + 5]) for n in range(0, 44, 5)).upper(),
    "a word changed": QUESTION.replace("nephew", "cousin"),
    "its second half": " ".join(WORDS[-22:]),
    "in two pieces": f"{' '.join(WORDS[:14])} {filler(1)} {' '.join(WORDS[20:35])}",
}  # fmt: skip
CLEAN = {
    "less than half": " ".join(WORDS[:19]),
    "the same words in another order": " ".join(reversed(WORDS)),
    "pieces shorter than an n-gram": " and ".join(" ".join(WORDS[n : n + 12]) for n in range(0, 44, 12)),
    "a short item": "Who wins? Otto",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_item_is_found_whatever_its_form(exam: str, form: str) -> None:
    kept, dropped = decontaminate(frame(filler(0), FORMS[form]), against=exam)
    assert kept["id"].to_list() == ["d0"] and dropped["reason"].to_list() == ["contaminated"]


@pytest.mark.parametrize("form", CLEAN)
def test_what_is_less_than_an_item_stays(exam: str, form: str) -> None:
    assert decontaminate(frame(CLEAN[form]), against=exam).dropped.is_empty()


def test_the_detail_names_item_and_passage(exam: str) -> None:
    text = f"Préface. {' '.join(WORDS[:30])}! {filler(1)}"
    _, dropped = decontaminate(frame(text), against={"path": exam, "name": "bar exam"})
    passage = " ".join(WORDS[:30])
    assert json.loads(dropped["detail"][0]) == {
        "benchmark": "bar exam", "item": "exam.jsonl#1", "column": "question", "overlap": round(30 / 44, 4),
        "passage": passage, "items": 1,
    }  # fmt: skip
    found = overlaps(frame(filler(0), text), against=exam)
    assert found.select("row", "item", "overlap").rows() == [(1, "exam.jsonl#1", round(30 / 44, 4))]
    assert text[found["start"][0] : found["end"][0]] == passage == found["passage"][0]


def test_the_closest_item_and_the_longest_passage_are_named(tmp_path: Path) -> None:
    longer = f"{STATUTE} {filler(7)}"
    path = str(write_jsonl(tmp_path / "two.jsonl", [{"text": longer}, {"text": QUESTION}]))
    pieces = f"{' '.join(WORDS[:14])} {filler(1)} {' '.join(WORDS[14:])}"
    _, dropped = decontaminate(frame(f"{STATUTE} {filler(2)} {pieces}"), against=path)
    detail = json.loads(dropped["detail"][0])
    assert (detail["item"], detail["items"], detail["overlap"]) == ("two.jsonl#2", 2, 1.0)
    assert detail["passage"] == " ".join(WORDS[14:])


def test_items_within_each_other_are_cut_once(tmp_path: Path) -> None:
    path = str(write_jsonl(tmp_path / "nested.jsonl", [{"text": QUESTION}, {"text": " ".join(WORDS[5:25])}]))
    kept, _ = decontaminate(frame(f"Before. {QUESTION}. After."), against=path, action="cut")
    assert kept["text"].to_list() == ["Before. After."]


def test_ngram_and_overlap_can_be_set(exam: str) -> None:
    half, pieces = FORMS["its second half"], CLEAN["pieces shorter than an n-gram"]
    assert decontaminate(frame(half), against=exam, overlap=0.51).dropped.is_empty()
    assert decontaminate(frame(pieces), against=exam, ngram=12).dropped.height == 1
    assert overlaps(frame(" ".join(WORDS[:19])), against=exam, overlap=0.4).height == 1
    for wrong in (
        {"overlap": 0.0},
        {"overlap": 1.1},
        {"ngram": 4},
        {"max_frequency": -1},
        {"against": {"file": exam}},
    ):
        with pytest.raises(ValueError, match=rf"^decontaminate: {next(iter(wrong))}: "):
            decontaminate(frame(half), **{"against": exam, **wrong})


def test_an_item_that_quotes_common_law_is_found_by_what_is_its_own(tmp_path: Path) -> None:
    path = str(write_jsonl(tmp_path / "quiz.jsonl", [{"question": f"{STATUTE}. {QUESTION}"}]))
    quoting = [f"{filler(n)} {STATUTE} {filler(n)}" for n in range(12)]
    corpus = frame(*quoting, f"{STATUTE}. {QUESTION}", QUESTION)
    kept, dropped = decontaminate(corpus, against=path, overlap=0.4)
    assert kept.height == 12 and dropped["id"].to_list() == ["d12", "d13"]
    assert decontaminate(corpus, against=path, overlap=0.4, max_frequency=None).kept.is_empty()
    assert decontaminate(corpus, against=path, overlap=0.4, max_frequency=12).kept.is_empty()
    hits = decontaminate(corpus, against=path, overlap=0.4).evidence["hits"]
    common = hits.filter(verdict="common text")
    assert common["id"].to_list() == ["d0", "d1", "d2"] and common["own_overlap"].to_list() == [0, 0, 0]
    assert common["passage"].to_list() == [STATUTE] * 3
    assert hits.filter(id="d13")["own_overlap"][0] > hits.filter(id="d13")["overlap"][0]


def test_a_leak_is_found_however_often_it_is_copied(exam: str) -> None:
    copies = [f"{filler(n)} {QUESTION}" for n in range(40)]
    edited = [f"{filler(n)} {QUESTION.replace('Sunday', 'Monday')}" for n in range(40, 60)]
    assert decontaminate(frame(*copies, *edited), against=exam).kept.is_empty()


def test_short_phrases_are_common_text_sooner(tmp_path: Path) -> None:
    clause = " ".join(WORDS[:18])
    path = str(write_jsonl(tmp_path / "clauses.jsonl", [{"text": clause}]))
    phrases = [f"{filler(n)} {' '.join(WORDS[:14])}" for n in range(3)]
    assert decontaminate(frame(*phrases), against=path).dropped.is_empty()
    assert decontaminate(frame(*phrases[:2]), against=path).dropped.height == 2


def test_cut_takes_the_passage_out_and_says_so(exam: str) -> None:
    before, after = "Before it.", "After it."
    texts = [
        f"{before}\n\n{QUESTION}.\n\n{after}",
        f"{before} {QUESTION}, {after}",
        f"{QUESTION} {filler(1)}\n{QUESTION}?\n",
        "Nothing here.",
    ]
    kept, dropped = decontaminate(frame(*texts), against=exam, action="cut")
    assert kept["text"].to_list() == [f"{before}\n\n{after}", f"{before} {after}", filler(1), "Nothing here."]
    named = [value and json.loads(value)["item"] for value in kept["contamination"]]
    assert named == ["exam.jsonl#1"] * 3 + [None] and dropped.is_empty()


def test_cut_follows_an_item_over_changed_words(exam: str) -> None:
    words = [*WORDS]
    words[2] = words[20] = words[39] = "CHANGED"
    kept, _ = decontaminate(frame(f"{filler(1)}. {' '.join(words)}. {filler(2)}"), against=exam, action="cut")
    assert kept["text"].to_list() == [f"{filler(1)}. {filler(2)}"]


def test_cut_leaves_common_text_elsewhere(tmp_path: Path) -> None:
    path = str(write_jsonl(tmp_path / "quiz.jsonl", [{"question": f"{STATUTE}. {QUESTION}"}]))
    quoting = [f"{filler(n)} {STATUTE}" for n in range(12)]
    texts = frame(*quoting, f"{STATUTE} {filler(20)} {filler(21)} {QUESTION}")
    kept, _ = decontaminate(texts, against=path, action="cut")
    assert kept["text"][-1] == f"{STATUTE} {filler(20)} {filler(21)}"


def test_two_uses_do_not_disturb_each_other(exam: str, tmp_path: Path) -> None:
    other = str(write_jsonl(tmp_path / "other.jsonl", [{"text": STATUTE}]))
    cut, _ = decontaminate(frame(f"{filler(1)} {QUESTION}", STATUTE), against=exam, action="cut")
    kept, dropped = decontaminate(cut, against=other)
    assert json.loads(kept["contamination"][0])["benchmark"] == "exam.jsonl"
    assert dropped["id"].to_list() == ["d1"]


def test_a_document_of_which_nothing_is_left_is_dropped_whole(exam: str) -> None:
    kept, dropped = decontaminate(frame(f'"{QUESTION}."', filler(0)), against=exam, action="cut")
    assert kept["id"].to_list() == ["d1"] and kept["contamination"].to_list() == [None]
    assert dropped["text"].to_list() == [f'"{QUESTION}."'] and dropped["reason"].to_list() == ["contaminated"]


def test_the_evidence_counts_items(tmp_path: Path) -> None:
    texts = [QUESTION, STATUTE, filler(1), "short"]
    path = str(write_jsonl(tmp_path / "mixed.jsonl", [{"text": text} for text in texts]))
    third = " ".join(STATUTE.split()[:15])
    outcome = decontaminate(
        frame(QUESTION, QUESTION, *[f"{filler(n)} {third}" for n in range(5, 10)]), against=path
    )
    (counted,) = outcome.evidence["benchmarks"].rows(named=True)
    assert counted == {
        "benchmark": "mixed.jsonl", "items": 4, "contaminated": 1, "documents": 2, "common_text": 0, "below": 1,
        "too_short": 1, "untested": ["mixed.jsonl#4"],
    }  # fmt: skip
    assert outcome.evidence["hits"].group_by("verdict").len().sort("verdict").rows() == [
        ("below", 3),
        ("contaminated", 2),
    ]


def run(tmp_path: Path, out: str, against: Any, documents: list[str], **options: Any) -> str:
    if not (tmp_path / "docs.jsonl").exists():  # written again it would be another input
        write_jsonl(tmp_path / "docs.jsonl", [{"text": text} for text in documents])
    step = {"decontaminate": {"against": against, **options.pop("params", {})}}
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/docs.jsonl"}], "steps": [step], "task_size": 2000}
    return str(
        build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / out, **options)["path"]
    )


def test_a_run_leaves_the_evidence_and_the_same_bytes_for_any_number_of_workers(
    exam: str, tmp_path: Path
) -> None:
    documents = [filler(n) if n % 9 else f"{filler(n)} {QUESTION}" for n in range(100)]
    against = [{"path": exam, "name": "bar"}]
    folders = [run(tmp_path, f"out{w}", against, documents, workers=w) for w in (1, 2)]
    dropped = rows(folders[0], "dropped")
    assert dropped.height == 12 and set(dropped["reason"]) == {"contaminated"}
    hits = rows(folders[0], "evidence/decontaminate/hits")
    assert hits["id"].to_list() == dropped["id"].to_list()
    assert rows(folders[0], "evidence/decontaminate/benchmarks")["documents"].to_list() == [12]
    assert bytes_of(folders[0]) == bytes_of(folders[1])


@pytest.mark.parametrize("action", ["drop", "cut"])
def test_a_run_without_any_hit_changes_nothing(exam: str, tmp_path: Path, action: str) -> None:
    folder = run(tmp_path, "out", exam, [filler(n) for n in range(9)], params={"action": action})
    data = rows(folder)
    assert data["text"].to_list() == [filler(n) for n in range(9)]
    assert ("contamination" in data.columns) == (action == "cut")
    assert rows(folder, "evidence/decontaminate/benchmarks")["untested"].to_list() == [["exam.jsonl#2"]]


def test_a_changed_benchmark_builds_anew(exam: str, tmp_path: Path) -> None:
    first = run(tmp_path, "out", exam, [STATUTE])
    write_jsonl(Path(exam), [{"text": STATUTE}])
    second = run(tmp_path, "out", exam, [STATUTE])
    assert first != second and rows(second).is_empty()


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"a": 1', "exam.jsonl line 1: not JSON"), ('{"a": "too short"}', "no item .* has 8 words"), (None, "no file")],
)  # fmt: skip
def test_a_benchmark_that_cannot_be_used_stops_the_run_before_it_begins(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content:
        (tmp_path / "exam.jsonl").write_text(content)
    with pytest.raises(ConfigError, match=message):
        run(tmp_path, "out", f"{tmp_path}/exam.jsonl", [STATUTE])


def test_real_items_are_caught_and_real_boilerplate_is_not(real: Callable[[str], Path]) -> None:
    legalbench = str(real("eval/legalbench_tasks.tar.gz"))
    contracts = pl.read_ndjson(str(real("legal/contracts_edgar.jsonl.gz"))).select("id", "text")
    opinions = (
        pl.read_ndjson(str(real("legal/us_federal_appellate_opinions.jsonl.gz"))).select("text").head(40)
    )
    mmlu = {
        "path": str(real("eval/mmlu/professional_law_test.csv")),
        "names": ["question", *"ABCD", "answer"],
        "columns": ["question"],
    }
    questions = overlap_texts(mmlu)[:40]
    leaked = opinions.select(
        "text", id=pl.lit("leak") + pl.int_range(pl.len()).cast(pl.String), question=pl.Series(questions)
    ).select("id", text=pl.col("text").str.slice(0, 5000) + "\n" + pl.col("question") + "\n" + pl.col("text"))
    corpus = pl.concat([contracts.filter(pl.col("text") != ""), leaked.select("id", "text")])
    guarded = decontaminate(corpus, against=[legalbench, mmlu])
    ids = set(guarded.dropped["id"])
    assert {f"leak{n}" for n in range(40)} <= ids
    assert len(ids) - 40 <= 10  # phrases of contracts that LegalBench has as clauses
    bare = decontaminate(corpus, against=[legalbench, mmlu], max_frequency=None)
    assert bare.dropped.height - 40 > 100


def overlap_texts(benchmark: dict[str, Any]) -> list[str]:
    from curate.contamination.items import benchmarks, read_items

    texts = read_items(benchmarks(benchmark))["text"]
    return texts.filter(texts.str.count_matches(r"\S+") > 60).to_list()
