"""Commands that explain: one document's way, what changed between two runs, what an artefact was made from. No logic
here either."""

from __future__ import annotations

import shutil

import click

from curate.cli_artefacts import AS_JSON, STAGE, echo_json


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


@click.command()
@click.argument("run_folder", metavar="RUN")
@click.argument("document", metavar="DOCUMENT_ID")
@STAGE
@click.option("--full", is_flag=True, help="All values, all places that were changed, whole texts.")
@click.option(
    "--reveal", is_flag=True, help="Show what is hidden: names of files, keys, private data (needs the key)."
)
@AS_JSON
def why(run_folder: str, document: str, stage: str | None, full: bool, reveal: bool, as_json: bool) -> None:
    """Tell one document's way through RUN: where it was read, what each step made of it, where it is now.

    DOCUMENT_ID is the id of any record that was read, kept, dropped or failed (source/file#position); a file or a
    key serves where one record alone has it.
    """
    from curate.explain.text import lines
    from curate.explain.why import why as explain

    answer = explain(run_folder, document, stage=stage, full=full, reveal=reveal)
    for line in lines(answer, _width(), full):
        click.echo(line, err=as_json)
    if as_json:
        echo_json(answer)


@click.command()
@click.argument("run_a", metavar="RUN_A")
@click.argument("run_b", metavar="RUN_B")
@STAGE
@click.option(
    "--examples", type=click.IntRange(0), default=3, show_default=True, help="Of each kind of change."
)
@click.option("--out", metavar="FILE.parquet", help="Where to write the documents that changed.")
@AS_JSON
def diff(run_a: str, run_b: str, stage: str | None, examples: int, out: str | None, as_json: bool) -> None:
    """Tell what changed from RUN_A to RUN_B: settings, code, inputs; which documents came, went, changed, and why.

    Exit code 0, whatever differs.
    """
    from curate.differences.diff import diff as compare
    from curate.differences.text import lines

    answer = compare(run_a, run_b, stage=stage, examples=examples, out=out)
    for line in lines(answer, _width()):
        click.echo(line, err=as_json)
    if as_json:
        echo_json(answer)


@click.command()
@click.argument("artefact", metavar="ARTEFACT")
@STAGE
@AS_JSON
def lineage(artefact: str, stage: str | None, as_json: bool) -> None:
    """Tell what ARTEFACT (a model, scorecard, data set or corpus) was made from, down to files and up to scores.

    Works on what was published or copied too: then what its manifest holds is told, and what is missing is named.
    """
    from curate.lineage import lineage as trace
    from curate.lineage import lines

    answer = trace(artefact, stage)
    for line in lines(answer, _width()):
        click.echo(line, err=as_json)
    if as_json:
        echo_json(answer)
