"""How many requests one host gets at once, and at which intervals; the time is an argument.

A host starts with two requests at once, and gets more as it answers. After an overload response (429, most 5xx, a
reset, a time-out) the host rests. Then it gets one request at a time, at an interval that doubles with each further
overload response and shrinks with each other one (additive increase, multiplicative decrease, as in TCP).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..transport.base import Response
    from .classify import ProbeResult

FIRST_AT_ONCE: Final = 2.0  # requests to one host; more as responses come
_FIRST_REST_SECONDS: Final = 1.0
# A host without any good response may be down. It rests no longer than this, so that its other links are checked as
# well. A host that limits its rate rests as long as it takes.
_LONGEST_REST_WITHOUT_RESPONSE_SECONDS: Final = 8.0
_FIRST_INTERVAL_SECONDS: Final = 0.5
_LONGEST_INTERVAL_SECONDS: Final = 8.0
_SHORTEST_INTERVAL_SECONDS: Final = 0.02  # below, there is none
_DOUBLING: Final = 2.0
_FAST_SHRINKING: Final = 0.9  # until there was a second overload response, as in slow start
_SHRINKING: Final = 0.97
_EARNED_SECONDS: Final = 0.1  # of patience, by each good response: a host that answers slowly is never given up

_LONGEST_RETRY_AFTER_SECONDS: Final = 366 * 86400.0
_NO_OVERLOAD: Final = frozenset({501, 505})
_OVERLOAD_FAILURES: Final = frozenset({"reset", "timeout"})
# The host cannot be reached for now, or our own network fails: the request is retried after the same rests.
_UNREACHED_FAILURES: Final = frozenset({"lookup", "refused", "no-host", "unreachable"})
_GOOD_ERRORS: Final = frozenset({404, 410})  # beside 200 to 399


def is_overload(response: Response | ProbeResult) -> bool:
    """Return True if a response may be caused by too many requests: 429, 5xx but 501 and 505, a reset, a time-out."""
    if response.failure:
        return response.failure in _OVERLOAD_FAILURES
    code = response.code or 0
    return code == 429 or (500 <= code < 600 and code not in _NO_OVERLOAD)


def should_retry(response: Response | ProbeResult) -> bool:
    """Return True if the same request may have another response after the host has rested."""
    return response.failure in _UNREACHED_FAILURES or is_overload(response)


def is_good(response: Response) -> bool:
    """Return True if a response shows that the host answers: a page, a redirect, 404 or 410."""
    return not response.failure and (200 <= (response.code or 0) < 400 or response.code in _GOOD_ERRORS)


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After (RFC 9110, section 10.2.3), also from a date; None if there is none."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:12]), _LONGEST_RETRY_AFTER_SECONDS)
    from email.utils import parsedate_to_datetime  # takes 10 ms to load, and is seldom needed

    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _LONGEST_RETRY_AFTER_SECONDS)


class HostPace:
    """The pace of one host: `limit` requests at once, the next one not before `next_at`."""

    __slots__ = (
        "_good", "_interval", "_overloads", "_patience", "_per_host", "_rest", "_spacing", "is_out_of_patience",
        "limit", "next_at", "rest_began", "rested",
    )  # fmt: skip

    def __init__(self, *, per_host: int, spacing: float, patience: float) -> None:
        """Begin with few requests at once.

        Args:
            per_host: Most requests at once.
            spacing: Least seconds between two requests.
            patience: Seconds that the host may rest in all, with the time spent on requests that timed out.
        """
        self._per_host, self._spacing, self._patience = float(per_host), spacing, patience
        self.limit = min(FIRST_AT_ONCE, self._per_host)
        self.next_at = self.rested = 0.0
        self.rest_began = -math.inf
        self.is_out_of_patience = False
        self._interval = spacing
        self._rest = _FIRST_REST_SECONDS
        self._overloads = self._good = 0

    @property
    def is_slowed(self) -> bool:
        """Whether there was an overload response, so that the host gets one request at a time."""
        return self._overloads > 0

    def note_sent(self, now: float) -> None:
        """Record that a request was sent."""
        if self._interval:
            self.next_at = max(self.next_at, now + self._interval)

    def note_answer(self) -> None:
        """Record a response that is not a sign of overload."""
        if not self._overloads:
            if self.limit < self._per_host:
                self._good += 1
                if self._good >= self.limit:
                    self.limit, self._good = min(self._per_host, self.limit + 1), 0
            return
        self._rest = _FIRST_REST_SECONDS
        self.rested = max(0.0, self.rested - _EARNED_SECONDS)
        interval = self._interval * (_SHRINKING if self._overloads > 1 else _FAST_SHRINKING)
        self._interval = max(self._spacing, interval if interval >= _SHORTEST_INTERVAL_SECONDS else 0.0)

    def note_overload(
        self,
        now: float,
        *,
        sent_at: float,
        retry_after: float | None,
        is_timeout: bool,
        may_be_haste: bool,
        is_serving: bool,
    ) -> float:
        """Record an overload response; the host rests, unless that would exceed the patience.

        Args:
            now: When it came.
            sent_at: When its request was sent: a request sent before the last rest shows nothing new.
            retry_after: Seconds of Retry-After.
            is_timeout: Whether there was no response: then the time since `sent_at` counts as patience.
            may_be_haste: Whether a longer interval may help; False if perhaps only the page fails.
            is_serving: Whether the host has had a good response before.

        Returns:
            How many seconds longer nothing is sent to the host because of it.
        """
        if is_timeout:
            self.rested += now - sent_at
        patience_left = self._patience - self.rested
        requested = retry_after if retry_after and retry_after <= patience_left else None
        if sent_at < self.rest_began:
            wait = requested or 0.0
        else:
            wait = requested or self._rest
            self._rest *= 2
            if not is_serving:
                self._rest = min(self._rest, _LONGEST_REST_WITHOUT_RESPONSE_SECONDS)
            if not self._overloads:
                self._interval = max(_FIRST_INTERVAL_SECONDS, self._interval)
            elif may_be_haste and self._interval < _LONGEST_INTERVAL_SECONDS:
                longer = max(_SHORTEST_INTERVAL_SECONDS, self._interval) * _DOUBLING
                self._interval = min(longer, _LONGEST_INTERVAL_SECONDS)
            self._overloads += 1
            self.limit = 1.0
        if wait > patience_left:
            self.is_out_of_patience = True
            return 0.0
        longer = max(0.0, now + wait - max(now, self.next_at))
        if longer:
            self.next_at, self.rest_began = now + wait, now
            self.rested += longer
        return longer

    def forget_overload(self) -> None:
        """Go back to the first pace: there was no overload, the host just cannot answer HEAD."""
        self._overloads = 0
        self._interval, self._rest = self._spacing, _FIRST_REST_SECONDS
        self.limit, self._good = min(FIRST_AT_ONCE, self._per_host), 0
