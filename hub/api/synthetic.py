"""Which numbers are lawful to handle here: invented people in the sandbox only, real ones in production only."""

from __future__ import annotations

from hub.exchange.refusals import InvalidParam, Refused
from hub.settings import Environment, Settings
from schemas.vn import synthetic


def check_environment(settings: Settings, personal_id: str | None, former_id: str | None) -> None:
    """Refuses a number of the other environment.

    Raises:
        Refused: `body.invalid`, naming the field.
    """
    for name, number in (("personal_id", personal_id), ("former_id", former_id)):
        if number is not None and synthetic(number) is not (settings.environment is Environment.SANDBOX):
            raise Refused("body.invalid", (InvalidParam(f"subject.{name}", "environment"),))
