"""Invented numbers in the form of the original; where a range exists that is never given to anybody, in that range.

Sources of the ranges: telephone numbers for use in drama of NANPA (555-0100 to 555-0199), Ofcom, Arcep, ACMA and
ComReg; social security numbers with 900 to 999 in front were never issued (SSA), with a group below 50 they are no
taxpayer numbers either (IRS); NHS numbers from 999 on are for tests (NHS England); National Insurance numbers have no
prefix QQ (HMRC); routing numbers begin with 00 to 12, 21 to 32, 61 to 72 or 80 (American Bankers Association); no
card scheme has numbers that begin with 0 (ISO/IEC 7812-1); bank codes of zeros or of the letters X are not assigned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count

from curate.pii.folding import digest, letters_and_digits

_DOCKET_WORDS = re.compile(r"^(?:[^\d\s]+\.?\s+)+(?=\S*\d)|[^\w]+", re.IGNORECASE)
_COUNSEL = re.compile(r"(?<=\d-)[A-Z]{2,4}(?:-[A-Z]{2,4})*$")
#: Area codes of the North American plan, of cities all over the United States.
_AREAS = (
    "201 202 203 205 206 207 208 209 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 253 "
    "254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 "
    "323 325 330 331 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 "
    "419 423 425 430 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 "
    "518 520 530 540 541 551 559 561 562 563 567 570 571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 612"
).split()
#: Country code -> national numbers reserved for drama, x for any digit; longest first where lengths agree.
_DRAMA = {
    "44": ("1632960xxx", "7700900xxx", "2079460xxx", "1614960xxx"),
    "33": ("19900xxxx", "26191xxxx", "35301xxxx", "46571xxxx", "53649xxxx", "63998xxxx"),
    "61": ("25550xxxx", "35550xxxx", "75550xxxx", "85550xxxx", "27010xxxx"),
    "353": ("2091xxxxx",),
}
_TRUNK = {10: "33", 11: "44"}


def docket(text: str) -> str:
    """A docket number by its digits and letters, without the words before it: "No. 12-345" is "12345"."""
    return _DOCKET_WORDS.sub("", text).upper()


def stream(key: bytes, *parts: str) -> Iterator[int]:
    """Numbers below 2^16 without end, by `parts`."""
    for block in count():
        made = digest(key, *parts, str(block))
        yield from (int.from_bytes(made[i : i + 2], "big") for i in range(0, 32, 2))


def formatted(text: str, letters: str) -> str:
    """`text` with its letters and digits replaced by those of `letters`, in order; separators and case stay."""
    rest = iter(letters)
    return "".join(
        (n.lower() if c.islower() else n) if c.isalnum() and (n := next(rest, c)) else c for c in text
    )


def similar(key: bytes, entity: str, value: str) -> str:
    """Other digits for digits and other letters for letters of `value`; no digit 0 where none was in front."""
    numbers = stream(key, entity, value)
    out = []
    for i, c in enumerate(value):
        if c.isdigit():
            out.append(str(next(numbers) % 10) if i or c == "0" else str(1 + next(numbers) % 9))
        else:
            out.append(chr(65 + next(numbers) % 26) if c.isalpha() else c)
    made = "".join(out)
    # By chance the same: shorter values have few others.
    if made == value and any(c.isalnum() for c in value):
        return similar(key, entity + "'", value)
    return made


def luhn(digits: str) -> str:
    """`digits`, the last one made the check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for i, c in enumerate(reversed(digits[:-1])):
        double = int(c) * (2 if i % 2 == 0 else 1)
        total += double - 9 if double > 9 else double
    return digits[:-1] + str(-total % 10)


def card(key: bytes, value: str) -> str:
    return luhn("0" + similar(key, "CREDIT_CARD", value)[1:])


def iban(key: bytes, value: str) -> str:
    """Country kept, a bank code that no bank has, check digits of ISO 13616; national check digits are not kept up."""
    made = similar(key, "IBAN_CODE", value[4:])
    bank = "".join("0" if c.isdigit() else "X" for c in value[4:8])
    body = bank + made[4:]
    numeric = "".join(str(int(c, 36)) for c in f"{body}{value[:2]}00")
    return f"{value[:2]}{98 - int(numeric) % 97:02d}{body}"


def social(key: bytes, value: str) -> str:
    made = similar(key, "US_SSN", value)
    return f"9{made[1:3]}{1 + int(made[3:5]) % 49:02d}{made[5:]}" if len(value) == 9 else made


def nhs(key: bytes, value: str) -> str:
    """999 in front; a nine-digit stem whose check digit (modulus 11) would be 10 makes way for the next one."""
    stem = int(similar(key, "UK_NHS", value)[3:9])
    while True:
        digits = f"999{stem:06d}"
        check = -sum(int(c) * (10 - i) for i, c in enumerate(digits)) % 11
        if check < 10:
            return f"{digits}{check}"
        stem = (stem + 1) % 1_000_000


def insurance(key: bytes, value: str) -> str:
    return "QQ" + similar(key, "UK_NINO", value)[2:8] + value[8:]


def routing(key: bytes, value: str) -> str:
    """33 to 60 in front; weights 3, 7, 1."""
    made = similar(key, "ABA_ROUTING_NUMBER", value)
    made = f"{33 + int(made[:2]) % 28}{made[2:8]}"
    return made + str(-sum(int(c) * (3, 7, 1)[i % 3] for i, c in enumerate(made)) % 10)


def phone(key: bytes, value: str) -> str:
    """`value` is digits, with "+" in front where the country is told. In a range for drama where one fits.

    Elsewhere the country code stays and the digits are such that the numbering plans of phonenumbers know no such
    number.
    """
    digits = value.lstrip("+")
    if not value.startswith("+"):
        if len(digits) in (7, 10, 11) and (len(digits) < 11 or digits[0] == "1") and digits[0] != "0":
            return _american(key, digits)
        code = _TRUNK.get(len(digits), "") if digits.startswith("0") else ""
        made = _drama(key, code, digits, len(digits) - 1)
        return f"0{made}" if made else _unknown(key, digits, "")
    if digits.startswith("1") and len(digits) == 11:
        return _american(key, digits)
    code = next((c for c in _DRAMA if digits.startswith(c)), "")
    trunk = "0" if digits[len(code) :].startswith("0") else ""
    made = _drama(key, code, digits, len(digits) - len(code) - len(trunk))
    return code + trunk + made if made else _unknown(key, digits, "+")


def _american(key: bytes, digits: str) -> str:
    """[1] area 555 01xx; of the same form as `digits`, which may be without an area or the 1."""
    numbers = stream(key, "PHONE_NUMBER", digits[-10:])
    made = f"1{_AREAS[next(numbers) % len(_AREAS)]}55501{next(numbers) % 100:02d}"
    return made[-len(digits) :]


def _drama(key: bytes, code: str, digits: str, length: int) -> str:
    plans = [plan for plan in _DRAMA.get(code, ()) if len(plan) == length]
    if not plans:
        return ""
    numbers = stream(key, "PHONE_NUMBER", digits[-length:])
    # A mobile number stays one, and London stays London, where the country has such a range.
    plans = [plan for plan in plans if plan[0] == digits[-length]] or plans
    plan = plans[next(numbers) % len(plans)]
    return "".join(str(next(numbers) % 10) if c == "x" else c for c in plan)


def _unknown(key: bytes, digits: str, plus: str) -> str:
    import phonenumbers

    kept = 2 if plus else 0
    made = digits
    for attempt in range(50):
        made = digits[:kept] + similar(key, f"PHONE_NUMBER {attempt}", digits[kept:])
        try:
            if not (plus and phonenumbers.is_valid_number(phonenumbers.parse("+" + made))):
                break
        except phonenumbers.NumberParseException:
            break
    return made


def docket_like(key: bytes, text: str) -> str:
    """Other digits, and other initials of judges at the end; the words and codes of the court stay."""
    value = docket(text)
    numbers = stream(key, "DOCKET_NUMBER", value)
    made = "".join(str(next(numbers) % 10) if c.isdigit() else c for c in text)
    if made == text:
        made = "".join(str((int(c) + 1) % 10) if c.isdecimal() else c for c in text)
    return _COUNSEL.sub(lambda m: formatted(m[0], similar(key, "initials", letters_and_digits(m[0]))), made)


#: Entities whose numbers have a range or a check digit of their own; length of the value, and what is made of it.
RULES: dict[str, tuple[re.Pattern[str], Callable[[bytes, str], str]]] = {
    "CREDIT_CARD": (re.compile(r"\d{12,19}"), card),
    "IBAN_CODE": (re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{8,30}"), iban),
    "US_SSN": (re.compile(r"\d{9}"), social),
    "US_ITIN": (re.compile(r"\d{9}"), social),
    "UK_NHS": (re.compile(r"\d{10}"), nhs),
    "UK_NINO": (re.compile(r"[A-Z]{2}\d{6}[A-Z]?"), insurance),
    "ABA_ROUTING_NUMBER": (re.compile(r"\d{9}"), routing),
}


def numbered(key: bytes, entity: str, text: str) -> str:
    """The number `text` of an `entity` with other digits and letters, separators kept."""
    value = letters_and_digits(text)
    rule = RULES.get(entity)
    if rule and rule[0].fullmatch(value):
        return formatted(text, rule[1](key, value))
    return formatted(text, similar(key, entity, value))


def reserved(entity: str, text: str) -> bool:
    """Whether the number `text` lies in the range from which those of an `entity` are invented."""
    value = letters_and_digits(text)
    if entity == "CREDIT_CARD":
        return value.startswith("0")
    if entity == "IBAN_CODE":
        return re.fullmatch(r"[A-Z]{2}\d\d[0X]{4}.*", value) is not None
    if entity in ("US_SSN", "US_ITIN"):
        return re.fullmatch(r"9\d\d(?!00)[0-4]\d{5}", value) is not None
    if entity == "ABA_ROUTING_NUMBER":
        return re.fullmatch(r"(?:3[3-9]|[45]\d|60)\d{7}", value) is not None
    if entity == "PHONE_NUMBER":
        digits = "".join(c for c in text if c.isdigit())
        plans = [p.replace("x", r"\d") for some in _DRAMA.values() for p in some]
        return (
            re.fullmatch(rf"1?(?:\d{{3}})?55501\d\d|(?:\d{{1,3}}|0)?0?(?:{'|'.join(plans)})", digits)
            is not None
        )
    return {"UK_NHS": "999", "UK_NINO": "QQ"}.get(entity, "\0") == value[: 3 if entity == "UK_NHS" else 2]
