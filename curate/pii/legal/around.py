"""A finding with what stands around it, and the forms of citation that several rules look for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from curate.pii.spans import Span

#: Characters that a rule sees on either side of a finding.
REACH = 90


@dataclass(frozen=True)
class Around:
    """`span` within `text`."""

    text: str
    span: Span

    @cached_property
    def value(self) -> str:
        """What was found."""
        return self.text[self.span.start : self.span.end]

    @cached_property
    def before(self) -> str:
        """Up to REACH characters in front."""
        return self.text[max(0, self.span.start - REACH) : self.span.start]

    @cached_property
    def after(self) -> str:
        """Up to REACH characters behind."""
        return self.text[self.span.end : self.span.end + REACH]

    @cached_property
    def line(self) -> tuple[str, str]:
        """What stands on the same line before and behind, within reach."""
        return self.before.rpartition("\n")[2], self.after.partition("\n")[0]

    def within(self, form: re.Pattern[str], more: int = 30) -> bool:
        """Whether a match of `form` takes in the finding, `more` characters on either side at most."""
        low, high = self.span.start - more, self.span.end + more
        return any(
            m.start() <= self.span.start and m.end() >= self.span.end
            for m in form.finditer(self.text, max(0, low), high)
        )


#: Series of reports as they are cited between volume and page.
REPORTER = (
    r"(?:U\.\s{0,2}S\.|S\.\s{0,2}Ct\.|L\.\s{0,2}Ed\.(?:\s{0,2}2d)?|F\.\s{0,2}(?:2d|3d|4th)|F\.|F(?:ed)?\.\s{0,2}Supp\.?(?:\s{0,2}[23]d)?|"
    r"F(?:ed)?\.\s{0,2}App(?:['’]x|x)\.?|Fed\.\s{0,2}(?:Cl|Cas|Reg|R\.\s{0,2}Evid)\.|F\.\s{0,2}R\.\s{0,2}D\.|B\.\s{0,2}R\.|T\.\s{0,2}C\.|"
    r"A\.\s{0,2}(?:2d|3d)|N\.\s{0,2}[EWYJ]\.(?:\s{0,2}S\.)?(?:\s{0,2}[23]d)?|P\.\s{0,2}[23]d|"
    r"S\.\s{0,2}[EW]\.(?:\s{0,2}[23]d)?|So\.?\s{0,2}(?:2d|3d)?|"
    r"Cal\.(?:\s{0,2}App\.)?(?:\s{0,2}Rptr\.)?(?:\s{0,2}[2345](?:d|th))?|Mass\.(?:\s{0,2}App\.\s{0,2}Ct\.)?|"
    r"[A-Z][a-z]{1,5}\.\s{0,2}(?:App\.\s{0,2})?"
    r"(?:2d|3d|4th)|Wall\.|Cranch|Wheat\.|How\.|Pet\.|Dall\.|"
    r"U\.?\s{0,2}S\.?\s{0,2}(?:App\.\s{0,2})?LEXIS|WL|C\.?L\.?R\.?|"
    r"A\.?L\.?R\.?|A\.?C\.?|Q\.?B\.?|W\.?L\.?R\.?|E\.?H\.?R\.?R\.?|I\.?R\.?|F\.?C\.?R\.?|"
    r"L\.?\s{0,2}Rev\.|L\.?J\.)"
)
CITED = re.compile(rf"\b\d{{1,4}}\s{{1,2}}{REPORTER},?\s{{0,2}}(?:at\s|p\.\s|\d)[\d,\s\-–&n.]{{0,40}}")
#: "42 U.S.C. § 1983", "15 CFR 1002.5", "Pub. L. 104-191", "S. Rep. No. 95-1", "Release No. 34-12345".
STATUTE = re.compile(
    r"(?:\b\d{1,3}\s{1,3}(?:U\.?\s?S\.?\s?C\.?(?:\s?[AS]\.)?|C\.?\s?F\.?\s?R\.?|Stat\.|Fed\.?\s?Reg\.)|"
    r"\bPub(?:lic|\.)\s?L(?:aw|\.)|\bP\.?\s?L\.|\bH\.?\s?R\.?\s?(?:Rep\.|Doc\.)?|"
    r"\bS\.\s?(?:Rep\.|Doc\.|Res\.)|"
    r"\b(?:Conf|Exec|Rel|Gen)\.|\bRelease|\bExecutive Order|\bDirective|\bRegulation|\bDecision|\bFlight|"
    r"\b(?:Mass|N\.Y|Cal|Tex|Fla|Ill|D\.C|R\.I|N\.H|Conn|Pa|Va|Wash|Ohio|P\.R)\.?\s[A-Z]"
    r"[\w.]{0,12}(?:\s[A-Z][\w.&]{0,10}){0,3}|"
    r"\b(?:Law|Act|Ordinance|Decree|Legislative Decree|Statutory Instrument|S\.?I\.?))"
    r"(?:\s?\(E[CU]\))?(?:\s{0,2}(?:[Nn]os?\.?|[Pp]ts?\.?|[Pp]arts?|§{1,2}|[Ss]ecs?\.?|"
    r"[Aa]rts?\.?|ch\.|c\.))?\s{0,3}"
    r"[\w.()\-–/:,§ ]{0,24}$"
)
# What counts or numbers parts of a text.
_PART = (
    r"(?:sub)?sections?|secs?\.?|§{1,3}|¶{1,2}|rules?|articles?|arts?\.?|clauses?|cl\.|"
    r"(?:sub)?paragraphs?|paras?\.?|"
    r"parts?|pt\.|chapters?|ch\.|schedules?|sched\.|appendix|appendices|annex(?:es)?|"
    r"items?|regulations?|regs?\.|notes?|"
    r"figures?|fig\.|tables?|titles?|steps?|guidelines?|canons?|principles?|recitals?|provisions?|covenants?|"
    r"u\.?s\.?s\.?g\.?|s\.|ss\.|r\.|rr\.|standards?|policy|procedure|chapter|exhibits?|"
    r"attachments?|forms?|questions?|subparts?"
)
_MORE = (
    r"(?:\s{0,2}(?=[\w.()\-]{0,12}\d)[\w.()\-]{1,14}"
    r"(?:,|;|\s(?:and|or|to|through|and/or)|\s?[-–]|,\s(?:and|or))){0,6}"
)
PART = re.compile(
    rf"(?:\b|(?<=\W)|^)(?:{_PART})\s{{0,3}}(?:[Nn]os?\.\s?)?{_MORE}\s{{0,3}}[(\[]?$", re.IGNORECASE
)
#: Words that announce a person's number; behind them no rule on numbers takes anything away.
LABEL = re.compile(
    r"(?:tel\b|teleph|telecop|telefax|phone|fax\b|facsim|mobile|\bcell|pager|call(?:ed|"
    r"ing)?\b|hotline|dial|account|acct|"
    r"\ba/c\b|iban|routing|\baba\b|sort[ -]code|swift|\bcards?\b|visa|mastercard|amex|"
    r"passport|licen[cs]e\s(?:no|num|#|id)|"
    r"driver|driving|social\ssec|\bssn|\bss\b|taxpayer|\btin\b|\bein\b|\bitin\b|\bvat\b|"
    r"national\sins|insurance\sn|"
    r"\bnhs\b|\bnino\b|identity|patient|medical\srec|\bmrn\b|\bdea\b|inmate|alien|"
    r"text(?:ed)?\s(?:to|at|him|her)|"
    r"whatsapp|contact|direct(?:\sline)?|born|birth|\bdob\b|e-?mail|reach(?:ed)?\s(?:him|her|me|us|at))"
    r"(?:[^.;\n]|\bnos?\.|\btel\.){0,34}$|\b(?:tel|ph|fax|mob|d\.o\.b)\.\s?(?:nos?\.?|number)?[\s:]{0,4}\+?\(?$",
    re.IGNORECASE,
)
