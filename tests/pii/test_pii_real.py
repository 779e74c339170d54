"""`pii` on real opinions, contracts and web pages: any number of workers, a second look that finds little."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import build, bytes_of, rows, write_pipeline

Real = Callable[[str], Path]


@pytest.mark.slow
def test_real_documents_pass_once_and_hold_little_that_a_second_look_finds(
    real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "words that only we know")
    legal = real("legal")
    sources = [
        {"name": "opinions", "path": f"{legal}/us_federal_appellate_opinions.jsonl.gz", "limit": 60},
        {"name": "contracts", "path": f"{legal}/cuad_contracts.jsonl.gz", "limit": 30},
        {"name": "terms", "path": f"{legal}/terms_of_service_md.jsonl.gz", "limit": 30},
    ]
    steps = ["exact_duplicates", {"where": "length(text) > 3000"}, {"pii": {"replace": "pseudonym"}}]
    file = write_pipeline(tmp_path / "p.yaml", {"corpus": {"sources": sources, "steps": steps}})
    one, two = (build(file, tmp_path / f"out{n}", workers=n) for n in (1, 2))
    assert bytes_of(one["path"]) == bytes_of(two["path"])
    found = rows(one["path"], "evidence/pii/found")
    assert {"PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "STREET_ADDRESS"} <= set(found["entity"])
    audit = json.loads((Path(one["path"]) / "manifest.json").read_text())["audit"]
    assert audit["sampled"] > 60
    left = rows(one["path"], "evidence/pii/residual") if audit["touched"] else found.clear()
    assert left["n"].sum() < 0.06 * found["n"].sum(), (
        left
    )  # names, nearly all of them in capitals cut by columns
