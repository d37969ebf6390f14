"""One strict parser of what feedpub publishes: an error in a feed is an error of the test."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree


def parse_xml(data: bytes) -> etree._Element:
    """Parse an Atom or RSS document of any size; nothing is loaded, expanded or mended."""
    return etree.fromstring(
        data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    )


def parse_json(data: bytes) -> dict[str, Any]:
    """Parse a JSON Feed document; a key that stands twice in one object is refused, as are NaN and Infinity."""
    values = json.loads(data, object_pairs_hook=_make_object, parse_constant=_refuse_constant)
    assert isinstance(values, dict)
    return values


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a key stands twice: {names}"
    return dict(pairs)


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
