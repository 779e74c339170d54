"""The engine as a whole: what comes out of a run."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from helpers import STEPS, build, bytes_of, corpus, rows, write_pipeline

from curate import manifest
from curate.errors import ConfigError, RunError
from curate.runner import run


def test_everything_read_is_kept_dropped_or_failed(tmp_path: Path) -> None:
    made = build(corpus(tmp_path), tmp_path / "out")
    assert made["status"] == "built" and made["faults"] == []
    assert made["read"] == 400 + 200 + 402
    assert made["read"] == made["kept"] + made["dropped"] + made["failed"]
    kept, dropped, failed = (rows(made["path"], part) for part in ("data", "dropped", "failed"))
    assert (kept.height, dropped.height, failed.height) == (made["kept"], made["dropped"], 2)
    assert failed["source"].unique().to_list() == ["b"] and set(failed["kind"]) >= {"no text"}
    ids = [*kept["id"], *dropped["id"]]
    assert len(set(ids)) == len(ids) == 1000
    assert set(dropped["step"]) == {"where", "exact_duplicates", "sample"}


def test_duplicates_name_the_document_that_stays(tmp_path: Path) -> None:
    made = build(corpus(tmp_path, steps=["exact_duplicates"]), tmp_path / "out")
    kept, dropped = rows(made["path"]), rows(made["path"], "dropped")
    assert dropped.height == 200 + 20
    text_of = dict(zip(kept["id"], kept["text"]))
    assert all(text_of[of] == text for of, text in zip(dropped["duplicate_of"], dropped["text"]))
    assert kept["copies"].value_counts().sort("copies").rows() == [(1, 580), (2, 180), (3, 20)]
    assert set(dropped.filter(pl.col("source") == "b")["duplicate_of"].str.slice(0, 2)) == {"a/"}


def test_the_number_of_workers_changes_no_byte(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path)
    one = bytes_of(build(pipeline, tmp_path / "one", workers=1)["path"])
    two = bytes_of(build(pipeline, tmp_path / "two", workers=2)["path"])
    assert one == two and len(one) > 5


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path)
    made = build(pipeline, tmp_path / "out")
    stamp = Path(made["path"], "manifest.json").stat().st_mtime_ns
    again = build(pipeline, tmp_path / "out")
    assert again["status"] == "reused" and again["path"] == made["path"]
    assert Path(made["path"], "manifest.json").stat().st_mtime_ns == stamp
    assert {k: again[k] for k in ("read", "kept", "dropped")} == {
        k: made[k] for k in ("read", "kept", "dropped")
    }


def test_no_work_is_left_after_a_run(tmp_path: Path) -> None:
    made = build(corpus(tmp_path), tmp_path / "out")
    left = {p.name for p in (tmp_path / "out").iterdir()}
    assert left == {"work", "latest.json", Path(made["path"]).name}
    assert {p.name for p in (tmp_path / "out" / "work").iterdir()} == {"lock"}
    assert json.loads((tmp_path / "out" / "latest.json").read_text()) == {"corpus": Path(made["path"]).name}


def test_with_keep_work_a_changed_step_rebuilds_only_from_its_segment(tmp_path: Path) -> None:
    build(corpus(tmp_path, keep_work=True), tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "work" / "stages").rglob("tasks/*.json")}
    changed = [*STEPS[:2], {"sample": {"rate": 0.3}}]
    made = build(corpus(tmp_path, steps=changed, keep_work=True), tmp_path / "out")
    after = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "work" / "stages").rglob("tasks/*.json")}
    assert {p: after[p] for p in before} == before
    fresh = {p.parents[1].name for p in after.keys() - before.keys() if "pack" not in str(p)}
    assert len(fresh) == 1  # the segment after the duplicates
    assert bytes_of(made["path"]) == bytes_of(
        build(corpus(tmp_path, steps=changed), tmp_path / "clean")["path"]
    )


def test_an_output_folder_may_be_given_as_an_address(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path, n=20)
    made = run(pipeline, out=f"file://{tmp_path}/out", workers=1)["stages"]["corpus"]
    assert made["path"].startswith(f"{tmp_path}/out/") and not Path("file:").exists()
    assert {p.name for p in (tmp_path / "out" / "work").iterdir()} == {"lock"}


def test_limit_takes_the_first_records_of_each_source(tmp_path: Path) -> None:
    made = build(corpus(tmp_path, steps=[]), tmp_path / "out", limit=7)
    kept = rows(made["path"])
    assert made["read"] == 14
    assert kept.filter(pl.col("source") == "a")["key"].to_list() == [f"d{i}" for i in range(7)]


def test_a_stage_reads_another_stage(tmp_path: Path) -> None:
    first = json.loads(Path(corpus(tmp_path, steps=["exact_duplicates"])).read_text())["stages"]["corpus"]
    second = {"sources": [{"name": "c", "from": "corpus"}], "steps": [{"where": "copies = 1"}]}
    pipeline = write_pipeline(tmp_path / "q.yaml", {"unique": second, "corpus": first})
    made = build(pipeline, tmp_path / "out", stage="unique")
    corpus_rows, unique = rows(build(pipeline, tmp_path / "out")["path"]), rows(made["path"])
    assert unique.height == corpus_rows.filter(pl.col("copies") == 1).height > 0
    assert set(unique["id"]) <= set(corpus_rows["id"]) and unique.columns == corpus_rows.columns


def test_a_corpus_step_may_stand_first_last_twice_and_in_the_next_stage(tmp_path: Path) -> None:
    first = json.loads(Path(corpus(tmp_path, steps=["exact_duplicates", "exact_duplicates"])).read_text())
    again = {"sources": [{"name": "c", "from": "corpus"}], "steps": ["exact_duplicates"]}
    pipeline = write_pipeline(tmp_path / "q.yaml", {"again": again} | first["stages"])
    made = build(pipeline, tmp_path / "out", stage="again")
    assert (made["read"], made["dropped"]) == (780, 0) and set(rows(made["path"])["copies"]) == {1}


def test_a_stage_may_read_one_that_kept_nothing(tmp_path: Path) -> None:
    first = json.loads(Path(corpus(tmp_path, steps=[{"where": "text = 'no'"}])).read_text())["stages"][
        "corpus"
    ]
    second = {"sources": [{"name": "c", "from": "corpus"}], "steps": ["exact_duplicates"]}
    pipeline = write_pipeline(tmp_path / "q.yaml", {"corpus": first, "none": second})
    made = build(pipeline, tmp_path / "out", stage="none")
    assert (made["status"], made["read"], made["kept"]) == ("built", 0, 0)
    found = manifest.read(made["path"])
    assert found is not None and found["sources"]["c"]["read"] == 0


def test_ids_are_unique_when_a_stage_reads_another_and_that_ones_own_source(tmp_path: Path) -> None:
    first = json.loads(Path(corpus(tmp_path, n=20, steps=[])).read_text())["stages"]["corpus"]
    both = {"sources": [{"name": "c", "from": "corpus"}, *first["sources"]]}
    pipeline = write_pipeline(tmp_path / "q.yaml", {"corpus": first, "both": both})
    made = build(pipeline, tmp_path / "out", stage="both")
    assert rows(made["path"])["id"].n_unique() == made["kept"] == 2 * 50


def test_too_many_failures_fail_the_run_after_all_else_is_kept_and_again(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path)
    strict = Path(pipeline).read_text().replace('"max_failed": 0.1', '"max_failed": 0.001')
    Path(pipeline).write_text(strict)
    made = build(pipeline, tmp_path / "out")
    assert made["status"] == "failed" and made["kept"] > 0
    assert "source b: 2 of 402" in made["faults"][0] and "max_failed" in made["faults"][0]
    assert build(pipeline, tmp_path / "out")["status"] == "failed"
    Path(pipeline).write_text(strict.replace('"max_failed": 0.001', '"max_failed": 0.1'))
    again = build(pipeline, tmp_path / "out")
    assert again["status"] == "reused" and again["path"] == made["path"]


def test_a_step_that_raises_fails_the_run_and_names_itself(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"step where failed in the batch that begins with [ab]/1\.jsonl#"):
        build(corpus(tmp_path, steps=[{"where": "CAST(text AS INT) > 1"}]), tmp_path / "out")


def test_the_account_lists_steps_in_the_order_of_the_pipeline(tmp_path: Path) -> None:
    made = build(corpus(tmp_path), tmp_path / "out")
    found = manifest.read(made["path"])
    assert found is not None
    assert [s["step"] for s in found["steps"]] == ["where", "exact_duplicates", "sample"]
    assert [s["in"] for s in found["steps"]] == [1000, *(s["out"] for s in found["steps"][:-1])]
    assert found["steps"][-1]["out"] == made["kept"]


def test_a_file_that_a_step_reads_is_checked_and_its_change_rebuilds(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    def tokenizer(*words: str) -> None:
        made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token=words[0]))
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        made.save(str(tmp_path / "tokenizer.json"))

    pipeline = corpus(tmp_path, steps=[{"tokens": {"tokenizer": f"{tmp_path}/tokenizer.json"}}])
    with pytest.raises(ConfigError, match=r"there is no file .*tokenizer\.json"):
        build(pipeline, tmp_path / "out")
    tokenizer("?")
    first = build(pipeline, tmp_path / "out")
    assert set(rows(first["path"])["tokens"]) == {33}
    tokenizer("?", "word1")
    second = build(pipeline, tmp_path / "out")
    assert second["status"] == "built" and second["path"] != first["path"]


def test_a_users_corpus_step_of_two_rounds_decides_as_on_one_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many tasks and several parts: what `solve` sees in pieces is what it would see at once."""
    from first_words import same_beginning

    from curate import plan

    monkeypatch.setattr(plan, "PART_BYTES", 20_000)
    steps = [
        "exact_duplicates",
        {"first_words.same_beginning": {"words": 1}},
        {"where": "number IS NULL OR number > 0"},
    ]
    pipeline = corpus(tmp_path, n=600, task_size=40_000, steps=steps)
    made = build(pipeline, tmp_path / "two", workers=2)
    assert bytes_of(made["path"]) == bytes_of(build(pipeline, tmp_path / "one", workers=1)["path"])
    kept, dropped = (
        rows(made["path"]),
        rows(made["path"], "dropped").filter(pl.col("step") != "exact_duplicates"),
    )
    before = build(corpus(tmp_path, n=600, task_size=40_000, steps=["exact_duplicates"]), tmp_path / "before")
    alone = same_beginning(rows(before["path"]), words=1)
    assert alone.dropped.height > 50
    assert dict(zip(dropped["id"], dropped["duplicate_of"])) == dict(
        zip(alone.dropped["id"], alone.dropped["duplicate_of"])
    )
    assert kept.select("id", "number").equals(alone.kept.select("id", "number"))
    groups = rows(made["path"], "evidence/first_words.same_beginning/groups")
    assert groups.equals(alone.evidence["groups"]) and groups.height > 20
