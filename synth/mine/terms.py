"""Terms that a document defines, and the sentence that defines each."""

from __future__ import annotations

import re
from typing import NamedTuple

from synth.mine.document import Document, Sentence, clean
from synth.mine.wording import plain

_VERB = r"(?:shall |will )?(?:means?|is defined as|refers? to|has the following meaning)\b"
_QUOTED = re.compile(
    r"(?:(?:For (?:the )?purposes? of|As used in|In) [^,\"“]{1,80}, )?(?:[Tt]he (?:term|word|expression|phrase|words"
    r"|terms) )?"
    r"[\"“](?P<term>[^\"”“]{2,70})[\"”](?P<scope>,? (?:as used|when used|as applied|with respect to|in relation to"
    r"|of|for) [^,\"”“]{2,90}?)?,?"
    rf" {_VERB}(?P<rest>.*)"
)
_BARE = re.compile(
    r"(?P<term>[A-Z][a-z-]+(?: [a-z-]+){0,4}) means (?P<rest>(?:an?|any|the|one|each|information|either) .*)"
)
_POINTER = re.compile(
    r"[ ,]*(?:as )?(?:(?:has |have |shall have )?the (?:respective )?meanings? )?"
    r"(?:set forth|given|assigned|ascribed|as defined|defined|specified|provided|attributed|that term|as set|the "
    r"same as)\b"
)
_LOWER = re.compile(r"[a-z]")  # a term may begin with a small letter, a sentence may not
_TRAILING = re.compile(r"[;,.]\s*(?:and|or)?\s*$")


class Definition(NamedTuple):
    """`term` as the document writes it; `sentence` is whole and tells its meaning."""

    term: str
    sentence: Sentence


def definitions(document: Document) -> list[Definition]:
    """Every term that one whole sentence, or one whole item of a list, defines; the first definition of each counts."""
    found: dict[str, Definition] = {}
    statutory = document.about.genre in ("statute", "regulation")
    for sentence in [*document.sentences, *_items(document)]:
        match = _QUOTED.match(sentence.text) or (_BARE.match(sentence.text) if statutory else None)
        if not match or len(match["rest"]) < 20 or _POINTER.match(match["rest"]):
            continue
        term = match["term"].strip(" ,.")
        if term.lower() not in found and re.search(r"[A-Za-z]{2}", term):
            found[term.lower()] = Definition(term, sentence)
    return list(found.values())


def _items(document: Document) -> list[Sentence]:
    """Items of lists of definitions, which end with a semicolon."""
    found = []
    for index, block in enumerate(document.blocks):
        raw = document.text[block.body : min(block.end, block.body + 900)]
        if (
            not raw.lstrip("*").startswith(("“", '"', "the expression", "the word"))
            or block.end - block.body > 900
        ):
            continue
        text = plain(raw)
        whole = _TRAILING.sub("", text) + "."
        if text.endswith((";", ",")) and clean(_LOWER.sub(lambda m: m[0].upper(), whole, count=1)):
            found.append(Sentence(block.body, block.end, whole, index, None))
    return found
