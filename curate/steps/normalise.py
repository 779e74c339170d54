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

import re
import unicodedata
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from curate.step import Batches, count, step

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

#: A tag or comment: a text that holds one may mean its entities. `<name@firm.com>` and `<https://…>` are
#: none.
_MARKUP = re.compile(r"<(?:/?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>|!--)")

_KINDS = {
    "unescape_html": "entities unescaped",
    "fix_latin_ligatures": "ligatures split",
    "remove_terminal_escapes": "terminal escapes removed",
}


@step()
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
    for batch in batches:
        text = batch["text"]
        data, offsets = utf8(text)
        flags = cleaning.scan(data, offsets, table, automaton)
        if (rows := np.flatnonzero(flags & could_fix)).size:
            fixed = _fix(text.gather(rows), mojibake, entities)
            text = _put(text, rows, fixed)
            flags[rows] = cleaning.scan(*utf8(fixed), table, automaton)
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


def _fix(texts: pl.Series, mojibake: bool, entities: bool) -> pl.Series:
    """`texts` after ftfy; the counters learn how many documents each of its fixers changed."""
    from ftfy import TextFixerConfig

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
    markup = config._replace(unescape_html=False)
    fixed = []
    for text in texts:
        result, kinds = fix(text, markup if entities and _MARKUP.search(text) else config)
        fixed.append(result)
        for kind in kinds:
            count(kind)
    return pl.Series(fixed, dtype=pl.String)


def fix(text: str, config: TextFixerConfig) -> tuple[str, set[str]]:
    """`text` as `ftfy.fix_text` returns it under `config`, and what kinds of change were made.

    Like there, each line is mended alone; lines of plain ASCII without `&` and escapes are left out, which
    holds for configurations without `fix_line_breaks` and `remove_control_chars`.
    """
    from ftfy import fix_and_explain

    kinds: set[str] = set()
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if line.isascii() and "&" not in line and "\x1b" not in line:
            continue
        line += "\n" * (i + 1 < len(lines))
        size, pieces = config.max_decode_length, []
        for start in range(0, len(line), size):
            piece, plan = fix_and_explain(line[start : start + size], config)
            pieces.append(piece)
            kinds.update(_KINDS.get(step.parameter, "mojibake repaired") for step in plan or [])
        fixed = "".join(pieces)
        lines[i] = fixed if i + 1 == len(lines) else fixed[:-1]
    return "\n".join(lines), kinds


def _put(text: pl.Series, rows: np.ndarray, new: pl.Series) -> pl.Series:
    """`text` with `new` in its `rows`; the other texts are not copied."""
    index = np.arange(len(text), dtype=np.uint32)
    index[rows] = np.arange(len(text), len(text) + len(new), dtype=np.uint32)
    return pl.concat([text.rename(""), new.rename("")]).gather(pl.Series(index))
