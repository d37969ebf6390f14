"""The public names: explicit, documented, typed as they are at run time, and loaded at first use."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import feedpub
from feedpub import FeedpubError

NAMES = [name for name in feedpub.__all__ if name != "__version__"]


def imports_for_type_checkers() -> dict[str, str]:
    """Return name → module of the imports under ``if TYPE_CHECKING``."""
    tree = ast.parse(Path(feedpub.__file__).read_text("utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    found = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.module
        assert node.level == 1
        for alias in node.names:
            assert alias.asname == alias.name  # without `as`, type checkers take it for private
            found[alias.name] = node.module
    return found


def test_type_checkers_see_the_same_names_in_the_same_places() -> None:
    modules = {name: module for module, names in feedpub._NAMES_BY_MODULE.items() for name in names}
    assert imports_for_type_checkers() == modules
    assert set(NAMES) == set(modules)


def test_names_are_sorted_and_stand_once() -> None:
    assert feedpub.__all__ == sorted(set(feedpub.__all__))
    assert dir(feedpub) == feedpub.__all__
    assert list(feedpub._NAMES_BY_MODULE) == sorted(feedpub._NAMES_BY_MODULE)
    for names in feedpub._NAMES_BY_MODULE.values():
        assert list(names) == sorted(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_the_one_of_its_module(name: str) -> None:
    module = importlib.import_module(f"feedpub.{imports_for_type_checkers()[name]}")
    assert getattr(feedpub, name) is getattr(module, name)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_documented(name: str) -> None:
    documented = getattr(feedpub, name)
    text = inspect.getdoc(documented)
    assert text
    assert (
        documented.__doc__ != getattr(documented.__mro__[1], "__doc__", None) if inspect.isclass(documented) else True
    )
    assert not text.startswith(f"{name}(")  # the one that dataclass makes up
    if inspect.isfunction(documented):
        for parameter in inspect.signature(documented).parameters.values():
            assert parameter.annotation is not parameter.empty, parameter
    elif not issubclass(documented, FeedpubError):
        for member, value in inspect.getmembers_static(documented):
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                assert inspect.getdoc(value), member


def test_a_star_import_gives_all_of_them() -> None:
    names: dict[str, object] = {}
    exec("from feedpub import *", names)
    assert set(feedpub.__all__) <= set(names)


@pytest.mark.parametrize("name", ["nothing", "requests", "Post"])
def test_there_are_no_other_names(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'feedpub' has no attribute '{name}'"):
        getattr(feedpub, name)


HEAVY = (
    "lxml",
    "click",
    "feedgen",
    "requests",
    "jinja2",
    "yaml",
    "nh3",
    "langcodes",
    "dateutil",
    "comrak",
    "rich",
    "idna",
)


def loaded_after(code: str) -> set[str]:
    """Return the modules that a fresh Python has loaded after some code."""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}\nprint(*sys.modules)"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return set(ran.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    loaded = loaded_after("import feedpub; feedpub.__version__; dir(feedpub)")
    assert "feedpub" in loaded
    assert not loaded & set(HEAVY)
    assert {name for name in loaded if name.startswith("feedpub.")} == {"feedpub._version"}


@pytest.mark.parametrize(
    ("use", "needed"),
    [
        ("feedpub.Entry", {"feedpub.model"}),
        ("feedpub.KeyPoint(text='a')", {"feedpub.model"}),
        ("feedpub.Problem", {"feedpub.errors"}),
        ("feedpub.render", {"feedpub.rendering.content"}),
    ],
)
def test_a_name_loads_its_module_and_nothing_heavy(use: str, needed: set[str]) -> None:
    loaded = loaded_after(f"import feedpub; {use}")
    assert needed <= loaded
    assert not loaded & set(HEAVY)


def test_the_command_line_is_not_loaded_by_the_library() -> None:
    loaded = loaded_after("import feedpub\nfor name in feedpub.__all__: getattr(feedpub, name)")
    assert "feedpub.site" in loaded
    assert not loaded & {"click", "rich", "requests", "feedpub.cli.main"}


def test_the_package_is_typed() -> None:
    assert Path(feedpub.__file__).with_name("py.typed").is_file()
