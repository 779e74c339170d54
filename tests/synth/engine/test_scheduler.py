"""Candidates: results in order whatever comes first, a bounded window, an end at any moment."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import RunError
from synth.engine.answer import Rejected
from synth.engine.budget import Spent
from synth.engine.scheduler import Run, drive

Ask = Any


def no_ask(number: int) -> Ask:
    return None


async def results(candidates: Any, **options: Any) -> list[Any]:
    async with Run(candidates, no_ask, slots=options.pop("slots", 4), **options) as run:
        return [(o.number, o.failure.reason if o.failure else o.result) async for o in run]


@given(st.lists(st.integers(0, 6), max_size=60), st.integers(1, 8))
def test_outcomes_come_in_order_whatever_the_order_of_arrival(turns: list[int], slots: int) -> None:
    async def candidate(number: int, turns: int, ask: Ask) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        if turns == 5:
            raise Rejected("schema", "wrong")
        return number * number

    made = (partial(candidate, number, n) for number, n in enumerate(turns))
    found = drive(results(made, slots=slots))
    assert found == [(i, "schema" if n == 5 else i * i) for i, n in enumerate(turns)]


def test_a_slow_candidate_holds_nobody_up_until_the_window_is_full() -> None:
    async def main() -> None:
        gate, done, most = asyncio.Event(), [], 0
        under_way = 0

        async def candidate(number: int, ask: Ask) -> int:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await (gate.wait() if number == 0 else asyncio.sleep(0))
            under_way -= 1
            done.append(number)
            return number

        endless = (partial(candidate, number) for number in itertools.count())
        async with Run(endless, no_ask, slots=4, window=100) as run:
            first = asyncio.ensure_future(run.__anext__())
            await asyncio.sleep(0.1)
            assert sorted(done) == list(range(1, 100)) and not first.done()
            assert most == 20  # four slots and sixteen more
            gate.set()
            assert (await first).number == 0
            assert [(await run.__anext__()).number for _ in range(300)] == list(range(1, 301))

    drive(main())


def test_a_consumer_that_stops_cancels_what_is_under_way() -> None:
    ended: list[int] = []

    async def candidate(number: int, ask: Ask) -> int:
        try:
            await asyncio.sleep(0 if number < 5 else 60)
        finally:
            ended.append(number)
        return number

    async def main() -> None:
        endless = (partial(candidate, number) for number in itertools.count())
        async with Run(endless, no_ask, slots=8) as run:
            async for outcome in run:
                if outcome.number == 4:
                    break
        assert len(ended) == len(set(ended)) and len(ended) > 20  # one that had not begun need not end
        assert len(asyncio.all_tasks()) == 2  # this one, and that of `drive`

    drive(main())


def test_a_budget_ends_a_run_at_the_first_candidate_that_it_cut_off() -> None:
    async def candidate(number: int, ask: Ask) -> int:
        await asyncio.sleep(0.01 * (number % 3))
        if number in (7, 9):
            raise Spent("the budget of 5 tokens is spent")
        return number

    async def main() -> None:
        endless = (partial(candidate, number) for number in itertools.count())
        async with Run(endless, no_ask, slots=4) as run:
            assert [o.number async for o in run] == list(range(7))
            assert run.stopped == "the budget of 5 tokens is spent"

    drive(main())


@pytest.mark.parametrize("error", [RunError("no"), ZeroDivisionError("bug")])
def test_whatever_else_goes_wrong_ends_the_run_at_once(error: Exception) -> None:
    async def candidate(number: int, ask: Ask) -> int:
        if number == 6:
            raise error
        await asyncio.sleep(60)
        return number

    with pytest.raises(type(error)):
        drive(results(partial(candidate, number) for number in range(20)))


def test_a_source_of_candidates_that_fails_ends_the_run() -> None:
    async def candidate(ask: Ask) -> int:
        return 1

    def made() -> Iterator[Any]:
        yield candidate
        raise RunError("no more passages")

    with pytest.raises(RunError, match="no more passages"):
        drive(results(made()))


def test_exactly_n_are_accepted_from_a_bounded_number_of_candidates_in_any_order_of_arrival() -> None:
    async def accepted(delays: list[float], n: int, most: int) -> list[int]:
        async def candidate(number: int, ask: Ask) -> int:
            await asyncio.sleep(delays[number % len(delays)])
            if number % 3 == 0:
                raise Rejected("schema", "wrong")
            return number

        async def rows() -> AsyncIterator[int]:
            made = (partial(candidate, number) for number in range(most))
            async with Run(made, no_ask, slots=8) as run:
                async for outcome in run:
                    if outcome.failure is None and outcome.result is not None and outcome.result % 5:
                        yield outcome.result

        found: list[int] = []
        async for row in rows():
            found.append(row)
            if len(found) == n:
                break
        return found

    wanted = [n for n in range(100) if n % 3 and n % 5]
    for delays in ([0.0], [0.02, 0.0, 0.01], [0.0, 0.03]):
        assert drive(accepted(delays, 20, 100)) == wanted[:20]
        assert drive(accepted(delays, 20, 30)) == [n for n in wanted if n < 30]  # the budget comes first


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGTERM, RunError), (signal.SIGINT, KeyboardInterrupt)]
)
def test_signals_let_it_clean_up(number: signal.Signals, error: type[BaseException]) -> None:
    ended: list[int] = []

    async def candidate(number: int, ask: Ask) -> int:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)
        return number

    timer = threading.Timer(0.3, os.kill, (os.getpid(), number))
    timer.start()
    with pytest.raises(error):
        drive(results(partial(candidate, number) for number in range(100)))
    timer.join()
    assert sorted(ended) == list(range(20))
