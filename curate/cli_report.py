"""Commands that show what happened: the report, and other thresholds tried. No logic here either."""

from __future__ import annotations

import json
from typing import Any

import click

from curate.cli_artefacts import AS_JSON, STAGE


@click.command()
@click.argument("run_folder", metavar="RUN")
@STAGE
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a summary in Markdown instead.")
@AS_JSON
def report(run_folder: str, stage: str | None, as_markdown: bool, as_json: bool) -> None:
    """Write report.html and report.json of RUN, and name the page."""
    from curate import manifest
    from curate.report import write
    from curate.report.gather import gather
    from curate.report.markdown import markdown

    folder, found = manifest.find(run_folder, stage)
    if as_markdown:
        click.echo(markdown(gather(folder, found, texts=False)), nl=False)
        return
    page = write(folder, found)
    click.echo(page, err=as_json)
    if as_json:
        told = manifest.read_object(f"{folder}/report.json")
        click.echo(json.dumps(told, ensure_ascii=False))


@click.command()
@click.argument("run_folder", metavar="RUN")
@click.option(
    "--set", "sets", multiple=True, required=True, metavar="STEP.PARAMETER=VALUE", help="What to try."
)
@STAGE
@click.option(
    "-n", "--rows", type=click.IntRange(0), default=10, show_default=True, help="How many documents to list."
)
@click.option("--out", metavar="FILE", help="Write all documents whose fate changes (.parquet or .jsonl).")
@AS_JSON
def whatif(
    run_folder: str, sets: tuple[str, ...], stage: str | None, rows: int, out: str | None, as_json: bool
) -> None:
    """Try other thresholds on RUN from the values that were kept, and print the funnel that they would give.

    Exact up to the first step for the whole corpus; what comes after it is an estimate, marked with ≈.
    """
    from curate.whatif import whatif as try_out
    from curate.whatif.told import as_object, text, write

    found = try_out(run_folder, sets, stage)
    click.echo(text(found, rows), err=as_json)
    if out:
        write(found, out)
        click.echo(f"wrote {found.moved.height:,} documents to {out}", err=True)
    if as_json:
        told: dict[str, Any] = as_object(found, rows)
        click.echo(json.dumps(told, ensure_ascii=False))
