"""Pace: cut by load once a round, raised by rounds of successes, at rest as told, given up when nothing else comes."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest

from synth.engine import pace
from synth.engine.client import waiting
from synth.engine.pace import Pace, Pool


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_load_halves_the_limit_once_for_requests_that_were_under_way_together(clock: Clock) -> None:
    server = Pace(64, clock=clock)
    sent = clock.now
    clock.now += 2
    for number in range(20):
        server.setback("limited", str(number), sent)
    assert server.limit == 32
    clock.now += 1
    server.setback("limited", "21", sent)  # a straggler of the same round
    assert server.limit == 32
    server.setback("timeout", "22", clock.now)
    assert server.limit == 16
    for _ in range(20):
        clock.now += 1
        server.setback("limited", "23", clock.now)
    assert server.limit == 1  # never less, or nothing would find out that it is better


def test_errors_that_tell_nothing_of_load_leave_the_limit(clock: Clock) -> None:
    server = Pace(64, clock=clock)
    server.setback("failed", "a", clock.now)
    assert server.limit == 64 and server.rests_until == 0


def test_rounds_of_successes_raise_the_limit_by_a_constant_up_to_the_whole(clock: Clock) -> None:
    server = Pace(64, clock=clock)
    server.limit = 16
    grown = []
    for _ in range(20):
        for _ in range(int(server.limit)):
            server.success()
        grown.append(server.limit)
    assert grown[:4] == [20, 24, 28, 32] and grown[-1] == 64


def test_a_server_rests_as_long_as_it_says_and_not_for_ever(clock: Clock) -> None:
    server = Pace(4, clock=clock)
    server.setback("limited", "a", clock.now, wait=30.0)
    assert server.rests_until == clock.now + 30 and not server.free
    server.setback("limited", "b", clock.now, wait=10**9)
    assert server.rests_until == clock.now + pace.MOST_WAIT
    clock.now += pace.MOST_WAIT
    assert server.free


def test_what_servers_say_about_waiting() -> None:
    now = time.time()
    assert waiting({"retry-after": "7"}, now) == 7
    assert waiting({"retry-after-ms": "250", "retry-after": "7"}, now) == 0.25
    assert waiting({"retry-after": formatdate(now + 20, usegmt=True)}, now) == pytest.approx(20, abs=1)
    assert waiting({"retry-after": formatdate(now - 20, usegmt=True)}, now) == 0
    assert waiting({"retry-after": "soon"}, now) is None
    assert waiting({}, now) is None


def test_pauses_double_are_capped_and_are_not_all_the_same() -> None:
    for failures, most in ((1, 0.5), (2, 1.0), (5, 8.0), (40, 60.0), (5000, 60.0)):
        drawn = {pace.pause(failures) for _ in range(50)}
        assert all(most / 2 <= each <= most for each in drawn) and len(drawn) > 10


def test_one_bad_request_is_its_own_fault_many_are_the_servers(clock: Clock) -> None:
    server = Pace(16, clock=clock)
    for _ in range(30):
        clock.now += 1
        server.setback("failed", "always the same", clock.now)
    assert not server.in_doubt and not server.hopeless
    rounds = 0
    while not server.hopeless:
        clock.now += 61
        rounds += 1
        server.setback("failed", f"request {rounds}", clock.now)
    assert rounds <= pace.HOPELESS
    server.success()
    assert not server.in_doubt and not server.hopeless


async def taken(pool: Pool, n: int) -> list[int]:
    return await asyncio.wait_for(asyncio.gather(*(pool.take(0) for _ in range(n))), 5)


def test_slots_go_to_the_least_loaded_and_never_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "RAMP", 0.0)

    async def main() -> None:
        pool = Pool([Pace(10), Pace(10), Pace(10)])
        servers = await taken(pool, 15)
        assert [servers.count(index) for index in range(3)] == [5, 5, 5]
        pool.paces[0].limit = 5
        servers = await taken(pool, 10)
        assert servers.count(0) == 0
        waiter = asyncio.ensure_future(pool.take(0))
        await asyncio.sleep(0.05)
        assert not waiter.done() and pool.in_flight == 25
        pool.give(0)
        assert await asyncio.wait_for(waiter, 1) == 0

    asyncio.run(main())


def test_the_oldest_candidate_is_served_first_and_cancelled_ones_lose_no_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "RAMP", 0.0)

    async def main() -> None:
        pool = Pool([Pace(1)])
        await pool.take(0)
        served: list[int] = []

        async def wait(priority: int) -> None:
            await pool.take(priority)
            served.append(priority)
            pool.give(0)

        tasks = {number: asyncio.ensure_future(wait(number)) for number in (5, 3, 9, 1)}
        await asyncio.sleep(0)
        tasks[3].cancel()
        pool.give(0)
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        assert served == [1, 5, 9] and pool.in_flight == 0

    asyncio.run(main())


def test_a_slot_that_is_given_to_one_that_is_cancelled_is_not_lost() -> None:
    async def main() -> None:
        pool = Pool([Pace(1)])
        task = asyncio.ensure_future(pool.take(0))
        while not pool.in_flight:
            await asyncio.sleep(0)
        task.cancel()  # it has the slot, and has not run since
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() and pool.in_flight == 0

    asyncio.run(main())


def test_the_first_requests_are_spread_and_a_rest_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "RAMP", 0.4)

    async def main() -> None:
        pool = Pool([Pace(40)])
        began = time.monotonic()
        await taken(pool, 40)
        assert time.monotonic() - began > 0.35
        for _ in range(40):
            pool.give(0)
        pool.paces[0].rests_until = time.monotonic() + 0.3
        began = time.monotonic()
        await taken(pool, 1)  # nobody is under way whose end would wake it
        assert time.monotonic() - began > 0.25

    asyncio.run(main())
