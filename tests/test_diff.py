"""`curate diff`: counts against a brute-force comparison of the artefacts, and what accounts for them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from helpers import build, rows, texts, write_jsonl, write_pipeline

from curate import manifest
from curate.cli import main
from curate.differences.diff import diff
from curate.errors import ConfigError

STEPS: list[Any] = [
    "signals",
    {"quality": {"preset": "legal", "min_words": 20, "min_stop_words": None, "max_short_line_ratio": None}},
    "exact_duplicates",
]


def told(quality: dict[str, Any], *more: Any) -> list[Any]:
    """The steps with other settings of `quality`, and more steps behind."""
    return [STEPS[0], {"quality": STEPS[1]["quality"] | quality}, STEPS[2], *more]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts of 12 to 61 words, some of them twice, and lines that cannot be read."""
    folder = tmp_path_factory.mktemp("diff")
    for name, start in (("a", 0), ("b", 300)):
        records = [texts(1, 10 + (i * 7) % 50, start=start + i)[0] for i in range(300)]
        write_jsonl(folder / name / "1.jsonl", records[:150])
        write_jsonl(folder / name / "2.jsonl", [*records[150:], *records[:20]])
    with open(folder / "b" / "2.jsonl", "a") as handle:
        handle.write('{"text": "cut\n{"text": null}\n')
    return folder


Make = Callable[..., str]


@pytest.fixture(scope="module")
def run(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    made: dict[str, str] = {}

    def one(name: str, steps: list[Any], folder: Path = inputs, **stage: Any) -> str:
        if name not in made:
            out = tmp_path_factory.mktemp("run") / name
            sources = [
                {"name": "a", "path": f"{folder}/a/*.jsonl"},
                {"name": "b", "path": f"{folder}/b/*.jsonl", "max_failed": 1.0},
            ]
            stage = {"sources": sources, "steps": steps, "output": {"shard_size": 40_000}} | stage
            out.mkdir()
            made[name] = build(write_pipeline(out / "p.yaml", {"corpus": stage}), out)["path"]
        return made[name]

    return one


def fates(path: str) -> dict[str, tuple[tuple[str, ...], str | None, str]]:
    """id -> outcome, text as kept, source; found by reading everything."""
    out: dict[str, tuple[tuple[str, ...], str | None, str]] = {}
    for row in rows(path).iter_rows(named=True):
        out[row["id"]] = ("kept",), row["text"], row["source"]
    for row in rows(path, "dropped").iter_rows(named=True):
        out[row["id"]] = ("dropped", row["step"], row["reason"]), None, row["source"]
    for row in rows(path, "failed").iter_rows(named=True):
        name = f"{row['source']}/{row['file']}#{row['position']}"
        out[name] = ("failed", row["kind"]), None, row["source"]
    return out


def brute(a: str, b: str) -> tuple[Counter[Any], Counter[Any]]:
    """(was, now, same text, source) -> documents, and -> characters as kept now less those kept before."""
    was, now = fates(a), fates(b)
    counts, sizes = Counter[Any](), Counter[Any]()
    for name in was.keys() | now.keys():
        old, before, source = was.get(name, (("not read",), None, ""))
        new, after, other = now.get(name, (("not read",), None, ""))
        same = before == after if before is not None and after is not None else True
        counts[old, new, same, other or source] += 1
        sizes[old, new, same, other or source] += len(after or "") - len(before or "")
    return counts, sizes


def as_counted(answer: dict[str, Any]) -> tuple[Counter[Any], Counter[Any]]:
    counts, sizes = Counter[Any](), Counter[Any]()
    for group in answer["documents"]["groups"]:
        was, now = (tuple(group[side].values()) for side in ("was", "now"))
        for source, n in group["sources"].items():
            counts[was, now, group["change"] != "changed", source] += n
        sizes[was, now, group["change"] != "changed"] += group["characters_now"] - group["characters_was"]
    return counts, sizes


def compared(a: str, b: str) -> dict[str, Any]:
    """The answer, once its counts are those of the brute-force comparison."""
    answer = diff(a, b)
    counts, sizes = brute(a, b)
    found, characters = as_counted(answer)
    assert found == counts
    summed = Counter[Any]()
    for (was, now, same, _), n in sizes.items():
        summed[was, now, same] += n
    assert {k: v for k, v in characters.items() if v} == {k: v for k, v in summed.items() if v}
    return answer


def groups(answer: dict[str, Any], change: str) -> list[dict[str, Any]]:
    return [group for group in answer["documents"]["groups"] if group["change"] == change]


def command(*words: str) -> str:
    """What the command prints on standard output, its lines joined."""
    told = CliRunner().invoke(main, ["diff", *words])
    assert told.exit_code == 0, told.output
    return " ".join(told.stdout.split())


def test_a_run_is_the_same_as_itself(run: Make) -> None:
    one = run("one", STEPS)
    answer = compared(one, one)
    assert {group["change"] for group in answer["documents"]["groups"]} == {"unchanged", "still out"}
    assert not any(answer[part] for part in ("settings", "libraries", "inputs", "upstream", "variables"))
    assert "the same settings, code, libraries and inputs" in command(one, one)


def test_a_threshold_accounts_for_those_that_came_and_went(run: Make) -> None:
    one, two = run("one", STEPS), run("stricter", told({"min_words": 40}))
    answer = compared(one, two)
    [setting] = [s for s in answer["settings"] if s["of"] == "quality"]
    assert (setting["name"], setting["was"], setting["now"]) == ("min_words", 20, 40)
    [went] = groups(answer, "went")
    n = went["documents"]
    assert n > 100 and went["because"] == {"kind": "setting", "settings": [setting]}
    assert f"quality.min_words 20 → 40: {n} documents went (quality: min_words)" in command(one, two)
    for example in went["examples"]:
        assert 20 <= example["now"]["detail"]["value"] < 40 and len(went["examples"]) == 3
    back = compared(two, one)
    assert sum(g["documents"] for g in groups(back, "came")) == n
    assert f"quality.min_words 40 → 20: {n} documents came (no longer quality: min_words)" in command(
        two, one
    )


def test_a_duplicate_that_now_breaks_a_rule_moved_because_of_the_rule(run: Make) -> None:
    answer = diff(run("one", STEPS), run("stricter", told({"min_words": 40})))
    [moved] = groups(answer, "moved")
    assert moved["was"]["step"] == "exact_duplicates" and moved["now"]["reason"] == "min_words"
    assert [s["name"] for s in moved["because"]["settings"]] == ["min_words"]


def test_a_preset_shows_the_numbers_that_it_changes_and_steps_elsewhere_are_moved(run: Make) -> None:
    one, two = run("one", STEPS), run("gopher", [STEPS[2], *told({"preset": "gopher"})[:2]])
    answer = compared(one, two)
    names = {s["name"]: (s["was"], s["now"]) for s in answer["settings"]}
    assert names["preset"] == ("legal", "gopher") and names["max_words"] == (None, 100_000)
    assert "min_words" not in names  # 20 in both
    assert answer["steps"]["moved"] == ["exact_duplicates"]


def test_an_added_step_accounts_for_what_it_drops_and_rewrites(run: Make) -> None:
    one = run("one", STEPS)
    two = run("added", [{"normalise": {}}, *told({}, {"where": "text NOT LIKE '%number 7%'"})])
    answer = compared(one, two)
    assert answer["steps"] == {"added": ["normalise", "where"], "removed": [], "moved": []}
    [went] = groups(answer, "went")
    assert went["because"] == {"kind": "step", "what": "added", "step": "where"}
    back = compared(two, one)
    assert groups(back, "came")[0]["because"]["what"] == "removed"
    assert "step where removed: " in command(two, one)


def test_texts_that_changed_are_told_with_what_changed(run: Make, inputs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for path in inputs.rglob("*.jsonl"):
        lines = path.read_text().replace('."', '.  "')
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_text(lines)
    steps = [{"normalise": {"whitespace": False}}, *STEPS]
    one, two = run("raw", steps, folder), run("tidy", [{"normalise": {}}, *STEPS], folder)
    answer = compared(one, two)
    [changed] = groups(answer, "changed")
    assert changed["documents"] == rows(one).height > 100
    assert [s["name"] for s in changed["because"]["settings"]] == ["whitespace"]
    assert changed["examples"][0]["difference"]["places"] == 1
    assert "normalise.whitespace false → true" in command(one, two)


def test_changed_new_and_missing_files_account_for_documents(run: Make, inputs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for path in inputs.rglob("*.jsonl"):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_bytes(path.read_bytes())
    (folder / "a" / "2.jsonl").unlink()
    file = folder / "b" / "1.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    shorter = lines[0].replace("number 300.", "number 3.")
    file.write_text("".join([shorter, *lines[1:90], *lines[91:]]))
    write_jsonl(folder / "b" / "3.jsonl", texts(5, 40, start=900))
    one, two = run("one", STEPS), run("files", STEPS, folder)
    answer = compared(one, two)
    assert answer["inputs"] == {
        "a": {"new": [], "gone": ["2.jsonl"], "changed": []},
        "b": {"new": ["3.jsonl"], "gone": [], "changed": ["1.jsonl"]},
    }
    assert groups(answer, "gone") and groups(answer, "new")
    for group in [*groups(answer, "gone"), *groups(answer, "new")]:
        assert group["because"]["kind"] == "input"
    was, now = fates(one), fates(two)
    gone = Counter(text for name, (_, text, _) in was.items() if text and name not in now)
    new = Counter(text for name, (_, text, _) in now.items() if text and name not in was)
    assert answer["documents"]["elsewhere"] == (gone & new).total() > 50
    assert "input a: files 1 gone (2.jsonl)" in command(one, two)


def test_a_source_that_is_added_or_limited_is_told(run: Make, inputs: Path) -> None:
    one = run("one", STEPS)
    sources = [{"name": "a", "path": f"{inputs}/a/*.jsonl", "limit": 50}]
    two = run("few", STEPS, sources=sources)
    answer = compared(one, two)
    kinds = {(s["kind"], s["of"], s["name"]) for s in answer["settings"]}
    assert {("source", "b", ""), ("source", "a", "limit")} <= kinds
    assert "source b removed" in command(one, two) and "a.limit none → 50" in command(one, two)


def test_under_different_keys_counts_and_settings_alone_are_compared(
    run: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "one")
    one = run("key one", [*STEPS, "hides.secrets"])
    again = run("key one again", told({"min_words": 30}, "hides.secrets"))
    assert groups(compared(one, again), "went")[0]["because"]["settings"][0]["now"] == 30
    found = manifest.read(again)
    assert found
    manifest.write(again, found | {"private_key": "another"})
    for other in (again, run("one", STEPS)):
        answer = diff(one, other)
        assert answer["documents"] is None and "key" in answer["notes"][0]
        assert answer["totals"]["was"]["read"] == answer["totals"]["now"]["read"] > 0
        assert "only counts and settings" in command(one, other)
        with pytest.raises(ConfigError, match="key"):
            diff(one, other, out=str(tmp_path / "x.parquet"))


def test_those_that_changed_are_written(run: Make, tmp_path: Path) -> None:
    one, two = run("one", STEPS), run("stricter", told({"min_words": 40}))
    answer = diff(one, two, out=str(tmp_path / "new" / "changed.parquet"))
    frame = pl.read_parquet(tmp_path / "new" / "changed.parquet")
    was, now = fates(one), fates(two)
    expected = {name for name in was.keys() | now.keys() if was.get(name, [0])[:2] != now.get(name, [0])[:2]}
    assert set(frame["id"]) == expected and frame.height == len(expected) == answer["out"]["rows"]
    for row in frame.iter_rows(named=True):
        old, before, source = was[row["id"]]
        new, after, _ = now[row["id"]]
        assert (row["was"], row["now"], row["source"]) == (old[0], new[0], source)
        assert (row["was_step"], row["was_reason"]) == ((*old, None, None)[1], (*old, None, None)[2])
        assert (row["now_step"], row["now_reason"]) == ((*new, None, None)[1], (*new, None, None)[2])
        assert (row["characters_was"], row["characters_now"]) == (len(before or ""), len(after or ""))
    with pytest.raises(ConfigError, match="parquet"):
        diff(one, two, out="x.csv")


def test_json_ends_with_one_object(run: Make) -> None:
    one, two = run("one", STEPS), run("stricter", told({"min_words": 40}))
    answer = json.loads(command(one, two, "--json", "--examples", "1"))
    assert all(len(g.get("examples", [])) <= 1 for g in answer["documents"]["groups"])


def test_code_libraries_and_variables_that_differ_are_told(run: Make, tmp_path: Path) -> None:
    """From manifests: the code of a step that drops accounts for it where no setting does."""
    one, two = run("one", STEPS), run("stricter", told({"min_words": 40}))
    found = manifest.read(one)
    assert found
    changed = manifest.read(two)
    assert changed
    parts = found["parts"] | {"code": found["parts"]["code"] | {"curate.steps.quality": "another"}}
    parts["libraries"] = parts["libraries"] | {"polars": "0.1"}
    edited = changed | {"parts": parts, "steps": found["steps"], "variables": {"data": "x"}}
    manifest.write(two, edited)
    try:
        answer = diff(one, two)
    finally:
        manifest.write(two, changed)
    assert answer["code"]["changed"] == ["curate.steps.quality"] and answer["libraries"][0]["now"] == "0.1"
    assert answer["variables"] == [{"name": "data", "was": None, "now": "x"}]
    assert groups(answer, "went")[0]["because"] == {"kind": "code", "modules": ["curate.steps.quality"]}
