"""Keeping an output folder in order: one writer at a time, nothing left of killed runs, old artefacts removed."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate import manifest, storage
from curate.errors import ConfigError
from curate.outcomes import done


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Hold `work` for this process alone; the system lets go of it however the process ends.

    Raises:
        ConfigError: another run holds it.
    """
    import fcntl

    work.mkdir(parents=True, exist_ok=True)
    with open(work / "lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"another run is writing to {work.parent}: wait for it or choose --out"
            ) from None
        yield


def reopen(folders: list[Path], tasks: int) -> None:
    """Let those of a stage's segments run again whose documents are gone while the segment behind needs them.

    They are removed when the segment behind is done; if a step of that one changes after an interrupted run, it is
    another segment, and not done.
    """
    for folder, behind in reversed(list(itertools.pairwise(folders))):
        needed = not all(done(behind, rank).exists() for rank in range(tasks))
        made = [rank for rank in range(tasks) if done(folder, rank).exists()]
        if needed and not all((folder / "data" / f"{rank:05d}.arrow").exists() for rank in made):
            shutil.rmtree(folder)


def discard(work: Path, folders: Iterable[Path] = ()) -> None:
    """Remove these folders of work, and what is left of such removals when runs were killed amid them.

    They are renamed first, so that half of one is never taken for work to go on with.
    """
    stages = work / "stages"
    for folder in folders:
        if folder.exists():
            folder.rename(folder.with_name(f".{folder.name}.gone"))
    for gone in [*stages.glob(".*.gone"), *stages.glob("*/.*.gone")]:
        shutil.rmtree(gone)
    for folder in [*stages.glob("*"), stages]:
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def sweep(folder: str, outputs: dict[str, Any]) -> None:
    """Remove what killed runs left beside the files of an artefact: partial files, shards of another packing."""
    if not storage.is_local(folder):
        return  # files appear whole there, and readers go by the manifest
    flat = {part: entries for part, entries in outputs.items() if part != "evidence"}
    flat |= {f"evidence/{table}": entries for table, entries in outputs.get("evidence", {}).items()}
    for part, entries in flat.items():
        listed = {entry["path"] for entry in entries}
        for file in (Path(folder) / part).glob("*"):
            if file.name not in listed:
                file.unlink()


def clean(out: str) -> list[str]:
    """Remove work, and the artefacts in `out` but those that `latest.json` names and those they were made from.

    Returns:
        the names of the folders removed.
    """
    folder = Path(out)
    keep = _referred(out)
    if not keep:
        raise ConfigError(f"{out} holds no latest.json: it is no output folder of a pipeline")
    removed = []
    with locked(folder / "work"):
        for entry in sorted(folder.iterdir()):
            ours = re.fullmatch(r".+-[0-9a-f]{8}", entry.name) and any(
                (entry / part).exists() for part in ("manifest.json", "data", "dropped", "failed")
            )
            if ours and entry.name not in keep:
                shutil.rmtree(entry)
                removed.append(entry.name)
        if (folder / "work" / "stages").exists():
            removed.append("work")
        for entry in (folder / "work").iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
    return removed


def _referred(out: str) -> set[str]:
    """Names of the newest artefacts in `out`, and of all that they were made from."""
    names: set[str] = set()
    queue = list(manifest.latest(out).values())
    while queue:
        names.add(name := queue.pop())
        upstream = (manifest.read(f"{out}/{name}") or {"parts": {"upstream": {}}})["parts"]["upstream"]
        queue += [f"{stage}-{fingerprint[:8]}" for stage, fingerprint in upstream.items()]
    return names
