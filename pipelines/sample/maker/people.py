"""Invented people with invented personal data, and the list of what was planted where.

None of it can belong to anyone: mail addresses of domains reserved for examples, telephone numbers of the
range kept for fiction (555-01xx), social security numbers of an area and group never issued, IBANs with a
right checksum at a bank code that no bank has.
"""

from __future__ import annotations

from dataclasses import dataclass

from maker.writer import PHRASES, Dice


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    phone: str
    ssn: str
    address: str
    iban: str


def iban(account: str) -> str:
    """The German IBAN of an 18-digit bank code and account, with the ISO 7064 check digits."""
    check = 98 - int(account + "131400") % 97  # D = 13, E = 14, then 00
    digits = f"DE{check:02d}{account}"
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def make(number: int) -> Person:
    dice = Dice(f"person {number}")
    given = PHRASES["given"][number % len(PHRASES["given"])]
    family = PHRASES["family"][(7 * number) % len(PHRASES["family"])]
    domain = dice.choose(["example.com", "example.org", "counsel.invalid", "mail.example.net"])
    road, town = dice.choose(PHRASES["road"]), dice.choose(PHRASES["town"])
    return Person(
        name=f"{given} {family}",
        email=f"{given}.{family}@{domain}".lower(),
        phone=f"({dice.number(201, 980)}) 555-01{dice.number(0, 99):02d}",
        ssn=f"9{dice.number(0, 99):02d}-{dice.number(10, 49)}-{dice.number(1000, 9999)}",
        address=f"{dice.number(2, 980)} {road}, {town}, Meridian {dice.number(99000, 99999)}",
        iban=iban(f"99999999{dice.number(10**9, 10**10 - 1)}"),
    )


PEOPLE = [make(number) for number in range(40)]


class Planted:
    """What was put into which document; written to `planted.json`."""

    def __init__(self) -> None:
        self.pii: list[dict[str, str]] = []

    def tell(self, who: Person, kind: str, source: str, key: str) -> str:
        """The person's datum of `kind`, noted as planted in the document."""
        value = getattr(who, kind)
        self.pii.append({"source": source, "key": key, "kind": kind, "value": value})
        return value
