"""The funnel of a report: documents, characters and tokens by source, before and after every step; and reasons."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.report.rows import KEPT, STEP, all_rows, readable

#: Where tokens are counted, the first that is there: by a tokenizer, or as `signals` does (words and punctuation).
TOKENS = (
    ("tokens", "as counted by the step tokens"),
    ("signals.tokens", "words and punctuation marks, as counted by the step signals"),
)
#: Without either: characters per token, the usual figure for English under a byte-pair vocabulary.
CHARACTERS_PER_TOKEN = 4.0


def account(folder: str, found: dict[str, Any]) -> dict[str, Any]:
    """Totals, sources, steps and reasons of a manifest, with tokens beside documents and characters.

    Tokens of rows that went before they were counted are estimated from their characters at the rate of their source
    (else of all, else at 4 characters per token): `tokens.exact` says whether none had to be.
    """
    tokens = _tokens(folder, found)
    steps = _steps(found, tokens)
    sources = [
        {
            "source": name,
            **{
                k: entry[k]
                for k in ("read", "failed", "dropped", "kept", "characters_read", "characters_kept")
            },
            "failed_by": entry["failed_by"],
            "tokens_kept": tokens.kept.get(name, 0),
            "tokens_read": tokens.kept.get(name, 0)
            + sum(step["tokens_dropped"].get(name, 0) for step in steps),
        }
        for name, entry in found["sources"].items()
    ]
    totals = {key: sum(source[key] for source in sources) for key in ("tokens_read", "tokens_kept")}
    return {
        "totals": found["totals"] | totals,
        "tokens": {"unit": tokens.unit, "exact": tokens.exact},
        "sources": sources,
        "steps": steps,
        "reasons": _reasons(found),
    }


def _steps(found: dict[str, Any], tokens: _Tokens) -> list[dict[str, Any]]:
    """Each step with what it took by source, and what was left of every source after it."""
    left = {name: entry["read"] - entry["failed"] for name, entry in found["sources"].items()}
    characters = {name: entry["characters_read"] for name, entry in found["sources"].items()}
    out = []
    for step in found["steps"]:
        gone: dict[str, int] = {}
        for sources in step["dropped_sources"].values():
            for name, n in sources.items():
                gone[name] = gone.get(name, 0) + n
        for name, n in gone.items():
            left[name] -= n
        for change in ("characters_dropped", "characters_cut"):
            for name, n in step[change].items():
                characters[name] -= n
        keys = ("step", "name", "params", "corpus", "rewrites", "in", "out", "dropped", "counts", "seconds")
        out.append(
            {key: step[key] for key in keys}
            | {
                "dropped_sources": step["dropped_sources"],
                "documents_dropped": gone,
                "characters_dropped": step["characters_dropped"],
                "characters_cut": step["characters_cut"],
                "tokens_dropped": tokens.dropped.get(step["step"], {}),
                "documents_left": dict(left),
                "characters_left": dict(characters),
            }
        )
    return out


def _reasons(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Why documents went, the most frequent reason first; `share` is of all that were read."""
    read = found["totals"].get("read", 0)
    rows = [
        {
            "step": step["step"],
            "reason": reason,
            "documents": n,
            "share": n / read if read else 0.0,
            "sources": dict(
                sorted(step["dropped_sources"].get(reason, {}).items(), key=lambda s: (-s[1], s[0]))
            ),
        }
        for step in found["steps"]
        for reason, n in step["dropped"].items()
    ]
    return sorted(rows, key=lambda row: (-row["documents"], row["step"], row["reason"]))


class _Tokens:
    """Tokens kept by source, and dropped by step and source."""

    def __init__(self, unit: str) -> None:
        self.unit, self.exact = unit, True
        self.kept: dict[str, int] = {}
        self.dropped: dict[str, dict[str, int]] = {}


def _tokens(folder: str, found: dict[str, Any]) -> _Tokens:
    rows = all_rows(folder, found)
    counter, unit = _counter(rows)
    known = pl.lit(None, pl.Int64) if counter is None else counter.cast(pl.Int64)
    size = readable(rows).str.len_chars().cast(pl.Int64)
    sums = (
        rows.select(KEPT, "source", STEP, known=known, characters=pl.when(known.is_null()).then(size))
        .group_by(KEPT, "source", STEP)
        .agg(pl.col("known").sum(), pl.col("characters").sum())
        .collect(engine="streaming")
    )
    out = _Tokens(unit)
    read = {name: entry["characters_kept"] for name, entry in found["sources"].items()}
    rates = _rates(sums, read)
    for kept, source, step, tokens, unknown in sums.sort(KEPT, STEP, "source").iter_rows():
        out.exact &= not unknown
        n = tokens + round((unknown or 0) * rates.get(source, rates[None]))
        if kept:
            out.kept[source] = n
        else:
            out.dropped.setdefault(step, {})[source] = n
    return out


def _counter(rows: pl.LazyFrame) -> tuple[pl.Expr | None, str]:
    schema = rows.collect_schema()
    for name, unit in TOKENS:
        column, _, field = name.partition(".")
        kind = schema.get(column)
        if kind is None:
            continue
        if not field and kind.is_integer():
            return pl.col(column), unit
        if field in {f.name for f in getattr(kind, "fields", [])}:
            return pl.col(column).struct.field(field), unit
    return None, f"estimated at {CHARACTERS_PER_TOKEN:g} characters per token"


def _rates(sums: pl.DataFrame, characters: dict[str, int]) -> dict[str | None, float]:
    """Tokens per character by source, from what was kept; under None that of all."""
    kept = dict(sums.filter(KEPT, pl.col("known") > 0).select("source", "known").iter_rows())
    whole = sum(characters.get(source, 0) for source in kept)
    rates: dict[str | None, float] = {None: sum(kept.values()) / whole if whole else 1 / CHARACTERS_PER_TOKEN}
    return rates | {source: n / characters[source] for source, n in kept.items() if characters.get(source)}
