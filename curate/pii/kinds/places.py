"""Invented places, streets and organisations: words of kind stay ("River", "Street", "Ltd", "University of"), the words
that name are replaced one by one, so that a short form follows the long one."""

from __future__ import annotations

import importlib
import itertools
import re
import unicodedata
from functools import lru_cache

from curate.pii.folding import fold, letters_and_digits, like
from curate.pii.kinds.countries import ADJECTIVE_OF, ADJECTIVES, COUNTRIES, NAMES, country_of
from curate.pii.kinds.namelists import script_culture, surname_culture, surnames
from curate.pii.kinds.names import Names
from curate.pii.kinds.numbers import formatted, similar
from curate.pii.kinds.rings import Pool, after
from curate.pii.phrases import BRACKETS, GENERIC, LEGAL, SMALL

#: Lists of cities in faker, by culture.
_CITIES = {
    "de": ("de_DE", "de_AT", "de_CH"), "pl": ("pl_PL",), "cs": ("cs_CZ", "sk_SK"), "nordic": ("da_DK", "sv_SE"),
    "fi": ("fi_FI",), "hr": ("hr_HR", "sl_SI"), "in": ("en_IN",), "nl": ("nl_NL",), "ro": ("ro_RO",),
    "pt": ("pt_PT",), "ru": ("ru_RU",), "uk": ("uk_UA",), "it": ("it_IT",),
}  # fmt: skip
_BUILT = tuple(
    a + b
    for a, b in itertools.product(
        "Alder Ash Barn Beck Birch Black Brack Bram Bright Broom Cald Car Clay Col Cran Crow Dun East Elm Fair Farn "
        "Fern Glen Green Hal Hart Haw Hazel Hol Hunt Kel Kirk Lang Lark Lin Lock Mal Mar Mill Moor Nor Oak Old Penn "
        "Raven Red Rock Rose Rush Sal Sea Shel Stan Stone Sud Thorn Wake Wal Wes Whit Wild Win Wood".split(),
        "beck bourne bridge brook bury by combe dale den field ford gate ham haven hurst leigh ley mere minster mond "
        "mouth ridge stead stoke thorpe ton vale ville wick worth".split(),
    )
)
_KINDS = (
    GENERIC
    | SMALL
    | frozenset(
        "north south east west northern southern eastern western central greater new old upper lower saint st mount mt "
        "river lake sea bay island islands isle valley mountain mountains hill hills creek port fort cape coast gulf "
        "province state county district region city town village borough municipality department canton area zone "
        "street st avenue ave road rd boulevard blvd lane ln drive dr court ct place pl square sq terrace way highway "
        "hwy parkway pkwy circle alley crescent close row quay wharf mews gardens park plaza loop trail turnpike pike "
        "apt apartment suite ste unit floor fl room rm building bldg block flat house box p.o po no number attn c/o "
        "rue strasse straße platz weg allee via viale piazza calle avenida plaza rua ulica ul sokak caddesi mahallesi "
        "straat laan plein gasse chemin quai cours impasse n s e w ne nw se sw near the in".split()
    )
)
_BUSINESS = frozenset(
    "systems system technologies technology services solutions partners partnership capital motors energy industries "
    "enterprises associates sons brothers bros management consulting securities investments investment financial "
    "bancorp savings life mutual communications media networks network software pharmaceuticals laboratories foods "
    "airlines railways railway railroad steel oil gas electric power water petroleum resources mining construction "
    "properties realty estate development products manufacturing supply stores retail logistics transport shipping "
    "press news times museum library church theatre theater hotel restaurant clinic centre foundation federation "
    "alliance league human rights european nations".split()
)
_FORMS = GENERIC | SMALL | LEGAL | _BUSINESS
_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY".split()
)
_STATE_POOL = Pool(sorted(_STATES))
_COUNTRY_POOL = Pool(name for name, _ in COUNTRIES)
_WORD = re.compile(r"\w+(?:[.'’/-]\w+)*")
_ACRONYM = re.compile(r"[^\W\d_a-z]{2,6}|(?:[^\W\d_]\.){1,5}[^\W\d_]")


class Places:
    """Invented words of places and organisations, with the names of persons of the same document."""

    def __init__(self, names: Names, places: frozenset[str]) -> None:
        self.names, self.key = names, names.key
        #: Folded words that the document uses for places, so that an organisation in Warsaw stays in one place.
        self.places = places
        self.made: dict[str, str] = {}

    def location(self, text: str) -> str | None:
        """Another place; None where no word of `text` names one."""
        country = country_of(text)
        if country:
            return like(self._country(text, country), text)
        return self._by_words(text, _KINDS, place=True)

    def organisation(self, text: str) -> str | None:
        """Another organisation of the same kind and legal form; None where no word of `text` names one."""
        country = country_of(text)
        if country:
            return like(self._country(text, country), text)
        # A translation in brackets says in lower case which one it is.
        return self._by_words(BRACKETS.sub("", text) or text, _FORMS, place=False)

    def address(self, text: str) -> str:
        """Another address of the same form."""
        digits = similar(self.key, "STREET_ADDRESS", letters_and_digits(fold(text)))
        out, at = [], 0
        for match in _WORD.finditer(text):
            word, folded = match[0], fold(match[0]).strip(".")
            new = word
            if any(c.isdigit() for c in word):
                new = formatted(word, similar(self.key, digits, letters_and_digits(word)))
            elif word in _STATES:
                new = next(after(self.key, "state", _STATE_POOL, folded))
            elif folded not in _KINDS and not word.islower():
                new = like(self._place(folded), word)
            out += [text[at : match.start()], new]
            at = match.end()
        return "".join(out) + text[at:]

    def _by_words(self, text: str, kinds: frozenset[str], *, place: bool) -> str | None:
        loud = text.isupper()
        out, at, named = [], 0, False
        for match in _WORD.finditer(text):
            word = match[0]
            tail = "" if len(word) < 4 or word[-2:] not in ("'s", "’s") else word[-2:]
            stem = word.removesuffix(tail)
            folded = fold(stem)
            if folded.strip(".") in kinds or folded in kinds or word.islower() or word.isdecimal():
                continue
            new = self._own(stem, folded, place=place, loud=loud)
            named = True
            out += [text[at : match.start()], new, tail]
            at = match.end()
        return "".join(out) + text[at:] if named else None

    def _own(self, word: str, folded: str, *, place: bool, loud: bool) -> str:
        """What stands for a word that names something."""
        if folded in NAMES or folded in ADJECTIVES:
            country = self._next_country(NAMES.get(folded) or ADJECTIVES[folded])
            return like(country if folded in NAMES else ADJECTIVE_OF[country], word)
        if any(c.isdigit() for c in word) or (_ACRONYM.fullmatch(word) and not (loud and len(word) > 3)):
            return formatted(word, similar(self.key, "acronym", letters_and_digits(word)))
        if place or folded in self.places:
            return like(self._place(folded), word)
        return "-".join(like(self.names.surname(part), word) if part else "" for part in folded.split("-"))

    def _country(self, text: str, country: str) -> str:
        """Another country, as a name or as its government."""
        other = self._next_country(country)
        government = "government" in fold(text)
        if government:
            return f"{ADJECTIVE_OF[other]} Government"
        return ADJECTIVE_OF[other] if fold(text).strip() in ADJECTIVES else other

    def _next_country(self, country: str) -> str:
        return next(after(self.key, "country", _COUNTRY_POOL, fold(country)))

    def _place(self, folded: str) -> str:
        if folded not in self.made:
            pool = _pool(_culture(folded))
            found = (
                n for n in after(self.key, "place", pool, folded) if self.names.free("p" + folded, fold(n))
            )
            self.made[folded] = next(found, "") or self.names.surname(folded)
        return self.made[folded]


@lru_cache(1 << 6)
def _pool(culture: str) -> Pool:
    return Pool(cities(culture))


def _culture(folded: str) -> str:
    return script_culture(folded) or _homes().get(folded) or surname_culture(folded)


@lru_cache(1)
def _homes() -> dict[str, str]:
    """Folded cities of faker's lists -> culture."""
    return {fold(name): culture for culture in _CITIES for name in cities(culture)}


@lru_cache(1 << 6)
def cities(culture: str) -> tuple[str, ...]:
    """Places of a culture to choose from, sorted: faker's cities, surnames where these make places, or built ones."""
    found: set[str] = set()
    for locale in _CITIES.get(culture, ()):
        provider = importlib.import_module(f"faker.providers.address.{locale}").Provider
        names = getattr(provider, "cities", None) or provider.city_names
        found.update(unicodedata.normalize("NFC", str(n)) for n in names)
    plain = sorted(n for n in found if n.isalpha() and 3 < len(n) < 12)
    if plain:
        return tuple(plain)
    return surnames(culture) if culture == "tr" or script_culture(surnames(culture)[0]) else _BUILT
