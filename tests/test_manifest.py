"""What builds remember may be lost, damaged or foreign: the next build gives what one from nothing gives.

Files of the published folder may be changed by hand: ours are made anew, those of others are kept.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Self

import pytest

import feedpub
from feedpub.building.manifest import Manifest
from feedpub.building.published_paths import PUBLISHED_PATH
from feedpub.building.stale_files import digest_content
from feedpub.database import DamagedError
from feedpub.site.documents import make_category_slug
from support.case_files import load_cases
from support.sample_builds import Desk, article, published, settle
from support.sample_damage import damaged
from support.speed import THOROUGH, by_turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARTICLES = 9
SETTINGS: dict[str, object] = {"limit": 3, "categories": True}
MANIFEST = ".feedpub/manifest.sqlite"
AUTHORITY = "site.test,2026"


# State of an entries folder → what a build from nothing gives: files, folders, and names of what it remembers.
_FRESH: dict[frozenset[tuple[str, bytes]], tuple[dict[str, bytes], set[str], set[str]]] = {}


class BuiltSite:
    """A site, and its published folder as a build has left it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.public, self.manifest = folder, folder / "public", folder / "public" / MANIFEST
        self.desk = Desk(folder / "entries", **SETTINGS)
        for number in range(ARTICLES):
            matter = {"next": f"Title {number - 1}"} if number % 5 == 1 else {}
            text = article(f"Title {number}", f"2026-01-{number + 1:02}", categories="[Sea]", **matter)
            self.desk.write(f"article-{number}.en.md", text)
            self.desk.write(f"article-{number}.zh-Hans.md", article(f"文章 {number}", None))

    @classmethod
    def copy(cls, other: BuiltSite, folder: Path) -> Self:
        """Copy another one, with the dates of its files."""
        shop = cls.__new__(cls)
        shop.folder, shop.public, shop.manifest = folder, folder / "public", folder / "public" / MANIFEST
        shutil.copytree(other.folder, folder, dirs_exist_ok=True)
        shop.desk = object.__new__(Desk)
        shop.desk.folder = folder / "entries"
        return shop

    def build(self, *, prune: bool = False) -> feedpub.BuildResult:
        return feedpub.build(self.desk.folder, self.public, prune=prune)

    def edit(self, key: str = "article-7") -> None:
        """Change an article, and with it its feeds, lists and neighbours."""
        self.desk.write(f"{key}.en.md", article(f"New title of {key}", "2026-01-02", categories="[Rail]"))

    def remove(self, key: str = "article-4") -> None:
        for language in ("en", "zh-Hans"):
            self.desk.remove(f"{key}.{language}.md")

    def fresh(self) -> dict[str, bytes]:
        """Return what a build from nothing gives; most tests have one of few states of the entries folder."""
        state = frozenset(published(self.desk.folder).items())
        if state not in _FRESH:
            fresh = self.desk.fresh(self.folder / "fresh")
            _FRESH[state] = fresh, folders(self.folder / "fresh"), names(self.folder / "fresh" / ".feedpub")
        fresh, self.fresh_folders, self.fresh_memory = _FRESH[state]
        return fresh

    def assert_healed(self, *, is_forgotten: bool = False, **foreign: bytes) -> feedpub.BuildResult:
        """Check that a build gives what one from nothing does, and another one then has nothing to do.

        Where it is forgotten which files are ours, nothing is removed, but told, and removed when that is asked for.
        """
        fresh = self.fresh()
        before = published(self.public)
        result = self.build()
        if is_forgotten:
            assert result.removed == ()
            assert set(result.stale) == before.keys() - fresh.keys() - foreign.keys()
            assert self.build(prune=True).removed == result.stale
        assert published(self.public) == fresh | foreign
        assert folders(self.public) - self.fresh_folders == {os.path.dirname(name) for name in foreign} - {""}
        assert names(self.manifest.parent) == self.fresh_memory
        assert not self.build().written
        return result


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def folders(public: Path) -> set[str]:
    return {path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_dir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltSite:
    shop = BuiltSite(tmp_path_factory.mktemp("built"))
    shop.build()
    return shop


@pytest.fixture
def shop(built: BuiltSite, tmp_path: Path) -> BuiltSite:
    return BuiltSite.copy(built, tmp_path)


# the manifest


def execute(*statements: str) -> Callable[[Path], None]:
    def run(manifest: Path) -> None:
        with closing(sqlite3.connect(manifest)) as base:
            for statement in statements:
                base.execute(statement)
            base.commit()

    return run


def cut(share: float) -> Callable[[Path], None]:
    return lambda manifest: os.truncate(manifest, int(manifest.stat().st_size * share))


def other_site(manifest: Path) -> None:
    """Put the manifest of another site there, whose articles have the same names."""
    folder = manifest.parent.parent.parent / "other"
    desk = Desk(folder / "entries", **SETTINGS)
    for number in range(ARTICLES):
        desk.write(f"article-{number}.en.md", article("Of another site", "2026-01-01"))
    feedpub.build(desk.folder, folder / "public")
    shutil.copy2(folder / "public" / MANIFEST, manifest)


def older_build(manifest: Path) -> None:
    """Put the manifest of an older build of the same site there."""
    folder = manifest.parent.parent.parent
    entries = shutil.copytree(folder / "entries", folder / "older" / "entries")
    for path in list(entries.glob("article-1*.md")):
        path.unlink()
    for path in entries.glob("article-2.*.md"):
        path.write_text(article("Older title", "2026-01-03"), encoding="utf-8")
    feedpub.build(entries, folder / "older" / "public")
    shutil.copy2(folder / "older" / "public" / MANIFEST, manifest)


def another_database(manifest: Path) -> None:
    manifest.unlink()
    execute("CREATE TABLE files (x)")(manifest)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda manifest: manifest.unlink(),
    "folder deleted": lambda manifest: shutil.rmtree(manifest.parent),
    "empty": cut(0),
    "cut in its head": lambda manifest: os.truncate(manifest, 60),
    "cut in the middle": cut(0.5),
    "cut at its end": lambda manifest: os.truncate(manifest, manifest.stat().st_size - 1),
    "zeros": lambda manifest: manifest.write_bytes(bytes(manifest.stat().st_size)),
    "text": lambda manifest: manifest.write_text("This is no database.\n" * 500, encoding="utf-8"),
    "another database": another_database,
    "newer version": execute("PRAGMA user_version = 99"),
    "no version": execute("PRAGMA user_version = 0"),
    "table missing": execute("DROP TABLE entries"),
    "column missing": execute("ALTER TABLE published_files DROP COLUMN input_digest"),
    "nothing recorded": execute("DELETE FROM settings", "DELETE FROM files", "DELETE FROM entries"),
    "no published files recorded": execute("DELETE FROM published_files"),
    "other published files recorded": execute("UPDATE published_files SET path = path || 'x'"),
    "other input digests": execute("UPDATE published_files SET input_digest = x'00'"),
    "another site's": other_site,
    "older": older_build,
    "with a foreign journal": lambda manifest: (manifest.parent / f"{manifest.name}-journal").write_bytes(
        b"\xd9" * 999
    ),
    "with a foreign log": lambda manifest: (manifest.parent / f"{manifest.name}-wal").write_bytes(b"\x37\x7f" * 999),
    "with a log": execute("PRAGMA journal_mode = WAL", "DELETE FROM settings"),
}


# SQLite sees that they do not belong to the manifest, which is as it was.
HARMLESS = {"with a foreign journal", "with a foreign log"}


@pytest.mark.parametrize(("damage", "is_edited"), by_turns(DAMAGES, (False, True)))
def test_a_damaged_manifest_costs_time_and_nothing_else(damage: str, is_edited: bool, shop: BuiltSite) -> None:
    DAMAGES[damage](shop.manifest)
    if is_edited:
        shop.edit()
        shop.remove()
    shop.assert_healed(is_forgotten=damage not in HARMLESS)


def test_two_sites_in_one_folder_remove_nothing_of_each_other(shop: BuiltSite) -> None:
    other = Desk(shop.folder / "other", **SETTINGS, authority="other.test,2026")
    other.write("ferry.en.md", article("Ferry", "2026-01-01"))
    before = published(shop.public)
    result = feedpub.build(other.folder, shop.public)
    assert not result.removed
    assert "en/article-4/index.html" in result.stale
    assert before.keys() <= published(shop.public).keys()
    shop.remove()
    result = shop.build()
    assert not result.removed
    assert "en/ferry/index.html" in result.stale
    assert published(shop.public).items() >= shop.fresh().items()


def test_the_published_folder_of_another_site_is_no_ground_to_remove_from_it(shop: BuiltSite, tmp_path: Path) -> None:
    """Somebody begins a site with a copy of another one's."""
    desk = Desk(tmp_path / "mine", **SETTINGS, authority="mine.test,2026")
    desk.write("first.en.md", article("First", "2026-01-01"))
    shutil.copytree(shop.public, tmp_path / "my-public")
    assert not feedpub.build(desk.folder, tmp_path / "my-public").removed
    assert feedpub.build(desk.folder, tmp_path / "my-public", prune=True).removed
    fresh = desk.fresh(tmp_path / "fresh")
    assert published(tmp_path / "my-public") == fresh


@pytest.mark.parametrize("size", [1, 4, 16, 64, 512, 4096])
@pytest.mark.parametrize("seed", range(4 if THOROUGH else 2))
def test_random_bytes_in_the_manifest(seed: int, size: int, shop: BuiltSite) -> None:
    chance = random.Random(seed * 10_000 + size)
    data = bytearray(shop.manifest.read_bytes())
    used = [offset for offset, byte in enumerate(data[:-size]) if byte]
    for offset in chance.sample(used, 3):
        data[offset : offset + size] = chance.randbytes(size)
    shop.manifest.write_bytes(data)
    if seed % 2:
        shop.edit()
        shop.remove()
    shop.assert_healed(is_forgotten=True)


def test_any_damage_to_the_manifest_is_seen(shop: BuiltSite) -> None:
    """Also when its size and time are as they were: a disk that forgets does not tell."""
    chance = random.Random(20261130)
    seal = shop.manifest.with_name("manifest.seal")
    content, state, sealed = shop.manifest.read_bytes(), shop.manifest.stat(), seal.read_bytes()
    for number in range(300):
        shop.manifest.write_bytes(damaged(content, chance))
        os.utime(shop.manifest, ns=(state.st_atime_ns, state.st_mtime_ns))
        seal.write_bytes(sealed)
        is_the_same = shop.manifest.read_bytes() == content
        with Manifest(shop.public, b"", AUTHORITY) as manifest:
            assert manifest.is_new != is_the_same, number


def test_damage_to_a_manifest_without_seal_never_ends_in_another_error(shop: BuiltSite) -> None:
    """After a build that was killed there is none; then each value that is read is checked."""
    chance = random.Random(20261201)
    content = shop.manifest.read_bytes()
    with Manifest(shop.public, b"", AUTHORITY) as manifest:
        fingerprint = manifest._read_setting("fingerprint")
    voids = 0
    for _ in range(300):
        shop.manifest.write_bytes(damaged(content, chance))
        shop.manifest.with_name("manifest.seal").unlink(missing_ok=True)
        try:
            with Manifest(shop.public, fingerprint, AUTHORITY) as manifest:
                voids += manifest.is_new
                read_everything(manifest)
        except DamagedError:
            voids += 1
            assert not shop.manifest.exists()
    assert 30 < voids < 300


def read_everything(manifest: Manifest) -> None:
    list(manifest.list_files())
    manifest.list_published_files()
    for language in ("en", "zh-Hans"):
        index = manifest.index_entries(language)
        list(index)
        manifest.find_keys(index.row_ids)
        manifest.find_incomplete(language, 3)
    for key in sorted(manifest.list_keys()):
        manifest.get_article(key)
    manifest.map_titles()
    manifest.count_by_language()
    manifest.has_duplicates(has_new_keys=True)


@pytest.mark.parametrize(
    ("was", "byte", "offset"),
    [
        (b"Title 5", b"d", 2),
        (b"site.test/en/article-2/", b"/", 6),
        (b"2026-01-04T", b"O", 1),
        (b'[["sea"', b"!", 1),
        (b'{"next"', b"!", 1),
        (b"zh-Hans", b'"', 4),
        (b"article-2.en.md", b"3", 8),
        (b"en/index.html", b"E", 0),
    ],
)
def test_one_byte_of_the_manifest_is_another(was: bytes, byte: bytes, offset: int, shop: BuiltSite) -> None:
    """SQLite does not see it: the file is well-formed, and a value is not the one that was written."""
    data = bytearray(shop.manifest.read_bytes())
    starts = [match.start() for match in re.finditer(re.escape(was), data)]
    assert starts
    for start in starts:
        data[start + offset : start + offset + 1] = byte
    shop.manifest.write_bytes(data)
    shop.edit()
    shop.assert_healed(is_forgotten=True)


@pytest.mark.parametrize(
    ("case", "is_edited"),
    [
        pytest.param(case.values[0], is_edited, id=f"{case.id}-{'edited' if is_edited else 'same'}")
        for case, is_edited in by_turns(load_cases("manifest"), (False, True))
    ],
)
def test_a_crafted_manifest_costs_time_and_nothing_else(
    case: dict[str, list[str]], is_edited: bool, shop: BuiltSite
) -> None:
    victim = shop.folder / "victim" / "photo.txt"
    victim.parent.mkdir()
    victim.write_bytes(b"mine")
    mine = {"photo.txt": b"mine", "en/photo.jpg": b"mine"}
    for name, data in mine.items():
        (shop.public / name).write_bytes(data)
    execute(*case["sql"])(shop.manifest)
    shop.manifest.with_name("manifest.seal").unlink()  # else its checksum tells
    if is_edited:
        shop.edit()
    fresh = shop.fresh()
    if shop.build().stale:  # nothing is removed without the record that it is ours
        shop.build(prune=True)
    assert published(shop.public) == fresh | mine
    assert victim.read_bytes() == b"mine"
    assert not shop.build().written


@pytest.mark.parametrize(
    "name", ["en/photo/index.html", "de/atom.xml", "en/category/photo/index.html", "en/archive/feed-9.json"]
)
def test_a_crafted_manifest_that_knows_what_files_of_others_hold(name: str, shop: BuiltSite) -> None:
    """Path, size, time and digest are right; that feedpub wrote the file is not."""
    victim = shop.public / name
    victim.parent.mkdir(parents=True, exist_ok=True)
    victim.write_bytes(b"<!doctype html><title>Mine</title><body>Mine")
    state = victim.stat()
    values = f"'{name}', {state.st_mtime_ns}, {state.st_size}, x'01', x'{digest_content(victim.read_bytes()).hex()}'"
    execute(f"INSERT INTO published_files VALUES ({values})")(shop.manifest)
    shop.manifest.with_name("manifest.seal").unlink()
    shop.edit()
    result = shop.build()
    assert result.removed  # archives of a category that has fewer articles now
    assert name not in result.removed
    assert result.stale == (name,)
    shop.remove()
    result = shop.build()
    assert "en/article-4/index.html" in result.removed
    assert result.stale == (name,)
    assert victim.exists()


@pytest.mark.parametrize("is_git", [False, True], ids=["restored", "copied without dates"])
def test_an_older_memory_with_newer_files(is_git: bool, shop: BuiltSite) -> None:
    """A page that a later build wrote is not as the restored manifest says: it is told, and not left in silence."""
    shutil.copytree(shop.manifest.parent, shop.folder / "older")
    shop.edit("article-4")
    shop.build()
    shutil.rmtree(shop.manifest.parent)
    shutil.copytree(shop.folder / "older", shop.manifest.parent)
    if is_git:
        for path in shop.public.rglob("*"):
            os.utime(path)
    shop.remove("article-4")
    result = shop.build()
    assert "en/article-4/index.html" in result.stale
    assert set(shop.build(prune=True).removed) >= set(result.stale)
    assert published(shop.public) == shop.fresh()


@pytest.mark.parametrize("how", ["cp -r", "cp -a", "git"])
def test_a_copy_of_everything_is_built_as_the_original_is(how: str, shop: BuiltSite, tmp_path: Path) -> None:
    copy = BuiltSite.copy(shop, tmp_path / "copy")
    if how != "cp -a":
        for path in copy.folder.rglob("*"):
            os.utime(path)
    if how == "git":  # no folder that is empty
        for name in ("manifest.sqlite-journal", "manifest.sqlite-wal"):
            copy.manifest.with_name(name).unlink(missing_ok=True)
    assert not copy.build().written
    copy.remove()
    copy.edit()
    copy.assert_healed()


def test_pages_of_templates_without_the_mark_are_told_and_pruned(shop: BuiltSite) -> None:
    shop.desk.write("templates/base.html", '{% import "macros.html" as show %}{% block main %}{% endblock %}')
    shop.build()
    shop.remove()
    result = shop.build()
    assert not [name for name in result.removed if name.endswith(".html")]  # only archive documents
    assert result.stale == ("en/article-4/index.html", "zh-Hans/article-4/index.html")
    result = shop.build(prune=True)
    assert result.removed == ("en/article-4/index.html", "zh-Hans/article-4/index.html")
    assert result.stale == ()
    assert published(shop.public) == shop.fresh()


@pytest.mark.parametrize(
    "term",
    ["a\x7fb", "a/b", "a\\b", "a\nb", ".", "..x", "...", "x" * 300, "海" * 90, "C++", "\x85a", "\ufeff", "e\u0301"],
)
def test_the_folders_of_categories_are_such_as_the_manifest_takes(term: str) -> None:
    name = make_category_slug(feedpub.Category(term=term))
    assert PUBLISHED_PATH.fullmatch(f"en/category/{name}/archive/atom-1.xml")


@pytest.mark.parametrize("name", [".feedpub", MANIFEST, f"{MANIFEST}-journal", ".feedpub/manifest.seal"])
@pytest.mark.parametrize("kind", ["link", "dead link", "pipe"])
def test_what_is_no_file_in_the_place_of_the_manifest(name: str, kind: str, shop: BuiltSite) -> None:
    """A link would lead a build to the files of somebody else, and a pipe would let it wait for ever."""
    path, elsewhere = shop.public / name, shop.folder / "elsewhere"
    if path.exists():
        path.rename(elsewhere)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(elsewhere if kind == "link" else shop.folder / "nowhere")
    before = published(shop.public), published(shop.folder)
    shop.edit()
    with pytest.raises(OSError, match=r"symbolic link|named pipe"):
        shop.build()
    assert published(shop.public) == before[0]
    assert not (shop.folder / "nowhere").exists()
    path.unlink()
    shop.assert_healed(is_forgotten=not shop.manifest.exists())


@pytest.mark.parametrize("name", [MANIFEST, f"{MANIFEST}-journal"])
def test_a_folder_in_the_place_of_the_manifest(name: str, shop: BuiltSite) -> None:
    """It may hold anything; nobody but its owner removes it."""
    (shop.public / name).unlink(missing_ok=True)
    (shop.public / name / "mine").mkdir(parents=True)
    before = published(shop.public)
    shop.edit()
    command = [sys.executable, "-m", "feedpub", "build", str(shop.desk.folder), "--output", str(shop.public)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr == f"feedpub: {shop.public / name}: is a folder\n"
    assert published(shop.public) == before
    shutil.rmtree(shop.public / name)
    shop.assert_healed(is_forgotten=name == MANIFEST)


def test_a_manifest_that_may_only_be_read_is_no_obstacle_to_root_alone(shop: BuiltSite) -> None:
    """Others are told; see test_robustness.py."""
    if os.geteuid() != 0:
        pytest.skip("others may not write it")
    shop.manifest.chmod(0o400)
    shop.edit()
    shop.assert_healed()


# the published files


@pytest.mark.parametrize("is_edited", [False, True], ids=["same", "edited"])
@pytest.mark.parametrize("how", ["deleted", "longer", "same length", "empty", "other date"])
def test_published_files_that_were_changed_by_hand(how: str, is_edited: bool, shop: BuiltSite) -> None:
    for name in ("index.html", "style.css", "feeds.opml", "en/atom.xml", "zh-Hans/feed.json", "en/archive/index.html",
                 "en/article-3/index.html", "en/category/sea/rss.xml"):  # fmt: skip
        path = shop.public / name
        data = path.read_bytes()
        path.unlink()
        if how != "deleted":
            changed = {"longer": data + b"<!-- changed -->", "same length": data.swapcase(), "empty": b""}
            path.write_bytes(changed.get(how, data))
            os.utime(path, (1, 1))
    if is_edited:
        shop.edit()
        shop.remove()
    shop.assert_healed()


def test_the_folder_of_a_page_that_was_deleted_by_hand_goes_with_its_article(shop: BuiltSite) -> None:
    (shop.public / "en" / "article-4" / "index.html").unlink()
    shop.remove()
    shop.assert_healed()


def test_a_published_folder_without_a_language(shop: BuiltSite) -> None:
    shutil.rmtree(shop.public / "zh-Hans")
    shop.assert_healed()


@pytest.mark.parametrize("is_forgotten", [False, True], ids=["known", "forgotten"])
def test_stale_files_of_ours_are_removed_and_those_of_others_kept(is_forgotten: bool, shop: BuiltSite) -> None:
    foreign = {
        "CNAME": b"site.test\n",
        "robots.txt": b"",
        "en/mine.html": b"<p>mine</p>",
        "en/article-4/photo.jpeg": b"\xff\xd8",
        "zh-Hans/\u56fe.png": b"x",
        "de/index.html": b"<p>my own German page</p>",
        os.fsdecode(b"en/caf\xe9.html"): b"Latin-1",
        os.fsdecode(b"\xff\xfe/index.html"): b"no Unicode",
    }
    for name, data in foreign.items():
        (shop.public / name).parent.mkdir(exist_ok=True)
        (shop.public / name).write_bytes(data)
    (shop.public / "en" / "latest.xml").symlink_to("atom.xml")
    (shop.public / "outside").symlink_to(shop.desk.folder)
    (shop.public / "nowhere").symlink_to(shop.folder / "nowhere")
    if is_forgotten:
        shutil.rmtree(shop.manifest.parent)
    shop.remove()
    shop.edit()
    fresh = shop.desk.fresh(shop.folder / "fresh")
    before = {path.name: path.read_bytes() for path in shop.desk.folder.iterdir()}
    result = shop.build()
    removed = result.removed
    if is_forgotten:
        assert removed == ()
        removed = shop.build(prune=True).removed
        assert removed == result.stale
    files = published(shop.public)
    assert files.pop("en/latest.xml") == files["en/atom.xml"]
    assert files == fresh | foreign
    assert {"en/article-4/index.html", "zh-Hans/article-4/index.html"} <= set(removed)
    assert not foreign.keys() & set(removed)
    assert os.readlink(shop.public / "outside") == str(shop.desk.folder)
    assert (shop.public / "nowhere").is_symlink()
    assert not (shop.public / "zh-Hans" / "article-4").exists()
    assert {path.name: path.read_bytes() for path in shop.desk.folder.iterdir()} == before
    assert not shop.build().written


@pytest.mark.parametrize("is_copied", [False, True])
def test_another_published_folder_that_stands_in_it_is_let_be(is_copied: bool, shop: BuiltSite) -> None:
    other = Desk(shop.folder / "other", base_url="https://site.test/other/")
    other.write("ferries.en.md", article("Ferries"))
    inner = shop.public / "other"
    feedpub.build(other.folder, inner)
    if is_copied:  # an upload leaves out what it remembers
        shutil.rmtree(inner / ".feedpub")
    before = published(inner)
    shutil.rmtree(shop.manifest.parent)
    shop.remove()
    assert shop.build().removed == ()
    removed = shop.build(prune=True).removed
    assert "en/article-4/index.html" in removed
    assert not [path for path in removed if path.startswith("other/")]
    assert published(inner) == before


def test_a_page_that_somebody_made_his_own_is_kept_when_its_article_goes(shop: BuiltSite) -> None:
    page = shop.public / "en" / "article-4" / "index.html"
    page.write_bytes(b"<p>My own page.</p>")
    shop.remove()
    fresh = shop.desk.fresh(shop.folder / "fresh")
    shop.build()
    assert published(shop.public) == fresh | {"en/article-4/index.html": b"<p>My own page.</p>"}


def test_a_name_that_is_no_unicode_in_the_entries(shop: BuiltSite) -> None:
    """It is an article as any other to the file system; how it is told or published must not depend on the manifest."""
    name = os.fsdecode(b"caf\xe9.en.md")
    try:
        (shop.desk.folder / name).write_text(article("Caf\u00e9", "2026-01-05"), encoding="utf-8")
    except OSError:
        pytest.skip("no such names here")
    settle()
    messages = []
    for output in (shop.public, shop.public, shop.folder / "fresh"):
        result = feedpub.build(shop.desk.folder, output, keep_going=True)
        messages.append([str(problem) for problem in result.problems])
    assert messages[0] == messages[1] == messages[2]
    assert published(shop.public) == published(shop.folder / "fresh")
    shop.desk.remove(name)
    shop.assert_healed()
