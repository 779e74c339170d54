from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from curate.kernels.buffers import strings, utf8

TEXTS = [
    ["plain", "", "ü€😀", None, "end"],
    [],
    [None],
    ["", ""],
]


@pytest.mark.parametrize("texts", TEXTS)
def test_rows_are_the_utf8_bytes_of_each_text(texts):
    data, offsets = utf8(pl.Series(texts, dtype=pl.String))

    rows = [bytes(data[a:b]).decode() for a, b in pairwise(offsets)]

    assert rows == [text or "" for text in texts]


def test_a_slice_of_a_chunked_column_gives_its_own_rows():
    column = pl.concat([pl.Series(["a", "bb"]), pl.Series(["ccc", "dddd"])], rechunk=False).slice(1, 2)

    data, offsets = utf8(column)

    assert [bytes(data[a:b]) for a, b in pairwise(offsets)] == [b"bb", b"ccc"]
    assert data.dtype == np.uint8 and offsets.dtype == np.int64


@pytest.mark.parametrize("texts", TEXTS)
def test_strings_is_the_way_back(texts):
    data, offsets = utf8(pl.Series(texts, dtype=pl.String))

    assert strings(data, offsets).to_list() == [text or "" for text in texts]
