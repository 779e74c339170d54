"""`decontaminate`: documents that hold items of benchmarks are dropped, or the items are cut out of them.

What an item is, how overlap is measured and why common text does not count: docs/decontamination.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BeforeValidator, Field

from curate.contamination.items import Benchmark, benchmarks, files
from curate.contamination.overlap import (
    NEAR_MISSES,
    SHORTEST,
    located,
    named,
    pairs_of,
    shared_runs,
    sought,
    summary,
)  # fmt: skip
from curate.documents import conform
from curate.step import Corpus, Found, Round, attach, corpus_step, count, drop


def _entries(against: Any) -> list[Any]:
    """A path, a mapping or a list of these as a list of mappings."""
    entries = against if isinstance(against, list | tuple) else [against]
    return [{"path": entry} if isinstance(entry, str) else entry for entry in entries]


Against = Annotated[list[Benchmark], Field(min_length=1), BeforeValidator(_entries)]

_VERDICT = {
    "benchmark": pl.String,
    "item": pl.String,
    "column": pl.String,
    "overlap": pl.Float64,
    "passage": pl.String,
}
_HIT = ["id", "benchmark", "item", "column", "verdict", "overlap", "own_overlap", "start", "end", "passage"]


def _adds(params: dict[str, Any]) -> dict[str, Any]:
    return {"contamination": pl.String} if params["action"] == "cut" else {}


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    """Whether every benchmark can be read, and has items that are long enough."""
    known = sought(params["against"], params["ngram"])
    if not known.texts["tested"].any():
        raise ValueError(f"no item of the benchmarks has {min(SHORTEST, params['ngram'])} words")


def _files(params: dict[str, Any]) -> list[str]:
    return list(files(benchmarks(params["against"])))


@corpus_step(adds=_adds, check=_check, files=_files, rewrites=lambda params: params["action"] == "cut")
def decontaminate(
    *,
    against: Against,
    ngram: Annotated[int, Field(ge=5)] = 13,
    overlap: Annotated[float, Field(gt=0, le=1)] = 0.5,
    max_frequency: Annotated[int, Field(ge=0)] | None = 10,
    action: Literal["drop", "cut"] = "drop",
) -> Corpus:
    """Drop documents that hold items of benchmarks, or cut the items out of them.

    `against` names files of items (JSONL, JSON, CSV, TSV, Parquet, compressed or in tar archives): a path or glob, or
    `{path, columns, names, id, name}`, or a list of these. A document is contaminated when at least `overlap` of
    the words of an item's text stand in it in runs of `ngram` words or more (Llama 2's measure, marin's values). Of
    texts that more documents quote than hold whole, n-grams that more than `max_frequency` documents quote are common
    text and count on neither side (null: all count; 10 as in GPT-3). `cut` removes the passage, keeps the document
    unless nothing is left, and adds `contamination` (JSON, null in clean documents). The evidence has `hits`
    (documents and passages, those that just miss too) and `benchmarks` (items per file: contaminated, common, too
    short to test). It takes 32 bytes per run of shared words. Put the step behind deduplication, so that copies do not
    make a text common. More in docs/decontamination.md.

    Raises:
        ValueError: a benchmark file cannot be read as it should, with file and line.
    """
    limit = -1 if max_frequency is None else max_frequency

    def observe(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        return shared_runs(batch["text"], sought(against, ngram))

    def solve(evidence: pl.DataFrame) -> pl.DataFrame:
        pairs = pairs_of(evidence, sought(against, ngram), ngram, overlap, limit)
        missed = pl.col("verdict") != "contaminated"
        nearest = pl.col("overlap").rank("ordinal", descending=True).over("text", missed)
        return pairs.filter(~missed | (nearest <= NEAR_MISSES))

    def gather(parts: Any) -> Found:
        pairs = pl.concat(parts)
        return Found(pairs, {"benchmarks": summary(pairs, sought(against, ngram).texts)})

    def locate(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        assert wanted is not None
        return located(batch, wanted)

    def report(evidence: pl.DataFrame) -> Found:
        table = named(evidence, sought(against, ngram).texts)
        rows = table.filter(pl.col("verdict") == "contaminated").select("task", "row", *_VERDICT, "spans")
        return Found(rows, {"hits": table.sort("text", "task", "row").select(_HIT)})

    def apply(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
        batch = attach(batch, _by_document(verdict))
        if action == "cut":
            batch = _without_passages(batch.with_columns(contamination="_found"))
        else:
            batch = drop(batch, pl.col("_found").is_not_null(), "contaminated", pl.col("_found"))
        return batch.drop("_found", "_spans")

    rounds = [Round(observe, solve, by="text", gather=gather), Round(locate, report, by="text")]
    return Corpus(rounds, apply)


def overlaps(frame: pl.DataFrame, *, against: Any, ngram: int = 13, overlap: float = 0.5) -> pl.DataFrame:
    """Which benchmark items the texts of `frame` hold, common text or not: a row per document and text of an item.

    `against` is as the step takes it. Columns: `row` (of the frame), `benchmark`, `item`, `column`, `overlap` (at
    least the one given), the longest passage's `start` and `end` in characters, and the beginning of the `passage`.

    Raises:
        ValueError: a benchmark file cannot be read as it should, with file and line.
    """
    known = sought(against, ngram)
    frame = conform(frame)
    evidence = shared_runs(frame["text"], known).with_columns(task=pl.lit(0, pl.UInt32))
    pairs = pairs_of(evidence, known, ngram, overlap, -1).filter(pl.col("overlap") >= overlap)
    table = named(located(frame, pairs), known.texts).sort("row", "text")
    return table.select("row", *_VERDICT, "start", "end").select(pl.exclude("passage"), "passage")


def _by_document(verdict: pl.DataFrame) -> pl.DataFrame:
    """A row a document: its closest item and the number of items as JSON (`_found`), and all `_spans`."""
    if "spans" not in verdict.columns:  # nothing was found anywhere
        return pl.DataFrame(schema={"row": pl.UInt32, "_found": pl.String, "_spans": pl.List(pl.UInt32)})
    closest = verdict.sort("row", "overlap", descending=[False, True], maintain_order=True)
    documents = closest.group_by("row", maintain_order=True).agg(
        pl.col(*_VERDICT).first(),
        items=pl.struct("benchmark", "item").n_unique(),
        _spans=pl.col("spans").explode(),
    )
    return documents.select("row", "_spans", _found=pl.struct(*_VERDICT, "items").struct.json_encode())


def _without_passages(batch: pl.DataFrame) -> pl.DataFrame:
    """The batch with the spans cut out of its texts; a document of which nothing is left is dropped."""
    hit = batch.with_row_index("row").filter(pl.col("_found").is_not_null())
    left = [_cut(text, spans) for text, spans in hit.select("text", "_spans").iter_rows()]
    count("documents cut", sum(bool(re.search(r"\w", text)) for text in left))
    batch = attach(batch, hit.select("row", _rest=pl.Series(left, dtype=pl.String)))
    empty = ~pl.col("_rest").str.contains(r"\w")
    text = (
        pl.when(empty).then("text").otherwise(pl.coalesce("_rest", "text"))
    )  # what is dropped is kept whole
    return drop(batch.with_columns(text=text), empty, "contaminated", pl.col("_found")).drop("_rest")


def _cut(text: str, spans: list[int]) -> str:
    """`text` without the bytes of `spans` and the punctuation behind them; a blank line stays where one was."""
    data, at = text.encode(), 0
    pieces = []
    for start, end in sorted(zip(spans[::2], spans[1::2], strict=True)):
        if start >= at:
            pieces.append(data[at:start].decode())
        at = max(at, end)
    pieces.append(data[at:].decode())
    kept = pieces[0]
    for piece in pieces[1:]:
        piece = re.sub(r"^[^\w\s]+", "", piece)
        left, right = kept.rstrip(), piece.lstrip()
        gap = kept[len(left) :] + piece[: len(piece) - len(right)]
        glue = "\n\n" if gap.count("\n") > 1 else "\n" if "\n" in gap else " "
        kept = left + glue + right if left and right else left or right
    return kept
