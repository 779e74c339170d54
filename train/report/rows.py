"""The lineage, and items that went worst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate import sections, storage
from curate.display import clipped
from curate.errors import CurateError
from curate.lineage import lineage
from curate.progress import plural
from curate.sections import Section
from train import telling

#: Worst items shown of each score, and characters of what was asked and answered.
WORST, SHOWN = 3, 900


def behind(folder: str) -> Section | None:
    """The lineage: what the artefact was made from, link by link (`curate lineage` has it as a tree)."""
    try:
        tree = lineage(folder)
    except CurateError:  # a manifest that is not written yet
        return None
    notes = [sections.note(note, "bad") for note in tree["notes"]]
    return sections.section("lineage", "Lineage", *notes, links(tree), brief=True)


def links(tree: dict[str, Any]) -> sections.Block:
    """A lineage as a table, nearest first; what an artefact was made from is set in below it."""
    columns: list[tuple[str, sections.Kind]] = [("artefact", "text"), ("serves as", "text"), ("kind", "text")]
    columns += [("what was done, or read", "text"), ("licences", "text"), ("fingerprint", "code")]
    return sections.table("", [*columns, ("", "verdict")], _links(tree, "", {}, 0))


def _links(node: dict[str, Any], role: str, link: dict[str, Any], depth: int) -> Iterator[list[Any]]:
    pad = "\u2007\u2007" * depth + ("└\u00a0" if depth else "")
    licences = ", ".join(link.get("licenses") or []) or None
    said = (node.get("verdict") or {}).get("ok") if node["state"] == "there" else _STATES[node["state"]]
    done = _done(node) or node.get("told") or None
    yield [f"{pad}{node['stage']}", role or None, node["kind"], done, licences, node["fingerprint"][:8], said]
    for source in node.get("sources", ()):
        share = f", {source['share']:.1%} of the text" if source["share"] is not None else ""
        told = f"{source['path']}: {plural(len(source['files']), 'file')}{share}"
        own = "\u2007\u2007" * (depth + 1) + f"└\u00a0{source['name']}"
        yield [
            own,
            source["as"],
            None,
            told,
            source["license"],
            "",
            None,
        ]
    for below in node.get("from", ()):
        share = below.get("reached")
        role = below["as"] + (f" {share:.1%}" if share is not None else "")
        yield from _links(below["node"], role, below, depth + 1)


#: What stands in the place of a verdict.
_STATES = {"above": "told above", "missing": "missing", "changed": "changed since", "outside": "no artefact"}


def _done(node: dict[str, Any]) -> str:
    model, counts = node.get("model"), node.get("counts", {})
    if not model:
        return f"{counts['read']:,} read, {counts.get('kept', 0):,} kept" if "read" in counts else ""
    told = [str(model["objective"])] if model["objective"] else []
    told += [f"{model['tokens']:,} tokens"] if model["tokens"] else []
    changed = [c["name"] for c in model["changed"] or () if c["name"] != "objective"]
    return ", ".join([*told, *([f"set otherwise: {' '.join(changed)}"] if changed else [])])


def worst(found: dict[str, Any], folder: str) -> Section | None:
    """Items that went worst of every score, free of private data; none of the audit of memorisation, which quotes."""
    from curate.report.samples import scrubbed

    kept = {n: e for n, e in telling.whole(found["scores"]).items() if e["group"] != "memorisation"}
    blocks: list[sections.Block] = []
    parts: list[dict[str, Any]] = []
    for title, mine in telling.by_group(kept):
        rows = [example for name, entry in mine.items() for example in _worst(folder, name, entry)]
        parts += [part for row in rows for part in row["parts"]]
        blocks += [sections.samples(title, rows, opened=not blocks)] if rows else []
    if not blocks:
        return None
    for part, text in zip(parts, scrubbed([part["text"] for part in parts])):
        part["text"] = text
    note = sections.note(
        "Those that changed most for the worse, else those with the worst values. What the audit of memorisation asked "
        "and got is not shown: it holds what must not be."
    )
    return sections.section("worst", "Worst examples", note, *blocks, last=True)


def _worst(folder: str, name: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"{folder}/evidence/scores/{name.replace('/', '-')}.parquet"
    if not storage.exists(path):
        return []
    with storage.open_file(path) as handle:
        frame = pl.read_parquet(handle)
    before = {example["item"]: example.get("before") for example in entry.get("examples") or ()}
    if before:
        frame = frame.filter(pl.col("item").is_in(list(before)))
    frame = frame.sort("value", descending=entry["better"] == "lower").head(WORST)
    out = []
    for item, value, detail in frame.select("item", "value", "detail").iter_rows():
        was = f"{before[item]:.4g} → " if before.get(item) is not None else ""
        tags: list[tuple[str, sections.Tone]] = [(name, ""), (f"{was}{value:.4g} {entry['metric']}", "")]
        part = sections.part("asked and answered", clipped(detail or "", SHOWN))
        out.append(sections.sample(item, [part], tags=tags))
    return out
