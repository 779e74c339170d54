"""Check digits: published examples hold, and any single digit changed breaks them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pii import checksums as c

# Examples that authorities or registers publish, and numbers made to the rule.
VALID = [
    (c.luhn, "4539 1488 0343 6467"),
    (c.aba_routing, "021000021"),
    (c.aba_routing, "3222-7162-7"),
    (c.uk_utr, "1955839661"),
    (c.au_tfn, "123 456 782"),
    (c.au_abn, "51 824 753 556"),
    (c.au_acn, "004 085 616"),
    (c.ca_sin, "130 692 544"),
    (c.ie_pps, "1234567FA"),
    (c.ie_pps, "1234567T"),
    (c.fr_nir, "2 55 08 14 168 025 38"),
    (c.es_nif, "12345678Z"),
    (c.es_nif, "X1234567L"),
    (c.nl_bsn, "111222333"),
    (c.pl_pesel, "44051401359"),
    (c.de_steuer_id, "86 095 742 719"),
    (c.de_steuer_id, "47036892816"),
    (c.iban, "GB82 WEST 1234 5698 7654 32"),
    (c.vat, "DE136695976"),
    (c.vat, "ATU13585627"),
    (c.vat, "BE0428759497"),
    (c.vat, "DK13585628"),
    (c.vat, "EL094259216"),
    (c.vat, "ESA13585625"),
    (c.vat, "FI20774740"),
    (c.vat, "FR40303265045"),
    (c.vat, "GB980780684"),
    (c.vat, "IE6433435F"),
    (c.vat, "IT00743110157"),
    (c.vat, "LU15027442"),
    (c.vat, "NL004495445B01"),
    (c.vat, "PL8567346215"),
    (c.vat, "PT501964843"),
    (c.vat, "SE123456789701"),
]
# Rules whose weights all share no factor with the modulus, or that work by digits doubled: every slip shows.
CERTAIN = {
    c.luhn,
    c.aba_routing,
    c.ca_sin,
    c.au_abn,
    c.pl_pesel,
    c.fr_nir,
    c.es_nif,
    c.nl_bsn,
    c.iban,
    c.de_steuer_id,
}


@pytest.mark.parametrize(("check", "number"), VALID)
def test_a_published_number_holds(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(("check", "number"), [pair for pair in VALID if pair[0] in CERTAIN])
def test_one_wrong_digit_shows(check: Callable[[str], bool], number: str) -> None:
    for at, digit in enumerate(number):
        for other in set("0123456789") - {digit}:
            if digit.isdigit():
                assert not check(number[:at] + other + number[at + 1 :]), (number, at, other)


@pytest.mark.parametrize("check", sorted({check for check, _ in VALID}, key=lambda f: f.__name__))
@given(text=st.text(alphabet="0123456789ABXYZ -./é٣", max_size=24))
def test_nonsense_is_refused_without_an_error(check: Callable[[str], bool], text: str) -> None:
    assert check(text) in (True, False)
    assert not check("")


@given(st.integers(min_value=0, max_value=10**14))
def test_luhn_finds_exactly_one_last_digit(number: int) -> None:
    assert sum(c.luhn(f"{number}{last}") for last in range(10)) == 1


@given(st.integers(min_value=0, max_value=10**8 - 1))
def test_routing_numbers_have_known_first_digits(number: int) -> None:
    text = f"{number:08d}"
    first = int(text[:2])
    known = first <= 12 or 21 <= first <= 32 or 61 <= first <= 72 or first == 80
    assert any(c.aba_routing(f"{text}{last}") for last in range(10)) == (known and number > 0)


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (c.us_ein, "00-1234567"),
        (c.us_ein, "89-1234567"),
        (c.uk_nino, "GB 12 34 56 C"),
        (c.uk_nino, "QA 12 34 56 C"),
        (c.ca_sin, "046 454 286"),
        (c.bic, "DEUTZZFF"),
        (c.bic, "deutdeff"),
        (c.vat, "US123456789"),
        (c.au_abn, "00 000 000 000"),
        (c.nl_bsn, "000000000"),
        (c.de_steuer_id, "11111111111"),
        (c.pl_pesel, "44999901359"),
    ],
)
def test_what_is_never_issued_is_refused(check: Callable[[str], bool], number: str) -> None:
    assert not check(number)


def test_numbers_without_check_digits_go_by_form() -> None:
    assert c.us_ein("12-3456789")
    assert c.uk_nino("AB 12 34 56 C")
    assert c.bic("DEUTDEFF500")
