"""A look at the first rows before any work: whether settings make sense of them."""

from __future__ import annotations

from collections.abc import Iterator

from curate.errors import ConfigError
from curate.yamlfile import nearest
from train.evaluate.choice import question
from train.evaluate.generate import answers_of, unmatchable
from train.evaluate.rows import Row
from train.evaluate.settings import Bits, Choice, Generate, Rows


def fits(of: Rows, first: list[Row]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of settings that the first rows do not fit."""
    if isinstance(of, Bits):
        if not any(isinstance(row[of.text], str) and row[of.text] for row in first):
            yield "text", f"the column '{of.text}' holds no text in the first rows"
    elif isinstance(of, Choice):
        yield from _choice(of, first)
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
