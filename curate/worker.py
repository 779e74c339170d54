"""A worker process: `python -m curate.worker FD NUMBER`; takes jobs and ranks, sends progress and results.

Each rank runs through datatrove's `LocalPipelineExecutor`, whose logs and stats lie in the segment's folder.
The process ends when its parent does.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from curate.accounting import hiding
from curate.errors import CurateError, RunError
from curate.private import hidden

#: Progress is sent at most this often, in seconds.
INTERVAL = 0.2


def main() -> None:
    """Serve the parent until it closes the connection."""
    sys.path[:] = pickle.loads(bytes.fromhex(os.environ["CURATE_SYS_PATH"]))
    connection, number = Connection(int(sys.argv[1])), int(sys.argv[2])
    messages = _incoming(connection)
    job: Any = None
    folder, private = "", None
    for kind, *rest in messages:
        if kind == "job":
            job, folder, private = rest
        else:
            with hiding(private):
                _run(connection, job, folder, rest[0], number, private)


def _incoming(connection: Connection) -> Iterator[Any]:
    """Messages, read by a thread, which ends the process when the parent is gone, even amid a task."""
    import queue

    waiting: queue.Queue[Any] = queue.Queue()

    def read() -> None:
        while True:
            try:
                message = connection.recv_bytes()
            except (EOFError, OSError):
                os._exit(0)
            try:
                waiting.put(pickle.loads(message))
            except BaseException:  # the job's modules cannot be imported here: nobody else would notice
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield waiting.get()


class _Told(Exception):
    """A task of a private stage failed: its error goes to the parent alone, scrubbed. datatrove's log would show the
    words of any other, and the values of the variables around it."""


def _run(connection: Connection, job: Any, folder: str, rank: int, number: int, private: Any) -> None:
    from datatrove.executor.local import LocalPipelineExecutor

    last = 0.0
    latest: tuple[int, int, int] = (0, 0, 0)

    def report(documents: int, size: int, kept: int) -> None:
        nonlocal last, latest
        latest = (documents, size, kept)
        if time.monotonic() - last > INTERVAL:
            last = time.monotonic()
            connection.send(("progress", rank, *latest))

    fault: list[tuple[str, int]] = []

    def work(data: Any, rank: int, world_size: int) -> None:
        try:
            job.run(rank, report)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # Polars panics outside Exception; the parent must hear of that too
            fault.append(_fault(error, job, rank, private))
            if private is None:
                raise
        if fault:
            raise _Told("see the run's own error")

    executor = LocalPipelineExecutor(
        pipeline=[work], tasks=job.tasks, workers=1, logging_dir=folder, skip_completed=False
    )
    try:
        executor._run_for_rank(rank, local_rank=number)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        connection.send(("error", rank, *(fault[0] if fault else _fault(error, job, rank, private))))
    else:
        connection.send(("progress", rank, *latest))
        connection.send(("done", rank))


def _fault(error: BaseException, job: Any, rank: int, private: Any) -> tuple[str, int]:
    """What the parent hears of an error, and its exit code."""
    told = str(error) if isinstance(error, RunError) and error.scrubbed else hidden(str(error), private)
    if isinstance(error, CurateError):
        return told, error.exit_code
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{job.title}: task {rank}: {type(error).__name__}: {told} ({where.filename}:{where.lineno})", 1


if __name__ == "__main__":
    main()
