"""Invented people, in the forms in which texts name them."""

from __future__ import annotations

import random

from curate.models import name_lists as lists

Piece = tuple[str, str]
_ROMAN = ["Jr.", "Sr.", "II", "III", "Esq.", "M.D.", "Ph.D.", "QC", "K.C."]


class People:
    """The people of one document: slots that name one; who was met comes back by the surname."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.locale = rng.choice(["en_US", "en_GB", "en", "en_IE", rng.choice(sorted(lists.people()))])
        self.met: list[tuple[str, str]] = []

    def invent(self) -> tuple[str, str]:
        """A given name and a surname, of one culture or mixed; some are made of parts of others."""
        if self.rng.random() < 0.15:
            self.locale = self.rng.choice(sorted(lists.people()))
        given, family = lists.people()[self.locale]
        first, last = self.rng.choice(given), self.rng.choice(family)
        if self.rng.random() < 0.3:
            other = self.rng.choice(family)
            last = last[: max(2, len(last) // 2)] + other[len(other) // 2 :].lower()
            if self.rng.random() < 0.5:
                other = self.rng.choice(given)
                first = first[: max(2, len(first) // 2)] + other[len(other) // 2 :].lower()
        chance = self.rng.random()
        if chance < 0.04:
            last = f"{last}-{self.rng.choice(family)}"
        elif chance < 0.07:
            last = (
                self.rng.choice(
                    [
                        "van ",
                        "van der ",
                        "de ",
                        "de la ",
                        "von ",
                        "Mac",
                        "Mc",
                        "O'",
                        "al-",
                        "St. ",
                    ]
                )
                + last
            )
        elif chance < 0.10:
            last = f"{last} {self.rng.choice(family)}"
        return first, last

    def _initials(self, n: int) -> str:
        return " ".join(self.rng.choice("ABCDEFGHJKLMNPRSTVW") + "." for _ in range(n))

    def full(self) -> list[Piece]:
        """A person by given name and surname, in one of many forms."""
        first, last = self.invent()
        self.met.append((first, last))
        form = self.rng.random()
        if form < 0.50:
            return [(f"{first} {last}", "PERSON")]
        if form < 0.68:
            return [(f"{first} {self._initials(1)} {last}", "PERSON")]
        if form < 0.74:
            return [(f"{first} {self.invent()[0]} {last}", "PERSON")]
        if form < 0.82:
            return [(f"{self._initials(self.rng.choice([1, 1, 2]))} {last}", "PERSON")]
        if form < 0.86:
            return [(f"{self._initials(2).replace(' ', '')} {last}", "PERSON")]
        if form < 0.90:
            return [(f"{first} {last}", "PERSON"), (", ", ""), (self.rng.choice(_ROMAN), "TITLE")]
        if form < 0.94:
            return [(f"{first} {last}".upper(), "PERSON")]
        return [(f"{first} {self._initials(1)[0]} {last}", "PERSON")]

    def caps(self) -> list[Piece]:
        """A person in capitals."""
        return [(" ".join(text for text, label in self.full() if label == "PERSON").upper(), "PERSON")]

    def reversed(self) -> list[Piece]:
        """A person, surname first."""
        first, last = self.invent()
        return [(f"{last.upper() if self.rng.random() < 0.5 else last}, {first}", "PERSON")]

    def titled(self) -> list[Piece]:
        """A person behind a title."""
        title = self.rng.choice(
            """
    Mr. Mr Mr Mr. Mrs. Mrs Ms. Ms Miss Dr. Dr Prof. Judge Justice Officer Agent Detective Sir
""".split()
        )
        if self.met and self.rng.random() < 0.5:
            return [(title, "TITLE"), (" ", ""), (self.rng.choice(self.met)[1], "PERSON")]
        who = self.full() if self.rng.random() < 0.6 else [(self.invent()[1], "PERSON")]
        return [(title, "TITLE"), (" ", ""), *who]

    def surname(self) -> list[Piece]:
        """A bare surname, mostly of somebody met before."""
        last = self.rng.choice(self.met)[1] if self.met and self.rng.random() < 0.8 else self.invent()[1]
        return [(last.upper() if self.rng.random() < 0.08 else last, "PERSON")]

    def given(self) -> list[Piece]:
        """A given name alone."""
        return [
            (
                self.rng.choice(self.met)[0] if self.met and self.rng.random() < 0.5 else self.invent()[0],
                "PERSON",
            )
        ]

    def person(self) -> list[Piece]:
        """A person in any form."""
        make = self.rng.choices([self.full, self.titled, self.surname, self.given], [6, 2, 2, 1])[0]
        return make()

    def initials(self) -> list[Piece]:
        """A person hidden behind initials."""
        return [(self._initials(2).replace(" ", self.rng.choice(["", " "])), "PERSON")]

    def lower(self) -> list[Piece]:
        """A person in lower case."""
        first, last = self.invent()
        return [(self.rng.choice([f"{first} {last}", f"{first} {last}", first]).lower(), "PERSON")]

    def upper(self) -> list[Piece]:
        """A given name in capitals."""
        return [(self.invent()[0].upper(), "PERSON")]
