"""proxops ports | link-test | firmware | board."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.progress import RunsProgress
from hil.cli.shared import EXIT, json_option

if TYPE_CHECKING:
    from hil.link_test import LinkTest


@click.command()
@json_option("array")
def ports(as_json: bool) -> None:
    """List the serial ports of this computer with their persistent names."""
    from dataclasses import asdict

    from firmware_bridge.ports import ports as list_ports

    found = list_ports()
    if as_json:
        click.echo(json.dumps([asdict(port) for port in found], indent=2))
        return
    for port in found:
        click.echo("  ".join(part for part in (port.device, port.by_id, port.usb, port.description) if part))
    if not found:
        click.echo("no serial ports")


@click.command("link-test")
@click.argument("computer")
@click.option(
    "--exchanges", type=click.IntRange(10, 3000), default=1000, show_default=True, help="Number of exchanges."
)
@json_option()
def link_test(computer: str, exchanges: int, as_json: bool) -> None:
    """Measure loss and latency of the link to COMPUTER (as for run --on) and the cycle rate it can sustain.

    Exit status: 0 no packet lost and all answers equal, 1 otherwise.
    """
    from firmware_bridge.computers import open_computer
    from hil.link_test import link_test as test

    with (
        open_computer(computer) as opened,
        RunsProgress(f"link test of {computer}", exchanges, quiet=as_json) as progress,
    ):
        baud = opened.board.baud if computer.startswith("serial:") else None
        found = test(opened, exchanges, baud, progress)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _show_link(found)
    sys.exit(EXIT["PASS" if found.lost == 0 and found.equal else "FAIL"])


def _show_link(found: LinkTest) -> None:
    took = found.round_trip_us
    click.echo(f"{found.exchanges:,} exchanges of up to {found.bytes_up} bytes up, {found.bytes_down} down")
    click.echo(
        "answers equal to the core's, to the bit" if found.equal else "answers DIFFER from the core's: see replay"
    )
    click.echo(f"packets lost: {found.lost}; exchanges repeated, lost or late: {found.asked_again}")
    for name, count in found.errors.items():
        click.echo(f"{name.replace('_', ' ')}: {count}")
    click.echo(
        f"round trip, µs: {took['median']:,.0f} median, {took['p99']:,.0f} at 99 %, "
        f"{took['p999']:,.0f} at 99.9 %, {took['max']:,.0f} maximum"
    )
    click.echo(f"cycle rate met by 99.9 %: {found.rate_hz:,.1f} Hz" + (f" at {found.baud} baud" if found.baud else ""))
    for baud, rate in found.rate_by_baud_hz.items():
        click.echo(f"  at {baud:>9,} baud: {rate:8,.1f} Hz")


@click.group()
def firmware() -> None:
    """Build or export the firmware of the boards."""


@firmware.command("build")
@click.argument("board")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to build in.")
def build_firmware(board: str, out: Path | None) -> None:
    """Build the firmware of BOARD (emulated:mps2-an500, linux:aarch64, stm32h7-nucleo …) and print its path."""
    from firmware_bridge.boards import build

    click.echo(str(build(board, folder=out.resolve() if out else None)))


@firmware.command("export")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def export_firmware(directory: Path) -> None:
    """Copy all firmware sources to DIRECTORY, where make alone can build them."""
    from firmware_bridge.export import export

    folder = export(directory)
    click.echo(f"{folder}: make PORT=… CROSS=… there; the ports are {', '.join(p.name for p in _ports_of(folder))}")


def _ports_of(folder: Path) -> list[Path]:
    return sorted(makefile.parent for makefile in (folder / "ports").glob("*/port.mk"))


@click.command()
@click.option("--port", required=True, metavar="TTY", help="Serial port to answer on, such as /dev/serial0.")
@click.option("--baud", type=click.IntRange(50, 50_000_000), default=115_200, show_default=True, help="Baud rate.")
def board(port: str, baud: int) -> None:
    """Make this computer a flight computer: build the Linux board's program and answer on PORT until ended."""
    from firmware_bridge.boards import build

    program = str(build("linux"))
    os.execv(program, [program, port, str(baud)])
