"""Flat arrays on disk that grow while they are written: plain .npy files, mapped into memory to be read."""

from __future__ import annotations

import io
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Growing:
    """An .npy file of one dimension to which arrays are appended; its header is right once it is closed."""

    def __init__(self, path: Path, kind: Any):
        self.kind, self.length = np.dtype(kind), 0
        self._file = path.open("wb")
        self._file.write(self._header())

    def append(self, values: NDArray[Any]) -> None:
        """Add values at the end; they must fit the file's type."""
        self._file.write(np.ascontiguousarray(values, self.kind).data)
        self.length += len(values)

    def close(self) -> None:
        """Write the header with the length, and see that all is on disk."""
        self._file.seek(0)
        self._file.write(self._header())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _header(self) -> bytes:
        # numpy leaves room for the longest length in a header, so that all have one size.
        out = io.BytesIO()
        about = {"descr": self.kind.str, "fortran_order": False, "shape": (self.length,)}
        np.lib.format.write_array_header_1_0(out, about)
        return out.getvalue()


def mapped(path: Path) -> NDArray[Any]:
    """The array in `path`, read-only, read from disk as it is used. (An empty file cannot be mapped.)"""
    empty = np.load(path, mmap_mode=None) if path.stat().st_size <= 128 else None
    return np.asarray(np.load(path, mmap_mode="r")) if empty is None or len(empty) else empty


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write into that appears as `folder` only when the block ends well.

    A killed process leaves only a folder with a dot before its name, which the next on the same machine clears away.
    If another process was first, what it wrote stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{folder.name}.{socket.gethostname()}."
    for left in folder.parent.glob(f"{prefix}*"):
        if not _alive(left.name.removeprefix(prefix)):
            shutil.rmtree(left, ignore_errors=True)
    work = folder.parent / f"{prefix}{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _alive(process: str) -> bool:
    if not process.isdigit() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
