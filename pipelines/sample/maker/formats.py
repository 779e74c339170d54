"""Writers of file formats whose bytes depend on their content alone: gzip, JSONL, WARC, PDF."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import textwrap
import uuid
import zlib
from collections.abc import Iterable
from typing import Any

PAGE_LINES = 44
PAGE_COLUMNS = 70


def gz(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9, mtime=0)


def cut_gz(whole: bytes, lost: bytes) -> bytes:
    """A gzip stream that breaks off: `whole` can be decompressed, `lost` and the trailer are missing."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(whole) + packer.flush(zlib.Z_FULL_FLUSH)
    assert packer.compress(lost) + packer.flush()
    return head


def jsonl(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def warc(name: str, records: Iterable[tuple[str, str, bytes]]) -> bytes:
    """A WARC 1.0 file, one gzip member a record: a warcinfo record, then responses (address, type, body)."""
    info = b"software: curate sample generator\r\nformat: WARC File Format 1.0\r\n"
    members = [
        _member("warcinfo", f"warcinfo {name}", "application/warc-fields", info, {"WARC-Filename": name})
    ]
    for url, kind, body in records:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        digest = base64.b32encode(hashlib.sha1(body).digest()).decode()
        extra = {"WARC-Target-URI": url, "WARC-Payload-Digest": f"sha1:{digest}"}
        members.append(
            _member("response", url, "application/http; msgtype=response", head.encode() + body, extra)
        )
    return b"".join(members)


def _member(kind: str, seed: str, content_type: str, block: bytes, extra: dict[str, str]) -> bytes:
    fields = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}>",
        "WARC-Date": "2024-02-01T00:00:00Z",
        **extra,
        "Content-Type": content_type,
        "Content-Length": str(len(block)),
    }
    head = "WARC/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return gz(head.encode() + b"\r\n" + block + b"\r\n\r\n")


def pages(paragraphs: Iterable[str]) -> list[list[str]]:
    """Paragraphs as pages of wrapped lines, a blank line between paragraphs."""
    lines = [
        line
        for block in paragraphs
        for line in [*(textwrap.wrap(block, PAGE_COLUMNS, break_on_hyphens=False) or [""]), ""]
    ]
    return [lines[i : i + PAGE_LINES] for i in range(0, len(lines), PAGE_LINES)]


def text_page(lines: list[str], header: str, footer: str) -> bytes:
    """The content stream of a page in Courier: running header, lines, footer."""
    parts = [_line(header, 750, 9)]
    parts += [_line(line, 716 - 14 * i, 11) for i, line in enumerate(lines) if line]
    return "\n".join([*parts, _line(footer, 50, 9)]).encode("cp1252")


def _line(text: str, height: int, size: int) -> str:
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F1 {size} Tf 72 {height} Td ({escaped}) Tj ET"


def pdf(contents: list[bytes], title: str) -> bytes:
    """A PDF 1.4 file, one page for each content stream. The catalogue comes last: a file cut short has none."""
    last = 3 + 2 * len(contents)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
    objects = [font, f"<< /Title ({title}) >>".encode("cp1252")]
    kids = []
    for content in contents:
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent {last} 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 1 0 R >> >> >>".encode()
        )
    objects.append(f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode())
    objects.append(b"<< /Type /Catalog /Pages %d 0 R >>" % last)
    return _assemble(objects)


def _assemble(objects: list[bytes]) -> bytes:
    data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    data += b"trailer\n<< /Size %d /Root %d 0 R /Info 2 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        size - 1,
        start,
    )
    return bytes(data)
