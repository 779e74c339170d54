"""Evidence and verdicts on disk."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.rounds import SolveJob, verdict_for, write_evidence
from curate.step import StepUse

KEYS = {"task": pl.UInt32, "row": pl.UInt32, "id": pl.String, "high": pl.UInt64, "low": pl.UInt64}


def test_evidence_is_solved_in_the_order_of_tasks_however_many_there_are(tmp_path: Path) -> None:
    use = StepUse("exact_duplicates", {})
    for task in (99_999, 100_000):  # the second file's name sorts before the first's
        evidence = pl.DataFrame([(task, 0, f"d{task}", 7, 7)], schema=KEYS, orient="row")
        write_evidence(tmp_path, 0, task, [evidence], "high", 1)
    SolveJob(tmp_path, 0, use, 1).run(0, lambda *so_far: None)
    verdict = verdict_for(use.step.func(), tmp_path, 0, 100_000)
    assert verdict.select("first", "later").rows() == [("d99999", True)]
