"""The answer of `curate why` for a terminal: plain lines, nothing of a document that acts or hides."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from curate.display import clipped, visible
from curate.explain.sections import lines as of_sections
from curate.explain.sides import beside, edit_lines
from curate.progress import plural

#: Unless all is asked for: thresholds per step, characters of a value.
CLOSEST, VALUE = 3, 300
SIGNS = {"min": ("≥", "<"), "max": ("≤", ">")}


def lines(answer: dict[str, Any], width: int, full: bool) -> Iterator[str]:
    """The whole answer."""
    if "sections" in answer:
        yield one(answer["id"], 2000)
        yield from of_sections(answer["sections"], width)
        return
    if upstream := answer.get("upstream"):
        yield from _upstream(upstream, width, full)
    yield one(answer["id"], 2000)
    if "missing" in answer:
        yield answer["missing"]
        return
    yield f"{_now(answer)}"
    yield from _fields(_reading(answer.get("read", {})), width)
    for error in answer.get("errors", ()):
        yield from _wrapped(f"  {error['kind']}: {one(error['error'], 2000)}", width, 4)
    if answer.get("steps"):
        yield ""
        for number, step in enumerate(answer["steps"], 1):
            yield from _step(number, step, width, full)
    if "unexplained" in answer:
        yield from _edit(
            answer["unexplained"], "between what these steps give and what is stored", width, "  "
        )
    yield from _duplicates(answer, width)
    if private := answer.get("private"):
        counts = private["counts"]
        told = f"not known: {private['by']}" if counts is None else _counts(counts) or "none"
        yield from _wrapped(
            f"private data taken out: {told}" + (f" (by {private['by']})" if counts else ""), width, 2
        )
    if text := answer.get("text"):
        yield ""
        yield f"text, {text['characters']:,} characters:"
        for line in visible(text["begins"]).splitlines():
            yield from _wrapped("  " + line, width, 2)
    if notes := list(dict.fromkeys(answer.get("notes", ()))):
        yield ""
        for note in notes:
            yield from _wrapped(f"note: {one(note, 1000)}", width, 6)


def one(value: Any, most: int = VALUE) -> str:
    """A value in one line."""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(
            f"{clipped(str(k), 60, lines=False)} {one(v, most)}"
            for k, v in value.items()
            if v not in (None, [])
        )
    if isinstance(value, list):
        return clipped(json.dumps(value, ensure_ascii=False, default=str), most, lines=False)
    return "none" if value is None else clipped(str(value), most, lines=False)


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]


def _now(answer: dict[str, Any]) -> str:
    if answer["outcome"] == "not read":
        return f"never came to the stage {answer['stage']}"
    gone = next((step for step in answer.get("steps", ()) if step["outcome"] == "dropped"), None)
    what = f"dropped by {gone['step']}: {gone['reason']}" if gone else answer["outcome"]
    if answer["outcome"] == "failed":
        what = "could not be read"
    now = answer["now"]
    place = f"{now['file']}, row {now['row']:,} (row group {now['row_group']:,})"
    return f"{what}; now in {visible(answer['artefact'], lines=False)}: {place}"


def _reading(read: dict[str, Any]) -> dict[str, str]:
    """What is told of where a record was read, in order."""
    if not read:
        return {}
    revealed = read.get("revealed", {})
    span = read.get("bytes")
    of = (
        "" if span is None else f" of bytes {span[0]:,} to {'the end' if span[1] is None else f'{span[1]:,}'}"
    )
    told = {
        "source": read["source"],
        "file": read.get("path") or read["file"],
        "place": read["place"],
        f"sha256{of}": (read["sha256"] or "not recorded: reading stopped before the end")
        + (f" (the file is the same by {read['unchanged']})" if "unchanged" in read else ""),
    }
    told |= {
        name: read[name] for name in ("license", "key", "title", "date", "url", "metadata") if name in read
    }
    told |= {f"{name} in clear": value for name, value in revealed.items()}
    return told


def _fields(fields: dict[str, str], width: int) -> Iterator[str]:
    label = max(map(len, fields), default=0)
    for name, value in fields.items():
        yield from _wrapped(f"  {name:{label}}  {one(value)}", width, label + 4)


def _step(number: int, step: dict[str, Any], width: int, full: bool) -> Iterator[str]:
    head = f"{number:3}  {step['step']}: "
    if step["outcome"] == "not reached":
        yield head + "not reached"
        return
    told = []
    if step["outcome"] == "dropped":
        told.append(
            f"DROPPED for {one(step['reason'])}" + (f" ({one(step['detail'])})" if step["detail"] else "")
        )
    if step["outcome"] == "late":
        told.append("had dropped rows too, before they were written")
    for name, value in step.get("values", {}).items():
        told += [f"{name} {_struct(value, full) if isinstance(value, dict) else one(value)}"]
    told += _held(step.get("thresholds", []), full) + step.get("lost", [])
    told += [_size(edit) for edit in step.get("edits", ())]
    yield from _wrapped(head + ("; ".join(told) or "passed"), width, 5)
    for edit in step.get("edits", ()):
        yield from _edit(edit, "", width, " " * 7)
    for table, rows in step.get("evidence", {}).items():
        for row in rows:
            yield from _evidence(table, row, width)


def _evidence(table: str, row: dict[str, Any], width: int) -> Iterator[str]:
    plain = {name: v for name, v in row.items() if name not in ("id", "around", "stored_at")}
    yield from _wrapped(f"{'':5}{table}: {one(plain)}", width, 7)
    if "around" in row:
        before, after = (visible(part, lines=False) for part in row["around"])
        shown = f"…{before}[[{one(row['passage'])}]]{after}…"
        yield from _wrapped(f"{'':7}at {row['stored_at']:,} of the stored text: {shown}", width, 9)


def _struct(value: dict[str, Any], full: bool) -> str:
    names = (
        list(value)
        if full
        else [n for n in ("chars", "words", "tokens", "lines") if n in value] or list(value)[:4]
    )
    rest = f" (and {len(value) - len(names)} more: --full)" if len(names) < len(value) else ""
    return one({name: value[name] for name in names}) + rest


def _held(thresholds: list[dict[str, Any]], full: bool) -> list[str]:
    known = [held for held in thresholds if held["met"] is not None]
    broken = [held for held in known if not held["met"]]
    shown = (
        known if full else broken + [held for held in known if held["met"]][: max(0, CLOSEST - len(broken))]
    )
    told = [f"{h['parameter']} {one(h['value'])} {_sign(h)} {one(h['bound'])}" for h in shown]
    if len(shown) < len(known):
        told.append(f"{len(known) - len(shown)} more held: --full")
    if missing := len(thresholds) - len(known):
        told.append(f"{plural(missing, 'threshold')} of which the values were not kept")
    return told


def _sign(held: dict[str, Any]) -> str:
    return "=" if held["value"] == held["bound"] else SIGNS[held["side"]][not held["met"]]


def _size(edit: dict[str, Any]) -> str:
    of = "" if edit["steps"][1:] == [] else f" (with {', '.join(edit['steps'][:-1])})"
    told = [
        f"{name} changed in {plural(d['places'], 'place')}, -{d['gone']:,} +{d['new']:,} characters"
        for name, d in edit["columns"].items()
    ]
    return "; ".join(told) + of


def _edit(edit: dict[str, Any], title: str, width: int, indent: str) -> Iterator[str]:
    if title:
        yield f"{indent}{title}:"
    for name, difference in edit["columns"].items():
        if name != "text" and difference.get("windows"):
            yield f"{indent}{name}"
        yield from edit_lines(difference, width, indent)


def _duplicates(answer: dict[str, Any], width: int) -> Iterator[str]:
    if partner := answer.get("partner"):
        yield ""
        similar = "" if partner["similarity"] is None else f", similarity {partner['similarity']:.4f}"
        release = f" of the earlier release {one(partner['release'])}" if "release" in partner else ""
        yield from _wrapped(f"duplicate of {one(partner['id'], 2000)}{release}{similar}", width, 2)
        for link in partner.get("chain", ()):
            onward = f" for {one(link['duplicate_of'])}" if link["duplicate_of"] else ""
            yield f"  {one(link['id'])} was itself dropped by {link['step']}: {one(link['reason'])}{onward}"
        if "missing" in partner:
            yield f"  {partner['missing']}"
        if now := partner.get("now"):
            yield f"  {now['file']}, row {now['row']:,}" + (
                f", {one(partner['title'])}" if "title" in partner else ""
            )
        if (difference := partner.get("difference")) and difference["places"]:
            yield from beside(difference, ("this document", "the one it duplicates"), width, "  ")
        elif difference:
            yield "  their texts, as stored, are the same"
    if stood := answer.get("stands_for"):
        yield ""
        sizes = {name: n for name, n in stood.items() if name in ("copies", "cluster_size")}
        yield f"{one(sizes)}{'; ' if sizes else ''}{plural(stood['count'], 'document')} went for it"
        for gone in stood["documents"]:
            similar = "" if gone["similarity"] is None else f" ({gone['similarity']:.4f})"
            yield f"  {one(gone['id'])}  {gone['step']}{similar}"
        if stood["count"] > len(stood["documents"]):
            yield f"  … {stood['count'] - len(stood['documents']):,} more: --full shows them"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{entity} {n:,}" for entity, n in counts.items())


def _upstream(upstream: dict[str, Any], width: int, full: bool) -> Iterator[str]:
    yield f"before, in the stage {upstream['stage']}:"
    if "missing" in upstream:
        yield f"  {upstream['missing']}"
    else:
        yield from (f"  {line}" for line in lines(upstream, width - 2, full))
    yield ""
