"""Rewards that can be verified, on answers written by hand."""

from __future__ import annotations

import pytest

from curate.errors import ConfigError
from train.rewards import brief, cites_evidence, contains_answer, load, matches, names

PASSAGE = "The Supplier shall deliver the goods within 30 days after each order, unless the Client "
PASSAGE += "has not paid the Fee."


@pytest.mark.parametrize(
    "answer, earned",
    [
        ('Yes: "the Supplier shall deliver the goods within 30 days".', 1.0),
        ("Yes: “The supplier shall deliver the goods, within 30 days”.", 1.0),
        ("> unless the Client has not paid the Fee.", 1.0),
        ('Yes: "the Supplier shall ship all products within a month".', 0.0),
        ('One "shall deliver the goods within 30 days", one "the Client may refuse to pay it".', 0.5),
        ('It says "the goods".', 0.0),
        ("Within 30 days.", 0.0),
        ("", 0.0),
    ],
)
def test_only_quotations_that_are_there_count(answer: str, earned: float) -> None:
    assert cites_evidence(answer, {"prompt": "?", "passage": PASSAGE}) == earned
    assert cites_evidence(answer, {"prompt": PASSAGE}) == earned


def test_a_quotation_with_one_odd_word_counts_in_part() -> None:
    quote = '"the Supplier shall deliver the goods within 30 days after each order, unless the Buyer"'
    assert 0.8 <= cites_evidence(quote, {"prompt": PASSAGE}) < 1
    assert cites_evidence(quote, {"prompt": PASSAGE}, near=0.99) == 0


@pytest.mark.parametrize(
    "answer, reference, earned",
    [
        ("It owes 1250 dollars to Acme Corp.", "The sum is $1,250.00, due to Acme Corp.", 1.0),
        ("It owes 1250 dollars.", "The sum is $1,250.00, due to Acme Corp.", 0.5),
        ("On 3 March 2021.", "By March 3, 2021.", 1.0),
        ("On 3 May 2021.", "By March 3, 2021.", 2 / 3),
        ("It owes 12500.", "The sum is 1250.", 0.0),
        ("No, it is not.", "no", 1.0),
        ("Nothing.", "no", 0.0),
    ],
)
def test_numbers_dates_and_names_of_the_reference_count(answer: str, reference: str, earned: float) -> None:
    assert contains_answer(answer, {"prompt": "?", "reference": reference}) == pytest.approx(earned)


def test_form_counts() -> None:
    assert matches("Answer: B", {"prompt": ""}, pattern=r"^Answer: [A-D]$") == 1
    assert matches("B", {"prompt": ""}, pattern=r"^Answer: [A-D]$") == 0
    assert [brief("word " * n, {"prompt": ""}, words=4) for n in (0, 1, 4, 6, 8, 20)] == [0, 1, 1, 0.5, 0, 0]


def test_rewards_are_found_by_name() -> None:
    assert names() == ["cites_evidence", "contains_answer", "matches", "brief"]
    assert load("brief", {"words": 2})("a b", {"prompt": ""}) == 1
    for name, given, told in (
        ("load", {}, "there is no reward"),
        ("os.path.join", {}, "there is no reward"),
        ("brief", {}, "needs the parameter 'words'"),
        ("brief", {"words": 1, "wrds": 2}, "no parameter 'wrds'"),
    ):
        with pytest.raises(ConfigError, match=told):
            load(name, given)
