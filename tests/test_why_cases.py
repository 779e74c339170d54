"""`curate why`: wrong ids, files that changed, duplicates elsewhere, stages on stages, texts that want to act."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from helpers import build, rows, texts, write_jsonl, write_pipeline

from curate import manifest
from curate.cli import main
from curate.errors import ConfigError
from curate.explain.why import why

SPACED = [{"id": f"k{i // 2}", "text": f"Some  words of document {i}.  \n\n\n\nEnd."} for i in range(8)]


def command(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def corpus(tmp_path: Path, steps: list[Any], **stage: Any) -> str:
    write_jsonl(tmp_path / "in" / "one.jsonl", SPACED)
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/in/*.jsonl"}], "steps": steps} | stage
    file = write_pipeline(tmp_path / "p.yaml", {"corpus": stage})
    return str(build(file, tmp_path / "out")["path"])


def test_a_wrong_id_names_the_nearest_and_ends_with_2(tmp_path: Path) -> None:
    path = corpus(tmp_path, ["normalise"])
    names = rows(path)["id"].to_list()
    told = command("why", path, names[3].replace("one", "on"))
    assert told.exit_code == 2 and told.stderr.splitlines()[2].strip() == names[3]
    nothing = command("why", path, "zzz")
    assert nothing.exit_code == 2 and "no id is like it" in nothing.stderr


def test_a_key_or_file_of_one_document_serves_and_of_several_lists_them(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "two.jsonl", [{"id": "own", "text": "alone"}])
    path = corpus(tmp_path, ["normalise"])
    assert why(path, "own")["id"] == why(path, "a/two.jsonl")["id"] == "a/two.jsonl#0"
    several = command("why", path, "k1")
    assert several.exit_code == 2 and several.stderr.count("a/one.jsonl#") == 2
    file = command("why", path, "a/one.jsonl")
    assert file.exit_code == 2 and file.stderr.count("a/one.jsonl#") == 8


def test_json_is_the_last_line_and_ascii(tmp_path: Path) -> None:
    path = corpus(tmp_path, ["normalise"])
    told = command("why", path, rows(path)["id"][0], "--json")
    answer = json.loads(told.stdout.splitlines()[-1])
    assert told.exit_code == 0 and answer["outcome"] == "kept" and told.stdout.isascii()
    assert len(told.stdout.splitlines()) == 1


def test_edits_need_the_file_as_it_was(tmp_path: Path) -> None:
    path = corpus(tmp_path, ["normalise"])
    name, file = rows(path)["id"][1], tmp_path / "in" / "one.jsonl"
    answer = why(path, name)
    assert answer["steps"][0]["edits"][0]["columns"]["text"]["places"] > 0
    was = file.read_text()
    file.write_text(was.replace("Some", "Same"))
    changed = why(path, name)
    assert "has changed" in str(changed["notes"]) and changed["steps"][0]["edits"] == []
    assert changed["now"] == answer["now"] and changed["read"]["sha256"] == answer["read"]["sha256"]
    file.write_text(was + "\n")
    assert "has changed: it has" in str(why(path, name)["notes"])
    file.rename(tmp_path / "in" / "other.jsonl")
    assert "not there any more" in str(why(path, name)["notes"])
    (tmp_path / "in" / "other.jsonl").unlink()
    assert "cannot be listed" in str(why(path, name)["notes"])


def test_a_step_that_changed_since_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "shouting.py"
    code = (
        "import polars as pl\nfrom curate.step import step\n@step(rewrites=True)\ndef shout(batches):\n"
        "    for batch in batches:\n        yield batch.with_columns(pl.col('text').str.to_uppercase())\n"
    )
    module.write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = corpus(tmp_path, ["shouting.shout"])
    name = rows(path)["id"][0]
    assert "unexplained" not in why(path, name)
    module.write_text(code.replace("uppercase", "lowercase"))
    monkeypatch.delitem(__import__("sys").modules, "shouting")
    __import__("importlib").invalidate_caches()
    answer = why(path, name)
    assert answer["unexplained"]["columns"]["text"]["places"] and "has changed since" in str(answer["notes"])
    monkeypatch.delitem(__import__("sys").modules, "shouting")
    module.unlink()
    assert "cannot be loaded" in str(why(path, name))


HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07 \u202eevil\u202c <script>alert(1)</script> \x9b2J =1+1 "
    + "z\u0301\u0302\u0303\u0304\u0305\u0306" * 3
)


def test_hostile_text_shows_as_codes(tmp_path: Path) -> None:
    records = [
        {"id": HOSTILE, "title": HOSTILE, HOSTILE: HOSTILE, "text": f"{HOSTILE}  \n\n\n\nand {i}"}
        for i in range(2)
    ]
    write_jsonl(tmp_path / "in" / "\x1b[5mfile\u202e.jsonl", [*records, {"text": "x" * 2_000_000}])
    with open(tmp_path / "in" / "\x1b[5mfile\u202e.jsonl", "a") as handle:
        handle.write('{"text": "\x1b[31m\n')
    source = {"name": "a", "path": f"{tmp_path}/in", "max_failed": 1.0}
    steps = ["normalise", {"near_duplicates": {"threshold": 0.5, "max_dropped_share": 1.0}}]
    file = write_pipeline(tmp_path / "p.yaml", {"corpus": {"sources": [source], "steps": steps}})
    path = build(file, tmp_path / "out")["path"]
    names = [*rows(path)["id"], *rows(path, "dropped")["id"]]
    names += [f"a/{f}#{p}" for f, p in rows(path, "failed").select("file", "position").iter_rows()]
    calls = [
        ["why", path, name, *more]
        for name in [*names, "a/nothing\x1b[31m"]
        for more in ([], ["--full"], ["--json"])
    ]
    calls += [["why", path, "a/\x1b[5mfile\u202e.jsonl"], ["why", path, HOSTILE], ["diff", path, path]]
    calls += [["inspect", path, *more] for more in ([], ["--dropped", "--full"], ["--failed"], ["--json"])]
    for words in calls:
        told = command(*words)
        assert told.exit_code in (0, 2) and "Traceback" not in told.output, words
        shown = told.stdout + told.stderr
        assert not set(shown) & set("\x1b\x07\x9b\u202e\u202c"), words
        if "--full" not in words and "--json" not in words:
            assert max(map(len, shown.splitlines())) < 3_000 or words[0] == "inspect"


def test_the_way_leads_through_the_stage_before(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "one.jsonl", SPACED)
    write_jsonl(tmp_path / "other" / "two.jsonl", texts(4))
    stages = {
        "first": {
            "sources": [{"name": "a", "path": f"{tmp_path}/in"}],
            "steps": ["normalise", {"where": "text NOT LIKE '%document 5%'"}],
        },
        "second": {
            "sources": [{"name": "up", "from": "first"}],
            "steps": [{"where": "text NOT LIKE '%document 3%'"}],
        },
        "third": {
            "sources": [{"name": "up", "from": "second"}, {"name": "b", "path": f"{tmp_path}/other"}],
            "steps": ["signals"],
        },
    }
    file, out = write_pipeline(tmp_path / "p.yaml", stages), tmp_path / "out"
    build(file, out, "third")
    ids = rows(manifest.find(str(out), "first")[0])["id"].to_list()
    last = why(str(out), f"up/{ids[0]}", stage="third")
    assert last["outcome"] == "kept" and last["upstream"]["stage"] == "second"
    first = last["upstream"]["upstream"]
    assert first["stage"] == "first" and first["id"] == ids[0] and first["steps"][0]["edits"]
    gone = why(str(out), f"up/{ids[3]}", stage="third")
    assert gone["outcome"] == "not read" and gone["upstream"]["outcome"] == "dropped"
    dropped = rows(manifest.find(str(out), "first")[0], "dropped")["id"][0]
    further = why(str(out), dropped, stage="second")
    assert further["upstream"]["steps"][1]["reason"] == "where" and further["outcome"] == "not read"
    own = why(str(out), "b/two.jsonl#0", stage="third")
    assert "upstream" not in own and own["read"]["source"] == "b"
    for words in (
        ["why", str(out), f"up/{ids[0]}", "--stage", "third"],
        ["why", str(out), dropped, "--stage", "second"],
    ):
        told = command(*words)
        assert told.exit_code == 0 and "before, in the stage first" in told.stdout
    assert command("why", str(out), ids[0]).exit_code == 2  # which stage?


def test_what_was_not_kept_is_told(tmp_path: Path) -> None:
    columns = {"output": {"columns": ["id", "text", "source"]}}
    path = corpus(
        tmp_path, ["signals", {"quality": {"preset": "c4", "min_c4_sentences": 0, "min_words": 2}}], **columns
    )
    kept = rows(path)["id"]
    assert len(kept) == 8
    for name in kept:
        answer = why(path, name)
        thresholds = answer["steps"][1]["thresholds"]
        words = next(held for held in thresholds if held["parameter"] == "min_words")
        assert words["value"] == 6 and words["met"]  # measured again
        assert answer["steps"][0]["lost"] == ["signals was not kept (output.columns)"]


def test_cuts_of_steps_for_the_whole_corpus_are_one_difference(tmp_path: Path) -> None:
    notice = " ".join(f"notice{i}" for i in range(60))
    records = [
        {"text": f"{' '.join(f'w{i}x{j}' for j in range(80))}  \n\n{notice}\n\nThe end of {i}."}
        for i in range(4)
    ]
    write_jsonl(tmp_path / "in" / "one.jsonl", records)
    steps = ["normalise", "repeated_passages", {"normalise": {"form": "NFKC"}}]
    file = write_pipeline(
        tmp_path / "p.yaml",
        {"corpus": {"sources": [{"name": "a", "path": f"{tmp_path}/in"}], "steps": steps}},
    )
    path = build(file, tmp_path / "out")["path"]
    found = manifest.read(path)
    assert found
    labels = [entry["step"] for entry in found["steps"]]
    answer = why(path, rows(path)["id"][2], full=True)
    cut = next(edit for step in answer["steps"] for edit in step["edits"] if edit["steps"][0] == labels[1])
    assert cut["steps"] == labels[1:3]
    gone = "".join(t for w in cut["columns"]["text"]["windows"] for kind, t in w["parts"] if kind == "gone")
    assert gone.split() == [*notice.split(), "The", "end", "of"]
    assert answer["steps"][1]["values"]["repeated_words"] == 63
    first = why(path, rows(path)["id"][0])
    assert not [edit for step in first["steps"][1:] for edit in step["edits"]]


def test_a_partner_of_an_earlier_release_is_followed_there(tmp_path: Path) -> None:
    records = texts(6, 60)
    write_jsonl(tmp_path / "old" / "one.jsonl", records)
    file = write_pipeline(
        tmp_path / "old.yaml",
        {"corpus": {"sources": [{"name": "a", "path": f"{tmp_path}/old"}], "steps": ["near_duplicates"]}},
    )
    old = build(file, tmp_path / "before")["path"]
    again = [r | {"id": f"new {r['id']}", "text": r["text"] + " More."} for r in records]
    write_jsonl(tmp_path / "new" / "one.jsonl", [*again, *texts(3, 60, start=50)])
    step = {"near_duplicates": {"against": old, "max_dropped_share": 1.0}}
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/new"}], "steps": [step]}
    path = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")["path"]
    gone = rows(path, "dropped").filter(reason="already released")
    assert gone.height == 6
    answer = why(path, gone["id"][2])
    partner = answer["partner"]
    assert partner["release"] == old and gone["duplicate_of"][2] == f"{old}:{partner['id']}"
    assert partner["now"]["part"] == "data" and partner["difference"]["new"] == 0
    told = command("why", path, gone["id"][2])
    assert "earlier release" in told.output and "[- More" in told.output
    Path(old, "manifest.json").unlink()
    assert (
        why(path, gone["id"][2])["partner"]["difference"] == partner["difference"]
    )  # its Parquet files serve
    shutil.rmtree(old)
    assert "missing" in why(path, gone["id"][2])["partner"]


def test_a_partner_that_went_later_is_followed(tmp_path: Path) -> None:
    words = " ".join(f"w{i}" for i in range(60))
    records = [{"text": words}, {"text": words}, {"text": words + " more"}]
    write_jsonl(tmp_path / "in" / "one.jsonl", records)
    steps = [
        "exact_duplicates",
        {"near_duplicates": {"max_dropped_share": 1.0}},
        {"where": "text LIKE '%nothing%'"},
    ]
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/in"}], "steps": steps}
    path = build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / "out")["path"]
    ids = dict(zip(("near", "exact", "where"), ("a/one.jsonl#0",) * 3))
    second = rows(path, "dropped").filter(step="exact_duplicates")["id"][0]
    chain = why(path, second)["partner"]["chain"]
    assert [link["step"] for link in chain] == ["near_duplicates", "where"] and chain[0]["id"] == ids["near"]
    third = why(path, rows(path, "dropped").filter(step="where")["id"][0])
    assert third["stands_for"]["count"] == 2 and {d["step"] for d in third["stands_for"]["documents"]} == {
        "exact_duplicates",
        "near_duplicates",
    }
    assert "was itself dropped by near_duplicates" in command("why", path, second).output


def test_usage_errors_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no artefact"):
        why(str(tmp_path), "a")
    assert command("why", str(tmp_path), "x").exit_code == 2


def test_an_answer_takes_little_longer_on_a_large_artefact(tmp_path: Path) -> None:
    """A million documents in four files: the columns of ids alone are read, and one row group."""
    small, large = corpus(tmp_path, ["normalise", "exact_duplicates"]), tmp_path / "large"
    found, documents = manifest.read(small), rows(small)
    assert found
    n, outputs = 250_000, dict[str, Any](failed=[], evidence={}, data=[], dropped=[])
    why_gone = {c: pl.lit(None, pl.String) for c in ("detail", "duplicate_of", "cluster")}
    why_gone |= {"step": pl.lit("exact_duplicates"), "reason": pl.lit("duplicate"), "similarity": pl.lit(1.0)}
    for part, more in (("data", {}), ("dropped", why_gone)):
        for file in range(2):
            ids = pl.DataFrame({"id": [f"a/{part}{file}.jsonl#{i}" for i in range(n)]})
            frame = ids.join(documents.head(1).drop("id"), how="cross").with_columns(**more)
            (large / part).mkdir(parents=True, exist_ok=True)
            frame.write_parquet(large / part / f"{file}.parquet", row_group_size=20_000)
            outputs[part].append({"path": f"{file}.parquet", "rows": n})
    manifest.write(str(large), found | {"outputs": outputs})
    began = time.perf_counter()
    answer = why(str(large), "a/dropped1.jsonl#234567")
    assert answer["now"]["file"] == "dropped/1.parquet" and answer["now"]["row"] == 234_567
    assert time.perf_counter() - began < 6
    began = time.perf_counter()
    with pytest.raises(ConfigError, match=r"dropped1\.jsonl#23456"):
        why(str(large), "a/dropped1.jsonl#2345672")
    assert time.perf_counter() - began < 12
