"""What can be imported: the fields of each kind, and the headings under which offices know them."""

import re
from collections.abc import Mapping, Sequence
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


_PROCUREMENT = {
    "make": "make", "made": "make", "e": "make", "eigenfertigung": "make", "自制": "make", "生产": "make",
    "buy": "buy", "bought": "buy", "purchase": "buy", "f": "buy", "fremdbeschaffung": "buy", "kauf": "buy",
    "外购": "buy", "采购": "buy",
}  # fmt: skip
_PLACES = {
    "store": "store", "warehouse": "store", "lager": "store", "仓库": "store",
    "bin": "bin", "lagerplatz": "bin", "货位": "bin", "库位": "bin",
    "lineside": "line_side", "linie": "line_side", "bereitstellung": "line_side", "线边": "line_side",
    "线边库": "line_side",
    "intransit": "in_transit", "transit": "in_transit", "在途": "in_transit",
    "quarantine": "quarantine", "sperrlager": "quarantine", "隔离": "quarantine",
    "scrap": "scrap", "ausschuss": "scrap", "报废": "scrap",
    "finished": "finished", "fertigwaren": "finished", "成品": "finished", "成品库": "finished",
}  # fmt: skip
_ITEM = "item|itemcode|itemno|material|materialnumber|articleno|article|artikel|artikelnummer|artikelnr|materialnummer|teilenummer|sku|物料|物料编码|物料编号|物料号|料号|品号"
_NAME_EN = "name|nameen|englishname|description|itemname|bezeichnung|benennung|beschreibung|englisch|英文名称"
_NAME_ZH = "namezh|chinesename|chinesisch|namecn|名称|中文名称|物料名称|品名|描述|库位名称"
_QUANTITY = "quantity|qty|amount|menge|anzahl|stückzahl|数量|用量"


def _field(
    name: str,
    form: Form,
    label: tuple[str, str],
    titles: str,
    **more: str | bool | Mapping[str, str] | None,
) -> Field:
    return Field(name=name, form=form, label=words(*label), titles=titles, **more)  # pyright: ignore[reportArgumentType]


_NAMES = (
    _field("name_en", Form.TEXT, ("name", "英文名称"), _NAME_EN),
    _field("name_zh", Form.TEXT, ("Chinese name", "中文名称"), _NAME_ZH),
)
FIELDS: Mapping[Kind, Sequence[Field]] = {
    Kind.ITEMS: (
        _field("code", Form.CODE, ("item", "物料编码"), f"code|number|nummer|编码|编号|{_ITEM}", required=True),
        *_NAMES,
        _field("unit", Form.TEXT, ("unit", "单位"), "unit|uom|unitofmeasure|einheit|mengeneinheit|me|单位|计量单位", required=True),
        _field(
            "procurement", Form.CHOICE, ("make or buy", "自制或外购"),
            "procurement|makeorbuy|makebuy|procurementtype|beschaffung|beschaffungsart|采购类型|来源|自制外购",
            required=True, choices=_PROCUREMENT,
        ),
        _field(
            "standard_cost", Form.NUMBER, ("standard cost", "标准成本"),
            "standardcost|cost|price|standardpreis|kosten|preis|herstellkosten|标准成本|成本|单价", default="0",
        ),
    ),
    Kind.LOCATIONS: (
        _field(
            "code", Form.CODE, ("location", "库位编码"),
            "code|location|locationcode|place|bin|lagerort|lagerplatz|ort|platz|库位|库位编码|库位编号|货位|仓位", required=True,
        ),
        *_NAMES,
        _field(
            "kind", Form.CHOICE, ("kind", "类型"), "kind|type|locationtype|art|typ|lagertyp|类型|库位类型",
            required=True, choices=_PLACES,
        ),
        _field(
            "parent", Form.CODE, ("within", "上级库位"), "parent|within|partof|übergeordnet|gehörtzu|上级|上级库位|所属库位",
        ),
    ),
    Kind.BILLS: (
        _field(
            "item", Form.CODE, ("item that is made", "成品编码"),
            f"parent|parentitem|product|assembly|head|kopf|baugruppe|erzeugnis|kopfmaterial|父项|父件|父项物料|成品|产品|母件|成品编码|{_ITEM}",
            required=True,
        ),
        _field("revision", Form.CODE, ("revision", "版本"), "revision|rev|version|stand|änderungsstand|版本|版次", default="A"),
        _field(
            "base_quantity", Form.AMOUNT, ("for so much", "基准数量"),
            "basequantity|base|per|baseqty|basismenge|bezugsmenge|基准数量|基本数量|批量", default="1",
        ),
        _field(
            "component", Form.CODE, ("component", "组件"),
            "component|componentitem|child|part|komponente|position|teil|einsatzmaterial|子项|子件|组件|子项物料|组件编码|材料",
            required=True,
        ),
        _field("quantity", Form.AMOUNT, ("quantity", "用量"), f"quantityper|{_QUANTITY}|单位用量", required=True),
        _field(
            "scrap_percent", Form.NUMBER, ("scrap %", "损耗率"),
            "scrap|scrappercent|scraprate|loss|ausschuss|ausschussprozent|损耗|损耗率|报废率", default="0",
        ),
        _field(
            "measured", Form.FLAG, ("weighed or issued", "称重或领料"),
            "measured|weighed|issued|gewogen|gemessen|称重|计量", default=False,
        ),
    ),
    Kind.ROUTINGS: (
        _field("item", Form.CODE, ("item that is made", "成品编码"), f"product|assembly|erzeugnis|产品|成品|{_ITEM}", required=True),
        _field("revision", Form.CODE, ("revision", "版本"), "revision|rev|version|stand|版本|版次", default="A"),
        _field(
            "operation", Form.WHOLE, ("operation", "工序号"),
            "operation|operationno|op|step|sequence|vorgang|arbeitsgang|vorgangsnummer|avo|工序|工序号|工步", required=True,
        ),
        _field("name_en", Form.TEXT, ("name", "英文名称"), f"operationname|{_NAME_EN}"),
        _field("name_zh", Form.TEXT, ("Chinese name", "中文名称"), f"工序名称|{_NAME_ZH}"),
        _field(
            "units", Form.TEXT, ("units", "设备"),
            "units|unit|equipment|machine|workcenter|resource|maschine|anlage|arbeitsplatz|设备|机台|工作中心", required=True,
        ),
        _field("setup_s", Form.NUMBER, ("setup, seconds", "准备时间（秒）"), "setup|setuptime|setups|rüstzeit|准备时间", default="0"),
        _field("run_s", Form.NUMBER, ("a piece, seconds", "单件时间（秒）"), "run|runtime|cycletime|cycle|stückzeit|taktzeit|单件时间|节拍"),
        _field("outsourced", Form.FLAG, ("outside", "外协"), "outsourced|subcontracted|fremdvergabe|外协|委外", default=False),
    ),
    Kind.LOTS: (
        _field("item", Form.CODE, ("item", "物料编码"), _ITEM, required=True),
        _field(
            "lot", Form.CODE, ("lot", "批次"), "lot|lotnumber|lotno|batch|batchno|batchnumber|charge|chargennummer|批次|批号|批次号",
            required=True,
        ),
        _field("quantity", Form.AMOUNT, ("quantity", "数量"), f"{_QUANTITY}|onhand|bestand|库存|库存数量", required=True),
        _field(
            "location", Form.CODE, ("location", "库位"),
            "location|place|bin|warehouse|lagerort|lagerplatz|ort|库位|货位|仓库|存放位置", required=True,
        ),
        _field(
            "expires_on", Form.DATE, ("expires on", "有效期"),
            "expires|expireson|expiry|expirydate|expirationdate|bestbefore|verfall|verfallsdatum|mhd|haltbarbis|有效期|失效日期|到期日|保质期",
        ),
        _field(
            "supplier_lot", Form.TEXT, ("supplier's lot", "供应商批次"),
            "supplierlot|vendorlot|supplierbatch|lieferantencharge|供应商批次|供应商批号|原厂批号", default="",
        ),
    ),
    Kind.ORDERS: (
        _field(
            "number", Form.CODE, ("order", "工单号"),
            "number|order|orderno|ordernumber|workorder|wo|auftrag|auftragsnummer|fertigungsauftrag|工单|工单号|订单|订单号|生产订单",
            required=True,
        ),
        _field("item", Form.CODE, ("item", "物料编码"), f"product|produkt|产品|{_ITEM}", required=True),
        _field("quantity", Form.AMOUNT, ("quantity", "数量"), f"target|{_QUANTITY}|计划数量|sollmenge", required=True),
        _field(
            "equipment", Form.TEXT, ("unit", "设备"),
            "equipment|unit|machine|workcenter|workunit|resource|maschine|anlage|arbeitsplatz|设备|机台|工作中心", required=True,
        ),
        _field(
            "due_at", Form.INSTANT, ("due", "交期"),
            "due|dueat|duedate|deadline|finish|termin|endtermin|fällig|liefertermin|fertigtermin|交期|截止日期|完工日期|计划完工",
            required=True,
        ),
        _field("priority", Form.WHOLE, ("priority", "优先级"), "priority|prio|priorität|优先级", default="100"),
        _field(
            "over_percent", Form.NUMBER, ("over-delivery %", "超产率"),
            "over|overpercent|overdelivery|überlieferung|überlieferungprozent|超产|超产率", default="10",
        ),
    ),
}  # fmt: skip


def guess_columns(kind: Kind, header: Sequence[str]) -> dict[str, str | None]:
    """Header -> field, for titles that mean one; each field once, the closest title first."""
    guessed: dict[str, str | None] = dict.fromkeys(header)
    taken: set[str] = set()
    for title in header:
        plain = normalised(title)
        for one in FIELDS[kind]:
            titles = [normalised(part) for part in one.titles.split("|")]
            if one.name not in taken and plain in (normalised(one.name), *titles):
                guessed[title] = one.name
                taken.add(one.name)
                break
    return guessed


def missing_fields(kind: Kind, columns: Mapping[str, str | None]) -> list[str]:
    """Fields that no column holds although every row needs them."""
    named = set(columns.values())
    missing = [one.name for one in FIELDS[kind] if one.required and one.name not in named]
    if kind in (Kind.ITEMS, Kind.LOCATIONS) and not named & {"name_en", "name_zh"}:
        missing.append("name_en")
    return missing
