"""`Extension` → XML and JSON. Who writes a document declares the namespaces, once, on its root."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from .markup import attribute, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..model.extensions import Extension

# Members of a JSON object that stands for an element, beside its attributes: no attribute has such a name.
_TEXT: Final = "#text"
_CHILDREN: Final = "#children"
_ABOUT: Final = "about"


def extension_elements(extensions: Iterable[Extension]) -> str:
    """Return elements with their prefixes."""
    return "".join([_write_element(one) for one in extensions])


def _write_element(extension: Extension) -> str:
    tag = f"{extension.prefix}:{extension.name}"
    values = "".join([f" {name}={attribute(value)}" for name, value in extension.attributes.items()])
    inside = f"{text(extension.text)}{extension_elements(extension.children)}"
    return f"<{tag}{values}>{inside}</{tag}>" if inside else f"<{tag}{values}/>"


def extension_members(extensions: Iterable[Extension]) -> dict[str, dict[str, Any]]:
    """Return the members of a JSON Feed's object: ``_prefix``, and `about` in it, as JSON Feed 1.1 wants them.

    An element that is called ``about`` stands beside it as ``#about``.
    """
    members: dict[str, dict[str, Any]] = {}
    groups: dict[str, list[Extension]] = {}
    for one in extensions:
        groups.setdefault(one.prefix, []).append(one)
    for prefix, group in groups.items():
        values = _by_name(group)
        if _ABOUT in values:
            values[f"#{_ABOUT}"] = values.pop(_ABOUT)
        members[f"_{prefix}"] = {_ABOUT: group[0].namespace, **values}
    return members


def extension_json(extensions: Sequence[Extension]) -> str:
    """Return the same as text that follows other members; empty if there are none."""
    if not extensions:
        return ""
    return "," + json.dumps(extension_members(extensions), ensure_ascii=False, separators=(",", ":"))[1:-1]


def _by_name(extensions: Iterable[Extension]) -> dict[str, Any]:
    """Return values by name; of a name that comes twice, a list."""
    found: dict[str, list[Any]] = {}
    for one in extensions:
        found.setdefault(one.name, []).append(_make_json_value(one))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _make_json_value(extension: Extension) -> str | dict[str, Any]:
    """Return an element as text, if it is nothing else; as an object, if it has attributes or elements in it."""
    if not (extension.attributes or extension.children):
        return extension.text
    value: dict[str, Any] = dict(extension.attributes)
    if extension.text:
        value[_TEXT] = extension.text
    if extension.children:
        value[_CHILDREN] = _by_name(extension.children)
    return value
