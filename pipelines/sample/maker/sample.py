"""The files of the sample and the notes of what was planted in them."""

from __future__ import annotations

from typing import Any

from maker.people import Planted

NOTES = ["exact_duplicates", "near_duplicates", "foreign", "low_quality", "broken", "unusual", "benchmarks"]


class Sample:
    """What is being written: path -> bytes, notes by section, records by source."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.planted = Planted()
        self.counts: dict[str, dict[str, int]] = {}
        self.notes: dict[str, list[dict[str, Any]]] = {section: [] for section in NOTES}

    def note(self, section: str, /, **what: Any) -> None:
        self.notes[section].append(what)

    def group(self, kind: str, why: str, *documents: tuple[str, str]) -> None:
        """Documents that duplicate one another; the first is the original."""
        self.note(kind, why=why, documents=[{"source": source, "key": key} for source, key in documents])

    def count(self, source: str, records: int, failed: int = 0) -> None:
        self.counts[source] = {
            "files": sum(name.startswith(f"{source}/") for name in self.files),
            "records": records,
            "failed": failed,
        }
