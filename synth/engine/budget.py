"""What a run spends: tokens and money per model, a budget over all of them, and where it is heading."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from curate.progress import compact, duration
from synth.engine.answer import Reply
from synth.engine.settings import Price


class Limits(BaseModel):
    """The key `budget:` of a stage."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    tokens: int | None = Field(
        default=None, ge=1, description="in and out together, of requests that were sent"
    )
    money: float | None = Field(default=None, gt=0, description="in the currency of the prices")


class Spent(Exception):
    """The budget does not reach for another request; says how much of what is spent."""


@dataclass
class Meter:
    """What one model has cost in this run. `reused` are responses that the store had: they cost nothing."""

    model: str
    price: Price | None = None
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    reused: int = 0
    failures: int = 0
    in_flight: Callable[[], int] = field(default=lambda: 0, repr=False)

    def charge(self, reply: Reply) -> None:
        """Count a response that was received."""
        self.requests += 1
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out

    @property
    def cost(self) -> float:
        """Money spent; 0 without a price."""
        return self.price.of(self.tokens_in, self.tokens_out) if self.price else 0.0

    def expected(self) -> tuple[float, float]:
        """Tokens and money when what is under way has come, at the mean so far."""
        whole = 1 + self.in_flight() / max(self.requests, 1)
        return (self.tokens_in + self.tokens_out) * whole, self.cost * whole


@dataclass(frozen=True)
class Projection:
    """A run in the middle: candidates `done`, rows `accepted` and `left` to accept, tokens out per second, money so far
    and at the end, seconds to the end. None where it cannot be told yet."""

    done: int
    accepted: int
    left: int
    tokens_per_second: float
    cost: float
    cost_at_end: float | None
    seconds_left: float | None

    def __str__(self) -> str:
        parts = [f"{self.accepted:,} of {self.accepted + self.left:,} accepted", f"{self.done:,} candidates"]
        parts.append(f"{compact(self.tokens_per_second)} tokens/s")
        if self.seconds_left is not None:
            parts.append(f"{duration(self.seconds_left)} left")
        if self.cost:
            end = f" of about {self.cost_at_end:,.2f}" if self.cost_at_end is not None else ""
            parts.append(f"{self.cost:,.2f}{end} spent")
        return ", ".join(parts)


class Budget:
    """The meters of a run's models under common limits."""

    def __init__(self, limits: Limits | None = None, *, clock: Callable[[], float] = time.monotonic):
        self.limits = limits or Limits()
        self.meters: list[Meter] = []
        self._clock = clock
        self._began = clock()

    def meter(self, model: str, price: Price | None, in_flight: Callable[[], int]) -> Meter:
        """A meter for one model; `in_flight` tells how many of its requests are under way."""
        self.meters.append(Meter(model, price, in_flight=in_flight))
        return self.meters[-1]

    def check(self) -> None:
        """Look whether another request may be sent: what is under way is paid for, so its expected cost counts.

        Raises:
            Spent: it may not.
        """
        tokens, money = map(sum, zip(*(meter.expected() for meter in self.meters)))
        for spent, limit, what in (
            (tokens, self.limits.tokens, "tokens"),
            (money, self.limits.money, "money"),
        ):
            if limit is not None and spent >= limit:
                raise Spent(f"the budget of {limit:,} {what} is spent")

    def projection(self, done: int, accepted: int, wanted: int) -> Projection:
        """Where a run is heading that has `accepted` of `wanted` rows out of `done` candidates."""
        seconds = max(self._clock() - self._began, 1e-9)
        cost = sum(meter.cost for meter in self.meters)
        left = max(wanted - accepted, 0)
        whole = wanted / accepted if accepted else None
        return Projection(
            done=done,
            accepted=accepted,
            left=left,
            tokens_per_second=sum(meter.tokens_out for meter in self.meters) / seconds,
            cost=cost,
            cost_at_end=cost * max(whole, 1.0) if whole else None,
            seconds_left=seconds * max(whole - 1.0, 0.0) if whole else None,
        )
