"""Check digits of bank, tax and identity numbers.

Each test takes the number as written, separators included, and answers whether its check digits hold; a wrong
length or a stray letter is simply False. Sources stand with each rule; where an authority publishes no rule
(US EIN, German USt-IdNr before 2000, sort codes) what is tested is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_DIGITS = re.compile(r"\D+", re.ASCII)
_ALNUM = re.compile(r"[^0-9A-Z]+")


def digits(written: str) -> list[int]:
    """The ASCII digits of `written`, in order."""
    return [int(c) for c in _DIGITS.sub("", written)]


def _weighted(numbers: Iterable[int], weights: Iterable[int]) -> int:
    return sum(n * w for n, w in zip(numbers, weights))


def _compact(written: str) -> str:
    return _ALNUM.sub("", written.upper())


def luhn(written: str) -> bool:
    """ISO/IEC 7812-1, annex B, at least two digits."""
    found = digits(written)
    doubled = [n * 2 - 9 * (n > 4) for n in found[-2::-2]]
    return len(found) > 1 and (sum(found[-1::-2]) + sum(doubled)) % 10 == 0


def aba_routing(written: str) -> bool:
    """American Bankers Association routing number: weights 3, 7, 1, sum a multiple of 10, known first two digits.

    First two digits: 00-12 (Federal Reserve districts and the government), 21-32 (thrifts), 61-72 (electronic),
    80 (traveller's cheques).
    """
    found = digits(written)
    if len(found) != 9 or not any(found):
        return False
    first = found[0] * 10 + found[1]
    known = first <= 12 or 21 <= first <= 32 or 61 <= first <= 72 or first == 80
    return known and _weighted(found, (3, 7, 1) * 3) % 10 == 0


# Prefixes that the Internal Revenue Service has not assigned to a campus ("How EINs are assigned and valid prefixes").
_NO_EIN = frozenset((0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97))


def us_ein(written: str) -> bool:
    """US employer identification number: nine digits with an assigned prefix; it has no check digit."""
    found = digits(written)
    return len(found) == 9 and found[0] * 10 + found[1] not in _NO_EIN


def uk_nino(written: str) -> bool:
    """UK National Insurance number: prefix letters that are issued (HMRC NIM39110), six digits, suffix A-D."""
    text = _compact(written)
    return (
        re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", text) is not None
        and text[:2] not in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}
    )  # fmt: skip


def uk_utr(written: str) -> bool:
    """UK unique taxpayer reference: the first of ten digits checks the other nine, modulo 11."""
    found = digits(written)
    return len(found) == 10 and found[0] == int(
        "21987654321"[_weighted(found[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11]
    )


def au_tfn(written: str) -> bool:
    """Australian tax file number of nine digits: weighted sum a multiple of 11."""
    found = digits(written)
    return len(found) == 9 and any(found) and _weighted(found, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def au_abn(written: str) -> bool:
    """Australian business number: eleven digits, one taken from the first, weighted sum a multiple of 89."""
    found = digits(written)
    if len(found) != 11 or found[0] == 0:
        return False
    found[0] -= 1
    return _weighted(found, (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 0


def au_acn(written: str) -> bool:
    """Australian company number: nine digits, weights 8 to 1, the last completes a multiple of 10."""
    found = digits(written)
    return len(found) == 9 and any(found) and (_weighted(found, range(8, 0, -1)) + found[8]) % 10 == 0


def ca_sin(written: str) -> bool:
    """Canadian social insurance number: nine digits, Luhn; none begins with 0 or 8."""
    found = digits(written)
    return len(found) == 9 and found[0] not in (0, 8) and luhn(written)


def ie_pps(written: str) -> bool:
    """Irish personal public service number: seven digits and a check letter modulo 23; an optional second letter
    counts nine times (Department of Social Protection, 2013)."""
    text = _compact(written)
    if not re.fullmatch(r"\d{7}[A-W][A-IW]?", text):
        return False
    second = 0 if len(text) < 9 or text[8] == "W" else ord(text[8]) - 64
    return "WABCDEFGHIJKLMNOPQRSTUV"[(_weighted(digits(text), range(8, 1, -1)) + 9 * second) % 23] == text[7]


def fr_nir(written: str) -> bool:
    """French social security number: thirteen characters (2A and 2B are Corsica) and a key, 97 less the rest."""
    text = _compact(written)
    if not re.fullmatch(r"[1-478]\d{2}(0[1-9]|1[0-2]|[2-9]\d)\d[0-9AB]\d{8}", text):
        return False
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(text[13:])


_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"


def es_nif(written: str) -> bool:
    """Spanish NIF (eight digits) or NIE (X, Y or Z and seven): letter by the rest modulo 23."""
    text = _compact(written)
    if not re.fullmatch(r"(\d{8}|[XYZ]\d{7})[A-Z]", text):
        return False
    number = int(text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2"))
    return _SPANISH[number % 23] == text[-1]


def nl_bsn(written: str) -> bool:
    """Dutch citizen service number: nine digits, weights 9 to 2 and -1, a multiple of 11."""
    found = digits(written)
    return len(found) == 9 and any(found) and _weighted(found, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pl_pesel(written: str) -> bool:
    """Polish PESEL: eleven digits, weights 1, 3, 7, 9, a date of birth (its month carries the century)."""
    found = digits(written)
    if len(found) != 11 or _weighted(found, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10:
        return False
    month, day = (found[2] * 10 + found[3]) % 20, found[4] * 10 + found[5]
    return 1 <= month <= 12 and 1 <= day <= 31


def _iso7064_11_10(found: list[int]) -> bool:
    product = 10
    for n in found[:-1]:
        total = (n + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == found[-1]


def de_steuer_id(written: str) -> bool:
    """German tax identification number: eleven digits, ISO 7064 Mod 11,10, one digit of the first ten repeated
    twice or three times (Bundeszentralamt für Steuern)."""
    found = digits(written)
    if len(found) != 11 or found[0] == 0:
        return False
    most = max(found[:10].count(n) for n in range(10))
    return most in (2, 3) and len(set(found[:10])) in (8, 9) and _iso7064_11_10(found)


def iban(written: str) -> bool:
    """ISO 13616: the rearranged number leaves 1 modulo 97."""
    text = _compact(written)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}", text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


# ISO 3166-1 alpha-2, and XK, which SWIFT assigns to Kosovo.
_COUNTRIES = frozenset(
    re.findall(
        "..",
        "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCN"
        "COCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHM"
        "HNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMK"
        "MLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW"
        "SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI"
        "VNVUWFWSXKYEYTZAZMZW",
    )
)


def bic(written: str) -> bool:
    """ISO 9362: four letters or digits of the party, a country, two of the place, an optional branch of three."""
    return bool(re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", written)) and written[4:6] in _COUNTRIES


def _vat_at(body: str) -> bool:
    found = digits(body)
    total = sum(n if i % 2 == 0 else n * 2 // 10 + n * 2 % 10 for i, n in enumerate(found[:7]))
    return (10 - (total + 4) % 10) % 10 == found[7]


def _vat_gb(body: str) -> bool:
    found = digits(body)[:9]
    total = _weighted(found, (8, 7, 6, 5, 4, 3, 2, 10, 1))
    return total % 97 == 0 or (total + 55) % 97 == 0


def _vat_es(body: str) -> bool:
    if body[0].isdigit() or body[0] in "XYZ":
        return es_nif(body)
    odd = sum(n * 2 // 10 + n * 2 % 10 for n in digits(body[1:8])[0::2])
    check = (10 - (odd + sum(digits(body[1:8])[1::2])) % 10) % 10
    return body[8] in (str(check), "JABCDEFGHI"[check])


def _vat_pt(body: str) -> bool:
    found = digits(body)
    rest = _weighted(found, range(9, 1, -1)) % 11
    return found[8] == (0 if rest < 2 else 11 - rest)


def _vat_nl(body: str) -> bool:
    # Since 2020 sole traders have numbers that check by ISO 7064 over the whole, country letters included.
    return nl_bsn(body[:9]) or int("".join(str(int(c, 36)) for c in "NL" + body)) % 97 == 1


def _vat_fr(body: str) -> bool:
    return not body[:2].isdigit() or (
        luhn(body[2:]) and int(body[:2]) == (12 + 3 * (int(body[2:]) % 97)) % 97
    )


def _vat_el(body: str) -> bool:
    found = digits(body)
    return _weighted(found, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == found[8]


# Country -> (form of what follows its letters, check), after the European Commission's VIES FAQ, question 11.
_VAT: dict[str, tuple[str, Callable[[str], bool]]] = {
    "AT": (r"U\d{8}", lambda b: _vat_at(b[1:])),
    "BE": (r"[01]\d{9}", lambda b: 97 - int(b[:8]) % 97 == int(b[8:])),
    "DE": (r"[1-9]\d{8}", lambda b: _iso7064_11_10(digits(b))),
    "DK": (r"[1-9]\d{7}", lambda b: _weighted(digits(b), (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0),
    "EL": (r"\d{9}", _vat_el),
    "ES": (r"[0-9A-HJNP-SUVWXYZ]\d{7}[0-9A-Z]", _vat_es),
    "FI": (r"\d{8}", lambda b: _weighted(digits(b), (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0),
    "FR": (r"[0-9A-HJ-NP-Z]{2}\d{9}", _vat_fr),
    "GB": (r"\d{9}(\d{3})?", _vat_gb),
    "IE": (r"\d{7}[A-W][A-I]?", ie_pps),
    "IT": (r"\d{11}", luhn),
    "LU": (r"\d{8}", lambda b: int(b[:6]) % 89 == int(b[6:])),
    "NL": (r"\d{9}B\d{2}", _vat_nl),
    "PL": (r"\d{10}", lambda b: _weighted(digits(b), (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(b[9])),
    "PT": (r"[1-9]\d{8}", _vat_pt),
    "SE": (r"\d{10}01", lambda b: luhn(b[:10])),
}


def vat(written: str) -> bool:
    """VAT number of one of sixteen European countries, letters of the country in front (Greece writes EL)."""
    text = _compact(written)
    form, check = _VAT.get(text[:2], (None, None))
    return bool(form and check and re.fullmatch(form, text[2:]) and any(digits(text)) and check(text[2:]))
