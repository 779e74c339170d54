"""What is invented: consistent, of the form of the original, never the original, and nobody's."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked import new, replaced

from curate.pii.folding import fold, letters_and_digits
from curate.pii.kinds.dates import shifted, value
from curate.pii.kinds.namelists import gender_of, surnames
from curate.pii.replace import known

KEY, OTHER = b"k" * 32, b"o" * 32


def one(entity: str, text: str, key: bytes = KEY, document: str = "d") -> str:
    return new(f"{{{entity}:{text}}}", key=key, document=document)[0]


def test_mentions_keep_their_form() -> None:
    forms = "John Smith|Mr Smith|SMITH, John|J. Smith|Smith's|JOHN SMITH|John\nSmith|Smith, J."
    full, mister, comma, initial, possessive, loud, broken, last = new(
        " ; ".join(f"{{PERSON:{form}}}" for form in forms.split("|"))
    )
    given, surname = full.split()
    assert mister == f"Mr {surname}"
    assert comma == f"{surname.upper()}, {given}"
    assert initial == f"{given[0]}. {surname}"
    assert possessive == f"{surname}'s"
    assert loud == full.upper()
    assert broken == f"{given}\n{surname}"
    assert last == f"{surname}, {given[0]}."


def test_a_surname_is_the_same_with_and_without_a_given_name_everywhere() -> None:
    full = one("PERSON", "John Smith", document="a")
    assert one("PERSON", "Smith", document="b") == full.split()[1]
    assert one("PERSON", "John Smith", document="c") == full
    initial = one("PERSON", "J. Smith", document="e")
    assert initial == f"{full[0]}. {full.split()[1]}"
    assert one("PERSON", "John Smith, Esq.", document="f") == f"{full}, Esq."


def test_gender_and_culture_are_kept() -> None:
    for name, gender in (
        ("John Smith", "m"),
        ("Jane Smith", "f"),
        ("Mehmet Yılmaz", "m"),
        ("Anna Kowalska", "f"),
    ):
        assert gender_of(fold(one("PERSON", name).split()[0])) in (gender, ""), name
    for surname, culture in (
        ("Kowalski", "pl"),
        ("García", "es"),
        ("Kepeneklioğlu", "tr"),
        ("Achleitner", "de"),
    ):
        assert one("PERSON", f"Mr {surname}").split()[1] in surnames(culture), surname
    husband, wife = new("{PERSON:Jan Kowalski} {PERSON:Anna Kowalska}")
    if husband.endswith("ski"):
        assert wife.split()[1] == husband.split()[1][:-1] + "a"
    assert re.fullmatch(r"[\u0400-\u04ff]+ [\u0400-\u04ff]+", one("PERSON", "Иван Смирнов"))


NAMES = "John Jane Peter Mary Ahmet Anna Karl José".split()
SURNAMES = "Smith Jones Brown Kowalski Müller García Öztürk Dubois Novák Popescu Nagy Silva Rossi".split()


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(SURNAMES)), min_size=1, max_size=40, unique=True
    )
)
def test_different_persons_stay_different_and_nothing_of_them_is_left(people: list[tuple[str, str]]) -> None:
    made = new(" and ".join(f"{{PERSON:{a} {b}}}" for a, b in people))
    assert len(set(made)) == len(people)
    by_surname = {}
    for (_, surname), invented in zip(people, made):
        by_surname.setdefault(surname, set()).add(invented.split()[-1])
    assert all(len(some) == 1 for some in by_surname.values())
    assert len({*map(tuple, by_surname.values())}) == len(by_surname)
    originals = {fold(word) for pair in people for word in pair}
    assert not originals & {fold(word) for invented in made for word in invented.split()}


def test_more_persons_than_names() -> None:
    people = [f"{chr(65 + i % 26)}{chr(97 + i // 26)}escu" for i in range(120)]
    made = new(" ".join(f"{{PERSON:Mr {name}}}" for name in people))
    assert len(set(made)) == len(people)


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("PERSON", "John Smith"), ("ORGANIZATION", "Acme Corp."), ("LOCATION", "Klagenfurt"), ("LOCATION", "Turkey"),
        ("EMAIL_ADDRESS", "john@acme.com"), ("PHONE_NUMBER", "+44 20 7123 1234"), ("US_SSN", "123-45-6789"),
        ("CREDIT_CARD", "4111 1111 1111 1111"), ("IBAN_CODE", "DE89370400440532013000"), ("URL", "https://acme.com/x"),
        ("IP_ADDRESS", "2001:4860::8888"), ("DOCKET_NUMBER", "No. 1:14-cv-01234-ABC"), ("US_PASSPORT", "X1234567"),
        ("STREET_ADDRESS", "123 Main Street, Springfield, IL 62704"), ("CRYPTO", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("DATE_TIME", "22 June 2005"), ("ORGANIZATION", "Turkish Government"), ("UK_NHS", "943 476 5919"),
    ],
)  # fmt: skip
def test_the_key_decides_alone(entity: str, text: str) -> None:
    assert one(entity, text) == one(entity, text)
    assert len({text, one(entity, text), one(entity, text, OTHER)}) == 3
    if entity != "DATE_TIME":
        assert one(entity, text, document="another") == one(entity, text)


def shape(text: str) -> str:
    return re.sub(r"[A-Z]", "A", re.sub(r"[a-z]", "a", re.sub(r"\d", "0", text)))


@given(
    st.text("0123456789ABZabz-. /", min_size=4).filter(
        lambda t: t.strip() == t and any(c.isdigit() for c in t)
    )
)
def test_numbers_keep_their_form(text: str) -> None:
    made = one("US_DRIVER_LICENSE", text)
    assert shape(made) == shape(text)
    assert made != text


def luhn(digits: str) -> int:
    return sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(reversed(digits))) % 10


@given(st.from_regex(r"[0-9]{4}([ -]?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}", fullmatch=True))
def test_cards_are_valid_and_of_no_scheme(card: str) -> None:
    made = one("CREDIT_CARD", card)
    digits = letters_and_digits(made)
    assert shape(made) == shape(card) and luhn(digits) == 0 and digits[0] == "0"


@given(
    st.from_regex(
        r"(DE[0-9]{20}|GB[0-9][0-9][A-Z]{4}[0-9]{14}|FR[0-9]{12}[A-Z0-9]{11}[0-9][0-9])", fullmatch=True
    ).filter(str.isascii)
)
def test_ibans_are_valid_and_of_no_bank(iban: str) -> None:
    made = one("IBAN_CODE", iban)
    assert int("".join(str(int(c, 36)) for c in made[4:] + made[:4])) % 97 == 1
    assert made[:2] == iban[:2] and set(made[4:8]) <= set("0X") and len(made) == len(iban)


@given(st.from_regex(r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}", fullmatch=True))
def test_social_security_numbers_were_never_issued(number: str) -> None:
    made = one("US_SSN", number)
    assert re.fullmatch(r"9\d\d-[0-4]\d-\d{4}", made) and made[4:6] != "00"


def test_checked_numbers_have_valid_checks() -> None:
    nhs = letters_and_digits(one("UK_NHS", "943 476 5919"))
    assert nhs.startswith("999") and sum(int(c) * (10 - i) for i, c in enumerate(nhs)) % 11 == 0
    routing = one("ABA_ROUTING_NUMBER", "021000021")
    assert (
        sum(int(c) * (3, 7, 1)[i % 3] for i, c in enumerate(routing)) % 10 == 0
        and 33 <= int(routing[:2]) <= 60
    )
    assert re.fullmatch(r"QQ \d\d \d\d \d\d C", one("UK_NINO", "AB 12 34 56 C"))


def test_telephones_are_those_of_nobody() -> None:
    assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", one("PHONE_NUMBER", "(202) 456-1414"))
    assert re.fullmatch(r"\+1 \d{3} 555 01\d\d", one("PHONE_NUMBER", "+1 202 456 1414"))
    assert re.fullmatch(r"\+44 20 7946 0\d{3}", one("PHONE_NUMBER", "+44 20 7123 1234"))
    assert re.fullmatch(r"07700 900\d{3}", one("PHONE_NUMBER", "07912 123456"))
    assert re.fullmatch(r"\+33 6 39 98 \d\d \d\d", one("PHONE_NUMBER", "+33 6 12 34 56 78"))
    german = one("PHONE_NUMBER", "+49 30 1234567")
    assert shape(german) == shape("+49 30 1234567") and german.startswith("+49")


def test_addresses_of_the_net_are_in_ranges_for_documentation() -> None:
    nets = [ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert any(ip_address(one("IP_ADDRESS", "10.1.2.3")) in net for net in nets)
    assert ip_address(one("IP_ADDRESS", "fe80::1")) in ip_network("2001:db8::/32")
    assert re.fullmatch(r"00-00-5E-00-53-[0-9A-F]{2}", one("MAC_ADDRESS", "AA-BB-CC-DD-EE-FF"))
    assert re.fullmatch(r"[a-z.]+\d\d@[a-z]+\.example\.org", one("EMAIL_ADDRESS", "John.Smith@law.org"))
    a, b, c = (one("EMAIL_ADDRESS", x).split("@")[1] for x in ("a@acme.com", "b@ACME.com", "b@bolt.com"))
    assert a == b != c
    many = new(" ".join(f"{{IP_ADDRESS:10.0.{i}.1}}" for i in range(200)))
    assert len(set(many)) == 200


def test_bitcoin_addresses_have_valid_checks() -> None:
    from presidio_analyzer.predefined_recognizers import CryptoRecognizer

    for address in ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"):
        assert CryptoRecognizer().validate_result(one("CRYPTO", address)), address


def test_organisations_keep_form_and_kind() -> None:
    corp, short, university, court = new(
        "{ORGANIZATION:Acme Corp.} {ORGANIZATION:ACME} {ORGANIZATION:University of Oslo} {ORGANIZATION:Oslo Court}"
    )
    assert corp.endswith(" Corp.") and short == corp.split()[0].upper()
    assert university.startswith("University of ") and court == f"{university.split()[-1]} Court"
    assert new("{ORGANIZATION:Ministry of Defence}") == ["[ORGANIZATION_1]"]
    assert re.fullmatch(r"\w+ Government", one("ORGANIZATION", "Turkish Government"))


def test_what_has_no_sensible_value_is_a_tag() -> None:
    text = "{NRP:German} {QUANTITY:EUR 500} {MISC:x} {DATE_TIME:the nineties} {DEMOGRAPHIC:teacher} {LOCATION:the City}"
    tags = ["[NRP_1]", "[QUANTITY_1]", "[MISC_1]", "[DATE_TIME_1]", "[DEMOGRAPHIC_1]", "[LOCATION_1]"]
    assert new(text) == tags


DATES = (
    "22 June 2005|06/22/2005|2005-06-22|June 2005|22.6.2005|JUNE 22, 2005|Jan. 3, 1998|the 3rd day of March, 1999|"
    "between 3 and 5 March 1999|1998-99|2005-06-22T10:00:00|22. Juni 2005|le 2 août 2003|3 de mayo de 1999"
)


@pytest.mark.parametrize("text", DATES.split("|"))
def test_dates_keep_their_form(text: str) -> None:
    later = shifted(text, -371)
    assert later is not None and later != text
    assert re.sub(r"\d+|[^\W\d_]+", "x", later) == re.sub(r"\d+|[^\W\d_]+", "x", text)
    assert shifted(text, 0) == text


@given(
    st.dates(date(1600, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%d.%m.%Y"]),
)
def test_dates_move_by_the_days_given(day: date, form: str) -> None:
    later = shifted(day.strftime(form), -700)
    assert later is not None
    assert value(later) == date.fromordinal(day.toordinal() - 700).isoformat()


def test_all_dates_of_a_document_move_together_and_keep_their_weekday() -> None:
    text = "{DATE_TIME:2005-06-22} {DATE_TIME:1 July 2005} {DATE_TIME:six months} {DATE_TIME:3 July} {DATE_TIME:1998}"
    first, second, months, third, year = new(text)
    moved = date.fromisoformat(first)
    offset = date(2005, 6, 22) - moved
    assert offset.days % 7 == 0 and 365 <= offset.days <= 1461
    assert value(second) == (date(2005, 7, 1) - offset).isoformat()
    assert months == "six months"
    assert value(third) == (date(2005, 7, 3) - offset).strftime("--%m-%d")
    assert 1 <= 1998 - int(year) <= 4
    assert len({new(text, document=str(i))[0] for i in range(20)}) > 10


def test_a_persons_dates_move_together_over_documents() -> None:
    from marked import marked

    from curate.pii.replace import Replacer

    replacer = Replacer("pseudonym", KEY, dates="person")
    texts = ("{PERSON:John Smith} {DATE_TIME:2005-06-22}", "{PERSON:SMITH, John} x {DATE_TIME:2005-06-22}")
    made = [replacer.replace(*marked(text), name).spans[1].text for text, name in zip(texts, "ab")]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "odd", ["\u202e", "😀", "...", "שלום", "ａｂｃ１２３", "٣٤٥", "\n", "²", "x" * 500, "١٢/٣", "'"]
)
@pytest.mark.parametrize(
    "entity", ["PERSON", "LOCATION", "DATE_TIME", "PHONE_NUMBER", "CREDIT_CARD", "URL", "OTHER"]
)
def test_odd_values_are_replaced_by_something(entity: str, odd: str) -> None:
    assert replaced(f"a {{{entity}:{odd}}} b").text != f"a {odd} b"


def test_invented_values_are_known() -> None:
    for entity, text in (
        ("EMAIL_ADDRESS", "a@b.com"), ("IP_ADDRESS", "10.1.1.1"), ("PHONE_NUMBER", "202-456-1414"), ("URL", "b.com/x"),
        ("US_SSN", "123-45-6789"), ("CREDIT_CARD", "4111111111111111"), ("MAC_ADDRESS", "aa:bb:cc:dd:ee:ff"),
    ):  # fmt: skip
        assert known(entity, one(entity, text)) == "certain", entity
        assert known(entity, text) == "no", entity
    assert known("PERSON", one("PERSON", "Mr John Smith")) == "possible"
    assert known("PERSON", "Zzyzx Qwrtp") == "no"
    assert known("PERSON", "[PERSON_12]") == known("PERSON", "[PERSON:0123456789abcdef]") == "certain"
