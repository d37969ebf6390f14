"""Options and fixtures that all tests share."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# Compiled code is kept beside the cache of pytest, also where PYTHONDONTWRITEBYTECODE is set: else each worker rewrites
# the tests (4 s), and each process that a test starts compiles feedpub (0.2 s).
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).parents[1] / ".pytest_cache/pycache")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from support.speed import compile_templates_once, read_package_once, skip_flushing

if TYPE_CHECKING:
    from collections.abc import Iterator

# `reader` brings its own copy of feedparser, whose `import sgmllib` it leaves to feedparser's dependencies. Those were
# sgmllib3k once (which is sgmllib); since feedparser 6.0.13 it is feedparser-sgmllib: the same module, another name.
try:
    import sgmllib  # type: ignore[import-not-found,unused-ignore] # noqa: F401
except ModuleNotFoundError:
    import feedparser_sgmllib  # type: ignore[import-not-found,import-untyped,unused-ignore]

    sys.modules["sgmllib"] = feedparser_sgmllib

# Machines of CI are slow and busy: a property fails for what it finds, never for the time that it took. Each run tries
# the same examples, so that a failure belongs to the change that it is seen with; `make explore` tries new ones.
settings.register_profile("feedpub", deadline=None, max_examples=50, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=5_000)
settings.load_profile("feedpub")

# A shell starts background jobs with SIGINT ignored, and so would be all processes that they start: Ctrl-C, which many
# tests send, would do nothing.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Modules that kill processes, fill disks, wait for silent servers, start browsers and readers, measure growth, or build
# hundreds of sites.
SLOW_MODULES = frozenset(
    """
    test_accepted_links test_archives test_cli_links test_determinism test_display test_docs_site test_examples
    test_feeds_properties test_formats test_hostile_addresses test_ids test_incremental test_interrupts test_killed
    test_linear_time test_link_behaviour test_link_ends test_link_evidence test_link_fixing test_link_pace
    test_link_pages test_link_runs test_link_stalls test_link_wire test_link_year test_manifest test_pages_in_browser
    test_pinging test_readers test_recipes test_robustness test_safe_html test_scheduled test_serving test_state
    test_subscribers test_versions
    """.split()
)


def is_quick(config: pytest.Config) -> bool:
    """Return True for `make quick`."""
    return bool(config.getoption("markexpr") == "not slow")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even read slow modules for `make quick`."""
    return True if is_quick(config) and collection_path.stem in SLOW_MODULES else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow modules."""
    for item in items:
        if item.path.stem in SLOW_MODULES:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many workers `-n auto` starts.

    There are two more than cores, since some tests wait for sockets; few of `make quick` do.
    """
    return (os.cpu_count() or 1) + (1 if is_quick(config) else 2)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


@pytest.fixture(scope="session", autouse=True)
def fast_builds() -> Iterator[None]:
    """Neither wait for the disk nor compile the same template twice."""
    with pytest.MonkeyPatch.context() as patch:
        skip_flushing(patch)
        compile_templates_once(patch)
        read_package_once(patch)
        yield


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written instead of compared."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hosts rest for a twentieth of the time after overload answers."""
    monkeypatch.setattr("feedpub.links.pace._FIRST_REST_SECONDS", 0.05)
    monkeypatch.setattr("feedpub.links.pace._FIRST_INTERVAL_SECONDS", 0.025)
    monkeypatch.setattr("feedpub.links.run._CONFIRM_AFTER_SECONDS", 0.05)
