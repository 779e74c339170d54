"""What a page declares about itself: title, date, author, address, language."""

from __future__ import annotations

import re
from typing import Any

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_TITLES = ("og:title", "dc.title", "dcterms.title", "citation_title", "twitter:title")
_DATES = (
    "article:published_time",
    "citation_publication_date",
    "citation_date",
    "dc.date",
    "dcterms.date",
    "dcterms.issued",
    "dc.date.issued",
    "datepublished",
    "date",
    "pubdate",
    "article:modified_time",
)
_AUTHORS = ("author", "dc.creator", "citation_author", "article:author")


def declared(root: Any, url: str | None = None) -> dict[str, str]:
    """The fields that an lxml HTML tree declares, absent ones left out. `date` is ISO 8601 (YYYY-MM-DD)."""
    meta = _meta(root)
    date = _first(meta, _DATES) or _time(root)
    found = _DATE.match(date.replace("/", "-")) if date else None
    author = _first(meta, _AUTHORS)
    fields = {
        "title": _title(root, meta),
        "date": found.group() if found else None,
        "author": None if author is None or "://" in author else author,
        "url": url or _canonical(root, meta),
        "language": _language(root, meta),
        "description": meta.get("description") or meta.get("og:description"),
    }
    return {name: value for name, value in fields.items() if value}


def _meta(root: Any) -> dict[str, str]:
    """<meta> contents by lower-case name, property, itemprop or http-equiv; the first of each counts."""
    meta: dict[str, str] = {}
    for element in root.iter("meta"):
        name = next(
            (element.get(a) for a in ("name", "property", "itemprop", "http-equiv") if element.get(a)), ""
        )
        content = " ".join((element.get("content") or "").split())
        if name and content:
            meta.setdefault(name.strip().lower(), content)
    return meta


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((meta[name] for name in names if name in meta), None)


def _title(root: Any, meta: dict[str, str]) -> str | None:
    """The declared title; else the page's only <h1>; else <title>, without a site's name after a bar."""
    if found := _first(meta, _TITLES):
        return found
    headings = [_text(h) for h in root.iter("h1")]
    full = next((_text(t) for t in root.iter("title") if t.getparent().tag in ("head", "html")), "")
    if len(headings) == 1 and headings[0] and (headings[0].lower() in full.lower() or not full):
        return headings[0]
    return full or None


def _text(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _time(root: Any) -> str | None:
    return next((t.get("datetime") for t in root.iter("time") if t.get("datetime")), None)


def _canonical(root: Any, meta: dict[str, str]) -> str | None:
    links = (e.get("href") for e in root.iter("link") if "canonical" in (e.get("rel") or "").lower().split())
    found = next((href for href in links if href and "://" in href), None) or meta.get("og:url")
    return found if found and "://" in found else None


def _language(root: Any, meta: dict[str, str]) -> str | None:
    html = next(root.iter("html"), None)
    own = None if html is None else html.get("lang") or html.get("xml:lang")
    found = own or meta.get("content-language") or meta.get("og:locale") or ""
    found = found.split(",")[0].strip().replace("_", "-")
    return found if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", found) else None
