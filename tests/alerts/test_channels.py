"""Webhook and e-mail over real servers: signatures, encryption, accounts, and what is never said."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.alerts.channels import Undelivered, channels
from hub.alerts.conditions import HUB_TEST
from hub.alerts.message import Message
from hub.alerts.webhook import signature
from hub.settings import Environment, Settings
from hub.store.alerts import Alert, Due
from tests.alerts.conftest import QUICK, Ward
from tests.alerts.receivers import Inbox, mail_server

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
KEY = base64.b64encode(b"0123456789abcdef01234567").decode()
CANARY = "s3cret-canary"


def message(channel: str = "webhook") -> Message:
    """Makes a message about nothing."""
    alert = Alert(UUID(int=7), HUB_TEST.id, "hub", HUB_TEST.severity, {}, NOW, None)
    return Message(channel, NOW, "hub.example", (Due(alert, "began", NOW),))


def send(settings: Settings) -> None:
    """Sends a test message by the one channel that is configured."""
    (way,) = channels(settings, QUICK)
    way.send(message(way.name))


def keep(settings: Settings, name: str, secret: str) -> str:
    """Writes a secret and returns the reference to it."""
    path = settings.var_dir / name
    path.touch(mode=0o600)
    path.write_text(secret)
    return f"file:{path}"


@pytest.fixture
def sandbox(tmp_path: Path) -> Settings:
    """Settings without a database: channels need none."""
    return Settings(_env_file=None, var_dir=tmp_path, environment=Environment.SANDBOX)


def with_alerts(settings: Settings, **wanted: Any) -> Settings:
    """Returns the settings with what a test wishes of alerts."""
    changed = type(settings.alerts).model_validate(wanted)
    return settings.model_copy(update={"alerts": changed})


def test_an_authority_that_is_none_is_told(sandbox: Settings, receiver: Inbox) -> None:
    """A file that is half written, or no certificate, fails with the setting to look at."""
    path = sandbox.var_dir / "ca.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nbroken")

    with pytest.raises(Undelivered, match="CA_FILE"):
        send(with_alerts(sandbox, webhook_url=receiver.url, ca_file=path))


# --- webhook --------------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries comes out."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    headers = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', key)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_verify_what_it_takes(sandbox: Settings, receiver: Inbox) -> None:
    """Id, time and body are signed together with the key that both sides hold; the id is the message's own."""
    secret = keep(sandbox, "key", f"whsec_{KEY}")
    send(with_alerts(sandbox, webhook_url=receiver.url, webhook_secret=secret))

    ((headers, body),) = receiver.posts
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(base64.b64decode(KEY), signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == message().id
    assert headers["content-type"] == "application/json"


def test_without_a_key_nothing_pretends_to_be_signed(sandbox: Settings, receiver: Inbox) -> None:
    """An unsigned message has no signature header."""
    send(with_alerts(sandbox, webhook_url=receiver.url))

    assert "webhook-signature" not in receiver.posts[0][0]


def test_an_address_may_be_a_secret(sandbox: Settings, receiver: Inbox) -> None:
    """The address of a chat's webhook lies where secrets lie."""
    send(with_alerts(sandbox, webhook_url=keep(sandbox, "address", receiver.url)))

    assert len(receiver.posts) == 1


def test_a_secret_address_is_in_no_log(sandbox: Settings, receiver: Inbox) -> None:
    """Airflow keeps what libraries log at INFO: the address of a chat's webhook is its password."""
    script = (
        "import logging, sys; logging.basicConfig(level=logging.DEBUG); from pathlib import Path;"
        "from hub.alerts.channels import channels; from hub.settings import Settings;"
        "from tests.alerts.test_channels import message;"
        "[way.send(message(way.name)) for way in channels(Settings(_env_file=None))]"
    )
    environment = {
        "HUB_ENVIRONMENT": "sandbox",
        "HUB_VAR_DIR": str(sandbox.var_dir),
        "HUB_ALERTS__WEBHOOK_URL": keep(sandbox, "address", f"{receiver.url}/{CANARY}\n"),
    }

    done = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)

    assert len(receiver.posts) == 1
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "ftp://receiver", "receiver"])
def test_production_tells_over_https_only(sandbox: Settings, url: str) -> None:
    """An address without encryption is refused before anything is sent."""
    production = sandbox.model_copy(update={"environment": Environment.PRODUCTION})

    with pytest.raises(Undelivered, match="https") as caught:
        send(with_alerts(production, webhook_url=url))

    assert url not in str(caught.value)


@pytest.mark.parametrize(("secret", "said"), [("whsec_###", "no key"), (None, "no secret in")])
def test_a_wrong_key_is_told_without_it(sandbox: Settings, receiver: Inbox, secret: str | None, said: str) -> None:
    """A key that is none, or is not there, stops the message: unsigned it must not go."""
    reference = keep(sandbox, "key", f"{secret}{CANARY}") if secret else f"file:{sandbox.var_dir}/absent"

    with pytest.raises(Undelivered, match=said) as caught:
        send(with_alerts(sandbox, webhook_url=receiver.url, webhook_secret=reference))

    assert CANARY not in str(caught.value)
    assert receiver.asked == 0


# --- e-mail ---------------------------------------------------------------------------------------------------------


def mailing(settings: Settings, inbox: Inbox, **changes: Any) -> Settings:
    """Returns settings that mail to a server."""
    usual = {
        "email_to": "duty@hub.example, Trực ban <night@hub.example>",
        "email_from": "hub@hub.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": inbox.port,
        "smtp_security": "none",
    }
    return with_alerts(settings, **usual | changes)


@pytest.fixture
def certificate(tmp_path: Path) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """A mail server's certificate, and the file of the private authority that signed it (itself)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    yield context, pem


def test_a_mail_reaches_everybody(sandbox: Settings) -> None:
    """One mail for all, with a subject in both languages, Vietnamese first, that no answering machine replies to."""
    with mail_server() as inbox:
        send(mailing(sandbox, inbox))

    (mail,) = inbox.mails
    assert len(inbox.recipients[0]) == 2
    assert mail["Subject"] == "[Lienthong hub.example] 1 mới · 1 new"
    assert mail["Message-ID"] == f"<{message('email').id}@hub.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert text.index(HUB_TEST.vi.what) < text.index(HUB_TEST.en.what)


def test_a_mail_goes_over_starttls_and_by_an_account(
    sandbox: Settings, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    """The password travels encrypted, to a server whose certificate the private authority signed."""
    context, authority = certificate
    with mail_server(context, ("hub", CANARY)) as inbox:
        account = {"smtp_user": "hub", "smtp_secret": keep(sandbox, "smtp", CANARY)}
        send(mailing(sandbox, inbox, smtp_security="starttls", ca_file=authority, **account))

    assert len(inbox.mails) == 1
    assert inbox.log.index("STARTTLS") < inbox.log.index("AUTH") < inbox.log.index("DATA")


def test_a_stranger_gets_no_password(sandbox: Settings, certificate: tuple[ssl.SSLContext, Path]) -> None:
    """A server whose certificate nobody vouches for is left before the log-in."""
    with mail_server(certificate[0], ("hub", CANARY)) as inbox:
        account = {"smtp_user": "hub", "smtp_secret": keep(sandbox, "smtp", CANARY)}
        with pytest.raises(Undelivered, match="certificate is not trusted"):
            send(mailing(sandbox, inbox, smtp_security="starttls", **account))

    assert "AUTH" not in inbox.log


def test_a_server_without_starttls_gets_nothing(sandbox: Settings) -> None:
    """Encryption that was asked for is never left out in silence."""
    with mail_server() as inbox, pytest.raises(Undelivered, match="STARTTLS"):
        send(mailing(sandbox, inbox, smtp_security="starttls"))

    assert "MAIL" not in inbox.log


def test_a_wrong_password_is_told_without_it(sandbox: Settings, certificate: tuple[ssl.SSLContext, Path]) -> None:
    """The refusal names the settings; it is not tried again, because accounts get locked."""
    context, authority = certificate
    with mail_server(context, ("hub", "right")) as inbox:
        account = {"smtp_user": "hub", "smtp_secret": keep(sandbox, "smtp", CANARY)}
        with pytest.raises(Undelivered, match="refuses the account") as caught:
            send(mailing(sandbox, inbox, smtp_security="starttls", ca_file=authority, **account))

    assert inbox.log.count("AUTH") == 1
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(("status", "sent"), [(451, True), (554, False)])
def test_a_busy_mail_server_is_asked_again_a_refusing_one_is_not(sandbox: Settings, status: int, sent: bool) -> None:
    """A temporary refusal is tried again within the round, a lasting one waits for somebody to look."""
    with mail_server() as inbox:
        inbox.answers = [status]
        if sent:
            send(mailing(sandbox, inbox))
        else:
            with pytest.raises(Undelivered, match="554"):
                send(mailing(sandbox, inbox))

    assert (inbox.asked, len(inbox.mails)) == ((2, 1) if sent else (1, 0))


def test_a_mail_that_was_taken_is_not_sent_again(sandbox: Settings) -> None:
    """A server that ends the conversation badly after it has taken the mail has the mail."""
    with mail_server() as inbox:
        inbox.leave = 421
        send(mailing(sandbox, inbox))

    assert len(inbox.mails) == 1


def test_one_unknown_recipient_keeps_none_from_the_others(sandbox: Settings) -> None:
    """The mail counts as told: sent again it would tell the others twice."""
    with mail_server() as inbox:
        send(mailing(sandbox, inbox, email_to="nobody@hub.example, duty@hub.example"))

    assert [len(to) for to in inbox.recipients] == [1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"smtp_host": None}, "SMTP_HOST"),
        ({"email_from": ""}, "EMAIL_FROM"),
        ({"email_to": "duty"}, "EMAIL_TO"),
        ({"ca_file": "/no/such/file"}, "CA_FILE"),
        ({"smtp_port": 1}, "did not answer"),
    ],
)
def test_a_wrong_setting_is_named(sandbox: Settings, changes: dict[str, Any], said: str) -> None:
    """Whoever reads the error knows which setting to mend."""
    with pytest.raises(Undelivered, match=said):
        send(mailing(sandbox, Inbox(port=1), **changes))


def test_production_mails_over_tls_only(sandbox: Settings) -> None:
    """`none` is for the sandbox."""
    production = sandbox.model_copy(update={"environment": Environment.PRODUCTION})

    with mail_server() as inbox, pytest.raises(Undelivered, match="sandbox only"):
        send(mailing(production, inbox))

    assert inbox.log == []


# --- what is never said -----------------------------------------------------------------------------------------------


def test_no_value_of_a_record_is_in_any_message(ward: Ward, receiver: Inbox) -> None:
    """Counts, rules, batches and names of feeds are told; nothing that stood in a record, even sealed, is."""
    canary = b"100050000017 canary-record"
    for number in range(5):
        ward.batch(1000, 1, hours_ago=8 - number)
    ward.batch(100, 60)
    parked = ward.batch(state="parked", rule="batch.shrunken")
    ward.do(
        """insert into hub.quarantine (entry_id, batch_id, position, feed, stage, rule_id, field, error_group, severity,
               findings, key_digest, source_version, wire_digest, master_version, wrapped_key, sealed_wire, due_on)
           values (gen_random_uuid(), %s, 1, 'population.citizens', 'row', 'person.id', 'personal_id', 'format',
                   'quarantine', '[]', %s, 1, %s, 1, %s, %s, current_date)""",
        parked,
        *[canary] * 4,
    )
    ward.breaker("open")
    ward.round()

    ((_, body),) = receiver.posts
    conditions = [each["condition"] for each in receiver.documents()[0]["data"]["began"]]
    assert sorted(conditions) == ["feed.volume", "quarantine.growing", "register.resting"]
    for form in (canary, canary.hex().encode(), base64.b64encode(canary), b"canary-record", b"100050000017"):
        assert form not in body
