"""The files of a release: where each lies, its size and digests, and what of them a target already has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from curate import storage


@dataclass(frozen=True)
class File:
    """A file of a release: its `path` there, and its content as bytes or as an address that fsspec reaches.

    `bulk` marks data and weights: what is sent in groups ahead of the commit that shows it.
    """

    path: str
    size: int
    sha256: str
    source: str | bytes = field(repr=False)
    bulk: bool = False

    @classmethod
    def of(cls, path: str, content: str | bytes) -> File:
        """A small file from its content."""
        raw = content.encode() if isinstance(content, str) else content
        return cls(path, len(raw), hashlib.sha256(raw).hexdigest(), raw)

    def chunks(self) -> Iterator[bytes]:
        """The content, piece by piece."""
        return iter([self.source]) if isinstance(self.source, bytes) else storage.read_chunks(self.source)

    @cached_property
    def git_sha1(self) -> str:
        """The name that git gives to this content: of files that are not in large file storage, all that a server
        tells."""
        sha = hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)
        for chunk in self.chunks():
            sha.update(chunk)
        return sha.hexdigest()


@dataclass(frozen=True)
class Stored:
    """A file as a target has it: `sha256` of what is in large file storage, else git's name of the content."""

    size: int
    sha256: str | None = None
    git_sha1: str | None = None

    def holds(self, file: File) -> bool:
        """Whether it is that file."""
        if self.size != file.size:
            return False
        return self.sha256 == file.sha256 if self.sha256 else self.git_sha1 == file.git_sha1


@dataclass(frozen=True)
class Changes:
    """What has to be done to a target."""

    send: list[File]
    same: list[File]
    delete: list[str]

    @property
    def bytes(self) -> int:
        """Bytes of the files to send."""
        return sum(file.size for file in self.send)

    def __bool__(self) -> bool:
        return bool(self.send or self.delete)


def changes(files: list[File], there: Mapping[str, Stored], ours: tuple[str, ...]) -> Changes:
    """Hold a release against what is there. Of other files only those below the folders `ours` are deleted: whatever
    else a repository holds was put there by somebody else."""
    same = [file for file in files if file.path in there and there[file.path].holds(file)]
    kept = {file.path for file in same}
    wanted = {file.path for file in files}
    gone = [path for path in sorted(there) if path not in wanted and path.startswith(ours)]
    return Changes([file for file in files if file.path not in kept], same, gone)


def size(n: float) -> str:
    """Bytes as people read them."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:,.0f} {unit}" if unit == "bytes" else f"{n:,.1f} {unit}"
        n /= 1000
    return f"{n:,.1f} TB"
