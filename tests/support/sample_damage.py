"""What disks and strangers do to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Change a bit of a file, overwrite a part of it, or cut it."""
    data = bytearray(content)
    offset, kind = chance.randrange(len(data)), chance.random()
    if kind < 0.6:
        data[offset] ^= 1 << chance.randrange(8)
    elif kind < 0.9:
        data[offset : offset + 8] = chance.choice([bytes(8), b"\xff" * 8, chance.randbytes(8)])
    else:
        del data[offset:]
    return bytes(data)
