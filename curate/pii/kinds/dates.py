"""Dates that are shifted by a number of days and keep their form.

Every piece of a date that a span holds is found, shifted and written back in its place: "22 June 2005", "06/22/2005",
"2005-06-22", "the 3rd day of March, 1999", "June 2005", "1998". A month stands for its 15th day, a year for itself
shifted by whole years. What holds digits that no form explains is not shifted at all (`None`), so that nothing of an
original date stays behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from curate.pii.folding import fold, like

_TABLES = (
    "January February March April May June July August September October November December",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
)
_MONTHS: dict[str, tuple[int, int]] = {}  # folded word -> month, table
for _t, _table in enumerate(_TABLES):
    for _m, _word in enumerate(_table.split(), 1):
        _MONTHS.setdefault(fold(_word), (_m, _t))
_NAMES = [table.split() for table in _TABLES]
_MONTH = (
    r"(?P<month>"
    + "|".join(sorted({re.escape(w) for t in _NAMES for w in t}, key=lambda w: (-len(w), w)))
    + r")\b\.?"
)
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?P<ord>st|nd|rd|th|\.|er)?"
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)"
_FORMS = tuple(
    re.compile(rf"(?<![\w]){form}(?!(?!T\d)\w)", re.IGNORECASE)
    for form in (
        r"(?P<year>1[5-9]\d\d|20\d\d)(?P<s>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=s)(?P<d>0?[1-9]|[12]\d|3[01])",
        r"(?P<a>0?[1-9]|[12]\d|3[01])(?P<s>\s?[-/.]\s?)(?P<b>0?[1-9]|[12]\d|3[01])(?P=s)(?P<year>1[5-9]\d\d|20\d\d|\d\d)",
        rf"{_DAY}(?:\s+day)?(?:\s+of|\s+de|-)?\s*{_MONTH}(?:(?:\s+of|\s+de)?[\s,-]+{_YEAR})?",
        rf"{_MONTH}\s+{_DAY}(?:\s*,?\s*{_YEAR})?(?!\d)",
        rf"{_MONTH}(?:\s+of|\s+de)?[\s,]+{_YEAR}",
        r"(?P<year>1[5-9]\d\d|20\d\d)(?P<s>[-–/])(?P<short>\d\d)(?!\d)",
        _YEAR,
        _MONTH,
    )
)  # fmt: skip
_PAIR = re.compile(
    rf"(?<!\w)(0?[1-9]|[12]\d|3[01])(st|nd|rd|th)?(\s*(?:-|–|and|to|or|&|,)\s*)(?={_DAY}(?:\s+of)?\s+{_MONTH})",
    re.I,
)
_CLOCK = re.compile(
    r"(?<!\d)\d{1,2}(?:[:.]\d\d){1,2}(?:\s*[ap]\.?m\b\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?|\b\d{1,2}\s+o['’]clock",
    re.I,
)
_STAYS = re.compile(
    r"\b(?:days?|weeks?|months?|years?|hours?|minutes?|seconds?|mornings?|afternoons?|evenings?|nights?|midnight|noon|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|yesterday|tomorrow|daily|weekly|monthly|annual(?:ly)?)\b", re.I
)  # fmt: skip
_MIDDLE = 15


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters [start, end) of a text that give a date as far as they do; `number` tells the form."""

    start: int
    end: int
    number: int
    match: re.Match[str]


@lru_cache(1 << 15)
def pieces(text: str) -> tuple[Piece, ...] | None:
    """The dates in `text`, in order; None where digits are left that are neither a date, a clock nor a duration."""
    found: list[Piece] = []
    for number, form in enumerate(_FORMS):
        for match in form.finditer(text):
            if (
                number == len(_FORMS) - 1
                and match["month"][:1].islower()
                and fold(match["month"]) in ("may", "mar", "march", "mars", "mart")
            ):
                continue
            if all(match.end() <= p.start or match.start() >= p.end for p in found) and _possible(
                number, match
            ):
                found.append(Piece(match.start(), match.end(), number, match))
    found.sort(key=lambda p: p.start)
    rest = _without(text, found)
    rest = _CLOCK.sub(" ", _PAIR.sub(" ", rest) if found else rest)
    if any(c.isdigit() for c in rest) and not (not found and _STAYS.search(rest)):
        return None
    if not found and not (_STAYS.search(text) or _CLOCK.search(text)):
        return None
    return tuple(found)


def _without(text: str, found: list[Piece]) -> str:
    """`text` with its dates blanked; a day before "and 5 March" is a date as well."""
    for match in _PAIR.finditer(text):
        if any(p.start == match.end() for p in found):
            text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    for piece in found:
        text = text[: piece.start] + " " * (piece.end - piece.start) + text[piece.end :]
    return text


def _possible(number: int, match: re.Match[str]) -> bool:
    if number != 1:
        return True
    a, b = int(match["a"]), int(match["b"])
    return min(a, b) <= 12


def day_first(text: str) -> bool | None:
    """Whether a numeric date in `text` shows that days come before months; None where none shows it."""
    for piece in pieces(text) or ():
        if piece.number == 1 and max(int(piece.match["a"]), int(piece.match["b"])) > 12:
            return int(piece.match["a"]) > 12
    return None


def value(text: str) -> str:
    """What date `text` gives, in ISO 8601 as far as it does: "2005-06-22", "2005-06", "--06-22"; else folded text."""
    found = pieces(text)
    if not found:
        return fold(text)
    days = [m[1] for m in _PAIR.finditer(text) if any(p.start == m.end() for p in found)]
    return "/".join(days + [_iso(piece, text) for piece in found])


def _iso(piece: Piece, text: str) -> str:
    day = _read(piece, None, None)
    groups = piece.match.groupdict()
    if piece.number in (5, 6):
        return text[piece.start : piece.end]
    year = f"{day.year:04d}" if groups.get("year") else "-"
    has_day = any(groups.get(name) for name in ("day", "d", "a"))
    return f"{year}-{day.month:02d}" + (f"-{day.day:02d}" if has_day else "")


def years(text: str) -> list[int]:
    """The years that `text` names."""
    return [_read(p, None, None).year for p in pieces(text) or () if p.match.groupdict().get("year")]


def shifted(text: str, days: int, *, year: int | None = None, first: bool | None = None) -> str | None:
    """`text` with its dates `days` later; None where it cannot be (see `pieces`).

    `year` is that of a day or a month without one; `first` says that days come first in "3/4/2005" (else months,
    but for "3.4.2005").
    """
    found = pieces(text)
    if found is None:
        return None
    years_here = years(text)
    year = years_here[-1] if years_here else year
    out, at = [], 0
    for piece in found:
        pair = next((m for m in _PAIR.finditer(text, at, piece.end) if m.end() == piece.start), None)
        start = _read(piece, year, first)
        later = _later(start, days)
        out.append(text[at : pair.start() if pair else piece.start])
        if pair:
            before = _later(_on(start, int(pair[1])), days)
            out.append(f"{before.day}{_ordinal(before.day) if pair[2] else ''}")
            if before.month != later.month:
                out.append(f" {_month(piece.match['month'], before.month)}")
            out.append(pair[3])
        out.append(_written(piece, start, later, days, first))
        at = piece.end
    return "".join(out) + text[at:]


def _on(month: date, day: int) -> date:
    return date(month.year, month.month, 1) + timedelta(day - 1)


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError:
        return day


def _read(piece: Piece, year: int | None, first: bool | None) -> date:
    """The day of a piece; the 15th where it gives a month, 1 July where it gives a year."""
    groups = piece.match.groupdict()
    given = groups.get("year")
    if given and len(given) == 2:
        given = ("19" if int(given) > 30 else "20") + given
    at = int(given) if given else year or 2000
    if piece.number in (5, 6):
        return date(at, 7, 1)
    if piece.number == 1:
        a, b = int(groups["a"]), int(groups["b"])
        days_first = a > 12 or (b <= 12 and (first if first is not None else "." in groups["s"]))
        day, month = (a, b) if days_first else (b, a)
    elif piece.number == 0:
        day, month = int(groups["d"]), int(groups["m"])
    else:
        month = _MONTHS[fold(groups["month"])][0]
        day = int(groups.get("day") or _MIDDLE)
    return date(at, month, 1) + timedelta(day - 1)


def _written(piece: Piece, old: date, new: date, days: int, first: bool | None) -> str:
    """`new` in the form of `piece`."""
    match, whole = piece.match, round(days / 365.25)
    fields: dict[str, Callable[[str], str]] = {
        "year": lambda was: f"{new.year:04d}"[-len(was) :],
        "month": lambda was: _month(was, new.month),
        "day": lambda was: _digits(was, new.day),
        "ord": lambda was: (
            _ordinal(new.day) if was.lower() in ("st", "nd", "rd", "th") else "." if was == "." else ""
        ),
        "m": lambda was: _digits(was, new.month),
        "d": lambda was: _digits(was, new.day),
    }
    if piece.number in (5, 6):
        fields["year"] = lambda was: f"{old.year + whole:04d}"
        fields["short"] = lambda was: f"{(int(was) + whole) % 100:02d}"
    if piece.number == 1:
        days_first = int(match["a"]) == old.day and (int(match["b"]) == old.month)
        if old.day == old.month:
            days_first = first if first is not None else "." in match["s"]
        fields["a"] = lambda was: _digits(was, new.day if days_first else new.month)
        fields["b"] = lambda was: _digits(was, new.month if days_first else new.day)
    spans = sorted(
        (match.start(n), match.end(n), n) for n in match.groupdict() if n in fields and match[n] is not None
    )
    out, at = [], piece.start
    for start, end, name in spans:
        out += [match.string[at:start], fields[name](match[name])]
        at = end
    return "".join(out) + match.string[at : piece.end]


def _digits(was: str, value: int) -> str:
    return f"{value:02d}" if was.startswith("0") else str(value)


def _month(was: str, month: int) -> str:
    table = _MONTHS[fold(was)][1]
    name = _NAMES[table][month - 1]
    return like(name, was)


def _ordinal(day: int) -> str:
    return "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
