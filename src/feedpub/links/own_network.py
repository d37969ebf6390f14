"""Whether it is our own network that fails, and not the hosts: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_HOSTS: Final = 5
_TOO_MANY_FAILED: Final = 0.6


def needs_canaries(hosts: Sequence[bool]) -> bool:
    """Tell whether so many hosts fail that our own network may be the reason.

    Args:
        hosts: Of each host that was asked in this run, whether a connection was made.
    """
    failed = hosts.count(False)
    return 0 < failed == len(hosts) or (len(hosts) >= FEWEST_HOSTS and failed > _TOO_MANY_FAILED * len(hosts))


def network_is_down(hosts: Sequence[bool], canaries: Sequence[bool]) -> bool:
    """Tell whether it is our own network that fails; then no link gets a strike.

    Args:
        hosts: As of `needs_canaries`.
        canaries: The same of up to three hosts that were good the last time, asked once more; empty if none is known.
    """
    if not needs_canaries(hosts) or any(canaries):
        return False
    return bool(canaries) or hosts.count(False) >= FEWEST_HOSTS
