"""`split`: train, validation and test, with no near-duplicates, family or benchmark item on both sides of a border.

What belongs together, how shares and stability go together, and what was measured: docs/splits.md.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from curate.contamination.items import Benchmark, benchmarks, files
from curate.contamination.overlap import sought
from curate.documents import conform
from curate.similar import lsh
from curate.similar.borders import LEAKS, assigned, checked, crossing, identified, named, ordered
from curate.similar.groups import (
    CHECK,
    FIND,
    ITEM_NGRAM,
    Rule,
    components,
    drawn,
    family_value,
    groups,
    keys,
    links,
    members,
)
from curate.step import Corpus, Round, address, attach, corpus_step, count

Benchmarks = str | Benchmark | list[str | Benchmark] | None
Family = str | list[str] | None


def _families(family: Any) -> list[str]:
    return [family] if isinstance(family, str) else list(family or ())


def _needs(params: dict[str, Any]) -> set[str]:
    return {name.partition(".")[0] for name in _families(params["family"])}


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    """Whether the shares add up, families can be read, and hashes and benchmarks are what they should be."""
    _checked(params["fractions"])
    for name in _families(params["family"]):
        try:
            pl.DataFrame(schema=columns).select(family_value(name))
        except pl.exceptions.PolarsError as error:
            raise ValueError(
                f"family: '{name}' cannot be compared: {str(error).partition(chr(10))[0]}"
            ) from error
    _rule(params)
    if params["benchmarks"]:
        sought(params["benchmarks"], ITEM_NGRAM)


def _checked(fractions: dict[str, float]) -> dict[str, float]:
    shares = fractions.values()
    if len(shares) < 2 or min(shares) <= 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
        raise ValueError(
            f"fractions: {fractions} are not shares above 0 of two splits or more that add up to 1 "
            f"(they add up to {sum(shares):g})"
        )
    return fractions


def _files(params: dict[str, Any]) -> list[str]:
    return list(files(benchmarks(params["benchmarks"]))) if params["benchmarks"] else []


def _rule(params: dict[str, Any]) -> Rule:
    return Rule.of(*(params[name] for name in ("threshold", "ngram", "hashes", "family", "benchmarks")))


def _notes(params: dict[str, Any]) -> list[str]:
    rule = _rule(params)
    return lsh.curve(rule.threshold, rule.bands, rule.rows)


@corpus_step(adds={"split": pl.String}, needs=_needs, check=_check, files=_files, notes=_notes)
def split(
    *,
    fractions: dict[str, float] = {"train": 0.98, "validation": 0.01, "test": 0.01},  # noqa: B006
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.7,
    ngram: Annotated[int, Field(ge=1, le=64)] = 5,
    hashes: Annotated[int, Field(ge=1, le=4096)] = 256,
    family: Family = "key",
    benchmarks: Benchmarks = None,
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0,
) -> Corpus:
    """Split the corpus by groups, so that nothing which belongs together stands on two sides; `split` says where.

    Documents belong together if their sets of word `ngram`s have a Jaccard similarity of `threshold` or more, if they
    have an equal value of `family` (one or several of: a column, `column.field`, `metadata.field`; null: none), or
    if they hold the same item of `benchmarks` (given as in `decontaminate`; half of its words in runs of 13). Such
    links chain, and a group goes to one split whole. Nothing is dropped.

    Each group has a draw from 0 to 1, the hash of `seed` and of the key of its earliest document (by `date`), and
    each split but the largest an interval of draws of its share's length. So shares hold on average, not exactly,
    and a document stays where it is when the corpus grows, unless its group gets an earlier document. A group that
    would take over half of a held-out split's share goes to the largest split.

    Then a check with other hash functions looks for similar texts, families and items on both sides of a border, and
    the run fails if there are any. Pairs at the threshold are compared with a probability of at least 0.999 each
    time, and compared exactly. The evidence has `splits` (what was asked, what came out) and `leaks` (pairs compared
    and found). It takes 17 bytes per band (51) and document; then, of documents that have candidates, 8 bytes per
    word and 3 kB.

    Raises:
        ValueError: fractions do not add up to 1, or there are too few hashes for the threshold.
        GateError: the check found leaks; the message names some.
    """
    rule = Rule.of(threshold, ngram, hashes, family, benchmarks)
    names = ordered(_checked(fractions))
    hint = f"raise hashes (now {hashes}), so that no pair is missed when groups are made"

    def look(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        assert wanted is not None
        return drawn(batch, members(batch, wanted, rule, FIND), seed)

    def inspect(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        assert wanted is not None
        return identified(batch, wanted, members(batch, wanted, rule, CHECK))

    rounds = [
        Round(lambda batch, wanted: keys(batch, None, rule, FIND), links, by="key", gather=components),
        Round(
            look,
            lambda evidence: groups(evidence, rule),
            by="component",
            gather=lambda parts: assigned(parts, fractions),
        ),
        Round(lambda batch, wanted: keys(batch, wanted, rule, CHECK), links, by="key", gather=components),
        Round(
            inspect,
            lambda evidence: crossing(evidence, rule),
            by="component",
            gather=lambda parts: checked(parts, fractions, hint),
        ),
    ]
    return Corpus(rounds, lambda batch, verdict: _told(batch, verdict, rule, names))


def _told(batch: pl.DataFrame, verdict: pl.DataFrame, rule: Rule, names: list[str]) -> pl.DataFrame:
    """`batch` with its splits."""
    batch = batch.drop("split", strict=False)  # of an earlier use
    found = pl.Series("split", names, pl.String).gather(attach(batch, verdict)["split"])
    for name, n in found.value_counts(sort=True).iter_rows():
        count(f"in {name}", n)
    for name in rule.family:  # a name that is mistyped ties nothing, and is not lost in silence
        count(f"without {name}", int(batch.select(family_value(name).is_null().sum()).item()))
    return batch.with_columns(found)


def leaks(
    frame: pl.DataFrame,
    *,
    threshold: float = 0.7,
    ngram: int = 5,
    hashes: int = 256,
    family: Family = "key",
    benchmarks: Benchmarks = None,
) -> pl.DataFrame:
    """The pairs of documents that a split of any origin should not have parted, as the check of the step finds them.

    `frame` has `id`, `text` and `split` (null: in none), and the columns that `family` names; parameters are those of
    the step. Columns: `kind` (near_duplicate, family, item), `id`, `split`, `other`, `other_split`, `similarity`
    (Jaccard; null of other kinds). Of a family or an item, one document of each split is named.

    Raises:
        ValueError: there is no column `split`, or there are too few hashes.
    """
    if "split" not in frame.columns:
        raise ValueError(f"leaks needs a column 'split'; this frame has {', '.join(frame.columns)}")
    batch = conform(frame.filter(pl.col("split").is_not_null()))
    rule = Rule.of(threshold, ngram, hashes, family, benchmarks)
    names = batch["split"].cast(pl.String).unique().sort()
    number = pl.col("split").cast(pl.String).replace_strict(names, pl.int_range(len(names), eager=True))
    if not batch.height:
        return pl.DataFrame(schema=LEAKS)
    wanted = batch.select(number.cast(pl.UInt32)).with_row_index("row")
    evidence = address(keys(batch, wanted, rule, CHECK), batch, task=0, start=0)
    wanted = components([links(evidence)]).drop("task")
    evidence = identified(batch, wanted, members(batch, wanted, rule, CHECK))
    pairs = crossing(address(evidence, batch, task=0, start=0), rule)
    return named(pairs.filter(pl.col("kind").is_not_null()), names.to_list())
