"""Which benchmark items documents hold, and how much of them: what `decontaminate` decides by.

Runs of shared words come from every document; the runs of one item, from all documents, are weighed together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.contamination.items import Benchmark, benchmarks, files, read_items

if TYPE_CHECKING:
    from curate.kernels.overlap import Index

#: Words of a text shorter than an n-gram that is looked for as a whole; still shorter ones would hit by chance.
SHORTEST = 8
#: The share of a text's n-grams from which a document is a copy of it, not one more that quotes the same law.
WHOLE = 0.8
#: Documents per text that the evidence names although they do not count.
NEAR_MISSES = 3
#: Characters of a passage in the evidence.
PASSAGE_CHARS = 300


_PAIR = ["task", "row", "text"]


@dataclass(frozen=True)
class Sought:
    """Items to look for: a row a text (`benchmark`, `item`, `column`, whether it is `tested`), and their index."""

    texts: pl.DataFrame
    index: Index


def sought(against: Any, ngram: int) -> Sought:
    found = tuple(benchmarks(against))
    stats = [(path, Path(path).stat()) for path in files(found)]
    return _load(found, tuple((path, s.st_size, s.st_mtime_ns) for path, s in stats), ngram)


@lru_cache(maxsize=2)
def _load(found: tuple[Benchmark, ...], stamps: Any, ngram: int) -> Sought:
    """Once per process: all tasks of a worker look for the same items."""
    from curate.kernels.overlap import index

    texts = read_items(list(found))
    items = texts.select(pl.struct("benchmark", "item").rle_id()).to_series().to_numpy()
    made = index(texts["text"], items.astype(np.int64), ngram, SHORTEST)
    return Sought(texts.drop("text").with_columns(tested=pl.Series(made.grams > 0)), made)


def shared_runs(texts: pl.Series, sought: Sought) -> pl.DataFrame:
    """The runs of words that documents share with texts of items, by the columns of `kernels.overlap.RUN`."""
    from curate.kernels.overlap import runs

    return pl.DataFrame(runs(texts, sought.index)).cast(pl.UInt32)


def pairs_of(evidence: pl.DataFrame, sought: Sought, ngram: int, overlap: float, limit: int) -> pl.DataFrame:
    """Documents and the texts whose runs they share: `verdict`, `overlap`, `own_overlap` (without common text), and
    `spans`, the words of the document that are the text's (first, behind the last, first, …)."""
    from curate.kernels.common_text import judge

    found = evidence.sort("text", "task", "row", "word", "at")
    document = found.select(pl.struct(_PAIR).rle_id()).to_series()
    columns = {"document": document.to_numpy(), **{c: found[c].to_numpy() for c in ("text", "at", "words")}}
    judged = judge(columns, sought.index, ngram, WHOLE, limit)
    counts = np.where(judged.own >= overlap, "contaminated", "common text")
    verdict = np.where(judged.overlap < overlap, "below", counts)
    found = found.with_columns(
        verdict=pl.Series(verdict.tolist(), dtype=pl.String),
        overlap=judged.overlap.round(4),
        own_overlap=judged.own.round(4),
        telling=judged.telling,
    )
    pairs = _passages(found, ngram).group_by(_PAIR, maintain_order=True)
    facts = pl.col("verdict", "overlap", "own_overlap").first()
    return pairs.agg(facts, spans=pl.concat_list("first", "last").explode())


def _passages(found: pl.DataFrame, ngram: int) -> pl.DataFrame:
    """Runs of one text joined over what was changed between them. Of passages of common text only those stay whose
    document has no other of this text."""
    signed = found.select(pl.col("at", "word", "words", "last").cast(pl.Int64), *_PAIR)
    before = signed.select(
        reach=pl.col("last").cum_max().shift(1).over(_PAIR),
        end=(pl.col("at") + pl.col("words")).shift(1).over(_PAIR),
    )
    missing = (signed["at"] - before["end"]).clip(0)
    apart = (signed["word"] - before["reach"] > missing + ngram).fill_null(True)
    joined = found.group_by(*_PAIR, apart.cum_sum().alias("passage"), maintain_order=True).agg(
        pl.col("verdict", "overlap", "own_overlap").first(),
        pl.col("first").min(),
        pl.col("last").max(),
        pl.col("telling").any(),
    )
    return joined.filter(pl.col("telling") | ~pl.col("telling").any().over(_PAIR))


def summary(pairs: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Per benchmark: `items`; those `contaminated`, else `common_text`, else just hit (`below`); those `too_short` to
    be tested, which `untested` names; and the `documents` that are contaminated."""
    kinds = {"contaminated": "contaminated", "common_text": "common text", "below": "below"}
    best = pairs.group_by("text").agg(**{name: (pl.col("verdict") == v).any() for name, v in kinds.items()})
    items = (
        texts.with_row_index("text")
        .join(best, on="text", how="left", maintain_order="left")
        .group_by("benchmark", "item", maintain_order=True)
        .agg(pl.col("tested", *kinds).any())
    )
    bad = pairs.filter(pl.col("verdict") == "contaminated")
    bad = bad.with_columns(texts["benchmark"].gather(bad["text"]))
    documents = bad.group_by("benchmark").agg(documents=pl.struct("task", "row").n_unique().cast(pl.UInt32))
    contaminated, common, below = (pl.col(name) for name in kinds)
    counts = items.group_by("benchmark", maintain_order=True).agg(
        contaminated.sum(),
        items=pl.len(),
        common_text=(common & ~contaminated).sum(),
        below=(below & ~common & ~contaminated).sum(),
        too_short=(~pl.col("tested")).sum(),
        untested=pl.col("item").filter(~pl.col("tested")),
    )
    found = counts.join(documents, on="benchmark", how="left", maintain_order="left")
    order = [
        "benchmark",
        "items",
        "contaminated",
        "documents",
        "common_text",
        "below",
        "too_short",
        "untested",
    ]
    return found.with_columns(pl.col("documents").fill_null(0)).select(order)


def located(batch: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`pairs` (whose `row` is the batch's) with the document's id, the spans in bytes and the longest passage."""
    from curate.kernels.overlap import word_bytes

    rows = pairs["row"].unique(maintain_order=True)
    texts = batch["text"].gather(rows)
    where, offsets = word_bytes(texts)
    place = dict(zip(rows, range(len(rows)), strict=True))
    spans, found = [], []
    for row, words in pairs.select("row", "spans").iter_rows():
        first = offsets[place[row]]
        edges = [
            (int(where[first + a, 0]), int(where[first + b - 1, 1])) for a, b in zip(words[::2], words[1::2])
        ]
        start, end = max(edges, key=lambda edge: edge[1] - edge[0])
        data = texts[place[row]].encode()
        start_char, passage = len(data[:start].decode()), data[start:end].decode()
        spans.append([byte for edge in edges for byte in edge])
        found.append((start_char, start_char + len(passage), passage[:PASSAGE_CHARS]))
    schema = {"start": pl.UInt32, "end": pl.UInt32, "passage": pl.String}
    return pairs.with_columns(
        *pl.DataFrame(found, schema=schema, orient="row"),
        pl.Series("spans", spans, pl.List(pl.UInt32)),
        id=batch["id"].gather(pairs["row"]),
    )


def named(pairs: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """`pairs` with the names of benchmark, item and column."""
    return pairs.with_columns(*texts.select(pl.col("benchmark", "item", "column").gather(pairs["text"])))
