"""From candidates to accepted rows: exactly as many as asked, decided in candidate order, everything accounted for."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from curate.ledger import SourceAccount, StepTally
from synth import formats
from synth.config import TaskUse
from synth.filters.base import Context, Filters, Rejection, answer, asked, sources
from synth.samples import Passage, Sample
from synth.task import Format


@dataclass(frozen=True)
class Candidate:
    """What a task made at one place of its order: a sample, or why there is none (`reason`, or an `error` of the way
    there), of the document (and the passage of it) that it was made from."""

    document: Passage
    sample: Sample | None = None
    passage: Passage | None = None
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    ended: str = ""  # no candidate: why there are no more


@dataclass
class Produced:
    """The rows of one task, and its account."""

    use: TaskUse
    format: Format
    seed: int
    accepted: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    looked: list[dict[str, Any]] = field(default_factory=list)  # what gates look at, of accepted rows
    account: SourceAccount = field(default_factory=SourceAccount)
    why_fewer: str = ""

    def accept(self, candidate: Candidate, sample: Sample, context: Context) -> None:
        """Keep what passed every filter, as it left them."""
        row = self._row(candidate, sample)
        self.accepted.append(row)
        told = {
            "prompt": asked(sample, context),
            "answer": answer(sample),
            "source": "\n".join(sources(sample, context)),
        }
        self.looked.append({"id": row["id"]} | told)
        self.account.kept += 1
        self.account.characters_kept += len(formats.words(row))

    def reject(self, candidate: Candidate, step: str, rejection: Rejection) -> None:
        """Keep a candidate that did not, with what decided."""
        detail = json.dumps(rejection.detail, ensure_ascii=False, default=str)
        why = {"step": step, "reason": rejection.reason, "detail": detail}
        self.rejected.append(self._row(candidate, candidate.sample) | why)
        self.account.dropped[f"{step}: {rejection.reason}"] += 1

    def fail(self, candidate: Candidate) -> None:
        """Keep the error of a candidate that got no answer."""
        number = str(self.account.read)
        kind, _, told = candidate.error.partition(": ")
        row = {
            "source": self.use.label,
            "file": candidate.document.document,
            "position": number,
            "kind": kind,
            "error": told,
        }
        self.failed.append(row)
        self.account.failed[kind] += 1

    def _row(self, candidate: Candidate, sample: Sample | None) -> dict[str, Any]:
        document = candidate.document
        name = f"{self.use.label}/{self.account.read:07d}"
        made = sample or Sample(self.use.task.name, "")
        row = formats.row(name, self.use.label, made, self.format, document, self.seed)
        self.account.characters_read += len(formats.words(row))
        return row


async def produce(
    use: TaskUse, candidates: AsyncIterator[Candidate], judged: Judged, format_: Format, seed: int
) -> Produced:
    """Accept candidates in their order until the count is met, the budget is spent or there are no more."""
    out = Produced(use, format_, seed)
    of_document: Counter[str] = Counter()
    async for candidate in candidates:
        document = candidate.document
        if candidate.ended:
            out.why_fewer = candidate.ended
            return out
        if of_document[document.document] >= use.per_document:
            continue  # no candidate: its document has given all that it may
        out.account.read += 1
        out.account.split += 1
        if candidate.error:
            out.fail(candidate)
        elif candidate.sample is None:
            out.reject(candidate, use.label, Rejection(candidate.reason, candidate.detail))
        else:
            context = Context((candidate.passage or document,), {document.document: document.text})
            verdict = judged(candidate.sample, context, use.label)
            if isinstance(verdict, tuple):
                out.reject(candidate, *verdict)
            else:
                out.accept(candidate, verdict, context)
                judged.filters.accept(verdict, context)
                of_document[document.document] += 1
        if out.account.kept == use.count:
            return out
        if out.account.read >= use.budget:
            out.why_fewer = f"the budget of {use.budget:,} candidates is spent"
            return out
    out.why_fewer = (
        "the corpus has no more to give (more documents, a larger per_document, or a smaller count)"
    )
    return out


class Judged:
    """The filters of a stage (`synth.filters.base.Filters`) under account: rows in and out, reasons, seconds."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        self.tallies = {label: StepTally() for label, _ in filters.uses}

    def __call__(self, sample: Sample, context: Context, task: str) -> Sample | tuple[str, Rejection]:
        """The sample as it may go into the set, or the label of the filter that says no, with its rejection."""
        for label, decide in self.filters.uses:
            tally = self.tallies[label]
            tally.entered += 1
            tally.entered_of[task] += 1
            began = time.perf_counter()
            verdict = decide(sample, context)
            tally.seconds += time.perf_counter() - began
            if isinstance(verdict, Rejection):
                tally.dropped[verdict.reason] += 1
                tally.dropped_of.setdefault(verdict.reason, Counter())[task] += 1
                return label, verdict
            tally.left += 1
            sample = verdict or sample
        return sample


async def mined(use: TaskUse, documents: Iterable[Passage], seed: int) -> AsyncGenerator[Candidate, None]:
    """Candidates of a task that asks no model: of each document first one of every kind, then the second ones; which
    kind comes first is another in each document."""
    for document in documents:
        kinds: Counter[str] = Counter()
        ranked = []
        for number, sample in enumerate(use.task.func(document, **({"seed": seed} | use.params))):
            kinds[sample.kind] += 1
            lot = sha256(f"{seed}/{document.document}/{sample.kind}".encode()).digest()
            ranked.append((kinds[sample.kind], lot, number, sample))
        for *_, sample in sorted(ranked, key=lambda entry: entry[:3]):
            yield _candidate(document, sample)


def _candidate(document: Passage, sample: Sample) -> Candidate:
    """A sample with the passage that its prompt shows, if it does: as it stands there, which is not told of again."""
    shown = sample.meta.get("shown")
    if shown is None:
        return Candidate(document, sample)
    start, end = sample.meta["passage"]
    own = replace(sample, meta={name: value for name, value in sample.meta.items() if name != "shown"})
    return Candidate(document, own, replace(document, start=start, end=end, text=shown))
