"""The part of a run that asks: send probes, confirm failures, and see whether it is our own network that fails."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from queue import Empty
from typing import TYPE_CHECKING, Final

from .. import iri
from ..errors import FeedpubError
from ..model import HostSettings
from ..transport import network_addresses
from .classify import LATE, Verdict, classify
from .destinations import are_spellings_of_one
from .lifecycle import CONFIRMATIONS, needs_confirmation
from .own_network import FEWEST_HOSTS, OWN, UNREACHED, describe_answer, needs_canaries, network_is_down
from .pace import HostPace, should_ask_again
from .pages import NO_PAGE
from .probe import MOST_REQUESTS, HostState, LinkProbe, page_of
from .scheduler import Scheduler
from .second_opinion import ask_second_opinion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import ExitStack

    from ..model import LinkSettings
    from ..transport.base import Transport
    from .classify import Answer
    from .history_rows import Memory
    from .records import LinkRecords
    from .result import Link
    from .second_opinion import SecondOpinion

    WantedPages = Mapping[str, Sequence[tuple[str, str]]]

_CONFIRM_AFTER_SECONDS: Final = 1.0
_CANARIES: Final = 3
_PATIENCE_SECONDS: Final = 1.0


def read_tokens(settings: LinkSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens that settings of hosts name, by the names of their environment variables.

    Raises:
        FeedpubError: A variable is missing, or holds no token.
    """
    tokens = {}
    for host, own in settings.hosts.items():
        if own.token_env:
            token = environment.get(own.token_env, "").strip()
            if not token or not token.isascii() or not token.isprintable() or " " in token:
                state = "holds no token" if token else "is not set"
                raise FeedpubError(f"links: the environment variable {own.token_env} {state}; {host} is asked with it")
            tokens[own.token_env] = token
    return tokens


def _is_private_to(url: str) -> bool:
    """Return True if nobody else reads what is sent to an address: https, or this machine."""
    place = network_addresses.spelled(iri.find_host(url))
    return url.startswith("https:") or (place is not None and place.is_loopback)


def _group_moved(memories: Mapping[str, Memory], wanted: WantedPages) -> dict[str, list[tuple[str, str]]]:
    """Return the addresses that had moved when they were last checked, and where to, by host.

    Those that are asked now are left out: their new answers count.
    """
    moved: dict[str, list[tuple[str, str]]] = {}
    for url, memory in memories.items():
        if memory.record.status == "moved" and page_of(url)[0] not in wanted:
            moved.setdefault(iri.find_host(url), []).append((url, memory.final_url.partition("#")[0]))
    return moved


class Run:
    """Ask for the links that are due, and judge the answers."""

    def __init__(
        self,
        records: LinkRecords,
        settings: LinkSettings,
        wanted: WantedPages,
        transport: Transport,
        tokens: Mapping[str, str],
        *,
        second_opinion: SecondOpinion | None = None,
        max_seconds: float | None = None,
    ) -> None:
        """Prepare to ask.

        Args:
            records: What is known of the links.
            settings: How to ask.
            wanted: Page → links to it, each with the fragment that it wants ("" for none).
            transport: Sends the requests; it is closed at the end.
            tokens: Environment variable → the token that it holds.
            second_opinion: Is asked before a link is pronounced dead; returns True if it reaches the address.
            max_seconds: When to end asking; None: when all answers are known.
        """
        self._tokens, self._second_opinion = tokens, second_opinion
        self._until = None if max_seconds is None else time.monotonic() + max_seconds
        self._records, self._settings, self._wanted = records, settings, wanted
        self.scheduler = Scheduler(transport, concurrency=settings.concurrency, make_pace=self._make_pace)
        self._unreliable_head_hosts = records.history.unreliable_head_hosts()
        self._host_states: dict[str, HostState] = {}
        self._confirmations: dict[str, int] = {}
        self._hosts: dict[str, str] = {}  # what their answers say about our own network
        self._network_is_up = False  # whether an answer has proved it
        self._held: dict[str, LinkProbe] = {}
        self._moved: dict[str, list[LinkProbe]] = {}  # by host, until all of its pages are known
        self._moved_before = _group_moved(records.remembered, wanted)
        self._unsettled = Counter(map(iri.find_host, wanted))
        self._canaries: dict[str, str | None] = {}
        self._canaries_sought = False
        self._waiting = len(wanted)
        self._begun = time.monotonic()

    def links(self, stack: ExitStack) -> Iterator[Link]:
        """Yield each link when its verdict is known and kept; the scheduler ends with the stack."""
        scheduler = self.scheduler
        pages = sorted(self._wanted, key=self._find_rank)
        stack.callback(self._end)  # before it begins: an interrupt may come in between
        scheduler.start(map(self._make_probe, pages))
        yield from self._results()
        self._end()  # the time may be over while others are under way
        unreliable = {host for host, state in list(self._host_states.items()) if state.head_is_unreliable}
        self._records.history.add_unreliable_head_hosts(unreliable - self._unreliable_head_hosts)

    def _end(self) -> None:
        self.scheduler.stop()
        with suppress(RuntimeError):  # it has not been started
            self.scheduler.join(_PATIENCE_SECONDS)

    def _make_pace(self, host: str) -> HostPace:
        own, usual = self._settings.for_host(host), self._settings
        return HostPace(
            per_host=usual.per_host if own.per_host is None else own.per_host,
            spacing=usual.spacing if own.spacing is None else own.spacing,
            patience=usual.patience if own.patience is None else own.patience,
        )

    def _find_rank(self, page: str) -> tuple[bool, float]:
        """Return what pages are sorted by: those that were not asked for the longest time come first.

        Those that took too long the last time come last: they may keep a host from being asked for its others.
        """
        memories = (self._records.remembered.get(url) for url, _ in self._wanted[page])
        records = [memory.record for memory in memories if memory is not None]
        checked = min((record.checked.timestamp() for record in records if record.checked), default=0.0)
        return any(record.reason == LATE for record in records), checked

    def _results(self) -> Iterator[Link]:
        while self._waiting and not self._time_is_over():
            links = [link for probe in self._ended() for link in self._take(probe)]
            if self._is_cut_off():
                links += self._give_up()
            self._records.history.keep()
            yield from links
        links = self._release_held()
        for host in list(self._moved):  # the time is over: others of this host are not known
            links += self._settle_moved(host)
        self._records.history.keep()
        yield from links

    def _ended(self) -> list[LinkProbe]:
        """Wait for probes that have their answers; return none of them if the time for this run is over."""
        try:
            timeout = None if self._until is None else max(0.0, self._until - time.monotonic())
            ended = self.scheduler.done.get(timeout=timeout)
        except Empty:
            return []
        if isinstance(ended, BaseException):
            raise ended
        return ended

    def _time_is_over(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until

    def _host_state_of(self, url: str) -> HostState:
        server = iri.parse_url(url)
        name = server.origin if server else ""
        host_state = self._host_states.get(name)
        if host_state is None:
            settings = self._settings.for_host(server.hostname) if server else HostSettings()
            token = self._tokens[settings.token_env] if settings.token_env and _is_private_to(url) else None
            host_state = self._host_states.setdefault(
                name, HostState(head_is_unreliable=name in self._unreliable_head_hosts, settings=settings, token=token)
            )
        return host_state

    def _make_probe(self, page: str, *, confirms: LinkProbe | None = None) -> LinkProbe:
        fragments = [fragment for _, fragment in self._wanted.get(page, ()) if fragment]
        known = self._records.remembered.get(page)
        # Of links that are dead already, nothing but a plain GET is asked, and once: that is what may show them well.
        confirming = confirms is not None or self._are_dead(page)
        validators = {}
        if known and known.record.status == "ok" and not fragments and not confirms:
            given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
            validators = {name: value for name, value in given.items() if value}
        seconds = self._find_time_left(confirms) if confirms else self._find_deadline(page)
        probe = LinkProbe(
            page, fragments, self._host_state_of, seconds=seconds, clock=time.monotonic, validators=validators,
            confirming=confirming,
        )  # fmt: skip
        probe.requests = confirms.requests if confirms else 0
        return probe

    def _classify(self, answer: Answer) -> Verdict:
        """Return what an answer means, unless the settings of its host say so."""
        if self._settings.hosts and answer.code and not answer.failure:
            accepted = self._settings.for_host(iri.find_host(answer.final_url)).accept
            if answer.code in accepted:
                reason = f"{answer.code}, which the settings accept"
                return Verdict(status="ok", reason=reason, code=answer.code, final_url=answer.final_url)
        return classify(answer)

    def _find_deadline(self, page: str) -> float:
        own = self._host_state_of(page).settings.deadline if self._settings.hosts else None
        return self._settings.deadline if own is None else own

    def _find_time_left(self, probe: LinkProbe) -> float:
        """Return how many seconds of the deadline of a page are left for its confirmations."""
        return probe.until - probe.ended_at - _CONFIRM_AFTER_SECONDS

    def _are_dead(self, page: str) -> bool:
        urls = [url for url, _ in self._wanted.get(page, ())]
        return bool(urls) and all(self._records.record_of(url).state == "dead" for url in urls)

    def _take(self, probe: LinkProbe) -> list[Link]:
        """Take a probe that has ended; return the links whose results are known now."""
        if probe.url in self._canaries and self._canaries[probe.url] is None:
            says = self._canaries[probe.url] = describe_answer(probe.answer, reached=any(probe.reached.values()))
            self._waiting -= 1
            self._network_is_up = self._network_is_up or says == OWN
            return self._settle_held() if self._network_is_up else []
        self._note_hosts(probe)
        verdict = self._classify(probe.answer)
        if verdict.status == "dead" and self._wants_confirmation(probe, verdict):
            confirmation = self._make_probe(probe.url, confirms=probe)
            self.scheduler.add(confirmation, after=_CONFIRM_AFTER_SECONDS, when_idle=True)
            return []
        self._waiting -= 1
        if not self._network_is_up:
            self._held[probe.url] = probe
            return []
        return self._settle(probe, verdict) + self._settle_held()

    def _note_hosts(self, probe: LinkProbe) -> None:
        """Note what an answer says about our own network: it is up if only the host can have given the answer."""
        answer = probe.answer
        says = describe_answer(answer, reached=any(probe.reached.values()))
        first = iri.find_host(probe.url)
        for host, reached in probe.reached.items():
            if host == first or says == OWN:
                said = says if reached or host == first else UNREACHED
                if self._hosts.get(host) != OWN:
                    self._hosts[host] = said
        self._network_is_up = self._network_is_up or says == OWN

    def _wants_confirmation(self, probe: LinkProbe, verdict: Verdict) -> bool:
        """Return True if a page is to be asked for again before it is pronounced dead."""
        done = self._confirmations.get(probe.url, 0)
        if done >= CONFIRMATIONS or should_ask_again(probe.answer):  # those were asked several times, slowly
            return False
        if not self._fits(probe):
            return False
        if any(self._would_die(url, verdict) for url, _ in self._wanted[probe.url]):
            self._confirmations[probe.url] = done + 1
            return True
        return False

    def _fits(self, probe: LinkProbe) -> bool:
        """Return True if a page can be asked again as it was, within its deadline and its number of requests.

        A confirmation that was cut short would say nothing.
        """
        redirects = len(probe.answer.redirects)
        return probe.requests + redirects + 1 <= MOST_REQUESTS and self._find_time_left(probe) > probe.seconds_spent

    def _settle(self, probe: LinkProbe, verdict: Verdict) -> list[Link]:
        """Record what was found; a link that has moved waits until all others of its host are known."""
        host = iri.find_host(probe.url)
        self._unsettled[host] -= 1
        if verdict.status == "moved":
            probe.answer = replace(probe.answer, page=NO_PAGE)  # it was judged; thousands may wait
            self._moved.setdefault(host, []).append(probe)
            links = []
        else:
            links = self._record(probe, verdict)
        if not self._unsettled[host]:
            links += self._settle_moved(host)
        return links

    def _settle_moved(self, host: str) -> list[Link]:
        """Record the links of a host that have moved: several that are redirected to one address have not."""
        probes = self._moved.pop(host, [])
        if not probes:
            return []
        origins: dict[str, list[str]] = {}  # of each target
        for probe in probes:
            origins.setdefault(probe.answer.final_url.partition("#")[0], []).append(probe.url)
        for url, target in self._moved_before.get(host, ()):
            origins.setdefault(target, []).append(page_of(url)[0])
        links = []
        for probe in probes:
            others = origins[probe.answer.final_url.partition("#")[0]]
            is_shared = any(not are_spellings_of_one(probe.url, other) for other in others)
            probe.answer = replace(probe.answer, is_shared_target=is_shared)
            links += self._record(probe, self._classify(probe.answer))
        return links

    def _record(self, probe: LinkProbe, verdict: Verdict) -> list[Link]:
        links = []
        for url, fragment in self._wanted[probe.url]:
            answer, said = probe.answer, verdict
            if fragment and probe.there.get(fragment) is not None:
                answer = replace(answer, fragment_is_there=probe.there[fragment])
                said = self._classify(answer)
            if self._second_opinion and said.status == "dead" and self._would_die(url, said):
                if self._time_is_over():
                    said = replace(
                        said, status="unsure", reason=f"{said.reason}; no time for a second opinion", evidence=""
                    )
                else:
                    said = ask_second_opinion(self._second_opinion, url, said)
            if said.status == "unsure" and not probe.requests:  # there was no patience, or no time, left for it
                links.append(self._records.add_failed_by_us(url, answer))
            else:
                links.append(self._records.add(url, answer, said, probe))
        return links

    def _would_die(self, url: str, verdict: Verdict) -> bool:
        records = self._records
        record, now = records.record_of(url), records.time()
        return needs_confirmation(record, verdict, now, records.settings, strict=records.strict)

    def _is_cut_off(self) -> bool:
        """Return True if our own network is down, as soon as that is known: not after each address has timed out."""
        if self._network_is_up or len(self._hosts) < FEWEST_HOSTS:
            return False
        if any(said != UNREACHED for said in self._hosts.values()):
            return False
        self._seek_canaries()
        if None in self._canaries.values():
            return False
        if self._canaries:
            return network_is_down(self._hosts, self._known_canaries())
        # Nobody else can be asked: hosts that answer at all have done so within the time that one address may take.
        return time.monotonic() - self._begun > self._settings.deadline

    def _known_canaries(self) -> list[str]:
        return [said for said in self._canaries.values() if said is not None]

    def _seek_canaries(self) -> None:
        if self._canaries_sought:
            return
        self._canaries_sought = True
        hosts = set(self._hosts)
        for url in self._records.history.last_good():
            page, _ = page_of(url)
            host = iri.find_host(page)
            if page not in self._wanted and host not in hosts:
                hosts.add(host)
                self._canaries[page] = None
                self._waiting += 1
                self.scheduler.add(self._make_probe(page))
                if len(self._canaries) == _CANARIES:
                    return

    def _give_up(self) -> list[Link]:
        self._records.note_network_down()
        self.scheduler.stop()
        self._waiting = 0
        self._held.clear()
        self._moved.clear()
        left = [url for urls in self._wanted.values() for url, _ in urls if url not in self._records.links]
        return [self._records.add_failed_by_us(url) for url in left]

    def _release_held(self) -> list[Link]:
        """Judge what our own network may be the reason of, now that it is known whether it is up."""
        if not self._held:
            return []
        if needs_canaries(self._hosts):
            if self._time_is_over():
                return []
            self._seek_canaries()
            while self._waiting and not self._time_is_over():
                for probe in self._ended():
                    self._take(probe)
            if self._waiting:
                return []  # nothing is known of our network, nor so of these links
            if network_is_down(self._hosts, self._known_canaries(), has_proxy=bool(self._settings.proxy)):
                return self._give_up()
        return self._settle_held()

    def _settle_held(self) -> list[Link]:
        held, self._held = self._held, {}
        return [link for probe in held.values() for link in self._settle(probe, self._classify(probe.answer))]
