"""Where an artefact's documents come from in the end: the chain of stages behind it, and what each of them did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate import manifest


@dataclass(frozen=True)
class Stage:
    """One artefact of the chain, with those that it was made from; `missing` names stages whose artefact is gone."""

    manifest: dict[str, Any]
    upstream: tuple[Stage, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The stage's name."""
        return str(self.manifest.get("stage", ""))

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Sources as configured, those that read another stage included."""
        return list(self.manifest.get("parts", {}).get("config", {}).get("sources", ()))

    @property
    def chain(self) -> list[Stage]:
        """This stage and all behind it, nearest first."""
        return [self, *(stage for behind in self.upstream for stage in behind.chain)]

    @property
    def licences(self) -> dict[str, str | None]:
        """Licences by source, as configured where files are read: nearest first."""
        return {
            source["name"]: source.get("license")
            for stage in reversed(self.chain)
            for source in stage.sources
            if not source.get("from")
        }

    @property
    def scrubbed(self) -> bool:
        """Whether all documents passed a step that takes private data out: here, or in every stage behind."""
        if self.manifest.get("private_key"):  # only a stage with such a step has one
            return True
        reads_files = any(not source.get("from") for source in self.sources)
        return bool(self.upstream) and not reads_files and all(stage.scrubbed for stage in self.upstream)


def trace(folder: str, found: dict[str, Any]) -> Stage:
    """The chain behind an artefact; the artefacts of other stages are looked for beside it, by fingerprint."""
    out = folder.rstrip("/").rpartition("/")[0] or "."
    behind, missing = [], []
    for name, fingerprint in sorted(found.get("parts", {}).get("upstream", {}).items()):
        there = f"{out}/{name}-{fingerprint[:8]}"
        if (above := manifest.read(there)) is None:
            missing.append(name)
        else:
            behind.append(trace(there, above))
    return Stage(found, tuple(behind), tuple(missing))
