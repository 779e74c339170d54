"""Texts as measures take them, and human text cut to their lengths.

Diversity depends on how much text there is and how long its pieces are, so a set is compared with as many pieces of the
human corpus, of the same lengths in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Beginnings of sentences that are looked at for one with enough text behind it.
_LOOK = 200
#: Bytes that end what came before: . ! ? and line breaks.
_ENDS = np.isin(np.arange(256), list(b".!?\n\r"))


class Texts:
    """Texts, with hashes of their words (case and punctuation aside) made once: 8 bytes per word."""

    def __init__(self, texts: pl.Series):
        self.texts = texts.rename("text")

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def _hashed(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        from curate.kernels.tokens import word_hashes

        return word_hashes(self.texts)

    @property
    def words(self) -> NDArray[np.uint64]:
        """Words of all texts, flat."""
        return self._hashed[0]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Text i has `words[offsets[i]:offsets[i + 1]]`."""
        return self._hashed[1]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Words of each text."""
        return np.diff(self.offsets)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The text of each word."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, rows: NDArray[np.int64]) -> Texts:
        """Some of the texts."""
        return Texts(self.texts.gather(rows))


def sampled(
    lengths: NDArray[np.int64], most: int, seed: int, *, texts: int | None = None
) -> NDArray[np.int64]:
    """Rows drawn without replacement, in ascending order, of `most` words in all (and `texts` at most); texts without a
    word are never drawn."""
    order = np.random.default_rng(seed).permutation(len(lengths))
    order = order[lengths[order] > 0][:texts]
    return np.sort(order[np.cumsum(lengths[order]) <= most])


class Human:
    """Texts of people, from which pieces are cut; 40 bytes per word."""

    def __init__(self, texts: Texts):
        from curate.kernels.buffers import utf8
        from curate.kernels.overlap import word_bytes

        self.texts = texts
        self._data, edges = utf8(texts.texts)
        self._spans = word_bytes(texts.texts)[0] + edges[texts.rows][:, None]  # bytes of each word
        self._begins = np.flatnonzero(self._behind_an_end())
        self._room = texts.offsets[1:][texts.rows[self._begins]] - self._begins

    def pieces(self, lengths: NDArray[np.int64], seed: int) -> Texts:
        """As many pieces as there are `lengths`, each of as many words (fewer where no text near is so long), none
        overlapping another, spread evenly over all texts; a piece begins where a sentence or a line does.

        Where the texts have hardly more words than are asked for, there are fewer pieces.
        """
        wanted = np.random.default_rng(seed).permutation(lengths[lengths > 0])
        spread = max(1.0, len(self._spans) / max(1, int(wanted.sum())))
        found, last, due = [], 0, 0.0
        for length in wanted.tolist():
            at = int(np.searchsorted(self._begins, max(int(due), last)))
            if at >= len(self._begins):
                break
            near = self._room[at : at + _LOOK]
            at += int(np.argmax(near >= length)) if near.max() >= length else int(np.argmax(near))
            first, last = int(self._begins[at]), int(self._begins[at] + min(length, self._room[at]))
            piece = self._data[self._spans[first, 0] : self._spans[last - 1, 1]]
            found.append(piece.tobytes().decode("utf-8", "replace"))
            due += length * spread
        return Texts(pl.Series(found, dtype=pl.String))

    def _behind_an_end(self) -> NDArray[np.bool_]:
        """The words before which a sentence, a line or a text ends."""
        ends = np.concatenate([[0], np.cumsum(_ENDS[self._data], dtype=np.int32)])
        before = np.concatenate([self._spans[:1, 0], self._spans[:-1, 1]])
        return (ends[self._spans[:, 0]] > ends[before]) | (np.diff(self.texts.rows, prepend=-1) != 0)


def bounded(texts: Sequence[str] | pl.Series, words: int, seed: int) -> Texts:
    """Whole texts drawn until they have `words` words, in their order."""
    every = Texts(pl.Series("text", texts, dtype=pl.String))
    return every.take(sampled(every.lengths, words, seed)) if len(every.words) > words else every
