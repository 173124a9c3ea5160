"""Reports, each one self-contained HTML page: of a run, and of a campaign."""

from hil.report.campaign import Flown as Flown
from hil.report.campaign import compare as compare
from hil.report.campaign import render_campaign as render_campaign
from hil.report.campaign import summarise as summarise
from hil.report.page import render as render
