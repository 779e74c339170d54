"""The answer of `curate diff` for a terminal: what is set otherwise, then what became of documents, and why."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from curate.differences import models
from curate.display import clipped
from curate.explain.sides import inline
from curate.explain.text import one
from curate.progress import plural

#: Names, files, modules that are listed.
LISTED = 6


def lines(answer: dict[str, Any], width: int) -> Iterator[str]:
    """The whole answer."""
    for side in ("was", "now"):
        run = answer[side]
        yield _one(f"{side}  {run['artefact']}  ({run['pipeline']}/{run['stage']}, {run['created']})", 300)
    yield ""
    if "scores" in answer:
        yield from models.lines(answer, width)
        return
    made = [line for part in (_made(answer), _inputs(answer)) for line in part]
    for line in made or ["made from the same settings, code, libraries and inputs"]:
        yield from _wrapped(line, width, 2)
    yield ""
    yield from _totals(answer)
    if found := answer["documents"]:
        yield ""
        yield from _counts(found)
        for group in found["groups"]:
            if group["change"] not in ("unchanged", "still out"):
                yield from _group(group, width)
        if found["elsewhere"]:
            n = plural(found["elsewhere"], "newly read document")
            yield f"{n} that was kept has the text of one no longer read: it stands elsewhere in its file or source"
    if "out" in answer:
        yield _one(f"wrote {plural(answer['out']['rows'], 'document')} to {answer['out']['file']}", 300)
    for note in answer["notes"]:
        yield from _wrapped(f"note: {note}", width, 6)


def _one(value: Any, most: int = 80) -> str:
    return clipped(
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), most, lines=False
    )


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)


def _list(names: list[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(_one(name) for name in names[:LISTED]) + more


def setting(changed: dict[str, Any]) -> str:
    """A changed setting: `quality.min_words 30 → 80`."""
    if changed["kind"] == "source" and not changed["name"]:
        return f"source {changed['of']} {'removed' if changed['now'] is None else 'added'}"
    where = ".".join(filter(None, (changed["of"], changed["name"])))
    if changed["name"] == "files":
        return f"{where}: the files that it reads have changed"
    return f"{where} {_value(changed['was'])} → {_value(changed['now'])}"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else _one(value)


def _made(answer: dict[str, Any]) -> Iterator[str]:
    for changed in answer["settings"]:
        yield setting(changed)
    for what, steps in answer["steps"].items():
        if steps:
            yield f"steps {what}: {_list(steps)}"
    for what, names in answer["code"].items():
        if names:
            yield f"code {what}: {_list(names)}"
    for what in ("libraries", "environment", "upstream", "variables"):
        if answer[what]:
            told = [f"{u['name']} {_value(u['was'])} → {_value(u['now'])}" for u in answer[what]]
            yield f"{what}: {_list(told)}"


def _inputs(answer: dict[str, Any]) -> Iterator[str]:
    for source, files in answer["inputs"].items():
        told = [f"{len(names):,} {what} ({_list(names)})" for what, names in files.items() if names]
        yield f"input {_one(source)}: files {'; '.join(told)}"


def _totals(answer: dict[str, Any]) -> Iterator[str]:
    head = ["source", "read", "kept", "dropped", "failed", "characters kept"]
    names = ("read", "kept", "dropped", "failed", "characters_kept")
    rows = [[_one(name), *(_change(of, n) for n in names)] for name, of in answer["sources"].items()]
    rows.append(["all", *(_change(answer["totals"], name) for name in names)])
    yield from _table([head, *rows])


def _change(of: dict[str, dict[str, int]], name: str) -> str:
    was, now = of["was"][name], of["now"][name]
    return f"{now:,}" if was == now else f"{was:,} → {now:,}"


def _table(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        yield "  ".join(cells).rstrip()


def _counts(found: dict[str, Any]) -> Iterator[str]:
    head = ["documents", "", "characters as kept"] + (["tokens as kept"] if found["tokens"] else [])
    rows = [head]
    for change, n in found["counts"].items():
        if n["documents"]:
            sizes = [_size(n, "characters")] + ([_size(n, "tokens")] if found["tokens"] else [])
            rows.append([change, f"{n['documents']:,}", *sizes])
    yield from _table(rows)


def _size(n: dict[str, int], name: str) -> str:
    was, now = n[f"{name}_was"], n[f"{name}_now"]
    return f"{now:,}" if was == now else f"{was:,} → {now:,}"


def _group(group: dict[str, Any], width: int) -> Iterator[str]:
    yield ""
    of = ", ".join(f"{_one(name)} {n:,}" for name, n in group["sources"].items())
    head = f"{_because(group)}: {plural(group['documents'], 'document')} {_what(group)}; of {of}"
    yield from _wrapped(head, width, 2)
    for example in group.get("examples", ()):
        told = [f"{side}: {_deciding(example[side])}" for side in ("was", "now") if side in example]
        title = f" ({_one(example['title'])})" if "title" in example else ""
        yield from _wrapped(
            f"    {_one(example['id'], 300)}{title}" + "".join(f"; {t}" for t in told), width, 6
        )
        for window in example.get("difference", {}).get("windows", ()):
            yield from _wrapped(f"      at {window['at'][0]:,}: …{inline(window)}…", width, 8)


def _deciding(values: dict[str, Any]) -> str:
    plain = {name: value for name, value in values.items() if name != "detail"}
    told = values.get("detail")
    return ", ".join(filter(None, (one(plain), one(told, 120) if told else "")))


def _what(group: dict[str, Any]) -> str:
    was, now = _fate(group["was"]), _fate(group["now"])
    words = {
        "went": f"went ({now})",
        "came": f"came ({'' if was.startswith('failed') else 'no longer '}{was})",
        "changed": "kept with another text",
        "moved": f"out for another reason ({was} → {now})",
        "new": f"newly read ({now})",
        "gone": f"no longer read ({was})",
    }
    return words[group["change"]]


def _fate(side: dict[str, str]) -> str:
    if side["outcome"] == "dropped":
        return f"{side['step']}: {_one(side['reason'])}"
    return f"failed: {_one(side['kind'])}" if side["outcome"] == "failed" else side["outcome"]


def _because(group: dict[str, Any]) -> str:
    why = group["because"]
    kind = why.get("kind")
    if kind == "setting":
        return "; ".join(setting(changed) for changed in why["settings"][:LISTED])
    if kind == "step":
        return f"step {why['step']} {why['what']}"
    if kind == "input":
        told = (", ".join(f"{n:,} {what}" for what, n in of.items() if n) for of in why["inputs"].values())
        return "; ".join(f"files of {_one(name)} ({of})" for name, of in zip(why["inputs"], told))
    if kind == "code":
        return f"code changed ({_list(why['modules'])})"
    if kind == "libraries":
        return f"libraries changed ({_list([library['name'] for library in why['libraries']])})"
    if kind == "upstream":
        return f"upstream {_list(why['stages'])} is another"
    return "follows from what else differs (other documents, or earlier steps)"
