"""Candidates in order: many under way at once, none waiting for another, their results in the order of their numbers.

What a consumer accepts then depends on the responses alone, not on which came first.

Enough candidates are under way that a slot that falls free is taken at once: as many as there are slots, and a quarter
more, since some are always between requests or backing off. How far they may be ahead of the oldest that is unfinished
is bounded, and with it memory: finished results wait for their turn. The bound is `AHEAD` times the slots: a single
request may take 64 times as long as the mean before a slot goes empty. One that fails by time-outs takes three of them
before it is given up: at the default of 120 s that is 64 times a mean answer of 6 s. Results that wait are small (a row
each); at 512 slots and 4 KB a row the bound is 128 MB.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

from curate.errors import RunError
from synth.engine.answer import Missing, Rejected
from synth.engine.budget import Spent

T = TypeVar("T")
A = TypeVar("A")

#: How many times the slots finished candidates may be ahead of the oldest unfinished one.
AHEAD = 64


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of the candidate `number`: a result, or the rejection that it ended with."""

    number: int
    result: T | None = None
    failure: Rejected | None = None
    missing: Missing | None = None  # raised when its turn comes


class Run(Generic[A, T]):
    """Candidates under way; iterate over it, within `async with`, to get every outcome in order.

        async with Run(candidates, engine.asker, slots=engine.capacity) as run:
            async for outcome in run: ...

    A candidate is a coroutine function of what `ask_for` gives for its number. Leaving the block cancels what is under
    way. `stopped` says why a run ended before its candidates did (the budget); None if it did not.

    Raises (while iterating):
        whatever a candidate raises but `Rejected`, at once.
    """

    def __init__(
        self,
        candidates: Iterable[Callable[[A], Awaitable[T]]],
        ask_for: Callable[[int], A],
        *,
        slots: int,
        window: int | None = None,
    ):
        self._candidates: Iterator[Callable[[A], Awaitable[T]]] = iter(candidates)
        self._ask_for = ask_for
        self._most = slots + max(16, slots // 4)
        self._window = max(window or AHEAD * slots, self._most)
        self._tasks: set[asyncio.Task[None]] = set()
        self._done: dict[int, Outcome[T]] = {}
        self._next = self._head = 0
        self._exhausted = False
        self._failed: BaseException | None = None
        self._wake = asyncio.Event()
        self.stopped: str | None = None

    def _fill(self) -> None:
        """Start candidates up to both bounds. Called whenever one ends or is handed out, never waited for."""
        while (
            not self._exhausted
            and self.stopped is None
            and self._failed is None
            and len(self._tasks) < self._most
            and self._next < self._head + self._window
        ):
            try:
                candidate = next(self._candidates)
            except StopIteration:
                self._exhausted = True
            except BaseException as error:
                self._failed = error
            else:
                task = asyncio.create_task(self._one(self._next, candidate))
                self._tasks.add(task)
                task.add_done_callback(self._ended)
                self._next += 1

    async def _one(self, number: int, candidate: Callable[[A], Awaitable[T]]) -> None:
        try:
            self._done[number] = Outcome(number, await candidate(self._ask_for(number)))
        except Rejected as failure:
            self._done[number] = Outcome(number, failure=failure)
        except Missing as missing:
            self._done[number] = Outcome(number, missing=missing)
        except Spent as spent:
            self.stopped = self.stopped or str(spent)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._failed = self._failed or error

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._fill()
        self._wake.set()

    def __aiter__(self) -> Run[A, T]:
        return self

    async def __anext__(self) -> Outcome[T]:
        self._fill()
        while True:
            if self._failed is not None:
                raise self._failed
            if self._head in self._done:
                outcome = self._done.pop(self._head)
                self._head += 1
                if outcome.missing is not None:
                    raise outcome.missing
                return outcome
            if not self._tasks:
                # Behind a candidate that the budget cut off, order cannot go on.
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()

    async def __aenter__(self) -> Run[A, T]:
        return self

    async def __aexit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exhausted = True
        under_way = list(self._tasks)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end from ordinary code; Ctrl-C and SIGTERM let it clean up first.

    Raises:
        RunError: SIGTERM came. KeyboardInterrupt: Ctrl-C came.
    """
    terminated = False

    async def main() -> T:
        def stop() -> None:
            nonlocal terminated
            terminated = True
            task.cancel()

        task = asyncio.ensure_future(work)
        if threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        return await task

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        if not terminated:
            raise
        raise RunError("stopped by SIGTERM; every response is kept: run the same command to go on") from None
