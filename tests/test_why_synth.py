"""`curate why` and `curate inspect` of synthetic data: any candidate, accepted, rejected or without an answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from helpers import rows
from made_synth import made, rewritten, told

from curate import manifest
from curate.cli import main
from curate.errors import ConfigError
from curate.explain.text import lines
from curate.explain.why import why
from synth.engine.answer import Reply
from synth.engine.request import Request
from synth.engine.settings import Sampling
from synth.engine.store import Store


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("why"))


def facts(answer: dict[str, Any]) -> dict[str, Any]:
    return dict(answer["sections"][0]["blocks"][0]["values"])


def verdicts(answer: dict[str, Any]) -> dict[str, Any]:
    (part,) = [section for section in answer["sections"] if section["id"] == "filters"]
    return {row[0]: row[1] for row in part["blocks"][0]["rows"]}


def shown(answer: dict[str, Any]) -> str:
    return "\n".join(lines(answer, 100, False))


def test_an_accepted_row_is_followed_to_its_passage(pairs: str) -> None:
    row = rows(pairs).row(3, named=True)
    answer = why(pairs, row["id"])
    assert facts(answer)["outcome"] == "accepted" and facts(answer)["where"].startswith(
        "data/00000.parquet, row 3 "
    )
    assert facts(answer)["template"] == json.loads(row["meta_detail"])["template"]
    assert verdicts(answer) == dict.fromkeys([step["step"] for step in told(pairs)["steps"]], True)
    text = shown(answer)
    (span,) = row["meta_evidence"]
    assert span["document"] in text and re.search(f"{span['start']:,}–{span['end']:,} +yes", text)
    assert row["chosen"][0]["content"].split("\n")[0][:60] in text and "[rejected]" in text


def test_a_passage_that_does_not_stand_there_is_said_to(tmp_path: Path) -> None:
    folder = made(tmp_path)
    span = pl.struct(
        document=pl.col("meta_documents").list.first(),
        start=pl.lit(0, pl.UInt32),
        end=pl.lit(9, pl.UInt32),
        text=pl.lit("not there"),
    )
    frame = rewritten(folder, "data", meta_evidence=pl.concat_list(span))
    assert re.search("0–9 +NO", shown(why(folder, frame["id"][0])))


def test_a_rejected_one_names_the_filter_and_the_row_that_it_repeats(pairs: str) -> None:
    gone = rows(pairs, "dropped").row(0, named=True)
    answer = why(pairs, gone["id"])
    assert facts(answer)["outcome"] == f"rejected by {gone['step']}: {gone['reason']}"
    said = verdicts(answer)
    assert said[gone["step"]] is False
    detail = json.loads(gone["detail"])
    number = detail.get("accepted", str(detail.get("of")).rpartition(" ")[2])
    assert rows(pairs)["id"][int(number)] in shown(answer)


def test_filters_after_the_first_no_were_not_asked(tmp_path: Path) -> None:
    folder = made(tmp_path)
    gone = rewritten(folder, "dropped", step=pl.lit("evidence"), reason=pl.lit("evidence_missing"))
    said = verdicts(why(folder, gone["id"][0]))
    after = {"exact_duplicates": "not asked", "near_duplicates": "not asked"}
    assert said == {"corrupted": True, "schema": True, "evidence": False} | after


def test_requests_are_told_with_what_was_answered(tmp_path: Path) -> None:
    folder = made(tmp_path)
    asked = Request("m", None, ({"role": "user", "content": "Which is better, \x1b[31mA or B?"},), Sampling())
    with Store(Path(folder).parent / "responses" / "store.sqlite") as store:
        store.put(
            asked,
            Reply(text="The answer \x1b[31m of the judge", tokens_in=7, tokens_out=3, finish_reason="stop"),
        )
    frame = rewritten(folder, "data", meta_requests=pl.concat_list(pl.lit(asked.key), pl.lit("ab" * 32)))
    text = shown(why(folder, frame["id"][0], full=True))
    assert asked.key in text and "7 tokens in, 3 out, stop" in text
    assert "Which is better, \\x1b[31mA or B?" in text and "The answer \\x1b[31m of the judge" in text
    assert f"{'ab' * 32}: the store does not have it" in text
    (Path(folder).parent / "responses" / "store.sqlite").unlink()
    assert "Responses are not kept here" in shown(why(folder, frame["id"][0]))


def test_what_is_not_there_names_what_is_nearest_and_diff_says_why_not(pairs: str) -> None:
    known = rows(pairs)["id"][0]
    with pytest.raises(ConfigError, match="the nearest ids") as error:
        why(pairs, known + "x")
    assert known in str(error.value)
    run = CliRunner().invoke(main, ["diff", pairs, pairs])
    assert run.exit_code == 2 and "of kind synth" in run.stderr and "report.json" in run.stderr
    told_json = CliRunner().invoke(main, ["why", pairs, known, "--json"])
    assert json.loads(told_json.stdout.splitlines()[-1])["sections"][0]["id"] == "now"


def test_a_candidate_without_an_answer_is_told(tmp_path: Path) -> None:
    folder = made(tmp_path)
    found = told(folder)
    row = {
        "source": "corrupted",
        "file": "one/one.jsonl#0",
        "position": "7",
        "kind": "unanswered",
        "error": "429",
    }
    Path(folder, "failed").mkdir(exist_ok=True)
    pl.DataFrame([row]).write_parquet(Path(folder, "failed", "00000.parquet"))
    found["outputs"]["failed"] = [{"path": "00000.parquet", "rows": 1}]
    manifest.write(folder, found)
    text = shown(why(folder, "corrupted/one/one.jsonl#0#7"))
    assert "no answer" in text and "unanswered" in text and "429" in text


def test_inspect_shows_turns_as_turns(pairs: str) -> None:
    run = CliRunner().invoke(main, ["inspect", pairs, "-n", "1"])
    row = rows(pairs).row(0, named=True)
    assert "[chosen]\n  " + row["chosen"][0]["content"].splitlines()[0] in run.stdout
    assert "[user]" in run.stdout and "'role'" not in run.stdout
    gone = CliRunner().invoke(main, ["inspect", pairs, "--dropped", "-n", "1"])
    assert "reason" in gone.stdout and "[rejected]" in gone.stdout
