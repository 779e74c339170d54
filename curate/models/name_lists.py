"""Lists of names that `train_names` invents people, places and companies from, and what goes into the lexicon.

Given names, surnames, cities and countries are those of `faker` (MIT); the rest is written here.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

#: Locales of `faker` whose names are written in Latin letters.
LOCALES = """
    az_AZ cs_CZ da_DK de_AT de_CH de_DE de_LU en en_GB en_IE en_IN en_KE en_NG en_NZ en_PK en_US es_AR
    es_CA es_CL es_CO es_ES es_MX et_EE fi_FI fr_BE fr_CA fr_CH fr_DZ fr_FR ga_IE ha_NG hr_HR hu_HU
    id_ID ig_NG is_IS it_IT ja_JP lt_LT lv_LV nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI
    sv_SE sw tr_TR tw_GH uz_UZ yo_NG zh_CN zh_TW zu_ZA
""".split()
CITY_LISTS = """
    cs_CZ da_DK de_AT de_CH de_DE en_IN fi_FI hr_HR nl_BE nl_NL pl_PL pt_PT ro_RO sk_SK sv_SE
""".split()

CITIES = """
    London Paris Berlin Madrid Rome Vienna Warsaw Prague Budapest Bucharest Sofia Athens Istanbul Ankara
    Izmir Moscow Kyiv Kharkiv Minsk Vilnius Riga Tallinn Helsinki Stockholm Oslo Copenhagen Reykjavik
    Dublin Cork Galway Limerick Belfast Edinburgh Glasgow Cardiff Swansea Manchester Liverpool
    Birmingham Leeds Bristol Sheffield Nottingham Leicester Oxford Cambridge Norwich Exeter York Durham
    Brussels Antwerp Ghent Amsterdam Rotterdam Utrecht Luxembourg Strasbourg Lyon Marseille Bordeaux
    Toulouse Lille Nantes Nice Geneva Zurich Basel Bern Lausanne Munich Hamburg Frankfurt Cologne
    Stuttgart Dresden Leipzig Hanover Milan Naples Turin Palermo Florence Venice Bologna Genoa Barcelona
    Valencia Seville Bilbao Lisbon Porto Cracow Lublin Gdansk Wroclaw Katowice Brno Bratislava Zagreb
    Belgrade Sarajevo Skopje Tirana Chisinau Nicosia Limassol Valletta Tbilisi Baku Yerevan Diyarbakir
    Mardin Adana Bursa Konya Erzurum Antalya Gaziantep Cairo Tunis Algiers Lagos Nairobi Accra
    Johannesburg Delhi Mumbai Karachi Lahore Dhaka Colombo Bangkok Singapore Jakarta Manila Tokyo Osaka
    Kyoto Seoul Beijing Shanghai Taipei Sydney Melbourne Brisbane Perth Adelaide Canberra Hobart Darwin
    Auckland Wellington Christchurch Toronto Montreal Vancouver Ottawa Calgary Edmonton Winnipeg Halifax
    Boston Chicago Houston Dallas Austin Philadelphia Phoenix Seattle Portland Denver Detroit Baltimore
    Atlanta Miami Orlando Tampa Cleveland Cincinnati Columbus Pittsburgh Milwaukee Minneapolis Memphis
    Nashville Louisville Charlotte Raleigh Richmond Norfolk Albany Buffalo Rochester Syracuse Hartford
    Providence Worcester Springfield Concord Manchester Augusta Bangor Burlington Newark Trenton Camden
    Wilmington Dover Sacramento Oakland Fresno Tucson Albuquerque Omaha Wichita Tulsa Birmingham Mobile
    Jackson Anchorage Honolulu Brooklyn Manhattan Bronx Queens Ponce Mayaguez Havana Lima Bogota Quito
    Caracas Santiago Montevideo Brasilia
""".split()
PLACES_OF_TWO = """New York,Los Angeles,San Francisco,San Diego,San Juan,San Antonio,Salt Lake City,Las Vegas,
New Orleans,St. Louis,Kansas City,New Haven,Palo Alto,Santa Clara,San Jose,Menlo Park,Fort Worth,
Baton Rouge,Hong Kong,Tel Aviv,Buenos Aires,Mexico City,Cape Town,Abu Dhabi,New Delhi,The Hague,
Washington,Boca Raton,White Plains,Grand Rapids,Long Beach,El Paso,St. Paul,Newcastle upon Tyne,
Stratford-upon-Avon,Frankfurt am Main,Rio de Janeiro,Santo Domingo,Kuala Lumpur,Wagga Wagga,
Alice Springs,Milton Keynes""".replace("\n", "").split(",")
STATES = """Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii,
Idaho,Illinois,Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,Massachusetts,Michigan,
Minnesota,Mississippi,Missouri,Montana,Nebraska,Nevada,New Hampshire,New Jersey,New Mexico,
North Carolina,North Dakota,Ohio,Oklahoma,Oregon,Pennsylvania,Puerto Rico,Rhode Island,
South Carolina,South Dakota,Tennessee,Texas,Utah,Vermont,Virginia,Washington,West Virginia,
Wisconsin,Wyoming,Ontario,Quebec,British Columbia,Alberta,New South Wales,Victoria,Queensland,
Tasmania,South Australia,Western Australia,England,Scotland,Wales,Northern Ireland,Bavaria,Silesia,
Kent,Surrey,Essex,Yorkshire,Lancashire,Cornwall,Devon,Norfolk,Suffolk,County Cork,County Mayo""".replace(
    "\n", ""
).split(",")
COUNTRIES = """Austria,Belgium,Bulgaria,Croatia,Cyprus,Denmark,Estonia,Finland,France,Germany,Greece,Hungary,
Iceland,Ireland,Italy,Latvia,Lithuania,Malta,Moldova,Norway,Poland,Portugal,Romania,Russia,Serbia,
Slovakia,Slovenia,Spain,Sweden,Switzerland,Turkey,Ukraine,the United Kingdom,the United States,
the Netherlands,Canada,Australia,New Zealand,Japan,China,India,Pakistan,Mexico,Brazil,Argentina,
Chile,Colombia,Peru,Venezuela,Cuba,Haiti,the Dominican Republic,Egypt,Israel,Iran,Iraq,Syria,
Lebanon,Jordan,Afghanistan,Nigeria,Kenya,Ghana,South Africa,Somalia,Ethiopia,Morocco,Algeria,
Tunisia,Libya,Vietnam,Thailand,Indonesia,the Philippines,South Korea,Taiwan,Sri Lanka,Bangladesh,
Albania,Georgia,Armenia,Azerbaijan,the Czech Republic,Luxembourg,Liechtenstein""".replace("\n", "").split(",")
DEMONYMS = """
    American British English Scottish Welsh Irish French German Austrian Swiss Italian Spanish
    Portuguese Dutch Belgian Danish Swedish Norwegian Finnish Icelandic Polish Czech Slovak Hungarian
    Romanian Bulgarian Greek Turkish Cypriot Maltese Russian Ukrainian Belarusian Lithuanian Latvian
    Estonian Serbian Croatian Bosnian Slovenian Albanian Macedonian Moldovan Georgian Armenian
    Azerbaijani Chechen Kurdish Jewish Muslim Christian Catholic Protestant Orthodox Hindu Sikh Buddhist
    Roma Iranian Iraqi Syrian Lebanese Jordanian Israeli Palestinian Egyptian Libyan Tunisian Algerian
    Moroccan Nigerian Ghanaian Kenyan Somali Ethiopian Eritrean Sudanese Afghan Pakistani Indian
    Bangladeshi Tamil Chinese Japanese Korean Vietnamese Thai Indonesian Filipino Malaysian Australian
    Canadian Mexican Cuban Haitian Dominican Jamaican Colombian Peruvian Chilean Brazilian Venezuelan
    Ecuadorian Guatemalan Honduran Salvadoran African Asian European Hispanic Latino Caucasian Arab
    Republican Democratic Democrat
""".split()
TITLES = """
    Mr Mrs Ms Miss Mx Dr Prof Professor Sir Dame Lord Lady Judge Justice Justices Judges Attorney
    Counsel Captain Colonel General Major Sergeant Officer Detective Agent Inspector Constable
    Ambassador Senator Congressman Governor President Chairman Secretary Madam Madame Monsieur Herr Frau
    Maître Father Sister Brother Reverend Rabbi Hon Honorable Honourable Esq Esquire Messrs Baron
    Magistrate Commissioner Director Trooper Sheriff Lieutenant Corporal Witness Defendant Plaintiff
    Petitioner Appellant Appellee Respondent Applicant
""".split()
ORG_WORDS = """
    Inc Incorporated Corp Corporation Co Company Ltd Limited LLC LLP LP PLC GmbH AG KG SA SARL SAS SpA
    BV NV AB AS Oy ApS Kft Sp Pty Bank Bancorp Trust Partners Partnership Holdings Group Industries
    Associates Fund Capital Insurance Assurance University College School Hospital Clinic Institute
    Foundation Association Society Union Council Commission Committee Agency Authority Department
    Ministry Bureau Office Board Court Tribunal Chamber Division Police Government Parliament Senate
    Party Church Press Times News Airlines Railways Telecom Pharmaceuticals Laboratories Systems
    Technologies Software Networks Solutions Services Enterprises International Federation League Club
    Prison Republic Congress Secretary Prosecutor Inspectorate Registry Directorate Orchestra Museum
""".split()
CALENDAR = """
    January February March April May June July August September October November December Jan Feb Mar
    Apr Jun Jul Aug Sep Sept Oct Nov Dec Monday Tuesday Wednesday Thursday Friday Saturday Sunday spring
    summer autumn winter
""".split()
STOP = """
    the a an and or but if of in on at by for from to with as is are was were be been being it its this
    that these those he she they we i you his her their our my your who whom whose which what when where
    while why how not no nor so such than then there here all any each every both some most many much
    more other another one two three also however moreover furthermore accordingly therefore thus hence
    although though because since unless until upon under over after before between during within
    without against about into through per pursuant given having had has have do does did can could may
    might must shall should will would in see id ibid cf e.g i.e et al further first second third
    finally once only even still yet again indeed nevertheless it's don't i'm i'll i've i'd hello hi hey
    oh ok yes please thanks thank sorry wow cool god dear welcome let lets let's that's what's where's
    who's there's am me myself neither either like unlike plaintiffs defendants appellants petitioners
    respondents appellees curiam errata sheet
""".split()
ROLES = """
    applicant applicants plaintiff plaintiffs defendant defendants appellant appellants appellee
    appellees petitioner petitioners respondent respondents claimant debtor creditor borrower lender
    buyer seller purchaser tenant landlord lessee lessor licensor licensee employee employer executive
    witness counsel attorney lawyer solicitor barrister judge justice prosecutor victim mother father
    wife husband son daughter brother sister spouse widow child children national resident client
    patient by between born named
""".split()
UNITS = """
    euro euros EUR USD GBP PLN TRL TRY SEK DEM ATS CHF FRF ITL CZK HUF dollar dollars pound pounds
    sterling lira liras zlotys francs kronor schillings marks million billion thousand hundred percent
    per cent shares units years months days weeks hours minutes kg km metres acres hectares litres grams
    tonnes feet miles one two three four five six seven eight nine ten eleven twelve fifteen twenty
    thirty forty fifty sixty seventy eighty ninety
""".split()


@lru_cache(maxsize=1)
def people() -> dict[str, tuple[list[str], list[str]]]:
    """Given names and surnames of each locale, sorted."""
    out = {}
    for locale in LOCALES:
        lists = vars(_provider("person", locale))
        given = _latin(lists, ("first_names", "first_romanized_names"))
        family = _latin(lists, ("last_names", "last_romanized_names", "unisex_last_names", "male_last_names"))
        if locale == "is_IS":
            family = sorted(name + ending for name in given[::7] for ending in ("son", "sdóttir"))
        if given and family:
            out[locale] = given, family
    return out


@lru_cache(maxsize=1)
def cities() -> list[str]:
    """Cities and towns, sorted."""
    found = set(CITIES) | set(PLACES_OF_TWO)
    for locale in CITY_LISTS:
        found.update(_latin(vars(_provider("address", locale)), ("cities",)))
    return sorted(name for name in found if name[0].isupper() and len(name) > 2)


def lexicon() -> dict[str, list[str]]:
    """The words of each class of `curate.kernels.name_features` that lists can tell."""
    return {
        "GIVEN": sorted({w for given, _ in people().values() for name in given for w in name.split()}),
        "SURNAME": sorted({w for _, family in people().values() for name in family for w in name.split()}),
        "PLACE": sorted(
            {w for name in [*cities(), *STATES] for w in name.replace("-", " ").split() if len(w) > 3}
        ),
        "COUNTRY": sorted({w for name in COUNTRIES for w in name.split() if w[0].isupper()}),
        "DEMONYM": DEMONYMS,
        "TITLE": TITLES,
        "BODY": ORG_WORDS,
        "CALENDAR": CALENDAR,
        "STOP": STOP,
        "ROLE": ROLES,
        "UNIT": UNITS,
    }


def _provider(kind: str, locale: str) -> Any:
    return importlib.import_module(f"faker.providers.{kind}.{locale}").Provider


def _latin(lists: Any, keys: tuple[str, ...]) -> list[str]:
    found = {str(name).strip() for key in keys for name in _names(lists.get(key, ()))}
    return sorted(name for name in found if len(name) > 1 and _is_latin(name))


def _names(found: Any) -> Iterable[Any]:
    return found if isinstance(found, list | tuple | dict) else ()  # a few providers have properties


def _is_latin(name: str) -> bool:
    return name[0].isupper() and all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in name)
