"""Budgets: what is under way counts, over all models together; projections."""

from __future__ import annotations

import pytest

from synth.engine.answer import Reply
from synth.engine.budget import Budget, Limits, Spent
from synth.engine.settings import Price


def test_money_is_tokens_by_the_price_table() -> None:
    assert Price(input=2.0, output=10.0).of(500_000, 100_000) == 2.0


def test_the_expected_cost_of_what_is_under_way_counts() -> None:
    under_way = 0
    budget = Budget(Limits(tokens=1000))
    meter = budget.meter("m", None, lambda: under_way)
    for _ in range(5):
        meter.charge(Reply(tokens_in=60, tokens_out=40))
    under_way = 4
    budget.check()  # 500 and about 400
    under_way = 5
    with pytest.raises(Spent, match="the budget of 1,000 tokens is spent"):
        budget.check()


def test_money_is_counted_over_all_models() -> None:
    budget = Budget(Limits(money=3))
    one = budget.meter("one", Price(input=1e6, output=0), lambda: 0)
    other = budget.meter("other", Price(input=0, output=1e6), lambda: 0)
    one.charge(Reply(tokens_in=1, tokens_out=5))
    other.charge(Reply(tokens_in=5, tokens_out=1))
    budget.check()
    other.charge(Reply(tokens_in=5, tokens_out=1))
    with pytest.raises(Spent, match=r"of 3\.0 money"):
        budget.check()


def test_a_projection_says_where_it_ends() -> None:
    now = 0.0
    budget = Budget(clock=lambda: now)
    meter = budget.meter("m", Price(input=0, output=1e4), lambda: 0)
    assert budget.projection(3, 0, 10).seconds_left is None
    now = 60.0
    meter.charge(Reply(tokens_in=1, tokens_out=600))
    found = budget.projection(done=40, accepted=20, wanted=100)
    assert (found.left, found.tokens_per_second, found.cost) == (80, 10.0, 6.0)
    assert (found.cost_at_end, found.seconds_left) == (30.0, 240.0)
    assert str(found) == (
        "20 of 100 accepted, 40 candidates, 10 tokens/s, 4:00 left, 6.00 of about 30.00 spent"
    )
