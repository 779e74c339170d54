"""`curate why`: wrong ids, files that changed, texts that want to act."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from helpers import build, rows, write_jsonl, write_pipeline

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


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("plain")
    write_jsonl(folder / "in" / "two.jsonl", [{"id": "own", "text": "alone"}])
    return corpus(folder, ["normalise"])


def test_a_wrong_id_names_the_nearest_and_ends_with_2(plain: str) -> None:
    path = plain
    names = rows(path)["id"].to_list()
    told = command("why", path, names[3].replace("one", "on"))
    assert told.exit_code == 2 and told.stderr.splitlines()[2].strip() == names[3]
    nothing = command("why", path, "zzz")
    assert nothing.exit_code == 2 and "no id is like it" in nothing.stderr


def test_a_key_or_file_of_one_document_serves_and_of_several_lists_them(plain: str) -> None:
    path = plain
    assert why(path, "own")["id"] == why(path, "a/two.jsonl")["id"] == "a/two.jsonl#0"
    several = command("why", path, "k1")
    assert several.exit_code == 2 and several.stderr.count("a/one.jsonl#") == 2
    file = command("why", path, "a/one.jsonl")
    assert file.exit_code == 2 and file.stderr.count("a/one.jsonl#") == 8


def test_json_is_the_last_line_and_ascii(plain: str) -> None:
    told = command("why", plain, rows(plain)["id"][0], "--json")
    answer = json.loads(told.stdout.splitlines()[-1])
    assert told.exit_code == 0 and answer["outcome"] == "kept" and told.stdout.isascii()
    assert len(told.stdout.splitlines()) == 1


def test_edits_need_the_file_as_it_was(plain: str) -> None:
    path, folder = plain, Path(plain).parents[1] / "in"
    name, file = rows(path)["id"][1], folder / "one.jsonl"
    answer = why(path, name)
    assert answer["steps"][0]["edits"][0]["columns"]["text"]["places"] > 0
    was = file.read_text()
    file.write_text(was.replace("Some", "Same"))
    changed = why(path, name)
    assert "has changed" in str(changed["notes"]) and changed["steps"][0]["edits"] == []
    assert changed["now"] == answer["now"] and changed["read"]["sha256"] == answer["read"]["sha256"]
    file.write_text(was + "\n")
    assert "has changed: it has" in str(why(path, name)["notes"])
    file.unlink()
    assert "not there any more" in str(why(path, name)["notes"])
    folder.rename(folder.with_name("away"))
    assert "cannot be listed" in str(why(path, name)["notes"])
    folder.with_name("away").rename(folder)
    file.write_text(was)


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


def test_usage_errors_are_told(tmp_path: Path, plain: str) -> None:
    with pytest.raises(ConfigError, match="holds no artefact"):
        why(str(tmp_path), "a")
    found = manifest.read(plain)
    assert found
    for other, words in (
        (found | {"kind": "other"}, "of kind other"),
        (found | {"steps": [{"step": "x"}]}, "earlier"),
    ):
        manifest.write(str(tmp_path), other)
        for name in ("why", "diff"):
            told = command(name, str(tmp_path), str(tmp_path))
            assert told.exit_code == 2 and words in told.stderr


def test_an_answer_takes_little_longer_on_a_large_artefact(tmp_path: Path, plain: str) -> None:
    """A million documents in four files: the columns of ids alone are read, and one row group."""
    found, documents, large = manifest.read(plain), rows(plain), tmp_path / "large"
    assert found
    n, outputs = 250_000, dict[str, Any](failed=[], evidence={}, data=[], dropped=[])
    why_gone = {c: pl.lit(None, pl.String) for c in ("detail", "duplicate_of", "cluster")}
    why_gone |= {"step": pl.lit("normalise"), "reason": pl.lit("x"), "similarity": pl.lit(1.0)}
    for part, more in (("data", {}), ("dropped", why_gone)):
        for file in range(2):
            ids = pl.DataFrame({"id": [f"a/{part}{file}.jsonl#{i}" for i in range(n)]})
            frame = ids.join(documents.head(1).drop("id"), how="cross").with_columns(**more)
            (large / part).mkdir(parents=True, exist_ok=True)
            frame.write_parquet(large / part / f"{file}.parquet", row_group_size=20_000)
            outputs[part].append({"path": f"{file}.parquet", "rows": n})
    manifest.write(str(large), found | {"outputs": outputs})
    answer = why(str(large), "a/dropped1.jsonl#234567")
    assert answer["now"]["file"] == "dropped/1.parquet" and answer["now"]["row"] == 234_567
    with pytest.raises(ConfigError, match=r"dropped1\.jsonl#23456"):
        why(str(large), "a/dropped1.jsonl#2345672")
