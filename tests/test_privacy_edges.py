"""A stage that takes private data out, where it meets other stages, keys, releases, archives and faults."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from helpers import build, rows, write_jsonl, write_pipeline

from curate.errors import ConfigError, RunError
from curate.runner import run

pytestmark = pytest.mark.slow  # each starts a worker that loads all recognisers

NAME = "Gwendolyn Thackeray"
TEXT = f"{NAME} of the third floor signed the lease on behalf of her mother, and nobody else did."


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "a")


def files(folder: Path, n: int = 4) -> list[dict[str, Any]]:
    """A source of one file that the pipeline spells out, with keys that are names."""
    lines = [{"key": f"thackeray-{i}", "text": f"{TEXT} Page {i}."} for i in range(n)]
    return [{"name": "a", "path": str(write_jsonl(folder / "in.jsonl", lines))}]


def made(tmp_path: Path, steps: list[Any], out: str = "out", **stage: Any) -> dict[str, Any]:
    stage = {"sources": files(tmp_path), "steps": steps} | stage
    return build(write_pipeline(tmp_path / "p.yaml", {"corpus": stage}), tmp_path / out)


def told(folder: str | Path) -> str:
    """All that an artefact says."""
    out = []
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and "private" not in path.parts:
            out.append(f"{path}\n{path.read_bytes()!r}")
            out += [str(pl.read_parquet(path).to_dicts())] if path.suffix == ".parquet" else []
    return "\n".join(out)


def test_what_steps_count_by_is_scrubbed(tmp_path: Path) -> None:
    entry = made(tmp_path, ["quoting.counts", "pii"])
    captions = rows(entry["path"], "evidence/quoting.counts/captions")
    assert "Thackeray" not in told(entry["path"]) and captions["n"].sum() == 4


def test_an_error_of_a_corpus_step_quotes_nobody(tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        made(tmp_path, ["quoting.decides", "pii"])
    assert "Thackeray" not in str(error.value) and "while it decided" in str(error.value)
    assert "Thackeray" not in told(tmp_path / "out" / "work" / "logs")


@pytest.mark.parametrize("step", ["quoting.lists", {"repeated_passages": {"action": "mark", "window": 5}}])
def test_a_column_in_which_pii_cannot_look_or_that_it_makes_false_is_a_fault(
    tmp_path: Path, step: Any
) -> None:
    with pytest.raises(ConfigError, match="column"):
        made(tmp_path, [step, "pii"])


def test_licences_that_records_give_are_looked_at(tmp_path: Path) -> None:
    source = [{"name": "a", "path": str(tmp_path / "l.jsonl")}]
    write_jsonl(
        tmp_path / "l.jsonl", [{"text": TEXT, "license": f"(c) {NAME}, g@mailbox.com"}, {"text": "B" * 60}]
    )
    entry = made(tmp_path, [{"where": "text LIKE 'B%'"}, "pii"], sources=source)
    assert rows(entry["path"], "dropped").height == 1 and NAME not in told(entry["path"])


def test_work_of_a_run_without_pii_or_under_another_key_is_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, ["exact_duplicates"], keep_work=True)
    entry = made(tmp_path, ["exact_duplicates", "pii"], keep_work=True)
    assert "thackeray" not in told(entry["path"])
    monkeypatch.setenv("CURATE_PII_KEY", "b")
    other = made(tmp_path, ["exact_duplicates", "pii"], keep_work=True)
    assert set(rows(entry["path"])["key"]).isdisjoint(rows(other["path"])["key"])


@pytest.mark.parametrize("before", [[], ["pii"]])
def test_ids_and_keys_of_an_earlier_release_are_hidden(tmp_path: Path, before: list[Any]) -> None:
    earlier = made(tmp_path, before, out="earlier")
    near = {"near_duplicates": {"against": [earlier["path"]], "max_dropped_share": 1}}
    entry = made(tmp_path, [near, "pii"])
    gone = rows(entry["path"], "dropped")
    assert gone.height >= 3 and "thackeray" not in told(entry["path"]).replace(earlier["path"], "")
    if before:  # the same key hides the same
        assert set(rows(earlier["path"])["key"]) >= set(gone["key"])


def test_names_of_members_are_hidden_though_they_be_numbers(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "in.tar", "w") as tar:
        for name, text in {
            "078051120": TEXT,
            "docs/thackeray.txt": TEXT,
            "/" + "home/gwen.txt": "x",
            "s": "\n",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, BytesIO(text.encode()))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "gwen.thackeray.txt"
        tar.addfile(link)
    source = [{"name": "a", "path": str(tmp_path / "in.tar"), "max_failed": 0.9, "format": "text"}]
    entry = made(tmp_path, ["pii"], sources=source)
    assert not any(word in told(entry["path"]).lower() for word in ("078051120", "thackeray", "gwen"))
    assert rows(entry["path"]).height >= 1 and rows(entry["path"], "failed").height >= 2


def test_places_in_files_stay(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n" + f'"{TEXT}"\n' + "\n" + ",,,\n")
    source = [{"name": "a", "path": str(tmp_path / "in.csv"), "max_failed": 0.9}]
    entry = made(tmp_path, ["pii"], sources=source)
    assert rows(entry["path"])["id"][0].endswith("#row 1")


def test_a_stage_of_ids_and_texts_alone_can_be_read(tmp_path: Path) -> None:
    stages = {
        "raw": {"sources": files(tmp_path), "output": {"columns": ["id", "text"]}},
        "corpus": {"sources": [{"name": "raw", "from": "raw"}], "steps": ["pii"]},
    }
    entry = build(write_pipeline(tmp_path / "p.yaml", stages), tmp_path / "out")
    assert rows(entry["path"]).height == 4 and "Thackeray" not in told(entry["path"])


SECRET = """
name: test
stages:
  raw: {sources: [{name: a, path: "%s"}]}
  corpus:  # for Jack O'Hara
    sources: [{name: raw, from: raw}]
    steps:
      - pii: {deny: {PERSON: ['Jack O''Hara', "Jos\\u00e9 Roe"]}, names: false}
"""


def test_no_manifest_of_the_pipeline_repeats_a_deny_list(tmp_path: Path) -> None:
    source = files(tmp_path)[0]["path"]
    (tmp_path / "p.yaml").write_text(SECRET % source)
    entries = run(str(tmp_path / "p.yaml"), out=str(tmp_path / "out"), workers=1)["stages"]
    for entry in entries.values():
        text = (Path(entry["path"]) / "manifest.json").read_text()
        shown = json.loads(text)
        assert "Hara" not in text and "José" not in text and "u00e9" not in text
        assert "deny" in shown["pipeline_file"]


def test_a_users_recogniser_that_changes_builds_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    own = tmp_path / "own_codes.py"
    text = (
        "from presidio_analyzer import Pattern, PatternRecognizer\n"
        "def make():\n    return PatternRecognizer('CODE', patterns=[Pattern('c', r'{}', 0.9)])\n"
    )
    steps = [{"pii": {"recognisers": ["own_codes.make"], "entities": ["CODE"], "names": False}}]
    own.write_text(text.format("third"))
    first = made(tmp_path, steps)
    own.write_text(text.format(r"\bfloor\b"))
    assert made(tmp_path, steps)["path"] != first["path"]


def test_deny_is_stronger_than_any_rule(tmp_path: Path) -> None:
    from curate.steps.pii import pii

    frame = pl.DataFrame(
        {"id": ["a"], "source": ["s"], "text": ["Before Judge Horace\nRoe: Zyx1Q, see No. 4417."]}
    )
    deny = {"PERSON": ["horace roe"], "URL": ["Zyx1Q"], "US_SSN": ["4417"]}
    text = pii(frame, deny=deny).kept["text"][0]
    assert text == "Before Judge [PERSON_1]: [URL_1], see No. [US_SSN_1]."
