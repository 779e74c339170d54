"""The report of an artefact: `report.json` (numbers) and `report.html` (one file that needs nothing else)."""

from __future__ import annotations

from typing import Any

import orjson

from curate import storage
from curate.report.gather import gather, numbers
from curate.report.page import page


def write(folder: str, found: dict[str, Any]) -> str:
    """Write both files of the artefact in `folder`, whose manifest is `found`; the page's address."""
    told = gather(folder, found)
    _put(
        f"{folder}/report.json",
        orjson.dumps(numbers(told), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY) + b"\n",
    )
    _put(f"{folder}/report.html", page(told).encode())
    return f"{folder}/report.html"


def _put(path: str, content: bytes) -> None:
    with storage.committed(path) as handle:
        handle.write(content)
