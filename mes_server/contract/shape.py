"""The base of every value that crosses the API: frozen, and strict about unknown fields on the way in."""

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """What the server gives; clients ignore fields they do not know yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(BaseModel):
    """What the server takes; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/ -]*$")]
"""A plain code of an item, lot, location, order or badge."""
Amount = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
"""A positive quantity in the item's unit, at most six decimals."""
LocalName = dict[str, str]
"""Language -> name; `en` and `zh`."""
Instant = AwareDatetime

__all__ = ["Amount", "Code", "Command", "Instant", "LocalName", "Shape"]
