"""Runs that are interrupted, repeated, changed in between: the same bytes in the end."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import build, bytes_of, children, corpus

from curate import manifest, tidy
from curate.errors import ConfigError, RunError


def test_two_runs_into_one_folder_refuse(tmp_path: Path) -> None:
    from curate.tidy import locked

    with locked(tmp_path / "out" / "work"), pytest.raises(ConfigError, match="another run is writing"):
        build(corpus(tmp_path), tmp_path / "out")


def test_a_pipeline_changed_after_an_interrupted_run_does_earlier_segments_again(tmp_path: Path) -> None:
    steps = ["exact_duplicates", {"where": "text <> 'x'"}]
    pipeline = corpus(tmp_path, n=20, steps=steps)
    from curate import runner

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(runner, "write_outputs", full)
        build(pipeline, tmp_path / "out")
    steps[1] = {"where": "text <> 'y'"}
    made = build(corpus(tmp_path, n=20, steps=steps), tmp_path / "out")
    assert made["read"] == 52 and made["faults"] == []
    assert bytes_of(made["path"]) == bytes_of(build(pipeline, tmp_path / "clean")["path"])


def test_a_run_killed_while_it_removes_its_work_leaves_nothing_for_long(tmp_path: Path) -> None:
    pipeline, work = corpus(tmp_path, n=20), tmp_path / "out" / "work"
    (work / "stages" / "corpus" / "abc" / "tasks").mkdir(parents=True)

    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tidy.shutil, "rmtree", killed)
        tidy.discard(work, [work / "stages" / "corpus"])
    assert not (tmp_path / "out" / "work" / "stages" / "corpus").exists()
    build(pipeline, tmp_path / "out")
    assert {p.name for p in work.iterdir()} == {"lock"}


def test_a_trial_leaves_what_an_interrupted_run_has_done(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path, n=20, steps=["exact_duplicates", "faulty.raises"])
    with pytest.raises(RunError, match="faulty"):
        build(pipeline, tmp_path / "out")
    stages = tmp_path / "out" / "work" / "stages" / "corpus"
    before = {folder.name for folder in stages.iterdir()}
    trial = build(corpus(tmp_path, n=20, steps=["exact_duplicates"]), tmp_path / "out", limit=3)
    assert trial["read"] == 6 and {folder.name for folder in stages.iterdir()} == before
    build(corpus(tmp_path, n=20, steps=["exact_duplicates"]), tmp_path / "out")
    assert not stages.exists()


def test_an_artefact_that_was_deleted_is_written_again_from_kept_work(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path, n=20, keep_work=True)
    made = build(pipeline, tmp_path / "out")
    before = bytes_of(made["path"])
    shutil.rmtree(made["path"])
    again = build(pipeline, tmp_path / "out")
    assert again["status"] == "built" and bytes_of(again["path"]) == before != {}


def start(pipeline: str, out: Path, workers: int = 2) -> subprocess.Popen[bytes]:
    """The command, in a process group of its own."""
    command = [sys.executable, "-m", "curate", "run", pipeline, "--out", str(out), "--workers", str(workers)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@pytest.mark.slow
def test_a_killed_worker_neither_hangs_nor_fails_the_run(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path, n=6000, task_size=150_000)
    expected = bytes_of(build(pipeline, tmp_path / "calm", workers=2)["path"])
    process = start(pipeline, tmp_path / "out")
    killed = 0
    deadline = time.monotonic() + 60
    while killed < 2 and process.poll() is None and time.monotonic() < deadline:
        if list((tmp_path / "out").rglob("tasks/0*.json")) and (workers := children(process.pid)):
            os.kill(workers[0], signal.SIGKILL)
            killed += 1
        time.sleep(0.2)
    assert process.wait(timeout=60) == 0
    assert killed > 0
    made = manifest.find(str(tmp_path / "out"))[0]
    assert bytes_of(made) == expected


@pytest.mark.slow
def test_a_run_killed_at_random_moments_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    pipeline = corpus(tmp_path, n=6000, task_size=150_000)
    began = time.monotonic()
    expected = bytes_of(build(pipeline, tmp_path / "calm", workers=2)["path"])
    whole = time.monotonic() - began
    chance, kills, out = random.Random(11), 0, tmp_path / "out"
    while kills < 10:
        process = start(pipeline, out)
        time.sleep(0.3 + chance.random() * whole)
        workers = children(process.pid)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        ended = process.wait() == 0
        limit = time.monotonic() + 10
        while any(Path(f"/proc/{w}").exists() for w in workers) and time.monotonic() < limit:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{w}").exists() for w in workers), "workers outlive the run"
        if ended:  # several kills have been made good: begin again
            assert bytes_of(manifest.find(str(out))[0]) == expected
            shutil.rmtree(out)
    assert start(pipeline, out).wait(timeout=120) == 0
    assert bytes_of(manifest.find(str(out))[0]) == expected
