"""Killed at any moment, a run goes on where it was: nothing that the store had is asked for again."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asking
import loopback
import pytest

PLAN = [
    [0.04, "truncate", 0],
    [0.06, "malformed", 0],
    [0.04, "wrong", 0],
    [0.03, "400", 0],
    [0.05, "429", 1],
    [0.04, "500", 1],
    [0.01, "hang", 1],
    [0.03, "drop", 1],
]
N, KILLS = 500, 10


def run(url: str, store: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, asking.__file__, url, str(store), str(out), str(N)])


@pytest.mark.slow
def test_killed_at_ten_random_moments_it_pays_for_nothing_twice(tmp_path: Path) -> None:
    seed = time.time_ns()
    print(f"seed {seed}")
    moment = random.Random(seed)
    options: dict[str, Any] = {"latency": 0.05, "jitter": 0.1, "plan": PLAN, "retry_after": "0"}
    with loopback.running(**options) as url:
        calm = run(url, tmp_path / "calm", tmp_path / "calm.json")
        assert calm.wait(120) == 0
    log = tmp_path / "log"
    before: list[tuple[int, set[str]]] = []
    with loopback.running(**options, log=str(log)) as url:
        for _ in range(KILLS):
            at = log.stat().st_size
            process = run(url, tmp_path / "s", tmp_path / "s.json")
            while log.stat().st_size == at:
                time.sleep(0.01)
            time.sleep(moment.uniform(0.0, 0.6))
            assert process.poll() is None, "it was done before it was killed"
            process.kill()
            process.wait()
            time.sleep(0.2)  # what it had sent arrives
            before.append((log.stat().st_size, asking.had(tmp_path / "s")))
        last = run(url, tmp_path / "s", tmp_path / "s.json")
        assert last.wait(120) == 0
    assert (tmp_path / "s.json").read_bytes() == (tmp_path / "calm.json").read_bytes()
    sizes = [len(names) for _, names in before]
    assert sizes == sorted(sizes) and sizes[-1] > sizes[0]
    text = log.read_bytes()
    for at, names in before:
        later = [json.loads(line) for line in text[at:].splitlines()]
        again = {name for event, name, _ in later if event == "request"} & names
        assert not again
    # What was under way when it was killed was lost, and only that.
    answered = Counter(name for event, name, _ in map(json.loads, text.splitlines()) if event == "answer")
    assert sum(answered.values()) - len(answered) <= KILLS * 16
