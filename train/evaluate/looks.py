"""A look at the first rows before any work: whether settings make sense of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.errors import ConfigError
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from train.audit import canaries
from train.evaluate import harness, rows
from train.evaluate.choice import question
from train.evaluate.generate import answers_of, unmatchable
from train.evaluate.rows import Row
from train.evaluate.settings import Bits, Choice, Generate, Preferences, Rows


def fits(of: Rows, first: list[Row]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of settings that the first rows do not fit."""
    if isinstance(of, Bits):
        if not any(isinstance(row[of.text], str) and row[of.text] for row in first):
            yield "text", f"the column '{of.text}' holds no text in the first rows"
    elif isinstance(of, Choice):
        yield from _choice(of, first)
    elif isinstance(of, Preferences):
        for row, key in ((row, key) for row in first for key in ("chosen", "rejected")):
            if not isinstance(value := row[getattr(of, key)], str | list):
                yield key, f"{row['_item']}: an answer is a text or a list of turns, not {value!r:.40}"
                return
    elif isinstance(of, Generate):
        for row in first:
            if problem := unmatchable(answers_of(row[of.answer]), of.match):
                yield "answer", f"{row['_item']}: {problem}"
                return


def _choice(of: Choice, first: list[Row]) -> Iterator[tuple[str, str]]:
    have = set().union(*first)
    if isinstance(of.choices, list) and 0 < len(have & set(of.choices)) < len(set(of.choices)):
        gone = next(name for name in of.choices if name not in have)
        yield "choices", f"there is no column '{gone}' ({nearest(gone, have - {'_item'})})"
        return
    for row in first:
        try:
            question(row, of)
        except ConfigError as error:
            yield (
                "answer" if "the column" in str(error) and of.answer in str(error) else "choices",
                str(error),
            )
            return


def seen(yml: YamlFile, place: Place, entry: Any, before: Mapping[str, Any]) -> None:
    """Faults of what the settings name: files and stages that are not there, columns, rows that make no sense."""
    if entry.kind == "lm_eval" and not harness.installed():
        yml.fault(place, harness.REMEDY)
    if entry.kind == "memorisation" and isinstance(entry.settings.canaries, str):
        try:
            canaries.load(entry.settings.canaries)
        except ConfigError as error:
            yml.fault((*place, "canaries"), str(error))
    for at, of in rows.row_sets(entry.settings):
        where = (*place, *at)
        if of.from_ is not None and of.from_ in before:
            _columns(yml, where, of, list(before[of.from_].written))
        elif of.from_ is None or of.from_ not in yml.value["stages"]:  # faults of other stages are told there
            try:
                first = rows.first(of)
            except (ConfigError, OSError, ValueError) as error:
                yml.fault((*where, "from" if of.from_ else "path"), str(error))
                continue
            if not first:
                yml.fault(
                    (*where, "path"),
                    f"{rows.address(of)} holds no rows",
                    "is `member` right?" if of.member else "",
                )
            elif _columns(yml, where, of, sorted({c for row in first for c in row} - {"_item"})):
                for key, problem in fits(of, first):
                    yml.fault((*where, key), problem)


def _columns(yml: YamlFile, place: Place, of: Rows, have: list[str]) -> bool:
    """Whether all columns are there; a fault for each that is not."""
    missing = [column for column in dict.fromkeys(of.columns) if column not in have]
    for column in missing:
        key = next(
            (k for k, v in of.model_dump().items() if v == column), "where" if column in of.where else None
        )
        at = (*place, key) if key else place
        hint = nearest(column, have)
        if of.from_ is None and have and all(len(name) > 30 for name in have):
            hint = "the first line is taken for the header: give names: [...]"
        yml.fault(at, f"{rows.address(of)} has no column '{column}'", hint)
    return not missing
