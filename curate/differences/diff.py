"""The answer of `curate diff`: what changed between two runs and why, as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate import manifest
from curate.differences import documents, models, settings
from curate.differences.because import because
from curate.differences.export import write
from curate.differences.fates import ABSENT, KEPT, Table, fates
from curate.errors import ConfigError
from curate.explain.names import artefact

_TOTALS = ("read", "kept", "dropped", "failed", "characters_read", "characters_kept")


def diff(
    run_a: str, run_b: str, *, stage: str | None = None, examples: int = 3, out: str | None = None
) -> dict[str, Any]:
    """What changed from `run_a` to `run_b`: `settings.compared`, totals by source, and, where ids can be compared, the
    documents by what became of them, with the difference that accounts for it and `examples` of each. The documents
    that changed go to `out` (Parquet).

    Raises:
        ConfigError: there is no such artefact, or `out` does not end in .parquet, or documents cannot be compared and
            `out` asks for them.
    """
    if out is not None and Path(out).suffix != ".parquet":
        raise ConfigError(f"{out}: name a file that ends in .parquet")
    (folder_a, was), (folder_b, now) = manifest.find(run_a, stage), manifest.find(run_b, stage)
    if was["kind"] in models.KINDS or now["kind"] in models.KINDS:
        if out is not None:
            raise ConfigError("models hold no documents that could be written: leave --out out")
        return {"was": _named(folder_a, was), "now": _named(folder_b, now)} | models.diff(was, now)
    (folder_a, was), (folder_b, now) = artefact(folder_a, None), artefact(folder_b, None)
    found = settings.compared(was, now)
    answer: dict[str, Any] = {
        "was": _named(folder_a, was),
        "now": _named(folder_b, now),
        **found,
        "totals": {side: _totals(m) for side, m in (("was", was), ("now", now))},
        "sources": _sources(was, now),
        "notes": [],
    }
    if told := _apart(was, now):
        if out is not None:
            raise ConfigError(told)
        return answer | {"documents": None, "notes": [told]}
    outcomes, sources = Table([KEPT, ABSENT]), Table([])
    before, after = (fates(f, m, outcomes, sources) for f, m in ((folder_a, was), (folder_b, now)))
    pairs = documents.paired(before, after, outcomes.number(ABSENT))
    if not (before.texts and after.texts):
        pairs = pairs.with_columns(same=pl.lit(True))
        answer["notes"].append(
            "texts were not kept (output.columns): changed ones are not told from the others"
        )
    groups = documents.grouped(pairs, outcomes, sources)
    for group in groups:
        group["because"] = because(group, found, was, now)
        if group["change"] not in ("unchanged", "still out") and examples:
            group["examples"] = documents.examples(group, pairs, before, after, outcomes, examples)
    if out is not None:
        answer["out"] = {"file": out, "rows": write(out, pairs, before, after, outcomes, sources)}
    return answer | {
        "documents": {
            "counts": _counts(groups),
            "tokens": before.tokens and after.tokens,
            "elsewhere": documents.elsewhere(pairs, before, after, outcomes),
            "groups": groups,
        }
    }


def _named(folder: str, found: dict[str, Any]) -> dict[str, Any]:
    told = ("pipeline", "stage", "fingerprint", "created")
    return {"artefact": folder} | {name: found.get(name) for name in told}


def _totals(found: dict[str, Any]) -> dict[str, int]:
    return {name: found["totals"].get(name, 0) for name in _TOTALS}


def _sources(was: dict[str, Any], now: dict[str, Any]) -> dict[str, dict[str, dict[str, int]]]:
    """By source its counts in both runs."""
    none = dict.fromkeys(_TOTALS, 0)
    return {
        name: {
            side: {key: m["sources"].get(name, none)[key] for key in _TOTALS}
            for side, m in (("was", was), ("now", now))
        }
        for name in dict.fromkeys([*was["sources"], *now["sources"]])
    }


def _apart(was: dict[str, Any], now: dict[str, Any]) -> str:
    """Why documents of two runs cannot be told by their ids; empty where they can."""
    keys = [m.get("private_key") for m in (was, now)]
    if keys[0] != keys[1]:
        under = " and ".join(f"the key {key}" if key else "no key" for key in keys)
        return f"names in ids are hidden under {under}: only counts and settings are compared"
    if lacking := [
        n for n, m in (("first", was), ("second", now)) if not {"id", "source"} <= set(m["columns"])
    ]:
        return f"the {lacking[0]} run kept no ids or sources (output.columns): only counts and settings are compared"
    return ""


def _counts(groups: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """By change: documents, and their characters and tokens as kept in either run."""
    sizes = ("documents", "characters_was", "characters_now", "tokens_was", "tokens_now")
    out = {change: dict.fromkeys(sizes, 0) for change in documents.CHANGES}
    for group in groups:
        for size in sizes:
            out[group["change"]][size] += group[size]
    return out
