"""Shared fixtures. Real data lies beside the checkout in `shared/data`; without it tests that need it skip."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The first example may compile a kernel.
settings.register_profile("curate", deadline=None)
settings.load_profile("curate")

# A report loads what finds private data, which takes seconds: tests of it ask for it.
os.environ["CURATE_REPORT"] = "off"

# Tests run in several processes: threads of one that wait for each other's turn on a busy core cost tenfold.
os.environ.setdefault("OMP_NUM_THREADS", "1")

REAL = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """`real("legal/x.jsonl.gz")`: the path of a piece of real data; skips where it is absent (fails in CI)."""

    def path(name: str) -> Path:
        found = REAL / name
        if not found.exists():
            assert not os.environ.get("CI"), f"{found} must be there in CI"
            pytest.skip(f"needs the real data set {name}")
        return found

    return path


@pytest.fixture(scope="session")
def real_legal(real: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`pipelines/real_legal.yaml`, built once by one worker: the stage's line of the result."""
    import curate

    pipeline = Path(__file__).resolve().parents[1] / "pipelines" / "real_legal.yaml"
    out = tmp_path_factory.mktemp("real_legal")
    result = curate.run(str(pipeline), out=str(out), workers=1, variables={"data": str(real("legal").parent)})
    stage: dict[str, Any] = result["stages"]["corpus"]
    return stage
