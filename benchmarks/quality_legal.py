"""What each preset keeps of the real legal sets, and which rules drop what: the evidence behind preset `legal`.

    python benchmarks/quality_legal.py

Writes its tables into docs/quality_legal.md. Sections of the DC Code that are only a note ("Repealed", "Reserved")
are told from real ones, and what fails in another way (a converter's error message, an XBRL dump, a page with only
a title) by the marks below: they are what a preset ought to drop.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import polars as pl
from legal_sets import DATA, sets
from tables import put, table

from curate.steps.quality import RULES, Preset, limits, quality
from curate.steps.signals import signals

DOC = Path(__file__).resolve().parents[1] / "docs" / "quality_legal.md"
PRESETS = get_args(Preset)
_NOTE = re.compile(
    r"^\[?(Repealed|Reserved|Transferred|Omitted|Expired|Renumbered|Recodified)\.?\]?\.?$", re.M
)
JUNK = {
    "converter's error message": ("opinions (US appellate)", lambda text: "Usage: wpd2html" in text),
    "XBRL dump": ("contracts (EDGAR)", lambda text: "<XBRL>" in text),
    "page of a title": ("terms of service", lambda text: len(text) < 100),
    "section repealed or reserved": ("code sections (DC)", lambda text: bool(_NOTE.search(text))),
}


def main() -> None:
    measured = {}
    for name, documents in [*sets(), *held_out()]:
        frame = pl.DataFrame({"id": [i for i, _ in documents], "text": [text for _, text in documents]})
        junk = pl.lit(None, pl.String)
        for kind, (home, test) in JUNK.items():
            if home == name:
                hits = pl.Series([test(text) for text in frame["text"]])
                junk = pl.when(pl.lit(hits)).then(pl.lit(kind)).otherwise(junk)
        measured[name] = signals(frame.with_columns(junk.alias("junk"))).kept
    good = {name: frame.filter(pl.col("junk").is_null()) for name, frame in measured.items()}
    put(DOC, "kept", table(["set", "documents", *PRESETS], kept_rows(good)))
    put(DOC, "junk", table(["what", "documents", *PRESETS], kept_rows(junk_sets(measured))))
    put(DOC, "dropped", table(["set", *PRESETS], [dropped_row(n, f) for n, f in good.items()]))
    put(
        DOC,
        "thresholds",
        table(["rule", "web", "legal", "largest or smallest of 99% of a set"], thresholds(good)),
    )
    put(DOC, "examples", table(["set", "document", "rule", "value"], examples(good)))


def held_out() -> list[tuple[str, list[tuple[str, str]]]]:
    """Small sets at which nobody looked while thresholds were chosen."""
    folders = {"statutes (held out)": "md_statutes/*.md", "contracts (held out)": "txt_contracts/*.txt"}
    return [
        (name, [(path.name, path.read_text(errors="replace")) for path in sorted(DATA.glob(pattern))])
        for name, pattern in folders.items()
    ]


def junk_sets(measured: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {kind: measured[home].filter(pl.col("junk") == kind) for kind, (home, _) in JUNK.items()}


def kept_rows(frames: dict[str, pl.DataFrame]) -> list[list[object]]:
    return [
        [name, frame.height]
        + [f"{100 * quality(frame, preset=preset).kept.height / frame.height:.1f}%" for preset in PRESETS]
        for name, frame in frames.items()
    ]


def dropped_row(name: str, frame: pl.DataFrame) -> list[str]:
    """The three rules of each preset that the most documents break (a document may break several)."""
    cells = []
    for preset in PRESETS:
        broken = frame.select(rule.broken(limit).sum().alias(rule.name) for rule, limit in limits(preset, {}))
        most = sorted(broken.to_dicts()[0].items(), key=lambda item: -item[1])[:3]
        cells.append(", ".join(f"`{rule}` {count}" for rule, count in most if count) or "-")
    return [name, *cells]


def thresholds(good: dict[str, pl.DataFrame]) -> list[list[object]]:
    """For each rule the web's and the legal threshold, and the outermost 1% point of any legal set."""
    rows = []
    for rule in RULES:
        low = rule.name.startswith("min_")
        points = {
            name: frame.select(rule.value().quantile(0.01 if low else 0.99)).item()
            for name, frame in good.items()
        }
        name = (min if low else max)(points, key=lambda n: points[n])
        web = next(limit for preset, limit in rule.presets.items() if preset != "legal")
        rows.append(
            [
                f"`{rule.name}`",
                f"{web:g}",
                f"{rule.presets.get('legal', '-')}",
                f"{points[name]:.3g} ({name})",
            ]
        )
    return rows


def examples(good: dict[str, pl.DataFrame]) -> list[list[object]]:
    """Per set and web preset one document wrongly dropped, the one of median length, and why."""
    rows = []
    for name, frame in good.items():
        for preset in ("gopher", "c4", "fineweb"):
            dropped = quality(frame, preset=preset).dropped.sort(pl.col("text").str.len_chars(), "id")
            if dropped.height:
                row = dropped.row(dropped.height // 2, named=True)
                value = float(row["detail"].split('"value":')[1].split(",")[0])
                rows.append(
                    [name, row["id"].rpartition("/")[2][:60], f"`{row['reason']}` ({preset})", f"{value:.3g}"]
                )
    return rows


if __name__ == "__main__":
    main()
