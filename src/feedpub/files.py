"""Read and write files safely: read only regular files inside a folder, and write each file in one step.

All files that feedpub reads from an entries folder or a published folder, and all files that it writes, go through this
module. Start with `read_file` and `write_file`.

* Reading never follows a symbolic link out of the folder or to something hidden in it (``.git`` may contain access
  tokens), and never waits for a named pipe or a device.
* Writing never goes through a symbolic link, and never replaces anything but a regular file. A file is written under a
  temporary name, flushed to the disk, and moved into place.
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

# On Windows, `open` cannot refuse to follow links, so paths are only checked before; folders have no named pipes.
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CLOSED_IN_CHILDREN: Final = getattr(os, "O_CLOEXEC", 0)
_READ_ONLY: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | _CLOSED_IN_CHILDREN
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | _NO_FOLLOW | _CLOSED_IN_CHILDREN
# Error numbers for a link that was not to be followed: Linux and macOS, FreeBSD, NetBSD.
_LINK_ERRORS: Final = {errno.ELOOP, errno.EMLINK, getattr(errno, "EFTYPE", errno.ELOOP)}
_CHUNK_BYTES: Final = 1 << 20
# Process and thread that write. Short, since the name of the file itself may be as long as the system allows.
_TEMPORARY_NAME: Final = re.compile(r"\.feedpub-(\d{1,20})-(\d{1,20})(?:-\d{1,9})?")
_KIND_CHECKS: Final = (
    (stat.S_ISLNK, "is a symbolic link"),
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)
_ERROR_NUMBERS: Final[Mapping[Fault, int]] = {
    "link": errno.ELOOP, "folder": errno.EISDIR, "special": errno.EINVAL, "size": errno.EFBIG
}  # fmt: skip


class RefusedFileError(OSError):
    """A path that feedpub refuses to read or write; `strerror` says why.

    Attributes:
        fault: ``link`` (it leads out of the folder), ``folder``, ``special`` (a named pipe or device) or ``size``.
        size: In bytes, if the file is too large.
    """

    def __init__(self, fault: Fault, reason: str, path: str, size: int = 0) -> None:
        super().__init__(_ERROR_NUMBERS[fault], reason, path)
        self.fault, self.size = fault, size


def read_file(folder: str, name: str, *, limit: int | None = None, first: int | None = None) -> bytes:
    """Return the content of a regular file inside a folder.

    The folder itself may be a symbolic link. A file in it may be one, if it leads to another file of the folder.

    Args:
        folder: The path of the folder.
        name: The path of the file, relative to the folder, with ``/`` between folders.
        limit: The largest size in bytes.
        first: Return only the first bytes, at most so many.

    Raises:
        RefusedFileError: It is a link out of the folder, not a regular file, or too large; nothing of it was read.
        OSError: It cannot be read.
    """
    descriptor = _open_inside(folder, name)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise _make_refusal(state.st_mode, os.path.join(folder, name))
        size = state.st_size
        if limit is not None and size > limit:
            raise _make_size_refusal(folder, name, size)
        data = os.read(descriptor, size + 1 if first is None else first)
        if len(data) == size or first is not None:
            return data
        return _read_rest(descriptor, data, limit, folder, name)  # its size has changed, or was not known
    finally:
        os.close(descriptor)


def read_named_file(path: str, *, limit: int) -> bytes:
    """Return the content of a file that a user named on the command line; also of a pipe, such as ``<(pdftotext …)``.

    A named pipe without a writer counts as empty, and is not waited for.

    Raises:
        RefusedFileError: It is a folder, or has more than `limit` bytes.
        OSError: It cannot be read.
    """
    descriptor = os.open(path, _READ_ONLY)
    try:
        state = os.fstat(descriptor)
        if stat.S_ISDIR(state.st_mode):
            raise _make_refusal(state.st_mode, path)
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(descriptor, True)  # once it is open, either there is a writer or none will come
        return _read_rest(descriptor, b"", limit, "", path)
    finally:
        os.close(descriptor)


def read_input(path: str, *, limit: int) -> bytes:
    """Return the content of a file that a user named on the command line, or of standard input for ``-``.

    Raises:
        RefusedFileError: It is a folder, or has more than `limit` bytes.
        OSError: It cannot be read.
    """
    if path != "-":
        return read_named_file(path, limit=limit)
    data = sys.stdin.buffer.read(limit + 1)
    if len(data) > limit:
        raise _make_size_refusal("", "standard input", len(data))
    return data


def _open_inside(folder: str, name: str) -> int:
    path = os.path.join(folder, name)
    if _NO_FOLLOW and "/" not in name:
        try:
            return os.open(path, _READ_ONLY | _NO_FOLLOW)
        except OSError as error:
            if error.errno not in _LINK_ERRORS:
                raise
    real = resolve_inside(folder, name)
    try:
        descriptor = os.open(real, _READ_ONLY | _NO_FOLLOW)
    except OSError as error:
        if os.path.isdir(real):  # Windows does not open folders
            raise _make_refusal(stat.S_IFDIR, path) from None
        raise _name_path(error, path) from error
    try:
        # If a folder in the path has become a link since, another file was opened.
        if resolve_inside(folder, name) != real or not os.path.samestat(os.fstat(descriptor), os.lstat(real)):
            raise _make_link_refusal(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def resolve_inside(folder: str, name: str) -> str:
    """Return the path of a file of a folder with all symbolic links resolved; it need not exist.

    Raises:
        RefusedFileError: It is outside of the folder, or in something hidden in it.
    """
    path = os.path.join(folder, name)
    root, real = os.path.join(os.path.realpath(folder), ""), os.path.realpath(path)
    is_inside = os.path.normcase(real).startswith(os.path.normcase(root))
    requested_parts = _split_path(name)
    is_hidden = any(part.startswith(".") and part not in requested_parts for part in _split_path(real[len(root) :]))
    if not is_inside or is_hidden:
        raise _make_link_refusal(path)
    return real


def _split_path(name: str) -> list[str]:
    return re.split(r"[/\\]" if os.sep == "\\" else "/", name)


def _read_rest(descriptor: int, data: bytes, limit: int | None, folder: str, name: str) -> bytes:
    parts, size = [data], len(data)
    while more := os.read(descriptor, _CHUNK_BYTES):
        parts.append(more)
        size += len(more)
        if limit is not None and size > limit:
            raise _make_size_refusal(folder, name, size)
    return b"".join(parts)


def _make_refusal(mode: int, path: str) -> RefusedFileError:
    reason = next((text for is_kind, text in _KIND_CHECKS if is_kind(mode)), "is not a regular file")
    fault: Fault = "link" if stat.S_ISLNK(mode) else "folder" if stat.S_ISDIR(mode) else "special"
    return RefusedFileError(fault, reason, path)


def _make_link_refusal(path: str) -> RefusedFileError:
    return RefusedFileError("link", "is a symbolic link that leads out of the folder", path)


def _make_size_refusal(folder: str, name: str, size: int) -> RefusedFileError:
    return RefusedFileError("size", f"is too large ({size:,} bytes or more)", os.path.join(folder, name), size)


def check_target(folder: str, name: str, known_folders: set[str] | None = None) -> os.stat_result | None:
    """Return the state of a regular file of a folder; None if there is nothing at its path.

    Args:
        folder: The path of the folder, which may be a symbolic link itself.
        name: The path of the file, relative to the folder, with ``/`` between folders.
        known_folders: Folders between the two, relative, that need not be checked again; those that were checked now
            are added.

    Raises:
        RefusedFileError: It is not a regular file, or a folder in its path is a link.
        NotADirectoryError: A folder in its path is a file.
    """
    if os.path.isabs(name) or ".." in _split_path(name):
        raise RefusedFileError("link", "leads out of the folder", os.path.join(folder, name))
    end = name.rfind("/")
    if end > 0 and (known_folders is None or name[:end] not in known_folders):
        if not _check_folders(folder, name[:end]):
            return None
        if known_folders is not None:
            known_folders.add(name[:end])
    path = os.path.join(folder, name)
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(state.st_mode) or _is_junction(state):
        raise _make_refusal(state.st_mode, path)
    return state


def _check_folders(folder: str, name: str) -> bool:
    """Return True if a folder below another one exists; refuse links in its path."""
    path = folder
    for part in name.split("/"):
        path = os.path.join(path, part)
        try:
            state = os.lstat(path)
        except FileNotFoundError:
            return False
        if stat.S_ISREG(state.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        if not stat.S_ISDIR(state.st_mode) or _is_junction(state):
            raise _make_refusal(state.st_mode if not stat.S_ISDIR(state.st_mode) else stat.S_IFLNK, path)
    return True


def _is_junction(state: os.stat_result) -> bool:
    """Return True for a mount point of Windows, which leads to another folder as a symbolic link does."""
    return getattr(state, "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


def write_file(folder: str, name: str, data: bytes, *, mode: int | None = None) -> bool:
    """Write a file of a folder in one step, unless it has this content already; create folders as needed.

    Args:
        folder: The path of the folder, which is created if it does not exist, and may be a symbolic link.
        name: The path of the file, relative to the folder, with ``/`` between folders.
        data: The content.
        mode: The permissions; by default those that the system gives to new files.

    Returns:
        Whether it was written. An unchanged file is not touched, so that web servers keep its date and ETag.

    Raises:
        RefusedFileError: The file, or a folder in its path, is a link or of another kind; nothing was written.
        OSError: It cannot be written; the file is as it was before.
    """
    state = check_target(folder, name)
    path = os.path.join(folder, name)
    if state and state.st_size == len(data) and _has_content(path, data):
        return False
    temporary = _write_temporary(path, data, mode)
    try:
        os.replace(temporary, path)
    except OSError as error:
        raise _name_path(error, path) from error
    finally:
        _remove_temporary(temporary)
    return True


def _has_content(path: str, data: bytes) -> bool:
    try:
        descriptor = os.open(path, _READ_ONLY | _NO_FOLLOW)
    except OSError:
        return False
    try:
        return os.read(descriptor, len(data) + 1) == data
    finally:
        os.close(descriptor)


def write_new_files(folder: str, contents: Mapping[str, bytes]) -> None:
    """Write new files into a folder: all of them, or none.

    Args:
        folder: The path of the folder, which is created if it does not exist.
        contents: Name → content.

    Raises:
        FileExistsError: One of the names is in use; no file was written.
        OSError: One cannot be written; none was.
    """
    temporary: dict[str, str] = {}
    written: list[str] = []
    try:
        for number, (name, data) in enumerate(contents.items()):
            path = os.path.join(folder, name)
            temporary[path] = _write_temporary(path, data, None, number)
        for path, source in temporary.items():
            written.append(path)  # noted first, since Ctrl-C may come at any moment
            try:
                _move_to_new(source, path)
            except OSError as error:
                written.remove(path)
                raise _name_path(error, path) from error
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):
                os.unlink(path)
        raise
    finally:
        for source in temporary.values():
            _remove_temporary(source)


def _move_to_new(source: str, path: str) -> None:
    """Move a file to a path at which there is nothing yet."""
    try:
        os.link(source, path)  # unlike `os.replace`, it never replaces
    except FileExistsError:
        raise
    except (OSError, NotImplementedError, AttributeError):  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
        os.replace(source, path)


def _write_temporary(path: str, data: bytes, mode: int | None, number: int = 0) -> str:
    """Write a temporary file beside a path, and flush it to the disk; return the path of the temporary file."""
    folder = os.path.dirname(path)
    name = f".feedpub-{os.getpid()}-{threading.get_ident()}" + (f"-{number}" if number else "")
    temporary = os.path.join(folder, name)
    try:
        descriptor = _create_file(temporary, folder)
        try:
            unwritten = memoryview(data)
            while unwritten:
                unwritten = unwritten[os.write(descriptor, unwritten) :]
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if mode is not None and not hasattr(os, "fchmod"):
            os.chmod(temporary, mode)
    except OSError as error:
        _remove_temporary(temporary)
        raise _name_path(error, path) from error
    except BaseException:
        _remove_temporary(temporary)
        raise
    return temporary


def _create_file(temporary: str, folder: str) -> int:
    try:
        return os.open(temporary, _NEW_FILE, 0o666)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:  # left by a killed process with the same numbers
        os.unlink(temporary)
    return os.open(temporary, _NEW_FILE, 0o666)


def _remove_temporary(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)


def _name_path(error: OSError, path: str) -> OSError:
    """Return an error that names the file itself, not the temporary one."""
    return OSError(error.errno, os.strerror(error.errno), path) if error.errno else error


def remove_file(folder: str, name: str) -> None:
    """Remove a file of a folder, and folders in its path that are empty then; nothing behind a link."""
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
    """Remove the temporary files that killed processes left in a folder.

    Args:
        folder: The path of the folder.
        is_deep: Look into the folders below it, too, but never into links.
    """
    for parent, names in _list_names(folder, is_deep=is_deep):
        for name in names:
            match = _TEMPORARY_NAME.fullmatch(name) if name.startswith(".feedpub-") else None
            if match and not _is_being_written(int(match[1]), int(match[2])):
                path = os.path.join(parent, name)
                with contextlib.suppress(OSError):
                    if stat.S_ISREG(os.lstat(path).st_mode):
                        os.unlink(path)


def _list_names(folder: str, *, is_deep: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder, and with `is_deep` those below it, each with the names of its files."""
    if is_deep:
        yield from ((parent, names) for parent, _, names in os.walk(folder))
        return
    with contextlib.suppress(OSError):  # takes a third of the time of `os.walk`, and every build does it
        yield folder, os.listdir(folder)


def _is_being_written(process: int, thread: int) -> bool:
    """Return True if the process and thread that a temporary file names may still be writing it."""
    if process == os.getpid():
        return thread != threading.get_ident() and any(other.ident == thread for other in threading.enumerate())
    if sys.platform == "win32":
        return False  # Windows does not remove a file that is open
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it belongs to another user
        return True
    return True
