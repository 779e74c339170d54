"""What was tried, as text for a terminal, as one JSON object, and as a table of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.display import visible
from curate.errors import ConfigError
from curate.funnel import share, table
from curate.progress import plural
from curate.whatif.trying import Tried, counts


def text(tried: Tried, rows: int) -> str:
    """The funnel before and now, what moves where, and some of the documents."""
    asked = ", ".join(f"{name} {was} → {now}" for name, (was, now) in tried.settings.items())
    was, now = tried.kept
    sign = "" if tried.exact else "≈ "
    lines = [f"{tried.folder}: {visible(asked, lines=False)}", ""]
    lines += table(["step", "in", "now", "dropped", "now", "why"], [_step(step) for step in tried.steps])
    changed = [source for source in tried.sources if source["before"] != source["now"]]
    if changed:
        lines += ["", *table(["source", "kept", "now", "change"], [_source(s, sign) for s in changed])]
    if same := len(tried.sources) - len(changed):
        lines.append(f"  ({plural(same, 'source')} as before)")
    lines += ["", f"kept: {was:,} → {sign}{now:,} ({now - was:+,}{_percent(now - was, was)})"]
    if not tried.exact:
        lines.append(
            "≈ estimated: a step for the whole corpus decides anew among other documents; run it to know"
        )
    lines += [f"note: {note}" for note in tried.notes]
    if tried.moved.height:
        lines += ["", f"{tried.moved.height:,} documents end elsewhere:"]
        lines += table(["documents", "was", "now"], [[n, a, b] for a, b, n in counts(tried.moved)], (1, 2))
        lines += (
            ["", *(f"  {visible(name, lines=False)}" for name in tried.moved["id"].head(rows))]
            if rows
            else []
        )
    return "\n".join(lines) + f"\n({tried.seconds:.1f} s)"


def _step(step: dict[str, Any]) -> list[Any]:
    sign = "" if step["exact"] else "≈ "
    gone = [sum(step[when]["dropped"].values()) for when in ("before", "now")]
    names = sorted(step["before"]["dropped"].keys() | step["now"]["dropped"].keys())
    changed = [
        f"{name} {step['before']['dropped'].get(name, 0):,} → {step['now']['dropped'].get(name, 0):,}"
        for name in names
        if step["before"]["dropped"].get(name, 0) != step["now"]["dropped"].get(name, 0)
    ]
    told = [step["before"]["in"], f"{step['now']['in']:,}", gone[0], f"{sign}{gone[1]:,}"]
    return [step["step"], *told, ", ".join(changed)]


def _source(source: dict[str, Any], sign: str) -> list[Any]:
    change = source["now"] - source["before"]
    return [source["source"], source["before"], f"{sign}{source['now']:,}", f"{change:+,}"]


def _percent(part: int, whole: int) -> str:
    return f", {'+' if part > 0 else ''}{share(part, whole)}" if whole else ""


def as_object(tried: Tried, rows: int) -> dict[str, Any]:
    """Everything but the documents, of which the first `rows`."""
    return {
        "artefact": tried.folder,
        "settings": {name: {"before": was, "now": now} for name, (was, now) in tried.settings.items()},
        "exact": tried.exact,
        "notes": tried.notes,
        "kept": dict(zip(("before", "now"), tried.kept)),
        "steps": tried.steps,
        "sources": tried.sources,
        "moved": [{"was": was, "now": now, "documents": n} for was, now, n in counts(tried.moved)],
        "documents": tried.moved.head(rows).to_dicts(),
        "seconds": round(tried.seconds, 3),
    }


def write(tried: Tried, out: str) -> None:
    """Write the documents that move.

    Raises:
        ConfigError: `out` ends in something else than .parquet or .jsonl.
    """
    if not out.endswith((".parquet", ".jsonl")):
        raise ConfigError(f"{out}: name a file that ends in .parquet or .jsonl")
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    (tried.moved.write_parquet if out.endswith(".parquet") else tried.moved.write_ndjson)(out)
