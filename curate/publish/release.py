"""What a release knows of itself when its card is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from curate import manifest, storage
from curate.publish.gates import Refusal, Terms
from curate.publish.origins import Stage
from curate.publish.public import hider
from curate.publish.splits import Split
from curate.publish.statistics import Statistics


@dataclass(frozen=True)
class Release:
    """An artefact on its way out: where it lies, the chain of stages behind it, and what is said of it."""

    folder: str
    stage: Stage
    terms: Terms
    overridden: list[Refusal] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    schema: pa.Schema | None = None
    statistics: Statistics | None = None

    @property
    def manifest(self) -> dict[str, Any]:
        """The artefact's manifest."""
        return self.stage.manifest

    @property
    def name(self) -> str:
        """The release's name in tags: the first of its fingerprint."""
        return f"v-{self.manifest['fingerprint'][:8]}"

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.manifest['pipeline']} / {self.manifest['stage']}"

    @property
    def hide(self) -> Callable[[str], str]:
        """Takes paths of the user's machine out of a text."""
        return hider(self.manifest)

    def evidence(self, table: str) -> pl.DataFrame:
        """A table of evidence of the artefact; empty where it has none."""
        if table not in self.manifest["outputs"].get("evidence", {}):
            return pl.DataFrame()
        frames = []
        for address in manifest.files(self.folder, self.manifest, f"evidence/{table}"):
            with storage.open_file(address) as handle:
                frames.append(pl.read_parquet(handle))
        return pl.concat(frames) if frames else pl.DataFrame()
