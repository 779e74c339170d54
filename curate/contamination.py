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
from numpy.typing import NDArray

from curate.benchmark_items import Benchmark, benchmarks, files, read_items

if TYPE_CHECKING:
    from curate.kernels.overlap import Index

#: Words of a text shorter than an n-gram that is looked for as a whole; still shorter ones would hit by chance.
SHORTEST = 8
#: The share of an item's words from which a document is a copy of it, not one more that quotes the same law.
WHOLE = 0.8
#: Documents per item that the evidence names although they do not count.
NEAR_MISSES = 3
#: Characters of a passage in the evidence.
PASSAGE_CHARS = 300


_PAIR = ["task", "row", "item", "text"]


@dataclass(frozen=True)
class Sought:
    """Items to look for: a row a text (`benchmark`, `item`, `column`, `number` of the item, whether it is `tested`),
    the index of the texts, and where each item's texts begin."""

    texts: pl.DataFrame
    index: Index
    items: NDArray[np.int64]


def sought(against: Any, ngram: int) -> Sought:
    found = tuple(benchmarks(against))
    stats = [(path, Path(path).stat()) for path in files(found)]
    return _load(found, tuple((path, s.st_size, s.st_mtime_ns) for path, s in stats), ngram)


@lru_cache(maxsize=2)
def _load(found: tuple[Benchmark, ...], stamps: Any, ngram: int) -> Sought:
    """Once per process: all tasks of a worker look for the same items."""
    from curate.kernels.overlap import index

    texts = read_items(list(found))
    made = index(texts["text"], ngram, SHORTEST)
    number = pl.struct("benchmark", "item").rle_id()
    texts = texts.select("benchmark", "item", "column", number=number, tested=pl.Series(made.grams > 0))
    items = np.searchsorted(texts["number"].to_numpy(), np.arange(texts["number"][-1] + 2))
    return Sought(texts, made, items.astype(np.int64))


def shared_runs(texts: pl.Series, sought: Sought) -> pl.DataFrame:
    """The runs of words that documents share with items, as `kernels.overlap.RUN`, with the item's number."""
    from curate.kernels.overlap import runs

    found = pl.DataFrame(runs(texts, sought.index), schema_overrides=dict.fromkeys(["row"], pl.UInt32))
    return found.with_columns(
        pl.all().cast(pl.UInt32), item=sought.texts["number"].gather(found["text"]).cast(pl.UInt32)
    )


def pairs_of(evidence: pl.DataFrame, sought: Sought, ngram: int, overlap: float, limit: int) -> pl.DataFrame:
    """Documents and texts of items that share runs: overlap, verdict, and `spans`, the words of the document that
    are the item's (first, behind the last, first, …)."""
    from curate.kernels.common_text import judge

    found = evidence.sort("item", "task", "row", "text", "word", "at")
    document = found.select(pl.struct("item", "task", "row").rle_id()).to_series()
    columns = {name: found[name].to_numpy().astype(np.int64) for name in ("text", "at", "words")}
    columns["document"] = document.to_numpy().astype(np.int64)
    judged = judge(columns, sought.index, sought.items, WHOLE, limit)
    found = found.with_columns(
        overlap=judged.overlap.round(4), own_overlap=judged.own.round(4), telling=judged.telling,
        enough=(judged.overlap >= overlap), counts=(judged.own >= overlap) & (judged.own_words >= SHORTEST),
    )  # fmt: skip
    counts = pl.when("counts").then(pl.lit("contaminated")).otherwise(pl.lit("common text"))
    verdict = pl.when("enough").then(counts).otherwise(pl.lit("below"))
    return (
        _passages(found, ngram)
        .group_by(_PAIR, maintain_order=True)
        .agg(
            verdict.first().alias("verdict"),
            pl.col("overlap", "own_overlap").first(),
            spans=pl.concat_list("first", "last").explode(),
        )
    )


def _passages(found: pl.DataFrame, ngram: int) -> pl.DataFrame:
    """Runs of one text joined over what was changed between them. Of passages of common text only those stay whose
    document has no other of this item."""
    reach = pl.col("last").cast(pl.Int64).cum_max().shift(1).over(_PAIR)
    missing = pl.col("at").cast(pl.Int64) - (pl.col("at") + pl.col("words")).cast(pl.Int64).shift(1).over(
        _PAIR
    )
    apart = pl.col("word").cast(pl.Int64) - reach > missing.clip(0) + ngram
    passage = apart.fill_null(True).cast(pl.UInt32).cum_sum()
    joined = found.group_by(*_PAIR, passage.alias("passage"), maintain_order=True).agg(
        pl.col("first").min(), pl.col("last").max(), pl.col("telling").any(),
        pl.col("overlap", "own_overlap", "enough", "counts").first(),
    )  # fmt: skip
    return joined.filter(pl.col("telling") | ~pl.col("telling").any().over(_PAIR))


def summary(pairs: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Per benchmark: its items, those contaminated, common text or just hit, and those too short to be tested."""
    best = pairs.group_by(number="item").agg(
        *((pl.col("verdict") == v).any().alias(v) for v in ("contaminated", "common text"))
    )
    bad = pairs.filter(pl.col("verdict") == "contaminated").join(
        texts.select("benchmark", item="number").unique(), on="item", maintain_order="left"
    )
    documents = bad.group_by("benchmark").agg(documents=pl.struct("task", "row").n_unique().cast(pl.UInt32))
    items = texts.group_by("benchmark", "item", "number", maintain_order=True).agg(pl.col("tested").any())
    items = items.join(best, on="number", how="left", maintain_order="left")
    flags = [pl.col(v).fill_null(False) for v in ("contaminated", "common text")]
    return (
        items.group_by("benchmark", maintain_order=True)
        .agg(
            items=pl.len(),
            contaminated=flags[0].sum(),
            common_text=(flags[1] & ~flags[0]).sum(),
            below=(pl.col("contaminated").is_not_null() & ~flags[0] & ~flags[1]).sum(),
            too_short=(~pl.col("tested")).sum(),
            untested=pl.col("item").filter(~pl.col("tested")),
        )
        .join(documents, on="benchmark", how="left", maintain_order="left")
        .with_columns(pl.col("documents").fill_null(0))
    )


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
    """`pairs` with the names of benchmark, item and column instead of numbers."""
    at = pairs["text"]
    names = texts.select(pl.col("benchmark", "item", "column").gather(at))
    return pairs.rename({"item": "number"}).with_columns(names)
