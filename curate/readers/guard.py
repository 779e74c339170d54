"""A parser on a leash: `call(func, …, seconds=…)` runs it in a child process that may hang, crash or run out.

One child per process, started at first use and reused, so that a call costs a pipe's round trip. A plain
subprocess with pickled frames on its standard streams, because workers of a pool are daemons, which
`multiprocessing` does not let have children. The child ends when its parent does: by end of file on its
standard input, and in the middle of a parse by its own alarm.
"""

from __future__ import annotations

import atexit
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from curate.readers.stream import Unreadable

#: A parser's address space. What needs more fails alone instead of taking the machine with it.
MEMORY_BYTES = 4 * 1024**3
#: A child that has grown beyond this is replaced after its answer (parsers' caches grow with every page).
RETIRE_BYTES = 400 * 1024**2
#: How long the child's own alarm may be late before its parent kills it.
GRACE_SECONDS = 1.0

_LENGTH = struct.Struct("<Q")
_PIPE_BYTES = 1024**2


class ExtractError(Unreadable):
    """A document out of which no text can be got. `kind` is a short stable name, for counting."""


def call(func: Callable[..., Any], *args: Any, seconds: float, **kwargs: Any) -> Any:
    """What `func(*args, **kwargs)` returns, run in the child; `func` must be importable by its name.

    Raises:
        ExtractError: as `func` raised it; or of kind `timeout` (longer than `seconds`), `crash` (the child
            died), `memory`, or `parser error` (any other exception of `func`).
    """
    global _child
    with _lock:
        if _child is None or _child.owner != os.getpid():
            _child = _Child()
        try:
            status, answer, retiring = _child.ask((func, args, kwargs), seconds)
        except ExtractError:
            _child = None
            raise
        if retiring:
            _child.end()
            _child = None
    if status == "done":
        return answer
    raise ExtractError(*answer)


class _Child:
    """A running child and the two pipes to it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {_MAIN}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "PYTHONHASHSEED": "0"},  # no set's order may shape a document's text
        )
        assert self.process.stdin and self.process.stdout
        self.to, self.back = self.process.stdin.fileno(), self.process.stdout.fileno()
        for pipe in (self.to, self.back):
            os.set_blocking(pipe, False)
            _widen(pipe)
        # Start-up is no part of a parser's time: wait for the child's hello.
        self._read(_LENGTH.size, time.monotonic() + 60)

    def ask(self, request: Any, seconds: float) -> tuple[str, Any, bool]:
        deadline = time.monotonic() + seconds + GRACE_SECONDS
        frame = pickle.dumps((seconds, request), protocol=5)
        try:
            self._write(_LENGTH.pack(len(frame)), deadline)
            self._write(frame, deadline)
            (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
            return pickle.loads(self._read(length, deadline))
        except TimeoutError:
            self.end()
            raise ExtractError("timeout", f"the parser took longer than {seconds:g} s") from None
        except OSError:
            self.end()
            raise self._cause_of_death(seconds) from None

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            _wait(self.to, select.POLLOUT, deadline)
            view = view[os.write(self.to, view) :]

    def _read(self, length: int, deadline: float) -> bytearray:
        found = bytearray(length)
        view = memoryview(found)
        while view:
            _wait(self.back, select.POLLIN, deadline)
            taken = os.readv(self.back, [view])
            if not taken:
                raise ConnectionError("the child closed its pipe")
            view = view[taken:]
        return found

    def _cause_of_death(self, seconds: float) -> ExtractError:
        code = self.process.returncode
        if code == -signal.SIGALRM:
            return ExtractError("timeout", f"the parser took longer than {seconds:g} s")
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return ExtractError("crash", f"the parser's process died {how}")

    def end(self) -> None:
        """Wait a moment for the child to end by itself (its cause of death is told by it), else kill it."""
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_lock = threading.Lock()
_child: _Child | None = None


@atexit.register
def close() -> None:
    """End this process's child, if it has one."""
    global _child
    with _lock:
        if _child is not None and _child.owner == os.getpid():
            _child.end()
        _child = None


def _wait(pipe: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


def _widen(pipe: int) -> None:
    """A pipe of 1 MiB instead of 64 KiB where the system allows it: fewer switches between the two."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return


# ---- the child's side ------------------------------------------------------------------------------------

_MAIN = "from curate.readers.guard import serve; serve()"


def serve() -> None:
    """Answer requests on standard input until it ends. What a parser prints goes nowhere near the answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb", buffering=_PIPE_BYTES)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _limit_memory()
    _send(answers, _LENGTH.pack(0))
    while length := requests.read(_LENGTH.size):
        frame = requests.read(_LENGTH.unpack(length)[0])
        answer = _answer(frame)
        del frame
        retiring = _held_bytes() > RETIRE_BYTES or (answer[0] == "failed" and answer[1][0] == "memory")
        packed = pickle.dumps((*answer, retiring), protocol=5)
        _send(answers, _LENGTH.pack(len(packed)))
        _send(answers, packed)
        if retiring:
            return


def _answer(frame: bytes) -> tuple[str, Any]:
    try:
        seconds, (func, args, kwargs) = pickle.loads(frame)
        # The default action of SIGALRM ends the process even inside C code that never comes back.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return "done", func(*args, **kwargs)
    except Unreadable as error:
        return "failed", (error.kind, str(error))
    except MemoryError:
        return "failed", ("memory", f"the parser needed more than {MEMORY_BYTES >> 20} MiB")
    except Exception as error:
        return "failed", ("parser error", f"{type(error).__name__}: {error}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _send(stream: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.write(view) or 0 :]


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        return


def _held_bytes() -> int:
    """Resident memory now. Not the peak: on Linux a child's begins with that of its parent at the fork."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS
