"""The conditional random field: best paths and posteriors against enumeration, and that it learns."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.name_chains import FORBIDDEN, marginals, rules, viterbi
from curate.kernels.name_features import FEATURES, features
from curate.kernels.name_tokens import START, tokenise
from curate.models.crf_training import fit
from curate.pii.names.model import Tagger

LABELS = 5
NO_WORDS = np.zeros(16, np.uint32), np.zeros(16, np.uint32)


def chain(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    transitions = rules(LABELS)
    transitions += np.where(transitions > FORBIDDEN, rng.normal(size=transitions.shape), 0).astype(np.float32)
    return rng.normal(scale=3, size=(n, LABELS)).astype(np.float32), transitions


def score(path: tuple[int, ...], scores: np.ndarray, transitions: np.ndarray) -> float:
    before = [LABELS, *path[:-1]]
    return float(sum(scores[i, k] + transitions[b, k] for i, (b, k) in enumerate(zip(before, path))))


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_best_path_is_the_best_of_all_paths(seed: int, n: int) -> None:
    scores, transitions = chain(seed, n)
    best = max(product(range(LABELS), repeat=n), key=lambda path: score(path, scores, transitions))
    path = np.empty(n, np.int8)
    viterbi(scores.copy(), n, transitions, np.empty((n, LABELS), np.int8), path)
    assert score(tuple(path), scores, transitions) == pytest.approx(
        score(best, scores, transitions), abs=1e-4
    )


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_posteriors_are_those_of_enumeration(seed: int, n: int) -> None:
    scores, transitions = chain(seed, n)
    paths = list(product(range(LABELS), repeat=n))
    weights = np.exp([score(path, scores, transitions) for path in paths])
    wanted = np.zeros((n, LABELS))
    for path, weight in zip(paths, weights):
        wanted[np.arange(n), list(path)] += weight / weights.sum()
    out = np.empty((n, LABELS))
    room = np.empty((n, LABELS)), np.empty((n, LABELS))
    log = marginals(scores, n, np.exp(transitions.astype(np.float64)), *room, out)
    assert out == pytest.approx(wanted, abs=1e-5)
    assert log == pytest.approx(np.log(weights.sum()), abs=1e-4)


def test_what_goes_on_needs_what_it_goes_on_from() -> None:
    transitions = rules(LABELS)
    for before in (0, 3, 4, LABELS):
        assert transitions[before, 2] == FORBIDDEN
    assert transitions[1, 2] == transitions[2, 2] == transitions[0, 3] == 0


def taught() -> tuple[Tagger, list[str]]:
    texts = [
        f"the {a} met Mr {b} in town" for a in ("judge", "witness", "clerk") for b in ("Abel", "Cole", "Dunn")
    ]
    tokens = tokenise(texts, NO_WORDS)
    labels = np.zeros(len(tokens.rows), np.int8)
    labels[4 :: len(tokens.rows) // len(texts)] = 1
    model = fit(tokens, labels, np.ones(len(labels), np.float32), 3, 1 << 12, everything=True)
    return Tagger.of({"entities": ["PERSON"], "everything": True} | model), texts


def test_it_learns_from_the_words_around() -> None:
    tagger, _ = taught()
    tokens = tokenise(["the usher met Mr Xylander in town"], NO_WORDS)
    tags, sure = tagger.tags(tokens)
    assert tags.tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert sure[4] > 0.5


def test_training_again_gives_the_same_model() -> None:
    (one, _), (two, _) = taught(), taught()
    assert (one.weights == two.weights).all() and (one.transitions == two.transitions).all()


def test_recall_only_adds() -> None:
    tagger, texts = taught()
    tokens = tokenise([*texts, "the town met in"], NO_WORDS)
    counts = [(tagger.tags(tokens, tagger.bias(recall))[0] > 0).sum() for recall in (-20, 0, 20)]
    assert counts[0] == 0 < counts[1] < counts[2]


def test_features_do_not_reach_beyond_the_segment() -> None:
    tokens = tokenise(["one two. three four\n\nMr Abel sat", "Mr Abel sat"], NO_WORDS)
    first = int(np.flatnonzero(tokens.rows[:, START] == 21)[0])
    a, b = np.empty(FEATURES, np.uint32), np.empty(FEATURES, np.uint32)
    last = int(tokens.texts[1])
    features(tokens.rows, first, last, first, np.uint32(2**20 - 1), a)
    features(tokens.rows, last, len(tokens.rows), last, np.uint32(2**20 - 1), b)
    assert (a == b).all()
