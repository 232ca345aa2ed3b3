"""The country behind every twin: coherent people, computed by index from a seed."""

from sandbox_mocks.country.country import Country, Holder
from sandbox_mocks.country.feed import Entry

__all__ = ["Country", "Entry", "Holder"]
