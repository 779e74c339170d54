"""Licences of rows that were made from documents: those that the documents name."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from curate import manifest
from curate.publish.origins import beside
from curate.publish.statistics import Statistics
from curate.report.rows import open_shard


def licensed(
    counted: Statistics, place: str, found: dict[str, Any], configured: dict[str, str | None]
) -> None:
    """Put into `counted` the licences of the documents behind each row, by source: a row counts under each of them.

    What is not known (the artefact with the documents is not there any more) falls back to what is `configured` for the
    row's source.
    """
    rows = pl.concat([open_shard(file) for file in manifest.files(place, found)])
    made = rows.select(pl.col("meta_documents").alias("id"), row_source=pl.coalesce("meta_source", "source"))
    documents = _documents(place, found)
    told = made.explode("id").join(documents, on="id", how="left").group_by("row_source", "license", "source")
    counted.licences, counted.licences_by_source = Counter(), {}
    for source, text, known, n in told.agg(pl.len()).collect(engine="streaming").iter_rows():
        name = text if text and text.strip() else configured.get(known or source)
        counted.licences[name] += n
        counted.licences_by_source.setdefault(source, Counter())[name] += n


def _documents(place: str, found: dict[str, Any]) -> pl.LazyFrame:
    """Rows `id`, `source`, `license` of the artefacts that this one was made from."""
    frames = [pl.LazyFrame(schema=dict.fromkeys(("id", "source", "license"), pl.String))]
    for name, fingerprint in found["parts"].get("upstream", {}).items():
        folder, above = beside(place, name, fingerprint)
        for file in manifest.files(folder, above) if above else ():
            shard = open_shard(file)
            have = shard.collect_schema()
            wanted = [
                pl.col(c) if c in have else pl.lit(None, pl.String).alias(c)
                for c in ("id", "source", "license")
            ]
            frames.append(shard.select(wanted))
    return pl.concat(frames)
