"""Tokens of the tagger of names, against a plain-Python twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels import name_tokens as t
from curate.kernels.codepoints import DIGIT, EXTEND, IDEOGRAPH, KIND, LETTER, SPACE, classes, folded

NO_WORDS = np.zeros(16, np.uint32), np.zeros(16, np.uint32)
TEXT = st.text(st.one_of(st.sampled_from("aZ9 .,'’s\n\r-()é́東ß"), st.characters(codec="utf-8")), max_size=60)


def kind(char: str) -> int:
    return int(classes()[ord(char)]) & KIND


def twin(text: str) -> list[tuple[int, int]]:
    """Start and end of each token."""
    out, i = [], 0
    while i < len(text):
        if kind(text[i]) == SPACE or (kind(text[i]) == EXTEND and text[i] != "\u200d"):
            i += 1
            continue
        start = i
        if kind(text[i]) >= LETTER:
            digits = False
            while i < len(text):
                here = kind(text[i])
                if here < LETTER and here != EXTEND:
                    rest = text[i + 1 : i + 3]
                    letter = bool(rest) and kind(rest[0]) == LETTER and not digits
                    possessive = rest[:1] in ("s", "S") and not (len(rest) > 1 and kind(rest[1]) >= LETTER)
                    if text[i] not in "'’" or not letter or possessive:
                        break
                digits |= here == DIGIT
                i += 1
        else:
            single = text[i] in "()" or kind(text[i]) == IDEOGRAPH
            i += 1
            while not single and i < len(text) and text[i] == text[start]:
                i += 1
        out.append((start, i))
    return out


@given(TEXT)
def test_tokens_are_those_of_the_twin(text: str) -> None:
    rows = t.tokenise([text], NO_WORDS).rows
    assert [(int(row[t.START]), int(row[t.END])) for row in rows] == twin(text)


@given(st.lists(TEXT, max_size=4))
def test_segments_part_the_tokens_and_keep_to_their_texts(texts: list[str]) -> None:
    tokens = t.tokenise(texts, NO_WORDS)
    assert tokens.segments[-1] == len(tokens.rows) == tokens.texts[-1]
    assert (np.diff(tokens.segments) > 0).all()
    assert set(tokens.texts.tolist()) <= set(tokens.segments.tolist())
    assert len(tokens.keys) == len(tokens.segments) - 1


@given(TEXT, TEXT)
def test_what_stands_before_changes_no_token(before: str, text: str) -> None:
    alone = t.tokenise([text], NO_WORDS)
    second = t.tokenise([before, text], NO_WORDS)
    assert (second.rows[second.texts[1] :] == alone.rows).all()
    assert (second.keys[len(second.keys) - len(alone.keys) :] == alone.keys).all()


def forms(text: str) -> list[int]:
    return [int(row[t.FORM]) for row in t.tokenise([text], NO_WORDS).rows]


def test_forms() -> None:
    assert forms("court Court COURT C McCoy 12 B2 , 東") == [
        t.LOWER, t.CAPITAL, t.UPPER, t.INITIAL, t.MIXED, t.NUMBER, t.ALNUM, t.MARK, t.UNCASED,
    ]  # fmt: skip
    assert forms("O'Brien's") == [t.MIXED, t.MARK, t.LOWER]


def test_case_is_folded_in_words_and_not_in_shapes() -> None:
    small, large = t.tokenise(["Élan ÉLAN"], NO_WORDS).rows
    assert small[t.WORD] == large[t.WORD] == t.word_hash("élan")
    assert small[t.SHAPE] != large[t.SHAPE]
    assert int(folded()[ord("É")]) == ord("é")


def test_segments_are_paragraphs_of_bounded_length() -> None:
    def parts(text: str) -> int:
        return len(t.tokenise([text], NO_WORDS).keys)

    assert parts("They were married. The court agreed.") == 1
    assert parts("one line\nanother line") == 1
    assert parts("one line\r\nanother line") == 1
    assert parts("one\n\nanother") == 2
    assert parts("one\r\n\r\nanother") == 2
    assert parts("one\fanother") == 2
    assert parts("word " * (3 * t.LONGEST)) == 3


def test_equal_segments_have_equal_keys_wherever_they_stand() -> None:
    texts = ["See below.\n\nAll rights reserved.\n\n All rights reserved.", "All rights reserved."]
    keys = t.tokenise(texts, NO_WORDS).keys
    assert keys[1] == keys[2] == keys[3] != keys[0]


def test_known_words_carry_what_the_lexicon_says() -> None:
    keys, values = np.zeros(16, np.uint32), np.zeros(16, np.uint32)
    for word, value in (("smith", 5), ("jones", 9)):
        at = int(t.slot(np.uint32(t.word_hash(word)), 16))
        while keys[at]:
            at = (at + 1) % 16
        keys[at], values[at] = t.word_hash(word), value
    rows = t.tokenise(["Smith JONES other"], (keys, values)).rows
    assert rows[:, t.KNOWN].tolist() == [5, 9, 0]
