"""A step that takes private data out, as plain as can be: `- hides.secrets` hides "SECRET-1" and the like."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from curate import private
from curate.step import Batches, record, step

PATTERN = r"SECRET-\d+"


class Hider:
    """Its scrubber."""

    def __init__(self, params: dict[str, Any], key: bytes):
        self.key = key

    def file(self, name: str) -> str:
        """A short hash."""
        return "f" + hashlib.sha256(self.key + name.encode()).hexdigest()[:8]

    name = file

    def strings(self, values: Sequence[str]) -> list[str]:
        """Without secrets."""
        return [re.sub(PATTERN, "█", value) for value in values]

    def residual(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Texts with the word "left"."""
        found = frame.filter(pl.col("text").str.contains("left"))
        return found.select("id", entity=pl.lit("LEFT"), recogniser=pl.lit("word"), example=pl.lit("x"))


@step(rewrites=True, limits=("max_residual",), scrubber=Hider, secret=("deny",))
def secrets(
    batches: Batches,
    *,
    deny: tuple[str, ...] = (),
    vault: bool = False,
    audit: int = 1000,
    max_residual: float | None = None,
) -> Batches:
    """Hide them."""
    now = private.current()
    assert now is not None and now.key, "the engine gives the key"
    for batch in batches:
        record("found", int(batch["text"].str.count_matches(PATTERN).sum()), kind="secret")
        hidden = pl.col("text", "title", "metadata").str.replace_all(PATTERN, "█")
        yield batch.with_columns(hidden)
