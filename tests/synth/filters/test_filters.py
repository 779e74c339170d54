"""Filters of shape, wording, foreign items, private data, scores and difficulty."""

from __future__ import annotations

import json

import pytest

from synth.filters.base import Context, Rejection
from synth.filters.boilerplate import boilerplate
from synth.filters.decontaminate import decontaminate
from synth.filters.difficulty import causal_losses, difficulty
from synth.filters.language import language
from synth.filters.length import length
from synth.filters.pii import pii
from synth.filters.schema import schema
from synth.filters.score import score
from synth.samples import Message, Passage, Sample, Span

NOTHING = Context()


def qa(question: str, answer: str, **more) -> Sample:
    return Sample("task", "kind", prompt=(Message("user", question),), completion=answer, **more)


def why(filter_, sample, context=NOTHING) -> str | None:
    verdict = filter_(sample, context)
    return verdict.reason if isinstance(verdict, Rejection) else None


# schema


@pytest.mark.parametrize(
    "sample",
    [
        qa("Who pays?", "The tenant."),
        qa("Who pays?", "The tenant.", label=False),
        Sample("t", "k", text="Some text."),
        Sample("t", "k", prompt=(Message("system", "Be kind."), Message("user", "Hi")), chosen="a", rejected="b"),
        Sample(
            "t", "k", completion="c",
            prompt=(Message("user", "1"), Message("assistant", "2"), Message("user", "3")),
        ),
    ],
)  # fmt: skip
def test_every_training_format_has_a_shape_that_passes(sample):
    assert schema()(sample, NOTHING) is None


@pytest.mark.parametrize(
    "sample, told",
    [
        (qa("Who?", "  "), "completion is blank"),
        (qa(" ", "x"), "a user turn is blank"),
        (Sample("t", "k", completion="x"), "turns do not alternate"),
        (Sample("t", "k", prompt=(Message("user", "a"), Message("user", "b")), completion="x"), "user, user"),
        (
            Sample("t", "k", prompt=(Message("user", "a"), Message("assistant", "b")), completion="x"),
            "alternate",
        ),
        (Sample("t", "k", prompt=(Message("user", "a"),)), "no answer"),
        (Sample("t", "k", prompt=(Message("user", "a"),), chosen="x"), "has chosen"),
        (Sample("t", "k", prompt=(Message("user", "a"),), chosen="x", rejected="x "), "the same"),
        (Sample("t", "k", prompt=(Message("user", "a"),), chosen="x", rejected="y", label=True), "label"),
        (Sample("t", "k", prompt=(Message("user", "a"),), text="x"), "no turns before it"),
    ],
)
def test_what_has_no_shape_is_told(sample, told):
    assert told in schema()(sample, NOTHING).detail["fault"]


def test_turns_are_bounded():
    sample = Sample("t", "k", (Message("user", "1"), Message("assistant", "2"), Message("user", "3")), "c")
    assert why(schema(max_turns=1), sample) == "schema"
    assert why(schema(max_turns=2), sample) is None


# language, length

ENGLISH = "The tenant shall pay the rent on the first day of every month."
FRENCH = "Le locataire doit payer le loyer le premier jour de chaque mois."


def test_a_turn_in_another_language_sends_a_sample_away():
    keep = language(keep=["en"])
    assert why(keep, qa(ENGLISH, ENGLISH)) is None
    verdict = keep(qa(ENGLISH, FRENCH), NOTHING)
    assert verdict.reason == "language" and verdict.detail["language"] == "fr"
    assert why(keep, qa(FRENCH, ENGLISH)) == "language"
    assert why(keep, qa(ENGLISH, "Oui.")) is None  # too short to tell
    passage = Passage("d", 0, len(FRENCH), FRENCH)
    assert (
        why(keep, qa(f"{FRENCH}\n\nWhat does the French clause ask for?", ENGLISH), Context((passage,)))
        is None
    )
    with pytest.raises(ValueError, match="xx"):
        language(keep=["xx"])


def test_words_are_counted_without_the_passage():
    passage = Passage("d", 0, 0, "word " * 200)
    shown = qa(f"{passage.text}\nWho pays the rent?", "The tenant pays.")
    assert why(length(), shown) == "prompt_long"
    assert why(length(), shown, Context((passage,))) is None
    assert why(length(min_words=4), qa("Who pays the rent?", "The tenant pays.")) == "answer_short"
    assert length(max_words=2)(qa("Who pays the rent?", "The tenant pays."), NOTHING).detail == {
        "words": 3,
        "most": 2,
    }
    assert why(length(), qa("Who?", "The tenant.")) == "prompt_short"
    with pytest.raises(ValueError, match="go together"):
        length(max_tokens=5)


# boilerplate


@pytest.mark.parametrize(
    "answer, reason",
    [
        ("As an AI language model, I do not hold views.", "refusal"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("I cannot provide legal advice on this.", "refusal"),
        ("Unfortunately, I am unable to say.", "refusal"),
        ("According to the passage, rent is due monthly.", "source_talk"),
        ("Rent, as stated in the provided text, is due.", "source_talk"),
        ("The passage does not say when rent is due.", "source_talk"),
        ("Answer: Rent is due monthly.", "prompt_leak"),
        ("Rent is due monthly.<|im_end|>", "prompt_leak"),
        ("Sure! Here is the answer you asked for.", "prompt_leak"),
        ("Here is the rewritten version: rent is due.", "prompt_leak"),
        ("Dear [Your Name], rent is due.", "prompt_leak"),
        ('{"answer": "Rent is due."}', "prompt_leak"),
        ("```\nRent is due.\n```", "fence"),
        ("The tenant shall pay the rent on the first day of each month and the", "truncated"),
        ("The tenant shall pay the rent (which is due on the first of each month", "truncated"),
    ],
)  # fmt: skip
def test_boilerplate_is_named(answer, reason):
    assert why(boilerplate(), qa("When is rent due?", answer)) == reason
    assert why(boilerplate(refuse=[]), qa("When is rent due?", answer)) is None


@pytest.mark.parametrize(
    "answer",
    [
        "I am sorry for your loss. Here are a few things that could help.",
        "Thirty (30) days",
        "The context of the clause matters; in that document rent is due monthly.",
        "The landlord cannot help a tenant who pays late.",
        "Use a loop:\n```python\nfor i in range(3): pass\n```\nThat is all.",
        "The tenant shall pay the rent on the first day of each month without fail",
    ],
)
def test_honest_answers_pass(answer):
    assert why(boilerplate(), qa("When is rent due?", answer)) is None


def test_what_a_source_says_is_a_quotation():
    text = "THE WITNESS: I cannot help you with that, as stated in the document above."
    spoken = qa("What did the witness say?", "I cannot help you with that, as stated in the document above.")
    assert why(boilerplate(), spoken) == "refusal"
    assert why(boilerplate(), spoken, Context((Passage("d", 0, len(text), text),))) is None


def test_a_question_may_speak_of_a_passage_that_it_shows():
    passage = Passage("d", 0, 0, "Rent is due monthly.")
    asked = "According to the passage, when is rent due?"
    assert why(boilerplate(), qa(asked, "Monthly."), Context((passage,))) == "source_talk"
    assert why(boilerplate(), qa(f"{passage.text}\n\n{asked}", "Monthly."), Context((passage,))) is None


def test_an_answer_that_a_server_cut_is_truncated():
    assert why(boilerplate(), qa("Who?", "The tenant.", meta={"finish_reason": "length"})) == "truncated"
    span = Span("d", 0, 60, "the tenant shall pay the rent on the first day of each month and the")
    assert why(boilerplate(), qa("What?", span.text, evidence=(span,))) is None  # as the source has it


# decontaminate, pii, score, difficulty


def test_a_benchmark_item_in_a_question_is_found(tmp_path):
    item = "What is the largest number of shares that the board may issue without a vote of the members?"
    path = tmp_path / "bench.jsonl"
    path.write_text(json.dumps({"question": item}), encoding="utf-8")
    filter_ = decontaminate(against=str(path))
    verdict = filter_(qa(f"Please tell: {item}", "Ten."), NOTHING)
    assert verdict.reason == "contaminated" and verdict.detail["overlap"] == 1.0
    assert filter_(qa("How many shares may be issued without a vote?", "Ten."), NOTHING) is None


def test_private_data_that_no_source_has():
    filter_ = pii()
    made_up = qa("How can one reach the agent?", "Write to jane.doe@acme-widgets.com or call 212-555-0187.")
    verdict = filter_(made_up, NOTHING)
    assert {found["entity"] for found in verdict.detail["found"]} == {"EMAIL_ADDRESS", "PHONE_NUMBER"}
    assert "jane" not in str(verdict.detail)
    passage = Passage("d", 0, 0, "Agent: jane.doe@acme-widgets.com, 212-555-0187")
    assert filter_(made_up, Context((passage,))) is None
    assert why(pii(trust_sources=False), made_up, Context((passage,))) == "pii"


def test_scores_are_held_to_limits():
    filter_ = score(name="judge", min=3, max=5)
    assert why(filter_, qa("q", "a", meta={"judge": 4})) is None
    assert why(filter_, qa("q", "a", meta={"judge": 2.5})) == "judge_low"
    assert why(filter_, qa("q", "a", meta={"judge": 9})) == "judge_high"
    for wrong in ({}, {"judge": "5"}, {"judge": float("nan")}, {"judge": True}):
        assert why(filter_, qa("q", "a", meta=wrong)) == "judge_missing"
    with pytest.raises(ValueError, match="min or max"):
        score(name="judge")


def test_difficulty_is_a_ratio_of_losses():
    filter_ = difficulty(lambda prompt, told: (float(prompt), 2.0), model="none")
    assert filter_(qa("1", "a"), NOTHING).meta == {"ifd": 0.5}
    assert filter_(qa("3", "a"), NOTHING).detail == {"ifd": 1.5, "loss": 3.0, "loss_alone": 2.0}
    assert filter_(qa("nan", "a"), NOTHING) is None
    assert filter_(Sample("t", "k", text="alone"), NOTHING) is None


def test_losses_of_a_tiny_model(tmp_path):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    made = Tokenizer(
        models.WordLevel({w: i for i, w in enumerate(["<s>", "?", "a", "b", "c", "d"])}, unk_token="?")
    )
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>").save_pretrained(tmp_path)
    torch.manual_seed(0)
    shape = {"vocab_size": 6, "n_positions": 32, "n_embd": 16, "n_layer": 1, "n_head": 2}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**shape)).eval()
    model.save_pretrained(tmp_path)
    given, alone = causal_losses(str(tmp_path), 32)("a b", "c d c")
    for loss, ids in ((given, [0, 2, 3, 4, 5, 4]), (alone, [0, 4, 5, 4])):
        logs = torch.log_softmax(model(torch.tensor([ids])).logits[0], -1)
        wanted = -sum(float(logs[i - 1, ids[i]].detach()) for i in range(len(ids) - 3, len(ids))) / 3
        assert loss == pytest.approx(wanted, rel=1e-4)
    cut = causal_losses(str(tmp_path), 16)("a " * 100, "c d c")
    assert cut[1] == pytest.approx(alone, rel=1e-4) and cut[0] > 0
    with pytest.raises(ValueError, match="cannot load"):
        causal_losses(str(tmp_path / "none"), 32)
