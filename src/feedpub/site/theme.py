"""The templates of pages: ours, and those of a site that stand in for them by name."""

from __future__ import annotations

import functools
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError, Problem
from ..files import RefusedFileError, read_file, resolve_inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jinja2

NAMES: Final = (
    "base.html", "landing.html", "language.html", "category.html", "archive.html", "article.html", "neighbours.html",
    "macros.html", "discovery.html", "style.css", "feed.css",
)  # fmt: skip
# `{% extends "feedpub/base.html" %}`: ours, though a site has its own of that name.
_OURS: Final = "feedpub/"
_FOLDER_NAME: Final = "templates"
LARGEST_TEMPLATE_BYTES: Final = 1_000_000


class Theme:
    """Find, read and render templates. Each file is read once, so that what is rendered is what was digested.

    Args:
        folder: The entries folder; its ``templates/`` may hold files with the names of `NAMES`, and others that those
            include. Empty for a site made in memory.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder, _FOLDER_NAME).as_posix() if folder else ""

    def sources(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the bytes of every template, in an order that is the same on all machines."""
        ours = ((_OURS + name, _our_source(name)) for name in NAMES)
        yield from sorted((*ours, *self._theirs.items()))

    def source(self, name: str) -> bytes:
        """Return one template's bytes: the site's own, or ours."""
        own = self._theirs.get(name)
        return _our_source(name) if own is None else own

    def render(self, name: str, values: Mapping[str, Any]) -> bytes:
        """Render a template.

        Raises:
            ConfigError: A template of the site cannot be used.
        """
        if not self._theirs:
            return self._rendered(name, values)
        try:
            return self._rendered(name, values)
        except Exception as error:  # whatever an author's template raises
            raise ConfigError([self._problem(error)]) from error

    def _rendered(self, name: str, values: Mapping[str, Any]) -> bytes:
        page = io.BytesIO()  # the pieces of a long list would take ten times more
        for piece in self._environment.get_template(name).generate(values):
            page.write(piece.encode())
        return page.getvalue()

    @functools.cached_property
    def _theirs(self) -> dict[str, bytes]:
        """The site's own templates; also those of other names, which may be included."""
        if not self.folder or not os.path.lexists(self.folder):
            return {}
        entries = os.path.dirname(self.folder)
        try:
            resolve_inside(entries, _FOLDER_NAME)
            return {name: read_file(entries, f"{_FOLDER_NAME}/{name}", limit=LARGEST_TEMPLATE_BYTES)
                    for name in _names(self.folder)}  # fmt: skip
        except OSError as error:
            message = error.strerror or str(error)
            path = Path(error.filename or self.folder).as_posix()
            is_link = isinstance(error, RefusedFileError) and error.fault == "link"
            hint = _LINK_HINT if is_link else _HINT
            raise ConfigError([Problem(code="E009", path=path, message=message, hint=hint)]) from None

    @functools.cached_property
    def _environment(self) -> jinja2.Environment:
        # At the first page: 30 ms that other commands need not wait for.
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        return ImmutableSandboxedEnvironment(
            loader=jinja2.FunctionLoader(self._load),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )

    def _load(self, name: str) -> tuple[str, str, None] | None:
        if name in self._theirs:
            return self._theirs[name].decode("utf-8-sig"), f"{self.folder}/{name}", None
        ours = name.removeprefix(_OURS)
        return (_our_source(ours).decode(), _OURS + ours, None) if ours in NAMES else None

    def _problem(self, error: Exception) -> Problem:
        path, line = self._place(error)
        excerpt = ""
        source = self._theirs.get(path.removeprefix(f"{self.folder}/"))
        if source is not None and line:
            lines = source.decode("utf-8-sig", "replace").splitlines()
            excerpt = lines[line - 1].strip() if line <= len(lines) else ""
        return Problem(code="E009", path=path, line=line, excerpt=excerpt, message=_message(error), hint=_HINT)

    def _place(self, error: Exception) -> tuple[str, int]:
        """Return the file and line of the site's own template that is to blame, as well as can be told."""
        import jinja2

        if isinstance(error, jinja2.TemplateSyntaxError):
            return error.filename or self.folder, error.lineno
        found, trace = (self.folder, 0), error.__traceback__
        while trace:  # Jinja2 writes the templates' own lines into it
            name = trace.tb_frame.f_code.co_filename
            if name.startswith(f"{self.folder}/"):
                found = name, trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, UnicodeDecodeError):
            name = next(name for name, source in sorted(self._theirs.items()) if source == error.object)
            return f"{self.folder}/{name}", error.object.count(b"\n", 0, error.start) + 1
        return found


_LINK_HINT = "put the file itself there: templates are read from the entries folder alone (feedpub explain E009)"
_HINT = "mend it, or remove it: then feedpub's own template stands in (feedpub explain E009)"


def _names(folder: str) -> Iterator[str]:
    """Yield the names of the templates below a folder, relative to it."""
    for place, folders, names in os.walk(folder, onerror=_raise):
        for name in folders:
            if os.path.islink(path := os.path.join(place, name)):
                raise RefusedFileError("link", "is a symbolic link to a folder", path)
        for name in names:
            if name.endswith((".html", ".css")):
                yield os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")


def _raise(error: OSError) -> None:
    raise error


def _message(error: Exception) -> str:
    import jinja2

    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x} is not UTF-8"
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.message}"
    if isinstance(error, RecursionError):
        return "nests too deep, or includes itself"
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {text}"


_FOLDER: Final = Path(__file__).with_name("templates").as_posix()


@functools.cache
def _our_source(name: str) -> bytes:
    return Path(_FOLDER, name).read_bytes()
