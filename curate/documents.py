"""The schema of a batch of documents.

A batch is a `polars.DataFrame` with the columns of `BASE`, in that order, then those that steps add. A frame
from anywhere else (a notebook, a test) becomes a batch through `conform`.
"""

from __future__ import annotations

import polars as pl

#: Columns that every document has. `id` is unique in the artefact and assigned; `key` is the document's own identity,
#: stable across releases (a mapped field, else `key`, `id`, the address, the path), and may repeat; `metadata` is one
#: JSON object as a string.
BASE: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "key": pl.String,
    "text": pl.String,
    "source": pl.String,
    "date": pl.String,
    "title": pl.String,
    "url": pl.String,
    "license": pl.String,
    "metadata": pl.String,
}

#: Columns that a record's fields can be mapped to by `columns:` of a source (the others are assigned).
MAPPABLE = ("key", "text", "date", "title", "url", "license")


def conform(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` (which needs at least `text`) with every base column, those absent filled.

    Raises:
        ValueError: there is no `text` column.
    """
    if "text" not in frame.columns:
        raise ValueError(f"a frame of documents needs a column 'text'; this one has {frame.columns}")
    rows = pl.int_range(pl.len()).cast(pl.String)
    fill = {
        "id": rows,
        "key": pl.col("id") if "id" in frame.columns else rows,
        "source": pl.lit("frame"),
        "metadata": pl.lit("{}"),
    }
    missing = {name: fill.get(name, pl.lit(None, pl.String)) for name in BASE if name not in frame.columns}
    frame = frame.with_columns(**missing)
    return frame.select(*BASE, *(c for c in frame.columns if c not in BASE))
