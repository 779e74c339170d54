"""Sniffing, dispatch, and what a reader's exceptions become."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from curate import storage
from curate.readers import Failure, Slice, Tally, text
from curate.readers.read import read_slice
from curate.readers.sniff import identify
from curate.readers.stream import Unreadable
from curate.source import Source


@pytest.mark.parametrize(
    ("name", "head", "wanted", "reader"),
    [
        ("a.jsonl.gz", b'{"a": 1}', "auto", "jsonl"),
        ("A.HTM", b"anything", "auto", "html"),
        ("a.txt", b"%PDF-1.7", "auto", "pdf"),
        ("a.txt", b"PAR1", "auto", "parquet"),
        ("a", b"# Comment\n%PDF-1.4\n\0", "auto", "pdf"),
        ("a.wet", b"WARC/1.0\r\n", "auto", "warc"),
        ("a.php", b"\n<!DOCTYPE HTML>", "auto", "html"),
        ("a", b'<?xml version="1.0"?><act/>', "auto", "xml"),
        ("a", b'<?xml version="1.0"?><!DOCTYPE html><html>', "auto", "html"),
        ("a", b'{"text": "a"}\n', "auto", "jsonl"),
        ("a", b"{not json}", "auto", "text"),
        ("a.log", b"plain words", "auto", "text"),
        ("a.json", b"x", "csv", "csv"),
        ("a.tar", b"x" * 257 + b"ustar\0", "xml", "tar"),
        ("a.jsonl", b"", "auto", "jsonl"),
    ],
)
def test_what_a_file_is(name, head, wanted, reader):
    assert identify(name, head, wanted) == reader


@pytest.mark.parametrize(
    ("name", "head", "wanted", "kind", "says"),
    [
        ("a.pdf", b"<html>", "auto", "mismatch", "named .pdf but holds HTML"),
        ("a.parquet.gz", b'{"a": 1}', "auto", "mismatch", "named .parquet but holds JSON"),
        (
            "a.docx",
            b"PK\x03\x04" + b"\0" * 22 + b"\x13\0\0\0[Content_Types].xml",
            "auto",
            "unsupported",
            "Office",
        ),
        ("a.txt", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "auto", "unsupported", "OLE"),
        ("a.wpd", b"\xffWPC", "auto", "unsupported", "WordPerfect"),
        ("a.bin", b"\x00\x01\x02\x03", "auto", "unsupported", "00 01 02 03"),
        ("a.txt", b"%PDF-1.7", "text", "mismatch", "format: text is set but the file holds a PDF"),
        ("a.txt", b"words", "parquet", "mismatch", "holds text"),
        ("a.pdf", b"", "auto", "empty", "empty"),
        ("a.html", b"", "auto", "empty", "empty"),
    ],
)
def test_what_is_refused(name, head, wanted, kind, says):
    with pytest.raises(Unreadable) as error:
        identify(name, head, wanted)
    assert error.value.kind == kind
    assert says in str(error.value)


def test_compression_goes_by_content(read):
    assert read(b'{"text": "a"}', "plain.jsonl.gz").texts == ["a"]
    assert read(gzip.compress(gzip.compress(b'{"text": "a"}')), "packed.jsonl").texts == ["a"]


@pytest.mark.parametrize("counted", [True, False])
def test_an_exception_of_a_reader_is_one_failure(read, monkeypatch, counted):
    def broken(input):
        input.tally.split += counted
        raise KeyError("surprise")
        yield

    monkeypatch.setattr(text, "read", broken)
    found = read(b"x", "a.txt")
    assert found.items == [Failure("", "reader error", "KeyError: 'surprise'")]


def test_storage_that_fails_is_a_failure_and_gives_no_digest(tmp_path, monkeypatch):
    def broken(*_, **__):
        yield b'{"text": "a"}\n{"te'
        raise ConnectionError("reset by peer")

    monkeypatch.setattr("curate.readers.read.read_chunks", broken)
    digests = []
    items = list(
        read_slice(Slice("s3://b/a.jsonl", "a.jsonl", 9), Source(name="s", path="x"), Tally(), digests.append)
    )
    assert items[1:] == [Failure("14", "unreadable", "ConnectionError: reset by peer")]
    assert digests == []


def test_a_file_that_went_away_is_a_failure(tmp_path):
    gone = Slice(str(tmp_path / "a.jsonl"), "a.jsonl", 9)
    (item,) = read_slice(gone, Source(name="s", path="x"), Tally())
    assert isinstance(item, Failure)
    assert item.kind == "unreadable"


def test_memory_does_not_grow_with_a_compressed_file(tmp_path: Path):
    """200 MB of lines, among them one of 100 MB, pass in a few megabytes."""
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        for _ in range(50):
            out.write(b'{"text": "%s"}\n' % (b"x" * 1_000_000))
        out.write(b'{"text": "')
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n')
        for _ in range(50):
            out.write(b'{"text": "%s"}\n' % (b"x" * 1_000_000))
    source, kinds = Source(name="s", path=str(path), record_bytes=2_000_000), []
    tracemalloc.start()
    for item in read_slice(Slice(str(path), "a.jsonl.gz", 0), source, Tally()):
        kinds.append(type(item).__name__)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (kinds.count("Record"), kinds.count("Failure")) == (100, 1)
    assert peak < 40_000_000


def test_every_real_file_is_read_or_named(real):
    """The legal and web data: nothing fails but what nobody can read."""
    failed = []
    for folder in ("legal", "legal_nonenglish", "web"):
        for file in storage.listing([str(real(folder))]):
            tally = Tally()
            whole = Slice(file.path, file.name, file.size)
            items = list(read_slice(whole, Source(name="s", path=file.path), tally))
            assert tally.split == len(items)
            assert tally.bytes == file.size
            failed += [(file.name, item.kind) for item in items if isinstance(item, Failure)]
    assert sorted(failed) == [
        ("pdf/courts/opinion_doc.doc", "unsupported"),
        ("pdf/courts/opinion_pdf_image_based.pdf", "no text layer"),
        ("pdf/courts/opinion_wpd.wpd", "unsupported"),
    ]
