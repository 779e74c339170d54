"""What an XML document says about itself: its title, its address, and short values beside the text."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from curate.readers.xml_text import local

#: A longer value is text.
VALUE_LENGTH = 500

_TITLES = (
    ("title", "doctitle", "longtitle", "shorttitle", "name", "casename", "heading", "head", "subject", "caption")
)  # fmt: skip
#: Names that hold text even when it is short.
_TEXTS = re.compile(r"text|body|content|p|para|paragraph|sentence|s|li|item|td|cell|reserved", re.I)
_HEADERS = re.compile(r"catchphrases|key-?words|kwd-group|meta(data)?|properties|identification", re.I)
_ADDRESS = re.compile(r"(https?|ftp)://\S+")
_SENTENCE = re.compile(r"(\S+\s+){7,}\S*[.;:][)\"”’']*$")


def fields(root: Any) -> tuple[dict[str, Any], set[Any]]:
    """The fields of a tree, and the elements that are nothing but such values (no part of the text).

    Values are the root's attributes, the short leaves directly below it, and the leaves of those of its children
    that hold nothing else (a header, a list of catchphrases; not the last child, which is text): one value a
    name, a list where a name repeats. `title` and `url` are the most obvious ones.
    """
    found: dict[str, Any] = {}
    values: set[Any] = set()
    for name, value in root.attrib.items():
        if not name.startswith("{") and value.strip():
            _add(found, name, value)
    children = [child for child in root if isinstance(child.tag, str)]
    if len(children) < 2:  # one element in another is no header beside a text
        return _obvious(found, root), values
    times = Counter(local(child) for child in children)
    for child in children:
        if len(child) == 0:
            if times[local(child)] == 1 and _is_value(child):
                _add(found, local(child), _text(child))
                if _ADDRESS.fullmatch(_text(child)):
                    values.add(child)
        elif _HEADERS.fullmatch(local(child)) or (child is not children[-1] and _is_header(child)):
            values.add(child)
            for leaf in child.iter():
                if len(leaf) == 0 and _text(leaf):
                    _add(found, local(leaf), _text(leaf))
    return _obvious(found, root), values


def _obvious(found: dict[str, Any], root: Any) -> dict[str, Any]:
    """`found` with a `title` and a `url`, where it or the tree has any."""
    lower = {name.lower(): value for name, value in reversed(found.items()) if isinstance(value, str)}
    title = next((lower[name] for name in _TITLES if name in lower), None)
    if title is None:
        leaves = (e for e in root.iter() if isinstance(e.tag, str) and local(e).lower() in _TITLES)
        title = next((t for e in leaves if (t := _text(e)) and len(t) <= VALUE_LENGTH), None)
    address = next((v for v in found.values() if isinstance(v, str) and _ADDRESS.fullmatch(v)), None)
    named = {"title": title, "url": address}
    return {
        **{name: value for name, value in found.items() if name != "text"},
        **{k: v for k, v in named.items() if v},
    }


def _is_value(leaf: Any) -> bool:
    text = _text(leaf)
    return bool(text) and len(text) <= VALUE_LENGTH and not _TEXTS.fullmatch(local(leaf))


def _is_header(element: Any) -> bool:
    """Whether an element holds short values only, none of them a sentence or a block of text."""
    leaves = [e for e in element.iter() if isinstance(e.tag, str) and len(e) == 0]
    inner = [e for e in element.iter() if e is not element]
    mixed = any((e.text or "").strip() for e in element.iter() if len(e)) or any(
        (e.tail or "").strip() for e in inner
    )
    plain = all(len(_text(e)) <= VALUE_LENGTH and not _TEXTS.fullmatch(local(e)) for e in leaves)
    depth = max((sum(1 for _ in leaf.iterancestors()) for leaf in leaves), default=0)
    below = depth - sum(1 for _ in element.iterancestors())
    return plain and not mixed and below <= 3 and not any(_SENTENCE.search(_text(leaf)) for leaf in leaves)


def _add(found: dict[str, Any], name: str, value: str) -> None:
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _text(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())
