"""On the real legal sets: every row's evidence stands where it says, and every corruption is what it says."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synth.mine import kinds, mine
from synth.mine.asking import readable
from synth.mine.document import Document
from synth.mine.miners.corruptions import Corruption
from synth.mine.passages import passages
from synth.samples import Sample

SETS = {
    "us_federal_appellate_opinions": 70,
    "contracts_edgar": 110,
    "cuad_contracts": 20,
    "ie_acts_md": 50,
    "terms_of_service_md": 50,
    "scotus_oral_arguments": 20,
}


def documents(real: Callable[[str], Path]) -> Iterator[tuple[str, str, str | None]]:
    """Source and id, text, title of the first documents of each set."""
    for name, count in SETS.items():
        with gzip.open(real(f"legal/{name}.jsonl.gz"), "rt", encoding="utf-8") as lines:
            for _, line in zip(range(count), lines, strict=False):
                record = json.loads(line)
                title = record.get("case") or record.get("title") or record.get("doc_type")
                yield f"{name}/{record['id']}", record["text"], title


def check(sample: Sample, text: str, document: Document) -> None:
    assert sample.evidence and sample.prompt[-1].role == "user"
    assert all(text[span.start : span.end] == span.text for span in sample.evidence)
    assert all(span.document == document.id for span in sample.evidence)
    if "passage" in sample.meta:
        start, end = sample.meta["passage"]
        assert readable(document, start, end) in sample.prompt[0].content
    if "corruption" in sample.meta:
        told = Corruption(**sample.meta["corruption"])
        assert sample.chosen and told.apply(sample.chosen) == sample.rejected != sample.chosen
        assert told.original != told.replaced
    else:
        assert sample.completion and sample.completion.strip() == sample.completion


@pytest.mark.slow
def test_every_row_stands_in_its_document(real: Callable[[str], Path]) -> None:
    found: Counter[str] = Counter()
    read = 0
    for name, text, title in documents(real):
        document = Document(name, text, "real", title)
        read += 1
        for sample in mine(name, text, source="real", title=title):
            check(sample, text, document)
            found[sample.kind] += 1
    assert read >= 300
    assert set(found) >= set(kinds()) - {"asked_heading", "chronology"}, found
    assert sum(found.values()) > 10_000


@pytest.mark.slow
def test_passages_of_real_documents(real: Callable[[str], Path]) -> None:
    for name, text, _ in list(documents(real))[::8]:
        at = 0
        for passage in passages(name, text, budget=300):
            assert passage.text == text[passage.start : passage.end] and passage.start >= at
            at = passage.end


@pytest.mark.slow
def test_the_same_document_gives_the_same_rows(real: Callable[[str], Path]) -> None:
    for name, text, title in list(documents(real))[::40]:
        one, two = (list(mine(name, text, source="real", title=title)) for _ in range(2))
        assert one == two


@pytest.mark.slow
def test_openings_vary(real: Callable[[str], Path]) -> None:
    """No three words open more than one question in twenty."""
    openings: Counter[str] = Counter()
    for name, text, title in list(documents(real))[::4]:
        for sample in mine(name, text, source="real", title=title):
            openings[" ".join(sample.prompt[0].content.split()[:3])] += 1
    assert openings.most_common(1)[0][1] < 0.05 * sum(openings.values()), openings.most_common(5)
