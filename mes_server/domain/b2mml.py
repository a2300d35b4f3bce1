"""An ERP document as XML in the element structure of B2MML V0701, OperationsPerformance.

The Business To Manufacturing Markup Language (B2MML) is used courtesy of MESA International. Element names and their order
are those of B2MML-OperationsPerformance.xsd and B2MML-OperationsPerformanceTypes.xsd.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

NAMESPACE = "http://www.mesa.org/xml/B2MML"
register_namespace("", NAMESPACE)

_TYPES = {"production": "Production", "receipt": "Inventory", "inventory": "Inventory"}
_USES = {
    "consumed": "Consumed",
    "produced": "Produced",
    "received": "Inventoried",
    "adjusted": "Inventoried",
    "moved": "Inventoried",
}
_STATES = {
    "not_allowed_to_start": "Other", "allowed_to_start": "Ready", "running": "Running", "held": "Holding",
    "suspended": "Paused", "completed": "Completed", "closed": "Completed", "aborted": "Aborted",
}  # fmt: skip


def to_xml(envelope: Mapping[str, Any]) -> bytes:
    """`envelope`: id, sequence, kind, created_at, since, until, postings, quantity, and the document."""
    document: Mapping[str, Any] = envelope["document"]
    kind = str(envelope["kind"])
    root = Element(_name("OperationsPerformance"))
    _put(root, "ID", envelope["id"])
    _put(root, "Description", f"Lineside {kind}, sequence {envelope['sequence']}")
    _put(root, "Version", "1")
    _put(root, "PublishedDate", envelope["created_at"])
    _put(root, "StartTime", envelope["since"])
    # The schema spells this one element of OperationsPerformance so.
    _put(root, "Endtime", envelope["until"])
    _scope(root, document["site"], "Site")
    _put(root, "OperationsType", _TYPES[kind])
    response = SubElement(root, _name("OperationsResponse"))
    _put(response, "ID", f"{envelope['id']}/1")
    _put(response, "StartTime", envelope["since"])
    _put(response, "EndTime", envelope["until"])
    _put(response, "OperationsType", _TYPES[kind])
    if document["work_order"]:
        _put(response, "OperationsRequestID", document["work_order"])
    progress: Mapping[str, Any] = document["progress"] or {}
    if progress:
        _put(response, "ResponseState", _STATES.get(progress["state"], "Other"))
    _segment(response, envelope, document, progress)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8")


def _segment(
    response: Element,
    envelope: Mapping[str, Any],
    document: Mapping[str, Any],
    progress: Mapping[str, Any],
) -> None:
    segment = SubElement(response, _name("SegmentResponse"))
    _put(segment, "ID", f"{envelope['id']}/1/1")
    _put(segment, "ActualStartTime", envelope["since"])
    _put(segment, "ActualEndTime", envelope["until"])
    _put(segment, "PostingDate", envelope["created_at"])
    if document["operation"] is not None:
        _put(segment, "OperationsSegmentID", document["operation"])
    if progress:
        _put(segment, "SegmentState", _STATES.get(progress["state"], "Other"))
    figures = {
        "sequence": envelope["sequence"],
        "postings": envelope["postings"],
        "quantity": envelope["quantity"],
        **{f"total_{name}": progress[name] for name in ("good", "scrap", "rework") if progress},
    }
    for name, value in figures.items():
        data = SubElement(segment, _name("SegmentData"))
        _put(data, "ID", name)
        _value(SubElement(data, _name("Value")), "ValueString", value, _unit(name, progress))
    for badge in document["people"]:
        _put(SubElement(segment, _name("PersonnelActual")), "PersonID", badge)
    for path in document["equipment"]:
        _put(SubElement(segment, _name("EquipmentActual")), "EquipmentID", path)
    for material in document["materials"]:
        _material(segment, material)


def _unit(name: str, progress: Mapping[str, Any]) -> str:
    return str(progress["unit"]) if name.startswith("total_") else ""


def _material(segment: Element, material: Mapping[str, Any]) -> None:
    actual = SubElement(segment, _name("MaterialActual"))
    _put(actual, "MaterialDefinitionID", material["item"])
    _put(actual, "MaterialLotID", material["lot"])
    _put(actual, "MaterialUse", _USES[material["use"]])
    quantity = SubElement(actual, _name("Quantity"))
    _value(quantity, "QuantityString", material["quantity"], material["unit"])
    for name in ("kind", "use", "from_location", "to_location", "postings"):
        one = SubElement(actual, _name("MaterialActualProperty"))
        _put(one, "ID", name)
        _value(SubElement(one, _name("Value")), "ValueString", material[name], "")


def _value(parent: Element, element: str, value: object, unit: str) -> None:
    _put(parent, element, value)
    _put(parent, "DataType", "decimal" if unit else "string")
    if unit:
        _put(parent, "UnitOfMeasure", unit)


def _scope(parent: Element, site: str, level: str) -> None:
    scope = SubElement(parent, _name("HierarchyScope"))
    _put(scope, "EquipmentID", site)
    _put(scope, "EquipmentElementLevel", level)


def _put(parent: Element, name: str, value: object) -> None:
    SubElement(parent, _name(name)).text = str(value)


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
