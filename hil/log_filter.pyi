from typing import Any

import numpy as np
from numpy.typing import NDArray

FILTER_ID: int

def options(dtype: np.dtype[Any], rows: int) -> tuple[int, ...]: ...

class Encoder:
    def __init__(self, dtype: np.dtype[Any], rows: int) -> None: ...
    def encode(self, records: NDArray[np.void]) -> memoryview: ...
