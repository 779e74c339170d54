"""Invented text with invented names, labelled, for `train_names`: contracts, opinions, letters, notices, chat.

A template is a sentence with {slots}; `documents` fills them by a seeded generator. A text is given as pieces
(string, label); labels are PERSON, TITLE (before or behind a person), ORG, LOC, NRP, DATETIME, CODE, QUANTITY, ADDRESS or "".
A third of the people have names that no list holds, made of parts of others, so that what is learnt is more than the lists.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from curate.models import name_lists as lists
from curate.models.invented_templates import TEMPLATES

Piece = tuple[str, str]
_SLOT = re.compile(r"\{(\w+)\}")
_MONTHS = lists.CALENDAR[:12]
_FORMS = """
    Inc. Inc Corp. Corporation Co. Company Ltd Ltd. Limited LLC L.L.C. LLP L.P. PLC GmbH AG S.A. S.r.l.
    B.V. N.V. AB Pty Ltd
""".split()
_NOUNS = """
    Harbor Summit Pioneer Liberty National Atlantic Pacific Northern Western Global United Premier Apex
    Delta Sierra Granite Cedar Maple Falcon Eagle Phoenix Orion Beacon Horizon Sterling Silver Golden
    Crown Royal Heritage Cardinal Continental Universal General American Allied Central First Green Blue
    Stone River Lake Valley Bridge Gate Park Star Sun Iron Steel
""".split()
_TRADES = """
    Bank Capital Partners Holdings Industries Systems Technologies Software Energy Oil Gas Electric
    Power Insurance Realty Properties Pharmaceuticals Laboratories Medical Foods Motors Airlines
    Shipping Logistics Construction Consulting Securities Financial Media Publishing Communications
    Networks Entertainment Records Clothing Furniture Engineering Mining Chemicals Plastics Packaging
""".split()
_STREETS = """
    Street St. Avenue Ave. Road Rd. Lane Drive Boulevard Blvd. Court Place Square Terrace Way Crescent
    Close Hill
""".split()
_ENDINGS = "straße strasse gasse weg platz gatan vej gade veien tie katu laan straat plein utca vägen".split()
_FRONTS = [
    "rue",
    "rue de la",
    "avenue",
    "Via",
    "Calle",
    "ul.",
    "Rua",
    "Rua da",
    "Avenida",
    "Piazza",
    "Place",
    "boulevard",
    "Corso",
    "Plaza",
]
_SOUNDS = "Vel Zan Quor Lum Tri Nex Ova Bril Cor Dyn Ester Fin Gal Hex Ino Jov Kal Lor Mer Nov Omni Pax Rev Syn Tal Uni Vox".split()
_ROMAN = ["Jr.", "Sr.", "II", "III", "Esq.", "M.D.", "Ph.D.", "QC", "K.C."]


class Inventor:
    """Values of slots; one `Inventor` fills one document, whose people come back by their surnames."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.locale = rng.choice(["en_US", "en_GB", "en", "en_IE", rng.choice(sorted(lists.people()))])
        self.met: list[tuple[str, str]] = []

    def fill(self, template: str) -> list[Piece]:
        """The pieces of a template."""
        out, at = [], 0
        for found in _SLOT.finditer(template):
            make: Callable[[], list[Piece]] = getattr(self, found[1])
            out += [(template[at : found.start()], ""), *make()]
            at = found.end()
        return [piece for piece in [*out, (template[at:], "")] if piece[0]]

    def _name(self) -> tuple[str, str]:
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
        first, last = self._name()
        self.met.append((first, last))
        form = self.rng.random()
        if form < 0.50:
            return [(f"{first} {last}", "PERSON")]
        if form < 0.68:
            return [(f"{first} {self._initials(1)} {last}", "PERSON")]
        if form < 0.74:
            return [(f"{first} {self._name()[0]} {last}", "PERSON")]
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
        first, last = self._name()
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
        who = self.full() if self.rng.random() < 0.6 else [(self._name()[1], "PERSON")]
        return [(title, "TITLE"), (" ", ""), *who]

    def surname(self) -> list[Piece]:
        """A bare surname, mostly of somebody met before."""
        last = self.rng.choice(self.met)[1] if self.met and self.rng.random() < 0.8 else self._name()[1]
        return [(last.upper() if self.rng.random() < 0.08 else last, "PERSON")]

    def given(self) -> list[Piece]:
        """A given name alone."""
        return [
            (
                self.rng.choice(self.met)[0] if self.met and self.rng.random() < 0.5 else self._name()[0],
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

    def company(self) -> list[Piece]:
        """A company."""
        rng, form = self.rng, self.rng.choice(_FORMS)
        kind = rng.random()
        if kind < 0.25:
            name = f"{self._name()[1]}{rng.choice([' ', ', '])}{form}"
        elif kind < 0.5:
            name = f"{rng.choice(_NOUNS)} {rng.choice(_TRADES)}{rng.choice([' ', ', ', ' '])}{form}"
        elif kind < 0.6:
            name = f"{self._name()[1]}{rng.choice([' & ', ' and ', ', '])}{self._name()[1]} {rng.choice(['LLP', 'LLC', 'P.C.', 'Ltd', ''])}".strip()
        elif kind < 0.7:
            name = f"{rng.choice(_NOUNS)} {rng.choice(_NOUNS)} {rng.choice(_TRADES)}"
        elif kind < 0.8:
            name = f"{self._name()[1]} {rng.choice(_TRADES)}"
        elif kind < 0.9:
            name = rng.choice(["Bank of ", "First National Bank of ", "Trust Company of "]) + rng.choice(
                lists.CITIES
            )
        elif kind < 0.95:
            name = "".join(rng.choice("ABCDEFGHIKLMNPRST") for _ in range(rng.choice([2, 3, 3, 4])))
        else:
            stem = self._name()[1]
            name = f"{stem[: max(3, len(stem) - 2)]}{rng.choice(['ex', 'ia', 'tec', 'soft', 'on', 'com', 'ly', 'ix'])}"
        return [(name.upper() if rng.random() < 0.12 else name, "ORG")]

    def body(self) -> list[Piece]:
        """A court, authority, school or hospital."""
        rng, city = self.rng, self.rng.choice(lists.CITIES)
        name = rng.choice(
            [f"University of {city}", f"{city} University", f"{city} District Court", f"{city} Court of Appeal",
             f"{city} Regional Court", f"{city} General Hospital", f"Ministry of {rng.choice(['Justice', 'Finance', 'Defence', 'Health'])}",
             f"{city} Police Department", f"{city} Hospital", f"{city} City Council", f"St. {self._name()[0]}'s College",
             f"United States District Court for the District of {rng.choice(lists.STATES[:50])}", f"{city} Public Prosecutor's Office",
             f"Department of {rng.choice(['Labor', 'State', 'Homeland Security', 'Revenue'])}", f"{city} School District", "Supreme Court",
             f"{city} Chamber of Commerce", "Federal Bureau of Investigation", "Securities and Exchange Commission", "Home Office",
             f"{rng.choice(lists.DEMONYMS)} Government", f"{self._name()[1]} Foundation", "Court of Appeals for the Ninth Circuit"]
        )  # fmt: skip
        return [(name, "ORG")]

    def place(self) -> list[Piece]:
        """A town, perhaps with its state or country."""
        rng = self.rng
        town = rng.choice(lists.CITIES if rng.random() < 0.4 else lists.cities())
        if rng.random() < 0.2:
            other = rng.choice(lists.cities())
            town = town[: max(3, len(town) // 2)] + other[len(other) // 2 :].lower()
        town = town.upper() if rng.random() < 0.12 else town
        if rng.random() < 0.3:
            return [
                (town, "LOC"),
                (", ", ""),
                (rng.choice([rng.choice(lists.STATES), self._country()]), "LOC"),
            ]
        return [(town, "LOC")]

    def _country(self) -> str:
        return self.rng.choice(lists.COUNTRIES).removeprefix("the ")

    def state(self) -> list[Piece]:
        """A state, province or region."""
        return [(self.rng.choice(lists.STATES), "LOC")]

    def upper_state(self) -> list[Piece]:
        """A state in capitals."""
        return [(self.rng.choice(lists.STATES).upper(), "LOC")]

    def country(self) -> list[Piece]:
        """A country."""
        return [(self._country(), "LOC")]

    def nrp(self) -> list[Piece]:
        """A nationality, religion or political group."""
        return [(self.rng.choice(lists.DEMONYMS), "NRP")]

    def address(self) -> list[Piece]:
        """A street and house, as written in one of several countries, perhaps with a flat."""
        rng, n = self.rng, self.rng.randint(1, 9999 if self.rng.random() < 0.5 else 250)
        stem = rng.choice(
            [
                self._name()[1],
                self._name()[1],
                self._name()[0],
                rng.choice(_NOUNS),
                rng.choice(lists.cities()),
            ]
        )
        street = f"{stem} {rng.choice(_STREETS)}"
        text = rng.choice(
            [f"{n} {street}", f"{n} {street}", f"{n} {street}", f"{stem}{rng.choice(_ENDINGS)} {n}", f"{rng.choice(_FRONTS)} {stem} {n}",
             f"{n} {rng.choice(_FRONTS)} {stem}", f"{n}, {street}", f"{n} {stem}{rng.choice(_ENDINGS)}", street]
        )  # fmt: skip
        if rng.random() < 0.3:
            separator = rng.choice([" ", ", ", "\n", "\n "])
            text += (
                separator
                + rng.choice(["Apt. ", "Suite ", "Flat ", "Unit ", "Apt ", "#"])
                + str(rng.randint(1, 999))
            )
        if rng.random() < 0.05:
            text = rng.choice(["P.O. Box ", "PO Box ", "Box "]) + str(n)
        return [(text.upper() if rng.random() < 0.05 else text, "ADDRESS")]

    def brand(self) -> list[Piece]:
        """A company by a name without a form, or by that of `company`."""
        rng = self.rng
        if rng.random() < 0.4:
            return self.company()
        parts = [
            rng.choice(_NOUNS),
            rng.choice(_TRADES),
            self._name()[1],
            rng.choice(_SOUNDS),
            rng.choice(_SOUNDS),
        ]
        one, two = rng.sample(parts, 2)
        name = rng.choice([f"{one} {two}", f"{one}{two.lower()}", f"{one}{two}", f"{one[:4]}{two[-4:].lower()}", f"{one}, {two} and {self._name()[1]}",
                           f"{one} and Sons", f"{one}-{two}", f"{one[:5]}{rng.choice(['ify', 'ia', 'sy', 'io', 'ent', 'ura', 'scape'])}"])  # fmt: skip
        return [(name, "ORG")]

    def lower(self) -> list[Piece]:
        """A person in lower case."""
        first, last = self._name()
        return [(self.rng.choice([f"{first} {last}", f"{first} {last}", first]).lower(), "PERSON")]

    def upper(self) -> list[Piece]:
        """A given name in capitals."""
        return [(self._name()[0].upper(), "PERSON")]

    def email(self) -> list[Piece]:
        """An address of electronic mail; no name, though there is one in it."""
        first, last = self._name()
        local = self.rng.choice(
            [f"{first}{last}", f"{first}.{last}".lower(), f"{last}{first[0]}", f"{first}_{last}"]
        )
        return [(f"{local.replace(' ', '')}@{self._host()}", "")]

    def url(self) -> list[Piece]:
        """An address on the web."""
        return [(self.rng.choice(["http://www.", "https://www.", "www.", "https://"]) + self._host(), "")]

    def _host(self) -> str:
        one, two = self.rng.choice(_NOUNS), self.rng.choice(_TRADES)
        name = self.rng.choice(
            [f"{one}{two}", f"{one}{two}".lower(), f"{self._name()[1]}{one}".replace(" ", "")]
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

    def zip(self) -> list[Piece]:
        """A postcode."""
        return [(f"{self.rng.randint(501, 99950):05}", "ADDRESS")]

    def date(self) -> list[Piece]:
        """A date, or a part of one."""
        rng, month, year = self.rng, self.rng.choice(_MONTHS), self.rng.randint(1930, 2025)
        day = rng.randint(1, 28)
        return [
            (rng.choice(
                [f"{day} {month} {year}", f"{month} {day}, {year}", f"{month} {year}", f"{day} {month}", f"{month} {day}",
                 f"{day:02}/{rng.randint(1, 12):02}/{year}", f"{year}-{rng.randint(1, 12):02}-{day:02}", str(year)]), "DATETIME")
        ]  # fmt: skip

    def year(self) -> list[Piece]:
        """A year."""
        return [(str(self.rng.randint(1930, 2025)), "DATETIME")]

    def docket(self) -> list[Piece]:
        """A number that a court or office gives to a matter."""
        rng, n, y = self.rng, self.rng.randint(1, 99999), self.rng.randint(1985, 2024)
        return [
            (rng.choice([f"{n}/{y % 100:02}", f"{y % 100:02}-{n}", f"1:{y % 100:02}-cv-{n:05}", f"{y}/{n}", f"CR-{y % 100:02}-{n}", f"{n}"]),
             "CODE")
        ]  # fmt: skip

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


def documents(count: int, seed: int = 0) -> Iterator[list[list[Piece]]]:
    """`count` invented documents, each a list of paragraphs of 1 to 3 sentences; some with lines broken or numbered."""
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.choice(sorted(TEMPLATES))
        inventor, broken = Inventor(rng), rng.random() < 0.3
        paragraphs = []
        for _ in range(rng.randint(4, 10)):
            sentences: list[Piece] = []
            for k in range(rng.choice([1, 1, 2, 3])):
                template = rng.choice(TEMPLATES[kind])
                sentences += ([(" ", "")] if k else []) + inventor.fill(template)
            paragraphs.append(
                [(_broken(text, rng), label) for text, label in sentences] if broken else sentences
            )
        yield paragraphs


def _broken(text: str, rng: random.Random) -> str:
    """`text` with some spaces made line breaks, as they stand in opinions: indented, or with a number of the line."""
    words = text.split(" ")
    out = words[0]
    for word in words[1:]:
        chance = rng.random()
        if chance < 0.06:
            out += "\n" + " " * rng.choice([0, 0, 4])
        elif chance < 0.09:
            out += f"\n{rng.randint(1, 28):>2}   "
        else:
            out += "  " if chance > 0.95 else " "
        out += word
    return out
