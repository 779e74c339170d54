"""Real documents for a report: some that went for every reason, those nearest to each threshold, some that were kept.

What is shown holds no private data: texts of a stage that takes them out are clean, others pass the step `pii` here.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from curate.report.rows import KEPT, REASON, STEP, numbers, open_shard, readable, shards

#: Of each reason, of each side of a threshold, and of the kept ones.
PER_REASON, PER_SIDE, KEPT_ONES = 4, 2, 12
#: How a value stands to a bound: of a dropped document, and of a kept one.
SIGNS = {"min": ("<", "≥"), "max": (">", "≤")}
#: Characters of a document that are shown: its beginning, and its end where it is longer.
HEAD, TAIL = 900, 300


def choose(folder: str, found: dict[str, Any], held: list[tuple[str, Any]]) -> pl.DataFrame:
    """Documents to show: rows `group` (kept, reason, near), `about` (step and reason, or parameter), and what they are.

    Which ones is decided by a hash of their ids: the same artefact shows the same documents.
    """
    chosen: list[pl.DataFrame] = []
    for path, kept, frame in shards(folder, found):
        known = numbers(frame)
        values = {
            f"#{i}": known[t.value].cast(pl.Float64) for i, (_, t) in enumerate(held) if t.value in known
        }
        have = frame.collect_schema()
        extra = {"similarity": pl.Float32, "title": pl.String}
        more = {c: pl.col(c) if c in have else pl.lit(None, kind) for c, kind in extra.items()}
        rows = (
            frame.select("id", "source", STEP, REASON, "detail", "duplicate_of", KEPT, **more, **values)
            .with_row_index("row")
            .collect()
            .with_columns(path=pl.lit(path), order=pl.col("id").hash(1))
        )
        chosen += _of_shard(rows, kept, held)
    if not chosen:
        return pl.DataFrame()
    picked = pl.concat(chosen, how="diagonal")
    rank = pl.col("distance").rank("ordinal").over("group", "about", KEPT)
    most = pl.col("group").replace_strict({"kept": KEPT_ONES, "reason": PER_REASON, "near": PER_SIDE})
    return picked.filter(rank <= most).sort("group", "about", KEPT, "distance")


def _of_shard(rows: pl.DataFrame, kept: bool, held: list[tuple[str, Any]]) -> list[pl.DataFrame]:
    """What one shard offers, with the `distance` by which the nearest are chosen."""
    told = rows.select(pl.exclude(r"^#\d+$")).with_columns(distance=pl.col("order").cast(pl.Float64))
    if kept:
        out = [told.bottom_k(KEPT_ONES, by="order").with_columns(group=pl.lit("kept"), about=pl.lit("kept"))]
    else:
        first = pl.col("order").rank("ordinal").over(STEP, REASON) <= PER_REASON
        about = pl.format("{}: {}", STEP, REASON)
        out = [told.filter(first).with_columns(group=pl.lit("reason"), about=about)]
    for i, (label, threshold) in enumerate(held):
        if f"#{i}" not in rows.columns:
            continue
        by_it = pl.lit(True) if kept else (pl.col(STEP) == label) & (pl.col(REASON) == threshold.reason)
        value = pl.col(f"#{i}")
        near = rows.filter(by_it & value.is_not_null()).with_columns(
            value=value, distance=(value - threshold.bound).abs(), side=pl.lit(threshold.side)
        )
        near = near.bottom_k(PER_SIDE, by=["distance", "order"]).select(pl.exclude(r"^#\d+$"))
        about = pl.lit(f"{label}: {threshold.parameter}")
        out.append(near.with_columns(group=pl.lit("near"), about=about, bound=pl.lit(float(threshold.bound))))
    return out


def with_texts(chosen: pl.DataFrame, found: dict[str, Any]) -> list[dict[str, Any]]:
    """The chosen documents with the beginnings of their texts, free of private data.

    Keys: group, about, id, source, kept, step, reason, value, sign, bound, detail, also, partner, similarity, title,
    text, characters.
    """
    texts: dict[tuple[str, int], tuple[str, int]] = {}
    for (path,), rows in chosen.group_by("path", maintain_order=True) if chosen.height else ():
        wanted = rows["row"].unique().sort()
        shard = open_shard(str(path))
        frame = shard.select(readable(shard).alias("text")).with_row_index("row")
        frame = frame.filter(pl.col("row").is_in(wanted.implode()))
        for row, text in frame.collect(engine="streaming").iter_rows():
            texts[str(path), row] = (_excerpt(text or ""), len(text or ""))
    if "private_key" not in found:
        places = list(texts)
        shown = scrubbed([texts[place][0] for place in places])
        texts = {place: (text, texts[place][1]) for place, text in zip(places, shown)}
    titled = "private_key" in found  # another stage's titles were not looked at
    return [_told(row, *texts[row["path"], row["row"]], titled) for row in chosen.to_dicts()]


def scrubbed(texts: list[str]) -> list[str]:
    """Texts without private data, names too, tagged."""
    from curate.steps.pii import pii

    if not texts:
        return []
    cleaned = pii(pl.DataFrame({"text": [text or " " for text in texts]}), replace="tag")
    return cleaned.kept["text"].to_list()


def _excerpt(text: str) -> str:
    """A long text's beginning and end, cut at spaces where there are some near."""
    if len(text) <= HEAD + TAIL + 100:
        return text
    head, tail = text[:HEAD], text[-TAIL:]
    head = head.rsplit(None, 1)[0] if any(c.isspace() for c in head[-80:]) else head
    tail = tail.split(None, 1)[-1] if any(c.isspace() for c in tail[:80]) else tail
    return f"{head}\n […]\n{tail}"


def _told(row: dict[str, Any], text: str, characters: int, titled: bool) -> dict[str, Any]:
    detail = _detail(row["detail"])
    value, bound, side = row.get("value"), row.get("bound"), row.get("side")
    if row["group"] == "reason":
        value, bound = detail.get("value"), detail.get("threshold")
        side = "min" if str(row[REASON]).startswith("min_") else "max"
    return {
        **{key: row[key] for key in ("group", "about", "id", "source", STEP, REASON)},
        "kept": row[KEPT],
        "value": value,
        "bound": bound,
        "sign": None if side is None else SIGNS[side][row[KEPT]],
        "detail": {k: v for k, v in detail.items() if k not in ("value", "threshold", "rule", "also")},
        "also": detail.get("also") or [],
        "partner": row["duplicate_of"],
        "similarity": row["similarity"],
        "title": row["title"] if titled else None,
        "text": text,
        "characters": characters,
    }


def _detail(text: str | None) -> dict[str, Any]:
    """A dropped row's detail; of a step that writes no JSON, its words."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {"detail": text}
    return found if isinstance(found, dict) else {"detail": text}
