"""Runs of shared words, their places in bytes, and what they amount to, each against a plain-Python twin."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest
import twin
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.common_text import judge
from curate.kernels.overlap import REPEATS, RUN, RUNS, Index, index, runs, word_bytes
from curate.kernels.tokens import word_hashes

NGRAM, SHORTEST = 4, 3
# Few words, so that they repeat within and across texts.
WORDS = st.lists(st.sampled_from("abcde"), max_size=24).map(" ".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=5)


def made(texts: list[str], items: list[int] | None = None) -> Index:
    return index(pl.Series(texts), np.array(items or range(len(texts))), NGRAM, SHORTEST)


def plain_runs(documents: list[str], texts: list[str]) -> set[tuple[int, ...]]:
    """Every maximal run of words that a document and a text share: row, text, at, word, words."""
    found = set()
    for row, document in enumerate(documents):
        a = document.split()
        for t, text in enumerate(texts):
            b = text.split()
            least = min(len(b), NGRAM)
            for k in range(len(a)):
                for p in range(len(b)):
                    n = 0
                    while k + n < len(a) and p + n < len(b) and a[k + n] == b[p + n]:
                        n += 1
                    begins = k == 0 or p == 0 or a[k - 1] != b[p - 1]
                    if begins and n >= least >= SHORTEST:
                        found.add((row, t, p, k, n))
    return found


@given(TEXTS, TEXTS)
def test_runs_are_all_maximal_ones_of_n_words(documents: list[str], texts: list[str]) -> None:
    found = runs(pl.Series(documents), made(texts))
    rows = list(zip(*(found[name].tolist() for name in RUN[:5]), strict=True))
    assert len(rows) == len(set(rows))
    assert set(rows) == plain_runs(documents, texts)
    for k, n, first, last in zip(*(found[c] for c in ("word", "words", "first", "last")), strict=True):
        assert first <= k and k + n <= last


def test_what_differs_in_case_punctuation_and_line_ends_is_the_same() -> None:
    found = runs(pl.Series(["x. THE “Lessee”,\nshall-pay Rent! y"]), made(["The lessee shall pay rent"]))
    assert [found[name].tolist() for name in RUN] == [[0], [0], [0], [1], [5], [1], [6]]


def test_many_runs_fit() -> None:
    documents = pl.Series(["a b c d x " * 40] * 40)
    assert len(runs(documents, made(["a b c d"]))["row"]) == 1600


def test_what_repeats_itself_is_found_within_bounds() -> None:
    text = "0 " * 400 + "a b c d e"
    document = "0 " * 5000 + "a b c d e"
    found = runs(pl.Series([document, document]), made([text, text + " f"]))
    assert max(Counter(zip(found["row"], found["text"], strict=True)).values()) <= RUNS
    assert len(made([text]).places) == REPEATS + 5
    whole = runs(pl.Series(["x " + text]), made([text]))
    assert (0, 405) in set(zip(whole["at"].tolist(), whole["words"].tolist(), strict=True))


def test_a_passage_is_followed_over_changed_words_but_not_beyond_the_text() -> None:
    text = "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9"
    documents = ["z w0 X w2 w3 w4 w5 w6 Y w8 z", "w0 X X w3 w4 w5 w6 z z z w9", "w9 w0 w1 w2 w3 w4"]
    found = runs(pl.Series(documents), made([text]))
    assert list(zip(found["first"].tolist(), found["last"].tolist(), strict=True)) == [
        (1, 10),
        (3, 7),
        (1, 6),
    ]


def test_short_texts_are_looked_for_only_where_their_item_has_no_longer_one() -> None:
    assert made(["a b c", "a b c d e", "a b c", "a b"], [0, 0, 1, 1]).grams.tolist() == [0, 4, 3, 0]


@given(st.lists(st.text(), max_size=4))
def test_every_word_has_the_bytes_that_hash_to_it(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    spans, offsets = word_bytes(column)
    assert offsets.tolist() == word_hashes(column)[1].tolist()
    for text, low, high in zip(texts, offsets, offsets[1:], strict=False):
        words = [text.encode()[a:b].decode() for a, b in spans[low:high]]
        assert words == [token for token in twin.tokenise(text) if twin.is_word(token)]


def plain_judgement(
    documents: list[str], text: str, whole: float, limit: int
) -> dict[int, tuple[float, float]]:
    """By document: overlap and own overlap of one text."""
    b = text.split()
    n = min(len(b), NGRAM)
    grams = [tuple(b[g : g + n]) for g in range(len(b) - n + 1)]
    held = {}
    for row, document in enumerate(documents):
        a = document.split()
        has = {tuple(a[k : k + n]) for k in range(len(a) - n + 1)}
        if any(gram in has for gram in grams):
            held[row] = [gram in has for gram in grams]

    def covered(flags: list[bool]) -> int:
        return len({g + k for g, flag in enumerate(flags) if flag for k in range(n)})

    quotes = {row: flags for row, flags in held.items() if sum(flags) < whole * len(flags)}
    weight = {row: 5 if covered(flags) < 2 * NGRAM else 1 for row, flags in quotes.items()}
    guarded = limit >= 0 and len(quotes) > len(held) - len(quotes)
    common = [
        guarded and sum(weight[row] for row, flags in quotes.items() if flags[g]) > limit
        for g in range(len(grams))
    ]
    own = covered([not c for c in common])
    out = {}
    for row, flags in held.items():
        telling = covered([flag and not c for flag, c in zip(flags, common, strict=True)])
        out[row] = (covered(flags) / len(b), telling / own if own else 0.0)
    return out


@given(
    st.lists(WORDS, min_size=1, max_size=12),
    st.lists(WORDS.filter(lambda text: len(text.split()) >= SHORTEST), min_size=1, max_size=3),
    st.sampled_from([0.5, 0.8, 1.0]),
    st.integers(-1, 8),
)
def test_judgement_equals_the_twin(documents: list[str], texts: list[str], whole: float, limit: int) -> None:
    known = made(texts)
    found = pl.DataFrame(runs(pl.Series(documents), known)).sort("text", "row")
    columns = {"document": found["row"], **{c: found[c] for c in ("text", "at", "words")}}
    judged = judge({c: v.to_numpy() for c, v in columns.items()}, known, NGRAM, whole, limit)
    values = zip(found["text"], found["row"], judged.overlap, judged.own, strict=True)
    ours = {(text, row): tuple(rest) for text, row, *rest in values}
    expected = {
        (t, row): values
        for t, text in enumerate(texts)
        for row, values in plain_judgement(documents, text, whole, limit).items()
    }
    assert ours.keys() == expected.keys()
    for key, values in expected.items():
        assert ours[key] == pytest.approx(values)


def test_a_run_tells_when_not_all_of_it_is_common() -> None:
    known = made(["a b c d e f g h i j k l"])
    documents = pl.Series(["a b c d e x"] * 3 + ["a b c d e x e f g h i"])
    found = pl.DataFrame(runs(documents, known)).sort("text", "row", "at")
    columns = {"document": found["row"], **{c: found[c] for c in ("text", "at", "words")}}
    judged = judge({c: v.to_numpy() for c, v in columns.items()}, known, NGRAM, 0.8, 3)
    assert judged.telling.tolist() == [False] * 4 + [True]
