"""The base of every value that crosses the API: frozen, and strict about unknown fields on the way in."""

from decimal import Decimal
from typing import Annotated, Any, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue


class Shape(BaseModel):
    """What the server gives; clients ignore fields they do not know yet."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Any, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Decimals are text on the wire; `format: decimal` says that it is a number."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            if Decimal in (field.annotation, *get_args(field.annotation)) and name in properties:
                properties[name]["format"] = "decimal"
        return schema


class Command(BaseModel):
    """What the server takes; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


CODE = r"^[A-Za-z0-9][A-Za-z0-9._/ -]*$"
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=CODE)]
"""A plain code of an item, lot, location, order or badge."""
Amount = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
"""A positive quantity in the item's unit, at most six decimals."""
UnitWord = Annotated[str, Field(min_length=1, max_length=12)]
"""A unit in which people count an item; left out: the item's stock unit."""
LocalName = dict[str, str]
"""Language -> name; `en` and `zh`."""
Instant = AwareDatetime

__all__ = ["CODE", "Amount", "Code", "Command", "Instant", "LocalName", "Shape", "UnitWord"]
