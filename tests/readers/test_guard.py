"""The guard: a parser that hangs, dies or eats memory fails alone; its process is reused and ends with ours."""

from __future__ import annotations

import ctypes
import functools
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from curate.readers import guard
from curate.readers.guard import ExtractError


def failure(func, *args, seconds: float = 30.0) -> ExtractError:
    with pytest.raises(ExtractError) as error:
        guard.call(func, *args, seconds=seconds)
    return error.value


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    """Whether a process ends within a while."""
    until = time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def test_results_and_large_data_come_through():
    assert guard.call(len, b"four", seconds=30) == 4
    data = os.urandom(20_000_000)
    assert guard.call(bytes.upper, data, seconds=30) == data.upper()


def test_one_process_serves_many_calls():
    assert guard.call(os.getpid, seconds=30) == guard.call(os.getpid, seconds=30) != os.getpid()


def test_a_parser_that_hangs_in_python_or_in_c_fails_alone():
    evil = functools.partial(re.match, r"(a+)+$")  # backtracks for ever, in C, holding the interpreter's lock
    for hangs in (functools.partial(time.sleep, 60), functools.partial(evil, "a" * 60 + "b")):
        error = failure(hangs, seconds=0.3)
        assert error.kind == "timeout" and "0.3 s" in str(error)
    assert guard.call(len, b"four", seconds=30) == 4


def test_a_parser_that_stops_without_its_alarm_is_killed():
    assert failure(os.kill, guard.call(os.getpid, seconds=30), signal.SIGSTOP, seconds=0.2).kind == "timeout"
    assert guard.call(len, b"four", seconds=30) == 4


@pytest.mark.parametrize(
    "func, args, said",
    [(ctypes.string_at, (0,), "SIGSEGV"), (os.abort, (), "SIGABRT"), (os._exit, (3,), "code 3")],
)
def test_a_parser_that_crashes_fails_alone(func, args, said):
    error = failure(func, *args)
    assert error.kind == "crash" and said in str(error)
    assert guard.call(len, b"four", seconds=30) == 4


def test_memory_and_other_errors_are_named():
    assert failure(bytearray, guard.MEMORY_BYTES * 2).kind == "memory"
    error = failure(int, "x")
    assert error.kind == "parser error" and "ValueError" in str(error)


def test_what_a_parser_prints_does_not_disturb_the_answers():
    assert guard.call(os.write, 1, b"noise", seconds=30) == 5
    assert guard.call(len, b"four", seconds=30) == 4


@pytest.mark.slow
def test_a_child_that_has_grown_is_replaced():
    before = guard.call(os.getpid, seconds=30)
    kept = f"import builtins; builtins.kept = b'x' * {guard.RETIRE_BYTES}"
    guard.call(exec, kept, {}, seconds=30)
    assert guard.call(os.getpid, seconds=30) != before
    assert ends(before)


def in_a_daemon(queue) -> None:
    queue.put(guard.call(os.getpid, seconds=30))
    time.sleep(60)


def test_it_works_in_a_daemon_process_and_ends_when_that_is_killed():
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    worker = context.Process(target=in_a_daemon, args=(queue,), daemon=True)
    worker.start()
    child = queue.get(timeout=60)
    assert alive(child)
    worker.kill()
    worker.join()
    assert ends(child)


def test_a_child_that_hangs_ends_after_its_parent_was_killed():
    code = (
        "import os, time; from curate.readers import guard; "
        "print(guard.call(os.getpid, seconds=30), flush=True); guard.call(time.sleep, 60, seconds=1)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout
    child = int(parent.stdout.readline())
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert alive(child)
    assert ends(child)


def test_sets_have_the_same_order_in_every_child():
    first = guard.call(hash, "order", seconds=30)
    guard.close()
    assert guard.call(hash, "order", seconds=30) == first
