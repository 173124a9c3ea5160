"""proxops new."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = ("instrument", "law", "monitor", "requirement", "vehicle", "mission")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="the current folder",
    help="Folder to write it in.",
)
@click.option("--id", "number", type=int, help="Its number in the core, from 128; the first that is free by default.")
def new(kind: str, name: str, folder: Path, number: int | None) -> None:
    """Writes a template of a part of your own, which works as it is; prints where it is.

    An instrument, law, monitor or requirement becomes a folder with its sources and a test, a vehicle or a mission one
    TOML file. What is written in C joins the core with `proxops build --modules`.
    """
    from hil.scaffold import new as write

    click.echo(str(write(kind, name, folder, number)))
