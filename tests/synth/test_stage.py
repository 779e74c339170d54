"""Stages of kind synth from a pipeline file to an artefact: exact counts, accounts, provenance, formats, faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline

from curate import manifest
from curate.errors import ConfigError
from curate.pipeline import load
from synth import formats

CONTRACT = """EMPLOYMENT AGREEMENT

1. Definitions

1.1 "Business Day" means a day other than a Saturday, a Sunday or a public holiday in {place}.

1.2 "Confidential Information" means all information that the Company marks as {mark} or that a reasonable person would
understand to be private.

2. Duties

2.1 The Employee shall report to the {boss} and shall devote {hours} hours a week to the Company's business.

2.2 The Company shall pay the Employee a base salary of ${salary}
per year, unless the Employee gave notice.

3. Termination

3.1 Either party may terminate this Agreement by giving {days} days' written notice to the other party.

3.2 This Agreement is governed by the laws of the State of {place}.
"""
PLACES = ["Delaware", "Ohio", "Texas", "Maine", "Oregon", "Nevada", "Kansas", "Utah", "Iowa", "Idaho"]


def contracts(n: int) -> list[dict[str, str]]:
    """Contracts that differ in names and numbers."""
    return [
        {
            "id": f"c{i}",
            "title": f"Employment Agreement of {PLACES[i % 10]} Works {i}",
            "text": CONTRACT.format(
                place=PLACES[i % 10], mark=["secret", "internal", "restricted"][i % 3], hours=20 + i, days=30 + i,
                boss=["chief executive", "head of sales", "board", "controller"][i % 4], salary=f"{50 + i},000",
            ),
        }
        for i in range(n)
    ]  # fmt: skip


def stages(path: Path, synth: dict[str, Any]) -> dict[str, Any]:
    sources = [{"name": name, "path": str(path / f"{name}.jsonl")} for name in ("one", "two")]
    return {
        "corpus": {"sources": sources, "steps": ["signals"]},
        "rows": {"kind": "synth", "from": "corpus"} | synth,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synth")
    made = contracts(40)
    write_jsonl(path / "one.jsonl", made[:30])
    write_jsonl(path / "two.jsonl", made[30:])
    return path


FILTERS = ["schema", "evidence", "exact_duplicates"]


def make(folder: Path, name: str, **synth: Any) -> dict[str, Any]:
    stage = {"filters": FILTERS, "gates": False} | synth
    return build(write_pipeline(folder / f"{name}.yaml", stages(folder, stage)), folder / "out", stage="rows")


def test_exactly_as_many_rows_as_asked_each_grounded_in_its_document(folder: Path) -> None:
    made = make(folder, "mined", tasks=[{"mined": {"count": 50, "per_document": 3}}], filters=FILTERS[:2])
    found, kept = manifest.read(made["path"]), rows(made["path"])
    corpus = dict(
        rows(str(folder / "out" / json.loads((folder / "out" / "latest.json").read_text())["corpus"]))
        .select("id", "text")
        .iter_rows()
    )
    assert found is not None and made["status"] == "built"
    assert kept.height == 50 == made["kept"] and kept["id"].n_unique() == 50
    assert dict(kept.schema) == formats.columns("messages")
    for row in kept.iter_rows(named=True):
        assert [turn["role"] for turn in row["messages"]][-1] == "assistant" and row["meta_depth"] == 0
        assert row["meta_evidence"] and row["meta_documents"] == [row["meta_evidence"][0]["document"]]
        for span in row["meta_evidence"]:
            assert corpus[span["document"]][span["start"] : span["end"]] == span["text"]
    per_document = kept["meta_documents"].list.first().value_counts()["count"]
    assert per_document.max() <= 3
    shares = kept["meta_source"].value_counts().sort("meta_source")["count"]
    assert abs(shares[0] / 50 - 30 / 40) < 0.12  # coverage follows the corpus
    gone = rows(made["path"], "dropped")
    account = found["sources"]["mined"]
    assert account["read"] == account["kept"] + account["dropped"] + account["failed"] == 50 + gone.height
    assert found["steps"][-1]["out"] == 50


def test_the_same_pipeline_gives_the_same_bytes_and_is_reused(folder: Path, tmp_path: Path) -> None:
    again = {"tasks": [{"mined": {"count": 20}}], "filters": FILTERS, "gates": False}
    pipeline = write_pipeline(tmp_path / "p.yaml", stages(folder, again))
    one, two = build(pipeline, tmp_path / "a", stage="rows"), build(pipeline, tmp_path / "b", stage="rows")
    assert bytes_of(one["path"]) == bytes_of(two["path"])
    assert build(pipeline, tmp_path / "a", stage="rows")["status"] == "reused"


def test_corrupted_pairs_differ_as_recorded(folder: Path) -> None:
    made = make(folder, "pairs", tasks=[{"corrupted": {"count": 20}}], output={"format": "preference"})
    kept = rows(made["path"])
    assert kept.height == 20
    for row in kept.iter_rows(named=True):
        (chosen,), (rejected,) = row["chosen"], row["rejected"]
        told = json.loads(row["meta_detail"])["corruption"]
        start, end = told["start"], told["end"]
        assert chosen["content"][start:end] == told["original"]
        assert chosen["content"][:start] + told["replaced"] + chosen["content"][end:] == rejected["content"]


def test_a_budget_that_is_spent_fails_and_says_so(folder: Path) -> None:
    made = make(folder, "few", tasks=[{"mined": {"count": 40, "budget": 10}}])
    assert made["status"] == "failed" and made["kept"] <= 10
    assert "of 40 rows were accepted: the budget of 10 candidates is spent" in made["faults"][0]


def test_a_corpus_that_has_no_more_says_so(folder: Path) -> None:
    made = make(folder, "all", tasks=[{"mined": {"count": 100_000, "kinds": ["definitions"]}}])
    assert made["status"] == "failed" and "the corpus has no more to give" in made["faults"][0]


def test_gates_that_say_no_exit_3_and_name_examples(folder: Path) -> None:
    limits = {"answer": {"distinct_1": {"min": 0.99}}}
    made = make(folder, "gates", tasks=[{"mined": {"count": 60}}], gates=limits, filters=["schema"])
    assert made["status"] == "failed" and made["gate"] is True
    assert "answer.distinct_1" in made["faults"][0] and "mined/" in made["faults"][0]
    relaxed = make(folder, "gates", tasks=[{"mined": {"count": 60}}], gates=False, filters=["schema"])
    assert relaxed["status"] == "reused" and relaxed["faults"] == []  # limits only judge


@pytest.mark.parametrize(
    ("synth", "told"),
    [
        ({"tasks": [{"mind": {"count": 1}}]}, "there is no task 'mind' (did you mean 'mined'?)"),
        ({"tasks": [{"mined": {}}]}, "needs the key 'count'"),
        ({"tasks": [{"mined": {"count": 1, "kind": ["x"]}}]}, "unknown key 'kind'"),
        ({"tasks": [{"questions": {"count": 1}}]}, "asks a model, and model is embedded"),
        (
            {"tasks": [{"mined": {"count": 1}}], "output": {"format": "preference"}},
            "makes no rows of the format",
        ),
        ({"tasks": [{"mined": {"count": 1}}], "filters": ["shema"]}, "unknown filter 'shema'"),
        ({"tasks": [{"mined": {"count": 1}}], "filters": ["judge"]}, "filter 'judge' needs ask"),
        ({"tasks": [{"mined": {"count": 1}}], "gates": {"anser": {}}}, "unknown key 'anser'"),
        ({"tasks": [{"mined": {"count": 1}}], "model": {"servr": "x"}}, "server"),
        ({"tasks": [{"mined": {"count": 1}}], "from": "corpse"}, "there is no stage 'corpse'"),
        ({"tasks": []}, "tasks"),
    ],
)
def test_faults_have_places_and_remedies(folder: Path, synth: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write_pipeline(folder / "wrong.yaml", stages(folder, synth)))
    assert told in str(error.value) and "stages.rows" in str(error.value)


def test_a_filter_that_is_used_twice_is_told_of_twice(folder: Path) -> None:
    """Nearly the same as a whole, nearly the same answer: each use has its name, its account and its reasons."""
    filters = ["schema", "near_duplicates", {"near_duplicates": {"of": "answer"}}]
    made = make(folder, "twice", tasks=[{"mined": {"count": 10}}], filters=filters)
    found = manifest.read(made["path"])
    assert found is not None and made["status"] == "built"
    _, schema, one, two = found["steps"]
    assert [one["step"], two["step"]] == ["near_duplicates", "near_duplicates-2"]
    assert one["name"] == two["name"] and (one["params"]["of"], two["params"]["of"]) == ("sample", "answer")
    assert (schema["corpus"], one["corpus"], two["corpus"]) == (
        False,
        True,
        True,
    )  # what they remember decides
    assert one["out"] == two["in"] > two["out"] == 10
    gone = rows(made["path"], "dropped")["step"].value_counts()
    assert dict(gone.iter_rows()) == {s["step"]: s["in"] - s["out"] for s in (one, two) if s["dropped"]}


def test_depth_counts_generations(folder: Path, tmp_path: Path) -> None:
    """Rows made from a text that was itself made are one generation further from people."""
    texts = pl.DataFrame(
        [c | {"meta_depth": 0} for c in contracts(12)], schema_overrides={"meta_depth": pl.UInt8}
    )
    texts.with_columns(source=pl.lit("s")).write_parquet(tmp_path / "t.parquet")
    stage = {"kind": "synth", "from": str(tmp_path / "t.parquet"), "tasks": [{"mined": {"count": 5}}]}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"rows": stage | {"filters": FILTERS, "gates": False}})
    assert rows(build(pipeline, tmp_path / "out", stage="rows")["path"])["meta_depth"].unique().to_list() == [
        1
    ]
