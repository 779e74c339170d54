"""The XML reader: no text of any vocabulary is lost, well-formed or not, and no entity opens a door."""

from __future__ import annotations

import html as characters
import io
import re
import tarfile
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.readers import Failure, Input, Record, Slice, xml
from curate.readers.guard import ExtractError
from curate.source import Source


def parse(document: str) -> dict:
    return xml.parse(document.encode())


def text(document: str) -> str:
    return parse(document)["text"]


def opened(data: bytes) -> Input:
    return Input("a.xml", io.BytesIO(data), Source(name="s", path="x"), Slice("a.xml", "a.xml", len(data)))


def test_blocks_numbers_rows_and_inline_elements():
    document = """<act xmlns="urn:a"><num>12</num><heading>Rent</heading>
      <para><num>(a)</num><text>The ten<b>an</b>t pays, see
         <cite>section 3</cite>, the rent.</text></para>
      <para marker="(b)"><text>In cash.</text></para>
      <list><item>one</item><item>two</item></list>
      <table><row><cell>2020</cell><cell>4%</cell></row><row><cell>2021</cell><cell>5%</cell></row></table>
    </act>"""
    assert text(document) == (
        "12 Rent\n\n(a) The tenant pays, see section 3, the rent.\n\n(b) In cash.\n\none\ntwo\n\n2020 | 4%\n2021 | 5%"
    )


def test_what_is_inline_is_learned_from_the_document():
    document = "<d><x>A <who>Smith</who> of <who>Jones</who> ran.</x><y><z>One</z><z>Two</z></y></d>"
    assert text(document) == "A Smith of Jones ran.\n\nOne\n\nTwo"


def test_a_footnote_among_text_stands_in_brackets():
    document = '<d><p>Held.<footnote ref="3">See above.</footnote> So.</p><p>x</p></d>'
    assert text(document) == "Held. [3: See above.] So.\n\nx"


def test_title_address_and_values_become_fields():
    document = """<case court="FCA"><name>A v B</name><link>http://example.org/1</link>
      <header><date>2006-05-19</date><docket>12-3</docket></header>
      <catchphrases><catchphrase>costs</catchphrase><catchphrase>appeal</catchphrase></catchphrases>
      <body><p>The appeal is dismissed.</p></body></case>"""
    fields = parse(document)
    assert fields.pop("text") == "A v B\n\nThe appeal is dismissed."
    assert fields == {
        "court": "FCA", "name": "A v B", "link": "http://example.org/1", "date": "2006-05-19", "docket": "12-3",
        "catchphrase": ["costs", "appeal"], "title": "A v B", "url": "http://example.org/1", "encoding": "utf-8",
    }  # fmt: skip


@pytest.mark.parametrize(
    "document, expected",
    [
        ('<d><p "id=c0">one</p><p "id=c1">two</p></d>', "one\n\ntwo"),
        ("<d><p>caf&eacute; &nosuch; AT&T</p></d>", "café &nosuch; AT&T"),
        ("<d><p>never closed<p>again</d> after", "never closed\n\nagain\n\nafter"),
        ("<d><p>a < b and c > d</p></d>", "a < b and c > d"),
        ("<d><p>one</b> two</p></d>", "one two"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<d><p>cut <b>here", "cut here"),
        ("<d><p a=1 b='x>y' c>kept</p></d>", "kept"),
        ('<d><p a="never closed>kept</p><q b="1">too</q></d>', "kept\n\ntoo"),
        ("<d><p><![CDATA[a < b &nosuch;]]></p></d>", "a < b &nosuch;"),
        ("<d>one<br>two</d>", "one\ntwo"),
    ],
)
def test_what_is_not_well_formed_keeps_its_text(document, expected):
    assert text(document) == expected


def test_entities_are_characters_and_nothing_else():
    document = """<!DOCTYPE d [<!ENTITY sect "§"><!ENTITY co "&#169;"><!ENTITY big "&sect;&sect;">
      <!ENTITY file SYSTEM "file:///etc/hostname">]><d a="&big;">&sect; 1 &co; &amp; &big; &file;</d>"""
    assert text(document) == "§ 1 © & &big; &file;"


def test_entities_do_not_multiply():
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    found = text(f'<!DOCTYPE d [<!ENTITY l0 "ha">{levels}]><d x="&l9;">&l9; end</d>')
    assert found == "&l9; end"


def test_deep_nesting_loses_no_text():
    document = "<d>" + "<p>" * 3000 + "deep" + "</p>" * 3000 + "<p>after</p></d>"
    assert "deep" in text(document) and "after" in text(document)


@pytest.mark.parametrize(
    "document, kind", [("just words", "not xml"), ("<d><p/></d>", "no text"), ("", "not xml")]
)
def test_what_cannot_be_read_fails_by_name(document, kind):
    with pytest.raises(ExtractError) as error:
        parse(document)
    assert error.value.kind == kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings(encoding):
    document = f"<?xml version='1.0' encoding='{encoding}'?><d><p>Verträge für Bürger</p></d>"
    assert xml.parse(document.encode(encoding))["text"] == "Verträge für Bürger"


def test_the_reader_yields_a_record_or_a_failure():
    file = opened(b"<d><p>one</p></d>")
    assert list(xml.read(file)) == [Record("", {"text": "one", "encoding": "utf-8"})]
    assert file.tally.split == 1
    (failure,) = xml.read(opened(b"no markup"))
    assert isinstance(failure, Failure) and failure.kind == "not xml"


marks = st.sampled_from(
    ["<p>", "</p>", "<b>", "</b>", "<x y='", "'>", '"', "<", ">", "&", "&amp;", "<!--", "-->", "=", "]]>"]
)
words = st.from_regex(r"[a-z]{3,6}", fullmatch=True)


@given(
    st.lists(words, min_size=1, max_size=6).flatmap(
        lambda w: st.tuples(st.just(w), st.lists(marks, max_size=12))
    )
)
def test_rubble_never_breaks_the_parser(pair):
    known, rubble = pair
    document = "<d>" + "".join(f" {a} {b}" for a, b in zip(rubble, known * 12)) + "</d>"
    try:
        parse(document)
    except ExtractError as error:
        assert error.kind == "no text"  # all of it in one comment or tag


def members(path) -> list[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        return [(m.name, archive.extractfile(m).read()) for m in archive if m.name.endswith(".xml")]


def bare(text: str) -> str:
    return re.sub(r"\W", "", text)


@pytest.mark.slow
def test_real_judgments_lose_no_sentence(real):
    files = members(real("legal/au_federal_court_xml.tar.gz"))
    assert len(files) == 197
    for name, data in files:
        fields = xml.parse(data)
        source, flat = data.decode(), bare(fields["text"])
        for sentence in re.findall(r"<sentence\s[^>]*>(.*?)</sentence>", source, re.S):
            assert bare(characters.unescape(sentence)) in flat, (name, sentence)
        phrases = fields["catchphrase"]
        assert len([phrases] if isinstance(phrases, str) else phrases) == len(
            re.findall(r"<catchphrase [^>]*>\s*[^\s<]", source)
        ), name
        assert fields["title"] and fields["url"].startswith("http") and fields["well_formed"] is False


@pytest.mark.slow
@pytest.mark.parametrize(
    "archive, count",
    [("us_cfr_title12_xml_versions", 19), ("us_federal_register_notices_xml", 23), ("us_dc_code_xml", 1348)],
)
def test_real_codes_lose_no_letter(real, archive, count):
    files = members(real(f"legal/{archive}.tar.gz"))
    assert len(files) == count
    for name, data in files:
        fields = xml.parse(data)
        values = [v for v in fields.values() if isinstance(v, str)]
        values += [v for vs in fields.values() if isinstance(vs, list) for v in vs]
        source = characters.unescape(re.sub(r"<!--.*?-->|<[^>]*>", " ", data.decode(), flags=re.S))
        assert not Counter(bare(source)) - Counter(bare(" ".join(values))), name
        assert fields["title"]


def test_a_real_section_reads_as_printed(real):
    data = dict(members(real("legal/us_dc_code_xml.tar.gz")))
    fields = xml.parse(next(d for n, d in data.items() if n.endswith("/13-302.01.xml")))
    assert fields["text"].startswith(
        "13-302.01 Service by Metropolitan Police Department.\n\n(a) The Metropolitan Police Department shall execute, "
    )
    assert fields["num"] == "13-302.01" and fields["title"] == "Service by Metropolitan Police Department."
