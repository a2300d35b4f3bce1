"""Bills of material, one at a time."""

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from mes_server.contract.master_data import BillOutput, Component
from mes_server.contract.routings import in_order
from mes_server.contract.shape import Amount, Code, Command

COMPONENTS_MAX = 500


class BillChange(Command):
    """`PUT /api/v1/bills/{item}/{revision}`: the whole revision; what it does not name is taken out.

    What `GET` gave can be changed and sent back as it is.
    """

    item: Code | None = None
    """Left out, or the same as in the path; so the revision."""
    revision: Code | None = None
    base_quantity: Amount = Decimal(1)
    """Components and outputs are stated for so much of the item."""
    valid_from: date | None = None
    """First day, of the plant, on which it is in force; of several in force the latest to come into force counts."""
    valid_until: date | None = None
    """First day on which it is not in force any more."""
    components: list[Component] = Field(min_length=1, max_length=COMPONENTS_MAX)
    outputs: list[BillOutput] = Field(default=[], max_length=50)
    in_force: bool | None = None
    """Told by `GET`; what is sent here is not looked at."""

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        return in_order(self)
