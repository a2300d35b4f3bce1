"""What real devices answer, written down by hand from their documents, register by register.

Nothing here is computed from the profiles: a profile with a wrong address, word order or scale reads something else.
Registers are written as in hexadecimal dumps; expected values are scaled, states are the plant's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Bits = Mapping[int, bool]
Registers = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusMap:
    """The tables of one device; addresses as they go over the wire, from 0."""

    holding: Registers = field(default_factory=dict[int, int])
    inputs: Registers = field(default_factory=dict[int, int])
    coils: Bits = field(default_factory=dict[int, bool])
    discrete: Bits = field(default_factory=dict[int, bool])
    expected: Mapping[str, str]


MODBUS: Mapping[str, ModbusMap] = {
    # counter 0x0001_86A3 = 100003, low word only: 0x86A3 = 34467
    "adam-6051-low-word": ModbusMap(
        holding={0: 0x86A3, 1: 0x0001, 2: 0x0007},
        discrete={4: True},
        expected={"produced": "34467", "scrap": "7", "running": "running"},
    ),
    # 40002 x 65536 + 40001
    "adam-6051": ModbusMap(
        holding={0: 0x86A3, 1: 0x0001, 2: 0x0007, 3: 0x0002},
        coils={4: True},
        expected={"produced": "100003", "scrap": "131079", "running": "running"},
    ),
    "adam-5080": ModbusMap(
        holding={0: 0x86A3, 1: 0x0001, 2: 0x0009, 3: 0, 8: 0b101, 9: 0b001},
        expected={
            "good": "100003",
            "scrap": "9",
            "good_overflow": "true",
            "scrap_overflow": "false",
        },
    ),
    # CH0 Hi 30017 = 0x0010, Lo 30018; CH1 Hi 30019; DI 2 at 10003
    "moxa-iologik-e1212": ModbusMap(
        inputs={16: 0x0001, 17: 0x86A3, 18: 0x0000, 19: 0x0011},
        discrete={0: False, 1: False, 2: True, 3: False},
        expected={"good": "100003", "scrap": "17", "running": "running"},
    ),
    "moxa-iologik-e1214": ModbusMap(
        inputs={16: 0x0001, 17: 0x86A3, 18: 0x0000, 19: 0x0011},
        discrete={2: False, 1000: True, 1001: False},
        expected={
            "good": "100003",
            "scrap": "17",
            "running": "down",
            "good_overflow": "true",
            "scrap_overflow": "false",
        },
    ),
    # 40002: inputs 1 0 1 0 0 and overflow of counter 2
    "seneca-z-d-in": ModbusMap(
        holding={1: 0b0000_0010_0000_0101, 2: 65530, 3: 3},
        expected={
            "good": "65530",
            "scrap": "3",
            "running": "running",
            "good_overflow": "false",
            "scrap_overflow": "true",
        },
    ),
    # -99,999,999 = 0xFA0A1F01
    "red-lion-paxi": ModbusMap(
        holding={0: 0xFA0A, 1: 0x1F01, 2: 0x05F5, 3: 0xE0FF, 6: 0x0000, 7: 0x04D2},
        expected={"good": "-99999999", "scrap": "99999999", "rate": "1234"},
    ),
    # net 12345 with three decimals; status: moving (bit 4) and overload (bits 2-3 = 2); word 5 bits 4-6 = 3
    "hbm-wtx120": ModbusMap(
        holding={0: 0x0000, 1: 0x3039, 2: 0x0000, 3: 0x32C8, 4: 0b11000, 5: 0b0011_0010},
        expected={
            "net": "12.345",
            "gross": "13.000",
            "error": "false",
            "alarm": "false",
            "limit": "2",
            "moving": "true",
            "point": "3",
        },
    ),
    "hbm-wtx120-dosing": ModbusMap(
        holding={0: 0x0000, 1: 0x3039, 2: 0, 3: 0x32C8, 4: 0b01001, 18: 0x0001, 19: 0x86A0},
        expected={
            "net": "12.345",
            "gross": "13.000",
            "error": "true",
            "alarm": "false",
            "overload": "true",
            "moving": "false",
            "dosed": "100.000",
        },
    ),
    # 40007 status: net negative (bit 8), stable (bit 11); magnitudes 12345 and 2500 without sign
    "laumas-tlu": ModbusMap(
        holding={6: 0b0000_1001_0000_0000, 7: 0x0000, 8: 0x3039, 9: 0x0000, 10: 0x09C4},
        expected={
            "net": "-2.500",
            "gross": "12.345",
            "cell_error": "false",
            "converter_error": "false",
            "overload": "false",
            "over_range": "0",
            "gross_negative": "false",
            "net_negative": "true",
            "stable": "true",
        },
    ),
    # index 11 of the table of divisions: 0.02, two decimals; net 1200 is 12.00; full-scale fault (bit 3)
    "laumas-lcb": ModbusMap(
        holding={6: 0b0001_0001_0000_1000, 9: 0x0000, 10: 0x04B0, 13: 11},
        expected={
            "net": "-12.00",
            "faults": "8",
            "net_negative": "true",
            "stable": "false",
            "at_zero": "true",
            "division_index": "11",
        },
    ),
    # word 2: 39 38 37 36 35 34 33 32 | 47 … 40; bits 38 (stable) and 33 (above Max)
    "sartorius-pr5220": ModbusMap(
        holding={2: 0b0100_0010_0000_0000, 16: 0xFFFF, 17: 0xFB2E},
        expected={
            "gross": "-1.234",
            "adc_error": "false",
            "above_max": "true",
            "overload": "false",
            "below_zero": "false",
            "stable": "true",
        },
    ),
    # IEEE 754: 12.5 = 0x41480000, 15.0 = 0x41700000, 2.5 = 0x40200000
    "mettler-ind570": ModbusMap(
        holding={8: 0x4170, 9: 0, 10: 0x4020, 11: 0, 12: 0x4148, 13: 0},
        expected={"net": "12.5", "gross": "15", "tare": "2.5"},
    ),
    # 230.5 = 0x43668000, 1500 = 0x44BB8000, 1234.5 = 0x449A5000, 0.25 = 0x3E800000
    "eastron-sdm630": ModbusMap(
        inputs={
            0: 0x4366,
            1: 0x8000,
            52: 0x44BB,
            53: 0x8000,
            72: 0x449A,
            73: 0x5000,
            74: 0x3E80,
            75: 0x0000,
        },
        expected={
            "voltage_l1": "230.5",
            "power": "1500",
            "energy_import": "1234.5",
            "energy_export": "0.25",
        },
    ),
    # register 45100 is wire address 45099: 1,234,500 Wh = 0x4996B220; 45118: 42 = 0x42280000
    "schneider-iem3100": ModbusMap(
        holding={45099: 0x4996, 45100: 0xB220, 45117: 0x4228, 45118: 0x0000},
        expected={"energy_import": "1234.500", "input_metering": "42"},
    ),
}


STATUS: Mapping[str, Mapping[tuple[str, int, int], tuple[str, str]]] = {
    # (table, address, bit) -> (signal that says so, what it says); with this bit alone all other signals are clear
    "adam-6051-low-word": {("discrete", 4, 0): ("running", "running")},
    "adam-6051": {("coils", 4, 0): ("running", "running")},
    "adam-5080": {
        ("holding", 8, 2): ("good_overflow", "true"),
        ("holding", 9, 2): ("scrap_overflow", "true"),
    },
    "moxa-iologik-e1212": {("discrete", 2, 0): ("running", "running")},
    "moxa-iologik-e1214": {
        ("discrete", 2, 0): ("running", "running"),
        ("discrete", 1000, 0): ("good_overflow", "true"),
        ("discrete", 1001, 0): ("scrap_overflow", "true"),
    },
    "seneca-z-d-in": {
        ("holding", 1, 2): ("running", "running"),
        ("holding", 1, 8): ("good_overflow", "true"),
        ("holding", 1, 9): ("scrap_overflow", "true"),
    },
    "hbm-wtx120": {
        ("holding", 4, 0): ("error", "true"),
        ("holding", 4, 1): ("alarm", "true"),
        ("holding", 4, 2): ("limit", "1"),
        ("holding", 4, 3): ("limit", "2"),
        ("holding", 4, 4): ("moving", "true"),
        ("holding", 5, 4): ("point", "1"),
        ("holding", 5, 6): ("point", "4"),
    },
    "hbm-wtx120-dosing": {
        ("holding", 4, 0): ("error", "true"),
        ("holding", 4, 1): ("alarm", "true"),
        ("holding", 4, 3): ("overload", "true"),
        ("holding", 4, 4): ("moving", "true"),
    },
    "laumas-tlu": {
        ("holding", 6, 0): ("cell_error", "true"),
        ("holding", 6, 1): ("converter_error", "true"),
        ("holding", 6, 2): ("overload", "true"),
        ("holding", 6, 3): ("over_range", "1"),
        ("holding", 6, 5): ("over_range", "4"),
        ("holding", 6, 7): ("gross_negative", "true"),
        ("holding", 6, 8): ("net_negative", "true"),
        ("holding", 6, 11): ("stable", "true"),
    },
    "laumas-lcb": {
        ("holding", 6, 0): ("faults", "1"),
        ("holding", 6, 5): ("faults", "32"),
        ("holding", 6, 8): ("net_negative", "true"),
        ("holding", 6, 11): ("stable", "true"),
        ("holding", 6, 12): ("at_zero", "true"),
    },
    "sartorius-pr5220": {
        ("holding", 2, 8): ("adc_error", "true"),
        ("holding", 2, 9): ("above_max", "true"),
        ("holding", 2, 10): ("overload", "true"),
        ("holding", 2, 11): ("below_zero", "true"),
        ("holding", 2, 14): ("stable", "true"),
    },
}
