"""The secret: from the environment or kept, private to its owner, one for processes that race."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from curate.pii.keys import VARIABLE, Key, key_id, load_key


@pytest.fixture(autouse=True)
def _no_phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "private"
    key = load_key(folder)
    assert len(key.secret) == 32
    assert load_key(folder) == key
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [p.name for p in folder.iterdir()] == ["key"]
    assert load_key(tmp_path / "other") != key


def test_a_phrase_gives_the_same_key_everywhere_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "correct horse")
    key = load_key(tmp_path / "private")
    assert key == load_key(None)
    # Stretched as documented: fixed here, because a change would break every corpus that is kept up to date.
    assert key.id == "5613eb50d031"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(VARIABLE, "correct horses")
    assert load_key(None).id != key.id


def test_the_id_tells_keys_apart_and_the_secret_is_not_shown() -> None:
    one, other = Key(b"a" * 32), Key(b"b" * 32)
    assert one.id == key_id(b"a" * 32) != other.id
    assert len(one.id) == 12
    assert "aaaa" not in repr(one)


def test_no_phrase_and_no_folder_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="set CURATE_PII_KEY"):
        load_key(None)


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_damaged_key_is_an_error_without_its_content(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(ValueError, match="64 hex digits") as told:
        load_key(tmp_path)
    assert not content or content not in str(told.value)


def _load(folder: Path, queue: multiprocessing.Queue[str]) -> None:
    queue.put(load_key(folder).id)


def test_processes_that_race_get_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[str] = context.Queue()
    processes = [context.Process(target=_load, args=(tmp_path / "private", queue)) for _ in range(8)]
    for process in processes:
        process.start()
    ids = {queue.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()
    assert len(ids) == 1
    assert [p.name for p in (tmp_path / "private").iterdir()] == ["key"]
