"""The plan of a training's rows on disk: each source packed, epoch by epoch, and the order in which rows are taken.

| file | |
|---|---|
| `<n>-offsets.npy`, `<n>-lengths.npy` | int64, int32: pieces of source n, row by row: where in its ids, how long |
| `<n>-rows.npy` | int64: where each row's pieces end |
| `<n>-tokens.npy` | int64: tokens of source n up to the end of each row |
| `order.npy`, `place.npy` | uint8, uint32: the source of each row of the training, and which row of it that is |
| `meta.json` | settings, sources, rows per epoch |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import ConfigError
from curate.fingerprint import digest
from train.data import mixture
from train.data.flat import Growing, mapped, whole
from train.data.mixture import Phase
from train.data.packing import epoch_rows
from train.data.tokens import Tokens

#: Counts up when the same settings would give other rows.
FORMAT = 2


@dataclass(frozen=True)
class Part:
    """A source of the mixture. `max_epochs`: how often it may be read (Muennighoff et al. 2023, arXiv 2305.16264)."""

    name: str
    tokens: Tokens
    max_epochs: float = 4.0


@dataclass(frozen=True)
class Settings:
    """What rows depend on, beside the sources; `tokens` in all, or `epochs` of the first source."""

    sequence_length: int
    phases: tuple[Phase, ...]
    tokens: int | None
    epochs: float | None
    seed: int
    multiple: int

    def described(self, parts: Sequence[Part]) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "format": FORMAT,
            "sequence_length": self.sequence_length,
            "phases": [{"shares": dict(phase.shares), "until": phase.until} for phase in self.phases],
            "tokens": self.tokens,
            "epochs": self.epochs,
            "seed": self.seed,
            "multiple": self.multiple,
            "parts": [{"name": part.name, "key": part.tokens.key} for part in parts],
        }


def planned(parts: Sequence[Part], settings: Settings, folder: Path) -> Path:
    """The plan's folder below `folder`: made, or found from an earlier run with the same sources and settings.

    Raises:
        ConfigError: a setting is wrong, or a source would be read more often than it may be.
    """
    total = _checked(parts, settings)
    described = settings.described(parts)
    target = folder / f"plan-{digest(described)[:16]}"
    if not (target / "meta.json").exists():
        with whole(target) as work:
            _write(parts, settings, total, described, work)
    return target


def _checked(parts: Sequence[Part], settings: Settings) -> float:
    """Tokens in all."""
    names = [part.name for part in parts]
    if not parts or len(parts) > 255 or len(set(names)) < len(names):
        raise ConfigError(
            f"a mixture has 1 to 255 sources, each with a name of its own: {', '.join(names) or 'none'}"
        )
    if settings.sequence_length < 2 or settings.multiple < 1:
        raise ConfigError(f"sequence_length is at least 2, not {settings.sequence_length}")
    if (settings.tokens is None) == (settings.epochs is None):
        raise ConfigError("give either tokens or epochs")
    if settings.tokens is not None:
        total = float(settings.tokens)
    else:
        have = int(parts[0].tokens.meta["tokens"])
        total = mixture.total_of_epochs(settings.phases, names[0], have, settings.epochs or 0)
    if total <= 0:
        raise ConfigError("tokens and epochs are more than 0")
    goal = mixture.targets(names, settings.phases, total)
    available = [int(part.tokens.meta["tokens"]) for part in parts]
    mixture.check_epochs(goal, total, available, [part.max_epochs for part in parts])
    return total


@dataclass
class _Packed:
    """A source's files while epochs are added."""

    part: Part
    files: dict[str, Growing]
    epochs: list[int]  # rows in each
    rows: list[Any]  # tokens of each row, an array per window

    def add(self, settings: Settings) -> None:
        """One more epoch."""
        before = sum(self.epochs)
        cut = self.part.tokens.loss is None
        for rows in epoch_rows(
            self.part.tokens.ends,
            settings.sequence_length,
            seed=settings.seed,
            epoch=len(self.epochs),
            cut=cut,
        ):
            self.files["rows"].append(rows.ends + self.files["offsets"].length)
            self.files["offsets"].append(rows.offsets)
            self.files["lengths"].append(rows.lengths)
            tokens = rows.tokens()
            done = self.rows[-1][-1] if self.rows else 0
            self.files["tokens"].append(done + np.cumsum(tokens))
            self.rows.append(done + np.cumsum(tokens))
        self.epochs.append(self.files["rows"].length - before)

    def sizes(self) -> Any:
        """Tokens of each row."""
        return np.diff(np.concatenate([[0], *self.rows])) if self.rows else np.zeros(0, np.int64)


KINDS = {"offsets": np.int64, "lengths": np.int32, "rows": np.int64, "tokens": np.int64}


def _write(
    parts: Sequence[Part], settings: Settings, total: float, described: dict[str, Any], work: Path
) -> None:
    goal = mixture.targets([part.name for part in parts], settings.phases, total)
    packed = [
        _Packed(part, {k: Growing(work / f"{n}-{k}.npy", kind) for k, kind in KINDS.items()}, [], [])
        for n, part in enumerate(parts)
    ]
    for one, need in zip(packed, goal.at(total), strict=True):
        while need > len(one.epochs) * int(one.part.tokens.meta["tokens"]) * (1 + 1e-9):
            one.add(settings)
    first = int(parts[0].tokens.meta["tokens"])
    given = None if settings.epochs is None else settings.epochs * first
    while True:
        sizes = [one.sizes() for one in packed]
        found = mixture.order(
            sizes, goal, settings.sequence_length, tokens=total, whole=given, multiple=settings.multiple
        )
        if found.short < 0:
            break
        packed[found.short].add(settings)
    for one in packed:
        for file in one.files.values():
            file.close()
    place = np.empty(len(found.source), np.uint32)
    for n in range(len(parts)):
        mine = found.source == n
        place[mine] = np.arange(mine.sum(), dtype=np.uint32)
    for name, values in (("order", found.source), ("place", place)):
        file = Growing(work / f"{name}.npy", values.dtype)
        file.append(values)
        file.close()
    counts = [{"rows": one.epochs, "tokens": int(one.part.tokens.meta["tokens"])} for one in packed]
    meta = described | {"rows": len(found.source), "total": total, "sources": counts}
    (work / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")


@dataclass(frozen=True)
class Layout:
    """A plan, mapped into memory."""

    meta: dict[str, Any]
    order: Any
    place: Any
    sources: tuple[dict[str, Any], ...]

    @staticmethod
    def read(folder: Path) -> Layout:
        """The plan in `folder`."""
        meta = json.loads((folder / "meta.json").read_text())
        sources = tuple(
            {kind: mapped(folder / f"{n}-{kind}.npy") for kind in KINDS} for n in range(len(meta["parts"]))
        )
        return Layout(meta, mapped(folder / "order.npy"), mapped(folder / "place.npy"), sources)
