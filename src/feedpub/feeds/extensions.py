"""Write `Extension` values as XML and as members of JSON. The root of an XML document declares their namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .xml_text import escape_text, quote_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.extensions import Extension

# Members of the JSON object for an element, besides its attributes. No attribute can have such a name.
_TEXT: Final = "#text"
_CHILDREN: Final = "#children"
_ABOUT: Final = "about"


def write_extensions(extensions: Iterable[Extension]) -> str:
    """Write the elements, with their prefixes, as XML."""
    return "".join([_write_element(extension) for extension in extensions])


def _write_element(extension: Extension) -> str:
    tag = f"{extension.prefix}:{extension.name}"
    values = "".join([f" {name}={quote_attribute(value)}" for name, value in extension.attributes.items()])
    inside = f"{escape_text(extension.text)}{write_extensions(extension.children)}"
    return f"<{tag}{values}>{inside}</{tag}>" if inside else f"<{tag}{values}/>"


def make_extension_members(extensions: Iterable[Extension]) -> dict[str, dict[str, Any]]:
    """Return the elements as members of a JSON Feed object: ``_prefix`` → object with ``about`` (JSON Feed 1.1).

    ``about`` is the namespace. An element that is itself called ``about`` becomes ``#about``.
    """
    members: dict[str, dict[str, Any]] = {}
    groups: dict[str, list[Extension]] = {}
    for extension in extensions:
        groups.setdefault(extension.prefix, []).append(extension)
    for prefix, group in groups.items():
        values = _group_by_name(group)
        if _ABOUT in values:
            values[f"#{_ABOUT}"] = values.pop(_ABOUT)
        members[f"_{prefix}"] = {_ABOUT: group[0].namespace, **values}
    return members


def _group_by_name(extensions: Iterable[Extension]) -> dict[str, Any]:
    """Return name → value; the value is a list if a name occurs twice."""
    values_by_name: dict[str, list[Any]] = {}
    for extension in extensions:
        values_by_name.setdefault(extension.name, []).append(_make_json_value(extension))
    return {name: values[0] if len(values) == 1 else values for name, values in values_by_name.items()}


def _make_json_value(extension: Extension) -> str | dict[str, Any]:
    """Return an element as text, or as an object if it has attributes or children."""
    if not (extension.attributes or extension.children):
        return extension.text
    value: dict[str, Any] = dict(extension.attributes)
    if extension.text:
        value[_TEXT] = extension.text
    if extension.children:
        value[_CHILDREN] = _group_by_name(extension.children)
    return value
