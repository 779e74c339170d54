"""Weakened expressions: every place where the expression matches is reported, within the width that is stated."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from curate.pii.patterns import Unanalysable, weaken
from curate.pii.projection import preimages, project, table

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
SOURCES = [
    r"\bk+\d{2,4}\b", r"[^\W\d_]{2}\s?[0-9]", r"(?<!\w)(a|bc)?x\1?y", r"(?i:ſtr)asse", r"\S+@\S+", r"[^a-z]{3}", r"é|ß",
    r"(?>ab|a)b?c*+\d", r"(?=1)\d{3}(?!4)", r"(a)?(?(1)b|c)d{1,2}", r"\D\w\W", r".\d.", r"[à-ü]{2,}",
    r"(x)(?:y\1){1,2}",
]  # fmt: skip
chars = st.text(alphabet="abcxykK\u212aſsİıéßüÀ0123٣３ \n\u00a0_-@.\u0301\u200b\x7f\x1f", max_size=14)


@pytest.mark.parametrize("flags", [FLAGS, regex.V0, regex.IGNORECASE, regex.ASCII | regex.IGNORECASE])
@given(found=chars)
def test_every_match_overlaps_a_hit(flags: int, found: str) -> None:
    data = project([found]).data
    for source in SOURCES:
        weak = weaken(source, flags)
        hits = [hit.span() for hit in re.finditer(weak.source.encode(), data, re.DOTALL)]
        for start in range(len(found)):
            match = regex.compile(source, flags).match(found, start)
            if match is None or not match.group():
                continue
            assert any(a < match.end() and start < b for a, b in hits), (source, found, match)
            assert weak.width is None or len(match.group()) <= weak.width, (source, found)
            assert weak.spaced or not set(data[start : match.end()]) & set(b" \t\n\r\f\v"), (source, found)


@pytest.mark.parametrize(
    "source",
    [
        r"\p{Lu}",
        r"(?:ab){e<=1}",
        r"a*",
        r"(?<=a+)b",
        r"[[:alpha:]]",
        r"(?r)ab",
        r"(?V1)a",
        r"(a)|b\1(?R)",
        r"\Kab",
        "x{,}",
    ],
)
def test_what_re_does_not_read_alike_is_refused(source: str) -> None:
    with pytest.raises(Unanalysable):
        weaken(source, FLAGS)


@pytest.mark.parametrize(
    ("source", "width", "reach", "spaced", "edges"),
    [
        (r"\b\d{3}-\d{4}\b", 8, 1, False, False),
        (r"(?<=No\. )\d{1,3}(?!\d{2})", 3, 4, False, False),
        (r"\d{3}[ -]?\d", 5, 0, True, False),
        (r"\w+@\w+", None, 0, False, False),
        (r"^a\s?b$", 3, 2, True, True),
        (r"(?<=\W)ab", 2, 1, False, True),
        (r"\Aab", 2, 1, False, True),
    ],
)
def test_what_is_known_of_an_expression(
    source: str, width: int, reach: int, spaced: bool, edges: bool
) -> None:
    weak = weaken(source, FLAGS)
    assert (weak.width, weak.reach, weak.spaced, weak.edges) == (width, reach, spaced, edges)


def test_stand_ins_keep_the_classes_of_regex() -> None:
    for name, stand_ins in ((r"\w", rb"\w"), (r"\s", rb"\s"), (r"\d", rb"\d")):
        beyond = "".join(map(chr, range(128, 0x11000)))
        data = project([beyond]).data[:-1]
        theirs = {m.start() for m in regex.finditer(name, beyond)}
        assert theirs == {m.start() for m in re.finditer(stand_ins, data)}
    assert table()[ord("\u212a")] == ord("k") and set(preimages().letters) == set("\u0130\u0131\u017f\u212a")


def test_lone_surrogates_are_projected() -> None:
    assert project(["a\ud800b"]).data == b"a\x7fb\n"
