"""A section of your own in the report of a run: how the propellant was spent.

A package declares it with an entry point, and every report of a run then has the section:

    [project.entry-points."proxops.report"]
    propellant = "own_report_section:propellant"

Run it: `python docs/examples/own_report_section.py` prints the section of one flight.
"""

from __future__ import annotations

from hil import Log, fly
from hil.report.sections import Section


def propellant(log: Log) -> Section | None:
    """Propellant by phase; no section for a flight that used none."""
    mass_kg = log.truth["mass_kg"]
    if mass_kg[0] == mass_kg[-1]:
        return None
    spent = mass_kg[:-1] - mass_kg[1:]
    phases = log.telemetry["phase"][1:]
    rows = "".join(
        f"<tr><td>{log.scenario.flight.phase_name(number)}</td><td>{spent[phases == number].sum():.2f}</td></tr>"
        for number in dict.fromkeys(phases.tolist())
    )
    table = f"<table><tr><th>Phase</th><th>kg</th></tr>{rows}</table>"
    return Section("Propellant by phase", table, "Of the mass that the truth lost in each phase.")


if __name__ == "__main__":
    print(propellant(fly("iss-contact", seed=1)))
