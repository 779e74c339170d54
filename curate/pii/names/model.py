"""The embedded recogniser of names: its file, and texts through it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.kernels.name_chains import tag
from curate.kernels.name_tokens import Tokens

PATH = Path(__file__).resolve().parents[2] / "models" / "names.npz"
#: Of that file: a new model is new code, so that what it found is built anew.
SHA256 = "a1049c5f0e85d0ab0cd4de215222894f6a95afa981a6766b309a2d40f5d1aae9"
Lexicon = tuple[NDArray[np.uint32], NDArray[np.uint32]]


@dataclass(frozen=True)
class Tagger:
    """A trained tagger; label 2k + 1 begins `entities[k]`, 2k + 2 goes on with it.

    `everything` is false for one that looks only near capitalised words.
    """

    entities: tuple[str, ...]
    everything: bool
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    transitions: NDArray[np.float32]
    used: NDArray[np.uint8]
    recall: float = 0.0

    @classmethod
    def of(cls, model: dict[str, Any]) -> Tagger:
        """The tagger of the arrays that training made."""
        used = np.packbits(model["weights"].any(axis=1), bitorder="little")
        entities = tuple(map(str, model["entities"]))
        arrays = model["weights"], model["scale"], model["transitions"]
        return cls(entities, bool(model["everything"]), *arrays, used, float(model.get("recall", 0)))

    def bias(self, recall: float | None) -> NDArray[np.float32]:
        """What is added to the scores of the labels: `recall` (None: the model's own) to all but 0 and NO_MASK."""
        out = np.full(self.weights.shape[1], self.recall if recall is None else recall, np.float32)
        out[0] = 0
        if "NO_MASK" in self.entities:
            k = self.entities.index("NO_MASK")
            out[2 * k + 1 : 2 * k + 3] = 0
        return out

    def tags(
        self, tokens: Tokens, bias: NDArray[np.float32] | None = None
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Label and posterior of each token; `bias` (labels,) is added to the scores. Equal segments are done once."""
        tags, sure = np.zeros(len(tokens.rows), np.int8), np.zeros(len(tokens.rows), np.float32)
        _, chosen, which = np.unique(tokens.keys, return_index=True, return_inverse=True)
        given = np.zeros(self.weights.shape[1], np.float32) if bias is None else bias.astype(np.float32)
        order = np.sort(chosen)
        model = self.used, self.weights, self.scale, given, self.transitions
        tag(tokens.rows, tokens.segments, order, self.everything, *model, tags, sure)
        if len(chosen) < len(which):
            source = chosen[which]
            again = np.flatnonzero(source != np.arange(len(source)))
            for j in again[_tagged(tags, tokens.segments, source[again])]:
                lo, hi, first = tokens.segments[j], tokens.segments[j + 1], tokens.segments[source[j]]
                tags[lo:hi], sure[lo:hi] = tags[first : first + hi - lo], sure[first : first + hi - lo]
        return tags, sure


def _tagged(
    tags: NDArray[np.int8], segments: NDArray[np.int64], chosen: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of the segments `chosen` hold any label other than 0."""
    before = np.concatenate(([0], np.cumsum(tags != 0)))
    return np.asarray(before[segments[chosen + 1]] > before[segments[chosen]])


class Embedded(NamedTuple):
    """What the file of a model holds: the lexicon, the tagger of names and that of what identifies people."""

    lexicon: Lexicon
    names: Tagger
    masks: Tagger


@lru_cache(maxsize=1)
def load() -> Embedded:
    """The model that ships with the package."""
    content = PATH.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{PATH} is damaged, or newer than this code"
    return read(io.BytesIO(content))


def read(file: Path | IO[bytes]) -> Embedded:
    """The model in a file that `curate.models.train_names` made."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    names, masks = (
        Tagger.of({key.removeprefix(name): value for key, value in arrays.items() if key.startswith(name)})
        for name in ("names_", "masks_")
    )
    return Embedded((arrays["keys"], arrays["values"]), names, masks)
