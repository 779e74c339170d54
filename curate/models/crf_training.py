"""Training of the conditional random field of `curate.kernels.name_chains`: AdaGrad (Duchi et al. 2011), then int8."""

from __future__ import annotations

import sys

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.name_chains import FORBIDDEN, chains, marginals, rules
from curate.kernels.name_features import FEATURES, features
from curate.kernels.name_tokens import Tokens

EPOCHS, RATE, DROPPED, SHRINK = 8, 0.12, 0.2, 1e-4
RARE = 2  # features seen less often are left out


def fit(
    tokens: Tokens,
    labels: NDArray[np.int8],
    importance: NDArray[np.float32],
    count: int,
    buckets: int,
    *,
    everything: bool,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> dict[str, NDArray[np.generic]]:
    """A model of `count` labels over `buckets` (a power of two) buckets: int8 `weights`, their `scale`, `transitions`.

    `importance` is that of each token's chain. The same input gives the same model.
    """
    found, index, ends = _gather(tokens.rows, tokens.segments, everything, np.uint32(buckets - 1))
    seen = np.bincount(found.ravel(), minlength=buckets)
    allowed = seen >= RARE
    weights, squares = np.zeros((buckets, count), np.float32), np.zeros((buckets, count), np.float32)
    transitions = rules(count)
    moves = np.zeros_like(transitions)
    rng = np.random.default_rng(seed)
    gold, matters = labels[index], importance[index[ends[:-1]]]
    begins = ends[:-1][(gold[ends[:-1]] > 0) & (gold[ends[:-1]] % 2 == 0)]
    gold[begins] -= 1  # an entity whose first tokens are looked past begins with the chain
    for epoch in range(epochs):
        order, rate = rng.permutation(len(ends) - 1), RATE * (1 - epoch / (epochs + 1))
        loss = _epoch(
            found, gold, ends, order, matters, allowed, weights, squares, transitions, moves,
            np.float32(rate), DROPPED, np.float32(SHRINK), epoch + 1000 * seed,
        )  # fmt: skip
        print(f"epoch {epoch + 1}: loss {loss:.4f} a chain", file=sys.stderr)
    scale = np.maximum(np.quantile(np.abs(weights[allowed]), 0.9999, axis=0), 1e-6) / 127
    small = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return {"weights": small, "scale": scale.astype(np.float32), "transitions": transitions}


@njit(cache=True)
def _gather(rows, segments, everything, mask):
    """Buckets (tokens, FEATURES) of what is trained on, token numbers, and the ends of the chains."""
    n = len(rows)
    buckets, index = np.empty((n, FEATURES), np.uint32), np.empty(n, np.int64)
    ends, spans = np.zeros(n + 1, np.int64), np.empty((n + 1, 2), np.int64)
    flags = np.empty(n, np.bool_)
    count, chain = 0, 0
    for j in range(len(segments) - 1):
        lo, hi = segments[j], segments[j + 1]
        for k in range(chains(rows, lo, hi, everything, spans, flags)):
            for i in range(spans[k, 0], spans[k, 1]):
                features(rows, lo, hi, i, mask, buckets[count])
                index[count] = i
                count += 1
            chain += 1
            ends[chain] = count
    return buckets[:count], index[:count], ends[: chain + 1]


@njit(cache=True, fastmath=True)
def _epoch(
    found,
    gold,
    ends,
    order,
    matters,
    allowed,
    weights,
    squares,
    transitions,
    moves,
    rate,
    dropped,
    shrink,
    seed,
):
    """One pass over the chains; the mean loss of a chain."""
    np.random.seed(seed)
    size, loss = weights.shape[1], 0.0
    longest = (ends[1:] - ends[:-1]).max()
    scores, slope = np.empty((longest, size), np.float32), np.zeros(size, np.float32)
    alpha, beta, out = np.empty((longest, size)), np.empty((longest, size)), np.empty((longest, size))
    kept = np.empty((longest, FEATURES), np.bool_)
    weight = np.exp(transitions.astype(np.float64))
    for turn, chain in enumerate(order):
        first, n = ends[chain], ends[chain + 1] - ends[chain]
        if turn % 32 == 0:
            weight = np.exp(transitions.astype(np.float64))
        for i in range(n):
            scores[i] = 0
            for f in range(FEATURES):
                bucket = found[first + i, f]
                kept[i, f] = allowed[bucket] and np.random.random() >= dropped
                if kept[i, f]:
                    for label in range(size):
                        scores[i, label] += weights[bucket, label]
        loss += marginals(scores, n, weight, alpha, beta, out)
        for i in range(n):
            loss -= (
                scores[i, gold[first + i]] + transitions[gold[first + i - 1] if i else size, gold[first + i]]
            )
            for label in range(size):
                slope[label] = matters[chain] * (out[i, label] - (label == gold[first + i]))
            if np.abs(slope).max() < 1e-4:
                continue
            for f in range(FEATURES):
                if kept[i, f]:
                    bucket = found[first + i, f]
                    for label in range(size):
                        g = slope[label] + shrink * weights[bucket, label]
                        squares[bucket, label] += g * g
                        weights[bucket, label] -= (
                            rate * g / (np.sqrt(squares[bucket, label]) + np.float32(1e-3))
                        )
        _move(
            scores, n, gold[first : first + n], matters[chain], weight, alpha, beta, transitions, moves, rate
        )
    return loss / len(order)


@njit(cache=True, fastmath=True)
def _move(scores, n, gold, matters, weight, alpha, beta, transitions, moves, rate):
    """The step of the transitions for one chain, from the posterior of neighbouring pairs."""
    size = scores.shape[1]
    slope, pair, ahead = np.zeros((size, size)), np.empty((size, size)), np.empty(size)
    for i in range(1, n):
        total, top = 0.0, scores[i].max()
        for label in range(size):
            ahead[label] = np.exp(np.float64(scores[i, label] - top)) * beta[i, label]
        for before in range(size):
            for label in range(size):
                pair[before, label] = alpha[i - 1, before] * weight[before, label] * ahead[label]
                total += pair[before, label]
        slope += pair / total
        slope[gold[i - 1], gold[i]] -= 1
    for before in range(size):
        for label in range(size):
            if transitions[before, label] > FORBIDDEN:
                g = np.float32(matters * slope[before, label])
                moves[before, label] += g * g
                transitions[before, label] -= rate * g / (np.sqrt(moves[before, label]) + np.float32(1e-3))
