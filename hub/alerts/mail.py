"""Messages by e-mail: plain text, over STARTTLS or TLS."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses

import structlog

from hub.alerts import channels
from hub.alerts.channels import Passing, Patience, Undelivered
from hub.alerts.message import Message
from hub.settings import Settings

_log = structlog.get_logger("hub.alerts")


class Mail:
    """Sends messages to all recipients at once; one recipient whom the server refuses keeps none from the others."""

    name = "email"

    def __init__(self, settings: Settings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience

    def send(self, message: Message) -> None:
        """Sends a mail, and again while the server is away or busy."""
        mail = self._write(message)
        for attempt in self._patience.turns():
            with attempt:
                self._deliver(mail)

    def _write(self, message: Message) -> EmailMessage:
        wanted = self._settings.alerts
        recipients = [address for _, address in getaddresses([wanted.email_to]) if "@" in address]
        if not recipients or "@" not in wanted.email_from:
            raise Undelivered("HUB_ALERTS__EMAIL_TO and EMAIL_FROM must hold addresses")
        mail = EmailMessage()
        mail["From"] = wanted.email_from
        mail["To"] = ", ".join(recipients)
        mail["Subject"] = message.subject()
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.id}@{wanted.email_from.rpartition('@')[2].strip('> ')}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text())
        return mail

    def _deliver(self, mail: EmailMessage) -> None:
        try:
            with closing(self._connect()) as server:
                refused = server.send_message(mail)
                with suppress(OSError, smtplib.SMTPException):  # it has taken the mail, however it takes our leave
                    server.quit()
        except smtplib.SMTPAuthenticationError:
            raise Undelivered(
                "the mail server refuses the account: check HUB_ALERTS__SMTP_USER and SMTP_SECRET"
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise Undelivered(
                "the mail server offers no STARTTLS or no log-in: check HUB_ALERTS__SMTP_SECURITY"
            ) from None
        except ssl.SSLCertVerificationError:
            raise Undelivered("the mail server's certificate is not trusted: set HUB_ALERTS__CA_FILE") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            raise _refusal(min(codes), "every recipient") from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, "the message") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Passing(f"the mail server did not answer ({type(error).__name__}): is it up?") from None
        if refused:
            # The others have it: to send it again would tell them twice.
            _log.warning("mail server refused recipients", count=len(refused), advice="check HUB_ALERTS__EMAIL_TO")

    def _connect(self) -> smtplib.SMTP:
        wanted = self._settings.alerts
        if not wanted.smtp_host:
            raise Undelivered("HUB_ALERTS__SMTP_HOST names no mail server")
        if wanted.smtp_security == "none" and not channels.in_sandbox(self._settings):
            raise Undelivered("HUB_ALERTS__SMTP_SECURITY=none is for the sandbox only")
        context = channels.trust(wanted.ca_file)
        if wanted.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                wanted.smtp_host, wanted.smtp_port, timeout=self._patience.seconds, context=context
            )
        else:
            server = smtplib.SMTP(wanted.smtp_host, wanted.smtp_port, timeout=self._patience.seconds)
        try:
            if wanted.smtp_security == "starttls":
                server.starttls(context=context)
            if wanted.smtp_user and wanted.smtp_secret:
                server.login(wanted.smtp_user, channels.secret(self._settings, wanted.smtp_secret, "SMTP_SECRET"))
        except BaseException:
            server.close()
            raise
        return server


def _refusal(code: int, what: str) -> Undelivered:
    if 400 <= code < 500:
        return Passing(f"the mail server does not take {what} now (SMTP {code})")
    return Undelivered(f"the mail server refused {what} (SMTP {code}): check HUB_ALERTS__EMAIL_FROM and EMAIL_TO")
