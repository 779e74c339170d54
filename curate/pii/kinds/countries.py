"""Countries by name and adjective: "Republic of Turkey", "Turkish Government", "Turkey"."""

from __future__ import annotations

from functools import lru_cache

from curate.pii.folding import fold

#: Name and adjective; the first name of a country is the one that pseudonyms use.
COUNTRIES: tuple[tuple[str, str], ...] = tuple(
    (line.split(":")[0].strip(), line.split(":")[1].strip())
    for line in """Albania:Albanian;Algeria:Algerian;Argentina:Argentinian;Armenia:Armenian;Australia:Australian;
    Austria:Austrian;Azerbaijan:Azerbaijani;Bangladesh:Bangladeshi;Belarus:Belarusian;Belgium:Belgian;Bolivia:Bolivian;
    Bosnia and Herzegovina:Bosnian;Brazil:Brazilian;Bulgaria:Bulgarian;Canada:Canadian;Chile:Chilean;China:Chinese;
    Colombia:Colombian;Croatia:Croatian;Cuba:Cuban;Cyprus:Cypriot;Czech Republic:Czech;Denmark:Danish;
    Ecuador:Ecuadorian;Egypt:Egyptian;Eritrea:Eritrean;Estonia:Estonian;Ethiopia:Ethiopian;Finland:Finnish;
    France:French;Georgia:Georgian;Germany:German;Ghana:Ghanaian;Greece:Greek;Haiti:Haitian;Hungary:Hungarian;
    Iceland:Icelandic;India:Indian;Indonesia:Indonesian;Iran:Iranian;Iraq:Iraqi;Ireland:Irish;Israel:Israeli;
    Italy:Italian;Jamaica:Jamaican;Japan:Japanese;Jordan:Jordanian;Kazakhstan:Kazakh;Kenya:Kenyan;Latvia:Latvian;
    Lebanon:Lebanese;Libya:Libyan;Liechtenstein:Liechtenstein;Lithuania:Lithuanian;Luxembourg:Luxembourgish;
    Malaysia:Malaysian;Malta:Maltese;Mexico:Mexican;Moldova:Moldovan;Monaco:Monegasque;Montenegro:Montenegrin;
    Morocco:Moroccan;Nepal:Nepalese;Netherlands:Dutch;New Zealand:New Zealand;Nigeria:Nigerian;Norway:Norwegian;
    Pakistan:Pakistani;Peru:Peruvian;Philippines:Philippine;Poland:Polish;Portugal:Portuguese;Romania:Romanian;
    Russia:Russian;Saudi Arabia:Saudi;Serbia:Serbian;Singapore:Singaporean;Slovakia:Slovak;Slovenia:Slovenian;
    Somalia:Somali;South Africa:South African;South Korea:Korean;Spain:Spanish;Sri Lanka:Sri Lankan;Sudan:Sudanese;
    Sweden:Swedish;Switzerland:Swiss;Syria:Syrian;Tanzania:Tanzanian;Thailand:Thai;Tunisia:Tunisian;Turkey:Turkish;
    Uganda:Ugandan;Ukraine:Ukrainian;United Kingdom:British;United States:American;Uruguay:Uruguayan;
    Uzbekistan:Uzbek;Venezuela:Venezuelan;Vietnam:Vietnamese;Yemen:Yemeni;Zambia:Zambian;Zimbabwe:Zimbabwean""".split(
        ";"
    )
)
#: Other names, by what they are.
_ALIASES = {
    "russian federation": "Russia",
    "united kingdom of great britain and northern ireland": "United Kingdom",
    "great britain": "United Kingdom",
    "uk": "United Kingdom",
    "united states of america": "United States",
    "usa": "United States",
    "u.s": "United States",
    "us": "United States",
    "slovak republic": "Slovakia",
    "hellenic republic": "Greece",
    "swiss confederation": "Switzerland",
    "french republic": "France",
    "italian republic": "Italy",
    "turkiye": "Turkey",
}
_FRAMES = frozenset(
    "the republic of federal kingdom grand duchy principality state government states govt".split()
)
NAMES = {fold(name): name for name, _ in COUNTRIES}
ADJECTIVES = {fold(adjective): name for name, adjective in COUNTRIES}
ADJECTIVE_OF = dict(COUNTRIES)


@lru_cache(1 << 12)
def country_of(text: str) -> str:
    """The country that `text` is, or whose state or government it is; empty for anything else."""
    folded = fold(text).strip(" .'\"“”").removesuffix("'s")
    core = folded.removeprefix("the ")
    for some in (
        core,
        core.removesuffix(" government"),
        " ".join(w for w in core.split() if w not in _FRAMES),
    ):
        if some in _ALIASES:
            return _ALIASES[some]
        if some in NAMES:
            return NAMES[some]
        if some in ADJECTIVES and (some != core or " " not in core):
            return ADJECTIVES[some]
    return ""
