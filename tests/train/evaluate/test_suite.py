"""A suite's faults are told before any work, with their places and the nearest names."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from curate.yamlfile import load
from train.evaluate import harness
from train.evaluate.suite import Suite, checked, reads, suite


def given(
    tmp_path: Path, text: str, before: dict[str, Any] | None = None, **how: Any
) -> tuple[Suite | None, list[str]]:
    """A suite as it stands under stages.s.evaluate; its faults as they are told."""
    rows = [
        {"question": "Who pays?", "options": ["the Supplier", "the Buyer"], "gold": 1, "text": "He pays."}
    ] * 3
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "table.csv").write_text(
        "Who pays?,A. the Supplier or else,B. the Buyer or else,B\nx?,yy,zz,A\n"
    )
    file = tmp_path / "pipeline.yaml"
    lines = "\n".join("      " + line for line in text.strip().splitlines())
    file.write_text(f"stages:\n  corpus: {{kind: curate}}\n  s:\n    evaluate:\n{lines}\n")
    yml = load(str(file))
    assert not yml.faults
    raw = yml.fill((), {"data": str(tmp_path)}, yml.value)
    yml.value = raw
    found = checked(yml, ("stages", "s", "evaluate"), raw["stages"]["s"]["evaluate"], before or {}, **how)
    return found, [str(fault).replace(f"{file}:", "") for fault in yml.faults]


GOOD = """
general:
  - bits: {path: "{data}/rows.jsonl"}
  - choice: {name: exam, path: "{data}/rows.jsonl", prompt: "{{question}} A:", choices: options, answer: gold}
domain:
  - bits: {from: corpus, split: validation}
"""


def test_a_good_one(tmp_path: Path) -> None:
    before = {"corpus": SimpleNamespace(written={"id": 0, "text": 0, "split": 0})}
    found, faults = given(tmp_path, GOOD, before)
    assert faults == [] and found is not None
    assert found.names() == ["general/rows", "general/exam", "domain/corpus"]
    assert list(found.inputs(["corpus"])) == [
        f"general/rows {tmp_path}/rows.jsonl",
        f"general/exam {tmp_path}/rows.jsonl",
    ]
    assert list(reads(yaml.safe_load(GOOD))) == [(("evaluate", "domain", 0, "bits", "from"), "corpus")]
    moved = found.resolved(lambda name: f"runs/{name}-1")
    assert moved.entries[2].settings.from_ == "runs/corpus-1"
    assert found.told()["entries"][2]["name"] == "domain/corpus"
    json.dumps(found.told())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{general: [], domain: []}",
            "stages.s.evaluate.general: a stage is measured on general and domain both",
        ),
        (
            'general: [{bits: {path: "{data}/rows.jsonl"}}]',
            "domain: a stage is measured on general and domain both",
        ),
        ("generel: 1", "unknown key 'generel' (did you mean 'general'?)"),
        ("skip: true", "skip says why, in words"),
        ("{skip: late, general: []}", "general stand beside it"),
        ("general: [{bit: {}}]", "general[0]: there is no measurer 'bit' (did you mean 'bits'?)"),
        ("general: [bits]", "a measurer is one name with its settings"),
        ('general: [{bits: {paht: "x"}}]', "unknown key 'paht' (did you mean 'path'?)"),
        ("general: [{bits: {}}]", "exactly one of 'path' and 'from'"),
        ('general: [{bits: {path: "{data}/gone.txt"}}]', "general[0].bits.path: no file matches"),
        (
            'general: [{bits: {path: "{data}/rows.jsonl", text: txt}}]',
            "has no column 'txt' (did you mean 'text'?)",
        ),
        ('general: [{bits: {path: "{data}/rows.jsonl", split: test}}]', "has no column 'split'"),
        ('general: [{bits: {path: "{data}/rows.jsonl", window: 4}}]', "greater than or equal to 16, not 4"),
        (
            'general: [{bits: {path: "{data}/rows.jsonl", member: "x*"}}]',
            "holds no rows (is `member` right?)",
        ),
        (
            'general: [{choice: {path: "{data}/rows.jsonl", prompt: "{{qestion}}?", choices: options, answer: gold}}]',
            "has no column 'qestion' (did you mean 'question'?)",
        ),
        (
            'general: [{choice: {path: "{data}/rows.jsonl", prompt: question, choices: options, answer: text}}]',
            "choice.answer: 0: the column 'text' holds 'He pays.', which is neither an index",
        ),
        (
            'general: [{choice: {path: "{data}/rows.jsonl", prompt: question, choices: text, answer: gold}}]',
            "choice.choices: 0: the column 'text' holds no list of choices",
        ),
        (
            'general: [{choice: {path: "{data}/rows.jsonl", prompt: question, choices: [text, txet], answer: gold}}]',
            "choices: there is no column 'txet' (did you mean 'text'?)",
        ),
        (
            'general: [{generate: {path: "{data}/rows.jsonl", prompt: question, answer: text, match: number}}]',
            "generate.answer: 0: the answer 'He pays.' holds no number",
        ),
        (
            'general: [{bits: {path: "{data}/rows.jsonl"}}, {bits: {path: "{data}/rows.jsonl"}}]',
            "2 measurers are called 'rows' (give each a name of its own: name: …)",
        ),
        ("general: [{bits: {from: corpus, text: body}}]", "corpus has no column 'body'"),
        ("general: [{bits: {from: nowhere/at/all}}]", "bits.from: nowhere/at/all holds no artefact"),
        (
            "general: [{lm_eval: {tasks: [hellaswag]}}]",
            "lm_eval needs lm-evaluation-harness: pip install lm-eval",
        ),
        ("safety: {harmful: {path: x}}", "safety: needs the key 'harmless'"),
        (
            'safety: {harmful: {path: "{data}/rows.jsonl"}, harmless: {path: "{data}/rows.jsonl"}}',
            "no column 'prompt'",
        ),
        ("safety: {harmful: {path: x}, harmless: {path: x}, attacks: [lit]}", "attacks[0]: "),
        ("memorisation: {}", "memorisation needs canaries, extraction or pii"),
        (
            'memorisation: {extraction: {path: "{data}/rows.jsonl", text: messages}}',
            "extraction.text: {data}/rows.jsonl has no column 'messages'",
        ),
        (
            'memorisation: {canaries: "{data}/gone.jsonl"}',
            "memorisation.canaries: canaries: {data}/gone.jsonl cannot",
        ),
        (
            'general: [{bits: {path: "{data}/rows.jsonl", where: {text: elsewhere}}}]',
            "no row is left where text = 'elsewhere'",
        ),
        ("probes: {bais: {}}", "unknown key 'bais' (did you mean 'bias'?)"),
    ],
)
def test_faults(tmp_path: Path, text: str, told: str) -> None:
    before = {"corpus": SimpleNamespace(written={"id": 0, "text": 0})}
    if "lm_eval" in text and harness.installed():
        pytest.skip("lm_eval is installed")
    both = "domain" in text or "skip" in text or text == 'general: [{bits: {path: "{data}/rows.jsonl"}}]'
    found, faults = given(tmp_path, text, before, both=both)
    assert found is None
    told = told.replace("{data}", str(tmp_path))
    assert any(told in fault for fault in faults), faults
    assert all("stages.s.evaluate" in fault for fault in faults)


def test_all_at_once(tmp_path: Path) -> None:
    _, faults = given(tmp_path, "general: [{bit: {}}, {bits: {windw: 3}}]\nprobes: {bais: 1}\nsafty: {}")
    assert len(faults) == 5  # bit; windw; domain; bais; safty


def test_a_reason_is_enough(tmp_path: Path) -> None:
    found, faults = given(tmp_path, "skip: measured by the next stage")
    assert faults == [] and found is not None and found.skip == "measured by the next stage"
    text = 'general: [{bits: {path: "{data}/rows.jsonl"}}]\ndomain: {skip: it has none}'
    found, faults = given(tmp_path, text)
    assert faults == [] and found is not None and dict(found.skipped) == {"domain": "it has none"}


def test_a_header_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "mmlu.csv").write_text(
        f'"{"What is it " * 5}?","{"this " * 8}","{"that " * 8}","{"b" * 40}"\nq,x,y,A\n'
    )
    text = 'general: [{choice: {path: "{data}/mmlu.csv", prompt: q, choices: [a, b], answer: c}}]'
    _, faults = given(tmp_path, text, both=False)
    assert any("the first line is taken for the header: give names" in fault for fault in faults)


def test_without_a_pipeline(tmp_path: Path) -> None:
    from curate.errors import ConfigError

    given(tmp_path, "skip: x")
    found = suite({"general": [{"bits": {"path": str(tmp_path / "rows.jsonl")}}]})
    assert found.names() == ["general/rows"]
    with pytest.raises(ConfigError, match="no measurer 'bots'"):
        suite({"general": [{"bots": {}}]})
