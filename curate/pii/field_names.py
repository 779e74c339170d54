"""What the name of a field says that its value is: "plaintiffName" a person, "ssn" a social security number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from curate.pii.folding import fold
from curate.pii.kinds.namelists import may_be_given
from curate.pii.people import parse

#: Who is a person, alone and in front of "name". Words that are as often companies (lender, landlord) are not here.
_ROLES = (
    r"authors?|plaintiffs?|defendants?|applicants?|petitioners?|respondents?|appellants?|appellees?|claimants?|"
    r"complainants?|attorneys?|counsels?|lawyers?|signator(?:y|ies)|witness(?:es)?|jurors?|speakers?|persons?|people|"
    r"clients?|patients?|victims?|suspects?|employees?|students?|custodians?|guardians?|contacts?|senders?|recipients?|"
    r"mothers?|fathers?|spouses?|husbands?|wi(?:fe|ves)|child(?:ren)?|beneficiar(?:y|ies)|borrowers?"
)
#: What else a person's name has in front of "name"; a court, a file and a statute have names too.
_BEFORE_NAME = (
    r"full|first|middle|last|given|family|sur|fore|maiden|birth|nick|display|party|parties|user|holder|owner|tenant|agent|"
    r"officer|manager|director|signer|editor|doctor|physician"
)
_NUMBER = r"(?:_?(?:numbers?|num|no|nr))"
#: Names of fields, as `_plain` has them, by what they say.
_SAY = {
    "PERSON": rf"(?:^|_)(?:{_ROLES}|(?:{_ROLES}|{_BEFORE_NAME})_?names?)$|^names?$",
    "CORRESPONDENT": r"(?:^|_)(?:from|to|cc|bcc)$",
    "EMAIL_ADDRESS": r"(?:^|_)e_?mails?(?:_?addr(?:ess)?(?:es)?)?$",
    "PHONE_NUMBER": r"(?:^|_)(?:home|work|office)?(?:(?:tele)?phones?|fax(?:es)?|mobile|cell|tel)(?:_?phones?)?"
    rf"{_NUMBER}?$",
    "US_SSN": rf"(?:^|_)(?:ssns?|soc(?:ial)?_?sec(?:urity)?){_NUMBER}?$",
    "US_BANK_NUMBER": rf"(?:^|_)(?:(?:account|acct){_NUMBER}|bank_?(?:account|acct)s?{_NUMBER}?)$",
    "PASSPORT_NUMBER": rf"(?:^|_)passports?(?:_?ids?|{_NUMBER})?$",
    "DRIVER_LICENSE": rf"(?:^|_)(?:driv(?:ers?|ing)_?licen[cs]es?{_NUMBER}?|licen[cs]es?{_NUMBER}|dl{_NUMBER})$",
    "TAX_ID": rf"(?:^|_)(?:tax(?:_?payer)?_?id(?:entification)?s?{_NUMBER}?|tax(?:_?payer)?{_NUMBER}|tin)$",
    "DATE_OF_BIRTH": r"(?:^|_)(?:dob|dates?_?of_?birth|birth_?da(?:y|te)s?)$",
    "STREET_ADDRESS": r"^(?!(?:\w*_)?(?:ipv?|mac|web|url|net|site|page|memory|wallet)_?addr)(?:\w*_)?"
    r"(?:home|street)?(?:addr(?:ess)?(?:es)?(?:_?lines?)?|street)$",
}
_SAYS = {entity: re.compile(names) for entity, names in _SAY.items()}
#: Where the name of the field is also that of a topic or of a licence of texts, a value without a digit is none.
_DIGITS = {"US_BANK_NUMBER", "PASSPORT_NUMBER", "DRIVER_LICENSE", "TAX_ID"}
#: Fields around a field "name" that is no person's.
_THINGS = frozenset(
    """
    court judge case doc document file statute act law company organization organisation org firm agency bank lender
    product project software dataset source field column table tag topic category city town county state country street
    place jurisdiction publisher journal school university
""".split()
)
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")
#: A longer value is no single one.
_LONGEST = 200


def entity(names: Sequence[str], value: str) -> str:
    """What the field at `names` (the path to it, outermost first) says that its `value` is; "" if nothing."""
    if not names or len(value) > _LONGEST or not value.strip():
        return ""
    own, around = _plain(names[-1]), _plain(names[-2]) if len(names) > 1 else ""
    if own in ("name", "names") and around.rpartition("_")[2] in _THINGS:
        return ""
    # {"account": {"number": …}} is as good as {"account_number": …}.
    said = _said(own) or (_said(f"{around}_{own}") if around else "")
    if said == "PERSON":
        return said if _personal(value) else ""
    if said == "CORRESPONDENT":
        return _correspondent(value)
    return said if said not in _DIGITS or re.search(r"\d", value) else ""


@lru_cache(1 << 12)
def _said(name: str) -> str:
    return next((entity for entity, names in _SAYS.items() if names.search(name)), "")


@lru_cache(1 << 12)
def _plain(name: str) -> str:
    """The name's words in small letters with "_" between, without numbers: "homePhone2" and "Home phone" are one."""
    parted = re.sub(
        r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace("'", "").replace("’", "")
    )
    return re.sub(r"[\W\d_]+", "_", parted).strip("_").lower()


def _personal(value: str) -> bool:
    """Whether a value can be a name: a few words, most of them with capitals, and no number."""
    words = value.split()
    small = sum(word[:1].islower() for word in words)  # "van der" is as much as a name has
    return 0 < len(words) <= 6 and small <= 2 and words[0][:1].isupper() and not re.search(r"\d", value)


def _correspondent(value: str) -> str:
    """Of "from" and "to", which are as often places and dates: whether a value is a mail address or a person."""
    if _MAIL.fullmatch(value.strip()):
        return "EMAIL_ADDRESS"
    bare = re.sub(r"<[^>]*>", "", value)
    return "PERSON" if len(bare.split()) > 1 and _personal(bare) and looks_personal(bare) else ""


def looks_personal(name: str) -> bool:
    """Whether `name` is a person's by its own words: a title of persons, or a known given name where one stands."""
    mention = parse(name)
    return bool(mention.gender) or any(may_be_given(fold(given)) for given in mention.given[:1])
