"""Tables of what an element may contain, and the function that compares an element with them.

`Schema` describes an element, `Child` how often another one may contain it. A vocabulary, such as Atom, is a tree of
these and a set of codes. To allow or forbid an element, change its row; nothing else depends on the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .addresses import check_iri_reference
from .elements import Element, display_name
from .faults import ValueCheck, quote
from .namespaces import PREFIXES
from .report import Report
from .values import check_language

if TYPE_CHECKING:
    from collections.abc import Mapping

Rule = Callable[[Element, Report], None]
_ANYWHERE: Final = frozenset(("xml:id", "xml:space"))
_CHECKS_ANYWHERE: Final[dict[str, ValueCheck]] = {"xml:lang": check_language, "xml:base": check_iri_reference}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute that an element may have.

    Args:
        check: Of its value; None allows any value.
        is_required: Whether it must be there.
        is_exact: Whether white space around its value is a fault.
    """

    check: ValueCheck | None = None
    is_required: bool = False
    is_exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """An element.

    Args:
        text: Check of its text, without the white space around it; None allows any text.
        has_text: Whether it may contain text.
        is_exact: Whether white space around its text is a fault.
        children: The elements that it may contain, by name.
        attributes: Its attributes, by name.
        rules: What else is checked, each a function of the element.
        is_open: Whether it may contain any element.
        required_attributes: Those of `attributes` that must be there.
        required_children: Those of `children` that must be there.
    """

    text: ValueCheck | None = None
    has_text: bool = False
    is_exact: bool = False
    children: Mapping[str, Child] = field(default_factory=lambda: MappingProxyType({}))
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: MappingProxyType({}))
    rules: tuple[Rule, ...] = ()
    is_open: bool = False
    required_attributes: tuple[str, ...] = field(init=False)
    required_children: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        attributes = tuple(name for name, attribute in self.attributes.items() if attribute.is_required)
        object.__setattr__(self, "required_attributes", attributes)
        children = tuple(name for name, child in self.children.items() if child.is_required)
        object.__setattr__(self, "required_children", children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An element in another.

    Args:
        schema: What it is.
        is_required: Whether there must be one.
        is_single: Whether there may be one at most.
    """

    schema: Schema
    is_required: bool = False
    is_single: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The codes of a format, and the elements of other namespaces that it may contain.

    Args:
        missing: Code for an element that must be there.
        repeated: Code for one that may only be there once.
        prefix: That the names of its own elements begin with; empty if they have no namespace.
        extensions: Elements of other namespaces, by name.
        closed_prefixes: Of namespaces all of whose elements are among `extensions`.
    """

    missing: str
    repeated: str
    prefix: str
    extensions: Mapping[str, Child]
    closed_prefixes: frozenset[str]

    def check_element(self, element: Element, schema: Schema, report: Report) -> None:
        """Report what is wrong with an element and its content."""
        if element.attributes or schema.required_attributes:
            self._check_attributes(element, schema, report)
        if element.text or schema.has_text:
            _check_text(element, schema, report)
        if (element.children or schema.children) and "rdf:parseType" not in element.attributes:
            self._check_children(element, schema, report)
        for rule in schema.rules:
            rule(element, report)

    def _check_attributes(self, element: Element, schema: Schema, report: Report) -> None:
        for name, value in element.attributes.items():
            attribute = schema.attributes.get(name)
            if attribute is None:
                self._check_unknown_attribute(element, name, schema, report)
            elif attribute.is_exact and value != value.strip():
                message = f"there is white space around {display_name(element.name)}/@{name}"
                report.add("E324", message, element, attribute=name)
            elif attribute.check and (fault := attribute.check(value.strip())):
                report.add(fault[0], f"{display_name(element.name)}/@{name}: {fault[1]}", element, attribute=name)
        for name in schema.required_attributes:
            if name not in element.attributes:
                report.add("E315", f"{display_name(element.name)} needs the attribute {name}", element)

    def _check_unknown_attribute(self, element: Element, name: str, schema: Schema, report: Report) -> None:
        value = element.attributes[name]
        if name in _CHECKS_ANYWHERE:
            if value and (fault := _CHECKS_ANYWHERE[name](value)):
                report.add(fault[0], f"{name}: {fault[1]}", element, attribute=name)
            return
        if name in _ANYWHERE or (schema.is_open and not schema.attributes):
            return
        if ":" not in name:
            similar = next((key for key in schema.attributes if key.lower() == name.lower()), "")
            message = f"{display_name(element.name)} has no attribute {quote(name)}"
            report.add("E313", message, element, attribute=name, hint=f"write {similar}" if similar else "")
        elif name.rpartition(":")[0] == element.name.rpartition(":")[0]:
            report.add("E313", f"{element.name} has no attribute {name}", element, attribute=name)

    def _check_children(self, element: Element, schema: Schema, report: Report) -> None:
        counted: dict[str, int] = {}
        for child in element.children:
            name = child.name
            counted[name] = number = counted.get(name, 0) + 1
            rule = schema.children.get(name) or self.extensions.get(name)
            if rule is None:
                self._check_unknown_element(child, element, schema, report)
                continue
            if number > 1 and rule.is_single:
                message = f"there is more than one {display_name(name)} in {display_name(element.name)}"
                report.add(self.repeated, message, child)
            self.check_element(child, rule.schema, report)
        for name in schema.required_children:
            if name not in counted:
                report.add(self.missing, f"{display_name(element.name)} has no {display_name(name)}", element)

    def _check_unknown_element(self, child: Element, parent: Element, schema: Schema, report: Report) -> None:
        if schema.is_open:
            return
        prefix, colon, local = child.name.rpartition(":")
        if prefix == "dc" and "." in local:  # a qualified element, such as dc:date.Taken
            qualified = self.extensions.get(child.name.partition(".")[0])
            if qualified:
                self.check_element(child, qualified.schema, report)
            return
        if (prefix + colon == self.prefix) or prefix in self.closed_prefixes:
            candidates = () if report.is_full("E312") else (*schema.children, *self.extensions)
            similar = next((name for name in candidates if name.lower() == child.name.lower()), "")
            message = f"there is no element {display_name(child.name)} in {display_name(parent.name)}"
            report.add("E312", message, child, hint=f"write {display_name(similar)}" if similar else "")
        elif not prefix and self.prefix:
            report.add("W322", f"the element {child.name[:50]} has no namespace", child)
        elif schema.has_text and not schema.children and prefix in PREFIXES.values():
            message = f"{display_name(parent.name)} contains {display_name(child.name)}, and may contain only text"
            report.add("E312", message, child)


def _check_text(element: Element, schema: Schema, report: Report) -> None:
    text = element.text
    if not schema.has_text:
        if text and not schema.is_open and not text.isspace():
            report.add(
                "E314",
                f"{display_name(element.name)} contains text, and may contain only elements",
                element,
                text=text.strip()[:40],
            )
        return
    if schema.text is None:
        return
    value = text.strip()
    if schema.is_exact and value != text and value:
        report.add("E324", f"there is white space around the value of {display_name(element.name)}", element)
    fault = schema.text(value)
    if fault:
        report.add(fault[0], f"{display_name(element.name)}: {fault[1]}", element, text=value[:200])


def text_of(check: ValueCheck | None = None, *rules: Rule, is_exact: bool = False, **attributes: Attribute) -> Schema:
    """Return the schema of an element that has text and nothing else."""
    return Schema(text=check, has_text=True, rules=rules, is_exact=is_exact, attributes=MappingProxyType(attributes))


OPEN: Final = Schema(has_text=True, is_open=True)


def required(schema: Schema) -> Child:
    """Return an element that must be there once."""
    return Child(schema=schema, is_required=True, is_single=True)


def single(schema: Schema) -> Child:
    """Return an element that may be there once."""
    return Child(schema=schema, is_single=True)


def several(schema: Schema, *, is_required: bool = False) -> Child:
    """Return an element that may be there several times."""
    return Child(schema=schema, is_required=is_required)
