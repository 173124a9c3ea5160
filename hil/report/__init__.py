"""The report of a run: one self-contained HTML page."""

from hil.report.page import render as render
