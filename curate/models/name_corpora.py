"""Labelled text that `train_names` learns from and `benchmarks.pii_names` judges on: (text, spans) pairs.

A span is (start, end, label) in characters.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.models.invented import Piece, documents
from curate.models.name_lists import DEMONYMS, TITLES

Marked = tuple[int, int, str]
Document = tuple[str, list[Marked]]

#: What the court cases call things, in Presidio's words.
CASES = {
    "PERSON": "PERSON", "ORG": "ORGANIZATION", "LOC": "LOCATION", "DATETIME": "DATE_TIME", "DEM": "DEMOGRAPHIC",
    "CODE": "DOCKET_NUMBER", "QUANTITY": "QUANTITY", "MISC": "MISC",
}  # fmt: skip
CONLL = {"PER": "PERSON", "ORG": "ORGANIZATION", "LOC": "LOCATION", "MISC": "MISC"}
INVENTED = {
    "PERSON": "PERSON", "ORG": "ORGANIZATION", "LOC": "LOCATION", "NRP": "DEMOGRAPHIC", "DATETIME": "DATE_TIME",
    "CODE": "DOCKET_NUMBER", "QUANTITY": "QUANTITY", "ADDRESS": "STREET_ADDRESS", "TITLE": "TITLE",
}  # fmt: skip
NO_MASK = "NO_MASK"
_TITLE = re.compile(rf"(?:(?:{'|'.join(TITLES)})\b\.?\s+)+")
_TIGHT = re.compile(r"^(?:[,.;:)\]%?!]|'s|’s|'$|n't|\"\)|\"\),)")


def cases(data: Path) -> list[dict[str, Any]]:
    """The annotated court cases, as they are published."""
    with gzip.open(data / "pii/tab_echr.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


def case_names(case: dict[str, Any]) -> Document:
    """A court case's persons (without titles), organisations, places and peoples (as MISC), masked or not."""
    spans = []
    for entity in case["entities"]:
        start, end, kind = entity["start_offset"], entity["end_offset"], CASES[entity["entity_type"]]
        text = case["text"][start:end]
        if kind == "PERSON":
            title = _TITLE.match(text)
            spans.append((start + (title.end() if title else 0), end, kind))
        elif kind in ("ORGANIZATION", "LOCATION"):
            spans.append((start, end, kind))
        elif kind == "DEMOGRAPHIC" and text in DEMONYMS:
            spans.append((start, end, "MISC"))
    return case["text"], spans


def case_masks(case: dict[str, Any]) -> Document:
    """What is to be masked in a court case, by kind, and what need not be, as NO_MASK."""
    spans = []
    for entity in case["entities"]:
        kind = NO_MASK if entity["identifier_type"] == NO_MASK else CASES[entity["entity_type"]]
        spans.append((entity["start_offset"], entity["end_offset"], kind))
    return case["text"], spans


def conll(path: Path) -> list[Document]:
    """Documents of a CoNLL file (`token ... tag`), spaces put back."""
    out: list[Document] = []
    text, open_span = "", ""
    spans: list[Marked] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in [*lines, "-DOCSTART-"]:
            fields = line.split()
            if not fields or fields[0] == "-DOCSTART-":
                open_span = ""
                text += "\n" if text else ""
                if fields and text.strip():
                    out.append((text, spans))
                    text, spans = "", []
                continue
            token, tag = fields[0], fields[-1]
            if text and text[-1] not in "\n($“" and not _TIGHT.match(token):
                text += " "
            kind = CONLL.get(tag[2:], "")
            if kind and kind == open_span and tag[0] != "B":
                spans[-1] = (spans[-1][0], len(text) + len(token), kind)
            elif kind:
                spans.append((len(text), len(text) + len(token), kind))
            open_span = kind
            text += token
    return out


def invented(count: int, seed: int, masks: bool) -> Iterator[Document]:
    """Invented documents; with `masks` a title belongs to its person, without only names are marked."""
    for paragraphs in documents(count, seed):
        text = ""
        spans: list[Marked] = []
        for paragraph in paragraphs:
            for piece, label in paragraph:
                if label:
                    spans.append((len(text), len(text) + len(piece), INVENTED[label]))
                text += piece
            text += "\n\n"
        yield text, list(_with_titles(text, spans) if masks else _names(spans))


def _names(spans: list[Marked]) -> Iterator[Marked]:
    for start, end, kind in spans:
        if kind == "DEMOGRAPHIC":
            yield start, end, "MISC"
        elif kind in ("PERSON", "ORGANIZATION", "LOCATION", "STREET_ADDRESS"):
            yield start, end, kind


def _with_titles(text: str, spans: list[Marked]) -> Iterator[Marked]:
    title = -1
    for start, end, kind in spans:
        if kind == "TITLE":
            title = start if text[end : end + 1] == " " else -1
            continue
        kind = "LOCATION" if kind == "STREET_ADDRESS" else kind
        yield title if title >= 0 and kind == "PERSON" else start, end, kind
        title = -1


__all__ = ["Document", "Marked", "Piece", "case_masks", "case_names", "cases", "conll", "invented"]
