"""Addresses and telephones that Presidio's validators refuse: hosts without a public suffix, area codes unassigned.

A validator keeps false alarms out where the form is common; these two forms nothing else has.
"""

from __future__ import annotations

from curate.pii.recognisers.labelled import Rule

RULES = (
    Rule(
        "EMAIL_ADDRESS",
        "e-mail address of any host",  # "jo@files.corp.local", "jo@example.invalid"
        r"(?<![\w.])[\w.!#$%&'*+/=?^`{|}~\-]{1,64}@(?:[A-Za-z0-9\-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![\w\-])",
        0.6,
    ),
    Rule(
        "PHONE_NUMBER",
        "area code in brackets",
        r"(?<![\d)])\([2-9][0-9]{2}\)\s{0,2}[0-9]{3}[-.\s][0-9]{4}(?![\d\-])",
        0.5,
    ),
)
