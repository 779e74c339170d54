"""The report as one HTML file: styles, script and figures inside, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from curate.display import visible
from curate.report import beside, charts, figures
from curate.report.marks import marked

HERE = Path(__file__).parent


def page(told: dict[str, Any]) -> str:
    """The page of what `curate.report.gather` told. Every string of it is escaped and made visible."""
    script = (HERE / "page.js").read_text(encoding="utf-8")
    sha = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        r=told,
        style=Markup(
            "".join((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "blocks.css"))
        ),
        script=Markup(script),
        script_sha=sha,
        trial=embedded(told.get("trial")),
        fates=fates(told),
        charts=charts,
        marked=marked,
        by_weight=by_weight,
        by_sides=by_sides,
    )


def embedded(value: Any) -> Markup:
    """JSON that ends no script element, whatever stands in it."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def by_weight(signals: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Signals, those first whose thresholds took most documents."""
    return sorted(signals, key=lambda signal: (-sum(signal["dropped_by_it"]), signal["signal"]))


Groups = list[tuple[str, list[dict[str, Any]]]]


def by_sides(samples: list[dict[str, Any]]) -> tuple[Groups, Groups]:
    """Samples by the threshold that they are near to: thresholds that took documents, and those that took none."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        groups.setdefault(sample["about"], []).append(sample)
    ranked = sorted(groups.items())
    return [g for g in ranked if not all(s["kept"] for s in g[1])], [
        g for g in ranked if all(s["kept"] for s in g[1])
    ]


def fates(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Of every source, and of all, what became of its documents, characters and tokens: the parts of a bar.

    Characters and tokens of failed records are not known; those that steps cut out of texts are `cut`.
    """
    rows = [_fate(source, told["steps"]) for source in told["sources"]]
    whole: dict[str, Any] = {"source": "all sources", "units": {}}
    for unit in ("documents", "characters", "tokens"):
        parts: dict[str, int] = {}
        for row in rows:
            for name, n in row["units"][unit]["parts"].items():
                parts[name] = parts.get(name, 0) + n
        order = ["kept", *(step["step"] for step in told["steps"]), "failed", "cut"]
        whole["units"][unit] = {
            "parts": {part: parts[part] for part in order if part in parts},
            "read": sum(row["units"][unit]["read"] for row in rows),
            "kept": sum(row["units"][unit]["kept"] for row in rows),
        }
    return [whole, *rows]


def _fate(source: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    name = source["source"]
    units: dict[str, Any] = {}
    for unit in ("documents", "characters", "tokens"):
        kept = source["kept"] if unit == "documents" else source[f"{unit}_kept"]
        parts = {"kept": kept} | {step["step"]: step[f"{unit}_dropped"].get(name, 0) for step in steps}
        if unit == "documents":
            parts["failed"] = source["failed"]
        if unit == "characters" and (
            cut := sum(max(0, step["characters_cut"].get(name, 0)) for step in steps)
        ):
            parts["cut"] = cut
        units[unit] = {
            "parts": {part: n for part, n in parts.items() if n},
            "read": source["read"] if unit == "documents" else source[f"{unit}_read"],
            "kept": kept,
        }
    return {"source": name, "units": units}


@lru_cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
    )
    environment.tests["any"] = any
    environment.globals |= {"beside": beside, "figures": figures}
    environment.filters |= {"pair": lambda section: (section["id"], section["title"])} | {
        "n": _count,
        "short": _short,
        "share": _share,
        "val": _value,
    }
    return environment.get_template("page.html")


def _shown(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return "–" if value is None else value


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _short(value: float) -> str:
    """76,739,476 as 76.7 M."""
    for size, unit in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            scale = 1e3 if unit == " k" else size
            return f"{value / scale:.3g}{unit}" if value / scale < 1000 else f"{value / scale:.0f}{unit}"
    return f"{value:,.0f}"


def _share(part: float, whole: float) -> str:
    if not whole:
        return "–"
    share = 100 * part / whole
    return "<0.1%" if 0 < share < 0.05 else f"{share:.1f}%"


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return visible(str(value), lines=False)
    return charts.number(value)
