"""The business register of a country: enterprises and their people, computed by index from the country's seed."""

from sandbox_mocks.country.enterprises.dossiers import Dossier
from sandbox_mocks.country.enterprises.history import Unit
from sandbox_mocks.country.enterprises.register import Enterprises, Tied

__all__ = ["Dossier", "Enterprises", "Tied", "Unit"]
