"""Numbers of cases: dockets of US, UK, Irish, Australian, German and EU courts and of the Court of Human Rights.

Off in the preset `contact`. Citations ("410 U.S. 113", "[2014] EWHC 123 (Ch)") are no dockets: they name published
law, not a file.
"""

from __future__ import annotations

from curate.pii.recognisers.labelled import Rule

_KIND = (
    r"case|docket|dkt\.?|cause|index|civil\saction|civil|civ\.?(?:\sa(?:ction|\.)?)?|"
    r"criminal(?:\saction)?|crim\.?|"
    r"cr\.|c\.a\.|cv\.?|appeal|applications?|appl\.|app\.|matter|court\sfile|claim|"
    r"petition|suit|proceedings?|"
    r"record|mdl|misc\.?|adv\.?(?:\sproc\.)?|adversary|bankr(?:uptcy|\.)?|bap|tax\scourt|indictment|complaint"
)
_NO = r"(?:\s{0,2}(?i:nos?\.?|number|numbers|n°|#)\s{0,1}[:.]?)"
_AND = r"(?:,?\s{1,3}(?:and|&)\s{1,3}(?:[Nn]os?\.\s{0,2})?|[,;]\s{1,3})"
# 1:14-cv-01234-ABC(XYZ), 05-1234, CV-98-123, 1234/2005, HC-2014-000123, 1234 of 2006, 98 Civ. 1234
_TAIL = r"(?:[-–/:.][A-Z0-9a-z]{1,7}){1,5}"
_VALUE = (
    r"(?:[A-Z]{1,5}[-\s.]?)?[0-9]{1,7}"
    rf"(?:{_TAIL}|\s(?:Civ\.?|Cr\.?|CV|CR|of)\s[0-9]{{2,5}}|(?<=[0-9]{{4}}))(?:\s?\([A-Z]{{2,5}}\)){{0,3}}"
)
_SHORT = r"[0-9]{2}[-–][0-9]{2,5}(?:-[A-Za-z]{1,4}){0,2}"
_ECHR = r"[0-9]{3,5}/[0-9]{2}"
_EU = r"[CTF][-‑–][0-9]{1,4}/[0-9]{2}"

RULES = (
    Rule(
        "DOCKET_NUMBER",
        "labelled docket",
        rf"\b(?i:{_KIND}){_NO}\s{{0,3}}(?:{_AND}?(?P<value>{_VALUE})(?!\w)){{1,3}}",
        0.85,
    ),
    Rule(
        "DOCKET_NUMBER",
        "appellate docket",
        rf"\b(?i:nos?)\.?\s{{0,3}}(?:{_AND}?(?P<value>{_SHORT})(?![\w/])){{1,9}}",
        0.7,
    ),
    Rule("DOCKET_NUMBER", "case", rf"\b(?i:case)\s{{1,2}}(?P<value>{_SHORT})(?![\w/])", 0.7),
    Rule(
        "DOCKET_NUMBER",
        "application",
        rf"\b(?i:nos?)\.?\s{{0,3}}(?:{_AND}?(?P<value>{_ECHR})(?![\w/])){{1,9}}",
        0.85,
    ),
    Rule("DOCKET_NUMBER", "bare application", r"(?<![\w/.,\-])[0-9]{5}/[0-9]{2}(?![\w/])", 0.6),
    Rule(
        "DOCKET_NUMBER",
        "federal docket",
        r"\b(?:[0-9]{1,2}:)?[0-9]{2}[- ](?i:cv|cr|mc|md|mj|bk|ap|civ|crim)[-. ]{1,2}[0-9]{2,6}"
        r"(?:-[A-Z]{1,5}){0,4}(?:\s?\([A-Z]{2,5}\)){0,3}(?!\w)",
        0.85,
    ),
    Rule(
        "DOCKET_NUMBER",
        "Australian docket",
        r"\b(?:NSD|VID|QUD|WAD|SAD|ACD|TAD|NTD)\s?[0-9]{1,5}(?:\sof\s|/)(?:19|20)[0-9]{2}\b",
        0.85,
    ),
    Rule(
        "DOCKET_NUMBER",
        "Australian docket in words",
        r"\b(?i:nos?)\.?\s{0,2}(?P<value>[A-Z]{1,4}\s?[0-9]{1,5}\sof\s(?:19|20)[0-9]{2})\b",
        0.85,
    ),
    Rule(
        "DOCKET_NUMBER",
        "German docket",
        r"\b(?:[IVX]{1,5}|[0-9]{1,3})\s(?:ZR|ZB|ZA|StR|ARs|BvR|BvL|BvF|BvE|AZR|ABR|AZB|BGs|VR|"
        r"Os|Js|Ls|Ss|Ws|K|O|U|W|C)\s"
        r"[0-9]{1,5}/[0-9]{2}\b",
        0.8,
    ),
    Rule(
        "DOCKET_NUMBER",
        "EU docket",
        rf"\b(?i:cases?|joined\scases)\s(?:{_AND}?(?P<value>{_EU}(?:\sP(?:PU)?)?)(?!\w)){{1,6}}",
        0.85,
    ),
    Rule(
        "DOCKET_NUMBER",
        "Irish record",
        r"\[?\b(?:19|20)[0-9]{2}\sNo\.?\s[0-9]{1,5}\s(?:P|S|JR|CA|SP|COS|EXT|MCA|CL)\b\]?",
        0.8,
    ),
)
