"""The language kernel against a plain-Python twin with the same features and arithmetic."""

import unicodedata

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.buffers import strings, utf8
from curate.kernels.languages import LONGEST_GRAM, LONGEST_WORD, excerpts, features, fold_table, judge

MASK = 255
BASIS, PRIME, WORD = 2166136261, 16777619, 1 << 32

texts = st.text(
    st.sampled_from("abcdeé ÉZß.,1\n中国日本нёαΣ한ñ\u0301🙂İ") | st.characters(exclude_categories=["Cs"]),
    max_size=80,
)


def mix(h: int) -> int:
    h = (h ^ (h >> 16)) * 0x85EBCA6B % WORD
    h = (h ^ (h >> 13)) * 0xC2B2AE35 % WORD
    return h ^ (h >> 16)


def fnv(codes: list[int]) -> int:
    h = BASIS
    for code in codes:
        h = (h ^ code) * PRIME % WORD
    return h


def plain_letters(text: str) -> list[int]:
    """Lower-case letters and marks of the Basic Multilingual Plane, 0 between words and at both ends."""
    out = [0]
    for char in text:
        letter = 0
        if ord(char) < 0x10000 and unicodedata.category(char)[0] in "LM":
            lower = char.lower()
            letter = ord(lower) if len(lower) == 1 else ord(char)
        if letter or out[-1]:
            out.append(letter)
    return out if out[-1] == 0 else [*out, 0]


def plain_features(text: str, mask: int = MASK) -> list[int]:
    letters = plain_letters(text)
    found = []
    for i, code in enumerate(letters):
        if code >= 0x250:
            block = code >> 8 if code >= 0x2E80 else code >> 6
            found.append(mix(fnv([block]) ^ 0x5EED))
        for size in range(1, LONGEST_GRAM + 1):
            gram = letters[i : i + size]
            if len(gram) < size or 0 in gram[1:-1] or gram == [0]:
                continue
            found.append(mix(fnv(gram) ^ (size - 1)))
    words = "".join(map(chr, letters)).split("\0")
    found += [mix(fnv([ord(c) for c in word]) ^ 0xF00D) for word in words if 1 < len(word) < LONGEST_WORD]
    return sorted(h & mask for h in found)


def plain_judge(text: str, embedding: np.ndarray, head: np.ndarray) -> tuple[int, float]:
    rows = plain_features(text)
    if not rows:
        return -1, 0.0
    mean = embedding[rows].astype(np.int64).sum(axis=0) / len(rows)
    logits = head.astype(np.float64) @ mean
    share = np.exp(logits - logits.max())
    return int(logits.argmax()), float(share.max() / share.sum())


@settings(max_examples=300, deadline=None)
@given(texts)
def test_features_equal_their_twin(text):
    data = np.frombuffer(text.encode(), np.uint8)
    assert sorted(features(data, 0, len(data), fold_table(), MASK).tolist()) == plain_features(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4))
def test_judgements_equal_their_twin(texts):
    rng = np.random.default_rng(3)
    embedding = rng.integers(-127, 128, (MASK + 1, 6)).astype(np.int8)
    head = rng.normal(0, 0.02, (5, 6)).astype(np.float32)
    labels, scores = judge(*utf8(pl.Series(texts)), 3000, fold_table(), embedding, head)
    expected = [plain_judge(text, embedding, head) for text in texts]
    assert labels.tolist() == [label for label, _ in expected]
    np.testing.assert_allclose(scores, [score for _, score in expected], rtol=1e-5)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab é中🙂"), max_size=60), max_size=4), st.integers(12, 60))
def test_excerpts_are_whole_characters_of_beginning_middle_and_end(texts, cap):
    found = strings(*excerpts(*utf8(pl.Series(texts, dtype=pl.String)), cap)).to_list()
    for text, excerpt in zip(texts, found):
        if len(text.encode()) <= cap:
            assert excerpt == text
        else:
            size = cap // 3
            assert len(excerpt.encode()) <= 3 * (size + 3) + 2
            assert text.startswith(excerpt[: size // 4]) and text.endswith(excerpt[-(size // 4) :])


def test_windows_are_judged_together():
    embedding, head = np.zeros((MASK + 1, 2), np.int8), np.array([[1, 0], [0, 1]], np.float32) / 50
    embedding[plain_features("aaaa"), 0] = 100
    text = "zzzz " * 400 + "aaaa " * 400 + "zzzz " * 400
    labels, scores = judge(*utf8(pl.Series([text, "aaaa"])), 300, fold_table(), embedding, head)
    assert labels.tolist() == [0, 0]
    assert 0.5 < scores[0] < scores[1]
