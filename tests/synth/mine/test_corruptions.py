"""A corruption changes what it says, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.mine import mine
from synth.mine.miners.corruptions import Corruption, corruptions
from synth.samples import Sample

PIECES = st.sampled_from(
    [
        "The Lender shall "
        "pay", "the Borrower may not "
               "sell", "on June 7, 1996", "on 31 May 2001", "within thirty (30) days", "within 5 years",
        "$25,000.00", "12.5%", "see Oak v. Elm, 123 F.3d 456 "
            "(1997)", "is not due", "and", ",", "Section 5 days", "60 months", "it will end",
    ]
)  # fmt: skip


def check(chosen: str, rejected: str, told: dict[str, object]) -> None:
    corruption = Corruption(**told)  # type: ignore[arg-type]
    assert corruption.apply(chosen) == rejected != chosen
    start, end = corruption.start, corruption.end
    assert chosen[:start] == rejected[:start] and chosen[end:] == rejected[start + len(corruption.replaced) :]
    assert chosen[start:end] == corruption.original != corruption.replaced


@given(st.lists(PIECES, min_size=1, max_size=8), st.integers(0, 9))
def test_any_text_differs_exactly_as_recorded(pieces: list[str], seed: int) -> None:
    text = " ".join(pieces)
    for one in corruptions(text, ["Lender", "Borrower"], seed=seed):
        check(text, one.apply(text), one._asdict())


def changed(text: str, kind: str, parties: tuple[str, ...] = ()) -> str | None:
    return next((c.apply(text) for c in corruptions(text, parties) if c.kind == kind), None)


def test_each_kind() -> None:
    assert changed("It shall not be due.", "negation") == "It shall be due."
    assert changed("It shall be due.", "negation") == "It shall not be due."
    assert changed("The Lender shall pay.", "party", ("Lender", "Borrower")) == "The Borrower shall pay."
    number = changed("It is due within thirty (30) days.", "number")
    assert number and number != "It is due within thirty (30) days."
    date = changed("It was made on June 7, 1996.", "date")
    assert date and date != "It was made on June 7, 1996."
    citation = changed("See Oak v. Elm, 123 F.3d 456 (1997).", "citation")
    assert citation and "F.3d" in citation and "123 F.3d 456" not in citation


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("See Section 30 of the Act.", "number"),
        ("It includes but is not limited to this.", "negation"),
        ("In May 1996 the parties met.", "negation"),
        ("No party shall only pay.", "negation"),
        ("The Lender shall pay the Borrower.", "party"),
        ("It was made in June 1996.", "date"),
    ],
)
def test_what_is_left_alone(text: str, kind: str) -> None:
    assert changed(text, kind, ("Lender", "Borrower")) is None


def test_pairs_of_a_document() -> None:
    text = (
        "LEASE AGREEMENT\n\n1. Repair. The Tenant shall not repair the roof. The Tenant shall pay the rent within "
        "ten (10) days "
        "after the first day of each month.\n"
    )
    pairs: list[Sample] = list(mine("d", text, source="s", kinds=["corrupted"]))
    assert pairs
    for pair in pairs:
        assert pair.completion is None and pair.chosen and pair.rejected
        check(pair.chosen, pair.rejected, pair.meta["corruption"])


def test_a_corruption_out_of_place_is_refused() -> None:
    with pytest.raises(ValueError, match="does not stand"):
        Corruption("number", 0, 2, "30", "60").apply("thirty")
