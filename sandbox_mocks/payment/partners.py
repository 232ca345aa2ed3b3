"""Who may take payments: partner codes with their secrets and where each is told of a payment."""

from __future__ import annotations

from dataclasses import dataclass

PIPE = "pipe"


@dataclass(slots=True)
class Partner:
    """One partner of the platform.

    Attributes:
        callback_url: where CONFIRM goes; empty: nowhere.
        return_url: where the citizen's browser goes after paying or cancelling; empty: it stays.
        scheme: how its messages are signed: `pipe`, `keypay` or `paygov`.
        callback_key: KeyPay's second key, PayGov's access key.
    """

    code: str
    secret: str
    callback_url: str = ""
    return_url: str = ""
    scheme: str = PIPE
    callback_key: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The first partner of a sandbox; more come by the control route."""

    partner_code: str = "MOCK01"
    partner_secret: str = "mock-secret"  # noqa: S105  a sandbox's, printed in its documentation
    callback_url: str = ""
    return_url: str = ""

    def partner(self) -> Partner:
        """Returns the partner."""
        return Partner(self.partner_code, self.partner_secret, self.callback_url, self.return_url)
