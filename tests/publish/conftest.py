"""A Hub of our own, and what the tests of publishing make."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import build, write_jsonl, write_pipeline
from hub_server import Hub
from published import PLAIN, records

from curate.publish import retry


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> Iterator[Hub]:
    """A server that huggingface_hub, unmodified, takes for the Hub."""
    from huggingface_hub import constants

    server = Hub()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setattr(retry, "SILENCE", 5.0)
    yield server
    server.close()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited, instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr(retry, "nap", waited.append)
    return waited


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """`artefact(records, license=…, steps=…)`: the folder of a built artefact, made once for all tests."""
    made: dict[str, str] = {}
    key = pytest.MonkeyPatch()
    key.setenv("CURATE_PII_KEY", "one key for all releases")  # or each folder would have its own

    def make(
        rows: list[dict[str, Any]] | None = None,
        *,
        license: str | None = "CC0-1.0",
        steps: list[Any] = PLAIN,
        shard_size: int = 20_000,
        **stage: Any,
    ) -> str:
        rows = records(100) if rows is None else rows
        name = json.dumps([rows, license, steps, shard_size, stage])
        if name not in made:
            folder = tmp_path_factory.mktemp("artefact")
            write_jsonl(folder / "in" / "a.jsonl", rows)
            source = {"name": "a", "path": "in/*.jsonl"} | ({"license": license} if license else {})
            told = {"sources": [source], "steps": steps, "output": {"shard_size": shard_size}} | stage
            with contextlib.chdir(folder):
                pipeline = write_pipeline(folder / "p.yaml", {"corpus": told})
                made[name] = str(folder / build(pipeline, Path("out"))["path"])
        return made[name]

    yield make
    key.undo()


@pytest.fixture
def small(artefact: Callable[..., str]) -> str:
    """An artefact of one shard."""
    return artefact(records(12), shard_size=1_000_000)
