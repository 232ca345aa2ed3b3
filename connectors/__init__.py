"""Connectors to the national registers, one file for each; `registry()` lists them."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.base import Connector
    from connectors.declarations import FeedDeclaration

# httpx logs addresses and a register's reason phrase at INFO, httpcore its headers at DEBUG: they may quote whom we
# asked about, and an address may be a secret. Here, so that whatever imports anything of a protocol is quiet.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)


_DEFINES = re.compile(r"^class \w+\(.*\bConnector\b", re.MULTILINE)


def declared_feeds() -> dict[str, FeedDeclaration]:
    """Returns the feeds of every connector by their full names, such as `population.citizens`."""
    return {
        f"{connector.system}.{name}": declared
        for connector in registry().values()
        for name, declared in connector.feeds.items()
    }


def registry() -> dict[str, type[Connector]]:
    """Returns every connector of this package by the name of its register.

    A feed's full name is register and feed, such as `population.citizens`. The modules are imported here and not at the
    top, because a DAG file that only needs a name must not pay for a SOAP library. Modules of the kit that define no
    connector are not imported at all: a pipeline must not pay for the protocols of registers that it has not.
    """
    import importlib
    import pkgutil
    from pathlib import Path

    from connectors.base import Connector

    found: dict[str, type[Connector]] = {}
    for module in pkgutil.iter_modules(__path__):
        if _DEFINES.search(Path(__file__).with_name(f"{module.name}.py").read_text(encoding="utf-8")) is None:
            continue
        for item in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(item, type) and issubclass(item, Connector) and "system" in vars(item):
                found[item.system] = item
    return found
