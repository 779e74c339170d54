"""All measures of a set, each beside that of human text of the same lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from synth.measures.compression import compression_ratio
from synth.measures.copying import copied
from synth.measures.duplicates import near_duplicates
from synth.measures.ngrams import commonness, distinct, entropy
from synth.measures.openings import openings
from synth.measures.self_bleu import self_bleu
from synth.measures.texts import Human, Texts, bounded, sampled
from synth.measures.tfidf import document_frequencies, vectors
from synth.measures.topics import clusters, coverage, nearest
from synth.measures.vendi import vendi

#: Rows that a measure names as its worst.
EXAMPLES = 5
#: Fields with fewer texts or words are not measured: there is nothing to repeat.
LEAST_TEXTS, LEAST_WORDS = 30, 300


class Sampling(BaseModel):
    """How much is looked at. Memory is about 10 kB for each of `texts` and `pieces`, and 100 bytes a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 7
    #: Of each field, and as many human ones.
    words: Annotated[int, Field(ge=1000)] = 200_000
    #: Of the human corpus, from which pieces are cut.
    corpus_words: Annotated[int, Field(ge=1000)] = 2_000_000
    #: Of each field, for self-BLEU and the Vendi score.
    texts: Annotated[int, Field(ge=30)] = 500
    #: Topics that the corpus is parted into, and pieces of it and texts of the set that are assigned to them.
    clusters: Annotated[int, Field(ge=2)] = 40
    pieces: Annotated[int, Field(ge=100)] = 2000


DEFAULT = Sampling()


class Measure(NamedTuple):
    """A measure of a field (`prompt`, `answer` or `sample`): its value, that of human text (None: has none), and rows
    of the set, the worst first."""

    field: str
    name: str
    value: float
    human: float | None
    worst: tuple[int, ...]


def measures(
    rows: pl.DataFrame, human: Sequence[str] | pl.Series, sampling: Sampling = DEFAULT
) -> list[Measure]:
    """Every measure of `rows`: their `answer` (or text), their `prompt` without passages (may be null), and `source`,
    the passages that each was made from (without it nothing is said of copying). `human` are the corpus's texts.

    A field of less than 30 texts or 300 words has no measures. About 10 s for 200,000 words on one core.
    """
    corpus = Human(bounded(human, sampling.corpus_words, sampling.seed))
    found: list[Measure] = []
    for field in ("prompt", "answer"):
        if field not in rows.columns:
            continue
        drawn = _drawn(Texts(rows[field].fill_null("")), corpus, sampling)
        if drawn is not None:
            found += _of_field(field, *drawn, sampling)
            if field == "answer" and "source" in rows.columns:
                found += _copying(drawn[0], drawn[1], Texts(rows["source"].fill_null("").gather(drawn[1])))
    joined = rows.select(
        pl.concat_str(pl.col("^(prompt|answer)$"), separator="\n", ignore_nulls=True)
    ).to_series()
    drawn = _drawn(Texts(joined), corpus, sampling)
    return found + ([_topics(*drawn, corpus, sampling)] if drawn is not None else [])


def _drawn(texts: Texts, corpus: Human, sampling: Sampling) -> tuple[Texts, NDArray[np.int64], Texts] | None:
    """A sample of texts, their rows, and human pieces of the same lengths; None if there are too few."""
    most = min(sampling.words, len(corpus.texts.words) // 2)
    chosen = sampled(texts.lengths, most, sampling.seed)
    own = texts.take(chosen)
    if len(own) < LEAST_TEXTS or len(own.words) < LEAST_WORDS:
        return None
    return own, chosen, corpus.pieces(own.lengths, sampling.seed)


def _of_field(
    field: str, own: Texts, rows: NDArray[np.int64], human: Texts, sampling: Sampling
) -> Iterator[Measure]:
    common = commonness(own)
    for n in (1, 2, 3):
        yield _measure(field, f"distinct_{n}", distinct(own, n), distinct(human, n), common, rows)
    for n in (1, 2, 3):
        yield _measure(field, f"entropy_{n}", entropy(own, n), entropy(human, n), common, rows)
    yield _measure(field, "compression_ratio", compression_ratio(own), compression_ratio(human), common, rows)
    for name, measure in {"top_opening": openings, "near_duplicates": near_duplicates}.items():
        (value, bad), (theirs, _) = measure(own), measure(human)
        yield _measure(field, name, value, theirs, bad, rows)
    some = sampled(own.lengths, len(own.words), sampling.seed, texts=sampling.texts)
    few, like = own.take(some), human.take(some[some < len(human)])
    bleu = self_bleu(few)
    yield _measure(field, "self_bleu", float(bleu.mean()), float(self_bleu(like).mean()), bleu, rows[some])
    frequencies = document_frequencies(human)
    (value, alike), (theirs, _) = (vendi(vectors(t, frequencies, len(human))) for t in (few, like))
    yield _measure(field, "vendi", value, theirs, alike, rows[some])


def _copying(own: Texts, rows: NDArray[np.int64], sources: Texts) -> Iterator[Measure]:
    found = copied(own, sources)
    yield _measure("answer", "copied_ngrams", found.ngrams, None, found.longest, rows)
    yield _measure("answer", "copied_runs", found.runs, None, found.longest, rows)


def _topics(own: Texts, rows: NDArray[np.int64], human: Texts, corpus: Human, sampling: Sampling) -> Measure:
    length = min(100, max(20, len(corpus.texts.words) // (2 * sampling.pieces)))
    parts = corpus.pieces(np.full(sampling.pieces, length), sampling.seed)
    frequencies = document_frequencies(parts)
    inside = vectors(parts, frequencies, len(parts))
    centres = clusters(inside, sampling.clusters, sampling.seed)
    some = sampled(own.lengths, len(own.words), sampling.seed, texts=sampling.pieces)
    few, like = own.take(some), human.take(some[some < len(human)])
    labels = [nearest(vectors(t, frequencies, len(parts)), centres) for t in (few, like)]
    there = nearest(inside, centres)
    value, over = coverage(labels[0], there)
    return _measure("sample", "topic_coverage", value, coverage(labels[1], there)[0], over, rows[some])


def _measure(
    field: str,
    name: str,
    value: float,
    human: float | None,
    bad: NDArray[np.generic],
    rows: NDArray[np.int64],
) -> Measure:
    worst = np.lexsort((rows, -bad.astype(np.float64)))[: min(EXAMPLES, np.count_nonzero(bad))]
    return Measure(field, name, float(value), human, tuple(int(row) for row in rows[worst]))
