import polars as pl
import pytest

from curate.documents import conform
from curate.kernels.fields import FIELDS
from curate.step import load_step
from curate.steps.signals import signals

TEXTS = [
    "The lessee shall pay. The lessee shall pay.",
    None,
    "",
    "a\nb\n\nc { }",
    "法律の条文。",
    "The lessee",
]


def batch(texts):
    return conform(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}))


def test_every_document_stays_and_gains_the_declared_column():
    kept, dropped = signals(batch(TEXTS))

    assert dropped.is_empty()
    assert kept["text"].to_list() == TEXTS
    assert kept.schema["signals"] == load_step("signals").adds({})["signals"]


@pytest.mark.parametrize("text", [None, "", " \n "])
def test_a_text_without_words_has_no_shares_of_words(text):
    (row,) = signals(batch([text])).kept["signals"].to_list()

    assert set(row) == set(FIELDS)
    assert (row["words"], row["mean_word_length"], row["symbol_word_ratio"]) == (0, 0, 0)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_values_do_not_depend_on_batches(size):
    whole = signals(batch(TEXTS)).kept["signals"].to_list()
    parts = signals(iter(batch(TEXTS).iter_slices(size)))

    assert [row for part in parts for row in part["signals"].to_list()] == whole


def test_an_empty_batch_keeps_its_schema():
    assert signals(batch([])).kept.schema["signals"] == pl.Struct(FIELDS)
