"""How many requests a server gets at once: as many as it takes, found by additive increase, multiplicative decrease.

A server starts at its full number, since that is what its user said it takes. A setback that tells of load (429, 503, a
time-out) halves the number, once for all requests that were under way together; each full round of successes adds a
sixteenth of the whole. A server that failed several times with no success between rests for a growing while; if nothing
but errors came from any server for long enough, the run stops.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable
from typing import Literal

#: `limited`: told to come later (429, 503). `timeout`: no answer in time. `failed`: 5xx, a broken connection, no JSON.
Setback = Literal["limited", "timeout", "failed"]

#: Seconds over which a server gets its first requests, and slots given in one turn of the event loop. Requests that
#: were sent as one come back as one, and then each waits for all the others to be read before the next goes out: with
#: 512 under way at a server of steady latency, half its time was lost. Spread out, they stay so.
RAMP, TURN = 2.0, 16
#: Decrease, and increase as a share of the whole.
CUT, RAISE = 0.5, 1 / 16
#: Seconds of the first pause and of the longest, of a request that backs off and of a server that rests.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
#: Seconds to wait at most when a server says how long.
MOST_WAIT = 600.0
#: What setbacks cost a request of its patience. A time-out was three minutes of a server's work thrown away; a server
#: that says when to come back is well.
COST: dict[Setback, float] = {"limited": 0.25, "failed": 1.0, "timeout": 3.0}
TRIES = 8.0
#: A server is in doubt when so many rounds of requests, and so many different ones, failed with no success between;
#: what fails then is the server's fault. After `HOPELESS` rounds (about four minutes of pauses) it is given up.
DOUBT, DIFFERENT, HOPELESS = 2, 8, 10


def pause(failures: int) -> float:
    """Seconds to back off after so many failures: doubling, capped, random so that requests do not return as one."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 30)) * random.uniform(0.5, 1.0)


class Pace:
    """One server's load: `in_flight` of at most `limit`, which moves between 1 and `most`."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic):
        self.most, self.clock = most, clock
        self.limit = float(most)
        self.in_flight = 0
        self.rests_until = 0.0
        self._began: float | None = None
        self._successes = 0
        self._last_round = float("-inf")
        self._rounds = 0
        self._failing: set[str] = set()

    @property
    def free(self) -> bool:
        """Whether another request may be sent now."""
        return self.clock() >= self.free_at()

    def free_at(self) -> float:
        """When another request may be sent, as far as time alone decides; infinity where one must end first."""
        if self.in_flight >= int(self.limit):
            return float("inf")
        if self._began is None:
            self._began = self.clock()
        ramp = self._began + RAMP * self.in_flight / self.most
        return max(self.rests_until, ramp)

    @property
    def load(self) -> float:
        """The share of its slots that are taken."""
        return self.in_flight / self.limit

    @property
    def in_doubt(self) -> bool:
        """Whether failures are the server's rather than a request's."""
        return self._rounds >= DOUBT and len(self._failing) >= DIFFERENT

    @property
    def hopeless(self) -> bool:
        """Whether nothing but errors came for so long that nothing else will."""
        return self.in_doubt and self._rounds >= HOPELESS

    def success(self) -> None:
        """A response came."""
        self._rounds = 0
        self._failing.clear()
        self._successes += 1
        if self._successes >= self.limit:
            self._successes = 0
            self.limit = min(float(self.most), self.limit + max(1.0, self.most * RAISE))

    def setback(self, kind: Setback, key: str, started: float, wait: float | None = None) -> None:
        """The request `key`, sent at `started`, failed; the server said to `wait` so many seconds, or nothing."""
        now = self.clock()
        self._failing.add(key)
        if wait is not None:
            self.rests_until = max(self.rests_until, now + min(wait, MOST_WAIT))
        if started <= self._last_round:  # of a round that has been counted
            return
        self._last_round = now
        self._rounds += 1
        self._successes = 0
        if kind != "failed":
            self.limit = max(1.0, self.limit * CUT)
        if kind == "limited" or self.in_doubt:
            self.rests_until = max(self.rests_until, now + pause(self._rounds))


class Pool:
    """Slots of equal servers, given to the least loaded; of those that wait, the lowest `priority` comes first."""

    def __init__(self, paces: list[Pace]):
        self.paces = paces
        self._waiting: list[tuple[int, int, asyncio.Future[int]]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def in_flight(self) -> int:
        """Requests under way at all servers."""
        return sum(pace.in_flight for pace in self.paces)

    async def take(self, priority: int) -> int:
        """Wait for a slot; which server it is at. Every `take` is followed by a `give`."""
        slot: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (priority, self._count, slot))
        self._soon()
        try:
            return await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled():
                self.give(slot.result())
            raise

    def give(self, server: int) -> None:
        """Hand a slot back."""
        self.paces[server].in_flight -= 1
        self._soon()

    def _soon(self, seconds: float = 0.0) -> None:
        """Hand out in the loop's next turn or after `seconds`; one such call is due at a time, the earliest."""
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._hand_out)

    def _hand_out(self) -> None:
        self._timer = None
        given = 0
        while self._waiting:
            if self._waiting[0][2].done():  # cancelled while it waited
                heapq.heappop(self._waiting)
                continue
            free = [index for index, pace in enumerate(self.paces) if pace.free]
            if not free or given == TURN:
                break
            server = min(free, key=lambda index: self.paces[index].load)
            self.paces[server].in_flight += 1
            given += 1
            heapq.heappop(self._waiting)[2].set_result(server)
        if self._waiting:
            wait = min(pace.free_at() - pace.clock() for pace in self.paces)
            if wait < float("inf"):
                self._soon(max(wait, 0.0))
