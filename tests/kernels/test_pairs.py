"""Pairs of similar documents: the kernel against plain Python."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.clusters import views
from curate.kernels.pairs import Pairs, similar_pairs


def view(sets: list[set[int]]) -> tuple:
    """What the kernel compares by."""
    values = np.array([value for shingles in sets for value in sorted(shingles)], np.uint64)
    offsets = np.cumsum([0, *(len(s) for s in sets)]).astype(np.int64)
    return views([(values, offsets)], np.empty((0, 0), np.uint32))


def twin(sets: list[set[int]], keys: list[list[int]], least: float) -> dict[tuple[int, int], float]:
    """All pairs that share a key in a band and are similar."""
    return {
        (i, j): len(sets[i] & sets[j]) / len(sets[i] | sets[j])
        for i, j in itertools.combinations(range(len(sets)), 2)
        if any(a == b for a, b in zip(keys[i], keys[j], strict=True))
        and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= least
    }


def components(n: int, edges: set[tuple[int, int]]) -> list[int]:
    """The least member that each of `n` can be reached from."""
    label = list(range(n))
    for _ in range(n):
        for a, b in edges:
            label[a] = label[b] = min(label[a], label[b])
    return label


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[set[int]], list[list[int]], list[int], float]:
    """Sets of shingles, keys (other ones in every band), labels and a threshold."""
    n = draw(st.integers(1, 16))
    sets = [draw(st.sets(st.integers(0, 7), min_size=1, max_size=8)) for _ in range(n)]
    keys = [[draw(st.integers(0, 3)) + 1000 * band for band in range(3)] for _ in range(n)]
    labels = [draw(st.integers(0, 2)) for _ in range(n)]
    return sets, keys, labels, draw(st.sampled_from([0.2, 0.5, 0.75, 1.0]))


def run(sets: list[set[int]], keys: list[list[int]], labels: list[int], least: float, joins: bool) -> Pairs:
    return similar_pairs(
        np.array(keys, np.uint64), np.array(labels, np.uint64), view(sets), least, joins=joins
    )


@given(corpora())
def test_pairs_of_different_labels_are_found_once_each(corpus: tuple) -> None:
    sets, keys, labels, least = corpus
    found = run(sets, keys, labels, least, joins=False)
    expected = {
        pair: likeness
        for pair, likeness in twin(sets, keys, least).items()
        if labels[pair[0]] != labels[pair[1]]
    }
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert sorted(pairs) == sorted(expected)
    assert np.allclose(found.similarity, [expected[pair] for pair in pairs])
    differ = sum(
        labels[i] != labels[j] and any(a == b for a, b in zip(keys[i], keys[j], strict=True))
        for i, j in itertools.combinations(range(len(sets)), 2)
    )
    assert found.compared.sum() == differ


@given(corpora())
def test_joined_pairs_span_the_components_of_all_pairs(corpus: tuple) -> None:
    sets, keys, labels, least = corpus
    n = len(sets)
    before = {(labels.index(label), i) for i, label in enumerate(labels)}
    found = run(sets, keys, labels, least, joins=True)
    edges = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    all_pairs = twin(sets, keys, least)
    assert edges <= all_pairs.keys()
    expected = components(n, before | all_pairs.keys())
    assert components(n, before | edges) == expected
    assert len(edges) == len(set(components(n, before))) - len(set(expected))  # a forest: no edge too many


def test_a_bucket_of_copies_costs_a_comparison_each() -> None:
    n = 20_000
    keys = np.tile(np.arange(20, dtype=np.uint64), (n, 1))
    labels = np.arange(n, dtype=np.uint64)
    found = similar_pairs(keys, labels, view([{1, 2, 3}] * n), 0.8, joins=True)
    assert len(found.left) == found.compared.sum() == n - 1


def test_more_pairs_than_there_was_room_for() -> None:
    n = 300
    found = run([{1, 2}] * n, [[7, 1007, 2007]] * n, [i % 2 for i in range(n)], 0.9, joins=False)
    assert len(found.left) == len(set(zip(found.left, found.right, strict=True))) == 150 * 150


def test_signatures_far_below_the_threshold_spare_a_comparison() -> None:
    sets, keys = [{1, 2, 3, 4}] * 3, np.zeros((3, 1), np.uint64)
    signatures = np.zeros((3, 100), np.uint32)
    lists, where, _ = view(sets)
    for equal, expected in ((60, [(0, 2)]), (59, [])):  # 0.8 less 5 standard errors of 0.04 is 0.6
        signatures[1], signatures[2, equal:] = np.arange(1, 101), 1
        signatures[2, :equal] = 0
        found = similar_pairs(
            keys, np.arange(3, dtype=np.uint64), (lists, where, signatures), 0.8, joins=False
        )
        assert list(zip(found.left, found.right, strict=True)) == expected, equal
