"""proxops new."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = ("requirement", "vehicle", "mission")


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
def new(kind: str, name: str, folder: Path) -> None:
    """Writes a template of a part of your own, which works as it is; prints where it is.

    A requirement becomes a Python package with a test; a vehicle or a mission one TOML file.
    """
    from hil.scaffold import new as write

    click.echo(str(write(kind, name, folder)))
