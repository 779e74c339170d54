import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.similar.lsh import bands_for, curve, probability

SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("threshold", "hashes", "shape"),
    [
        (0.8, 112, (14, 8)),  # FineWeb's
        (0.7, 112, (22, 5)),
        (0.5, 112, (37, 3)),
        (0.9, 112, (7, 16)),
        (0.8, 256, (23, 11)),
        (1, 112, (1, 112)),
    ],
)
def test_bands_of_thresholds(threshold, hashes, shape):
    assert bands_for(threshold, hashes) == shape


@pytest.mark.parametrize(("similarity", "known"), [(0.7, 0.565), (0.75, 0.772), (0.8, 0.924), (0.85, 0.988)])
def test_probabilities_of_fineweb(similarity, known):
    assert probability(similarity, 14, 8) == pytest.approx(known, abs=0.0005)


@given(SHARES, st.integers(1, 30), st.integers(1, 20))
def test_probability_is_that_of_a_band_of_equal_rows(similarity, bands, rows):
    no_band = math.prod(1 - math.prod([similarity] * rows) for _ in range(bands))

    assert probability(similarity, bands, rows) == pytest.approx(1 - no_band)


def test_probability_is_that_of_drawn_signatures():
    equal = np.random.default_rng(0).random((4000, 14, 8)) < 0.75

    assert equal.all(axis=2).any(axis=1).mean() == pytest.approx(probability(0.75, 14, 8), abs=0.02)


@given(st.floats(0.05, 1), st.integers(100, 300), st.floats(0, 0.2), st.floats(0.5, 0.99))
def test_bands_are_the_most_selective_with_the_recall(threshold, hashes, margin, recall):
    bands, rows = bands_for(threshold, hashes, margin=margin, recall=recall)
    similarity = threshold + min(margin, (1 - threshold) / 2)

    assert bands * rows <= hashes < (bands + 1) * rows
    assert probability(similarity, bands, rows) >= recall
    for more in range(rows + 1, hashes + 1):
        assert probability(similarity, hashes // more, more) < recall


def test_near_one_the_margin_shrinks():
    bands, rows = bands_for(0.98)

    assert probability(0.99, bands, rows) >= 0.98


def test_too_few_hashes_are_refused_with_how_many_it_takes():
    with pytest.raises(
        ValueError, match=r"3 hashes are too few to find 98% of the pairs of similarity 0.50"
    ) as told:
        bands_for(0.45, 3)

    needed = int(str(told.value).partition("at least ")[2].partition(",")[0])
    assert bands_for(0.45, needed) == (needed, 1)
    with pytest.raises(ValueError):
        bands_for(0.45, needed - 1)


def test_the_curve_names_the_threshold_and_what_is_found_around_it():
    lines = curve(0.8, 14, 8)

    assert (
        lines[0]
        == "14 bands of 8 hashes; the chance that a pair of documents is compared, by its similarity:"
    )
    assert lines[1:] == [
        "  0.60   21.11%",
        "  0.70   56.45%",
        "  0.80   92.35%  (threshold)",
        "  0.85   98.84%",
        "  0.90   99.96%",
    ]


@pytest.mark.parametrize("threshold", [0.1, 0.95, 1])
def test_the_curve_stays_within_possible_similarities(threshold):
    similarities = [float(line.split()[0]) for line in curve(threshold, 14, 8)[1:]]

    assert threshold in similarities and all(0 < s <= 1 for s in similarities)
