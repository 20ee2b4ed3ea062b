"""Who is to be trusted: certificates that no other system trusts, and tokens as Entra issues them."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_TENANT = "5f0f6c1e-43a5-4b0e-9d1c-1d0f6f0a3a11"


class TokenRefused(Exception):
    """The token is none of this authority's, or no longer good, or for somebody else."""


class Authority:
    """Issues tokens, and the certificate of 127.0.0.1 whose root is in `roots`."""

    def __init__(self, folder: Path) -> None:
        self.roots = folder / "roots.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        self._secret = secrets.token_bytes(32)
        self._write_certificates()

    def token(self, audience: str, *, client_id: str, seconds: float) -> str:
        """A signed token for `audience` that ends in so many seconds."""
        now = time.time()
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{_TENANT}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + seconds),
            "appid": client_id,
            "oid": str(uuid.uuid5(uuid.NAMESPACE_URL, client_id)),
            "tid": _TENANT,
        }
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{signed}.{_encoded(self._signature(signed))}"

    def check(self, token: str, audience: str) -> dict[str, Any]:
        """What the token says; TokenRefused unless it is good now, and for `audience`."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature, _encoded(self._signature(signed))):
            raise TokenRefused("not signed by this authority")
        payload = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims["exp"] <= time.time():
            raise TokenRefused("expired")
        if claims["aud"] != audience:
            raise TokenRefused(f"for {claims['aud']}")
        return claims

    def _signature(self, signed: str) -> bytes:
        return hmac.digest(self._secret, signed.encode(), "sha256")

    def _write_certificates(self) -> None:
        now = datetime.now(UTC)
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name, name = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("the test's root", "127.0.0.1")
        )

        def begun(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
            return (
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(root_name)
                .public_key(public)
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - timedelta(minutes=5))
                .not_valid_after(now + timedelta(days=1))
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
                .add_extension(
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
                )
            )

        root = begun(root_name, root_key.public_key()).add_extension(x509.BasicConstraints(True, 0), critical=True)
        server = begun(name, key.public_key()).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        pem = serialization.Encoding.PEM
        self.roots.write_bytes(root.sign(root_key, hashes.SHA256()).public_bytes(pem))
        self.certificate.write_bytes(server.sign(root_key, hashes.SHA256()).public_bytes(pem))
        self.key.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
