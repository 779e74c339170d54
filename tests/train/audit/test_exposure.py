"""Exposure against its definition, its null distribution and its extrapolation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from audit_models import model_of, tokenizer_of, trained

from train.audit import canaries, exposure
from train.audit.asking import likelihoods, tokens
from train.audit.canaries import Canary
from train.evaluate.intervals import score

pytest.importorskip("torch")
TEXT = "The clerk of the court keeps the code of the vault, and the code of {} is {}, as recorded by the registrar."


def coded(name: str, secret: str, count: int, pattern: str = "##") -> Canary:
    prefix, suffix = TEXT.replace("{}", name, 1).split("{}")
    return Canary(name, "code", count, prefix, secret, suffix, pattern)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tokenizer_of([TEXT, "the quick brown fox jumps over the lazy dog 0123456789"], 320)


def plain_likelihood(model: Any, ids: list[int], start: int) -> float:
    """Log-likelihood of ids[start:], one forward pass over all of it, without cache or padding."""
    import torch

    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return sum(float(logs[at - 1, ids[at]]) for at in range(start, len(ids)))


def test_likelihoods_are_those_of_plain_passes(tokenizer: Any) -> None:
    model = model_of(tokenizer)
    prefix, texts = "the code of the vault is ", ["12", "7", "quick brown fox jumps", "the vault, 99"]
    found = likelihoods(model, tokenizer, prefix, texts)
    start = len(tokens(tokenizer, prefix.rstrip()))
    for value, text in zip(found, texts, strict=True):
        assert value == pytest.approx(
            plain_likelihood(model, tokens(tokenizer, prefix + text), start), abs=1e-4
        )


def test_exposure_is_that_of_brute_force_over_a_small_space(tokenizer: Any) -> None:
    """The rank of the secret among all 100, each scored by itself."""
    planted = [coded("Anna", "42", 9), coded("Bert", "07", 9), coded("Carl", "77", 0)]
    texts = [c.text for c in planted if c.count] * 4
    model = trained(tokenizer, texts, steps=25, batch=8)
    for found in exposure.exposures(model, tokenizer, planted, references=100, seed=1):
        canary = found.canary
        every = {
            s: plain_likelihood(model, tokens(tokenizer, canary.prefix + s + ","), 1)
            for s in (f"{n:02}" for n in range(100))
        }
        rank = sum(value >= every[canary.secret] for value in every.values())
        assert (found.rank, found.of, found.how) == (rank, 100, "enumerated")
        assert found.bits == pytest.approx(math.log2(100) - math.log2(rank))


def test_a_memorised_secret_has_all_the_exposure_there_is(tokenizer: Any) -> None:
    planted = [coded("Anna", "42", 9), coded("Bert", "07", 9)]
    model = trained(tokenizer, [c.text for c in planted] * 4, steps=60, batch=8)
    small = exposure.exposures(model, tokenizer, planted, references=100, seed=1)
    assert [e.bits for e in small] == pytest.approx([math.log2(100)] * 2)
    sampled = exposure.exposures(model, tokenizer, planted, references=60, seed=1)
    assert {e.how for e in sampled} == {"extrapolated"}
    assert all(math.log2(61) <= e.bits <= math.log2(100) for e in sampled)


def test_what_was_never_seen_has_the_exposure_of_chance(tokenizer: Any) -> None:
    """Ranks of secrets drawn as the references are, are even: 1.44 bits on average, half of them below 1."""
    model = model_of(tokenizer)
    never = canaries.plant([1], 1, seed=4, controls=40, forms=["digits"])[:40]
    bits = np.array([e.bits for e in exposure.exposures(model, tokenizer, never, references=100, seed=1)])
    assert abs(bits.mean() - math.log2(math.e)) < 3 * math.log2(math.e) / math.sqrt(40)
    assert 11 <= (bits < 1).sum() <= 29


def test_planted_secrets_are_no_references(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def likelihoods(model: Any, tokenizer: Any, prefix: str, texts: list[str]) -> np.ndarray:
        asked.extend(texts[1:])
        return np.arange(len(texts), 0, -1.0)

    monkeypatch.setattr(exposure, "likelihoods", likelihoods)
    planted = [coded(name, secret, 1, "###") for name, secret in (("Anna", "042"), ("Bert", "007"))]
    exposure.exposures(None, None, planted, references=990, seed=1)
    assert len(asked) == 2 * 990 and not {"042,", "007,"} & set(asked)


@pytest.mark.parametrize("shape", [-4.0, 0.0, 3.0])
def test_the_extrapolation_finds_the_tail_of_a_skew_normal_sample(shape: float) -> None:
    from scipy.stats import skewnorm

    law = skewnorm(shape, 40, 5)
    sample = law.rvs(20_000, random_state=1)
    for bits in (8.0, 16.0, 24.0):
        own = float(law.ppf(2.0**-bits))
        assert exposure.extrapolated(sample, own) == pytest.approx(bits, rel=0.15)
    assert exposure.extrapolated(sample, float(law.median())) == pytest.approx(1, abs=0.05)


def test_the_extrapolation_goes_on_where_a_distribution_function_is_zero() -> None:
    sample = np.random.default_rng(1).normal(0, 1, 5_000)
    near, far = exposure.extrapolated(sample, -15.0), exposure.extrapolated(sample, -30.0)
    assert 100 < near < far < math.inf


def test_measures_tell_every_count_apart(tokenizer: Any) -> None:
    planted = canaries.plant([1, 4], 2, seed=4, controls=3)
    found = {
        m.name: m for m in exposure.measure(model_of(tokenizer), tokenizer, planted, references=100, seed=1)
    }
    sizes = {name: m.items.height for name, m in found.items()}
    assert sizes == {
        f"memorisation/exposure{end}": n for end, n in (("", 4), ("/0", 3), ("/1", 2), ("/4", 2))
    }
    whole = found["memorisation/exposure"]
    assert (whole.group, whole.metric, whole.better) == ("memorisation", "exposure (bits)", "lower")
    assert score(whole, 1).value == pytest.approx(whole.items["value"].mean())
    assert whole.items["detail"].str.contains(r"^count [14], \w+: rank [\d.]+ of 101").all()
    secrets = [c.secret for c in planted]
    assert not any(s in detail for m in found.values() for detail in m.items["detail"] for s in secrets)


def test_a_canary_that_was_met_once_more_stays_with_its_count(tokenizer: Any) -> None:
    one, *rest = canaries.plant([4], 2, seed=4, controls=1)[1:]
    found = exposure.measure(
        model_of(tokenizer), tokenizer, [replace(one, count=5), *rest], references=100, seed=1
    )
    assert [m.name for m in found] == ["memorisation/exposure", "memorisation/exposure/4"]
    assert found[1].items["detail"][0].startswith("count 5, ")


def test_counts_are_summed_up() -> None:
    some = [(0, 1.0, 5), (0, 2.0, 3), (4, 9.0, 1), (4, 7.0, 2)]
    found = exposure.by_count(
        [exposure.Exposure(coded("A", "1", count), bits, rank, 9, "sampled") for count, bits, rank in some]
    )
    assert found.rows() == [(0, 2, 1.5, 1.0, 2.0, 0), (4, 2, 8.0, 7.0, 9.0, 1)]
    assert found.columns == ["count", "canaries", "mean", "low", "high", "first"]
    assert isinstance(found, pl.DataFrame)
