"""`exact_duplicates`: a sample that says what an accepted one said, white space and case aside."""

from __future__ import annotations

import polars as pl

from synth.filters.base import Context, Filter, Of, Rejection, part
from synth.samples import Sample


class _Seen:
    def __init__(self, of: Of):
        self._of: Of = of
        self._known: dict[tuple[int, int], int] = {}
        self._looked: tuple[str, tuple[int, int]] = ("", (0, 0))

    def __call__(self, sample: Sample, context: Context) -> Rejection | None:
        first = self._known.get(self._key(sample, context))
        return None if first is None else Rejection("duplicate", {"accepted": first, "of": self._of})

    def accept(self, sample: Sample, context: Context) -> None:
        self._known.setdefault(self._key(sample, context), len(self._known))

    def _key(self, sample: Sample, context: Context) -> tuple[int, int]:
        from curate.kernels.identity import hashes

        text = part(sample, context, self._of).lower()
        if self._looked[0] != text:  # what passes is mostly accepted
            high, low = hashes(pl.Series([text]), spaces=False)
            self._looked = text, (int(high[0]), int(low[0]))
        return self._looked[1]


def exact_duplicates(*, of: Of = "sample") -> Filter:
    """Refuse what was accepted before: the `prompt` alone (a question once), the `answer` alone, or both together.

    Equal means equal as for curate's step, by a 128-bit hash; about 250 bytes per accepted row. The detail `accepted`
    counts distinct accepted rows from 0.
    """
    return _Seen(of)
