"""Keeps who represents and who owns an enterprise, so that it is found from either end."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes the table of roles and grants its rights."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
