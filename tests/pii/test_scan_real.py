"""The scanner against Presidio on real documents: at least 2,000, each from a place of its own in its document."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from reference import engine, expected, plain

from curate.pii.predefined import presidio_recognizers
from curate.pii.scan import Scanner

Real = Callable[[str], Path]


def members(path: Path) -> Iterator[str]:
    with tarfile.open(path) as archive:
        for member in archive:
            found = archive.extractfile(member) if member.isfile() else None
            if found is not None:
                yield found.read().decode("utf-8", "replace")


def records(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def pieces(texts: Iterator[str], most: int, size: int) -> list[str]:
    """One piece of `size` characters of each text, from a place that moves on from text to text."""
    out = []
    for i, text in enumerate(islice((t for t in texts if t.strip()), most)):
        start = i * 997 % max(len(text) - size, 1)
        out.append(text[start : start + size])
    return out


@pytest.mark.slow
def test_two_thousand_real_documents_have_presidios_findings(real: Real) -> None:
    texts = [
        row["full_text"] for row in json.loads(real("pii/presidio_synth_v2.json").read_text(encoding="utf-8"))
    ]
    texts += pieces(members(real("legal/us_dc_code_xml.tar.gz")), 500, 600)
    texts += pieces(records(real("legal/contracts_edgar.jsonl.gz")), 400, 1000)
    texts += pieces(records(real("legal/us_federal_appellate_opinions.jsonl.gz")), 200, 1000)
    texts += pieces(records(real("legal/terms_of_service_md.jsonl.gz")), 108, 1000)
    texts += pieces(records(real("legal_nonenglish/fr_codes_md.jsonl.gz")), 8, 2000)
    assert len(texts) >= 2000
    recognizers = presidio_recognizers()
    presidio = engine(recognizers)
    found = Scanner(recognizers).scan(texts)
    differ = [
        text for text, spans in zip(texts, found, strict=True) if plain(spans) != expected(presidio, text)
    ]
    assert differ == []
    assert sum(map(len, found)) > 1000
