"""What the rounds of `split` do: which documents belong together, and whether any that do stand on both sides.

Documents belong together if their texts are similar, if they are of one family (equal values of a column), or if they
hold the same benchmark item. Twice the same two rounds look for them: keys that documents share make components of
candidates, and within a component texts are compared exactly. At first what is found is joined to groups, which go
to a split whole. Then, with other hash functions, only what lies on both sides of a border is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.kernels.buffers import list_chunks, lists
from curate.rows import value
from curate.similar import candidates, lsh
from curate.similar.candidates import identity

if TYPE_CHECKING:
    from curate.kernels.pairs import Pairs

#: Seeds of the hash functions that find candidates, and of those that check.
FIND, CHECK = 1, 2
#: The chance at least that a pair at the threshold is compared.
RECALL = 0.999
#: When a document holds a benchmark item: at least this share of its words, in runs of so many (`decontaminate`).
ITEM_OVERLAP, ITEM_NGRAM = 0.5, 13
#: What ties documents together whatever their texts are.
TIES = ("family", "item")
_SALT = 0x73706C6974  # with the same seed, `sample` and `mix` must not draw alike


@dataclass(frozen=True)
class Rule:
    """What belongs together."""

    threshold: float
    ngram: int
    bands: int
    rows: int
    family: tuple[str, ...]
    benchmarks: Any

    @classmethod
    def of(cls, threshold: float, ngram: int, hashes: int, family: Any, benchmarks: Any) -> Rule:
        """The rule by the parameters of the step. Raises ValueError if there are too few hashes."""
        bands, rows = lsh.bands_for(threshold, hashes, margin=0, recall=RECALL)
        families = (family,) if isinstance(family, str) else tuple(family or ())
        return cls(threshold, ngram, bands, rows, families, benchmarks)

    @property
    def hashes(self) -> int:
        """The hashes that the bands use, rounded up to an even number."""
        return (self.bands * self.rows + 1) // 2 * 2


def keys(batch: pl.DataFrame, wanted: pl.DataFrame | None, rule: Rule, seed: int) -> pl.DataFrame:
    """A row per document (`own`), and one per key that it may share with others: of its bands, family and items. With
    `wanted`, the document's split beside each."""
    from curate.kernels.identity import hashes
    from curate.kernels.minhash import band_keys

    rows, signatures = _signatures(batch["text"], rule, seed)
    bands = band_keys(signatures, rule.bands, rule.rows)
    tied = _ties(batch, rule)
    shared = pl.DataFrame({"row": np.repeat(rows, rule.bands).astype(np.uint32), "key": bands.reshape(-1)})
    own = pl.DataFrame({"row": _range(batch.height), "key": hashes(batch["id"])[0]})
    evidence = pl.concat([shared, tied.select("row", "key"), own]).with_columns(
        own=pl.int_range(pl.len()) >= shared.height + tied.height
    )
    if wanted is None:
        return evidence
    return evidence.with_columns(split=wanted["split"].gather(evidence["row"]))


def links(evidence: pl.DataFrame) -> pl.DataFrame:
    """Links from each document that shares a key to the first with that key, and from every document to itself. Where
    documents have splits, keys within one split link nothing."""
    from curate.kernels.clusters import firsts

    first, own = firsts(evidence["key"].to_numpy()), evidence["own"].to_numpy()
    others = first != np.arange(len(first))
    to, linked = np.where(own, np.arange(len(first)), first), own | others
    if "split" in evidence.columns:
        split = evidence["split"].to_numpy()
        crossed = np.zeros(len(first), np.bool_)
        crossed[first[split != split[first]]] = True
        linked = own | (crossed[first] & others)  # to itself a document is linked once, by its own row
    at = pl.Series(to[linked])
    target = evidence.select(to_task=pl.col("task").gather(at), to_row=pl.col("row").gather(at))
    source = evidence.filter(pl.Series(linked)).drop("key", "own")
    return source.hstack(target).unique(maintain_order=True)


def components(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The component of every document and whether it is `alone` there; about 100 bytes per document."""
    found = candidates.components(parts).with_columns(alone=pl.len().over("component") == 1)
    itself = (pl.col("task") == pl.col("to_task")) & (pl.col("row") == pl.col("to_row"))
    own = [part.filter(itself).select("task", "row", "^split$") for part in parts]
    return found.hstack(pl.concat(own).sort("task", "row").select("^split$"))


def members(batch: pl.DataFrame, wanted: pl.DataFrame, rule: Rule, seed: int) -> pl.DataFrame:
    """What decides about documents: signature (two values in one number), shingles and ties, each a list that is empty
    for those alone."""
    from curate.kernels.minhash import shingle_sets

    together = ~wanted["alone"].to_numpy()
    chosen = batch.filter(pl.Series(together))
    rows, signatures = _signatures(chosen["text"], rule, seed)
    signed = np.zeros(chosen.height, np.int64)
    signed[rows] = rule.hashes // 2
    shingles, ends = shingle_sets(chosen["text"], ngram=rule.ngram)
    columns = {
        "signature": (signatures.reshape(-1).view(np.uint64), signed),
        "shingles": (shingles, np.diff(ends)),
    }
    tied = _ties(chosen, rule)
    for kind in TIES:
        of_kind = tied.filter(pl.col("kind") == kind)
        counts = np.bincount(of_kind["row"].to_numpy(), minlength=chosen.height)
        columns[kind] = (of_kind["key"].to_numpy(), counts)
    found = []
    for name, (values, counts) in columns.items():
        sizes = np.zeros(batch.height, np.int64)
        sizes[together] = counts
        found.append(lists(values, np.concatenate([[0], np.cumsum(sizes)]), name))
    return wanted.select("row", "component", "^split$").with_columns(found)


def drawn(batch: pl.DataFrame, evidence: pl.DataFrame, seed: int) -> pl.DataFrame:
    """`evidence` with what decides which document a group is named by, its date and a hash of its key; the draw that
    goes with it, another hash; and sizes."""
    from curate.kernels.identity import hashes

    own = pl.coalesce(identity(), "id")
    name, draw = hashes(batch.select(own).to_series(), seed=(seed + _SALT) % 2**64)
    facts = batch.select(date=candidates.earliest(), characters=pl.col("text").str.len_chars())
    return evidence.hstack(facts).with_columns(name=name, draw=draw)


def groups(evidence: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The documents of some components: the size of their group, its draw (0 to 1), and which is the `first` of it.

    The draw is that of the group's earliest document; of several, that of the one whose key has the least hash (which
    is not the draw itself: the least of many would fall into the first split too often).
    """
    from curate.kernels.clusters import firsts, settle, unite

    parent = np.arange(evidence.height)
    for kind in TIES:
        tied = evidence.select(who=pl.int_range(pl.len()), key=kind).explode("key").drop_nulls()
        who = tied["who"].to_numpy()
        unite(parent, who, who[firsts(tied["key"].to_numpy())])
    settle(parent)
    pairs = similar(evidence, parent.astype(np.uint64), rule, joins=True)
    unite(parent, pairs.left, pairs.right)
    settle(parent)
    table = evidence.select("task", "row", "characters", "date", "name", "draw", group=pl.Series(parent))
    draw = pl.col("draw").sort_by("date", "name", nulls_last=True).first().over("group")
    return table.select(
        "task", "row", "characters",
        size=pl.len().over("group"),
        first=pl.col("group") == pl.int_range(pl.len()),
        draw=draw.cast(pl.Float64) / 2.0**64,
    )  # fmt: skip


def similar(evidence: pl.DataFrame, labels: NDArray[np.uint64], rule: Rule, *, joins: bool) -> Pairs:
    """Pairs of documents, by their place in `evidence`, that are similar and have different labels."""
    from curate.kernels.clusters import views
    from curate.kernels.minhash import band_keys
    from curate.kernels.pairs import Pairs, similar_pairs

    found = np.flatnonzero(evidence["signature"].list.len().to_numpy())
    chunks = list_chunks(evidence["signature"])
    flat = np.concatenate([values[offsets[0] : offsets[-1]] for values, offsets in chunks])
    signatures = flat.view(np.uint32).reshape(-1, rule.hashes)
    keys = band_keys(signatures, rule.bands, rule.rows)
    sets, where, _ = views(list_chunks(evidence["shingles"]), signatures)
    view = (sets, where[found], signatures)
    pairs = similar_pairs(keys, labels[found], view, rule.threshold, joins=joins)
    compared = np.zeros(evidence.height, np.int64)
    compared[found] = pairs.compared
    return Pairs(found[pairs.left], found[pairs.right], pairs.similarity, compared)


def _signatures(texts: pl.Series, rule: Rule, seed: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Which texts have a word, and the signatures of those."""
    from curate.kernels.minhash import NONE, signatures

    found = signatures(texts, ngram=rule.ngram, hashes=rule.hashes, seed=seed)
    rows = np.flatnonzero((found != NONE).any(axis=1))
    return rows, found[rows]


def _ties(batch: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """`row`, `key` and `kind` of what ties documents together whatever their texts are, by row."""
    from curate.kernels.identity import hashes

    found = [pl.DataFrame(schema={"row": pl.UInt32, "key": pl.UInt64, "kind": pl.String})]
    for number, name in enumerate(rule.family, 1):
        key, _ = hashes(batch.select(family_value(name)).to_series(), seed=number)
        found.append(pl.DataFrame({"row": _range(batch.height), "key": key, "kind": "family"}))
    if rule.benchmarks:
        found.append(_items(batch["text"], rule.benchmarks).with_columns(kind=pl.lit("item")))
    return pl.concat(found).filter(pl.col("key") != 0).sort("row", maintain_order=True)


def _items(texts: pl.Series, benchmarks: Any) -> pl.DataFrame:
    """Which texts hold which items, common text or not (as `overlaps` of decontaminate tells)."""
    from curate.contamination.overlap import pairs_of, shared_runs, sought
    from curate.kernels.identity import hashes

    known = sought(benchmarks, ITEM_NGRAM)
    runs = shared_runs(texts, known).with_columns(task=pl.lit(0, pl.UInt32))
    held = pairs_of(runs, known, ITEM_NGRAM, ITEM_OVERLAP, -1).filter(pl.col("overlap") >= ITEM_OVERLAP)
    item, _ = hashes(known.texts.select(pl.format("{}\n{}", "benchmark", "item")).to_series())
    return held.select("row", key=item.gather(held["text"])).unique(maintain_order=True)


def family_value(name: str) -> pl.Expr:
    """A column, a field of a struct column, or a field of the metadata, as a string; keys are those of a source."""
    if name == "key":
        return identity()
    column, _, field = name.partition(".")
    if column == "metadata" and field:
        return pl.col("metadata").str.json_path_match(f"$['{field}']")
    return value(name).cast(pl.String)


def _range(height: int) -> NDArray[np.uint32]:
    return np.arange(height, dtype=np.uint32)
