"""The short account that is printed after a run: where documents came from, and why they went."""

from __future__ import annotations

from typing import Any

from curate import kinds, storage
from curate.display import visible
from curate.progress import plural


def funnel(name: str, entry: dict[str, Any], found: dict[str, Any]) -> str:
    """The account of one stage as text: sources, then steps with reasons, then where the output is."""
    lines = [f"{name}: {entry['status']} in {entry['seconds']:.1f} s", ""]
    if told := kinds.hook(found.get("kind", "curate"), "told"):
        lines += [*told(found), "", entry["path"]]
    else:
        lines += _account(entry, found)
    if storage.exists(f"{entry['path']}/report.html"):
        lines.append(f"  report: {entry['path']}/report.html")
    lines += [f"FAILED: {visible(fault)}" for fault in entry["faults"]]
    return "\n".join(lines) + "\n"


def _account(entry: dict[str, Any], found: dict[str, Any]) -> list[str]:
    lines = table(
        ["source", "read", "failed", "dropped", "kept", "kept %"],
        [
            [source, a["read"], a["failed"], a["dropped"], a["kept"], share(a["kept"], a["read"])]
            for source, a in found["sources"].items()
        ]
        + [["all", *(found["totals"].get(k, 0) for k in ("read", "failed", "dropped", "kept")),
            share(found["totals"].get("kept", 0), found["totals"].get("read", 0))]],
    )  # fmt: skip
    steps = [
        [step["step"], step["in"], sum(step["dropped"].values()) or "-", _reasons(step)]
        for step in found["steps"]
    ]
    if steps:
        lines += ["", *table(["step", "in", "dropped", "why"], steps)]
    if failed := sum(a["failed"] for a in found["sources"].values()):
        kinds: dict[str, int] = {}
        for account in found["sources"].values():
            for kind, n in account["failed_by"].items():
                kinds[kind] = kinds.get(kind, 0) + n
        told = ", ".join(
            f"{n} {visible(kind, lines=False)}"
            for kind, n in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        )
        lines += ["", f"{failed} could not be read: {told}  (curate inspect {entry['path']} --failed)"]
    lines += _evidence(entry["path"], found)
    shards = found["outputs"]["data"]
    size = sum(s["bytes"] for s in shards) / 1e6
    rows = f"{sum(s['rows'] for s in shards):,} documents in {plural(len(shards), 'shard')}, {size:.1f} MB"
    lines += ["", f"{entry['path']}: {rows}"]
    if not found["totals"].get("kept", 0):
        lines.append("  nothing was kept: the table above says where the documents went")
    return lines


def thresholds(out: str, report: dict[str, Any]) -> str:
    """A classifier's report as text: how good it is on held-out texts, and what each threshold keeps."""
    held = report["held_out"]
    rows = [
        [row["threshold"], row["precision"], row["recall"], share(row["kept"], 1)]
        for row in held["thresholds"]
    ]
    best = held["best"]
    lines = [
        f"{out}: trained on {report['trained_on']:,} texts, judged on {held['positive']:,} positive and "
        f"{held['negative']:,} negative ones",
        f"  precision {held['precision']:.3f}, recall {held['recall']:.3f}, F1 {held['f1']:.3f} at 0.5; "
        f"AUC {held['auc']:.3f}; best F1 {best['f1']:.3f} at {best['threshold']:.3f}",
        "",
        *table(["min_score", "precision", "recall", "kept"], rows),
    ]
    return "\n".join(lines)


#: A table of evidence that is no larger is shown whole.
SMALL_ROWS, SMALL_WIDTH = 12, 118


def _evidence(folder: str, found: dict[str, Any]) -> list[str]:
    """The tables that steps left: small ones whole, of others how many rows they have."""
    lines: list[str] = []
    large: list[str] = []
    for name, files in sorted(found["outputs"].get("evidence", {}).items()):
        rows = sum(file["rows"] for file in files)
        table = _small(folder, name, found) if 0 < rows <= SMALL_ROWS else []
        if table:
            lines += ["", f"  {name}", *table]
        else:
            large.append(f"{name} {rows:,}")
    if large:
        lines += ["", f"evidence (curate inspect {folder} --evidence TABLE), rows: {', '.join(large)}"]
    return lines


def _small(folder: str, name: str, found: dict[str, Any]) -> list[str]:
    """A table's strings and numbers as text; nothing if it is too wide."""
    import polars as pl

    from curate import manifest

    frame = pl.concat([pl.read_parquet(file) for file in manifest.files(folder, found, f"evidence/{name}")])
    if pl.Binary in frame.dtypes:
        return []  # signatures: nothing to read
    frame = frame.select(c for c, kind in frame.schema.items() if not kind.is_nested())
    rows = [[_cell(value) for value in row] for row in frame.rows()]
    lines = table(frame.columns, rows)
    return lines if max(map(len, lines)) <= SMALL_WIDTH else []


def _cell(value: Any) -> Any:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else value


def _reasons(step: dict[str, Any], most: int = 4) -> str:
    ranked = sorted(step["dropped"].items(), key=lambda item: (-item[1], item[0]))
    told = [f"{reason} {n:,}" for reason, n in ranked[:most]]
    if len(ranked) > most:
        told.append(f"{len(ranked) - most} more reasons {sum(n for _, n in ranked[most:]):,}")
    told += [f"[{what}: {n:,}]" for what, n in step["counts"].items()]
    return ", ".join(told)


def share(part: int, whole: int) -> str:
    """A share in per cent."""
    return f"{part / whole:.1%}" if whole else "-"


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else visible(str(value), lines=False)


def table(head: list[str], rows: list[list[Any]], words: tuple[int, ...] = (0,)) -> list[str]:
    """Columns in line: those at the places `words`, and one called why, to the left, numbers to the right."""
    cells = [head, *([_shown(v) for v in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    left = {*words} | {i for i, name in enumerate(head) if name == "why"}
    return [
        "  "
        + "  ".join(
            c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))
        ).rstrip()
        for row in cells
    ]
