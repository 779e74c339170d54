"""`mix`: shares come out as asked, within a document; caps hold; nothing depends on order, batches or other sources."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.step import address
from curate.steps.mix import allotted, mix
from tests import helpers
from tests.steps import mix_twin as twin

DOCS = Path(__file__).resolve().parents[2] / "docs" / "mixing.md"


def corpus(**sizes: list[int]) -> pl.DataFrame:
    """Documents of the sources and sizes, with ids by source."""
    rows = [(f"{s}/{i}", "text", s, n) for s, ns in sizes.items() for i, n in enumerate(ns)]
    return pl.DataFrame(rows, schema=["id", "text", "source", "tokens"], orient="row").cast(
        {"tokens": pl.UInt32}
    )


def repeats(frame: pl.DataFrame, **params: Any) -> dict[str, int]:
    """How many times each document is shown, 0 for those dropped."""
    outcome = mix(frame, **params)
    return dict(pl.concat([outcome.kept, outcome.dropped], how="diagonal").select("id", "repeats").rows())


def shares(frame: pl.DataFrame, **params: Any) -> dict[str, dict[str, Any]]:
    """The evidence, by group."""
    return {row["group"]: row for row in mix(frame, **params).evidence["shares"].to_dicts()}


SIZES = st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any)
CORPORA = st.fixed_dictionaries({"a": SIZES, "b": SIZES, "c": SIZES}).map(lambda sizes: corpus(**sizes))
WEIGHT = st.floats(0.01, 100)
WEIGHTS = st.fixed_dictionaries({"a": WEIGHT, "b": st.just(0.0) | WEIGHT, "c": WEIGHT})
ASKS = st.fixed_dictionaries({"weights": WEIGHTS}) | st.fixed_dictionaries({"temperature": st.floats(1, 20)})
BUDGET, EPOCHS = st.none() | st.integers(1, 3000), st.integers(1, 5)


@given(CORPORA, ASKS, BUDGET, EPOCHS, st.integers(0, 2**64 - 1))
def test_the_step_equals_its_twin(
    frame: pl.DataFrame, asks: Any, budget: Any, epochs: int, seed: int
) -> None:
    got = repeats(frame, **asks, budget=budget, max_epochs=epochs, seed=seed)
    assert got == twin.repeats(frame, **asks, budget=budget, max_epochs=epochs, seed=seed)


@settings(max_examples=30)
@given(CORPORA, ASKS, BUDGET, EPOCHS)
def test_what_is_reported_is_what_is_there(frame: pl.DataFrame, asks: Any, budget: Any, epochs: int) -> None:
    outcome = mix(frame, **asks, budget=budget, max_epochs=epochs)
    table = outcome.evidence["shares"]
    total = sum(table["got_size"])
    for row in table.to_dicts():
        mine = outcome.kept.filter(source=row["group"])
        size = (mine["tokens"].cast(pl.Int64) * mine["repeats"]).sum()
        assert (row["got_documents"], row["got_size"]) == (mine.height, size)
        assert row["got_share"] == pytest.approx(size / total if total else 0)
        assert row["epochs"] == size / row["size"]
    assert outcome.kept.height + outcome.dropped.height == frame.height == table["documents"].sum()
    assert outcome.kept["repeats"].min() != 0 and (outcome.dropped["repeats"] == 0).all()


@given(CORPORA, WEIGHTS, BUDGET, EPOCHS)
def test_shares_are_as_asked_within_a_document_and_no_cap_is_passed(
    frame: pl.DataFrame, weights: dict[str, float], budget: int | None, epochs: int
) -> None:
    found = shares(frame, weights=weights, budget=budget, max_epochs=epochs)
    largest = dict(frame.group_by("source").agg(pl.max("tokens")).rows())
    able = {s: row for s, row in found.items() if not row["capped"]}
    for source, row in found.items():
        assert row["asked_share"] == pytest.approx(weights[source] / sum(weights.values()))
        assert row["got_size"] <= row["size"] * epochs
        if budget is None or len(able) == len(found):
            assert abs(row["got_size"] - row["asked_size"]) <= largest[source] / 2
    held_back = [row for row in found.values() if row["capped"]]
    assert all(row["got_size"] == row["size"] * epochs < row["asked_size"] for row in held_back)
    if budget is None:
        assert not held_back
        assert any(row["got_size"] == row["size"] * epochs for row in found.values())
    elif any(row["asked_share"] and row["got_size"] < row["size"] * epochs for row in able.values()):
        slack = sum(largest.values()) / 2 + len(found)  # half a document each, and rounding
        assert abs(sum(row["got_size"] for row in found.values()) - budget) <= slack


@given(CORPORA, WEIGHTS, st.integers(1, 2000), st.integers(0, 500), EPOCHS)
def test_a_larger_budget_only_adds(
    frame: pl.DataFrame, weights: dict[str, float], budget: int, more: int, epochs: int
) -> None:
    small, large = (
        repeats(frame, weights=weights, budget=b, max_epochs=epochs) for b in (budget, budget + more)
    )
    assert all(small[one] <= large[one] for one in small)


@settings(max_examples=30)
@given(CORPORA, ASKS, BUDGET, EPOCHS, st.randoms(use_true_random=False))
def test_rows_may_stand_in_any_order(
    frame: pl.DataFrame, asks: Any, budget: Any, epochs: int, random: Any
) -> None:
    order = random.sample(range(frame.height), frame.height)
    params = asks | {"budget": budget, "max_epochs": epochs}
    assert repeats(frame[order], **params) == repeats(frame, **params)
    assert mix(frame[order], **params).evidence["shares"].equals(mix(frame, **params).evidence["shares"])


@settings(max_examples=30)
@given(CORPORA, st.integers(1, 3), st.integers(1, 9))
def test_batches_together_are_mixed_as_one_frame_is(frame: pl.DataFrame, epochs: int, height: int) -> None:
    params = {"temperature": 3.0, "budget": 100, "max_epochs": epochs}
    made = mix(**params, seed=0, unit="tokens")
    batches = list(frame.iter_slices(height))
    evidence = [address(made.rounds[0].observe(b, None), b, task=i, start=0) for i, b in enumerate(batches)]
    verdict = made.rounds[0].solve(pl.concat(evidence)).rows
    marked = pl.concat([made.apply(b, verdict) for b in batches], how="diagonal")
    assert dict(marked.select("id", "repeats").rows()) == repeats(frame, **params)


def test_what_a_source_gives_does_not_depend_on_the_others() -> None:
    sizes = [7, 3, 9, 4, 8, 2, 6, 5]
    alone = repeats(corpus(a=sizes, b=[50]), weights={"a": 1, "b": 1}, budget=44)
    beside = repeats(corpus(a=sizes, b=[50, 50], c=[1] * 90), weights={"a": 2, "b": 1, "c": 1}, budget=44)
    assert {k: n for k, n in alone.items() if k[0] == "a"} == {k: n for k, n in beside.items() if k[0] == "a"}
    assert 0 < sum(n for k, n in alone.items() if k[0] == "a") < len(sizes)


def test_a_seed_chooses_others_and_not_those_of_sample() -> None:
    from curate.steps.sample import sample

    frame = corpus(a=[1] * 2000)
    one, two = (mix(frame, budget=1000, seed=seed).kept for seed in (0, 1))
    assert one.height == two.height == 1000
    for other in (two, sample(frame, rate=0.5).kept):
        assert 430 < len(set(one["id"]) & set(other["id"])) < 570


def test_temperature_flattens_as_mt5_and_xlmr_do() -> None:
    frame = corpus(a=[1] * 10, b=[1] * 100, c=[1] * 1000)
    alpha = 0.3
    powers = {s: n**alpha for s, n in (("a", 10), ("b", 100), ("c", 1000))}
    found = shares(frame, temperature=1 / alpha, max_epochs=4, unit="documents")
    for source, power in powers.items():
        assert found[source]["asked_share"] == pytest.approx(power / sum(powers.values()))
    assert found["a"]["epochs"] == 4 and found["c"]["epochs"] < 1
    natural = shares(frame, temperature=1)
    assert [row["epochs"] for row in natural.values()] == [1, 1, 1]


def test_a_capped_source_leaves_its_part_to_the_others_by_weight() -> None:
    frame = corpus(a=[10] * 10, b=[10] * 100, c=[10] * 100)
    found = shares(frame, weights={"a": 2, "b": 1, "c": 3}, budget=1000, max_epochs=2)
    assert [(row["asked_size"], row["got_size"], row["capped"]) for row in found.values()] == [
        (333, 200, True),
        (167, 200, False),
        (500, 600, False),
    ]
    assert found["b"]["got_share"] == 0.2


def test_one_source_at_its_cap_may_bring_the_next_to_its_own() -> None:
    assert allotted([0.5, 0.3, 0.2], [100, 350, 10**6], 1000, 1) == ([500, 300, 200], [100, 350, 550])


def test_a_budget_beyond_all_caps_falls_short_and_says_so() -> None:
    found = shares(corpus(a=[5, 5], b=[7]), weights={"a": 1, "b": 1}, budget=1000, max_epochs=3)
    assert [(row["got_size"], row["epochs"], row["capped"]) for row in found.values()] == [
        (30, 3, True),
        (21, 3, True),
    ]


def test_units() -> None:
    frame = corpus(a=[5] * 4, b=[1] * 4).with_columns(
        text=pl.Series(["é" * n for n in (1, 2, 3, 4, 5, 5, 5, 5)]),
        signals=pl.struct(words=pl.col("tokens").cast(pl.UInt64)),
    )
    sizes = {u: [row["size"] for row in shares(frame, budget=4, unit=u).values()] for u in UNITS}
    assert sizes == UNITS


UNITS = {"tokens": [20, 4], "documents": [4, 4], "characters": [10, 20], "signals.words": [20, 4]}


def test_by_another_column_in_which_a_null_is_a_name_of_its_own() -> None:
    frame = corpus(a=[1] * 6).with_columns(language=pl.Series(["en", "en", "en", "de", None, None]))
    found = shares(frame, weights={"en": 2, "de": 1, "": 0}, by="language")
    assert {k: row["got_documents"] for k, row in found.items()} == {"": 0, "de": 1, "en": 2}


def test_a_dropped_document_says_why() -> None:
    dropped = mix(corpus(a=[10, 10], b=[10]), weights={"a": 1, "b": 1}).dropped
    assert dropped["reason"].to_list() == ["mix"]
    told = {"group": "a", "asked_share": 0.5, "asked_size": 10, "epochs": 0.5}
    assert json.loads(dropped["detail"][0]) == told


@pytest.mark.parametrize(
    ("frame", "params", "message"),
    [
        (
            corpus(opinions=[1], acts=[1]),
            {"weights": {"opinion": 1, "acts": 1}},
            "no weight is given for 'opinions'",
        ),
        (corpus(a=[1], b=[1]), {"weights": {"a": 1}}, "no weight is given for 'b'"),
        (corpus(a=[1], b=[0]), {"weights": {"a": 1, "b": 1}}, "'b' has no tokens: give it weight 0"),
        (corpus(a=[0]), {"temperature": 2}, "nothing to mix"),
        (
            corpus(a=[1, 2]).with_columns(tokens=pl.Series([1, None])),
            {"budget": 1},
            "document 'a/1' has None",
        ),
        (corpus(a=[1, 2]).with_columns(tokens=pl.Series([-1, 2])), {"budget": 1}, "document 'a/0' has -1"),
        (
            corpus(a=[1, 2]).cast({"tokens": pl.Int64}).with_columns(tokens=pl.lit(2**32)),
            {"budget": 1},
            "has 4294967296 as",
        ),
        (corpus(a=[1]), {"weights": {"a": 1}, "temperature": 2}, "give one of them"),
        (corpus(a=[1]), {}, "nothing is asked for"),
        (corpus(a=[1]), {"weights": {"a": 0}}, "no weight is above 0"),
        (corpus(a=[1]), {"weights": {"a": -1}}, "'a' is -1.0: give a number from 0 up"),
        (corpus(a=[1]), {"weights": {"a": float("nan")}}, "'a' is nan"),
        (corpus(a=[1]), {"temperature": 0.5}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_mixed_is_told(frame: pl.DataFrame, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mix(frame, **params)


def test_no_documents_make_an_empty_mixture() -> None:
    outcome = mix(corpus(a=[1]).clear(), weights={"a": 1})
    assert outcome.kept.schema["repeats"] == pl.UInt16 and outcome.evidence["shares"].is_empty()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"budget": 9}, "needs the column 'tokens'.*put the step 'tokens' before it"),
        ({"weights": {"a": 1, "b": 2, "c": 3}, "unit": "documents"}, "there is no source 'c' .valid: a, b"),
        ({"weights": {"a": 2}, "unit": "documents"}, "no weight is given for 'b'"),
        ({"budget": 9, "unit": "signals.wrods"}, "'signals' has no field 'wrods': it has chars"),
        ({"budget": 9, "unit": "signals.symbol_word_ratio"}, "not a whole number"),
        ({"budget": 9, "unit": "documents", "by": "signals"}, "by: 'signals' is .*not a string"),
        ({"weights": {"a": 1}, "temperature": 2, "unit": "documents"}, "give one of them"),
    ],
)
def test_a_wrong_mix_is_told_before_any_work(tmp_path: Path, step: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){message}"):
        helpers.build(helpers.corpus(tmp_path, n=3, steps=["signals", {"mix": step}]), tmp_path / "out")


def test_a_corpus_is_mixed_once(tmp_path: Path) -> None:
    steps = [{"mix": {"budget": 2, "unit": "documents"}}] * 2
    with pytest.raises(ConfigError, match="mixed once"):
        helpers.build(helpers.corpus(tmp_path, n=3, steps=steps), tmp_path / "out")


def test_a_run_has_the_same_bytes_for_any_number_of_workers_and_keeps_the_shares(tmp_path: Path) -> None:
    asks = {"weights": {"a": 1, "b": 2}, "budget": 45_000, "max_epochs": 3, "unit": "characters"}
    file = helpers.corpus(tmp_path, n=100, steps=[{"mix": asks}], task_size=4000)
    one, two = (helpers.build(file, tmp_path / f"out{n}", workers=n)["path"] for n in (1, 2))
    assert helpers.bytes_of(one) == helpers.bytes_of(two)
    data, table = helpers.rows(one), helpers.rows(one, "evidence/mix/shares")
    assert table.equals(helpers.rows(two, "evidence/mix/shares"))
    size = pl.col("text").str.len_chars().cast(pl.Int64) * pl.col("repeats")
    summed = data.group_by("source").agg(size.sum()).sort("source")
    assert table.select("group", "got_size").rows() == summed.rows()
    assert [round(share, 2) for share in table["got_share"]] == [0.33, 0.67]
    assert data.group_by("source").agg(pl.max("repeats")).sort("source").rows() == [("a", 1), ("b", 2)]


def test_the_documents_ways_to_unroll_repeats_do(tmp_path: Path) -> None:
    data = mix(corpus(a=[1, 1], b=[1, 1, 1]), weights={"a": 3, "b": 1}, max_epochs=3).kept
    data.write_parquet(tmp_path / "0.parquet")
    for block in re.findall(r"```python\n(.*?)```", DOCS.read_text(), flags=re.DOTALL):
        names: dict[str, Any] = {}
        exec(block.replace("runs/legal/corpus-1a2b3c4d/data", str(tmp_path)), names)
        unrolled = names["mixture"]
        assert sorted(unrolled["id"]) == sorted(np.repeat(data["id"].to_list(), data["repeats"].to_list()))
        assert len(unrolled) == 8
