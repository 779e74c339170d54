"""The report of a model: numbers as the manifest has them, no text where none may be, and it opens anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made
import pytest
from chain import BITS, continued, foundation, written

from curate import manifest
from curate.report.gather import gather, numbers
from curate.report.markdown import markdown
from curate.runner import run
from train.report import scorecard
from train.telling import forgetting, gain, judged, targets


def read(folder: str) -> dict[str, Any]:
    found = manifest.read(folder)
    assert found is not None
    return found


def told(folder: str, *, texts: bool = False) -> dict[str, Any]:
    return gather(folder, read(folder), texts=texts)


def section(of: dict[str, Any], name: str) -> dict[str, Any]:
    return next(s for s in of["own"]["sections"] if s["id"] == name)


def table(of: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The first table of a section, by its columns (those of one name are counted)."""
    block = next(b for b in section(of, name)["blocks"] if b["type"] == "table")
    names: list[str] = []
    for column in block["columns"]:
        names.append(column["name"] + "'" * names.count(column["name"]))
    return [dict(zip(names, row)) for row in block["rows"]]


def test_tiles_tell_what_was_done_and_what_came_of_it(tmp_path: Path) -> None:
    tiles = {tile["name"]: tile for tile in told(made.chain(tmp_path))["own"]["tiles"]}
    assert tiles["objective"]["value"] == "dpo" and tiles["objective"]["below"] == "from domain"
    assert (tiles["tokens"]["value"], tiles["MFU"]["value"]) == (81920, "31.0%")
    assert (tiles["domain gain"]["value"], tiles["domain gain"]["tone"]) == ("-0.41", "good")
    assert (tiles["general forgetting"]["value"], tiles["general forgetting"]["tone"]) == ("+0.27", "bad")
    assert (tiles["verdict"]["value"], tiles["verdict"]["below"]) == ("failed", "1 fault")


def test_scores_stand_before_and_after_with_intervals(tmp_path: Path) -> None:
    of = told(made.chain(tmp_path))
    rows = {row["score"]: row for row in table(of, "scores")}
    assert rows["general/wikitext"]["before"] == "2.31 (2.28 to 2.34)"
    assert rows["general/wikitext"]["after"] == "2.58 (2.55 to 2.61)"
    assert rows["general/wikitext"]["change"] == "+0.27 (+0.24 to +0.3)"
    assert (rows["general/wikitext"][""], rows["domain/opinions"][""]) == ("worse", "better")
    assert rows["general/blimp"][""] == "no sure change"
    assert "memorisation/exposure/16" not in rows  # parts of a score are folded below
    assert of["train"]["scores"]["memorisation/exposure/16"]["value"] == 9.9


def test_a_control_has_its_columns(tmp_path: Path) -> None:
    scores = made.second()
    over = {"value": -0.3, "low": -0.35, "high": -0.25}
    scores["domain/opinions"] |= {"control": {"value": 1.92, "low": 1.9, "high": 1.94}, "over_control": over}
    row = next(
        r
        for r in table(told(made.chain(tmp_path, scores=scores)), "scores")
        if r["score"] == "domain/opinions"
    )
    assert row["control"] == "1.92 (1.9 to 1.94)" and row["over the control"] == "-0.3 (-0.35 to -0.25)"
    assert row["'"] == "better"


def test_the_mixture_stands_against_what_was_asked(tmp_path: Path) -> None:
    made.chain(tmp_path)
    of = told(str(made.folder_of(tmp_path, "domain")))
    assert [(r["source"], r["share asked"], r["epochs"], r["licences"]) for r in table(of, "mixture")] == [
        ("corpus", 0.75, 2.25, "CC0-1.0, public-domain"),
        ("general", 0.25, 0.75, "CC0-1.0, public-domain"),
    ]
    block = next(b for b in section(of, "mixture")["blocks"] if b["type"] == "lines")
    series = {s["name"]: s["points"] for s in block["series"]}
    assert series["corpus"][0] == [1, 0.76] and {y for _, y in series["corpus, asked"]} == {0.75}


def test_targets_follow_the_last_part_and_what_is_left() -> None:
    data = [{"from": "a", "share": 0.8, "name": "x"}, {"from": "b", "share": None}]
    config = {"data": data, "anneal": {"share": 0.25, "data": [{"from": "c", "share": None}]}}
    assert targets({"parts": {"config": config}}) == ({"x": 0.8, "b": pytest.approx(0.2)}, {"c": 1.0}, 0.25)
    open_ = {"data": [{"from": "a", "share": None}, {"from": "b", "share": None}]}
    assert targets({"parts": {"config": open_}})[0] == {}


def test_curves_are_drawn_and_a_merge_has_none(tmp_path: Path) -> None:
    folder = made.chain(tmp_path)
    blocks = section(told(folder), "training")["blocks"]
    assert [b["title"] for b in blocks if b["type"] == "lines"] == [
        "Loss", "Learning rate", "Tokens per second", "MFU",
    ]  # fmt: skip
    Path(folder, "log.jsonl").unlink()
    blocks = section(told(folder), "training")["blocks"]
    assert not [b for b in blocks if b["type"] == "lines"] and "no log" in blocks[0]["text"]


def test_worst_examples_are_clean_and_never_of_the_audit(tmp_path: Path) -> None:
    folder = made.chain(tmp_path)
    shown = told(folder, texts=True)
    text = json.dumps(section(shown, "worst"))
    assert "general/wikitext asked number 9" in text  # bits per byte: the highest are the worst
    assert "general/blimp asked number 0" in text  # accuracy: the lowest
    assert "ann.lee@mail.example" not in text and "[EMAIL_ADDRESS_" in text
    assert "memorisation/" not in text
    without = told(folder)
    assert "asked number" not in json.dumps(without)
    assert "asked number" not in json.dumps(numbers(shown))


def test_exposure_stands_by_count(tmp_path: Path) -> None:
    rows = table(told(made.chain(tmp_path)), "canaries")
    assert [(row["planted"], row["exposure (bits)"]) for row in rows] == [
        (0, 1.4),
        (1, 2.5),
        (4, 6.0),
        (16, 9.9),
    ]


def test_the_summary_has_verdict_and_scores(tmp_path: Path) -> None:
    text = markdown(told(made.chain(tmp_path)))
    assert "legal / chat: **failed**" in text and "2.58 \\(2.55 to 2.61\\)" in text and "serves as" in text


def test_a_model_that_was_not_measured_says_so(tmp_path: Path) -> None:
    folder = made.chain(tmp_path, scores={})
    parts = read(folder)["parts"]
    parts["config"]["evaluate"] = {"skip": "only a merge"}
    of = told(made.altered(folder, parts=parts, scores={}))
    assert section(of, "scores")["blocks"][0]["text"] == "Nothing was measured: only a merge"


def test_gains_and_forgetting_are_of_bits_first() -> None:
    scores = made.second()
    scores["general/other"] = scores["general/wikitext"] | {"change": {"value": 0.5, "low": 0.4, "high": 0.6}}
    worst = forgetting(scores)
    assert worst is not None and worst[0] == "general/other"
    assert (gain(scores) or ("",))[0] == "domain/opinions" and gain(made.first()) is None
    up = {"value": 0.1, "low": 0.05, "high": 0.2}
    assert (judged({"better": "higher"}, up), judged({"better": "lower"}, up)) == ("better", "worse")


def test_a_scorecard_tells_its_scores(tmp_path: Path) -> None:
    found = read(made.chain(tmp_path))
    card = {k: v for k, v in found.items() if k not in ("model", "training", "data")} | {"kind": "evaluate"}
    of = scorecard(card, str(made.folder_of(tmp_path, "chat")), texts=False)
    assert {s["id"] for s in of["sections"]} >= {"gate", "scores", "canaries", "lineage"}
    assert of["tiles"][0]["value"] == 7


@pytest.mark.slow
def test_a_real_run_tells_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stages of training; of the second one report, card, lineage and what is published."""
    from curate.lineage import lineage
    from curate.publish.publish import publish

    monkeypatch.setenv("CURATE_REPORT", "on")
    pipeline = written(tmp_path, foundation=foundation(evaluate=BITS), domain=continued(evaluate=BITS))
    folder = run(str(pipeline), out=str(tmp_path / "out"), workers=1)["stages"]["domain"]["path"]
    found = read(folder)
    assert Path(folder, "report.html").exists()
    of = told(folder)
    row = next(r for r in table(of, "scores") if r["score"] == "general/weather")
    assert row["before"].startswith(f"{found['scores']['general/weather']['before']['value']:.4g} (")
    shares = {r["source"]: r["share reached"] for r in table(of, "mixture")}
    assert shares["law"] == pytest.approx(0.75, abs=0.02)
    assert len(section(of, "training")["blocks"][0]["series"][0]["points"]) == found["training"]["steps"]
    tree = lineage(folder)
    assert tree["notes"] == [] and tree["model"]["objective"] == "continue"
    assert {link["as"] for link in tree["from"]} == {"start", "data"}
    why = {"pii": "invented", "verdict": "a test"}
    publish(folder, str(tmp_path / "hub"), overrides=why)
    published = {
        p.relative_to(tmp_path / "hub").as_posix() for p in (tmp_path / "hub").rglob("*") if p.is_file()
    }
    assert {"README.md", "loss.svg", "model.safetensors", "config.json", "curate/manifest.json"} <= published
    assert "base_model:" not in Path(tmp_path, "hub", "README.md").read_text()
    assert "examples" not in Path(tmp_path, "hub", "curate", "manifest.json").read_text()
