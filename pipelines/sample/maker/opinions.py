"""Opinions of the Court of Appeals of Meridian, as records of bulk JSONL files."""

from __future__ import annotations

import textwrap
from typing import Any

from maker.people import PEOPLE, Planted
from maker.writer import MONTHS, Dice, Writer, company, person

TOPICS = ["supply", "employment", "injury", "criminal", "agency", "property", "insurance"]
COURTS = ["Court of Appeals of Meridian, First Division", "Court of Appeals of Meridian, Second Division"]
LOWER = ["Superior Court", "Commercial Court", "District Court", "Chancery Division"]

Record = dict[str, Any]


def opinion(number: int, year: int, planted: Planted) -> Record:
    """The opinion of docket `year-number`: caption, background, standard, discussion, disposition."""
    docket = f"{year % 100}-{1000 + number}"
    dice = Dice(f"opinion {docket}")
    topic = TOPICS[number % len(TOPICS)]
    plaintiff, defendant = parties(dice, topic)
    month, day = dice.number(1, 12), dice.number(1, 28)
    write = Writer(
        f"text {docket}",
        plaintiff=plaintiff.split(",")[0],
        defendant=defendant.split(",")[0],
        plaintiff_person=plaintiff.split()[-1],
        defendant_person=defendant.split()[-1],
        lower_court=dice.choose(LOWER),
        witness=person(dice),
        **{
            slot: Writer(f"{slot} {docket}").word(slot)
            for slot in ("goods", "machine", "place", "title_job", "town")
        },
    )
    court = dice.choose(COURTS)
    decided = f"{MONTHS[month - 1]} {day}, {year}"
    blocks = caption(docket, court, decided, plaintiff, defendant, dice)
    blocks += counsel(number, docket, planted)
    blocks += body(write, topic)
    text = "\n\n".join(blocks)
    if number % 3 == 2:  # as plain-text releases have it: hard line ends
        text = "\n\n".join(
            textwrap.fill(block, 72, break_on_hyphens=False) if len(block) > 72 else block for block in blocks
        )
    return {
        "docket": docket,
        "case_name": f"{plaintiff} v. {defendant}",
        "date_filed": f"{year}-{month:02d}-{day:02d}",
        "court": court,
        "topic": topic,
        "panel": [person(dice) for _ in range(3)],
        "text": text,
    }


def parties(dice: Dice, topic: str) -> tuple[str, str]:
    if topic == "criminal":
        return "State of Meridian", person(dice)
    if topic in ("employment", "injury"):
        return person(dice), company(dice)
    if topic == "agency":
        return company(dice), "Board of Water Resources"
    return company(dice), company(dice)


def caption(docket: str, court: str, decided: str, plaintiff: str, defendant: str, dice: Dice) -> list[str]:
    judges = [person(dice).split()[-1] for _ in range(3)]
    return [
        court.upper(),
        f"No. {docket}",
        f"{plaintiff}, Plaintiff-Appellant,\nv.\n{defendant}, Defendant-Appellee.",
        f"Decided {decided}",
        f"Before {judges[0]}, {judges[1]} and {judges[2]}, Judges.",
    ]


def counsel(number: int, docket: str, planted: Planted) -> list[str]:
    """Every fifth opinion names counsel with mail address and telephone, every tenth an address too."""
    if number % 5:
        return []
    who = PEOPLE[(number // 5) % 12]

    def tell(kind: str) -> str:
        return planted.tell(who, kind, "opinions", docket)

    line = f"Counsel for appellant: {tell('name')}, {tell('email')}, telephone {tell('phone')}"
    if number % 10 == 0:
        line += f", {tell('address')}"
    blocks = [line + "."]
    if number % 20 == 0:
        blocks.append(
            f"The exhibit that lists the social security number {tell('ssn')} of the claimant is sealed."
        )
    return blocks


def body(write: Writer, topic: str) -> list[str]:
    dice = write.dice
    blocks = [write("opening"), "I. BACKGROUND"]
    also = dice.choose(TOPICS) if dice.chance(0.3) else topic  # a second claim makes a longer opinion
    blocks += write.paragraphs(write.story(f"{topic}_facts", 6, 9))
    if also != topic:
        blocks += write.paragraphs(write.story(f"{also}_facts", 5, 8))
    blocks += write.paragraphs(write.story("procedure", 4, 8))
    blocks += ["II. STANDARD OF REVIEW", " ".join(write.some("standard", 2, 4)), "III. DISCUSSION"]
    analysis = write.some(f"{topic}_analysis", 6, 8) + write.some("reasoning", 9, 21)
    if also != topic:
        analysis += write.some(f"{also}_analysis", 6, 8)
    points = write.paragraphs(dice.shuffled(analysis))
    middle = len(points) // 2
    blocks += ["A.", *points[:middle], "B.", *points[middle:]]
    blocks += ["IV. CONCLUSION", write("closing")]
    if dice.chance(0.3):
        blocks.append(f"{write.fill('{judge}')}, J., writing separately. {write('concurrence')}")
    notes = write.some("footnote", 0, 3)
    return blocks + [f"{i}. {note}" for i, note in enumerate(notes, 1)]


def amended(record: Record, number: int) -> Record:
    """A near-duplicate: the opinion reissued under another docket with a note and one sentence more."""
    docket = f"{record['docket']}-A"
    note = Writer(f"amended {docket}").fill("As amended on denial of rehearing {date}.")
    blocks = record["text"].split("\n\n")
    blocks.insert(4, note)
    blocks[-1] += " The petition for rehearing is denied."
    return {**record, "docket": docket, "text": "\n\n".join(blocks), "reissue": number}


def reprint(record: Record) -> Record:
    """An exact duplicate: the same text under another docket."""
    return {**record, "docket": f"R{record['docket']}", "court": "Reporter of Decisions"}
