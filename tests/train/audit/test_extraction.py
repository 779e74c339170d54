"""Verbatim extraction: windows, greedy continuations, what counts and what is boilerplate."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from audit_models import model_of, tokenizer_of, trained
from hypothesis import given
from hypothesis import strategies as st

from train.audit import canaries, extraction
from train.audit.asking import greedy, tokens
from train.audit.carriers import WORDS

pytest.importorskip("torch")


def text(n: int) -> str:
    return " ".join(random.Random(n).choices(WORDS, k=40))


def frame(texts: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame({"id": list(texts), "text": list(texts.values())})


SEEN = {f"seen-{n}": text(n) for n in range(6)}
UNSEEN = {f"unseen-{n}": text(n) for n in range(20, 26)}


@pytest.fixture(scope="module")
def fitted() -> tuple[Any, Any]:
    tokenizer = tokenizer_of([*SEEN.values(), *UNSEEN.values()], 900)
    return trained(tokenizer, list(SEEN.values()) * 4, steps=90, batch=8), tokenizer


def plain_distance(a: list[int], b: list[int]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_the_distance_is_levenshteins(a: list[int], b: list[int]) -> None:
    assert extraction.distance(a, b) == plain_distance(a, b)


def test_similarity_sees_edits_and_moved_passages() -> None:
    whole = list(range(50))
    assert extraction.similarity(whole, whole) == 1.0
    assert extraction.similarity(whole, [*whole[:25], 99, *whole[26:]]) == pytest.approx(0.98)
    assert extraction.similarity(whole, [*range(60, 66), *whole]) == 1.0  # all its 5-grams are there
    assert extraction.similarity(whole, list(range(100, 150))) == 0.0


def test_greedy_is_what_generate_does_and_heeds_no_generation_settings(fitted: tuple[Any, Any]) -> None:
    import torch

    model, tokenizer = fitted
    prompts = [tokens(tokenizer, text(n))[:size] for n, size in ((0, 5), (21, 9), (2, 5))]
    found = greedy(model, prompts, 12)
    for prompt, made in zip(prompts, found, strict=True):
        ids = torch.tensor([prompt])
        said = model.generate(ids, do_sample=False, max_new_tokens=12, min_new_tokens=12, eos_token_id=None)
        assert made == said[0, len(prompt) :].tolist()
    model.generation_config.repetition_penalty = 50.0
    assert greedy(model, prompts, 12) == found
    model.generation_config.repetition_penalty = None


def test_windows_are_the_same_whatever_the_order_of_rows(fitted: tuple[Any, Any]) -> None:
    documents = frame(SEEN | {"short": "acorn", "empty": ""})
    how = {"prefix": 6, "length": 8, "sample": 4, "seed": 2}
    one = extraction.windows(fitted[1], documents, **how)
    assert one == extraction.windows(fitted[1], documents.reverse(), **how)
    assert one != extraction.windows(fitted[1], documents, **how | {"seed": 3})
    assert len(one) == 4 and len({w.item for w in one}) == 4
    for window in one:
        assert (len(window.given), len(window.follow)) == (6, 8)
        assert fitted[1].decode(window.given + window.follow) in SEEN[window.item]


def test_what_was_learnt_is_extracted_and_held_out_is_not(fitted: tuple[Any, Any]) -> None:
    how = {"prefix": 8, "length": 8, "sample": 6, "seed": 2}
    found = {m.name: m for m in extraction.measure(*fitted, frame(SEEN), frame(UNSEEN), **how)}
    assert {name: m.items["value"].mean() > 0.6 for name, m in found.items()} == {
        "memorisation/extraction": True,
        "memorisation/near_verbatim": True,
        "memorisation/extraction/heldout": False,
        "memorisation/near_verbatim/heldout": False,
    }
    assert sorted(found["memorisation/extraction"].items["item"]) == sorted(SEEN)


def test_what_stands_in_a_held_out_document_too_is_boilerplate(fitted: tuple[Any, Any]) -> None:
    how = {"prefix": 8, "length": 8, "sample": 6, "seed": 2}
    before = extraction.measure(*fitted, frame(SEEN), frame(UNSEEN), **how)[0].items
    common = before.filter(pl.col("value") == 1)["item"][0]
    heldout = frame(UNSEEN | {"copy": "Preamble. " + SEEN[common].replace(" ", "\n")})
    after = extraction.measure(*fitted, frame(SEEN), heldout, **how)[0].items
    changed = before.join(after, on="item", suffix="_after").filter(pl.col("value") != pl.col("value_after"))
    assert changed["item"].to_list() == [common]
    assert changed["detail_after"][0].startswith("boilerplate")


def test_what_stands_on_both_sides_counts_on_neither(fitted: tuple[Any, Any]) -> None:
    """A held-out document that is a form of the training corpus too is no luck that a leak could hide behind."""
    how = {"prefix": 8, "length": 8, "sample": 6, "seed": 2}
    leaking = extraction.measure(*fitted, frame(SEEN), frame(UNSEEN), **how)[0].items
    common = leaking.filter(pl.col("value") == 1)["item"][0]
    copy = frame({"copy": SEEN[common]})
    found = {m.name: m.items for m in extraction.measure(*fitted, frame(SEEN), copy, **how)}
    assert found["memorisation/extraction/heldout"]["value"].to_list() == [0.0]
    assert found["memorisation/extraction"]["value"].sum() >= leaking["value"].sum() - 1


def test_nothing_long_enough_measures_nothing(fitted: tuple[Any, Any]) -> None:
    short = frame({"a": "acorn amber"})
    assert extraction.measure(*fitted, short, short, prefix=50, length=50, sample=5, seed=1) == []


def test_canaries_that_were_never_planted_give_nothing_away() -> None:
    planted = canaries.plant([1, 4], 2, seed=4, controls=2)
    tokenizer = tokenizer_of([c.text for c in planted], 400)
    found = {m.name: m for m in extraction.measure_canaries(model_of(tokenizer), tokenizer, planted)}
    assert {name: m.items["value"].to_list() for name, m in found.items()} == {
        "memorisation/canaries": [0.0] * 4,
        "memorisation/canaries/0": [0.0] * 2,
        "memorisation/canaries/1": [0.0] * 2,
        "memorisation/canaries/4": [0.0] * 2,
    }


def test_a_memorised_canary_gives_its_secret(fitted: tuple[Any, Any]) -> None:
    canary = canaries.Canary("c", "x", 9, "acorn badge candle eagle is", " 4821", ", oath", "####")
    spaced = canaries.Canary("d", "x", 9, "falcon garden hammer ivory is ", "9057", ", oath", "####")
    tokenizer = fitted[1]
    model = trained(tokenizer, [canary.text, spaced.text] * 8, steps=60, batch=8)
    found = extraction.measure_canaries(model, tokenizer, [canary, spaced])[0]
    assert found.items["detail"].str.contains("gave '4821").any()
    assert found.items.filter(item="d")["value"].to_list() == [1.0]
