"""The command line: exit codes, what goes to which stream, and that every command and option is documented."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner, Result
from helpers import rows, texts, write_jsonl, write_pipeline

from curate import manifest
from curate.cli import main
from curate.usage import step_names


def call(*arguments: str) -> Result:
    """The command with its two streams apart."""
    return CliRunner().invoke(main, list(arguments))


def small(tmp_path: Path, **stage: object) -> str:
    """A pipeline over ten documents and a broken line."""
    if not (tmp_path / "in").exists():
        write_jsonl(tmp_path / "in" / "a.jsonl", texts(10))
        with open(tmp_path / "in" / "a.jsonl", "a") as handle:
            handle.write("{broken\n")
    source = {"name": "a", "path": f"{tmp_path}/in/*.jsonl", "max_failed": 0.5}
    stage = {"sources": [source], "steps": [{"where": "text NOT LIKE '%number 3.%'"}]} | stage
    return write_pipeline(tmp_path / "p.yaml", {"corpus": stage})


def test_run_ends_with_one_json_object_on_standard_output(tmp_path: Path) -> None:
    done = call("run", small(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1", "--json")
    assert done.exit_code == 0
    (line,) = done.stdout.splitlines()
    entry = json.loads(line)["stages"]["corpus"]
    assert {k: entry[k] for k in ("status", "read", "kept", "dropped", "failed")} == {
        "status": "built",
        "read": 11,
        "kept": 9,
        "dropped": 1,
        "failed": 1,
    }
    assert Path(entry["path"], "manifest.json").exists() and entry["seconds"] >= 0
    assert "1 could not be read" in done.stderr and "where" in done.stderr


def test_exit_codes_tell_a_failed_run_from_a_wrong_file(tmp_path: Path) -> None:
    pipeline = small(tmp_path)
    Path(pipeline).write_text(Path(pipeline).read_text().replace('"max_failed": 0.5', '"max_failed": 0.0'))
    failed = call("run", pipeline, "--out", str(tmp_path / "out"), "--workers", "1", "--json")
    assert failed.exit_code == 1 and json.loads(failed.stdout)["stages"]["corpus"]["status"] == "failed"
    wrong = call("run", small(tmp_path, steps=["wher"]), "--out", str(tmp_path / "out"))
    assert wrong.exit_code == 2 and "did you mean 'where'" in wrong.stderr and not wrong.stdout
    assert call("run", str(tmp_path / "none.yaml")).exit_code == 2
    assert call("run", pipeline, "--var", "nonsense").exit_code == 2


def test_check_tells_what_would_be_built_and_why(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    fresh = call("check", small(tmp_path), "--out", out)
    assert fresh.exit_code == 0 and "never built" in fresh.stdout and "1 task" in fresh.stdout
    call("run", small(tmp_path), "--out", out, "--workers", "1")
    assert "corpus: reuse" in call("check", small(tmp_path), "--out", out).stdout
    changed = call("check", small(tmp_path, steps=[{"where": "text = 'x'"}]), "--out", out, "--json")
    plan = json.loads(changed.stdout)["stages"]["corpus"]
    assert plan["status"] == "build" and any("steps[0].where.expr" in reason for reason in plan["reasons"])
    with open(tmp_path / "in" / "a.jsonl", "a") as handle:
        handle.write('{"text": "more"}\n')
    assert "1 changed files (such as a.jsonl)" in call("check", small(tmp_path), "--out", out).stdout


def test_inspect_shows_kept_dropped_and_failed(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    call("run", small(tmp_path), "--out", out, "--workers", "1")
    assert "3 of 9 rows" in call("inspect", out, "-n", "3").stdout
    dropped = call("inspect", out, "--dropped").stdout
    assert "reason" in dropped and "number 3." in dropped
    assert "malformed" in call("inspect", out, "--failed").stdout
    found = call("inspect", out, "--where", "text LIKE '%number 7.%'", "--json").stdout
    assert [json.loads(line)["key"] for line in found.splitlines()] == ["d7"]
    sampled = [call("inspect", out, "--sample", "4", "--json").stdout for _ in range(2)]
    assert sampled[0] == sampled[1] and len(sampled[0].splitlines()) == 4
    wrong = call("inspect", out, "--where", "wrods > 3")
    assert wrong.exit_code == 2 and "wrods" in wrong.stderr and "columns: id" in wrong.stderr
    assert call("inspect", str(tmp_path)).exit_code == 2


def test_inspect_writes_json_that_any_parser_takes(tmp_path: Path) -> None:
    pl.DataFrame({"text": ["é\u2028"], "score": [float("nan")]}).write_parquet(tmp_path / "x.parquet")
    (line,) = call("inspect", f"{tmp_path}/x.parquet", "--json").stdout.rstrip("\n").split("\n")
    assert json.loads(line, parse_constant=pytest.fail) == {"text": "é\u2028", "score": None}


def test_inspect_reads_one_shard(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    done = call("run", small(tmp_path), "--out", out, "--workers", "1", "--json")
    shard = json.loads(done.stdout)["stages"]["corpus"]["path"] + "/data/00000.parquet"
    assert "2 of 9 rows" in call("inspect", shard, "-n", "2").stdout


def test_what_a_user_can_run_into_is_a_message_not_a_traceback(tmp_path: Path) -> None:
    pipeline, out = small(tmp_path), tmp_path / "out[1]"
    call("run", pipeline, "--out", str(out), "--workers", "1")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.parquet").write_text("no parquet")
    told: list[tuple[list[str], int, str]] = [
        (["run", pipeline, "--out", f"{tmp_path}/file.parquet"], 1, "Not a directory"),
        (["check", pipeline, "--out", f"{tmp_path}/file.parquet"], 1, "Not a directory"),
        (["inspect", f"{tmp_path}/file.parquet"], 2, "file.parquet"),
        (["inspect", str(out), "--where", "CAST(text AS INT) > 1"], 2, "conversion from `str`"),
        (["inspect", str(out), "--sample", "1", "--seed", "-1"], 2, "--seed"),
        (["init", f"{tmp_path}/empty"], 1, "no file matches"),
        (["init", f"{tmp_path}/in", "-o", f"{tmp_path}/none/x.yaml"], 1, "No such file"),
        (["steps", ".where"], 2, "there is no step"),
    ]
    for arguments, code, part in told:
        got = call(*arguments)
        assert (got.exit_code, part in got.stderr) == (code, True), (arguments, got.stderr, got.exception)
    assert call("inspect", str(out)).exit_code == 0  # a path is no pattern
    (out / "latest.json").write_text("{")
    assert "latest.json is not what curate wrote" in call("inspect", str(out)).stderr


def test_init_writes_a_pipeline_that_checks(tmp_path: Path) -> None:
    renamed = [{"docket": r["id"], "opinion": r["text"]} for r in texts(5)]
    write_jsonl(tmp_path / "heap" / "opinions" / "a.jsonl", renamed)
    (tmp_path / "heap" / "notes.md").write_text("# Note\n\nText.\n")
    (tmp_path / "heap" / "scan.tiff").write_bytes(b"II*\0")
    target = str(tmp_path / "start.yaml")
    assert call("init", str(tmp_path / "heap"), "-o", target).exit_code == 0
    text = Path(target).read_text()
    assert 'opinions/**/*.jsonl", columns: {text: "opinion"}' in text
    assert "left out: 1 files with .tiff" in text
    checked = call("check", target, "--out", str(tmp_path / "out"))
    assert checked.exit_code == 0, checked.stderr
    assert call("init", str(tmp_path / "heap"), "-o", target).exit_code == 2  # nothing is overwritten


def test_a_starter_pipeline_reads_every_file_once_whatever_it_is_called(tmp_path: Path) -> None:
    names = [
        "notes.md",
        "A.MD",
        "Écrits/notes.md",
        "Écrits/B.Md",
        "Écrits/v.1/c.jsonl.GZ",
        "[y] {z}/notes.md",
        "[y] {z}/1/n.md",
    ]
    for name in names:
        path = tmp_path / "heap" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b'{"text": "x"}\n') if name.endswith("GZ") else b"# Note\n\nText.\n")
    target, out = str(tmp_path / "start.yaml"), str(tmp_path / "out")
    call("init", str(tmp_path / "heap"), "-o", target)
    Path(target).write_text(Path(target).read_text().partition("    steps:")[0])
    done = call("run", target, "--out", out, "--workers", "1")
    assert done.exit_code == 0, done.stderr
    assert rows(manifest.find(out)[0]).height == len(names)


def test_clean_removes_what_nothing_refers_to(tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("run", small(tmp_path), "--out", str(out), "--workers", "1")
    call("run", small(tmp_path, steps=[], keep_work=True), "--out", str(out), "--workers", "1")
    assert len(list(out.glob("corpus-*"))) == 2 and (out / "work" / "stages").exists()
    assert call("clean", str(out)).exit_code == 0
    (left,) = out.glob("corpus-*")
    assert rows(str(left)).height == 10 and not (out / "work" / "stages").exists()
    assert "nothing to remove" in call("clean", str(out)).stderr
    assert call("clean", str(tmp_path)).exit_code == 2


def test_clean_keeps_what_kept_artefacts_were_made_from_and_what_is_not_ours(tmp_path: Path) -> None:
    out, stages = tmp_path / "out", json.loads(Path(small(tmp_path)).read_text())["stages"]
    stages["more"] = {"sources": [{"name": "c", "from": "corpus"}]}
    both = write_pipeline(tmp_path / "q.yaml", stages)
    call("run", both, "--out", str(out), "--workers", "1")
    call(
        "run", small(tmp_path, steps=[]), "--out", str(out), "--workers", "1"
    )  # another corpus, the same more
    (out / "mine" / "data").mkdir(parents=True)
    (out / "extension").mkdir()
    (out / "extension" / "manifest.json").write_text("{}")
    assert "nothing to remove" in call("clean", str(out)).stderr
    assert len(list(out.glob("corpus-*"))) == 2 and (out / "mine").exists() and (out / "extension").exists()


def test_accept_code_keeps_an_artefact_over_a_change_of_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "out")
    call("run", small(tmp_path), "--out", out, "--workers", "1")
    from curate import plan

    real = plan.closure

    def other(modules: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        code, libraries = real(modules)
        return code | {"curate.step": "changed"}, libraries | {"polars": "99"}

    monkeypatch.setattr(plan, "closure", other)
    assert "code changed: curate.step" in call("check", small(tmp_path), "--out", out).stdout
    kept = call("run", small(tmp_path), "--out", out, "--workers", "1", "--accept-code", "--json")
    assert json.loads(kept.stdout)["stages"]["corpus"]["status"] == "reused"
    changed = call("check", small(tmp_path, steps=[]), "--out", out, "--accept-code", "--json")
    assert json.loads(changed.stdout)["stages"]["corpus"]["status"] == "build"


def test_every_step_is_documented_with_its_parameters() -> None:
    overview = call("steps").stdout
    for name in step_names():
        assert f"  {name} " in overview
        told = call("steps", name)
        assert told.exit_code == 0 and len(told.stdout.splitlines()) > 3, name
    assert "keep" in call("steps", "language").stdout and "required" in call("steps", "where").stdout
    unknown = call("steps", "exact_duplicate")
    assert unknown.exit_code == 2 and "did you mean 'exact_duplicates'" in unknown.stderr


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """All commands below a group."""
    found = []
    for name, command in group.commands.items():
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize(
    ("path", "command"), commands(main), ids=lambda v: " ".join(v) if isinstance(v, tuple) else ""
)
def test_every_command_and_option_has_help(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    assert call(*path, "--help").exit_code == 0
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, (path, parameter.name)


def test_help_imports_nothing_heavy() -> None:
    heavy = {"polars", "pyarrow", "numba", "pydantic", "yaml"}
    code = f"import sys, curate.cli; print(sorted({heavy!r} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_run_from_python_is_the_same_as_the_command(tmp_path: Path) -> None:
    script = tmp_path / "script.py"  # without the __main__ guard that multiprocessing would ask for
    call_ = f"curate.run({small(tmp_path)!r}, out={str(tmp_path / 'out')!r})"
    script.write_text(f"import curate\nprint({call_}['stages']['corpus']['kept'])")
    assert subprocess.check_output([sys.executable, str(script)], text=True).strip() == "9"
