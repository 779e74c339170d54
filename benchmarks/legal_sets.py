"""The real legal sets as (id, text) pairs, read simply: what the measurements of this folder run on.

XML becomes text by dropping tags, every element but those within sentences ending its line; nothing else is
cleaned.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "legal"

JSONL = {
    "opinions (US appellate)": "us_federal_appellate_opinions",
    "contracts (EDGAR)": "contracts_edgar",
    "contracts (CUAD)": "cuad_contracts",
    "acts (Ireland)": "ie_acts_md",
    "terms of service": "terms_of_service_md",
    "oral arguments": "scotus_oral_arguments",
}
XML = {
    "judgments (Australia)": "au_federal_court_xml",
    "regulations (12 CFR)": "us_cfr_title12_xml_versions",
    "notices (Federal Register)": "us_federal_register_notices_xml",
    "code sections (DC)": "us_dc_code_xml",
}
_TAG = re.compile(r"<[^>]*>")
_BLOCK = re.compile(r"</(?!(?:\w+:)?(?:cite|ref|def|dfn|em|emph|i|b|strong|sup|sub|variable)>)[^>]*>")


def sets() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Every set by its name; texts that are empty are left out."""
    for name, file in JSONL.items():
        with gzip.open(DATA / f"{file}.jsonl.gz") as lines:
            records = [json.loads(line) for line in lines]
        yield name, [(str(record["id"]), record["text"]) for record in records if record["text"].strip()]
    for name, file in XML.items():
        with tarfile.open(DATA / f"{file}.tar.gz") as archive:
            members = [member for member in archive if member.name.endswith(".xml")]
            texts = [(member.name, _text(archive.extractfile(member).read())) for member in members]
        yield name, [(member, text) for member, text in texts if text]


def _text(xml: bytes) -> str:
    source = re.sub(r"\s+", " ", xml.decode("utf-8", "replace"))
    text = html.unescape(_TAG.sub(" ", _BLOCK.sub("\n", source)))
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
