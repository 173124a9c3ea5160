"""Reports, each one self-contained HTML page: of a run, and of a campaign.

Drawing modules are imported on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hil.report.campaign import Flown as Flown
    from hil.report.campaign import compare as compare
    from hil.report.campaign import render_campaign as render_campaign
    from hil.report.campaign import summarise as summarise
    from hil.report.page import render as render

_HOME = dict.fromkeys(("Flown", "compare", "render_campaign", "summarise"), "hil.report.campaign")
_HOME["render"] = "hil.report.page"
__all__ = ["Flown", "compare", "render", "render_campaign", "summarise"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hil.report' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
