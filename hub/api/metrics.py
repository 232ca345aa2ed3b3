"""Metrics of one API process, in Prometheus' text format; no label ever carries a personal value.

Counters tell what an API is used for, so they are shown on this machine only: let the collector run there. Each worker
process counts for itself: run one worker a port and scrape each.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request

from hub.api.health_metrics import HealthCollector
from hub.store.health import Health

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def on_this_machine(request: Request) -> bool:
    """Tells whether a call comes from this machine itself, and was not passed on by a proxy on it."""
    if not {"forwarded", "x-forwarded-for", "x-real-ip", "via"}.isdisjoint(request.headers.keys()):
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class Metrics:
    """The counters of one application."""

    def __init__(self, policy_age: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "hub_exchanges_total",
            "Calls by kind, outcome and code.",
            ("kind", "outcome", "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "hub_exchange_seconds",
            "Seconds from a call to its answer.",
            ("kind",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        age = Gauge("hub_policy_age_seconds", "Seconds since the rights were confirmed.", registry=self.registry)
        age.set_function(policy_age)
        self._health = HealthCollector()
        self.registry.register(self._health)
        self._children: dict[tuple[str, str, str], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def count(self, kind: str, outcome: str, code: str, seconds: float) -> None:
        """Counts one call that was answered."""
        key = (kind, outcome, code)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._calls.labels(*key)
            self._timers.setdefault(kind, self._seconds.labels(kind))
        child.inc()
        self._timers[kind].observe(seconds)

    def render(self, health: Health | None) -> bytes:
        """Writes all metrics as text; `health` is that of registers and feeds, None when the database does not tell."""
        self._health.health = health
        rendered: bytes = generate_latest(self.registry)
        return rendered
