"""Pipeline files: all faults at once, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import write_jsonl

from curate.errors import ConfigError
from curate.pipeline import load

WRONG = """\
name: wrong
seed: seven
vars: {data: DATA}
colour: red
stages:
  corpus:
    kind: curate
    sources:
      - {name: a, path: "{dat}/x.jsonl"}
      - {name: b, from: corpsu}
      - {name: c, path: "{data}/nothing/*.jsonl", licence: x}
    steps:
      - wheer: "text = 'x'"
      - where: "words > 5"
      - sample: {rate: 3, sed: 1}
      - exact_duplicates
    output: {shard_size: big, columns: [id, txt]}
"""


def faults(tmp_path: Path, text: str, **variables: str) -> list[str]:
    """What `load` says, one string per fault."""
    (tmp_path / "p.yaml").write_text(text.replace("DATA", str(tmp_path)))
    with pytest.raises(ConfigError) as caught:
        load(str(tmp_path / "p.yaml"), variables)
    return [f"{f.line} {f.place}: {f.message} ({f.hint})" for f in caught.value.faults]


def test_every_mistake_is_reported_at_once_with_line_place_and_hint(tmp_path: Path) -> None:
    found = faults(tmp_path, WRONG)
    expected = [
        "2 seed: seed is a whole number from 0 to 2^64 - 1, not 'seven'",
        "4 colour: unknown key 'colour'",
        "9 stages.corpus.sources[0].path: unknown variable '{dat}' (did you mean 'data'?)",
        "10 stages.corpus.sources[1].from: there is no stage 'corpsu' (did you mean 'corpus'?)",
        "11 stages.corpus.sources[2].licence: unknown key 'licence' (did you mean 'license'?)",
        "13 stages.corpus.steps[0]: there is no step 'wheer' (did you mean 'where'?)",
        "14 stages.corpus.steps[1].where: 'where' needs the column 'words', which nothing before it makes",
        "15 stages.corpus.steps[2].sample.rate: input should be less than or equal to 1, not 3",
        "15 stages.corpus.steps[2].sample.sed: unknown key 'sed' (did you mean 'seed'?)",
        "17 stages.corpus.output.shard_size: a size is a number of bytes or like '256MB', '1GiB', not 'big'",
    ]
    for line in expected:
        assert any(f.startswith(line) for f in found), (line, found)
    assert len(found) == len(expected)


def test_missing_files_missing_columns_and_twice_used_names(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    text = """\
stages:
  corpus:
    sources:
      - {name: a, path: DATA/x.jsonl, columns: {txt: body}}
      - {name: a, path: DATA/gone/*.jsonl}
    output: {columns: [id, lang]}
  corpus: {}
"""
    found = "\n".join(faults(tmp_path, text))
    for part in (
        "'txt' is no column",
        "two sources are called 'a'",
        "no column 'lang'",
        "gone/*",
        "stands here twice",
    ):
        assert part in found, found


def test_a_missing_file_is_a_fault_with_its_path(tmp_path: Path) -> None:
    found = faults(tmp_path, "stages: {c: {sources: [{name: a, path: DATA/gone/*.jsonl}]}}")
    assert len(found) == 1 and "gone/*.jsonl" in found[0] and "sources[0].path" in found[0]


def test_circles_and_unknown_kinds(tmp_path: Path) -> None:
    text = """\
stages:
  a: {sources: [{name: x, from: b}]}
  b: {sources: [{name: x, from: a}]}
  c: {kind: curat}
"""
    found = "\n".join(faults(tmp_path, text))
    assert "read each other in a circle: a, b" in found and "did you mean 'curate'" in found


def test_secrets_come_from_the_environment_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    monkeypatch.setenv("TOKEN", "s3cret")
    good = (
        "stages: {c: {sources: [{name: a, path: DATA/x.jsonl, storage_options: {auto_mkdir: '${TOKEN}'}}]}}"
    )
    (tmp_path / "p.yaml").write_text(good.replace("DATA", str(tmp_path)))
    stage = load(str(tmp_path / "p.yaml")).stages["c"]
    assert stage.config.sources[0].storage_options == {"auto_mkdir": "s3cret"}
    bad = faults(tmp_path, "stages: {c: {sources: [{name: a, path: '${TOKEN}/x.jsonl'}]}}")
    assert "secrets only" in bad[0] and "s3cret" not in bad[0]
    unset = faults(tmp_path, good.replace("${TOKEN}", "${NO_SUCH}"))
    assert "NO_SUCH is not set" in unset[0]


def test_variables_keep_their_type_and_the_command_line_wins(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    text = """\
vars: {rate: 0.5, data: nowhere}
stages: {c: {sources: [{name: a, path: "{data}/x.jsonl"}], steps: [sample: {rate: "{rate}"}]}}
"""
    (tmp_path / "p.yaml").write_text(text)
    loaded = load(str(tmp_path / "p.yaml"), {"rate": "0.25", "data": str(tmp_path)})
    assert loaded.stages["c"].steps[0].params == {"rate": 0.25, "seed": 0}
    assert "did you mean 'rate'" in faults(tmp_path, text, rat="1")[0]


def test_not_yaml_is_one_clear_fault(tmp_path: Path) -> None:
    found = faults(tmp_path, "stages:\n  a: [1\n  b: 2\n")
    assert len(found) == 1 and "not YAML" in found[0]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("stages:\n  c: {sources: [{name: a, from: [c]}]}", 2, "input should be a valid string"),
        ("stages:\n  ? [1, 2]\n  : x", 2, "a key is a single value"),
        ("name: 2026-13-45", 1, "month must be in 1..12"),
        ("seed: 1\nname: =", 2, "cannot be read as"),
        ("vars: {a: &a {b: 1}}\nstages:\n  c:\n    <<: *a", 4, "merge keys"),
        ("stages: &a {c: *a}", 0, "an alias stands within what its anchor names"),
        ("stages:\n  1: {}\n  b: {sources: [{name: z, from: q}]}", 2, "a stage's name"),
        ("stages:\n  ../x: {}", 2, "a stage's name"),
        ("stages: {c: {sources: [{name: z, path: x}], steps: [.where]}}", 1, "there is no step '.where'"),
        ("stages: {c: {sources: [{name: z, path: x, encoding: klingon}]}}", 1, "unknown encoding"),
        ("seed: -1", 1, "seed is a whole number"),
        ("seed: 99999999999999999999", 1, "seed is a whole number"),
        (
            "stages: {c: {sources: [{name: z, path: x}], steps: [sample: {rate: 1, seed: -1}]}}",
            1,
            "sample.seed",
        ),
        ("stages: {c: {task_size: '" + 400 * "9" + "'}}", 1, "a size is a number"),
    ],
)
def test_whatever_stands_in_a_file_becomes_a_fault_at_its_line(
    tmp_path: Path, text: str, line: int, part: str
) -> None:
    found = faults(tmp_path, text)
    assert any(f.startswith(f"{line} ") and part in f for f in found), found


def test_a_step_of_ones_own_that_cannot_be_imported_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brokenstep.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = faults(tmp_path, "stages: {c: {sources: [{name: a, path: x}], steps: [brokenstep.s]}}")
    assert any("ZeroDivisionError" in f and "steps[0]" in f for f in found)


def test_whatever_a_remote_file_system_raises_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(source: object) -> None:
        raise RuntimeError("name or service not known")  # of no family that we could name

    monkeypatch.setattr("curate.readers.plan.listing", offline)
    found = faults(tmp_path, "stages: {c: {sources: [{name: a, path: 'hf://datasets/no/such/x'}]}}")
    assert "sources[0].path: hf://datasets/no/such/x: name or service not known" in found[0]


def test_a_variable_that_is_no_yaml_is_a_fault(tmp_path: Path) -> None:
    found = faults(tmp_path, "vars: {a: 1}\nstages: {c: {sources: [{name: z, path: x}]}}", a="[")
    assert any("--var a" in f for f in found)


def test_secrets_do_not_show_in_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    found = faults(tmp_path, "stages: {c: {sources: [{name: a, path: x, storage_options: '${TOKEN}'}]}}")
    assert "valid dictionary" in found[0] and "s3cret" not in found[0]


def test_a_fault_upstream_brings_no_false_ones_downstream(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    text = """\
stages:
  c: {sources: [{name: a, path: DATA/x.jsonl}], steps: [exact_duplicates], output: {size: 1}}
  d: {sources: [{name: a, from: c}], steps: [where: copies = 1]}
"""
    assert [f.partition(" (")[0] for f in faults(tmp_path, text)] == [
        "2 stages.c.output.size: unknown key 'size'"
    ]
    text = text.replace("output: {size: 1}", "keep_work: true").replace("copies = 1]", "copies = 1], stop: 1")
    assert [f.partition(" (")[0] for f in faults(tmp_path, text)] == ["3 stages.d.stop: unknown key 'stop'"]


def test_a_stage_that_others_read_needs_its_ids_and_texts(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    text = """\
stages:
  c: {sources: [{name: a, path: DATA/x.jsonl}], output: {columns: [key]}}
  d: {sources: [{name: a, from: c}]}
  e: {sources: [{name: a, path: DATA/x.jsonl}], output: {columns: []}}
"""
    found = faults(tmp_path, text)
    assert [f[:29] for f in found] == ["3 stages.d.sources[0].from: s", "4 stages.e.output.columns: li"], (
        found
    )
    assert "'c' writes no column 'id', 'text'" in found[0]


def test_a_step_may_not_name_a_column_that_documents_have(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    (tmp_path / "t.json").write_text("{}")
    steps = ", ".join(f"tokens: {{tokenizer: DATA/t.json, name: {n}}}" for n in ("text", "reason", "n"))
    found = faults(
        tmp_path, f"stages: {{c: {{sources: [{{name: a, path: DATA/x.jsonl}}], steps: [{steps}]}}}}"
    )
    assert ["'text'" in found[0], "'reason'" in found[1], len(found)] == [True, True, 2], found


def test_stages_that_are_read_together_agree_on_a_columns_type(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    (tmp_path / "t.json").write_text("{}")
    text = """\
stages:
  c: {sources: [{name: a, path: DATA/x.jsonl}], steps: [tokens: {tokenizer: DATA/t.json, name: copies}]}
  d: {sources: [{name: a, path: DATA/x.jsonl}], steps: [tokens: {tokenizer: DATA/t.json, name: language}]}
  e: {sources: [{name: a, path: DATA/x.jsonl}], steps: [exact_duplicates, language: {keep: [en]}]}
  f: {sources: [{name: c, from: c}, {name: d, from: d}, {name: e, from: e}]}
"""
    (found,) = faults(tmp_path, text)
    assert "5 stages.f.sources[2].from: column 'language' is String" in found and "UInt32" in found


def test_a_source_of_another_stage_takes_no_key_that_would_be_ignored(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    text = """\
stages:
  c: {sources: [{name: a, path: DATA/x.jsonl}]}
  d: {sources: [{name: a, from: c, limit: 1, license: MIT, labels: {a: 1}}]}
"""
    (found,) = faults(tmp_path, text)
    assert "3 stages.d.sources[0]" in found and "'labels', 'license'" in found


def test_a_seed_reaches_steps_that_take_one(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"text": "a"}])
    text = (
        "seed: 9\nstages: {c: {sources: [{name: a, path: DATA/x.jsonl}], steps: [sample: 0.5, sample: 0.5]}}"
    )
    (tmp_path / "p.yaml").write_text(text.replace("DATA", str(tmp_path)))
    steps = load(str(tmp_path / "p.yaml")).stages["c"].steps
    assert [s.label for s in steps] == ["sample", "sample-2"]
    assert steps[0].params == {"rate": 0.5, "seed": 9}
