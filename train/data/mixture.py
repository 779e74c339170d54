"""The order in which sources' rows are taken, such that no source ever strays from its target by more than a row.

The target of source s after T tokens is F_s(T), which grows by the share of the phase in which T lies; targets sum to
T. The row [a, b) of a source, in tokens of that source, may be taken at T as soon as b - L <= F_s(T + b - a), and has
to be before F_s exceeds a + L, where L is the sequence length. Of the rows that may be taken, the one with the
earliest deadline is. (Tijdeman 1980, "The chairman assignment problem", has this rule for rows of one size and shares
that do not change. The largest deficit first is not within one row for many sources.)

That it holds for any rows of at most L tokens and any phases: Some row may always be taken, or else every source
were ahead of its target, and these sum to T. Were a deadline D missed, let t be the end of the last row taken before
with a later deadline than D (or 0). No row due by D could be taken then, so each source's next one begins at F_s(t) or
after; and one due by D ends at a + L <= F_s(D) or before. So all rows taken since t and the missed one together have
at most sum F_s(D) - F_s(t) = D - t tokens, and D had not passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.errors import ConfigError

#: Tokens by which floating point may be off.
_SLACK = 1e-6


@dataclass(frozen=True)
class Phase:
    """Shares of sources in tokens, up to the fraction `until` of all tokens; a source that is not named has none."""

    shares: Mapping[str, float]
    until: float = 1.0


@dataclass(frozen=True)
class Targets:
    """Phases for a total number of tokens: `bounds` (phases + 1,) in tokens, `shares` (phases, sources)."""

    names: tuple[str, ...]
    bounds: NDArray[np.float64]
    shares: NDArray[np.float64]

    def at(self, tokens: float) -> NDArray[np.float64]:
        """What each source is to have given after `tokens`; after the end the last shares go on."""
        spans = np.clip(tokens, self.bounds[:-1], [*self.bounds[1:-1], np.inf]) - self.bounds[:-1]
        return spans @ self.shares


def targets(names: Sequence[str], phases: Sequence[Phase], total: float) -> Targets:
    """Phases as an array, checked.

    Raises:
        ConfigError: shares do not sum to 1, or name no source, or phases are not in order.
    """
    for phase in phases:
        if unknown := sorted(set(phase.shares) - set(names)):
            raise ConfigError(f"shares name {', '.join(unknown)}, and the sources are {', '.join(names)}")
        if min(phase.shares.values(), default=0) < 0 or abs(sum(phase.shares.values()) - 1) > 1e-6:
            told = ", ".join(f"{name} {share:g}" for name, share in phase.shares.items())
            raise ConfigError(f"shares of a mixture are to sum to 1: {told}")
    until = [phase.until for phase in phases]
    if not until or until[-1] != 1 or any(a >= b for a, b in zip([0.0, *until], until)):
        raise ConfigError(f"phases of a mixture are to end in order, the last at 1: {until}")
    table = np.array([[phase.shares.get(name, 0.0) for name in names] for phase in phases], np.float64)
    table /= table.sum(axis=1, keepdims=True)
    return Targets(tuple(names), np.array([0.0, *until]) * total, table)


def check_epochs(
    goal: Targets, total: float, available: Sequence[int], caps: Sequence[float]
) -> dict[str, float]:
    """How often each source would be read for `total` tokens, of `available` in each.

    Raises:
        ConfigError: more often than `caps` allow. (4 by default: up to about that, repeated data is worth almost as
            much as new; Muennighoff et al. 2023, arXiv 2305.16264.)
    """
    needed = goal.at(total)
    told = []
    for name, need, have, cap in zip(goal.names, needed, available, caps, strict=True):
        if need > cap * have * (1 + 1e-9):
            share = f" or lower its share (now {need / total:.3g}, {cap * have / total:.3g} would do)"
            told.append(
                f"{name} has {have:,} tokens and would be read {need / have:.2f} times, {cap:g} at most is allowed: "
                f"train on fewer tokens ({int(total * cap * have / need):,} would do, now {int(total):,}){share}, or "
                f"raise its max_epochs to {need / have:.3g}"
            )
    if told:
        raise ConfigError("\n".join(told))
    return {name: float(need / have) for name, need, have in zip(goal.names, needed, available, strict=True)}


def total_of_epochs(phases: Sequence[Phase], first: str, tokens: int, epochs: float) -> float:
    """Tokens of all sources together for `epochs` of the source `first`, which has `tokens`.

    Raises:
        ConfigError: it has no share.
    """
    spans = np.diff([0.0, *(phase.until for phase in phases)])
    share = float(sum(span * phase.shares.get(first, 0.0) for span, phase in zip(spans, phases, strict=True)))
    if share <= 0:
        raise ConfigError(f"epochs count {first}, which has no share: give tokens instead")
    return epochs * tokens / share


@dataclass(frozen=True)
class Order:
    """Which source each row comes from; `short` is the source whose rows ran out before the end, or -1."""

    source: NDArray[np.uint8]
    short: int


def order(
    rows: Sequence[NDArray[Any]],
    goal: Targets,
    length: int,
    *,
    tokens: float,
    whole: float | None = None,
    multiple: int = 1,
) -> Order:
    """The order of rows (`rows[s]`: the tokens of each row of source s, in its order) until `tokens` are reached.

    With `whole` the end is instead where the first source has given that many tokens. Where it has no share in the last
    phase it cannot end there: then each of its rows up to `whole` has to be taken before `tokens` are reached, a
    deadline for which the proof holds too, since these rows end at F_s(`tokens`) or before. The number of rows is then
    brought up to a `multiple`.
    """
    flat = np.concatenate([np.asarray(one, np.int64) for one in rows])
    starts = np.cumsum([0, *(len(one) for one in rows)]).astype(np.int64)
    out = np.empty(len(flat), np.uint8)
    limit = -1.0 if whole is None else float(whole)
    count, short = _order(flat, starts, goal.bounds, goal.shares, length, tokens, limit, multiple, out)
    return Order(out[:count].copy(), short)


@njit(cache=True, nogil=True)
def _order(
    rows: Any,
    starts: Any,
    bounds: Any,
    shares: Any,
    length: int,
    tokens: float,
    whole: float,
    multiple: int,
    out: Any,
) -> Any:
    sources = len(starts) - 1
    next_ = starts[:-1].copy()
    given = np.zeros(sources, np.float64)
    total, count = 0.0, 0
    first_ends = whole >= 0 and shares[-1, 0] > 0
    while True:
        reached = given[0] >= whole - _SLACK if first_ends else total >= tokens - _SLACK
        if reached and count % multiple == 0:
            return count, -1
        chosen, earliest, least, behind = -1, np.inf, -1, -np.inf
        for s in range(sources):
            if next_[s] == starts[s + 1]:
                if _deadline(bounds, shares, s, given[s] + length) < np.inf:
                    return count, s
                continue
            size = rows[next_[s]]
            late = _target(bounds, shares, s, total + size) - (given[s] + size)
            if late > behind:
                least, behind = s, late
            if late >= -length - _SLACK:
                due = _deadline(bounds, shares, s, given[s] + length)
                if s == 0 and not first_ends and given[0] + size <= whole + _SLACK:
                    due = min(due, tokens)
                if chosen < 0 or due < earliest:
                    chosen, earliest = s, due
        chosen = least if chosen < 0 else chosen
        if chosen < 0:
            return count, 0
        size = rows[next_[chosen]]
        out[count] = chosen
        next_[chosen] += 1
        given[chosen] += size
        total += size
        count += 1


@njit(cache=True, nogil=True)
def _target(bounds: Any, shares: Any, s: int, tokens: float) -> float:
    """F_s(tokens)."""
    out, last = 0.0, len(shares) - 1
    for phase in range(len(shares)):
        end = tokens if phase == last else min(tokens, bounds[phase + 1])
        if end > bounds[phase]:
            out += shares[phase, s] * (end - bounds[phase])
    return out


@njit(cache=True, nogil=True)
def _deadline(bounds: Any, shares: Any, s: int, amount: float) -> float:
    """The last T at which F_s(T) <= amount."""
    before, last = 0.0, len(shares) - 1
    for phase in range(len(shares)):
        share = shares[phase, s]
        more = np.inf if phase == last else share * (bounds[phase + 1] - bounds[phase])
        if share > 0 and before + more > amount:
            return bounds[phase] + (amount - before) / share
        if phase < last:
            before += more
    return np.inf
