"""What `split` decides at last: the split of every group, and that nothing which belongs together is on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from curate.corpus import Found
from curate.errors import GateError
from curate.similar.groups import TIES, Rule, similar

#: A group goes to a held-out split if it takes at most this share of it, and to the largest split otherwise.
LARGEST_GROUP = 0.5
#: Leaks that an error names.
EXAMPLES = 3

#: A row per split: what was asked for and what came out, in documents, characters and groups; how many groups were
#: `too_large` for it.
SPLITS: dict[str, Any] = {
    "split": pl.String,
    "asked_share": pl.Float64,
    "got_share": pl.Float64,
    "documents": pl.Int64,
    "characters": pl.Int64,
    "groups": pl.Int64,
    "largest_group": pl.Int64,
    "too_large": pl.Int64,
}
#: A row per pair of documents that crosses a border.
KINDS = ("near_duplicate", *TIES)
LEAKS: dict[str, Any] = {
    "kind": pl.String,
    "id": pl.String,
    "split": pl.String,
    "other": pl.String,
    "other_split": pl.String,
    "similarity": pl.Float32,
}


def ordered(fractions: dict[str, float]) -> list[str]:
    """The names of the splits, the largest last; their numbers are places in this list."""
    largest = max(fractions, key=lambda name: fractions[name])
    return [name for name in fractions if name != largest] + [largest]


def assigned(parts: Iterable[pl.DataFrame], fractions: dict[str, float]) -> Found:
    """The number of every document's split, and the table `splits`; 9 bytes per document.

    A held-out split has the draws of an interval of its share's length, in the order of `fractions` from 0 on, and
    the largest split has the rest. So a group stays where it is whatever other documents come and go.
    """
    names = ordered(fractions)
    asked = np.array([fractions[name] for name in names])
    total = sum(part.height for part in parts)
    most = np.append(np.maximum(1, LARGEST_GROUP * total * asked[:-1]), np.inf)
    verdicts, tables = [], []
    for part in parts:
        drawn = np.searchsorted(np.cumsum(asked[:-1]), part["draw"].to_numpy(), side="right")
        split = np.where(part["size"].to_numpy() > most[drawn], len(names) - 1, drawn)
        part = part.with_columns(drawn=pl.Series(drawn), split=pl.Series(split).cast(pl.UInt8))
        verdicts.append(part.select("task", "row", "split"))
        tables.append(part.group_by("split", "drawn").agg(
            documents=pl.len(), characters=pl.col("characters").sum(), groups=pl.col("first").sum(),
            largest_group=pl.col("size").max(),
        ))  # fmt: skip
    table = _summary(pl.concat(tables), names, fractions, total)
    return Found(pl.concat(verdicts), {"splits": table})


def _summary(counts: pl.DataFrame, names: list[str], fractions: dict[str, float], total: int) -> pl.DataFrame:
    """A row per split, in the order of `fractions`."""
    rows = []
    for name, share in fractions.items():
        number = names.index(name)
        here = counts.filter(split=number)
        away = counts.filter(pl.col("split") != number, drawn=number)
        documents = int(here["documents"].sum())
        rows.append({
            "split": name,
            "asked_share": share,
            "got_share": documents / total if total else 0.0,
            "documents": documents,
            "characters": int(here["characters"].sum()),
            "groups": int(here["groups"].sum()),
            "largest_group": max(here["largest_group"], default=0),
            "too_large": int(away["groups"].sum()),
        })  # fmt: skip
    return pl.DataFrame(rows, schema=SPLITS)


def identified(batch: pl.DataFrame, wanted: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """`evidence` with the ids of documents that are not alone."""
    ids = batch.select(id=pl.when(~wanted["alone"]).then("id"))
    return evidence.hstack(ids)


def crossing(evidence: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The documents of some components: how many of another split each was `compared` with, and a row more for
    each pair that crosses a border (`kind` is null in others)."""
    pairs = similar(evidence, evidence["split"].cast(pl.UInt64).to_numpy(), rule, joins=False)
    found = [_leaks(evidence, "near_duplicate", pairs.left, pairs.right, pairs.similarity)]
    for kind in TIES:
        tied = evidence.select("split", place=pl.int_range(pl.len()), key=kind).explode("key").drop_nulls()
        sides = tied.unique(["key", "split"], keep="first", maintain_order=True)
        sides = sides.with_columns(first=pl.col("place").first().over("key"))
        crossed = sides.filter(pl.col("place") != pl.col("first"))
        found.append(_leaks(evidence, kind, crossed["first"].to_numpy(), crossed["place"].to_numpy()))
    documents = evidence.select("task", "row", "split", compared=pl.Series(pairs.compared))
    return pl.concat([documents, *found], how="diagonal")


def _leaks(evidence: pl.DataFrame, kind: str, left: Any, right: Any, similarity: Any = None) -> pl.DataFrame:
    """Pairs of documents, by their places in `evidence`, told by their ids."""
    one, other = evidence[left], evidence[right]
    return one.select(
        "task", "row", "id", "split",
        kind=pl.lit(kind),
        other=other["id"],
        other_split=other["split"],
        similarity=pl.Series(similarity, dtype=pl.Float32) if similarity is not None else pl.lit(None, pl.Float32),
    )  # fmt: skip


def checked(parts: Iterable[pl.DataFrame], fractions: dict[str, float], hint: str) -> Found:
    """The number of every document's split, and the table `leaks`: one row, the pairs that were compared and those
    found to cross a border, by kind.

    Raises:
        GateError: there are any.
    """
    documents, pairs, compared = [], [], 0
    for part in parts:
        documents.append(part.filter(pl.col("kind").is_null()).select("task", "row", "split"))
        pairs.append(part.filter(pl.col("kind").is_not_null()))
        compared += int(part["compared"].sum())
    leaks = named(pl.concat(pairs), ordered(fractions))
    if leaks.height:
        told = "; ".join(_told(row) for row in leaks.head(EXAMPLES).iter_rows(named=True))
        raise GateError(f"{leaks.height} pairs of documents cross the border of a split: {told}. {hint}")
    counts = {kind: leaks.filter(kind=kind).height for kind in KINDS}
    table = pl.DataFrame({"compared": [compared]} | {kind: [n] for kind, n in counts.items()})
    return Found(pl.concat(documents), {"leaks": table})


def named(pairs: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Pairs with the names of their splits, by the columns of `LEAKS`."""
    name = pl.Series(names, dtype=pl.String)
    pairs = pairs.sort("task", "row", "kind", "other")
    return pairs.with_columns(
        split=name.gather(pairs["split"]), other_split=name.gather(pairs["other_split"])
    ).select(*LEAKS)


def _told(leak: dict[str, Any]) -> str:
    why = (
        f"{leak['similarity']:.0%} similar" if leak["kind"] == "near_duplicate" else f"of one {leak['kind']}"
    )
    return f"{leak['id']} ({leak['split']}) and {leak['other']} ({leak['other_split']}) are {why}"
