"""Court filings as PDF: several pages in Courier with running headers and page numbers."""

from __future__ import annotations

from maker.formats import pages, pdf, text_page
from maker.people import PEOPLE, Planted
from maker.writer import Writer, company, person


def filing(number: int, planted: Planted) -> tuple[str, bytes]:
    """File name and bytes of one filing."""
    name = f"{2020 + number % 4}-cv-{300 + 17 * number}.pdf"
    write = Writer(f"filing {number}")
    plaintiff, defendant = company(write.dice), company(write.dice)
    write.bound |= {
        "plaintiff": plaintiff.split(",")[0],
        "defendant": defendant.split(",")[0],
        "witness": person(write.dice),
        "lower_court": "District Court",
    }
    for slot in ("goods", "machine", "place", "title_job", "town", "county"):
        write.bound[slot] = write.word(slot)
    case = f"Case No. {name.removesuffix('.pdf')}"
    kind = write("filing_kind")
    blocks = [
        "IN THE SUPERIOR COURT OF MERIDIAN",
        f"FOR THE COUNTY OF {write('county').upper()}",
        f"{plaintiff}, Plaintiff, v. {defendant}, Defendant.",
        case,
        kind,
        write("filing_open"),
        "FACTS",
    ]
    facts = write.story("allegation", 9, 14)
    blocks += [f"{i}. {fact}" for i, fact in enumerate(facts, 1)]
    blocks += ["ARGUMENT", *write.some("argument", 5, 8), *write.paragraphs(write.some("reasoning", 8, 14))]
    blocks += ["CONCLUSION", write("prayer"), *signature(number, name, planted)]
    found = pages(blocks)
    header = f"{case}   {kind.title()}   Filed {write.fill('{date}')}"[:90]
    contents = [text_page(lines, header, f"Page {i} of {len(found)}") for i, lines in enumerate(found, 1)]
    return name, pdf(contents, f"{kind.title()}: {plaintiff} v. {defendant}")


def signature(number: int, name: str, planted: Planted) -> list[str]:
    who = PEOPLE[(5 * number + 3) % len(PEOPLE)]
    told = [planted.tell(who, kind, "filings", name) for kind in ("name", "address", "phone", "email")]
    return ["Respectfully submitted,", *told, "Attorney for Plaintiff"]


def drawing() -> bytes:
    """A PDF without a text layer: the lines and boxes of a boundary survey."""
    lines = [
        f"{72 + 40 * i} {100 + 23 * (i * i % 17)} m {500 - 30 * i} {700 - 31 * i} l S" for i in range(10)
    ]
    boxes = [f"{90 + 60 * i} {150 + 70 * i} 55 38 re S" for i in range(6)]
    return pdf(["\n".join(["1.5 w", *lines, *boxes]).encode()], "Plan of survey")
