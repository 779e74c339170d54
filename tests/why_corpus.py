"""A corpus of real documents in every format, each kind of fate planted in it, for the tests of `why` and `diff`."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from helpers import write_jsonl, write_pipeline

Real = Callable[[str], Path]


def records(path: Path, n: int) -> list[dict[str, Any]]:
    """The first records of a compressed JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line, _ in zip(handle, range(n))]


def sources(real: Real, into: Path) -> list[dict[str, Any]]:
    """Files under `into`: real opinions with broken lines and untidy, repeated and shortened ones among them, and
    pages, acts, notices, contracts and foreign laws in other formats."""
    opinions = [o for o in records(real("legal/us_federal_appellate_opinions.jsonl.gz"), 150) if o["text"]]
    plain = [{"id": o["id"], "case": f"Case {o['id']}", "text": o["text"][:12_000]} for o in opinions]
    write_jsonl(into / "opinions" / "first.jsonl", plain[:90])
    with open(into / "opinions" / "first.jsonl", "a") as handle:
        handle.write('{"id": "cut", "text": "cut\n["no object"]\n{"id": "empty", "text": null}\n')
    changed = [
        p | {"text": p["text"].replace(". ", ".  ", 3) + "\n\nAffirmed on rehearing."} for p in plain[:12]
    ]
    same = [p | {"id": f"again {p['id']}"} for p in plain[20:32]]
    short = [{"id": f"short {i}", "text": f"See the order of {i} May.\x07"} for i in range(12)]
    last = write_jsonl(into / "plain.jsonl", [*changed, *same, *short, *plain[90:110]])
    (into / "packed").mkdir(parents=True)
    (into / "packed" / "last.jsonl.gz").write_bytes(gzip.compress(last.read_bytes(), mtime=0))
    last.unlink()
    terms = records(real("legal/terms_of_service_md.jsonl.gz"), 30)
    pl.DataFrame([{"body": t["text"][:9_000], "n": i} for i, t in enumerate(terms)]).write_parquet(
        into / "terms.parquet", row_group_size=7
    )
    laws = records(real("legal_nonenglish/de_gesetze.jsonl.gz"), 12)
    write_jsonl(into / "laws.jsonl", [{"text": law["text"][:4_000]} for law in laws])
    with zipfile.ZipFile(into / "acts.zip", "w") as archive:
        for path in sorted(real("legal/md_statutes").glob("*.md"))[:8]:
            archive.writestr(f"acts/{path.name}", path.read_text(encoding="utf-8")[:20_000])
    with tarfile.open(into / "contracts.tar", "w") as archive:
        for path in sorted(real("legal/txt_contracts").glob("*.txt"))[:6]:
            archive.add(path, arcname=f"1/{path.name}")
    for name in ("opinion_tax.pdf", "opinion_pdf_image_based.pdf"):
        (into / "pdf").mkdir(exist_ok=True)
        shutil.copy(real(f"legal/pdf/courts/{name}"), into / "pdf" / name)
    pages = sorted(real("legal/html_opinions").glob("*.html"))[:4]
    (into / "pages").mkdir()
    for path in pages:
        shutil.copy(path, into / "pages" / path.name)
    asked = plain[95]["text"]
    at = asked.index(" ", 3_000)
    write_jsonl(into / "benchmark.jsonl", [{"question": asked[at : at + 500].strip()}])
    return [
        {
            "name": "opinions",
            "path": f"{into}/opinions/*.jsonl",
            "columns": {"title": "case"},
            "max_failed": 0.1,
        },
        {"name": "packed", "path": f"{into}/packed/*.jsonl.gz", "columns": {"title": "case"}},
        {
            "name": "terms",
            "path": f"{into}/terms.parquet",
            "columns": {"text": "body"},
            "license": "ODC-By-1.0",
        },
        {"name": "laws", "path": f"{into}/laws.jsonl"},
        {"name": "acts", "path": f"{into}/acts.zip"},
        {"name": "contracts", "path": f"{into}/contracts.tar"},
        {"name": "pdf", "path": f"{into}/pdf/*.pdf", "max_failed": 0.6},
        {"name": "pages", "path": f"{into}/pages"},
        {"name": "web", "path": f"{real('web/warcio')}/example.warc.gz", "max_failed": 1.0},
    ]


def steps(into: Path, **quality: Any) -> list[Any]:
    """What the corpus passes through."""
    return [
        "normalise",
        {"language": {"keep": ["en"]}},
        "signals",
        {"quality": {"preset": "legal"} | quality},
        "exact_duplicates",
        {"near_duplicates": {"threshold": 0.8, "max_dropped_share": 1.0}},
        {"decontaminate": {"against": str(into / "benchmark.jsonl")}},
    ]


def pipeline(real: Real, folder: Path) -> str:
    """The corpus and its pipeline file; large files are cut into several tasks, by bytes and by row groups."""
    stage = {
        "sources": sources(real, folder / "in"),
        "steps": steps(folder / "in"),
        "task_size": 100_000,
        "output": {"shard_size": 700_000},
    }
    return write_pipeline(folder / "p.yaml", {"corpus": stage})


def sampled(ids: dict[tuple[str, ...], list[str]], n: int) -> list[tuple[tuple[str, ...], str]]:
    """`n` ids with their fates: up to 15 of each fate, the others at random."""
    chance = random.Random(5)
    rest, chosen = [], []
    for fate, names in sorted(ids.items()):
        names = chance.sample(names, len(names))
        chosen += [(fate, name) for name in names[:15]]
        rest += [(fate, name) for name in names[15:]]
    return [*chosen, *chance.sample(rest, min(len(rest), max(0, n - len(chosen))))]
