"""`normalise`: one form of Unicode, repaired mojibake, no control characters, tidy whitespace.

A compiled pass over the bytes says of each text what could change (`curate.kernels.cleaning`), and only such
texts are touched. ftfy, which runs at 3 MB/s, sees only lines on which one of the fixers chosen here could do
something; its own pattern for mojibake is among the compiled tests, so the result is that of ftfy on
everything.

ftfy's options: mojibake repair with all its parts, Latin ligatures (PDF glyphs), terminal escapes and, where
`entities`, HTML entities. Off: `uncurl_quotes` (typography belongs to the text), `fix_character_width`
(full-width punctuation is the norm in Chinese and Japanese; NFKC does it), `fix_line_breaks`,
`remove_control_chars` and `normalization` (done here, natively), `fix_surrogates` (UTF-8 has none).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from curate.step import Batches, count, step

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

#: A tag or comment: a text that holds one may mean its entities. `<name@firm.com>` and `<https://…>` are
#: none.
_MARKUP = re.compile(r"<(?:/?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>|!--)")

Scan = Callable[[np.ndarray, np.ndarray], np.ndarray]  # bytes and offsets -> flags

_KINDS = {
    "unescape_html": "entities unescaped",
    "fix_latin_ligatures": "ligatures split",
    "remove_terminal_escapes": "terminal escapes removed",
}


@step(rewrites=True)
def normalise(
    batches: Batches,
    *,
    form: Literal["NFC", "NFKC"] = "NFC",
    mojibake: bool = True,
    entities: bool = True,
    whitespace: bool = True,
) -> Batches:
    """Bring texts to one Unicode form and repair what encodings, controls and layout did to them.

    Always: Unicode `form`, Latin ligatures split, controls and invisible characters removed (joiners and
    direction marks stay). `mojibake`: text decoded with the wrong encoding is decoded again (ftfy).
    `entities`: `&amp;` and its like become characters, unless the document holds tags. `whitespace`: all line
    breaks (also form feeds) become line feeds and all spaces plain spaces; none at the end of a line, no more
    than two blank lines in a row, none at either end of the text.

    No document is dropped; the ledger counts documents by what changed.
    """
    from curate.kernels import characters, cleaning
    from curate.kernels.buffers import strings, utf8

    table, automaton = characters.character_table(form), characters.mojibake_automaton()
    could_fix = cleaning.LIGATURE | cleaning.ESCAPE
    could_fix |= cleaning.MOJIBAKE * mojibake | cleaning.ENTITY * entities
    could_clean = cleaning.CONTROL | cleaning.WHITESPACE * whitespace

    def scan(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        return cleaning.scan(data, offsets, table, automaton)

    for batch in batches:
        text = batch["text"]
        data, offsets = utf8(text)
        flags = scan(data, offsets)
        if (rows := np.flatnonzero(flags & could_fix)).size:
            fixed = _fix(text.gather(rows), lambda *lines: scan(*lines) & could_fix, mojibake, entities)
            text = _put(text, rows, fixed)
            flags[rows] = scan(*utf8(fixed))
            data, offsets = utf8(text)
        if (rows := np.flatnonzero(flags & could_clean)).size:
            text = _put(text, rows, strings(*cleaning.clean(data, offsets, rows, table, whitespace)))
            count("control characters removed", int((flags & cleaning.CONTROL != 0).sum()))
            count("whitespace", int((flags & cleaning.WHITESPACE != 0).sum()) * whitespace)
        if (rows := np.flatnonzero(flags & cleaning.FORM)).size:
            before = text.gather(rows)
            after = pl.Series([unicodedata.normalize(form, one) for one in before], dtype=pl.String)
            text = _put(text, rows, after)
            count("normal form", int((before != after).sum()))
        yield batch.with_columns(text.alias("text"))


def _fix(texts: pl.Series, scan: Scan, mojibake: bool, entities: bool) -> pl.Series:
    """`texts` after ftfy, which sees the lines that `scan` flags; counts documents by what it changed."""
    from ftfy import TextFixerConfig

    from curate.kernels.buffers import utf8

    config = TextFixerConfig(
        unescape_html=entities,
        fix_encoding=mojibake,
        fix_c1_controls=mojibake,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
    )
    data, offsets = utf8(texts)
    cuts = np.union1d(offsets, np.flatnonzero(data == 0x0A) + 1)  # like ftfy, line by line
    lines = np.flatnonzero(scan(data, cuts))
    owners = np.searchsorted(offsets, cuts[lines], side="right") - 1
    fixed = texts.to_list()
    for owner, group in itertools.groupby(zip(owners, lines), key=lambda pair: pair[0]):
        markup = entities and _MARKUP.search(fixed[owner])
        mine = config._replace(unescape_html=False) if markup else config
        pieces, at, kinds = [], offsets[owner], set()
        for _, line in group:
            new, found = fix(data[cuts[line] : cuts[line + 1]].tobytes().decode(), mine)
            pieces += [data[at : cuts[line]].tobytes(), new.encode()]
            at = cuts[line + 1]
            kinds |= found
        if kinds:
            fixed[owner] = b"".join([*pieces, data[at : offsets[owner + 1]].tobytes()]).decode()
        for kind in kinds:
            count(kind)
    return pl.Series(fixed, dtype=pl.String)


def fix(line: str, config: TextFixerConfig) -> tuple[str, set[str]]:
    """`line` (with its line feed) as `ftfy.fix_text` returns it, and what kinds of change were made."""
    from ftfy import fix_and_explain

    kinds: set[str] = set()
    pieces, size = [], config.max_decode_length
    for start in range(0, len(line), size):
        piece, plan = fix_and_explain(line[start : start + size], config)
        pieces.append(piece)
        kinds.update(_KINDS.get(step.parameter, "mojibake repaired") for step in plan or [])
    return "".join(pieces), kinds


def _put(text: pl.Series, rows: np.ndarray, new: pl.Series) -> pl.Series:
    """`text` with `new` in its `rows`; the other texts are not copied."""
    index = np.arange(len(text), dtype=np.uint32)
    index[rows] = np.arange(len(text), len(text) + len(new), dtype=np.uint32)
    return pl.concat([text.rename(""), new.rename("")]).gather(pl.Series(index))
