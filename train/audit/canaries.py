"""Canaries: invented secrets planted in a training corpus at known counts, by which memorisation is measured.

After Carlini et al. 2019, "The Secret Sharer" (arXiv:1802.08232): a fixed text around a secret that is drawn evenly
from a known space, so that the secret's rank among all that might have stood there tells what was learnt of it.
Canaries of count 0 are drawn the same way and never planted: what chance gives. Every canary names a person of its
own, so that its prefix asks for one secret alone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from curate.errors import ConfigError
from train.audit.carriers import CARRIERS, FIRST, LAST, TAIL, WORDS

_SLOT = re.compile(r"\[(\d)-(\d)\]|(#)|(<word>)")


@dataclass(frozen=True)
class Space:
    """All secrets of a form. In `pattern`, `#` is a digit, `[2-9]` one of a range, `<word>` one of 256 words; all
    else stands for itself."""

    pattern: str

    @cached_property
    def _parts(self) -> list[tuple[str, Sequence[str]]]:
        """(what stands before it, its choices) of each slot, then the end with a single choice."""
        out: list[tuple[str, Sequence[str]]] = []
        at = 0
        for slot in _SLOT.finditer(self.pattern):
            low, high, digit, _ = slot.groups()
            digits = "0123456789" if digit else "0123456789"[int(low) : int(high) + 1] if low else ""
            out.append((self.pattern[at : slot.start()], digits or WORDS))
            at = slot.end()
        return [*out, (self.pattern[at:], [""])]

    @property
    def size(self) -> int:
        """|R|, how many secrets there are."""
        size = 1
        for _, choices in self._parts:
            size *= len(choices)
        return size

    def secret(self, number: int) -> str:
        """The secret of that number, from 0 to size - 1: its slots are the digits of a number of mixed base."""
        out = ""
        for before, choices in reversed(self._parts):
            number, at = divmod(number, len(choices))
            out = before + choices[at] + out
        return out

    def draw(self, n: int, rng: random.Random, without: frozenset[str] = frozenset()) -> list[str]:
        """`n` different secrets, evenly drawn, none of `without`; all that are left where there are fewer."""
        drawn = rng.sample(range(self.size), min(self.size, n + len(without)))
        return [s for s in map(self.secret, drawn) if s not in without][:n]


class CanarySettings(BaseModel):
    """`canaries:` of a stage of training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counts: list[Annotated[int, Field(ge=1)]] = Field(
        default=[1, 4, 16, 64], min_length=1, description="how often each is planted"
    )
    each: int = Field(4, ge=1, description="canaries of each count (a multiple of 4 has each form as often)")
    controls: int = Field(16, ge=1, description="canaries that are not planted: what chance gives")
    vary: bool = Field(
        True, description="copies differ in their last words, so that they are no exact duplicates"
    )


@dataclass(frozen=True)
class Canary:
    """A planted secret. `text` is `prefix + secret + suffix`; `pattern` tells the space that the secret is drawn from;
    `count` is how often it is met, 0 for a control; `asked` is the count that was asked for, where training met it once
    more or less."""

    id: str
    form: str
    count: int
    prefix: str
    secret: str
    suffix: str
    pattern: str
    asked: int | None = None

    @property
    def group(self) -> int:
        """The count that it is reported under."""
        return self.count if self.asked is None else self.asked

    @property
    def text(self) -> str:
        """The document, without what differs between copies."""
        return self.prefix + self.secret + self.suffix

    @property
    def space(self) -> Space:
        """What the secret was drawn from."""
        return Space(self.pattern)


def plant(
    counts: Sequence[int] = (1, 4, 16, 64),
    each: int = 4,
    *,
    seed: int,
    controls: int = 16,
    forms: Sequence[str] = tuple(CARRIERS),
) -> list[Canary]:
    """`each` canaries of every count, and `controls` of count 0, the same for the same seed.

    Forms (`train.audit.carriers.CARRIERS`) take turns within a count. No two canaries have the same person, nor the
    same secret.

    Raises:
        ConfigError: more are asked for than there are persons, or a form is unknown.
    """
    wanted = [(count, i) for count in sorted(set(counts)) for i in range(each)]
    wanted = [(0, i) for i in range(controls)] + wanted
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    if len(wanted) > len(names):
        raise ConfigError(
            f"canaries: {len(wanted)} are asked for, {len(names)} can be made: lower each or controls"
        )
    if unknown := set(forms) - CARRIERS.keys():
        raise ConfigError(f"canaries: no form {', '.join(sorted(unknown))}; there are {', '.join(CARRIERS)}")
    rng = random.Random(f"{seed} canaries")
    out: list[Canary] = []
    for (count, i), name in zip(wanted, rng.sample(names, len(wanted)), strict=False):
        form = forms[i % len(forms)]
        pattern, carrier = CARRIERS[form]
        taken = frozenset(canary.secret for canary in out)
        [secret] = Space(pattern).draw(1, rng, taken)
        prefix, suffix = carrier.replace("{name}", name).split("{secret}")
        out.append(Canary(f"canary-{len(out):04}", form, count, prefix, secret, suffix, pattern, count))
    return out


def documents(canaries: Sequence[Canary], *, vary: bool = True) -> pl.DataFrame:
    """The rows to add to a corpus: `id`, `text`, `source` ("canaries"), each canary `count` times.

    With `vary` each copy ends in a note of its own, so that removing exact duplicates leaves them; near-duplicates
    they still are (a Jaccard similarity of word 5-grams above 0.85).
    """
    rows = []
    for canary in canaries:
        rng = random.Random(canary.id)  # not of the secret: a note must not tell it
        for copy in range(canary.count):
            tail = TAIL.format(copy=copy + 1, folio=rng.randrange(10, 1000)) if vary else ""
            rows.append((f"{canary.id}/{copy:04}", canary.text + tail, "canaries"))
    return pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String, "source": pl.String}, orient="row")


def save(canaries: Sequence[Canary], path: str | Path) -> None:
    """One canary a line, as JSON; for the owner's eyes alone (mode 0600), as who has them can take the measure."""
    lines = "".join(json.dumps(dataclasses.asdict(canary)) + "\n" for canary in canaries)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        os.fchmod(handle.fileno(), 0o600)  # it may have been there
        handle.write(lines)


def load(path: str | Path) -> list[Canary]:
    """What `save` wrote.

    Raises:
        ConfigError: there is no such file, or it holds something else.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return [Canary(**json.loads(line)) for line in lines if line.strip()]
    except OSError as error:
        raise ConfigError(f"canaries: {path} cannot be read: {error.strerror}") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"canaries: {path} is not what was saved with a model: {error}") from error
