"""Lets a dossier be about an enterprise, and the exchange log name one."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the columns."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
