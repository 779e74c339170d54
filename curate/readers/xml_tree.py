"""A tree from anything that looks like XML.

Well-formed XML goes through lxml, with every door shut: no DTD, no entities but characters, no network. What is
not well-formed (attributes without names, entities that nobody declared, tags that never close) goes through a
tokenizer of our own that keeps every character of text: lxml's `recover` drops most of what follows a fault.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any

from curate.readers.guard import ExtractError

_NAME = r"[A-Za-z_\u0080-\uffff][\w.:\u0080-\uffff-]*"
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<\?.*?(?:\?>|>|\Z)"
    r"|<![A-Za-z][^<>\[]*(?:\[.*?\]\s*)?>"
    rf"|</\s*(?P<end>{_NAME})[^<>]*>"
    rf"|<(?P<start>{_NAME})(?P<attributes>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*|[^<>]*)(?P<closed>)>",
    re.S,
)
_ATTRIBUTE = re.compile(rf"[\"']?({_NAME})[\"']?\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]*(?:\[(?P<subset>.*?)\]\s*)?>", re.S | re.I)
_DECLARED = re.compile(
    rf"<!ENTITY\s+({_NAME})\s+(?:\"([^\"<&%]{{0,200}})\"|'([^'<&%]{{0,200}})'|\"&#(\w+);\")\s*>"
)
_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.S)
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.S)
_REFERENCE = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}))|(\w{1,40}));")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

#: Elements nested deeper than this are taken out of their parents: some parsers' stacks end there.
MAX_DEPTH = 200


def tree(text: str) -> tuple[Any, bool]:
    """The root element, and whether the text was well-formed.

    Raises:
        ExtractError: of kind `not xml` if there is no element in it.
    """
    from lxml import etree

    text = _ILLEGAL.sub("", text)
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    doctype = _DOCTYPE.search(text, 0, 100_000)
    entities = _entities(doctype.group("subset") or "") if doctype else {}
    if doctype:
        text = text[: doctype.start()] + text[doctype.end() :]
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        # Without its DOCTYPE, the text can only name the five entities that XML knows itself.
        return etree.fromstring(_named(text, entities).encode(), parser), True
    except etree.XMLSyntaxError:
        return _tolerant(text, entities), False


def _entities(subset: str) -> dict[str, str]:
    """Entities that a DOCTYPE declares as plain characters; others (nested, external) stay as they are written."""
    found = {}
    for name, double, single, number in _DECLARED.findall(subset):
        found[name] = _character(number[1:], 16) if number[:1] in "xX" and number else double or single
        if number and number.isdecimal():
            found[name] = _character(number, 10)
    return found


def _named(text: str, entities: dict[str, str]) -> str:
    """Character entities that XML does not know by itself, written out."""

    def written(match: re.Match[str]) -> str:
        name = match.group(3)
        if not name or name in _PREDEFINED:
            return match.group()
        found = entities.get(name) or html5.get(name + ";")
        if found is None:
            return "&amp;" + match.group()[1:]
        return found.replace("&", "&amp;").replace("<", "&lt;")

    if "&" not in text:
        return text
    parts = _CDATA.split(text)
    parts[::2] = [_REFERENCE.sub(written, part) for part in parts[::2]]
    return "".join(parts)


def _character(digits: str, base: int) -> str:
    code = int(digits, base)
    legal = (
        code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    )
    return chr(code) if legal else ""


def _unescaped(text: str, entities: dict[str, str]) -> str:
    def character(match: re.Match[str]) -> str:
        hexadecimal, decimal, name = match.groups()
        if name:
            found = _PREDEFINED.get(name) or entities.get(name) or html5.get(name + ";")
            return match.group() if found is None else found
        return _character(hexadecimal, 16) if hexadecimal else _character(decimal, 10)

    return _REFERENCE.sub(character, text) if "&" in text else text


def _tolerant(text: str, entities: dict[str, str]) -> Any:
    from lxml import etree

    builder = etree.TreeBuilder()
    stack: list[str] = []
    elements = 0
    builder.start("document", {})
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            builder.data(_unescaped(text[at : token.start()], entities))
        at = token.end()
        if (name := token.group("start")) is not None:
            elements += 1
            attributes = token.group("attributes")
            if len(stack) < MAX_DEPTH:
                builder.start(_local(name), _attributes(attributes, entities))
                stack.append(name)
                if attributes.endswith("/"):
                    builder.end(_local(stack.pop()))
        elif (name := token.group("end")) is not None:
            _close(builder, stack, name)
        elif (data := token.group("cdata")) is not None:
            builder.data(data)
    if not elements:
        raise ExtractError("not xml", "there is no element in it")
    builder.data(_unescaped(text[at:], entities))
    while stack:
        builder.end(_local(stack.pop()))
    builder.end("document")
    root = builder.close()
    blank = not (root.text or "").strip() and all(not (child.tail or "").strip() for child in root)
    return root[0] if len(root) == 1 and blank else root


def _close(builder: Any, stack: list[str], name: str) -> None:
    """Close the innermost open element of that name and those inside it; a stray end tag closes nothing."""
    if name in stack:
        while True:
            last = stack.pop()
            builder.end(_local(last))
            if last == name:
                return


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1] or "_"


def _attributes(text: str, entities: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        found[_local(name)] = _unescaped(double or single or bare, entities)
    return found
