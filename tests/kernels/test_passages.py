"""Kernels of passages, bounds and cuts beside plain Python."""

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.bounds import bounds, places, units
from curate.kernels.buffers import strings, utf8
from curate.kernels.cuts import characters, excerpts, without
from curate.kernels.passages import fingerprints, later, merged, span_hashes, windows
from curate.kernels.tokens import word_hashes

odd = st.text(st.sampled_from("aBé1日本_.,’'-§ \n\r\u2028\u0301ไ"), max_size=25)
plain = st.text(st.sampled_from("ab .\n\n-"), max_size=40)
few_words = st.lists(st.lists(st.integers(0, 2), max_size=25), min_size=1, max_size=6)


def flat(documents):
    """Documents of small numbers as hashes of words and offsets."""
    offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    words = np.array([w for d in documents for w in d], np.uint64)
    return (words + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15), offsets


@given(st.lists(odd, min_size=1, max_size=4))
def test_bounds_are_those_of_the_words_that_are_hashed(texts):
    found = bounds(*utf8(pl.Series(texts)))
    hashes, offsets = word_hashes(pl.Series(texts))
    assert found.offsets.tolist() == offsets.tolist()
    cut = [bytes(found.data[a:b]).decode() for a, b in zip(found.starts, found.ends, strict=True)]
    alone = [word_hashes(pl.Series([word]))[0].tolist() for word in cut]
    assert alone == [[h] for h in hashes.tolist()]


@given(few_words, st.integers(1, 7))
def test_windows_that_occur_again_share_a_fingerprint_that_does(documents, window):
    words, offsets = flat(documents)
    texts, prints = fingerprints(words, offsets, window)
    often = [p for p in set(prints.tolist()) if (prints == p).sum() > 1]
    assert (np.diff(texts.astype(int)) >= 0).all()
    found = windows(words, offsets, window, np.array(sorted(often), np.uint64))
    at = list(zip(found.texts.tolist(), found.starts.tolist(), strict=True))
    assert at == sorted(set(at))

    where: dict = {}
    for d, document in enumerate(documents):
        for i in range(len(document) - window + 1):
            where.setdefault(tuple(document[i : i + window]), []).append((d, i))
    assert {place for places in where.values() if len(places) > 1 for place in places} <= set(at)
    content = [tuple(documents[d][i : i + window]) for d, i in at]
    assert (
        len(set(content)) == len(set(found.hashes.tolist())) == len(set(zip(content, found.hashes.tolist())))
    )


def test_about_one_word_in_a_quarter_of_the_window_begins_a_fingerprint():
    words = np.random.default_rng(1).integers(0, 2**63, 100_000).astype(np.uint64)
    _, found = fingerprints(words, np.array([0, len(words)]), 50)
    assert abs(len(found) / len(words) - 2 / 27) < 0.003  # 2 / (width + 1): Schleimer et al., section 3


@given(st.lists(st.integers(0, 2**64 - 1), min_size=3, max_size=30), st.integers(1, 5))
def test_a_span_as_long_as_a_window_hashes_like_one(numbers, window):
    words, offsets = np.array(numbers, np.uint64), np.array([0, len(numbers)])
    every = np.unique(fingerprints(words, offsets, window)[1])
    found = windows(words, offsets, window, every)
    starts = found.starts.astype(np.int64)
    assert len(found.hashes) == max(0, len(numbers) - window + 1)
    assert span_hashes(words, starts, starts + window).tolist() == found.hashes.tolist()


def plain_later(occurrences, frequency, keep_first):
    """`later` of (hash, document, start, end) in plain Python."""
    firsts = [-1] * len(occurrences)
    for h in {o[0] for o in occurrences}:
        group = [i for i, o in enumerate(occurrences) if o[0] == h]
        times, last = 0, None
        for i in group:
            if last is None or occurrences[i][1] != last[1] or occurrences[i][2] >= last[3]:
                times, last = times + 1, occurrences[i]
        _, document, _, end = occurrences[group[0]]
        for i in group if times >= frequency else []:
            _, d, s, _ = occurrences[i]
            if not keep_first or d != document or s >= end:
                firsts[i] = group[0]
    return firsts


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 20)), max_size=40, unique=True),
    st.integers(2, 4),
    st.booleans(),
)
def test_later_occurrences(found, frequency, keep_first):
    found = sorted({(d, s): (h, d, s, s + 4) for h, d, s in found}.values(), key=lambda o: o[1:])
    hashes, documents, starts, ends = (
        np.array([o[k] for o in found], t) for k, t in enumerate((np.uint64, np.uint64, np.uint32, np.uint32))
    )
    order = np.argsort(hashes, kind="stable").astype(np.uint32)
    assert later(order, hashes, documents, starts, ends, frequency, keep_first).tolist() == plain_later(
        found, frequency, keep_first
    )


def test_spans_that_meet_are_one_and_others_are_not():
    documents, starts, ends = [0, 0, 0, 0, 1, 1], [0, 2, 5, 9, 9, 20], [4, 3, 8, 12, 12, 21]
    heads, reach = merged(np.array(documents, np.uint64), np.array(starts), np.array(ends))
    assert list(zip(heads.tolist(), reach.tolist(), strict=True)) == [
        (0, 4),
        (2, 8),
        (3, 12),
        (4, 12),
        (5, 21),
    ]
    assert merged(np.array([0, 0]), np.array([0, 4]), np.array([4, 6]))[1].tolist() == [6]


@given(st.lists(plain, min_size=1, max_size=3), st.integers(1, 3), st.integers(1, 2))
def test_lines_and_paragraphs(texts, least, breaks):
    found = bounds(*utf8(pl.Series(texts)))
    expected = []
    for d, text in enumerate(texts):
        at = 0
        for piece in re.split(r"\s*\n\s*" if breaks == 1 else r"[ ]*\n[ ]*\n\s*", text):
            size = len(re.findall(r"[ab]+(?:\.[ab]+)*", piece))
            if size >= least:
                expected.append((d, at, at + size))
            at += size
    assert list(zip(*(part.tolist() for part in units(found, breaks, least)), strict=True)) == expected


def test_a_carriage_return_makes_no_blank_line():
    assert units(bounds(*utf8(pl.Series(["a\r\nb\r\n\r\nc"]))), 2, 1)[1].tolist() == [0, 2]


def cut(text, words, breaks=0):
    """`text` without its words [a, b) for each pair, and the ranges of characters that went."""
    texts = bounds(*utf8(pl.Series([text])))
    first, last = np.array(words, np.uint32).T
    of = np.zeros(len(words), np.uint32)
    found = places(texts, of, first, last, breaks)
    ranges = characters(texts, of, found).tolist()
    return strings(*without(texts, of, found))[0], [text[a:b] for a, b in ranges]


@pytest.mark.parametrize(
    ("text", "words", "breaks", "left", "gone"),
    [
        ("one two three", [(1, 2)], 0, "one three", ["two"]),
        ("one two three", [(0, 1)], 0, "two three", ["one"]),
        ("  one two. ", [(1, 2)], 0, "  one", ["two."]),
        ("one two three", [(0, 3)], 0, "", ["one two three"]),
        ("one (“two”), three", [(1, 2)], 0, "one three", ["(“two”),"]),
        ("one\n\ntwo three", [(1, 2)], 0, "one\n\nthree", ["two"]),
        ("one\n\ntwo\n\nthree", [(1, 2)], 0, "one\n\nthree", ["two"]),
        ("one\r\ntwo\n\nthree", [(1, 2)], 0, "one\n\nthree", ["two"]),
        ("é two née four", [(1, 2), (3, 4)], 0, "é née", ["two", "four"]),
        ("non-compete-or-not", [(1, 2)], 0, "non or-not", ["-compete-"]),
        ("日本語", [(1, 2)], 0, "日語", ["本"]),
        ("日本a", [(1, 2)], 0, "日a", ["本"]),
        ("a本日", [(1, 2)], 0, "a日", ["本"]),
        ("  a b\nc", [(0, 2)], 1, "c", ["a b"]),
        ("a\n- b c -\nd", [(1, 3)], 0, "a\n- -\nd", ["b c"]),
        ("a\n- b c -\nd", [(1, 3)], 1, "a\nd", ["- b c -"]),
        ("a\n\n  - b c -\n\nd", [(1, 3)], 1, "a\n\nd", ["- b c -"]),
        ("a\n    b\n  c", [(1, 2)], 1, "a\n  c", ["b"]),
        ("a\n  b c\nd", [(1, 2)], 0, "a\n  c\nd", ["b"]),
        ("-\n a \n-", [(0, 1)], 1, "-\n-", ["a"]),
        ("x\n\n-\na\n-\n\ny", [(1, 2)], 2, "x\n\ny", ["-\na\n-"]),
        ("x\n \n-\na", [(1, 2)], 2, "x", ["-\na"]),
    ],
)
def test_what_is_left_is_joined_cleanly(text, words, breaks, left, gone):
    assert cut(text, words, breaks) == (left, gone)


@given(odd, st.data())
def test_all_words_but_those_cut_are_left(text, data):
    hashes = word_hashes(pl.Series([text]))[0].tolist()
    if not hashes:
        return
    goes = data.draw(st.lists(st.booleans(), min_size=len(hashes), max_size=len(hashes)))
    edges = np.flatnonzero(np.diff([0, *map(int, goes), 0])).reshape(-1, 2)
    if len(edges) == 0:
        return
    left, gone = cut(text, edges.tolist())
    assert word_hashes(pl.Series([left]))[0].tolist() == [
        h for h, go in zip(hashes, goes, strict=True) if not go
    ]
    assert [h for piece in gone for h in word_hashes(pl.Series([piece]))[0]] == [
        h for h, go in zip(hashes, goes, strict=True) if go
    ]


@given(st.lists(st.text(st.sampled_from("aé日🙂 "), max_size=12), min_size=1, max_size=4), st.integers(1, 6))
def test_excerpts_end_between_characters(texts, most):
    found = bounds(*utf8(pl.Series(texts)))
    whole = np.column_stack([found.edges[:-1], found.edges[1:]])
    assert strings(*excerpts(found, whole, most)).to_list() == [text[:most] for text in texts]
