"""Parties: who makes an agreement, and as what it calls them."""

from __future__ import annotations

from collections.abc import Iterator

from synth.mine.agreement import parties as agreed_parties
from synth.mine.asking import ask
from synth.mine.document import FAR, Document
from synth.samples import Sample

_QUESTIONS = (
    "Who are the parties to {name}?",
    "Between whom was {name} made?",
    "Name the parties to {name} and what it calls them.",
    "Which parties conclude {name}, and under which names does the text refer to them?",
    "Identify the parties of {name}.",
    "List everyone who is a party to {name}, with the defined name of each.",
)
_ROLES = (
    "Who is “{alias}” in {name}?",
    "Which person or company does {name} call “{alias}”?",
    "Whom does “{alias}” stand for in {name}?",
    "In {name}, who is referred to as “{alias}”?",
)


def parties(document: Document) -> Iterator[Sample]:
    """The two parties to an agreement with the names that it gives them, from its opening words."""
    found = agreed_parties(document)
    if len(found) != 2:
        return
    start, end = found[0].start, found[1].end
    block = next(iter(document.blocks_in(start, end)))
    if end > block.end or block.end - block.start > FAR:
        return
    context, name = (block.start, block.end), document.about.name
    one, two = (f"{party.name} (“{party.alias}”)" for party in found)
    fields = {"one": one, "two": two, "name": name}
    answers = ("The parties are {one} and {two}.", "It was made between {one} and {two}.", "{one} and {two}.")
    yield ask(document, "parties", _QUESTIONS, answers, [(start, end)], context=context, fields=fields)
    for party in found:
        fields = {"alias": party.alias, "party": party.name, "name": name}
        answers = ("{party}.", "“{alias}” is {party}.", "It stands for {party}.")
        spans = [(party.start, party.end)]
        yield ask(
            document, "parties", _ROLES, answers, spans, context=context, fields=fields, alias=party.alias
        )
