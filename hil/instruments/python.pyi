from typing import Any

import numpy as np

from hil.instruments.instrument import Instrument
from hil.instruments.rows import Fitted

MOMENT: np.dtype[np.void]

class PythonInstrument(Instrument):
    def __init__(self, fitted: Fitted, made: Any) -> None: ...
    @property
    def failure(self) -> BaseException | None: ...
