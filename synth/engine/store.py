"""Responses kept for good: nothing that was received is asked for, or paid for, again.

A store is one SQLite file in WAL mode. A response is committed before anybody sees it. A commit goes to the operating
system, so a process may be killed at any moment and loses nothing. Against loss of power, a thread brings the WAL to
the disk once a second (`SYNC_EVERY`): waiting at each commit would cap a run at the disk's hundred or so a second, and
stop the event loop meanwhile, and what is at stake is one second's responses. The checksums of the WAL make a torn
write invisible: what was committed before it is there. One process writes, any number read meanwhile; all on one
machine, as WAL needs shared memory.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import zstandard

from curate.errors import ConfigError, RunError
from synth.engine.answer import Reply
from synth.engine.request import Request

#: Seconds between syncs, and pages of the WAL before SQLite takes them over into the file (with a sync of its own).
SYNC_EVERY, PAGES = 1.0, 16_000
#: Seconds that a reader waits for a moment of the writer's.
_PATIENCE = 30.0
_TABLE = """CREATE TABLE IF NOT EXISTS responses (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, final_error INTEGER NOT NULL,
    request BLOB NOT NULL, reply BLOB NOT NULL)"""


class Store:
    """The store in the file `path`. Use as a context manager, or `close` it.

    Raises:
        ConfigError: another process writes to it; for reading only: there is no such file.
        RunError: the file is no store or is damaged.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False):
        self.path = Path(path)
        self._lock: Any = None
        self._pack, self._unpack = zstandard.ZstdCompressor(level=3), zstandard.ZstdDecompressor()
        self._synced = 0.0
        self._syncs = ThreadPoolExecutor(1)
        self._sync: Future[None] | None = None
        self._wal = -1
        if read_only and not self.path.exists():
            raise ConfigError(f"{path}: there is no such store of responses to replay")
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._hold()
        with self._telling():
            self._db = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            if read_only:
                self._db.execute("PRAGMA query_only = ON")
            else:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")
                self._db.execute(_TABLE)
            self._db.execute("SELECT count(*) FROM responses WHERE id = 0")

    def _hold(self) -> None:
        import fcntl

        self._lock = open(f"{self.path}.lock", "w")  # noqa: SIM115  held as long as the store is open
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise ConfigError(
                f"another run is writing to {self.path}: wait for it or name another store"
            ) from None

    def get(self, key: str) -> Reply | None:
        """What was answered to the request `key`, or None."""
        with self._telling():
            row = self._db.execute(
                "SELECT reply FROM responses WHERE key = ?", (bytes.fromhex(key),)
            ).fetchone()
        return None if row is None else Reply(**orjson.loads(self._unpack.decompress(row[0])))

    def request(self, key: str) -> dict[str, Any] | None:
        """The canonical request that `key` names, or None."""
        with self._telling():
            row = self._db.execute(
                "SELECT request FROM responses WHERE key = ?", (bytes.fromhex(key),)
            ).fetchone()
        return None if row is None else orjson.loads(self._unpack.decompress(row[0]))

    def put(self, request: Request, reply: Reply) -> None:
        """Keep a reply; when this returns it is kept. A key that is there already stays as it is."""
        given = {name: value for name in Reply.__slots__ if (value := getattr(reply, name))}
        row = (
            bytes.fromhex(request.key),
            int(bool(reply.error)),
            self._pack.compress(request.canonical),
            self._pack.compress(orjson.dumps(given)),
        )
        with self._telling():
            self._db.execute(
                "INSERT OR IGNORE INTO responses (key, final_error, request, reply) VALUES (?, ?, ?, ?)", row
            )
            self._to_disk()

    def _to_disk(self) -> None:
        """Have a thread sync the WAL, if the last time was long ago and has ended."""
        now = time.monotonic()
        if now - self._synced < SYNC_EVERY or (self._sync and not self._sync.done()):
            return
        if self._sync:
            self._sync.result()
        if self._wal < 0:
            self._wal = os.open(f"{self.path}-wal", os.O_RDONLY)
        self._synced, self._sync = now, self._syncs.submit(os.fsync, self._wal)

    def forget(self, keys: Iterable[str]) -> None:
        """Let go of refusals, when it shows that they were the server's fault; answers stay."""
        with self._telling():
            self._db.executemany(
                "DELETE FROM responses WHERE key = ? AND final_error", [(bytes.fromhex(key),) for key in keys]
            )

    def __iter__(self) -> Iterator[str]:
        """Every key, in the order in which responses came."""
        with self._telling():
            for (key,) in self._db.execute("SELECT key FROM responses ORDER BY id"):
                yield key.hex()

    def __len__(self) -> int:
        with self._telling():
            return int(self._db.execute("SELECT count(*) FROM responses").fetchone()[0])

    def close(self) -> None:
        """Close the file; the lock goes with it. Where nobody reads, one file is left, fit for a read-only disk."""
        self._syncs.shutdown()
        if self._wal >= 0:
            os.close(self._wal)
        if self._lock:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("PRAGMA busy_timeout = 0")
                self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.close()
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, zstandard.ZstdError, OSError) as error:
            raise RunError(f"{self.path}: the store of responses cannot be used: {error}") from error
