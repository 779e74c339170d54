"""What the presets of the step `pii` look for, and from which score on.

`contact` is what reaches or identifies a private person directly; `anonymise` takes in what identifies together with
other facts (places, organisations, dates, case numbers). The least score of an entity stands where Presidio's scores
allow no common one. They mean: 0.05 a number of the right length; 0.4 that with a context word (Presidio raises to at
least 0.4), or a telephone number as written anywhere; 0.5 and more a form that little else has; 1.0 check digits hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Nothing that Presidio finds by length alone passes; all that a context word confirms does.
THRESHOLD: Final = 0.4

# "us" stands in "trust" and "lic" in "public": Presidio's context words of these two match within words, so that
# context alone is no evidence. A labelled number comes from our own recognisers with 0.85.
_PASSPORT = 0.5
_LICENCE = 0.6

_PERSONAL = (
    "AU_ABN", "AU_MEDICARE", "AU_TFN", "ABA_ROUTING_NUMBER", "BAR_NUMBER", "CA_SIN", "CREDIT_CARD", "CRYPTO",
    "DATE_OF_BIRTH", "DE_TAX_ID", "DRIVER_LICENSE", "EMAIL_ADDRESS", "ES_NIF", "FR_NIR", "IBAN_CODE", "IE_PPS",
    "INMATE_NUMBER", "IP_ADDRESS", "IT_FISCAL_CODE", "LICENSE_PLATE", "MAC_ADDRESS", "MEDICAL_LICENSE",
    "MEDICAL_RECORD_NUMBER", "NATIONAL_ID", "NL_BSN", "PASSPORT_NUMBER", "PERSON", "PHONE_NUMBER", "PL_PESEL",
    "STREET_ADDRESS", "SWIFT_CODE", "TAX_ID", "UK_DRIVING_LICENCE", "UK_NHS", "UK_NINO", "UK_SORT_CODE", "UK_UTR",
    "US_ALIEN_NUMBER", "US_BANK_NUMBER", "US_EIN", "US_ITIN", "US_SSN", "VAT_NUMBER", "VEHICLE_ID",
)  # fmt: skip
_IDENTIFYING = (
    "AGE", "AU_ACN", "DATE_TIME", "DEMOGRAPHIC", "DOCKET_NUMBER", "LOCATION", "MISC", "NRP", "ORGANIZATION",
    "QUANTITY", "URL", "UUID",
)  # fmt: skip
_STRICTER = {"US_PASSPORT": _PASSPORT, "US_DRIVER_LICENSE": _LICENCE}

#: Preset -> entity -> least score.
PRESETS: Final[Mapping[str, Mapping[str, float]]] = {
    "contact": dict.fromkeys(_PERSONAL, THRESHOLD) | _STRICTER,
    "anonymise": dict.fromkeys(_PERSONAL + _IDENTIFYING, THRESHOLD) | _STRICTER,
}
