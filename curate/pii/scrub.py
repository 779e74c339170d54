"""Documents without their private data: found in all fields at once, replaced alike, told in counts and forms."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import polars as pl

from curate.pii.detect import Detector, Findings, Settings
from curate.pii.fields import Joined, join, part_again
from curate.pii.replace import Replacer, known
from curate.pii.shapes import shape
from curate.pii.spans import Span
from curate.pii.sweep import swept
from curate.pii.vault import Vault, open_vault

#: Columns of strings that hold no text: names that the pipeline gives, and what is hidden where it is read.
NAMES = {"id", "key", "source", "language", "metadata", "text"}

#: Endings of file names that say what is in a file and no more.
_ENDING = re.compile(
    r"(?:\.(?:jsonl?|ndjson|parquet|csv|tsv|txt|md|html?|xml|pdf|docx?|wpd|eml|warc|tar|tgz|zip|gz|zst|xz|bz2))+$",
    re.I,
)


@dataclass(frozen=True)
class Way:
    """How findings are replaced: `mode` or one per entity (`default` for the others), and what shifts dates."""

    modes: tuple[tuple[str, str], ...]
    dates: Literal["document", "person"]

    def of(self, entity: str) -> str:
        """The mode of an entity."""
        modes = dict(self.modes)
        return modes.get(entity, modes.get("default", "tag"))


@dataclass
class Cleaned:
    """A document as it may be written. `spans` are those of the text; `drop` names entities that send it away."""

    text: str
    columns: dict[str, str]
    metadata: str | None
    spans: list[dict[str, Any]] = field(default_factory=list)
    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # entity, recogniser, form
    drop: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)  # what stands in the place of findings


class Cleaner:
    """Finds and replaces, under one key."""

    def __init__(self, settings: Settings, way: Way, key: bytes):
        self.detector = _detector(settings)
        self._way, self._key = way, key
        self._modes = {entity: "tag" if mode == "drop" else mode for entity, mode in way.modes}

    def replacer(self, vault: Vault | None) -> Replacer:
        """What replaces; what it replaces goes to `vault`."""
        return Replacer(self._modes, self._key, vault=vault, dates=self._way.dates)

    def clean(self, batch: pl.DataFrame, replacer: Replacer) -> tuple[list[Cleaned], Counter[str]]:
        """The documents of a batch without their private data, and the false alarms by rule."""
        documents = joined(batch)
        found = self._find(documents, batch)
        ids = batch["id"].to_list()
        return [
            self._cleaned(document, swept(document, self._own(document, spans), public), name, replacer)
            for document, spans, public, name in zip(documents, found.spans, found.public, ids)
        ], found.gone

    def _find(self, documents: Sequence[Joined], batch: pl.DataFrame) -> Findings:
        languages = batch["language"].to_list() if "language" in batch.columns else None
        return self.detector.find([document.whole for document in documents], languages)

    def _own(self, document: Joined, spans: Sequence[Span]) -> list[Span]:
        """Findings within the document's parts, with what fields' names say as far as it is asked for."""
        settings = self.detector.settings
        wanted = set(settings.scores) - (set() if settings.names else {"PERSON"})
        return document.own(spans, wanted, {value.casefold() for value in settings.allow})

    def _cleaned(self, document: Joined, spans: list[Span], name: str, replacer: Replacer) -> Cleaned:
        if not spans:
            return Cleaned(document.whole[: document.parts[0].end], {}, None)
        whole = document.whole
        done = replacer.replace(whole, spans, name)
        values, own = _parted(document, spans, done)
        text, columns, metadata = part_again(document, values)
        found = Counter((s.entity, s.recogniser, shape(whole[s.start : s.end])) for s in spans)
        drop = sorted({s.entity for s in spans if self._way.of(s.entity) == "drop"})
        return Cleaned(text, columns, metadata, own, found, drop, sorted({new.text for new in done.spans}))

    def residual(self, batch: pl.DataFrame) -> pl.DataFrame:
        """What a second look finds in documents that were cleaned, but for what replaced something."""
        documents = joined(batch)
        found = self._find(documents, batch).spans
        rows = []
        for name, own, document, spans in zip(batch["id"], batch["_pii"], documents, found):
            words = {word for new in own for word in _words(new)}
            for span in self._own(document, spans):
                value = document.whole[span.start : span.end]
                ours = words.issuperset(_words(value)) or known(span.entity, value) == "certain"
                if self._way.of(span.entity) != "keep" and not ours:
                    rows.append((name, span.entity, span.recogniser, shape(value)))
        schema = dict.fromkeys(("id", "entity", "recogniser", "example"), pl.String)
        return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class Scrub:
    """The engine's scrubber (`curate.private.Scrubber`) of the step `pii`."""

    settings: Settings
    way: Way
    key: bytes = field(repr=False)

    def file(self, name: str) -> str:
        """A keyed hash with the file's ending."""
        ending = _ENDING.search(name)
        return self._hash("file", name) + (ending[0].lower() if ending else "")

    def name(self, value: str) -> str:
        """A keyed hash: a key is short, and what in it is a name nobody can tell."""
        return self._hash("key", value)

    def _hash(self, kind: str, value: str) -> str:
        return hmac.new(self.key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()[:16]

    def strings(self, values: Sequence[str]) -> list[str]:
        """Each value cleaned as a document of its own."""
        if not values:
            return []
        made = cleaner(self.settings, self.way, self.key)
        batch = pl.DataFrame({"id": list(values), "text": list(values)}, schema_overrides={"text": pl.String})
        return [done.text for done in made.clean(batch, made.replacer(None))[0]]

    def residual(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What a second look finds in finished documents."""
        return cleaner(self.settings, self.way, self.key).residual(frame)


@lru_cache(4)
def cleaner(settings: Settings, way: Way, key: bytes) -> Cleaner:
    """The cleaner of these settings, made once a process."""
    return Cleaner(settings, way, key)


@lru_cache(4)
def _detector(settings: Settings) -> Detector:
    return Detector(settings)


def joined(batch: pl.DataFrame) -> list[Joined]:
    """All texts of each document of a batch as one."""
    names = [name for name, kind in batch.schema.items() if kind == pl.String and name not in NAMES]
    columns = [batch[name].to_list() for name in names]
    metadata = batch["metadata"].to_list() if "metadata" in batch.columns else [None] * batch.height
    return [
        join(text, dict(zip(names, values)), more)
        for text, more, *values in zip(batch["text"].to_list(), metadata, *columns)
    ]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"\w+", text)]


def _parted(document: Joined, spans: Sequence[Span], done: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """The parts' values with what stands for their findings, and the annotations of the text itself.

    Each value is made of its own findings alone, so that nothing outside of a part can move its borders.
    """
    values, own = [], []
    number = 0
    for part in document.parts:
        pieces, at = [], part.start
        while number < len(spans) and spans[number].start < part.end:
            span, new = spans[number], done.spans[number]
            number += 1
            if part.start <= span.start and span.end <= part.end:
                pieces += [document.whole[at : span.start], new.text]
                at = span.end
                if part.place == ("text",):
                    place = {"start": new.start, "end": new.end}
                    own.append({**place, "entity": new.entity, "number": new.number})
        values.append("".join([*pieces, document.whole[at : part.end]]))
    return values, own


def written(vault: Path | None, key: bytes) -> Vault | None:
    """The task's part of the vault, if it is to be written."""
    if vault is None:
        return None
    vault.parent.mkdir(parents=True, exist_ok=True)
    # A task that packs goes through the step several times.
    return Vault(vault, key, open_vault(vault, key).entries if vault.exists() else ())


def modes(replace: str | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """`replace` as pairs of entity and mode."""
    return (("default", replace),) if isinstance(replace, str) else tuple(replace.items())
