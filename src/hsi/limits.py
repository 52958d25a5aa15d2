"""What numbers in params.yaml may be."""

from typing import Annotated

from pydantic import AfterValidator, Field


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("may be an odd number")
    return value


Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
OddCount = Annotated[int, Field(ge=1), AfterValidator(_odd)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
