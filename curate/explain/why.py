"""The answer of `curate why`: everything about one document, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from curate import kinds, manifest
from curate.display import clipped, visible
from curate.errors import ConfigError
from curate.explain import locate, way
from curate.explain.edits import Passed, through
from curate.explain.names import Opened, artefact, opened, scrubbing, sources, told
from curate.explain.partner import partner, stands_for
from curate.explain.reread import Origin, Reread, digest, file_of, origin, reread

#: Unless all is asked for: windows of a difference, documents that went for one, candidates for an id.
WINDOWS, STOOD, CANDIDATES = 8, 10, 20


@dataclass(frozen=True)
class Asked:
    """How much is wanted: everything (`full`), and what is hidden (`reveal`)."""

    full: bool = False
    reveal: bool = False

    @property
    def windows(self) -> int | None:
        """How many windows of a difference."""
        return None if self.full else WINDOWS


def why(
    run: str, wanted: str, *, stage: str | None = None, full: bool = False, reveal: bool = False
) -> dict[str, Any]:
    """What became of the record with the id `wanted`, and why. A file (`source/file`) or a key serves where it is that
    of one record alone.

    Raises:
        ConfigError: there is no such artefact or record, or several records are meant; the message names ids.
    """
    folder, found = manifest.find(run, stage)
    if found.get("kind") != "curate":
        return _of_kind(folder, found, wanted, full)
    folder, found = artefact(folder, None)
    return _answer(folder, found, wanted, Asked(full, reveal))


def _of_kind(folder: str, found: dict[str, Any], wanted: str, full: bool) -> dict[str, Any]:
    """What another kind of stage tells of one of its rows, in sections.

    Raises:
        ConfigError: it tells nothing of rows, or has no such row.
    """
    tell = kinds.hook(str(found.get("kind")), "why")
    if tell is None:
        raise ConfigError(
            f"{folder} is of kind {found.get('kind')}, which has no documents to explain: "
            "curate lineage tells what it was made from, curate report what became of it"
        )
    if (told := tell(found=found, folder=folder, wanted=wanted, full=full)) is None:
        wanted = _meant(folder, found, wanted)
        told = tell(found=found, folder=folder, wanted=wanted, full=full)
    return {"id": wanted, "stage": found["stage"], "artefact": folder, "sections": told}


def _answer(folder: str, found: dict[str, Any], wanted: str, asked: Asked) -> dict[str, Any]:
    names = opened(folder, found)
    known = _forms(found, wanted, names)
    places = locate.find(folder, found, known)
    name = next((form for form in known if form in places), None)
    if name is None and (before := _upstream(folder, found, wanted, names, asked)):
        out = _head(folder, found, wanted, "not read")
        return out | {"upstream": before, "notes": ["this stage reads the documents that another one keeps"]}
    if name is None:
        name = _meant(folder, found, wanted)
        places = locate.find(folder, found, [name])
    at = places[name]
    if at[0].part == "failed":
        return _failed(folder, found, name, at, names, asked)
    return _document(folder, found, name, at[0], names, asked)


def _forms(found: dict[str, Any], wanted: str, names: Opened) -> list[str]:
    """An id as asked for, and as it is written where names are hidden and the key is there."""
    source, _, rest = wanted.partition("/")
    if names.private is None or not rest:
        return [wanted]
    file, mark, position = rest.partition("#")
    return [wanted, f"{source}/{names.names.file(file)}{mark}{names.names.position(position)}"]


def _meant(folder: str, found: dict[str, Any], wanted: str) -> str:
    """The one id that `wanted` stands for as a file or a key.

    Raises:
        ConfigError: several, or none; the message names those that could be meant.
    """
    where = folder.rpartition("/")[2]
    for what, ids in (
        ("is a file", locate.in_file(folder, found, wanted)),
        ("is a key", locate.with_key(folder, found, wanted)),
    ):
        ids = list(dict.fromkeys(ids))
        if len(ids) == 1:
            return ids[0]
        if ids:
            more = f" and {len(ids) - CANDIDATES:,} more" if len(ids) > CANDIDATES else ""
            listed = "\n  ".join(clipped(name, 300, lines=False) for name in ids[:CANDIDATES])
            raise ConfigError(
                f"'{visible(wanted, lines=False)}' {what} of {len(ids):,} records in {where}; "
                f"choose one:\n  {listed}{more}"
            )
    near = [clipped(name, 300, lines=False) for name in locate.nearest(folder, found, wanted)]
    hint = "the nearest ids:\n  " + "\n  ".join(near) if near else "no id is like it"
    raise ConfigError(
        f"no record of {where} has the id '{clipped(wanted, 300, lines=False)}', nor is it a file or key; {hint}"
    )


def _head(folder: str, found: dict[str, Any], name: str, outcome: str) -> dict[str, Any]:
    return {"id": name, "outcome": outcome, "stage": found["stage"], "artefact": folder}


def _failed(
    folder: str, found: dict[str, Any], name: str, at: list[locate.Place], names: Opened, asked: Asked
) -> dict[str, Any]:
    rows = [locate.row(place).row(0, named=True) for place in at]
    first = rows[0]
    where = Origin(first["source"], first["file"], first["position"] or "")
    read, notes = _read(folder, found, where, names, asked, {})
    return _head(folder, found, name, "failed") | {
        "now": at[0].told(),
        "read": read,
        "errors": [
            {"kind": row["kind"], "error": row["error"], **place.told()} for row, place in zip(rows, at)
        ],
        "notes": notes,
    }


def _document(
    folder: str, found: dict[str, Any], name: str, at: locate.Place, names: Opened, asked: Asked
) -> dict[str, Any]:
    stored = locate.row(at)
    row = stored.row(0, named=True)
    where, notes, read = origin(found, name), list[str](), dict[str, Any]()
    before = None if where else _upstream(folder, found, name, names, asked)
    again: Reread | str = "its documents come from another stage"
    if where:
        again = reread(found, where, names)
        read, more = _read(folder, found, where, names, asked, row, again)
        notes += more
    passed = through(found, again.document, stored, names.private) if isinstance(again, Reread) else None
    if isinstance(again, str) and any(entry["rewrites"] for entry in found["steps"]):
        notes.append(f"edits cannot be shown: {again}")
    shown = names.private is None or asked.reveal
    notes += _unsure(passed, shown, asked)
    out = _head(folder, found, name, "dropped" if at.part == "dropped" else "kept")
    out |= {"now": at.told(), "read": read}
    out |= {"upstream": before} if before else {}
    out["steps"] = way.steps(folder, found, stored, passed, shown=shown, most=asked.windows)
    if passed and not passed.same and shown:
        left = [edit.columns for edit in passed.edits if not edit.steps]
        out["unexplained"] = way.told([], left[0], True, asked.windows)
    if row.get("duplicate_of"):
        out["partner"] = partner(folder, found, stored, asked.windows)
    stood = stands_for(folder, found, name, None if asked.full else STOOD)
    sizes = {n: row[n] for n in ("copies", "cluster_size") if row.get(n) is not None}
    if stood["count"] or sizes:
        out["stands_for"] = sizes | stood
    if scrubbing(found) or "private_key" in found:
        out["private"] = _private(found, row, passed)
    if row.get("text") is not None:
        out["text"] = {
            "characters": len(row["text"]),
            "begins": row["text"] if asked.full else row["text"][:400],
        }
    return out | {"notes": notes}


def _read(
    folder: str,
    found: dict[str, Any],
    at: Origin,
    names: Opened,
    asked: Asked,
    row: dict[str, Any],
    again: Reread | str | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """Where a record was read, and notes on what of it is hidden."""
    out: dict[str, Any] = {"source": at.source, "file": at.file, "position": at.position, "place": at.place()}
    noted = digest(found, at)
    if isinstance(noted, list):
        out |= {"bytes": noted[:2], "sha256": noted[2]}
    else:
        out["sha256"] = noted
    out |= {
        part: row[part] for part in ("license", "key", "title", "date", "url", "metadata") if row.get(part)
    }
    if "private_key" not in found:
        looked = again if again is not None else file_of(found, at, names)
        if isinstance(looked, Reread):
            out |= {"path": looked.path, "unchanged": looked.by}
        elif isinstance(looked, tuple):
            out["path"] = looked[1].path
        return out, []
    if not asked.reveal:
        how = names.closed or "its key is there"
        return out, [f"names of files, keys and edits are hidden: --reveal shows them ({how})"]
    if isinstance(again, Reread):
        out["revealed"] = {"path": again.path, "id": again.plain["id"], "key": again.plain["key"]}
        out["revealed"] |= {p: again.plain[p] for p in ("title", "url", "metadata") if again.plain[p]}
    elif not names.closed and (file := told(folder, at.file)):
        out["revealed"] = {"file": file}
    return out, [names.closed] if names.closed else []


def _unsure(passed: Passed | None, shown: bool, asked: Asked) -> list[str]:
    if passed is None:
        return []
    notes = passed.notes if shown else [note.partition(":")[0] for note in passed.notes]
    if not passed.same:
        notes.append(
            "the steps, run again, do not give the text that is stored: their code, their settings or what they "
            "look up has changed since, or a step changes texts and does not say so"
        )
    return notes


def _private(found: dict[str, Any], row: dict[str, Any], passed: Passed | None) -> dict[str, Any]:
    """Private data by entity, as counts: found again under the key, else as spans or tags in the stored text tell."""
    if passed is not None:
        return {"counts": dict(sorted(passed.private.items())), "by": "run again"}
    if isinstance(row.get("pii"), list):
        spans = pl.Series([span["entity"] for span in row["pii"]], dtype=pl.String)
        return {"counts": dict(spans.value_counts().sort(spans.name).iter_rows()), "by": "the column pii"}
    tags = pl.Series([row.get("text") or ""]).str.extract_all(r"\[[A-Z][A-Z_]*_\d+\]").explode().drop_nulls()
    entities = tags.str.extract(r"\[([A-Z_]+)_\d+\]").value_counts().sort("")
    if entities.height:
        return {"counts": dict(entities.iter_rows()), "by": "tags in the text"}
    return {"counts": None, "by": "neither the key is there, nor spans (annotate) or tags"}


def _upstream(
    folder: str, found: dict[str, Any], name: str, names: Opened, asked: Asked
) -> dict[str, Any] | None:
    """The way of a document in the stage that this one read it from; None if it comes from no stage."""
    several = len(found["parts"]["config"]["sources"]) > 1
    for source in sources(found).values():
        if source.from_ is None or (several and not name.startswith(f"{source.name}/")):
            continue
        inner = name.removeprefix(f"{source.name}/") if several else name
        above, fingerprint = (
            folder.rpartition("/")[0] or ".",
            found["parts"]["upstream"].get(source.from_, ""),
        )
        there = f"{above}/{source.from_}-{fingerprint[:8]}"
        made = manifest.read(there)
        if made is None or made["fingerprint"] != fingerprint or made["kind"] != found["kind"]:
            return {"stage": source.from_, "missing": f"its artefact {there} is not there any more"}
        if "private_key" in found and "private_key" not in made and not asked.reveal:
            return {
                "stage": source.from_,
                "missing": "it holds what this stage hides: --reveal follows it there",
            }
        if inner in locate.find(there, made, [inner]):
            return _answer(there, made, inner, asked)
        if names.private and (clear := _behind(there, made, inner, names)):
            return _answer(there, made, clear, asked)
        if made["parts"]["upstream"] and (
            further := _upstream(there, made, inner, opened(there, made), asked)
        ):
            return further
    return None


def _behind(folder: str, found: dict[str, Any], hidden: str, names: Opened) -> str | None:
    """The id that a stage, hiding names, wrote as `hidden`."""
    for _, ids in locate.named(folder, found, "data"):
        for name in ids:
            if names.names.file(name) == hidden:
                return str(name)
    return None
