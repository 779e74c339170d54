"""`split`: what belongs together stays together, shares and stability hold, and the check finds what is planted."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import plan
from curate.errors import ConfigError, GateError
from curate.step import Outcome
from curate.steps import split as module
from curate.steps.mix import mix
from curate.steps.sample import sample
from curate.steps.split import leaks, split
from tests.steps.split_twin import HALVES, chains, edited, groups, leaky, sides, true_pairs, words


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_groups_are_the_components_of_all_similar_pairs(threshold: float) -> None:
    frame = chains()
    outcome = split(frame, fractions=HALVES, threshold=threshold, hashes=512)
    pairs, side = true_pairs(frame, threshold), sides(outcome)
    assert [pair for pair in pairs if side[pair[0]] != side[pair[1]]] == []
    assert outcome.evidence["splits"]["groups"].sum() == groups(frame["id"].to_list(), pairs)
    assert outcome.kept.height == frame.height and set(side.values()) == {"train", "test"}
    compared, *found = outcome.evidence["leaks"].row(0)
    assert found == [0, 0, 0] and (compared > 0 or threshold == 0.5)  # at 0.5 whole chains are one


KEYS, TITLES = st.sampled_from(["a", "b", "c", "d", "e", "f"]), st.sampled_from([None, "", "a", "b", "x"])


@settings(max_examples=25)
@given(st.lists(st.tuples(KEYS, TITLES, st.sampled_from(["p q", "r s", "", "t"])), min_size=1, max_size=9))
def test_families_and_texts_chain_as_in_plain_python(records: list[tuple[str, str | None, str]]) -> None:
    frame = pl.DataFrame(
        [(str(i), *record) for i, record in enumerate(records)],
        schema={"id": pl.String, "key": pl.String, "title": pl.String, "text": pl.String},
        orient="row",
    )
    outcome = split(frame, fractions=HALVES, family=["key", "title"])
    edges = [
        (str(i), str(j))
        for (i, a), (j, b) in itertools.combinations(enumerate(records), 2)
        if a[0] == b[0] or (a[1] and a[1] == b[1]) or (a[2] and a[2] == b[2])
    ]
    assert outcome.evidence["splits"]["groups"].sum() == groups(frame["id"].to_list(), edges)
    assert all(sides(outcome)[a] == sides(outcome)[b] for a, b in edges)


def test_the_check_finds_what_is_planted_and_nothing_else(tmp_path: Path) -> None:
    item = " ".join(words(9001, 30))
    benchmark = write_jsonl(tmp_path / "exam.jsonl", [{"question": item}])
    held = [" ".join(words(9100 + i)) + " " + item + " " + " ".join(words(9200 + i)) for i in range(2)]
    planted = [
        ("copy", "train", " ".join(words(1)), "k1", "1005"),
        ("copy of it", "test", " ".join(words(1)).upper().replace(" ", ",  "), "k2", None),
        ("edited", "test", edited(words(2), 1, 2), "k3", "1006"),
        ("before", "train", " ".join(words(2)), "k4", None),
        ("version 1", "train", " ".join(words(3)), "k5", "1007"),
        ("version 2", "validation", " ".join(words(4)), "k6", "1007"),
        ("same key", "train", " ".join(words(5)), "k7", None),
        ("of old", "test", " ".join(words(6)), "k7", None),
        ("holds", "train", held[0], "k8", None),
        ("holds too", "test", held[1], "k9", None),
        ("no side", None, " ".join(words(1)), "k1", "1005"),
        ("same side", "train", " ".join(words(1)), "k10", "1005"),
        ("alone", "validation", " ".join(words(7)), "k11", "1008"),
    ]
    frame = pl.DataFrame(planted, schema=["id", "split", "text", "key", "part"], orient="row")
    frame = frame.with_columns(metadata=pl.struct("part").struct.json_encode()).drop("part")
    found = leaks(frame, family=["key", "metadata.part"], benchmarks=str(benchmark))
    assert found.select("kind", "id", "split", "other", "other_split").rows() == [
        ("near_duplicate", "copy", "train", "copy of it", "test"),
        ("near_duplicate", "copy of it", "test", "same side", "train"),
        ("near_duplicate", "edited", "test", "before", "train"),
        ("family", "version 1", "train", "version 2", "validation"),
        ("family", "same key", "train", "of old", "test"),
        ("item", "holds", "train", "holds too", "test"),
    ]
    assert found["similarity"].to_list() == [1.0, 1.0, pytest.approx(111 / 121), None, None, None]
    outcome = split(
        frame.drop("split"), fractions=HALVES, family=["key", "metadata.part"], benchmarks=str(benchmark)
    )
    assert leaks(outcome.kept, family=["key", "metadata.part"], benchmarks=str(benchmark)).height == 0
    assert outcome.evidence["splits"]["groups"].sum() == 6


@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_leaks_equal_brute_force(threshold: float) -> None:
    frame = chains().with_columns(split=pl.col("id").str.slice(-1))  # each link of a chain elsewhere
    expected = set(true_pairs(frame, threshold))
    found = leaks(frame, threshold=threshold, family=None, hashes=512)
    assert {(a, b) for a, b in found.select("id", "other").iter_rows()} == expected
    assert found.height == len(expected) > 100


def test_a_leak_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(evidence: pl.DataFrame, rule: Any) -> pl.DataFrame:
        """Groups of one document each."""
        unequal = pl.int_range(pl.len()) / pl.len()
        return evidence.select(
            "task", "row", "characters", size=pl.lit(1, pl.UInt32), first=pl.lit(True), draw=unequal
        )

    frame = pl.DataFrame({"id": ["a", "b"], "text": [" ".join(words(1))] * 2})
    monkeypatch.setattr(module, "groups", torn)
    with pytest.raises(
        GateError, match=r"1 pairs .* a \(test\) and b \(train\) are 100% similar\. raise hashes"
    ):
        split(frame, fractions={"train": 0.6, "test": 0.4})


def test_the_check_sees_what_was_missed_when_groups_were_made() -> None:
    with pytest.raises(GateError, match="pairs of documents cross"):
        leaky(chains())


def test_shares_hold_on_average_and_do_not_follow_other_draws() -> None:
    frame = pl.DataFrame(
        {"id": [f"d{i}" for i in range(20_000)], "text": [f"text{i}" for i in range(20_000)]}
    )
    asked = {"validation": 0.02, "train": 0.9, "test": 0.08}
    for half, seed in [
        (sample(frame, rate=0.5, seed=0).kept, 0),
        (mix(frame, budget=10_000, unit="documents", seed=7).kept.with_columns(key=pl.lit("")), 7),
    ]:
        table = split(half, fractions=asked, seed=seed).evidence["splits"]
        assert table["split"].to_list() == list(asked)
        assert table["documents"].sum() == half.height
        for share, got in table.select("asked_share", "got_share").iter_rows():
            assert abs(got - share) < 4 * (share * (1 - share) / half.height) ** 0.5
    other = sides(split(half, fractions=asked, seed=8))
    assert (
        0.1
        < sum(other[k] != v for k, v in sides(split(half, fractions=asked, seed=7)).items()) / half.height
        < 0.3
    )


def test_shares_hold_whatever_the_size_of_groups() -> None:
    n, copies, share = 1000, 8, 0.2
    frame = pl.DataFrame({"id": [f"d{i}" for i in range(n * copies)]})
    frame = frame.with_columns(text=pl.format("text{}", pl.int_range(pl.len()) % n))
    got = split(frame, fractions={"train": 1 - share, "test": share}).evidence["splits"]["got_share"][1]
    assert abs(got - share) < 4 * (share * (1 - share) / n) ** 0.5


def test_a_document_stays_where_it_is_when_the_corpus_grows_or_is_mixed() -> None:
    frame = chains(80, 3)
    before = sides(split(frame, fractions=HALVES))
    mixed = sides(split(frame.sample(fraction=1, shuffle=True, seed=3), fractions=HALVES))
    assert before == mixed
    more = pl.concat([chains(140, 1).filter(~pl.col("id").is_in(list(before))), frame])
    after = sides(split(more, fractions=HALVES))
    assert {name: after[name] for name in before} == before


def test_a_group_keeps_the_draw_of_its_earliest_document() -> None:
    old = pl.DataFrame(
        {
            "id": [f"old{i}" for i in range(60)],
            "text": [" ".join(words(i)) for i in range(60)],
            "date": "2020-01-01",
        }
    )
    new = old.select(
        pl.col("id").str.replace("old", "new"), pl.col("text") + " more", date=pl.lit("May 2, 2021")
    )
    undated = old.select(pl.col("id").str.replace("old", "none"), "text", date=pl.lit(None, pl.String))
    before, after = (sides(split(frame, fractions=HALVES)) for frame in (old, pl.concat([undated, new, old])))
    assert {name: after[name] for name in before} == before
    assert all(after[f"new{i}"] == after[f"none{i}"] == before[f"old{i}"] for i in range(60))
    without = sides(split(pl.concat([old, new]).drop("date"), fractions=HALVES))
    assert {name: without[name] for name in before} != before  # it is the date that holds them


def test_a_group_too_large_for_a_held_out_split_goes_to_the_largest() -> None:
    frame = pl.DataFrame({"id": [f"d{i}" for i in range(100)], "text": [f"text{i % 70}" for i in range(100)]})
    frame = frame.with_columns(
        text=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("same")).otherwise("text")
    )
    found = set()
    for seed in range(12):
        table = split(frame, fractions={"train": 0.6, "test": 0.4}, seed=seed).evidence["splits"]
        train, test = table.rows_by_key("split", named=True, unique=True).values()
        assert train["largest_group"] == 30 and test["largest_group"] == 1
        found.add(test["too_large"])
    assert found == {0, 1}
    table = split(frame, fractions={"train": 0.2, "test": 0.8}, seed=1).evidence["splits"]
    assert table.filter(split="test")["largest_group"][0] == 30


def test_texts_without_a_word_are_not_alike() -> None:
    frame = pl.DataFrame({"id": list("abcdefgh"), "text": ["", "...", "!", "§"] * 2})
    outcome = split(frame, fractions=HALVES)
    assert outcome.evidence["splits"]["groups"].sum() == 8 and set(sides(outcome).values()) == {
        "train",
        "test",
    }
    assert outcome.evidence["leaks"]["compared"][0] == 0


def test_a_frame_is_told_what_is_wrong_too() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        split(chains(), fractions={"train": 0.9, "test": 0.2})
    with pytest.raises(ValueError, match="needs a column 'split'"):
        leaks(chains())


def groups_of(outcome: Outcome) -> int:
    """How many groups a split found."""
    return outcome.evidence["splits"]["groups"].sum()


def pipeline(tmp_path: Path, step: Any) -> str:
    """A pipeline over `chains`, in many tasks."""
    if not (tmp_path / "in").exists():
        write_jsonl(tmp_path / "in" / "x.jsonl", chains().to_dicts())
    sources = [{"name": "a", "path": f"{tmp_path}/in/*.jsonl", "license": "CC0-1.0"}]
    stage = {"sources": sources, "steps": [step], "task_size": 120_000}
    return write_pipeline(tmp_path / "p.yaml", {"corpus": stage}, seed=3)


def test_a_run_splits_as_a_frame_does_whatever_the_workers(tmp_path: Path) -> None:
    item = " ".join(words(1)[40:60] + words(2)[40:60])  # half of it in each of two chains
    params = {"fractions": HALVES, "benchmarks": str(write_jsonl(tmp_path / "exam.jsonl", [{"q": item}]))}
    file = pipeline(tmp_path, {"split": params})
    one = build(file, tmp_path / "one")
    two = build(file, tmp_path / "two", workers=2)
    assert bytes_of(one["path"]) == bytes_of(two["path"])
    frame = rows(one["path"])
    # Keys, not ids, are what documents are drawn by.
    again = split(frame, **params, seed=3)  # the column of an earlier use does not matter
    assert groups_of(again) < groups_of(split(frame, fractions=HALVES, seed=3))  # the item joins chains
    assert sides(again) == dict(frame.select("id", "split").iter_rows())
    assert rows(one["path"], "evidence/split/splits").equals(again.evidence["splits"])
    assert rows(one["path"], "evidence/split/leaks").equals(again.evidence["leaks"])


def test_many_parts_split_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a seed at which candidates cross a border, so that the check has something to look at."""
    file = pipeline(tmp_path, {"split": {"fractions": HALVES, "threshold": 0.9}})
    one = build(file, tmp_path / "one")
    monkeypatch.setattr(plan, "PART_BYTES", 100_000)
    many = build(file, tmp_path / "many", workers=2)
    assert sides_of(rows(many["path"])) == sides_of(rows(one["path"]))
    assert bytes_of(build(file, tmp_path / "again", workers=1)["path"]) == bytes_of(many["path"])
    table = rows(many["path"], "evidence/split/leaks")
    assert table["compared"][0] > 0 and table.equals(rows(one["path"], "evidence/split/leaks"))


def test_another_order_of_splits_is_another_artefact(tmp_path: Path) -> None:
    first = build(pipeline(tmp_path, {"split": {"fractions": {"train": 0.5, "test": 0.5}}}), tmp_path / "out")
    other = build(pipeline(tmp_path, {"split": {"fractions": {"test": 0.5, "train": 0.5}}}), tmp_path / "out")
    assert other["status"] == "built" and other["path"] != first["path"]


def test_nothing_can_be_split(tmp_path: Path) -> None:
    table = split(chains().clear()).evidence["splits"]
    assert table["documents"].to_list() == [0, 0, 0]


def sides_of(frame: pl.DataFrame) -> dict[str, str]:
    """Where documents are."""
    return dict(frame.select("id", "split").iter_rows())


def test_a_leak_fails_the_run_and_leaves_no_artefact(tmp_path: Path) -> None:
    file = pipeline(tmp_path, "tests.steps.split_twin.leaky")
    with pytest.raises(GateError, match=r"pairs of documents cross .* similar; .* raise hashes \(now 256\)"):
        build(file, tmp_path / "out")
    assert not list((tmp_path / "out").glob("corpus-*"))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fractions": {"train": 0.9, "test": 0.2}}, "add up to 1"),
        ({"fractions": {"train": 1.0}}, "two splits or more"),
        ({"fractions": {"train": 1.5, "test": -0.5}}, "above 0"),
        ({"family": "chapter"}, "chapter"),
        ({"family": "title.x"}, "family: 'title.x' cannot be compared"),
        ({"threshold": 0.1, "hashes": 64}, "too few"),
        ({"benchmarks": "none.jsonl"}, "none.jsonl"),
    ],
)
def test_faults_are_found_before_any_work(tmp_path: Path, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(pipeline(tmp_path, {"split": params}), tmp_path / "out")
