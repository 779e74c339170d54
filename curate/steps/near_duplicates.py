"""`near_duplicates`: of documents that are nearly the same, one stays; within a corpus and against earlier releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from curate.rows import check_number
from curate.similar import candidates, lsh
from curate.similar.verdict import CHANGES, decide
from curate.step import Corpus, Found, Round, Threshold, attach, corpus_step, drop
from curate.yamlfile import nearest

Share = Annotated[float, Field(gt=0, le=1)]


class Preferred(TypedDict, total=False):
    """Which document stays: that with the `highest` or `lowest` value of a column, or of the first of `sources`."""

    highest: str
    lowest: str
    sources: list[str]


def _keep(value: Any) -> Any:
    """Tell what `keep` can be in one sentence."""
    named = Preferred.__annotations__.keys()
    fits = isinstance(value, dict) and len(value) == 1 and value.keys() <= named and all(value.values())
    if value not in ("longest", "earliest", "latest") and not fits:
        raise ValueError(
            "keep is longest, earliest, latest, {highest: column}, {lowest: column} or {sources: [first, second]}"
        )
    return value


Keep = Annotated[Literal["longest", "earliest", "latest"] | Preferred, BeforeValidator(_keep)]


def _adds(params: dict[str, Any]) -> dict[str, Any]:
    return {"cluster_size": pl.UInt32} | ({"change": pl.String} if params["against"] else {})


def _preferred(params: dict[str, Any]) -> str | None:
    given = params["keep"] if isinstance(params["keep"], dict) else {}
    return given.get("highest") or given.get("lowest")


def _needs(params: dict[str, Any]) -> set[str]:
    column = _preferred(params)
    return {column.partition(".")[0]} if column else set()


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    if column := _preferred(params):
        check_number(column, columns)
    lsh.bands_for(params["threshold"], params["hashes"])
    known, keep = getattr(columns, "sources", ()), params["keep"]
    for name in keep.get("sources", []) if isinstance(keep, dict) else []:
        if known and name not in known:
            raise ValueError(f"keep: there is no source '{name}' ({nearest(name, known)})")


def _notes(params: dict[str, Any]) -> list[str]:
    return lsh.curve(params["threshold"], *lsh.bands_for(params["threshold"], params["hashes"]))


def _thresholds(params: dict[str, Any]) -> list[Threshold]:
    return [Threshold("threshold", "similarity", "max", params["threshold"], "near_duplicate")]


@corpus_step(
    adds=_adds,
    needs=_needs,
    check=_check,
    limits=("max_dropped_share",),
    notes=_notes,
    thresholds=_thresholds,
)
def near_duplicates(
    *,
    threshold: Share = 0.8,
    ngram: Annotated[int, Field(ge=1, le=64)] = 5,
    hashes: Annotated[int, Field(ge=1, le=4096)] = 112,
    keep: Keep = "longest",
    verify: Literal["exact", "signature"] = "exact",
    against: list[str] | str = [],  # noqa: B006 (a parameter's default is shown to users; nothing changes it)
    changed: Literal["keep", "drop"] = "keep",
    max_dropped_share: Share = 0.9,
) -> Corpus:
    """Drop documents that are at least `threshold` similar to one that stays.

    Similarity is the Jaccard similarity of the sets of word `ngram`s, in which case, punctuation and spacing do not
    count. Candidates come from MinHash signatures of `hashes` values in bands (Broder 1997; the default, 5-grams and
    14 bands of 8, is FineWeb's), chosen so that a pair at threshold + 0.05 is compared with a probability of at
    least 0.98; `curate check` prints the curve. Each candidate is verified, on the documents' n-grams (`exact`) or by
    the share of equal values of the signatures (`signature`: quicker, with a standard error of 0.04).

    `keep` says which stays: the longest, the earliest or latest by `date`, `{highest: column}`, `{lowest: column}` or
    `{sources: [first, second]}`; of equals the first in the order of sources. A document goes only if it is itself
    similar to the one that stays: a chain of small changes keeps its ends. A document without a word is nobody's
    duplicate. A dropped row says `duplicate_of`, `similarity` and `cluster`; a kept one `cluster_size`.

    `against` names earlier releases: artefacts (their folders, or pipelines' output folders), datasets on the Hub
    (`hf://datasets/owner/name`) or Parquet files with texts. What they have goes, with the release in `duplicate_of`
    (`release:id`). A document whose source and `key` an earlier release has with other words is kept as changed, unless
    it is `changed: drop`. The column `change` says new or changed; the table `changes` in `evidence/` also lists same,
    released (under another key) and gone (earlier documents that nothing here is similar to, by their source and
    key). The artefact keeps its own signatures there for later releases; where later steps changed the texts of a
    release, similarity to it is an estimate from these.

    The run stops when a source of 20 documents or more loses over `max_dropped_share` of them to others of this run.
    Evidence is 16 bytes per band and document, then 8 bytes per word of the candidates.
    """
    bands, rows = lsh.bands_for(threshold, hashes)
    releases = (against,) if isinstance(against, str) else tuple(against)
    rule = candidates.Rule(
        threshold=threshold,
        ngram=ngram,
        hashes=hashes,
        bands=bands,
        rows=rows,
        exact=verify == "exact",
        releases=bool(releases),
        keep_changed=changed == "keep",
    )

    most = {"near_duplicate": max_dropped_share}
    return Corpus(
        _rounds(rule, keep), lambda *seen: _apply(*seen, releases=rule.releases), releases, rule.index, most
    )


def _rounds(rule: candidates.Rule, keep: Any) -> list[Round]:
    """Candidates by their bands, joined to components; then the verdict on each of these."""

    def observe(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> Found:
        evidence, index = candidates.bands(batch, rule)
        return Found(evidence, {rule.index: index})

    def look(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        assert wanted is not None
        return candidates.candidates(batch, wanted, rule, keep)

    def join(parts: Iterable[pl.DataFrame]) -> Found:
        tables = {"changes": pl.DataFrame(schema=CHANGES)} if rule.releases else {}
        return Found(candidates.components(parts), tables)

    return [
        Round(
            observe,
            lambda evidence: candidates.stars(evidence, rule),
            by="band_key",
            gather=join,
            recall=lambda batch, wanted, release: candidates.recalled_bands(batch, rule),
        ),
        Round(
            look,
            lambda evidence: decide(evidence, rule),
            by="component",
            recall=lambda batch, wanted, release: candidates.recalled(batch, wanted, rule, release),
        ),
    ]


def _apply(batch: pl.DataFrame, verdict: pl.DataFrame, *, releases: bool) -> pl.DataFrame:
    new = {"change": pl.lit("new")} if releases else {}
    batch = batch.drop("cluster_size", *new, strict=False)  # of an earlier use
    if "duplicate_of" not in verdict.columns:
        return batch.with_columns(cluster_size=pl.lit(1, pl.UInt32), **new)
    batch = attach(batch, verdict).with_columns(pl.col("cluster_size").fill_null(1))
    if releases:
        batch = batch.with_columns(pl.col("change").fill_null("new"))
    kept = pl.col("duplicate_of")
    marked = drop(
        batch,
        kept.is_not_null(),
        pl.when(pl.col("released")).then(pl.lit("already released")).otherwise(pl.lit("near_duplicate")),
        duplicate_of=kept,
        similarity=pl.col("similarity"),
        cluster=kept,
    )
    return marked.drop("duplicate_of", "similarity", "released").with_columns(
        pl.when(pl.col("_reason").is_null()).then("cluster_size")
    )
