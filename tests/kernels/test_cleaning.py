"""The kernels of `normalise` against plain Python: `re` and `unicodedata` on str."""

import re
import unicodedata

import numpy as np
import polars as pl
import pytest
from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES
from ftfy.chardata import HTML_ENTITY_RE, LIGATURES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.kernels import characters, cleaning
from curate.kernels.buffers import strings, utf8

REMOVED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\u206a-\u206f\ufeff\ufff9-\ufffc]")
BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
SPACES = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")

odd = st.sampled_from(
    "aZ é\t\n\n\n  &;#x\x00\x07\x1b\r\x0b\x0c\x7f\x80\x85\x9f\xa0\xad\u0301\u0323\u1100\u1161\u11a8"
    "\u200b\u200d\u2028\u2029\u2003\u3000\ufeff\ufffcﬁ中한𝒥ÃÂ©œ”Å"
)
texts = st.text(odd | st.characters(exclude_categories=["Cs"]), max_size=60)
mojibake = st.sampled_from("".join(re.sub(r"(?s)(.)-(.)", r"\1\2", s) for s in MOJIBAKE_CATEGORIES.values()))
suspicious = st.text(mojibake | st.sampled_from("aZz .,\n\tÂÃÐØÙàвЂГўÎ×√≈‚€β“”°²œ🙂"), max_size=40)


def plain_clean(text: str, whitespace: bool) -> str:
    """The twin of `clean`."""
    text = REMOVED.sub("", text)
    if not whitespace:
        return text
    text = SPACES.sub(" ", BREAKS.sub("\n", text))
    text = re.sub(r"[ \t]+(?=\n|\Z)", "", text)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n")


def scan(*texts: str, form: str = "NFC") -> np.ndarray:
    table, automaton = characters.character_table(form), characters.mojibake_automaton()
    return cleaning.scan(*utf8(pl.Series(list(texts), dtype=pl.String)), table, automaton)


def clean(texts: list[str], whitespace: bool, rows: list[int] | None = None) -> list[str]:
    table = characters.character_table("NFC")
    rows = list(range(len(texts))) if rows is None else rows
    data, offsets = utf8(pl.Series(texts, dtype=pl.String))
    return strings(*cleaning.clean(data, offsets, np.array(rows, np.int64), table, whitespace)).to_list()


@settings(max_examples=500, deadline=None)
@given(st.lists(texts, max_size=4), st.booleans())
@example(["\r\x00\na", " \n\n \n\n\nx\x0c\x0c\x0c\x0c\x0cy \x00\n"], True)
def test_clean_equals_its_twin(texts, whitespace):
    assert clean(texts, whitespace) == [plain_clean(text, whitespace) for text in texts]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_clean_twice_is_clean_once(text):
    once = clean([text], True)
    assert clean(once, True) == once


def test_clean_takes_the_rows_asked_for():
    assert clean(["a ", "b ", "c "], True, rows=[2, 0]) == ["c", "a"]


@settings(max_examples=500, deadline=None)
@given(texts, st.sampled_from(["NFC", "NFKC"]))
def test_scan_flags_every_text_that_would_change(text, form):
    flags = int(scan(text, form=form)[0])
    assert bool(flags & cleaning.CONTROL) == bool(REMOVED.search(text))
    assert bool(flags & cleaning.ENTITY) == bool(HTML_ENTITY_RE.search(text))
    assert bool(flags & cleaning.LIGATURE) == any(ord(c) in LIGATURES for c in text)
    assert bool(flags & cleaning.ESCAPE) == ("\x1b" in text)
    if not flags & cleaning.CONTROL:
        assert bool(flags & cleaning.WHITESPACE) == (plain_clean(text, True) != text)
    if not flags & cleaning.FORM:
        assert unicodedata.is_normalized(form, text)


@settings(max_examples=2000, deadline=None)
@given(suspicious)
@example("Ã ")
@example("a\nÂ  b")
@example("ГўВЂВќa")
@example("café”x")
@example("œ")
@example("xœ\n")
def test_scan_finds_mojibake_where_ftfy_does(text):
    in_lines = any(BADNESS_RE.search(line) for line in re.findall(r"[^\n]*\n|[^\n]+", text))
    flagged = bool(scan(text)[0] & cleaning.MOJIBAKE)
    assert flagged or not in_lines
    if max(text, default="") <= "\uffff":  # later characters count as any that the pattern could mean
        assert in_lines or not flagged or BADNESS_RE.search("\n" + text)


def test_scan_finds_mojibake_after_long_plain_stretches():
    plain = "The parties agree. " * 50
    assert scan(plain + "cafÃ©" + plain)[0] & cleaning.MOJIBAKE
    assert not scan(plain + "café" + plain)[0] & cleaning.MOJIBAKE


def test_lines_longer_than_ftfy_takes_at_once_are_left_to_ftfy():
    assert scan("a" * 1_000_001 + "é")[0] & cleaning.MOJIBAKE
    assert not scan("a\n" * 600_000 + "é")[0] & cleaning.MOJIBAKE


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_quick_check_table_holds_every_character_that_the_form_changes(form):
    table = characters.character_table(form)
    changed = [
        c
        for c in range(0x110000)
        if not 0xD800 <= c < 0xE000 and unicodedata.normalize(form, chr(c)) != chr(c)
    ]
    assert [hex(c) for c in changed if c >= len(table) or not table[c] & characters.FORM] == []
    orders = [c for c in range(0x110000) if unicodedata.combining(chr(c))]
    assert [hex(c) for c in orders if c >= len(table) or not table[c] & characters.FORM] == []
