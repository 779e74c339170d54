"""Commands that look at what is there: documents, changes since a release, what was hidden. No logic here either."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import click

from curate.display import visible

AS_JSON = click.option("--json", "as_json", is_flag=True, help="End with one JSON object on standard output.")
STAGE = click.option("--stage", metavar="STAGE", help="Which stage of an output folder.")


def echo_json(value: Any) -> None:
    """One line of JSON, of ASCII alone: a terminal shows what a document holds, and obeys none of it."""
    click.echo(json.dumps(_finite(value), default=str, allow_nan=False))


def _finite(value: Any) -> Any:
    """`value` with null for what JSON has no number for."""
    if isinstance(value, dict):
        return {str(name): _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@click.command()
@click.argument("run_or_shard", metavar="RUN_OR_SHARD")
@STAGE
@click.option("--where", metavar="EXPR", help="Only rows for which this SQL-like expression holds.")
@click.option("--dropped", "part", flag_value="dropped", help="The dropped documents, with step and reason.")
@click.option("--failed", "part", flag_value="failed", help="What could not be read.")
@click.option(
    "--evidence", metavar="TABLE", help="A table that a step left, such as near_duplicates/changes."
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="N rows chosen at random (by --seed).")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which sample.")
@click.option("-n", "--rows", type=click.IntRange(1), default=5, show_default=True, help="How many rows.")
@click.option("--full", is_flag=True, help="Whole texts instead of their beginnings.")
@AS_JSON
def inspect(
    run_or_shard: str,
    stage: str | None,
    where: str | None,
    part: str | None,
    evidence: str | None,
    sample: int | None,
    seed: int,
    rows: int,
    full: bool,
    as_json: bool,
) -> None:
    """Look at documents of an artefact (RUN) or of one Parquet shard."""
    from curate.inspection import look

    part = f"evidence/{evidence}" if evidence else part or "data"
    found = look(run_or_shard, stage=stage, part=part, where=where, sample=sample, seed=seed, rows=rows)
    if as_json:
        for row in found.rows:
            echo_json(row)
    else:
        click.echo(found.text(full=full))


@click.command()
@click.argument("run_folder", metavar="RUN")
@STAGE
@click.option(
    "--kind",
    type=click.Choice(["new", "changed", "same", "released", "gone"]),
    help="Which documents to write.",
)
@click.option("--out", metavar="FILE", help="Where to write them (.parquet or .jsonl).")
@AS_JSON
def changes(run_folder: str, stage: str | None, kind: str | None, out: str | None, as_json: bool) -> None:
    """Count what is new, changed, the same, released and gone in RUN since the releases it was held against."""
    from curate.changes import counts, export

    if (kind is None) != (out is None):
        raise click.UsageError("--kind and --out come together")
    if kind and out:
        n = export(run_folder, kind, out, stage)
        click.echo(f"wrote {n:,} documents to {out}", err=True)
        told: dict[str, Any] = {kind: n, "file": out}
    else:
        told = counts(run_folder, stage)
        click.echo("\n".join(f"{what:8} {n:>12,}" for what, n in told.items()), err=as_json)
    if as_json:
        echo_json(told)


@click.command()
@click.argument("run_folder", metavar="RUN")
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@STAGE
@AS_JSON
def reveal(run_folder: str, values: tuple[str, ...], stage: str | None, as_json: bool) -> None:
    """Say what stood where VALUE stands now: an id, a key, a file's name, a pseudonym (with `vault: true`).

    Needs the key under which private data were taken out: CURATE_PII_KEY, or the key in the artefact's private/.
    """
    from curate.privacy import reveal as look

    found = look(run_folder, values, stage)
    for row in found:
        click.echo("  ".join(visible(part, lines=False) for part in row), err=as_json)
    if as_json:
        echo_json([dict(zip(("value", "kind", "original"), row)) for row in found])
    if not found:
        sys.exit(1)
