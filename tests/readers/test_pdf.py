"""The PDF reader on pages set here line by line, and on the real court papers."""

from __future__ import annotations

import io
import re

import pytest

from curate.readers import Failure, Input, Record, Slice, pdf
from curate.readers.guard import ExtractError
from curate.source import Source

Piece = tuple[float, float, str]  # left, bottom, text


def quoted(text: str) -> str:
    return re.sub(r"([()])", r"\\\1", text)


def made(*pages: list[Piece], size: float = 12, title: str = "") -> bytes:
    """A PDF of pages in Courier (a letter is 0.6 of `size` wide)."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    kids = []
    for page in pages:
        shown = "".join(f"BT /F {size} Tf {x} {y} Td ({quoted(t)}) Tj ET\n" for x, y, t in page)
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}endstream")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) >>")
    body = "".join(f"{n} 0 obj\n{o}\nendobj\n" for n, o in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R /Info {len(objects)} 0 R >>\n%%EOF".encode("latin-1")


def column(*lines: str, left: float = 72, top: float = 700, pitch: float = 14) -> list[Piece]:
    return [(left, top - pitch * i, line) for i, line in enumerate(lines) if line]


def text(*pages: list[Piece]) -> str:
    return pdf.parse(made(*pages))["text"]


# Courier 12: 60 letters a line.
FULL = "The tenant shall pay the whole of the rent on the first day "


def test_wrapped_lines_are_one_paragraph_and_short_ones_end_it():
    page = column(
        FULL, "of every month without any deduction or set-off whatever,", "in cash.", "", FULL, "of May."
    )
    assert text(page) == (
        FULL + "of every month without any deduction or set-off whatever, in cash.\n\n" + FULL + "of May."
    )


def test_hard_spaces_are_spaces():
    assert text(column("The\xa0tenant\xa0pays.")) == "The tenant pays."


def test_a_line_ended_on_purpose_stays_a_line():
    page = column(FULL, "of May.", "", "A. Miller", "12 High Street", "Springfield")
    assert text(page).endswith("\n\nA. Miller\n12 High Street\nSpringfield")


def test_a_first_line_set_in_begins_a_paragraph():
    page = [*column(FULL, "of every month without any deduction or set-off whatever to"),
            *column("the landlord.", top=672), *column(FULL[:-8], left=108, top=658),
            *column("of May.", top=644)]  # fmt: skip
    assert text(page).split("\n\n")[1].startswith("The tenant")


def test_a_text_hung_under_its_mark_is_one_paragraph():
    page = [(72, 700, "1.1   " + FULL[:54]), (115, 686, "every month and without any deduction or set-off")]
    assert "\n" not in text(page)


@pytest.mark.parametrize(
    "half, rest, expected",
    [
        ("deduc-", "tion", "deduction"),  # the whole word stands elsewhere
        ("set-", "off", "set-off"),  # so does the hyphened one
        ("obli-", "gation", "obligation"),  # nothing is known: a printer's hyphen
        ("pay-", "rent", "pay-rent"),  # two words of their own
        ("Anglo-", "Irish", "Anglo-Irish"),
        ("2019–", "20", "2019–20"),
    ],
)
def test_hyphens_at_a_lines_end(half, rest, expected):
    from curate.readers.pdf_lines import Line
    from curate.readers.pdf_paragraphs import Words

    known = Words.of(
        [[Line("a deduction or set-off when you pay rent", 0, 0, 9, 9), Line("bro-", 0, 0, 9, 9)]]
    )
    assert known.joined(f"any {half}", f"{rest} made") == f"any {expected} made"


def test_where_no_words_are_broken_a_hyphen_is_the_words_own():
    from curate.readers.pdf_paragraphs import Words

    assert Words.of([]).joined("a broad-", "based class") == "a broad-based class"


def test_heads_feet_and_stamps_go_and_are_told():
    pages = [
        [
            (72, 760, f"Case: 17-2543   Page: {n}   Date Filed: 07/26/2017"),
            *column(f"{FULL}of", f"month {n} in cash.", top=620),
            (300, 30, f"- {n} -"),
        ]
        for n in range(1, 5)
    ]
    fields = pdf.parse(made(*pages))
    assert fields["text"].split("\f") == [f"{FULL}of month {n} in cash." for n in range(1, 5)]
    assert fields["page_furniture"] == {"Case: #-# Page: # Date Filed: #/#/#": 4, "#": 4}
    assert fields["pages"] == 4


def test_what_repeats_inside_the_text_stays():
    pages = [column(*(f"{FULL}{n}{i}" for i in range(30)), "Signed", "", f"Page text {n}") for n in "abcd"]
    for page in text(*pages).split("\f"):
        assert "Signed" in page


@pytest.mark.parametrize("apart", [False, True])
def test_line_numbers_of_a_transcript_go(apart):
    said = [f"MR. SMITH: I said {w} to the Court." for w in "abcdefghijklmnopqrstuvwxy"]
    numbers = [(72.0 if n > 9 else 79.2, 720 - 24 * n, str(n)) for n in range(1, 26)]
    pages = []
    for start in range(3):
        spoken = said[start:] + said[:start]
        lines = [(140.0, 720 - 24 * n, spoken[n - 1]) for n in range(1, 26)]
        pages.append(numbers + lines if apart else [piece for pair in zip(numbers, lines) for piece in pair])
    fields = pdf.parse(made(*pages))
    assert fields["line_numbers"] == 75
    assert fields["text"].split("\f")[1].split() == " ".join(said[1:] + said[:1]).split()


def test_a_numbered_list_keeps_its_numbers():
    items = [f"{n} {FULL[:40]}" for n in range(1, 8)]
    assert text(column(*items)) == "\n".join(items)


@pytest.mark.parametrize(
    "data, kind",
    [
        (b"", "empty"),
        (b"<html>404</html>", "not a pdf"),
        (b"%PDF-1.7\n1 0 obj\n<<", "damaged pdf"),
        (made([]), "no text layer"),
    ],
)
def test_what_cannot_be_read_fails_by_name(data, kind):
    file = Input("a.pdf", io.BytesIO(data), Source(name="s", path="x"), Slice("a.pdf", "a.pdf", len(data)))
    (failure,) = pdf.read(file)
    assert isinstance(failure, Failure) and failure.kind == kind and file.tally.split == 1


def test_the_reader_yields_one_record():
    data = made(column("One."), column("Two."), [], title="Lease of a house")
    file = Input("a.pdf", io.BytesIO(data), Source(name="s", path="x"), Slice("a.pdf", "a.pdf", len(data)))
    fields = {"text": "One.\fTwo.\f", "pages": 3, "title": "Lease of a house", "pages_without_text": [3]}
    assert list(pdf.read(file)) == [Record("", fields)]


def test_real_failures(real):
    for name, kind in {
        "bad/truncated.pdf": "damaged pdf",
        "bad/password-example.pdf": "encrypted",
        "bad/html_named.pdf": "not a pdf",
        "bad/empty.pdf": "empty",
        "legal/pdf/courts/opinion_pdf_image_based.pdf": "no text layer",
    }.items():
        with pytest.raises(ExtractError) as error:
            pdf.parse(real(name).read_bytes())
        assert error.value.kind == kind, name


def test_real_transcripts_keep_no_line_numbers(real):
    for path in real("legal/pdf/scotus_transcripts").glob("*.pdf"):
        fields = pdf.parse(path.read_bytes())
        assert fields["line_numbers"] > 1000
        assert not re.search(r"^\s*\d{1,2}$|^\s*\d{1,2} +[A-Z]+\.", fields["text"], re.M), path.name
        assert "ALDERSON REPORTING" not in fields["text"]
        assert re.search(r"^QUESTION: |^MR\. [A-Z]+: ", fields["text"], re.M)


def test_real_stamps_and_columns(real):
    court = pdf.parse(real("legal/pdf/courts/gov.uscourts.ca8.17-2543.00803263743.0.pdf").read_bytes())
    assert (
        "Date Filed" not in court["text"]
        and "as barred by the one-year statute of limitations." in court["text"]
    )
    register = pdf.parse(real("legal/pdf/other/federal-register-2020-17221.pdf").read_bytes())["text"]
    assert "VerDate" not in register and "jbell" not in register
    assert (
        "The FAA proposes to supersede Airworthiness Directive (AD) 2018–23–51, which applies to all The Boeing "
        "Company Model 737–8 and 737–9 (737 MAX) airplanes." in register
    )


def letters(text: str) -> str:
    """Letters alone: the published texts keep page numbers, and tear words with a raised end ("60t h")."""
    return "".join(re.findall(r"[^\W\d_]", text))


def test_real_contracts_equal_the_published_text(real):
    for path in real("legal/pdf/cuad").glob("*.pdf"):
        ours = letters(pdf.parse(path.read_bytes())["text"])
        assert ours == letters(path.with_suffix(".txt").read_text()), path.name
