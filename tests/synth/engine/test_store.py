"""The store of responses: kept whatever happens, read while written, one writer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from curate.errors import ConfigError, RunError
from synth.engine.answer import Reply
from synth.engine.request import Request
from synth.engine.settings import Sampling
from synth.engine.store import Store

WRITER = """
import sys
from synth.engine.answer import Reply
from synth.engine.store import Store
sys.path.insert(0, sys.argv[2])
from test_store import request
store = Store(sys.argv[1])
for number in range(100_000):
    store.put(request(number), Reply(text=f"answer {number} " * 50))
    print(number, flush=True)
"""


def request(number: int) -> Request:
    return Request("m", "r1", ({"role": "user", "content": f"question {number}"},), Sampling(), sample=number)


def writer(store: Path) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store), here], stdout=subprocess.PIPE, text=True
    )


def test_what_is_put_comes_back_whole_also_in_another_process(tmp_path: Path) -> None:
    reply = Reply("text ☃", "stop", 3, 4, "served", True, "thought")
    with Store(tmp_path / "s") as store:
        store.put(request(1), reply)
        store.put(request(1), Reply("another"))  # never replaces what is there
        store.put(request(2), Reply(error="400 no"))
    with Store(tmp_path / "s", read_only=True) as store:
        assert store.get(request(1).key) == reply
        assert store.get(request(2).key) == Reply(error="400 no")
        assert store.get(request(3).key) is None
        assert list(store) == [request(1).key, request(2).key]
        kept = store.request(request(1).key)
        assert kept and kept["messages"][0]["content"] == "question 1" and kept["revision"] == "r1"
    # Closed, it is one file: fit to be copied or put on a read-only disk.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s", "s.lock"]


def test_refusals_can_be_forgotten_and_answers_cannot(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.put(request(1), Reply("text"))
        store.put(request(2), Reply(error="400 no"))
        store.forget([request(1).key, request(2).key])
        assert list(store) == [request(1).key]


def test_killed_amid_writing_it_has_all_that_was_put(tmp_path: Path) -> None:
    process = writer(tmp_path / "s")
    assert process.stdout
    done = -1
    for line in process.stdout:
        done = int(line)
        if done == 300:
            process.send_signal(signal.SIGKILL)
    process.wait()
    with Store(tmp_path / "s") as store:  # the lock went with the process
        assert len(store) in (done + 1, done + 2)
        assert all(store.get(request(n).key) == Reply(text=f"answer {n} " * 50) for n in range(done + 1))


def test_torn_writes_lose_only_what_they_tear(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    for number in range(100):
        store.put(request(number), Reply(text=f"answer {number}"))
    size = (tmp_path / "s-wal").stat().st_size
    before = -1
    for at in [size // 10, size // 2, size // 2 + 777, size - 3000, size - 1, size]:
        torn = tmp_path / f"torn{at}"
        shutil.copy(tmp_path / "s", torn)
        shutil.copy(tmp_path / "s-wal", f"{torn}-wal")
        os.truncate(f"{torn}-wal", at)
        with open(f"{torn}-wal", "ab") as tail:
            tail.write(os.urandom(5000))  # what a torn write may leave behind
        with Store(torn) as left:
            keys = list(left)
        assert keys == [request(n).key for n in range(len(keys))]  # from the first on, without a hole
        assert before <= len(keys)
        before = len(keys)
    assert before == 100
    store.close()


def test_readers_see_whole_answers_while_it_is_written(tmp_path: Path) -> None:
    process = writer(tmp_path / "s")
    try:
        assert process.stdout
        seen, readers = 0, []
        for line in process.stdout:
            number = int(line)
            if number == 0:
                readers = [Store(tmp_path / "s", read_only=True) for _ in range(3)]
            for reader in readers:
                assert reader.get(request(number).key) == Reply(text=f"answer {number} " * 50)
                seen += 1
            if number == 200:
                break
        assert seen == 603
        with pytest.raises(ConfigError, match="another run is writing"):
            Store(tmp_path / "s")
        with pytest.raises(RunError, match="readonly"):
            readers[0].put(request(-1), Reply("x"))
    finally:
        process.kill()
        process.wait()


def test_what_is_no_store_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("not a database, and long enough to be looked at as one " * 100)
    with pytest.raises(RunError, match="cannot be used"):
        Store(tmp_path / "s")
    with pytest.raises(ConfigError, match="no such store"):
        Store(tmp_path / "none", read_only=True)
