"""One shard's documents under other settings: where each would go, as far as that is decided document by document."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.errors import ConfigError
from curate.rows import value
from curate.whatif.settings import Used

#: Where a document ended and would end now: the step's place, or that behind the last one for those that are kept.
WAS, NOW = "was", "now"


def outcomes(rows: pl.DataFrame, steps: list[Used]) -> pl.DataFrame:
    """`rows` (of one shard, with `step` and `reason`, null where kept) with `was` and `now` (places of steps), `reason`
    as it was, `reason_now`, and `revived`: the place of the step that would no longer take the document, else null.

    A revived document's `now` is the place behind that step: what comes then is not known from its columns.
    """
    last = len(steps)
    places = {use.label: use.at for use in steps}
    was = pl.col("step").replace_strict(places, default=last, return_dtype=pl.Int32).fill_null(last)
    table = rows.with_row_index("_row").with_columns(was.alias(WAS))
    state = table.select("_row", WAS).with_columns(
        pl.col(WAS).alias(NOW),
        pl.lit(None, pl.String).alias("reason_now"),
        pl.lit(None, pl.Int32).alias("revived"),
    )
    for use in steps:
        if not use.asked:
            continue
        reached = state.select((pl.col(NOW) >= use.at) & pl.col("revived").is_null()).to_series()
        broken = _verdict(table.filter(reached), use)
        state = state.join(broken, on="_row", how="left", maintain_order="left")
        out = pl.col("broken").is_not_null()
        # Of what a later step took, an earlier one may take now; what this step took may come back.
        back = pl.Series(reached) & ~out & (pl.col(NOW) == use.at)
        state = state.with_columns(
            pl.when(out)
            .then(use.at)
            .when(back)
            .then(use.at + 1)
            .otherwise(pl.col(NOW))
            .cast(pl.Int32)
            .alias(NOW),
            pl.when(out).then("broken").otherwise("reason_now").alias("reason_now"),
            pl.when(back).then(use.at).otherwise("revived").cast(pl.Int32).alias("revived"),
        ).drop("broken")
    kept = pl.col("reason_now").fill_null(pl.when(pl.col("revived").is_null()).then("reason"))
    return rows.hstack(state.select(WAS, NOW, "reason_now", "revived")).with_columns(kept.alias("reason_now"))


def _verdict(rows: pl.DataFrame, use: Used) -> pl.DataFrame:
    """`_row` and `broken`, the reason, of the rows that the step would take now."""
    assert use.step is not None
    if threshold := use.similarity:
        beyond = (pl.col(WAS) == use.at) & (value(threshold.value) >= threshold.bound)
        return rows.filter(beyond).select("_row", broken="reason")
    assert use.step.judge is not None
    none = pl.DataFrame(schema={"_row": pl.UInt32, "broken": pl.String})
    try:
        marked = use.step.judge(rows.lazy(), **_own(use))
        if "_reason" not in marked.collect_schema():
            return none
        gone = marked.filter(pl.col("_reason").is_not_null()).select("_row", broken="_reason")
        told: pl.DataFrame = gone.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:  # a column that is not there
        asked = ", ".join(f"{use.label}.{name}" for name in use.asked)
        raise ConfigError(f"{asked}: {str(error).partition(chr(10))[0]}") from None
    return told


def _own(use: Used) -> dict[str, Any]:
    return {name: given for name, given in use.now.items() if not name.startswith("_")}
