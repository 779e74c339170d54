"""Killed at any moment, a training goes on with the same batches and losses; several processes learn as one does."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chain import GENERAL, ROOT, foundation, log_of, written
from safetensors.torch import load_file

import curate

STEPS = {"tokens": 20480, "checkpoint_every": 4}  # 40 steps


def run(file: Path, out: Path) -> subprocess.Popen[bytes]:
    """`curate run` in a process group of its own."""
    command = [sys.executable, "-m", "curate", "run", str(file), "--out", str(out)]
    env = os.environ | {"CURATE_REPORT": "off"}
    return subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.slow
def test_killed_three_times_the_losses_are_those_of_an_uninterrupted_run(tmp_path: Path) -> None:
    file = written(tmp_path, foundation=foundation(**STEPS))
    whole = curate.run(str(file), out=str(tmp_path / "whole"))["stages"]["foundation"]["path"]
    draw = random.Random(3)
    for kill in range(3):
        process = run(file, tmp_path / "killed")
        wanted = draw.randrange(kill * 10 + 5, kill * 10 + 12)
        while process.poll() is None and logged(tmp_path / "killed") < wanted:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert logged(tmp_path / "killed") >= wanted - 1, process.stderr.read().decode()[-2000:]  # type: ignore[union-attr]
    found = curate.run(str(file), out=str(tmp_path / "killed"))["stages"]["foundation"]["path"]
    keys = ("step", "loss", "learning_rate", "tokens", "shares")
    assert [[line[k] for k in keys] for line in log_of(found)] == [
        [line[k] for k in keys] for line in log_of(whole)
    ]
    one, other = (load_file(f"{path}/model/model.safetensors") for path in (whole, found))
    assert all(one[name].equal(other[name]) for name in one)


def logged(out: Path) -> int:
    """Steps that the log in a run's work folder tells of."""
    found = list(out.glob("work/stages/foundation/*/log.jsonl"))
    return len(found[0].read_text().splitlines()) if found else 0


@pytest.mark.slow
def test_two_processes_learn_as_one_does(tmp_path: Path) -> None:
    losses = []
    for devices in (1, 2):
        file = written(tmp_path, foundation=foundation(devices=devices))
        made = curate.run(str(file), out=str(tmp_path / f"out{devices}"))["stages"]["foundation"]
        losses.append([line["loss"] for line in log_of(made["path"])])
    assert losses[1] == pytest.approx(losses[0], abs=2e-4)


def workers(below: Path) -> list[int]:
    """Processes that train in the folder `below`."""
    found = []
    for told in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = told.read_bytes().decode().split("\0")
            if "train.worker" in words and any(word.startswith(str(below)) for word in words):
                found.append(int(told.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="workers are found by /proc")
def test_workers_of_a_killed_run_end_too(tmp_path: Path) -> None:
    data = [{"from": GENERAL, "max_epochs": 10_000}]
    file = written(tmp_path, foundation=foundation(devices=2, data=data, tokens=8_192_000))  # 16,000 steps
    process = run(file, tmp_path / "out")
    try:
        while process.poll() is None and logged(tmp_path / "out") < 2:
            time.sleep(0.1)
        assert process.poll() is None, process.stderr.read().decode()[-2000:]  # type: ignore[union-attr]
        assert len(workers(tmp_path)) >= 2
        process.kill()  # it alone, as the kernel does when memory is short
        process.wait()
        until = time.monotonic() + 120
        while workers(tmp_path) and time.monotonic() < until:
            time.sleep(0.2)
        assert workers(tmp_path) == []
    finally:
        process.kill()
        for left in workers(tmp_path):
            with contextlib.suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
