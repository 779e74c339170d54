"""Publishing to a folder or an fsspec address: the same layout, only what changed, nothing believed that broke off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from click.testing import CliRunner
from hub_server import Hub
from published import records

from curate.cli import main
from curate.errors import ConfigError
from curate.publish import folder as folders
from curate.publish.publish import publish

Make = Callable[..., str]


@pytest.fixture(params=["folder", "file", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    kinds = {"folder": f"{tmp_path}/set", "file": f"file://{tmp_path}/set", "memory": "memory://bucket/set"}
    yield kinds[request.param]
    fs = fsspec.filesystem("memory")
    if fs.exists("/bucket"):
        fs.rm("/bucket", recursive=True)


def contents(target: str) -> dict[str, bytes]:
    fs, bare = fsspec.core.url_to_fs(target)
    return {path[len(bare) :].lstrip("/"): fs.cat_file(path) for path in fs.find(bare)}


def test_the_layout_is_that_of_the_hub(hub: Hub, artefact: Make, target: str) -> None:
    folder = artefact()
    publish(folder, "owner/set")
    publish(folder, target)
    there, here = hub.files("owner/set"), contents(target)
    assert set(here) == set(there) - {".gitattributes"}
    differ = {path for path in here if here[path] != there[path]}
    assert differ == {"README.md", "croissant.json"}  # they name their place


def test_only_what_changed_is_written(artefact: Make, target: str) -> None:
    first = artefact()
    publish(first, target)
    before = contents(target)
    lines: list[str] = []
    assert publish(first, target, say=lines.append)["sent"]["files"] == 0
    assert "is up to date" in lines[-1]
    told = publish(artefact(records(100, changed=(40,))), target)
    after = contents(target)
    assert told["sent"]["files"] == sum(before.get(path) != after[path] for path in after) <= 6
    fewer = publish(artefact(records(50)), target)
    data = [path for path in contents(target) if path.startswith("data/")]
    assert fewer["deleted"] > 0 and len(data) == len(
        [p for p in data if p.endswith(f"{len(data):05d}.parquet")]
    )


def test_a_broken_off_writing_is_mended(artefact: Make, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = artefact(), artefact(records(100, changed=tuple(range(100))))
    publish(first, target)
    wanted = contents(target)
    write, written = folders._write, []

    def fail(target: str, file: folders.File) -> int:
        if len(written) == 3:
            raise OSError("the disk is full")
        written.append(file.path)
        return write(target, file)

    monkeypatch.setattr(folders, "_write", fail)
    with pytest.raises(OSError, match="the disk is full"):
        publish(second, target)
    monkeypatch.setattr(folders, "_write", write)
    assert folders.UNFINISHED in contents(target)
    assert contents(target)["README.md"] == wanted["README.md"]  # the card changes last
    publish(first, target)
    assert contents(target) == wanted


def test_digests_are_believed_only_when_nothing_broke_off(artefact: Make, target: str) -> None:
    folder = artefact()
    publish(folder, target)
    wanted = contents(target)
    fs, bare = fsspec.core.url_to_fs(target)
    shard = min(path for path in wanted if path.startswith("data/"))
    fs.pipe_file(f"{bare}/{shard}", bytes(len(wanted[shard])))  # the same size
    fs.pipe_file(f"{bare}/{folders.UNFINISHED}", b"")
    publish(folder, target)
    assert contents(target) == wanted


def test_the_command_tells_people_and_machines(artefact: Make, tmp_path: Path) -> None:
    folder = artefact()
    dry = CliRunner().invoke(main, ["publish", folder, f"{tmp_path}/set", "--dry-run"])
    assert dry.exit_code == 0 and "data/train-00000-of-" in dry.stdout and "## Sources" in dry.stdout
    assert not (tmp_path / "set").exists()
    done = CliRunner().invoke(main, ["publish", folder, f"{tmp_path}/set", "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout.splitlines()[-1])["sent"]["files"] > 3
    assert "wrote data/train-00000" in done.stderr
    wrong = CliRunner().invoke(main, ["publish", folder, f"{tmp_path}/set", "--override", "pii"])
    assert wrong.exit_code == 2
    none = CliRunner().invoke(main, ["publish", str(tmp_path), "owner/set"])
    assert none.exit_code == 2 and "holds no artefact" in none.stderr


def test_options_for_the_hub_alone_are_refused(artefact: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="for repositories on the Hub"):
        publish(artefact(), f"{tmp_path}/set", private=True)
