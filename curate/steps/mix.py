"""`mix`: the corpus as a weighted mixture of sources, with the shares that came out measured.

The step decides how many times a trainer sees each document (`repeats`); docs/mixing.md shows how to unroll that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from curate.rows import check_number
from curate.step import Corpus, Found, Round, corpus_step, count, drop
from curate.yamlfile import nearest

#: One row a group, as in `evidence/mix/shares`: what there was, was asked for, and was chosen (sizes in `unit`).
SHARES: dict[str, Any] = {
    "group": pl.String,
    "documents": pl.Int64,
    "size": pl.Int64,
    "asked_share": pl.Float64,
    "asked_size": pl.Int64,
    "got_documents": pl.Int64,  # each once
    "got_size": pl.Int64,  # with repeats
    "got_share": pl.Float64,
    "epochs": pl.Float64,
    "capped": pl.Boolean,
}
#: The verdict also says how: all documents `whole` times, and those up to the hash `cut` once more.
VERDICT = SHARES | {"whole": pl.UInt16, "cut": pl.UInt64}


def _needs(params: dict[str, Any]) -> set[str]:
    unit = params["unit"].partition(".")[0]
    return {params["by"]} | ({unit} - {"documents", "characters"})


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    """Whether the parameters go together, and the columns have types that can be grouped by and added up."""
    _asks(params["weights"], params["temperature"], params["budget"])
    by, unit = params["by"], params["unit"]
    if columns[by] != pl.String:
        raise ValueError(f"by: '{by}' is {columns[by]}, not a string")
    known = getattr(columns, "sources", ())
    if by == "source" and known:
        _named(params["weights"] or {}, known)
    if "repeats" in columns:
        raise ValueError("there is a column 'repeats' already: a corpus is mixed once, after all other steps")
    if unit not in ("documents", "characters"):
        check_number(unit, columns, whole=True)


def _named(weights: dict[str, float], names: Sequence[str]) -> None:
    """Raise ValueError unless there is a weight for each of `names`, and for nothing else."""
    told = [f"there is no source '{w}' ({nearest(w, names)})" for w in weights if w not in names]
    lacking = [repr(name) for name in names if name not in weights]
    if weights and lacking:
        told.append(f"no weight is given for {', '.join(lacking)} (0 drops the documents)")
    if told:
        raise ValueError(f"weights: {'; '.join(told)}")


def _asks(weights: dict[str, float] | None, temperature: float | None, budget: int | None) -> None:
    """Raise ValueError unless the parameters ask for one mixture."""
    if weights is not None and temperature is not None:
        raise ValueError("weights and temperature both say how large the shares are: give one of them")
    if weights is None and temperature is None and budget is None:
        raise ValueError("nothing is asked for: give weights, temperature or budget")
    for name, weight in (weights or {}).items():
        if not 0 <= weight < math.inf:
            raise ValueError(f"weights: that of '{name}' is {weight}: give a number from 0 up")
    if weights is not None and not any(weights.values()):
        raise ValueError("no weight is above 0: nothing would be left")


@corpus_step(adds={"repeats": pl.UInt16}, needs=_needs, check=_check)
def mix(
    *,
    weights: dict[str, float] | None = None,
    temperature: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None,
    by: str = "source",
    unit: str = "tokens",
    budget: Annotated[int, Field(gt=0)] | None = None,
    max_epochs: Annotated[int, Field(ge=1, lt=2**16)] = 1,
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0,
) -> Corpus:
    """Choose documents so that sources have the shares asked for; `repeats` says how often each is shown.

    `weights` gives every source its share (they need not add up to 1; 0 drops the source), or `temperature` T makes
    shares proportional to size^(1/T): 1 natural, larger flatter (XLM-R has 1/0.3; Conneau et al. 2020). Without
    either, shares are natural. `by` is another string column to weigh by; a null in it is the source "". `unit`
    is what sizes are counted in: `documents`, `characters`, or a column of whole numbers (`tokens`, `signals.words`).

    `budget` is the total size, with repeats; by default the largest for which no source passes `max_epochs`. Where
    a budget is given and a source's part of it is more than `max_epochs` times its size, the source stops there and
    the others share the rest by weight (UniMax, Chung et al. 2023). Up to 4 epochs are nearly as good as fresh data
    (Muennighoff et al. 2023); repetition has to be asked for here.

    Within a source documents are taken in the order of a hash of id and `seed`, to within half of the document at
    the edge: independent of other sources, and a larger budget only adds. Documents without a share are dropped;
    the column `repeats` (UInt16) counts for the others. A source with a weight of which earlier steps left nothing
    has no share; the others have it. Evidence `shares` has a row a source: what was asked, and what came out. About
    40 bytes of evidence a document, all in one part.

    Raises:
        ValueError: a source has no weight, or a document no size.
    """
    _asks(weights, temperature, budget)
    group = pl.col(by).fill_null("").alias("group")

    def observe(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        return batch.select(group, _size(batch, unit), _order(batch, seed))

    def solve(evidence: pl.DataFrame) -> Found:
        found = evidence.group_by("group").agg(pl.len(), pl.col("size").cast(pl.Int64).sum()).sort("group")
        if found.is_empty():
            return Found(pl.DataFrame(schema=VERDICT), {"shares": _absent({}, [], unit)})
        names, sizes = found["group"].to_list(), found["size"].to_list()
        shares = _weighed(names, sizes, weights, unit) if weights else _flattened(sizes, temperature or 1.0)
        asked, targets = allotted(shares, sizes, budget, max_epochs)
        verdict = _chosen(evidence, names, shares, asked, targets)
        table = verdict.select(*SHARES, unit=pl.lit(unit))
        return Found(verdict, {"shares": pl.concat([table, _absent(weights or {}, names, unit)])})

    def apply(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
        if verdict.is_empty():  # so is the corpus
            return batch.with_columns(repeats=pl.lit(0, pl.UInt16))
        detail = pl.struct("group", "asked_share", "asked_size", "epochs").struct.json_encode()
        here = batch.select(group, _order(batch, seed)).join(
            verdict.with_columns(detail=detail), on="group", how="left", maintain_order="left"
        )
        once_more = (pl.col("order") <= pl.col("cut")).fill_null(False).cast(pl.UInt16)
        repeats = here.select(repeats=pl.col("whole") + once_more).to_series()
        count("documents shown more than once", int((repeats > 1).sum()))
        count("documents of sources held back by max_epochs", int(here["capped"].sum()))
        return drop(batch.with_columns(repeats), repeats == 0, "mix", pl.lit(here["detail"]))

    return Corpus([Round(observe, solve)], apply)


def _order(batch: pl.DataFrame, seed: int) -> pl.Series:
    """A hash of each id. It is the lane that `sample` does not go by: the two choose independently."""
    from curate.kernels.identity import hashes

    return hashes(batch["id"], seed=seed)[1].alias("order")


def _size(batch: pl.DataFrame, unit: str) -> pl.Series:
    """Each document's size in `unit`, as UInt32.

    Raises:
        ValueError: a document has none, or one that is no size.
    """
    name, _, field = unit.partition(".")
    column = pl.col(name).struct.field(field) if field else pl.col(name)
    counted = {
        "documents": pl.repeat(1, pl.len()),
        "characters": pl.col("text").fill_null("").str.len_chars(),
    }
    size = batch.select(counted.get(unit, column).cast(pl.Int64, strict=False).alias("size")).to_series()
    wrong = (size.is_null() | (size < 0) | (size >= 2**32)).arg_true()
    if len(wrong):
        told = f"document {batch['id'][wrong[0]]!r} has {size[wrong[0]]} as its size in '{unit}'"
        raise ValueError(f"{told}: drop such documents first, with where: 'COALESCE({unit}, -1) >= 0'")
    return size.cast(pl.UInt32)


def _weighed(names: list[str], sizes: list[int], weights: dict[str, float], unit: str) -> list[float]:
    """Shares as the weights ask.

    Raises:
        ValueError: a group has no weight, all with a weight are gone, or what has one is empty.
    """
    _named({name: weights[name] for name in weights if name in names}, names)
    told = [
        f"'{n}' has no {unit}: give it weight 0" for n, s in zip(names, sizes) if not s and weights.get(n)
    ]
    if told:
        raise ValueError(f"weights: {'; '.join(told)}")
    total = math.fsum(weights[name] for name in names)
    if not total:
        raise ValueError("weights: all documents of the sources that have a weight went in earlier steps")
    return [weights[name] / total for name in names]


def _absent(weights: dict[str, float], names: list[str], unit: str) -> pl.DataFrame:
    """Rows of groups that have a weight, and no document left: the others have their share."""
    none = dict.fromkeys(("documents", "size", "asked_size", "got_documents", "got_size"), 0)
    rows = [
        {"group": name, "asked_share": 0.0, "got_share": 0.0, "epochs": 0.0, "capped": True} | none
        for name, weight in weights.items()
        if weight and name not in names
    ]
    return pl.DataFrame(rows, schema=SHARES).with_columns(unit=pl.lit(unit))


def _flattened(sizes: list[int], temperature: float) -> list[float]:
    """Shares proportional to size^(1/temperature)."""
    largest = max(sizes)
    if not largest:
        raise ValueError("no document has a size above 0: there is nothing to mix")
    flat = [(size / largest) ** (1 / temperature) for size in sizes]
    return [one / math.fsum(flat) for one in flat]


def allotted(
    shares: list[float], sizes: list[int], budget: int | None, max_epochs: int
) -> tuple[list[int], list[int]]:
    """What each group's share of the budget is, and what it gets when none passes `max_epochs`.

    What a group cannot take, those that still can share in proportion, as UniMax (Chung et al. 2023) does for
    equal shares. When none can, the sum falls short of the budget.
    """
    caps = [size * max_epochs for size in sizes]
    total = budget or min(cap / share for cap, share in zip(caps, shares) if share)
    asked = [round(share * total) for share in shares]
    targets, left = list(asked), float(total)
    able = [i for i, share in enumerate(shares) if share]
    while full := [i for i in able if targets[i] > caps[i]]:
        for i in full:
            targets[i] = caps[i]
            left -= caps[i]
        able = [i for i in able if i not in full]
        scale = left / math.fsum(shares[i] for i in able) if able else 0.0
        for i in able:
            targets[i] = round(shares[i] * scale)
    return asked, targets


def _chosen(
    evidence: pl.DataFrame, names: list[str], shares: list[float], asked: list[int], targets: list[int]
) -> pl.DataFrame:
    """The verdict: what to take of each group, and what that comes to."""
    code = evidence["group"].cast(pl.Enum(names)).to_physical()
    groups = evidence.select(code, "order", "size").sort("group", "order").partition_by("group")
    rows = []
    for name, share, ask, target, mine in zip(names, shares, asked, targets, groups, strict=True):
        told = {"group": name, "asked_share": share, "asked_size": ask, "capped": target < ask}
        rows.append(told | _taken(mine["order"].to_numpy(), mine["size"].to_numpy(), target))
    got = pl.col("got_size")
    verdict = pl.DataFrame(rows, schema_overrides=VERDICT).with_columns(
        got_share=(got / got.sum()).fill_nan(0), epochs=(got / pl.col("size")).fill_nan(0)
    )
    return verdict.select(*VERDICT)


def _taken(order: NDArray[np.uint64], size: NDArray[np.uint32], target: int) -> dict[str, Any]:
    """How to take `target` of a group, whose documents are sorted by `order`, and what is taken, counted."""
    until = np.cumsum(size, dtype=np.int64)
    whole, rest = divmod(target, int(until[-1])) if target else (0, 0)
    cut = None
    if rest:
        edge = int(np.searchsorted(until, rest))  # the document in which the rest ends
        before = int(until[edge - 1]) if edge else 0
        last = edge if until[edge] - rest < rest - before else edge - 1
        cut = order[last] if last >= 0 else None
    repeats = np.full(len(order), whole)
    if cut is not None:
        repeats += order <= cut
    return {
        "documents": len(order),
        "size": int(until[-1]),
        "got_documents": int(np.count_nonzero(repeats)),
        "got_size": int((size * repeats).sum()),
        "whole": whole,
        "cut": None if cut is None else int(cut),
    }
