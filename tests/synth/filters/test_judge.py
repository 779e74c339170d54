"""The judge's prompt is held to committed examples, grounded and not, with replies that a model could give."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from synth.filters.base import Context, Rejection
from synth.filters.judge import EXAMPLES, SYSTEM, Reply, judge, messages, parse
from synth.samples import Message, Passage, Sample

CASES = json.loads((Path(__file__).parent / "judge_cases.json").read_text(encoding="utf-8"))


def case(entry: dict) -> tuple[Sample, Context]:
    sample = Sample("t", "k", (Message("user", entry["question"]),), entry["answer"])
    return sample, Context((Passage("d", 0, len(entry["passage"]), entry["passage"]),))


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: entry["name"])
def test_a_reply_leads_to_the_committed_outcome(entry):
    sample, context = case(entry)
    asked = []

    def ask(turns):
        asked.append(turns)
        return entry["reply"]

    verdict = judge(ask)(sample, context)
    got = verdict.reason if isinstance(verdict, Rejection) else "passes"
    assert got == entry["outcome"]
    if "unsupported" in entry:
        assert verdict.detail["unsupported"] == entry["unsupported"]
    [turns] = asked
    assert turns[0] == Message("system", SYSTEM)
    assert turns[-1].content == (
        f"Passage:\n{entry['passage']}\n\nQuestion:\n{entry['question']}\n\nAnswer:\n{entry['answer']}"
    )


def test_there_are_cases_of_every_outcome_and_as_many_grounded_as_not():
    outcomes = [entry["outcome"] for entry in CASES]
    assert {"passes", "ungrounded", "beside_the_question", "judge_unreadable"} <= set(outcomes)
    assert min(outcomes.count("passes"), outcomes.count("ungrounded")) >= 4


def test_the_examples_in_the_prompt_say_what_their_claims_say():
    labels = []
    for passage, _, _, reply in EXAMPLES:
        found = Reply.model_validate_json(reply)
        assert all(
            claim.supported == (claim.quote != "" and claim.quote in passage) for claim in found.claims
        )
        labels.append(parse(reply, [passage]).grounded)
    assert sorted(labels) == [0.0, 1.0]


def test_the_prompt_is_the_one_that_was_judged_good():
    """A changed prompt changes what judges say: look at the cases again, then put the new hash here."""
    sample, context = case(CASES[0])
    sent = json.dumps([turn.as_dict() for turn in messages(sample, context)])
    assert hashlib.sha256(sent.encode()).hexdigest()[:16] == "e04a01092c72f72d"


def test_a_share_of_claims_may_do():
    reply = (
        '{"claims": [{"claim": "a", "quote": "rent is due", "supported": true}, {"claim": "b", "quote": "", '
    )
    reply += '"supported": false}], "answers_question": true}'
    sample = Sample("t", "k", (Message("user", "q"),), "a and b")
    context = Context((Passage("d", 0, 0, "The rent is due monthly."),))
    assert judge(lambda _: reply)(sample, context).detail == {"grounded": 0.5, "unsupported": ["b"]}
    assert judge(lambda _: reply, min_grounded=0.5)(sample, context).meta == {"judge_grounded": 0.5}
    beside = reply.replace('question": true', 'question": false')
    assert judge(lambda _: beside, min_grounded=0.5, relevant=False)(sample, context).meta
