"""A regular expression weakened: an expression over projected bytes that reports every place where it could match.

`weaken` reads an expression that is written for the module `regex` with Python's own parser, drops what only narrows
(assertions, possessive repeats, the equality of back references), and states how wide a match can be, how far it looks
beyond its ends, and whether it can hold white space. Whatever the two modules may read differently is refused
(`Unanalysable`): such an expression runs on whole texts.

The weakened form need not span a match: repeats at its ends are cut to their least, since one hit inside a match
is enough. `tail` says whether a match may go on behind the hit.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

from curate.pii.byte_sets import Unanalysable, as_class, both_cases, byte_set
from curate.pii.projection import SPACES

Parsed = Any  # the parser's trees have no public type
_parser: Any = re._parser  # type: ignore[attr-defined]
#: An assertion, how far it looks, and the form that stays in the weakened expression.
_ASSERTIONS = {
    "at_beginning": 1, "at_end": 2, "at_beginning_string": 1, "at_end_string": 1, "at_boundary": 1,
    "at_non_boundary": 1,
}  # fmt: skip
_ENDLESS = int(_parser.MAXREPEAT)
_LONG = 2000


@dataclass(frozen=True)
class Weak:
    """What is known of an expression.

    `source` is an expression over projected bytes; `width` is the most characters of a match (None: no bound); `reach`
    how far it looks beyond its ends; `spaced` says that a match may hold white space, `edges` that the end of a text
    and a newline are not the same to it, `tail` that a match may go on behind the end of a hit.
    """

    source: str
    width: int | None
    reach: int
    spaced: bool
    edges: bool
    tail: bool


@dataclass
class _Piece:
    """A part of the weakened expression, between `least` and `most` bytes wide (None: no bound)."""

    source: str
    least: int = 0
    most: int | None = 0
    repeated: tuple[str, int, int | None] | None = None  # what, the least width of it, how often at least


def weaken(source: str, flags: int) -> Weak:
    """What `source` under `flags` (of the module `regex`) can match.

    Raises:
        Unanalysable: it means something else to `re`, can match nothing at all, or looks endlessly far.
    """
    import regex

    known = regex.I | regex.M | regex.S | regex.X | regex.A | regex.U | regex.V0
    if regex.DEFAULT_VERSION != regex.V0 or int(flags) & ~int(known):
        raise Unanalysable("its flags mean nothing to re")
    _refuse_braces(source)
    pairs = ((regex.I, re.I), (regex.M, re.M), (regex.S, re.S), (regex.X, re.X), (regex.A, re.A))
    translated = sum(int(ours) for theirs, ours in pairs if int(flags) & int(theirs))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(source, translated)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        raise Unanalysable(f"re does not read it: {error}") from None
    walk = _Walk()
    least, most = _widths(walk.sequence(list(tree), int(tree.state.flags)))
    if least == 0:
        raise Unanalysable("it can match nothing")
    spaced = bool(walk.taken & set(SPACES))
    # Written again, shorter: Hyperscan takes 16,000 characters at most.
    pieces = _Walk(walk.both_cases, walk.groups).sequence(_flat(tree), int(tree.state.flags))
    pieces = _cut(pieces if spaced else _heart(pieces))
    if not spaced:
        pieces = list(reversed(_cut(list(reversed(pieces)))))
    joined = ("(?i)" if walk.both_cases else "") + "".join(p.source for p in pieces)
    return Weak(joined, most, walk.reach, spaced, walk.edges or 10 in walk.taken, not spaced)


def _refuse_braces(source: str) -> None:
    """Refuse braces that are no plain repeat: `regex` has fuzzy matching there, `re` takes them as they are."""
    bare = re.sub(r"\\.", "", source, flags=re.DOTALL)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "", bare)
    if re.search(r"\{(?!\d+(,\d*)?\}|,\d+\})", bare) or re.search(r"\[:\^?\w+:\]", source):
        raise Unanalysable("a brace or a named set that only regex reads")


def _flat(tree: Parsed) -> list[Parsed]:
    """The items of a sequence, with those of its groups in place of groups that change no flags."""
    out: list[Parsed] = []
    for op, value in tree:
        plain = str(op) == "SUBPATTERN" and not (value[1] or value[2])
        out += _flat(value[3]) if plain else [(op, value)]
    return out


def _heart(pieces: list[_Piece]) -> list[_Piece]:
    """A very long part with the two before it, if there is one: thousands of alternatives are compiled once then."""
    longest = max(range(len(pieces)), key=lambda i: len(pieces[i].source))
    return pieces[max(longest - 2, 0) : longest + 1] if len(pieces[longest].source) > _LONG else pieces


def _widths(pieces: list[_Piece]) -> tuple[int, int | None]:
    least, most = sum(p.least for p in pieces), 0
    for piece in pieces:
        if piece.most is None:
            return least, None
        most += piece.most
    return least, most


def _cut(pieces: list[_Piece]) -> list[_Piece]:
    """Repeats at the front cut to their least: what is left still ends where the whole does."""
    while pieces and pieces[0].repeated:
        what, _, times = pieces[0].repeated
        if times:
            assert times is not None
            first = _Piece(
                f"(?:{what}){{{times}}}" if times > 1 else f"(?:{what})", pieces[0].least, pieces[0].least
            )
            return [first, *pieces[1:]]
        pieces = pieces[1:]
    return pieces


class _Walk:
    """One pass over a parsed expression; gathers how far it looks and which bytes it takes."""

    def __init__(self, caseless: bool = False, groups: dict[int, tuple[_Piece, int]] | None = None) -> None:
        self._caseless = caseless
        self.both_cases = True
        self.reach = 0
        self.edges = False
        self.taken: set[int] = set()
        self.groups = dict(groups or {})

    def sequence(self, items: Parsed, flags: int) -> list[_Piece]:
        """The weakened parts of a sequence."""
        return [self._item(str(op).lower(), value, flags) for op, value in items]

    def _joined(self, items: Parsed, flags: int) -> _Piece:
        pieces = self.sequence(items, flags)
        return _Piece("".join(p.source for p in pieces), *_widths(pieces))

    def _item(self, op: str, value: Parsed, flags: int) -> _Piece:
        if op in ("literal", "not_literal", "in", "any"):
            return self._taken(op, value, flags)
        if op == "branch":
            return self._either([self._joined(branch, flags) for branch in value[1]])
        if op == "subpattern":
            return self._group(value, flags)
        if op in ("max_repeat", "min_repeat", "possessive_repeat"):
            return self._repeat(value, flags)
        if op == "at":
            return self._assertion(str(value).lower(), flags)
        if op in ("assert", "assert_not"):
            return self._look(value[1], flags)
        if op == "atomic_group":
            return self._grouped(self._joined(value, flags))
        if op == "groupref":
            return self._reference(value, flags)
        if op == "groupref_exists":
            no = self._joined(value[2], flags) if value[2] is not None else _Piece("")
            return self._either([self._joined(value[1], flags), no])
        raise Unanalysable(f"{op} is not known")

    def _taken(self, op: str, value: Parsed, flags: int) -> _Piece:
        items = [] if op == "any" else value if op == "in" else [(op, value)]
        plain = tuple((str(o).lower(), v if type(v) in (int, tuple) else str(v).lower()) for o, v in items)
        found = byte_set(plain, flags)
        if not found:
            raise Unanalysable("a set that matches nothing")
        self.taken |= found
        self.both_cases = self.both_cases and both_cases(found)
        return _Piece(as_class(found, self._caseless), 1, 1)

    @staticmethod
    def _grouped(piece: _Piece) -> _Piece:
        return _Piece(f"(?:{piece.source})", piece.least, piece.most)

    def _either(self, pieces: list[_Piece]) -> _Piece:
        most = None if any(p.most is None for p in pieces) else max(p.most or 0 for p in pieces)
        return _Piece("(?:" + "|".join(p.source for p in pieces) + ")", min(p.least for p in pieces), most)

    def _group(self, value: Parsed, flags: int) -> _Piece:
        number, add, remove, items = value
        inner = (flags | add) & ~remove
        piece = self._grouped(self._joined(items, inner))
        if number is not None:
            self.groups[number] = (piece, inner)
        return piece

    def _repeat(self, value: Parsed, flags: int) -> _Piece:
        low, high, items = int(value[0]), int(value[1]), value[2]
        inner = self._joined(items, flags)
        bound = f"{{{low}}}" if low == high else f"{{{low},{'' if high == _ENDLESS else high}}}"
        endless = inner.most is None or (high == _ENDLESS and inner.most > 0)
        most = None if endless else (inner.most or 0) * (0 if inner.most == 0 else high)
        if inner.least == 0 and inner.most == 0:
            return _Piece("")  # only assertions, which are dropped
        repeated = (inner.source, inner.least, low)
        return _Piece(f"(?:{inner.source}){bound}", inner.least * low, most, repeated)

    def _assertion(self, name: str, flags: int) -> _Piece:
        if name not in _ASSERTIONS:
            raise Unanalysable(f"{name} is not known")
        self.reach = max(self.reach, _ASSERTIONS[name])
        if name == "at_boundary":
            # The projection keeps what is a word to `regex`, except where words are those of ASCII only.
            return _Piece("" if flags & re.A else r"\b")
        lines = name in ("at_beginning", "at_end") and flags & re.M
        self.edges = self.edges or not lines
        return _Piece("")

    def _look(self, items: Parsed, flags: int) -> _Piece:
        """What an assertion looks at: its width is how far it reaches; it takes nothing."""
        taken, self.taken = self.taken, set()
        reach, self.reach = self.reach, 0
        inner = self._joined(items, flags)
        if inner.most is None:
            raise Unanalysable("an assertion looks endlessly far")
        self.edges = self.edges or 10 in self.taken
        self.taken, self.reach = taken, max(reach, inner.most + self.reach)
        return _Piece("")

    def _reference(self, number: int, flags: int) -> _Piece:
        piece, defined = self.groups.get(number, (None, 0))
        if piece is None or (flags & re.I) & ~(defined & re.I):
            raise Unanalysable("a back reference to what is not known")
        return _Piece(piece.source, piece.least, piece.most)
