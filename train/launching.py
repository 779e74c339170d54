"""Where a training runs: several processes, one for each device, that end with the run that launched them; or this one,
on one card however many there are."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.errors import RunError

#: Arguments of accelerate's launcher for parameters that are spread over devices.
FSDP = ["--use_fsdp", "--fsdp_version", "2", "--fsdp_auto_wrap_policy", "TRANSFORMER_BASED_WRAP"]
FSDP += ["--fsdp_state_dict_type", "FULL_STATE_DICT"]
#: Seconds between two looks at whether the run is still there.
LOOK = 1.0


def launched(made: Any, folder: Path, done: Path, *, quiet: bool) -> None:
    """One process of `python -m train.worker` per device, until `done` is written; their words are in `training.log` of
    the folder.

    Raises:
        RunError: one of them failed.
    """
    from train.models import device

    job = folder / "job.pickle"
    job.write_bytes(pickle.dumps((made, str(folder), quiet, os.getpid())))
    config, on_cpu = made.stage.config, device() == "cpu"
    if on_cpu:  # of which accelerate's launcher starts one only
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(config.devices)]
        command += ["--rdzv_backend", "c10d", "--rdzv_endpoint", "localhost:0"]
    else:
        command = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", str(config.devices)]
        command += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
        command += ["--main_process_port", "0", *(FSDP if config.sharded else ["--multi_gpu"])]
    env = os.environ | {"ACCELERATE_USE_CPU": str(on_cpu).lower()}
    env |= {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // config.devices))}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), env.get("PYTHONPATH")]))
    log = folder / "training.log"
    with log.open("wb") as words:
        process = subprocess.run(
            [*command, "-m", "train.worker", str(job)], stdout=words, stderr=words, env=env
        )
    if process.returncode or not done.exists():
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
        told = "\n".join(last)
        raise RunError(
            f"{made.stage.name}: {config.devices} processes were to train it, and one failed:\n{told}"
        )


def end_with(run: int) -> None:
    """End this process soon after the process `run`, which had it launched, or after its own parent, the launcher.

    Launchers give workers sessions of their own, so that no signal to the run's group reaches them: those of a killed
    run would go on to write the checkpoints that the next run goes on from.
    """
    launcher = os.getppid()

    def look() -> None:
        while os.getppid() == launcher and alive(run):
            time.sleep(LOOK)
        os._exit(1)  # at once, wherever the other threads are: as if it was killed, which a training stands

    threading.Thread(target=look, daemon=True).start()


def alive(process: int) -> bool:
    """Whether there is such a process that runs; one that has ended and that nobody asked about (a zombie) does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the number went to a process of somebody else
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return not Path("/proc/self/stat").exists()  # there is no such folder except on Linux


@contextmanager
def one_card() -> Iterator[None]:
    """Let a training in this process see the first card alone: transformers takes all that torch counts, with a batch
    for each, and TRL's trainers refuse to. (CUDA_VISIBLE_DEVICES would come too late where a model was measured before,
    and would hide cards from later stages that ask for several.)"""
    import torch

    count = torch.cuda.device_count
    torch.cuda.device_count = lambda: min(1, count())
    try:
        yield
    finally:
        torch.cuda.device_count = count
