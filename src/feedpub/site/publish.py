"""Files that are whole or not there: each is written aside, flushed to the disk, and moved into place."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Final

ASIDE: Final = ".feedpub-"


def publish(path: str | os.PathLike[str], data: bytes) -> bool:
    """Write a file unless it already holds these bytes; make its folders.

    Returns:
        Whether it was written. An unchanged file is not touched, so that web servers keep its date and ETag.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    place = os.fspath(path)
    if _holds(place, data):
        return False
    folder = os.path.dirname(place)
    # Short, since the name itself may be as long as the system allows.
    aside = os.path.join(folder, f"{ASIDE}{os.getpid()}-{threading.get_ident()}")
    try:
        _write(aside, data, folder)
        os.replace(aside, place)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        if isinstance(error, OSError) and error.errno:  # say which file, not how it is written
            raise OSError(error.errno, os.strerror(error.errno), place) from error
        raise
    return True


def _holds(place: str, data: bytes) -> bool:
    try:
        with open(place, "rb", buffering=0) as file:
            return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
    except OSError:
        return False


def _write(aside: str, data: bytes, folder: str) -> None:
    try:
        file = open(aside, "wb", buffering=0)  # noqa: SIM115  # closed below
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        file = open(aside, "wb", buffering=0)  # noqa: SIM115
    with file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())


def sweep(folder: str | os.PathLike[str]) -> None:
    """Remove what a build that was killed left aside."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.startswith(ASIDE):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(place, name))
