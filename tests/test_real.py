"""Real documents of every format through the whole run."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, bytes_of, children, rows, write_pipeline

from curate import manifest

ROOT = Path(__file__).resolve().parents[1]
Real = Callable[[str], Path]


@pytest.mark.slow
def test_everything_is_read_and_no_worker_matters_alive_or_killed(
    real: Real, real_legal: dict[str, Any], tmp_path: Path
) -> None:
    """One worker; then two of which one is killed on the way: the same bytes, and a balanced account."""
    pipeline, variables = str(ROOT / "pipelines" / "real_legal.yaml"), {"data": str(real("legal").parent)}
    one = real_legal
    assert one["status"] == "built" and one["faults"] == []
    assert one["read"] == one["kept"] + one["dropped"] + one["failed"] > 5000
    found = manifest.read(one["path"])
    assert found is not None and len(found["sources"]) == 29
    for name, account in found["sources"].items():
        assert (
            account["split"] == account["read"] == account["kept"] + account["dropped"] + account["failed"]
        ), name
    failed = Counter(rows(one["path"], "failed")["kind"])
    assert failed == {"no text": 8, "unsupported": 2, "no text layer": 1}
    ids = [*rows(one["path"])["id"], *rows(one["path"], "dropped")["id"]]
    assert len(ids) == len(set(ids))

    command = [
        sys.executable,
        "-m",
        "curate",
        "run",
        pipeline,
        "--out",
        str(tmp_path / "two"),
        "--workers",
        "2",
    ]
    process = subprocess.Popen([*command, "--var", f"data={variables['data']}"], stderr=subprocess.DEVNULL)
    killed = False
    while process.poll() is None:
        if not killed and list((tmp_path / "two").rglob("tasks/0*.json")):
            os.kill(children(process.pid)[0], signal.SIGKILL)
            killed = True
        time.sleep(0.1)
    assert process.returncode == 0 and killed
    assert bytes_of(manifest.find(str(tmp_path / "two"))[0]) == bytes_of(one["path"])


@pytest.mark.slow
def test_damaged_files_end_as_the_table_says_and_lose_nothing_beside_them(real: Real, tmp_path: Path) -> None:
    """All of them as one source among good files: what the table gives each, less records without text."""
    source = {"name": "bad", "path": str(real("bad")), "max_failed": 1.0}
    good = {"name": "good", "path": str(real("legal/txt_contracts"))}
    stage = {"sources": [source, good], "task_size": "100kB"}
    pipeline = write_pipeline(tmp_path / "p.yaml", {"corpus": stage})
    made = build(pipeline, tmp_path / "out", workers=2)
    kept, failed = rows(made["path"]), rows(made["path"], "failed")
    assert kept.filter(pl.col("source") == "good").height == 10
    table = Path(__file__).parent / "readers" / "bad_expected.tsv"
    with table.open(encoding="utf-8") as handle:
        expected = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    bad = kept.filter(pl.col("source") == "bad")["id"].str.extract(r"^bad/([^#]*)")
    for row in expected:
        told = {kind: int(n) for kind, _, n in (f.rpartition(":") for f in row["failures"].split(",") if f)}
        found = Counter(failed.filter(pl.col("file") == row["file"])["kind"])
        without_text = found.pop("no text", 0) - told.pop("no text", 0)
        assert found == told, row["file"]
        assert bad.eq(row["file"]).sum() + without_text == int(row["records"]), row["file"]
    assert set(failed["file"]) | set(bad) <= {row["file"] for row in expected} | {"MANIFEST.tsv"}
    assert failed["error"].str.len_chars().min() > 5
