"""Text in Modbus registers: two characters a register, the first in the high byte unless bytes are swapped. Pure."""

from collections.abc import Sequence


def registers_text(words: Sequence[int], *, swapped: bool) -> str | None:
    """The text up to its first NUL, without blanks at its end; None when it is no UTF-8."""
    data = b"".join(word.to_bytes(2, "little" if swapped else "big") for word in words)
    try:
        return data.partition(b"\0")[0].decode().rstrip()
    except UnicodeDecodeError:
        return None


def text_registers(text: str, length: int, *, swapped: bool) -> list[int] | None:
    """`length` registers filled up with NUL; None when the text does not fit."""
    data = text.encode()
    if len(data) > 2 * length:
        return None
    data = data.ljust(2 * length, b"\0")
    order = "little" if swapped else "big"
    return [int.from_bytes(data[i : i + 2], order) for i in range(0, 2 * length, 2)]
