"""Hand-made cases of what repeats; hypothesis compares the kernel with its twin in test_measures."""

import polars as pl
import pytest

from curate.kernels.buffers import utf8
from curate.kernels.repetition import NGRAMS, PIECES, ngram_counts, piece_counts
from curate.kernels.tokens import tokens


def ngrams(text):
    return dict(zip(NGRAMS, ngram_counts(tokens(pl.Series([text])))[0].tolist(), strict=True))


def pieces(text):
    return dict(zip(PIECES, piece_counts(*utf8(pl.Series([text])))[0].tolist(), strict=True))


def test_the_top_ngram_counts_its_spaces_and_wins_by_number():
    assert ngrams("a b c a b x y z")["top_2"] == 2 * len("a b")


def test_among_ngrams_met_once_the_first_is_the_top():
    assert ngrams("long words come first")["top_2"] == len("long words")


def test_of_ngrams_met_equally_often_the_first_is_the_top():
    assert ngrams("aaa b aaa b cccccc d cccccc d")["top_2"] == 2 * len("aaa b")


def test_duplicates_are_counted_from_left_to_right_without_overlap():
    text = " ".join("abcdeabcde")

    assert ngrams(text)["duplicate_5"] == 5
    assert (
        ngrams(" ".join("a" * 11))["duplicate_5"] == 10
    )  # a a a a a, then one found and skipped, then another


def test_ngrams_skipped_over_are_not_remembered():
    # Both "abcde" and "bcdef" stand twice; behind the second "abcde" the scan has passed the second "bcdef".
    assert ngrams(" ".join("abcdefxabcdef"))["duplicate_5"] == 5


@pytest.mark.parametrize("text", ["", "one", "one two three"])
def test_short_texts_repeat_nothing(text):
    assert all(ngrams(text)[f"duplicate_{n}"] == 0 for n in range(5, 11))


def test_lines_and_paragraphs_are_cut_at_runs_of_newlines():
    found = pieces("same\n\n\nsame\nother\n\nsame")

    assert (found["pieces"], found["duplicate_pieces"], found["duplicate_piece_chars"]) == (4, 2, 8)
    assert (found["paragraphs"], found["duplicate_paragraphs"]) == (3, 1)
    assert found["newlines"] == 6


def test_paragraphs_are_compared_without_the_spaces_around_the_text():
    assert pieces("  a b\n\na b \n")["duplicate_paragraphs"] == 1


def test_lines_of_spaces_are_pieces_but_not_nonblank_ones():
    found = pieces("a.\n \u3000\n \u3000\nlonger than thirty characters, no end")

    assert (found["pieces"], found["duplicate_piece_chars"]) == (4, 2)
    assert (found["nonblank"], found["duplicate_nonblank_chars"]) == (2, 0)
    assert (found["terminal_nonblank"], found["short_nonblank"]) == (1, 1)


def test_tables_grow_with_the_longest_text_and_forget_the_one_before():
    long = "\n".join(f"line {i}" for i in range(5000))
    batch = pl.Series([long, "line 1", long + "\n" + long, "line 1\nline 1"])

    repeated = piece_counts(*utf8(batch))[:, PIECES.index("duplicate_pieces")]

    assert repeated.tolist() == [0, 0, 5000, 1]
