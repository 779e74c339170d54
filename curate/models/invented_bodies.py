"""Invented companies, authorities, places and addresses."""

from __future__ import annotations

import random

from curate.models import name_lists as lists
from curate.models.invented_people import People, Piece

_FORMS = """
    Inc. Inc Corp. Corporation Co. Company Ltd Ltd. Limited LLC L.L.C. LLP L.P. PLC GmbH AG S.A. S.r.l.
    B.V. N.V. AB Pty Ltd
""".split()
NOUNS = """
    Harbor Summit Pioneer Liberty National Atlantic Pacific Northern Western Global United Premier Apex
    Delta Sierra Granite Cedar Maple Falcon Eagle Phoenix Orion Beacon Horizon Sterling Silver Golden
    Crown Royal Heritage Cardinal Continental Universal General American Allied Central First Green Blue
    Stone River Lake Valley Bridge Gate Park Star Sun Iron Steel
""".split()
TRADES = """
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
_SOUNDS = """
    Vel Zan Quor Lum Tri Nex Ova Bril Cor Dyn Ester Fin Gal Hex
    Ino Jov Kal Lor Mer Nov Omni Pax Rev Syn Tal Uni Vox
""".split()


class Bodies:
    """Slots for organisations and places, some called after one of `people`."""

    def __init__(self, rng: random.Random, people: People) -> None:
        self.rng, self.people = rng, people

    def company(self) -> list[Piece]:
        """A company."""
        rng, form = self.rng, self.rng.choice(_FORMS)
        kind = rng.random()
        if kind < 0.25:
            name = f"{self.people.invent()[1]}{rng.choice([' ', ', '])}{form}"
        elif kind < 0.5:
            name = f"{rng.choice(NOUNS)} {rng.choice(TRADES)}{rng.choice([' ', ', ', ' '])}{form}"
        elif kind < 0.6:
            one, joint, two = (
                self.people.invent()[1],
                rng.choice([" & ", " and ", ", "]),
                self.people.invent()[1],
            )
            name = f"{one}{joint}{two} {rng.choice(['LLP', 'LLC', 'P.C.', 'Ltd', ''])}".strip()
        elif kind < 0.7:
            name = f"{rng.choice(NOUNS)} {rng.choice(NOUNS)} {rng.choice(TRADES)}"
        elif kind < 0.8:
            name = f"{self.people.invent()[1]} {rng.choice(TRADES)}"
        elif kind < 0.9:
            name = rng.choice(["Bank of ", "First National Bank of ", "Trust Company of "]) + rng.choice(
                lists.CITIES
            )
        elif kind < 0.95:
            name = "".join(rng.choice("ABCDEFGHIKLMNPRST") for _ in range(rng.choice([2, 3, 3, 4])))
        else:
            stem = self.people.invent()[1]
            name = f"{stem[: max(3, len(stem) - 2)]}{rng.choice(['ex', 'ia', 'tec', 'soft', 'on', 'com', 'ly', 'ix'])}"
        return [(name.upper() if rng.random() < 0.12 else name, "ORG")]

    def body(self) -> list[Piece]:
        """A court, authority, school or hospital."""
        rng, city = self.rng, self.rng.choice(lists.CITIES)
        name = rng.choice(
            [
                f"University of {city}",
                f"{city} University",
                f"{city} District Court",
                f"{city} Court of Appeal",
                f"{city} Regional Court",
                f"{city} General Hospital",
                f"Ministry of {rng.choice(['Justice', 'Finance', 'Defence', 'Health'])}",
                f"{city} Police Department",
                f"{city} Hospital",
                f"{city} City Council",
                f"St. {self.people.invent()[0]}'s College",
                f"United States District Court for the District of {rng.choice(lists.STATES[:50])}",
                f"{city} Public Prosecutor's Office",
                f"Department of {rng.choice(['Labor', 'State', 'Homeland Security', 'Revenue'])}",
                f"{city} School District",
                "Supreme Court",
                f"{city} Chamber of Commerce",
                "Federal Bureau of Investigation",
                "Securities and Exchange Commission",
                "Home Office",
                f"{rng.choice(lists.DEMONYMS)} Government",
                f"{self.people.invent()[1]} Foundation",
                "Court of Appeals for the Ninth Circuit",
            ]
        )
        return [(name, "ORG")]

    def brand(self) -> list[Piece]:
        """A company by a name without a form, or by that of `company`."""
        rng = self.rng
        if rng.random() < 0.4:
            return self.company()
        parts = [
            rng.choice(NOUNS),
            rng.choice(TRADES),
            self.people.invent()[1],
            rng.choice(_SOUNDS),
            rng.choice(_SOUNDS),
        ]
        one, two = rng.sample(parts, 2)
        name = rng.choice(
            [
                f"{one} {two}",
                f"{one}{two.lower()}",
                f"{one}{two}",
                f"{one[:4]}{two[-4:].lower()}",
                f"{one}, {two} and {self.people.invent()[1]}",
                f"{one} and Sons",
                f"{one}-{two}",
                f"{one[:5]}{rng.choice(['ify', 'ia', 'sy', 'io', 'ent', 'ura', 'scape'])}",
            ]
        )
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
                self.people.invent()[1],
                self.people.invent()[1],
                self.people.invent()[0],
                rng.choice(NOUNS),
                rng.choice(lists.cities()),
            ]
        )
        street = f"{stem} {rng.choice(_STREETS)}"
        text = rng.choice(
            [
                f"{n} {street}",
                f"{n} {street}",
                f"{n} {street}",
                f"{stem}{rng.choice(_ENDINGS)} {n}",
                f"{rng.choice(_FRONTS)} {stem} {n}",
                f"{n} {rng.choice(_FRONTS)} {stem}",
                f"{n}, {street}",
                f"{n} {stem}{rng.choice(_ENDINGS)}",
                street,
            ]
        )
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
