"""A private certificate authority, made in the test that needs it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, in PEM."""

    certificate: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def key_pem(self, passphrase: str = "") -> str:
        """Writes the key, encrypted when there is a passphrase."""
        lock = (
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        )
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, lock).decode()

    def put(self, folder: Path, name: str, *, passphrase: str = "") -> None:
        """Writes `NAME.pem` and, for this user only, `NAME.key`."""
        key = folder / f"{name}.key"
        key.touch(mode=0o600)
        key.write_text(self.key_pem(passphrase))
        (folder / f"{name}.pem").write_text(self.certificate)


class Authority:
    """Issues certificates under a root of its own."""

    def __init__(self, name: str = "Test authority", *, days: float = 3650) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        root = self._builder(self._name, self._key, days).add_extension(x509.BasicConstraints(True, None), True)
        self.pem = root.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, common: str, *hosts: str, days: float = 90) -> Issued:
        """Issues a certificate for a name, for a server of these hosts; negative days make one that has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]), key, days)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Issued(certificate.public_bytes(serialization.Encoding.PEM).decode(), key)

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, days: float) -> x509.CertificateBuilder:
        ends = datetime.now(UTC) + days * DAY
        return (
            x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(min(datetime.now(UTC), ends) - DAY)
            .not_valid_after(ends)
        )


def server_context(folder: Path, issued: Issued, clients: Authority | None = None) -> ssl.SSLContext:
    """Makes a server's context, which wants a certificate of every client when `clients` says whose."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.put(folder, "server")
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if clients is not None:
        context.load_verify_locations(cadata=clients.pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
