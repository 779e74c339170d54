"""Invented dates, numbers and addresses of machines; of the last none is a name, though there may be one in it."""

from __future__ import annotations

import random

from curate.models import name_lists as lists
from curate.models.invented_bodies import NOUNS, TRADES
from curate.models.invented_people import People, Piece

_MONTHS = lists.CALENDAR[:12]


class Numbers:
    """Slots for dates, sums, numbers and electronic addresses."""

    def __init__(self, rng: random.Random, people: People) -> None:
        self.rng, self.people = rng, people

    def zip(self) -> list[Piece]:
        """A postcode."""
        return [(f"{self.rng.randint(501, 99950):05}", "ADDRESS")]

    def date(self) -> list[Piece]:
        """A date, or a part of one."""
        rng, month, year = self.rng, self.rng.choice(_MONTHS), self.rng.randint(1930, 2025)
        day = rng.randint(1, 28)
        return [
            (
                rng.choice(
                    [
                        f"{day} {month} {year}",
                        f"{month} {day}, {year}",
                        f"{month} {year}",
                        f"{day} {month}",
                        f"{month} {day}",
                        f"{day:02}/{rng.randint(1, 12):02}/{year}",
                        f"{year}-{rng.randint(1, 12):02}-{day:02}",
                        str(year),
                    ]
                ),
                "DATETIME",
            )
        ]

    def year(self) -> list[Piece]:
        """A year."""
        return [(str(self.rng.randint(1930, 2025)), "DATETIME")]

    def docket(self) -> list[Piece]:
        """A number that a court or office gives to a matter."""
        rng, n, y = self.rng, self.rng.randint(1, 99999), self.rng.randint(1985, 2024)
        return [
            (
                rng.choice(
                    [
                        f"{n}/{y % 100:02}",
                        f"{y % 100:02}-{n}",
                        f"1:{y % 100:02}-cv-{n:05}",
                        f"{y}/{n}",
                        f"CR-{y % 100:02}-{n}",
                        f"{n}",
                    ]
                ),
                "CODE",
            )
        ]

    def money(self) -> list[Piece]:
        """A sum of money."""
        rng = self.rng
        n = f"{rng.choice([rng.randint(10, 999), rng.randint(1000, 9_999_999)]):,}"
        return [
            (
                rng.choice(
                    [
                        f"${n}",
                        f"EUR {n}",
                        f"{n} euros (EUR)",
                        f"GBP {n}",
                        f"${n}.00",
                        f"{n} dollars",
                        f"USD {n}",
                    ]
                ),
                "QUANTITY",
            )
        ]

    def email(self) -> list[Piece]:
        """An address of electronic mail; no name, though there is one in it."""
        first, last = self.people.invent()
        local = self.rng.choice(
            [f"{first}{last}", f"{first}.{last}".lower(), f"{last}{first[0]}", f"{first}_{last}"]
        )
        return [(f"{local.replace(' ', '')}@{self._host()}", "")]

    def url(self) -> list[Piece]:
        """An address on the web."""
        return [(self.rng.choice(["http://www.", "https://www.", "www.", "https://"]) + self._host(), "")]

    def _host(self) -> str:
        one, two = self.rng.choice(NOUNS), self.rng.choice(TRADES)
        name = self.rng.choice(
            [f"{one}{two}", f"{one}{two}".lower(), f"{self.people.invent()[1]}{one}".replace(" ", "")]
        )
        return f"{name}.{self.rng.choice(['com', 'org', 'co.uk', 'de', 'net', 'es', 'com.au', 'pl', 'fr'])}"

    def phone(self) -> list[Piece]:
        """A telephone number, in any grouping."""
        groups = [
            "".join(self.rng.choice("0123456789") for _ in range(self.rng.choice([2, 3, 3, 4])))
            for _ in range(self.rng.choice([3, 4]))
        ]
        return [(self.rng.choice(["", "+", "("]) + self.rng.choice([" ", "-", "."]).join(groups), "")]

    def iban(self) -> list[Piece]:
        """Something like an IBAN."""
        return [
            (
                self.rng.choice(["GB", "DE", "FR", "PL"])
                + "".join(self.rng.choice("0123456789") for _ in range(18)),
                "",
            )
        ]
