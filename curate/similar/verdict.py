"""The last round of `near_duplicates`: who stays for whom in each component, and what became of earlier documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.corpus import Found
from curate.kernels.buffers import list_chunks, matrix
from curate.similar.candidates import Rule, identity


def decide(evidence: pl.DataFrame, rule: Rule) -> Found:
    """The verdict on the documents of some components; with releases also the table of changes."""
    from curate.kernels.clusters import leaders, views
    from curate.kernels.identity import hashes

    n = evidence.height
    earlier, versions = np.zeros(n, np.bool_), np.zeros((n, 2), np.uint64)
    if rule.releases:
        earlier = evidence["release"].is_not_null().to_numpy()
        own, _ = hashes(evidence.select(identity()).to_series())
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
    changes = _changes(evidence, keeper, similar, view)
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


def _changes(
    evidence: pl.DataFrame, keeper: NDArray[np.int64], similar: NDArray[np.float32], view: Any
) -> pl.DataFrame:
    """What became of documents: `change` (same, changed, released, gone), `source`, `key`, `id`, and the `release` and
    id of the `earlier` one (the last of several); `similarity` of the two texts.

    Same and changed go by source and key. Released is what goes for an earlier document of another key; gone, an
    earlier document whose key is not there, and that nothing went for.
    """
    own = ["source", "key"]
    evidence = evidence.select("task", "row", *own, "id", "words_hash", "release").with_columns(
        position=pl.int_range(pl.len()), keeper=pl.Series(keeper), likeness=pl.Series(similar)
    )
    ours = evidence.filter(pl.col("release").is_null())
    old = evidence.filter(pl.col("release").is_not_null())
    went = ours.join(
        old.select(keeper="position", release="release", earlier="id"), on="keeper", suffix="_old"
    )
    last = old.drop_nulls(own).group_by(own, maintain_order=True).last()
    pairs = ours.join(last, on=own, suffix="_old", maintain_order="left")
    same = pairs.filter(
        pl.col("position").is_in(ours.join(old, on=[*own, "words_hash"], how="semi")["position"].implode())
    )
    moved = went.join(same, on="position", how="anti", maintain_order="left")
    changed = pairs.join(
        pl.concat([same, went], how="diagonal"), on="position", how="anti", maintain_order="left"
    )
    kept = old.filter(pl.col("position").is_in(went["keeper"].implode()))
    gone = last.join(ours, on=own, how="anti", maintain_order="left").join(
        kept, on=own, how="anti", maintain_order="left"
    )
    columns = ["task", "row", "change", *own, "id", "release", "earlier", "similarity"]
    met = pl.concat(
        [same.with_columns(change=pl.lit("same")), changed.with_columns(change=pl.lit("changed"))]
    )
    met = met.with_columns(
        pl.col("release_old").alias("release"),
        earlier=pl.col("id_old"),
        similarity=_likeness(met, view),
    )
    moved = moved.with_columns(change=pl.lit("released"), release="release_old", similarity="likeness")
    gone = gone.with_columns(
        change=pl.lit("gone"), earlier="id", id=pl.lit(None, pl.String), similarity=pl.lit(None, pl.Float32)
    )
    return pl.concat([part.select(columns) for part in (met, moved, gone)])


def _likeness(pairs: pl.DataFrame, view: Any) -> pl.Series:
    from curate.kernels.clusters import similarities

    left, right = pairs["position"].to_numpy(), pairs["position_old"].to_numpy()
    return pl.Series(similarities(left, right, view), dtype=pl.Float32)
