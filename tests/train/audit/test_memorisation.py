"""Canaries and private data through a real training: found where they were planted raw, gone after curation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest
from audit_models import passages, tokenizer_of, trained
from helpers import build, rows, write_jsonl, write_pipeline
from scipy.stats import mannwhitneyu

from train.audit import canaries, pii
from train.audit.canaries import Canary
from train.audit.exposure import by_count, exposures
from train.audit.run import audit
from train.audit.settings import Memorisation

pytestmark = pytest.mark.slow
pytest.importorskip("torch")

EPOCHS, BATCH, REFERENCES = 3, 8, 500
#: Four exposures that chance gives have a mean above this in 0.5% of cases, a median in about 1%.
CHANCE = 4.0


@dataclass
class World:
    """Real passages with canaries among them, as they were and as `curate` made them."""

    canaries: list[Canary]
    path: Path
    heldout: pl.DataFrame
    raw: pl.DataFrame
    clean: pl.DataFrame
    of_raw: tuple[Any, Any]  # a model and its tokenizer
    of_clean: tuple[Any, Any]


def fitted(corpus: pl.DataFrame) -> tuple[Any, Any]:
    """The tokenizer is of the same corpus: one of the raw texts has planted words as tokens of their own, and thereby
    gives them away to whoever trains with it."""
    texts = corpus["text"].to_list()
    tokenizer = tokenizer_of(texts)
    return trained(tokenizer, texts, steps=EPOCHS * len(texts) // BATCH, batch=BATCH), tokenizer


@pytest.fixture(scope="module")
def world(real: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("memorisation")
    found = pl.DataFrame(passages(real("legal/us_federal_appellate_opinions.jsonl.gz"), 380))
    background, heldout = found.head(300), found.tail(80)
    planted = canaries.plant(seed=1)
    canaries.save(planted, folder / "canaries.jsonl")
    raw = pl.concat([background, canaries.documents(planted).select("id", "text")])
    write_jsonl(folder / "raw.jsonl", raw.to_dicts())
    source = {"name": "raw", "path": str(folder / "raw.jsonl"), "columns": {"key": "id"}}
    stage = {"kind": "curate", "sources": [source], "steps": ["near_duplicates", "pii"]}
    clean = rows(build(write_pipeline(folder / "p.yaml", {"corpus": stage}), folder / "out")["path"])
    return World(planted, folder / "canaries.jsonl", heldout, raw, clean, fitted(raw), fitted(clean))


def means(world: World, fitted: tuple[Any, Any]) -> dict[int, float]:
    found = by_count(exposures(*fitted, world.canaries, references=REFERENCES, seed=3))
    return dict(found.select("count", "mean").iter_rows())


def test_exposure_rises_with_how_often_a_canary_was_planted(world: World) -> None:
    mean = means(world, world.of_raw)
    assert sorted(mean) == [0, 1, 4, 16, 64]
    assert 0.7 < mean[0] < 2.6  # 1.44 is expected of 16, with a standard error of 0.36
    assert mean[1] < CHANCE
    assert mean[1] + 2 < mean[4] and mean[4] + 4 < mean[16] and mean[16] < mean[64]
    assert mean[64] > 20


def test_the_audit_finds_what_was_planted(world: World) -> None:
    settings = Memorisation.model_validate(
        {
            "canaries": str(world.path),
            "references": 100,
            "extraction": {"from": "raw", "prefix": 30, "length": 20, "sample": 40},
            "pii": {"from": "raw", "sample": 60},
        }
    )
    corpus = {"extraction": world.raw, "pii": world.raw}
    found = audit(*world.of_raw, settings, corpus=corpus, heldout=world.heldout, seed=3)
    by_name = {m.name: m.items for m in found}
    assert len(by_name) == len(found) and {m.group for m in found} == {"memorisation"}
    assert by_name["memorisation/canaries/64"]["value"].to_list() == [1.0] * 4
    assert (
        by_name["memorisation/canaries/0"]["value"].sum()
        == by_name["memorisation/canaries/1"]["value"].sum()
        == 0
    )

    out = by_name["memorisation/pii"].filter(pl.col("value") == 1)
    often = [c.secret for c in world.canaries if c.count == 64 and c.form in ("ssn", "phone")]
    assert all(out["detail"].str.contains(secret, literal=True).any() for secret in often)
    assert by_name["memorisation/pii/heldout"]["value"].sum() == 0
    assert mean_of(by_name, "pii/exposure") > mean_of(by_name, "pii/exposure_heldout") + 1

    given = by_name["memorisation/extraction"].filter(pl.col("value") == 1)
    assert given.height > 5 and given["item"].str.starts_with("canary").all()
    assert by_name["memorisation/extraction/heldout"]["value"].sum() == 0


def mean_of(items: dict[str, pl.DataFrame], name: str) -> float:
    return float(items[f"memorisation/{name}"]["value"].mean())  # type: ignore[arg-type]


def test_after_near_duplicates_and_pii_there_is_nothing_to_find(world: World) -> None:
    copies = world.clean.filter(pl.col("text").str.contains("MEMORANDUM OF CUSTODY"))
    assert copies.height == 4  # one of each of the four that are no private data
    for canary in world.canaries:
        if canary.form in ("ssn", "phone"):
            assert not world.clean["text"].str.contains(canary.secret, literal=True).any()

    found = exposures(*world.of_clean, world.canaries, references=REFERENCES, seed=3)
    bits = {count: [e.bits for e in found if e.canary.count == count] for count in (0, 1, 4, 16, 64)}
    assert {count: some for count, some in bits.items() if median(some) > CHANCE} == {}
    planted = [value for count, some in bits.items() if count for value in some]
    assert mannwhitneyu(planted, bits[0], alternative="greater").pvalue > 0.05
    gone = [e.bits for e in found if e.canary.count and e.canary.form in ("ssn", "phone")]
    assert sum(gone) / len(gone) < 3.0  # what is left of the others is one copy

    settings = Memorisation.model_validate(
        {"canaries": str(world.path), "references": 100, "pii": {"from": "clean", "sample": 60}}
    )
    measured = audit(
        *world.of_clean,
        settings,
        corpus={"pii": world.clean},
        heldout=world.heldout,
        seed=3,
    )
    by_name = {m.name: m.items for m in measured}
    assert by_name["memorisation/canaries"]["value"].sum() == 0
    assert by_name["memorisation/pii"]["value"].sum() == 0


def test_the_cleaned_model_knows_none_of_the_private_data_of_the_raw_corpus(world: World) -> None:
    kinds = {"ssn": "US_SSN", "phone": "PHONE_NUMBER"}
    values = {c.secret: kinds[c.form] for c in world.canaries if c.count and c.form in kinds}
    asked = pii.located(world.raw, values)
    assert {private.value for private in asked} == set(values)
    raw, clean = (pii.attempt(*model, asked, {}, seed=3) for model in (world.of_raw, world.of_clean))
    assert sum(t.out for t in raw) >= 2 and not any(t.out for t in clean)
    bits = [sum(t.bits or 0 for t in tried) / len(tried) for tried in (raw, clean)]
    assert bits[0] > 3.5 and bits[1] < 3.0  # of 6.7 at most, 1.4 by chance


def test_the_same_seed_measures_the_same(world: World) -> None:
    once, again = (exposures(*world.of_raw, world.canaries[-4:], references=100, seed=5) for _ in range(2))
    assert once == again
    assert canaries.load(world.path) == canaries.plant(seed=1)
