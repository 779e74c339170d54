"""The command `curate`: options and what is printed; no logic. Imports stand inside, so that `--help` is quick.

Exit codes: 0 done, 1 a run failed, 2 the configuration or usage is wrong, 3 a gate said no.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from curate.cli_artefacts import AS_JSON, changes, inspect, reveal
from curate.cli_explain import diff, lineage, why
from curate.cli_publish import publish
from curate.cli_report import report, whatif
from curate.display import visible
from curate.errors import CurateError


class Group(click.Group):
    """Turns our exceptions into a message on standard error and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CurateError as error:
            told = visible(str(error))  # it may quote an id, a file's name, a document
            click.echo(f"error: {told}" if "\n" not in told else f"errors:\n{told}", err=True)
            ctx.exit(error.exit_code)
        except (OSError, ImportError) as error:  # a disk that is full, a folder that is closed, no s3fs
            if isinstance(error, BrokenPipeError):
                raise  # click's own: `| head` is no error
            click.echo(f"error: {visible(str(error))}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("interrupted; finished tasks are kept, run the same command to go on", err=True)
            ctx.exit(130)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="curate")
def main() -> None:
    """Raw domain text in, a corpus that can be defended out."""


for command in (inspect, why, diff, lineage, changes, reveal, report, whatif, publish):
    main.add_command(command)


def _variables(pairs: tuple[str, ...]) -> dict[str, str]:
    wrong = [p for p in pairs if "=" not in p]
    if wrong:
        raise click.BadParameter(f"'{wrong[0]}' is not name=value", param_hint="--var")
    return dict(p.split("=", 1) for p in pairs)


PIPELINE = click.argument("pipeline", type=click.Path(dir_okay=False))
VAR = click.option("--var", "var", multiple=True, metavar="NAME=VALUE", help="Set a variable of the file.")
OUT = click.option("--out", metavar="DIR", help="Output folder (default: runs/<pipeline name>).")
LIMIT = click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Only the first N records of each source."
)
ACCEPT = click.option(
    "--accept-code", is_flag=True, help="Keep artefacts although code or libraries changed."
)


@main.command()
@PIPELINE
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Only this stage and those it reads.")
@VAR
@OUT
@click.option(
    "--workers", type=click.IntRange(1), metavar="N", help="Worker processes (default: one per processor)."
)
@click.option(
    "--executor", type=click.Choice(["local"]), default="local", show_default=True, help="Where tasks run."
)
@LIMIT
@ACCEPT
@AS_JSON
def run(
    pipeline: str,
    stages: tuple[str, ...],
    var: tuple[str, ...],
    out: str | None,
    workers: int | None,
    executor: str,
    limit: int | None,
    accept_code: bool,
    as_json: bool,
) -> None:
    """Build what is missing or out of date in PIPELINE, in order."""
    from curate import manifest, runner
    from curate.funnel import funnel

    stages_done: dict[str, Any] = {}
    variables = _variables(var)

    def each(name: str, entry: dict[str, Any]) -> None:
        stages_done[name] = entry
        click.echo(funnel(name, entry, manifest.read(entry["path"]) or {}), err=as_json)

    result: dict[str, Any] = {"stages": stages_done}
    try:
        runner.run(
            pipeline,
            stages=list(stages),
            variables=variables,
            out=out,
            workers=workers,
            limit=limit,
            accept_code=accept_code,
            quiet=False,
            say=lambda text: click.echo(text, err=True),
            each=each,
        )
    except CurateError as error:
        result["error"] = str(error)
        raise
    finally:
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
    if failed := [entry for entry in stages_done.values() if entry["status"] == "failed"]:
        sys.exit(3 if all(entry.get("gate") for entry in failed) else 1)


@main.command()
@PIPELINE
@VAR
@OUT
@LIMIT
@ACCEPT
@AS_JSON
def check(
    pipeline: str, var: tuple[str, ...], out: str | None, limit: int | None, accept_code: bool, as_json: bool
) -> None:
    """Check PIPELINE as a whole, then print what a run would do."""
    from curate.check import describe

    told = describe(pipeline, _variables(var), out, limit=limit, accept_code=accept_code)
    click.echo(told["text"], err=as_json)
    if as_json:
        click.echo(json.dumps({k: v for k, v in told.items() if k != "text"}))


@main.command()
@click.argument("name", required=False)
def steps(name: str | None) -> None:
    """List the steps, or document the step NAME."""
    from curate.stepdocs import document, overview

    click.echo(document(name) if name else overview())


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Where to write (default: standard output)."
)
def init(folder: str, output: str | None) -> None:
    """Write a starter pipeline from what lies in FOLDER."""
    from curate.starter import starter

    text = starter(folder)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with open(output, "x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise click.UsageError(f"{output} is there already; choose another name") from None
    click.echo(f"wrote {output}; next: curate check {output}", err=True)


@main.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
def clean(out: str) -> None:
    """Remove the artefacts in OUT that nothing refers to any more, and unfinished work."""
    from curate.tidy import clean as remove

    removed = remove(out.rstrip("/"))
    click.echo(f"removed {', '.join(removed)}" if removed else "nothing to remove", err=True)


@main.group()
def classifier() -> None:
    """fastText classifiers for the step `classify`."""


@classifier.command()
@click.option(
    "--positive", multiple=True, required=True, metavar="PATH", help="Texts to find: files, folders, globs."
)
@click.option("--negative", multiple=True, required=True, metavar="PATH", help="Texts to tell them from.")
@click.option(
    "--out", required=True, metavar="MODEL.bin", help="Where the model goes; its report goes beside it."
)
@click.option("--column", metavar="FIELD", help="The field that holds the text (default: text).")
@click.option(
    "--held-out", type=click.FloatRange(0.01, 0.9), default=0.2, show_default=True, help="Share for judging."
)
@click.option(
    "--epochs", type=click.IntRange(1), default=25, show_default=True, help="Passes over the texts."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The same input and seed give the same model."
)
@AS_JSON
def train(
    positive: tuple[str, ...],
    negative: tuple[str, ...],
    out: str,
    column: str | None,
    held_out: float,
    epochs: int,
    seed: int,
    as_json: bool,
) -> None:
    """Train a classifier of two heaps of text, and judge it on texts kept apart."""
    from curate import classifier as training
    from curate.funnel import thresholds

    columns = {"text": column} if column else None
    options: dict[str, Any] = {"columns": columns, "held_out": held_out, "epochs": epochs, "seed": seed}
    report = training.train(list(positive), list(negative), out, **options)
    click.echo(thresholds(out, report), err=as_json)
    if as_json:
        click.echo(json.dumps(report))
