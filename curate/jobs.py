"""Running a job's tasks: those not done yet, the heaviest first, under a progress bar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from curate import executors
from curate.errors import RunError
from curate.outcomes import done
from curate.progress import Phase


def run_job(job: executors.Job, weights: list[int], pool: executors.Pool, quiet: bool) -> None:
    """Run those tasks of `job` that are not done yet, the heaviest first, and see that all are done then."""
    already = {rank for rank in range(job.tasks) if done(job.outcomes, rank).exists()}
    ranks = sorted(set(range(job.tasks)) - already, key=lambda rank: (-weights[rank], rank))
    if not ranks:
        return
    phase = Phase(job.title, weights, already, quiet=quiet)
    try:
        pool.execute(job, job.outcomes / "datatrove", ranks, phase.update, phase.done)
    finally:
        phase.close()
    missing = [rank for rank in ranks if not done(job.outcomes, rank).exists()]
    if missing:
        raise RunError(
            f"{job.title}: {len(missing)} tasks ended without an outcome, the first is {missing[0]}"
        )


def read_outcomes(folder: Path, tasks: int) -> list[dict[str, Any]]:
    """The outcomes of a job's tasks, in order."""
    return [json.loads(done(folder, rank).read_text()) for rank in range(tasks)]
