"""What can be imported: the fields of each kind, and the headings under which offices know them."""

from collections.abc import Mapping, Sequence

from mes_server.domain.import_form import (
    ITEM_TITLES,
    NAME_EN_TITLES,
    NAME_ZH_TITLES,
    NAMES,
    QUANTITY_TITLES,
    Field,
    Form,
    Kind,
    field_of,
    normalised,
)
from mes_server.domain.import_supply_fields import SUPPLY_FIELDS

__all__ = ["FIELDS", "Field", "Form", "Kind", "guess_columns", "missing_fields", "normalised"]

_PROCUREMENT = {
    "make": "make", "made": "make", "e": "make", "eigenfertigung": "make", "自制": "make", "生产": "make",
    "buy": "buy", "bought": "buy", "purchase": "buy", "f": "buy", "fremdbeschaffung": "buy", "kauf": "buy",
    "外购": "buy", "采购": "buy",
}  # fmt: skip
_ABC = {"a": "A", "b": "B", "c": "C"}
_PLACES = {
    "site": "site", "werk": "site", "standort": "site", "厂区": "site", "工厂": "site",
    "store": "store", "warehouse": "store", "lager": "store", "仓库": "store",
    "bin": "bin", "lagerplatz": "bin", "货位": "bin", "库位": "bin",
    "lineside": "line_side", "linie": "line_side", "bereitstellung": "line_side", "线边": "line_side",
    "线边库": "line_side",
    "intransit": "in_transit", "transit": "in_transit", "在途": "in_transit",
    "quarantine": "quarantine", "sperrlager": "quarantine", "隔离": "quarantine",
    "scrap": "scrap", "ausschuss": "scrap", "报废": "scrap",
    "finished": "finished", "fertigwaren": "finished", "成品": "finished", "成品库": "finished",
}  # fmt: skip
FIELDS: Mapping[Kind, Sequence[Field]] = {
    Kind.ITEMS: (
        field_of("code", Form.CODE, ("item", "物料编码"), f"code|number|nummer|编码|编号|{ITEM_TITLES}", required=True),
        *NAMES,
        field_of("unit", Form.TEXT, ("unit", "单位"), "unit|uom|unitofmeasure|einheit|mengeneinheit|me|单位|计量单位", required=True),
        field_of(
            "procurement", Form.CHOICE, ("make or buy", "自制或外购"),
            "procurement|makeorbuy|makebuy|procurementtype|beschaffung|beschaffungsart|采购类型|来源|自制外购",
            required=True, choices=_PROCUREMENT,
        ),
        field_of(
            "standard_cost", Form.NUMBER, ("standard cost", "标准成本"),
            "standardcost|cost|price|standardpreis|kosten|preis|herstellkosten|标准成本|成本|单价", default="0",
        ),
        field_of(
            "item_class", Form.TEXT, ("class", "物料类别"),
            "class|itemclass|group|itemgroup|warengruppe|materialgruppe|artikelgruppe|类别|物料类别|物料组|分类", default="",
        ),
        field_of("abc_class", Form.CHOICE, ("ABC class", "ABC分类"), "abc|abcclass|abckennzeichen|abc分类", choices=_ABC),
        field_of("gtin", Form.TEXT, ("GTIN", "GTIN"), "gtin|ean|barcode|eannummer|条码|商品条码|国际条码"),
        field_of(
            "serialised", Form.FLAG, ("serial numbers", "序列号管理"),
            "serialised|serialized|serialnumbers|seriennummernpflichtig|seriennummer|序列号管理|序列号", default=False,
        ),
    ),
    Kind.LOCATIONS: (
        field_of(
            "code", Form.CODE, ("location", "库位编码"),
            "code|location|locationcode|place|bin|lagerort|lagerplatz|ort|platz|库位|库位编码|库位编号|货位|仓位", required=True,
        ),
        *NAMES,
        field_of(
            "kind", Form.CHOICE, ("kind", "类型"), "kind|type|locationtype|art|typ|lagertyp|类型|库位类型",
            required=True, choices=_PLACES,
        ),
        field_of(
            "parent", Form.CODE, ("within", "上级库位"), "parent|within|partof|übergeordnet|gehörtzu|上级|上级库位|所属库位",
        ),
    ),
    Kind.BILLS: (
        field_of(
            "item", Form.CODE, ("item that is made", "成品编码"),
            f"parent|parentitem|product|assembly|head|kopf|baugruppe|erzeugnis|kopfmaterial|父项|父件|父项物料|成品|产品|母件|成品编码|{ITEM_TITLES}",
            required=True,
        ),
        field_of("revision", Form.CODE, ("revision", "版本"), "revision|rev|version|stand|änderungsstand|版本|版次", default="A"),
        field_of(
            "base_quantity", Form.AMOUNT, ("for so much", "基准数量"),
            "basequantity|base|per|baseqty|basismenge|bezugsmenge|基准数量|基本数量|批量", default="1",
        ),
        field_of(
            "component", Form.CODE, ("component", "组件"),
            "component|componentitem|child|part|komponente|position|teil|einsatzmaterial|子项|子件|组件|子项物料|组件编码|材料",
            required=True,
        ),
        field_of("quantity", Form.AMOUNT, ("quantity", "用量"), f"quantityper|{QUANTITY_TITLES}|单位用量", required=True),
        field_of(
            "scrap_percent", Form.NUMBER, ("scrap %", "损耗率"),
            "scrap|scrappercent|scraprate|loss|ausschuss|ausschussprozent|损耗|损耗率|报废率", default="0",
        ),
        field_of(
            "measured", Form.FLAG, ("weighed or issued", "称重或领料"),
            "measured|weighed|issued|gewogen|gemessen|称重|计量", default=False,
        ),
    ),
    Kind.ROUTINGS: (
        field_of("item", Form.CODE, ("item that is made", "成品编码"), f"product|assembly|erzeugnis|产品|成品|{ITEM_TITLES}", required=True),
        field_of("revision", Form.CODE, ("revision", "版本"), "revision|rev|version|stand|版本|版次", default="A"),
        field_of(
            "operation", Form.WHOLE, ("operation", "工序号"),
            "operation|operationno|op|step|sequence|vorgang|arbeitsgang|vorgangsnummer|avo|工序|工序号|工步", required=True,
        ),
        field_of("name_en", Form.TEXT, ("name", "英文名称"), f"operationname|{NAME_EN_TITLES}"),
        field_of("name_zh", Form.TEXT, ("Chinese name", "中文名称"), f"工序名称|{NAME_ZH_TITLES}"),
        field_of(
            "units", Form.TEXT, ("units", "设备"),
            "units|unit|equipment|machine|workcenter|resource|maschine|anlage|arbeitsplatz|设备|机台|工作中心", required=True,
        ),
        field_of("setup_s", Form.NUMBER, ("setup, seconds", "准备时间（秒）"), "setup|setuptime|setups|rüstzeit|准备时间", default="0"),
        field_of("run_s", Form.NUMBER, ("a piece, seconds", "单件时间（秒）"), "run|runtime|cycletime|cycle|stückzeit|taktzeit|单件时间|节拍"),
        field_of("outsourced", Form.FLAG, ("outside", "外协"), "outsourced|subcontracted|fremdvergabe|外协|委外", default=False),
    ),
    Kind.LOTS: (
        field_of("item", Form.CODE, ("item", "物料编码"), ITEM_TITLES, required=True),
        field_of(
            "lot", Form.CODE, ("lot", "批次"), "lot|lotnumber|lotno|batch|batchno|batchnumber|charge|chargennummer|批次|批号|批次号",
            required=True,
        ),
        field_of("quantity", Form.AMOUNT, ("quantity", "数量"), f"{QUANTITY_TITLES}|onhand|bestand|库存|库存数量", required=True),
        field_of(
            "location", Form.CODE, ("location", "库位"),
            "location|place|bin|warehouse|lagerort|lagerplatz|ort|库位|货位|仓库|存放位置", required=True,
        ),
        field_of(
            "expires_on", Form.DATE, ("expires on", "有效期"),
            "expires|expireson|expiry|expirydate|expirationdate|bestbefore|verfall|verfallsdatum|mhd|haltbarbis|有效期|失效日期|到期日|保质期",
        ),
        field_of(
            "supplier_lot", Form.TEXT, ("supplier's lot", "供应商批次"),
            "supplierlot|vendorlot|supplierbatch|lieferantencharge|供应商批次|供应商批号|原厂批号", default="",
        ),
    ),
    Kind.ORDERS: (
        field_of(
            "number", Form.CODE, ("order", "工单号"),
            "number|order|orderno|ordernumber|workorder|wo|auftrag|auftragsnummer|fertigungsauftrag|工单|工单号|订单|订单号|生产订单",
            required=True,
        ),
        field_of("item", Form.CODE, ("item", "物料编码"), f"product|produkt|产品|{ITEM_TITLES}", required=True),
        field_of("quantity", Form.AMOUNT, ("quantity", "数量"), f"target|{QUANTITY_TITLES}|计划数量|sollmenge", required=True),
        field_of(
            "equipment", Form.TEXT, ("unit", "设备"),
            "equipment|unit|machine|workcenter|workunit|resource|maschine|anlage|arbeitsplatz|设备|机台|工作中心", required=True,
        ),
        field_of(
            "due_at", Form.INSTANT, ("due", "交期"),
            "due|dueat|duedate|deadline|finish|termin|endtermin|fällig|liefertermin|fertigtermin|交期|截止日期|完工日期|计划完工",
            required=True,
        ),
        field_of("priority", Form.WHOLE, ("priority", "优先级"), "priority|prio|priorität|优先级", default="100"),
        field_of(
            "over_percent", Form.NUMBER, ("over-delivery %", "超产率"),
            "over|overpercent|overdelivery|überlieferung|überlieferungprozent|超产|超产率", default="10",
        ),
    ),
    **SUPPLY_FIELDS,
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
    if kind in (Kind.ITEMS, Kind.LOCATIONS, Kind.SUPPLIERS) and not named & {"name_en", "name_zh"}:
        missing.append("name_en")
    return missing
