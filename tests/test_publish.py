"""Files are whole or not there, and unchanged ones are not touched."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedpub.site.publish import publish


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("data", [b"", b"x", "中文".encode(), bytes(range(256)) * 5000])
def test_a_new_file_is_written_with_its_folders(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "en" / "夜车" / "index.html"
    assert publish(path, data) is True
    assert path.read_bytes() == data
    assert names(tmp_path) == ["en", "en/夜车", "en/夜车/index.html"]


@pytest.mark.parametrize(("old", "new"), [(b"old", b"new"), (b"old", b"longer"), (b"old", b""), (b"", b"new")])
def test_a_changed_file_is_replaced(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "atom.xml"
    publish(path, old)
    inode = path.stat().st_ino
    with path.open("rb") as reader:  # a server that is sending it
        assert publish(path, new) is True
        assert reader.read() == old
    assert path.read_bytes() == new
    assert path.stat().st_ino != inode
    assert names(tmp_path) == ["atom.xml"]


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "atom.xml"
    publish(path, b"same")
    os.utime(path, (1, 1))
    before = path.stat()
    assert publish(path, b"same") is False
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_ino) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_ino,
    )


def test_the_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    publish(tmp_path / "atom.xml", b"x")
    (tmp_path / "other").write_bytes(b"x")
    assert (tmp_path / "atom.xml").stat().st_mode == (tmp_path / "other").stat().st_mode


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
def test_a_failure_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    path = tmp_path / "atom.xml"
    publish(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, step, failing(error))
        with pytest.raises(type(error)):
            publish(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["atom.xml"]
    assert publish(path, b"new") is True


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    fsync, replace = os.fsync, os.replace

    def flush(descriptor: int) -> None:
        steps.append(("fsync", os.fstat(descriptor).st_size))
        fsync(descriptor)

    def move(source: str, target: str) -> None:
        steps.append(("replace", Path(source).stat().st_size))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", move)
    publish(tmp_path / "atom.xml", b"12345")
    assert steps == [("fsync", 5), ("replace", 5)]


def test_a_folder_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "atom.xml" / "inner").mkdir(parents=True)
    with pytest.raises(OSError):
        publish(tmp_path / "atom.xml", b"x")
    assert names(tmp_path) == ["atom.xml", "atom.xml/inner"]


def test_a_file_in_the_place_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "en").write_bytes(b"file")
    with pytest.raises(OSError):
        publish(tmp_path / "en" / "atom.xml", b"x")
    assert (tmp_path / "en").read_bytes() == b"file"


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "atom.xml"
    versions = [bytes([number]) * 200_000 for number in range(8)]
    start = threading.Barrier(len(versions))
    failures: list[BaseException] = []

    def write(data: bytes) -> None:
        start.wait()
        try:
            for _ in range(5):
                publish(path, data)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(data,)) for data in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert path.read_bytes() in versions
    assert names(tmp_path) == ["atom.xml"]
