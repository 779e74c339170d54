"""Compressed streams, whole and damaged, and the stream they come in."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.readers.compression import compression, decompressed
from curate.readers.stream import Stream, Unreadable

PACK = {"gzip": gzip.compress, "zstd": zstandard.compress, "bz2": bz2.compress, "xz": lzma.compress}
CODECS = list(PACK)
NOISE = b"".join(zlib.crc32(b"%d" % i).to_bytes(4, "little") for i in range(20_000))


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def out(chunks: list[bytes], codec: str) -> tuple[bytes, str | None]:
    """What came out, and the kind of the error that ended it."""
    found = []
    try:
        for chunk in decompressed(iter(chunks), codec):
            found.append(chunk)
    except Unreadable as error:
        return b"".join(found), error.kind
    return b"".join(found), None


@pytest.mark.parametrize("codec", CODECS)
@settings(deadline=None, max_examples=40)
@given(members=st.lists(st.binary(max_size=60), min_size=1, max_size=4), size=st.integers(1, 50))
def test_members_follow_each_other_in_any_chunks(codec, members, size):
    data = b"".join(map(PACK[codec], members))
    assert compression(data) == codec
    assert out(cut(data, size), codec) == (b"".join(members), None)


@pytest.mark.parametrize("codec", CODECS)
def test_a_cut_is_told_and_what_came_before_stands(codec):
    data = PACK[codec](NOISE)
    for end in (len(data) - 1, len(data) * 2 // 3):
        found, kind = out([data[:end]], codec)
        assert kind == "truncated"
        assert NOISE.startswith(found)
    assert codec in ("bz2", "xz") or len(found) > len(NOISE) // 3


@pytest.mark.parametrize("codec", CODECS)
def test_damage_is_told(codec):
    options = {"format": lzma.FORMAT_XZ, "check": lzma.CHECK_CRC64} if codec == "xz" else {}
    data = bytearray(PACK[codec](NOISE, **options))
    if codec == "zstd":
        data = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(NOISE))
    data[len(data) // 2] ^= 0xFF
    found, kind = out([bytes(data)], codec)
    assert kind == "damaged"
    assert len(found) < len(NOISE) or codec != "gzip"


@pytest.mark.parametrize("codec", CODECS)
def test_something_else_after_the_end_is_told_but_padding_is_not(codec):
    data = PACK[codec](b"text")
    assert out([data + b"\0" * 5000], codec) == (b"text", None)
    assert out([data, b"and a tail that is none"], codec) == (b"text", "damaged")
    assert out([data, b"x"], codec) == (b"text", "damaged")


def test_gzip_reads_alike_without_the_fast_library(monkeypatch):
    damaged = bytearray(gzip.compress(NOISE))
    damaged[-6] ^= 1
    inputs = [gzip.compress(NOISE), gzip.compress(NOISE)[:50_000], bytes(damaged)]
    fast = [out(cut(data, 9000), "gzip") for data in inputs]
    monkeypatch.setitem(sys.modules, "isal", None)
    assert [out(cut(data, 9000), "gzip") for data in inputs] == fast


def test_a_bomb_comes_out_in_pieces():
    sizes = [len(chunk) for chunk in decompressed(iter([gzip.compress(bytes(100 << 20))]), "gzip")]
    assert sum(sizes) == 100 << 20
    assert max(sizes) < 16 << 20


def test_what_only_looks_like_bz2_is_not():
    assert compression(b"BZh9 is how this text begins") is None


def test_a_stream_keeps_its_error_until_the_bytes_before_are_out():
    def chunks():
        yield b"abc"
        yield b"de"
        raise Unreadable("damaged", "here")

    stream = Stream(chunks(), 100)
    assert stream.peek(4) == b"abcd"
    assert (stream.tell(), stream.read(1), stream.read(100)) == (0, b"a", b"bcde")
    for _ in range(2):
        with pytest.raises(Unreadable, match="here"):
            stream.read(1)
    with pytest.raises(Unreadable, match="here"):
        Stream(chunks(), 100).read()


def test_reading_all_of_a_stream_is_bounded():
    endless = iter(lambda: b"x" * 1000, None)
    with pytest.raises(Unreadable, match="larger than"):
        Stream(endless, 5000).read()


@given(data=st.binary(max_size=50), size=st.integers(1, 9), reads=st.lists(st.integers(0, 9), max_size=20))
def test_a_stream_is_its_chunks(data, size, reads):
    stream, at = Stream(cut(data, size), 100), 0
    for length in reads:
        assert stream.peek(length) == data[at : at + length]
        assert stream.read(length) == data[at : at + length]
        at = min(at + length, len(data))
        assert stream.tell() == at
    assert stream.read() == data[at:]
