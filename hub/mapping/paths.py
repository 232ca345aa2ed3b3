"""Where the mappings are kept: data beside the packages, not a setting."""

from pathlib import Path

MAPPINGS = Path(__file__).parents[2] / "mappings"
"""The folder of mappings, code lists and procedures."""
