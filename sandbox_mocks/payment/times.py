"""Times as the platform writes them."""

from __future__ import annotations

from datetime import datetime

from sandbox_mocks.country.timeline import VIETNAM


def moment_text(moment: int, twelve_hours: bool = False) -> str:
    """Writes epoch milliseconds as yyyyMMddHHmmss in Viet Nam.

    Args:
        twelve_hours: write the hour as some do by mistake, 01 to 12: 01:05 and 13:05 look the same.
    """
    local = datetime.fromtimestamp(moment / 1000, VIETNAM)
    return f"{local:%Y%m%d%I%M%S}" if twelve_hours else f"{local:%Y%m%d%H%M%S}"


def day_text(moment: int) -> str:
    """Writes the day of a moment as yyMMdd."""
    return f"{datetime.fromtimestamp(moment / 1000, VIETNAM):%y%m%d}"
