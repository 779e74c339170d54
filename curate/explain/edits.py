"""What steps changed in a document: the record as read again, passed through them once more.

Only steps that work row by row can be run on one document. Behind one that needs the whole corpus and cuts texts the
text is not known until the end: what these steps and those behind them did together is the difference to what is
stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.documents import BASE
from curate.explain.names import used
from curate.private import Private, under
from curate.step import counting, split

#: Columns that steps may change beside the text.
OTHERS = ("title", "date", "url", "license", "metadata")


@dataclass
class Edit:
    """What `steps` made of a document's columns: column -> (before, after), those that changed."""

    steps: list[str]
    columns: dict[str, tuple[str, str]]
    late: bool = False  # before the row was written, after it had been dropped


@dataclass
class Passed:
    """A document passed through its steps again.

    `texts` are the texts that steps were given, where they are known; `private` counts, by entity, what was taken out;
    `same` is whether the outcome is what is stored; `notes` tell what could not be done.
    """

    edits: list[Edit] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    private: Counter[str] = field(default_factory=Counter)
    same: bool = True
    notes: list[str] = field(default_factory=list)


def through(
    found: dict[str, Any], document: pl.DataFrame, stored: pl.DataFrame, private: Private | None
) -> Passed:
    """`document` as read again through the steps that it went through, up to `stored`, its row in the artefact."""
    out = Passed()
    frame = document
    unknown: list[str] = []  # steps since whose work the text is not known
    for entry, late in _taken(found, stored):
        label = entry["step"]
        if not unknown:
            out.texts[label] = frame["text"][0]
        if entry["corpus"] or unknown:
            unknown += [label] if entry["rewrites"] else []
            frame = _beside(frame, entry, stored)
            continue
        if not entry["rewrites"] and _kept(entry, stored):
            frame = _beside(frame, entry, stored)
            continue
        after = _again(entry, frame, private, out)
        if changed := _changed(frame, after) if entry["rewrites"] else {}:
            out.edits.append(Edit([label], changed, late))
        frame = after
    left = _changed(frame, stored)
    out.same = not left
    if left and unknown:
        out.same = True
        out.edits.append(Edit(unknown, left))
    elif left:
        out.edits.append(Edit([], left))
    return out


def _taken(found: dict[str, Any], stored: pl.DataFrame) -> Iterator[tuple[dict[str, Any], bool]]:
    """The steps that shaped a stored row: those it passed; of a dropped row that which dropped it (unless it is one
    for the whole corpus, which leaves texts that it drops), and the one that takes private data out."""
    dropped = stored["step"][0] if "step" in stored.columns else None
    gone = False
    for entry in found["steps"]:
        use = used(entry)
        if gone:
            if use and use.step.scrubber:
                yield entry, True
            continue
        gone = entry["step"] == dropped
        if not (gone and entry["corpus"]):
            yield entry, False


def _kept(entry: dict[str, Any], stored: pl.DataFrame) -> bool:
    return all(name in stored.columns for name in entry["adds"])


def _beside(frame: pl.DataFrame, entry: dict[str, Any], stored: pl.DataFrame) -> pl.DataFrame:
    """`frame` with what a step added, as it is stored; nothing where that was not kept."""
    return frame.with_columns(stored[name] for name in entry["adds"] if name in stored.columns)


def _again(entry: dict[str, Any], frame: pl.DataFrame, private: Private | None, out: Passed) -> pl.DataFrame:
    """`frame` after a step; unchanged, with a note, where the step fails now."""
    use, counts = used(entry), Counter[Any]()
    if use is None:
        out.notes.append(f"step {entry['step']} cannot be loaded any more")
        return frame
    if any(use.params.get(name) for name in use.step.secret):
        out.notes.append(f"step {entry['step']} had secret settings, which the manifest does not repeat")
    try:
        with counting(counts), under(private, None):
            made = split(pl.concat(list(use.step.func(iter([frame]), **use.params))))
    except Exception as error:  # a model that cannot be fetched, a column that was not kept
        out.notes.append(f"step {entry['step']} cannot be run again: {type(error).__name__}: {error}")
        return frame
    if use.step.scrubber:
        for what, n in counts.items():
            if isinstance(what, tuple) and what[0] == "found":
                out.private[dict(what[1:]).get("entity", "private data")] += n
    after = made.kept if made.kept.height else made.dropped
    return after.select(c for c in after.columns if c in made.kept.columns)


def _changed(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, tuple[str, str]]:
    names = [n for n in ("text", *OTHERS) if n in BASE and n in before.columns and n in after.columns]
    pairs = {name: (before[name][0] or "", after[name][0] or "") for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
