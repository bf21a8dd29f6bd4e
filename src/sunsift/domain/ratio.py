"""A ratio that knows when there is none."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sunsift.domain.readings import FloatArray


def over(top: FloatArray, under: npt.NDArray[Any]) -> FloatArray:
    """Return top over under, NaN where the lower part is not positive; shapes as numpy broadcasts them."""
    positive = under > 0
    ratio: FloatArray = np.where(positive, top / np.where(positive, under, 1), np.nan)
    return ratio
