"""A document as the kinds see it: its blocks, its sections, its clean sentences, its name. Each is worked out once."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from synth.mine.headings import Heading
from synth.mine.layout import Block, blocks
from synth.mine.names import Name, name_of
from synth.mine.sentences import sentences
from synth.mine.wording import plain

#: Characters of a passage to show: at least, where the section has them, and at most.
NEAR, FAR = 700, 2400
#: Characters of a sentence that anything is mined from.
SHORTEST, LONGEST = 30, 900

_BEGINS = re.compile(r"[\"“‘(]{0,2}[A-Z0-9§]")
_OPENS, _CLOSES = re.compile(r"(?<![\w.])['‘](?=[\w.])"), re.compile(r"(?<=[\w.,!?])['’](?!\w)")
_FINISHED = re.compile(r"[.?!][\"”’')\]]{0,3}$")
_DIRTY = re.compile(
    r"^[\[(\"“]?(?:Id|Ibid)\.|^\d{1,3}[A-Z]|\bF\d{1,4}\[|-{5,}|[a-z]- (?!and\b|or\b|to\b|but\b)[a-z]|_{2,}|\.{4,}|\*"
    r"|\[(?:text|signature|omitted|intentionally)"
    r"|�|\|"  # blanks, leaders, redactions, tables
    r"|[a-z][.,;:)”\"]\d{1,2}(?:\s|$)"  # a footnote's number stuck to a word
    r"|\b(?:[A-Z] ){2,}[A-Z]\b|<[A-Za-z/]|#{2,}|https?:|www\.|\(\s*\)|\[\s*\]|read as follows|[·•○■□]| o [A-Z]"
    r"|[·•○■□]| o [A-Z]|\$\s"
)
_LABEL = re.compile(
    r"(?:\*\*)?(?:(?:\d{1,3}(?:\.\d{1,3}){0,4}\.?[\s—–.*]+|[(\[](?:[a-zA-Z]{1,3}|\d{1,3})[)\]][\s—–.*]*"
    r"|[A-Za-z]\.[\s—–.*]+|[•*·-][\s—–.*]+)){1,3}(?=[\"“A-Z(])"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A clean sentence: `text` is what stands at [start, end) in one line, without a clause's number before it."""

    start: int
    end: int
    text: str
    block: int
    section: int | None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text behind it, up to the next heading: blocks [first, last)."""

    heading: Heading
    start: int
    body: int
    end: int
    first: int
    last: int

    @property
    def title(self) -> str:
        return plain(self.heading.title)


@dataclass(frozen=True)
class Document:
    """`id` in the corpus, its text and what is known of it; `seed` shifts what is chosen by hash."""

    id: str
    text: str
    source: str = ""
    title: str | None = None
    seed: int = 0

    @cached_property
    def about(self) -> Name:
        """Its genre and name."""
        return name_of(self.text, self.title)

    @cached_property
    def blocks(self) -> list[Block]:
        """Paragraphs and headings."""
        return blocks(self.text)

    @cached_property
    def sections(self) -> list[Section]:
        """Headings with text behind them."""
        heads = [i for i, block in enumerate(self.blocks) if block.heading]
        found = []
        for i, after in zip(heads, [*heads[1:], len(self.blocks)], strict=False):
            block, last = self.blocks[i], self.blocks[after - 1]
            first = i if block.body < block.end else i + 1
            if block.heading and first < after:
                body = block.body if first == i else self.blocks[first].start
                found.append(Section(block.heading, block.start, body, last.end, first, after))
        return found

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Clean, whole sentences in order."""
        where: dict[int, int] = {}
        for number, section in enumerate(self.sections):
            where.update(dict.fromkeys(range(section.first, section.last), number))
        return [s for i, block in enumerate(self.blocks) for s in self._of(i, block, where.get(i))]

    def sentences_in(self, start: int, end: int) -> list[Sentence]:
        """The clean sentences that stand within the characters [start, end)."""
        first = bisect_left(self._sentence_starts, start)
        found = self.sentences[first : bisect_left(self._sentence_starts, end)]
        return [sentence for sentence in found if sentence.end <= end]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    @cached_property
    def windows(self) -> list[tuple[int, int]]:
        """The text in passages to show: neighbouring paragraphs of a section, NEAR to FAR characters."""
        found: list[tuple[int, int]] = []
        start = end = 0
        for block in self.blocks:
            if end > start and (
                block.torn
                or end - start >= NEAR
                or block.end - start > FAR
                or (block.heading and end - start >= NEAR // 2)
            ):
                found.append((start, end))
                start = end = block.start
            start = block.start if start == end else start
            end = block.end
            if end - start > FAR:  # one paragraph alone
                *parts, (start, end) = self._parts(start, end)
                found += parts
        return [*found, (start, end)] if end > start else found

    def _parts(self, start: int, end: int) -> list[tuple[int, int]]:
        """A long paragraph in parts of whole sentences."""
        found: list[tuple[int, int]] = []
        for a, b in sentences(self.text, start, end):
            if found and b - found[-1][0] <= NEAR * 2:
                found[-1] = (found[-1][0], b)
            else:
                found.append((a, b))
        return found

    def window_of(self, sentence: Sentence) -> tuple[int, int]:
        """The passage to show with a sentence, without what is torn at its ends."""
        start, end = self.windows[bisect_right(self._window_starts, sentence.start) - 1]
        near = self.sentences_in(start, end)
        first = self.blocks_in(start, end)[0]
        if near and (first.torn or self.text[start].islower()):
            start = near[0].start
        if near and not _FINISHED.search(self.text, max(start, end - 6), end):
            end = near[-1].end
        return start, end

    @cached_property
    def _window_starts(self) -> list[int]:
        return [start for start, _ in self.windows]

    def blocks_in(self, start: int, end: int) -> list[Block]:
        """The blocks that the characters [start, end) touch."""
        first = bisect_right(self._ends, start)
        return self.blocks[first : bisect_left(self._starts, end)]

    @cached_property
    def _starts(self) -> list[int]:
        return [block.start for block in self.blocks]

    @cached_property
    def _ends(self) -> list[int]:
        return [block.end for block in self.blocks]

    def _of(self, index: int, block: Block, section: int | None) -> list[Sentence]:
        found = []
        for number, (start, end) in enumerate(sentences(self.text, block.body, block.end)):
            if (number == 0 and block.torn) or not SHORTEST <= end - start <= 2 * LONGEST:
                continue
            label = _LABEL.match(self.text, start, end)
            start = label.end() if label else start
            if (text := plain(self.text[start:end])) and clean(text):
                found.append(Sentence(start, end, text, index, section))
        return found

    def section_of(self, sentence: Sentence) -> Section | None:
        """The section that a sentence stands in."""
        return None if sentence.section is None else self.sections[sentence.section]


def clean(text: str) -> bool:
    """Whether one line of text is a sentence that can be quoted: whole, balanced, neither torn nor decorated."""
    if not SHORTEST <= len(text) <= LONGEST or not _BEGINS.match(text) or not _FINISHED.search(text):
        return False
    if _DIRTY.search(text) or text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        return False
    if text.count('"') % 2 or text.count("“") != text.count("”"):
        return False
    if len(_OPENS.findall(text)) > len(_CLOSES.findall(text)):
        return False
    letters = sum(c.isalpha() for c in text)
    return letters > 0.68 * len(text) and sum(c.isupper() for c in text) < 0.3 * letters
