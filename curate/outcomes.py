"""Outcomes of tasks: small files whose existence says that a task is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Report = Callable[
    [int, int, int], None
]  # documents read, characters read, documents kept: so far in this task


def done(folder: Path, rank: int) -> Path:
    """The file whose existence says that a task is done; it holds the task's outcome."""
    return folder / "tasks" / f"{rank:05d}.json"


def finish(folder: Path, rank: int, outcome: dict[str, Any]) -> None:
    """Write a task's outcome, whole or not at all."""
    path = done(folder, rank)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(outcome))
    partial.replace(path)
