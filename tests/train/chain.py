"""Small training pipelines for tests: a foundation on invented everyday English, continued on invented law."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
GENERAL = str(ROOT / "pipelines" / "general" / "texts" / "recipes.jsonl.gz")
LAW = str(ROOT / "pipelines" / "sample" / "statutes" / "*.md")
BITS = {
    "general": [
        {"bits": {"path": str(ROOT / "pipelines" / "general" / "texts" / "weather.jsonl.gz"), "limit": 6}}
    ],
    "domain": [
        {"bits": {"path": str(ROOT / "pipelines" / "general" / "texts" / "sport.jsonl.gz"), "limit": 6}}
    ],
}
SKIP = {"skip": "a test of something else"}


def foundation(**more: Any) -> dict[str, Any]:
    """A stage that trains from scratch: 12 steps of 512 tokens, unless told otherwise."""
    made: dict[str, Any] = {
        "kind": "train",
        "objective": "pretrain",
        "model": {"preset": "tiny", "vocabulary": 400, "context": 256},
        "data": [{"from": GENERAL, "name": "recipes"}],
        "tokens": 6144,
        "sequence_length": 64,
        "batch_size": 8,
        "evaluate": SKIP,
    }
    return made | more


def continued(**more: Any) -> dict[str, Any]:
    """A stage that goes on from `foundation` with law and replay."""
    data = [{"from": LAW, "name": "law", "share": 0.75}, {"from": GENERAL, "name": "replay"}]
    return (
        foundation() | {"objective": "continue", "model": "foundation", "data": data, "tokens": 4096} | more
    )


def written(folder: Path, **stages: dict[str, Any]) -> Path:
    """A pipeline of these stages in `folder`."""
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"name": "small", "seed": 5, "stages": stages}, sort_keys=False))
    return path


def log_of(artefact: str) -> list[dict[str, Any]]:
    """The lines of a model's log."""
    return [json.loads(line) for line in (Path(artefact) / "log.jsonl").read_text().splitlines()]
