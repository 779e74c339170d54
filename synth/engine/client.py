"""OpenAI-compatible servers: one request sent once, and what its failure means.

The SDK retries nothing: how often and when is `pace`'s to say. Its aiohttp transport is used, since the default one
costs 25 ms of processor time per request. Responses are read as plain JSON: what servers leave out or add breaks
nothing. Samples are requests of their own: many servers ignore `n`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

import orjson

from curate.display import clipped
from curate.errors import ConfigError, RunError
from curate.publish.retry import asked
from synth.engine.answer import Reply
from synth.engine.pace import Pace, Setback
from synth.engine.request import Request
from synth.engine.settings import Server

#: Refusals of a request as such; another try has the same end.
REFUSALS = frozenset({400, 413, 422})
#: What passes. 529: some hosted servers are overloaded in this number.
LIMITED, PASSING = frozenset({429, 503, 529}), frozenset({408, 409, 425})
#: Seconds to connect, and seconds that an idle connection is kept (below what servers and balancers do themselves).
CONNECT, IDLE = 10.0, 15.0
#: Headers that tell a server about the user's machine.
_TELLING = ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")


class Failed(Exception):
    """A request that may be tried again; `wait` in seconds where the server said when."""

    def __init__(self, kind: Setback, message: str, wait: float | None = None):
        super().__init__(message)
        self.kind, self.wait = kind, wait


class Refused(Exception):
    """The server will not take this request, now or later."""


class Servers:
    """Equal servers, by number, each at a pace of its own."""

    def __init__(self, settings: Server):
        self.settings = settings
        self.paces = [Pace(settings.in_flight) for _ in settings.addresses]
        self._holds_schemas: bool | None = None if settings.structured == "auto" else False
        self._key = _key(settings.api_key_env)
        self._clients = [self._client(address) for address in settings.addresses]

    def _client(self, address: str) -> Any:
        try:
            import httpx2
            from openai import AsyncOpenAI, DefaultAioHttpClient, Omit
        except ImportError:
            raise ConfigError("a model behind a server needs openai: pip install 'curate[synth]'") from None

        most = self.settings.in_flight
        timeout = httpx2.Timeout(self.settings.timeout, connect=min(CONNECT, self.settings.timeout))
        # Redirects would carry the key elsewhere. Without max_connections aiohttp has its own limit of 100.
        http = DefaultAioHttpClient(
            limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most, keepalive_expiry=IDLE),
            timeout=timeout,
            follow_redirects=False,
        )
        silent: Any = {f"X-Stainless-{name}": Omit() for name in _TELLING}
        # A key is always given: without one the SDK would send that of OPENAI_API_KEY to any server.
        return AsyncOpenAI(
            base_url=address,
            api_key=self._key or "none",
            max_retries=0,
            timeout=timeout,
            http_client=http,
            default_headers=silent,
        )

    async def send(self, server: int, request: Request) -> Reply:
        """Send `request` to the server of this number.

        A server that refuses a request with a schema is asked without; if it then answers, no more schemas are sent.

        Raises:
            Failed, Refused: see there. RunError: no request can succeed (wrong key, unknown model, empty account).
        """
        constrained = request.schema is not None and self._holds_schemas is not False
        try:
            reply = await self._post(server, request, constrained=constrained)
        except Refused:
            if not constrained or self._holds_schemas:
                raise
            reply = await self._post(server, request, constrained=False)
            self._holds_schemas = False
        else:
            if constrained:
                self._holds_schemas = True
        return reply

    async def _post(self, server: int, request: Request, *, constrained: bool) -> Reply:
        import httpx2
        import openai

        body = {"model": request.model, "messages": list(request.messages), **request.parameters()}
        if constrained:
            held = {"name": "answer", "schema": request.held, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": held}
        where = self.settings.addresses[server]
        try:
            # The SDK's limits are per read; a server that drips bytes would hold a slot for ever.
            async with asyncio.timeout(self.settings.timeout):
                response = await self._clients[server].post(
                    "/chat/completions", cast_to=httpx2.Response, body=body
                )
        except openai.APIStatusError as error:
            raise self._meaning(where, error) from None
        except (TimeoutError, openai.OpenAIError) as error:
            cause = _root(error)
            if isinstance(cause, TimeoutError):
                raise Failed("timeout", f"{where}: no answer in {self.settings.timeout:g} s") from None
            raise Failed(
                "failed", f"{where}: {type(cause).__name__} {self._hidden(str(cause))}".rstrip()
            ) from None
        try:
            return _reply(orjson.loads(response.content), request, constrained)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            kind = response.headers.get("content-type", "no content type")
            start = self._hidden(response.text)
            raise Failed("failed", f"{where}: not a chat completion but {kind}: {start}") from None

    def _meaning(self, where: str, error: Any) -> Exception:
        """What a status above 399 says of the request, of the server, or of the run."""
        status = error.status_code
        told = self._hidden(_text(error))
        message = f"{where}: {status} {told}".rstrip()
        empty = error.code == "insufficient_quota"
        if status in LIMITED and not empty:
            return Failed("limited", message, waiting(error.response.headers, time.time()))
        if status >= 500 or status in PASSING:
            return Failed("failed", message, waiting(error.response.headers, time.time()))
        if status in REFUSALS:
            return Refused(f"{status} {told}".rstrip())
        variable = self.settings.api_key_env
        hint = ""
        if status in (401, 403):
            hint = f" (the key is that of {variable})" if variable else " (no api_key_env is set)"
        return RunError(f"{message}{hint}")

    def _hidden(self, text: str) -> str:
        """A server's words without the key, fit for a terminal and a log."""
        return clipped(text.replace(self._key, "…") if self._key else text, 500, lines=False)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.close()


def _key(variable: str | None) -> str:
    if variable is None:
        return ""
    if not (key := os.environ.get(variable, "").strip()):
        raise ConfigError(f"environment variable {variable} (api_key_env) is not set: export {variable}=…")
    return key


def _root(error: BaseException) -> BaseException:
    """What an error began as: the transport calls broken and refused connections time-outs too."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def waiting(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a response asks to wait, None where it does not say: `retry-after-ms`, or as `asked` reads it."""
    try:
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        return asked(headers, now)


def _text(error: Any) -> str:
    """The message in an error's body, or the body."""
    body = error.body
    if isinstance(body, Mapping):
        told = body.get("message") or body.get("detail") or body.get("error") or body
        return told if isinstance(told, str) else orjson.dumps(told, default=str).decode()
    return str(error.response.text)


def _reply(body: Any, request: Request, constrained: bool) -> Reply:
    """A response's first choice. Where a server does not count tokens, four characters are taken for one."""
    choice = body["choices"][0]
    message = choice["message"]
    text = message.get("content") or ""
    usage = body.get("usage") or {}
    said = sum(len(turn["content"]) for turn in request.messages)
    return Reply(
        text=text if isinstance(text, str) else "".join(part.get("text", "") for part in text),
        finish_reason=str(choice.get("finish_reason") or ""),
        tokens_in=int(usage.get("prompt_tokens") or said // 4),
        tokens_out=int(usage.get("completion_tokens") or len(text) // 4),
        served=str(body.get("model") or ""),
        constrained=constrained,
        reasoning=str(message.get("reasoning_content") or message.get("reasoning") or ""),
    )
