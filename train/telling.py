"""What a manifest of a trained model tells, in the words of reports and cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from curate import storage
from curate.funnel import table
from train.fit import read_log

GROUPS = {
    "general": "General",
    "domain": "Domain",
    "safety": "Safety",
    "memorisation": "Memorisation",
    "probe": "Probes",
}
BITS = "bits per byte"


def objective(found: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Its name, and its parameters as used."""
    told = found["training"]["objective"]
    return next(iter(told.items()), ("none", {}))


def unequal(found: dict[str, Any]) -> str | None:
    """What makes a control none: that it was trained on another number of tokens (by more than a fiftieth)."""
    own, control = (found.get("training") or {}).get("tokens"), found.get("control") or {}
    if not own or not control or abs((other := control["tokens"] or 0) - own) <= own / 50:
        return None
    much = f"{other:,} tokens" if other else "a number of tokens that is not known"
    return f"the control {control['name']} was trained on {much}, this model on {own:,}: they do not compare"


def began(found: dict[str, Any]) -> str:
    """What the model started from, in words."""
    names = [
        f"scratch ({start['preset']})"
        if "preset" in start
        else str(start.get("stage") or start.get("address"))
        for start in found["model"]["start"]
    ]
    return ", ".join(names)


def hub_base(found: dict[str, Any]) -> str | None:
    """The model of the Hub that it started from, as owner/name."""
    names = [str(start.get("address") or "") for start in found["model"]["start"]]
    return next((n.removeprefix("hf://").partition("@")[0] for n in names if n.startswith("hf://")), None)


def whole(scores: dict[str, Any]) -> dict[str, Any]:
    """Scores of all items of a measurer (general/wikitext), without those of a part (safety/refusal/violence)."""
    return {name: entry for name, entry in scores.items() if name.count("/") < 2}


def by_group(scores: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(title, its scores) of every group that has some, in the order in which they are told."""
    known = [*GROUPS, *sorted({str(entry["group"]) for entry in scores.values()} - set(GROUPS))]
    for group in known:
        mine = {name: entry for name, entry in scores.items() if entry["group"] == group}
        if mine:
            yield GROUPS.get(group, group), mine


def judged(entry: dict[str, Any], change: dict[str, float] | None) -> str | None:
    """Whether a change is for the better: only where its interval excludes none."""
    if change is None:
        return None
    if change["low"] <= 0 <= change["high"]:
        return "no sure change"
    return "better" if (change["value"] < 0) == (entry["better"] == "lower") else "worse"


def ends(of: dict[str, float] | None, sign: bool = False) -> str | None:
    """ "2.41 to 2.47", of an interval."""
    if of is None:
        return None
    return f"{_number(of['low'], sign)} to {_number(of['high'], sign)}"


def _number(found: float, sign: bool) -> str:
    return f"{found:+.3g}" if sign and found else f"{found:.4g}"


def value(of: dict[str, float] | None, sign: bool = False) -> str | None:
    """ "2.44 (2.41 to 2.47)", with its interval."""
    return None if of is None else f"{_number(of['value'], sign)} ({ends(of, sign)})"


def gain(scores: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The first domain score that can be compared with the stage before, bits per byte before others."""
    return next(iter(_changed(scores, "domain")), None)


def forgetting(scores: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The general score in bits per byte that changed most for the worse (without one, of what else there is)."""
    found = _changed(scores, "general")
    bits = [item for item in found if item[1]["metric"] == BITS] or found
    return max(bits, key=lambda item: _worse(item[1]), default=None)


def _changed(scores: dict[str, Any], group: str) -> list[tuple[str, dict[str, Any]]]:
    found = [(n, e) for n, e in whole(scores).items() if e["group"] == group and e.get("change")]
    return sorted(found, key=lambda item: item[1]["metric"] != BITS)


def _worse(entry: dict[str, Any]) -> float:
    return float(entry["change"]["value"]) * (1 if entry["better"] == "lower" else -1)


def exposures(scores: dict[str, Any]) -> list[dict[str, Any]]:
    """Of canaries by how often they were planted: exposure in bits, and the share of secrets given away."""
    out = []
    for name, entry in scores.items():
        start, _, count = name.rpartition("/")
        if start == "memorisation/exposure" and count.isdigit():
            given = scores.get(f"memorisation/canaries/{count}")
            bits = {key: entry[key] for key in ("value", "low", "high", "n")}
            out.append({"count": int(count), **bits, "given": given["value"] if given else None})
    return sorted(out, key=lambda row: row["count"])


def data(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each source of the mixture its share as asked for and as reached, tokens, epochs, licences."""
    training = found["training"]
    by, epochs = training.get("by_source") or {}, training.get("epochs") or {}
    every = sum(by.values())
    names = dict.fromkeys([*found["data"], *by])  # canaries are in the mixture, and no source of their own
    wanted = targets(found)[0]
    return [
        {
            "name": name,
            **{k: entry.get(k) for k in ("from", "split", "files", "fingerprint", "stage")},
            "licenses": entry.get("licenses") or [],
            "target": wanted.get(name),
            "reached": by[name] / every if name in by and every else None,
            "tokens": by.get(name),
            "epochs": epochs.get(name),
        }
        for name in names
        for entry in [found["data"].get(name, {})]
    ]


def targets(found: dict[str, Any]) -> tuple[dict[str, float], dict[str, float], float]:
    """Shares of the mixture as asked for, those of its last part (`anneal`), and how large a share that part is."""
    config = found["parts"]["config"]
    anneal = config.get("anneal") or {}
    last = _shares(anneal.get("data") or [])
    return _shares(config.get("data") or []), last, float(anneal["share"]) if last else 0.0


def _shares(entries: Iterable[dict[str, Any]]) -> dict[str, float]:
    """By name; at most one takes what the others leave. Nothing where none has a share and there are several."""
    given = [(str(entry.get("name") or entry["from"]), entry.get("share")) for entry in entries]
    if len(given) > 1 and all(share is None for _, share in given):
        return {}
    rest = 1 - sum(share or 0 for _, share in given)
    return {name: float(rest if share is None else share) for name, share in given}


def log(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines of the artefact's log; none where it has none (a merge learns nothing) or is not on this machine."""
    there = found["outputs"].get("log") and storage.is_local(folder)
    return read_log(Path(folder) / "log.jsonl") if there else []


def median(values: Iterable[float]) -> float | None:
    """The middle one."""
    ranked = sorted(values)
    return ranked[len(ranked) // 2] if ranked else None


def plain(scores: dict[str, Any]) -> dict[str, Any]:
    """Scores without examples, which quote what was asked and answered."""
    return {name: {k: v for k, v in entry.items() if k != "examples"} for name, entry in scores.items()}


def printed(found: dict[str, Any]) -> list[str]:
    """A model or a scorecard in a terminal."""
    lines = []
    if training := found.get("training"):
        learnt = []  # a merge learns nothing
        if training["steps"]:
            what = "tokens" if training["tokens"] else "rows"
            learnt = [f"{training[what] or 0:,} {what}", f"{training['steps']:,} steps"]
        if training.get("tokens_per_second"):
            learnt.append(f"{training['tokens_per_second']:,.0f} tokens/s")
        told = f": {', '.join(learnt)}" if learnt else ""
        lines.append(f"  {objective(found)[0]} from {began(found)}{told}")
    if odd := unequal(found):
        lines.append(f"  {odd}")
    rows = [
        [name, entry["metric"], value(entry.get("before")) or "-", value(entry), _told_change(entry)]
        for name, entry in whole(found["scores"]).items()
    ]
    lines += (
        ["", *table(["score", "", "before", "now (95% interval)", "change"], rows, (0, 1))] if rows else []
    )
    return lines + (["", *table(*company(found["company"]), (0,))] if found.get("company") else [])


def company(cells: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Adapters in company as a table: a row for each adapter or merge, a column for each task, with the change against
    the task's own adapter alone (or the base, for tasks that none was trained for)."""
    tasks = list(dict.fromkeys(cell["task"] for cell in cells if cell["task"].count("/") < 2))
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        change = f" ({_number(cell['change']['value'], True)})" if cell["change"] else ""
        rows.setdefault(cell["row"], {})[cell["task"]] = f"{_number(cell['score']['value'], False)}{change}"
    return ["adapters", *tasks], [
        [row, *(found.get(task, "-") for task in tasks)] for row, found in rows.items()
    ]


def _told_change(entry: dict[str, Any]) -> str:
    change = entry.get("change")
    return f"{_number(change['value'], True)} {judged(entry, change)}" if change else "-"
