"""The report of a trained model and of a scorecard (`curate.kinds`): what was learnt, on what, and what it cost."""

from __future__ import annotations

from typing import Any

from curate import sections
from train import telling
from train.report.learnt import mixture, training
from train.report.rows import behind, worst
from train.report.scores import exposed, gate, measured


def report(found: dict[str, Any], folder: str, *, texts: bool = True) -> dict[str, Any]:
    """Tiles, sections and numbers; without `texts` nothing of a row is quoted."""
    log = telling.log(folder, found)
    parts = [gate(found), *measured(found), training(found, log), mixture(found, log)]
    parts += [exposed(found["scores"]), behind(folder), worst(found, folder) if texts else None]
    told = {
        "objective": found["training"]["objective"],
        "model": {k: v for k, v in found["model"].items() if k != "start"},
        "training": {k: v for k, v in found["training"].items() if k not in ("objective", "notes")},
        "mfu": telling.median(line["mfu"] for line in log if "mfu" in line),
        "data": telling.data(found),
        "scores": telling.plain(found["scores"]),
        "gate": found["gate"],
        "exposure": telling.exposures(found["scores"]),
    }
    return sections.report(tiles(found, told["mfu"]), [part for part in parts if part], told)


def scorecard(found: dict[str, Any], folder: str, *, texts: bool = True) -> dict[str, Any]:
    """The same of measurements alone (kind evaluate)."""
    scores = found["scores"]
    heads = [
        sections.tile(
            "scores", len(telling.whole(scores)), f"in {len(list(telling.by_group(scores)))} groups"
        )
    ]
    heads += _headlines(scores)
    parts = [
        gate(found),
        *measured(found),
        exposed(scores),
        _company(found.get("company") or []),
        behind(folder),
        worst(found, folder) if texts else None,
    ]
    numbers = {"scores": telling.plain(scores), "exposure": telling.exposures(scores)}
    return sections.report([*heads, _verdict(found)], [part for part in parts if part], numbers)


def _company(cells: list[dict[str, Any]]) -> Any:
    """Several adapters on one base: what each does alone, and what it loses beside the others."""
    if not cells:
        return None
    head, rows = telling.company(cells)
    told = "In brackets the change against the adapter that was trained for the task, alone; else against the base."
    table = sections.table("", [(name, "text") for name in head], rows)
    return sections.section("company", "Adapters in company", sections.note(told), table, brief=True)


def tiles(found: dict[str, Any], mfu: float | None) -> list[dict[str, Any]]:
    """The figures at the head of the page."""
    spent, given = found["training"], found["training"]["settings"]
    steps = f"{spent['steps']:,} steps of {given['batch_size']:,} rows"
    device = f"{given.get('devices', 1)} × {given.get('device', 'cpu')}"
    speed = spent.get("tokens_per_second")
    out = [sections.tile("objective", telling.objective(found)[0], f"from {telling.began(found)}")]
    if spent["steps"]:  # a merge learns nothing
        what = "tokens" if spent["tokens"] else "rows"
        out.append(sections.tile(what, spent[what] or 0, steps))
        out.append(sections.tile("seconds", round(spent["seconds"]), f"of training on {device}"))
    if speed is not None:
        out.append(sections.tile("tokens/s", round(speed), "the median of all steps"))
    if mfu is not None:
        out.append(sections.tile("MFU", f"{mfu:.1%}", "of the card's dense bf16 peak"))
    return [*out, *_headlines(found["scores"]), _verdict(found)]


def _headlines(scores: dict[str, Any]) -> list[dict[str, Any]]:
    out = []
    for name, chosen in (
        ("domain gain", telling.gain(scores)),
        ("general forgetting", telling.forgetting(scores)),
    ):
        if chosen is None:
            out.append(sections.tile(name, "–", "not compared with a stage before"))
            continue
        score, entry = chosen
        change = entry["change"]
        said = telling.judged(entry, change)
        below = f"{entry['metric']}, {telling.ends(change, sign=True)} ({score})"
        out.append(sections.tile(name, f"{change['value']:+.3g}", below, _tone(said)))
    return out


def _tone(said: str | None) -> sections.Tone:
    return "good" if said == "better" else "bad" if said == "worse" else ""


def _verdict(found: dict[str, Any]) -> dict[str, Any]:
    verdict = found.get("verdict") or {"ok": None, "faults": []}
    faults = len(verdict["faults"])
    if verdict["ok"] is None:
        return sections.tile("verdict", "none", "not judged yet")
    told = (
        f"{faults} fault{'s' * (faults != 1)}"
        if faults
        else "the gate let it pass"
        if any(limit is not None for limit in (found.get("gate") or {}).values())
        else "no gate"
    )
    return sections.tile(
        "verdict", "passed" if verdict["ok"] else "failed", told, "good" if verdict["ok"] else "bad"
    )
