"""The embedded generator: reading comprehension and instructions from a text's own structure, without a model.

Every sample rests on spans of the document that it was mined from, so it is grounded by construction. The same
document, settings and seed give the same samples.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from synth.mine.document import Document
from synth.samples import Sample


def mine(
    document: str,
    text: str,
    *,
    source: str,
    title: str | None = None,
    kinds: Iterable[str] | None = None,
    seed: int = 0,
) -> Iterator[Sample]:
    """All samples of the given kinds (by default all) that `text` holds, the kinds in the order of their names.

    `document` is the document's id, as spans name it; `title` what people call it, taken from its beginning if None.
    `seed` changes wordings and what is drawn by hash, not what is found.

    Raises:
        ValueError: there is no such kind.
    """
    known = _kinds()
    wanted = list(dict.fromkeys(known if kinds is None else kinds))
    if unknown := [kind for kind in wanted if kind not in known]:
        raise ValueError(f"no such kind: {', '.join(unknown)}; there are {', '.join(known)}")
    seen = Document(document, text, source, title, seed)
    direct = {name for name, function in known.items() if not _derived(function)}
    derived = [name for name in known if name in wanted and name not in direct]
    found: list[Sample] = []
    for name in known:
        if name in direct and (derived or name in wanted):
            samples = list(known[name](seen))
            found += samples if derived else []
            yield from samples if name in wanted else []
    for name in derived:
        yield from known[name](seen, found)


def kinds() -> dict[str, str]:
    """Every kind's name with a line on what it is."""
    return {name: (function.__doc__ or "").strip().split("\n")[0] for name, function in _kinds().items()}


@lru_cache(maxsize=1)
def _kinds() -> dict[str, Callable[..., Iterator[Sample]]]:
    """The public functions of the modules in `synth.mine.miners` that give samples, by name."""
    import synth.mine.miners as package

    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        members = vars(import_module(f"{package.__name__}.{module.name}"))
        found |= {name: value for name, value in members.items() if _gives_samples(name, value, module.name)}
    return dict(sorted(found.items()))


def _gives_samples(name: str, value: object, module: str) -> bool:
    if (
        name.startswith("_")
        or not inspect.isfunction(value)
        or not value.__module__.endswith(f".miners.{module}")
    ):
        return False
    return bool(value.__annotations__.get("return") == "Iterator[Sample]")


def _derived(function: Callable[..., Any]) -> bool:
    """Whether a kind is made of the samples of others."""
    return "samples" in inspect.signature(function).parameters
