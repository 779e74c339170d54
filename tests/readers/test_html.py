"""The HTML reader: nothing of a document is lost, nothing of a web page's furniture is kept."""

from __future__ import annotations

import io
import re
import socket
from collections import Counter

import pytest

from curate.readers import Failure, Input, Record, Slice, html
from curate.readers.guard import ExtractError
from curate.source import Source

PROSE = "The tenant shall pay the rent on the first day of every month without any deduction or set-off, "

NAVIGATION = "".join(f'<li><a href="/title-{n}">Title {n} of the Code</a></li>' for n in range(30))
TEASERS = "".join(
    f'<p class="teaser"><a href="/news/{n}">Read our story number {n} now</a></p>' for n in range(9)
)


def text(page: str, **known: str) -> str:
    return html.parse(page.encode(), **known)["text"]


def on_site(main: str) -> str:
    """`main` as a public law site would show it."""
    return (
        "<html lang=en><head><title>§ 12 Rent | Law Site</title></head><body>"
        f"<nav><ul>{NAVIGATION}</ul></nav><div class=content><h1>§ 12 Rent</h1>{main}</div>"
        f"<div class=sidebar>{TEASERS}</div><footer>© Law Site. Terms. Privacy.</footer></body></html>"
    )


def opened(data: bytes, encoding: str | None = None) -> Input:
    return Input("a.html", io.BytesIO(data), Source(name="s", path="x"), Slice("a.html", "a.html", len(data)),
                 encoding=encoding)  # fmt: skip


def test_a_document_keeps_every_block():
    page = """<html><head><title>Order</title></head><body><center><b>607 F.3d 250</b></center>
    <h1>A<br>v.<br>B</h1>
    <p>BOUDIN, Circuit&nbsp;Judge &amp; others.<sup><a href="#n1">1</a></sup></p><ol type=a><li>first</li>
    <li>second<ul><li>inner</li></ul></li></ol><blockquote>quoted</blockquote>
    <table><tr><th>Year</th><th>Rent</th></tr><tr><td>2001</td><td>$</td><td>1,200</td></tr></table>
    <pre>  CLERK\n    OF COURT</pre><p id=n1>1. See above.</p><script>var x = 1;</script></body></html>"""
    assert text(page) == (
        "607 F.3d 250\n\nA\nv.\nB\n\nBOUDIN, Circuit Judge & others.[1]\n\na. first\nb. second\n- inner\n\n"
        "quoted\n\nYear | Rent\n2001 | $1,200\n\n  CLERK\n    OF COURT\n\n1. See above."
    )


def test_a_table_that_is_layout_keeps_its_paragraphs_apart():
    page = (
        "<table><tr><td><p>One side.</p><p>Still that side.</p></td><td><p>Other side.</p></td></tr></table>"
    )
    assert text(page) == "One side.\n\nStill that side.\n\nOther side."


def test_a_row_with_a_mark_in_front_reads_as_a_paragraph():
    assert (
        text("<table><tr><td></td><td>(a)</td><td><p>the Premises;</p></td></tr></table>")
        == "(a) the Premises;"
    )


@pytest.mark.parametrize(
    "page, expected",
    [
        ("<p>an area of 12 m<sup>2</sup></p>", "an area of 12 m2"),
        ("<p>the 4<sup>th</sup> day</p>", "the 4th day"),
        ("<p>the court held.<sup>12</sup> Then</p>", "the court held.[12] Then"),
        ("<p>un<i>break</i>able</p>", "unbreakable"),
        ("<ol start=3><li>c</li><li value=9>i</li></ol>", "3. c\n9. i"),
        ("<p>shown</p><p style='display: none'>not shown</p>", "shown"),
        ("<p>a<!-- not -->b</p>", "ab"),
        ("<div>loose <p>set</p> tail</div>", "loose\n\nset\n\ntail"),
    ],
)
def test_inline_and_block_elements(page, expected):
    assert text(page) == expected


def test_a_law_site_keeps_the_whole_section_and_none_of_its_furniture():
    blocks = [
        *(f"<p>({n}) {PROSE} clause {n}.</p>" for n in range(1, 9)),
        "<h3>Exceptions</h3>",
        "<ul><li>short leases;</li><li>leases of <a href='/land'>land</a>;</li></ul>",
        "<table><tr><td>2020</td><td>4%</td></tr><tr><td>2021</td><td>5%</td></tr></table>",
        f"<p>(9) {PROSE} and so on.</p>",
        "<div class=footnotes><p>1. Amended by the Act of 1999, which came into force in 2000.</p></div>",
        f"<p>(10) {PROSE} at the end.</p>",
    ]
    found = text(on_site("".join(blocks)))
    for needle in (
        "(1) The",
        "clause 8.",
        "Exceptions",
        "- short leases;",
        "2021 | 5%",
        "1. Amended",
        "at the end",
    ):
        assert needle in found
    assert not re.search("Title 7|story number|Privacy", found)


def test_further_sections_built_like_the_chosen_one_are_kept():
    one = "".join(f"<p>{PROSE} part {n} of one.</p>" for n in range(6))
    two = "".join(f"<p>{PROSE} part {n} of two.</p>" for n in range(6))
    page = on_site(
        f"<div class=chunk>{one}</div></div><div class=ad>Buy!</div><div><div class=chunk>{two}</div>"
    )
    assert "part 5 of one" in text(page) and "part 5 of two" in text(page)


@pytest.mark.parametrize(
    "page",
    ["", "  \n", "<!-- nothing -->", "<html><head><title>x</title></head><body></body></html>",
     f"<body><nav><ul>{NAVIGATION}</ul></nav><footer>© all rights reserved</footer></body>",
     f"<body><div class=menu><ul>{NAVIGATION}</ul></div><div class=cookie>We use cookies.</div></body>"],
)  # fmt: skip
def test_a_page_without_main_content_fails_by_that_name(page):
    with pytest.raises(ExtractError) as error:
        html.parse(page.encode())
    assert error.value.kind == "no text"


def test_what_a_page_declares_becomes_fields():
    page = """<html lang=de-AT><head><title>Urteil | Gericht</title><meta property=article:published_time
    content=2019-11-20T10:00:00Z><meta name=author content="A. Richter"><link rel=canonical
    href=https://example.org/u></head><body><h1>Urteil</h1><p>Im Namen der Republik.</p></body></html>"""
    fields = html.parse(page.encode())
    assert {k: fields[k] for k in ("title", "date", "author", "url", "language")} == {
        "title": "Urteil", "date": "2019-11-20", "author": "A. Richter", "url": "https://example.org/u",
        "language": "de-AT",
    }  # fmt: skip
    assert (
        html.parse(page.encode(), url="https://example.org/fetched")["url"] == "https://example.org/fetched"
    )


GERMAN = "<p>Übermäßige Gebühren für Verträge sind nichtig, so weit das Gesetz dies für Bürger vorsieht.</p>"


@pytest.mark.parametrize(
    "data, header",
    [
        (GERMAN.encode(), None),
        (b"\xef\xbb\xbf" + GERMAN.encode(), None),
        (GERMAN.encode("utf-16"), None),
        (f"<meta charset=iso-8859-1>{GERMAN}".encode("latin-1"), None),
        (GERMAN.encode("latin-1"), "iso-8859-1"),
        (GERMAN.encode("latin-1"), None),
    ],
)
def test_encodings(data, header):
    assert html.parse(data, encoding=header)["text"].startswith("Übermäßige Gebühren für Verträge")


def test_nesting_beyond_the_parsers_limit_loses_no_text():
    page = "<div>" * 5000 + f"<p>{PROSE * 5}</p>" + "</div>" * 5000 + f"<p>{PROSE * 5}after.</p>"
    found = text(page)
    assert found.count("tenant") == 10 and "after." in found


def test_the_reader_yields_a_record_or_a_failure():
    input = opened(b"<p>Some words.</p>")
    assert list(html.read(input)) == [Record("", {"text": "Some words.", "encoding": html_encoding()})]
    assert input.tally.split == 1
    (failure,) = html.read(opened(b"<nav><a href=/>Home</a></nav>"))
    assert isinstance(failure, Failure) and failure.kind == "no text"


def html_encoding() -> str:
    return html.parse(b"<p>Some words.</p>")["encoding"]


def test_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    body = "".join(f"<p>{PROSE} {n} <img src=http://example.org/{n}.png></p>" for n in range(9))
    page = '<!DOCTYPE html SYSTEM "http://example.org/x.dtd">' + on_site(body)
    assert "clause" not in text(page) and "tenant" in text(page)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def test_real_opinions_lose_no_word(real):
    from resiliparse.extract.html2text import extract_plain_text

    for path in real("legal/html_opinions").glob("*.html"):
        data = path.read_bytes()
        assert words(html.parse(data)["text"]) == words(extract_plain_text(data.decode())), path.name


def test_real_awkward_pages(real):
    assert html.parse(real("bad/truncated.html").read_bytes())["text"].rstrip().endswith("unfinished")
    with pytest.raises(ExtractError, match="no main content"):
        html.parse(real("bad/boilerplate_only.html").read_bytes())
    german = html.parse(real("web/html_pages/cnet.de.schutz.html").read_bytes())
    assert german["language"] == "de-DE" and german["date"] == "2014-05-14" and "für" in german["text"]
