"""What real OPC UA servers offer, written down by hand from the standards and reports, node by node; see `modbus_maps`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MACHINERY = "http://opcfoundation.org/UA/Machinery/"
TOOLS = "http://opcfoundation.org/UA/MachineTool/"
PACKML = "http://opcfoundation.org/UA/PackML/"
SCALES = "http://opcfoundation.org/UA/Scales/V2/"
CORE = "http://opcfoundation.org/UA/"
MOULDER = "http://lineside.example/moulder"


@dataclass(frozen=True, slots=True, kw_only=True)
class UaValue:
    """A variable: its type, its value, and its node id where that is what counts."""

    kind: str
    """Name of the built-in type, or `text` (LocalizedText), `counts`, `weight`."""
    value: object
    path: tuple[tuple[str, str], ...] = ()
    """(namespace URI, browse name) from Objects."""
    node_id: tuple[str, str] | None = None
    """(namespace URI, string identifier)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UaMap:
    """The nodes of one server."""

    nodes: tuple[UaValue, ...]
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    expected: Mapping[str, str]


def _moulder(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((MOULDER, name) for name in ("Moulder", *names))


_MACHINE = ((MACHINERY, "Machines"), ("urn:acme", "Press7"))
_PACKML = ((PACKML, "PackMLObjects"), ("urn:acme", "Filler"))
_SCALE = ((MACHINERY, "Machines"), ("urn:acme", "Bench"))
_S7 = "http://www.siemens.com/simatic-s7-opcua"
_CODESYS = "CODESYSSPV3/3S/IecVarAccess"

OPCUA: Mapping[str, UaMap] = {
    "packml-moulder": UaMap(
        nodes=(
            UaValue(kind="Int32", value=6, path=_moulder("Status", "StateCurrent")),
            UaValue(
                kind="Int32", value=-5, path=_moulder("Admin", "ProdProcessedCount", "AccCount")
            ),
            UaValue(
                kind="Int32", value=17, path=_moulder("Admin", "ProdDefectiveCount", "AccCount")
            ),
            UaValue(kind="Double", value=231.5, path=_moulder("Status", "MeltTemperature")),
            UaValue(kind="String", value="WO-7", path=_moulder("Command", "JobOrder")),
            UaValue(kind="Int32", value=500, path=_moulder("Command", "TargetQuantity")),
        ),
        expected={
            "state": "running",
            "good": "-5",
            "scrap": "17",
            "melt_temperature": "231.5",
            "job_order": "WO-7",
            "job_target": "500",
        },
    ),
    "packml": UaMap(
        nodes=(
            UaValue(
                kind="text",
                value="Suspended",
                path=(
                    *_PACKML,
                    (PACKML, "BaseStateMachine"),
                    (PACKML, "MachineState"),
                    (PACKML, "ExecuteState"),
                    (CORE, "CurrentState"),
                ),
            ),
            UaValue(
                kind="counts",
                value=((1, "Cans", 55, 100003), (2, "Lids", 1, 2)),
                path=(*_PACKML, (PACKML, "Admin"), (PACKML, "ProdProcessedCount")),
            ),
            UaValue(
                kind="counts",
                value=((1, "Cans", 3, 17),),
                path=(*_PACKML, (PACKML, "Admin"), (PACKML, "ProdDefectiveCount")),
            ),
        ),
        parameters={"machine_uri": "urn:acme", "machine": "Filler"},
        expected={"state": "starved", "produced": "100003", "scrap": "17"},
    ),
    "opcua-machinery": UaMap(
        nodes=(
            UaValue(
                kind="text",
                value="NotExecuting",
                path=(
                    *_MACHINE,
                    (MACHINERY, "MachineryBuildingBlocks"),
                    (MACHINERY, "MachineryItemState"),
                    (CORE, "CurrentState"),
                ),
            ),
        ),
        parameters={"machine_uri": "urn:acme", "machine": "Press7"},
        expected={"state": "idle"},
    ),
    "opcua-machine-tool": UaMap(
        nodes=(
            UaValue(
                kind="text",
                value="Interrupted",
                path=(
                    *_MACHINE,
                    (TOOLS, "Production"),
                    (TOOLS, "ActiveProgram"),
                    (TOOLS, "State"),
                    (CORE, "CurrentState"),
                ),
            ),
            UaValue(
                kind="UInt32",
                value=4294967295,
                path=(
                    *_MACHINE,
                    (TOOLS, "Production"),
                    (TOOLS, "Statistics"),
                    (TOOLS, "PartsProducedInLifetime"),
                ),
            ),
        ),
        parameters={"machine_uri": "urn:acme", "machine": "Press7"},
        expected={"state": "down", "produced": "4294967295"},
    ),
    "siemens-s7-1500": UaMap(
        nodes=(
            UaValue(kind="Int16", value=11, node_id=(_S7, '"Press7"."State"')),
            UaValue(kind="Int32", value=100003, node_id=(_S7, '"Press7"."Good"')),
            UaValue(kind="Int32", value=17, node_id=(_S7, '"Press7"."Scrap"')),
            UaValue(kind="String", value="WO-7", node_id=(_S7, '"Press7"."JobOrder"')),
            UaValue(kind="Int32", value=500, node_id=(_S7, '"Press7"."JobTarget"')),
        ),
        parameters={"db": "Press7"},
        expected={
            "state": "down",
            "good": "100003",
            "scrap": "17",
            "job_order": "WO-7",
            "job_target": "500",
        },
    ),
    "kepware": UaMap(
        nodes=(
            UaValue(kind="UInt32", value=100003, node_id=("KEPServerEX", "Line 2.Press.Gut")),
            UaValue(kind="UInt32", value=17, node_id=("KEPServerEX", "Line 2.Press.Scrap")),
            UaValue(kind="Boolean", value=False, node_id=("KEPServerEX", "Line 2.Press.Running")),
        ),
        parameters={"channel": "Line 2", "device": "Press", "good": "Gut"},
        expected={"good": "100003", "scrap": "17", "running": "down"},
    ),
    "wago-codesys": UaMap(
        nodes=tuple(
            UaValue(
                kind=kind,
                value=value,
                node_id=(
                    _CODESYS,
                    f"|var|WAGO 750-8102 PFC100 CS 2ETH RS.Application.PLC_PRG.{name}",
                ),
            )
            for kind, value, name in (
                ("UInt32", 100003, "udiGood"),
                ("UInt32", 17, "udiScrap"),
                ("Boolean", True, "xRunning"),
            )
        ),
        expected={"good": "100003", "scrap": "17", "running": "running"},
    ),
    "opcua-weighing": UaMap(
        nodes=(
            UaValue(
                kind="weight", value=(15.0, 12.5, 2.5), path=(*_SCALE, (SCALES, "CurrentWeight"))
            ),
            UaValue(
                kind="weight",
                value=(14.0, 11.25, 2.75),
                path=(*_SCALE, (SCALES, "RegisteredWeight")),
            ),
            *(
                UaValue(
                    kind="Boolean",
                    value=value,
                    path=(*_SCALE, (SCALES, "CurrentWeight"), (SCALES, name)),
                )
                for name, value in (
                    ("WeightStable", True),
                    ("Overload", False),
                    ("Underload", False),
                )
            ),
        ),
        parameters={"scale_uri": "urn:acme", "scale": "Bench"},
        expected={
            "net": "11.25",
            "current_net": "12.5",
            "stable": "true",
            "overload": "false",
            "underload": "false",
        },
    ),
}
