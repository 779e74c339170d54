"""Hand-made cases of C4's rules for lines; hypothesis compares the kernel with its twin in test_measures."""

import polars as pl
import pytest

from curate.kernels.buffers import utf8
from curate.kernels.lines import COUNTS, line_counts


def counts(text):
    return dict(zip(COUNTS, line_counts(*utf8(pl.Series([text])))[0].tolist(), strict=True))


@pytest.mark.parametrize(
    "line",
    [
        "It is so ordered.",
        '  He said "no"',
        "It is so.[1][citation needed]",
        "Is it so?\t",
        "The word is " + "x" * 999 + ".",
    ],
)
def test_lines_that_c4_keeps(line):
    assert counts(line)["c4_lines"] == 1


@pytest.mark.parametrize(
    "line",
    [
        "SECTION 5 Definitions",
        "So ordered.",
        "And so on and on...",
        "It is so. [1]",  # C4 strips before it takes the citation off
        "Our Privacy Policy applies here.",
        "Please enable JavaScript to read.",
        "The word is " + "x" * 1000 + ".",
    ],
)
def test_lines_that_c4_removes(line):
    assert counts(line)["c4_lines"] == 0


def test_a_bracket_takes_the_page_only_from_a_line_that_c4_would_keep():
    assert counts("The set {a} is closed.")["c4_curly_bracket_lines"] == 1
    assert counts("var x = {")["c4_curly_bracket_lines"] == 0
    assert counts("var x = {")["curly_bracket_lines"] == 1


@pytest.mark.parametrize(
    "phrase", ["use of cookies", "uses cookies", "use cookies", "COOKIE POLICY", "Terms of Use"]
)
def test_policy_phrases(phrase):
    assert counts(f"a\nsee our {phrase}\nb")["policy_lines"] == 1
    assert counts(phrase.replace(" ", "\n"))["policy_lines"] == 0


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", 3),
        ('"One." (Two.) three', 3),
        ("Costs of 3.14 at www.example.com rose", 1),
        ("No end\nhere", 2),
        ("第一。第二。", 2),
        ("... ? !", 0),
    ],
)
def test_sentences(text, sentences):
    assert counts(text)["sentences"] == sentences


def test_symbols_bullets_and_ellipses():
    found = counts("- one...\n • two …\r\nthree.... # #\n\n")

    assert (found["lines"], found["text_lines"]) == (4, 3)
    assert (found["bullet_lines"], found["ellipsis_lines"]) == (2, 2)
    assert (found["ellipses"], found["hashes"]) == (3, 2)
