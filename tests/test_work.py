"""What a run says when a step goes wrong amid its work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers import build, rows, texts, write_jsonl, write_pipeline

from curate.cli import main
from curate.errors import GateError, RunError


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [{"faulty.raises": {}}],
            r"step faulty.raises failed in the batch that begins with a/x\.jsonl#0: ValueError: no$",
        ),
        ([{"faulty.panics": {}}], "step faulty.panics failed in the batch that begins with a/x"),
        ([{"faulty.exits": {}}], "step faulty.exits failed in the batch that begins with a/x"),
        ([{"faulty.observes": {}}], "step faulty.observes failed in the batch that begins with a/x"),
        ([{"faulty.quotes": {}}], r"secret secret [^\n]{0,300} …$"),
        ([{"faulty.loses": {}}], "took 9 rows and gave 8 kept and 0 dropped"),
        ([{"faulty.renames": {}}], "changed the column 'id'"),
        ([{"faulty.empties": {}}], "leaves documents without text"),
        ([{"faulty.undeclared": {}}], "'more' is undeclared"),
        (
            [{"faulty.undecided": {}}],
            r"step faulty.undecided failed while it decided: ValueError: no such source$",
        ),
    ],
)
def test_the_step_that_failed_is_named(tmp_path: Path, steps: list[Any], message: str) -> None:
    source = {"name": "a", "path": str(write_jsonl(tmp_path / "x.jsonl", texts(9)))}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"corpus": {"sources": [source], "steps": steps}})
    with pytest.raises(RunError, match=message):
        build(pipeline, tmp_path / "out")


def test_a_gate_within_a_task_ends_the_command_with_its_own_exit_code(tmp_path: Path) -> None:
    source = {"name": "a", "path": str(write_jsonl(tmp_path / "x.jsonl", texts(3)))}
    stage = {"sources": [source], "steps": ["faulty.refuses"]}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"corpus": stage})
    with pytest.raises(GateError, match=r"^too many leaks$"):
        build(pipeline, tmp_path / "out")
    done = CliRunner().invoke(main, ["run", pipeline, "--out", str(tmp_path / "out")])
    assert done.exit_code == 3 and "too many leaks" in done.stderr


def test_a_step_that_stops_before_its_input_ends_fails_the_run(tmp_path: Path) -> None:
    """The reader counts only what is asked of it: without this check the rest would be lost in silence."""
    records = [{"text": f"{i} " + "x" * 3_000_000} for i in range(6)]
    source = {"name": "a", "path": str(write_jsonl(tmp_path / "x.jsonl", records))}
    pipeline = write_pipeline(
        tmp_path / "p.yaml", {"corpus": {"sources": [source], "steps": ["faulty.stops"]}}
    )
    with pytest.raises(RunError, match=r"faulty\.stops stopped before its input ended"):
        build(pipeline, tmp_path / "out")


def test_documents_of_a_stage_and_of_files_stand_side_by_side(tmp_path: Path) -> None:
    """What the stage's steps added is null for the files' documents, and `quality` measures those itself."""
    write_jsonl(tmp_path / "x.jsonl", texts(4, words=60))
    write_jsonl(tmp_path / "y.jsonl", [*texts(3, words=60, start=50), {"text": "too short"}])
    first = {"sources": [{"name": "a", "path": str(tmp_path / "x.jsonl")}], "steps": ["signals"]}
    sources = [{"name": "b", "from": "first"}, {"name": "c", "path": str(tmp_path / "y.jsonl")}]
    second = {"sources": sources, "steps": [{"quality": {"preset": "legal", "min_stop_words": None}}]}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"first": first, "second": second})
    made = build(pipeline, tmp_path / "out", stage="second")
    assert rows(made["path"])["source"].to_list() == ["a"] * 4 + ["c"] * 3
    assert rows(made["path"], "dropped").select("reason", "text").rows() == [("min_words", "too short")]
