"""The signals of a text: what Gopher, C4 and FineWeb measure, from one tokenisation by compiled code.

`docs/signals.md` defines each. Counts come from the kernels as integers; shares are formed here in double
precision and stored in single. A share whose base is empty is 0.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.kernels import lines, repetition, tokens
from curate.kernels.buffers import utf8
from curate.kernels.fields import COUNTED, FIELDS, SHARES

Count = NDArray[np.int64]


def measure(text: pl.Series) -> pl.Series:
    """The struct column `signals` (`FIELDS`) of a String column; a null counts as an empty text."""
    counts = _counts(*utf8(text))
    fields: dict[str, NDArray] = {name: counts[name] for name in COUNTED}
    fields["stop_words"] = np.bitwise_count(counts["stop_words"])
    fields |= {name: _share(counts[part], counts[whole]) for name, (part, whole) in SHARES.items()}
    fields["symbol_word_ratio"] = _share(np.maximum(counts["hashes"], counts["ellipses"]), counts["tokens"])
    unbroken = counts["chars"] - counts["newlines"]
    fields["duplicate_char_ratio"] = _share(counts["duplicate_nonblank_chars"], unbroken)
    return pl.DataFrame([pl.Series(name, fields[name]).cast(FIELDS[name]) for name in FIELDS]).to_struct(
        "signals"
    )


def _counts(data: NDArray[np.uint8], offsets: Count) -> dict[str, Count]:
    found = tokens.tokenise(data, offsets)
    tables = {
        tokens.COUNTS: found.counts,
        lines.COUNTS: lines.line_counts(data, offsets),
        repetition.PIECES: repetition.piece_counts(data, offsets),
        repetition.NGRAMS: repetition.ngram_counts(found),
    }
    return {name: table[:, k] for names, table in tables.items() for k, name in enumerate(names)}


def _share(part: Count, whole: Count) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
