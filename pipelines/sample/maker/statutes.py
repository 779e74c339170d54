"""Acts of the State of Meridian in Markdown with front matter."""

from __future__ import annotations

import re

from maker.writer import PHRASES, Writer

PARTS = {
    "Licenses": "license_section",
    "Duties of Operators": "duty_section",
    "Inspection and Enforcement": "power_section",
    "Appeals": "appeal_section",
    "Offenses": "offence_section",
    "Final Provisions": "final_section",
}


def statute(number: int) -> tuple[str, str]:
    """File name and text of the act on the `number`th subject."""
    subject = PHRASES["subject"][number]
    year = 1987 + number
    write = Writer(f"act {number}", subject_noun=f"operators concerned with {subject.lower()}")
    department = write("department")
    write.bound |= {"department": department, "department_low": department.lower()}
    for slot in ("machine", "goods", "county"):
        write.bound[slot] = write.word(slot)
    front = (
        f'---\ntitle: "{subject} Act {year}"\ndate: {year}-{1 + number % 12:02d}-14\n'
        f"number: {number + 1}\njurisdiction: Meridian\nstatus: in force\n---\n"
    )
    blocks = [
        front,
        f"# {subject} Act {year}",
        f"*An Act to provide for {subject.lower()} and connected matters.*",
    ]
    blocks += sections(write, subject, year)
    blocks += ["## Schedule: Fees", fees(write)]
    return f"{year}-{slug(subject)}.md", "\n\n".join(blocks) + "\n"


def sections(write: Writer, subject: str, year: int) -> list[str]:
    blocks = [
        "## Part 1. Preliminary",
        f"**1.** This Act may be cited as the {subject} Act {year}.",
        f"**2.** {write('purpose')}",
    ]
    blocks.append("**3.** In this Act—")
    blocks.append(
        "\n".join(
            f"- ({'abcdef'[i]}) {text[0].lower() + text[1:]};" for i, text in enumerate(definitions(write))
        )
    )
    section = 3
    for part, (heading, rule) in enumerate(PARTS.items(), 2):
        blocks.append(f"## Part {part}. {heading}")
        found = write.some(rule, 3, 6)
        while found:
            section += 1
            size = write.dice.number(1, 3)
            group, found = found[:size], found[size:]
            marks = [f"({i}) " for i in range(1, size + 1)] if len(group) > 1 else [""]
            blocks.append(f"**{section}.** " + "\n\n".join(mark + text for mark, text in zip(marks, group)))
    return blocks


def definitions(write: Writer) -> list[str]:
    return write.some("definition", 4, 6)


def fees(write: Writer) -> str:
    items = ["Application", "Renewal", "Transfer", "Duplicate copy", "Inspection on request"]
    rows = [f"| {item} | {write.fill('{money}')} |" for item in items]
    return "\n".join(["| Item | Fee |", "|---|---|", *rows])


def slug(title: str) -> str:
    return re.sub(r"[^a-z]+", "-", title.lower())


def amended(text: str) -> str:
    """A later version of an act: another status, one section replaced and one added."""
    blocks = text.replace("status: in force", "status: as amended").split("\n\n")
    blocks[-3] = (
        "**90.** This section was substituted by the Revision Act 2015 and has effect from January 1, 2016."
    )
    blocks.insert(-2, "**91.** Fees due before that day are payable at the rates then in force.")
    return "\n\n".join(blocks)
