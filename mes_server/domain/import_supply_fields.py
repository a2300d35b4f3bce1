"""Fields of what is imported about supply: suppliers, units of items, replenishment loops, purchase orders."""

from collections.abc import Mapping, Sequence

from mes_server.domain.import_form import (
    ACTIVE,
    ITEM_TITLES,
    NAMES,
    QUANTITY_TITLES,
    Field,
    Form,
    Kind,
    field_of,
)

_KINDS = {
    "transfer": "transfer", "umlagerung": "transfer", "移库": "transfer", "调拨": "transfer",
    "purchase": "purchase", "buy": "purchase", "einkauf": "purchase", "kauf": "purchase", "采购": "purchase",
    "make": "make", "produktion": "make", "fertigung": "make", "生产": "make", "自制": "make",
}  # fmt: skip
_METHODS = {
    "reorderpoint": "reorder_point", "meldebestand": "reorder_point", "再订货点": "reorder_point",
    "minmax": "min_max", "最小最大": "min_max", "kanban": "kanban", "看板": "kanban",
    "twobin": "two_bin", "zweibehälter": "two_bin", "双箱": "two_bin", "两箱": "two_bin",
    "ondemand": "on_demand", "nachbedarf": "on_demand", "按需": "on_demand",
    "mrp": "mrp", "disposition": "mrp", "物料需求计划": "mrp",
}  # fmt: skip
_SIZING = {
    "lotforlot": "lot_for_lot", "exakt": "lot_for_lot", "按需批量": "lot_for_lot",
    "fixed": "fixed", "fest": "fixed", "固定批量": "fixed",
    "period": "period", "periode": "period", "周期批量": "period",
}  # fmt: skip
_SUPPLIER = "supplier|suppliercode|suppliernumber|vendor|lieferant|lieferantennummer|供应商|供应商编码|供应商编号"
_PLACE = "location|place|bin|warehouse|lagerort|lagerplatz|ort|库位|货位|仓库"
_OVER = "over|overpercent|overdelivery|überlieferung|überlieferungprozent|超收率|超收"

SUPPLY_FIELDS: Mapping[Kind, Sequence[Field]] = {
    Kind.SUPPLIERS: (
        field_of("code", Form.CODE, ("supplier", "供应商编码"), f"code|number|nummer|编码|编号|{_SUPPLIER}", required=True),
        *NAMES,
        ACTIVE,
    ),
    Kind.UNITS: (
        field_of("item", Form.CODE, ("item", "物料编码"), ITEM_TITLES, required=True),
        field_of(
            "unit", Form.TEXT, ("unit", "单位"),
            "unit|uom|packunit|alternativeunit|einheit|mengeneinheit|verpackungseinheit|单位|包装单位|辅助单位", required=True,
        ),
        field_of(
            "numerator", Form.AMOUNT, ("stock units in it", "折合库存单位数量"),
            "factor|contains|content|stockunits|faktor|umrechnung|inhalt|zähler|换算率|换算系数|含量|折合数量|" + QUANTITY_TITLES,
            required=True,
        ),
        field_of(
            "denominator", Form.AMOUNT, ("for so many of it", "对应单位数量"),
            "denominator|per|for|nenner|je|分母|对应数量", default="1",
        ),
    ),
    Kind.LOOPS: (
        field_of("item", Form.CODE, ("item", "物料编码"), ITEM_TITLES, required=True),
        field_of("location", Form.CODE, ("location", "库位"), _PLACE, required=True),
        field_of(
            "kind", Form.CHOICE, ("kind of supply", "补料方式"), "kind|supply|art|补料方式|供应方式|类型",
            default="transfer", choices=_KINDS,
        ),
        field_of(
            "method", Form.CHOICE, ("method", "补料方法"), "method|rule|verfahren|methode|dispositionsverfahren|方法|补料方法|补货方法",
            default="reorder_point", choices=_METHODS,
        ),
        field_of("source", Form.CODE, ("from", "来源库位"), "source|from|quelle|von|来源|来源库位"),
        field_of("supplier", Form.CODE, ("supplier", "供应商"), _SUPPLIER),
        field_of(
            "reorder_point", Form.NUMBER, ("reorder point", "再订货点"),
            "reorderpoint|minimum|min|meldebestand|mindestbestand|再订货点|最低库存|最小库存", default="0",
        ),
        field_of(
            "order_quantity", Form.AMOUNT, ("order quantity", "补料量"),
            f"orderquantity|lotsize|bestellmenge|losgröße|补料量|订货量|批量|{QUANTITY_TITLES}", required=True,
        ),
        field_of("max_quantity", Form.AMOUNT, ("maximum", "最高库存"), "maxquantity|maximum|max|höchstbestand|最高库存|最大库存"),
        field_of(
            "safety_stock", Form.NUMBER, ("safety stock", "安全库存"), "safetystock|sicherheitsbestand|安全库存", default="0",
        ),
        field_of(
            "lead_time_s", Form.WHOLE, ("lead time, seconds", "提前期（秒）"), "leadtime|leadtimes|wiederbeschaffungszeit|提前期",
            default="900",
        ),
        field_of("order_min", Form.AMOUNT, ("at least", "最小订货量"), "ordermin|minimumorder|mindestbestellmenge|最小订货量"),
        field_of("order_multiple", Form.AMOUNT, ("multiple of", "订货倍数"), "ordermultiple|multiple|rundungswert|订货倍数"),
        field_of("order_max", Form.AMOUNT, ("at most", "最大订货量"), "ordermax|maximumorder|höchstbestellmenge|最大订货量"),
        field_of("pack_unit", Form.TEXT, ("pack", "包装单位"), "packunit|pack|packaging|verpackung|gebinde|包装|包装单位"),
        field_of("scanned", Form.FLAG, ("empties are scanned", "扫描空箱"), "scanned|gescannt|扫描空箱|扫描", default=True),
        field_of(
            "lot_sizing", Form.CHOICE, ("lot sizing", "批量规则"), "lotsizing|losgrößenverfahren|批量规则",
            default="lot_for_lot", choices=_SIZING,
        ),
        field_of("period_days", Form.WHOLE, ("period, days", "周期（天）"), "perioddays|period|periode|周期|周期天数", default="7"),
        ACTIVE,
    ),
    Kind.PURCHASES: (
        field_of(
            "number", Form.CODE, ("purchase order", "采购单号"),
            "number|order|orderno|purchaseorder|po|ponumber|bestellung|bestellnummer|belegnummer|采购单|采购单号|采购订单|采购订单号|订单号",
            required=True,
        ),
        field_of("supplier", Form.CODE, ("supplier", "供应商"), _SUPPLIER, required=True),
        field_of("line", Form.WHOLE, ("line", "行号"), "line|lineno|pos|position|zeile|行号|行|项次"),
        field_of("item", Form.CODE, ("item", "物料编码"), ITEM_TITLES, required=True),
        field_of("location", Form.CODE, ("to", "收货库位"), f"{_PLACE}|to|deliverto|wareneingang|收货库位|收货仓库", required=True),
        field_of("quantity", Form.AMOUNT, ("quantity", "数量"), f"ordered|bestellmenge|订购数量|采购数量|{QUANTITY_TITLES}", required=True),
        field_of("unit", Form.TEXT, ("unit", "单位"), "unit|uom|einheit|mengeneinheit|me|单位|采购单位"),
        field_of("price", Form.NUMBER, ("price of one unit", "单价"), "price|unitprice|preis|einzelpreis|单价|价格", default="0"),
        field_of(
            "due_at", Form.INSTANT, ("due", "到货日期"),
            "due|dueat|duedate|deliverydate|termin|liefertermin|lieferdatum|交期|到货日期|交货日期|要求到货日期", required=True,
        ),
        field_of("over_percent", Form.NUMBER, ("over-delivery %", "超收率"), _OVER, default="0"),
    ),
}  # fmt: skip
