"""`repeated_passages`: boilerplate and quotations that stand in the corpus more than once, cut or marked.

Passages are found in two rounds: fingerprints of all documents say which windows may repeat, and only those are
hashed whole and compared. Lines and paragraphs are compared at once. A last round joins what was found to spans of
each document and counts them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import polars as pl
from pydantic import Field

from curate.step import Corpus, Found, Round, attach, corpus_step, count, drop

#: By unit: the line breaks that part one from the next, the fewest words, the fewest occurrences.
BREAKS = {"passages": 0, "lines": 1, "paragraphs": 2}
WINDOWS = {"passages": 50, "lines": 4, "paragraphs": 20}
FREQUENCIES = {"passages": 2, "lines": 10, "paragraphs": 2}

RANGES = pl.List(pl.Struct({"start": pl.UInt32, "end": pl.UInt32}))
_LISTED = 10_000  # passages in the evidence of one part
_EXCERPT = 200  # characters


def _adds(params: dict[str, Any]) -> dict[str, Any]:
    marks = {"repeated": RANGES} if params["action"] == "mark" else {}
    return {"repeated_words": pl.UInt32} | marks


@corpus_step(adds=_adds, rewrites=lambda params: params["action"] == "remove")
def repeated_passages(
    *,
    unit: Literal["passages", "lines", "paragraphs"] = "passages",
    window: Annotated[int, Field(ge=1)] | None = None,
    min_frequency: Annotated[int, Field(ge=2)] | None = None,
    action: Literal["remove", "mark"] = "remove",
    keep_first: bool = True,
    min_words: Annotated[int, Field(ge=1)] = 50,
) -> Corpus:
    """Cut or mark passages, lines or paragraphs that stand in the corpus before.

    `passages` are runs of `window` words or more (50) that stand anywhere else, also in the same document; `lines` and
    `paragraphs` (parted by blank lines) are compared whole, those of fewer than `window` words (4, 20) left alone.
    Case, punctuation and spacing make no difference. What occurs at least `min_frequency` times (2; lines 10) goes,
    but for its first occurrence in the order of sources; with `keep_first: false` that goes too. Occurrences that
    overlap count once.

    A document of fewer than `min_words` words is never cut. One of which fewer would be left is dropped as
    `repeated_passages`, its text as it was. `action: mark` changes and drops nothing; it adds `repeated`, the ranges
    of characters. Either adds `repeated_words`, how many words stand in what is repeated; an earlier use of the
    step is forgotten.

    The evidence `passages` lists the most frequent of what was found (10,000 a part): how it begins, its words,
    occurrences, documents, and the first document. Evidence in memory: 16 bytes for every 13 words (passages) or 28
    for every unit (lines, paragraphs), then 28 for every word that may be repeated.
    """
    size, frequency = window or WINDOWS[unit], min_frequency or FREQUENCIES[unit]
    breaks, join = BREAKS[unit], unit == "passages"

    def often(evidence: pl.DataFrame) -> pl.DataFrame:
        return evidence.filter(pl.len().over("fingerprint") >= frequency)

    def repeats(evidence: pl.DataFrame) -> pl.DataFrame:
        return _repeats(evidence, frequency, keep_first, join)

    passages = [
        Round(lambda batch, _: _fingerprints(batch, size), often, by="fingerprint"),
        Round(lambda batch, wanted: _windows(batch, wanted, size), repeats, by="group"),
    ]
    units = [Round(lambda batch, _: _units(batch, breaks, size), repeats, by="group")]
    spans = Round(
        lambda batch, wanted: _spans(batch, wanted, breaks, join),
        lambda evidence: _counted(evidence, keep_first),
        by="key",
    )
    return Corpus(
        [*(passages if unit == "passages" else units), spans],
        lambda batch, verdict: _apply(batch, verdict, breaks, action == "remove", min_words),
    )


def _fingerprints(batch: pl.DataFrame, size: int) -> pl.DataFrame:
    from curate.kernels.passages import fingerprints
    from curate.kernels.tokens import word_hashes

    rows, found = fingerprints(*word_hashes(batch["text"]), size)
    return pl.DataFrame({"row": rows, "fingerprint": found})


def _windows(batch: pl.DataFrame, wanted: pl.DataFrame | None, size: int) -> pl.DataFrame:
    """Evidence of windows whose fingerprints are wanted. Those of one fingerprint are solved in one part, so that
    neighbours, which mostly share theirs, leave it as one span."""
    from curate.kernels.passages import windows
    from curate.kernels.tokens import word_hashes

    assert wanted is not None
    rows = wanted["row"].unique().sort()
    among = wanted["fingerprint"].unique().sort().to_numpy()
    of, groups, hashes, starts = windows(*word_hashes(batch["text"].gather(rows)), size, among)
    return _occurrences(rows.gather(of), groups, hashes, starts, starts + np.uint32(size))


def _units(batch: pl.DataFrame, breaks: int, size: int) -> pl.DataFrame:
    """Evidence of lines or paragraphs."""
    from curate.kernels.bounds import bounds, units
    from curate.kernels.buffers import utf8
    from curate.kernels.passages import span_hashes
    from curate.kernels.tokens import word_hashes

    words, offsets = word_hashes(batch["text"])
    rows, starts, ends = units(bounds(*utf8(batch["text"])), breaks, size)
    hashes = span_hashes(words, offsets[rows] + starts, offsets[rows] + ends)
    return _occurrences(pl.Series(rows), hashes, hashes, starts, ends)


def _occurrences(
    rows: pl.Series, groups: np.ndarray, hashes: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> pl.DataFrame:
    group = (groups & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return pl.DataFrame({"row": rows, "group": group, "hash": hashes, "start": starts, "end": ends})


def _repeats(evidence: pl.DataFrame, frequency: int, keep_first: bool, join: bool) -> pl.DataFrame:
    """Spans of words to go, each with the hash of its first window or unit as `key`; and, marked as such, the first
    occurrences of these keys."""
    from curate.kernels.passages import later, merged

    order = evidence.select("hash").with_row_index("at").sort("hash", maintain_order=True)["at"].to_numpy()
    hashes, starts, ends = (evidence[name].to_numpy() for name in ("hash", "start", "end"))
    documents = evidence.select(pl.col("task").cast(pl.UInt64) * 2**32 + pl.col("row"))["task"].to_numpy()
    firsts = later(order, hashes, documents, starts, ends, frequency, keep_first)
    heads = np.flatnonzero(firsts >= 0)
    ends = ends[heads]
    if join:
        at, ends = merged(documents[heads], starts[heads], ends)
        heads = heads[at]
    found = evidence.select("task", "row", "start", "end", key="hash")
    spans = found[heads].with_columns(end=pl.Series(ends), first=pl.lit(False))
    return pl.concat([spans, found[np.unique(firsts[heads])].with_columns(first=pl.lit(True))])


def _joined(spans: pl.DataFrame) -> pl.DataFrame:
    """Spans of one batch, sorted, those that meet or overlap as one."""
    from curate.kernels.passages import merged

    spans = spans.sort("row", "start")
    heads, ends = merged(*(spans[name].to_numpy() for name in ("row", "start", "end")))
    return spans[heads].with_columns(end=pl.Series(ends))


def _spans(batch: pl.DataFrame, wanted: pl.DataFrame | None, breaks: int, join: bool) -> pl.DataFrame:
    """The spans of each document, with a hash of all their words as `passage`; and of each first occurrence the
    document and how it begins."""
    from curate.kernels.bounds import bounds, places
    from curate.kernels.buffers import strings, utf8
    from curate.kernels.cuts import excerpts
    from curate.kernels.passages import span_hashes
    from curate.kernels.tokens import word_hashes

    assert wanted is not None
    spans, firsts = wanted.filter(~pl.col("first")), wanted.filter("first")
    spans = _joined(spans) if join else spans.sort("row", "start")
    rows = spans["row"].unique().sort()
    words, offsets = word_hashes(batch["text"].gather(rows))
    base = offsets[rows.search_sorted(spans["row"]).to_numpy()]
    hashes = span_hashes(words, base + spans["start"].to_numpy(), base + spans["end"].to_numpy())

    rows = firsts["row"].unique().sort()
    texts = bounds(*utf8(batch["text"].gather(rows)))
    of = rows.search_sorted(firsts["row"]).to_numpy()
    begins = places(texts, of, firsts["start"].to_numpy(), firsts["end"].to_numpy(), breaks)
    text = strings(*excerpts(texts, begins, _EXCERPT))
    firsts = firsts.with_columns(text=text, document=batch["id"].gather(firsts["row"]))
    found = pl.concat([spans.with_columns(passage=pl.Series(hashes)), firsts], how="diagonal")
    return found.select("row", "key", "first", "start", "end", "passage", "text", "document")


def _counted(evidence: pl.DataFrame, keep_first: bool) -> Found:
    """The spans to go, and a table of them: spans of the same words are one passage."""
    spans, firsts = evidence.filter(~pl.col("first")), evidence.filter("first")
    first = pl.struct("task", "row")
    other = (pl.col("task") != pl.col("task").shift()) | (pl.col("row") != pl.col("row").shift())
    table = (
        spans.group_by("key", "passage")
        .agg(
            words=(pl.col("end") - pl.col("start")).first(),
            occurrences=pl.len() + int(keep_first),
            documents=1 + other.sum(),
            at=first.first(),
        )
        .join(firsts.select("key", "text", "document", stays=first), on="key")
        .with_columns(pl.col("documents") + (pl.col("at") != pl.col("stays")) * int(keep_first))
        .sort("occurrences", "words", "key", "passage", descending=[True, True, False, False])
        .head(_LISTED)
        .select(
            "text",
            *(pl.col(name).cast(pl.UInt32) for name in ("words", "occurrences", "documents")),
            first="document",
        )
    )
    return Found(spans.select("task", "row", "start", "end"), {"passages": table})


def _apply(batch: pl.DataFrame, verdict: pl.DataFrame, breaks: int, remove: bool, least: int) -> pl.DataFrame:
    """`batch` without the spans of the verdict, or with their ranges in `repeated`."""
    from curate.kernels.bounds import bounds, places
    from curate.kernels.buffers import strings, utf8
    from curate.kernels.cuts import characters, without

    batch = batch.drop("repeated_words", *([] if remove else ["repeated"]), strict=False)
    if "repeated" in batch.columns:  # an earlier use marked what is another text now
        batch = batch.with_columns(repeated=pl.lit(None, RANGES))
    if "start" not in verdict.columns:  # nothing is repeated in the whole corpus
        verdict = pl.DataFrame(schema={"row": pl.UInt32, "start": pl.UInt32, "end": pl.UInt32})
    spans = _joined(verdict)
    rows = spans["row"].unique().sort()
    texts = bounds(*utf8(batch["text"].gather(rows)))
    of = rows.search_sorted(spans["row"]).to_numpy()
    cuts = places(texts, of, spans["start"].to_numpy(), spans["end"].to_numpy(), breaks)
    lengths = (pl.col("end") - pl.col("start")).sum()
    found = spans.group_by("row", maintain_order=True).agg(repeated_words=lengths)
    if remove:
        bare = strings(*without(texts, of, cuts))
        return _removed(batch, found.with_columns(_words=np.diff(texts.offsets), _bare=bare), least)
    start, end = characters(texts, of, cuts).T
    ranges = spans.select("row", repeated=pl.struct(start=pl.Series(start), end=pl.Series(end)))
    found = found.join(ranges.group_by("row", maintain_order=True).agg("repeated"), on="row")
    count("documents marked", found.height)
    count("words marked", int(found["repeated_words"].sum()))
    none = pl.lit([], RANGES)
    return attach(batch, found).with_columns(
        pl.col("repeated_words").fill_null(0), pl.col("repeated").fill_null(none)
    )


def _removed(batch: pl.DataFrame, found: pl.DataFrame, least: int) -> pl.DataFrame:
    """`batch` with the texts `_bare` of `found`, but for short documents and those of which too little is left."""
    left = pl.col("_words") - pl.col("repeated_words")
    short, little = pl.col("_words") < least, left < least
    count("short documents left whole", found.filter(short).height)
    count("documents cut", found.filter(~little).height)
    count("words removed", int(found.filter(~little)["repeated_words"].sum()))
    batch = attach(batch, found).with_columns(
        pl.col("repeated_words").fill_null(0),
        text=pl.when(~little).then("_bare").otherwise("text"),  # a null, where nothing repeats, is not true
    )
    detail = pl.struct(words="_words", left=left).struct.json_encode()
    return drop(batch, little & ~short, "repeated_passages", detail).drop("_words", "_bare")
