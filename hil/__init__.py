"""The harness: scenarios, truth, sensors, the closed loop, its log and its checks.

`from hil import Scenario, fly`; expensive modules are imported on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hil.log import Log as Log
    from hil.run import fly as fly
    from hil.scenario import Scenario as Scenario
    from hil.scenario import ScenarioError as ScenarioError

_HOME = {"Log": "hil.log", "Scenario": "hil.scenario", "ScenarioError": "hil.scenario", "fly": "hil.run"}
__all__ = ["Log", "Scenario", "ScenarioError", "fly"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hil' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
