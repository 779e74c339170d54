"""Training rows by number: row i is the same for the same sources, settings and seed, so that a training goes on at
any row without reading those before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from train.data.mixture import Phase, Targets, targets
from train.data.plan import Layout, Part, Settings, planned

#: What a row's padding is labelled with, and what does not count in the loss (torch's cross entropy leaves it out).
IGNORED = -100


@dataclass(frozen=True)
class PackedDataset:
    """A map-style data set of packed rows; take them in order of their numbers (a sequential sampler).

    Row i is a dict of int64 tensors of shape (sequence_length,): `input_ids`; `labels`, -100 at each document's (or
    piece's) first token, where a token does not count, and in the padding; `position_ids`, which start anew at each
    document: with them, without an attention mask and with use_cache=False, attention stays within documents. What a
    row's documents leave empty is padding: a document of its own, nowhere in the loss.
    """

    folder: Path
    parts: tuple[Part, ...]
    pad: int = 0

    @cached_property
    def layout(self) -> Layout:
        """The plan."""
        return Layout.read(self.folder)

    @cached_property
    def _arrays(self) -> list[Any]:
        nothing = np.zeros(0, np.uint8)
        return [
            (
                part.tokens.ids,
                nothing if part.tokens.loss is None else part.tokens.loss,
                *(one[k] for k in _READ),
            )
            for part, one in zip(self.parts, self.layout.sources, strict=True)
        ]

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "parts": self.parts, "pad": self.pad}

    def __len__(self) -> int:
        return int(self.layout.meta["rows"])

    @cached_property
    def sequence_length(self) -> int:
        """Tokens in a row."""
        return int(self.layout.meta["sequence_length"])

    @property
    def names(self) -> list[str]:
        """The sources, in order."""
        return [part.name for part in self.parts]

    def row(self, index: int) -> dict[str, NDArray[np.int64]]:
        """Row `index` as numpy arrays."""
        if not 0 <= index < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        out = np.empty((3, self.sequence_length), np.int64)
        layout = self.layout
        ids, loss, offsets, lengths, ends = self._arrays[layout.order[index]]
        _row(ids, loss, offsets, lengths, ends, layout.place[index], self.pad, out)
        return {"input_ids": out[0], "labels": out[1], "position_ids": out[2]}

    def __getitem__(self, index: int) -> dict[str, Any]:
        import torch

        return {name: torch.from_numpy(values) for name, values in self.row(int(index)).items()}

    def filled(self, index: int) -> int:
        """Tokens of row `index` that are no padding."""
        tokens, place = self.layout.sources[self.layout.order[index]]["tokens"], int(self.layout.place[index])
        return int(tokens[place] - (tokens[place - 1] if place else 0))

    def source(self, index: int) -> str:
        """The name of the source of row `index`."""
        return self.parts[self.layout.order[index]].name

    def _taken(self, upto: int) -> NDArray[np.int64]:
        """Rows of each source among the first `upto`."""
        return np.bincount(self.layout.order[:upto], minlength=len(self.parts))

    def shares(self, upto: int | None = None) -> dict[str, int]:
        """Tokens that each source has given in the first `upto` rows (all, if None)."""
        taken = self._taken(len(self) if upto is None else upto)
        sources = zip(self.parts, self.layout.sources, taken, strict=True)
        return {part.name: int(one["tokens"][rows - 1]) if rows else 0 for part, one, rows in sources}

    def targets(self, upto: int | None = None) -> dict[str, float]:
        """Tokens that each source should have given by then; `shares` is within one sequence of it."""
        wanted = self._targets.at(sum(self.shares(upto).values()))
        return {name: float(value) for name, value in zip(self.names, wanted, strict=True)}

    @cached_property
    def _targets(self) -> Targets:
        meta = self.layout.meta
        return targets(self.names, [Phase(**phase) for phase in meta["phases"]], meta["total"])

    def epochs(self, upto: int | None = None) -> dict[str, float]:
        """How often each source has been read by then."""
        shares = self.shares(upto)
        return {part.name: shares[part.name] / int(part.tokens.meta["tokens"]) for part in self.parts}

    def documents_seen(self, upto: int | None = None) -> dict[str, NDArray[np.int32]]:
        """How often each document of each source has been begun by then, shape (documents,)."""
        taken = self._taken(len(self) if upto is None else upto)
        out = {}
        for part, one, rows in zip(self.parts, self.layout.sources, taken, strict=True):
            pieces = one["offsets"][: one["rows"][rows - 1] if rows else 0]
            starts = np.concatenate([[0], part.tokens.ends[:-1]])
            place = np.minimum(np.searchsorted(starts, pieces), len(starts) - 1)
            begun = place[starts[place] == pieces]
            out[part.name] = np.bincount(begun, minlength=len(starts)).astype(np.int32)
        return out

    def facts(self) -> dict[str, dict[str, float]]:
        """Of each source: `rows` taken, `tokens` in them, `filled` (share of their positions), `epochs`, `pieces` per
        document (1: none is cut)."""
        out = {}
        shares, epochs = self.shares(), self.epochs()
        for part, one, rows in zip(self.parts, self.layout.sources, self._taken(len(self)), strict=True):
            tokens, pieces = shares[part.name], int(one["rows"][rows - 1]) if rows else 0
            read = epochs[part.name] * len(part.tokens)
            out[part.name] = {
                "rows": int(rows),
                "tokens": tokens,
                "filled": float(tokens / (rows * self.sequence_length)) if rows else 0.0,
                "epochs": epochs[part.name],
                "pieces": pieces / read if read else 0.0,
            }
        return out


_READ = ("offsets", "lengths", "rows")


def packed(
    parts: Sequence[Part],
    shares: Mapping[str, float] | Sequence[Phase],
    *,
    sequence_length: int,
    folder: str | Path,
    tokens: int | None = None,
    epochs: float | None = None,
    seed: int = 0,
    multiple: int = 1,
    pad: int = 0,
) -> PackedDataset:
    """Rows of `sequence_length` tokens from `parts` in `shares` (or phases with shares each), until `tokens` in all or
    `epochs` of the first source; their number is brought up to a `multiple` (the batch size). `pad` fills what
    documents leave empty. The plan is kept below `folder`, and found there when the same is asked for again.

    Raises:
        ConfigError: a setting is wrong, or a source would be read more often than its `max_epochs`.
    """
    phases = (Phase(shares),) if isinstance(shares, Mapping) else tuple(shares)
    settings = Settings(sequence_length, phases, tokens, epochs, seed, multiple)
    return PackedDataset(planned(parts, settings, Path(folder)), tuple(parts), pad)


def stack(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Collator: rows of one length stacked, each value of shape (rows, sequence_length)."""
    import torch

    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


@njit(cache=True, nogil=True)
def _row(ids: Any, loss: Any, offsets: Any, lengths: Any, ends: Any, place: int, pad: int, out: Any) -> None:
    at = 0
    for piece in range(ends[place - 1] if place else 0, ends[place]):
        begin = offsets[piece]
        for i in range(lengths[piece]):
            token = np.int64(ids[begin + i])
            out[0, at] = token
            out[1, at] = token if i > 0 and (len(loss) == 0 or loss[begin + i]) else IGNORED
            out[2, at] = i
            at += 1
    for i in range(out.shape[1] - at):
        out[0, at + i] = pad
        out[1, at + i] = IGNORED
        out[2, at + i] = i
