"""What tests of the engine ask, and a process that asks it: `python asking.py URL STORE OUT N`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import loopback
from pydantic import BaseModel

from synth.engine.budget import Budget
from synth.engine.engine import Ask, Engine
from synth.engine.request import Request
from synth.engine.scheduler import Outcome, Run, drive
from synth.engine.settings import Sampling, Server
from synth.engine.store import Store


class Pair(BaseModel):
    """The schema that the loopback server writes."""

    question: str
    answer: str
    score: int


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


async def pair(number: int, ask: Ask) -> dict[str, Any]:
    """Two requests, the second about the answer to the first."""
    first = await ask(user(f"Ask something about clause {number}."), Pair)
    second = await ask(user(f"Judge: {first.parsed.question}"), sample=number % 3, temperature=0.0)
    return {"number": number, **first.parsed.model_dump(), "judged": second.text, "repaired": first.repaired}


def settings(url: str | list[str], **changed: Any) -> Server:
    given = {"in_flight": 16, "timeout": 1.0, "sampling": Sampling(seed=7), **changed}
    return Server(server=url, name="scripted", **given)


async def outcomes(
    model: Server,
    store: Path,
    candidates: Iterable[Callable[[Ask], Awaitable[Any]]],
    *,
    budget: Budget | None = None,
    replay: bool = False,
) -> list[Outcome[Any]]:
    """Every outcome, in order."""
    with Store(store, read_only=replay) as kept:
        async with (
            Engine(model, kept, budget=budget, replay=replay) as engine,
            Run(candidates, engine.asker, slots=engine.capacity) as run,
        ):
            return [outcome async for outcome in run]


def told(found: Iterable[Outcome[Any]]) -> str:
    """Outcomes as bytes to compare: results, and reasons of failures with what the model wrote."""
    rows = [
        o.result or [o.number, o.failure and (o.failure.reason, o.failure.text, o.failure.key)] for o in found
    ]
    return json.dumps(rows, indent=1)


def pairs(n: int) -> Iterable[Callable[[Ask], Awaitable[Any]]]:
    return (partial(pair, number) for number in range(n))


def had(store: Path) -> set[str]:
    """What the store has, by the server's names."""
    with Store(store, read_only=True) as kept:
        requests: list[Any] = [kept.request(key) for key in kept]
    names = set()
    for r in requests:
        request = Request(
            r["model"], r["revision"], r["messages"], Sampling(**r["sampling"]), sample=r["sample"]
        )
        body = {"model": request.model, "messages": request.messages, **request.parameters()}
        names.add(loopback.digest(body))
    return names


if __name__ == "__main__":
    url, store, out, n = sys.argv[1:]
    found = drive(outcomes(settings(url), Path(store), pairs(int(n))))
    Path(out).write_text(told(found), encoding="utf-8")
