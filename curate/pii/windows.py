"""From hits to windows: pieces of texts in which a recogniser finds what it finds in the whole text.

Every match of a recogniser lies in a core. A window is a core with margins so wide that an attempt to match inside
the core sees all that it could look at, and that a match which only the cut makes possible ends before the core.
Results that do not lie in the core are no results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.pii.patterns import Weak
from curate.pii.prefilter import Hits
from curate.pii.projection import Projected

Ints = NDArray[np.int64]
_FAR = 1 << 40


class Windows(NamedTuple):
    """Window i is [starts[i], ends[i]) of the joined bytes, with its core and the text that it is of."""

    starts: Ints
    ends: Ints
    core_starts: Ints
    core_ends: Ints
    texts: Ints


def windows(batch: Projected, hits: Hits, weak: Sequence[Weak], exact_ends: bool) -> Windows:
    """The windows of a recogniser whose expressions are `weak`; `hits` are those of these expressions only.

    `hits.which` counts from the first of `weak`.
    """
    texts = np.searchsorted(batch.offsets, hits.ends - 1, side="right") - 1
    starts, ends = _regions(batch, hits, weak, exact_ends)
    starts = np.maximum(starts, batch.offsets[texts])
    ends = np.minimum(ends, batch.offsets[texts + 1] - 1)
    core_starts, core_ends = _merged(starts, ends)
    texts = np.searchsorted(batch.offsets, core_starts, side="right") - 1
    left, right = _margins(batch, core_starts, core_ends, weak)
    left = np.maximum(left, batch.offsets[texts])
    right = np.minimum(right, batch.offsets[texts + 1] - 1)
    return Windows(left, right, core_starts, core_ends, texts)


def _regions(batch: Projected, hits: Hits, weak: Sequence[Weak], exact_ends: bool) -> tuple[Ints, Ints]:
    """Where the matches lie that a hit stands for."""
    width = np.array([_FAR if w.width is None else w.width for w in weak], np.int64)[hits.which]
    tail = np.array([w.tail or not exact_ends for w in weak], np.bool_)[hits.which]
    chunked = np.array([not w.spaced for w in weak], np.bool_)[hits.which]
    starts = hits.ends - width if exact_ends else hits.starts - width
    ends = np.where(tail, hits.ends + width, hits.ends)
    before, after = _spaces_around(batch, hits.ends - 1, hits.ends - 1)
    if not exact_ends:
        before = _spaces_around(batch, hits.starts, hits.ends)[0]
    starts = np.where(chunked, np.maximum(starts, before + 1), starts)
    ends = np.where(chunked, np.minimum(ends, after), ends)
    return starts, ends


def _margins(batch: Projected, starts: Ints, ends: Ints, weak: Sequence[Weak]) -> tuple[Ints, Ints]:
    """How far windows must go around cores: to the far side of every match that a cut could make up."""
    before, after = _spaces_around(batch, starts, ends)
    left, right = starts.copy(), ends.copy()
    for one in weak:
        width = _FAR if one.width is None else one.width
        first, last = starts - width - one.reach, ends + width + one.reach
        if not one.spaced:
            first, last = np.maximum(first, before + 1 - one.reach), np.minimum(last, after + one.reach)
        left, right = np.minimum(left, first), np.maximum(right, last)
    return left, right


def _spaces_around(batch: Projected, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The last white space before each start, and the first at or behind each end."""
    before = batch.spaces[np.searchsorted(batch.spaces, starts, side="left") - 1]
    return before, batch.spaces[np.searchsorted(batch.spaces, ends, side="left")]


def _merged(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Overlapping regions as one."""
    if not len(starts):
        return starts, ends
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    first = np.concatenate(([True], starts[1:] >= ends[:-1]))
    last = np.concatenate((first[1:], [True]))
    return starts[first], ends[last]
