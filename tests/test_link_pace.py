"""How a host is asked: few requests at once, more as good answers come, fewer when it is in trouble."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from feedpub.links.check import check_links
from feedpub.links.history import History
from feedpub.model import LinkSettings
from link_farm import Behaviour, Exchange, Farm, by_method, raw, says

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.4.1"
SETTINGS = LinkSettings(allow_private=True, deadline=4.0)


class Counted:
    """A behaviour that notes how many requests are under way at each."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour, self.under_way = behaviour, 0
        self.seen: list[int] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.under_way += 1
        self.seen.append(self.under_way)
        await asyncio.sleep(0.05)
        self.under_way -= 1
        await self.behaviour(exchange)


def at_once(behaviour: Behaviour, count: int, settings: LinkSettings = SETTINGS) -> list[int]:
    counted = Counted(behaviour)
    with closing(Farm({"page": counted})) as farm:
        check_links([farm.url("page", HOST, path=f"/{number}") for number in range(count)], settings=settings)
    return counted.seen


def test_a_host_that_answers_is_asked_more() -> None:
    seen = at_once(says(), 60)
    assert max(seen[:2]) == 2
    assert max(seen) == 6


def test_it_is_never_asked_more_than_it_may() -> None:
    assert max(at_once(says(), 20, LinkSettings(allow_private=True, per_host=1))) == 1
    assert max(at_once(says(), 60, LinkSettings(allow_private=True, per_host=3))) == 3


@pytest.mark.parametrize("behaviour", [says(503, b""), says(429, b""), raw(then="reset")], ids=["503", "429", "reset"])
def test_a_host_in_trouble_is_asked_less(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedpub.links.probe.PAUSES_SECONDS", ())
    monkeypatch.setattr("feedpub.links.lifecycle.CONFIRMATIONS", 0)
    seen = at_once(behaviour, 12)
    assert max(seen) == 2
    assert set(seen[4:]) == {1}


def test_a_host_that_lies_to_head_is_remembered(tmp_path: Path) -> None:
    behaviours: dict[str, Behaviour] = {"page": by_method(says(404), says())}
    with closing(Farm(behaviours)) as farm:
        for run in range(2):
            farm.requests.clear()
            check_links([farm.url("page", HOST)], settings=SETTINGS, history=tmp_path / "links.sqlite", everything=True)
            methods = [method for method, _, target in farm.requests if target == "/page"]
            assert methods == (["GET"] if run else ["HEAD", "GET"])
    with History(tmp_path / "links.sqlite") as history:
        assert len(history.unreliable_head_hosts()) == 1
