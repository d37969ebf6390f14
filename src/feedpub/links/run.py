"""One run over the links that are due: probe them, confirm failures, and detect whether our own network is down."""

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
from .classify import TIMEOUT_REASON, Verdict, classify_result
from .destinations import differ_only_in_spelling, split_fragment
from .lifecycle import CONFIRMATIONS, needs_confirmation
from .own_network import FEWEST_HOSTS, FROM_HOST, UNREACHED, describe_evidence, is_network_down, needs_canaries
from .pace import HostPace, should_retry
from .pages import NO_PAGE
from .probe import MOST_REQUESTS, HostState, LinkProbe
from .scheduler import Scheduler
from .second_opinion import apply_second_opinion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import ExitStack

    from ..model import LinkSettings
    from ..transport.base import Transport
    from .classify import ProbeResult
    from .history_rows import StoredLink
    from .records import LinkRecords
    from .result import Link
    from .second_opinion import SecondOpinion

    DuePages = Mapping[str, Sequence[tuple[str, str]]]

_CONFIRM_AFTER_SECONDS: Final = 1.0
_MOST_CANARIES: Final = 3
_JOIN_SECONDS: Final = 1.0


def read_tokens(settings: LinkSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens of hosts, by the names of the environment variables that contain them.

    Raises:
        FeedpubError: A variable is not set, or does not contain a token.
    """
    tokens = {}
    for host, host_settings in settings.hosts.items():
        name = host_settings.token_env
        if name:
            token = environment.get(name, "").strip()
            if not token or not token.isascii() or not token.isprintable() or " " in token:
                fault = "does not contain a token (printable ASCII without spaces)" if token else "is not set"
                raise FeedpubError(
                    f"links: the environment variable {name} {fault}; set it, or remove `token` of {host}"
                    " from feedpub.toml"
                )
            tokens[name] = token
    return tokens


def _is_confidential(url: str) -> bool:
    """Return True if nobody else can read what is sent to a URL: https, or this machine."""
    address = network_addresses.parse_numeric_host(iri.find_host(url))
    return url.startswith("https:") or (address is not None and address.is_loopback)


def _group_moved(memories: Mapping[str, StoredLink], due_pages: DuePages) -> dict[str, list[tuple[str, str]]]:
    """Return the URLs that had moved at their last check, and where to, by host.

    Those that are due are left out: their new results count.
    """
    moved: dict[str, list[tuple[str, str]]] = {}
    for url, memory in memories.items():
        if memory.record.status == "moved" and split_fragment(url)[0] not in due_pages:
            moved.setdefault(iri.find_host(url), []).append((url, memory.final_url.partition("#")[0]))
    return moved


class Run:
    """A run over the pages that are due; see `iter_links`."""

    def __init__(
        self,
        records: LinkRecords,
        settings: LinkSettings,
        due_pages: DuePages,
        transport: Transport,
        tokens: Mapping[str, str],
        *,
        second_opinion: SecondOpinion | None = None,
        max_seconds: float | None = None,
    ) -> None:
        """Prepare the run.

        Args:
            records: What is remembered of the links; receives the verdicts.
            settings: How links are checked.
            due_pages: Page → links to it, each with its fragment ("" for none).
            transport: Sends the requests; it is closed at the end.
            tokens: Environment variable → the token that it contains.
            second_opinion: Called before a link is reported dead; returns True if it reaches the URL.
            max_seconds: When to end; None: when all links are checked.
        """
        self._tokens, self._second_opinion = tokens, second_opinion
        self._until = None if max_seconds is None else time.monotonic() + max_seconds
        self._records, self._settings, self._due_pages = records, settings, due_pages
        self.scheduler = Scheduler(transport, concurrency=settings.concurrency, make_pace=self._make_pace)
        self._unreliable_head_hosts = records.history.list_unreliable_head_hosts()
        self._host_states: dict[str, HostState] = {}
        self._confirmations: dict[str, int] = {}
        self._host_evidence: dict[str, str] = {}  # what their answers show about our own network
        self._network_is_up = False  # whether an answer has proved that
        self._held_probes: dict[str, LinkProbe] = {}
        self._moved_probes: dict[str, list[LinkProbe]] = {}  # by host, until all of its pages are checked
        self._moved_before = _group_moved(records.remembered, due_pages)
        self._unsettled_pages = Counter(map(iri.find_host, due_pages))
        self._canaries: dict[str, str | None] = {}
        self._has_sought_canaries = False
        self._pending_pages = len(due_pages)
        self._started_at = time.monotonic()

    def iter_links(self, stack: ExitStack) -> Iterator[Link]:
        """Yield each link when its verdict is known and written.

        Args:
            stack: Ends the scheduler when it is closed.
        """
        scheduler = self.scheduler
        pages = sorted(self._due_pages, key=self._find_rank)
        stack.callback(self._stop_scheduler)  # before the start: an interrupt may come in between
        scheduler.start(map(self._make_probe, pages))
        yield from self._iter_results()
        self._stop_scheduler()  # the time may be over while requests are under way
        unreliable = {host for host, state in list(self._host_states.items()) if state.head_is_unreliable}
        self._records.history.add_unreliable_head_hosts(unreliable - self._unreliable_head_hosts)

    def _stop_scheduler(self) -> None:
        self.scheduler.stop()
        with suppress(RuntimeError):  # it has not been started
            self.scheduler.join(_JOIN_SECONDS)

    def _make_pace(self, host: str) -> HostPace:
        host_settings, settings = self._settings.for_host(host), self._settings
        return HostPace(
            per_host=settings.per_host if host_settings.per_host is None else host_settings.per_host,
            spacing=settings.spacing if host_settings.spacing is None else host_settings.spacing,
            patience=settings.patience if host_settings.patience is None else host_settings.patience,
        )

    def _find_rank(self, page: str) -> tuple[bool, float]:
        """Return a sort key: pages that were not checked for the longest time come first.

        Pages that took too long the last time come last: after several of them, nothing more is sent to their host.
        """
        memories = (self._records.remembered.get(url) for url, _ in self._due_pages[page])
        records = [memory.record for memory in memories if memory is not None]
        checked = min((record.checked.timestamp() for record in records if record.checked), default=0.0)
        return any(record.reason == TIMEOUT_REASON for record in records), checked

    def _iter_results(self) -> Iterator[Link]:
        while self._pending_pages and not self._time_is_over():
            links = [link for probe in self._wait_for_probes() for link in self._handle_probe(probe)]
            if self._is_cut_off():
                links += self._give_up()
            self._records.history.write_pending()
            yield from links
        links = self._release_held()
        for host in list(self._moved_probes):  # the time is over before all pages of the host were checked
            links += self._settle_moved(host)
        self._records.history.write_pending()
        yield from links

    def _wait_for_probes(self) -> list[LinkProbe]:
        """Wait for probes that have ended and return them; return none if the time for this run is over."""
        try:
            timeout = None if self._until is None else max(0.0, self._until - time.monotonic())
            probes = self.scheduler.ended_probes.get(timeout=timeout)
        except Empty:
            return []
        if isinstance(probes, BaseException):
            raise probes
        return probes

    def _time_is_over(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until

    def _find_host_state(self, url: str) -> HostState:
        server = iri.parse_url(url)
        name = server.origin if server else ""
        host_state = self._host_states.get(name)
        if host_state is None:
            settings = self._settings.for_host(server.hostname) if server else HostSettings()
            token = self._tokens[settings.token_env] if settings.token_env and _is_confidential(url) else None
            host_state = self._host_states.setdefault(
                name, HostState(head_is_unreliable=name in self._unreliable_head_hosts, settings=settings, token=token)
            )
        return host_state

    def _make_probe(self, page: str, *, confirms: LinkProbe | None = None) -> LinkProbe:
        fragments = [fragment for _, fragment in self._due_pages.get(page, ()) if fragment]
        stored = self._records.remembered.get(page)
        # Links that are dead already get one plain GET: it can show that they work again.
        is_confirming = confirms is not None or self._are_dead(page)
        validators = {}
        if stored and stored.record.status == "ok" and not fragments and not confirms:
            headers = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
            validators = {name: value for name, value in headers.items() if value}
        seconds = self._find_time_left(confirms) if confirms else self._find_deadline(page)
        probe = LinkProbe(
            page, fragments, self._find_host_state, seconds=seconds, clock=time.monotonic, validators=validators,
            is_confirming=is_confirming,
        )  # fmt: skip
        probe.sent_requests = confirms.sent_requests if confirms else 0
        return probe

    def _judge_result(self, result: ProbeResult) -> Verdict:
        """Return the verdict on a result; the settings of a host may accept a status code."""
        if self._settings.hosts and result.code and not result.failure:
            accepted = self._settings.for_host(iri.find_host(result.final_url)).accept
            if result.code in accepted:
                reason = f"{result.code}, accepted by the settings of this host"
                return Verdict(status="ok", reason=reason, code=result.code, final_url=result.final_url)
        return classify_result(result)

    def _find_deadline(self, page: str) -> float:
        deadline = self._find_host_state(page).settings.deadline if self._settings.hosts else None
        return self._settings.deadline if deadline is None else deadline

    def _find_time_left(self, probe: LinkProbe) -> float:
        """Return how many seconds of the deadline of a page remain for its confirmations."""
        return probe.until - probe.ended_at - _CONFIRM_AFTER_SECONDS

    def _are_dead(self, page: str) -> bool:
        urls = [url for url, _ in self._due_pages.get(page, ())]
        return bool(urls) and all(self._records.find_record(url).state == "dead" for url in urls)

    def _handle_probe(self, probe: LinkProbe) -> list[Link]:
        """Judge a probe that has ended; return the links whose verdicts are known now."""
        if probe.url in self._canaries and self._canaries[probe.url] is None:
            evidence = self._canaries[probe.url] = describe_evidence(
                probe.result, reached=any(probe.reached_hosts.values())
            )
            self._pending_pages -= 1
            self._network_is_up = self._network_is_up or evidence == FROM_HOST
            return self._settle_held() if self._network_is_up else []
        self._note_hosts(probe)
        verdict = self._judge_result(probe.result)
        if verdict.status == "dead" and self._should_confirm(probe, verdict):
            confirmation = self._make_probe(probe.url, confirms=probe)
            self.scheduler.add_probe(confirmation, after=_CONFIRM_AFTER_SECONDS, when_idle=True)
            return []
        self._pending_pages -= 1
        if not self._network_is_up:
            self._held_probes[probe.url] = probe
            return []
        return self._settle_probe(probe, verdict) + self._settle_held()

    def _note_hosts(self, probe: LinkProbe) -> None:
        """Record the evidence about our own network: it is up if only the host can have sent the response."""
        result = probe.result
        evidence = describe_evidence(result, reached=any(probe.reached_hosts.values()))
        first_host = iri.find_host(probe.url)
        for host, reached in probe.reached_hosts.items():
            if host == first_host or evidence == FROM_HOST:
                host_evidence = evidence if reached or host == first_host else UNREACHED
                if self._host_evidence.get(host) != FROM_HOST:
                    self._host_evidence[host] = host_evidence
        self._network_is_up = self._network_is_up or evidence == FROM_HOST

    def _should_confirm(self, probe: LinkProbe, verdict: Verdict) -> bool:
        """Return True if a page should be requested again before its links are reported dead."""
        confirmations = self._confirmations.get(probe.url, 0)
        if confirmations >= CONFIRMATIONS or should_retry(probe.result):  # the scheduler has retried these, slowly
            return False
        if not self._has_time_to_confirm(probe):
            return False
        if any(self._would_die(url, verdict) for url, _ in self._due_pages[probe.url]):
            self._confirmations[probe.url] = confirmations + 1
            return True
        return False

    def _has_time_to_confirm(self, probe: LinkProbe) -> bool:
        """Return True if the deadline and the number of requests of a page allow to repeat all of its requests.

        A confirmation that ends early would prove nothing.
        """
        redirects = len(probe.result.redirects)
        return (
            probe.sent_requests + redirects + 1 <= MOST_REQUESTS and self._find_time_left(probe) > probe.seconds_spent
        )

    def _settle_probe(self, probe: LinkProbe, verdict: Verdict) -> list[Link]:
        """Record the links to a page; those that have moved wait until all other pages of the host are checked."""
        host = iri.find_host(probe.url)
        self._unsettled_pages[host] -= 1
        if verdict.status == "moved":
            probe.result = replace(probe.result, page=NO_PAGE)  # no longer needed, and thousands may wait
            self._moved_probes.setdefault(host, []).append(probe)
            links = []
        else:
            links = self._record_links(probe, verdict)
        if not self._unsettled_pages[host]:
            links += self._settle_moved(host)
        return links

    def _settle_moved(self, host: str) -> list[Link]:
        """Record the links of a host that have moved; if several are redirected to one URL, they have not."""
        probes = self._moved_probes.pop(host, [])
        if not probes:
            return []
        origins: dict[str, list[str]] = {}  # of each target
        for probe in probes:
            origins.setdefault(probe.result.final_url.partition("#")[0], []).append(probe.url)
        for url, target in self._moved_before.get(host, ()):
            origins.setdefault(target, []).append(split_fragment(url)[0])
        links = []
        for probe in probes:
            others = origins[probe.result.final_url.partition("#")[0]]
            is_shared = any(not differ_only_in_spelling(probe.url, other) for other in others)
            probe.result = replace(probe.result, is_shared_target=is_shared)
            links += self._record_links(probe, self._judge_result(probe.result))
        return links

    def _record_links(self, probe: LinkProbe, verdict: Verdict) -> list[Link]:
        links = []
        for url, fragment in self._due_pages[probe.url]:
            result, link_verdict = probe.result, verdict
            if fragment and probe.fragments_found.get(fragment) is not None:
                result = replace(result, fragment_is_there=probe.fragments_found[fragment])
                link_verdict = self._judge_result(result)
            if self._second_opinion and link_verdict.status == "dead" and self._would_die(url, link_verdict):
                if self._time_is_over():
                    reason = f"{link_verdict.reason}; no time was left for a second opinion"
                    link_verdict = replace(link_verdict, status="unsure", reason=reason, evidence="")
                else:
                    link_verdict = apply_second_opinion(self._second_opinion, url, link_verdict)
            # Without a request, patience or time was used up: that is not a fact about the link.
            if link_verdict.status == "unsure" and not probe.sent_requests:
                links.append(self._records.add_unjudged(url, result))
            else:
                links.append(self._records.add_verdict(url, result, link_verdict, probe))
        return links

    def _would_die(self, url: str, verdict: Verdict) -> bool:
        records = self._records
        record, now = records.find_record(url), records.find_time()
        return needs_confirmation(record, verdict, now, records.settings, strict=records.strict)

    def _is_cut_off(self) -> bool:
        """Return True as soon as it is certain that our own network is down, before every URL has timed out."""
        if self._network_is_up or len(self._host_evidence) < FEWEST_HOSTS:
            return False
        if any(evidence != UNREACHED for evidence in self._host_evidence.values()):
            return False
        self._seek_canaries()
        if None in self._canaries.values():
            return False
        if self._canaries:
            return is_network_down(self._host_evidence, self._list_canaries())
        # There are no canaries. Hosts that answer at all have done so within the time that one URL may take.
        return time.monotonic() - self._started_at > self._settings.deadline

    def _list_canaries(self) -> list[str]:
        return [evidence for evidence in self._canaries.values() if evidence is not None]

    def _seek_canaries(self) -> None:
        if self._has_sought_canaries:
            return
        self._has_sought_canaries = True
        hosts = set(self._host_evidence)
        for url in self._records.history.list_last_good():
            page, _ = split_fragment(url)
            host = iri.find_host(page)
            if page not in self._due_pages and host not in hosts:
                hosts.add(host)
                self._canaries[page] = None
                self._pending_pages += 1
                self.scheduler.add_probe(self._make_probe(page))
                if len(self._canaries) == _MOST_CANARIES:
                    return

    def _give_up(self) -> list[Link]:
        self._records.note_network_down()
        self.scheduler.stop()
        self._pending_pages = 0
        self._held_probes.clear()
        self._moved_probes.clear()
        urls = [
            url for page_links in self._due_pages.values() for url, _ in page_links if url not in self._records.links
        ]
        return [self._records.add_unjudged(url) for url in urls]

    def _release_held(self) -> list[Link]:
        """Judge the failures that our own network may have caused, now that nothing else is left to do."""
        if not self._held_probes:
            return []
        if needs_canaries(self._host_evidence):
            if self._time_is_over():
                return []
            self._seek_canaries()
            while self._pending_pages and not self._time_is_over():
                for probe in self._wait_for_probes():
                    self._handle_probe(probe)
            if self._pending_pages:
                return []  # it is not known whether our network is up, so these links stay due
            if is_network_down(self._host_evidence, self._list_canaries(), has_proxy=bool(self._settings.proxy)):
                return self._give_up()
        return self._settle_held()

    def _settle_held(self) -> list[Link]:
        held, self._held_probes = self._held_probes, {}
        return [link for probe in held.values() for link in self._settle_probe(probe, self._judge_result(probe.result))]
