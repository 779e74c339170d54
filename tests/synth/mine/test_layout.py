"""Blocks, headings and sentences of texts in many shapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.mine.document import clean
from synth.mine.headings import heading_of, run_in
from synth.mine.layout import blocks
from synth.mine.sentences import sentences
from synth.mine.wording import plain

DOUBLE = """\
      Plaintiffs, suing individually and on behalf of a class of workers,

challenge the validity of an agreement that was made in the year before the

merger. The district court dismissed their claims, and they appeal to this

                                     16
Court on three grounds, none of which persuades us to disturb the judgment

entered below. We review the dismissal without deference to the court whose

ruling it was, and we take the facts from the complaint as it stands here in

the record. We affirm the judgment in all respects, and each of the parties

shall bear its own costs of the appeal, as the rules of this Court provide.

     A second paragraph is set in from the margin and begins a new thought,

which goes on to the next line.
"""


def texts(text: str) -> list[str]:
    return [plain(text[b.start : b.end]) for b in blocks(text)]


def test_double_spaced_lines_are_one_paragraph_and_a_page_number_tears_it() -> None:
    found = blocks(DOUBLE)
    assert [plain(DOUBLE[b.start : b.end])[:20] for b in found] == [
        "Plaintiffs, suing in",
        "Court on three groun",
        "A second paragraph i",
    ]
    assert [b.torn for b in found] == [False, True, False]


def test_wrapped_lines_join_and_blank_lines_part() -> None:
    text = "The first paragraph is wrapped\nover two lines.\n\nThe second one\nas well.\n"
    assert texts(text) == ["The first paragraph is wrapped over two lines.", "The second one as well."]


def test_a_paragraph_a_line_stays_one() -> None:
    line = (
        "A creditor shall notify the applicant of the action taken within thirty days after it has received "
    )
    text = "\n".join([line + "the whole of the application that was made."] * 4)
    assert len(texts(text)) == 4


def test_a_clause_marker_alone_belongs_to_what_follows() -> None:
    assert texts("(a)\nIn actions of this kind, service may be made abroad.\n") == [
        "(a) In actions of this kind, service may be made abroad."
    ]


@pytest.mark.parametrize(
    ("line", "title", "number"),
    [
        ("ARTICLE IV", "", "IV"),
        ("Section 5.2 Insurance", "Insurance", "5.2"),
        ("## Your rights", "Your rights", None),
        ("##### 3 Power of Minister to borrow", "Power of Minister to borrow", "3"),
        ("§ 1013.3 General disclosure requirements.", "General disclosure requirements", "1013.3"),
        ("II. Standard of Review", "Standard of Review", "II"),
        ("GOVERNING LAW", "GOVERNING LAW", None),
        ("3 Compensation", "Compensation", "3"),
    ],
)
def test_headings(line: str, title: str, number: str | None) -> None:
    found = heading_of(line)
    assert found is not None
    assert (found.title, found.number) == (title, number)


@pytest.mark.parametrize(
    "line",
    [
        "FOR THE DISTRICT OF MASSACHUSETTS",
        "216 Hidden Mesa",
        "A. John Pappalardo, United States Attorney",
        "532 U.S. 483, 496-98 (2001), and others",
        "The Borrower shall pay the fee.",
        "BYRON R. WHITE: Yes.",
        "1. The Company shall pay.",
        "1. \u2003\xa0\u2003\xa0 .",
        "No Warranty for",
    ],
)
def test_what_is_no_heading(line: str) -> None:
    assert heading_of(line) is None


def test_a_heading_runs_into_its_text() -> None:
    text = "3.7   Maximum Rate.  It is the intention of the parties to comply."
    found = run_in(text)
    assert found and (found.title, found.number, text[found.length :]) == (
        "Maximum Rate",
        "3.7",
        "It is the intention of the parties to comply.",
    )
    bold = run_in("**Licence.** You may use the service.")
    assert bold and bold.title == "Licence"
    assert run_in("3.7 The Borrower shall comply. It shall do so at once.") is None


def test_sentences_end_at_their_marks_alone() -> None:
    text = "Mr. Doe cites Roe v. Wade, 410 U.S. 113 (1973).4 See Fed. R. Crim. P. 12. He lost. “Why?” No one knows"
    found = [text[a:b] for a, b in sentences(text, 0, len(text))]
    assert found == [
        "Mr. Doe cites Roe v. Wade, 410 U.S. 113 (1973).",
        "See Fed. R. Crim. P. 12.",
        "He lost.",
        "“Why?”",
        "No one knows",
    ]


@given(st.text(alphabet="aA1. ?“”(\n", max_size=80))
def test_sentences_lose_nothing_but_space_and_footnote_numbers(text: str) -> None:
    at = 0
    for start, end in sentences(text, 0, len(text)):
        assert start >= at and end > start
        assert set(text[at:start]) <= set(" \n1")
        at = end
    assert set(text[at:]) <= set(" \n1")


@pytest.mark.parametrize(
    "text",
    [
        "the rest of a sentence that was torn by a page.",
        "The Borrower shall pay (on demand the fee that is due.",
        "The Borrower shall pay ______ dollars on the first day.",
        "The Borrower paid.12 and then went on to say nothing more.",
        "The Borrower shall pay within [*] days after the notice.",
        "THE BORROWER SHALL PAY ALL FEES ON DEMAND TO THE LENDER.",
        "The Borrower shall pay “all fees that are due on demand.",
        "The Borrower shall pay all fees that are",
    ],
)
def test_what_is_not_clean(text: str) -> None:
    assert not clean(text)


def test_what_is_clean() -> None:
    assert clean("The Borrower shall pay “all fees” (and costs) on demand.")


def test_plain_text_has_no_markup() -> None:
    text = "**Licence.**  See [our\nterms](http://x.y/z) &amp; the *Act* , as amended\\."
    assert plain(text) == "Licence. See our terms & the Act, as amended."
