"""What was published is what loads: `datasets`, streaming too, DuckDB, Polars and pandas, with splits and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import rows
from hub_server import Hub
from published import PLAIN, records

from curate.publish.publish import publish

#: Loads a repository both ways in a process of its own, since the client reads its address when it is imported.
LOAD = """
import json, sys
from datasets import load_dataset
whole = load_dataset(sys.argv[1])
out = {}
for split, documents in whole.items():
    stream = load_dataset(sys.argv[1], split=split, streaming=True)
    out[split] = {"rows": documents.to_list(), "stream": list(stream), "features": documents.features._to_yaml_list()}
print(json.dumps(out, default=str))
"""


def load(hub: Hub, repo: str, tmp_path: Path) -> dict[str, Any]:
    there = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD, repo], env=os.environ | there, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_datasets_loads_what_was_published(hub: Hub, artefact: Callable[..., str], tmp_path: Path) -> None:
    folder = artefact(steps=["signals", *PLAIN])
    publish(folder, "owner/set")
    loaded = load(hub, "owner/set", tmp_path)
    wanted = json.loads(json.dumps(rows(folder).to_dicts(), default=str))
    assert set(loaded) == {"train"}
    assert loaded["train"]["rows"] == wanted == loaded["train"]["stream"]
    assert [feature["name"] for feature in loaded["train"]["features"]] == rows(folder).columns


@pytest.mark.slow
def test_splits_load_as_splits(hub: Hub, artefact: Callable[..., str], tmp_path: Path) -> None:
    fractions = {"train": 0.6, "validation": 0.2, "test": 0.2}
    folder = artefact(steps=[*PLAIN, {"split": {"fractions": fractions, "family": None}}])
    told = publish(folder, "owner/set")
    loaded = load(hub, "owner/set", tmp_path)
    documents = rows(folder)
    assert set(loaded) == set(fractions)
    for split in fractions:
        wanted = documents.filter(pl.col("split") == split)["id"].to_list()
        assert wanted and [row["id"] for row in loaded[split]["rows"]] == wanted
        assert [row["id"] for row in loaded[split]["stream"]] == wanted
    again = publish(folder, "owner/set")  # the files are written anew, and are the same
    assert told["commit"] and again["commit"] is None and again["sent"]["files"] == 0


def test_every_reader_reads_the_shards(artefact: Callable[..., str], tmp_path: Path) -> None:
    import duckdb
    import pandas as pd
    from datasets import load_dataset

    folder = artefact(steps=["signals", *PLAIN])
    publish(folder, f"{tmp_path}/set")
    shards = f"{tmp_path}/set/data/train-*.parquet"
    wanted = rows(folder).select("id", "text").rows()
    assert len(wanted) == len(records(100))
    assert pl.read_parquet(shards).select("id", "text").rows() == wanted
    found = duckdb.sql(f"SELECT id, text, signals.words FROM read_parquet('{shards}')").fetchall()
    assert sorted(row[:2] for row in found) == sorted(wanted)
    frame = pd.concat(
        pd.read_parquet(path) for path in sorted(Path(tmp_path, "set", "data").glob("*.parquet"))
    )
    assert list(frame[["id", "text"]].itertuples(index=False, name=None)) == wanted
    documents = load_dataset(f"{tmp_path}/set", split="train", cache_dir=str(tmp_path / "cache"))
    assert list(zip(documents["id"], documents["text"])) == wanted
    stream = load_dataset(f"{tmp_path}/set", split="train", streaming=True)
    assert [row["id"] for row in stream] == [row[0] for row in wanted]
