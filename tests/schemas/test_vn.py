import pytest
from pydantic import TypeAdapter, ValidationError

from schemas import vn

ALL = [
    vn.PersonalId,
    vn.FormerId,
    vn.EnterpriseCode,
    vn.ProcedureCode,
    vn.AgencyCode,
    vn.DossierCode,
    vn.ProvinceCode,
    vn.CommuneCode,
]

# Put together here, so that no number of a real province stands in the repository as a literal.
PROVINCIAL = "0" + "79" + "2" + "05" + "000001"


@pytest.mark.parametrize("identifier", ALL)
def test_example_is_accepted(identifier: object) -> None:
    """Each identifier type accepts its own example and says its rule and its source."""
    described = vn.described(identifier)

    assert described.example == TypeAdapter(identifier).validate_python(described.example)
    assert described.rule
    assert described.source


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        (vn.PersonalId, "10005000001"),
        (vn.PersonalId, "1000500000170"),
        (vn.PersonalId, "10005000001x"),
        (vn.PersonalId, "1000500000١7"),
        (vn.PersonalId, "0" + "03" + "0" + "50" + "000017"),
        (vn.FormerId, "1005000170"),
        (vn.EnterpriseCode, "0100233480"),
        (vn.EnterpriseCode, "0306182043-000"),
        (vn.ProcedureCode, "4.004623"),
        (vn.ProcedureCode, "1.004623\n"),
        (vn.AgencyCode, "K16"),
        (vn.DossierCode, "G16.01-26112-0007"),
        (vn.ProvinceCode, "1"),
        (vn.CommuneCode, "4"),
    ],
)
def test_malformed_is_refused(identifier: object, text: str) -> None:
    """A text that breaks an identifier's rule is refused."""
    with pytest.raises(ValidationError):
        TypeAdapter(identifier).validate_python(text)


@pytest.mark.parametrize(
    ("identifier", "text", "expected"),
    [
        (vn.PersonalId, PROVINCIAL, PROVINCIAL),
        (vn.FormerId, "100500017", "100500017"),
        (vn.FormerId, "100500017123", "100500017123"),
        (vn.EnterpriseCode, "0314409058", "0314409058"),
        (vn.EnterpriseCode, "0306182043-001", "0306182043-001"),
        (vn.EnterpriseCode, "0306182043001", "0306182043-001"),
        (vn.EnterpriseCode, "100050000017", "100050000017"),
        (vn.AgencyCode, "000.00.00.H30", "000.00.00.H30"),
        (vn.AgencyCode, "H30.12.03", "H30.12.03"),
        (vn.DossierCode, "000.00.06.H56-231027-0361", "000.00.06.H56-231027-0361"),
        (vn.DossierCode, "G16.01-261122-10007", "G16.01-261122-10007"),
    ],
)
def test_known_forms(identifier: object, text: str, expected: str) -> None:
    """Every form that the systems are known to use is accepted and written in one way."""
    assert expected == TypeAdapter(identifier).validate_python(text)


def test_prefixes() -> None:
    """There are 63 provinces to be born in, and the synthetic prefix is none of them."""
    assert len(vn.PROVINCE_PREFIXES) == 63
    assert vn.SYNTHETIC_PREFIX not in vn.PROVINCE_PREFIXES


def test_encoded_facts() -> None:
    """A number says for which sex and birth year it was issued."""
    assert (vn.encoded_sex("100050000017"), vn.encoded_birth_year("100050000017")) == ("male", 1950)
    assert (vn.encoded_sex("100305000017"), vn.encoded_birth_year("100305000017")) == ("female", 2005)


def test_synthetic() -> None:
    """Only the reserved prefix marks an invented person."""
    assert vn.synthetic("100050000017")
    assert not vn.synthetic(PROVINCIAL)
