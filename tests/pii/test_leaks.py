"""Nothing of 500 planted originals is left in any file of an artefact, in a log, or in what a command prints."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline
from planted import Planted, document, people

STEPS: list[Any] = [
    "normalise",
    {"where": "length(text) > 400"},
    "exact_duplicates",
    {"near_duplicates": {"threshold": 0.9, "max_dropped_share": 1}},
    {"repeated_passages": {"unit": "paragraphs", "window": 8, "action": "remove", "min_frequency": 2}},
]


def corpus(folder: Path, planted: Planted) -> list[dict[str, Any]]:
    """Files called after people; texts that stay and texts that each of the steps drops; broken records; archives."""
    for number, person in enumerate(planted.people):
        text = document(person, number)
        fields = {
            "docket": f"{person.file}-{number}",
            "title": f"In re {person.name}",
            "url": f"https://cases.example/{person.file.lower().replace('_', '-')}",
            "contact": {"email": person.email, "phone": person.phone, "name": person.name},
            "note": f"see {person.value}",
        }
        lines = [{"text": text} | fields]
        if number % 5 == 1:
            lines.append({"text": text} | fields)  # a duplicate
        if number % 5 == 2:
            lines.append({"text": text.replace("excused", "released")} | fields)  # nearly one
        if number % 5 == 3:
            own = fields | {"note": f"{person.name} of {person.email}"}  # nothing tells what a bare number is
            lines.append({"text": f"Letter to {person.name}, {person.email}"} | own)  # too short
        path = write_jsonl(folder / f"{person.file}.jsonl", lines)
        if number % 5 == 4:
            with open(path, "a") as handle:
                handle.write(
                    json.dumps({"text": None} | fields) + "\n" + json.dumps({"text": text})[:-9] + "\n"
                )
        if number % 10 == 9:
            path.rename(path.with_suffix(".txt"))
            path.with_suffix(".txt").write_text(text)
        if number % 10 == 0:
            (folder / f"{person.file}.txt.gz").write_bytes(gzip.compress(b"cut off" + text.encode())[:-20])
    source = {"name": "matters", "path": f"{folder}/*", "max_failed": 0.9, "columns": {"key": "docket"}}
    return [source]


def told(folder: Path) -> dict[str, str]:
    """Every file of an output folder but those of `private/`, as text; Parquet column by column, with statistics."""
    out = {}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_dir() or "private" in place.parts:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            groups = [str(file.metadata.row_group(g).to_dict()) for g in range(file.num_row_groups)]
            columns = [str(pl.read_parquet(path)[name].to_list()) for name in pl.read_parquet_schema(path)]
            text = "\n".join([text, str(file.metadata.metadata), *groups, *columns])
        out[str(place)] = text
    return out


def left(texts: dict[str, str], originals: list[str]) -> dict[str, list[str]]:
    """Which originals stand where, in whatever case."""
    found: dict[str, list[str]] = {}
    for place, text in texts.items():
        folded = text.casefold()
        for original in originals:
            if original.casefold() in folded:
                found.setdefault(place, []).append(original)
    return found


@pytest.mark.parametrize("replace", ["tag", "pseudonym"])
def test_no_original_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: str) -> None:
    planted = people(100)
    assert len(planted.originals) >= 490
    sources = corpus(tmp_path / "in", planted)
    steps = [
        *STEPS,
        {"pii": {"replace": replace, "vault": True, "annotate": True}},
        {"sample": {"rate": 0.9}},
    ]
    file = write_pipeline(
        tmp_path / "p.yaml", {"corpus": {"sources": sources, "steps": steps, "task_size": 20000}}
    )
    monkeypatch.setenv("CURATE_PII_KEY", "words that only we know")
    command = [sys.executable, "-m", "curate"]
    run = subprocess.run(
        [*command, "run", file, "--out", str(tmp_path / "out"), "--workers", "2", "--json"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    entry = json.loads(run.stdout.splitlines()[-1])["stages"]["corpus"]
    artefact = entry["path"]
    assert set(rows(artefact, "dropped")["step"].unique()) >= {
        "where",
        "exact_duplicates",
        "near_duplicates",
    }
    assert entry["failed"] > 20
    texts = told(tmp_path / "out")
    assert any(place.endswith("repeated_passages/passages/00000.parquet") for place in texts)
    texts |= {"standard output": run.stdout, "standard error": run.stderr}
    for part in ("", "--dropped", "--failed"):
        shown = subprocess.run(
            [*command, "inspect", artefact, *filter(None, [part]), "-n", "400", "--full"],
            capture_output=True,
            text=True,
        )
        assert shown.returncode == 0, shown.stderr
        texts[f"inspect {part}"] = shown.stdout
    found = left(texts, planted.originals)
    assert found == {}, json.dumps(found, indent=1)


@pytest.mark.slow
def test_two_workers_and_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = people(30)
    sources = corpus(tmp_path / "in", planted)
    steps = [*STEPS, {"pii": {"replace": "pseudonym"}}]
    file = write_pipeline(
        tmp_path / "p.yaml", {"corpus": {"sources": sources, "steps": steps, "task_size": 20000}}
    )
    monkeypatch.setenv("CURATE_PII_KEY", "a")
    one, two = (build(file, tmp_path / f"out{n}", workers=n) for n in (1, 2))
    assert bytes_of(one["path"]) == bytes_of(two["path"])
    monkeypatch.setenv("CURATE_PII_KEY", "b")
    other = rows(build(file, tmp_path / "other")["path"])
    for a, b in zip(rows(one["path"])["text"], other["text"], strict=True):
        assert a != b
