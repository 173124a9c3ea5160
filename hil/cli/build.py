"""proxops build."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--modules",
    "folders",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    help="Folder with C files of your own laws, monitors and measurement models; repeatable.",
)
@click.option("--board", help="Also build the firmware of this board and print its path.")
def build(folders: tuple[Path, ...], board: str | None) -> None:
    """Rebuild ProxOps in its clone, with the given modules in the flight core, or without any.

    Firmware that is built afterwards has the same core.
    """
    import gnc
    from gnc.build_id import core_build_id
    from gnc.modules import ModuleError, find

    rows = find(folders)
    root = Path(gnc.__file__).parents[1]
    if not (root / "setup.py").is_file():
        raise ModuleError(f"{root}: expected a clone of ProxOps, installed with pip install -e")
    given = os.pathsep.join(str(folder.resolve()) for folder in folders)
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    done = subprocess.run(
        command, cwd=root, env=os.environ | {"PROXOPS_MODULES": given}, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise ModuleError(
            f"the core does not build; the earlier build is unchanged:\n{_errors(done.stdout + done.stderr)}"
        )
    for row in rows:
        click.echo(f"{row.type} {row.name}, {row.id}: {row.source}")
    click.echo(f"core {core_build_id()}")
    if board is not None:
        from firmware_bridge.boards import build as build_firmware

        click.echo(str(build_firmware(board)))


def _errors(said: str) -> str:
    """The compiler's error lines, or else all its output."""
    errors = [line for line in said.splitlines() if " error: " in line]
    return "\n".join(errors) or said.strip()
