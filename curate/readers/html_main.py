"""Which blocks of a page are its main text.

Two kinds of page need two rules. A document (an opinion, a filing, a statute saved as HTML) has no furniture:
everything on it is kept, since an extractor made for news drops footnotes, captions and table rows there. A
web page has navigation, teasers and banners: trafilatura chooses, and what it loses in between (list items,
rows, headings, short paragraphs; whole further sections built like the chosen ones) is put back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from curate.readers.html_blocks import Block, blocks

#: A page with at most this share of its characters in furniture and link lists is a document.
BARE_SHARE = 0.08

_FURNITURE_TAGS = {"nav": "nav", "footer": "footer", "aside": "aside"}
_FURNITURE_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar", "dialog")
)
_NOTES = re.compile(r"foot-?note|endnote|doc-(foot|end)notes?", re.I)
_FURNITURE_WORDS = re.compile(
    r"(?<![a-z])(nav|navbar|navigation|menu|submenu|breadcrumbs?|crumbs|footer|sidebar|side-?bar|masthead|"
    r"share|sharing|sharebar|shares|social|socials|related|recirc|recommend(ed|ations?)?|trending|popular|"
    r"most-?(read|viewed|popular)|more-(stories|from|on|news)|read-?(more|next)|up-?next|see-also|"
    r"comments?|disqus|respond|reply|promos?|promotion|sponsor(ed)?|ads?|advert(s|isement|ising|orial)?|"
    r"adslot|outbrain|taboola|newsletters?|subscri(be|ption)|sign-?up|paywall|regwall|login|cookies?|consent|"
    r"gdpr|popup|modal|overlay|toolbar|pagination|pager|tags?|tag-?list|keywords|topics|author-?bio|bio|"
    r"byline|author|widgets?|print-?only|skip-?link|screen-reader(-text)?|sr-only|visually-?hidden|"
    r"gallery|inlinegallery|carousel|slideshow|slider|lightbox|ticker|breaking|photo-?credit|image-?credit|"
    r"copyright|correction-link|timestamp|dateline|teasers?)(?![a-z])"
)
_CAPTION = re.compile(r"(?<![a-z])(captions?|credits?)(?![a-z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"\w+")


def judge(element: Any, tag: str) -> str:
    """Why the mark-up of `element` calls it furniture: its tag, its role or a word of its class or id."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    role = (element.get("role") or "").lower()
    if _NOTES.search(names) or _NOTES.search(role):
        return ""
    if tag in _FURNITURE_TAGS:
        return _FURNITURE_TAGS[tag]
    if role in _FURNITURE_ROLES:
        return role
    if tag == "header" and not any(a.tag in ("article", "main") for a in element.iterancestors()):
        return "" if element.find(".//h1") is not None else "header"
    if tag in ("html", "body", "main", "article"):
        return ""
    names = _CAMEL.sub("-", names).lower().replace("_", "-")
    found = _FURNITURE_WORDS.search(names)
    if found:
        return found.group(1)
    return "caption" if tag == "figcaption" or (_CAPTION.search(names) and _of_picture(element)) else ""


def _of_picture(element: Any) -> bool:
    """Whether a picture stands near; a case has its caption too."""
    above = element
    for _ in range(2):
        above = above if above.getparent() is None else above.getparent()
    return above.tag not in ("html", "body") and above.find(".//img") is not None


def main_blocks(root: Any, title: str = "") -> list[Block]:
    """The blocks of the page's main text in document order; none where there is no main text. On a web page
    the heading that repeats `title`, and headings that nothing follows, are left out."""
    found = blocks(root, judge)
    if is_bare(found):
        return [block for block in found if not block.furniture]
    marked = _marked(found, _trafilatura(root))
    chosen = _filled(found, marked) if any(marked) else marked
    kept = [block for block, keep in zip(found, chosen) if keep]
    while kept and kept[-1].kind == "heading":
        kept.pop()
    if kept and _same(kept[0].text, title):
        del kept[0]
    return kept


def _same(text: str, title: str) -> bool:
    words = _WORD.findall(text.lower())
    return bool(words) and words == _WORD.findall(title.lower())[: len(words)]


def is_bare(found: Iterable[Block]) -> bool:
    """Whether a page is a document without furniture around it."""
    total = loose = 0
    for block in found:
        total += len(block.text)
        loose += len(block.text) if block.furniture or block.linked > 0.5 * len(block.text) else 0
    return loose <= BARE_SHARE * total


def _trafilatura(root: Any) -> str:
    """What trafilatura takes for the main text."""
    import copy

    import trafilatura

    text = trafilatura.extract(copy.deepcopy(root), include_comments=False, favor_precision=True, fast=True)
    return text or ""


def _marked(found: list[Block], text: str) -> list[bool]:
    """The blocks of which most word 4-grams stand in `text` (of a short one, a whole line)."""
    lines = [tuple(_WORD.findall(line)) for line in text.split("\n")]
    words = [word for line in lines for word in line]
    grams = {tuple(words[i : i + 4]) for i in range(len(words) - 3)}
    short = Counter(lines)
    marked = [False] * len(found)
    # Where a short line stands several times on the page, the furniture's copies come last.
    for i in sorted(range(len(found)), key=lambda i: bool(found[i].furniture)):
        own = tuple(_WORD.findall(found[i].text))
        if len(own) >= 6:
            hits = sum(own[i : i + 4] in grams for i in range(len(own) - 3))
            marked[i] = hits >= 0.6 * (len(own) - 3)
        elif short[own] > 0:
            marked[i] = bool(own)
            short[own] -= 1
    return marked


def _filled(found: list[Block], marked: list[bool]) -> list[bool]:
    """`marked` and what belongs to it: see the module's first lines."""
    first = marked.index(True)
    last = len(marked) - 1 - marked[::-1].index(True)
    home = _home(found, marked)
    signatures = {_signature(block) for block, mark in zip(found, marked) if mark and _is_prose(block)}
    chosen = []
    for i, (block, mark) in enumerate(zip(found, marked)):
        inside = first <= i <= last and home in block.within and block.linked < 0.3 * len(block.text)
        further = _is_prose(block) and _signature(block) in signatures
        chosen.append(mark or (not block.furniture and (inside or further)))
    groups = {
        id(b.group) for b, keep in zip(found, chosen) if keep and b.group is not None and home in b.within
    }
    return [keep or (id(b.group) in groups and not b.furniture) for b, keep in zip(found, chosen)]


def _home(found: list[Block], marked: list[bool]) -> Any:
    """The deepest element that holds at least nine tenths of the marked characters."""
    weights: dict[Any, int] = {}
    total = 0
    for block, mark in zip(found, marked):
        if mark:
            total += len(block.text)
            for element in block.within:
                weights[element] = weights.get(element, 0) + len(block.text)
    home = None
    for element, weight in weights.items():  # outermost first along every path
        if weight >= 0.9 * total:
            home = element
    return home


def _is_prose(block: Block) -> bool:
    return len(block.text) >= 100 and block.linked < 0.25 * len(block.text)


def _signature(block: Block) -> tuple[str, ...]:
    """How the block's element and its parent are built: tag and class."""
    return tuple(f"{element.tag}.{element.get('class') or ''}" for element in block.within[-2:])
