"""`split` on real law: contracts, opinions and versions of regulations, against all pairs of documents."""

from __future__ import annotations

import gzip
import random
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from curate.kernels.minhash import shingle_sets
from curate.steps.decontaminate import overlaps
from curate.steps.split import leaks, split

FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}
FAMILY = ["key", "metadata.part"]


@pytest.fixture(scope="module")
def law(real: Callable[[str], Path]) -> pl.DataFrame:
    """880 contracts of EDGAR, 237 of CUAD, 444 opinions, and 19 versions of 5 parts of 12 CFR."""
    frames = []
    for name in ("contracts_edgar", "cuad_contracts", "us_federal_appellate_opinions"):
        records = pl.read_ndjson(gzip.decompress(real(f"legal/{name}.jsonl.gz").read_bytes()))
        texts = pl.col("text").fill_null("")
        frames.append(records.select(pl.format("{}/{}", pl.lit(name), "id").alias("id"), texts))
    with tarfile.open(real("legal/us_cfr_title12_xml_versions.tar.gz")) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                text = re.sub(r"<[^>]+>", " ", file.read().decode())
                part = member.name.split("/")[-2]
                frames.append(
                    pl.DataFrame({"id": [member.name], "text": [text], "metadata": [f'{{"part": "{part}"}}']})
                )
    return pl.concat(frames, how="diagonal").with_columns(pl.col("metadata").fill_null("{}"))


def similar(texts: pl.Series, least: float) -> np.ndarray:
    """All pairs of texts at least so similar, from the product of the matrix of texts and their shingles."""
    values, offsets = shingle_sets(texts)
    shingles, columns = np.unique(values, return_inverse=True)
    matrix = csr_matrix((np.ones(len(values), np.int32), columns, offsets), (len(texts), len(shingles)))
    common = (matrix @ matrix.T).tocoo()
    sizes = np.diff(offsets)
    jaccard = common.data / (sizes[common.row] + sizes[common.col] - common.data)
    found = (jaccard >= least) & (common.row < common.col)
    return np.column_stack([common.row[found], common.col[found]])


@pytest.mark.parametrize(
    "threshold", [0.7, *(pytest.param(x, marks=pytest.mark.slow) for x in (0.6, 0.8, 0.9))]
)
def test_no_similar_texts_cross_a_border(law: pl.DataFrame, threshold: float) -> None:
    pairs = similar(law["text"], threshold)
    outcome = split(law, fractions=FRACTIONS, threshold=threshold, family=FAMILY)
    side = outcome.kept["split"].to_numpy()
    assert outcome.kept["id"].equals(law["id"]) and len(pairs) > 100
    assert (side[pairs[:, 0]] != side[pairs[:, 1]]).sum() == 0
    parts = outcome.kept.select(
        part=pl.col("metadata").str.json_path_match("$.part"), split="split"
    ).drop_nulls()
    assert parts.unique().height == 5
    for share, got in outcome.evidence["splits"].select("asked_share", "got_share").iter_rows():
        assert abs(got - share) < 0.05


def test_what_a_split_by_chance_leaks_is_found(law: pl.DataFrame) -> None:
    """docs/splits.md quotes these figures."""
    chance = random.Random(3).choices(list(FRACTIONS), list(FRACTIONS.values()), k=law.height)
    found = leaks(law.with_columns(split=pl.Series(chance)), family=None)
    pairs = similar(law["text"], 0.7)
    side = np.array(chance)
    crossed = pairs[side[pairs[:, 0]] != side[pairs[:, 1]]]
    ids = law["id"].to_numpy()
    expected = set(zip(ids[crossed[:, 0]], ids[crossed[:, 1]], strict=True))
    assert set(found.select("id", "other").iter_rows()) == expected
    leaked = {i for pair in crossed for i in pair if side[i] == "test"}
    assert (len(pairs), len(crossed), len(leaked), (side == "test").sum()) == (303, 99, 22, 156)


def test_no_benchmark_item_crosses_a_border(law: pl.DataFrame, real: Callable[[str], Path]) -> None:
    benchmark = {
        "path": str(real("eval/cuad_master_clauses.csv.gz")),
        "columns": ["Parties", "Document Name"],
    }
    outcome = split(law, fractions=FRACTIONS, benchmarks=[benchmark])
    held = overlaps(law, against=[benchmark])
    sides = held.with_columns(split=outcome.kept["split"].gather(held["row"])).group_by("item").agg(
        pl.col("split").n_unique(), documents=pl.col("row").n_unique()
    )  # fmt: skip
    assert sides["documents"].max() > 1 and sides["split"].max() == 1
