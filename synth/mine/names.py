"""What a document is and what it is called, so that a question about it makes sense without it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from synth.mine.wording import plain, titled

Genre = Literal["opinion", "contract", "statute", "regulation", "terms", "transcript", "document"]

#: Characters of a document's beginning that tell what it is.
HEAD = 4000

NOUNS: dict[str, str] = {
    "opinion": "the opinion",
    "contract": "the agreement",
    "statute": "the statute",
    "regulation": "the regulation",
    "terms": "the document",
    "transcript": "the oral argument",
    "document": "the document",
}
_FRONT_TITLE = re.compile(
    r"^title:[ \t]*(?:\"([^\"\n]{3,200})\"|'([^'\n]{3,200})'|([^\"'\n][^\n]{2,200}))", re.MULTILINE
)
_SPEAKER = re.compile(r"^[A-Z][A-Z.,'’ \-]{3,40}: \S", re.MULTILINE)
_COURT = re.compile(
    r"COURT OF APPEALS|Court of Appeals|Circuit Judge|SUPREME COURT|DISTRICT COURT|\[\d{4}\] (?:FCA|FCAFC|HCA)\b"
    r"|Appellee"
)
_PANEL = re.compile(r"Circuit Judges?\b|\b(?:IN RE|In re)\b")
_CONTRACT = re.compile(
    r"\b(?:AGREEMENT|LEASE|CONTRACT|Agreement|Lease|Contract|PLAN|AMENDMENT|INDENTURE|GUARANTY)\b"
)
_STATUTE = re.compile(
    r"^rank: \"?act|\bStat\. \d+|\A\d+-\d+(?:\.\d+)?\n|^##### \d|[A-Z][a-z]+ Act,? \d{4}", re.MULTILINE
)
_REGULATION = re.compile(r"^§ ?\d+\.\d+ |\bC\.?F\.?R\b|Bureau of Consumer Financial Protection", re.MULTILINE)
_TERMS = re.compile(
    r"\b(?:Terms of (?:Service|Use)|Privacy Policy|Terms and Conditions|Privacy (?:Notice|Statement)|Cookie Policy"
    r"|Guidelines)\b",
    re.I,
)
_VERSUS = re.compile(r"^[ \t—–-]*(?:v|vs|V|VS)\s?\.?,?[ \t—–-]*$", re.MULTILINE)
_INLINE_CASE = re.compile(
    r"^[ \t]*([A-Z][\w.,&'’ \-]{2,60}?) v\.? ([A-Z][\w.,&'’() \-]{2,60}?)(?: \[\d{4}\][^\n]{0,60})?[ \t]*$",
    re.MULTILINE,
)
_REPORTED = re.compile(r"^[^\n]{5,400} \[\d{4}\] (?:FCA|FCAFC|HCA) \d+", re.MULTILINE)
_CITED = re.compile(
    r"^[ \t]*([A-Z][^\n]{2,120}? v [A-Z][^\n]{2,120}?) (\[\d{4}\] (?:FCA|FCAFC|HCA) \d+)", re.MULTILINE
)
_ROLE = re.compile(
    r"\b(?:Plaintiffs?|Defendants?|Appell(?:ants?|ees?)|Petitioners?|Respondents?|Debtors?|Claimants?|Intervenors?)\b",
    re.I,
)
_TAIL = re.compile(
    r",?\s*(?:et al\.?|ET AL\.?|ETC\.|a/k/a.*|A/K/A.*|individually.*|INDIVIDUALLY.*|d/b/a.*|D/B/A.*|AS [A-Z].*|as "
    r"[a-z].*|in h(?:is|er) .*|IN H(?:IS|ER) .*)$"
)
_AGREEMENT = re.compile(
    r"^[ \t*#]*((?:[A-Z][\w&/,'’.\-]*[ ]+){0,8}(?:AGREEMENT|LEASE|CONTRACT|PLAN|INDENTURE|GUARANTY))[ \t*]*$",
    re.MULTILINE,
)
_OFFICES = frozenset(
    "Director Secretary Commissioner Commonwealth State Warden Superintendent Attorney Administrator".split()
)
_HEADING = re.compile(r"^(?:#{1,2}[ \t]+([^\n]{3,120})|([^\n]{3,120})\n[=]{3,})", re.MULTILINE)
_NOT_TITLE = re.compile(
    r"^(?:article\\b|section\\b|EX(?:HIBIT)?[ -.]*\d|oral argument|10-k|8-k|untitled|\W*\d|execut(?:ed|ion)|form of$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Name:
    """What a document is: its genre, its name as it stands in a sentence, and whether the name tells it from others."""

    genre: Genre
    name: str
    own: bool

    @property
    def noun(self) -> str:
        """ "the agreement", "the opinion", …"""
        return NOUNS[self.genre]


def name_of(text: str, title: str | None) -> Name:
    """Genre and name from the title that the caller knows, else from the document's beginning."""
    head = text[:HEAD]
    genre = _genre(head, text[: 5 * HEAD], title or "")
    words = _title(head, title, genre)
    if words is None:
        return Name(genre, NOUNS[genre], False)
    if genre == "opinion":
        return Name(genre, words, " v" in words or "In re" in words)
    if genre == "transcript":
        return Name(genre, f"the oral argument in {words}" if " v" in words else NOUNS[genre], " v" in words)
    plural = genre == "terms"
    name = (
        words if plural and not words.lower().startswith(("terms", "privacy", "cookie")) else f"the {words}"
    )
    return Name(
        genre, re.sub(r"^the [Tt]he ", "the ", name), genre in ("statute", "terms") and len(words.split()) > 2
    )


def _genre(head: str, speech: str, title: str) -> Genre:
    lines = sum(bool(line.strip()) for line in speech.split("\n"))
    if len(_SPEAKER.findall(speech)) >= max(3, lines // 2):
        return "transcript"
    if _REPORTED.search(head) or (_COURT.search(head) and _VERSUS.search(head)):
        return "opinion"
    if head.startswith("---") and "rank:" in head[:600]:
        return "statute"
    if _TERMS.search(title):
        return "terms"
    if _COURT.search(head) and (_INLINE_CASE.search(head) or " v" in title or _PANEL.search(head)):
        return "opinion"
    if _CONTRACT.search(title) or _AGREEMENT.search(head):
        return "contract"
    if _TERMS.search(head[:300]):
        return "terms"
    if _REGULATION.search(head) and len(_CONTRACT.findall(head)) < 3:
        return "regulation"
    if _STATUTE.search(head) or re.search(r"\bAct\b|\bCode\b", title):
        return "statute"
    if _CONTRACT.search(head):
        return "contract"
    return "opinion" if " v. " in title or " v " in title else "document"


def _title(head: str, title: str | None, genre: Genre) -> str | None:
    if title and not _NOT_TITLE.match(title.strip()):
        return _tidy(title)
    front = _FRONT_TITLE.search(head[:1500])
    if front:
        return _tidy(front[1] or front[2] or front[3])
    if genre == "opinion":
        return _case(head)
    if genre == "contract":
        found = _AGREEMENT.search(head)
        return _tidy(found[1]) if found and not _NOT_TITLE.match(found[1]) else None
    if genre == "terms":
        found = _HEADING.search(head)
        words = plain(found[1] or found[2]) if found else ""
        return _tidy(words) if _TERMS.search(words) else None
    return None


def _tidy(title: str) -> str | None:
    words = titled(plain(title)).strip(" .,;:#*-").replace(" ,", ",")
    words = re.split(
        r",? (?:dated|executed|between|by and between|among|effective|-+|–) ", words, flags=re.IGNORECASE
    )[0].strip(" ,")
    return words if 3 <= len(words) <= 110 else None


def _case(head: str) -> str | None:
    cited = _CITED.search(head)
    if cited:
        return plain(cited[1])
    versus = _VERSUS.search(head)
    if versus:
        one = _party(reversed(head[: versus.start()].split("\n")), backwards=True)
        two = _party(iter(head[versus.end() :].split("\n")), backwards=False)
        return f"{one} v. {two}" if one and two else None
    inline = _INLINE_CASE.search(head[:1200])
    return f"{plain(inline[1])} v. {plain(inline[2])}" if inline and "," not in inline[2] else None


def _party(lines: Iterable[str], backwards: bool) -> str | None:
    """The first party's name on one side of the "v.": the lines nearest to it that are a name and no role."""
    found: list[str] = []
    for line in list(lines)[:14]:
        words = plain(line).strip(" ,;*)(")
        if not words or _ROLE.fullmatch(words.split(",")[0]):
            if found:
                break
            continue
        if not re.match(r"[A-Z]", words) or re.match(
            r"No\.|Nos\.|APPEAL|ON |UNITED STATES COURT|FOR THE", words
        ):
            break
        found.append(words)
        if len(found) == 3:
            break
    if not found:
        return None
    name = " ".join(reversed(found) if backwards else found)
    if " of " not in name.lower():
        name = re.split(r"; | and (?=[A-Z])| AND (?=[A-Z])", name)[0]
    pieces = [p.strip() for p in name.split(",")]
    keep = pieces[0]
    if len(pieces) > 1 and re.fullmatch(
        r"(?:INC|Inc|LLC|L\.L\.C|LTD|Ltd|CORP|Corp|JR|Jr|S\.A|N\.A|LP|L\.P)\.?", pieces[1]
    ):
        keep += ", " + pieces[1]
    keep = _TAIL.sub("", titled(keep)).strip(" ,*")
    if keep in _OFFICES:  # which one, the name would not tell
        return None
    return keep if 2 < len(keep) <= 60 and not _ROLE.search(keep) and len(keep.split()) <= 8 else None
