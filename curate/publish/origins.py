"""Where an artefact's documents come from in the end: the chain of stages behind it, and what each of them did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate import manifest
from curate.errors import ConfigError


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
        if self.manifest.get("kind") == "train":
            return learnt_from_scrubbed(self)
        reads_files = any(not source.get("from") for source in self.sources)
        return bool(self.upstream) and not reads_files and all(stage.scrubbed for stage in self.upstream)


def learnt_from_scrubbed(stage: Stage) -> bool:
    """Whether private data were taken out of all that a model learnt from, by the stages that made its data and those
    that it began from. Stages that it is measured on do not count; models from elsewhere are taken as they are."""
    data = list(stage.manifest.get("data", {}).values())
    starts = stage.manifest.get("model", {}).get("start", ())
    names = {str(entry.get("stage")) for entry in [*data, *starts] if entry.get("stage")}
    known = [one for one in stage.upstream if one.name in names]
    told = bool(data or starts) and all(entry.get("stage") for entry in data)
    return told and all(one.scrubbed for one in known)


def beside(folder: str, name: str, fingerprint: str) -> tuple[str, dict[str, Any] | None]:
    """The folder and the manifest of the artefact that the one in `folder` was made from: a stage's, beside it, or one
    that was named by its address. The manifest is None where it is not there as it was."""
    there = f"{folder.rstrip('/').rpartition('/')[0] or '.'}/{name}-{fingerprint[:8]}"
    if (found := manifest.read(there)) is not None:
        return there, found
    try:
        there, above = manifest.find(name)
    except ConfigError:
        return there, None
    return there, above if above.get("fingerprint") == fingerprint else None


def trace(folder: str, found: dict[str, Any]) -> Stage:
    """The chain behind an artefact; the artefacts of other stages are looked for beside it, by fingerprint."""
    behind, missing = [], []
    for name, fingerprint in sorted(found.get("parts", {}).get("upstream", {}).items()):
        there, above = beside(folder, name, fingerprint)
        if above is None:
            missing.append(name)
        else:
            behind.append(trace(there, above))
    return Stage(found, tuple(behind), tuple(missing))
