"""`language`: which language a document is written in, by the embedded model or any fastText model.

The embedded model (`curate/models/language.npz`, card beside it, measured in `docs/language.md`) reads bytes
natively and needs no network. Either kind reads three windows of a document, its beginning, middle and end,
3,000 bytes in all: the cost is per document, and a document in two languages scores low.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import polars as pl
from pydantic import Field

from curate.rows import Rows
from curate.step import Batches, Threshold, drop, step

#: Bytes of a document that are read.
CAP = 3000
#: What a text without letters is: ISO 639-2's code for undetermined.
UNDETERMINED = "und"

_EMBEDDED = Path(__file__).parents[1] / "models" / "language.npz"
#: Stands in the code so that a new model is a change of code, which fingerprints see.
_SHA256 = "52830655d5344c9f27c6f7dedf23c34b99add146ea228896097c6355635e9659"


def _files(params: dict[str, Any]) -> list[str]:
    from curate.fasttexts import local

    return local(params["model"])


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    if params["model"] is None:
        known = set(embedded().languages.tolist())
        if unknown := [code for code in params["keep"] if code not in known]:
            raise ValueError(
                f"the embedded model knows no language '{unknown[0]}'; its codes are like en, de, fr"
            )
    elif importlib.util.find_spec("fasttext") is None:
        raise ValueError("a named model needs fastText, which has wheels for Python 3.11 and 3.12 only")


def _judge(batch: Rows, *, keep: list[str], min_score: float, **_: Any) -> Rows:
    detail = pl.struct("language", score=pl.col("language_score").round(4)).struct.json_encode()
    batch = drop(batch, ~pl.col("language").is_in(keep), "language", detail)
    return drop(batch, pl.col("language_score") < min_score, "language_score", detail)


def _thresholds(params: dict[str, Any]) -> list[Threshold]:
    return [Threshold("min_score", "language_score", "min", params["min_score"], "language_score")]


@step(
    adds={"language": pl.String, "language_score": pl.Float32},
    files=_files,
    check=_check,
    judge=_judge,
    thresholds=_thresholds,
)
def language(
    batches: Batches,
    *,
    keep: Annotated[list[str], Field(min_length=1)],
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5,
    model: str | None = None,
) -> Batches:
    """Keep documents written in one of `keep` (ISO 639-1 codes), judged with at least `min_score`.

    Adds `language` (`und` where a text has no letters) and `language_score`, the model's probability. Two
    reasons to drop: `language`, the likeliest one is not in `keep`; `language_score`, it is, but too unsure.
    `model` is the path of a fastText model, `hf://owner/name/file`, `lid.176` or `glotlid` (both fetched from
    the Hub once); without it the embedded model serves, offline.

    Raises:
        ValueError: `model` cannot be found or fetched.
    """
    judge = _embedded_judge() if model is None else _fasttext_judge(model)
    for batch in batches:
        yield _judge(batch.with_columns(*judge(batch["text"])), keep=keep, min_score=min_score)


Judgement = Callable[[pl.Series], tuple[pl.Series, pl.Series]]


def _embedded_judge() -> Judgement:
    from curate.kernels.buffers import utf8
    from curate.kernels.languages import fold_table, judge

    own, fold = embedded(), fold_table()
    names = pl.Series([*own.languages.tolist(), UNDETERMINED])  # the kernel's -1 is the last

    def run(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        labels, scores = judge(*utf8(texts), CAP, fold, own.embedding, own.head)
        index = labels.astype(np.int64) % len(names)
        return names.gather(index).alias("language"), pl.Series("language_score", scores)

    return run


def _fasttext_judge(name: str) -> Judgement:
    from curate.fasttexts import best, load
    from curate.iso639 import two_letters
    from curate.kernels.buffers import strings, utf8
    from curate.kernels.languages import excerpts

    model = load(name)

    def run(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        labels, scores = best(model, strings(*excerpts(*utf8(texts), CAP)))
        short = [UNDETERMINED if label is None else two_letters(label) for label in labels]
        lettered = texts.fill_null("").str.contains(r"\p{L}")  # fastText has an opinion on digits too
        found = pl.select(
            pl.when(lettered).then(pl.Series(short, dtype=pl.String)).otherwise(pl.lit(UNDETERMINED))
        )
        score = pl.select(pl.when(lettered).then(pl.Series(scores)).otherwise(0.0).cast(pl.Float32))
        return found.to_series().alias("language"), score.to_series().alias("language_score")

    return run


class Model(NamedTuple):
    """The embedded model's arrays; their shapes stand in `curate.kernels.languages.judge`."""

    languages: np.ndarray
    embedding: np.ndarray
    head: np.ndarray


@lru_cache
def embedded() -> Model:
    """The model that ships with the package, read once a process."""
    content = _EMBEDDED.read_bytes()
    assert hashlib.sha256(content).hexdigest() == _SHA256, f"{_EMBEDDED} is damaged, or newer than this code"
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Model(*(arrays[name] for name in Model._fields))
