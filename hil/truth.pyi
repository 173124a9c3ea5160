from dataclasses import dataclass

import numpy as np

@dataclass(frozen=True)
class TruthField:
    name: str
    unit: str
    meaning: str

TRUTH: np.dtype[np.void]
FIELDS: tuple[TruthField, ...]
