"""Any block of datatrove as a step: batches to its `Document`s and back."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import orjson
import polars as pl

from curate.step import Batches, drop, step

#: Blocks of these packages do not map documents to documents; `curate` has its own readers, shards, duplicates.
NOT_STEPS = ("readers", "writers", "dedup", "tokens", "inference")


def make(block: str, params: dict[str, Any]) -> Any:
    """The block, made with `params`.

    Raises:
        ValueError: there is no such block, it does not fit here, or it does not take the parameters.
    """
    package, _, name = block.rpartition(".")
    if not package or package.partition(".")[0] in NOT_STEPS:
        raise ValueError(
            f"'{block}' is no block that maps documents to documents, such as filters.GopherQualityFilter"
        )
    try:
        made = getattr(importlib.import_module(f"datatrove.pipeline.{package}"), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"datatrove has no block '{block}': {error}") from error
    try:
        inspect.signature(made.__init__).bind(None, **params)
        return made(**params)
    except Exception as error:  # a block's own: a pattern that is none, a file that is not there
        raise ValueError(f"datatrove's {block}: {type(error).__name__}: {error}") from error


def check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    """Whether the block can be made and takes a document, before any work: many miss a package only then."""
    from datatrove.data import Document

    made = make(params["block"], {k: v for k, v in params.items() if k != "block"})
    try:
        list(made.run(iter([Document(text="A short text.", id="0", metadata={ROW: 0})]), 0, 1))
    except Exception as error:  # a block's own
        raise ValueError(f"datatrove's {params['block']}: {type(error).__name__}: {error}") from error


@step(check=check, rewrites=lambda params: str(params["block"]).startswith("formatters."))
def datatrove(batches: Batches, *, block: str, **params: Any) -> Batches:
    """Run a block of datatrove: `block: filters.GopherQualityFilter`, its parameters beside it.

    The block sees one batch at a time. What it filters out is dropped with its reason (as `block` where it gives
    none); text that it changes becomes the text, metadata that it adds goes into `metadata`.
    """
    made = make(block, params)
    reasons = _Reasons()
    if "exclusion_writer" in vars(made):
        made.exclusion_writer = reasons
    for batch in batches:
        reasons.clear()
        texts = batch["text"].to_list()
        metadata = batch["metadata"].to_list()
        kept = [False] * batch.height
        for document in made.run(_documents(batch, texts, metadata), 0, 1):
            row = document.metadata.pop(ROW, None)
            if row is None or kept[row]:
                raise ValueError(f"{block} gives documents that it did not take, or gives one twice")
            kept[row] = True
            texts[row] = document.text
            metadata[row] = orjson.dumps(document.metadata, default=str).decode()
        why = [reasons.get(row, block.rpartition(".")[2]) for row in range(batch.height)]
        batch = batch.with_columns(
            pl.Series("text", texts, pl.String), pl.Series("metadata", metadata, pl.String)
        )
        yield drop(batch, ~pl.Series(kept, dtype=pl.Boolean), pl.lit(pl.Series(why, dtype=pl.String)))


#: Where a document carries its row; blocks keep metadata that they do not know.
ROW = "_curate_row"


def _documents(batch: pl.DataFrame, texts: list[str], metadata: list[str]) -> Iterator[Any]:
    from datatrove.data import Document

    for row, (identity, text, fields) in enumerate(zip(batch["id"].to_list(), texts, metadata)):
        yield Document(text=text, id=identity, metadata={**orjson.loads(fields or "{}"), ROW: row})


class _Reasons(dict[int, str]):
    """Stands where datatrove has an exclusion writer, and remembers why rows were dropped."""

    def __enter__(self) -> _Reasons:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def write(self, document: Any, rank: int = 0) -> None:
        self[document.metadata[ROW]] = str(document.metadata.get("filter_reason") or "filtered")
