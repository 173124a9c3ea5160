"""Requirements of a mission, judged on the truth of a run.

A kind is one file here, or one entry point of group `proxops.requirement` in another package: a frozen model of the
row (`Row`) that says what it measures and judges it on a `View`.
"""

from hil.requirements.catalogue import Catalogue
from hil.requirements.judge import judge, met
from hil.requirements.registry import RequirementKindError, kinds
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.table import find, rows_of
from hil.requirements.view import View

__all__ = [
    "Catalogue", "Measure", "Requirement", "RequirementKindError", "Row", "View", "find", "judge", "kinds", "met",
    "rows_of",
]  # fmt: skip
