"""Files by path, folder, glob and list; retries; commit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import fsspec
import pytest

from curate import storage


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/x.jsonl", "a/deep/y.jsonl", "b/x.jsonl", "a/.hidden/z.jsonl", "a/.z.jsonl", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def memory() -> Any:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    yield fs
    fs.store.clear()


def names(*paths: object) -> list[str]:
    return [info.name for info in storage.listing([str(p) for p in paths])]


def test_names_are_relative_to_what_was_given(tree: Path):
    assert names(tree / "a/x.jsonl") == ["x.jsonl"]
    assert names(tree / "a") == names(f"{tree}/a/") == ["deep/y.jsonl", "x.jsonl"]
    assert names(tree / "*/x.jsonl") == ["a/x.jsonl", "b/x.jsonl"]
    assert names(tree / "**/*.jsonl") == ["a/deep/y.jsonl", "a/x.jsonl", "b/x.jsonl"]
    assert names(tree / "a/*.jsonl", tree / "c.txt") == ["c.txt", "x.jsonl"]


def test_names_that_would_repeat_are_relative_to_the_common_parent(tree: Path):
    assert names(tree / "a/x.jsonl", tree / "b/x.jsonl") == ["a/x.jsonl", "b/x.jsonl"]


def test_a_file_matched_twice_is_listed_once(tree: Path):
    assert names(tree / "a", tree / "a/x.jsonl") == ["deep/y.jsonl", "x.jsonl"]


def test_a_hidden_file_is_read_when_it_is_named(tree: Path):
    assert names(tree / "a/.z.jsonl") == [".z.jsonl"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path):
    (tmp_path / "[1].txt").write_text("x")
    assert names(tmp_path / "[1].txt") == ["[1].txt"]


def test_size_and_stamp_tell_of_change(tree: Path):
    (before,) = storage.listing([str(tree / "c.txt")])
    (tree / "c.txt").write_text("changed")
    (after,) = storage.listing([str(tree / "c.txt")])
    assert (before.size, after.size) == (5, 7)
    assert before.stamp and before.stamp != after.stamp


def test_a_path_without_files_is_named(tree: Path):
    with pytest.raises(FileNotFoundError, match=r"no file matches '.*nothing'"):
        storage.listing([str(tree / "a"), str(tree / "nothing")])


def test_other_file_systems(memory: Any):
    memory.pipe({"/d/x.txt": b"1", "/d/e/y.txt": b"22", "/f/x.txt": b"3"})
    found = storage.listing(["memory://d"])
    assert [(f.name, f.size) for f in found] == [("e/y.txt", 2), ("x.txt", 1)]
    assert storage.open_file(found[0].path).read() == b"22"
    assert names("memory://d/**/*.txt") == ["e/y.txt", "x.txt"]
    assert names("memory://d", "memory://f") == ["d/e/y.txt", "d/x.txt", "f/x.txt"]


def test_a_read_that_breaks_off_goes_on_where_it_was(memory: Any, monkeypatch: pytest.MonkeyPatch):
    data = bytes(range(256)) * 10
    memory.pipe("/a", data)
    monkeypatch.setattr(storage, "CHUNK_BYTES", 100)
    monkeypatch.setattr(storage, "RETRY_SECONDS", (0.0, 0.0))
    real, opened = storage.open_file, []

    def flaky(path: str, options: Any = None) -> Any:
        file = real(path, options)
        opened.append(file)
        take, calls = file.read, iter(range(3))

        class Breaks(io.RawIOBase):
            seek = staticmethod(file.seek)  # type: ignore[assignment]

            def read(self, size: int = -1) -> bytes:
                if next(calls, None) is None:
                    raise ConnectionError("reset by peer")
                return take(size)

        return Breaks()

    monkeypatch.setattr(storage, "open_file", flaky)
    assert b"".join(storage.read_chunks("memory://a", start=7)) == data[7:]
    assert len(opened) > 3


def test_an_error_that_stays_is_raised_after_the_last_try(memory: Any, monkeypatch: pytest.MonkeyPatch):
    tries = []

    def broken(path: str, options: Any = None) -> Any:
        tries.append(path)
        raise ConnectionError("no route")

    monkeypatch.setattr(storage, "RETRY_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(storage, "open_file", broken)
    with pytest.raises(ConnectionError):
        list(storage.read_chunks("memory://a"))
    assert len(tries) == 3
    with pytest.raises(ConnectionError):
        list(storage.read_chunks("/local"))
    assert len(tries) == 4, "a local error is no passing one"


def test_a_missing_remote_file_is_not_tried_again(memory: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage.time, "sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(FileNotFoundError):
        list(storage.read_chunks("memory://nothing"))


def test_commit_shows_a_file_whole_or_not_at_all(tmp_path: Path):
    target = tmp_path / "out/a.txt"
    with storage.committed(str(target)) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    with pytest.raises(RuntimeError), storage.committed(str(target)) as file:
        file.write(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"new"
    assert [p.name for p in target.parent.iterdir()] == ["a.txt"]
    assert target.stat().st_mode & 0o777 == (tmp_path / "out").stat().st_mode & 0o666


def test_commit_elsewhere(memory: Any):
    with pytest.raises(RuntimeError), storage.committed("memory://out/a.txt") as file:
        raise RuntimeError
    assert not memory.exists("/out/a.txt")
    with storage.committed("memory://out/a.txt") as file:
        file.write(b"new")
    assert memory.cat("/out/a.txt") == b"new"
