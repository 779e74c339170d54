"""WARC, ARC and WET: framing, answers, what is no document."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from curate.readers.http import answer, content
from curate.readers.stream import Unreadable

BODY = b"<html><head><title>A ruling</title></head><body><article>" + b"".join(
    b"<p>The court of appeal finds in part %d that the lease was validly ended by the landlord.</p>" % i
    for i in range(12)
)


def warc(*records: tuple[str, str, dict[str, str], bytes, str | None], packed: bool = False) -> bytes:
    """(type, url, HTTP headers, body, status line or None for a record without HTTP)."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    for kind, url, headers, body, status in records:
        http = StatusAndHeaders(status, list(headers.items()), protocol="HTTP/1.1") if status else None
        made = writer.create_warc_record(url, kind, payload=io.BytesIO(body), http_headers=http)
        writer.write_record(made)
    return out.getvalue()


def page(url: str, body: bytes = BODY, mime: str = "text/html", status: str = "200 OK", **more: str):
    return "response", url, {"Content-Type": mime, **more}, body, status


@pytest.mark.parametrize("packed", [False, True])
def test_pages_and_what_is_known_of_them(read, packed):
    data = warc(page("http://x.org/a"), page("http://x.org/b"), packed=packed)
    found = read(data, "a.warc")
    assert len(found.records) == 2
    fields = found.records[0].fields
    assert "validly ended" in fields["text"]
    assert (fields["url"], fields["mime"]) == ("http://x.org/a", "text/html")
    assert fields["warc_record_id"].startswith("urn:uuid:")
    assert fields["date"][:2] == "20"
    plain = gzip.decompress(data) if packed else data
    assert [plain[int(r.position) :][:9] for r in found.records] == [b"WARC/1.0\r"] * 2


def test_what_is_no_document_is_not_counted(read):
    data = warc(
        ("request", "http://x.org/a", {}, b"", "GET / HTTP/1.1"),
        ("metadata", "http://x.org/a", {}, b"{}", None),
        page("http://x.org/i.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        page("http://x.org/s.css", b"p {}", "text/css"),
        page("http://x.org/moved", b"moved", status="301 Moved Permanently"),
        page("http://x.org/empty", b" \n"),
        page("http://x.org/a"),
    )
    assert len(read(data, "a.warc").items) == 1


def test_an_error_answer_fails(read):
    found = read(warc(page("http://x.org/a", status="404 Not Found")), "a.warc")
    assert [kind for _, kind in found.failed] == ["http error"]
    assert "404 Not Found" in found.failures[0].error


def test_other_formats_go_to_their_readers(read):
    data = warc(
        page(
            "http://x.org/a.txt", "Größe und Maß der Bürger".encode("cp1252"), "text/plain; charset=latin-1"
        ),
        page("http://x.org/list.jsonl", b'{"text": "1"}\n{"text": "2"}\n', "application/octet-stream"),
        page("http://x.org/b.pdf", b"<html>no PDF", "application/octet-stream"),
        ("resource", "http://x.org/c.txt", {}, b"plain", None),
        ("conversion", "http://x.org/d", {}, "von Straße".encode(), None),
    )
    found = read(data, "a.warc")
    assert found.texts == ["Größe und Maß der Bürger", "1", "2", "plain", "von Straße"]
    assert found.records[0].fields["encoding"] == "cp1252"
    assert [r.position.partition("#")[2] for r in found.records] == ["", "0", "14", "", ""]
    assert [kind for _, kind in found.failed] == ["mismatch"]


def test_a_wrong_length_costs_one_record(read):
    data = warc(*(page(f"http://x.org/{c}") for c in "abc"))
    second = data.index(b"WARC/1.0", 10)
    at = data.index(b"Content-Length: ", second) + len(b"Content-Length: ")
    for wrong in (b"9", b"x", b"9999999"):
        end = data.index(b"\r", at)
        found = read(data[:at] + wrong + data[end:], "a.warc")
        urls = [r.fields["url"] for r in found.records]
        assert len(found.failures) == 1
        assert urls[0].endswith("a")
        assert (len(urls) == 2) == (wrong != b"9999999")


def test_a_record_above_the_limit_fails_alone(read):
    found = read(warc(page("http://x.org/a", BODY * 9), page("http://x.org/b")), "a.warc", record_bytes=4000)
    assert ([kind for _, kind in found.failed], len(found.records)) == (["too large"], 1)


def test_a_cut_file_keeps_what_was_whole(read):
    data = warc(page("http://x.org/a"), page("http://x.org/b"), packed=True)
    for name, cut in (("a.warc.gz", data[:-30]), ("a.warc", gzip.decompress(data)[:-100])):
        found = read(cut, name)
        assert ([kind for _, kind in found.failed], len(found.records)) == (["truncated"], 1)


def test_arc(read):
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + BODY
    head = b"1 0 x\nURL IP-address Archive-date Content-type Archive-length\n"
    data = b"filedesc://a.arc 0.0.0.0 20140101000000 text/plain %d\n%s\n" % (len(head), head)
    first = len(data)
    data += b"http://x.org/ 1.2.3.4 20140102030405 text/html %d\n%s\n" % (len(http), http)
    (record,) = read(data, "a.arc").records
    assert record.position == str(first)
    assert record.fields["url"] == "http://x.org/"
    assert record.fields["warc_date"] == "2014-01-02T03:04:05Z"


def http(body: bytes, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return b"HTTP/1.1 200 OK\r\n" + lines.encode() + b"\r\n" + body


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"text", {}),
        (b"2\r\nte\r\n2;x=y\r\nxt\r\n0\r\n\r\n", {"Transfer_Encoding": "chunked"}),
        (b"text", {"Transfer_Encoding": "chunked"}),
        (gzip.compress(b"text", mtime=0), {"Content_Encoding": "gzip"}),
        (b"text", {"Content_Encoding": "gzip"}),
        (zlib.compress(b"text"), {"Content_Encoding": "deflate"}),
        (zlib.compress(b"text", wbits=-15), {"Content_Encoding": "deflate"}),
    ],
)
def test_codings_are_undone_once(body, headers):
    found = answer(http(body, **headers))
    assert found is not None
    assert content(found, 100) == b"text"


@pytest.mark.parametrize(
    ("body", "headers", "kind"),
    [
        (b"2\r\nte\r\n9\r\nxt", {"Transfer_Encoding": "chunked"}, "truncated"),
        (gzip.compress(b"text", mtime=0)[:-3], {"Content_Encoding": "gzip"}, "truncated"),
        (gzip.compress(b"x" * 500, mtime=0), {"Content_Encoding": "gzip"}, "too large"),
    ],
)
def test_codings_that_break_are_told(body, headers, kind):
    found = answer(http(body, **headers))
    assert found is not None
    with pytest.raises(Unreadable) as error:
        content(found, 100)
    assert error.value.kind == kind
