"""Groups, components and leaders: the kernels against plain Python."""

from __future__ import annotations

import numpy as np
from clusters_twin import jaccard, leaders_twin
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.clusters import firsts, leaders, settle, similarities, unite, views
from curate.kernels.minhash import NONE


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=60))
def test_firsts_names_the_first_place_of_every_key(keys: list[int]) -> None:
    assert firsts(np.array(keys, np.uint64)).tolist() == [keys.index(key) for key in keys]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40))
def test_a_component_is_named_by_its_least_member(edges: list[tuple[int, int]]) -> None:
    parent = np.arange(20, dtype=np.int32)
    ends = np.array(edges, np.int64).reshape(-1, 2)
    unite(parent, ends[:, 0].copy(), ends[:, 1].copy())
    settle(parent)
    groups = [{i} for i in range(20)]
    for a, b in edges:
        joined = groups[a] | groups[b]
        for member in joined:
            groups[member] = joined
    assert parent.tolist() == [min(group) for group in groups]


def flat(sets: list[set[int]]) -> tuple[np.ndarray, np.ndarray]:
    values = [value for shingles in sets for value in sorted(shingles)]
    return np.array(values, np.uint64), np.cumsum([0, *(len(s) for s in sets)]).astype(np.int64)


SETS = st.lists(st.sets(st.integers(0, 12), max_size=12), min_size=1, max_size=14)


@given(SETS, st.data())
def test_leaders_decides_as_the_twin_whatever_the_chunks(sets: list[set[int]], data: st.DataObject) -> None:
    n, bands = len(sets), 3
    keys = np.array(
        data.draw(st.lists(st.integers(0, 4), min_size=n * bands, max_size=n * bands)), np.uint64
    ).reshape(n, bands)
    keys += np.arange(bands, dtype=np.uint64) * np.uint64(1000)  # bands do not share keys
    order = data.draw(st.permutations(range(n)))
    earlier = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    order.sort(key=lambda i: not earlier[i])
    versions = data.draw(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=n, max_size=n))
    threshold = data.draw(st.sampled_from([0.3, 0.5, 0.8, 1.0]))
    cut = data.draw(st.integers(0, n))
    view = views([flat(sets[:cut]), flat(sets[cut:])], np.empty((0, 0), np.uint32))
    keeper, similar = leaders(
        np.array(order, np.int64), keys, np.array(earlier), np.array(versions, np.uint64).reshape(n, 3), view, threshold
    )  # fmt: skip
    expected = leaders_twin(order, keys.tolist(), earlier, versions, sets, threshold)
    assert keeper.tolist() == [other for other, _ in expected]
    assert np.allclose(similar, [likeness for _, likeness in expected])


@given(SETS)
def test_similarity_is_the_exact_jaccard_similarity(sets: list[set[int]]) -> None:
    sets = [s | {99} for s in sets]
    left, right = np.divmod(np.arange(len(sets) ** 2), len(sets))
    found = similarities(left, right, views([flat(sets)], np.empty((0, 0), np.uint32)))
    assert np.allclose(found, [jaccard(sets[i], sets[j]) for i, j in zip(left, right)])


def test_without_shingles_signatures_are_compared() -> None:
    none = [NONE] * 4
    signatures = np.array([[1, 2, 3, 4], [1, 2, 3, 9], [7, 7, 7, 7], none, none], np.uint32)
    view = views([flat([{1, 2}, set(), {1, 2}, set(), set()])], signatures)
    found = similarities(np.array([0, 0, 1, 3]), np.array([1, 2, 2, 4]), view)
    assert found.tolist() == [0.75, 1.0, 0.0, 0.0]  # the second pair has its shingles, the last no words
