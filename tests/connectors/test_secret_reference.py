"""Settings hold references to secrets and nothing else; what stands there instead is refused and not repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from connectors.secret_reference import SecretReference
from hub.cli.failures import sentence
from hub.settings import RegisterSettings, Settings

CANARY = "hunter2-canary"
NO_SECRETS = {
    "access_key": "a name that the LGSP gave us; its secret is `secret`",
    "keys_dir": "a folder",
    "master_key_command": "a command that prints the hub's own key ring",
    "secret_expires_on": "a day",
    "token_minutes": "a length of time",
}
"""Settings whose names sound like a secret, and what they are."""


@pytest.mark.parametrize(
    "reference", ["file:/run/secrets/x", "file:population.secret", "env:X", "command:vault read x"]
)
def test_a_reference_is_taken_as_it_is(reference: str) -> None:
    """The three sources are references, and a reference is a plain text to whoever reads it."""
    settings = RegisterSettings(url="https://register.invalid", secret=reference)  # type: ignore[arg-type]

    assert settings.secret == reference
    assert isinstance(settings.secret, SecretReference)


@pytest.mark.parametrize("field", ["secret", "api_key", "officer_secrets"])
@pytest.mark.parametrize("held", [CANARY, "", "file:", "env: ", f"plain:{CANARY}", f"http://{CANARY}"])
def test_a_secret_in_the_place_of_a_reference_is_refused(field: str, held: str) -> None:
    """The hub does not start; field and advice are said, what stood there is not."""
    register: dict[str, Any] = {"url": "https://x", field: {"CB-1": held} if field == "officer_secrets" else held}

    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, registers={"population": register})

    for shown in (str(caught.value), repr(caught.value), sentence(caught.value)):
        assert field in shown
        assert "file:PATH" in shown
        assert CANARY not in shown


@pytest.mark.parametrize(
    "url",
    [
        f"https://hub:{CANARY}@register.invalid/x",
        f"sftp://hub:{CANARY}@register.invalid/x",
        f"postgresql+psycopg://hub:{CANARY}@register.invalid/x",
        f"postgresql+psycopg://register.invalid/x?password={CANARY}",
        f"https://register.invalid/x?api_key={CANARY}",
    ],
)
@pytest.mark.parametrize("field", ["url", "logical_url"])
def test_a_secret_in_an_address_is_refused(url: str, field: str) -> None:
    """An address stands in logs and tables: a password in it is refused at start, and is not in the refusal."""
    with pytest.raises(ValidationError) as caught:
        RegisterSettings(**{"url": "https://register.invalid", field: url})

    assert f"{field}" in sentence(caught.value)
    assert CANARY not in str(caught.value) + sentence(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_certificate": "/x/hub.pem"}, "needs both"),
        ({"client_key": "file:hub.key"}, "needs both"),
        ({"client_certificate": "/x/hub.pem", "client_key": "file:hub.key", "url": "http://x"}, "http:"),
    ],
    ids=["no key", "no certificate", "no TLS"],
)
def test_a_certificate_that_could_not_be_shown_is_refused(changed: dict[str, Any], said: str) -> None:
    """A certificate without its key, a key alone, or both for an address without TLS stop the start."""
    with pytest.raises(ValidationError) as caught:
        RegisterSettings(**{"url": "https://register.invalid", **changed})

    assert said in sentence(caught.value)


def test_an_address_may_have_a_query() -> None:
    """What is no secret passes, a database's way to check certificates for one."""
    url = "postgresql+psycopg://h/x?sslmode=disable"

    assert RegisterSettings(url=url).url == url


def test_of_a_command_only_the_program_is_shown() -> None:
    """The arguments of a command may be secrets themselves."""
    assert SecretReference(f"command:vault read -token={CANARY} x").shown == "command:vault …"
    assert SecretReference("command:/opt/secret").shown == "command:/opt/secret"
    assert SecretReference("file:/run/x").shown == "file:/run/x"


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield name, field.annotation
        for inner in [field.annotation, *getattr(field.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _fields(inner)


def test_every_setting_that_sounds_like_a_secret_is_a_reference() -> None:
    """A new setting for a secret can't take the secret itself by mistake."""
    sounds = re.compile("secret|passw|passphrase|token|(?:^|_)keys?(?:_|$)")

    wrong = [
        name
        for name, annotation in _fields(Settings)
        if sounds.search(name) and name not in NO_SECRETS and "SecretReference" not in str(annotation)
    ]

    assert wrong == []
