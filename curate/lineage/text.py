"""A lineage for a terminal: a tree, what an artefact was made from below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from curate.display import clipped
from curate.lineage.told import mapping
from curate.progress import compact, plural

#: Characters of a name or value; settings, scores and sources that are listed of each artefact (JSON has all).
LONGEST, LISTED = 70, 12
#: Groups of scores in the order in which they are told.
GROUPS = ("general", "domain", "safety", "memorisation", "probe")


def lines(tree: dict[str, Any], width: int) -> Iterator[str]:
    """The whole tree, then what is missing or changed."""
    yield from _node(tree, "", "", width, "")
    if tree["notes"]:
        yield ""
        for note in tree["notes"]:
            yield from textwrap.wrap(
                f"note: {_one(note, 400)}", width, subsequent_indent="      ", break_on_hyphens=False
            )


def _node(node: dict[str, Any], first: str, rest: str, width: int, role: str) -> Iterator[str]:
    yield from _wrapped(" · ".join(filter(None, [role, *_head(node)])), first, rest + "  ", width)
    below = [*node.get("sources", ()), *node.get("from", ())]
    pipe = rest + ("│ " if below else "  ")
    for told in _told(node):
        yield from _wrapped(told, pipe, pipe + "  ", width)
    for i, entry in enumerate(below):
        end = i == len(below) - 1
        branch, under = (rest + "└─ ", rest + "   ") if end else (rest + "├─ ", rest + "│  ")
        if "node" in entry:
            yield from _node(entry["node"], branch, under, width, _link(entry))
        elif i < LISTED:
            yield from _wrapped(_source(entry), branch, under + "  ", width)
        elif i == LISTED:
            more = sum("node" not in one for one in below) - LISTED
            yield f"{branch}{plural(more, 'source')} more (--json lists all)"


def _head(node: dict[str, Any]) -> list[str]:
    state = {"above": "see above", "changed": "CHANGED", "missing": "MISSING", "outside": "not an artefact"}
    of = [_one(node["kind"])] if node["kind"] else []
    code = mapping(mapping(node.get("code")).get("environment")).get("curate")
    made = [f"{_one(node['created'])[:10]} by curate {_one(code)}"] if node.get("created") else []
    verdict = node.get("verdict")
    said = [] if "verdict" not in node else [_verdict(verdict)]
    wrong = [state[node["state"]]] if node["state"] in state else []
    why = [_one(node["told"], 200)] if node.get("told") and node["state"] != "there" else []
    return [_one(node["stage"]), *of, _one(node["fingerprint"])[:8], *made, *said, *wrong, *why]


def _verdict(verdict: Any) -> str:
    return "passed" if mapping(verdict).get("ok") else "FAILED" if mapping(verdict) else "no verdict"


def _told(node: dict[str, Any]) -> Iterator[str]:
    counts = node.get("counts") or {}
    if "read" in counts:
        told = f"{counts['read']:,} read, {counts.get('kept', 0):,} kept"
        yield told + "".join(
            f", {counts[key]:,} {what}"
            for key, what in (("dropped", "dropped"), ("failed", "could not be read"))
            if counts.get(key)
        )
    if "model" in node:
        yield from _model(node["model"])


def _model(model: dict[str, Any]) -> Iterator[str]:
    amounts = [(model["tokens"], "tokens"), (model["steps"], "steps"), (model["parameters"], "parameters")]
    told = [f"{compact(n)} {what}" for n, what in amounts if isinstance(n, int | float)]
    began = [f"from scratch ({_one(model['preset'])})"] if model["preset"] else []
    if model["objective"]:
        yield ", ".join([_one(model["objective"]), *began, *told])
    if model["changed"]:
        shown = [
            f"{_one(c['name'])} {_value(c['was'])} → {_value(c['now'])}" for c in model["changed"][:LISTED]
        ]
        more = len(model["changed"]) - LISTED
        yield "set otherwise than its start: " + ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    yield from scores(model["scores"])
    for fault in model["gate"]["faults"]:
        yield f"gate: {_one(fault, 300)}"


def scores(found: dict[str, Any]) -> Iterator[str]:
    """A line for each score of the whole (general/wikitext; those of a part, safety/refusal/x, only in JSON)."""
    whole = [(_one(name), mapping(of)) for name, of in found.items() if str(name).count("/") < 2]
    whole.sort(key=lambda item: GROUPS.index(g) if (g := item[1].get("group")) in GROUPS else len(GROUPS))
    for name, of in whole:
        before, change = mapping(of.get("before")), mapping(of.get("change"))
        was = f"{_number(before.get('value'))} → " if before else ""
        moved = ""
        if change:
            value, low, high = (_signed(change.get(key)) for key in ("value", "low", "high"))
            moved = f"; change {value} [{low}, {high}]"
        ends = f"[{_number(of.get('low'))}, {_number(of.get('high'))}]"
        yield f"{name}: {was}{_number(of.get('value'))} {ends} {_one(of.get('metric'))}{moved}"


def _link(link: dict[str, Any]) -> str:
    share = link.get("reached") if link.get("reached") is not None else link.get("share")
    told = [f"{share:.1%}"] if isinstance(share, int | float) else []
    told += [f"{compact(link['tokens'])} tokens"] if isinstance(link.get("tokens"), int | float) else []
    told += [f"{link['epochs']:.2g} epochs"] if isinstance(link.get("epochs"), int | float) else []
    licences = link.get("licenses")
    told += [_one(", ".join(map(str, licences)))] if isinstance(licences, list) and licences else []
    name = "" if link["name"] == mapping(link["node"]).get("stage") else f" {_one(link['name'])}"
    return f"{link['as']}{name}" + (f" ({', '.join(told)})" if told else "")


def _source(source: dict[str, Any]) -> str:
    share, files = source.get("share"), source["files"]
    size = sum(f["bytes"] for f in files if isinstance(f["bytes"], int))
    told = [_one(source["path"], 120)] if source["path"] else []
    told += (
        [_one(source["license"])]
        if source["license"]
        else ["no licence named"]
        if "documents" in source
        else []
    )
    told += [f"{plural(len(files), 'file')}, {compact(size)} bytes"] if files else []
    told += [f"{share:.1%} of the text"] if isinstance(share, int | float) else []
    listed = ", ".join(told)
    return f"{source['as']} {listed if source['name'] == source['path'] else _one(source['name']) + ': ' + listed}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "–"


def _signed(value: Any) -> str:
    return f"{value:+.3g}" if isinstance(value, int | float) else "–"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else _one(value)


def _one(value: Any, most: int = LONGEST) -> str:
    return clipped(str(value), most, lines=False)


def _wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, len(rest) + 30),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    ) or [first]
