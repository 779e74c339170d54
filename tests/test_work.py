"""What a run says when a step goes wrong amid its work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers import build, texts, write_jsonl, write_pipeline

from curate.errors import RunError


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["signals", {"where": "signals.wrods > 3"}], "step where failed in the batch that begins with a/x"),
        ([{"quantile": {"column": "text", "keep": 0.5}}], "step quantile failed in the batch that begins"),
    ],
)
def test_the_step_that_failed_is_named(tmp_path: Path, steps: list[Any], message: str) -> None:
    source = {"name": "a", "path": str(write_jsonl(tmp_path / "x.jsonl", texts(3)))}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"corpus": {"sources": [source], "steps": steps}})
    with pytest.raises(RunError, match=message):
        build(pipeline, tmp_path / "out")
