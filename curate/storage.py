"""Files wherever fsspec reaches: what a path stands for, opening, bytes in order with retries, atomic commit.

A path is a file, a folder (taken whole, with what is below it), a glob (`*`, `?`, `[…]`, `**`), a list of these, or
any of them behind a protocol: `s3://bucket/opinions/`, `hf://datasets/owner/name/data/*.parquet` (the files of
a repository on the Hub, through `huggingface_hub`; its token is taken from the environment as usual).
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

#: Bytes taken from storage at a time.
CHUNK_BYTES = 1024 * 1024
#: Waits before a remote read is tried again, in seconds.
RETRY_SECONDS = (0.5, 2.0, 8.0)

#: Where file systems keep what changes when a file does; the first that is there is the stamp.
_STAMPS = (
    "ETag",
    "etag",
    "blob_id",
    "md5Hash",
    "sha256",
    "mtime",
    "LastModified",
    "last_modified",
    "created",
)
#: Errors that another try does not mend.
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotImplementedError, ValueError)


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file: its path as fsspec takes it, its name within the listing, its size in bytes, and a stamp (etag or
    modification time) that changes when the content does."""

    path: str
    name: str
    size: int
    stamp: str


def listing(paths: Iterable[str], options: dict[str, Any] | None = None) -> list[FileInfo]:
    """The files that `paths` stand for, sorted by name, each once.

    A name is the path relative to the folder that was given, to the fixed part of the glob, or to the file's
    parent; when two paths would give one name, all names are taken relative to the common parent instead. Files
    and folders whose name begins with a dot are hidden and left out, unless given as they stand.

    Raises:
        FileNotFoundError: a path stands for no file.
    """
    found: dict[str, tuple[str, str, dict[str, Any]]] = {}
    for path in paths:
        files = _expand(path, options or {})
        if not files:
            relative = is_local(path) and not Path(path.removeprefix("file://")).is_absolute()
            where = f" (relative paths start at the working folder, {Path.cwd()})" if relative else ""
            raise FileNotFoundError(f"no file matches {path!r}{where}")
        found.update(
            {file: (root, protocol, info) for file, root, protocol, info in files if file not in found}
        )
    names = {file: _relative(file, root) for file, (root, _, _) in found.items()}
    if len(set(names.values())) < len(names):
        common = posixpath.commonpath([_bare(root) for root, _, _ in found.values()])
        names = {file: _relative(_bare(file), common) for file in found}
    infos = [
        FileInfo(file, names[file], int(info.get("size") or 0), _stamp(info))
        for file, (_, _, info) in found.items()
    ]
    return sorted(infos, key=lambda info: (info.name, info.path))


def _expand(path: str, options: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(path, root, protocol, info) of every file behind one path."""
    fs, bare = fsspec.core.url_to_fs(path, **options)
    local = is_local(path)
    bare = bare.rstrip("/") or "/"
    if fs.isfile(bare):
        files, root = {bare: fs.info(bare)}, posixpath.dirname(bare)
    elif fs.isdir(bare):
        files, root = fs.find(bare, detail=True), bare
        files = {file: info for file, info in files.items() if not _hidden(_relative(file, root))}
    else:
        root = _fixed_part(bare)
        files = fs.glob(bare, detail=True) if _has_magic(bare) else {}
        files = {
            file: info
            for file, info in files.items()
            if info.get("type") == "file" and not _hidden(_relative(file, root))
        }
    full = (lambda file: file) if local else fs.unstrip_protocol
    return [(full(file), full(root), "" if local else path, info) for file, info in files.items()]


def is_local(path: str) -> bool:
    """Whether a path is on this machine's own file system."""
    return ("://" not in path and "::" not in path) or path.startswith("file://")


def _has_magic(path: str) -> bool:
    return any(c in path for c in "*?[")


def _fixed_part(glob: str) -> str:
    parts = glob.split("/")
    first = next((i for i, part in enumerate(parts) if _has_magic(part)), len(parts) - 1)
    return "/".join(parts[:first]) or ("/" if glob.startswith("/") else "")


def _relative(path: str, root: str) -> str:
    root = root.rstrip("/") + "/"
    return path[len(root) :] if path.startswith(root) else path.lstrip("/")


def _bare(path: str) -> str:
    """A path for comparison across protocols: `s3://bucket/x` as `/s3/bucket/x`."""
    protocol, mark, rest = path.partition("://")
    return posixpath.normpath(f"/{protocol}/{rest}" if mark else "/" + path.lstrip("/"))


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _stamp(info: dict[str, Any]) -> str:
    return next((str(info[key]) for key in _STAMPS if info.get(key)), "")


def exists(path: str) -> bool:
    """Whether there is a file at `path`."""
    fs, bare = fsspec.core.url_to_fs(path)
    return fs.exists(bare)


def remove(path: str) -> None:
    """Remove the file at `path`, if there is one."""
    fs, bare = fsspec.core.url_to_fs(path)
    with contextlib.suppress(FileNotFoundError):
        fs.rm_file(bare)


def open_file(path: str, options: dict[str, Any] | None = None) -> BinaryIO:
    """A file opened for reading, seekable."""
    if is_local(path):
        return open(path.removeprefix("file://"), "rb")
    fs, bare = fsspec.core.url_to_fs(path, **(options or {}))
    return fs.open(bare, "rb")


def read_chunks(path: str, options: dict[str, Any] | None = None, *, start: int = 0) -> Iterator[bytes]:
    """A file's bytes from `start` on, in chunks of at most `CHUNK_BYTES`.

    Errors of a remote file system are taken for passing ones: the file is opened again where it broke off,
    after each of `RETRY_SECONDS`; a chunk that arrives resets the count. The last error is raised.
    """
    waits = () if is_local(path) else RETRY_SECONDS
    offset, tries = start, 0
    while True:
        try:
            with open_file(path, options) as file:
                if offset:
                    file.seek(offset)
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
                    offset, tries = offset + len(chunk), 0
                return
        except _FINAL:
            raise
        except Exception:
            if tries == len(waits):
                raise
            time.sleep(waits[tries])
            tries += 1


@contextlib.contextmanager
def committed(path: str, options: dict[str, Any] | None = None) -> Iterator[BinaryIO]:
    """A file to write that appears under `path` only when the block ends well; else nothing is left.

    Locally a temporary name in the same folder, flushed to disk and renamed; elsewhere a local temporary file
    that is put in one go.
    """
    if is_local(path):
        target = Path(path.removeprefix("file://"))
        target.parent.mkdir(parents=True, exist_ok=True)
        folder: str | None = str(target.parent)
    else:
        target, folder = Path(posixpath.basename(path)), None
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if folder:
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(target)
        else:
            fs, bare = fsspec.core.url_to_fs(path, **(options or {}))
            fs.makedirs(posixpath.dirname(bare), exist_ok=True)
            fs.put_file(name, bare)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
