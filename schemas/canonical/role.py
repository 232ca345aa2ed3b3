"""What the hub says of the role that a person or an enterprise holds in an enterprise."""

from __future__ import annotations

from typing import Annotated

from schemas.canonical.enterprise import EnterpriseKind, EnterpriseStatus, Public
from schemas.canonical.model import Canonical, Filled
from schemas.vn import BusinessLocationCode, EnterpriseCode


class Role(Canonical):
    """One enterprise that somebody represents (`position`) or owns (`ratio`, percent), as its own record says."""

    enterprise_code: Annotated[EnterpriseCode | BusinessLocationCode, Public]
    name: Annotated[Filled, Public]
    kind: Annotated[EnterpriseKind, Public]
    status: Annotated[EnterpriseStatus, Public]
    position: Filled | None = None
    ratio: Filled | None = None
