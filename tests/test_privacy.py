"""A stage that takes private data out: dropped rows, names of files, errors, evidence, the second look."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline

from curate.cli import main
from curate.errors import ConfigError, RunError

SECRETS = [f"SECRET-{n}" for n in range(1000, 1060)]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURATE_PII_KEY", raising=False)


def sources(tmp_path: Path, *, n: int = 60) -> list[dict[str, object]]:
    """Files called after secrets; texts, titles, keys and other fields that hold them; two that cannot be read."""
    for i, secret in enumerate(SECRETS[:n]):
        own = {"key": secret, "title": f"on {secret}", "who": secret, "n": i}
        texts = [
            f"text {i} of {secret} and {secret}",
            f"short {secret}",
            f"text {i} of {secret} and {secret}",
        ]
        write_jsonl(tmp_path / "in" / f"{secret}.jsonl", [{"text": text} | own for text in texts])
    with open(tmp_path / "in" / f"{SECRETS[0]}.jsonl", "a") as handle:
        handle.write('{"text": null, "SECRET-1000": 1}\n{"text": "cut SECRET-1000\n')
    return [{"name": "a", "path": f"{tmp_path}/in/*.jsonl", "max_failed": 0.5}]


STEPS = [
    {"where": "text NOT LIKE 'short%'"},
    "exact_duplicates",
    {"hides.secrets": {}},
    {"sample": {"rate": 0.9}},
]


def pipeline(tmp_path: Path, steps: list[object] = STEPS, **stage: object) -> str:
    stage = {"sources": sources(tmp_path), "steps": steps, "task_size": 3000} | stage
    return write_pipeline(tmp_path / "p.yaml", {"corpus": stage})


def everything(folder: Path) -> str:
    """All that stands in the files of an artefact but its `private/`: Parquet read back with its statistics."""
    told = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "private" not in path.relative_to(folder).parts:
            told.append(f"{path.relative_to(folder)}\n{path.read_bytes()!r}")
            if path.suffix == ".parquet":
                told.append(str(pl.read_parquet(path).to_dicts()))
    return "\n".join(told)


def test_no_secret_is_left_in_any_file(tmp_path: Path) -> None:
    entry = build(pipeline(tmp_path), tmp_path / "out")
    assert entry["read"] == 182 and entry["failed"] == 2
    told = everything(Path(entry["path"]))
    assert [secret for secret in SECRETS if secret in told] == []
    dropped = rows(entry["path"], "dropped")
    assert set(dropped["step"]) == {"where", "exact_duplicates", "sample"}
    assert dropped["text"].str.contains("█").all()
    assert dropped.height == entry["dropped"]


def test_rows_keep_their_order_and_their_reasons(tmp_path: Path) -> None:
    plain = build(pipeline(tmp_path, STEPS[:2]), tmp_path / "plain")
    entry = build(pipeline(tmp_path, STEPS[:3]), tmp_path / "out")
    was, now = (rows(e["path"], "dropped").select("step", "reason", "metadata") for e in (plain, entry))
    assert now.with_columns(metadata=None).equals(was.with_columns(metadata=None))
    assert [json.loads(m)["n"] for m in now["metadata"]] == [json.loads(m)["n"] for m in was["metadata"]]


def test_ids_and_keys_are_the_same_under_the_same_key_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pipeline(tmp_path)
    ids = []
    for out, key in (("one", "k"), ("two", "k"), ("three", "other")):
        monkeypatch.setenv("CURATE_PII_KEY", key)
        ids.append(set(rows(build(file, tmp_path / out)["path"])["key"]))
    assert ids[0] == ids[1]
    assert not ids[0] & ids[2]


def test_the_same_bytes_with_two_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "k")
    file = pipeline(tmp_path)
    one, two = (build(file, tmp_path / f"out{n}", workers=n) for n in (1, 2))
    assert bytes_of(one["path"]) == bytes_of(two["path"])
    assert one["path"].rpartition("/")[2] == two["path"].rpartition("/")[2]


def test_a_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    file = pipeline(tmp_path)
    first = build(file, tmp_path / "out")
    key = tmp_path / "out" / "private" / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    own = Path(first["path"]) / "private"
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert (own / "key").read_text() == key.read_text()
    assert build(file, tmp_path / "out")["status"] == "reused"
    key.unlink()
    assert build(file, tmp_path / "out")["status"] == "built", "another key is another corpus"


def test_the_users_key_is_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "my own words")
    entry = build(pipeline(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out" / "private" / "key").exists()
    assert not (Path(entry["path"]) / "private" / "key").exists()
    assert b"my own words" not in b"".join(
        p.read_bytes() for p in Path(entry["path"]).rglob("*") if p.is_file()
    )


def test_evidence_is_counted_over_all_tasks(tmp_path: Path) -> None:
    entry = build(pipeline(tmp_path), tmp_path / "out")
    assert rows(entry["path"], "evidence/hides.secrets/found").rows() == [("secret", 120)]


def test_secret_parameters_stand_in_no_manifest(tmp_path: Path) -> None:
    steps = [{"hides.secrets": {"deny": ["John Roe", "Jane Doe"]}}]
    entry = build(pipeline(tmp_path, steps), tmp_path / "out")
    told = (Path(entry["path"]) / "manifest.json").read_text()
    assert "Roe" not in told and "Doe" not in told
    steps[0]["hides.secrets"]["deny"].append("Mary Major")
    assert build(pipeline(tmp_path, steps), tmp_path / "out")["status"] == "built", "they shape the output"


def test_a_spelled_out_file_keeps_its_name(tmp_path: Path) -> None:
    sources(tmp_path)
    given = [{"name": "a", "path": f"{tmp_path}/in/{SECRETS[3]}.jsonl"}]
    entry = build(pipeline(tmp_path, [{"hides.secrets": {}}], sources=given), tmp_path / "out")
    assert rows(entry["path"])["id"][0].startswith(f"a/{SECRETS[3]}.jsonl#")


def test_an_error_of_a_step_quotes_no_secret(tmp_path: Path) -> None:
    steps = ["faulty.quotes_text", {"hides.secrets": {}}]
    with pytest.raises(RunError) as raised:
        build(pipeline(tmp_path, steps), tmp_path / "out")
    assert "SECRET-1" not in str(raised.value) and "█" in str(raised.value)


def test_private_data_are_taken_out_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="taken out once"):
        build(pipeline(tmp_path, [{"hides.secrets": {}}, {"hides.secrets": {}}]), tmp_path / "out")


def test_documents_of_a_stage_that_did_not_hide_ids_get_others(tmp_path: Path) -> None:
    stages = {
        "raw": {"sources": sources(tmp_path), "steps": []},
        "clean": {"sources": [{"name": "b", "from": "raw"}], "steps": [{"hides.secrets": {}}]},
        "again": {"sources": [{"name": "c", "from": "clean"}], "steps": [{"hides.secrets": {}}]},
    }
    file = write_pipeline(tmp_path / "p.yaml", stages)
    build(file, tmp_path / "out", "again")
    latest = json.loads((tmp_path / "out" / "latest.json").read_text())
    clean, again = (tmp_path / "out" / latest[stage] for stage in ("clean", "again"))
    assert "SECRET-1" in everything(tmp_path / "out" / latest["raw"])
    assert "SECRET-1" not in everything(clean)
    assert rows(str(clean))["id"].to_list() == rows(str(again))["id"].to_list()


def leaky(tmp_path: Path, **params: object) -> str:
    """Two of three documents are left as the second look finds them."""
    records = [{"text": f"{word} {i}"} for i in range(20) for word in ("left", "left", "gone")]
    write_jsonl(tmp_path / "x" / "1.jsonl", records)
    stage = {"sources": [{"name": "a", "path": f"{tmp_path}/x"}], "steps": [{"hides.secrets": params}]}
    return write_pipeline(tmp_path / "leaky.yaml", {"corpus": stage})


def test_the_second_look_is_told_and_its_gate_ends_with_3(tmp_path: Path) -> None:
    entry = build(leaky(tmp_path), tmp_path / "out")
    assert entry["status"] == "built"
    found = json.loads((Path(entry["path"]) / "manifest.json").read_text())["audit"]
    assert (found["sampled"], found["touched"]) == (60, 40)
    assert rows(entry["path"], "evidence/hides.secrets/residual").rows() == [("LEFT", "word", "x", 40)]
    command = ["run", leaky(tmp_path, max_residual=0.5), "--out", str(tmp_path / "out")]
    for _ in range(2):  # the artefact is there, and is judged by the limits as they are now, again and again
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 3, result.output
        assert "40 of 60" in result.output
    assert CliRunner().invoke(main, ["run", leaky(tmp_path, max_residual=0.7), *command[2:]]).exit_code == 0


def test_the_second_look_takes_a_sample(tmp_path: Path) -> None:
    entry = build(leaky(tmp_path, audit=15), tmp_path / "out")
    found = json.loads((Path(entry["path"]) / "manifest.json").read_text())["audit"]
    assert 5 <= found["sampled"] <= 30
    entry = build(leaky(tmp_path, audit=0), tmp_path / "out")
    assert "audit" not in json.loads((Path(entry["path"]) / "manifest.json").read_text())


def test_what_was_hidden_is_revealed_to_who_has_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_PII_KEY", "k")
    steps = [{"hides.secrets": {"vault": True}}]
    entry = build(pipeline(tmp_path, steps), tmp_path / "out")
    first = rows(entry["path"]).row(0, named=True)
    result = CliRunner().invoke(main, ["reveal", entry["path"], first["id"], first["key"], "--json"])
    told = json.loads(result.stdout)
    assert [row["original"] for row in told] == [f"{told[1]['original']}.jsonl", told[1]["original"]]
    assert told[1]["original"] in SECRETS
    monkeypatch.setenv("CURATE_PII_KEY", "other")
    assert CliRunner().invoke(main, ["reveal", entry["path"], first["id"]]).exit_code == 2
    monkeypatch.delenv("CURATE_PII_KEY")
    result = CliRunner().invoke(main, ["reveal", entry["path"], first["id"]])
    assert result.exit_code == 2 and "CURATE_PII_KEY" in result.output


FAULTS = """
from curate.step import step
import polars as pl

@step()
def boom(batches):
    for batch in batches:
        int(batch["text"][0])
        yield batch
"""


@pytest.mark.parametrize("broken", ["step", "scrubber"])
def test_no_log_and_no_error_quotes_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Of a task that fails datatrove logs the words, and the values of variables around: not in such a stage."""
    monkeypatch.setenv("CURATE_PII_KEY", "the phrase that nobody may know")
    (tmp_path / "failing.py").write_text(FAULTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    steps: list[object] = ["failing.boom", {"hides.secrets": {"audit": 0}}]
    if broken == "scrubber":
        (tmp_path / "broken.py").write_text(BROKEN)
        steps = ["failing.boom", "broken.hider"]
    with pytest.raises(RunError) as error:
        build(pipeline(tmp_path, steps), tmp_path / "out")
    told = str(error.value) + everything(tmp_path / "out" / "work")
    assert "SECRET" not in told and "ValueError" in told
    assert stat.S_IMODE((tmp_path / "out" / "work").stat().st_mode) == 0o700


BROKEN = """
from curate.step import step

class Broken:
    def __init__(self, params, key):
        self.key = key

    def file(self, name):
        return "f" + str(hash(name))

    name = file

    def strings(self, values):
        raise RuntimeError(f"cannot hide {values}")

@step(rewrites=True, scrubber=Broken)
def hider(batches):
    yield from batches
"""
