"""Run a job's tasks: locally, in worker processes that each run datatrove's executor for one rank at a time.

datatrove's own local pool waits for ever when a worker is killed, so ranks are driven from here: a worker that
dies is replaced and its task runs again, up to `ATTEMPTS` times. Other executors of datatrove (Ray, Slurm) take
the same jobs; their place is `execute`.
"""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from curate.errors import GateError, RunError

#: A task that has killed this many workers is given up.
ATTEMPTS = 3


class Job(Protocol):
    """All tasks of one phase (`curate.work`, `curate.shards`); must pickle."""

    @property
    def title(self) -> str:
        """What a person calls the phase."""

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""

    @property
    def tasks(self) -> int:
        """How many."""

    def run(self, rank: int, report: Callable[[int, int, int], None]) -> None:
        """Do one task, writing its outcome last."""


Progress = Callable[[int, int, int, int], None]  # rank, documents, bytes, kept: so far in that task


class _Worker:
    """A child process and the connection to it."""

    def __init__(self, number: int, threads: int, log: Path):
        ours, theirs = socket.socketpair()
        environment = os.environ | {
            "POLARS_MAX_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "TOKENIZERS_PARALLELISM": "false",
            "CURATE_SYS_PATH": pickle.dumps(sys.path).hex(),
        }
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "curate.worker", str(theirs.fileno()), str(number)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=environment,
            )
        theirs.close()
        self.connection = Connection(ours.detach())
        self.rank: int | None = None

    def send(self, message: Any) -> None:
        """Send, unless the process is gone (its end is noticed when reading)."""
        try:
            self.connection.send(message)
        except OSError:
            pass

    def stop(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


class Pool:
    """Worker processes of this machine, kept for all jobs of a run."""

    def __init__(self, workers: int, logs: Path):
        self.size, self._logs = max(1, workers), logs
        self._threads = max(1, (os.cpu_count() or 1) // self.size)
        self._workers: list[_Worker] = []
        self.peak: list[int] = []
        self.private: Any = (
            None  # of the stage whose jobs come: what its errors may not say (`curate.private`)
        )

    def _start(self, job: Job, folder: Path) -> _Worker:
        number = len(list(self._logs.glob("worker-*.log"))) + 1
        worker = _Worker(number, self._threads, self._logs / f"worker-{number:03d}.log")
        worker.send(("job", job, str(folder), self.private))
        return worker

    def execute(
        self, job: Job, folder: Path, ranks: list[int], progress: Progress, done: Callable[[int], None]
    ) -> None:
        """Run `ranks` of `job`; `folder` takes datatrove's logs, keyed by the segment it lies in.

        Raises:
            RunError: a task raised, or killed its worker `ATTEMPTS` times.
            GateError: a task's gate said no.
        """
        waiting, attempts = list(reversed(ranks)), dict.fromkeys(ranks, 0)
        for worker in self._workers:
            worker.send(("job", job, str(folder), self.private))
        while len(self._workers) < min(self.size, len(ranks)):
            self._workers.append(self._start(job, folder))
        left = len(ranks)
        while left:
            for worker in self._workers:
                if worker.rank is None and waiting:
                    worker.rank = waiting.pop()
                    worker.send(("run", worker.rank))
            ready = wait([w.connection for w in self._workers], timeout=1.0)
            for worker in [w for w in self._workers if w.connection in ready]:
                try:
                    kind, rank, *rest = worker.connection.recv()
                except (EOFError, OSError):
                    self._replace(worker, job, folder, waiting, attempts)
                    continue
                if kind == "progress":
                    progress(rank, *rest)
                elif kind == "done":
                    worker.rank = None
                    left -= 1
                    done(rank)
                else:
                    message, exit_code = rest
                    raise GateError(message) if exit_code == GateError.exit_code else RunError(message)

    def _replace(
        self, worker: _Worker, job: Job, folder: Path, waiting: list[int], attempts: dict[int, int]
    ) -> None:
        """A worker died: its task waits again, a new worker takes its place."""
        code = worker.process.wait()
        worker.connection.close()
        self._workers.remove(worker)
        rank = worker.rank
        if rank is None:
            self._workers.append(self._start(job, folder))
            return
        attempts[rank] += 1
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        if attempts[rank] >= ATTEMPTS:
            memory = "That is mostly the system's memory limit: use fewer --workers or a smaller task_size. "
            raise RunError(
                f"{job.title or type(job).__name__}: task {rank} ended its worker {ATTEMPTS} times ({how}). "
                f"{memory if code == -9 else ''}The worker's last words are in {self._logs}"
            )
        waiting.append(rank)
        self._workers.append(self._start(job, folder))

    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [w.process.pid for w in self._workers]

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.stop()
        self._workers = []


@contextmanager
def pool(workers: int, logs: Path) -> Iterator[Pool]:
    """A pool that ends with the block, whatever happens in it."""
    made = Pool(workers, logs)
    try:
        yield made
    finally:
        made.close()


def default_workers() -> int:
    """One worker per processor that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
