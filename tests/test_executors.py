"""The pool of workers: what happens when they die, fail or cannot begin."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from helpers import Touch

from curate import executors
from curate.errors import RunError


class Foreign:
    """A job that no worker can unpickle."""

    title, tasks = "foreign", 1

    def __init__(self, folder: Path):
        self.outcomes = folder

    def __reduce__(self) -> tuple[object, ...]:
        return (__import__, ("no_such_module_anywhere",))


def execute(job: executors.Job, tmp_path: Path, workers: int = 2) -> list[int]:
    """Ranks in the order in which they were done."""
    ended: list[int] = []
    with executors.pool(workers, tmp_path / "logs") as pool:
        pool.execute(job, tmp_path / "trove", list(range(job.tasks)), lambda *a: None, ended.append)
    return ended


def test_a_task_whose_worker_dies_is_done_once_more_and_counted_once(tmp_path: Path) -> None:
    assert sorted(execute(Touch(tmp_path, fault="once"), tmp_path)) == [0, 1, 2]
    assert all((tmp_path / f"done{rank}").exists() for rank in range(3))


def test_a_task_that_keeps_ending_its_worker_fails_the_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"task 1 ended its worker 3 times \(signal 9\)"):
        execute(Touch(tmp_path, fault="always"), tmp_path)


def test_a_task_that_raises_fails_the_run_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"touch: task 1: ValueError: no good"):
        execute(Touch(tmp_path, fault="raise"), tmp_path, workers=1)


def test_a_worker_that_cannot_take_the_job_ends_instead_of_hanging(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(RunError, match=r"ended its worker 3 times \(exit code 1\)\. The worker's last"):
        execute(Foreign(tmp_path), tmp_path, workers=1)
    assert time.monotonic() - began < 60
    assert "no_such_module_anywhere" in "".join(p.read_text() for p in (tmp_path / "logs").iterdir())
