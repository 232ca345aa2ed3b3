"""Every setting of the hub, read from the environment and from `var/hub.env`.

A setting is named `HUB_<NAME>`; a nested one `HUB_REGISTERS__POPULATION__URL`. The environment wins over the file.
Secrets never stand here: a setting holds a reference (`file:…`, `env:…` or `command:…`) to one.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.courtesy import Courtesy, Interval, read_intervals
from connectors.secret_reference import SecretReference, address_without_secret

ROOT = Path(__file__).resolve().parents[1]


class Environment(StrEnum):
    """Where the hub runs: it decides which personal ids are lawful to see (see `schemas.vn.synthetic`)."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class Role(StrEnum):
    """The database roles, each with the least rights its process needs."""

    OWNER = "owner"
    PIPELINE = "pipeline"
    API = "api"
    RETENTION = "retention"


class FeedScope(StrEnum):
    """Whose records a feed may copy."""

    KNOWN_SUBJECTS = "known_subjects"
    ALL = "all"


class NotConfigured(LookupError):
    """A setting is needed that nobody has given; the message names it."""


Address = Annotated[str, AfterValidator(address_without_secret)]


class RegisterSettings(BaseModel):
    """How to reach one national register."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Address = Field(description="Address that the connector calls.")
    logical_url: Address | None = Field(
        None, description="Address that the register hashes into the credentials, when it differs."
    )
    user: str | None = Field(None, description="Account of this hub at the register.")
    secret: SecretReference | None = Field(None, description="Reference to the account's secret.")
    api_key: SecretReference | None = Field(None, description="Reference to the API key.")
    client_id: str | None = Field(None, description="`X-Road-Client` of this hub.")
    service_code: str = Field("G16.01", description="Code under which the register knows our service (`MaDVC`).")
    sync_officer: str = Field(
        "HUB-SYNC", description="Officer code under which pipelines call the register (`MaCanBo`)."
    )
    officers: dict[str, str] = Field(default_factory=dict, description="Our officer codes to the register's own.")
    ca_file: Path | None = Field(
        None,
        description="Private certificate authority of the register; over SFTP, its keys as `known_hosts` has them.",
    )
    client_certificate: Path | None = Field(
        None, description="Certificate (PEM, with its chain) by which the register knows this hub in TLS."
    )
    client_key: SecretReference | None = Field(None, description="Reference to the certificate's private key (PEM).")
    client_key_passphrase: SecretReference | None = Field(
        None, description="Reference to the passphrase of an encrypted key."
    )
    secret_expires_on: date | None = Field(
        None, description="Day on which the account's secret ends at the register, to be warned before."
    )
    timestamp_unit: str = Field("ms", pattern="^(ms|s)$", description="Unit of the `Timestamp` header: `ms` or `s`.")
    access_key: str | None = Field(None, description="`AccessKey` of this hub at an LGSP; its secret is `secret`.")
    app_name: str | None = Field(None, description="`AppName` under which an LGSP knows this hub.")
    partner_code: str | None = Field(None, description="`PartnerCode` of our agency at an LGSP.")
    partner_code_cus: str | None = Field(None, description="`PartnerCodeCus` of our agency at an LGSP.")
    officer_secrets: dict[str, SecretReference] = Field(
        default_factory=dict,
        description="The register's officer codes to references to their `key:pass`, where officers sign in.",
    )
    per_second: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Calls a second; it lowers what the connector declares and never raises it."
    )
    concurrent: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Calls at a time; it lowers what the connector declares and never raises it."
    )
    per_day: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Calls a day, in Vietnamese time; it lowers what the connector declares and never raises it."
    )
    per_month: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Calls a month, in Vietnamese time; it lowers what the connector declares and never raises it.",
    )
    windows: str | None = Field(
        None,
        description="Service hours such as `Mon-Fri 18:00-24:00`, in Vietnamese time; where the connector's own are "
        "narrower, those hold.",
    )
    maintenance: str = Field(
        "",
        description="Announced times without service, `FROM/UNTIL, …` in ISO 8601 with a zone: "
        "`2026-11-28T22:00+07:00/2026-11-29T04:00+07:00`.",
    )

    @field_validator("windows")
    @classmethod
    def _windows_are_readable(cls, windows: str | None) -> str | None:
        if windows is not None:
            Courtesy(1, 1, windows)
        return windows

    @field_validator("maintenance")
    @classmethod
    def _maintenance_is_readable(cls, maintenance: str) -> str:
        read_intervals(maintenance)
        return maintenance

    @property
    def maintenances(self) -> tuple[Interval, ...]:
        """The announced times without service."""
        return read_intervals(self.maintenance)

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.client_certificate is None) != (self.client_key is None):
            raise PydanticCustomError("certificate_without_key", "needs both client_certificate and client_key")
        if self.client_certificate is not None and self.url.lower().startswith("http:"):
            raise PydanticCustomError("certificate_without_tls", "an address with http: shows no client certificate")
        return self


class FeedSettings(BaseModel):
    """How one feed is copied."""

    model_config = ConfigDict(extra="forbid")

    scope: FeedScope = Field(FeedScope.KNOWN_SUBJECTS, description="Whose records may be copied.")
    legal_basis: str = Field("Law 91/2025/QH15 art. 19(c)", description="Ground on which the records are copied.")
    drift: str = Field(
        "quarantine", pattern="^(freeze|quarantine|evolve)$", description="What to do with unknown fields."
    )
    settle_lag: timedelta = Field(timedelta(minutes=2), description="How long a change settles before it is read.")
    page_size: Annotated[int, Field(ge=1, le=1000)] = Field(500, description="Records a page.")
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = Field(20_000, description="Most records in one batch.")
    shrink_floor: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="A batch smaller than this share of the usual one waits for a human."
    )
    silent_after: Annotated[timedelta, Field(gt=timedelta(0))] = Field(
        timedelta(hours=3), description="A feed that was not published for longer raises an alert."
    )


class AlertSettings(BaseModel):
    """Who is told when something is wrong, and how. Without a channel alerts are kept and shown, and told to nobody."""

    model_config = ConfigDict(extra="forbid")

    webhook_url: str | None = Field(
        None,
        description="Address that messages are posted to as JSON, or a reference to it when it is a secret itself; "
        "`https` outside the sandbox.",
    )
    webhook_secret: SecretReference | None = Field(
        None, description="Reference to the key (`whsec_…`) that signs them as Standard Webhooks do."
    )
    email_to: str = Field("", description="Addresses of the recipients, separated by commas.")
    email_from: str = Field("", description="Address of the sender.")
    smtp_host: str | None = Field(None, description="Mail server.")
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = Field(587, description="Its port.")
    smtp_security: str = Field(
        "starttls",
        pattern="^(starttls|tls|none)$",
        description="`starttls`, `tls` from the first byte, or `none` (in the sandbox only).",
    )
    smtp_user: str | None = Field(None, description="Account at the mail server.")
    smtp_secret: SecretReference | None = Field(None, description="Reference to the account's password.")
    ca_file: Path | None = Field(None, description="Private certificate authority of webhook and mail server.")
    remind_after: Annotated[timedelta, Field(ge=timedelta(minutes=5))] = Field(
        timedelta(hours=12), description="An alert that goes on is told again after this time."
    )
    settle: timedelta = Field(
        timedelta(minutes=10),
        description="An end is told once it has lasted this long; what begins again before is the same alert.",
    )
    growth_factor: Annotated[float, Field(gt=1)] = Field(
        3.0, description="A run of which this many times the usual share is refused raises an alert,"
    )
    growth_least: Annotated[int, Field(ge=1)] = Field(20, description="if at least so many records were refused.")


class Settings(BaseSettings):
    """All settings; `get_settings()` reads them once a process."""

    # What was found is never repeated in an error: it may be a secret in the wrong place.
    model_config = SettingsConfigDict(
        env_prefix="HUB_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )

    environment: Environment = Field(
        Environment.PRODUCTION,
        description="`production` refuses synthetic ids (prefix 100), `sandbox` refuses all others.",
    )
    var_dir: Path = Field(ROOT / "var", description="Folder for everything the hub writes on this machine.")
    database_url: str | None = Field(
        None, description="PostgreSQL for migrations (role owner); empty: the embedded one."
    )
    database_url_pipeline: str | None = Field(None, description="The same database as role `hub_pipeline`.")
    database_url_api: str | None = Field(None, description="The same database as role `hub_api`.")
    database_url_retention: str | None = Field(None, description="The same database as role `hub_retention`.")
    landed_uri: str | None = Field(
        None, description="Where landed batches lie (any fsspec address); empty: `var/landed`."
    )
    keys_dir: Path | None = Field(None, description="Folder of key files (mode 0700, files 0600); empty: `var/keys`.")
    master_key_command: str | None = Field(
        None, description="Command that prints the key ring as JSON, instead of files."
    )
    registers: dict[str, RegisterSettings] = Field(default_factory=dict, description="The registers, by name.")
    feeds: dict[str, FeedSettings] = Field(default_factory=dict, description="The feeds, by name (dot written `_`).")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="Who is told when something is wrong.")
    api_url: str = Field("http://127.0.0.1:8000", description="Public address of the lookup API; audience of tokens.")
    token_minutes: Annotated[int, Field(ge=1, le=60)] = Field(10, description="Life of an access token.")
    landed_retention_days: Annotated[int, Field(ge=1)] = Field(30, description="Days a landed batch and its key live.")
    quarantine_retention_days: Annotated[int, Field(ge=1)] = Field(
        365, description="Days a closed quarantine entry lives."
    )
    log_retention_days: Annotated[int, Field(ge=30)] = Field(
        365, description="Days the exchange log stays online (TCVN 11930:2017 level 5: 12 months)."
    )
    version_retention_days: Annotated[int, Field(ge=1)] = Field(
        730, description="Days a superseded record version lives."
    )

    def keys_path(self) -> Path:
        """Returns the folder of key files."""
        return self.keys_dir or self.var_dir / "keys"

    def landed_path(self) -> str:
        """Returns the address of the landed batches."""
        return self.landed_uri or (self.var_dir / "landed").as_uri()

    def feed(self, name: str) -> FeedSettings:
        """Returns the settings of a feed such as `population.citizens`."""
        return self.feeds.get(name.replace(".", "_"), FeedSettings())

    def url(self, role: Role) -> str:
        """Returns the libpq address (`postgresql://…`) of the hub's database for a role.

        Raises:
            NotConfigured: there is no address for that role.
        """
        configured = {
            Role.OWNER: self.database_url,
            Role.PIPELINE: self.database_url_pipeline,
            Role.API: self.database_url_api,
            Role.RETENTION: self.database_url_retention,
        }[role]
        if configured is None:
            suffix = "" if role is Role.OWNER else f"_{role.value.upper()}"
            raise NotConfigured(
                f"no database for role {role.value}: set HUB_DATABASE_URL{suffix}, or run `hub up` for the embedded one"
            )
        return configured.replace("postgresql+psycopg://", "postgresql://", 1)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Returns the settings of this process, from the environment and `hub.env` in the folder `HUB_VAR_DIR`."""
    folder = Path(os.environ.get("HUB_VAR_DIR", ROOT / "var"))
    return Settings(_env_file=folder / "hub.env")
