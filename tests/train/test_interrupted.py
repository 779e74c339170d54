"""Killed at any moment, a training goes on with the same batches and losses; several processes learn as one does."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chain import ROOT, foundation, log_of, written
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
