"""`curate why` where private data were taken out: hidden without being asked, shown under the key alone."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from helpers import build, rows, write_jsonl, write_pipeline

from curate import manifest
from curate.cli import main
from curate.explain.names import opened
from curate.explain.why import why


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURATE_PII_KEY", raising=False)


def command(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def hiding(tmp_path: Path, steps: list[Any]) -> str:
    secret = [
        {"key": f"SECRET-{i}", "title": "on SECRET-7", "text": f"of  SECRET-{i} and {'SECRET-9 ' * i}"}
        for i in range(4)
    ]
    write_jsonl(tmp_path / "in" / "SECRET-100.jsonl", [*secret, {"text": None}])
    with tarfile.open(tmp_path / "in" / "SECRET-200.tar", "w") as archive:
        path = write_jsonl(tmp_path / "SECRET-300.jsonl", secret[:2])
        archive.add(path, arcname="SECRET-300.jsonl")
    source = {"name": "a", "path": f"{tmp_path}/in", "max_failed": 1.0}
    file = write_pipeline(tmp_path / "p.yaml", {"corpus": {"sources": [source], "steps": steps}})
    return str(build(file, tmp_path / "out")["path"])


HIDING = ["normalise", {"where": "LENGTH(text) < 40"}, "exact_duplicates", "hides.secrets"]


def test_hidden_names_and_edits_show_on_demand_alone(tmp_path: Path) -> None:
    path = hiding(tmp_path, HIDING)
    data, dropped, failed = (rows(path, part) for part in ("data", "dropped", "failed"))
    names = [*data["id"], *dropped["id"], f"a/{failed['file'][0]}#{failed['position'][0]}"]
    assert data.height == 3 and dropped.height == 3 and "SECRET" not in str(names)
    for name in names:
        for words in (["why", path, name], ["why", path, name, "--full"], ["why", path, name, "--json"]):
            told = command(*words)
            assert (
                told.exit_code == 0
                and "SECRET" not in told.output
                and str(tmp_path / "in") not in told.output
            )
            assert "--reveal" in told.output
        shown = command("why", path, name, "--reveal")
        assert "SECRET-100.jsonl" in shown.output or "SECRET-200.tar" in shown.output
    answer, open_ = why(path, data["id"][1]), why(path, data["id"][1], reveal=True, full=True)
    hidden, seen = (a["steps"][3]["edits"][0]["columns"]["text"] for a in (answer, open_))
    assert hidden["places"] == seen["places"] > 0 and "windows" not in hidden and answer["private"]["counts"]
    assert open_["read"]["revealed"]["key"] == "SECRET-1"
    assert "SECRET-1" in str(seen["windows"]) and open_["read"]["revealed"]["path"].endswith(
        "SECRET-100.jsonl"
    )
    member = next(name for name in [*data["id"], *dropped["id"]] if ".tar" in name or name.count("#") == 2)
    assert why(path, member, reveal=True)["read"]["revealed"]["id"].startswith(
        "a/SECRET-200.tar#SECRET-300.jsonl#"
    )
    late = why(path, dropped.filter(step="where")["id"][0], reveal=True)["steps"]
    assert late[3]["outcome"] == "late" and late[3]["edits"] and late[2]["outcome"] == "not reached"
    assert why(path, "a/SECRET-100.jsonl#0")["id"] == data["id"][0]  # the key finds the clear name


def test_without_its_key_the_rest_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hiding(tmp_path, HIDING)
    name = rows(path, "dropped").filter(step="exact_duplicates")["id"][0]
    whole = why(path, name)
    (Path(path) / "private" / "key").unlink()
    for reveal in (False, True):
        answer = why(path, name, reveal=reveal)
        assert "set CURATE_PII_KEY" in str(answer["notes"]) and "revealed" not in answer["read"]
        for part in ("now", "partner", "outcome"):
            assert answer[part] == whole[part]
        assert not any(step.get("edits") for step in answer["steps"]) and answer["private"]["counts"] is None
    assert not (Path(path) / "private" / "key").exists()
    monkeypatch.setenv("CURATE_PII_KEY", "another")
    assert "this is the key" in str(why(path, name)["notes"])
    found = manifest.read(path)
    assert found and opened(path, found).closed


@pytest.mark.slow
def test_private_data_are_counted_again_as_pii_found_them(tmp_path: Path) -> None:
    letter = (
        "Call Ms. Jane Doe at (212) 555-0147 or write to jane.doe@firm-mail.com. The court held otherwise."
    )
    write_jsonl(tmp_path / "in" / "one.jsonl", [{"text": letter + "  "}, {"text": "Nothing private here."}])
    stage = {
        "sources": [{"name": "a", "path": f"{tmp_path}/in"}],
        "steps": ["normalise", {"pii": {"replace": "tag", "names": False}}],
    }
    path = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")["path"]
    name, plain = rows(path)["id"].to_list()
    answer = why(path, name)
    counted = {entity: rows(path)["text"][0].count(f"[{entity}_") for entity in answer["private"]["counts"]}
    assert answer["private"]["counts"] == counted and {"PHONE_NUMBER", "EMAIL_ADDRESS"} <= set(counted)
    assert why(path, plain)["private"]["counts"] == {}
    assert "555" not in str(answer) and "555" in str(why(path, name, reveal=True)["steps"])
    (Path(path) / "private" / "key").unlink()
    told = why(path, name)["private"]
    assert told["by"] == "tags in the text" and told["counts"] == counted


def test_an_id_that_was_hidden_on_the_way_leads_to_the_stage_before(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "SECRET-1.jsonl", [{"text": f"words  of {i}"} for i in range(3)])
    stages = {
        "first": {"sources": [{"name": "a", "path": f"{tmp_path}/in"}], "steps": ["normalise"]},
        "second": {"sources": [{"name": "up", "from": "first"}], "steps": ["hides.secrets"]},
    }
    path = build(write_pipeline(tmp_path / "p.yaml", stages), tmp_path / "out", "second")["path"]
    name = rows(path)["id"][1]
    answer = why(path, name, reveal=True)
    assert "SECRET" not in name and answer["upstream"]["id"].startswith("a/SECRET-1.jsonl#")
    told = command("why", path, name)
    assert told.exit_code == 0 and "SECRET" not in told.output and "--reveal" in told.output
