"""Which settings refer to a secret, and whether each gives one: for people who look after them, never a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from connectors.errors import ConnectorError
from connectors.secret_reference import SecretReference
from connectors.tls import context_of, end_of, material_of
from hub.settings import Settings
from hub.store.secret_sources import StoreSecrets


@dataclass(frozen=True, slots=True)
class Secret:
    """One reference: `setting` is its path in the settings, `changed` when its file was last written."""

    setting: str
    reference: str
    problem: str | None
    changed: datetime | None

    @property
    def register(self) -> str:
        """The register that it belongs to; empty when it belongs to none."""
        room, _, rest = self.setting.partition(".")
        return rest.partition(".")[0] if room == "registers" else ""


async def inventory(settings: Settings) -> list[Secret]:
    """Looks at every reference of the settings, wherever it stands; commands are run."""
    source = StoreSecrets(settings.var_dir)
    found = []
    for setting, reference in _references("", settings):
        problem = None
        try:
            await source.get(reference)
        except LookupError as error:
            problem = str(error)
        found.append(Secret(setting, reference.shown, problem, _changed(settings, reference)))
    return sorted(found, key=lambda each: each.setting)


async def unusable_certificates(settings: Settings) -> list[str]:
    """Says of each register why its files could not be used for a call; what is missing, `inventory` tells already."""
    source, found = StoreSecrets(settings.var_dir), []
    for name, register in settings.registers.items():
        if register.client_certificate is None:
            continue
        try:
            material = await material_of(name, register, source)
            context_of(name, material)
            end_of(name, material)
        except ConnectorError as error:
            if error.code == "certificate_unusable":
                found.append(str(error))
    return found


def _references(path: str, value: Any) -> Iterator[tuple[str, SecretReference]]:
    if isinstance(value, SecretReference):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _references(f"{path}.{name}".lstrip("."), getattr(value, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _references(f"{path}.{name}", inner)


def _changed(settings: Settings, reference: SecretReference) -> datetime | None:
    source, _, place = reference.partition(":")
    if source != "file":
        return None
    try:
        return datetime.fromtimestamp((settings.var_dir / place).stat().st_mtime, UTC)
    except OSError:
        return None
