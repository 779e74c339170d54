"""Where a training runs: one card is enough where one is asked for, and workers end with the run that launched them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import lively, trained
from tiny_model import needs

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [{"text": f"The Supplier shall deliver the goods of order {i} to the Client."} for i in range(40)]
PAIRS = [{"prompt": f"Order {i}?", "chosen": "Yes.", "rejected": "No."} for i in range(16)]


@pytest.mark.parametrize("objective, rows", [("continue", TEXTS), ("dpo", PAIRS)])
def test_one_device_is_one_card_among_several(
    objective: str, rows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("torch", "transformers", "trl", "peft")
    from transformers import Trainer

    from train import fit

    sizes, places, arguments, step = set(), set(), fit.arguments, Trainer.training_step

    def noted(self: Any, model: Any, inputs: Any, *given: Any) -> Any:
        sizes.add(len(inputs["input_ids"]))
        places.add(self.args.n_gpu)
        return step(self, model, inputs, *given)

    four = lambda: 4  # noqa: E731
    monkeypatch.setattr(torch.cuda, "device_count", four)
    monkeypatch.setattr(fit, "arguments", lambda job: arguments(job) | {"use_cpu": False})
    monkeypatch.setattr(Trainer, "training_step", noted)
    trained(objective, lively(tmp_path / "tiny"), tmp_path, rows, epochs=1, micro_batch=2)
    assert sizes == ({2} if objective == "continue" else {4}) and places == {1}  # of pairs, both answers
    assert torch.cuda.device_count is four


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="who has ended is known where there is /proc"
)
def test_a_worker_ends_with_the_run_even_if_nobody_reaps_it() -> None:
    words = "import sys, time; from train.launching import end_with; end_with(int(sys.argv[1])); print(1, flush=True)"
    with subprocess.Popen(["sleep", "600"]) as run:
        command = [sys.executable, "-c", f"{words}; time.sleep(600)", str(run.pid)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as worker:
            assert worker.stdout and worker.stdout.readline()
            time.sleep(1.5)
            assert worker.poll() is None
            run.kill()  # and not waited for: its number stays
            assert worker.wait(timeout=120) == 1


def test_a_worker_ends_with_its_launcher() -> None:
    """Killed, the launcher leaves the worker to another parent."""
    words = f"import os, time; from train.launching import end_with; end_with({os.getpid()})"
    words += "; print('here', flush=True); time.sleep(600)"
    launch = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {words!r}], start_new_session=True)"
    )
    with subprocess.Popen([sys.executable, "-c", launch], cwd=ROOT, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout
        assert launcher.stdout.readline()  # the worker looks by now
        launcher.kill()
        assert launcher.stdout.read() == b""  # returns once the worker has let go of it


def test_who_is_alive() -> None:
    from train.launching import alive

    with subprocess.Popen(["true"]) as ended:
        pass
    assert alive(os.getpid()) and not alive(ended.pid)
