"""The file system: what is read is a regular file inside its folder, what is written is whole or not there.

Everything that feedpub reads from an entries folder or a published folder, and everything that it writes, goes through
this module. Start with `read_file` and `write_file`.

* Reading never follows a symbolic link out of the folder or to something hidden in it (``.git`` holds access tokens),
  and never waits for a named pipe or a device.
* Writing never goes through a symbolic link, and never replaces something that is not a regular file. A file is written
  under a temporary name, flushed to the disk, and moved into place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import threading
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Fault = Literal["link", "folder", "special", "size"]

# Windows has neither links that `open` may refuse to follow nor named pipes in folders: there a look before must do.
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CLOSED_IN_CHILDREN: Final = getattr(os, "O_CLOEXEC", 0)
_READ_ONLY: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | _CLOSED_IN_CHILDREN
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | _NO_FOLLOW | _CLOSED_IN_CHILDREN
# What systems say of a link that they were told not to follow: Linux and macOS, FreeBSD, NetBSD.
_IS_LINK: Final = {errno.ELOOP, errno.EMLINK, getattr(errno, "EFTYPE", errno.ELOOP)}
_CHUNK_BYTES: Final = 1 << 20
# Short, since the name of the file itself may be as long as the system allows: the process and the thread that write.
_TEMPORARY: Final = re.compile(r"\.feedpub-(\d{1,20})-(\d{1,20})(?:-\d{1,9})?")
_KINDS: Final = (
    (stat.S_ISLNK, "is a symbolic link"),
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)
_NUMBERS: Final[Mapping[Fault, int]] = {
    "link": errno.ELOOP, "folder": errno.EISDIR, "special": errno.EINVAL, "size": errno.EFBIG
}  # fmt: skip


class RefusedFileError(OSError):
    """A path that is neither read nor written, whatever stands there; `strerror` says why.

    Attributes:
        fault: ``link`` (one that leads elsewhere), ``folder``, ``special`` (a named pipe or device), ``size``.
        size: In bytes, if that is the fault.
    """

    def __init__(self, fault: Fault, reason: str, path: str, size: int = 0) -> None:
        super().__init__(_NUMBERS[fault], reason, path)
        self.fault, self.size = fault, size


def read_file(folder: str, name: str, *, limit: int | None = None, first: int | None = None) -> bytes:
    """Return the content of a regular file inside a folder.

    The folder itself may be a symbolic link, and so may be what is in it, if the link leads to a file of the folder.

    Args:
        folder: Its path.
        name: Of the file, relative to the folder, with ``/`` between folders.
        limit: The largest size in bytes.
        first: Return no more than so many bytes.

    Raises:
        RefusedFileError: It is a link out of the folder, no regular file, or too large; nothing of it was read.
        OSError: It cannot be read.
    """
    opened = _open_inside(folder, name)
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise _refused(found.st_mode, os.path.join(folder, name))
        size = found.st_size
        if limit is not None and size > limit:
            raise _too_large(folder, name, size)
        data = os.read(opened, size + 1 if first is None else first)
        if len(data) == size or first is not None:
            return data
        return _read_rest(opened, data, limit, folder, name)  # of another size than it seemed to have
    finally:
        os.close(opened)


def read_named_file(path: str, *, limit: int) -> bytes:
    """Return the content of a file that the user of a command named: also of a pipe, such as ``<(pdftotext …)``.

    A named pipe that nobody writes to is empty, and is not waited for.

    Raises:
        RefusedFileError: It is a folder, or holds more than `limit` bytes.
        OSError: It cannot be read.
    """
    opened = os.open(path, _READ_ONLY)
    try:
        found = os.fstat(opened)
        if stat.S_ISDIR(found.st_mode):
            raise _refused(found.st_mode, path)
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(opened, True)  # now that it is open, there is a writer or never will be one
        return _read_rest(opened, b"", limit, "", path)
    finally:
        os.close(opened)


def read_input(path: str, *, limit: int) -> bytes:
    """Return the content of a file that the user of a command named, or of standard input for ``-``.

    Raises:
        RefusedFileError: It is a folder, or holds more than `limit` bytes.
        OSError: It cannot be read.
    """
    if path != "-":
        return read_named_file(path, limit=limit)
    data = sys.stdin.buffer.read(limit + 1)
    if len(data) > limit:
        raise _too_large("", "standard input", len(data))
    return data


def _open_inside(folder: str, name: str) -> int:
    path = os.path.join(folder, name)
    if _NO_FOLLOW and "/" not in name:
        try:
            return os.open(path, _READ_ONLY | _NO_FOLLOW)
        except OSError as error:
            if error.errno not in _IS_LINK:
                raise
    real = resolve_inside(folder, name)
    try:
        opened = os.open(real, _READ_ONLY | _NO_FOLLOW)
    except OSError as error:
        if os.path.isdir(real):  # Windows does not open folders
            raise _refused(stat.S_IFDIR, path) from None
        raise _named(error, path) from error
    try:
        # A folder on the way that became a link since: the open file is then another one.
        if resolve_inside(folder, name) != real or not os.path.samestat(os.fstat(opened), os.lstat(real)):
            raise _leads_out(path)
    except BaseException:
        os.close(opened)
        raise
    return opened


def resolve_inside(folder: str, name: str) -> str:
    """Return where a file of a folder really is, once all symbolic links are followed; it need not exist.

    Raises:
        RefusedFileError: Outside of the folder, or in something hidden in it.
    """
    path = os.path.join(folder, name)
    root, real = os.path.join(os.path.realpath(folder), ""), os.path.realpath(path)
    inside = os.path.normcase(real).startswith(os.path.normcase(root))
    named = _parts(name)
    hidden = any(part.startswith(".") and part not in named for part in _parts(real[len(root) :]))
    if not inside or hidden:
        raise _leads_out(path)
    return real


def _parts(name: str) -> list[str]:
    return re.split(r"[/\\]" if os.sep == "\\" else "/", name)


def _read_rest(opened: int, data: bytes, limit: int | None, folder: str, name: str) -> bytes:
    parts, size = [data], len(data)
    while more := os.read(opened, _CHUNK_BYTES):
        parts.append(more)
        size += len(more)
        if limit is not None and size > limit:
            raise _too_large(folder, name, size)
    return b"".join(parts)


def _refused(mode: int, path: str) -> RefusedFileError:
    reason = next((text for is_kind, text in _KINDS if is_kind(mode)), "is not a regular file")
    fault: Fault = "link" if stat.S_ISLNK(mode) else "folder" if stat.S_ISDIR(mode) else "special"
    return RefusedFileError(fault, reason, path)


def _leads_out(path: str) -> RefusedFileError:
    return RefusedFileError("link", "is a symbolic link that leads out of the folder", path)


def _too_large(folder: str, name: str, size: int) -> RefusedFileError:
    return RefusedFileError("size", f"is too large ({size:,} bytes or more)", os.path.join(folder, name), size)


def check_target(folder: str, name: str, known_folders: set[str] | None = None) -> os.stat_result | None:
    """Return the state of the regular file that a path of a folder names; None if nothing stands there.

    Args:
        folder: Its path; it may be a symbolic link itself.
        name: Of the file, relative to the folder, with ``/`` between folders.
        known_folders: Folders between the two, relative, that were looked at and need not be again; those that are
            found are added.

    Raises:
        RefusedFileError: It is something else, or a folder on the way to it is a link, or no folder.
    """
    if (".." in name or os.path.isabs(name)) and (os.path.isabs(name) or ".." in _parts(name)):
        raise RefusedFileError("link", "leads out of the folder", os.path.join(folder, name))
    end = name.rfind("/")
    if end > 0 and (known_folders is None or name[:end] not in known_folders):
        if not _check_folders(folder, name[:end]):
            return None
        if known_folders is not None:
            known_folders.add(name[:end])
    path = os.path.join(folder, name)
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode) or _is_junction(found):
        raise _refused(found.st_mode, path)
    return found


def _check_folders(folder: str, name: str) -> bool:
    """Return True if a folder below another one is there, without a link on the way."""
    path = folder
    for part in name.split("/"):
        path = os.path.join(path, part)
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return False
        if stat.S_ISREG(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        if not stat.S_ISDIR(found.st_mode) or _is_junction(found):
            raise _refused(found.st_mode if not stat.S_ISDIR(found.st_mode) else stat.S_IFLNK, path)
    return True


def _is_junction(found: os.stat_result) -> bool:
    """Return True for a mount point of Windows, which leads elsewhere as a symbolic link does."""
    return getattr(found, "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


def write_file(folder: str, name: str, data: bytes, *, mode: int | None = None) -> bool:
    """Write a file of a folder, whole or not at all, unless it already holds these bytes; make its folders.

    Args:
        folder: Its path; it is made if need be, and may be a symbolic link.
        name: Of the file, relative to the folder, with ``/`` between folders.
        data: What it is to hold.
        mode: Its permissions; as the system gives them to new files if not given.

    Returns:
        Whether it was written. An unchanged file is not touched, so that web servers keep its date and ETag.

    Raises:
        RefusedFileError: It, or a folder on the way to it, is a link or no regular file; nothing was written.
        OSError: It cannot be written; what was there before is still there.
    """
    found = check_target(folder, name)
    path = os.path.join(folder, name)
    if found and found.st_size == len(data) and _holds(path, data):
        return False
    temporary = _write_temporary(path, data, mode)
    try:
        os.replace(temporary, path)
    except OSError as error:
        raise _named(error, path) from error
    finally:
        _remove_temporary(temporary)
    return True


def _holds(path: str, data: bytes) -> bool:
    try:
        opened = os.open(path, _READ_ONLY | _NO_FOLLOW)
    except OSError:
        return False
    try:
        return os.read(opened, len(data) + 1) == data
    finally:
        os.close(opened)


def write_new_files(folder: str, contents: Mapping[str, bytes]) -> None:
    """Write files that must not exist into a folder: all of them, or none.

    Args:
        folder: Its path; it is made if need be.
        contents: Name → what the file is to hold.

    Raises:
        FileExistsError: One of them exists, whatever it is; none was written.
        OSError: One cannot be written; none was.
    """
    temporary: dict[str, str] = {}
    written: list[str] = []
    try:
        for number, (name, data) in enumerate(contents.items()):
            path = os.path.join(folder, name)
            temporary[path] = _write_temporary(path, data, None, number)
        for path, source in temporary.items():
            written.append(path)  # before it is, since Ctrl-C may come at any moment
            try:
                _move_to_new(source, path)
            except OSError as error:
                written.remove(path)
                raise _named(error, path) from error
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise
    finally:
        for source in temporary.values():
            _remove_temporary(source)


def _move_to_new(source: str, path: str) -> None:
    """Give a file its name, unless something else has it."""
    try:
        os.link(source, path)  # unlike `os.replace`, it never replaces
    except FileExistsError:
        raise
    except (OSError, NotImplementedError, AttributeError):  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
        os.replace(source, path)


def _write_temporary(path: str, data: bytes, mode: int | None, number: int = 0) -> str:
    """Write a file beside the one that it will be, and flush it to the disk; return its path."""
    folder = os.path.dirname(path)
    name = f".feedpub-{os.getpid()}-{threading.get_ident()}" + (f"-{number}" if number else "")
    temporary = os.path.join(folder, name)
    try:
        opened = _create(temporary, folder)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(opened, rest) :]
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(opened, mode)
            os.fsync(opened)
        finally:
            os.close(opened)
        if mode is not None and not hasattr(os, "fchmod"):
            os.chmod(temporary, mode)
    except OSError as error:
        _remove_temporary(temporary)
        raise _named(error, path) from error
    except BaseException:
        _remove_temporary(temporary)
        raise
    return temporary


def _create(temporary: str, folder: str) -> int:
    try:
        return os.open(temporary, _NEW, 0o666)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:  # of a process with the same numbers, which was killed
        os.unlink(temporary)
    return os.open(temporary, _NEW, 0o666)


def _remove_temporary(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)


def _named(error: OSError, path: str) -> OSError:
    """Return an error that names the file, not how it is written."""
    return OSError(error.errno, os.strerror(error.errno), path) if error.errno else error


def remove_file(folder: str, name: str) -> None:
    """Remove a file of a folder, and the folders between them that are empty without it; nothing behind a link."""
    if check_target(folder, name):
        os.unlink(os.path.join(folder, name))
    while "/" in name:
        name = name.rpartition("/")[0]
        path = os.path.join(folder, name)
        if not os.path.islink(path):
            try:
                os.rmdir(path)
            except FileNotFoundError:
                continue
            except OSError:
                return


def remove_leftovers(folder: str, *, is_deep: bool = False) -> None:
    """Remove the temporary files that processes which were killed left in a folder.

    Args:
        folder: Its path.
        is_deep: Look into the folders below it, too; never into links.
    """
    for place, names in _list_names(folder, is_deep=is_deep):
        for name in names:
            match = _TEMPORARY.fullmatch(name) if name.startswith(".feedpub-") else None
            if match and not _is_written(int(match[1]), int(match[2])):
                path = os.path.join(place, name)
                with contextlib.suppress(OSError):
                    if stat.S_ISREG(os.lstat(path).st_mode):
                        os.unlink(path)


def _list_names(folder: str, *, is_deep: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder, and those below it if it is to be deep, with the names of what is in each."""
    if is_deep:
        yield from ((place, names) for place, _, names in os.walk(folder))
        return
    with contextlib.suppress(OSError):  # a third of the time that `os.walk` takes, and every build does it
        yield folder, os.listdir(folder)


def _is_written(process: int, thread: int) -> bool:
    """Return True if the process and thread that a temporary file names may still be writing it."""
    if process == os.getpid():
        return thread != threading.get_ident() and any(one.ident == thread for one in threading.enumerate())
    if sys.platform == "win32":
        return False  # a file that is open there is not removed
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # of another user
        return True
    return True
