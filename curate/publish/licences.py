"""What licences allow, as a table, and which of them go together in one data set.

This is no legal advice. It knows what the table says, and calls everything else unknown. The licence of a source is
taken at its word: whoever put it there may have been wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """What matters when texts of several licences are published together.

    `hub` is the Hub's identifier (None: it has none, and gets `other` with a name).
    """

    name: str
    hub: str | None
    attribution: bool = True
    share_alike: bool = False
    commercial: bool = True
    derivatives: bool = True


def _of(name: str, hub: str | None = "", **traits: bool) -> Licence:
    return Licence(name, name.lower() if hub == "" else hub, **traits)


#: SPDX name (lower case) -> what it allows. Creative Commons licences are read by their parts, below.
_TABLE = {
    licence.name.lower(): licence
    for licence in [
        _of("public-domain", None, attribution=False),
        _of("CC0-1.0", attribution=False),
        _of("PDDL-1.0", "pddl", attribution=False),
        _of("Unlicense", attribution=False),
        _of("WTFPL", attribution=False),
        _of("ODC-By-1.0", "odc-by"),
        _of("ODbL-1.0", "odbl", share_alike=True),
        _of("CDLA-Permissive-1.0"),
        _of("CDLA-Permissive-2.0"),
        _of("CDLA-Sharing-1.0", share_alike=True),
        _of("MIT"),
        _of("Apache-2.0"),
        _of("BSD-2-Clause"),
        _of("BSD-3-Clause"),
        _of("ISC"),
        _of("GFDL-1.3", "gfdl", share_alike=True),
        _of("GPL-2.0", share_alike=True),
        _of("GPL-3.0", share_alike=True),
        _of("LGPL-3.0", share_alike=True),
        _of("AGPL-3.0", share_alike=True),
        _of("MPL-2.0", share_alike=True),
        _of("OGL-UK-3.0", None),
        _of("etalab-2.0"),
    ]
}

#: Other spellings.
_ALIASES = {
    "cc0": "cc0-1.0",
    "cc-0": "cc0-1.0",
    "cc-zero": "cc0-1.0",
    "publicdomain": "public-domain",
    "us-public-domain": "public-domain",
    "pd": "public-domain",
    "pddl": "pddl-1.0",
    "odc-by": "odc-by-1.0",
    "odbl": "odbl-1.0",
    "apache": "apache-2.0",
    "apache-license-2.0": "apache-2.0",
    "mit-license": "mit",
    "gfdl": "gfdl-1.3",
    "ogl": "ogl-uk-3.0",
    "ogl-3.0": "ogl-uk-3.0",
}

_CC = re.compile(
    r"cc-by(?P<nc>-nc)?(?:-(?P<more>nd|sa))?-(?P<version>1\.0|2\.0|2\.5|3\.0|4\.0)(?:-[a-z]{2,6})?"
)
_CC_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([0-9.]+)"
)
#: Versions of Creative Commons licences that the Hub has a name for.
_HUB_CC = {
    *("cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0"),
    *("cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
    *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
}


def licence(text: str) -> Licence | None:
    """The licence that a name or an address stands for; None where the table does not know it."""
    name = text.strip().lower()
    if address := _CC_ADDRESS.match(name):
        kind, code, version = address.groups()
        name = f"cc0-{version}" if (kind, code) == ("publicdomain", "zero") else f"cc-{code}-{version}"
        name = "public-domain" if (kind, code) == ("publicdomain", "mark") else name
    name = re.sub(r"[\s_]+", "-", name)
    name = re.sub(r"-(only|or-later)$", "", name)
    name = _ALIASES.get(name, name)
    if found := _CC.fullmatch(name):
        shown = "CC-BY" + (found["nc"] or "").upper() + (f"-{found['more'].upper()}" if found["more"] else "")
        short = f"{shown}-{found['version']}"
        return Licence(
            short,
            short.lower() if short.lower() in _HUB_CC else None,
            share_alike=found["more"] == "sa",
            commercial=not found["nc"],
            derivatives=found["more"] != "nd",
        )
    return _TABLE.get(name)


#: A declared licence that says: every document keeps its own.
MIXED = "other"


def against(source: Licence, declared: Licence) -> str:
    """Why texts under `source` cannot be handed on under `declared`; empty if they can."""
    if source.name == declared.name:
        return ""
    if source.share_alike:
        return f"{source.name} wants the same licence again"
    if not source.commercial and declared.commercial:
        return f"{source.name} forbids commercial use, which {declared.name} allows"
    if not source.derivatives and declared.derivatives:
        return f"{source.name} forbids changed versions, which {declared.name} allows"
    if source.attribution and not declared.attribution:
        return f"{source.name} wants its authors named, which {declared.name} does not ask for"
    return ""


def common(found: list[Licence]) -> Licence | None:
    """The one of several licences under which texts of all can be handed on; None where there is no such one."""
    fitting = [one for one in found if not any(against(other, one) for other in found)]
    return min(fitting, key=_strictness, default=None)


def _strictness(one: Licence) -> tuple[int, str]:
    marks = (one.attribution, one.share_alike, not one.commercial, not one.derivatives)
    return -sum(marks), one.name


def conflicts(found: list[Licence]) -> list[str]:
    """Pairs of licences that no single one of the two can serve, told."""
    told = []
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            here, there = against(one, other), against(other, one)
            if here and there:
                told.append(f"{one.name} with {other.name}: {here}; {there}")
    return told
