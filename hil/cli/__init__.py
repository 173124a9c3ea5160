"""The command line.

Exit status: 0 PASS, 1 FAIL, 2 the user's mistake, 3 the run broke, 4 the mission failed but ended SAFE or PASSIVE, 130
interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback

import click

from hil.cli.boards import board, firmware, link_test, ports
from hil.cli.build import build
from hil.cli.campaigns import campaign
from hil.cli.faults import faults
from hil.cli.flying import check, list_scenarios, migrate, replay, run
from hil.cli.new import new
from hil.cli.regression import baseline, sweep
from hil.cli.results import compare, finish, report
from hil.cli.shared import TimeLimitExceeded, print_anything, settle_environment
from hil.cli.streams import harden
from hil.report.wording import visible

MISTAKE, BROKE, INTERRUPTED = 2, 3, 130


@click.group(
    commands=[
        list_scenarios, check, migrate, new, build, run, campaign, sweep, faults, baseline, replay, compare, report,
        finish, ports, link_test, firmware, board,
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.version_option(package_name="proxops", prog_name="proxops")
def cli() -> None:
    """Autonomous rendezvous and docking: fly scenarios, check their requirements and report the results.

    Exit status: 0 PASS, 1 FAIL, 2 user's mistake, 3 the run broke, 4 failed but SAFE or PASSIVE, 130 interrupted.
    """


def main() -> None:
    """Entry point. A user's mistake gives one line and exit status 2, never a traceback."""
    harden()
    print_anything()
    settle_environment()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        _leave("interrupted", INTERRUPTED)
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    except click.ClickException as error:
        _leave(error.format_message(), MISTAKE)
    except TimeLimitExceeded as error:
        _leave(str(error), error.exit_status)
    except Exception as error:
        if type(error).__name__ in ("ScenarioError", "RecorderError", "CampaignError", "BoardError"):
            _leave(str(error), MISTAKE)
        if type(error).__name__ == "ReplayError":
            _leave(str(error), BROKE)
        if (status := getattr(error, "exit_status", None)) is not None:
            _leave(str(error), status)
        if isinstance(error, OSError) and "MPLCONFIGDIR" in str(error):
            _leave(str(error), MISTAKE)  # neither a home nor a temporary folder
        if isinstance(error, OSError) and (mistake := _mistaken_place(error)):
            _leave(mistake, MISTAKE)
        traceback.print_exc()
        _leave(f"the run broke: {error}", BROKE)


def _mistaken_place(error: OSError) -> str | None:
    """What is wrong with a path that the user gave or works in; None if the error has another cause."""
    if error.filename is None:
        return "the current folder no longer exists: change to one that does" if not _is_somewhere() else None
    if error.errno in (errno.EACCES, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS):
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return None


def _is_somewhere() -> bool:
    try:
        return bool(os.getcwd())  # noqa: PTH109  # what everything else asks
    except FileNotFoundError:
        return False


def _leave(message: str, status: int) -> None:
    click.echo(f"proxops: {visible(message)}", err=True)
    sys.exit(status)
