"""Near-duplicates: what goes is itself similar to what stays, and nothing else goes."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash, MinHashLSH
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline

from curate import plan, runner
from curate.errors import ConfigError, RunError
from curate.kernels.minhash import band_keys, shingle_sets, signatures
from curate.similar import lsh
from curate.step import Outcome
from curate.steps.near_duplicates import near_duplicates

WORDS = [f"word{i}" for i in range(5000)]


def text(seed: int, n: int = 200) -> list[str]:
    """`n` words, others for every seed."""
    return random.Random(seed).choices(WORDS, k=n)


def edited(words: list[str], edits: int, seed: int) -> list[str]:
    """`words` with `edits` of them replaced, evenly spread."""
    out, chance = list(words), random.Random(seed)
    for at in range(edits):
        out[(2 * at + 1) * len(out) // (2 * edits)] = f"edit{chance.random()}"
    return out


def family(n: int = 40, copies: int = 6) -> pl.DataFrame:
    """Texts with copies of all degrees of likeness (two that differ in punctuation alone), in mixed order."""
    records = [
        {"id": f"{i}-{c}", "text": " ".join(edited(text(i), max(0, 2 * c - 2), i * 100 + c)) + "." * c}
        for i in range(n)
        for c in range(copies)
    ]
    random.Random(1).shuffle(records)
    return pl.DataFrame(records)


def true_pairs(frame: pl.DataFrame, least: float, ngram: int = 5) -> dict[tuple[str, str], float]:
    """All pairs of documents at least so similar, by brute force."""
    values, offsets = shingle_sets(frame["text"], ngram=ngram)
    sets = [set(values[a:b].tolist()) for a, b in itertools.pairwise(offsets)]
    ids = frame["id"].to_list()
    return {
        (ids[i], ids[j]): likeness
        for i in range(len(ids))
        for j in range(i)
        if sets[i] and sets[j] and (likeness := len(sets[i] & sets[j]) / len(sets[i] | sets[j])) >= least
    }


def hold(frame: pl.DataFrame, outcome: Outcome, threshold: float, ngram: int = 5) -> None:
    """What is promised of any outcome: nobody goes for one that it is not similar to, or that goes itself."""
    pairs = true_pairs(frame, threshold - 1e-6, ngram)
    kept = set(outcome.kept["id"])
    for gone, stays, likeness in outcome.dropped.select("id", "duplicate_of", "similarity").iter_rows():
        assert stays in kept
        found = pairs.get((gone, stays)) or pairs.get((stays, gone))
        assert found is not None and abs(found - likeness) < 1e-6
    sizes = outcome.dropped.group_by("cluster").len()
    told = outcome.kept.filter(pl.col("cluster_size") > 1).select("id", "cluster_size")
    assert dict(sizes.with_columns(pl.col("len") + 1).iter_rows()) == dict(told.iter_rows())


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.95])
def test_only_true_duplicates_go_and_all_clear_ones_do(threshold: float) -> None:
    frame = family()
    outcome = near_duplicates(frame, threshold=threshold, hashes=256)
    hold(frame, outcome, threshold)
    kept = set(outcome.kept["id"])
    clear = true_pairs(frame, min(threshold + 0.05, 1.0))
    missed = [pair for pair in clear if set(pair) <= kept]
    assert len(clear) > (20 if threshold < 0.9 else 0) and len(missed) <= 0.01 * len(clear)


def test_documents_without_words_are_nobodys_duplicates_and_short_ones_are_compared_whole() -> None:
    texts = ["", "  ", "§ —", "§ —", "one two", "One, two!", "two one", "one two three"]
    frame = pl.DataFrame({"id": list("abcdefgh"), "text": texts})
    outcome = near_duplicates(frame)
    assert outcome.dropped.select("id", "duplicate_of", "similarity").rows() == [("e", "f", 1.0)]


@pytest.mark.parametrize(
    ("keep", "stays"),
    [
        ("longest", "c"),
        ("earliest", "b"),
        ("latest", "a"),
        ({"highest": "score"}, "a"),
        ({"lowest": "signals.words"}, "d"),
        ({"sources": ["good", "fair"]}, "d"),
    ],
)
def test_who_stays(keep: Any, stays: str) -> None:
    same = " ".join(text(1))
    frame = pl.DataFrame(
        {
            "id": list("abcd"),
            "text": [same, same, same + " and more", same],
            "date": ["2020-01-02", "March 3, 2001", None, "no date"],
            "score": [0.9, 0.5, float("nan"), None],
            "signals": [{"words": 9}, {"words": 8}, {"words": 7}, {"words": 1}],
            "source": ["fair", "other", "fair", "good"],
        }
    )
    outcome = near_duplicates(frame, keep=keep)
    assert outcome.kept["id"].to_list() == [stays] and outcome.kept["cluster_size"].to_list() == [4]
    assert set(outcome.dropped["duplicate_of"]) == {stays}


def test_the_first_of_equals_stays() -> None:
    frame = pl.DataFrame({"id": list("abc"), "text": [" ".join(text(1))] * 3})
    assert near_duplicates(frame).kept["id"].to_list() == ["a"]


def test_a_chain_of_small_changes_keeps_its_ends() -> None:
    """A slow drift: each text is about 0.85 similar to the next, the ends have nothing in common."""
    words, drift = text(1, 400), []
    for i in range(60):
        drift.append({"id": f"{i:02}", "text": " ".join(words)})
        words = words[32:] + text(1000 + i, 32)
    frame = pl.DataFrame(drift)
    likeness = true_pairs(frame, 0.0)
    assert 0.82 < likeness["01", "00"] < 0.88 and likeness["59", "00"] == 0
    outcome = near_duplicates(frame, hashes=256)
    hold(frame, outcome, 0.8)
    kept = sorted(outcome.kept["id"])
    assert 15 < len(kept) < 45, "of a chain every second or third stays"
    assert int(kept[0]) <= 2 and int(kept[-1]) >= 57
    assert all(int(b) - int(a) <= 3 for a, b in itertools.pairwise(kept)), "no stretch of the chain is lost"


def test_signatures_alone_decide_when_asked() -> None:
    frame = family()
    outcome = near_duplicates(frame, verify="signature", hashes=256)
    pairs = true_pairs(frame, 0.0)
    for gone, stays, likeness in outcome.dropped.select("id", "duplicate_of", "similarity").iter_rows():
        exact = pairs.get((gone, stays)) or pairs.get((stays, gone)) or 0.0
        assert likeness >= 0.8 and abs(likeness - exact) < 5 * np.sqrt(0.2 / 256)
    assert outcome.dropped.height > 50


def test_the_same_candidates_as_datasketch_with_the_same_signatures() -> None:
    frame = family(n=30)
    bands, per_band = lsh.bands_for(0.8, 112)
    found = signatures(frame["text"])
    index = MinHashLSH(num_perm=112, params=(bands, per_band))
    sketches = [MinHash(num_perm=112, hashvalues=row, scheme="affine32") for row in found]
    theirs = set()
    for i, sketch in enumerate(sketches):
        theirs |= {(j, i) for j in index.query(sketch)}
        index.insert(i, sketch)
    keys = band_keys(found, bands, per_band)
    ours = {(j, i) for i in range(len(keys)) for j in range(i) if (keys[i] == keys[j]).any()}
    assert ours == theirs and len(ours) > 100


def test_a_large_bucket_of_copies_costs_a_comparison_each() -> None:
    words = text(1)
    frame = pl.DataFrame(
        {"id": [str(i) for i in range(3000)], "text": [" ".join([*words, f"n{i}"]) for i in range(3000)]}
    )
    outcome = near_duplicates(frame)
    assert outcome.kept["id"].to_list() == ["1000"] and outcome.kept["cluster_size"].to_list() == [3000]


def documents(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dicts()


def pipeline(folder: Path, sources: dict[str, pl.DataFrame], **stage: Any) -> str:
    entries = []
    for name, frame in sources.items():
        path = folder / f"{name}.jsonl"
        if not path.exists():  # written again it would be another input
            write_jsonl(path, documents(frame))
        entries.append({"name": name, "path": str(path)})
    return write_pipeline(folder / "p.yaml", {"corpus": {"kind": "curate", "sources": entries} | stage})


def test_many_tasks_parts_and_workers_decide_as_one_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PART_BYTES", 40_000)
    frame = family(n=60)
    steps = [{"near_duplicates": {"max_dropped_share": 1.0}}]
    file = pipeline(tmp_path, {"all": frame}, steps=steps, task_size=30_000)
    made = build(file, tmp_path / "two", workers=2)
    assert bytes_of(made["path"]) == bytes_of(build(file, tmp_path / "one", workers=1)["path"])
    alone = near_duplicates(frame)
    names = pl.concat([rows(made["path"]), rows(made["path"], "dropped").select(rows(made["path"]).columns)])
    keys = dict(names.select("id", "key").iter_rows())
    dropped = rows(made["path"], "dropped").select("id", "duplicate_of").rows()
    assert {(keys[a], keys[b]) for a, b in dropped} == set(
        alone.dropped.select("id", "duplicate_of").iter_rows()
    )
    index = rows(made["path"], "evidence/near_duplicates/signatures_5_112")
    assert index["id"].to_list() == rows(made["path"])["id"].to_list()


def test_a_source_of_forms_trips_the_guard_and_goes_on_with_another_limit(tmp_path: Path) -> None:
    words = text(1)
    forms = [{"id": f"f{i}", "text": " ".join([*words, f"name{i}"])} for i in range(50)]
    others = [{"id": f"o{i}", "text": " ".join(text(100 + i))} for i in range(5)]
    sources = {"forms": pl.DataFrame(forms), "others": pl.DataFrame(others)}
    file = pipeline(tmp_path, sources, steps=["near_duplicates"])
    told = r"took 49 of the 50 documents of source forms \(98.0%; max_dropped_share is 90.0%\), such as .*the same as"
    with pytest.raises(RunError, match=told):
        build(file, tmp_path / "out")
    done = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "work").rglob("tasks/*.json")}
    limit = {"near_duplicates": {"max_dropped_share": 0.99}}
    with pytest.MonkeyPatch.context() as patch:  # what is done is not done again
        patch.setattr(
            runner, "write_outputs", lambda *a: {p: p.stat().st_mtime_ns for p in done} == done and 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            build(pipeline(tmp_path, sources, steps=[limit]), tmp_path / "out")
    made = build(pipeline(tmp_path, sources, steps=[limit]), tmp_path / "out")
    assert (made["kept"], made["dropped"]) == (6, 49)
    again = build(pipeline(tmp_path, sources, steps=["near_duplicates"]), tmp_path / "out")
    assert again["path"] == made["path"] and again["status"] == "failed", "the limit judges what was made"
    assert "took 49 of the 50 documents of source forms" in again["faults"][0]


def test_the_guard_goes_by_the_documents_own_source(tmp_path: Path) -> None:
    words = text(1)
    forms = [{"id": f"f{i}", "text": " ".join([*words, f"name{i}"])} for i in range(50)]
    others = [{"id": f"o{i}", "text": " ".join(text(100 + i))} for i in range(50)]
    first = {
        "sources": [
            {"name": name, "path": str(write_jsonl(tmp_path / f"{name}.jsonl", records))}
            for name, records in (("forms", forms), ("others", others))
        ]
    }
    second = {"sources": [{"name": "all", "from": "first"}], "steps": ["near_duplicates"]}
    file = write_pipeline(tmp_path / "p.yaml", {"first": first, "second": second})
    with pytest.raises(RunError, match="took 49 of the 50 documents of source forms"):
        build(file, tmp_path / "out", stage="second")


def test_mistakes_are_told_before_any_work(tmp_path: Path) -> None:
    frame = pl.DataFrame({"text": ["a b c"]})
    for params, told in [
        ({"keep": {"highest": "nothing"}}, "'near_duplicates' needs the column 'nothing'"),
        ({"keep": {"highest": "a", "lowest": "b"}}, "keep is longest, earliest, latest"),
        ({"keep": "newest"}, "keep is longest, earliest, latest"),
        ({"keep": {"sources": []}}, "keep is longest, earliest, latest"),
        ({"keep": {"sources": ["b"]}}, "no source 'b' .valid: a"),
        ({"threshold": 0.1, "hashes": 4}, "too few"),
        ({"threshold": 1.5}, "less than or equal to 1"),
    ]:
        with pytest.raises(ConfigError, match=told):
            build(pipeline(tmp_path, {"a": frame}, steps=[{"near_duplicates": params}]), tmp_path / "out")
