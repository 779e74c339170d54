"""The last round of `near_duplicates`: who stays for whom in each component, and what became of earlier documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.corpus import Found
from curate.kernels.buffers import list_chunks, matrix
from curate.similar.candidates import Rule


def decide(evidence: pl.DataFrame, rule: Rule) -> Found:
    """The verdict on the documents of some components; with releases also the table of changes."""
    from curate.kernels.clusters import leaders, views
    from curate.kernels.identity import hashes

    n = evidence.height
    earlier, versions = np.zeros(n, np.bool_), np.zeros((n, 2), np.uint64)
    if rule.releases:
        earlier = evidence["release"].is_not_null().to_numpy()
        own, _ = hashes(evidence["key"])
        versions = np.column_stack([own.to_numpy(), evidence["words_hash"].to_numpy()])
    order = evidence.select(
        pl.arg_sort_by(
            "component", pl.lit(pl.Series(earlier)), "preference", pl.int_range(pl.len()),
            descending=[False, True, True, False], nulls_last=True,
        )
    ).to_series()  # fmt: skip
    chunks = list_chunks(evidence["keys"])
    keys = np.concatenate([values[offsets[0] : offsets[-1]] for values, offsets in chunks])
    sets = list_chunks(evidence["shingles"]) if rule.exact else []
    signatures = matrix(evidence["signature"], rule.hashes) if rule.signed else np.empty((0, 0), np.uint32)
    view = views(sets, signatures)
    keeper, similar = leaders(
        order.to_numpy().astype(np.int64),
        keys.reshape(n, rule.bands),
        earlier,
        versions if rule.keep_changed else np.zeros_like(versions),
        view,
        rule.threshold,
    )
    rows = _verdict(evidence, keeper, similar, earlier)
    if not rule.releases:
        return Found(rows, {})
    changes = _changes(evidence, view)
    met = changes.filter(pl.col("change") != "gone").select("task", "row", "change")
    rows = rows.join(met, on=["task", "row"], how="left", maintain_order="left")
    return Found(rows, {"changes": changes.drop("task", "row")})


def _verdict(
    evidence: pl.DataFrame,
    keeper: NDArray[np.int64],
    similar: NDArray[np.float32],
    earlier: NDArray[np.bool_],
) -> pl.DataFrame:
    """Per document of this run: the one that stays for it (null: itself), their similarity, and how many it stands
    for."""
    name = pl.col("id")
    if "release" in evidence.columns:
        name = pl.when(pl.col("release").is_null()).then("id").otherwise(pl.format("{}:{}", "release", "id"))
    own = keeper == np.arange(len(keeper))
    stays = pl.lit(pl.Series(own))
    return evidence.select(
        "task",
        "row",
        duplicate_of=pl.when(~stays).then(evidence.select(name).to_series().gather(keeper)),
        similarity=pl.when(~stays).then(pl.lit(pl.Series(similar))),
        cluster_size=pl.when(stays).then(pl.lit(pl.Series(np.bincount(keeper, minlength=len(keeper))))),
        released=pl.lit(pl.Series(earlier[keeper])),
    ).with_columns(pl.col("cluster_size").cast(pl.UInt32)).filter(pl.Series(~earlier))  # fmt: skip


def _changes(evidence: pl.DataFrame, view: Any) -> pl.DataFrame:
    """What became of documents, by their keys: `change` (changed, same, gone), `key`, `id`, and the `release` and id of
    the `earlier` one (the last of several); `similarity` of the two texts."""
    from curate.kernels.clusters import similarities

    columns = ["task", "row", "position", "id", "key", "words_hash"]
    evidence = evidence.with_columns(position=pl.int_range(pl.len()))
    ours = evidence.filter(pl.col("release").is_null()).select(columns)
    old = evidence.filter(pl.col("release").is_not_null()).select(*columns, "release")
    last = old.group_by("key", maintain_order=True).last()
    same = ours.join(old, on=["key", "words_hash"], how="semi")["position"]
    pairs = ours.join(last, on="key", how="inner", suffix="_old", maintain_order="left")
    likeness = similarities(pairs["position"].to_numpy(), pairs["position_old"].to_numpy(), view)
    unchanged = pl.col("position").is_in(same.implode())
    met = pairs.select(
        "task", "row", "key", "id", "release",
        change=pl.when(unchanged).then(pl.lit("same")).otherwise(pl.lit("changed")),
        earlier="id_old",
        similarity=pl.lit(pl.Series(likeness, dtype=pl.Float32)),
    )  # fmt: skip
    gone = last.join(ours, on="key", how="anti", maintain_order="left").select(
        "task", "row", "key", pl.lit(None, pl.String).alias("id"), "release",
        change=pl.lit("gone"),
        earlier="id",
        similarity=pl.lit(None, pl.Float32),
    )  # fmt: skip
    return pl.concat([met, gone.select(met.columns)])
