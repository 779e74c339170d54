"""`quality`: rules over signals. `RULES` is the one place where a rule, its thresholds and its source stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from curate.kernels.fields import FIELDS
from curate.rows import Rows
from curate.step import Batches, Threshold, drop, step

Preset = Literal["gopher", "c4", "fineweb", "legal"]
#: A rule's key in a pipeline file: a number, null for no such rule, or what the preset says.
Limit = float | Literal["preset"] | None

GOPHER = "Rae et al. 2021, appendix A1"
C4 = "Raffel et al. 2020, section 2.2; c4_utils.py"
FINEWEB = "Penedo et al. 2024, section 3.6"


@dataclass(frozen=True)
class Rule:
    """A document goes when its signal is below `min_signal` or above `max_signal`.

    `presets` gives the threshold of each preset that has the rule; `source` is where the first one comes from.
    """

    name: str
    presets: dict[str, float]
    source: str

    @property
    def signal(self) -> str:
        return self.name[4:]

    def value(self) -> pl.Expr:
        return pl.col("signals").struct.field(self.signal)

    def broken(self, threshold: float) -> pl.Expr:
        """Compared in the signal's own precision: 3 of 10 lines are not more than 0.3."""
        limit = pl.lit(threshold, pl.Float32 if FIELDS[self.signal] == pl.Float32 else pl.Float64)
        return self.value() < limit if self.name.startswith("min_") else self.value() > limit


#: In the order in which they are tried: the first that is broken is the reason. Where `legal` comes from is told
#: in docs/quality_legal.md.
RULES = (
    Rule("min_words", {"gopher": 50, "legal": 30}, GOPHER),
    Rule("max_words", {"gopher": 100_000}, GOPHER),
    Rule("min_mean_word_length", {"gopher": 3, "legal": 3}, GOPHER),
    Rule("max_mean_word_length", {"gopher": 10, "legal": 9}, GOPHER),
    Rule("max_symbol_word_ratio", {"gopher": 0.1, "legal": 0.4}, GOPHER),
    Rule("max_bullet_line_ratio", {"gopher": 0.9, "legal": 0.9}, GOPHER),
    Rule("max_ellipsis_line_ratio", {"gopher": 0.3, "legal": 0.3}, GOPHER),
    Rule("min_alpha_word_ratio", {"gopher": 0.8, "legal": 0.5}, GOPHER),
    Rule("min_stop_words", {"gopher": 2, "legal": 1}, GOPHER),
    Rule("max_duplicate_paragraph_fraction", {"gopher": 0.3}, GOPHER),
    Rule("max_duplicate_paragraph_char_fraction", {"gopher": 0.2, "legal": 0.4}, GOPHER),
    Rule("max_duplicate_line_fraction", {"gopher": 0.3}, GOPHER),
    Rule("max_duplicate_line_char_fraction", {"gopher": 0.2, "legal": 0.4}, GOPHER),
    Rule("max_top_2gram_char_fraction", {"gopher": 0.20, "legal": 0.2}, GOPHER),
    Rule("max_top_3gram_char_fraction", {"gopher": 0.18, "legal": 0.2}, GOPHER),
    Rule("max_top_4gram_char_fraction", {"gopher": 0.16, "legal": 0.3}, GOPHER),
    Rule("max_duplicate_5gram_char_fraction", {"gopher": 0.15, "legal": 0.55}, GOPHER),
    Rule("max_duplicate_6gram_char_fraction", {"gopher": 0.14, "legal": 0.53}, GOPHER),
    Rule("max_duplicate_7gram_char_fraction", {"gopher": 0.13, "legal": 0.51}, GOPHER),
    Rule("max_duplicate_8gram_char_fraction", {"gopher": 0.12, "legal": 0.49}, GOPHER),
    Rule("max_duplicate_9gram_char_fraction", {"gopher": 0.11, "legal": 0.47}, GOPHER),
    Rule("max_duplicate_10gram_char_fraction", {"gopher": 0.10, "legal": 0.45}, GOPHER),
    Rule("max_c4_lorem_ipsum_lines", {"c4": 0, "legal": 0}, C4),
    Rule("max_c4_curly_bracket_lines", {"c4": 0}, C4),
    Rule("min_c4_sentences", {"c4": 5}, C4),
    Rule("min_terminal_line_ratio", {"fineweb": 0.12}, FINEWEB),
    Rule("max_short_line_ratio", {"fineweb": 0.67, "legal": 0.9}, FINEWEB),
    Rule("max_duplicate_char_ratio", {"fineweb": 0.01}, FINEWEB),
    Rule("max_newline_word_ratio", {"fineweb": 0.3}, FINEWEB),
)


def _takes_rules(func: Callable[..., Batches]) -> Callable[..., Batches]:
    """Show every rule as a keyword-only parameter, so that `RULES` need not be written a second time."""
    signature = inspect.signature(func, eval_str=True)
    shown = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    for rule in RULES:
        presets = ", ".join(f"{preset} {limit:g}" for preset, limit in rule.presets.items())
        annotation = Annotated[Limit, Field(description=f"{presets} ({rule.source})")]
        keyword = inspect.Parameter.KEYWORD_ONLY
        shown.append(inspect.Parameter(rule.name, keyword, default="preset", annotation=annotation))
    func.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    return func


def limits(preset: str, thresholds: dict[str, Any]) -> list[tuple[Rule, float]]:
    """The rules in force and their thresholds: those of `preset`, replaced or switched off by `thresholds`.

    Raises:
        TypeError: `thresholds` names a rule that there is not.
        ValueError: there is no such preset.
    """
    if unknown := thresholds.keys() - {rule.name for rule in RULES}:
        raise TypeError(f"quality has no rule {', '.join(sorted(unknown))}")
    if preset not in Preset.__args__:  # type: ignore[attr-defined]
        raise ValueError(f"quality has no preset {preset!r}")
    given = {name: limit for name, limit in thresholds.items() if limit != "preset"}
    chosen = [(rule, given.get(rule.name, rule.presets.get(preset))) for rule in RULES]
    return [(rule, float(limit)) for rule, limit in chosen if limit is not None]


def judge(batch: Rows, rules: list[tuple[Rule, float]]) -> Rows:
    """Mark the documents of a batch with a column `signals` that break one of `rules`."""
    if not rules:
        return batch
    broken = pl.concat_list(
        pl.when(rule.broken(limit)).then(pl.lit(rule.name)) for rule, limit in rules
    ).list.drop_nulls()
    value = pl.coalesce(
        pl.when(rule.broken(limit)).then(rule.value().cast(pl.Float64)) for rule, limit in rules
    )
    limit = pl.coalesce(pl.when(rule.broken(limit)).then(pl.lit(limit)) for rule, limit in rules)
    reason = pl.coalesce(pl.when(rule.broken(limit)).then(pl.lit(rule.name)) for rule, limit in rules)
    detail = pl.struct(
        value.round_sig_figs(6).alias("value"),
        limit.alias("threshold"),
        reason.alias("rule"),
        broken.list.slice(1).alias("also"),
    ).struct.json_encode()
    return drop(batch, reason.is_not_null(), reason, detail)


def _judge(batch: Rows, *, preset: str, **thresholds: Any) -> Rows:
    return judge(batch, limits(preset, thresholds))


def _thresholds(params: dict[str, Any]) -> list[Threshold]:
    given = {name: limit for name, limit in params.items() if name not in ("preset", "thresholds")}
    return [
        Threshold(
            rule.name,
            f"signals.{rule.signal}",
            "min" if rule.name.startswith("min_") else "max",
            limit,
            rule.name,
        )
        for rule, limit in limits(params["preset"], given)
    ]


@step(judge=_judge, thresholds=_thresholds)
@_takes_rules
def quality(batches: Batches, *, preset: Preset = "gopher", **thresholds: Any) -> Batches:
    """Drop documents that break a rule of a preset; the reason is the rule's name.

    `gopher` is Gopher's quality and repetition rules, `c4` C4's for pages, `fineweb` FineWeb's own, `legal` what
    is left of them once they were measured on legal text (docs/quality_legal.md). Any rule can be set beside the
    preset (`min_words: 80`) or switched off (`max_symbol_word_ratio: null`). The detail gives value and threshold
    of the first broken rule and the names of the others. Signals are taken from the column `signals`, else
    computed and not kept.
    """
    from curate.kernels.measures import measure

    rules = limits(preset, thresholds)
    for batch in batches:
        if "signals" in batch.columns:
            if batch["signals"].null_count():  # documents that no `signals` has seen
                batch = batch.with_columns(measure(batch["text"]))
            yield judge(batch, rules)
        else:
            yield judge(batch.with_columns(measure(batch["text"])), rules).drop("signals")
