"""tar and zip: members, unsafe members, damage, archives within archives."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile

import pytest


def tar(*members: tuple[str, bytes], mode: str = "w", **special: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in special.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, stream: bool = False) -> bytes:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    out = Unseekable() if stream else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


LINES = b'{"text": "1"}\n{"text": "2"}\n'
MEMBERS = [("a.txt", b"A"), ("d/b.jsonl", LINES), ("d/c.jsonl.gz", gzip.compress(LINES))]
POSITIONS = ["a.txt", "d/b.jsonl#0", "d/b.jsonl#14", "d/c.jsonl.gz#0", "d/c.jsonl.gz#14"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (tar(*MEMBERS), "a.tar"),
        (tar(*MEMBERS, mode="w:gz"), "a.tgz"),
        (tar(*MEMBERS, mode="w:xz"), "a.tar.xz"),
        (tar(*MEMBERS), "no_name_for_it"),
        (zipped(*MEMBERS), "a.zip"),
        (gzip.compress(zipped(*MEMBERS)), "a.zip.gz"),
    ],
)
def test_each_member_is_read_by_its_own_format(read, data, name):
    found = read(data, name)
    assert [item.position for item in found.items] == POSITIONS
    assert found.texts == ["A", "1", "2", "1", "2"]


def test_archives_within_archives(read):
    inner = zipped(("x.txt", b"X"))
    assert [i.position for i in read(tar(("a.zip", inner), ("b.txt", b"B")), "a.tar").records] == [
        "a.zip#x.txt",
        "b.txt",
    ]


def test_too_many_layers_are_refused(read):
    data = b"x"
    for _ in range(12):
        data = gzip.compress(data)
    assert read(data, "a.txt").failed == [("", "too deep")]


@pytest.mark.parametrize("make", [tar, zipped])
def test_unsafe_names_fail_alone_and_hidden_ones_are_nothing(read, make):
    members = [("../up.txt", b"x"), ("/abs.txt", b"x"), ("a/../../b.txt", b"x"), ("C:\\w.txt", b"x")]
    hidden = [("._a.txt", b"x"), ("__MACOSX/a.txt", b"x"), ("d/.DS_Store", b"x")]
    found = read(make(*members, *hidden, ("./ok.txt", b"ok")), "a.bin")
    assert found.texts == ["ok"]
    assert found.failed == [(name, "unsafe member") for name, _ in members]


def test_links_fail_alone(read, tmp_path):
    found = read(tar(("a.txt", b"A"), link="a.txt"), "a.tar")
    assert (found.texts, found.failed) == (["A"], [("link", "unsafe member")])
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/hostname")
    assert read(out.getvalue(), "a.zip").failed == [("link", "unsafe member")]


def test_a_name_that_comes_twice_gives_two_positions(read):
    assert [i.position for i in read(tar(("a.txt", b"1"), ("a.txt", b"2")), "a.tar").items] == [
        "a.txt",
        "a.txt (2)",
    ]


def test_a_bad_member_fails_alone(read):
    found = read(
        zipped(("a.pdf", b"<html>"), ("b.txt", b"B"), ("c.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), "a.zip"
    )
    assert (found.texts, found.failed) == (["B"], [("a.pdf", "mismatch"), ("c.doc", "unsupported")])


def test_a_damaged_zip_member_fails_alone(read):
    data = bytearray(zipped(("a.txt", b"first text"), ("b.txt", b"B"), method=zipfile.ZIP_STORED))
    data[data.index(b"first")] ^= 1
    found = read(bytes(data), "a.zip")
    assert (found.texts, found.failed) == (["B"], [("a.txt", "damaged")])


def test_an_encrypted_zip_member_is_named(read):
    data = bytearray(zipped(("a.txt", b"A"), ("b.txt", b"B")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    found = read(bytes(data), "a.zip")
    assert (found.texts, found.failed) == (["B"], [("a.txt", "unsupported")])


@pytest.mark.parametrize("stream", [False, True])
def test_a_zip_without_its_directory_is_read_by_its_headers(read, stream):
    data = zipped(*MEMBERS, stream=stream)
    found = read(data[: data.index(b"PK\x01\x02")], "a.zip")
    assert [item.position for item in found.records] == POSITIONS
    assert found.failed == [("", "truncated")]


def test_a_zip_cut_within_a_member_keeps_those_before(read):
    data = zipped(("a.txt", b"A"), ("b.txt", bytes(range(256)) * 9), method=zipfile.ZIP_STORED)
    found = read(data[: data.index(b"b.txt") + 500], "a.zip")
    assert (found.texts, found.failed) == (["A"], [("b.txt", "truncated"), ("", "truncated")])


def test_a_tar_cut_within_a_member_keeps_those_before(read):
    data = tar(("a.txt", b"A"), ("b.jsonl", LINES * 100), ("c.txt", b"C"))
    found = read(data[:2048], "a.tar")
    assert found.texts[:2] == ["A", "1"]
    assert [kind for _, kind in found.failed] == ["truncated"]
    packed = gzip.compress(data, mtime=0)
    assert len(read(packed[: len(packed) - 40], "a.tar.gz").failures) == 1


def test_a_cut_is_told_even_where_its_member_failed_for_another_reason(read):
    data = tar(("a.pdf", b"<html>" + b"x" * 2000), ("b.txt", b"B"))
    assert read(data[:1500], "a.tar").failed == [("a.pdf", "mismatch"), ("", "truncated")]


def test_a_broken_header_is_no_silent_end(read):
    data = bytearray(tar(("a.txt", b"A"), ("b.txt", b"B")))
    data[1024 + 150] ^= 0xFF
    found = read(bytes(data), "a.tar")
    assert (found.texts, found.failed) == (["A"], [("", "damaged")])


def test_tars_one_after_another_are_all_read(read):
    assert read(tar(("a.txt", b"A")) + tar(("b.txt", b"B")), "a.tar").texts == ["A", "B"]


def test_a_member_above_the_limit_fails_alone(read):
    found = read(tar(("a.txt", b"x" * 500), ("b.txt", b"B")), "a.tar", record_bytes=100)
    assert (found.texts, found.failed) == (["B"], [("a.txt", "too large")])
