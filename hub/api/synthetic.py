"""Which numbers are lawful to handle here: invented people in the sandbox only, real ones in production only."""

from __future__ import annotations

from collections.abc import Mapping

from hub.exchange.refusals import InvalidParam, Refused
from hub.settings import Environment, Settings
from schemas.vn import is_personal_id, synthetic


def check_environment(settings: Settings, numbers: Mapping[str, str | None]) -> None:
    """Refuses a number of the other environment; `numbers` are those of a request by their paths.

    The code of an enterprise tells nothing of the kind, but for a household business: it goes by its owner's number.

    Raises:
        Refused: `body.invalid`, naming the fields.
    """
    sandbox = settings.environment is Environment.SANDBOX
    wrong = tuple(
        InvalidParam(path, "environment")
        for path, number in numbers.items()
        if number is not None
        and (not path.startswith("enterprise.") or is_personal_id(number))
        and synthetic(number) is not sandbox
    )
    if wrong:
        raise Refused("body.invalid", wrong)
