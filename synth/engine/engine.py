"""One model to ask: from the store if it was ever answered, else from its servers, patiently and within a budget."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from curate.errors import ConfigError, RunError
from synth.engine.answer import Answer, Missing, Rejected, Reply
from synth.engine.budget import Budget
from synth.engine.client import Failed, Refused, Servers
from synth.engine.local import Local
from synth.engine.pace import COST, TRIES, Pace, Pool, pause
from synth.engine.request import Messages, Request
from synth.engine.settings import Sampling, Server, Transformers
from synth.engine.store import Store
from synth.engine.structured import Unfit, instructed, json_schema, parsed, repairing, strict_schema

#: Different requests refused in a row, with nothing answered yet, after which it is not the requests that are wrong.
ALL_REFUSED = 20


class Ask(Protocol):
    """What a candidate is given. `schema` is a pydantic model; `sample` tells equal requests apart; `sampling`
    overrides the settings' for this request.

    Raises:
        Rejected: there is no usable answer, with the reason.
    """

    async def __call__(
        self, messages: Messages, schema: type[BaseModel] | None = None, sample: int = 0, **sampling: Any
    ) -> Answer: ...


class Backend(Protocol):
    """Whatever answers requests: servers, or a model in this process."""

    paces: list[Pace]

    async def send(self, server: int, request: Request) -> Reply: ...

    async def close(self) -> None: ...


class Engine:
    """A model with its store and budget. With `replay` nothing is asked of any model: the store must have everything.

    Raises:
        ConfigError: the client's package or its key is missing, or the local model cannot be loaded.
    """

    def __init__(
        self,
        settings: Server | Transformers,
        store: Store,
        *,
        budget: Budget | None = None,
        replay: bool = False,
    ):
        self.settings, self.store, self.budget = settings, store, budget or Budget()
        self.replay = replay
        self.model, self.revision = _identity(settings)
        self._backend: Backend | None = None if replay else _backend(settings)
        self._pool = Pool(self._backend.paces if self._backend else [])
        self.meter = self.budget.meter(self.model, settings.price, lambda: self._pool.in_flight)
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._refused: list[str] = []

    @property
    def capacity(self) -> int:
        """Requests under way at once, at most."""
        return sum(pace.most for pace in self._pool.paces) or self.settings.in_flight

    def asker(self, number: int) -> Ask:
        """`ask` for the candidate of this number: where slots are short, the lowest number comes first."""
        return partial(self.ask, priority=number)

    async def ask(
        self,
        messages: Messages,
        schema: type[BaseModel] | None = None,
        sample: int = 0,
        *,
        priority: int = 0,
        **sampling: Any,
    ) -> Answer:
        """See `Ask`.

        Raises:
            Rejected: this request has no usable answer. Spent: the budget does not reach. RunError: no request will
            succeed, or a replay lacks a response. ConfigError: `sampling` is wrong.
        """
        request = self._request(messages, schema, sample, sampling)
        reply, stored = await self._answered(request, priority)
        answer = Answer(
            text=reply.text,
            parsed=None,
            key=request.key,
            model=self.model,
            revision=self.revision,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            finish_reason=reply.finish_reason,
            from_store=stored,
            repaired=False,
        )
        if schema is None:
            return answer
        try:
            return replace(answer, parsed=parsed(reply.text, schema))
        except Unfit as unfit:
            return await self._repaired(request, answer, schema, unfit, priority)

    async def _repaired(
        self, request: Request, first: Answer, schema: type[BaseModel], unfit: Unfit, priority: int
    ) -> Answer:
        """A second request that shows the error; its key is its own."""
        second = replace(request, messages=repairing(request.messages, first.text, unfit))
        reply, stored = await self._answered(second, priority)
        try:
            value = parsed(reply.text, schema)
        except Unfit as still:
            raise Rejected("schema", str(still), text=reply.text, key=second.key) from None
        return replace(
            first,
            text=reply.text,
            parsed=value,
            key=second.key,
            tokens_in=first.tokens_in + reply.tokens_in,
            tokens_out=first.tokens_out + reply.tokens_out,
            finish_reason=reply.finish_reason,
            from_store=first.from_store and stored,
            repaired=True,
        )

    def _request(
        self, messages: Messages, schema: type[BaseModel] | None, sample: int, sampling: dict[str, Any]
    ) -> Request:
        chosen = self.settings.sampling
        try:
            if sampling:
                chosen = Sampling.model_validate({**chosen.whole, **sampling})
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            raise ConfigError(f"sampling: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
        turns: tuple[Mapping[str, str], ...] = tuple(messages)
        structured = self.settings.structured if isinstance(self.settings, Server) else "never"
        if schema is None:
            return Request(self.model, self.revision, turns, chosen, sample=sample)
        held = strict_schema(schema) if structured == "auto" and not self.replay else None
        told = instructed(turns, schema)
        return Request(
            self.model, self.revision, told, chosen, json_schema(schema), structured, sample, held=held
        )

    async def _answered(self, request: Request, priority: int) -> tuple[Reply, bool]:
        """A reply that can be used, and whether the store had it."""
        reply, stored = await self._reply(request, priority)
        wrong = partial(Rejected, text=reply.text, key=request.key)
        if reply.error:
            raise wrong("refused", reply.error)
        if reply.finish_reason == "length":
            raise wrong("truncated", f"met max_tokens ({request.sampling.max_tokens})")
        if reply.finish_reason == "content_filter":
            raise wrong("filtered", "the server's content filter stopped the answer")
        if not reply.text.strip():
            raise wrong("empty", f"no text (finish reason '{reply.finish_reason}')")
        return reply, stored

    async def _reply(self, request: Request, priority: int) -> tuple[Reply, bool]:
        while True:
            if (kept := self.store.get(request.key)) is not None:
                self.meter.reused += 1
                return kept, True
            if self._backend is None:
                raise Missing(
                    f"replay: {self.store.path} has no response to request {request.key} ({self.model})"
                )
            other = self._under_way.get(request.key)
            if other is None:
                break
            await asyncio.wait([other])  # an equal request is under way: it is paid for once
        mine = self._under_way[request.key] = asyncio.get_running_loop().create_future()
        try:
            return await self._fetched(request, priority, self._backend), False
        finally:
            del self._under_way[request.key]
            mine.set_result(None)

    async def _fetched(self, request: Request, priority: int, backend: Backend) -> Reply:
        """Ask until there is an answer, a refusal, or no patience left; answer and refusal are kept."""
        spent, failures = 0.0, 0
        while True:
            server = await self._pool.take(priority)
            pace = backend.paces[server]
            started = pace.clock()
            try:
                self.budget.check()
                reply = await backend.send(server, request)
                self._kept(request, reply, pace)
                return reply
            except Refused as refused:
                reply = Reply(error=str(refused))
                self._kept(request, reply, pace)
                return reply
            except Failed as failed:
                self.meter.failures += 1
                pace.setback(failed.kind, request.key, started, failed.wait)
                if all(each.hopeless for each in backend.paces):
                    raise RunError(f"{self.model} answers nothing but errors, the last: {failed}") from None
                spent += 0.0 if pace.in_doubt else COST[failed.kind]
                failures += 1
                if spent >= TRIES:
                    raise Rejected(
                        "unanswered", f"{failures} tries, the last: {failed}", key=request.key
                    ) from None
                delay = pause(failures) if failed.kind == "failed" else 0.0
            finally:
                self._pool.give(server)
            await asyncio.sleep(delay)

    def _kept(self, request: Request, reply: Reply, pace: Pace) -> None:
        """No await lies between receiving and keeping: what arrived is kept, whatever is cancelled."""
        pace.success()
        self.store.put(request, reply)
        if not reply.error:
            self.meter.charge(reply)
            self._refused.clear()
            return
        if self.meter.requests == 0:
            self._refused.append(request.key)
            if len(self._refused) >= ALL_REFUSED:
                self.store.forget(self._refused)
                raise RunError(f"{self.model} refuses every request, the last: {reply.error}")

    async def close(self) -> None:
        """Close connections; the store stays open, it may serve other models."""
        if self._backend:
            await self._backend.close()

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _identity(settings: Server | Transformers) -> tuple[str, str | None]:
    if isinstance(settings, Server):
        return settings.name, settings.revision
    from synth.engine import local

    return local.identity(settings)


def _backend(settings: Server | Transformers) -> Backend:
    return Servers(settings) if isinstance(settings, Server) else Local(settings)
