"""What each procedure needs, out of its file in `mappings/procedures/`: the most that a lookup for it may release."""

from __future__ import annotations

from collections.abc import Mapping

from hub.exchange.policy import Needs
from hub.mapping.procedures import Procedure


def needs_of(procedures: Mapping[str, Procedure]) -> dict[str, Needs]:
    """Reads the needs of all procedures; an attribute is editable when a field that shows it is."""
    return {
        code: Needs(
            procedure.attributes,
            frozenset(
                field.attribute
                for field in procedure.spec.form.values()
                if field.editable and field.attribute is not None
            ),
        )
        for code, procedure in procedures.items()
    }
