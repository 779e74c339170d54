"""Addresses of sites that are none: abbreviations and sentences run together, which end in a country's letters."""

from __future__ import annotations

import re

from curate.pii.legal.around import Around

_SURE = re.compile(r"(?i)(?:https?://|ftp://|www\d{0,3}\.)")
_ABBREVIATIONS = frozenset(
    "id no nos art arts sec secs cf e.g i.e e i al op cit ibid p pp v vs supra cert inc co corp ltd mr "
    "mrs dr ms st jr sr u.s s.ct f.su so f cal app dist cir rev stat reg fed ann supp ch cl par para ed "
    "eds vol fig ex exh dep tr rec r".split()
)
# Countries whose letters are an English word, or end an abbreviation of law.
_WORDLIKE = frozenset(
    "at is in it be as so to me no my us by am an do id if la pa ca md ga va al de st co ch".split()
)


def no_link(a: Around) -> bool:
    """ "v.Sm", "Inc.The", "F.Su" in "F.Supp.", "So.2d", "order.To"; not "amazon.com" or "www.Courts.Gov"."""
    value = a.value.strip("\"'")
    if _SURE.match(value):
        return False
    if a.after[:1].isalnum() or a.before[-1:] in ("@", "§"):
        return True
    host, _, path = value.partition("/")
    labels = host.split(".")
    top, first = labels[-1], labels[0]
    if first.lower() in _ABBREVIATIONS or ".".join(labels[:-1]).lower() in _ABBREVIATIONS:
        return True
    if top[:1].isupper() and not (top.isupper() and len(top) > 2 and host.upper() == host):
        return True
    if all(len(label) == 1 for label in labels[:-1]) and len(top) < 3:
        return True
    return len(labels) == 2 and not path and top.lower() in _WORDLIKE


def no_mail(a: Around) -> bool:
    """An address whose site is none: "Smith@Co.The"."""
    top = a.value.rpartition(".")[2]
    return top[:1].isupper() and not top.isupper()
