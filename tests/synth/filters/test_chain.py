"""What filters remember, the chain of them, and its YAML."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from synth.filters import usage
from synth.filters.base import Context, asked, shows, sources, words
from synth.filters.exact_duplicates import exact_duplicates
from synth.filters.near_duplicates import near_duplicates
from synth.filters.rouge import most_alike, rouge_l
from synth.samples import Message, Passage, Sample, Span

NOTHING = Context()


def qa(question: str, answer: str, **more) -> Sample:
    return Sample("task", "kind", prompt=(Message("user", question),), completion=answer, **more)


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


def test_what_a_prompt_shows_of_a_passage_is_not_asked():
    document = (
        "PREFACE\n\n"
        + "The tenant pays the rent on the first day\nof each month without fail.\n\n" * 3
        + "END"
    )
    context = Context((Passage("d", 0, len(document), document),))
    shown = qa(
        "The tenant pays the rent on the first day of each month without fail.\n\nWho pays the rent?", "x"
    )
    assert asked(shown, context) == "Who pays the rent?" and shows(shown, context)
    plain = qa("Who pays the rent?\n\nAnswer in a word.", "x")
    assert asked(plain, context) == "Who pays the rent?\n\nAnswer in a word." and not shows(plain, context)
    first = "The tenant pays the rent on the first day\nof each month without fail."
    for fence in ('"""', "---", "```", "<passage>"):
        assert asked(qa(f"Who pays?\n{fence}\n{first}\n{fence}", "x"), context) == "Who pays?"
    whole = qa(f"Read this:\n{document}\nWho pays the rent?", "x")
    assert asked(whole, context) == "Read this:\n\nWho pays the rent?" and shows(whole, context)
