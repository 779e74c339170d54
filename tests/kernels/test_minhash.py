import gzip
import json
import math
from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest
import twin
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.minhash import NONE, band_keys, shingle_sets, signatures, sketches
from curate.kernels.tokens import word_hashes

MASK = 2**64 - 1
PRIME, ODD = 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD
TEXTS = st.lists(st.one_of(st.text(alphabet="aAbßé'’.,1法 \n-\u0301", max_size=40), st.text()), max_size=5)


def mixed(h):
    h = ((h ^ h >> 32) * 0x9E3779B97F4A7C15) & MASK
    return h ^ h >> 32


def word_hash(word):
    h = 0xCBF29CE484222325
    for char in word.replace("’", "'"):
        fold = char.casefold() if len(char.casefold()) == 1 else char.lower()
        h = ((h ^ ord(fold if len(fold) == 1 else char)) * 0x100000001B3) & MASK
    return mixed(h)


def words_of(text):
    return [word_hash(token) for token in twin.tokenise(text) if twin.is_word(token)]


def shingles_of(text, ngram):
    words = words_of(text)
    starts = range(max(len(words) - ngram, 0) + 1) if words else ()
    return {mixed(polynomial(words[i : i + ngram])) for i in starts}


def polynomial(words):
    h = 0
    for word in words:
        h = (h * PRIME + word) & MASK
    return h


def signature_of(text, ngram, hashes, seed):
    state, found = seed, []
    for _ in range(hashes):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        values = [((z >> 32 | 1) * (x >> 32) + z) % 2**32 for x in shingles_of(text, ngram)]
        found.append(min(values, default=2**32 - 1))
    return found


def key_of(values, band):
    h = ((band + 1) * PRIME) & MASK
    for value in values:
        h = ((h ^ value) * ODD) & MASK
        h ^= h >> 32
    return h


def sets_of(found, offsets):
    return [found[start:end].tolist() for start, end in pairwise(offsets)]


def column(texts):
    return pl.Series(texts, dtype=pl.String)


@given(TEXTS)
def test_word_hashes_equal_the_twin(texts):
    assert sets_of(*word_hashes(column(texts))) == [words_of(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "42 U.S.C. § 1983, don't DON’T a_b _c_ (d)(ii) non-exclusive",
        "$1,000.50 ½ 1st 1.a a.1 a1.b2 3,b 4_5 6. 7'8 9,",
        "naïve e\u0301te\u0301. \u0301 co\u00adoperate 1\u0301,2 Ωμέγα ΛΟΓΟΣ Привет ẞ ı İ",
        "第12条 かな a第b ﾊﾟ ภาษา \U00020000 x\u200d",
    ],
)
def test_word_hashes_of_joined_words_equal_the_twin(text):
    assert sets_of(*word_hashes(column([text]))) == [words_of(text)]


@given(TEXTS, st.integers(1, 4), st.integers(1, 9), st.integers(0, MASK))
def test_signatures_equal_the_twin(texts, ngram, hashes, seed):
    found = signatures(column(texts), ngram=ngram, hashes=hashes, seed=seed)

    assert found.shape == (len(texts), hashes)
    assert found.tolist() == [signature_of(text, ngram, hashes, seed) for text in texts]


@given(TEXTS, st.integers(1, 4))
def test_shingle_sets_equal_the_twin(texts, ngram):
    assert sets_of(*shingle_sets(column(texts), ngram=ngram)) == [
        sorted(shingles_of(text, ngram)) for text in texts
    ]


@given(
    st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=7, max_size=7)),
    st.sampled_from([(3, 2), (7, 1), (1, 7)]),
)
def test_band_keys_equal_the_twin(values, shape):
    bands, rows = shape
    found = band_keys(np.array(values, np.uint32).reshape(-1, 7), bands, rows)

    assert found.shape == (len(values), bands)
    assert found.tolist() == [
        [key_of(row[b * rows : (b + 1) * rows], b) for b in range(bands)] for row in values
    ]


def test_more_bands_than_there_are_hashes_for_are_refused():
    with pytest.raises(ValueError, match="3 bands of 4 rows need 12 hashes, not 11"):
        band_keys(np.zeros((1, 11), np.uint32), 3, 4)


@pytest.mark.parametrize("words", [511, 512, 515, 516, 517, 1200])
def test_texts_longer_than_a_block_equal_the_twin(words):
    text = " ".join(f"w{i * i % 419}" for i in range(words))

    assert signatures(column([text, text[:90]]), hashes=5).tolist() == [
        signature_of(text, 5, 5, 1),
        signature_of(text[:90], 5, 5, 1),
    ]


def test_a_slice_of_a_column_is_read_where_it_lies():
    texts = column(["one two three", None, "four five six", "seven"])

    assert (signatures(texts[2:]) == signatures(texts)[2:]).all()
    assert sets_of(*shingle_sets(texts[2:])) == sets_of(*shingle_sets(texts))[2:]


def test_texts_without_a_word_have_no_shingle():
    texts = column(["", None, " \n", "§ -- *", "a"])

    assert (signatures(texts) == NONE).all(axis=1).tolist() == [True] * 4 + [False]
    assert np.diff(shingle_sets(texts)[1]).tolist() == [0, 0, 0, 0, 1]


def test_texts_shorter_than_a_shingle_are_one_shingle():
    texts = column(["The Lease", "the “lease”!", "lease the", "the lease of", "the lease", "lease"])

    found = [tuple(s) for s in sets_of(*shingle_sets(texts))]

    assert {len(s) for s in found} == {1}
    assert found[0] == found[1] == found[4] and len(set(found)) == 4


def test_seeds_and_hash_functions_differ():
    text = column([" ".join(f"word{i}" for i in range(50))])

    first, second = signatures(text, seed=1)[0], signatures(text, seed=2)[0]

    assert len(set(first) | set(second)) == 224
    assert (signatures(text, hashes=20)[0] == first[:20]).all()


def test_the_same_values_in_another_band_have_another_key():
    keys = band_keys(np.full((1, 112), 5, np.uint32), 14, 8)

    assert len(set(keys[0].tolist())) == 14


def pairs(common, own, many):
    """Texts 2i and 2i + 1 have `common` words and `own` words each, no word being in another pair."""
    texts = []
    for i in range(many):
        shared = [f"c{i}x{j}" for j in range(common)]
        texts += [" ".join(shared + [f"{side}{i}x{j}" for j in range(own)]) for side in "ab"]
    return column(texts)


@pytest.mark.parametrize(("common", "own"), [(1, 1), (4, 3), (30, 10), (160, 20), (380, 10), (20, 380)])
def test_estimates_have_the_bias_and_the_variance_of_theory(common, own):
    j, k, many = common / (common + 2 * own), 112, 400
    found = signatures(pairs(common, own, many), ngram=1, hashes=k)

    estimates = (found[::2] == found[1::2]).mean(axis=1)

    deviation = math.sqrt(j * (1 - j) / k)
    assert abs(estimates.mean() - j) < 3.5 * deviation / math.sqrt(many)
    # The variance of a variance: (2 + excess kurtosis) / many, and the kurtosis of a mean of 112 is small.
    assert abs(estimates.var() / deviation**2 - 1) < 3.5 * math.sqrt(2 / many) + 0.05


def test_candidates_are_those_of_datasketch():
    from datasketch import MinHash, MinHashLSH

    texts = pairs(60, 6, 150)
    found, bands, rows = signatures(texts, ngram=1, hashes=60), 12, 5
    index = MinHashLSH(num_perm=60, params=(bands, rows))
    sketches = [MinHash(hashvalues=row, scheme="affine32") for row in found]
    for i, sketch in enumerate(sketches):
        index.insert(i, sketch)
    theirs = {(i, j) for i, sketch in enumerate(sketches) for j in index.query(sketch) if i < j}

    keys = band_keys(found, bands, rows)
    ours = {(i, j) for i, j in combinations(range(len(keys)), 2) if (keys[i] == keys[j]).any()}

    assert ours == theirs and 100 < len(ours) < 150


def test_similarities_are_those_of_datatrove_unless_numbers_are_made_equal(real, tmp_path):
    """Its tokens (spaCy's) are not ours, the shares of shingles are; by default it reads every number as 0."""
    with gzip.open(real("legal/contracts_edgar.jsonl.gz")) as lines:
        texts = [text for line in lines if len(text := json.loads(line)["text"]) < 9000]
    sets = [set(s) for s in sets_of(*shingle_sets(column(texts)))]
    found = signatures(column(texts))
    near = [p for p in combinations(range(len(texts)), 2) if (found[p[0]] == found[p[1]]).mean() > 0.5]
    near = [(i, j) for i, j in near if sets[i] != sets[j]][:12]

    ours = [jaccard(sets[i], sets[j]) for i, j in near]
    theirs, numbers_equal = (datatrove_similarities(texts, near, tmp_path, norm) for norm in (False, True))

    assert len(near) == 12 and min(ours) < 0.8 < max(ours)
    assert theirs == pytest.approx(ours, abs=0.02)
    assert max(b - a for a, b in zip(ours, numbers_equal, strict=True)) > 0.05


def datatrove_similarities(texts, near, folder, numbers_equal):
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.text import TextNormConfig

    norm = TextNormConfig(norm_numbers=numbers_equal)
    config = MinhashConfig(norm_config=norm, hash_config=HashConfig(hash_fc="sha1"))  # its xxhash refuses str
    block = MinhashDedupSignature(str(folder), config)
    sets = {i: set(block.get_shingles(texts[i]).ravel().tolist()) for pair in near for i in pair}
    return [jaccard(sets[i], sets[j]) for i, j in near]


def jaccard(a, b):
    return len(a & b) / len(a | b)


@given(TEXTS)
def test_the_hash_of_all_words_tells_texts_apart_by_their_words_in_order(texts: list[str]) -> None:
    found, wholes = sketches(pl.Series(texts), ngram=3, hashes=8)
    assert (found == signatures(pl.Series(texts), ngram=3, hashes=8)).all()
    words, offsets = word_hashes(pl.Series(texts))
    runs = [tuple(words[a:b].tolist()) for a, b in pairwise(offsets)]
    for i, j in combinations(range(len(texts)), 2):
        assert (wholes[i] == wholes[j]) == (runs[i] == runs[j])
    assert [bool(whole) for whole in wholes] == [bool(run) for run in runs]
