"""Patience with a server: what it says about waiting is heard, up to a limit.

The client of huggingface_hub tries some requests again and others not, waits as long as it is told, and does not
understand a date. So the client is told to fail at once, and the whole attempt is made again: it looks at what the
server has and goes on from there, which is the same as running the command again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from curate.errors import RunError

#: Seconds to wait at most, whatever a server asks for, and seconds of silence after which a connection is given up.
MOST_WAIT, SILENCE = 600.0, 300.0
#: Attempts in a row that bring nothing forward.
TRIES = 8
#: What passes: timeouts, rate limits, servers that are down.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

T = TypeVar("T")

nap = time.sleep  # by its own name, so that tests can wait without waiting


class Again(Exception):
    """A request failed in a way that another try may mend; `wait` in seconds, where the server said when."""

    def __init__(self, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.reason, self.wait = reason, wait


def asked(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a response asks to wait: `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3), or the
    Hub's `ratelimit` header; None where it does not say. `now` is the time in seconds since 1970."""
    from huggingface_hub.utils import parse_ratelimit_headers

    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    limit = parse_ratelimit_headers(headers)
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else None


class Progress:
    """How many requests brought something forward: a file that was taken, a commit that was made."""

    def __init__(self) -> None:
        self.steps = 0

    def saw(self, method: str, path: str, status: int) -> None:
        """Count one response."""
        if status < 400 and (method == "PUT" or "/commit/" in path):
            self.steps += 1


@contextlib.contextmanager
def failing_fast(progress: Progress) -> Iterator[None]:
    """The client of huggingface_hub raises `Again` at once where it would try again by itself."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def factory() -> Any:
        client: Any = default_client_factory()
        client.timeout = SILENCE
        send = client.send

        def once(request: Any, **options: Any) -> Any:
            where = f"{request.method} {request.url.path}"
            try:
                response = send(request, **options)
            except Exception as error:
                if not _of_transport(error):
                    raise
                raise Again(f"{where}: {type(error).__name__} {error}".rstrip()) from error
            if response.status_code in _PASSING:
                wait = asked(response.headers, time.time())
                response.close()
                raise Again(f"{where}: {response.status_code} {response.reason_phrase}", wait)
            progress.saw(request.method, request.url.path, response.status_code)
            return response

        client.send = once
        return client

    set_client_factory(factory)
    try:
        yield
    finally:
        set_client_factory(default_client_factory)


def _of_transport(error: BaseException) -> bool:
    """Whether a connection failed: an error of httpx or of httpx2, by which the versions of the client differ."""
    return any(kind.__name__ == "TransportError" for kind in type(error).__mro__)


def passing(error: BaseException | None) -> Again | None:
    """The `Again` that an error is or was caused by; connections that broke below Python count too."""
    while error is not None:
        if isinstance(error, Again):
            return error
        if isinstance(error, ConnectionError | TimeoutError):
            return Again(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return None


def patiently(attempt: Callable[[], T], progress: Progress, say: Callable[[str], None]) -> T:
    """Make an attempt until it succeeds, waiting as asked, else 1, 2, 4, … seconds.

    Raises:
        RunError: `TRIES` attempts in a row brought nothing forward.
    """
    tries, before = 0, progress.steps
    while True:
        try:
            return attempt()
        except Exception as error:
            again = passing(error)
            if again is None:
                raise
            tries, before = (0, progress.steps) if progress.steps > before else (tries, before)
            tries += 1
            if tries > TRIES:
                raise RunError(
                    f"gave up after {TRIES} tries without progress ({again.reason}); what arrived is kept, "
                    "run the same command to go on"
                ) from None
            wait = min(float(2 ** (tries - 1)) if again.wait is None else again.wait, MOST_WAIT)
            say(f"{again.reason}; trying again in {wait:.0f} s ({tries} of {TRIES})")
            nap(wait)
