"""Making the rows of a stage: documents in planned order, candidates of each task, filters, acceptance in order."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from synth.config import SynthStage, TaskUse
from synth.corpus import Corpus
from synth.engine.budget import Budget
from synth.engine.engine import Engine
from synth.engine.scheduler import Outcome, Run
from synth.engine.store import Store
from synth.filters import usage
from synth.filters.base import Rejection
from synth.mine.passages import passages
from synth.produce import Candidate, Judged, Produced, mined, produce
from synth.samples import Passage, Sample

#: Seconds between lines of progress.
EVERY = 5.0


@dataclass
class Made:
    """What a stage made: the rows of each task, the filters' account, and what models cost."""

    produced: list[Produced]
    judged: Judged
    spent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def fewer(self) -> list[str]:
        """Why a task has fewer rows than it was asked for."""
        return [
            f"{p.use.label}: {p.account.kept:,} of {p.use.count:,} rows were accepted: {p.why_fewer}"
            for p in self.produced
            if p.why_fewer
        ]


async def make(stage: SynthStage, corpus: Corpus, responses: Path, *, limit: int | None, quiet: bool) -> Made:
    """Every task of a stage, one after the other, so that filters that remember see one order.

    Responses are kept in `responses` (SQLite), for this run and all later ones.
    """
    config, budget = stage.config, Budget(stage.config.budget)
    judged = Judged(usage.build(stage.filters))
    made = Made([], judged)
    async with AsyncExitStack() as stack:
        engine = None
        if stage.model != "embedded":
            store = stack.enter_context(Store(responses, read_only=config.replay))
            engine = await stack.enter_async_context(
                Engine(stage.model, store, budget=budget, replay=config.replay)
            )
        for use in stage.tasks:
            if limit is not None:
                use = replace(use, count=min(use.count, limit))
            documents = corpus.documents(stage.seed, config.strata)
            if use.task.model:
                assert engine is not None
                units = partial(_units, documents, use, config.passage_tokens, stage.seed)
                candidates = asked(use, units(), engine, stage.seed)
            else:
                candidates = mined(use, documents, stage.seed)
            told = _telling(candidates, use, budget if engine else None, quiet)
            async with aclosing(told) as stream:
                made.produced.append(await produce(use, stream, judged, config.output.format, stage.seed))
        if engine:
            meter = engine.meter
            counts = {
                k: getattr(meter, k)
                for k in ("model", "requests", "tokens_in", "tokens_out", "reused", "failures", "cost")
            }
            made.spent.append(counts | {"revision": engine.revision})
    return made


def _units(
    documents: Iterator[Passage], use: TaskUse, tokens: int, seed: int
) -> Iterator[tuple[Passage, Passage]]:
    """(document, passage) in the order in which they are tried: of each document some passages, chosen by a hash."""
    for document in documents:
        name = document.document
        cut = passages(name, document.text, source=document.source, title=document.title, budget=tokens)
        ranked = sorted(cut, key=lambda p: sha256(f"{seed}/{use.label}/{name}/{p.start}".encode()).digest())
        for passage in ranked[: use.per_document]:
            yield document, replace(passage, depth=document.depth, cluster=document.cluster)


async def asked(
    use: TaskUse, units: Iterator[tuple[Passage, Passage]], engine: Engine, seed: int
) -> AsyncGenerator[Candidate, None]:
    """Candidates of a task that asks a model, in the order of the passages whatever the order of answers."""
    under_way: deque[tuple[Passage, Passage]] = deque()

    def coroutines() -> Iterator[Any]:
        for document, passage in units:
            under_way.append((document, passage))
            yield partial(_one, use, passage)

    async with Run(coroutines(), engine.asker, slots=engine.capacity) as run:
        async for outcome in run:
            for candidate in _candidates(
                *under_way.popleft(), outcome, engine.settings.sampling.model_dump()
            ):
                yield candidate
        if run.stopped:
            yield Candidate(Passage("", 0, 0, ""), ended=run.stopped)


async def _one(use: TaskUse, passage: Passage, ask: Any) -> list[Sample | Rejection]:
    found: list[Sample | Rejection] = await use.task.func(passage, ask, **use.params)
    return found


def _candidates(
    document: Passage, passage: Passage, outcome: Outcome[Any], sampling: dict[str, Any]
) -> Iterator[Candidate]:
    if failure := outcome.failure:
        if failure.reason == "unanswered":
            yield Candidate(document, passage=passage, error=f"unanswered: {failure.detail}")
            return
        detail = {"error": failure.detail, "text": failure.text, "request": failure.key}
        yield Candidate(document, passage=passage, reason=failure.reason, detail=detail)
        return
    for found in outcome.result or []:
        if isinstance(found, Rejection):
            yield Candidate(document, passage=passage, reason=found.reason, detail=found.detail)
        else:
            yield Candidate(document, replace(found, meta={"sampling": sampling} | found.meta), passage)


async def _telling(
    candidates: AsyncIterator[Candidate], use: TaskUse, budget: Budget | None, quiet: bool
) -> AsyncGenerator[Candidate, None]:
    """The candidates, with a line of progress now and then; how many are accepted is told by the run's end."""
    last, done = time.monotonic(), 0
    async for candidate in candidates:
        done += 1
        yield candidate
        if not quiet and time.monotonic() - last > EVERY:
            last = time.monotonic()
            told = f", {budget.projection(done, min(done, use.count), use.count)}" if budget else ""
            print(f"{use.label}: {done:,} candidates for {use.count:,} rows{told}", file=sys.stderr)
