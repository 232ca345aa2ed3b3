"""Rounds over a real store and a real receiver: what is told, when, and once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest

from hub.alerts.channels import channels
from hub.alerts.message import Message
from hub.alerts.round import check
from hub.settings import RegisterSettings, Role, Settings
from hub.store import alerts
from hub.store.alerts import RoundBusy
from hub.store.engine import StoreUnavailable, connect
from tests.alerts.conftest import FEED, QUICK, Alerting, Ward
from tests.alerts.receivers import Inbox, http_receiver, mail_server

SETTLED = timedelta(minutes=11)


def told(inbox: Inbox) -> list[dict[str, list[str]]]:
    """Returns the conditions of each message: what began, goes on and ended."""
    return [
        {what: [each["condition"] for each in document["data"][what]] for what in ("began", "ongoing", "ended")}
        for document in inbox.documents()
    ]


def test_a_healthy_hub_says_nothing(ward: Ward, receiver: Inbox) -> None:
    """A round that finds nothing sends nothing."""
    outcome = ward.round()

    assert (outcome.open, outcome.told, receiver.asked) == (0, {}, 0)


def test_a_pipeline_that_was_never_started_is_noticed(ward: Ward, receiver: Inbox) -> None:
    """A feed of a configured register is known from the first round on, and silent when nothing comes in its time."""
    business = {"business": RegisterSettings(url="http://127.0.0.1:1/business")}
    settings = ward.settings.model_copy(update={"registers": business})
    ward.round(settings)
    ward.do("update hub.feed set updated_at = updated_at - interval '4 hours' where watermark is null")
    ward.round(settings)

    (document,) = receiver.documents()
    assert [(each["condition"], each["about"]) for each in document["data"]["began"]] == [
        ("feed.silent", "business.enterprises")
    ]


def test_everything_that_began_is_one_message(ward: Ward, receiver: Inbox) -> None:
    """A register that rests and a feed that is silent come together, in both languages, with what to do."""
    ward.breaker("open")
    ward.fresh(hours_ago=5)

    ward.round()

    (document,) = receiver.documents()
    assert told(receiver) == [{"began": ["feed.silent", "register.resting"], "ongoing": [], "ended": []}]
    silent = document["data"]["began"][0]
    assert silent["vi"]["what"] == f"Luồng {FEED} đã im lặng 5 giờ (giới hạn: 3 giờ)"
    assert silent["en"]["what"] == f"Feed {FEED} has been silent for 5 h (limit: 3 h)"
    assert "hub doctor" in silent["en"]["do"]
    assert document["data"]["text"].index("Tiếng Việt") < document["data"]["text"].index("English")


def test_an_alert_is_told_once_then_reminded_then_ended(ward: Ward, receiver: Inbox) -> None:
    """What goes on is told again after its time only, and its end once."""
    ward.breaker("open")
    for _ in range(3):
        ward.round()
    ward.pass_time(timedelta(hours=13))
    for _ in range(2):
        ward.round()
    ward.breaker("closed")
    ward.round()
    ward.pass_time(SETTLED)
    for _ in range(2):
        ward.round()

    resting = "register.resting"
    assert told(receiver) == [
        {"began": [resting], "ongoing": [], "ended": []},
        {"began": [], "ongoing": [resting], "ended": []},
        {"began": [], "ongoing": [], "ended": [resting]},
    ]


def test_what_comes_and_goes_is_one_alert(ward: Ward, receiver: Inbox) -> None:
    """A breaker that closes and opens again within the settling time is neither told as ended nor as new."""
    for state in ("open", "closed", "open", "closed", "open"):
        ward.breaker(state)
        ward.round()
        ward.pass_time(timedelta(minutes=5))

    assert told(receiver) == [{"began": ["register.resting"], "ongoing": [], "ended": []}]


def test_a_new_trouble_is_not_mixed_with_an_old_one(ward: Ward, receiver: Inbox) -> None:
    """A second register tells its own beginning, and the first is not told again."""
    ward.breaker("open")
    ward.round()
    ward.breaker("open", register="business")
    ward.round()

    second = receiver.documents()[1]["data"]
    assert [each["about"] for each in second["began"]] == ["business"]
    assert second["ongoing"] == []


def test_what_a_receiver_could_not_take_waits_for_it(ward: Ward, alerting: Alerting) -> None:
    """While the receiver is down alerts are kept; when it is up again they come grouped, the ended ones too."""
    with http_receiver() as away:
        pass
    settings = alerting(webhook_url=away.url)
    ward.breaker("open")
    failed = ward.round(settings).failed
    ward.fresh(hours_ago=5)
    ward.breaker("closed")
    ward.round(settings)
    ward.pass_time(SETTLED)

    with http_receiver(away.port) as back:
        ward.round(settings)
        ward.round(settings)

    assert "did not answer" in failed["webhook"]
    assert told(back) == [{"began": ["feed.silent"], "ongoing": [], "ended": ["register.resting"]}]


def test_a_receiver_that_stumbles_is_asked_again(ward: Ward, receiver: Inbox) -> None:
    """Within one round a busy receiver is tried again, with the same message id."""
    receiver.answers = [503, 429]
    ward.breaker("open")

    ward.round()

    assert (receiver.asked, len(receiver.posts)) == (3, 1)


def test_a_receiver_that_refuses_is_not_pressed(ward: Ward, receiver: Inbox) -> None:
    """An answer that no repetition would change ends the attempts of this round, and the alert waits."""
    receiver.answers = [401]
    ward.breaker("open")

    failed = ward.round().failed
    ward.round()

    assert "HTTP 401" in failed["webhook"]
    assert receiver.url not in failed["webhook"]
    assert (receiver.asked, len(receiver.posts)) == (2, 1)


def test_a_redirect_is_not_followed(ward: Ward, receiver: Inbox) -> None:
    """A receiver that leads elsewhere has not taken the message."""
    receiver.always = 302
    ward.breaker("open")

    assert "HTTP 302" in ward.round().failed["webhook"]


def test_a_kill_between_sending_and_noting_repeats_one_message(ward: Ward, receiver: Inbox) -> None:
    """The process that sent is gone before it noted so: the next round sends the same id once more, and no more."""
    ward.breaker("open")

    class Killed(BaseException):
        pass

    class DiesAfterSending:
        name = "webhook"

        def send(self, message: Message) -> None:
            channels(ward.settings, QUICK)[0].send(message)
            raise Killed

    with pytest.raises(Killed):
        check(ward.settings, [DiesAfterSending()])
    ward.round()
    ward.round()

    ids = [headers["webhook-id"] for headers, _ in receiver.posts]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_two_rounds_at_once_tell_once(ward: Ward, receiver: Inbox) -> None:
    """While a process looks for alerts another one is told so, and tells nobody."""
    ward.breaker("open")
    with connect(ward.settings, Role.PIPELINE) as other, alerts.one_round(other), pytest.raises(RoundBusy):
        ward.round()
    ward.round()

    assert len(receiver.posts) == 1


def test_a_channel_that_comes_later_hears_what_is_open(ward: Ward, alerting: Alerting, receiver: Inbox) -> None:
    """Alerts that were open before anybody was told reach a new channel; those that had ended do not."""
    nobody = alerting()
    ward.breaker("open", register="business")
    ward.round(nobody)
    ward.breaker("closed", register="business")
    ward.breaker("open")
    ward.round(nobody)
    ward.pass_time(SETTLED)

    ward.round()

    assert [each["about"] for each in receiver.documents()[0]["data"]["began"]] == ["population"]
    assert receiver.documents()[0]["data"]["ended"] == []


def test_a_late_run_is_told_like_the_others(ward: Ward, receiver: Inbox) -> None:
    """What the deadline's callback notes begins in the next round and ends when the feed has published."""
    environment = {
        "HUB_ENVIRONMENT": "sandbox",
        "HUB_VAR_DIR": str(ward.settings.var_dir),
        "HUB_DATABASE_URL_PIPELINE": ward.settings.url(Role.PIPELINE),
    }
    script = f"import asyncio; from hub.alerts.late import run_is_slow; asyncio.run(run_is_slow(feed={FEED!r}))"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True)
    ward.round()
    ward.batch()
    ward.round()
    ward.pass_time(SETTLED)
    ward.round()

    assert told(receiver) == [
        {"began": ["run.late"], "ongoing": [], "ended": []},
        {"began": [], "ongoing": [], "ended": ["run.late"]},
    ]


# --- the database is away -------------------------------------------------------------------------------------------


def _away(settings: Settings) -> Settings:
    return settings.model_copy(update={"database_url_pipeline": "postgresql://hub_pipeline:pa55@127.0.0.1:1/hub"})


def test_a_database_that_is_away_is_told_once_and_its_end_too(ward: Ward, receiver: Inbox) -> None:
    """Without its table the hub still tells, once; when the database is back the end is told like any other's."""
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            ward.round(_away(ward.settings))
    ward.round()
    ward.pass_time(SETTLED)
    ward.round()
    ward.round()

    assert told(receiver) == [
        {"began": ["hub.database"], "ongoing": [], "ended": []},
        {"began": [], "ongoing": [], "ended": ["hub.database"]},
    ]
    first, second = receiver.documents()
    assert first["data"]["began"][0]["id"] == second["data"]["ended"][0]["id"]


def test_an_outage_that_nobody_could_be_told_of_is_told_after(ward: Ward, alerting: Alerting) -> None:
    """Database and receiver away together: what happened comes when both are back."""
    with http_receiver() as away:
        pass
    settings = alerting(webhook_url=away.url)
    with pytest.raises(StoreUnavailable):
        ward.round(_away(settings))
    with http_receiver(away.port) as back:
        ward.round(settings)
        ward.pass_time(SETTLED)
        ward.round(settings)

    assert told(back) == [{"began": [], "ongoing": [], "ended": ["hub.database"]}]


def test_an_outage_is_told_without_room_for_its_file(ward: Ward, receiver: Inbox) -> None:
    """A disk that takes no file, which may be why the database is away, does not keep the alert from people."""
    ward.settings.var_dir.mkdir(parents=True, exist_ok=True)
    (ward.settings.var_dir / "alerts").write_text("no folder can be made here")

    with pytest.raises(StoreUnavailable):
        ward.round(_away(ward.settings))
    ward.round()

    assert told(receiver) == [{"began": ["hub.database"], "ongoing": [], "ended": []}]


def test_an_outage_that_is_told_while_it_ends_stops_no_round(ward: Ward, receiver: Inbox) -> None:
    """Another process takes the outage over while this one still tells it: rounds go on, the end is told once."""

    class Slow:
        name = "webhook"

        def send(self, message: Message) -> None:
            ward.round()
            channels(ward.settings, QUICK)[0].send(message)

    with pytest.raises(StoreUnavailable):
        check(_away(ward.settings), [Slow()])
    for _ in range(3):
        ward.round()
        ward.pass_time(SETTLED)

    assert told(receiver) == [
        {"began": ["hub.database"], "ongoing": [], "ended": []},
        {"began": [], "ongoing": [], "ended": ["hub.database"]},
    ]


@pytest.mark.parametrize("address", ["https://[", "https://" + "a" * 70 + ".example", "http://a\nb"])
def test_one_broken_channel_does_not_silence_the_other(ward: Ward, alerting: Alerting, address: str) -> None:
    """An address that no library takes, or an authority that is no certificate, fails its own channel alone."""
    ward.breaker("open")
    with mail_server() as inbox:
        mail = {"email_to": "duty@agency.example", "email_from": "hub@agency.example", "smtp_security": "none"}
        settings = alerting(webhook_url=address, smtp_host="127.0.0.1", smtp_port=inbox.port, **mail)
        outcome = ward.round(settings)

    assert list(outcome.failed) == ["webhook"]
    assert (outcome.told, len(inbox.mails)) == ({"email": 1}, 1)


def test_rights_are_the_least(ward: Ward) -> None:
    """The API sees alerts and changes none."""
    with connect(ward.settings, Role.API) as api, pytest.raises(psycopg.errors.InsufficientPrivilege):
        assert api.execute("select count(*) from hub.alert").fetchone() == (0,)
        api.execute("delete from hub.alert")
