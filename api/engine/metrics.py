"""api: what a collector may count. Routes are named by their template and nothing personal is a label."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One per application, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self._requests = Counter(
            "salesloop_http_requests", "requests answered", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "salesloop_http_request_seconds",
            "time to the end of the answer",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._head = self._gauge("salesloop_ledger_head", "last position of the ledger")
        self._lag = Gauge(
            "salesloop_projection_lag_events",
            "events a read model is behind the ledger",
            ("read_model",),
            registry=self.registry,
        )
        self._broken = Gauge(
            "salesloop_projection_stopped",
            "1 where a read model stopped on an error",
            ("read_model",),
            registry=self.registry,
        )
        self._calendars = Gauge(
            "salesloop_calendar_known_until_seconds",
            "end of the last day of which a policy knows whether it is a day off, since the epoch; 0: it says nothing",
            ("kind", "policy"),
            registry=self.registry,
        )
        self._pool = Gauge(
            "salesloop_pool_connections", "of the database pool", ("state",), registry=self.registry
        )
        self._promises = self._gauge("salesloop_promises_live", "promises that somebody owes")
        self._lacking = self._gauge(
            "salesloop_open_deals_without_promise", "the health number: 0, or something is wrong"
        )
        self._overdue = self._gauge("salesloop_promises_overdue", "live promises whose due time has passed")
        self._behind = self._labelled(
            "salesloop_follower_lag_events",
            "events a follower of the workflows is behind the ledger",
            "follower",
        )
        self._halted = self._labelled(
            "salesloop_follower_failing", "1 where a follower's last try failed", "follower"
        )
        self._untold = self._gauge(
            "salesloop_notices_overdue", "notices that were due five minutes ago and are not sent"
        )
        self._endpoints = self._labelled("salesloop_webhooks", "webhook endpoints, by state", "state")
        self._held = self._gauge(
            "salesloop_webhook_streams_held", "streams whose event was not taken and is tried again"
        )
        self._swept_at = self._gauge("salesloop_sweep_timestamp_seconds", "when the last sweep reported")
        self._swept = self._labelled("salesloop_sweep_found", "what the last sweep counted, by kind", "kind")
        self._refused = Counter(
            "salesloop_bounds_met",
            "connections and requests turned away, by the bound they met",
            ("bound",),
            registry=self.registry,
        )
        self._children: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(name, what, registry=self.registry)

    def _labelled(self, name: str, what: str, label: str) -> Gauge:
        return Gauge(name, what, (label,), registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        counter = self._children.get((method, route, status))
        if counter is None:
            counter = self._children[method, route, status] = self._requests.labels(
                method, route, str(status)
            )
        counter.inc()
        timer = self._timers.get(route)
        if timer is None:
            timer = self._timers[route] = self._seconds.labels(route)
        timer.observe(seconds)

    def refused(self, bound: str) -> None:
        self._refused.labels(bound).inc()

    def ledger(self, head: int) -> None:
        self._head.set(head)

    def read_model(self, name: str, lag: int, *, stopped: bool) -> None:
        self._lag.labels(name).set(lag)
        self._broken.labels(name).set(stopped)

    def calendar(self, kind: str, policy: str, until: date | None) -> None:
        end = datetime.combine(until, time(), UTC) + timedelta(days=1) if until else None
        self._calendars.labels(kind, policy).set(end.timestamp() if end else 0)

    def promises(self, *, live: int, lacking: int, overdue: int) -> None:
        self._promises.set(live)
        self._lacking.set(lacking)
        self._overdue.set(overdue)

    def follower(self, name: str, behind: int, *, stopped: bool) -> None:
        self._behind.labels(name).set(behind)
        self._halted.labels(name).set(stopped)

    def notices(self, *, overdue: int) -> None:
        self._untold.set(overdue)

    def webhooks(self, states: dict[str, int], held: int) -> None:
        for state, count in states.items():
            self._endpoints.labels(state).set(count)
        self._held.set(held)

    def sweep(self, at: float, found: dict[str, int]) -> None:
        """`at` in seconds since 1970."""
        self._swept_at.set(at)
        for kind, count in found.items():
            self._swept.labels(kind).set(count)

    def pool(self, stats: dict[str, int]) -> None:
        for state in ("pool_size", "pool_available", "requests_waiting"):
            self._pool.labels(state).set(stats.get(state, 0))

    def exposition(self) -> tuple[bytes, str]:
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_1_0_0
