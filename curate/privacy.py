"""A stage that takes private data out: its key, what it keeps to itself, and a second look at what came out."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from curate import manifest, storage
from curate.errors import ConfigError
from curate.frames import read_frames
from curate.outcomes import Report, finish
from curate.pii.keys import FILE, VARIABLE, load_key
from curate.private import Private, under
from curate.source import Source
from curate.step import StepUse

#: Documents that the second look takes are those whose hash is below a share of this.
_HASHES = 2.0**64


def private_of(
    steps: list[StepUse], sources: tuple[Source, ...], folder: Path, clean: frozenset[str], *, make: bool
) -> Private | None:
    """What a stage runs under where one of its steps takes private data out; `folder` holds the key.

    `clean` names sources whose documents another stage has cleaned. Without a key anywhere one is made if `make`,
    else the key's id is "new".
    """
    use = next((use for use in steps if use.step.scrubber), None)
    if use is None:
        return None

    there = make or os.environ.get(VARIABLE) or (folder / FILE).exists()
    key = load_key(folder) if there else None
    spelled = frozenset().union(*(source.spelled for source in sources))
    return Private(use, key.secret if key else b"", key.id if key else "new", spelled, clean)


def private_folder(out: str, default: str) -> Path:
    """Where the key of an output folder lies: in it, or in the local `default` where it is a remote one."""
    return Path(out if storage.is_local(out) else default).absolute() / "private"


#: A storage option that is shorter is no secret.
SHORTEST_SECRET = 6


def secrets_of(steps: Iterable[StepUse], sources: Iterable[Source]) -> set[str]:
    """The values of secret parameters of `steps`, and of the storage options of `sources`."""
    private = (value for use in steps for name in use.step.secret for value in _strings(use.params.get(name)))
    options = (value for source in sources for value in _strings(source.storage_options))
    return {value for value in private if value} | {v for v in options if len(v) >= SHORTEST_SECRET}


def masked(text: str, secrets: set[str]) -> str:
    """A pipeline's text as manifests repeat it: without `secrets`, and then without comments and spellings of its own,
    which could hold them too."""
    if not any(secret in text for secret in secrets):
        return text
    made = without(yaml.safe_load(text), secrets)
    return str(yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for inner in value.values() for text in _strings(inner))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (text for inner in value for text in _strings(inner))


def without(value: Any, secrets: set[str]) -> Any:
    """`value` with every one of `secrets` in its strings blacked out."""
    if isinstance(value, Mapping):
        return {without(name, secrets): without(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [without(inner, secrets) for inner in value]
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, "█")
    return value


def part_of_vault(folder: Path, rank: int, kind: str = "values") -> Path:
    """The file that takes a task's part of the vault."""
    return folder / "vault" / f"{kind}-{rank:05d}"


def leave(private: Private, part: Path, names: Mapping[str, str]) -> None:
    """Write a part of the vault: names of files and members by what is written in their place."""
    from curate.pii.vault import Vault

    part.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    with Vault(part, private.key) as vault:
        for shown, name in sorted(names.items()):
            vault.add("FILE", name, shown)


def keep(private: Private, artefact: str, home: Path, folders: list[Path]) -> None:
    """Write an artefact's `private/`: the key (where it is not the user's own) and the vault, of mode 0600, from the
    parts that tasks left in `folders`."""
    from curate.pii.vault import merge

    folder = Path(artefact) / "private" if storage.is_local(artefact) else home / artefact.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (home / FILE).exists() and not os.environ.get(VARIABLE):  # else it may be another run's
        shutil.copy(home / FILE, folder / FILE)
        (folder / FILE).chmod(0o600)
    parts = sorted(part for work in folders for part in work.rglob("vault/*-*"))
    merge(parts, folder / "vault", private.key)


@dataclass(frozen=True)
class AuditJob:
    """A second look at a sample of the finished documents, as the last segment left them: one task a file."""

    folder: Path
    private: Private
    files: tuple[Path, ...]
    share: float
    title: str = ""

    @property
    def tasks(self) -> int:
        """How many files there are."""
        return len(self.files)

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder

    def run(self, rank: int, report: Report) -> None:
        """Look at one file's share of the sample."""
        sampled = touched = 0
        found: Counter[tuple[str, str, str]] = Counter()
        with under(self.private, None):
            scrubber = self.private.scrubber()
            for batch in read_frames(self.files[rank]):
                frame = batch.filter(batch["id"].hash(0).cast(pl.Float64) < self.share * _HASHES)
                rows = scrubber.residual(frame) if frame.height else None
                sampled += frame.height
                if rows is not None and rows.height:
                    touched += rows["id"].n_unique()
                    found.update(rows.select("entity", "recogniser", "example").iter_rows())
                report(sampled, 0, touched)
        told = [[*what, n] for what, n in sorted(found.items())]
        finish(self.folder, rank, {"sampled": sampled, "touched": touched, "found": told})


def audited(outcomes: list[dict[str, Any]], private: Private) -> tuple[dict[str, Any], Counter[Any]]:
    """What the second look found: for the manifest, and ((column, value), …) -> findings, as `record` counts."""
    found: Counter[Any] = Counter()
    for outcome in outcomes:
        for *what, n in outcome["found"]:
            found[tuple(zip(("entity", "recogniser", "example"), what))] += n
    sampled = sum(outcome["sampled"] for outcome in outcomes)
    touched = sum(outcome["touched"] for outcome in outcomes)
    share = touched / sampled if sampled else 0.0
    return {"step": private.label, "sampled": sampled, "touched": touched, "share": share}, found


def refused(audit: dict[str, Any] | None, private: Private | None) -> str:
    """Why the second look's gate says no; empty if it does not."""
    if audit is None or private is None:
        return ""
    most = private.use.step.filled(private.use.params).get("max_residual")
    if most is None or audit["share"] <= most:
        return ""
    return (
        f"{audit['step']}: {audit['touched']:,} of {audit['sampled']:,} finished documents looked at again still hold "
        f"private data ({audit['share']:.2%}; max_residual is {most:.2%}). See the table {audit['step']}/residual"
    )


def reveal(run: str, values: Iterable[str], stage: str | None = None) -> list[tuple[str, str, str]]:
    """What stood where each of `values` stands in an artefact: (value, kind, original), from its vault.

    An id or a file's name is looked up by its parts.

    Raises:
        ConfigError: there is no artefact, no vault, no key, or another key's vault.
    """
    from curate.pii.vault import open_vault

    folder, _ = manifest.find(run, stage)
    private = Path(folder) / "private"
    if not (private / "vault").exists():
        raise ConfigError(
            f"{folder} has no vault: no step took private data out, or its output lies elsewhere"
        )
    try:
        if not os.environ.get(VARIABLE) and not (private / FILE).exists():
            raise ValueError(f"set {VARIABLE} to the key that the run had")
        entries = open_vault(private / "vault", load_key(private).secret).entries
    except ValueError as error:
        raise ConfigError(str(error)) from None
    known: dict[str, list[tuple[str, str]]] = {}
    for entity, original, new in entries:
        known.setdefault(new, []).append((entity, original))
    out = []
    for value in values:
        names = [value, *re.split(r"[#/]", value)]
        out += [(name, *entry) for name in dict.fromkeys(names) for entry in known.get(name, ())]
    return out
