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
    help="Folder to write to.",
)
@click.option("--id", "number", type=int, help="Number in the core, from 128 (default: the first free one).")
def new(kind: str, name: str, folder: Path, number: int | None) -> None:
    """Write a working template of a part of your own and print its path.

    An instrument, law, monitor or requirement becomes a folder with its sources and a test; a vehicle or a mission is
    one TOML file. C files are built into the core by `proxops build --modules`.
    """
    from hil.scaffold import new as write

    click.echo(str(write(kind, name, folder, number)))
