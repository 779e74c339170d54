"""Contracts as web pages: navigation and footer around, headings, clauses, lists and tables."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from maker.people import PEOPLE, Planted
from maker.writer import PHRASES, Dice, Writer, company

#: folder -> title, the parties' names in the text, the folder's own clauses, those shared with others
KINDS = {
    "leases": ("Commercial Lease", "Landlord", "Tenant", "lease_clause", 4),
    "employment": ("Employment Agreement", "Company", "Employee", "employ_clause", 4),
    "services": ("Supply and Services Agreement", "Supplier", "Customer", "services_clause", 4),
    "licenses": ("Software License Agreement", "Licensor", "Licensee", "license_clause", 4),
    "loans": ("Credit Agreement", "Lender", "Borrower", "loan_clause", 4),
}
COMMON = {
    "Term": "term_clause",
    "Payment": "payment_clause",
    "Warranties": "warranty_clause",
    "Confidentiality": "confidentiality_clause",
    "Indemnity": "indemnity_clause",
    "Limitation of Liability": "liability_clause",
    "Insurance": "insurance_clause",
    "Termination": "termination_clause",
    "Notices": "notices_clause",
    "Governing Law and Disputes": "law_clause",
    "Assignment": "assignment_clause",
    "Force Majeure": "force_clause",
    "General Provisions": "general_clause",
}
#: Headings under which the wordings exclude one another.
ALTERNATIVE = {"Term", "Governing Law and Disputes"}
MENU = ["Home", "Search filings", "Browse by company", "Clause library", "Pricing", "Help", "Sign in"]
FOOT = ["Terms of use", "Privacy", "Cookie settings", "Contact", "Accessibility"]


@dataclass(frozen=True)
class Template:
    """What a contract is made from. Equal seeds give equal wording, whoever the parties are."""

    folder: str
    name: str
    seed: str

    @property
    def key(self) -> str:
        return f"{self.folder}/{self.name}.html"


def contract(template: Template, number: int, planted: Planted) -> str:
    """The page of one contract; `number` chooses the parties and who signs."""
    title, role_a, role_b, own, size = KINDS[template.folder]
    dice = Dice(f"parties {template.key}")
    first, second = company(dice), company(dice)
    write = Writer(
        template.seed, party_a=f"the {role_a}", party_b=f"the {role_b}", upper_a=f"THE {role_a.upper()}"
    )
    for slot in ("goods", "machine", "place", "title_job", "town", "county"):
        write.bound[slot] = Writer(f"{slot} {template.seed}").word(slot)
    intro = (
        f"This {title} is made between {first} (the “{role_a}”) and {second} (the “{role_b}”), "
        f"whose businesses are carried on at {write('town')} and elsewhere."
    )
    parts = [f"<h1>{title}</h1>", paragraph(intro)]
    parts += [paragraph(text) for text in write.some("recital", 2, 4)]
    parts += numbered(clauses(write, own, size), write)
    parts += [paragraph(write("signature")), signatures(number, template, planted)]
    return page(f"{title} between {first} and {second}", "\n".join(parts), template.folder)


def clauses(write: Writer, own: str, size: int) -> list[tuple[str, list[str]]]:
    """Headed clauses: definitions, the kind's own, then a choice of the common ones in their usual order."""
    found = [("Definitions", write.some("definitions", 1, 2)), ("Subject", write.some(own, size, size))]
    kept = set(write.dice.shuffled(sorted(COMMON))[: write.dice.number(9, 12)])
    for heading, rule in COMMON.items():
        if heading in kept:
            most = 1 if heading in ALTERNATIVE else 3
            found.append((heading, write.some(rule, 1, most)))
    return found


def numbered(found: list[tuple[str, list[str]]], write: Writer) -> list[str]:
    parts: list[str] = []
    for section, (heading, texts) in enumerate(found, 1):
        parts.append(f"<h2>{section}. {heading}</h2>")
        if heading == "Definitions":
            parts.append("<ol>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ol>")
        else:
            parts += [paragraph(f"{section}.{i} {text}") for i, text in enumerate(texts, 1)]
        if heading == "Payment":
            parts.append(table(write))
    return parts


def table(write: Writer) -> str:
    rows = [("Date due", "Amount", "Remarks")]
    for remark in write.dice.shuffled(
        ["first installment", "balance", "retention", "on acceptance", "deposit"]
    )[:4]:
        rows.append((write.fill("{date}"), write.fill("{money}"), remark))
    cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


def signatures(number: int, template: Template, planted: Planted) -> str:
    """Two signature blocks with name, mail address and telephone; in some an address, SSN or IBAN."""
    lines = []
    for who in (PEOPLE[number % len(PEOPLE)], PEOPLE[(3 * number + 11) % len(PEOPLE)]):
        kinds = ["name", "email", "phone"] + (["address"] if number % 2 else [])
        told = [planted.tell(who, kind, "contracts", template.key) for kind in kinds]
        lines.append("By: " + ", ".join(told))
    if template.folder == "employment":
        who = PEOPLE[number % len(PEOPLE)]
        lines.append(
            f"Employee's social security number: {planted.tell(who, 'ssn', 'contracts', template.key)}"
        )
    if template.folder == "loans":
        who = PEOPLE[number % len(PEOPLE)]
        lines.append(f"Payments to account {planted.tell(who, 'iban', 'contracts', template.key)}")
    return "".join(paragraph(line) for line in lines)


def paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>\n"


def page(title: str, main: str, crumb: str, language: str = "en", charset: str = "utf-8") -> str:
    """`main` in the dress of the invented document archive."""
    menu = "".join(f'<li><a href="/{i}">{name}</a></li>' for i, name in enumerate(MENU))
    foot = " | ".join(f'<a href="/{name.split()[0].lower()}">{name}</a>' for name in FOOT)
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="{charset}"><title>{escape(title)}</title>
<style>nav li {{ display: inline }} .note {{ color: gray }}</style>
<script>window.dataLayer = []; dataLayer.push({{"page": "{crumb}"}});</script></head>
<body>
<header><nav><ul>{menu}</ul></nav></header>
<div class="breadcrumb">Home &gt; Documents &gt; {crumb.title()}</div>
<main><article>
{main}</article></main>
<aside class="note">Related documents: {", ".join(sorted(PHRASES["form"]))}. Sign up for alerts.</aside>
<footer><p>{foot}</p><p>© 2024 Meridian Document Archive. All rights reserved.</p></footer>
</body>
</html>
"""
