"""Show `{}` in the API reference for fields whose default is an empty mapping that cannot be changed (mkdocs.yml)."""

from typing import Any

from griffe import Class, Extension, Function

_EMPTY = "(lambda: MappingProxyType({}))()"


class PlainDefaults(Extension):
    """Replaces defaults that show how they are made by what they are."""

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """Rewrite the parameters of one class, once its members are known."""
        constructor = cls.members.get("__init__")
        if isinstance(constructor, Function):
            for parameter in constructor.parameters:
                if str(parameter.default) == _EMPTY:
                    parameter.default = "{}"
