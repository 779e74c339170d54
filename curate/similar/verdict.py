"""The last round of `near_duplicates`: who stays for whom in each component, and what became of earlier documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.corpus import Found
from curate.kernels.buffers import list_chunks, matrix
from curate.similar.candidates import Rule, identity

#: The table of changes: what became of a document, and the earlier one that it is held against.
CHANGES = {
    "change": pl.String,
    "source": pl.String,
    "key": pl.String,
    "id": pl.String,
    "release": pl.String,
    "earlier": pl.String,
    "similarity": pl.Float32,
}


def decide(evidence: pl.DataFrame, rule: Rule) -> Found:
    """The verdict on the documents of some components; with releases also the table of changes."""
    from curate.kernels.clusters import leaders, views
    from curate.kernels.identity import hashes

    n = evidence.height
    earlier, versions = np.zeros(n, np.bool_), np.zeros((n, 3), np.uint64)
    if rule.releases:
        earlier = evidence["release"].is_not_null().to_numpy()
        names = [evidence.select(identity()).to_series(), evidence["key"]]
        versions = np.column_stack([*(hashes(name)[0] for name in names), evidence["words_hash"]])
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
    """What became of documents, as `CHANGES` has it, with `task` and `row` of this run's.

    Same and changed go by source and key, or by the key alone where a release has no sources; of several earlier
    documents that with the same words counts, else the last. Released is what goes for an earlier document of another
    key; gone, an earlier document whose key is not there, and that nothing went for.
    """
    evidence = evidence.select("task", "row", "source", "key", "id", "words_hash", "release").with_columns(
        position=pl.int_range(pl.len()), keeper=pl.Series(keeper), likeness=pl.Series(similar)
    )
    ours = evidence.filter(pl.col("release").is_null())
    old = _placed(evidence.filter(pl.col("release").is_not_null()), ours)
    own = ["source", "key"]
    same = _pairs(ours, old, [*own, "words_hash"])
    others = ours.join(same, on="position", how="anti", maintain_order="left")
    whom = old.select(keeper="position", release_old="release", id_old="id").unique(
        "keeper", maintain_order=True
    )
    released = others.join(whom, on="keeper", maintain_order="left")
    others = others.join(released, on="position", how="anti", maintain_order="left")
    changed = _pairs(others, old, own)
    missed = old.join(ours, on=own, how="anti", maintain_order="left")
    used = pl.col("position").is_in(released["keeper"].implode())
    gone = missed.filter(~used.any().over(own)).group_by(own, maintain_order=True).last()
    parts = {
        "same": same.with_columns(similarity=_likeness(same, view)),
        "changed": changed.with_columns(similarity=_likeness(changed, view)),
        "released": released.with_columns(similarity="likeness"),
        "gone": gone.with_columns(
            release_old="release",
            id_old="id",
            id=pl.lit(None, pl.String),
            similarity=pl.lit(None, pl.Float32),
        ),
    }
    return pl.concat(
        part.with_columns(change=pl.lit(change)).select(
            "task",
            "row",
            "change",
            *own,
            "id",
            release="release_old",
            earlier="id_old",
            similarity="similarity",
        )
        for change, part in parts.items()
    )


def _placed(old: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Earlier documents, those without a source under each that this run has for their key (none: the empty one)."""
    here = ours.select("key", place="source").unique(maintain_order=True)
    bare = old.filter(pl.col("source").is_null()).join(here, on="key", how="left", maintain_order="left")
    found = bare.with_columns(source=pl.col("place").fill_null("")).drop("place")
    known = old.filter(pl.col("source").is_not_null())
    return pl.concat([known, found]).filter(pl.col("key") != "").sort("position", maintain_order=True)


def _pairs(ours: pl.DataFrame, old: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Documents of this run with the last earlier one that has the same values."""
    last = old.group_by(on, maintain_order=True).last()
    return ours.join(last, on=on, suffix="_old", maintain_order="left")


def _likeness(pairs: pl.DataFrame, view: Any) -> pl.Series:
    from curate.kernels.clusters import similarities

    left, right = pairs["position"].to_numpy(), pairs["position_old"].to_numpy()
    return pl.Series(similarities(left, right, view), dtype=pl.Float32)
