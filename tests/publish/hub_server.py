"""A server on 127.0.0.1 that speaks the Hub's HTTP protocol, as far as publishing and loading need it.

In memory: repositories with branches, tags, commits, git blobs and large files. It counts what it received, can fail as
told, and can stop answering.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any

from hub_requests import Handler
from hub_store import Fault, Repo


class Hub:
    """The server, its state and what it saw."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}  # "datasets/owner/name"
        self.blobs: dict[str, bytes] = {}  # git's name -> content
        self.large: dict[str, bytes] = {}  # sha256 -> content
        self.sizes: dict[str, int] = {}  # of large files that commits named
        self.requests: list[tuple[str, str, int]] = []  # method, path, bytes of body
        self.faults: list[Fault] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.cas: str | None = None  # where xet storage lies; without it there is none
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()

    def saw(self, pattern: str) -> list[tuple[str, str, int]]:
        """Requests whose "METHOD path" matches."""
        return [r for r in self.requests if re.search(pattern, f"{r[0]} {r[1]}")]

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """The files of a dataset's revision."""
        found = self.repos[f"datasets/{repo}"]
        oid = found.find(revision)
        assert oid
        return {path: self.content(entry) for path, entry in found.commits[oid].items()}

    def content(self, entry: dict[str, Any]) -> bytes:
        """A file's bytes."""
        return self.large[entry["lfs"]["oid"]] if entry.get("lfs") else self.blobs[entry["oid"]]

    def add(self, content: bytes) -> dict[str, Any]:
        """Store a regular file."""
        oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        self.blobs[oid] = content
        return {"oid": oid, "size": len(content), "lfs": None}

    def pointer(self, sha256: str, size: int) -> dict[str, Any]:
        """A large file's entry."""
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
        oid = hashlib.sha1(f"blob {len(text)}\0{text}".encode()).hexdigest()
        return {"oid": oid, "size": size, "lfs": {"oid": sha256, "size": size, "pointerSize": len(text)}}
