"""Rows of local files and of artefacts, as measurers read them: any format that `curate` reads, some of the rows.

A row is a dict of its fields and has `_item`, an id that stays the same as long as the file does: the id of an
artefact's row, else its position in the file (behind the file's name where there are several).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import polars as pl
from pydantic import BaseModel

from curate import manifest, storage
from curate.errors import ConfigError, RunError
from curate.readers import Failure, Slice, Tally
from curate.readers.read import read_slice
from curate.source import Source
from curate.yamlfile import Path as Place
from train.evaluate.settings import Rows

#: Rows that a file is told by before any work.
FIRST = 5
#: The share of a file's records that may be unreadable.
FAILED = 0.01

Row = dict[str, Any]


def read(of: Rows) -> list[Row]:
    """The rows that `of` asks for, in the files' order.

    `limit` takes those whose ids hash lowest, not the first: files are often sorted by subject, and the same rows
    are taken for every model.

    Raises:
        ConfigError: nothing is left of the rows, or a column of `where` is not there.
        RunError: more than 1% of the records cannot be read.
    """
    rows = [row for row in _all(of) if _wanted(row, of)]
    if not rows:
        raise ConfigError(f"{address(of)}: no row is left{_filters(of)}")
    if of.limit is not None and len(rows) > of.limit:
        kept = {id(row) for row in sorted(rows, key=lambda row: _hash(row["_item"]))[: of.limit]}
        rows = [row for row in rows if id(row) in kept]
    return rows


def first(of: Rows) -> list[Row]:
    """A few of the rows that are taken, to see what is in them; of an artefact or a local file. Where none has the
    columns that rows are chosen by, the first of all.

    Raises:
        ConfigError: no row is left.
    """
    asked = {*of.where, *(["split"] if of.split else [])}
    found: list[Row] = []
    bare: list[Row] = []
    passed = 0
    for row in _all(of):
        if not asked <= set(row):
            bare += [row] if len(bare) < FIRST else []
        elif _wanted(row, of):
            found.append(row)
        else:
            passed += 1
        if len(found) == FIRST:
            break
    if passed and not found and not bare:
        raise ConfigError(f"{address(of)}: no row is left{_filters(of)}")
    return found or bare


def address(of: Rows) -> str:
    """What a person calls it."""
    return of.from_ or (of.path if isinstance(of.path, str) else ", ".join(of.path or []))


def stamps(of: Rows) -> list[list[Any]]:
    """What changes when the rows do: [name, size, stamp] of files, [folder's name, fingerprint] of an artefact.

    Raises:
        ConfigError: there is no such artefact.
        FileNotFoundError: there is no such file.
    """
    if of.from_:
        folder, found = manifest.find(of.from_)
        return [[folder.rpartition("/")[2], found["fingerprint"]]]
    return [[file.name, file.size, file.stamp] for file in storage.listing(_paths(of))]


def _paths(of: Rows) -> list[str]:
    return [of.path] if isinstance(of.path, str) else list(of.path or [])


def _all(of: Rows) -> Iterator[Row]:
    if of.from_:
        yield from _artefact(of.from_)
        return
    files = storage.listing(_paths(of))
    source = Source.model_validate(
        {"name": "rows", "path": _paths(of), "names": of.names, "split": "line" if of.lines else "file"}
    )
    failed, read_ = [], 0
    for file in files:
        for record in read_slice(Slice(file.path, file.name, file.size), source, Tally()):
            if of.member and not fnmatch(record.position.partition("#")[0], of.member):
                continue
            if isinstance(record, Failure):
                failed.append(f"{file.name} {record.position}: {record.error}")
                continue
            read_ += 1
            item = f"{file.name}#{record.position}" if len(files) > 1 else record.position or file.name
            yield {**record.fields, "_item": item}
    if len(failed) > FAILED * (read_ + len(failed)):
        raise RunError(f"{address(of)}: {len(failed)} records cannot be read, such as {failed[0]}")


def _artefact(address_: str) -> Iterator[Row]:
    folder, found = manifest.find(address_)
    for path in manifest.files(folder, found):
        frame = pl.read_parquet(path if storage.is_local(path) else storage.open_file(path))
        for number, row in enumerate(frame.iter_rows(named=True)):
            yield {**row, "_item": str(row.get("id") or f"{path.rpartition('/')[2]}#{number}")}


def _wanted(row: Row, of: Rows) -> bool:
    where = dict(of.where) | ({"split": of.split} if of.split else {})
    for column, value in where.items():
        if column not in row:
            raise ConfigError(
                f"{address(of)}: a row has no column {column!r}, which `where` or `split` asks for"
            )
        if row[column] != value and str(row[column]) != str(value):
            return False
    return True


def _filters(of: Rows) -> str:
    where = dict(of.where) | ({"split": of.split} if of.split else {})
    told = [f"{column} = {value!r}" for column, value in where.items()]
    told += [f"member {of.member}"] if of.member else []
    return f" where {' and '.join(told)}" if told else ""


def _hash(item: str) -> bytes:
    return hashlib.sha256(item.encode()).digest()


def text_of(value: Any) -> str:
    """A field as text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def spoken(value: Any) -> str:
    """A field as text; of a conversation what is said in it."""
    if isinstance(value, list):
        return "\n".join(text_of(turn.get("content")) for turn in value if isinstance(turn, dict))
    return text_of(value)


def row_sets(settings: BaseModel, at: Place = ()) -> Iterator[tuple[Place, Rows]]:
    """The rows that settings name, each with its keys."""
    if isinstance(settings, Rows):
        yield at, settings
    for key in type(settings).model_fields:
        value = getattr(settings, key)
        if isinstance(value, BaseModel):
            yield from row_sets(value, (*at, key))
