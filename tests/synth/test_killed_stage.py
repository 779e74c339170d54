"""`kill -9` of a whole `curate run` at ten moments, against a server that fails in every way it can: nothing that was
received is paid for again, and in the end nothing shows that anything happened."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import loopback
import pytest
from asking import had
from helpers import build, bytes_of, rows, write_jsonl, write_pipeline
from test_stage import contracts

from curate import manifest

#: Of every hundred requests so many meet each of these, once or at every try.
PLAN = [
    [0.05, "429", 1],
    [0.05, "500", 1],
    [0.02, "hang", 1],
    [0.03, "drop", 1],
    [0.05, "truncate", 0],
    [0.06, "malformed", 0],
    [0.05, "wrong", 0],
]
SERVER: dict[str, Any] = {"writes": True, "plan": PLAN, "retry_after": "0", "latency": 0.15, "jitter": 0.2}
KILLS, IN_FLIGHT = 10, 8
SEED = 20
#: A run is killed so many seconds behind its first request, at most: all ten together do not end the work.
LATEST = 0.6


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("killed")
    write_jsonl(folder / "a.jsonl", contracts(60))
    stage = {"sources": [{"name": "a", "path": str(folder / "a.jsonl")}]}
    return str(build(write_pipeline(folder / "p.yaml", {"corpus": stage}), folder / "out")["path"])


def command(file: Path, corpus: str, url: str) -> list[str]:
    model = {
        "server": url,
        "name": "scripted",
        "in_flight": IN_FLIGHT,
        "timeout": 2.0,
        "sampling": {"seed": 3},
    }
    stage = {"kind": "synth", "from": corpus, "model": model, "passage_tokens": 150, "gates": False}
    tasks = [{"questions": {"count": 120, "budget": 600}}, {"evolved": {"count": 30, "budget": 200}}]
    stage |= {"tasks": tasks, "filters": ["schema", "evidence", "exact_duplicates"]}
    pipeline = write_pipeline(file, {"rows": stage})
    return [sys.executable, "-m", "curate", "run", pipeline, "--out", str(file.parent / file.stem)]


def start(line: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def events(log: bytes) -> list[tuple[str, str]]:
    """What a server's log tells: (request, answer or error; the request's name)."""
    return [(event, name) for event, name, _ in map(json.loads, log.splitlines())]


def killed(line: list[str], log: Path, store: Path, chance: random.Random) -> tuple[int, set[str]]:
    """Run, and kill once the server was asked and some time went by: the log's length then, and what the store has."""
    before = log.stat().st_size
    process = start(line)
    while log.stat().st_size == before:
        assert process.poll() is None, "it ended with nothing asked"
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, LATEST))
    assert process.poll() is None, "it was done before it was killed"
    process.kill()
    process.wait()
    time.sleep(0.4)  # what the server was at is in its log
    return log.stat().st_size, had(store)


@pytest.mark.slow
def test_killed_at_ten_moments_nothing_is_paid_for_twice_and_the_bytes_are_the_same(
    corpus: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    log = tmp_path / "log"
    with loopback.running(**SERVER) as url:
        calm = start(command(tmp_path / "calm.json", corpus, url))
        assert calm.wait(300) == 0
    with loopback.running(**SERVER, log=str(log)) as url:
        line = command(tmp_path / "killed.json", corpus, url)
        store = tmp_path / "killed" / "responses" / "store.sqlite"
        moments = [killed(line, log, store, chance) for _ in range(KILLS)]
        assert start(line).wait(300) == 0
    made, _ = manifest.find(str(tmp_path / "killed"))
    undisturbed, _ = manifest.find(str(tmp_path / "calm"))
    assert bytes_of(made) == bytes_of(undisturbed) and rows(made).height == 150
    assert {"truncated", "schema"} <= set(rows(made, "dropped")["reason"])
    assert not list((tmp_path / "killed" / "work").rglob("*.arrow"))  # nothing half made is left

    text = log.read_bytes()
    sizes = [len(names) for _, names in moments]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    for at, names in moments:
        again = {name for event, name in events(text[at:]) if event == "request"} & names
        assert not again, "asked for what was received"
    answered = Counter(name for event, name in events(text) if event == "answer")
    # Lost is what was on its way as a run was killed, and only that.
    assert sum(answered.values()) - len(answered) <= KILLS * IN_FLIGHT
    assert {name for _, names in moments for name in names} <= answered.keys()
