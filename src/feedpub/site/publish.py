"""Files that are whole or not there: each is written aside, flushed to the disk, and moved into place."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def publish(path: Path, data: bytes) -> bool:
    """Write a file unless it already holds these bytes; make its folders.

    Returns:
        Whether it was written. An unchanged file is not touched, so that web servers keep its date and ETag.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".feedpub-{os.getpid()}-{threading.get_ident()}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    return True
