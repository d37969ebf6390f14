"""The table of formats: one more row, and every part of a site has the format."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest

import feedpub
from feedpub import formats
from feedpub.serving.preview import choose_media_type
from support.commands import run_program
from support.rss1_row import ROW
from support.sample_builds import BASE, Desk, article, published, settle, states

if TYPE_CHECKING:
    from support.sample_builds import State

NAME = ROW.file_name


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A site of two languages with categories, and with archive documents in English."""
    desk = Desk(tmp_path / "entries", limit=2, categories=True, author="Ann", hub="https://hub.test/")
    for day in range(1, 8):
        desk.write(f"day-{day}.en.md", article(f"Day {day}", f"2026-01-0{day}", categories="[Trains]"))
    desk.write("day-1.zh-Hans.md", article("第一天", None, categories="[Ships]"))
    return desk


def run(*arguments: str | Path, status: int = 0) -> str:
    """Run the command line of a feedpub that also writes RSS 1.0; return what it said."""
    process = run_program("support.rss1_row", *arguments)
    assert process.returncode == status, process.stderr
    return process.stdout + process.stderr


def build(desk: Desk, *options: str) -> Path:
    public = desk.folder.parent / "public"
    run("build", desk.folder, "--output", public, *options)
    return public


def changed(before: dict[str, State], after: dict[str, State]) -> set[str]:
    """Return the published files of which a build wrote, made or removed something."""
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name) and not name.startswith(".feedpub/")}


def test_a_new_row_has_its_files_everywhere(desk: Desk, tmp_path: Path) -> None:
    files = published(build(desk))

    assert {name for name in files if name.endswith(".rdf")} == {
        f"en/{NAME}",
        f"zh-Hans/{NAME}",
        f"en/category/trains/{NAME}",
        f"zh-Hans/category/ships/{NAME}",
        *(f"{folder}archive/items-{page}.rdf" for folder in ("en/", "en/category/trains/") for page in (1, 2)),
    }  # fmt: skip
    feedpub.build(desk.folder, tmp_path / "usual")
    usual = published(tmp_path / "usual")
    kept = {name: data for name, data in files.items() if not name.endswith((".rdf", ".html"))}
    assert kept == {name: data for name, data in usual.items() if not name.endswith(".html")}


def test_readers_take_the_documents_of_a_new_row(desk: Desk) -> None:
    public = build(desk)
    address: str | None = f"{BASE}en/{NAME}"
    titles = []
    while address:
        parsed = feedparser.parse((public / address.removeprefix(BASE)).read_bytes())
        assert (parsed.version, bool(parsed.bozo)) == ("rss10", False)
        links = {link.rel: link.href for link in parsed.feed.links if "hreflang" not in link}
        assert (links["self"], links["hub"]) == (address, "https://hub.test/")
        titles += [one.title for one in parsed.entries]
        address = links.get("prev-archive")
    assert titles == [f"Day {day}" for day in (7, 6, 5, 4, 3, 2, 1)]


def test_pages_lead_to_the_documents_of_a_new_row(desk: Desk) -> None:
    public = build(desk)

    for page, address in (
        ("en/index.html", f"{BASE}en/{NAME}"),
        ("en/day-1/index.html", f"{BASE}en/{NAME}"),
        ("en/category/trains/index.html", f"{BASE}en/category/trains/{NAME}"),
    ):
        text = (public / page).read_text(encoding="utf-8")
        links = re.findall(rf'<link rel="alternate" type="{re.escape(ROW.media_type)}"[^>]*>', text)
        assert [re.findall('href="([^"]*)"', link) for link in links] == [[address]], page
        assert ROW.label in text
    assert f'href="../en/{NAME}"' in (public / "en" / "index.html").read_text(encoding="utf-8")


def test_a_build_without_changes_writes_no_document_of_a_new_row(desk: Desk) -> None:
    before = states(build(desk))
    assert not changed(before, states(build(desk)))


def test_an_edit_changes_only_the_documents_that_hold_it(desk: Desk) -> None:
    public = build(desk)
    settle()
    before = states(public)
    desk.write("day-1.en.md", article("Day 1", "2026-01-01", "Another text.", categories="[Trains]"))

    written = {name for name in changed(before, states(build(desk))) if name.endswith(".rdf")}

    assert written == {"en/archive/items-1.rdf", "en/category/trains/archive/items-1.rdf"}
    fresh = desk.folder.parent / "fresh"
    run("build", desk.folder, "--output", fresh)
    assert published(public) == published(fresh)


def test_stale_documents_of_a_new_row_are_removed(desk: Desk) -> None:
    public = build(desk)
    os.unlink(desk.folder / "day-1.zh-Hans.md")
    assert (public / "zh-Hans" / "category" / "ships" / NAME).exists()

    build(desk)

    assert not (public / "zh-Hans" / "category").exists()


def test_stale_documents_of_a_new_row_are_known_by_their_mark(desk: Desk) -> None:
    public = build(desk)
    for folder in ("en/category/ships", "en/category/ships/archive", "en/archive"):
        (public / folder).mkdir(exist_ok=True)
    ours = (public / "en" / NAME).read_bytes()
    names = [f"en/category/ships/{NAME}", "en/category/ships/archive/items-1.rdf", "en/archive/items-9.rdf"]
    for name in names:
        (public / name).write_bytes(ours)
    (public / "en" / "archive" / "items-8.rdf").write_bytes(b"<rdf:RDF/>")
    (public / "en" / "archive" / "notes-1.rdf").write_bytes(ours)

    build(desk, "--prune")

    assert [name for name in names if (public / name).exists()] == []
    assert (public / "en" / "archive" / "items-8.rdf").exists()
    assert (public / "en" / "archive" / "notes-1.rdf").exists()


def test_a_row_that_is_added_later_is_published_by_the_next_build(desk: Desk) -> None:
    public = desk.folder.parent / "public"
    feedpub.build(desk.folder, public)
    assert not (public / "en" / NAME).exists()

    before = states(public)
    written = changed(before, states(build(desk)))

    assert {f"en/{NAME}", "en/archive/items-2.rdf", "en/index.html"} <= written
    assert not [name for name in written if name.endswith((".xml", ".json"))]


def test_the_command_line_names_the_documents_of_a_new_row(desk: Desk) -> None:
    said = run("build", desk.folder, "--output", desk.folder.parent / "public")
    assert f"atom.xml  rss.xml  feed.json  {NAME}" in said


def test_no_article_may_take_the_name_of_a_document_of_a_new_row(desk: Desk) -> None:
    desk.write(f"{NAME}.en.md", article("Mine"))
    said = run("build", desk.folder, "--output", desk.folder.parent / "public", status=1)
    assert f"{NAME}.en.md" in said
    assert "E115" in said


@pytest.mark.parametrize("form", feedpub.feed_formats(), ids=lambda form: form.name)
def test_each_row_has_what_it_says(form: feedpub.FeedFormat, desk: Desk, tmp_path: Path) -> None:
    feedpub.build(desk.folder, tmp_path / "public")
    document = (tmp_path / "public" / "en" / form.file_name).read_bytes()

    end = form.head_end_pattern.search(document)
    assert end
    assert form.generator_mark in document[: end.start()]
    assert formats.find_format(f"en/{form.file_name}") is form
    assert formats.find_format(f"en/archive/{form.archive_file_name(12)}") is form
    feed = feedpub.load(desk.folder).feed("en")
    writers = {"atom": feedpub.to_atom, "rss": feedpub.to_rss, "json": feedpub.to_json}
    assert feedpub.write_feed(feed, form) == writers[form.name](feed)


def test_the_preview_shows_a_new_row_as_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, ROW))
    for name, expected in {
        NAME: "application/xml",
        "items-3.rdf": "application/xml",
        "atom.xml": "application/xml",
        "feed-2.json": "application/json",
        "other.rdf": "application/octet-stream",
        "index.html": "text/html",
    }.items():
        assert choose_media_type(Path("en", name)) == expected


def test_names_in_the_table_differ() -> None:
    for names in (
        [form.name for form in formats.FORMATS],
        [form.label for form in formats.FORMATS],
        [form.file_name for form in formats.FORMATS],
        [form.media_type for form in formats.FORMATS],
    ):
        assert len(names) == len(set(names))
    assert formats.PREFERRED in formats.FORMATS


@pytest.mark.parametrize("path", ["en/atom-0.xml", "en/atom-.xml", "en/atomxml", "en/atom-1.xml.bak", "en/feed-1.xml"])
def test_other_names_belong_to_no_format(path: str) -> None:
    assert formats.find_format(path) is None


def test_a_feed_has_addresses_of_known_formats_only() -> None:
    with pytest.raises(feedpub.FieldError, match="'rss1' is none of atom, rss, json"):
        feedpub.Feed(id="tag:x.test,2026:en", language="en", title="T", link=BASE, addresses={"rss1": f"{BASE}x.rdf"})
