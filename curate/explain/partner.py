"""Duplicates: the document that a dropped one went for, and the documents that went for one."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate import manifest, releases
from curate.errors import CurateError
from curate.explain.difference import compared
from curate.explain.locate import Place, find, groups, row

#: Duplicates of duplicates are followed so far.
DEEPEST = 10


def partner(folder: str, found: dict[str, Any], document: pl.DataFrame, most: int | None) -> dict[str, Any]:
    """The document that stays for a dropped one: where it is, how similar, what differs, what became of itself."""
    values = document.row(0, named=True)
    name = values["duplicate_of"]
    out: dict[str, Any] = {"id": name, "similarity": values["similarity"], "cluster": values["cluster"]}
    release = _release(found, values["step"], name)
    if release:
        out |= {"id": name.removeprefix(f"{release}:"), "release": release}
        there = _in_release(release, out["id"])
    else:
        places = find(folder, found, [name]).get(name)
        there = _row(places[0]) if places else None
        out["chain"] = followed(folder, found, name)
    if there is None:
        out["missing"] = "it is not there any more, or under another name"
        return out
    frame, place = there
    out |= {"now": place} if place else {}
    told = frame.row(0, named=True)
    out |= {part: told.get(part) for part in ("key", "source", "title", "date") if told.get(part)}
    if told.get("text") is not None and values.get("text") is not None:
        out["difference"] = compared(values["text"], told["text"], most)
    return out


def _row(place: Place) -> tuple[pl.DataFrame, dict[str, Any] | None]:
    return row(place), place.told()


def _release(found: dict[str, Any], step: str, name: str) -> str | None:
    """The earlier release that an id is of, as the step names it."""
    settings: dict[str, Any] = next((s[step] for s in found["parts"]["config"]["steps"] if step in s), {})
    named = [release for release, _ in settings.get("releases", []) if name.startswith(f"{release}:")]
    return max(named, key=len, default=None)


def _in_release(release: str, name: str) -> tuple[pl.DataFrame, dict[str, Any] | None] | None:
    """A document of an earlier release, an artefact or Parquet files, by its id; None where it is not found."""
    try:
        made = manifest.read(release)
        if made is not None:
            places = find(release, made, [name]).get(name)
            return _row(places[0]) if places else None
        for file in releases.resolve(release, "").files:
            for frame in releases.read(file):
                at = frame["id"].index_of(name)
                if at is not None:
                    return frame[at], None
    except (CurateError, OSError):  # it lies elsewhere now
        pass
    return None


def followed(folder: str, found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What became of a document that others went for: nothing if it was kept; else why it went, and for which, and
    what became of that."""
    out: list[dict[str, Any]] = []
    while name and len(out) < DEEPEST:
        places = find(folder, found, [name]).get(name, [])
        gone = next((place for place in places if place.part == "dropped"), None)
        if gone is None:
            break
        values = row(gone).row(0, named=True)
        out.append({k: values[k] for k in ("id", "step", "reason", "duplicate_of", "similarity")})
        name = values["duplicate_of"]
    return out


def stands_for(folder: str, found: dict[str, Any], name: str, most: int | None) -> dict[str, Any]:
    """The documents that went for `name`, or for one that did: how many, and the first `most` of them."""
    seen, frontier = {name}, [name]
    documents: list[dict[str, Any]] = []
    columns = ("id", "step", "duplicate_of", "similarity")
    while frontier:
        wanted = pl.Series(frontier, dtype=pl.String).implode()
        frontier = []
        for group in groups(folder, found, "dropped", columns):
            for gone in group.frame.filter(pl.col("duplicate_of").is_in(wanted)).iter_rows(named=True):
                if gone["id"] not in seen:
                    seen.add(gone["id"])
                    frontier.append(gone["id"])
                    documents.append(gone)
    return {"count": len(documents), "documents": documents if most is None else documents[:most]}
