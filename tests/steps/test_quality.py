import inspect
import json
from typing import get_args

import polars as pl
import pytest

from curate.documents import conform
from curate.kernels.fields import FIELDS
from curate.steps.quality import RULES, Preset, limits, quality
from curate.steps.signals import signals

OPINION = (
    "The judgment of the district court is affirmed. We have considered each argument that the appellant makes. "
    "None of them persuades us to disturb the verdict. The parties filed cross-motions with the clerk below. "
    "Substantial evidence supports what a reasonable jury found after nine days of trial. "
    "Nothing in this record shows prejudice, and so ordered."
)


def frame(*texts):
    return conform(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}))


def reasons(text, **params):
    return quality(frame(text), **params).dropped["reason"].to_list()


@pytest.mark.parametrize("preset", get_args(Preset))
def test_plain_prose_passes_every_preset(preset):
    assert quality(frame(OPINION), preset=preset).kept.height == 1


@pytest.mark.parametrize(
    ("text", "preset", "reason"),
    [
        ("So ordered.", "gopher", "min_words"),
        ("a b c d e " * 20, "gopher", "min_mean_word_length"),
        (OPINION + " #" * 30, "gopher", "max_symbol_word_ratio"),
        (" 12 3456 78901" * 40 + OPINION, "gopher", "min_alpha_word_ratio"),
        ("\n".join("- " + s for s in OPINION.split(". ")), "gopher", "max_bullet_line_ratio"),
        ("\n\n".join([OPINION] * 2), "gopher", "max_duplicate_paragraph_fraction"),
        ((OPINION + " ") * 2, "gopher", "max_duplicate_5gram_char_fraction"),
        ("The court rules. So ordered by us.", "c4", "min_c4_sentences"),
        (OPINION + " {", "c4", "min_c4_sentences"),
        (OPINION.replace("verdict", "{verdict}"), "c4", "max_c4_curly_bracket_lines"),
        (OPINION.replace("verdict", "lorem ipsum"), "c4", "max_c4_lorem_ipsum_lines"),
        (OPINION.replace(".", ""), "fineweb", "min_terminal_line_ratio"),
        (OPINION.replace(" ", "\n"), "fineweb", "min_terminal_line_ratio"),
        (OPINION.replace(" ", ".\n"), "fineweb", "max_short_line_ratio"),
        (None, "gopher", "min_words"),
    ],
)
def test_the_reason_is_the_first_broken_rule(text, preset, reason):
    assert reasons(text, preset=preset) == [reason]


def test_the_detail_gives_value_threshold_and_what_else_is_broken():
    (detail,) = quality(frame("1 2 3")).dropped["detail"]

    assert json.loads(detail) == {
        "rule": "min_words",
        "value": 3,
        "threshold": 50,
        "also": [
            "min_mean_word_length",
            "min_alpha_word_ratio",
            "min_stop_words",
            "max_top_2gram_char_fraction",
            "max_top_3gram_char_fraction",
        ],
    }


def test_a_threshold_is_overridden_or_switched_off():
    assert reasons("So ordered.", min_words=1, max_top_2gram_char_fraction=None, min_stop_words=0) == []
    assert reasons(OPINION, min_words=80) == ["min_words"]
    assert reasons(OPINION, preset="c4", min_words=80) == ["min_words"]
    assert reasons(OPINION, min_words="preset") == []


def test_a_share_equal_to_its_threshold_passes():
    bullets = "- a\n" * 3 + "b\n" * 7
    only = {rule.name: None for rule in RULES}

    assert reasons(bullets, **{**only, "max_bullet_line_ratio": 0.3}) == []
    assert reasons(bullets, **{**only, "max_bullet_line_ratio": 0.29}) == ["max_bullet_line_ratio"]


def test_signals_are_used_where_they_stand_and_else_not_kept():
    measured = signals(frame(OPINION)).kept
    forged = measured.with_columns(pl.col("signals").struct.with_fields(words=pl.lit(1, pl.UInt32)))

    assert quality(forged).dropped["reason"].to_list() == ["min_words"]
    assert "signals" in quality(measured).kept.columns
    assert "signals" not in quality(frame(OPINION)).kept.columns


def test_every_rule_is_a_parameter_that_says_its_presets_and_source():
    shown = {p.name: p for p in quality.parameters()}

    assert list(shown) == ["preset", *(rule.name for rule in RULES)]
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in shown.values())
    assert "gopher 50" in shown["min_words"].annotation.__metadata__[0].description


def test_every_rule_reads_a_signal_and_serves_a_preset():
    for rule in RULES:
        assert rule.signal in FIELDS, rule
        assert rule.presets and set(rule.presets) <= set(get_args(Preset)), rule


def test_a_wrong_name_is_an_error():
    with pytest.raises(TypeError, match="min_word"):
        limits("gopher", {"min_word": 3})
    with pytest.raises(ValueError, match="gofer"):
        limits("gofer", {})
