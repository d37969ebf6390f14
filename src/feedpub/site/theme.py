"""The templates of pages: feedpub's own, and those of a site that replace them by name."""

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

# In `{% extends "feedpub/base.html" %}`: feedpub's own template, even if the site has one of that name.
_BUILT_IN_PREFIX: Final = "feedpub/"
_FOLDER_NAME: Final = "templates"
_BUILT_IN_FOLDER: Final = Path(__file__).with_name(_FOLDER_NAME)
_ENDINGS: Final = (".html", ".css")
LARGEST_TEMPLATE_BYTES: Final = 1_000_000
# Old names of values → the names that templates should use. The old names work until 0.2.
OLD_VALUE_NAMES: Final[Mapping[str, str]] = {"own": "feed_links", "discovery": "other_feed_links"}


@functools.cache
def list_template_names() -> tuple[str, ...]:
    """Return the names of feedpub's own templates and style sheets: every such file in ``templates/``."""
    return tuple(sorted(name for name in os.listdir(_BUILT_IN_FOLDER) if name.endswith(_ENDINGS)))


class Theme:
    """Finds, reads and renders templates. Each file is read once, so that the rendered bytes match the digest.

    Args:
        folder: The entries folder; its ``templates/`` may have files with the names of `list_template_names`, and
            others that those include. Empty for a site made in memory.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder, _FOLDER_NAME).as_posix() if folder else ""

    def list_sources(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the bytes of every template, in an order that is the same on all machines."""
        built_in = ((_BUILT_IN_PREFIX + name, _read_built_in(name)) for name in list_template_names())
        yield from sorted((*built_in, *self._site_sources.items()))

    def read_source(self, name: str) -> bytes:
        """Return the bytes of one template: the site's own, else feedpub's."""
        source = self._site_sources.get(name)
        return _read_built_in(name) if source is None else source

    def render_template(self, name: str, values: Mapping[str, Any]) -> bytes:
        """Render a template.

        Raises:
            ConfigError: A template of the site cannot be used.
        """
        if not self._site_sources:
            return self._render_unchecked(name, values)
        try:
            return self._render_unchecked(name, values)
        except Exception as error:  # a template of an author may raise anything
            raise ConfigError([self._describe_error(error)]) from error

    def list_problems(self) -> list[Problem]:
        """Return a note for each old name in the site's templates, or the error that prevents them from being read.

        A template with a syntax error is passed over: it is an error only if a page needs it.
        """
        try:
            sources = sorted(self._site_sources.items())
        except ConfigError as error:
            return list(error.problems)
        templates = [(name, source) for name, source in sources if name.endswith(".html")]
        return [problem for name, source in templates for problem in self._list_old_names(name, source)]

    def _list_old_names(self, name: str, source: bytes) -> Iterator[Problem]:
        import jinja2.meta

        try:
            tree = self._environment.parse(source.decode("utf-8-sig"))
            used_names = jinja2.meta.find_undeclared_variables(tree)
        except (jinja2.TemplateError, UnicodeDecodeError, RecursionError):
            return
        for old, new in OLD_VALUE_NAMES.items():
            if old in used_names:
                line = next(node.lineno for node in tree.find_all(jinja2.nodes.Name) if node.name == old)
                message, hint = f"{old} is the old name of {new}", f"write {new}; {old} works until feedpub 0.2"
                yield self._make_problem("N002", f"{self.folder}/{name}", line, message, hint)

    def _render_unchecked(self, name: str, values: Mapping[str, Any]) -> bytes:
        page = io.BytesIO()  # a list of all pieces would take ten times the memory
        for piece in self._environment.get_template(name).generate(values):
            page.write(piece.encode())
        return page.getvalue()

    @functools.cached_property
    def _site_sources(self) -> dict[str, bytes]:
        """The templates of the site, by name; also further ones that may be included."""
        if not self.folder or not os.path.lexists(self.folder):
            return {}
        entries_folder = os.path.dirname(self.folder)
        try:
            resolve_inside(entries_folder, _FOLDER_NAME)
            return {name: read_file(entries_folder, f"{_FOLDER_NAME}/{name}", limit=LARGEST_TEMPLATE_BYTES)
                    for name in _list_names(self.folder)}  # fmt: skip
        except OSError as error:
            message = error.strerror or str(error)
            path = Path(error.filename or self.folder).as_posix()
            is_link = isinstance(error, RefusedFileError) and error.fault == "link"
            hint = _LINK_HINT if is_link else _HINT
            raise ConfigError([Problem(code="E009", path=path, message=message, hint=hint)]) from None

    @functools.cached_property
    def _environment(self) -> jinja2.Environment:
        # Imported with the first page: it takes 30 ms that other commands need not wait for.
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        return ImmutableSandboxedEnvironment(
            loader=jinja2.FunctionLoader(self._load_template),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )

    def _load_template(self, name: str) -> tuple[str, str, None] | None:
        if name in self._site_sources:
            return self._site_sources[name].decode("utf-8-sig"), f"{self.folder}/{name}", None
        built_in = name.removeprefix(_BUILT_IN_PREFIX)
        if built_in not in list_template_names():
            return None
        return _read_built_in(built_in).decode(), _BUILT_IN_PREFIX + built_in, None

    def _describe_error(self, error: Exception) -> Problem:
        path, line = self._locate_error(error)
        return self._make_problem("E009", path, line, _describe_cause(error), _HINT)

    def _make_problem(self, code: str, path: str, line: int, message: str, hint: str) -> Problem:
        excerpt = ""
        source = self._site_sources.get(path.removeprefix(f"{self.folder}/"))
        if source is not None and line:
            lines = source.decode("utf-8-sig", "replace").splitlines()
            excerpt = lines[line - 1].strip() if line <= len(lines) else ""
        return Problem(code=code, path=path, line=line, excerpt=excerpt, message=message, hint=hint)

    def _locate_error(self, error: Exception) -> tuple[str, int]:
        """Return the file and line of the site's template that caused an error; line 0 if it is not known."""
        import jinja2

        if isinstance(error, jinja2.TemplateSyntaxError):
            return error.filename or self.folder, error.lineno
        if isinstance(error, UnicodeDecodeError):
            name = next(name for name, source in sorted(self._site_sources.items()) if source == error.object)
            return f"{self.folder}/{name}", error.object.count(b"\n", 0, error.start) + 1
        location, trace = (self.folder, 0), error.__traceback__
        while trace:  # Jinja2 writes the lines of templates into it
            file_name = trace.tb_frame.f_code.co_filename
            if file_name.startswith(f"{self.folder}/"):
                location = file_name, trace.tb_lineno
            trace = trace.tb_next
        return location


_LINK_HINT = "replace it by the file itself: templates are read only from the entries folder (feedpub explain E009)"
_HINT = "correct it, or remove it: feedpub then uses its own template (feedpub explain E009)"


def _list_names(folder: str) -> Iterator[str]:
    """Yield the names of the templates below a folder, relative to it."""
    for parent, folders, names in os.walk(folder, onerror=_raise_error):
        for name in folders:
            if os.path.islink(path := os.path.join(parent, name)):
                raise RefusedFileError("link", "is a symbolic link to a folder", path)
        for name in names:
            if name.endswith(_ENDINGS):
                yield os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")


def _raise_error(error: OSError) -> None:
    raise error


def _describe_cause(error: Exception) -> str:
    import jinja2

    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x} is not UTF-8"
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.message}"
    if isinstance(error, RecursionError):
        return "is nested too deeply, or includes itself"
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {text}"


@functools.cache
def _read_built_in(name: str) -> bytes:
    return (_BUILT_IN_FOLDER / name).read_bytes()
