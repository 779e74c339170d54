"""What a step is: `@step`, `drop`, `count`, and the three-part corpus step.

A step is a function from a stream of batches to a stream of batches; its keyword-only parameters are its keys
in a pipeline file. It lives in one file, `curate/steps/<name>.py`, and needs no registration beyond the decorator:

    @step(adds={"language": pl.String})
    def language(batches: Batches, *, keep: list[str]) -> Batches:
        model = load_model()                      # set-up stands above the loop
        for batch in batches:
            batch = batch.with_columns(...)
            yield drop(batch, ~pl.col("language").is_in(keep), "language")

A step neither loses nor invents rows: `drop` marks them, and whoever runs the step takes the marked ones out.
Called with a DataFrame instead of a stream, every step returns `Outcome(kept, dropped)`.

A step that must see the whole corpus returns `Corpus` from a function decorated with `@corpus_step`.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from curate.corpus import Corpus, Found, Round
from curate.documents import conform
from curate.rows import MARKS, Outcome, Threshold, address, attach, drop, split

__all__ = [
    "MARKS", "Batches", "Columns", "Corpus", "Found", "Outcome", "Round", "Step", "StepUse", "Threshold", "address",
    "attach", "corpus_step", "count", "counting", "drop", "load_step", "record", "split", "step",
]  # fmt: skip

Batches = Iterator[pl.DataFrame]
Schema = Mapping[str, Any]  # column -> polars data type


class Columns(dict[str, Any]):
    """The columns before a step (name -> polars type) as its `check` sees them, and what `source` can hold."""

    sources: tuple[str, ...] = ()


_counts: ContextVar[Counter[Any] | None] = ContextVar("curate_counts", default=None)


@contextmanager
def counting(counter: Counter[Any]) -> Iterator[None]:
    """Let `count` and `record` add to `counter` within the block."""
    token = _counts.set(counter)
    try:
        yield
    finally:
        _counts.reset(token)


def count(what: str, n: int = 1) -> None:
    """Add `n` to the running step's own counter `what` (it shows in the ledger: "mojibake repaired: 12")."""
    counter = _counts.get()
    if counter is not None and n:
        counter[what] += int(n)


def record(table: str, n: int = 1, **columns: str) -> None:
    """Add `n` to the row with these `columns` of the running step's table of counts: evidence `<step>/<table>`, with
    the column `n` beside them, summed over the corpus."""
    counter = _counts.get()
    if counter is not None and n:
        counter[table, *columns.items()] += int(n)


Declared = Schema | Callable[[dict[str, Any]], Schema]
Judge = Callable[..., Any]
Needed = Iterable[str] | Callable[[dict[str, Any]], Iterable[str]]


@dataclass(frozen=True)
class Step:
    """A step by its name: its function, the columns that it adds and needs, and how to call it."""

    name: str
    func: Callable[..., Any]
    module: str
    declared: Declared = field(default_factory=dict)
    needed: Needed = ()
    corpus: bool = False
    packages: tuple[str, ...] = ()
    check: Callable[[dict[str, Any], dict[str, Any]], None] | None = None
    reads: Callable[[dict[str, Any]], Iterable[str]] | None = None
    measures: bool = False
    changes_text: bool | Callable[[dict[str, Any]], bool] = False
    limits: tuple[str, ...] = ()
    told: Callable[[dict[str, Any]], list[str]] | None = None
    scrubber: Callable[[dict[str, Any], bytes], Any] | None = None
    secret: tuple[str, ...] = ()
    judge: Judge | None = None
    held: Callable[[dict[str, Any]], list[Threshold]] | None = None

    def thresholds(self, params: dict[str, Any]) -> list[Threshold]:
        """The numbers that documents are held to under `params`."""
        return self.held(self.filled(params)) if self.held else []

    def rewrites(self, params: dict[str, Any]) -> bool:
        """Whether the step changes texts under `params`."""
        return self.changes_text(self.filled(params)) if callable(self.changes_text) else self.changes_text

    def notes(self, params: dict[str, Any]) -> list[str]:
        """What `curate check` tells of the step under `params`."""
        return self.told(self.filled(params)) if self.told else []

    def files(self, params: dict[str, Any]) -> list[str]:
        """Local files that the parameters name; they are part of the fingerprint."""
        return sorted(self.reads(self.filled(params))) if self.reads else []

    def adds(self, params: dict[str, Any]) -> dict[str, Any]:
        """Columns (name -> polars type) that the step adds under `params`."""
        return dict(self.declared(self.filled(params)) if callable(self.declared) else self.declared)

    def needs(self, params: dict[str, Any]) -> set[str]:
        """Columns that must be there before the step under `params`."""
        return set(self.needed(self.filled(params)) if callable(self.needed) else self.needed)

    def filled(self, params: dict[str, Any]) -> dict[str, Any]:
        """`params` with the defaults of those not given."""
        return {p.name: p.default for p in self.parameters() if p.default is not p.empty} | params

    def parameters(self) -> list[inspect.Parameter]:
        """The keyword-only parameters: the step's keys in a pipeline file (`open_ended` allows others)."""
        signature = inspect.signature(self.func, eval_str=True)
        return [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]

    @property
    def open_ended(self) -> bool:
        """Whether the step takes keys of any name (`**params`)."""
        return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(self.func).parameters.values())

    def __call__(self, data: Any = None, **params: Any) -> Any:
        """`Outcome(kept, dropped)` of a DataFrame; of a stream of batches, a stream with marked rows."""
        if isinstance(data, pl.LazyFrame):
            data = data.collect()
        if isinstance(data, pl.DataFrame):
            return self._on_frame(data, self.validated(params))
        if self.corpus:
            return self.func(**params)
        return self.func(data, **params)

    def validated(self, params: dict[str, Any]) -> dict[str, Any]:
        """`params` as the types of the parameters take them.

        Raises:
            ValueError: a value does not fit its type.
        """
        from pydantic import TypeAdapter, ValidationError

        types = {p.name: p.annotation for p in self.parameters()}
        out = {}
        for key, value in params.items():
            try:
                out[key] = TypeAdapter(types[key]).validate_python(value) if key in types else value
            except ValidationError as error:
                told = "; ".join(str(e["msg"]).removeprefix("Value error, ") for e in error.errors())
                raise ValueError(f"{self.name}: {key}: {told}, not {value!r}") from None
        return out

    def _on_frame(self, frame: pl.DataFrame, params: dict[str, Any]) -> Outcome:
        batch = conform(frame)
        if not self.corpus:
            made = pl.concat(list(self.func(iter([batch]), **params)), how="vertical")
            return split(made.drop(c for c in made.columns if c.startswith("_") and c not in MARKS))
        corpus: Corpus = self.func(**params)
        if corpus.against:
            raise ValueError(f"{self.name} looks at earlier releases in a pipeline only: leave out 'against'")
        verdict: pl.DataFrame | None = None
        tables: dict[str, pl.DataFrame] = {}
        for round_ in corpus.rounds:
            wanted = None if verdict is None else verdict.drop("task", strict=False)
            seen = Found.of(round_.observe(batch, wanted))
            if seen.rows is None:
                raise ValueError(f"{self.name} observed nothing")
            solved = Found.of(round_.solve(address(seen.rows, batch, task=0, start=0)))
            assert solved.rows is not None
            gathered = Found.of(round_.gather([solved.rows])) if round_.gather else Found(solved.rows, {})
            tables |= seen.tables | solved.tables | gathered.tables
            verdict = gathered.rows
        assert verdict is not None, f"{self.name} has no rounds"
        return replace(split(corpus.apply(batch, verdict.drop("task", strict=False))), evidence=tables)


def step(
    *,
    adds: Declared | None = None,
    needs: Needed = (),
    packages: Iterable[str] = (),
    check: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
    files: Callable[[dict[str, Any]], Iterable[str]] | None = None,
    measures: bool = False,
    rewrites: bool | Callable[[dict[str, Any]], bool] = False,
    limits: tuple[str, ...] = (),
    notes: Callable[[dict[str, Any]], list[str]] | None = None,
    scrubber: Callable[[dict[str, Any], bytes], Any] | None = None,
    secret: tuple[str, ...] = (),
    judge: Judge | None = None,
    thresholds: Callable[[dict[str, Any]], list[Threshold]] | None = None,
) -> Callable[[Callable[..., Any]], Step]:
    """Make a step of a function from batches to batches.

    `adds` (column -> polars type) and `needs` (columns) are known before any work; either may be a function of
    the parameters. `packages`
    are importable names that the step needs from an extra; the check of a pipeline reports those missing.
    `check(params, columns)` raises ValueError, before any work, for what the parameters' types cannot say; `columns`
    are those before the step. `files(params)`
    names local files that the step will read: they must be there before any work, and a change in them rebuilds.
    What a step `measures` of texts is out of date behind one that `rewrites` them: the check of a pipeline tells.
    `limits` are parameters that only judge what came out: changing them rebuilds nothing. `notes(params)` are lines
    that `curate check` prints. A step that takes private data out has a `scrubber(params, key)` (`curate.private`);
    `secret` names parameters whose values manifests do not repeat. A step whose decision rests on kept columns alone
    has `judge(rows, **params)`, which marks rows (of a lazy frame too) as the step does, so that other parameters can
    be tried without a text; `thresholds(params)` are the numbers among them.
    """

    def made(func: Callable[..., Any]) -> Step:
        name, module = func.__name__, func.__module__
        return Step(
            name, func, module, adds or {}, needs, False, tuple(packages), check, files, measures, rewrites,
            limits, notes, scrubber, secret, judge, thresholds,
        )  # fmt: skip

    return made


def corpus_step(**declared: Any) -> Callable[[Callable[..., Corpus]], Step]:
    """Make a step of a function that returns `Corpus` (for what must see the whole corpus), declared as in `step`;
    its `limits` are what `Corpus.most` judges by."""

    def made(func: Callable[..., Corpus]) -> Step:
        return replace(step(**declared)(func), corpus=True)

    return made


@dataclass(frozen=True)
class StepUse:
    """A step as a pipeline uses it; `label` is its name, numbered where a stage uses it again."""

    name: str
    params: dict[str, Any]
    label: str = ""

    @property
    def step(self) -> Step:
        """The step itself."""
        found = load_step(self.name)
        assert found is not None, f"step {self.name} vanished after the check"
        return found


def load_step(name: str) -> Step | None:
    """The step called `name`: `curate/steps/<name>.py`, or any importable dotted path; None if there is none."""
    if not all(name.split(".")):
        return None
    module, _, attribute = name.rpartition(".") if "." in name else (f"curate.steps.{name}", "", name)
    if "." not in name and importlib.util.find_spec(module) is None:
        return None
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(error.name + ".")):
            return None
        raise
    return found if isinstance(found, Step) else None
