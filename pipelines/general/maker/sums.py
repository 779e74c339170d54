"""Pages of simple arithmetic, in words: sums, counting, ages, prices."""

from __future__ import annotations

from maker.grammar import Writer, plural, words


def sums(write: Writer) -> str:
    """A page of small problems with their answers."""
    kinds = write.dice.shuffled([apples, ages, prices, counting, doubles, days, rest, twice])
    intro = write.fill(
        "<Some|A few|Easy> <sums|problems> for <the {season}|rainy days|{weekday}|the school of {town}>."
    )
    parts = [problem(write) for problem in kinds[: write.dice.number(5, 8)]]
    return "\n\n".join([intro, *parts, write("sums_end")])


def _two(write: Writer, high: int = 10) -> tuple[int, int]:
    return write.dice.number(1, high), write.dice.number(1, high)


def apples(write: Writer) -> str:
    x, y = write.dice.number(2, 9), write.dice.number(1, 9)
    return write.fill(
        f"{{p=person}} has {words(x)} {{f=fruit.s}} and gets {words(y)} more from {{person}}."
        f" How many {{f.s}} does {{p.he}} have now? {words(x)} and {words(y)} is {words(x + y)},"
        f" so {{p}} has {words(x + y)}."
    )


def rest(write: Writer) -> str:
    y, left = _two(write, 8)
    x = y + left
    return write.fill(
        f"There were {words(x)} {{q=animal.s}} <in the {{land}}|{{pp}}>, and {words(y)} went away."
        f" {words(x)} less {words(y)} is {words(left)}, so {words(left)} <stayed|were left>."
    )


def ages(write: Writer) -> str:
    x, y = write.dice.number(4, 40), write.dice.number(2, 9)
    return write.fill(
        f"{{p=person}} is {words(x)} years old, and {{p.his}} cousin {{d=person}} is {words(y)} years older."
        f" Then {{d}} is {words(x + y)}. Next year {{p}} will be {words(x + 1)}."
    )


def prices(write: Writer) -> str:
    one, many = write.dice.number(2, 9), write.dice.number(2, 9)
    return write.fill(
        f"At the market of {{t=town}} a {{x=thing}} costs {words(one)} crowns. What do {words(many)}"
        f" {{x.s}} cost? {words(many)} times {words(one)} is {words(one * many)},"
        f" so they cost {words(one * many)} crowns."
    )


def counting(write: Writer) -> str:
    start, step = write.dice.number(1, 60), write.dice.choose([1, 1, 2, 5, 10])
    row = ", ".join(words(start + step * i) for i in range(6))
    return write.fill(
        f"{{p=person}} counts in steps of {words(step)}: {row}. <Then {{p.he}} stops|And so on>."
    )


def doubles(write: Writer) -> str:
    x = write.dice.number(2, 30)
    return write.fill(
        f"Half of {words(2 * x)} {{v=vegetable.s}} is {words(x)} {{v.s}}, because twice {words(x)} is"
        f" {words(2 * x)}. {{p=person}} and {{person}} <share|divide> them, and each gets {words(x)}."
    )


def twice(write: Writer) -> str:
    x = write.dice.number(2, 12)
    noun = write.dice.choose(["table", "horse", "chair", "cow"])
    return write.fill(
        f"A {noun} has four legs. How many legs have {words(x)} {plural(noun)}?"
        f" {words(x)} times four is {words(4 * x)}."
    )


def days(write: Writer) -> str:
    x = write.dice.number(2, 6)
    return write.fill(
        f"A week has seven days. {words(x)} weeks have {words(7 * x)} days, for seven times {words(x)} is"
        f" {words(7 * x)}. In this time {{p=person}} {{verb_work.ed}} {words(7 * x)} {{thing.s}}, one a day."
    )
