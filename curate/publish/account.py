"""Sections of a card: what each step did, private data, duplicates, gaps, figures. All from manifests and evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from curate.publish.markdown import listed, plain, share, table
from curate.publish.origins import Stage
from curate.publish.release import Release
from curate.publish.statistics import QUANTILES

#: Rows that a table of many kinds shows.
MOST = 20


def funnel(release: Release) -> str:
    """Every step with its settings and what it did, stage by stage in the order of work."""
    stages = list(reversed(release.stage.chain))
    out = []
    for stage in stages:
        title = f"### Stage {plain(stage.name)}\n\n" if len(stages) > 1 else ""
        out.append(title + _stage(stage, release))
    return "\n\n".join(out)


def _stage(stage: Stage, release: Release) -> str:
    found = stage.manifest
    totals = found["totals"]
    rows = []
    for step in found["steps"]:
        gone = sum(step["dropped"].values())
        rows.append(
            [
                step["step"],
                _settings(step, release),
                step["in"],
                gone,
                ", ".join(f"{reason} {n:,}" for reason, n in sorted(step["dropped"].items())) or "-",
                sum(step.get("characters_dropped", {}).values()),
                sum(step.get("characters_cut", {}).values()),
            ]
        )
    head = ["step", "settings", "documents in", "dropped", "why", "characters dropped", "characters cut"]
    told = (
        f"{totals.get('read', 0):,} read, {totals.get('failed', 0):,} could not be read, "
        f"{totals.get('dropped', 0):,} dropped, {totals.get('kept', 0):,} kept; "
        f"{totals.get('characters_read', 0):,} characters read, {totals.get('characters_kept', 0):,} kept; "
        f"{found['seconds']:,.0f} s."
    )
    return f"{told}\n\n{table(head, rows)}".rstrip()


def _settings(step: dict[str, Any], release: Release) -> str:
    told = (f"{name}={_short(value)}" for name, value in step.get("params", {}).items())
    return release.hide(", ".join(told)) or "defaults"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_short(inner)}" for name, inner in value.items()) + "}"
    return "[" + ", ".join(map(_short, value)) + "]" if isinstance(value, list) else str(value)


def private_data(release: Release) -> str:
    """What was looked for, what was found and replaced, and what a second look found."""
    out = []
    for stage in release.stage.chain:
        if not stage.manifest.get("private_key"):
            continue
        audit = stage.manifest.get("audit")
        step = audit["step"] if audit else "pii"
        params: dict[str, Any] = next((s["params"] for s in stage.manifest["steps"] if s["step"] == step), {})
        out.append(
            f"Private data were taken out by the step {plain(step)} of stage {plain(stage.name)} "
            f"({plain(release.hide(_short(params)))}): in texts, titles, addresses, metadata, names of files and keys. "
            "Of what was replaced, nothing is part of this repository."
        )
        if stage is release.stage:
            out.append(_found(release, step))
        out.append(_audit(audit))
    if not release.stage.scrubbed:
        out.append(
            "**No step took private data out of all of these documents.** They hold what their sources held."
        )
    return "\n\n".join(part for part in out if part)


def _found(release: Release, step: str) -> str:
    counted = release.evidence(f"{step}/found")
    if counted.is_empty():
        return "Nothing was found."
    by: dict[str, Counter[str]] = {}
    for entity, source, n in counted.select("entity", "source", "n").iter_rows():
        by.setdefault(entity, Counter())[source] += n
    sources = sorted({source for of in by.values() for source in of})[:8]
    rows = [
        [entity, of.total(), *(of[source] for source in sources)]
        for entity, of in sorted(by.items(), key=lambda item: (-item[1].total(), item[0]))
    ]
    head = ["what was replaced", "times", *(f"in {plain(source)}" for source in sources)]
    return table(head, rows)


def _audit(audit: dict[str, Any] | None) -> str:
    if not audit:
        return "Finished documents were not looked at again."
    return (
        f"Of the finished documents, {audit['sampled']:,} drawn by chance were looked at again: {audit['touched']:,} "
        f"({audit['share']:.2%}) still held something that the recognisers find. What no recogniser knows is not "
        "found by a second look either."
    )


def duplicates(release: Release) -> str:
    """What was taken out as a copy, and which benchmarks the documents were held against."""
    items = []
    steps = [step for stage in release.stage.chain for step in stage.manifest["steps"]]
    for name, what in (
        ("exact_duplicates", "the same as another document, word for word"),
        ("near_duplicates", "nearly the same as another document"),
        ("repeated_passages", "made of passages that stand elsewhere in the corpus"),
    ):
        for step in (step for step in steps if step["name"] == name):
            gone, cut = sum(step["dropped"].values()), sum(step.get("characters_cut", {}).values())
            also = f"; {cut:,} characters were cut" if cut else ""
            items.append(
                f"{plain(step['step'])} ({plain(_settings(step, release))}): {gone:,} of {step['in']:,} documents were "
                f"{what}{also}"
            )
    told = [listed(items) if items else "No step looked for duplicates."]
    benchmarks = release.evidence("decontaminate/benchmarks")
    if not benchmarks.is_empty():
        wanted = [c for c in ("benchmark", "items", "contaminated", "documents") if c in benchmarks.columns]
        told.append("Benchmarks that were tested, and what of them the documents held before:")
        told.append(table(wanted, [list(row) for row in benchmarks.select(wanted).head(200).iter_rows()]))
    elif any(step["name"] == "decontaminate" for step in steps):
        told.append("Documents were held against benchmarks (see the settings above).")
    else:
        told.append(
            "**Documents were not held against any benchmark**: items of benchmarks may be among them."
        )
    return "\n\n".join(told)


def gaps(release: Release, own: Sequence[str] = ()) -> str:
    """What is missing, and what the steps do not do; first what the kind of stage tells itself."""
    counted = release.statistics
    assert counted is not None
    items = [plain(told, 2000) for told in own]
    steps = {step["name"] for stage in release.stage.chain for step in stage.manifest["steps"]}
    for stage in release.stage.chain:
        for source, account in stage.manifest["sources"].items():
            if account["failed"]:
                why = ", ".join(f"{n:,} {kind}" for kind, n in sorted(account["failed_by"].items()))
                items.append(
                    f"{plain(source)}: {account['failed']:,} of {account['read']:,} records could not be read "
                    f"({plain(why)})"
                )
        for source in stage.sources:
            if source.get("limit"):
                items.append(f"{plain(source['name'])}: only the first {source['limit']:,} records were read")
    if "language" not in steps:
        items.append("languages were not determined: documents may be in any")
    elif counted.languages:
        kept = ", ".join(f"{code or 'unknown'}" for code, _ in counted.languages.most_common(MOST))
        items.append(
            f"languages other than {plain(kept)} are missing; languages of short or mixed texts are guesses"
        )
    if undated := counted.years[None]:
        items.append(f"{undated:,} of {counted.documents:,} documents have no date")
    missing = (
        ("quality", "no step judged the quality of texts"),
        ("near_duplicates", "no step looked for near-duplicates"),
        ("decontaminate", "no step looked for items of benchmarks"),
    )
    items += [told for name, told in missing if name not in steps]
    items.append("no step checks whether what a document says is true, or whether it offends")
    items.append(
        "text is what readers found in files: tables, footnotes and scanned pages may be damaged or missing"
    )
    return listed(items)


def statistics_of(release: Release) -> str:
    """Lengths, languages, years, splits."""
    counted = release.statistics
    assert counted is not None
    out = []
    if len(release.splits) > 1:
        rows = [[split.name, split.rows, share(split.rows, counted.documents)] for split in release.splits]
        out.append(table(["split", "documents", "share"], rows))
    names = ["least", *(f"{q:.0%}" for q in QUANTILES[1:-1]), "most"]
    lengths = [counted.quantile(q) for q in QUANTILES]
    out.append("Characters of a document (to 1%):\n\n" + table(names, [lengths]))
    tables = (("language", counted.languages.most_common(MOST)), _dates(counted.years))
    for title, values in tables:
        if any(name is not None for name, _ in values):
            rows = [[name or "unknown", n, share(n, counted.documents)] for name, n in values]
            out.append(table([title, "documents", "share"], rows))
    return "\n\n".join(out)


def _dates(years: Counter[str | None]) -> tuple[str, list[tuple[str | None, int]]]:
    """Documents by year, or by decade where there are many years; those without a date last."""
    decades: Counter[str | None] = Counter()
    for year, n in years.items():
        decades[None if year is None else f"{year[:3]}0s"] += n
    title, counted = ("year", years) if len(years) <= MOST else ("decade", decades)
    return title, sorted(counted.items(), key=lambda item: (item[0] is None, item[0] or ""))
