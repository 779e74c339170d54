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
from numba import njit
from numpy.typing import NDArray

from curate.pii.projection import Projected, table

_DIGIT, _PUNCTUATION, _EXTENSION, _MARK, _HYPHEN = 1, 2, 4, 8, 16
#: Brackets and plus signs before the first digit, each with its punctuation, and the character before them.
_BEFORE = 11
#: What a time stamp is told by (":00"), and a closing "#".
_AFTER = 4
_MAX_BLOCKS, _MAX_BLOCK = 20, 20


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
        self._leading = _leading()
        self._judged: dict[str, bool] = {}

    def clusters(self, batch: Projected) -> Clusters:
        """The clusters of a batch of texts with enough digits for a number; newlines part texts."""
        first, last, digits = _clusters(batch.array, _classes(), self._least)
        return Clusters(first, last, digits)

    def window(self, text: str, first: int, last: int) -> tuple[int, int] | None:
        """The piece of `text` to look at for the cluster from `first` to `last`; None where no number can be."""
        start = first
        while start > 0 and first - start < _BEFORE - 1 and text[start - 1] in self._leading:
            start -= 1
        core = text[start : last + 1 + (text[last + 1 : last + 2] in ("#", "\uff03"))]
        possible = self._judged.get(core)
        if possible is None:
            if len(self._judged) > 1 << 18:
                self._judged.clear()
            possible = self._judged[core] = self._possible(core)
        return (max(first - _BEFORE, 0), min(last + 1 + _AFTER, len(text))) if possible else None

    def _possible(self, core: str) -> bool:
        """Whether `core` alone holds a number: what stands around it can only speak against one."""
        if self._recognizer.leniency >= 1 and not could_be_national(core, self._regions):
            return False
        return bool(self._recognizer.analyze(core, list(self._recognizer.supported_entities), None))


def known_pattern() -> bool:
    """Whether phonenumbers looks for candidates in the way that clusters are cut after."""
    import phonenumbers.phonenumbermatcher as matcher

    lead = f"(?:{matcher._LEAD_CLASS}{matcher._PUNCTUATION}){{0,2}}"
    blocks = f"\\d{{1,20}}(?:{matcher._PUNCTUATION}\\d{{1,20}}){{0,20}}"
    limits = matcher._PUNCTUATION == f"[{matcher._VALID_PUNCTUATION}]{{0,4}}"
    expected = f"{lead}{blocks}(?:{matcher._EXTN_PATTERNS_FOR_MATCHING})?"
    return bool(limits and matcher._PATTERN.pattern == expected)


def shortest(regions: tuple[str, ...]) -> int:
    """The digits of the shortest number that is valid in any region (one may be dialled from the `regions`)."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    known = {region for group in COUNTRY_CODE_TO_REGION_CODE.values() for region in group}
    found = [PhoneMetadata.metadata_for_region(region, None) for region in known | set(regions)]
    lengths = [n for one in found if one is not None for kind in _kinds(one) for n in kind.possible_length]
    return min(n for n in lengths if n > 0)


def could_be_national(core: str, regions: tuple[str, ...]) -> bool:
    """Whether some run of whole blocks of digits in `core` could be a number as dialled in one of `regions`.

    True, too, where only phonenumbers can tell: plus signs, letters, extensions, digits of other scripts.
    """
    if not core.isascii() or not _PLAIN.fullmatch(core):
        return True
    blocks = _BLOCKS.findall(core)
    if len(blocks) > _MAX_BLOCKS or any(len(block) > _MAX_BLOCK for block in blocks):
        return True
    national = dialled(regions)
    for i in range(len(blocks)):
        joined = ""
        for block in blocks[i:]:
            joined += block
            if len(joined) > 25:
                break
            if national.fullmatch(joined):
                return True
    return False


_PLAIN = re.compile(r"[0-9\-/ ()\[\].]*")
_BLOCKS = re.compile(r"[0-9]+")


def _kinds(found: Any) -> list[Any]:
    names = (
        "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
        "voicemail",
    )  # fmt: skip
    kinds = [getattr(found, name) for name in names]
    return [one for one in kinds if one is not None and one.national_number_pattern]


@lru_cache(maxsize=64)
def dialled(regions: tuple[str, ...]) -> re.Pattern[str]:
    """Digits as dialled in `regions`: country code, national prefix and a number of any kind, or what leads abroad.

    A number is valid in any region that shares the country code. Where a national prefix is rewritten, anything may
    stand before the number.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    parts = []
    for region in regions:
        own = PhoneMetadata.metadata_for_region(region, None)
        if own is None:
            continue
        sharing = set(COUNTRY_CODE_TO_REGION_CODE[own.country_code]) | {region}
        kinds = set()
        rewritten = False
        for other in sharing:
            found = PhoneMetadata.metadata_for_region(other, None)
            if found is not None:
                kinds |= {one.national_number_pattern for one in _kinds(found)}
                rewritten = rewritten or bool(found.national_prefix_transform_rule)
        prefix = own.national_prefix_for_parsing
        before = "[0-9]*" if rewritten else f"(?:{own.country_code})?" + (f"(?:{prefix})?" if prefix else "")
        parts.append(f"{before}(?:{'|'.join(sorted(kinds))})")
        if own.international_prefix:
            parts.append(f"(?:{own.international_prefix})[0-9]*")
    return re.compile("|".join(f"(?:{part})" for part in parts) or "(?!)")


def _leading() -> frozenset[str]:
    """What can stand before the first digit of a candidate."""
    import phonenumbers.phonenumbermatcher as matcher

    return frozenset(_alphabet(matcher._LEAD_CLASS) | _alphabet(f"[{matcher._VALID_PUNCTUATION}]"))


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

    punctuation = _alphabet(f"[{matcher._VALID_PUNCTUATION}]") | _alphabet(matcher._LEAD_CLASS)
    extension = _alphabet(matcher._EXTN_PATTERNS_FOR_MATCHING)
    # Spaces, commas, stops and hyphens alone make no extension, but for "- 12#".
    marks = extension - set(" \u00a0\t,:.\uff0e-")
    out = np.zeros(256, np.uint8)
    out[48:58] = _DIGIT
    for chars, bit in (
        (punctuation, _PUNCTUATION),
        (extension, _EXTENSION),
        (marks, _MARK),
        (set(" -"), _HYPHEN),
    ):
        for char in chars:
            out[table()[ord(char)]] |= bit
    return out


@njit(cache=True, nogil=True)
def _clusters(
    data: NDArray[np.uint8], classes: NDArray[np.uint8], least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First digit, last digit and digits of clusters of `least` digits or more."""
    out = np.empty((len(data) // max(least, 1) + 1, 3), np.int64)
    n = 0
    first, last, digits = -1, -1, 0
    every, some = 255, 0
    for i in range(len(data) + 1):
        kind = classes[data[i]] if i < len(data) else 0
        if kind & _DIGIT:
            if first >= 0 and i - last > 1:
                gap = i - last - 1
                short = gap <= 4 and every & _PUNCTUATION
                if not (short or every & _HYPHEN or (every & _EXTENSION and some & _MARK)):
                    if digits >= least:
                        out[n, 0], out[n, 1], out[n, 2] = first, last, digits
                        n += 1
                    first, digits = i, 0
            if first < 0:
                first, digits = i, 0
            last = i
            digits += 1
            every, some = 255, 0
        elif first >= 0:
            every &= kind
            some |= kind
            if every == 0:  # nothing that a candidate can cross
                if digits >= least:
                    out[n, 0], out[n, 1], out[n, 2] = first, last, digits
                    n += 1
                first, digits = -1, 0
                every, some = 255, 0
    return out[:n, 0].copy(), out[:n, 1].copy(), out[:n, 2].copy()
