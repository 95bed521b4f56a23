"""Unpacks `.Z` files, as the Unix program `compress` made them; Python has nothing for these."""

from __future__ import annotations

_MAGIC = b"\x1f\x9d"
_CLEAR = 256
_FIRST_WIDTH = 9


def decompress(data: bytes, *, max_bytes: int = 1 << 28) -> bytes:
    """The bytes packed in `data` by LZW (Welch 1984). ValueError where it is damaged or too big."""
    if len(data) < 3 or data[:2] != _MAGIC:
        raise ValueError("not a .Z file: expected it to begin with 1f 9d")
    max_width, has_clear = data[2] & 0x1F, bool(data[2] & 0x80)
    if not _FIRST_WIDTH <= max_width <= 16:
        raise ValueError(f"a .Z file's codes have 9 to 16 bits, got {max_width}")
    singles = [bytes([value]) for value in range(256)]
    # The place of the code that clears the table stays unused.
    first_table = [*singles, b""] if has_clear else singles
    table = list(first_table)
    output = bytearray()
    previous = b""
    width = _FIRST_WIDTH
    bit = section = 24
    end = len(data) * 8
    while True:
        if len(table) >= 1 << width and width < max_width:
            bit = section = _next_group(bit, section, width)
            width += 1
        if bit + width > end:
            return bytes(output)
        window = int.from_bytes(data[bit >> 3 : (bit >> 3) + 4], "little")
        code = (window >> (bit & 7)) & ((1 << width) - 1)
        bit += width
        if has_clear and code == _CLEAR:
            table = list(first_table)
            bit = section = _next_group(bit, section, width)
            width, previous = _FIRST_WIDTH, b""
            continue
        if code < len(table):
            entry = table[code]
        elif code == len(table) and previous:
            entry = previous + previous[:1]
        else:
            raise ValueError(f"damaged .Z file: code {code} at bit {bit - width} is not known yet")
        output += entry
        if len(output) > max_bytes:
            raise ValueError(f"a .Z file that unpacks to more than {max_bytes} bytes")
        if previous and len(table) < 1 << max_width:
            table.append(previous + entry[:1])
        previous = entry


def _next_group(bit: int, section: int, width: int) -> int:
    """Codes are written eight at a time: a change of width skips what is left of the eight."""
    group = 8 * width
    return section + -(-(bit - section) // group) * group
