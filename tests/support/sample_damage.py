"""What disks and strangers do to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Change a bit of a file, overwrite a part of it, or cut it."""
    data = bytearray(whole)
    place, way = chance.randrange(len(data)), chance.random()
    if way < 0.6:
        data[place] ^= 1 << chance.randrange(8)
    elif way < 0.9:
        data[place : place + 8] = chance.choice([bytes(8), b"\xff" * 8, chance.randbytes(8)])
    else:
        del data[place:]
    return bytes(data)
