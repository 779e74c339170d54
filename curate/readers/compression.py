"""Decompression of gzip, zstd, bz2 and xz as a stream: several members, damage named, memory bounded.

The peers' traps are what shapes it: a reader that stops at the first gzip member, a cut stream that ends in
silence (zstandard's own stream reader does that), an error that takes with it what was decoded before.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from curate.readers.stream import Unreadable

#: Compressed bytes given to a decoder at a time. What it had decoded of a piece is lost when it meets damage,
#: and a piece can inflate a thousandfold: both ask for small pieces.
_PIECE = {"gzip": 8192, "zstd": 1024, "bz2": 8192, "xz": 8192}
_OUT_BYTES = 1024 * 1024
#: A stream that asks for a larger dictionary is refused.
_XZ_MEMORY = 256 * 1024 * 1024

_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
}
_BZ2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # a block, or the end of an empty stream
_ZSTD_SKIPPABLE = (b"\x2a\x4d\x18", 0x50)  # 0x184D2A50 … 5F, little-endian: as pzstd and seekable zstd write


def compression(head: bytes) -> str | None:
    """How content that begins with `head` is compressed ("gzip", "zstd", "bz2", "xz"), None if it is not."""
    for magic, codec in _MAGIC.items():
        if head.startswith(magic):
            if codec == "bz2" and head[4:10] not in _BZ2_BLOCKS:
                return None
            return codec
    mark, low = _ZSTD_SKIPPABLE
    return "zstd" if head[1:4] == mark and head[0] & 0xF0 == low else None


def decompressed(chunks: Iterator[bytes], codec: str) -> Iterator[bytes]:
    """The decompressed bytes of `chunks`, all members, in chunks of about 1 MiB.

    Raises:
        Unreadable: `truncated` when the input ends within a member, `damaged` when it cannot be decoded, fails
            its checksum, or is followed by something else; all that was decoded before comes first.
    """
    out: list[bytes] = []
    size = 0
    try:
        for data in _members(chunks, codec):
            out.append(data)
            size += len(data)
            if size >= _OUT_BYTES:
                yield b"".join(out)
                out, size = [], 0
    except Exception:
        if size:
            yield b"".join(out)
        raise
    if size:
        yield b"".join(out)


def _members(chunks: Iterator[bytes], codec: str) -> Iterator[bytes]:
    new, errors = _decoder(codec)
    decoder: Any = None
    taken, waiting = 0, b""
    for part in chain(_pieces(chunks, _PIECE[codec]), (None,)):
        piece, waiting = waiting + (part or b""), b""
        while piece:
            if decoder is None:
                piece = piece.lstrip(b"\0")  # padding after a member is allowed
                if len(piece) < 10 and part is not None:  # too little to tell what comes next
                    waiting = piece
                    break
                if piece and compression(piece) != codec:
                    raise Unreadable(
                        "damaged", f"after byte {taken:,} comes something that is no {codec} data"
                    )
                decoder = new() if piece else None
                continue
            try:
                yield from _decode(decoder, piece)
            except errors as error:
                raise _damaged(codec, taken, error) from error
            done = len(piece)
            piece = decoder.unused_data if decoder.eof else b""
            taken += done - len(piece)
            if decoder.eof:
                decoder = None
    if decoder is not None:
        raise Unreadable(
            "truncated", f"the {codec} stream ends before its end, at byte {taken:,}: the file was cut"
        )


def _damaged(codec: str, taken: int, error: Exception) -> Unreadable:
    message = f"damaged {codec} data near byte {taken:,}: {error}"
    if re.search("check", str(error), re.IGNORECASE):
        message += "; the checksum is of all that was read of it, so records before this may be damaged too"
    return Unreadable("damaged", message)


def _decode(decoder: Any, piece: bytes) -> Iterator[bytes]:
    if not hasattr(decoder, "needs_input"):
        yield decoder.decompress(piece)
        return
    yield decoder.decompress(piece, _OUT_BYTES)
    while not decoder.eof and not decoder.needs_input:
        yield decoder.decompress(b"", _OUT_BYTES)


def _pieces(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        for at in range(0, len(chunk), size):
            yield chunk[at : at + size]


def _decoder(codec: str) -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    """What makes a decoder of one member, and the errors that it raises."""
    if codec == "gzip":
        return _gzip_decoder()
    if codec == "zstd":
        import zstandard

        return lambda: zstandard.ZstdDecompressor().decompressobj(), (zstandard.ZstdError,)
    if codec == "bz2":
        return bz2.BZ2Decompressor, (OSError, ValueError)
    return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY), (lzma.LZMAError,)


def _gzip_decoder() -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    """Intel's library, nearly three times as fast, where it is installed."""
    try:
        from isal import isal_zlib
    except ImportError:
        return lambda: zlib.decompressobj(31), (zlib.error,)
    return lambda: isal_zlib.decompressobj(31), (isal_zlib.error,)  # type: ignore[return-value]
