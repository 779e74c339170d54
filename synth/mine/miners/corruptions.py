"""Preference pairs: a grounded answer, and the same answer with one thing made wrong, recorded exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from synth.mine.agreement import parties as agreed_parties
from synth.mine.document import Document
from synth.mine.wording import number, pick
from synth.samples import Sample

#: Kinds whose answers state facts that can be made wrong.
FROM = frozenset(
    "definitions section_text holdings conditions consequences duties figures dates citations parties".split()
)

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b({_MONTHS}) (\d{{1,2}}), (\d{{4}})\b|\b(\d{{1,2}}) ({_MONTHS}) (\d{{4}})\b")
_WORDS = {
    5: "five", 6: "six", 7: "seven", 10: "ten", 12: "twelve", 14: "fourteen", 15: "fifteen", 20: "twenty", 30: "thirty",
    45: "forty-five", 60: "sixty", 90: "ninety", 120: "one hundred twenty", 180: "one hundred eighty",
}  # fmt: skip
_QUANTITY = re.compile(
    r"(?P<words>\b[A-Za-z]+(?:-[a-z]+)?(?: hundred(?: [a-z]+(?:-[a-z]+)?)?)? \((?P<inner>\d{1,3})\)"
    r"|(?<![\w.,$§/-])(?P<bare>\d{1,3}))"
    r"(?=[ -](?:business |calendar |working |consecutive |Business )?(?:days?|weeks?|months?|years?|hours?)\b)"
)
_MONEY = re.compile(r"[$£€](?P<money>\d[\d,]*(?:\.\d\d)?)(?! ?\()")
_PERCENT = re.compile(r"(?<![\w.])(?P<percent>\d{1,2}(?:\.\d+)?)(?=%| percent| per cent)")
_NEGATED = re.compile(
    r"\b(?P<modal>shall|must|may|will|is|are|does|do|can|was|were) not(?= (?!limited|only|later|less|more|fewer"
    r"|exceed)[a-z])"
)
_PLAIN = re.compile(
    r"\b(?P<modal>shall|must|may|will)(?= (?!not\b|mean|include|refer|no\b|only\b|neither\b|in no\b)[a-z]+)"
)
_CITATION = re.compile(
    r"\b(?P<volume>\d{1,3}) (?P<reporter>F\.(?: ?[23]d)?|U\.S\.|S\. ?Ct\.|F\. ?Supp\.(?: ?[23]d)?|CLR|FCR|ALR) "
    r"(?P<page>\d{1,4})\b"
)


class Corruption(NamedTuple):
    """`chosen[start:end]` is `original`; with `replaced` in its place the answer is wrong."""

    kind: str
    start: int
    end: int
    original: str
    replaced: str

    def apply(self, text: str) -> str:
        """`text` with the corruption.

        Raises:
            ValueError: `original` does not stand at its place in `text`.
        """
        if text[self.start : self.end] != self.original:
            raise ValueError(f"{self.original!r} does not stand at [{self.start}, {self.end})")
        return text[: self.start] + self.replaced + text[self.end :]


def corrupted(document: Document, samples: Sequence[Sample]) -> Iterator[Sample]:
    """A grounded answer beside the same one with one number, date, party, negation or citation made wrong."""
    parties = _parties(document)
    for sample in samples:
        if sample.kind not in FROM or not sample.completion or sample.meta.get("figure") == "governing_law":
            continue
        options = list(corruptions(sample.completion, parties, seed=document.seed))
        if not options:
            continue
        told = pick(
            options, "corruption", document.id, sample.meta["question"], sample.completion, seed=document.seed
        )
        meta = sample.meta | {"corruption": told._asdict(), "of": sample.kind}
        rejected = told.apply(sample.completion)
        yield replace(
            sample, kind="corrupted", completion=None, chosen=sample.completion, rejected=rejected, meta=meta
        )


def corruptions(text: str, parties: Sequence[str] = (), *, seed: int = 0) -> Iterator[Corruption]:
    """One corruption of each kind that `text` admits: what it changes is the first of its kind in the text."""
    makers = (("date", _date), ("citation", _citation), ("number", _number), ("negation", _negation))
    for kind, make in makers:
        if changed := make(text, seed):
            yield _told(kind, *changed)
    if changed := _party(text, parties, seed):
        yield _told("party", *changed)


def _told(kind: str, start: int, original: str, replaced: str) -> Corruption:
    return Corruption(kind, start, start + len(original), original, replaced)


Change = tuple[int, str, str]


def _date(text: str, seed: int) -> Change | None:
    match = _DATE.search(text)
    if not match:
        return None
    month, day, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    how = number(match[0], text, seed=seed)
    if how % 3 == 0:
        year = str(int(year) + (1, -1, 2)[how // 3 % 3])
    elif how % 3 == 1:
        day = str((int(day) + 3 + how // 3 % 17) % 28 + 1 if int(day) < 29 else 12)
    else:
        month = [m for m in _MONTHS.split("|") if m != month][how // 3 % 11]
        day = str(min(int(day), 28))
    changed = f"{month} {day}, {year}" if match[1] else f"{day} {month} {year}"
    return None if changed == match[0] else (match.start(), match[0], changed)


def _citation(text: str, seed: int) -> Change | None:
    match = _CITATION.search(text)
    if not match:
        return None
    how = number(match[0], text, seed=seed)
    volume = (int(match["volume"]) + 11 + how % 190) % 890 + 10
    page = (int(match["page"]) + 37 + how // 190 % 700) % 1390 + 10
    return match.start(), match[0], f"{volume} {match['reporter']} {page}"


def _number(text: str, seed: int) -> Change | None:
    found = [m for p in (_QUANTITY, _MONEY, _PERCENT) if (m := p.search(text))]
    if not found:
        return None
    match = min(found, key=lambda m: m.start())
    group = match.lastgroup if match.re is not _QUANTITY else "words"
    if match.re is _QUANTITY:
        value = int(match["inner"] or match["bare"])
        if value == 1:  # its unit is singular
            return None
        others = [n for n in _WORDS if n != value and n * 4 >= value and n <= 4 * value + 6]
        if not others:
            return None
        other = pick(others, match[0], text, seed=seed)
        words = f"{_WORDS[other]} ({other})" if match["inner"] else str(other)
        words = words.capitalize() if match["words"][0].isupper() else words
        return match.start(), match[0], words
    assert group is not None
    return match.start(group), match[group], _other_figure(match[group], text, seed)


def _other_figure(figure: str, text: str, seed: int) -> str:
    """Another amount of the same form: its first digit is changed."""
    first = int(figure[0])
    other = pick([d for d in range(1, 10) if d != first], figure, text, seed=seed)
    return str(other) + figure[1:]


def _negation(text: str, seed: int) -> Change | None:
    negated = _NEGATED.search(text)
    if negated:
        return negated.start(), negated[0], negated["modal"]
    plain = _PLAIN.search(text)
    return (plain.start(), plain[0], f"{plain['modal']} not") if plain else None


def _party(text: str, parties: Sequence[str], seed: int) -> Change | None:
    named = [
        (m.start(), p)
        for p in parties
        if (m := re.search(rf"(?<![\w“\"])(?:{re.escape(p)})(?![\w”\"'’])", text))
    ]
    others = [p for p in parties if not re.search(rf"\b{re.escape(p)}\b", text)]
    if not named or not others:
        return None
    start, name = min(named)
    return start, name, pick(others, name, text, seed=seed)


def _parties(document: Document) -> list[str]:
    """What an agreement calls its parties: its opening words, or names of roles in quotes and brackets."""
    found = re.findall(
        r"\((?:the |hereinafter |each,? an? )*[\"“]([A-Z][a-z]{3,24})[\"”]\)", document.text[:6000]
    )
    roles = [name for name in found if name in _ROLES]
    return list(dict.fromkeys([party.alias for party in agreed_parties(document)] + roles))


_ROLES = frozenset(
    "Executive Employee Employer Company Corporation Borrower Lender Bank Agent Owner Contractor Seller Buyer "
    "Purchaser Licensor "
    "Licensee Distributor Supplier Customer Client Consultant Landlord Tenant Lessor Lessee Franchisor Franchisee "
    "Manufacturer "
    "Guarantor Parent Vendor Provider Partner Trustee Participant Developer Sponsor Operator Architect Grantor "
    "Grantee".split()
)
