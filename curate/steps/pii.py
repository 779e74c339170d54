"""`pii`: takes private data out of documents, the same way everywhere, and says what it found.

What is found and how is in `curate.pii`; measured in docs/pii.md.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from curate import private
from curate.step import Batches, drop, record, step

Mode = Literal["tag", "pseudonym", "hash", "mask", "keep", "drop"]
Entity = Annotated[str, Field(pattern=r"^[+-]?[A-Z][A-Z0-9_]*$")]

#: What `annotate` adds: where in the new text a finding was, what it is, and which of its kind in the document.
SPANS = pl.List(pl.Struct({"start": pl.UInt32, "end": pl.UInt32, "entity": pl.String, "number": pl.UInt32}))


def _adds(params: dict[str, Any]) -> dict[str, Any]:
    return {"_pii": pl.List(pl.String)} | ({"pii": SPANS} if params["annotate"] else {})


def _settings(params: dict[str, Any]) -> Any:
    from curate.pii.detect import Settings

    return Settings(
        preset=params["preset"],
        entities=tuple(params["entities"]),
        threshold=params["threshold"],
        names=params["names"],
        judges=params["judges"],
        false_alarms=params["false_alarms"] == "suppress",
        allow=frozenset(params["allow"]),
        deny=tuple((entity, tuple(values)) for entity, values in params["deny"].items()),
        languages=tuple(params["languages"]),
        recognisers=tuple(params["recognisers"]),
    )


def _way(params: dict[str, Any]) -> Any:
    from curate.pii.scrub import Way, modes

    return Way(modes(params["replace"]), params["dates"])


def _check(params: dict[str, Any], columns: dict[str, Any]) -> None:
    from curate.pii.detect import check

    check(_settings(params), [] if isinstance(params["replace"], str) else list(params["replace"]))
    for name, kind in columns.items():
        if told := _unseen(kind):
            raise ValueError(
                f"the column '{name}' {told}: make it after pii, or leave it out of what comes before"
            )


def _unseen(kind: Any) -> str:
    """Why a column cannot stand before this step, if it cannot."""
    if not kind.is_nested() and kind not in (pl.Categorical, pl.Enum, pl.Binary, pl.Object):
        return ""
    if any(word in str(kind) for word in ("String", "Categorical", "Enum", "Binary", "Object")):
        return "holds texts within lists or fields, where pii does not look"
    if "'start'" in str(kind) and "'end'" in str(kind):
        return "holds places in the text, which pii changes"
    return ""


def _files(params: dict[str, Any]) -> list[str]:
    from curate.pii.detect import sources

    return sources([*params["recognisers"], params["names"]])


def _scrubber(params: dict[str, Any], key: bytes) -> Any:
    from curate.pii.scrub import Scrub

    filled = pii.filled(params)
    return Scrub(_settings(filled), _way(filled), key)


def _notes(params: dict[str, Any]) -> list[str]:
    what = "names by " + ("the embedded model" if params["names"] is True else str(params["names"]))
    notes = [
        f"pii: {params['preset']}, {what if params['names'] else 'no names'}; ids, keys and file names are hidden"
    ]
    if not os.environ.get("CURATE_PII_KEY"):
        notes.append(
            "pii: without CURATE_PII_KEY a key is made once and kept in private/ of the output folder"
        )
    return notes


@step(
    adds=_adds,
    check=_check,
    files=_files,
    rewrites=True,
    limits=("max_residual",),
    notes=_notes,
    scrubber=_scrubber,
    secret=("allow", "deny"),
)
def pii(
    batches: Batches,
    *,
    preset: Literal["contact", "anonymise"] = "contact",
    replace: Mode | dict[str, Mode] = "tag",
    entities: list[Entity] = [],  # noqa: B006  (parameters are never changed)
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None,
    names: bool | str = True,
    judges: Literal["keep", "replace"] = "keep",
    false_alarms: Literal["suppress", "keep"] = "suppress",
    allow: list[str] = [],  # noqa: B006
    deny: dict[str, list[str]] = {},  # noqa: B006
    languages: Annotated[list[str], Field(min_length=1)] = ["en"],  # noqa: B006
    recognisers: list[str] = [],  # noqa: B006
    dates: Literal["document", "person"] = "document",
    annotate: bool = False,
    vault: bool = False,
    audit: Annotated[int, Field(ge=0)] = 500,
    max_residual: Annotated[float, Field(ge=0, le=1)] | None = None,
) -> Batches:
    """Take private data out of texts, titles, addresses and metadata.

    `preset` says what is looked for: `contact`, what reaches or identifies a private person directly; `anonymise`,
    also case numbers, dates, places, organisations and what else identifies together with other facts. `entities`
    adds to it or, with a minus, takes away: `[DOCKET_NUMBER, -CRYPTO]`. Each preset has a least score per entity;
    `threshold` is one for all. `names` false leaves out persons, places and organisations; a string names another
    model than the embedded one: `spacy:…`, `gliner:…`, `transformers:…`. Judges keep their names unless `judges` is
    `replace`. `false_alarms: keep` trusts Presidio where law only looks private ("Section 8.2.3.1").

    `allow` are values that stay, `deny` are values by entity that go. `recognisers` are your own for Presidio: a YAML
    file, or a dotted name. `languages` choose Presidio's recognisers by the column `language`; the first serves
    documents of any other.

    `replace`, one for all or by entity (`{PERSON: pseudonym, default: tag}`): `tag` ([PERSON_1]), `pseudonym` (an
    invented value of the same kind, the same everywhere under one key), `hash` (keyed), `mask`, `keep` (only
    annotated), `drop` (the document goes; in dropped/ it is tagged). Dates are shifted by one offset per document
    or, with `dates: person`, per person. The key is `CURATE_PII_KEY`, else one made once and kept beside the artefacts
    in private/. `annotate` adds the column `pii` (start, end, entity, number of each in the new text); `vault` keeps
    originals, encrypted, for `curate reveal`.

    Names of files, ids and keys are hidden from the first step on; rows that earlier steps dropped pass here too before
    they are written. `audit` documents of what was finished are looked at again; `max_residual` is the largest share
    of them that may still hold something (exit 3).

    Evidence: `found` (entity, source, recogniser), `examples` (forms such as 999-99-9999), `suppressed` (false alarms
    by rule), `residual` (what the second look found).
    """
    from curate.pii.scrub import cleaner, written

    given = {k: v for k, v in locals().items() if k not in ("batches", "cleaner", "written")}
    now = private.current()
    key = now.key if now else _own_key()
    made = cleaner(_settings(given), _way(given), key)
    with _closing(written(now.vault if now and vault else None, key)) as part:
        replacer = made.replacer(part)
        for batch in batches:
            done, gone = made.clean(batch, replacer)
            _record(batch["source"].to_list(), done, gone)
            yield _changed(batch, done, annotate)


@contextmanager
def _closing(vault: Any) -> Iterator[Any]:
    if vault is None:
        yield None
        return
    with vault:
        yield vault


def _own_key() -> bytes:
    """In a notebook: the user's key, else one for this process."""
    from curate.pii.keys import VARIABLE, load_key

    return load_key(None).secret if os.environ.get(VARIABLE) else _PROCESS_KEY


_PROCESS_KEY = os.urandom(32)


def _changed(batch: pl.DataFrame, done: list[Any], annotate: bool) -> pl.DataFrame:
    """The batch with what was cleaned in its place."""
    new = {"text": [cleaned.text for cleaned in done]}
    for name in sorted({name for cleaned in done for name in cleaned.columns}):
        new[name] = [c.columns.get(name, old) for c, old in zip(done, batch[name].to_list())]
    if any(cleaned.metadata is not None for cleaned in done):
        old = batch["metadata"].to_list()
        new["metadata"] = [was if c.metadata is None else c.metadata for c, was in zip(done, old)]
    columns = [pl.Series(name, values, pl.String) for name, values in new.items()]
    columns.append(pl.Series("_pii", [cleaned.new for cleaned in done], pl.List(pl.String)))
    if annotate:
        columns.append(pl.Series("pii", [cleaned.spans for cleaned in done], SPANS))
    batch = batch.with_columns(columns)
    if any(cleaned.drop for cleaned in done):
        why = pl.Series([json.dumps({"entities": c.drop}) if c.drop else None for c in done], dtype=pl.String)
        batch = drop(batch, why.is_not_null(), "pii", pl.lit(why))
    return batch


def _record(sources: list[str], done: list[Any], gone: Counter[str]) -> None:
    found: Counter[tuple[str, str, str]] = Counter()
    examples: Counter[tuple[str, str]] = Counter()
    for source, cleaned in zip(sources, done):
        for (entity, recogniser, form), n in cleaned.found.items():
            found[entity, source, recogniser] += n
            examples[entity, form] += n
    for (entity, source, recogniser), n in found.items():
        record("found", n, entity=entity, source=source, recogniser=recogniser)
    for (entity, form), n in examples.items():
        record("examples", n, entity=entity, example=form)
    for rule, n in gone.items():
        record("suppressed", n, rule=rule)
