"""What an input is: by its content where content can tell, by its name only within the family of text.

Binary formats have a signature. A file that is named as one and lacks its signature is refused ("named .pdf but
holds HTML"), for whatever it holds is not what its owner thinks. Text has no signature: the source's `format`
decides, then the extension, then a look at the beginning.
"""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath

import orjson

from curate.readers.stream import Unreadable

#: Bytes of an input's beginning that are looked at.
HEAD_BYTES = 64 * 1024

#: Signatures at the very beginning, and what they tell: a reader's name, "tar", "zip", or a format nobody reads.
_MAGIC: list[tuple[bytes, str]] = [
    (b"PAR1", "parquet"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"WARC/", "warc"),
    (b"filedesc://", "warc"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE document (.doc, .xls, .msg)"),
    (b"\xffWPC", "a WordPerfect document"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "PostScript"),
    (b"AT&TFORM", "a DjVu document"),
    (b"\x89PNG\r\n", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"II*\x00", "an image (TIFF)"),
    (b"MM\x00*", "an image (TIFF)"),
    (b"RIFF", "a RIFF file (image, sound or video)"),
    (b"ID3", "sound (MP3)"),
    (b"OggS", "sound (Ogg)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x04\x22\x4d\x18", "LZ4-compressed data"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
]
#: Zip files that are documents: first member -> what it is.
_ZIP_DOCUMENTS = {
    b"[Content_Types].xml": "an Office document (.docx, .xlsx, .pptx)",
    b"_rels/.rels": "an Office document (.docx, .xlsx, .pptx)",
    b"mimetype": "an OpenDocument or EPUB file",
}
_READABLE = {"parquet", "pdf", "zip", "tar", "warc"}

#: Extensions of the text family -> the reader that takes them.
_TEXT = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv",
    ".txt": "text", ".text": "text",
    ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".xml": "xml",
}  # fmt: skip
#: Extensions that promise a signature.
_BINARY = {
    ".pdf": "pdf", ".parquet": "parquet", ".zip": "zip", ".tar": "tar", ".tgz": "tar",
    ".warc": "warc", ".arc": "warc", ".wet": "warc", ".wat": "warc",
    ".doc": "", ".docx": "", ".xls": "", ".xlsx": "", ".ppt": "", ".pptx": "", ".odt": "", ".rtf": "",
    ".wpd": "", ".epub": "", ".png": "", ".jpg": "", ".jpeg": "", ".gif": "", ".tif": "", ".tiff": "",
}  # fmt: skip
#: Endings that tell of compression; the content decides about that, so they are taken off a name.
_PACKED = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz")


def bare(name: str) -> str:
    """A name without the endings that tell of compression."""
    path = PurePosixPath(name)
    while path.suffix.lower() in _PACKED:
        path = path.with_suffix("")
    return str(path)


def packed(name: str) -> bool:
    """Whether a name tells of compression (for estimates only)."""
    return name.lower().endswith((*_PACKED, ".tgz"))


def identify(name: str, head: bytes, wanted: str = "auto", *, lines: bool = False) -> str:
    """The reader for decompressed content that begins with `head`: a module of this package, "tar" or "zip". With
    `lines` a text is a file of records.

    Raises:
        Unreadable: `unsupported` (a format that nobody reads), `mismatch` (name or wanted format say one thing
            and the content another), `empty` (nothing in a file of a format that cannot be empty).
    """
    suffix = PurePosixPath(bare(name)).suffix.lower()
    named = _BINARY.get(suffix)
    found = signature(head, tar=named == "tar")
    if found and found not in _READABLE:
        raise Unreadable("unsupported", f"{found}; no reader takes it, convert it first")
    if not head:
        return _empty(suffix, named, wanted, lines=lines)
    if found in ("zip", "tar"):
        return found
    if wanted != "auto" and (found or wanted in _READABLE) and found != wanted:
        raise Unreadable("mismatch", f"format: {wanted} is set but the file holds {_describe(head, found)}")
    if found:
        return found
    if wanted != "auto":
        return wanted
    if named is not None:
        raise Unreadable("mismatch", f"named {suffix} but holds {_describe(head, None)}")
    return _TEXT.get(suffix) or _text_by_content(head)


def signature(head: bytes, *, tar: bool = False) -> str | None:
    """What the signature at the beginning of `head` tells, None if there is none. `tar` also takes an old tar,
    which has nothing but a checksum."""
    if head[257:262] == b"ustar" or (tar and _old_tar(head)):
        return "tar"
    found = next((what for magic, what in _MAGIC if head.startswith(magic)), None)
    if found == "zip":
        length = int.from_bytes(head[26:28], "little")
        return _ZIP_DOCUMENTS.get(head[30 : 30 + length], "zip")
    # The standard asks for the mark at the start, producers put a few lines before it.
    return found or ("pdf" if b"%PDF-" in head[:1024] and b"\0" in head[:4096] else None)


def _old_tar(head: bytes) -> bool:
    block = head[:512]
    try:
        return (
            len(block) == 512
            and int(block[148:156].strip(b"\0 "), 8) == sum(block) - sum(block[148:156]) + 256
        )
    except ValueError:
        return False


def _empty(suffix: str, named: str | None, wanted: str, *, lines: bool) -> str:
    """The reader of an empty file: a format of records holds none of them; a document must not be empty."""
    reader = wanted if wanted != "auto" else named or _TEXT.get(suffix, "")
    if reader in ("jsonl", "csv", "warc") or (lines and reader == "text"):
        return reader
    raise Unreadable("empty", "the file is empty")


def _text_by_content(head: bytes) -> str:
    if not is_text(head):
        raise Unreadable(
            "unsupported", f"binary content of an unknown kind (begins with {head[:8].hex(' ')})"
        )
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:2048].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "html"
    if start.startswith(b"<?xml"):
        return "html" if b"<html" in start else "xml"
    if start.startswith(b"{") and _is_json(head):
        return "jsonl"
    return "text"


def _is_json(head: bytes) -> bool:
    line = head.removeprefix(codecs.BOM_UTF8).lstrip().split(b"\n", 1)[0]
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return len(line) > 1000 and line[1:].lstrip().startswith(b'"')  # longer than the head
    return True


def is_text(head: bytes) -> bool:
    """Whether content looks like text in some encoding: control characters are rare in it."""
    if head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    controls = sum(head.count(c) for c in _CONTROLS)
    return controls <= len(head) // 50


_CONTROLS = [bytes([c]) for c in range(32) if c not in (8, 9, 10, 11, 12, 13, 26, 27)]


def _describe(head: bytes, found: str | None) -> str:
    """What content is, in a user's words."""
    if found:
        return {"pdf": "a PDF", "parquet": "Parquet", "warc": "a WARC"}.get(found, found)
    if not is_text(head):
        return "binary content of an unknown kind"
    return {"html": "HTML", "xml": "XML", "jsonl": "JSON"}.get(_text_by_content(head), "text")
