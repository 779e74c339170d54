"""Pages of a small legal news site and a law-firm blog, for the WARC."""

from __future__ import annotations

import re
from html import escape

from maker.contracts import paragraph
from maker.people import PEOPLE, Planted
from maker.writer import Dice, Writer, company, person

NEWS, BLOG = "https://news.meridian-law.example", "https://blog.oakenfell-partners.example"


def article(number: int, planted: Planted, insert: str = "") -> tuple[str, str]:
    """Address and page of one article; even numbers are news, odd ones advice; `insert` is one more paragraph."""
    write = Writer(f"web {number}")
    write.bound |= {
        "plaintiff": company(write.dice).split(",")[0],
        "defendant": company(write.dice).split(",")[0],
        "witness": person(write.dice),
        "lower_court": "Superior Court",
    }
    for slot in ("goods", "place", "title_job", "town", "county", "department"):
        write.bound[slot] = write.word(slot)
    write.bound["goods_title"] = write.bound["goods"].title()
    headline = write("headline")
    own, other = ("news", "advice") if number % 2 == 0 else ("advice", "news")
    texts = [write("lede"), *write.some(own, 8, 10), *([insert] if insert else []), *write.some(other, 1, 3)]
    url = f"{BLOG if number % 2 else NEWS}/{2021 + number % 3}/{slug(headline)}-{number}"
    who = PEOPLE[(9 * number + 5) % len(PEOPLE)]
    told = [planted.tell(who, kind, "web", url) for kind in ("name", "email")]
    texts.append(f"{told[0]} writes about commercial disputes. Comments and corrections: {told[1]}.")
    return url, site(headline, [paragraph(text) for text in texts])


def opinion_page(case: str, docket: str, text: str) -> tuple[str, str]:
    """An opinion of the JSONL files as a web page: a near-duplicate across formats."""
    blocks = [paragraph(" ".join(block.split())) for block in text.split("\n\n")]
    return f"{NEWS}/opinions/{docket}", site(case, blocks)


def site(headline: str, blocks: list[str], language: str = "en") -> str:
    """The blocks in the dress of the site: menu, sidebar, comments box, footer."""
    menu = "".join(
        f'<a href="/{name.lower()}">{name}</a> '
        for name in ("Courts", "Business", "Opinion", "Jobs", "Events")
    )
    teasers = "".join(
        f'<li><a href="/t/{i}">{title}</a></li>' for i, title in enumerate(teaser_titles(headline))
    )
    return f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(headline)} | Meridian Law</title>
<meta name="description" content="{escape(headline)}"></head>
<body><div id="menu">{menu}</div>
<div class="banner">We use cookies to improve your experience. <button>Accept</button></div>
<article><h1>{escape(headline)}</h1>
{"".join(blocks)}</article>
<div class="sidebar"><h3>Most read</h3><ul>{teasers}</ul></div>
<div class="comments">Please log in to comment.</div>
<footer>About us | Advertise | Imprint | © Meridian Law Media</footer></body></html>
"""


def teaser_titles(seed: str) -> list[str]:
    dice = Dice(f"teasers {seed}")
    titles = [
        "Bar exam dates announced",
        "Courthouse roof to be repaired",
        "Ten questions for a notary",
        "Podcast: the lost deed",
    ]
    return dice.shuffled(titles)[:3]


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
