"""A linear-chain conditional random field (Lafferty et al. 2001) over hashed features, compiled.

Labels are 0 for no name, then two for each entity: 2k + 1 begins one, 2k + 2 goes on. The score of a label is the sum
of its weights over a token's features, those of neighbours add `transitions` (before, after); what may not stand
behind what has FORBIDDEN.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.name_features import FEATURES, active, features

FORBIDDEN = np.float32(-1e4)


def rules(labels: int) -> NDArray[np.float32]:
    """Transitions (labels + 1, labels) at rest: row `labels` is the beginning of a chain; what is forbidden is so."""
    out = np.zeros((labels + 1, labels), np.float32)
    for after in range(2, labels, 2):
        for before in range(labels + 1):
            if before not in (after - 1, after):
                out[before, after] = FORBIDDEN
    return out


@njit(cache=True, nogil=True)
def chains(rows, lo, hi, everything, out, flags):
    """Write to `out` the (begin, end) of the chains within segment [lo, hi); how many. `flags` is room to work."""
    if everything:
        out[0, 0], out[0, 1] = lo, hi
        return 1
    if not active(rows, lo, hi, flags):
        return 0
    n, i = 0, lo
    while i < hi:
        if flags[i - lo]:
            out[n, 0] = i
            while i < hi and flags[i - lo]:
                i += 1
            out[n, 1] = i
            n += 1
        else:
            i += 1
    return n


@njit(cache=True, nogil=True, fastmath=True)
def unaries(rows, lo, hi, begin, end, used, weights, scale, bias, buckets, out):
    """Scores (end - begin, labels) of the tokens of a chain in segment [lo, hi), into `out`.

    `weights` is int8 (buckets, labels), `scale` what a unit of it is worth by label, `bias` is added; `used` has a bit
    for each bucket that is not all 0, so that most rows are never fetched.
    """
    labels, mask = weights.shape[1], np.uint32(len(weights) - 1)
    total = np.empty(labels, np.int32)
    for i in range(begin, end):
        features(rows, lo, hi, i, mask, buckets)
        total[:] = 0
        for k in range(FEATURES):
            bucket = buckets[k]
            if used[bucket >> np.uint32(3)] >> (bucket & np.uint32(7)) & 1:
                for label in range(labels):
                    total[label] += weights[bucket, label]
        for label in range(labels):
            out[i - begin, label] = total[label] * scale[label] + bias[label]


@njit(cache=True, nogil=True)
def viterbi(scores, n, transitions, back, path):
    """Write the best labels of the first `n` rows of `scores` to `path`; overwrites `scores`."""
    labels = scores.shape[1]
    for label in range(labels):
        scores[0, label] += transitions[labels, label]
    for i in range(1, n):
        for label in range(labels):
            best, which = np.float32(-1e30), 0
            for before in range(labels):
                score = scores[i - 1, before] + transitions[before, label]
                if score > best:
                    best, which = score, before
            scores[i, label] += best
            back[i, label] = which
    last = 0
    for label in range(1, labels):
        if scores[n - 1, label] > scores[n - 1, last]:
            last = label
    path[n - 1] = last
    for i in range(n - 1, 0, -1):
        path[i - 1] = back[i, path[i]]


# Loops where NumPy has a name for it: numba takes seconds to compile each of those.


@njit(cache=True, nogil=True)
def _greatest(scores, i):
    top = scores[i, 0]
    for label in range(1, scores.shape[1]):
        top = max(top, scores[i, label])
    return top


@njit(cache=True, nogil=True)
def _any(path, n):
    found = False
    for i in range(n):
        found |= path[i] != 0
    return found


@njit(cache=True, nogil=True)
def marginals(scores, n, weight, alpha, beta, out):
    """Posterior (n, labels) of the labels into `out`, and the logarithm of the partition function.

    `weight` is exp(transitions); `alpha` and `beta` are room to work, float64.
    """
    labels = scores.shape[1]
    log = 0.0
    for i in range(n):
        top, total = _greatest(scores, i), 0.0
        for label in range(labels):
            into = 0.0
            if i == 0:
                into = weight[labels, label]
            else:
                for before in range(labels):
                    into += alpha[i - 1, before] * weight[before, label]
            alpha[i, label] = into * np.exp(np.float64(scores[i, label] - top))
            total += alpha[i, label]
        for label in range(labels):
            alpha[i, label] /= total
        log += np.log(total) + top
    for label in range(labels):
        beta[n - 1, label] = 1.0
    for i in range(n - 2, -1, -1):
        top, total = _greatest(scores, i + 1), 0.0
        for label in range(labels):
            out[i + 1, label] = beta[i + 1, label] * np.exp(np.float64(scores[i + 1, label] - top))
        for before in range(labels):
            back = 0.0
            for label in range(labels):
                back += weight[before, label] * out[i + 1, label]
            beta[i, before] = back
            total += back
        for label in range(labels):
            beta[i, label] /= total
    for i in range(n):
        total = 0.0
        for label in range(labels):
            out[i, label] = alpha[i, label] * beta[i, label]
            total += out[i, label]
        for label in range(labels):
            out[i, label] /= total
    return log


@njit(cache=True, nogil=True)
def tag(rows, segments, chosen, everything, used, weights, scale, bias, transitions, tags, sure):
    """Labels (int8) of the tokens of the segments `chosen`, and the posterior of each label other than 0 (float32).

    With `everything` false only tokens near a capitalised word are looked at; the others are 0.
    """
    labels, longest = weights.shape[1], 0
    for j in chosen:
        longest = max(longest, segments[j + 1] - segments[j])
    scores, back = np.empty((longest, labels), np.float32), np.empty((longest, labels), np.int8)
    path, flags = np.empty(longest, np.int8), np.empty(longest, np.bool_)
    spans, buckets = np.empty((longest + 1, 2), np.int64), np.empty(FEATURES, np.uint32)
    alpha, beta = np.empty((longest, labels)), np.empty((longest, labels))
    kept, out = np.empty((longest, labels), np.float32), np.empty((longest, labels))
    weight = np.exp(transitions.astype(np.float64))
    for j in chosen:
        lo, hi = segments[j], segments[j + 1]
        for k in range(chains(rows, lo, hi, everything, spans, flags)):
            begin, end = spans[k]
            n = end - begin
            unaries(rows, lo, hi, begin, end, used, weights, scale, bias, buckets, scores)
            for i in range(n):
                for label in range(labels):
                    kept[i, label] = scores[i, label]
            viterbi(scores, n, transitions, back, path)
            if not _any(path, n):
                continue
            marginals(kept, n, weight, alpha, beta, out)
            for i in range(n):
                tags[begin + i] = path[i]
                sure[begin + i] = out[i, path[i]]
