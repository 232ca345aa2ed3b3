"""Gives the exchange log its partitions and the functions that make and drop them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the partition functions, the default partition and those of this and the coming months."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
