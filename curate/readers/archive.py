"""tar and zip: each member read as a file of its own, as it streams, nothing ever written out.

A member with a path that escapes, an absolute one, a link or a device fails alone. Folders and hidden files
(`.name`, and what macOS adds under `__MACOSX`) are no units.
"""

from __future__ import annotations

import re
import stat
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from tarfile import InvalidHeaderError, TruncatedHeaderError  # type: ignore[attr-defined]
from typing import Any, BinaryIO

from curate.readers import Failure, Member, Record
from curate.readers.read import Piece, descend
from curate.readers.stream import Stream, Unreadable

#: Bytes taken off a tar at a time: what tarfile holds back when the stream breaks is no more.
_PIECE = 4096


def read_tar(piece: Piece, stream: Stream) -> Iterator[Record | Failure]:
    """The members' records and failures; a position begins with the member's name."""
    names = _Names()
    try:
        with tarfile.open(
            fileobj=stream, mode="r|", bufsize=_PIECE, tarinfo=_Header, ignore_zeros=True
        ) as tar:
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # else tarfile keeps every member that it saw
                if member.isdir() or _hidden(member.name):
                    continue
                position = Member(names.unique(member.name))
                if fault := _fault(member.name) or _no_file(member):
                    piece.tally.split += 1
                    yield Failure(position, "unsafe member", fault)
                    continue
                data = tar.extractfile(member) if member.issparse() else _Body(tar, member)
                inner = piece.within(member.name, data, piece.encoding)  # type: ignore[arg-type]
                last: Record | Failure | None = None
                for last in _placed(inner, position):
                    yield last
                if broken := inner.stream.error:  # the archive broke off in this member
                    if isinstance(last, Failure) and last.error == str(broken):
                        return
                    raise broken
    except (tarfile.TarError, EOFError) as error:
        raise Unreadable("truncated", f"the tar is cut or damaged: {error}") from error


class _Body:
    """A member's bytes. tarfile's own file gives nothing of a member that is cut."""

    def __init__(self, tar: tarfile.TarFile, member: tarfile.TarInfo):
        self._stream: Any = tar.fileobj
        self._at, self._left = member.offset_data, member.size

    def read(self, size: int) -> bytes:
        self._stream.seek(self._at)
        data = self._stream.read(min(_PIECE, size, self._left))
        if not data and self._left:
            raise Unreadable("truncated", f"the tar ends {self._left:,} bytes before this member does")
        self._at, self._left = self._at + len(data), self._left - len(data)
        return data


class _Header(tarfile.TarInfo):
    """A header of which a broken one is an error: tarfile takes it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile: Any) -> Any:
        try:
            return super().fromtarfile(tarfile)
        except (InvalidHeaderError, TruncatedHeaderError) as error:
            raise Unreadable(
                "damaged", f"a damaged header at byte {tarfile.offset:,} of the tar: {error}"
            ) from error


def read_zip(piece: Piece, file: BinaryIO) -> Iterator[Record | Failure]:
    """As `read_tar`. A zip whose directory at the end is missing is read by its members' own headers."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError):
        from curate.readers.salvage import members

        names, count = _Names(), 0
        for name, data in members(file):
            count += 1
            yield from _checked(piece, name, data, names)
        message = f"the zip's directory is missing: the file was cut; {count} members were read without it"
        raise Unreadable("truncated", message) from None
    names = _Names()
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            link = stat.S_ISLNK(info.external_attr >> 16)
            fault = "a symbolic link" if link else "encrypted" if info.flag_bits & 1 else None
            yield from _checked(piece, info.filename, fault or _Opened(archive, info), names)


class _Opened:
    """A zip's member, opened at its first read, so that what fails then fails as the member's."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo):
        self._archive, self._info = archive, info
        self._file: Any = None

    def read(self, size: int) -> bytes:
        try:
            self._file = self._file or self._archive.open(self._info)
            return self._file.read(size)
        except NotImplementedError as error:
            raise Unreadable("unsupported", f"a zip member's compression: {error}") from error
        except Exception as error:
            raise Unreadable("damaged", f"damaged zip member: {error}") from error


def _checked(piece: Piece, name: str, data: Any, names: _Names) -> Iterator[Record | Failure]:
    """A member's items, or one failure if `data` is a fault's name or the name is unsafe."""
    if _hidden(name):
        return
    position = Member(names.unique(name))
    fault = data if isinstance(data, str) else _fault(name)
    if fault:
        piece.tally.split += 1
        yield Failure(position, "unsupported" if fault == "encrypted" else "unsafe member", fault)
        return
    yield from _placed(piece.within(name, data, piece.encoding), position)


def _placed(inner: Piece, position: Member) -> Iterator[Record | Failure]:
    for item in descend(inner):
        item.position = position.within(item.position)
        yield item


def _fault(name: str) -> str | None:
    """What is unsafe about a member's name, which the failure's position says."""
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[\\/]", name):
        return "an absolute path"
    if ".." in re.split(r"[\\/]", name):
        return "a path that leaves the archive"
    return None


def _no_file(member: tarfile.TarInfo) -> str | None:
    if member.issym() or member.islnk():
        return "a link"
    return None if member.isreg() else "a device or pipe"


def _hidden(name: str) -> bool:
    parts = [part for part in name.split("/") if part not in (".", "..", "")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


class _Names:
    """Positions of members: their names, a repeated one with its number, so that ids stay unique."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def unique(self, name: str) -> str:
        name = name.removeprefix("./")
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name} ({self._seen[name]})"
