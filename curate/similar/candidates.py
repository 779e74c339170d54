"""What the rounds of `near_duplicates` do: band keys, components of candidates, and what decides about them.

Round one leaves a key per band and document; documents that share one are linked, in stars around the first of each
bucket, so that a bucket of n documents has n - 1 links. Components of links are found over all parts with one array
of the corpus's length. Round two looks at the documents of components alone, with their shingles, and decides each
component on its own. With earlier releases, the documents' own keys are one more band, so that versions of a
document meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.kernels.buffers import binaries, lists, matrix
from curate.rows import value

#: Formats of dates that can be read without guessing, tried in order.
DATES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y")

#: What a key of round one is: of a band, of a document, of an earlier document.
BAND, KEY, EARLIER_KEY = 0, 1, 2


@dataclass(frozen=True)
class Rule:
    """Settings of a use of the step."""

    threshold: float
    ngram: int
    hashes: int
    bands: int
    rows: int
    exact: bool
    releases: bool
    keep_changed: bool

    @property
    def index(self) -> str:
        """The table of signatures; its name says what they were made with."""
        return f"signatures_{self.ngram}_{self.hashes}"

    @property
    def signed(self) -> bool:
        """Whether round two needs signatures."""
        return self.releases or not self.exact


def bands(batch: pl.DataFrame, rule: Rule) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Round one of a batch: band keys (long), and its rows of the index."""
    index = signed(batch, rule)
    return band_rows(index, rule, KEY), index


def signed(batch: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The index of a batch: id, source, key, a hash of the text's words in their order, and the signature, with the
    length of the shingles that it is made of."""
    from curate.kernels.minhash import sketches

    found, words = sketches(batch["text"], ngram=rule.ngram, hashes=rule.hashes)
    return batch.select("id", "source", "key").with_columns(
        words_hash=pl.Series(words),
        ngram=pl.lit(rule.ngram, pl.UInt8),
        signature=binaries(found, "signature"),
    )


def recalled_bands(batch: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Round one of earlier documents, or of the rows of their index."""
    return band_rows(known(batch, rule), rule, EARLIER_KEY)


def known(batch: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The index of earlier documents, made from their texts unless it is there.

    Raises:
        ValueError: it was made with other settings.
    """
    if "signature" not in batch.columns:
        return signed(batch, rule)
    found = batch.select("ngram", hashes=pl.col("signature").bin.size() // 4).head(1).rows()
    if found and found[0] != (rule.ngram, rule.hashes):
        raise ValueError(
            f"the signatures of the earlier release were made with ngram {found[0][0]} and hashes {found[0][1]}, not "
            f"{rule.ngram} and {rule.hashes}: set these to the same, or name texts in their place"
        )
    return batch


def identity() -> pl.Expr:
    """What a document is known by across releases: its key within its source; null without one."""
    return pl.when(pl.col("key") != "").then(pl.concat_str("source", pl.lit("\n"), "key"))


def band_rows(index: pl.DataFrame, rule: Rule, kind: int) -> pl.DataFrame:
    """`row`, `band_key` (and its `kind`) of every band of the documents that have a shingle."""
    from curate.kernels.identity import hashes
    from curate.kernels.minhash import NONE, band_keys

    found = matrix(index["signature"], rule.hashes)
    rows = np.flatnonzero((found != NONE).any(axis=1)).astype(np.uint32)
    keys = band_keys(found[rows], rule.bands, rule.rows)
    evidence = pl.DataFrame({"row": np.repeat(rows, rule.bands), "band_key": keys.reshape(-1)})
    if not rule.releases:
        return evidence
    # A release without sources knows its documents by their keys alone, so those of this run stand under both.
    names = [index.select(identity()).to_series(), index["key"]]
    names[1:] = names[1:] if kind == KEY or index["source"].null_count() else []
    documents = pl.concat(
        pl.DataFrame(
            {"row": np.arange(index.height, dtype=np.uint32), "band_key": hashes(name, seed=number)[0]}
        )
        for number, name in enumerate(names)
    ).filter(pl.col("band_key") != 0)
    if kind == EARLIER_KEY:
        documents = documents.unique("row", keep="first", maintain_order=True)
    return pl.concat(
        [
            evidence.with_columns(kind=pl.lit(BAND, pl.UInt8)),
            documents.with_columns(kind=pl.lit(kind, pl.UInt8)),
        ]
    )


def stars(evidence: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Links from each document of a bucket to the bucket's first; an earlier key that is gone links to itself."""
    from curate.kernels.clusters import firsts

    first = firsts(evidence["band_key"].to_numpy())
    linked = first != np.arange(len(first))
    if rule.releases:
        kind = evidence["kind"].to_numpy()
        there = np.zeros(len(first), np.bool_)
        there[first[kind == KEY]] = True
        linked |= (kind == EARLIER_KEY) & ~there[first]
    task, row = evidence["task"].to_numpy(), evidence["row"].to_numpy()
    at = first[linked]
    return pl.DataFrame(
        {"task": task[linked], "row": row[linked], "to_task": task[at], "to_row": row[at]}
    ).unique(maintain_order=True)


def components(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The component of every linked document, by one array over all documents (4 bytes each, 8 above 2^31)."""
    from curate.kernels.clusters import settle, unite

    heights = np.zeros(0, np.int64)
    for links in parts:
        for task, row in (("task", "row"), ("to_task", "to_row")):
            most = links.group_by(task).agg(pl.col(row).max())
            tasks, rows = most[task].to_numpy(), most[row].to_numpy().astype(np.int64)
            if len(tasks) and tasks.max() >= len(heights):
                heights = np.pad(heights, (0, int(tasks.max()) + 1 - len(heights)))
            np.maximum.at(heights, tasks, rows + 1)
    starts = np.concatenate([[0], np.cumsum(heights)])
    size = int(starts[-1])
    parent = np.arange(size, dtype=np.int32 if size < 2**31 else np.int64)
    linked = np.zeros(size, np.bool_)
    for links in parts:
        left = starts[links["task"].to_numpy()] + links["row"].to_numpy()
        right = starts[links["to_task"].to_numpy()] + links["to_row"].to_numpy()
        unite(parent, left, right)
        linked[left] = linked[right] = True
    settle(parent)
    members = np.flatnonzero(linked)
    tasks = np.searchsorted(starts, members, side="right") - 1
    return pl.DataFrame(
        {
            "task": tasks.astype(np.uint32),
            "row": (members - starts[tasks]).astype(np.uint32),
            "component": parent[members].astype(np.uint64),
        }
    )


def candidates(batch: pl.DataFrame, wanted: pl.DataFrame, rule: Rule, keep: Any) -> pl.DataFrame:
    """Round two of a batch: what is needed to decide about its candidates."""
    chosen = batch[wanted["row"].to_numpy()]
    out = wanted.select("row", "component").with_columns(
        id=chosen["id"], preference=chosen.select(preference(keep)).to_series()
    )
    return with_shingles(out, chosen, rule, release=None)


def recalled(
    batch: pl.DataFrame, wanted: pl.DataFrame | None, rule: Rule, release: str
) -> pl.DataFrame | None:
    """Round two of earlier documents, or of the rows of their index."""
    assert wanted is not None
    from curate.kernels.minhash import sketches

    chosen = batch[wanted["row"].to_numpy()]
    if {"signature", "text"} <= set(chosen.columns):
        # A text that later steps changed is not what the signature was made of.
        _, words = sketches(chosen["text"], hashes=1)
        unchanged = pl.col("words_hash") == pl.lit(pl.Series(words))
        chosen = chosen.with_columns(pl.when(unchanged).then("text").alias("text"))
    out = wanted.select("row", "component").with_columns(id=chosen["id"], preference=pl.lit(None, pl.Float64))
    return with_shingles(out, chosen, rule, release)


def with_shingles(out: pl.DataFrame, chosen: pl.DataFrame, rule: Rule, release: str | None) -> pl.DataFrame:
    """`out` with band keys, and with the shingles or signatures that similarity is computed from."""
    from curate.kernels.minhash import band_keys, shingle_sets

    index = known(chosen, rule)
    keys = band_keys(matrix(index["signature"], rule.hashes), rule.bands, rule.rows)
    spans = np.arange(len(keys) + 1, dtype=np.int64) * rule.bands
    out = out.with_columns(keys=lists(keys.reshape(-1), spans, "keys"))
    if rule.exact:
        texts = "text" in chosen.columns
        sets = shingle_sets(chosen["text"], ngram=rule.ngram) if texts else _no_sets(chosen.height)
        out = out.with_columns(shingles=lists(*sets, "shingles"))
    if rule.signed:
        out = out.with_columns(index["signature"])
    if rule.releases:
        own = index.select("source", "key", "words_hash")
        out = pl.concat([out, own], how="horizontal").with_columns(release=pl.lit(release, pl.String))
    return out


def _no_sets(height: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    return np.empty(0, np.uint64), np.zeros(height + 1, np.int64)


def preference(keep: Any) -> pl.Expr:
    """A number per document, of which the highest stays; null for none."""
    if keep == "longest":
        return pl.col("text").str.len_chars().cast(pl.Float64)
    if keep in ("earliest", "latest"):
        return earliest().cast(pl.Float64) * (1 if keep == "latest" else -1)
    if keep.get("sources"):
        ranks = {name: -float(rank) for rank, name in enumerate(keep["sources"])}
        return pl.col("source").replace_strict(ranks, default=None, return_dtype=pl.Float64)
    column, sign = (keep["highest"], 1) if keep.get("highest") else (keep["lowest"], -1)
    return sign * value(column).cast(pl.Float64).fill_nan(None)


def earliest() -> pl.Expr:
    """`date` as days since 1970; null where it is absent or cannot be read without guessing."""
    text = pl.col("date").str.strip_chars().str.replace(r"[T ]\d\d:.*$", "")
    read = [text.str.to_date(form, strict=False) for form in DATES]
    return pl.coalesce(read).cast(pl.Int32)
