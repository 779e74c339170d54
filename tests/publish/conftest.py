"""A Hub of our own, and what the tests of publishing make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import build, write_jsonl, write_pipeline
from hub_server import Hub

from curate.publish import retry

#: Words of which documents are made, so that they are long enough to be split into shards.
PLAIN: list[Any] = [{"pii": {"names": False, "audit": 50}}]


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


def records(n: int, changed: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """Documents with keys and dates; those of `changed` have another text."""
    return [
        {
            "id": f"d{i}",
            "text": " ".join(f"word{(i * 31 + j * 17) % 4999}" for j in range(120))
            + (" in another wording." if i in changed else "."),
            "date": f"20{10 + i % 10}-01-02",
        }
        for i in range(n)
    ]


@pytest.fixture
def artefact(tmp_path: Path) -> Callable[..., str]:
    """`artefact(records=…, license=…, steps=…)`: the folder of a built artefact."""

    def make(
        rows: list[dict[str, Any]] | None = None,
        *,
        license: str | None = "CC0-1.0",
        steps: list[Any] = PLAIN,
        shard_size: int = 20_000,
        out: str = "out",
        **stage: Any,
    ) -> str:
        write_jsonl(tmp_path / "in" / "a.jsonl", rows if rows is not None else records(100))
        source = {"name": "a", "path": f"{tmp_path}/in/*.jsonl"} | ({"license": license} if license else {})
        told = {"sources": [source], "steps": steps, "output": {"shard_size": shard_size}} | stage
        return str(build(write_pipeline(tmp_path / "p.yaml", {"corpus": told}), tmp_path / out)["path"])

    return make
