"""How busy our client keeps a server: `python -m benchmarks.saturation [--distilabel PYTHON] [--curator PYTHON]`.

A loopback server (`tests/synth/loopback.py`, a process of its own) answers each request after 2 s, C at a time; it can
complete C/2 requests a second. For C of 64 and 512: completions a second over the steady run (by the server's log,
without the first and the last wave) as a share of that, processor seconds of the client per request, cores used. What
the server can do without latency is measured first. Peers run on the same server, each in its own environment, whose
interpreter is named on the command line; they are given C as the number of requests at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.tables import table

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "synth"))
import loopback  # noqa: E402

SECONDS = 2.0
#: Slots, and how many times as many requests: enough for half a minute of ours.
WAVES = {64: 12, 512: 8}
RESULT = HERE / "results" / "saturation.json"


def prompt(number: int) -> str:
    """A passage's length of text, another for each number."""
    clause = (
        "The Supplier shall deliver the goods within thirty days of the order, or the Buyer may rescind. "
    )
    return f"Question {number} about this contract: {clause * 12}"


async def _limit(port: int, requests: int, connections: int) -> float:
    """Requests a second that bare sockets get out of the server."""
    turn = {"role": "user", "content": prompt(0)}
    body = json.dumps({"model": "m", "messages": [turn]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(requests // connections):
            writer.write(head + body)
            headers = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(headers.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return requests // connections * connections / (time.perf_counter() - began)


def server_limit() -> dict[str, float]:
    """What the server does when it need not wait: requests a second, and its processor seconds for one."""
    with tempfile.TemporaryDirectory() as folder, loopback.running(log=f"{folder}/log") as url:
        port = int(url.split(":")[2].split("/")[0])
        rate = asyncio.run(_limit(port, 20_000, 64))
        return {"requests_per_second": round(rate), "cpu_ms_per_request": round(1e3 * _cpu(url) / 20_000, 3)}


def _cpu(url: str) -> float:
    with urllib.request.urlopen(url) as response:
        return float(json.load(response)["cpu"])


def steady(log: Path, slots: int, requests: int) -> float:
    """Completions a second between the end of the first wave and the end of the last but one."""
    events = (json.loads(line) for line in log.read_text().splitlines())
    times = sorted(at for event, _, at in events if event == "answer")
    if len(times) < requests:
        raise SystemExit(f"only {len(times)} of {requests} requests were answered")
    return (requests - 2 * slots) / (times[requests - slots - 1] - times[slots - 1])


async def ours(url: str, slots: int, requests: int, store: str) -> dict[str, float]:
    """Our engine with its store on disk."""
    from synth.engine.engine import Ask, Engine
    from synth.engine.scheduler import Run
    from synth.engine.settings import Server
    from synth.engine.store import Store

    async def candidate(number: int, ask: Ask) -> str:
        return (await ask([{"role": "user", "content": prompt(number)}])).text

    settings = Server(server=url, name="m", in_flight=slots, timeout=60)
    with Store(store) as kept:
        async with Engine(settings, kept) as engine:
            began, cpu = time.perf_counter(), time.process_time()
            candidates: Any = (partial(candidate, number) for number in range(requests))
            async with Run(candidates, engine.asker, slots=engine.capacity) as run:
                async for outcome in run:
                    assert outcome.failure is None, outcome
            return {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def _in_process(work: Callable[..., Awaitable[dict[str, float]]], *given: Any) -> dict[str, float]:
    return asyncio.run(work(*given))  # type: ignore[arg-type]


def _peer(python: str, script: str, url: str, slots: int, requests: int, folder: str) -> dict[str, float]:
    """A peer's script in its own environment; its last line is JSON."""
    command = [python, str(HERE / script), url, str(slots), str(requests)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=folder, timeout=1800)
    if done.returncode:
        raise SystemExit(f"{script} failed")
    out: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return out


def measure(work: Callable[[str, int, int, str], dict[str, float]], slots: int, waves: int) -> dict[str, Any]:
    """One client against one server."""
    requests, load = waves * slots, os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with loopback.running(latency=SECONDS, slots=slots, log=str(log)) as url:
            used = work(url, slots, requests, folder)
        rate = steady(log, slots, requests)
    return {
        "slots": slots,
        "requests": requests,
        "per_second": round(rate, 2),
        "share_of_possible": round(rate / (slots / SECONDS), 4),
        "cpu_ms_per_request": round(1e3 * used["cpu"] / requests, 3),
        "cores": round(used["cpu"] / used["wall"], 3),
        "seconds": round(used["wall"], 1),
        "load_before": round(load, 1),
    }


def written(found: dict[str, Any]) -> str:
    """The result as a page."""
    rows = [
        (
            client,
            m["slots"],
            m["per_second"],
            f"{m['share_of_possible']:.1%}",
            m["cpu_ms_per_request"],
            m["cores"],
            m["load_before"],
        )
        for client, measured in found["clients"].items()
        for m in measured
    ]
    header = (
        "client",
        "slots",
        "requests/s",
        "of what is possible",
        "CPU ms a request",
        "cores",
        "load before",
    )
    limit = found["server"]
    return (
        f"# Saturation\n\n{found['machine']}; a loopback server with 2 s latency, in a process of its own. Without "
        f"latency it serves {limit['requests_per_second']:,} requests a second, at {limit['cpu_ms_per_request']} ms of "
        f"processor time each. `load before` is the load average when a client "
        f"began: others worked on the machine.\n\n{table(header, rows)}\n\nMade by "
        "`python -m benchmarks.saturation`; peers as their environments have them: "
        + "; ".join(found["peers"])
        + ".\n"
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--distilabel", help="interpreter of an environment with distilabel")
    parser.add_argument("--curator", help="interpreter of an environment with bespokelabs-curator")
    parser.add_argument("--slots", type=int, nargs="*", default=list(WAVES), choices=list(WAVES))
    parser.add_argument(
        "--peers-only", action="store_true", help="our figures stay as they stand in the result"
    )
    given = parser.parse_args()
    clients: dict[str, Any] = {
        "curate": lambda url, slots, n, folder: _in_process(ours, url, slots, n, f"{folder}/store.sqlite")
    }
    kept = json.loads(RESULT.read_text())["clients"] if given.peers_only else {}
    if given.peers_only:
        del clients["curate"]
    peers = []
    for name, package in (("distilabel", "distilabel"), ("curator", "bespokelabs-curator")):
        if python := getattr(given, name):
            version = f"from importlib.metadata import version; print(version('{package}'))"
            peers.append(f"{package} {subprocess.check_output([python, '-c', version], text=True).strip()}")
            clients[package] = partial(_peer, python, f"saturation_{name}.py")
    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "server": server_limit(),
        "peers": peers or ["none"],
        "clients": kept,
    }
    print(json.dumps(found["server"]), flush=True)
    for client, work in clients.items():
        found["clients"][client] = []
        for slots in given.slots:
            measured = measure(work, slots, WAVES[slots])
            found["clients"][client].append(measured)
            print(client, json.dumps(measured), flush=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    RESULT.with_suffix(".md").write_text(written(found))


if __name__ == "__main__":
    main()
