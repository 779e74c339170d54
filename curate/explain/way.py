"""The way of a document through the steps of its stage: what each measured, held it to, changed, found, decided."""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl

from curate.explain.difference import AROUND, compared
from curate.explain.edits import Passed
from curate.explain.locate import groups
from curate.explain.locate import row as stored
from curate.explain.names import used
from curate.rows import Threshold, value

#: What a verdict says of those that go: of others there is nothing to hold to a threshold.
VERDICT = ("similarity",)


def steps(
    folder: str,
    found: dict[str, Any],
    document: pl.DataFrame,
    passed: Passed | None,
    *,
    shown: bool,
    most: int | None,
) -> list[dict[str, Any]]:
    """Each step of the stage in order, as it treated the document whose stored row is `document`.

    `passed` is the document passed through the steps again, if it could be; its edits are told in words only if
    `shown`, else by their sizes. `most` bounds windows of a difference.
    """
    row = document.row(0, named=True)
    dropped, gone = row.get("step"), False
    out = []
    for entry in found["steps"]:
        use = used(entry)
        told: dict[str, Any] = {"step": entry["step"], "name": entry["name"], "params": entry["params"]}
        late = gone and bool(use and use.step.scrubber)
        told["outcome"] = "late" if late else "not reached" if gone else "passed"
        out.append(told)
        if late:
            told["edits"] = _edits(passed, entry["step"], shown, most)
        if gone:
            continue
        told["values"], told["lost"] = _values(entry, row, dropped == entry["step"])
        if use is None:
            told["lost"].append("the step cannot be loaded any more: what it held documents to is not known")
        else:
            told["thresholds"] = held(use.step.thresholds(use.params), document, _text(passed, entry))
        told["edits"] = _edits(passed, entry["step"], shown, most)
        told["evidence"] = evidence(folder, found, entry["step"], row)
        if gone := dropped == entry["step"]:
            told |= {"outcome": "dropped", "reason": row["reason"], "detail": detail(row["detail"])}
    return out


def _text(passed: Passed | None, entry: dict[str, Any]) -> str | None:
    return passed.texts.get(entry["step"]) if passed else None


def _values(entry: dict[str, Any], row: dict[str, Any], dropped: bool) -> tuple[dict[str, Any], list[str]]:
    """What a step added, as it is stored; and what of it was not kept."""
    kept = {name: row[name] for name in entry["adds"] if name in row}
    if dropped:  # columns of later steps, or of the verdict on documents that stay
        kept = {name: v for name, v in kept.items() if v is not None}
    lost = [
        f"{name} was not kept (output.columns)"
        for name in entry["adds"]
        if name not in row and not name.startswith("_")
    ]
    return kept, lost


def held(thresholds: list[Threshold], document: pl.DataFrame, text: str | None) -> list[dict[str, Any]]:
    """Each threshold with the document's value, the closest to its bound first; signals that were not kept are
    measured again where the `text` that the step saw is known. Values that are not known are null, and last."""
    frame = document
    signals = any(threshold.value.startswith("signals.") for threshold in thresholds)
    if signals and text is not None and ("signals" not in frame.columns or frame["signals"][0] is None):
        from curate.kernels.measures import measure

        frame = frame.with_columns(measure(pl.Series([text])))
    out = [_held(threshold, frame) for threshold in thresholds]
    out = [one for one in out if one["value"] is not None or one["of"] not in VERDICT]
    return sorted(out, key=lambda one: (one["met"] is None, bool(one["met"]), one["margin"] or 0.0))


def _held(threshold: Threshold, frame: pl.DataFrame) -> dict[str, Any]:
    found: Any = None
    single = False
    try:
        kept = frame.select(value(threshold.value)).to_series()
        found, single = kept[0], kept.dtype == pl.Float32
    except pl.exceptions.PolarsError:  # no such column or field was kept
        pass
    if isinstance(found, float) and math.isnan(found):
        found = None
    out: dict[str, Any] = {
        "parameter": threshold.parameter,
        "of": threshold.value,
        "value": found,
        "side": threshold.side,
        "bound": threshold.bound,
        "reason": threshold.reason,
        "met": None,
        "margin": None,
    }
    if found is not None:
        # In the value's own precision, as steps compare: 3 of 10 lines are not more than 0.3.
        bound = pl.Series([threshold.bound], dtype=pl.Float32).item() if single else threshold.bound
        room = found - bound if threshold.side == "min" else bound - found
        size = max(abs(bound), abs(found))
        out |= {"met": room >= 0, "margin": abs(room) / size if size else 1.0}  # 0 of at most 0 is not close
    return out


def detail(text: str | None) -> Any:
    """A row's detail: an object where it is one (by custom), else the text itself."""
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return text
    return found if isinstance(found, dict) else text


def _edits(passed: Passed | None, label: str, shown: bool, most: int | None) -> list[dict[str, Any]]:
    """What the step changed; an edit of several steps stands with the last."""
    return [
        told(edit.steps, edit.columns, shown, most)
        for edit in (passed.edits if passed else ())
        if edit.steps and edit.steps[-1] == label
    ]


def told(
    names: list[str], columns: dict[str, tuple[str, str]], shown: bool, most: int | None
) -> dict[str, Any]:
    """An edit for JSON: by column what differs; unless `shown` without a word of it."""
    out = {}
    for name, (before, after) in columns.items():
        difference = compared(before, after, most)
        if not shown:
            difference["more_windows"] += len(difference.pop("windows"))
        out[name] = difference
    return {"steps": names, "columns": out}


def evidence(
    folder: str, found: dict[str, Any], label: str, document: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """The rows on a document in the tables that a step left, but for signatures; of passages that the stored text
    still has, where in it and what is around them."""
    name, text = document["id"], document.get("text") or ""
    out: dict[str, list[dict[str, Any]]] = {}
    for table in sorted(found["outputs"].get("evidence", {})):
        if table.rpartition("/")[0] != label or "/signatures_" in table:
            continue
        rows: list[dict[str, Any]] = []
        for group in groups(folder, found, f"evidence/{table}", ("id",)):
            if not group.frame.width:
                break
            for at in (group.frame["id"] == name).fill_null(False).arg_true().to_list():
                rows.append(_placed(stored(group.place(at)).row(0, named=True), text))
        if rows:
            out[table.rpartition("/")[2]] = rows
    return out


def _placed(row: dict[str, Any], text: str) -> dict[str, Any]:
    """`row` with `stored_at`, where the stored text has its `passage`, and what is `around` it there."""
    passage = row.get("passage")
    if not passage or "start" not in row:
        return row
    at = row["start"] if text.startswith(passage, row["start"]) else text.find(passage)
    if at < 0:
        return row
    end = at + max(len(passage), row["end"] - row["start"] if at == row["start"] else 0)
    return row | {"stored_at": at, "around": [text[max(0, at - AROUND) : at], text[end : end + AROUND]]}
