"""Filters of shape, wording and what is known already; the chain and its YAML."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from synth.filters import usage
from synth.filters.base import Context, Rejection, sources, words
from synth.filters.boilerplate import boilerplate
from synth.filters.decontaminate import decontaminate
from synth.filters.difficulty import causal_losses, difficulty
from synth.filters.exact_duplicates import exact_duplicates
from synth.filters.language import language
from synth.filters.length import length
from synth.filters.near_duplicates import near_duplicates
from synth.filters.pii import pii
from synth.filters.rouge import most_alike, rouge_l
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


# duplicates


def test_exact_duplicates_learn_from_accepted_samples_alone():
    filter_ = exact_duplicates(of="prompt")
    first, copy = qa("Who pays the rent?", "The tenant."), qa("who  pays THE rent?", "Nobody.")
    assert filter_(first, NOTHING) is None and filter_(copy, NOTHING) is None
    filter_.accept(first, NOTHING)
    assert filter_(copy, NOTHING).detail == {"accepted": 0, "of": "prompt"}
    assert exact_duplicates()(copy, NOTHING) is None


def plain_rouge(left: list, right: list) -> float:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    longest = table[-1][-1]
    return 2 * longest / (len(left) + len(right)) if longest else 0.0


small = st.lists(st.integers(1, 5), max_size=12)


@settings(max_examples=60, deadline=None)
@given(small, small)
def test_rouge_l_as_in_plain_python(left, right):
    assert rouge_l(np.array(left, np.uint64), np.array(right, np.uint64)) == pytest.approx(
        plain_rouge(left, right)
    )


@settings(max_examples=60, deadline=None)
@given(small, st.lists(small, min_size=1, max_size=6), st.sampled_from([0.3, 0.5, 0.7]))
def test_the_first_text_above_the_bound_is_found(own, texts, least):
    flat, offsets = np.array([w for t in texts for w in t], np.uint64), np.cumsum([0, *map(len, texts)])
    row, score_ = most_alike(np.array(own, np.uint64), flat, offsets, np.arange(len(texts)), least)
    above = [(i, plain_rouge(own, t)) for i, t in enumerate(texts) if plain_rouge(own, t) > least]
    assert (row, score_) == (above[0] if above else (-1, 0.0)) or score_ == pytest.approx(above[0][1])
    assert row == (above[0][0] if above else -1)


def test_near_duplicates_of_seeds_and_accepted_rows():
    filter_ = near_duplicates(["Explain in one sentence why the landlord may end the lease."], of="prompt")
    close = qa("Explain in one sentence why the landlord may end this lease.", "x")
    assert filter_(close, NOTHING).detail == {"of": "seed 0", "rouge_l": 0.9091}
    other = qa("List all of the parties to the agreement and their addresses.", "x")
    assert filter_(other, NOTHING) is None
    assert filter_(other, NOTHING) is None  # it was not accepted
    filter_.accept(other, NOTHING)
    again = filter_(qa("List all of the parties to this agreement and their addresses!", "x"), NOTHING)
    assert again.reason == "near_duplicate" and again.detail["of"] == "accepted 0"


def test_bands_miss_almost_nothing_that_comparing_all_would_find():
    rng = random.Random(5)
    lexicon = [f"w{i}" for i in range(400)]
    texts = [[rng.choice(lexicon) for _ in range(rng.randint(6, 60))] for _ in range(150)]
    for text in texts[:100]:  # changed in up to every third word
        share = rng.uniform(0.05, 0.33)
        texts.append([rng.choice(lexicon) if rng.random() < share else w for w in text])
    filter_, accepted, missed, wrong = near_duplicates(of="prompt"), [], 0, 0
    for text in texts:
        own = words(" ".join(text))
        truth = any(rouge_l(own, other) > 0.7 for other in accepted)
        found = filter_(qa(" ".join(text), "x"), NOTHING) is not None
        missed, wrong = missed + (truth and not found), wrong + (found and not truth)
        if not truth:
            filter_.accept(qa(" ".join(text), "x"), NOTHING)
            accepted.append(own)
    assert wrong == 0 and len(accepted) < 200 and missed <= 1


def test_many_rows_and_long_ones_are_remembered():
    filter_ = near_duplicates(of="answer")
    rng = random.Random(1)
    texts = [
        " ".join(f"w{rng.randrange(10**6)}" for _ in range(rng.choice([5, 40, 300]))) for _ in range(700)
    ]
    texts[3] = "!!"  # without a word
    for text in texts:
        assert filter_(qa("q", text), NOTHING) is None
        filter_.accept(qa("q", text), NOTHING)
    for i in (0, 1, 2, 300, 699):
        assert filter_(qa("q", texts[i]), NOTHING).detail == {"of": f"accepted {i}", "rouge_l": 1.0}
    assert filter_(qa("q", "??"), NOTHING) is None


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


# the chain and its YAML


def test_a_chain_stops_at_the_first_no_and_remembers_only_what_was_accepted():
    filters = usage.of(["schema", {"length": {"min_prompt_words": 1}}, "exact_duplicates"])
    sample = qa("Who?", "The tenant.")
    assert filters(sample, NOTHING) == sample == filters(sample, NOTHING)
    filters.accept(sample, NOTHING)
    assert filters(sample, NOTHING).reason == "duplicate"
    assert filters(qa("Who?", " "), NOTHING).reason == "schema"


def test_what_a_filter_changed_is_what_the_next_one_sees():
    filters = usage.of(["evidence", {"score": {"name": "evidence_score", "min": 1}}])
    context = Context(documents={"d": "The tenant pays the rent."})
    passed = filters(qa("Who?", "The tenant.", evidence=(Span("d", 9, 9, "The Tenant"),)), context)
    assert passed.evidence == (Span("d", 0, 10, "The tenant"),) and passed.meta["evidence_match"] == "folded"


def test_of_a_long_document_only_what_stands_around_the_evidence_is_a_source():
    text = "Rent is 500 dollars. " + "No word of it. " * 1000 + "The fee is 70 dollars."
    at = text.index("The fee")
    told = qa("What?", "It is 500.", evidence=(Span("d", at, len(text), text[at:]),))
    found = sources(told, Context((Passage("d", 0, len(text), text),)))
    assert "70 dollars" in found[0] and "500" not in found[0] and len(found[0]) < 2100
    assert "500" in sources(qa("What?", "x"), Context((Passage("d", 0, len(text), text),)))[0]


def test_all_faults_at_once_with_the_nearest_name():
    with pytest.raises(ConfigError) as error:
        usage.of(
            [
                "shema",
                {"length": {"max_wrds": 3}},
                {"near_duplicates": {"threshold": 2}},
                {"a": 1, "b": 2},
                "base",
            ]
        )
    told = str(error.value)
    assert "unknown filter 'shema' (did you mean 'schema'?)" in told
    assert "unknown key 'max_wrds' (did you mean 'max_words'?)" in told
    assert "less than 1" in told and "a filter is its name" in told and "unknown filter 'base'" in told


def test_what_a_filter_needs_beside_settings_is_lent():
    with pytest.raises(ConfigError, match="'judge' needs ask"):
        usage.of(["judge"])
    filters = usage.of([{"near_duplicates": {"of": "prompt"}}], seeds=["Who pays the rent each month?"])
    assert filters(qa("Who pays the rent every month?", "x"), NOTHING).reason == "near_duplicate"
    with pytest.raises(ConfigError, match="filter 'language'"):
        usage.of([{"language": {"keep": ["xx"]}}])


def test_the_same_candidates_give_the_same_decisions():
    rng = random.Random(2)
    samples = [qa(" ".join(rng.choices("abcd", k=8)), "x y z") for _ in range(120)]

    def run() -> list[bool]:
        filters, out = usage.of(["exact_duplicates", {"near_duplicates": {"of": "prompt"}}]), []
        for sample in samples:
            verdict = filters(sample, NOTHING)
            out.append(isinstance(verdict, Sample))
            if out[-1]:
                filters.accept(sample, NOTHING)
        return out

    assert run() == run() and 5 < sum(run()) < 110


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_words_of_one_text_are_those_of_a_column(text):
    import polars as pl

    from curate.kernels.tokens import word_hashes

    assert (
        words(text).tolist() == word_hashes(pl.Series([text.encode("utf-8", "replace").decode()]))[0].tolist()
    )
