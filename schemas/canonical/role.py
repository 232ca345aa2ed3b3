"""What the hub says of the role that a person or an enterprise holds in an enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from schemas.canonical.enterprise import EnterpriseKind, EnterpriseStatus, Public
from schemas.canonical.model import Canonical, Filled
from schemas.vn import AnyEnterpriseCode


class Role(Canonical):
    """One enterprise that somebody represents (`position`) or owns (`ratio`, percent), as its own record says."""

    enterprise_code: Annotated[AnyEnterpriseCode, Public]
    name: Annotated[Filled, Public]
    kind: Annotated[EnterpriseKind, Public]
    status: Annotated[EnterpriseStatus, Public]
    position: Filled | None = None
    ratio: Filled | None = None


ROLE_ATTRIBUTES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "role.represents": (
            "Doanh nghiệp mà người này đại diện theo pháp luật",
            "Enterprises that this person represents",
        ),
        "role.owns": (
            "Doanh nghiệp mà người này sở hữu, góp vốn",
            "Enterprises that this person owns or has a share in",
        ),
        "role.subject_represents": (
            "Người này có là người đại diện theo pháp luật của doanh nghiệp trong hồ sơ",
            "Whether this person is a legal representative of the dossier's enterprise",
        ),
    }
)
"""Attributes that no record holds on its own: they are read from the records of the enterprises that name a person."""
