"""Given names and surnames by culture and gender, from the lists of the package faker (MIT).

Cultures are groups of faker's locales, so that lists are long enough: a short list makes for collisions. Names that
are given names as well as surnames are left out of the surnames that are invented, so that neither is taken for the
other.
"""

from __future__ import annotations

import importlib
import itertools
import unicodedata
from collections import Counter
from functools import lru_cache

from curate.pii.folding import fold

#: Cultures by faker's locales, in the order in which a surname that several have is given to one.
CULTURES: dict[str, tuple[str, ...]] = {
    "en": ("en_GB", "en_IE"),
    "es": ("es_ES", "es_MX", "es_CO", "es_CL", "es_AR"),
    "fr": ("fr_FR", "fr_BE", "fr_CA"),
    "de": ("de_DE", "de_AT", "de_CH", "de_LU"),
    "it": ("it_IT",),
    "nl": ("nl_NL", "nl_BE"),
    "nordic": ("sv_SE", "no_NO", "da_DK"),
    "fi": ("fi_FI",),
    "et": ("et_EE",),
    "pl": ("pl_PL",),
    "cs": ("cs_CZ", "sk_SK"),
    "hr": ("hr_HR", "sl_SI"),
    "hu": ("hu_HU",),
    "ro": ("ro_RO",),
    "tr": ("tr_TR",),
    "pt": ("pt_BR", "pt_PT"),
    "in": ("en_IN",),
    "ke": ("en_KE",),
    "us": ("en_US", "en_NZ"),
    "el": ("el_GR",),
    "ru": ("ru_RU",),
    "uk": ("uk_UA",),
    "bg": ("bg_BG",),
    "ar": ("ar_AA",),
    "he": ("he_IL",),
    "hy": ("hy_AM",),
    "ka": ("ka_GE",),
    "fa": ("fa_IR",),
    "hi": ("hi_IN", "ne_NP"),
    "ta": ("ta_IN",),
    "th": ("th_TH",),
    "zh": ("zh_CN", "zh_TW"),
    "ja": ("ja_JP",),
    "ko": ("ko_KR",),
    "any": (
        "en",
    ),  # names of the whole world as registered in the United States: good for telling, not for choosing
}
# faker has 61 Turkish surnames and makes Polish ones by a rule; both peoples form surnames by compounding.
_COMPOUNDS = {
    "tr": (
        "Ak Kara Öz Demir Gök Er Bay Tan Yıl Kork Gün Alt Boz Çelik Sarı Kızıl Taş Uz Tek Dur Koç Ay Yüce Gür Ulu",
        "taş türk kaya soy han dağ su yurt bulut can güç tepe baş kol göz yer kan soylu oğlu men pınar ay doğan maz er",
    ),
    "pl": (
        "Borow Lisow Dąbrow Malin Wiśn Jawor Kalin Sosn Zalew Brzoz Górn Kamien Leśn Mazur Orl Rad Sokol Topol Wierzb "
        "Zawad Jasi Krup Ław Mich Now Osow Piątk Rud Sad Tar Ursz Wit Bieln Chmiel Drozd Gaj Jezior Lip Makow Ostr",
        "ski iński ecki icki owicz iak ański ewicz owski czyk",
    ),
}
_SCRIPTS = {"CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar", "HEBREW": "he", "ARMENIAN": "hy", "GEORGIAN": "ka"} | {
    "DEVANAGARI": "hi", "TAMIL": "ta", "THAI": "th", "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko"
}  # fmt: skip
#: Endings of surnames that tell their culture better than lists, and those that do where no list has the name.
_SURE = {"tr": ("oglu",), "pl": ("ski", "ska", "cki", "cka", "wicz", "czyk")}
_ENDINGS = {
    "tr": ("turk",), "pl": ("czak",), "cs": ("ova",), "hr": ("vic", "nic"), "ro": ("escu",), "nordic": ("sson", "sen"),
    "fi": ("nen",), "it": ("ini", "elli", "etti", "ucci"), "de": ("mann", "bauer", "inger", "berger"),
    "es": ("guez", "ndez", "nez"), "pt": ("eira",), "fr": ("eaux", "ault"), "nl": ("sma", "stra"),
}  # fmt: skip


def _lists(locale: str) -> tuple[dict[str, list[str]], list[str]]:
    """Given names by gender ("m", "f") and surnames of a locale of faker."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    given = {
        g: _plain(getattr(provider, f"first_names_{w}", ())) for g, w in (("m", "male"), ("f", "female"))
    }
    surnames = [
        n
        for a in ("last_names", "last_names_male", "last_names_female")
        for n in _plain(getattr(provider, a, ()))
    ]
    return given, surnames


def _plain(names: object) -> list[str]:
    if not isinstance(names, (list, tuple, dict)):
        return []
    found = [unicodedata.normalize("NFC", str(n)) for n in names]
    # "Doe" stands where faker has no list.
    return [n for n in found if n != "Doe" and not any(c.isspace() or c in "().,/" or c.isdigit() for c in n)]


@lru_cache(1)
def _tables() -> tuple[dict[str, dict[str, list[str]]], dict[str, list[str]]]:
    """Given names by culture and gender, surnames by culture; sorted, without repetitions."""
    given: dict[str, dict[str, list[str]]] = {}
    surnames: dict[str, list[str]] = {}
    for culture, locales in CULTURES.items():
        lists = [_lists(locale) for locale in locales]
        given[culture] = {g: sorted({n for one, _ in lists for n in one[g]}) for g in "mf"}
        compound = [
            a + b for a, b in itertools.product(*(w.split() for w in _COMPOUNDS.get(culture, ("", ""))))
        ]
        surnames[culture] = sorted({n for _, some in lists for n in some} | set(compound))
    return given, surnames


@lru_cache(1)
def _known() -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Folded given names -> (gender or "", culture), folded surnames -> culture."""
    given, surnames = _tables()
    votes: dict[str, Counter[str]] = {}
    home: dict[str, str] = {}
    # The long lists hold names of everywhere, so that the short ones tell more.
    for culture, genders in sorted(given.items(), key=lambda item: sum(map(len, item[1].values()))):
        for gender, names in genders.items():
            for name in names:
                folded = fold(name)
                votes.setdefault(folded, Counter())[gender] += 1
                home.setdefault(folded, culture)
    sure = {n: _majority(v) for n, v in votes.items()}
    where: dict[str, str] = {}
    for culture, names in surnames.items():
        for name in names:
            where.setdefault(fold(name), culture)
    return {n: (sure[n], home[n]) for n in sure}, where


def _majority(votes: Counter[str]) -> str:
    most, least = max("mf", key=lambda g: votes[g]), min("fm", key=lambda g: votes[g])
    return most if votes[most] >= 2 * votes[least] and most != least else ""


def gender_of(given: str) -> str:
    """ "m" or "f" where lists agree on the folded name `given`, else empty."""
    return _known()[0].get(given, ("", ""))[0]


def is_given(name: str) -> bool:
    """Whether the folded `name` is a given name and no surname."""
    given, surnames = _known()
    return name in given and name not in surnames


def may_be_given(name: str) -> bool:
    """Whether the folded `name` is a given name, whatever else it is."""
    return name in _known()[0]


def is_surname(name: str) -> bool:
    """Whether the folded `name` is a surname and no given name."""
    given, surnames = _known()
    return name in surnames and name not in given


@lru_cache(1 << 15)
def surname_culture(name: str) -> str:
    """The culture of a folded surname: by list, script or ending; "us" (every origin) where nothing tells."""
    found = _ending(name, _SURE) or _known()[1].get(name, "")
    if found and found != "any":
        return found
    script = script_culture(name)
    return script or _ending(name, _ENDINGS) or "us"


def _ending(name: str, endings: dict[str, tuple[str, ...]]) -> str:
    return next((culture for culture, some in endings.items() if name.endswith(some)), "")


def script_culture(name: str) -> str:
    """The culture that stands for the script of `name`; empty for Latin script."""
    letter = next((c for c in name if c.isalpha()), "a")
    return (
        "" if letter.isascii() else _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0], "")
    )


@lru_cache(1 << 15)
def given_culture(given: str, surname: str) -> str:
    """The culture of a folded given name, that of the `surname` where this tells one; "us" where nothing does."""
    culture = surname_culture(surname) if surname else ""
    if culture not in ("", "us", "en") or any(given in _folded(culture, g) for g in "mf" if culture):
        return culture
    home = _known()[0].get(given, ("", ""))[1] or script_culture(given)
    return home if home and home != "any" else culture or "us"


@lru_cache(1 << 8)
def _folded(culture: str, gender: str) -> frozenset[str]:
    return frozenset(fold(n) for n in _tables()[0][culture][gender])


@lru_cache(1 << 6)
def surnames(culture: str) -> tuple[str, ...]:
    """Surnames of a culture to choose from, sorted."""
    given, _ = _known()
    names = _tables()[1][culture]
    kept = [n for n in names if fold(n) not in given and len(n) > 2]
    return tuple(kept if len(kept) >= 40 else names)


@lru_cache(1 << 8)
def givens(culture: str, gender: str) -> tuple[str, ...]:
    """Given names of a culture and gender ("" for any) to choose from, sorted."""
    table = _tables()[0][culture]
    names = table[gender] if gender else sorted({*table["m"], *table["f"]})
    listed = _tables()[1][culture]
    apart = {fold(n) for n in listed}
    kept = [
        n
        for n in names
        if fold(n) not in apart and len(n) > 2 and gender_of(fold(n)) in ("", gender or gender_of(fold(n)))
    ]
    return tuple(kept if len(kept) >= 40 else names)


@lru_cache(1 << 6)
def initials(culture: str) -> tuple[str, ...]:
    """Letters with which given names of both genders of a culture begin, two at least."""
    counts = [Counter(fold(n)[:1] for n in givens(culture, gender)) for gender in "mf"]
    return tuple(sorted(letter.upper() for letter in counts[0] if min(c[letter] for c in counts) > 1))
