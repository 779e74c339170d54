"""Presidio's PhoneRecognizer on the clusters of digits that can hold a number, and nowhere else.

phonenumbers looks at candidates: runs of digits with at most a few characters of punctuation between them, and an
extension. A cluster is a run of digits that no candidate can leave. Most are too short for any number or are none by
their digits alone; those that are left are looked at by the recogniser itself, with the characters around them.
phonenumbers gives up on a text after 65,535 candidates that are no numbers; here each cluster starts that count anew,
so that numbers behind that point are found too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.kernels.digits import DIGIT, EXTENSION, HYPHEN, MARK, PUNCTUATION, clusters
from curate.pii.projection import Projected, table

#: Brackets and plus signs before the first digit, each with its punctuation, and the character before them.
_BEFORE = 11
#: What a time stamp is told by (":00"), and a closing "#".
_AFTER = 4
_MAX_BLOCK = 20
#: More digits than a country code, prefixes and a number have together.
_MAX_DIGITS = 40
_KEPT = 1 << 18


class Clusters(NamedTuple):
    """Cluster i has its first digit at `first[i]`, its last at `last[i]`, and `digits[i]` in all."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    digits: NDArray[np.int64]


class Phones:
    """What `recognizer` (Presidio's PhoneRecognizer as it comes) needs to know of a text."""

    def __init__(self, recognizer: Any) -> None:
        self._recognizer = recognizer
        self._regions = tuple(recognizer.supported_regions)
        # At leniency 0 a number need only be of a possible length.
        self._least = shortest(self._regions) if recognizer.leniency >= 1 else 2
        self._expressions = [(region, dialled(region)) for region in self._regions]
        self._leading, self._opening = _leading()
        # In what holds none of these no candidate has an extension: it ends where its punctuation does.
        self._odd = re.compile(r"[+\uff0bxX\uff58\uff38~\uff5e#\uff03;]|" + _extensions(), re.IGNORECASE)
        self._apart = re.compile("[^0-9" + re.escape("".join(sorted(self._leading))) + "]+")
        self._judged: dict[str, bool] = {}
        self._dialled: dict[str, bool] = {}

    def clusters(self, batch: Projected) -> Clusters:
        """The clusters of a batch of texts with enough digits for a number; newlines part texts."""
        first, last, digits = clusters(batch.array, _classes(), self._least)
        return Clusters(first, last, digits)

    def window(self, text: str, first: int, last: int) -> tuple[int, int] | None:
        """The piece of `text` to look at for the cluster from `first` to `last`; None where no number can be."""
        at = start = first
        while at > 0 and first - at < _BEFORE - 1 and text[at - 1] in self._leading:
            at -= 1
            start = at if text[at] in self._opening else start
        core = text[start : last + 1 + (text[last + 1 : last + 2] in ("#", "\uff03"))]
        possible = self._judged.get(core)
        if possible is None:
            if len(self._judged) > _KEPT:
                self._judged.clear()
            possible = self._judged[core] = self._could_be(core)
        return (max(first - _BEFORE, 0), min(last + 1 + _AFTER, len(text))) if possible else None

    def _could_be(self, core: str) -> bool:
        """Whether some run of whole blocks of digits in `core` is a valid number as dialled in one of the regions.

        True, too, where only phonenumbers can tell: plus signs, extensions, digits of other scripts, leniency 0.
        """
        if (
            self._recognizer.leniency < 1
            or self._odd.search(core)
            or any(c.isdigit() for c in core if c > "\x7f")
        ):
            return True
        for piece in self._apart.split(core):
            blocks = _BLOCKS.findall(piece)
            if any(len(block) > _MAX_BLOCK for block in blocks):
                return True
            for i in range(len(blocks)):
                joined = ""
                for block in blocks[i:]:
                    joined += block
                    if len(joined) > _MAX_DIGITS:
                        break
                    if len(joined) >= self._least and self._dials(joined):
                        return True
        return False

    def _dials(self, digits: str) -> bool:
        """Whether `digits` as dialled in one of the regions are a valid number."""
        known = self._dialled.get(digits)
        if known is None:
            if len(self._dialled) > _KEPT:
                self._dialled.clear()
            known = self._dialled[digits] = any(
                expression.fullmatch(digits) and valid(digits, region)
                for region, expression in self._expressions
            )
        return known


def valid(digits: str, region: str) -> bool:
    """Whether phonenumbers takes `digits` for a number in `region`, the national prefix written where it must be."""
    import phonenumbers
    from phonenumbers.phonenumbermatcher import _is_national_prefix_present_if_required

    try:
        parsed = phonenumbers.parse(digits, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(parsed) and _is_national_prefix_present_if_required(parsed))


def known_pattern() -> bool:
    """Whether phonenumbers looks for candidates in the way that clusters are cut after."""
    import phonenumbers.phonenumbermatcher as matcher

    lead = f"(?:{matcher._LEAD_CLASS}{matcher._PUNCTUATION}){{0,2}}"
    blocks = f"\\d{{1,20}}(?:{matcher._PUNCTUATION}\\d{{1,20}}){{0,20}}"
    limits = f"[{phonenumberutil()._VALID_PUNCTUATION}]{{0,4}}" == matcher._PUNCTUATION
    expected = f"{lead}{blocks}(?:{_extensions()})?"
    closed = _extensions().endswith(r"|[- ]+(\d{1,6})#")
    return bool(limits and closed and matcher._PATTERN.pattern == expected)


def shortest(regions: tuple[str, ...]) -> int:
    """The digits of the shortest number that is valid in any region (one may be dialled from the `regions`)."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    known = {region for group in COUNTRY_CODE_TO_REGION_CODE.values() for region in group}
    found = [PhoneMetadata.metadata_for_region(region, None) for region in known | set(regions)]
    lengths = [n for one in found if one is not None for kind in _kinds(one) for n in kind.possible_length]
    return min(n for n in lengths if n > 0)


_BLOCKS = re.compile(r"[0-9]+")


def _kinds(found: Any) -> list[Any]:
    names = (
        "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
        "voicemail",
    )  # fmt: skip
    kinds = [getattr(found, name) for name in names]
    return [one for one in kinds if one is not None and one.national_number_pattern]


@lru_cache(maxsize=256)
def dialled(region: str) -> re.Pattern[str]:
    """Digits as dialled in `region`: country code, national prefix and a number of any kind, or what leads abroad.

    A number is valid in any region that shares the country code. Where a national prefix is rewritten, anything may
    stand before the number. Matches more than is valid.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    own = PhoneMetadata.metadata_for_region(region, None)
    if own is None or own.country_code is None:
        return re.compile("[0-9]*")
    sharing = {region, *COUNTRY_CODE_TO_REGION_CODE[own.country_code]}
    all_found = [PhoneMetadata.metadata_for_region(other, None) for other in sharing]
    found = [one for one in all_found if one is not None]
    kinds = {kind.national_number_pattern for one in found for kind in _kinds(one)}
    prefix = own.national_prefix_for_parsing
    before = f"(?:{own.country_code})?" + (f"(?:{prefix})?" if prefix else "")
    if any(one.national_prefix_transform_rule for one in found):
        before = "[0-9]*"
    abroad = f"|(?:{own.international_prefix})[0-9]*" if own.international_prefix else ""
    return re.compile(f"{before}(?:{'|'.join(sorted(kinds))}){abroad}")


def _leading() -> tuple[frozenset[str], frozenset[str]]:
    """What can stand before the first digit of a candidate, and what a candidate can begin with there."""
    import phonenumbers.phonenumbermatcher as matcher

    opening = _alphabet(matcher._LEAD_CLASS)
    return frozenset(opening | _alphabet(f"[{phonenumberutil()._VALID_PUNCTUATION}]")), frozenset(opening)


def _extensions() -> str:
    return str(phonenumberutil()._EXTN_PATTERNS_FOR_MATCHING)


def phonenumberutil() -> Any:
    """The module whose names the matcher is built of."""
    import phonenumbers.phonenumberutil as module

    return module


def _alphabet(source: str) -> set[str]:
    """Every character that a set in `source` names, in both cases, digits aside."""
    parser: Any = re._parser  # type: ignore[attr-defined]
    out: set[str] = set()

    def walk(items: Any) -> None:
        for op, value in items:
            name = str(op)
            if name == "LITERAL":
                out.update((chr(value), chr(value).lower(), chr(value).upper()))
            elif name == "RANGE":
                out.update(chr(c) for c in range(value[0], value[1] + 1))
            elif name == "IN":
                walk(value)
            elif name in ("MAX_REPEAT", "MIN_REPEAT"):
                walk(value[2])
            elif name == "SUBPATTERN":
                walk(value[3])
            elif name == "BRANCH":
                for branch in value[1]:
                    walk(branch)
            else:
                assert name == "CATEGORY", f"phonenumbers uses {name}"

    walk(parser.parse(source))
    return out


@lru_cache(maxsize=1)
def _classes() -> NDArray[np.uint8]:
    """What each byte can be to a candidate, as bits."""
    import phonenumbers.phonenumbermatcher as matcher

    punctuation = _alphabet(f"[{phonenumberutil()._VALID_PUNCTUATION}]") | _alphabet(matcher._LEAD_CLASS)
    extension = _alphabet(_extensions())
    # Spaces, commas, stops and hyphens alone make no extension, but for "- 12#" (see `_closed`).
    marks = extension - set(" \u00a0\t,:.\uff0e-")
    out = np.zeros(256, np.uint8)
    out[48:58] = DIGIT
    for chars, bit in (
        (punctuation, PUNCTUATION),
        (extension, EXTENSION),
        (marks, MARK),
        (set(" -"), HYPHEN),
    ):
        for char in chars:
            out[table()[ord(char)]] |= bit
    return out
