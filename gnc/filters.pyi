import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[np.float64]

def cw_position_filter(
    measurements_m: npt.ArrayLike,
    dt_s: float,
    n_radps: float,
    q: npt.ArrayLike,
    sigma_m: npt.ArrayLike,
    x0: npt.ArrayLike,
    p0: npt.ArrayLike,
    gate: float = ...,
) -> tuple[_Array, _Array, _Array]: ...
