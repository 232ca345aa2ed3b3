"""`/status` and the gauges: who is ill can be seen at once, and nothing is shown that is not known."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from hub.settings import RegisterSettings, Settings
from tests.api.conftest import Client, until

BREAKER = """insert into hub.register_breaker (register, state, failures, until)
             values ('business', 'open', 7, clock_timestamp() + interval '25 seconds')"""
FEED = "insert into hub.feed (name, watermark) values ('business.enterprises', clock_timestamp() - interval '5 hours')"
BUDGET = """insert into hub.register_budget
                (register, tokens, day, day_calls, month_calls, per_second, concurrent, per_day, per_month)
            values ('population', 20, (clock_timestamp() at time zone 'Asia/Ho_Chi_Minh')::date, 41,
                    412, 20, 8, 5000, null)"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a register that was never called."""
    return settings.model_copy(update={"registers": {"population": RegisterSettings(url="https://register")}})


async def _status(client: Client, **headers: str) -> Any:
    return (await client.http.get("/status", headers={"Accept": "application/json"} | headers)).json()


async def test_an_ill_register_is_named_with_what_to_do(client: Client, owner: psycopg.Connection[Any]) -> None:
    """The page says at its top what is wrong and what to do; the tables show state, breaker, quota and freshness."""
    for statement in (BREAKER, FEED, BUDGET):
        owner.execute(statement)

    state = await _status(client)
    page = (await client.http.get("/status", headers={"Accept-Language": "en"})).text

    assert [(each["condition"], each["about"]) for each in state["findings"]] == [
        ("register.resting", "business"),
        ("feed.silent", "business.enterprises"),
    ]
    business, population = state["registers"]
    assert (business["state"], business["breaker"], business["failures"]) == ("ill", "open", 7)
    assert 0 < business["next_trial"] <= 25
    assert (population["state"], population["day_calls"], population["per_day"]) == ("well", 41, 5000)
    assert (state["feeds"][0]["state"], state["feeds"][0]["age_minutes"]) == ("ill", 300)
    assert "Register business does not answer: calls rest after 7 failures in a row" in page
    assert "5 h ago" in page and "41 / 5000" in page


async def test_a_healthy_hub_is_well(client: Client) -> None:
    """Without a finding the page says so in one sentence."""
    page = (await client.http.get("/status")).text

    assert "Mọi thứ bình thường" in page
    assert "population" in page  # a configured register that was never called


async def test_a_late_run_is_not_well(client: Client, owner: psycopg.Connection[Any]) -> None:
    """What a callback noted is on the page like what can be seen from the tables."""
    owner.execute(FEED.replace("5 hours", "5 minutes"))
    owner.execute(
        """insert into hub.alert (alert_id, condition, about, severity, began_at)
           values (gen_random_uuid(), 'run.late', 'business.enterprises', 'warning', clock_timestamp())"""
    )

    state = await _status(client)

    assert [(each["condition"], each["about"]) for each in state["findings"]] == [("run.late", "business.enterprises")]
    assert (state["feeds"][0]["state"], state["alerts"]["open"]) == ("warning", 1)


async def test_the_page_speaks_both_languages(client: Client) -> None:
    """Vietnamese first; English by header or by address, and the page says which it is."""
    vi = await client.http.get("/status")
    by_header = await client.http.get("/status", headers={"Accept-Language": "en"})
    by_address = await client.http.get("/status?lang=en")
    odd = await client.http.get("/status?lang=<script>")

    assert '<html lang="vi">' in vi.text and vi.headers["content-language"] == "vi"
    assert '<html lang="en">' in by_header.text
    assert '<html lang="en">' in by_address.text
    assert '<html lang="vi">' in odd.text and "<script" not in odd.text


async def test_the_page_can_be_read_without_colours(client: Client, owner: psycopg.Connection[Any]) -> None:
    """States are words, tables have headers of columns and rows, and nothing comes from another host."""
    owner.execute(BREAKER)

    answer = await client.http.get("/status?lang=en")

    assert ">✕</span> ill</span>" in answer.text
    assert answer.text.count('scope="row"') == 2
    assert answer.text.count("<table>") == answer.text.count("<thead>") == 2
    assert "<script" not in answer.text and "http://" not in answer.text and "https://" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("host", "headers"), [("203.0.113.9", {}), ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"})])
async def test_the_page_is_shown_on_this_machine_only(
    client: Client, app: FastAPI, host: str, headers: dict[str, str]
) -> None:
    """Like the metrics: to everybody else there is no such address."""
    transport = httpx.ASGITransport(app=app, client=(host, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
        answer = await http.get("/status", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (404, "route.unknown")


async def test_metrics_show_registers_and_feeds(client: Client, owner: psycopg.Connection[Any]) -> None:
    """Gauges hold breaker, courtesy, freshness and quarantine, labelled by register and feed alone."""
    for statement in (BREAKER, FEED, BUDGET):
        owner.execute(statement)

    shown = (await client.http.get("/metrics")).text

    for line in (
        "hub_health_known 1.0",
        'hub_register_breaker_state{register="business",state="open"} 1.0',
        'hub_register_breaker_state{register="business",state="closed"} 0.0',
        'hub_register_breaker_failures{register="business"} 7.0',
        'hub_register_calls{period="day",register="population"} 41.0',
        'hub_register_quota{period="day",register="population"} 5000.0',
        'hub_register_turns_left{register="population"} 20.0',
        'hub_feed_quarantine_open{feed="business.enterprises"} 0.0',
    ):
        assert line in shown
    assert 'hub_register_quota{period="month"' not in shown  # there is none
    assert 'hub_feed_watermark_age_seconds{feed="business.enterprises"} 1800' in shown


async def test_what_is_not_known_is_not_shown(client: Client, owner: psycopg.Connection[Any]) -> None:
    """When the database does not tell, page and metrics say so within seconds, and show no value of before."""
    for statement in (BREAKER, BUDGET):
        owner.execute(statement)
    assert (await _status(client))["known"]
    owner.execute("alter table hub.register_breaker rename to elsewhere")

    async def unknown() -> bool:
        return not (await _status(client))["known"]

    await until(unknown)
    state, shown = await _status(client), (await client.http.get("/metrics")).text
    page = await client.http.get("/status?lang=en")

    assert (state["registers"], state["feeds"], state["at"]) == ([], [], None)
    assert "hub_health_known 0.0" in shown
    assert "hub_register_breaker_state{" not in shown
    assert page.status_code == 200 and "is not known" in page.text and "business" not in page.text
    owner.execute("alter table hub.elsewhere rename to register_breaker")
