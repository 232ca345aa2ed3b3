"""The civil-status books of a country: births, deaths, marriages, certificates and corrections, by index."""

from sandbox_mocks.country.civil_status.register import CivilStatus
from sandbox_mocks.country.civil_status.registrations import Key

__all__ = ["CivilStatus", "Key"]
