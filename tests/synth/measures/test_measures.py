"""Measures beside plain Python, nltk and scikit-learn."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.measures.compare import Sampling, measures
from synth.measures.compression import compression_ratio
from synth.measures.copying import copied
from synth.measures.duplicates import near_duplicates
from synth.measures.mixture import mixture
from synth.measures.ngrams import commonness, distinct, entropy, grams
from synth.measures.openings import opening, openings
from synth.measures.self_bleu import self_bleu
from synth.measures.texts import Human, Texts, bounded, sampled
from synth.measures.tfidf import DIMENSIONS, document_frequencies, vectors
from synth.measures.topics import clusters, coverage, nearest
from synth.measures.vendi import vendi

words = st.lists(st.sampled_from("a b c d e".split()), max_size=9)
sets = st.lists(words, min_size=1, max_size=7)


def texts(documents: list[list[str]]) -> Texts:
    return Texts(pl.Series([" ".join(d) for d in documents], dtype=pl.String))


def plain_grams(documents: list[list[str]], n: int) -> list[list[tuple[str, ...]]]:
    return [[tuple(d[i : i + n]) for i in range(len(d) - n + 1)] for d in documents]


# n-grams


@settings(max_examples=40, deadline=None)
@given(sets, st.integers(1, 4))
def test_ngrams_and_what_is_counted_of_them(documents, n):
    of = plain_grams(documents, n)
    flat = [g for gs in of for g in gs]
    made, rows = grams(texts(documents), n)
    assert rows.tolist() == [i for i, gs in enumerate(of) for _ in gs]
    assert len(set(zip(flat, made.tolist()))) == len(set(flat)) == len(set(made.tolist()))
    assert distinct(texts(documents), n) == (len(set(flat)) / len(flat) if flat else 0.0)
    shares = [c / len(flat) for c in Counter(flat).values()]
    assert entropy(texts(documents), n) == pytest.approx(-sum(p * math.log2(p) for p in shares), abs=1e-9)
    times = Counter(flat)
    mean = [sum(times[g] for g in gs) / len(gs) if gs else 0.0 for gs in of]
    assert commonness(texts(documents), n).tolist() == pytest.approx(mean)


# self-BLEU


@settings(max_examples=40, deadline=None)
@given(sets)
def test_self_bleu_is_that_of_nltk(documents):
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    smooth = SmoothingFunction().method1
    found = self_bleu(texts(documents)).tolist()
    for i, own in enumerate(documents):
        others = [d for j, d in enumerate(documents) if j != i and d]
        if not own or not others:
            continue
        wanted = sentence_bleu(others, own, smoothing_function=smooth)
        if all(documents):  # nltk takes an empty reference's length for the nearest
            assert found[i] == pytest.approx(float(wanted), abs=1e-9)


def test_self_bleu_of_the_same_and_of_strangers():
    same = texts([["w1", "w2", "w3", "w4", "w5"]] * 3)
    assert self_bleu(same).tolist() == pytest.approx([1, 1, 1])
    assert self_bleu(texts([["a", "b"], ["c", "d"]])).tolist() == [0, 0]
    assert self_bleu(texts([["a", "b"]])).tolist() == [0]
    assert self_bleu(texts([[], []])).tolist() == [0, 0]


# vectors, Vendi, topics


@settings(max_examples=40, deadline=None)
@given(sets)
def test_vectors_are_those_of_scikit_learn(documents):
    from sklearn.feature_extraction.text import TfidfTransformer

    own = texts(documents)
    buckets = np.zeros((len(documents), DIMENSIONS))
    for row, word in zip(own.rows, own.words):
        buckets[row, int(word) % DIMENSIONS] += 1
    wanted = TfidfTransformer().fit_transform(buckets).toarray()
    found = vectors(own, document_frequencies(own), len(own))
    assert np.allclose(found, wanted, atol=1e-6)


def test_the_vendi_score_counts_what_is_different():
    assert vendi(np.tile([[1.0, 0.0]], (5, 1)))[0] == pytest.approx(1)
    assert vendi(np.eye(6))[0] == pytest.approx(6)
    half, alike = vendi(np.repeat(np.eye(3), 4, axis=0))
    assert half == pytest.approx(3) and alike.tolist() == pytest.approx([3 / 11] * 12)
    assert vendi(np.zeros((0, 4)))[0] == 0 and vendi(np.zeros((4, 4)))[0] == pytest.approx(4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(0.1, 1), min_size=3, max_size=3), min_size=1, max_size=6))
def test_the_vendi_score_by_singular_values(rows):
    made = np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)
    values = np.linalg.svd(made, compute_uv=False) ** 2 / len(made)
    values = values[values > 1e-12]
    assert vendi(made)[0] == pytest.approx(float(np.exp(-(values * np.log(values)).sum())), rel=1e-6)


def test_clusters_part_what_is_apart_and_are_the_same_each_time():
    rng = np.random.default_rng(1)
    axes = np.eye(8)[rng.integers(0, 4, 200)] + rng.normal(0, 0.05, (200, 8))
    made = (axes / np.linalg.norm(axes, axis=1, keepdims=True)).astype(np.float32)
    centres = clusters(made, 4, seed=3)
    labels = nearest(made, centres)
    assert len({(int(a), int(b)) for a, b in zip(labels, np.argmax(axes, axis=1))}) == 4
    assert (clusters(made, 4, seed=3) == centres).all()
    assert len(clusters(made[:2], 5, seed=3)) == 2


def test_coverage_counts_topics_that_are_reached_in_earnest():
    corpus = np.repeat([0, 1, 2, 3], 25)
    assert coverage(np.repeat([0, 1, 2, 3], 10), corpus)[0] == 1
    value, over = coverage(np.array([0] * 98 + [1, 2]), corpus)
    assert value == 0.25 and over[0] == pytest.approx(3.92)
    assert coverage(np.array([0, 5]), corpus)[0] == 0.25  # a topic that the corpus has not


# repetition and copying


def test_the_most_frequent_opening():
    own = Texts(pl.Series(["What is the rent?", "what is the term", "Who pays?", "Define the term rent."]))
    share, times = openings(own)
    assert share == 0.5 and times.tolist() == [2, 2, 0, 1]
    assert openings(Texts(pl.Series(["a", ""])))[0] == 0
    assert opening("What is\n the rent?") == "What is the"


def test_near_duplicates_in_whatever_order():
    base = [f"w{i}" for i in range(20)]
    rng = random.Random(1)
    changed = [*base[:-1], "other"]
    rng.shuffle(changed)
    rows = [base, [f"v{i}" for i in range(20)], changed, ["yes"], ["yes"], base]
    share, sizes = near_duplicates(texts(rows))
    assert share == 0.5 and sizes.tolist() == [2, 0, 2, 0, 0, 2]
    assert near_duplicates(texts([["yes"]] * 3))[0] == 0


def test_near_duplicates_as_comparing_all_finds_them():
    rng = random.Random(3)
    rows = []
    for _ in range(60):
        base = rng.sample(range(300), 20)
        rows += [
            [f"w{i}" for i in base],
            [f"w{rng.randrange(300) if rng.random() < 0.08 else i}" for i in base],
        ]
    kept: list[set[str]] = []
    for row in rows:
        alike = any(len(set(row) & k) / len(set(row) | k) >= 0.8 for k in kept)
        kept += [] if alike else [set(row)]
    assert near_duplicates(texts(rows))[0] == pytest.approx(1 - len(kept) / len(rows), abs=0.02)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("ab"), max_size=40), st.lists(st.sampled_from("ab"), max_size=40))
def test_copied_words_as_in_plain_python(own, source):
    found = copied(texts([own]), texts([source]))
    known = set(plain_grams([source], 8)[0])
    covered = [False] * len(own)
    for i, gram in enumerate(plain_grams([own], 8)[0]):
        if gram in known:
            covered[i : i + 8] = [True] * 8
    runs, length = [], 0
    hits = [gram in known for gram in plain_grams([own], 8)[0]]
    for hit in [*hits, False]:
        runs += [length + 7] if not hit and length else []
        length = length + 1 if hit else 0
    assert found.longest.tolist() == [max(runs, default=0)]
    assert found.ngrams == pytest.approx(sum(covered) / max(1, len(own)))


def test_a_long_run_is_told_from_a_quotation():
    source = [f"w{i}" for i in range(200)]
    answers = [source[10:70], source[100:120] + ["own"] * 40, ["own"] * 20]
    found = copied(texts(answers), texts([source]))
    assert found.longest.tolist() == [60, 20, 0]
    assert found.runs == pytest.approx(60 / 140) and found.ngrams == pytest.approx(80 / 140)
    assert copied(texts(answers), texts([[]])).ngrams == 0


def test_repetition_compresses():
    rng = random.Random(1)
    varied = texts([[f"w{rng.randrange(5000)}" for _ in range(30)] for _ in range(100)])
    assert compression_ratio(texts([["the", "same", "words"]] * 100)) > 3 * compression_ratio(varied)
    assert compression_ratio(texts([[]])) == 1


def test_what_a_mixture_is_made_of():
    rows = pl.DataFrame({"words": [60, 20, 20], "depth": [None, 0, 2]})
    assert mixture(rows) == (0.4, 0.2, 2)
    assert mixture(rows.head(1)) == (0.0, 0.0, None)
    assert mixture(rows, size=pl.lit(1), depth="depth").synthetic == pytest.approx(2 / 3)


# samples and pieces


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 60), st.integers(0, 5))
def test_a_sample_keeps_its_bounds(lengths, most, count):
    rows = sampled(np.array(lengths, np.int64), most, 3, texts=count)
    assert sum(lengths[r] for r in rows) <= most and len(rows) <= count and all(lengths[r] for r in rows)
    assert rows.tolist() == sorted(set(rows.tolist()))


def test_pieces_have_the_lengths_and_begin_with_sentences():
    rng = random.Random(2)
    documents = [". ".join(f"D{d}S{s} " + " ".join("abcdefg") for s in range(60)) + "." for d in range(20)]
    lengths = np.array([rng.randint(5, 40) for _ in range(100)])
    made = Human(Texts(pl.Series(documents))).pieces(lengths, 1)
    assert sorted(made.lengths.tolist()) == sorted(lengths.tolist())
    starts = [text.split()[0] for text in made.texts]
    assert all(s.startswith("D") for s in starts) and len(set(starts)) == len(starts)
    assert len({s.partition("S")[0] for s in starts}) == 20  # from every document
    assert made.texts.to_list() == Human(Texts(pl.Series(documents))).pieces(lengths, 1).texts.to_list()


def test_pieces_of_too_little_text():
    assert len(Human(Texts(pl.Series([""]))).pieces(np.array([5, 5]), 1)) == 0
    few = Human(Texts(pl.Series(["One two three. Four five six."]))).pieces(np.array([3] * 10), 1)
    assert few.texts.to_list() == ["One two three", "Four five six"]


def test_a_corpus_is_bounded_by_whole_texts():
    texts_ = [f"text {i} " + "word " * 8 for i in range(50)]
    assert len(bounded(texts_, 100, 1)) == 10 and len(bounded(texts_, 10**6, 1)) == 50


# all together


def corpus(seed: int, count: int = 400) -> list[str]:
    """Invented texts: sentences of words that follow Zipf's law, each text about one of eight topics."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        topic = rng.integers(8)
        ranks = np.minimum(rng.zipf(1.35, 90), 3000)
        told = [f"t{topic}x{r}" if r > 8 and rng.random() < 0.6 else f"w{r}" for r in ranks]
        found.append(". ".join(" ".join(told[i : i + 15]) for i in range(0, 90, 15)) + ".")
    return found


def test_every_field_is_measured_beside_human_text():
    human = corpus(1)
    rows = pl.DataFrame(
        {"prompt": [t[:40] for t in corpus(2, 200)], "answer": corpus(3, 200), "source": corpus(3, 200)}
    )
    found = {(m.field, m.name): m for m in measures(rows, human, Sampling(clusters=8, pieces=400))}
    assert len(found) == 2 * 11 + 2 + 1
    for (field, name), measure in found.items():
        if field == "answer" and name.startswith(("distinct", "entropy", "compression", "vendi", "self")):
            assert measure.human and measure.value / measure.human == pytest.approx(1, abs=0.12), name
        assert len(measure.worst) <= 5
    assert found["answer", "copied_runs"].value > 0.8 and found["answer", "copied_runs"].human is None
    assert found["sample", "topic_coverage"].value > 0.5 and found["sample", "topic_coverage"].human == 1
    again = measures(rows, human, Sampling(clusters=8, pieces=400))
    assert again == list(found.values())


def test_too_little_text_has_no_measures():
    rows = pl.DataFrame({"prompt": ["Who?"] * 100, "answer": ["word " * 20] * 100})
    assert {m.field for m in measures(rows, corpus(1, 50))} == {"answer", "sample"}
    assert measures(rows.head(10), corpus(1, 50)) == []


def test_the_worst_rows_are_the_ones_that_repeat():
    rows = pl.DataFrame(
        {"answer": [*corpus(2, 100), *["the same old story of a lease that is told again"] * 3]}
    )
    found = {m.name: m for m in measures(rows, corpus(1), Sampling(clusters=8, pieces=400))}
    assert set(found["near_duplicates"].worst) == {100, 101, 102}
    assert set(found["self_bleu"].worst[:3]) == {100, 101, 102}
