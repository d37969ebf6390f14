"""What is read is a regular file inside its folder; what is written is whole or not there; unchanged files stay."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import feedpub
from feedpub.files import (
    RefusedFileError,
    read_file,
    read_named_file,
    remove_file,
    remove_leftovers,
    resolve_inside,
    write_file,
    write_new_files,
)
from support.case_files import load_cases
from support.sample_sites import GOOD, SETTINGS, post, write_site

SECRET = "The secret of another folder"
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def publish(path: Path, data: bytes) -> bool:
    return write_file(str(path.parent), path.name, data)


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


# what is read: symbolic links


def site_with_links(place: Path, good: str) -> Path:
    """Make an entries folder with places that links may lead to, and a file outside."""
    (place / "secret.txt").write_text(good.replace("Text.", SECRET) + SECRET, encoding="utf-8")
    (place / "entries-2").mkdir()
    (place / "entries-2" / "secret.txt").write_text(SECRET, encoding="utf-8")
    entries = write_site(place / "entries", {**GOOD, "_good": good})
    (entries / ".git").mkdir()
    (entries / ".git" / "config").write_text(SECRET, encoding="utf-8")
    (entries / "folder").mkdir()
    (entries / "folder" / "good").write_text(good, encoding="utf-8")
    (entries / "folder" / "in").symlink_to("../_good")
    (entries / "folder" / "out").symlink_to("../../secret.txt")
    (entries / "parent").symlink_to("..")
    os.mkfifo(entries / "pipe")
    return entries


@needs_pipes
@pytest.mark.parametrize("case", load_cases("files"))
def test_an_entry_that_is_a_link(case: dict[str, Any], tmp_path: Path) -> None:
    entries = site_with_links(tmp_path, post())
    (entries / "a.en.md").symlink_to(case["target"].format(site=tmp_path))
    problems = feedpub.lint(entries)
    errors = [problem for problem in problems if problem.severity == "error"]
    result = feedpub.build(entries, tmp_path / "public", keep_going=True)
    assert ("en/a/index.html" in result.written) is case["is_read"]
    assert [(problem.code, problem.path) for problem in errors] == (
        [] if case["is_read"] else [("E107", (entries / "a.en.md").as_posix())]
    )
    assert all(problem.hint for problem in errors)
    assert SECRET not in f"{problems} {result.problems}"
    assert not [path for path in (tmp_path / "public").rglob("*.*ml") if SECRET.encode() in path.read_bytes()]


@needs_pipes
@pytest.mark.parametrize("case", load_cases("files"))
def test_a_template_that_is_a_link(case: dict[str, Any], tmp_path: Path) -> None:
    entries = site_with_links(tmp_path, "Good")
    (entries / "templates").mkdir()
    target = case["target"].format(site=tmp_path)
    (entries / "templates" / "landing.html").symlink_to(target if target.startswith("/") else f"../{target}")
    if case["is_read"]:
        feedpub.build(entries, tmp_path / "public")
        assert (tmp_path / "public" / "index.html").read_text(encoding="utf-8") == "Good"
        return
    with pytest.raises(feedpub.ConfigError) as raised:
        feedpub.build(entries, tmp_path / "public")
    (problem,) = raised.value.problems
    assert (problem.code, problem.path) == ("E009", (entries / "templates" / "landing.html").as_posix())
    assert problem.hint
    assert SECRET not in str(problem)
    assert not (tmp_path / "public").exists()


@needs_pipes
@pytest.mark.parametrize("case", load_cases("files"))
def test_settings_that_are_a_link(case: dict[str, Any], tmp_path: Path) -> None:
    entries = site_with_links(tmp_path, SETTINGS)
    (entries / "feedpub.toml").unlink()
    (entries / "feedpub.toml").symlink_to(case["target"].format(site=tmp_path))
    problems = feedpub.lint(entries)
    assert [problem.code for problem in problems if problem.severity == "error"] in (
        [[]] if case["is_read"] else [["E002"], ["E001"]]
    )
    assert SECRET not in str(problems)


@pytest.mark.parametrize("inner", ["", "sub"])
def test_a_folder_of_templates_that_is_a_link(inner: str, tmp_path: Path) -> None:
    entries = write_site(tmp_path / "entries", GOOD)
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "landing.html").write_text(SECRET, encoding="utf-8")
    link = entries / "templates" / inner
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "theme")
    with pytest.raises(feedpub.ConfigError, match="symbolic link") as raised:
        feedpub.build(entries, tmp_path / "public")
    assert [problem.code for problem in raised.value.problems] == ["E009"]
    assert SECRET not in str(raised.value)


def test_a_folder_of_templates_may_be_a_link_to_one_beside_it(tmp_path: Path) -> None:
    entries = write_site(tmp_path / "entries", GOOD)
    (entries / "_theme").mkdir()
    (entries / "_theme" / "landing.html").write_text("Own", encoding="utf-8")
    (entries / "templates").symlink_to("_theme")
    feedpub.build(entries, tmp_path / "public")
    assert (tmp_path / "public" / "index.html").read_text(encoding="utf-8") == "Own"


@pytest.mark.parametrize("case", load_cases("templates"))
def test_templates_stay_in_the_sandbox(case: dict[str, Any], tmp_path: Path) -> None:
    entries = write_site(tmp_path / "entries", GOOD)
    (tmp_path / "secret.html").write_text(SECRET, encoding="utf-8")
    (entries / "templates").mkdir()
    (entries / "templates" / "landing.html").write_text(case["template"], encoding="utf-8")
    with pytest.raises(feedpub.ConfigError) as raised:
        feedpub.build(entries, tmp_path / "public")
    (problem,) = raised.value.problems
    assert problem.code == "E009"
    assert "Recursion" not in problem.message
    assert not (tmp_path / "public" / "index.html").exists()


def test_the_entries_folder_may_be_a_link_and_files_hard_links(tmp_path: Path) -> None:
    write_site(tmp_path / "real", GOOD)
    os.link(tmp_path / "real" / "trains.en.md", tmp_path / "real" / "ferries.en.md")
    (tmp_path / "entries").symlink_to("real")
    (tmp_path / "published").mkdir()
    (tmp_path / "public").symlink_to("published")
    result = feedpub.build(tmp_path / "entries", tmp_path / "public")
    assert {"en/trains/index.html", "en/ferries/index.html"} <= set(result.written)
    assert not feedpub.build(tmp_path / "entries", tmp_path / "public").written


@pytest.mark.parametrize("target", ["public", "./public", "nowhere"])
def test_a_published_folder_that_is_a_link_to_nothing(target: str, tmp_path: Path) -> None:
    """One to itself ended in a traceback."""
    entries = write_site(tmp_path / "entries", GOOD)
    (tmp_path / "public").symlink_to(target)
    with pytest.raises(OSError):
        feedpub.build(entries, tmp_path / "public")
    assert sorted(os.listdir(tmp_path)) == ["entries", "public"]


@pytest.mark.parametrize("has_no_follow", [True, False], ids=["O_NOFOLLOW", "without"])
def test_systems_that_open_links(has_no_follow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no O_NOFOLLOW: there, the real path is looked at."""
    if not has_no_follow:
        monkeypatch.setattr("feedpub.files._NO_FOLLOW", 0)
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in" / "file").write_bytes(b"file")
    (tmp_path / "in" / "good").symlink_to("file")
    (tmp_path / "in" / "bad").symlink_to("../secret")
    folder = str(tmp_path / "in")
    assert read_file(folder, "file") == read_file(folder, "good") == b"file"
    for name in ("bad", "../secret", "../in/../secret"):
        with pytest.raises(RefusedFileError, match="leads out"):
            read_file(folder, name)


def test_a_link_that_changes_between_the_look_and_the_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "secret").write_bytes(b"file")
    looks: list[str] = []

    def look(place: str, name: str) -> str:
        found = resolve_inside(place, name)
        if not looks:
            (folder / "sub").rename(folder / "moved")
            (folder / "sub").symlink_to("..")
        looks.append(found)
        return found

    monkeypatch.setattr("feedpub.files.resolve_inside", look)
    with pytest.raises(RefusedFileError):
        read_file(str(folder), "sub/secret")


def test_limits_of_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)
    folder = str(tmp_path)
    assert read_file(folder, "file", limit=10) == b"x" * 10
    assert read_file(folder, "file", first=3) == b"xxx"
    with pytest.raises(RefusedFileError, match="too large") as raised:
        read_file(folder, "file", limit=9)
    assert (raised.value.fault, raised.value.size) == ("size", 10)
    with pytest.raises(RefusedFileError, match="too large"):
        read_named_file("/dev/zero" if os.path.exists("/dev/zero") else str(tmp_path / "file"), limit=9)


@pytest.mark.parametrize(
    "command", [["import", "-"], ["links", "check", "--urls", "-"], ["links", "report", "--urls", "-"]]
)
def test_standard_input_without_end(command: list[str], tmp_path: Path) -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("needs /dev/zero")
    write_site(tmp_path / "entries", GOOD)
    with open("/dev/zero", "rb") as endless:
        done = subprocess.run(
            [sys.executable, "-m", "feedpub", *command],
            cwd=tmp_path,
            stdin=endless,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "is too large" in done.stderr
    assert "Traceback" not in done.stderr


@needs_pipes
def test_a_named_pipe_without_a_writer_is_empty_and_one_with_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read_named_file(str(pipe), limit=100) == b""
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the writer need not wait
    writer = os.open(pipe, os.O_WRONLY)
    os.close(reader) if os.write(writer, b"text") == 0 else None
    threading.Timer(0.05, os.close, (writer,)).start()
    assert read_named_file(str(pipe), limit=100) == b"text"
    os.close(reader)


# what is written: nothing behind links, nothing but regular files


def link_to_folder(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def link_to_file(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere / "mine")


def dangling_link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere / "nothing")


def named_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, _: Path) -> None:
    path.mkdir()


def device(path: Path, _: Path) -> None:
    try:
        os.mknod(path, 0o20666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pytest.skip("only root makes devices")


def foreign_file(path: Path, _: Path) -> None:
    path.write_bytes(b"mine")


FILES = ("en/atom.xml", "index.html", "style.css", "en/a/index.html", "zh-Hans/archive/index.html")
FOLDERS = ("en", "en/a", "zh-Hans/archive")


@needs_pipes
@pytest.mark.parametrize("is_built", [False, True], ids=["new", "built"])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        *((name, make) for name in FILES for make in (link_to_file, dangling_link, named_pipe, folder, device)),
        *((name, make) for name in FOLDERS for make in (link_to_folder, dangling_link, named_pipe, foreign_file)),
    ],
)
def test_what_is_in_the_way_of_a_published_file(
    name: str, make: Callable[[Path, Path], None], is_built: bool, tmp_path: Path
) -> None:
    entries = write_site(tmp_path / "entries", {"a.en.md": post(), **GOOD})
    public, elsewhere = tmp_path / "public", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file_name in ("mine", "atom.xml", "index.html"):
        (elsewhere / file_name).write_bytes(b"mine")
    if is_built:
        feedpub.build(entries, public)
    path = public / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.rename(tmp_path / "was there")
    make(path, elsewhere)
    (entries / "a.en.md").write_text(post("Another text.\n"), encoding="utf-8")
    before = states(tmp_path)
    with pytest.raises(feedpub.ConfigError) as raised:
        feedpub.build(entries, public)
    assert {problem.code for problem in raised.value.problems} == {"E014"}
    assert path.as_posix() in {problem.path for problem in raised.value.problems}
    assert all(problem.hint for problem in raised.value.problems)
    assert states(tmp_path) == before  # nothing was written anywhere


def states(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode, size and time of change of everything but what builds remember."""
    paths = {path.relative_to(folder).as_posix(): path.lstat() for path in folder.rglob("*")}
    return {
        name: (state.st_ino, state.st_size, state.st_mtime_ns)
        for name, state in paths.items()
        if ".feedpub" not in name and name != "public"
    }


@needs_pipes
@pytest.mark.parametrize("make", [named_pipe, folder, dangling_link, link_to_file])
@pytest.mark.parametrize("name", ["manifest.sqlite", "manifest.sqlite-wal", "manifest.seal"])
def test_what_is_in_the_way_of_the_manifest(name: str, make: Callable[[Path, Path], None], tmp_path: Path) -> None:
    entries, mine = write_site(tmp_path / "entries", GOOD), tmp_path / "elsewhere" / "mine"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    (tmp_path / "public" / ".feedpub").mkdir(parents=True)
    make(tmp_path / "public" / ".feedpub" / name, mine.parent)
    with pytest.raises(RefusedFileError):
        feedpub.build(entries, tmp_path / "public")
    assert [path.name for path in mine.parent.iterdir()] == ["mine"]
    assert mine.read_bytes() == b"mine"


def test_a_folder_of_what_builds_remember_that_is_a_link(tmp_path: Path) -> None:
    entries = write_site(tmp_path / "entries", GOOD)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / ".feedpub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedFileError):
        feedpub.build(entries, tmp_path / "public")
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("name", ["index.html", "en/atom.xml", "en/feed.json", "style.css", "feeds.opml"])
def test_a_file_of_somebody_else_is_not_replaced(name: str, tmp_path: Path) -> None:
    entries, public = write_site(tmp_path / "entries", GOOD), tmp_path / "public"
    (public / name).parent.mkdir(parents=True)
    (public / name).write_bytes(b"mine")
    with pytest.raises(feedpub.ConfigError, match="did not write"):
        feedpub.build(entries, public)
    assert {path.name for path in public.rglob("*") if path.is_file()} - {"manifest.sqlite", "manifest.seal"} == {
        Path(name).name
    }
    assert (public / name).read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["../mine", "en/../../mine", "{place}/mine", ".."])
def test_a_name_that_leads_out_is_neither_written_nor_removed(name: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "public" / "en").mkdir(parents=True)
    output, name = str(tmp_path / "public"), name.format(place=tmp_path)
    for act in (lambda: write_file(output, name, b"other"), lambda: remove_file(output, name)):
        with pytest.raises(RefusedFileError, match="leads out"):
            act()
    assert (tmp_path / "mine").read_bytes() == b"mine"


# what is removed


def test_without_a_manifest_nothing_is_removed_that_only_looks_like_ours(tmp_path: Path) -> None:
    """Each carries the mark of feedpub, and none is one that a build of this site wrote."""
    entries, public = write_site(tmp_path / "entries", GOOD), tmp_path / "public"
    feedpub.build(entries, public)
    page, feed = (public / "en" / "trains" / "index.html").read_bytes(), (public / "en" / "atom.xml").read_bytes()
    quoting = b"<feed><title><![CDATA[<generator>feedpub</generator>]]></title></feed>"
    own_files = {
        "links/atom.xml": feed,  # feedpub links check --feed public/links
        "blog/index.html": page,  # begun as a copy
        "en/about.html": page,
        "en/deep/er/index.html": page,
        "fr/atom.xml": quoting,
        "de/index.html": b"<html><!-- " + page + b" -->",
        "en/.feedpub-1-1.html": page,
    }
    looks_like_ours = {"en/copy/index.html": page, "fr/rss.xml": feed, "en/archive/atom-7.xml": feed}
    for name, data in (own_files | looks_like_ours).items():
        (public / name).parent.mkdir(parents=True, exist_ok=True)
        (public / name).write_bytes(data)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "index.html").write_bytes(page)
    (public / "en" / "linked").symlink_to(tmp_path / "elsewhere")
    (public / "it").symlink_to(tmp_path / "elsewhere")
    shutil.rmtree(public / ".feedpub")  # as a copy without hidden files

    result = feedpub.build(entries, public)
    assert result.removed == ()
    assert set(result.stale) == set(looks_like_ours)
    assert all((public / name).exists() for name in own_files | looks_like_ours)

    assert feedpub.build(entries, public).stale == ()  # told once
    pruned = feedpub.build(entries, public, prune=True)
    assert (set(pruned.removed), pruned.stale) == (set(looks_like_ours), ())
    assert {name: (public / name).read_bytes() for name in own_files} == own_files
    assert not (public / "en" / "copy").exists()
    assert (tmp_path / "elsewhere" / "index.html").read_bytes() == page


def test_the_command_tells_of_stale_files_and_prunes_them(tmp_path: Path) -> None:
    entries, public = write_site(tmp_path / "entries", {**GOOD, "a.en.md": post()}), tmp_path / "public"
    feedpub.build(entries, public)
    (entries / "a.en.md").unlink()
    os.unlink(public / ".feedpub" / "manifest.sqlite")

    def run(*options: str) -> str:
        command = [sys.executable, "-m", "feedpub", "build", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stdout

    message = "1 file that this build does not write looks like feedpub's: run `feedpub build --prune` to remove it\n"
    assert f"{message}  en/a/index.html\n" in run()
    assert (public / "en" / "a" / "index.html").exists()
    assert "1 removed" in run("--prune")
    assert not (public / "en" / "a").exists()


@pytest.mark.parametrize("change", ["same size", "longer", "a link to it"])
def test_a_recorded_file_that_was_changed_since_is_not_removed(change: str, tmp_path: Path) -> None:
    entries, public = write_site(tmp_path / "entries", {**GOOD, "a.en.md": post()}), tmp_path / "public"
    feedpub.build(entries, public)
    page = public / "en" / "a" / "index.html"
    data, date = page.read_bytes(), page.stat().st_mtime_ns
    if change == "a link to it":
        page.rename(tmp_path / "mine")
        page.symlink_to(tmp_path / "mine")
    else:
        page.write_bytes(data.replace(b"Text", b"Mine") if change == "same size" else data + b"mine")
        os.utime(page, ns=(date, date))  # as some editors and copies do
    (entries / "a.en.md").unlink()
    assert "en/a/index.html" not in feedpub.build(entries, public).removed
    assert page.exists()


# left-overs, and files of entries


def test_only_our_own_left_overs_are_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    alive = os.getppid()
    thread = threading.get_ident()
    ours = [f".feedpub-{dead.pid}-1234", f".feedpub-{dead.pid}-1234-1", f".feedpub-{os.getpid()}-{thread}"]
    others = [
        ".feedpub-", ".feedpub-notes", ".feedpub-12", ".feedpub-1-2-x", f"x.feedpub-{dead.pid}-1", ".feedpub-a-1",
        f".feedpub-{alive}-1234",
    ]  # fmt: skip
    for name in (*ours, *others):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / f".feedpub-{dead.pid}-1").mkdir()
    (tmp_path / f".feedpub-{dead.pid}-2").symlink_to("mine")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / ours[0]).write_bytes(b"x")
    remove_leftovers(str(tmp_path))
    remaining = set(names(tmp_path))
    assert not remaining & set(ours)
    assert set(others) | {f".feedpub-{dead.pid}-1", f".feedpub-{dead.pid}-2", f"below/{ours[0]}"} <= remaining
    remove_leftovers(str(tmp_path), is_deep=True)
    assert names(tmp_path / "below") == []


@pytest.mark.parametrize("step", ["write", "fsync", "link"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_new_files_are_all_written_or_none(
    step: str, error: BaseException, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"{name}.md": name.encode() for name in "abc"}
    real, calls = getattr(os, step), []

    def fail(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == at:
            raise error
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        if step == "link" and isinstance(error, OSError):
            write_new_files(str(tmp_path), contents)  # a file system without links
        else:
            with pytest.raises(type(error)):
                write_new_files(str(tmp_path), contents)
            assert names(tmp_path) == []
            write_new_files(str(tmp_path), contents)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == contents


@pytest.mark.parametrize("taken", ["a.md", "b.md", "c.md"])
@pytest.mark.parametrize("has_links", [True, False])
def test_new_files_replace_nothing(
    taken: str, has_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", failing(OSError(95, "Operation not supported")))
    (tmp_path / taken).symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        write_new_files(str(tmp_path), {f"{name}.md": name.encode() for name in "abc"})
    assert names(tmp_path) == [taken]
    assert not (tmp_path / "nowhere").exists()


PASTED = "Night trains\n\nSummary\nThey are back.\n\n夜间列车\n\n总结\n夜间列车回来了。\n"


def paste(entries: Path) -> feedpub.ImportResult:
    titles = {"en": "Night trains", "zh-Hans": "夜间列车"}
    return feedpub.import_pasted(PASTED, entries, published="2026-02-01", key="trains", titles=titles)


def test_an_import_that_fails_leaves_nothing_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = write_site(tmp_path / "entries", {})
    link, calls = os.link, []

    def interrupt(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        link(*given)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", interrupt)
        with pytest.raises(KeyboardInterrupt):
            paste(entries)
    assert names(entries) == ["feedpub.toml"]
    assert len(paste(entries).paths) == 2
    assert names(entries) == ["feedpub.toml", "trains.en.md", "trains.zh-Hans.md"]


def test_an_import_that_was_killed_is_completed(tmp_path: Path) -> None:
    entries = write_site(tmp_path / "entries", {})
    first, second = (Path(path) for path in paste(entries).paths)
    second.unlink()
    (entries / ".feedpub-99999999-1").write_bytes(b"left")
    assert len(paste(entries).paths) == 2
    assert names(entries) == sorted(["feedpub.toml", first.name, second.name])
    with pytest.raises(feedpub.EntryError):  # all of it is there
        paste(entries)
    second.write_bytes(b"changed")
    with pytest.raises(feedpub.EntryError):
        paste(entries)
    assert second.read_bytes() == b"changed"


def test_a_build_sweeps_the_entries_folder(tmp_path: Path) -> None:
    entries = write_site(tmp_path / "entries", GOOD)
    (entries / ".feedpub-99999999-1").write_bytes(b"left")
    (entries / ".feedpub-99999999-x").write_bytes(b"mine")
    feedpub.build(entries, tmp_path / "public")
    assert [name for name in names(entries) if name.startswith(".")] == [".feedpub-99999999-x"]


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    from datetime import date

    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "first-article.en.md").symlink_to("nowhere")
    with pytest.raises(feedpub.ConfigError, match="this file exists"):
        feedpub.init(tmp_path, today=date(2026, 2, 1))
    assert names(tmp_path) == ["entries", "entries/first-article.en.md"]


@pytest.mark.parametrize(
    "remaining", [["feedpub.toml"], ["feedpub.toml", "first-article.en.md"], ["first-article.de.md"]]
)
def test_an_init_that_was_killed_is_completed(remaining: list[str], tmp_path: Path) -> None:
    from datetime import date

    def init() -> tuple[str, ...]:
        return feedpub.init(tmp_path, today=date(2026, 2, 1), languages=["en", "de"])

    init()
    entries = tmp_path / "entries"
    contents = {path.name: path.read_bytes() for path in entries.iterdir()}
    for name in contents.keys() - remaining:
        (entries / name).unlink()
    (entries / ".feedpub-99999999-1").write_bytes(b"half")
    assert {os.path.basename(path) for path in init()} == contents.keys() - remaining
    assert {path.name: path.read_bytes() for path in entries.iterdir()} == contents
    with pytest.raises(feedpub.ConfigError, match="this file exists"):
        init()
