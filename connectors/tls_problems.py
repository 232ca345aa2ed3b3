"""What a failed TLS handshake means, told by OpenSSL's own code and nothing else: its text may quote a certificate."""

from __future__ import annotations

import socket
import ssl

_SECONDS = 5.0
_ALERT_SECONDS = 0.5

# X509_V_ERR_* of OpenSSL.
_NOT_NOW = frozenset({9, 10})
_OTHER_NAME = frozenset({62, 64})

_ALERTS = {
    "CERTIFICATE_REQUIRED": "client_certificate_missing",
    "CERTIFICATE_EXPIRED": "client_certificate_expired",
    "UNKNOWN_CA": "client_certificate",
    "BAD_CERTIFICATE": "client_certificate",
    "CERTIFICATE_UNKNOWN": "client_certificate",
    "CERTIFICATE_REVOKED": "client_certificate",
    "UNSUPPORTED_CERTIFICATE": "client_certificate",
    "ACCESS_DENIED": "client_certificate",
    "PROTOCOL_VERSION": "tls_version",
    "INSUFFICIENT_SECURITY": "tls_version",
    "HANDSHAKE_FAILURE": "handshake_refused",
}
"""What the register's side says about us, by the name of its alert (RFC 8446 § 6.2)."""

_OURS = frozenset({"UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "NO_PROTOCOLS_AVAILABLE", "DH_KEY_TOO_SMALL"})


def tls_problem(error: BaseException | None) -> str | None:
    """Returns our code for the TLS failure behind an error of a library; None when there is none that we know.

    Both sides judge: what `ssl` refuses itself is about the register's certificate, what an alert says about ours.
    """
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            code = getattr(error, "verify_code", 0)
            if code in _OTHER_NAME:
                return "certificate_host"
            return "certificate_expired" if code in _NOT_NOW else "certificate"
        if isinstance(error, ssl.SSLError) and (found := _by_reason(error.reason or "")):
            return found
        error = error.__cause__ or error.__context__
    return None


def alert_of(host: str, port: int, context: ssl.SSLContext) -> str | None:
    """Shakes hands with a server, says nothing, and returns our code for the alert that it answers, if it does.

    Over TLS 1.3 a server judges our certificate after we may speak. When it refuses and closes while our request is on
    its way, TCP resets the connection and the alert is lost; who says nothing hears it. It blocks for a few seconds.
    """
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            tls.settimeout(_ALERT_SECONDS)
            tls.recv(1)
    except ssl.SSLError as error:
        return tls_problem(error)
    except (OSError, ValueError):
        return None
    return None


def _by_reason(reason: str) -> str | None:
    _, alert, name = reason.partition("_ALERT_")
    if alert:
        return _ALERTS.get(name)
    return "tls_version" if reason in _OURS else None
