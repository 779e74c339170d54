"""What share of a mixture is synthetic, and how many generations away from people."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl


class Mixture(NamedTuple):
    """Shares by size: `synthetic` of the whole, and `deep` of the whole, what was made from synthetic text; and the
    greatest generation `depth` (0: made from human text; None: nothing is synthetic)."""

    synthetic: float
    deep: float
    depth: int | None


def mixture(rows: pl.DataFrame, *, size: str | pl.Expr = "words", depth: str | pl.Expr = "depth") -> Mixture:
    """The mixture that `rows` are: `size` is what a row counts (words, tokens; repeats included), `depth` its
    generation depth, null for human text. Collapse comes where synthetic text replaces human text and is generated
    from again (Shumailov et al. 2024), not where it is added (Gerstgrasser et al. 2024)."""
    sizes, depths = rows.select(size=size, depth=depth).get_columns()
    total = float(sizes.sum() or 1)
    return Mixture(
        float(sizes.filter(depths.is_not_null()).sum()) / total,
        float(sizes.filter((depths > 0).fill_null(False)).sum()) / total,
        None if depths.drop_nulls().is_empty() else int(depths.max()),  # type: ignore[arg-type]
    )
