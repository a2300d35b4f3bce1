"""What an import's fields are made of: kinds of rows, forms of cells, and titles under which offices know them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mes_server.domain.refusal import Words, words


class Kind(StrEnum):
    """What the rows of a file are."""

    ITEMS = "items"
    LOCATIONS = "locations"
    BILLS = "bills"
    ROUTINGS = "routings"
    LOTS = "lots"
    ORDERS = "orders"
    SUPPLIERS = "suppliers"
    UNITS = "units"
    LOOPS = "loops"
    PURCHASES = "purchases"


class Form(StrEnum):
    """How the text of a cell is read."""

    CODE = "code"
    TEXT = "text"
    AMOUNT = "amount"
    """A positive decimal."""
    NUMBER = "number"
    """A decimal that may be zero."""
    WHOLE = "whole"
    DATE = "date"
    INSTANT = "instant"
    FLAG = "flag"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field, and how columns that hold it are titled."""

    name: str
    form: Form
    label: Words
    titles: str
    """Titles in English, German and Chinese, separated by bars; compared without case, blanks and punctuation."""
    required: bool = False
    default: str | bool | None = None
    """Taken for new things when the file does not say."""
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    """What people write -> what we call it."""


def normalised(title: str) -> str:
    """A title as it is compared."""
    return re.sub(r"[\W_]+", "", title.casefold())


ITEM_TITLES = "item|itemcode|itemno|material|materialnumber|articleno|article|artikel|artikelnummer|artikelnr|materialnummer|teilenummer|sku|物料|物料编码|物料编号|物料号|料号|品号"
NAME_EN_TITLES = "name|nameen|englishname|description|itemname|bezeichnung|benennung|beschreibung|englisch|英文名称"
NAME_ZH_TITLES = "namezh|chinesename|chinesisch|namecn|名称|中文名称|物料名称|品名|描述|库位名称"
QUANTITY_TITLES = "quantity|qty|amount|menge|anzahl|stückzahl|数量|用量"


def field_of(
    name: str,
    form: Form,
    label: tuple[str, str],
    titles: str,
    **more: str | bool | Mapping[str, str] | None,
) -> Field:
    """A field with its label in English and Chinese."""
    return Field(name=name, form=form, label=words(*label), titles=titles, **more)  # pyright: ignore[reportArgumentType]


NAMES = (
    field_of("name_en", Form.TEXT, ("name", "英文名称"), NAME_EN_TITLES),
    field_of("name_zh", Form.TEXT, ("Chinese name", "中文名称"), NAME_ZH_TITLES),
)
ACTIVE = field_of(
    "active",
    Form.FLAG,
    ("in use", "启用"),
    "active|inuse|enabled|aktiv|启用|有效|是否启用",
    default=True,
)
