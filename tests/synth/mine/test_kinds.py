"""Each kind on small texts: what it finds, and what it must not take for it."""

from __future__ import annotations

import pytest
from mined_texts import ACT, AGREEMENT, ARGUMENT, OPINION, answers, asked, found


def test_definitions_of_an_agreement() -> None:
    [sample] = found("definitions", AGREEMENT)
    assert "Business Day" in asked(sample)
    assert "any day on which banks in New York are open" in (sample.completion or "")
    assert sample.meta["term"] == "Business Day"  # "Affiliate" only points elsewhere


def test_definitions_of_an_act_are_items_of_a_list() -> None:
    assert [s.meta["term"] for s in found("definitions", ACT)] == ["the Minister", "oats"]
    assert "oats” means any oats grown in the State, whether or not milled." in answers("definitions", ACT)


@pytest.mark.parametrize(
    "text",
    [
        'The word "means" means little, and "it" does.',
        '"Affiliate" means the following:',
        '"Affiliate" means, as defined in Section 9.',
        'He said that "Alder" had meant to pay.',
    ],
)
def test_what_defines_nothing(text: str) -> None:
    assert found("definitions", f"LEASE AGREEMENT\n\n{text}\n") == [] or "little" in text


def test_sections_headings_and_labels() -> None:
    texts = {asked(s): s.completion or "" for s in found("section_text", AGREEMENT)}
    [insurance] = [answer for question, answer in texts.items() if "Insurance" in question]
    assert "The Lender may inspect the policy." in insurance
    assert "Governing Law" in answers("section_heading", AGREEMENT)
    assert "Transfer" not in answers("section_heading", AGREEMENT)  # its text does not speak of one
    for sample in found("clause_label", AGREEMENT):
        right = [option for option in sample.meta["options"] if option in (sample.completion or "")]
        assert len(right) == 1 and len(sample.meta["options"]) == 4
        assert right[0] in sample.evidence[0].text


def test_holdings_are_what_the_court_itself_holds_now() -> None:
    [sample] = found("holdings", OPINION)
    assert "the claim was not raised in the district court and is lost" in (sample.completion or "")


def test_what_holds_nothing() -> None:
    text = OPINION.replace("We hold that the claim", "If we hold that the claim")
    assert found("holdings", text) == []
    twice = OPINION.replace("We held in an earlier case", "We conclude")
    assert found("holdings", twice) == []  # the question would have two answers


def test_disposition() -> None:
    [sample] = found("disposition", OPINION)
    assert "John Alder v. Birch Company, Inc." in asked(sample)
    assert "is affirmed." in (sample.completion or "")
    bare = OPINION.replace("For these reasons, the judgment of the district court is affirmed.", "Affirmed.")
    assert "affirmed" in answers("disposition", bare)


def test_conditions() -> None:
    told = answers("conditions", AGREEMENT)
    assert "subject to Section 7" in told
    assert "unless the Lender consents to the sale in writing" in told
    assert "each lease is approved by the Lender" in told
    assert (
        found("conditions", "LEASE AGREEMENT\n\nThe rent is due monthly, as provided in the schedule.\n")
        == []
    )


def test_consequences() -> None:
    [sample] = found("consequences", AGREEMENT)
    assert "if the Borrower fails to repair the Property" in asked(sample) or "the case that" in asked(sample)
    assert "he Lender may repair it at the cost of the Borrower." in (sample.completion or "")


def test_duties_are_those_of_a_party() -> None:
    told = [(s.meta["modality"], s.meta["party"], s.completion or "") for s in found("duties", AGREEMENT)]
    assert [kind for kind, _, text in told if "take out insurance" in text] == ["obligation"]
    assert "inspect the policy" not in str(
        told
    )  # the passage lets the Lender do more, in a sentence of another form
    assert [kind for kind, _, text in told if "shall not sell" in text] == ["prohibition"]
    assert {who for _, who, _ in told} == {"the Borrower"}  # a policy owes nothing


def test_duties_are_told_in_full_or_not_at_all() -> None:
    rest = (
        "The roof is old and has been leaking since the winter of the year before last, as both parties know."
    )
    text = f"LEASE AGREEMENT\n\nThe Tenant shall repair the roof at once. A Tenant shall pay the rent on time. {rest}\n"
    assert "repair the roof at once. A Tenant shall pay the rent on time." in answers("duties", text)
    more = text.replace("The roof is old", "Notice goes to the Tenant, who shall answer it. The roof is old")
    assert found("duties", more) == []


def test_figures() -> None:
    told = {s.meta["figure"]: s.completion or "" for s in found("figures", AGREEMENT)}
    assert "the State of New York" in told["governing_law"]
    assert "hirty (30) days' prior written notice" in told["notice_period"]
    assert "ithin ninety (90) days after the date of termination" in told["deadline"]
    assert "$25,000.00" in told["amount"]


def test_an_amount_keeps_what_limits_it() -> None:
    text = AGREEMENT.replace("a closing fee of $25,000.00", "a closing fee of not less than $25,000.00")
    assert "not less than $25,000.00" in answers("figures", text)
    text = AGREEMENT.replace(
        "a closing fee of $25,000.00", "a fine of not less than $100 nor more than $1,500, payable"
    )
    assert "not less than $100 nor more than $1,500" in answers("figures", text)


def test_a_condition_sets_no_deadline() -> None:
    text = AGREEMENT.replace("The Borrower shall repay", "The Lender may sell if the Borrower did not repay")
    assert all(s.meta["figure"] != "deadline" for s in found("figures", text))


def test_dates() -> None:
    told = answers("dates", OPINION)
    assert told.count("199") == 3 and "June 7, 1996" in told


def test_chronology() -> None:
    [sample] = found("chronology", OPINION)
    told = sample.completion or ""
    assert told.index("1996") < told.index("1997") < told.index("1998")
    same_day = OPINION.replace("May 2, 1997", "June 7, 1996")
    assert found("chronology", same_day) == []


def test_citations() -> None:
    [sample] = found("citations", OPINION)
    assert sample.meta["citation"] == "Oak v. Elm, 123 F.3d 456, 460 (1st Cir. 1997)"
    assert "A party must raise a claim below" in asked(sample)
    contrary = OPINION.replace("See Oak", "But see Oak")
    assert found("citations", contrary) == []


def test_parties() -> None:
    told = [s.completion or "" for s in found("parties", AGREEMENT)]
    assert "Alder Holdings, Inc. (“Borrower”) and Birch Bank, N.A. (“Lender”)" in told[0]
    assert "Alder Holdings, Inc." in told[1] and "Birch Bank, N.A." in told[2]
    assert found("parties", AGREEMENT.replace('(the "Lender")', "")) == []


def test_cloze_of_a_figure() -> None:
    samples = found("cloze_figure", AGREEMENT)
    assert any("$25,000.00" in (s.completion or "") and "_____" in asked(s) for s in samples)
    assert not any("30" in (s.completion or "") for s in samples)  # the words beside it would tell


def test_cloze_of_a_party_names_the_other_one() -> None:
    more = "The Lender may require the Borrower to keep the policy in force."
    text = AGREEMENT.replace("The policy shall be kept in force at all times.", more)
    samples = found("cloze_party", text)
    assert samples
    for sample in samples:
        assert "_____" in sample.prompt[0].content
        assert sample.meta["options"] == ["Borrower", "Lender"]


def test_cloze_of_a_term() -> None:
    more = ACT.replace(
        "“inspector” has",
        "“grower” means a person who grows grain for sale in any part of the State in any year;\n\n"
        "“register” means a book that is kept in an office and is open to all who would see it;\n\n"
        "“inspector” has",
    )
    samples = found("cloze_term", more)
    assert {s.completion.strip("“”.").removeprefix("The term is “") for s in samples if s.completion} == {
        "register",
        "grower",
    }


def test_oral_argument_takes_whole_answers_to_whole_questions() -> None:
    [sample] = found("oral_argument", ARGUMENT, title="Ash v. Oak")
    assert "private road?" in asked(sample)
    assert "It has been applied to private roads in three States" in (sample.completion or "")


def test_a_heading_that_asks_is_answered_by_its_text() -> None:
    [sample] = found("asked_heading", ACT)
    assert "Can a licence be revoked?" in asked(sample) and "may revoke a licence" in (
        sample.completion or ""
    )
