"""Bytes to text: byte-order mark, declaration, strict UTF-8, then detection. Never a replacement character.

Detection asks resiliparse's copy of uchardet, which on the Universal Declaration of Human Rights in 170 files of
known legacy encodings names the right one for 121 (charset-normalizer: 72), and where that does not know takes
Windows-1252 if the result reads like text (148). What is mostly UTF-8 with damage in it, and text in which the odd
bytes make no sense in any encoding, is not guessed at: it fails with the place of the first bad byte.
"""

from __future__ import annotations

import codecs
import re

from curate.readers.stream import Unreadable

_BOMS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
#: Bytes that detection looks at, around and after the first that are not ASCII.
_SAMPLE_BYTES = 256 * 1024
#: uchardet's way of not knowing, and encodings that it names far more often than they are used.
_DOUBTFUL = re.compile(r"utf-8|iso-?8859-(3|4|10|13|14|16)$|ascii")
#: Of characters above ASCII that come from Windows-1252, more than this share of unlikely ones is a wrong guess.
_ODD_SHARE = 0.25
#: What labels mean on the web (WHATWG Encoding), where that is more than they say.
_WEB = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
#: Codecs of Python that no document is in, with which any ASCII text could be decoded.
_NO_ENCODINGS = {"unicode-escape", "raw-unicode-escape", "utf-7", "idna", "punycode", "undefined"}
#: þ and ÿ are what stray bytes 0xFE and 0xFF look like; the others hardly occur in text either. A symbol between
#: two letters is no better.
_ODD = re.compile(r"[ÿþ¤¦¬¯¸¹ƒˆ˜‡†‰]|(?<=[A-Za-z])[€£¥§©®±¶»«¿¡¢](?=[A-Za-z])")
#: With fewer bytes than this above ASCII, text is English or the like: the languages that have a code page of
#: their own use it three times as much.
_SPARSE = 0.02
_LATIN = re.compile(r"cp125[0478]$|iso8859")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_HIGH = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(rb"[\x00-\x07\x0e-\x19\x1c-\x1f]")


def bom(head: bytes) -> tuple[str | None, int]:
    """The encoding that a byte-order mark tells and the mark's length; (None, 0) without one."""
    return next(((name, len(mark)) for mark, name in _BOMS if head.startswith(mark)), (None, 0))


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text of `data` and the encoding it was in ("utf-8" for ASCII too). `declared` comes from outside.

    Raises:
        Unreadable: `invalid UTF-8`, with the place of the first bad byte, when no other encoding fits either.
    """
    name, skip = bom(data)
    if name:
        return _strict(data, name, skip), name
    known = canonical(declared) if declared else None
    if known and known != "utf-8":
        try:
            return data.decode(known), known
        except UnicodeError:
            pass  # declarations lie; the content goes on to tell
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        name = detect(data)
        if name is None:
            raise invalid(data, error) from None
    return _strict(data, name, 0), name


def detect(data: bytes) -> str | None:
    """The encoding of text that is not UTF-8, None when nothing fits it."""
    first = _HIGH_BYTE.search(data)
    if first is None or len(_CONTROL.findall(data[:_SAMPLE_BYTES])) * 50 > min(len(data), _SAMPLE_BYTES):
        return None
    sample = data[max(0, first.start() - 4096) :][:_SAMPLE_BYTES]
    if _mostly_utf8(sample):
        return None
    from resiliparse.parse.encoding import detect_encoding

    found = detect_encoding(sample, max_len=_SAMPLE_BYTES, from_html_meta=False) or "utf-8"
    guess = canonical(found) or "utf-8"
    sparse = len(_HIGH_BYTE.findall(sample)) < _SPARSE * len(sample)
    if guess == "cp1252" or _DOUBTFUL.match(guess) or (sparse and _LATIN.match(guess)):
        return _western(data, sample)
    return guess if _fits(data, guess) else _western(data, sample)


def canonical(name: str) -> str | None:
    """Python's name of an encoding, as the web reads labels (latin-1 is Windows-1252); None if unknown."""
    name = name.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(name).name
        b"a".decode(found)  # refuses codecs that make no text of bytes (hex, zlib)
    except (LookupError, ValueError):
        return None
    if found in _NO_ENCODINGS:
        return None
    return _WEB.get(found, found)


def invalid(data: bytes, error: UnicodeDecodeError) -> Unreadable:
    """What bytes that no encoding fits fail with."""
    at, byte = error.start, data[error.start]
    if error.end == len(data) and "unexpected end" in error.reason:
        return Unreadable(
            "invalid UTF-8", f"invalid UTF-8 at byte {at:,}: the text ends inside a character, it was cut"
        )
    where = f"invalid UTF-8 at byte {at:,} (0x{byte:02x})"
    remedy = "set `encoding` of the source if it has one"
    return Unreadable("invalid UTF-8", f"{where}, and no other encoding fits; {remedy}")


def _strict(data: bytes, name: str, skip: int) -> str:
    try:
        return data[skip:].decode(name)
    except UnicodeDecodeError as error:
        where = f"invalid {name.upper()} at byte {error.start + skip:,}: {error.reason}"
        raise Unreadable("invalid UTF-8" if name == "utf-8" else "invalid encoding", where) from None


def _mostly_utf8(sample: bytes) -> bool:
    """Whether more characters above ASCII are valid UTF-8 than not: then it is UTF-8 with damage."""
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return len(_HIGH.findall(text)) - bad > bad


def _fits(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _western(data: bytes, sample: bytes) -> str | None:
    """Windows-1252 if `data` reads like text in it. Bytes that it leaves undefined speak against it."""
    if not _fits(data, "cp1252"):
        return None
    text = sample.decode("cp1252", "replace")
    return "cp1252" if len(_ODD.findall(text)) <= _ODD_SHARE * len(_HIGH.findall(text)) else None
