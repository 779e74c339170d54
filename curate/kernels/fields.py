"""What the struct `signals` holds: its fields and their types, without the kernels that fill them."""

from __future__ import annotations

from typing import Any

import polars as pl

#: What is stored as it was counted.
COUNTED = (
    "chars",
    "tokens",
    "words",
    "lines",
    "sentences",
    "longest_word",
    "lorem_ipsum_lines",
    "curly_bracket_lines",
    "javascript_lines",
    "policy_lines",
    "c4_lines",
    "c4_sentences",
    "c4_lorem_ipsum_lines",
    "c4_curly_bracket_lines",
)
#: Shares: what is counted, and of what.
SHARES = {
    "mean_word_length": ("word_chars", "words"),
    "bullet_line_ratio": ("bullet_lines", "lines"),
    "ellipsis_line_ratio": ("ellipsis_lines", "lines"),
    "alpha_word_ratio": ("alpha_words", "tokens"),
    "words_per_line": ("line_words", "text_lines"),
    "duplicate_line_fraction": ("duplicate_pieces", "pieces"),
    "duplicate_line_char_fraction": ("duplicate_piece_chars", "chars"),
    "duplicate_paragraph_fraction": ("duplicate_paragraphs", "paragraphs"),
    "duplicate_paragraph_char_fraction": ("duplicate_paragraph_chars", "chars"),
    **{f"top_{n}gram_char_fraction": (f"top_{n}", "chars") for n in (2, 3, 4)},
    **{f"duplicate_{n}gram_char_fraction": (f"duplicate_{n}", "chars") for n in range(5, 11)},
    "terminal_line_ratio": ("terminal_nonblank", "nonblank"),
    "short_line_ratio": ("short_nonblank", "nonblank"),
    "newline_word_ratio": ("newlines", "tokens"),
}
FIELDS: dict[str, Any] = {
    **dict.fromkeys((*COUNTED, "stop_words"), pl.UInt32),
    **dict.fromkeys((*SHARES, "symbol_word_ratio", "duplicate_char_ratio"), pl.Float32),
}
SIGNALS = pl.Struct(FIELDS)
