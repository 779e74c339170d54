"""Postal addresses: US, UK, Irish and Australian forms, German and French streets, post-office boxes.

The street and the town with its code are patterns of their own: as one they would be too large for a prefilter to
hold exactly. `joined` makes one finding of what stands side by side.
"""

from __future__ import annotations

import re

from curate.pii.recognisers.labelled import Rule

_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|D\\.C\\.|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|"
    "OH|OK|OR|PA|PR|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|Alabama|Alaska|Arizona|Arkansas|California|Colorado|"
    "Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|"
    "Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|"
    "New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Puerto Rico|Rhode Island|"
    "South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming"
)
_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]?\s[0-9][ABD-HJLNP-UW-Z]{2}"
_EIRCODE = r"[A-Z][0-9][0-9W]\s[A-Z0-9]{4}"
_WORD = r"[A-Z][\w.'’\-]{1,18}"
_PLACE = rf"{_WORD}(?:\s{{1,2}}{_WORD}){{0,3}}"
_AU_END = rf"{_PLACE},?\s{{1,3}}(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT)\s{{1,2}}[0-9]{{4}}"
_SUFFIX = (
    r"Street|STREET|St\b\.?|ST\b\.?|Avenue|AVENUE|Ave\b\.?|AVE\b\.?|Road|ROAD|Rd\b\.?|"
    r"RD\b\.?|Boulevard|BOULEVARD|"
    r"Blvd\b\.?|Drive|DRIVE|Dr\b\.?|Lane|LANE|Ln\b\.?|Court|Ct\b\.?|Place|Pl\b\.?|Way|WAY|"
    r"Parkway|Pkwy\b\.?|Highway|"
    r"Hwy\b\.?|Circle|Terrace|Square|Sq\b\.?|Plaza|Quay|Crescent|Close|Gardens|Grove|Row|"
    r"Mews|Wharf|Trail|Turnpike|"
    r"Pike|Alley|Loop|Parade|Esplanade|Broadway|Expressway|Freeway"
)
_COMPASS = r"(?:(?:NE|NW|SE|SW|N\.\s?W|S\.\s?W|N\.\s?E|S\.\s?E|North|South|East|West|N|S|E|W)\.?)"
_UNIT = (
    r"(?:,?\s{1,3}(?:(?i:suite|ste\.?|apt\.?|apartment|unit|room|rm\.?|flat|"
    r"level)\s{0,2}#?\s?[A-Z]?[0-9]{1,5}[A-Z]?|"
    r"#\s?[0-9]{1,5}[A-Z]?|(?:[0-9]{1,3}(?:st|nd|rd|th)|First|Second|Third|Ground)\s(?:Floor|floor)))?"
)
_HOUSE = r"(?:[0-9]{1,6}(?:[-–/][0-9]{1,4})?[A-Za-z]?|One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten)"
_NAME = r"(?:[A-Z][\w'’.\-]{0,14}|[0-9]{1,3}(?:st|nd|rd|th)|of|the|de|la|del)"
_STREET = (
    rf"\b(?:(?:Flat|Unit|Apartment|Suite|Level)\s[A-Z]?[0-9]{{1,4}}[A-Z]?,?\s{{1,2}})?{_HOUSE},?\s{{1,3}}"
    rf"(?:{_COMPASS}\s{{1,2}})?(?:{_NAME}\s{{1,2}}){{1,4}}(?:{_SUFFIX})(?![\w’'])"
    rf"(?:,?\s{{1,2}}{_COMPASS}(?![\w]))?{_UNIT}"
)

# Words of law that stand between a number and "Court", "Place" or "Way", and what a number counts.
_NOT_NAMES = re.compile(
    r"\b(?:Supreme|District|Circuit|Superior|(?:High|Federal|County|Crown|Trial|Tax|Family|Municipal|State)\sC(?:our)?t|"
    r"Appeals?|S\.\s{0,3}Ct|Dist|Cir|U\.S|Bankr|Claims|Court\sof|Art|Sec|Section|Rule|No|Nos|Stat|Cong|App|Div|Probate|Juvenile|"
    r"Sup|Super|Chapter|Article|Amendment|Act|Title|Fed|In\sre|[Tt]he\sCourt|Principal|Plaintiffs?|Defendants?|Judge|Justice)\b"
)
_LATE = re.compile(r"\b(?:Court|Ct|Place|Pl|Way|Close|Row|Loop|Dr|St|Circle|Square|Plaza)\b\.?$")


def _no_street(written: str) -> bool:
    """Whether a word of law stands in the street's name ("1998 Supreme Court", "5 Dist. Ct." are no addresses)."""
    late = _LATE.search(written) and re.match(r"(?:1[89]|20)\d\d,?\s", written)
    return bool(_NOT_NAMES.search(written[:60]) or late)


RULES = (
    Rule("STREET_ADDRESS", "street", _STREET, 0.75, refuse=_no_street),
    Rule(
        "STREET_ADDRESS",
        "post-office box",
        r"\b(?i:P\.?\s?O\.?\s{0,2}Box|Post\sOffice\sBox|GPO\sBox|Locked\sBag|"
        r"Private\sBag)\s{1,2}[A-Z]?[0-9]{1,7}[A-Z]?(?!\w)",
        0.85,
    ),
    Rule(
        "STREET_ADDRESS",
        "town with ZIP code",
        rf"\b{_PLACE},\s{{1,4}}(?:{_STATES})\.?,?\s{{1,4}}[0-9]{{5}}(?:-[0-9]{{4}})?(?![\w\-])",
        0.7,
    ),
    Rule(
        "STREET_ADDRESS", "town with postcode", rf"\b{_PLACE},?\s{{1,3}}(?:{_POSTCODE}|{_EIRCODE})(?!\w)", 0.7
    ),
    Rule("STREET_ADDRESS", "Dublin district", r"\bDublin\s[0-9]{1,2}W?(?!\w)", 0.6),
    Rule("STREET_ADDRESS", "town with Australian postcode", rf"\b{_AU_END}(?![\w,])", 0.7),
    Rule(
        "STREET_ADDRESS",
        "German street",
        r"\b[A-ZÄÖÜ][\w.\-]{2,24}(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|"
        r"ufer)\s[0-9]{1,4}\s?[a-z]?(?!\w)"
        r"(?:,\s{1,3}(?:D-)?[0-9]{5}\s[A-ZÄÖÜ][\w\-]{2,20})?",
        0.8,
    ),
    Rule(
        "STREET_ADDRESS",
        "French street",
        r"\b[0-9]{1,4}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|bd|place|quai|allée|"
        r"impasse|chemin|cours|square)\s"
        r"(?:(?:de|du|des|la|le|les|d’|l’|d'|l')\s?){0,3}[A-ZÉÈ][\w’'\-]{1,20}(?:\s[A-ZÉÈ]"
        r"[\w’'\-]{1,20}){0,3}"
        r"(?:,?\s{1,3}(?:F-)?[0-9]{5}\s[A-ZÉÈ][\w’'\-]{1,25})?",
        0.8,
    ),
)
