"""A scripted server that speaks the chat completions protocol: every reply is a function of the request alone.

Runs in a process of its own: `python loopback.py OPTIONS-AS-JSON`; prints its port. With `slots`, so many requests are
served at once, each for `latency` seconds, the others queue. `plan` is a list of [share, action, attempts]: a request
whose hash falls in the share meets the action at its first `attempts` attempts (0: at all). `log` gets a line as a
request comes and another as its answer goes. It is written on bare protocols, to cost less than what it measures.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import orjson

DEFAULTS: dict[str, Any] = {
    "latency": 0.0,
    "jitter": 0.0,
    "slots": 0,
    "plan": [],
    "log": "",
    "key": "",
    "retry_after": "1",
    "schemas": "held",
    "writes": False,
}


def digest(body: dict[str, Any]) -> str:
    """What names a request here: its body without the request for a format, which comes and goes."""
    rest = {name: value for name, value in body.items() if name != "response_format"}
    return hashlib.sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()


def content(name: str, action: str, wants_json: bool) -> str:
    """The text of a reply."""
    if action == "malformed":
        return '{"question": "What?", "answer": '
    if action == "wrong":
        return '{"question": "What?", "score": "many"}'
    if not wants_json:
        return f"The answer of {name[:16]}."
    return f'{{"question": "Which is {name[:8]}?", "answer": "It is {name[8:16]}.", "score": {int(name[:4], 16) % 10}}}'


class Script:
    """What the server does, and what it has seen."""

    def __init__(self, **options: Any):
        self.options = DEFAULTS | options
        self.attempts: Counter[str] = Counter()
        log = self.options["log"]
        self.log = open(log, "ab", buffering=0) if log else None  # noqa: SIM115  open as long as the server
        self.busy = self.most_busy = self.served = 0
        self.queue: deque[Any] = deque()

    def note(self, event: str, name: str) -> None:
        if self.log:
            self.log.write(orjson.dumps([event, name, time.time()]) + b"\n")

    def action(self, name: str) -> str:
        at = int(name[:8], 16) / 2**32
        for share, action, attempts in self.options["plan"]:
            if at < share:
                return str(action) if not attempts or self.attempts[name] < attempts else "answer"
            at -= share
        return "answer"

    def seconds(self, name: str) -> float:
        return float(self.options["latency"] + self.options["jitter"] * int(name[8:16], 16) / 2**32)

    def reply(self, name: str, action: str, body: dict[str, Any]) -> tuple[int, str, bytes]:
        """Status, further headers, body."""
        error = orjson.dumps({"error": {"message": f"scripted {action}", "type": "scripted"}})
        if action in ("429", "503"):
            after = self.options["retry_after"]
            after = (
                formatdate(time.time() + float(after[5:]), usegmt=True)
                if after.startswith("date:")
                else after
            )
            return int(action), f"Retry-After: {after}\r\n" if after else "", error
        if action.isdigit():
            return int(action), "", error
        if action == "html":
            return 200, "", b"<html>busy</html>"
        if "response_format" in body and self.options["schemas"] == "unknown":
            return 400, "", orjson.dumps({"error": {"message": "unknown key response_format"}})
        asked = body["messages"][-1]["content"] if body["messages"] else ""  # a peer begins with no message
        wants_json = "JSON" in asked and self.options["schemas"] != "ignored"
        text = content(name, action, wants_json)
        if self.options["writes"] and action not in ("malformed", "wrong"):
            from writer import write

            text = write(asked, name)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "length" if action == "truncate" else "stop",
        }
        said = sum(len(turn["content"]) for turn in body["messages"])
        usage = {"prompt_tokens": said // 4, "completion_tokens": len(text) // 4}
        usage["total_tokens"] = sum(usage.values())
        out = {"id": name[:8], "object": "chat.completion", "model": body["model"], "choices": [choice]}
        return 200, "", orjson.dumps(out | {"usage": usage})


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as little of it as clients need."""

    def __init__(self, script: Script):
        self.script, self.buffer = script, b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].decode("latin-1")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            length = int(headers.get("content-length", 0))
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            self.request(head, headers, body)

    def request(self, head: str, headers: dict[str, str], raw: bytes) -> None:
        script = self.script
        if head.startswith("GET"):
            seen = {"served": script.served, "most_busy": script.most_busy, "cpu": time.process_time()}
            self.write(200, "", orjson.dumps(seen))
            script.most_busy = 0
            return
        key = script.options["key"]
        if key and headers.get("authorization") != f"Bearer {key}":
            given = headers.get("authorization", "")
            self.write(401, "", orjson.dumps({"error": {"message": f"wrong key: {given}"}}))
            return
        body = orjson.loads(raw)
        name = digest(body)
        action = script.action(name)
        script.attempts[name] += 1
        script.note("request", name)
        job = (self, name, action, body)
        if script.options["slots"] and script.busy >= script.options["slots"]:
            script.queue.append(job)
        else:
            self.start(job)

    def start(self, job: Any) -> None:
        script = self.script
        script.busy += 1
        script.most_busy = max(script.most_busy, script.busy)
        if seconds := script.seconds(job[1]):
            self.loop.call_later(seconds, self.finish, job)
        else:
            self.finish(job)

    def finish(self, job: Any) -> None:
        script, (connection, name, action, body) = self.script, job
        script.busy -= 1
        script.served += 1
        if script.queue:
            self.start(script.queue.popleft())
        if action == "hang":
            return
        if action == "drop":
            connection.transport.close()
            return
        status, headers, out = script.reply(name, action, body)
        if action == "cut":
            connection.write(status, headers, out, length=len(out) + 50)
            connection.transport.close()
            return
        # Before the bytes go: what a client has seen is in the log, whatever happens to it next.
        script.note("answer" if status == 200 and action != "html" else "error", name)
        connection.write(status, headers, out)

    def write(self, status: int, headers: str, body: bytes, length: int | None = None) -> None:
        kind = "text/html" if body.startswith(b"<") else "application/json"
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{headers}\r\n"
        self.transport.write(head.encode() + body)


async def serve(options: dict[str, Any]) -> None:
    script = Script(**options)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(script), "127.0.0.1", options.get("port", 0), backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    # It goes with its parent: the pipe on standard input closes however that ends.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)


@contextlib.contextmanager
def running(**options: Any) -> Iterator[str]:
    """The address of a server in a process of its own, while the block lasts."""
    process = subprocess.Popen(
        [sys.executable, __file__, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout and process.stdin
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(json.loads(sys.argv[1])))
