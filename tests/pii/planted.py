"""Documents with invented people in them, and everything of theirs that must not be found again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from faker import Faker

#: Nobody's private data, and common to many documents, so that signature blocks repeat.
FILLER = (
    "The parties agree that this Agreement is governed by the laws of the State of New York. Each party has read it "
    "and had the advice of counsel. No amendment is binding unless it is in writing and signed by both parties. ",
    "The Court held a hearing on the motion and took it under submission. The record does not show that notice was "
    "given before the deadline. The motion is therefore denied without prejudice. ",
    "Notices under this Lease are given in writing and are deemed received on the third business day after posting. "
    "The tenant keeps the premises in good repair and returns them as they were. ",
)


@dataclass
class Person:
    """Somebody who does not exist."""

    name: str
    email: str
    phone: str
    other: str  # one more identifier, in a sentence
    value: str  # the identifier itself

    @property
    def originals(self) -> list[str]:
        """What must not be found again."""
        return [self.name, self.email, self.phone, self.value]

    @property
    def file(self) -> str:
        """The person as a file is called."""
        return self.name.replace(" ", "_")


@dataclass
class Planted:
    """People, and the documents in which they stand."""

    people: list[Person] = field(default_factory=list)

    @property
    def originals(self) -> list[str]:
        """All that must not be found again, names of files included."""
        return sorted({value for p in self.people for value in (*p.originals, p.file)})


def people(n: int, seed: int = 11) -> Planted:
    """`n` people whose names, numbers and addresses are told apart."""
    fake = Faker("en_US")
    fake.seed_instance(seed)
    rng = random.Random(seed)
    out: dict[str, Person] = {}
    while len(out) < n:
        name = f"{fake.first_name()} {fake.last_name()}"
        first, last = name.lower().split(" ", 1)
        if last in {p.name.lower().split(" ", 1)[1] for p in out.values()}:
            continue
        number = len(out)
        email = f"{first}.{last.replace(' ', '')}{number}@mailbox{rng.randint(1, 9)}.com"
        phone = f"({rng.choice(['212', '617', '415', '305'])}) 555-{rng.randint(2000, 9999)}"
        other, value = _other(fake, rng, number)
        out[name] = Person(name, email, phone, other, value)
    return Planted(list(out.values()))


def _other(fake: Faker, rng: random.Random, number: int) -> tuple[str, str]:
    ssn = f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"
    card = fake.credit_card_number("visa16")
    iban = fake.iban()
    street = f"{rng.randint(100, 9999)} {fake.last_name()} Street, Springfield, IL 6270{rng.randint(1, 9)}"
    born = f"{rng.randint(1, 28)} {rng.choice(['March', 'April', 'June'])} {rng.randint(1940, 1999)}"
    passport = f"{rng.choice('CXZ')}{rng.randint(10_000_000, 99_999_999)}"
    account = str(rng.randint(10**9, 10**10 - 1))
    forms = [
        (f"Social Security number {ssn}", ssn),
        (f"paid by credit card {card}", card),
        (f"to the bank account with the IBAN {iban}", iban),
        (f"residing at {street}", street.split(",")[0]),
        (f"born on {born}", born),
        (f"holder of passport no. {passport}", passport),
        (f"bank account number {account}", account),
    ]
    return forms[number % len(forms)]


def document(person: Person, number: int, *, words: int = 3) -> str:
    """A legal text about a person."""
    surname = person.name.split(" ", 1)[1]
    filler = [FILLER[(number + i) % len(FILLER)] for i in range(words)]
    return (
        f"This is matter number {number} in the register of the office.\n\n{filler[0]}\n\n"
        f"{person.name}, {person.other}, signed the agreement in person. Mr. {surname} can be reached by e-mail at "
        f"{person.email} or by telephone at {person.phone}. {''.join(filler[1:])}\n\n"
        f"On cross-examination, {person.name} said that the letter of the other side had not arrived. "
        f"The witness {surname} was excused.\n\nSigned:\n\n{person.name}\n{person.email}\n"
    )
