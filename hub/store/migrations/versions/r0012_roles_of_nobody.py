"""Keeps that an enterprise names somebody whom the hub can't find, so that no list of roles is called complete."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds the right and the rows."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
