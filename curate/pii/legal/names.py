"""Names in citations, doctrines and statutes, and words of law that read as names."""

from __future__ import annotations

import re

from curate.pii.legal.around import REPORTER, Around

_SIDE = r"[\w.,'’&()\- ]"
_LEFT = re.compile(rf"{_SIDE}{{0,45}}\s?\bv(?:s?\.)?\s", re.ASCII)
_RIGHT = re.compile(r"\bv(?:s?\.)?\s{1,3}[^;()\n]{0,60}$")
# What follows the title of a cited case.
_CITE = (
    rf"[^;()\n]{{0,70}}?,?\s{{0,2}}(?:\(No\.?\s\d\)\s|\[GC\]|"
    rf"\(dec\.\))?,?\s{{0,3}}(?:\d{{1,4}}\s{{1,2}}{REPORTER}\s{{0,2}},?\s?(?:at\s|\d|_|-)|"
    r"\[(?:19|20)\d\d\]|\((?:[^()\n]{0,25}\s)?(?:19|20)\d\d\)|nos?\.\s\d{1,5}/\d\d|"
    r"(?:judgment|decision)\sof\s|Nos?\.\s\d|"
    r"cited\sabove|,\s?supra|\bet\sal\.,?\s\d|--\s?U\.S\.|___)"
)
_LEFT_CITED = re.compile(rf"{_SIDE}{{0,45}}\s?\bv(?:s?\.)?\s{_CITE}")
_RIGHT_CITED = re.compile(_CITE)
_SIGNAL = re.compile(
    r"(?:\b(?:[Ss]ee|[Cc]f\.|[Cc]iting|[Qq]uoting|[Cc]ompare|[Aa]ccord|[Uu]nder|[Pp]er|"
    r"[Ff]ollowing|[Oo]verrul(?:ed|ing)|"
    r"[Dd]istinguish(?:ed|ing)?|e\.\s?g\.,?|[Aa]lso|[Gg]enerally|[Aa]ffirmed\sin|"
    r"[Hh]eld\sin|[Bb]ut\ssee|[Ww]ith|"
    r"[Rr]eaffirmed|[Rr]el(?:y|ied|ies|ying)\son|[Aa]pply(?:ing)?|progeny\sof|"
    r"holding\s(?:in|of)|decision\sin|rule\s(?:in|of)|"
    r"teachings?\sof|\b[Ii]n)\s{1,2}(?:re\s)?)$"
)
_SIGNAL_PARTY = re.compile(
    rf"{_SIGNAL.pattern.removesuffix('$')}(?:[A-Z][\w.&'’\-]*,?\s(?:of\s|the\s|&\s|and\s)?){{1,6}}$"
)
_IN_RE = re.compile(r"\b(?:[Ii]n\sre|[Ee]x\sparte|Matter\sof|Estate\sof)\s(?:\w+\s){0,3}$")
_SHORT = re.compile(
    rf"(?:['’]s)?,\s{{0,2}}\d{{1,4}}\s{{1,2}}{REPORTER}\s{{0,2}},?\s?(?:at\s|\d|_)|"
    rf",\s{{0,2}}(?:supra|infra)\b"
)


_VERSUS = re.compile(r"\bvs?\.\s|\sv\s").search


def cited_case(a: Around) -> bool:
    """ "Roe v. Wade, 410 U.S. 113", "See Roe v. Wade", "in Roe v. Wade", "Wade, 410 U.S. at 150", "In re Winship, 397
    U.S. 358"; not the caption of the decision itself (its parties are private), see `own_parties`."""
    if a.after[:1] in (",", "'", "’") and _SHORT.match(a.after):
        return True
    if ("re " in a.before[-40:] or " of " in a.before[-40:] or "parte " in a.before[-40:]) and _IN_RE.search(
        a.before
    ):
        return bool(_RIGHT_CITED.match(a.after))
    if not (_VERSUS(a.before) or _VERSUS(a.after) or _VERSUS(a.value)):
        return False
    title = re.search(r"\bv(?:s?\.)?\s", a.value)
    left = _LEFT.match(a.after)
    if title or (left and _one_party(left[0])):
        return bool(
            _LEFT_CITED.match(a.after) or _SIGNAL.search(a.before) or (title and _RIGHT_CITED.match(a.after))
        )
    right = _RIGHT.search(a.before)
    if right is None:
        return False
    signal = _SIGNAL_PARTY.search(a.before[: right.start()])
    return bool(_RIGHT_CITED.match(a.after) or signal)


#: Words in small letters that stand within a party's name.
_WITHIN = frozenset(
    """
    a al and behalf by d/b/a de del der des di du et etc ex for in inc la le of on others parte rel the v van von vs
    """.split()
)


def _one_party(between: str) -> bool:
    """Whether what stands between a name and "v." is the rest of a party's name, not the end of another sentence."""
    return all(
        word[:1].isupper() or word[0] in "&(" or word in _WITHIN for word in re.findall(r"[\w/&(]+", between)
    )


_ACTS = re.compile(
    r"(?:['’]s|\.)?(?:[-–][A-Z][a-z]+){0,3}(?:\s(?:and|&)\s[A-Z]\w+)?(?:\s[A-Z][\w-]{2,20}){0,3}?\s{1,2}"
    r"(?:Acts?|Amendments?|Code|Treaty|Convention|Protocol|Directive|Bill|Statute|Reform|"
    r"Commission\sReport|Guidelines|"
    r"Ordinance|Constitution|Law|Rules?|Clause)\b"
)
_NUMBERED = re.compile(r"\s{1,2}(?:§{1,2}\s?)?\d{1,5}[\-–:.]?[A-Z0-9]")
_ACT_ITSELF = re.compile(r"\s(?:Act|Amendments?|Convention|Treaty|Code)$")
_DOCTRINE = re.compile(
    r"(?:['’]s)?(?:[-–][A-Z]\w+)?(?:\s[A-Z]\w+)?[\s-]{1,2}(?:warnings?|rights|waivers?|"
    r"stops?|frisk|hearings?|motions?|challenges?|"
    r"material|violations?|claims?|plea|brief|deference|doctrine|tests?|standards?|"
    r"analysis|factors?|framework|inquiry|"
    r"immunity|abstention|action|remedy|order|injunction|relief|rule|exception|presumption|"
    r"instruction|charge|letter|"
    r"statements?|prong|step|principles?|requirements?|evidence|conference|jurisdiction|"
    r"error|balancing|burden|"
    r"reasonableness|type|principle|unreasonableness|colloquy|issue|argument|obligations?|"
    r"disclosure|statement|decision|Court)\b"
)
_DOCTRINES = frozenset(
    "Miranda Terry Brady Batson Franks Daubert Frye Alford Anders Jencks Chevron Auer Skidmore Bivens "
    "Erie Younger Pullman Burford Rooker Feldman Rooker-Feldman Noerr Pennington Noerr-Pennington "
    "Strickland Markman Douglas Monell Pickering Lemon Blakely Booker Apprendi Crawford Giglio Garrity "
    "Faretta Kastigar Massiah Bruton Edwards Teague Twombly Iqbal Celotex Pinkerton Sandoval Huntley Mapp "
    "Piller Mareva Salduz Bolam Wednesbury Bosman Osman Allen Rule Heck Ashwander Mathews Hicks Turner "
    "Sell Kumho Rivera Mimms Cuyler Barker Neil Brecht Chapman Winthrop Norwich Katz Engel Gingles "
    "Central Lanham Hobbs Travel Mann Tunney Sherman Clayton Dodd Frank Taft Hartley Bank Glass Steagall "
    "Norris LaGuardia Miller Tucker Hyde Jones Johnson Stark Warsaw Berne Hague Geneva Ross Henderson "
    "Pickett Calder Saldana Kovel Jackson Bonferroni Palsgraf Rylands Hadley Donoghue Salomon Tarasoff".split()
)  # fmt: skip


def statute_or_doctrine(a: Around) -> bool:
    """ "Sherman Act", "Robinson-Patman Act", "Cal. Code § 12", "RSA 507-B:7", "Miranda warnings", "Daubert hearing"."""
    if a.value.isupper() and len(a.value) <= 5 and _NUMBERED.match(a.after):
        return True
    start = a.after.lstrip()[:1]
    if (start.isupper() or start in ("-", "–", "'", "’", "&", "a", ".")) and _ACTS.match(a.after):
        return True
    if _ACT_ITSELF.search(a.value):
        return True
    value = re.sub(r"^(?:an?|the)\s", "", a.value)
    first = value.replace("-", " ").partition(" ")[0]
    return bool((value in _DOCTRINES or first in _DOCTRINES) and _DOCTRINE.match(a.after))


_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Dame|Lord|Lady|Judge|Justice|Officer|Agent|Detective|Sgt|Lt|Capt)\.?\s$"
)
#: Words of law and of forms: no name is made of them alone.
_WORDS = frozenset(
    "act acts action administrator affiliate affiliates agent agency agreement amendment annex appeal "
    "appeals appellant appellants appellee appellees appendix applicant applicants arbitrator article "
    "articles assignee assignor attorney attorneys authority award bank bankruptcy bench bill board "
    "bondholder borrower borrowers brief buyer case cause certificate chairman chair chancery chapter "
    "chief circuit claimant clause clerk client code collateral commission commissioner committee common "
    "commonwealth company complainant complaint congress constitution consultant contract contractor "
    "corporation counsel county court courts covenant creditor crown customer date debtor decision decree "
    "defendant defendants department deputy director directors distributor district division docket employee "
    "employees employer esq esquire estate examiner exchange executive exhibit federal first fifth fourth "
    "second third sixth seventh eighth ninth tenth eleventh fee form general government governor grant "
    "grantee grantor guarantor guaranty hearing holder honor honour honorable id ibid in indemnitee "
    "indenture infra insured insurer investor issuer judge judges judgment judicial jury justice justices "
    "landlord law lease lender lenders lessee lessor licensee licensor loan magistrate majesty manager "
    "mark matter member minister ministry motion n.a. note notes notice number office officer opinion "
    "order panel party parties patent patentee payee per curiam petitioner petitioners plaintiff "
    "plaintiffs plan president presiding principal prosecution prosecutor purchaser quorum re receiver "
    "registrar registrant regulation respondent respondents rule rules schedule secretary section "
    "securities seller senate series service settlement share shareholder signatory solicitor southern "
    "northern eastern western speaker state states statute stock sublessee subsidiary supra supreme "
    "tenant term treasurer treasury trial tribunal trust trustee trustees undersigned united vendor vice "
    "warrant warden will witness of the and for to a an on at wherefore whereas therefore now premises considered "
    "witnesseth resolved conclusion ordered adjudged decreed laws ann tit america part "
    "affirmed reversed vacated remanded malformed invalid json utf-8 html xml csv pdf gzip byte bytes line row".split()
)  # fmt: skip


# "S ECOND C IRCUIT", as small capitals come out of a PDF.
_PARTED = re.compile(r"\b([A-Z]) (?=[A-Z]{2})")


def word_of_law(a: Around) -> bool:
    """ "Attorney General", "Appellant", "First Circuit", "Per Curiam": every word names a part or an office."""
    value = _PARTED.sub(r"\1", a.value)
    if len(value) > 60 or (value.split(None, 1) or [""])[0].lower().strip(".,") not in _WORDS:
        return False
    words = re.findall(r"[\w.]+", value.lower())
    if a.span.entity == "LOCATION" and "states" in words:
        return False  # a country, and so a place
    known = all(word.strip(".") in _WORDS or word in _WORDS or not word.strip(".s") for word in words)
    return bool(words) and known and not _TITLED.search(a.before)


#: Words that are names as well.
NOUNS = frozenset(
    "may will bill grant rich mark justice chase lane law case page price trust pat drew sue art frank "
    "jury june april august march january february july september october november december mercy faith "
    "hope grace joy chance dean earl duke king prince pope bishop major judge marshal marshall constable "
    "sterling dollar summer penny christian english french".split()
)
_DETERMINED = re.compile(r"\b(?:the|a|an|this|that|such|any|each|every|said|its|their|no|last)\s{1,2}$", re.I)
_MODAL = re.compile(
    r"\s{1,3}(?:be\b|not\b|have\b|also\b|only\b|[Tt]he\b|\d|to\b|BE\b|NOT\b|HAVE\b|no\b|it\b|we\b|I\b|he\b|they\b|you\b|"
    r"this\b|any\b|a\b|an\b|and\sTestament|of\b|[a-z]{2,12},?\s(?:be|have)\b)"
)
_NOUN = re.compile(r"\s{1,3}(?:of\b|OF\b|Date\b|Price\b|Agreement\b|Notice\b|Number\b|under\sSection)")
_ABSTRACT = re.compile(r"\s{1,3}(?:is|was|shall|to|has)\b")


def noun_or_verb(a: Around) -> bool:
    """ "May 3", "Will the court", "the Grant", "this Mark": one word, used as a word; not "Mr. May", "Bill paid"."""
    word = a.value.lower()
    if word not in NOUNS or _TITLED.search(a.before):
        return False
    if _DETERMINED.search(a.before) or _NOUN.match(a.after) or re.search(r"\d\s{1,2}$", a.before):
        return True
    return bool(
        (word in ("may", "will") and _MODAL.match(a.after))
        or (word == "justice" and _ABSTRACT.match(a.after))
    )


_AGAINST = frozenset(("v", "vs", "V", "VS", "-v-", "against", "AGAINST"))
_ENTITLED = re.compile(r"CASE\sOF\s[^\n]{3,150}")
_BETWEEN = re.compile(r"(?i:between):?\s[^.]{10,300}?\b(?:v|and)\b[^\n]{3,100}")


def own_parties(text: str) -> str:
    """What stands around the "v." of the decision's own title, lower-cased: its parties are private persons.

    Of a title stands a line that holds "v." alone, or "CASE OF ..." or "Between", within the first 4,000 characters.
    """
    head = text[:4000]
    at = 0
    for line in head.split("\n"):
        if len(line) < 80 and line.strip(" \t\r>*_.,") in _AGAINST:
            return head[max(0, at - 400) : at + len(line) + 400].lower()
        at += len(line) + 1
    named = _ENTITLED.search(head) if "CASE OF" in head else None
    if named is None and (at := head.lower().find("between")) >= 0:
        named = _BETWEEN.match(head, at)
    return named.group().lower() if named else ""
