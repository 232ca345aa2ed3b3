"""The population connector: claims out, wire records in, and the guards around both."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from connectors import registry
from connectors.base import IdentityClaim
from connectors.errors import BrokenContract, Refused
from connectors.population import MAX_BODY, Population
from schemas.population import Citizen
from tests.connectors.conftest import CLAIM, CONTEXT, Connect, settings
from tests.connectors.register import SINCE, UNTIL, Register, Row, envelope, page, rows

AN = (
    "<CongDan><SoDinhDanh>100050000017</SoDinhDanh><SoCMND>100500017</SoCMND><HoVaTen><Ho/><Ten>Nguyễn Văn An</Ten>"
    '</HoVaTen><DanToc xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/><Cha/>'
    "<NgayThangNamSinh><Nam>1950</Nam></NgayThangNamSinh><VoChong><HoVaTen>Trần Thị Bình</HoVaTen></VoChong></CongDan>"
)
KIN = (
    "<CongDan><SoDinhDanh>100050000017</SoDinhDanh>"
    "<Cha><HoVaTen><Ho>Nguyễn</Ho><Ten>Ba</Ten></HoVaTen></Cha>{}</CongDan>"
)
REAL = "001" + "050000017"
"""A number of a real province, put together so that none stands in this file."""
CHILD = "<Con><SoDinhDanh>100275000021</SoDinhDanh></Con>"


def test_the_registry_finds_the_connector() -> None:
    """A connector of the package is listed under its register's name."""
    assert registry()["population"] is Population


async def test_a_citizen_has_the_shape_of_a_feed_body(connect: Connect, register: Register) -> None:
    """XML becomes the record that JSON gives: absent stays absent, empty stays empty, nil is null."""
    register.people = AN

    found = await connect().citizen(CLAIM, CONTEXT)

    assert found == Citizen.model_validate(
        {
            "SoDinhDanh": "100050000017",
            "SoCMND": "100500017",
            "HoVaTen": {"Ho": "", "Ten": "Nguyễn Văn An"},
            "DanToc": None,
            "Cha": "",
            "NgayThangNamSinh": {"Nam": "1950"},
            "VoChong": {"HoVaTen": "Trần Thị Bình"},
        }
    )
    assert "GioiTinh" not in found.model_fields_set


@pytest.mark.parametrize(
    ("claim", "sent"),
    [
        (CLAIM, {"SoDinhDanh": "100050000017", "HoVaTen": "Nguyễn Văn An", "Nam": "1950"}),
        (replace(CLAIM, birth_date="1950-03-21"), {"SoDinhDanh": "100050000017", "NgayThangNam": "19500321"}),
        (replace(CLAIM, birth_date="1950-03"), {"SoDinhDanh": "100050000017", "Nam": "1950"}),
        (replace(CLAIM, name=" Nguyễn  Văn An\n"), {"HoVaTen": "Nguyễn Văn An"}),
        (IdentityClaim(former_id="100500017", name="Nguyễn Văn An", birth_date="1950"), {"SoCMND": "100500017"}),
    ],
)
async def test_claims_are_sent_as_the_register_wants_them(
    connect: Connect, register: Register, claim: IdentityClaim, sent: dict[str, str]
) -> None:
    """One number, the whole name in NFC, the year or the whole date; service and officer codes are the register's."""
    await connect().citizen(claim, CONTEXT)

    asked = register.asked()
    assert sent == {name: asked.get(name) for name in sent}
    assert len({"SoDinhDanh", "SoCMND"} & set(asked)) == 1
    assert len({"Nam", "NgayThangNam"} & set(asked)) == 1
    assert (asked["MaDVC"], asked["MaTichHop"], asked["MaCanBo"]) == ("G16.01", "037", "CB-00123")


@pytest.mark.parametrize("part", ["personal_id", "name", "birth_date"])
async def test_an_incomplete_claim_is_refused_with_what_it_needs(
    connect: Connect, register: Register, part: str
) -> None:
    """The register wants number, name and birth date together; what is missing is named."""
    with pytest.raises(Refused) as caught:
        await connect().citizen(replace(CLAIM, **{part: " "}), CONTEXT)

    assert ("claim_incomplete", (part,)) == (caught.value.code, caught.value.fields)
    assert register.requests == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"personal_id": "1000500000171"}, "personal_id"),
        ({"personal_id": None, "former_id": "10050001"}, "personal_id"),
        ({"birth_date": "21/03/1950"}, "birth_date"),
        ({"birth_date": "1950-02-30"}, "birth_date"),
    ],
)
async def test_a_malformed_claim_is_refused(
    connect: Connect, register: Register, changed: dict[str, str | None], field: str
) -> None:
    """A number or date that no register could know is not sent."""
    with pytest.raises(Refused) as caught:
        await connect().citizen(replace(CLAIM, **changed), CONTEXT)

    assert ("claim_malformed", (field,)) == (caught.value.code, caught.value.fields)
    assert register.requests == []


async def test_an_unmapped_officer_is_refused(connect: Connect, register: Register) -> None:
    """Nobody asks under another officer's code."""
    with pytest.raises(Refused) as caught:
        await connect().citizen(CLAIM, replace(CONTEXT, officer="binh"))

    assert caught.value.code == "officer_unmapped"
    assert register.requests == []


async def test_two_matches_are_ambiguous(connect: Connect, register: Register) -> None:
    """An old number that two people hold gives no data of either."""
    register.people = AN + AN

    with pytest.raises(Refused) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert caught.value.code == "ambiguous"


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, personal_id="100050000025"),
        IdentityClaim(former_id="100500018", name="Nguyễn Văn An", birth_date="1950"),
    ],
)
async def test_an_answer_about_somebody_else_is_refused(
    connect: Connect, register: Register, claim: IdentityClaim
) -> None:
    """Data of a person who was not asked about never leaves the connector."""
    register.people = AN

    with pytest.raises(BrokenContract) as caught:
        await connect().citizen(claim, CONTEXT)

    assert caught.value.code == "other_person"


async def test_an_unknown_field_in_an_answer_is_drift(connect: Connect, register: Register) -> None:
    """A new element is named by its path, without its value."""
    register.people = AN.replace("<Cha/>", "<Cha><Moi>kín</Moi></Cha>")

    with pytest.raises(BrokenContract) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert (caught.value.code, caught.value.fields) == ("drift", ("Cha.Moi",))


async def test_an_element_that_stands_twice_is_malformed(connect: Connect, register: Register) -> None:
    """Two values for one element are not silently one."""
    register.people = AN.replace("<Cha/>", "<Cha/><Cha/>")

    with pytest.raises(BrokenContract) as caught:
        await connect().citizen(CLAIM, CONTEXT)

    assert (caught.value.code, caught.value.fields) == ("field_malformed", ("CongDan.Cha",))


@pytest.mark.parametrize("people", [True, False])
async def test_verification_answers_yes_or_no(connect: Connect, register: Register, people: bool) -> None:
    """Verification uses its own service code and tells nothing but yes or no."""
    register.people = AN if people else ""

    assert await connect().verify(CLAIM, CONTEXT) is people

    assert register.asked()["MaTichHop"] == "003"


@pytest.mark.parametrize("children", [0, 1, 2])
async def test_kin_are_a_list_however_many(connect: Connect, register: Register, children: int) -> None:
    """None, one or several children: always a list."""
    register.people = KIN.format(CHILD * children)

    found = await connect().kin(CLAIM, CONTEXT)

    assert found is not None
    assert len(found.Con) == children
    assert register.asked()["MaTichHop"] == "038"


@pytest.mark.parametrize(
    ("environment", "number", "claim_refused"),
    [("sandbox", REAL, True), ("production", "100050000017", True), ("sandbox", "100050000017", False)],
)
async def test_claims_stay_in_their_environment(
    connect: Connect, register: Register, environment: str, number: str, claim_refused: bool
) -> None:
    """A sandbox never asks about a real number, nor production about an invented one."""
    population = connect(environment=environment)
    if not claim_refused:
        assert await population.citizen(replace(CLAIM, personal_id=number), CONTEXT) is None
        return
    with pytest.raises(Refused) as caught:
        await population.citizen(replace(CLAIM, personal_id=number), CONTEXT)

    assert (caught.value.code, register.requests) == ("person_outside_environment", [])
    assert number not in str(caught.value)


async def test_a_real_number_in_a_sandbox_feed_stops_it(connect: Connect, register: Register) -> None:
    """One record of a real person in a page refuses the page, without the number in the error."""
    register.rows = [*rows(2), Row(REAL, rows(3)[2].version, "{}")]

    with pytest.raises(BrokenContract) as caught:
        _ = [part async for part in connect().citizens(SINCE, UNTIL)]

    assert caught.value.code == "foreign_person"
    assert REAL not in repr(caught.value) + str(caught.value)


async def test_an_invented_number_in_production_stops_the_feed(connect: Connect, register: Register) -> None:
    """Synthetic people never reach production's store."""
    register.rows = rows(1)

    with pytest.raises(BrokenContract) as caught:
        _ = [part async for part in connect(environment="production").citizens(SINCE, UNTIL)]

    assert caught.value.code == "synthetic_person"


async def test_an_old_card_number_that_starts_with_100_is_lawful_in_production(
    connect: Connect, register: Register
) -> None:
    """Nine-digit cards of a real province started with 100; only twelve digits make a synthetic person."""
    claim = IdentityClaim(former_id="100500017", name="Nguyễn Văn An", birth_date="1950")

    assert await connect(environment="production").citizen(claim, CONTEXT) is None


def test_another_environment_is_a_mistake(connect: Connect) -> None:
    """An environment that is neither of the two is refused when the connector is made."""
    with pytest.raises(ValueError, match="environment"):
        connect(environment="staging")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("not json", "not json"),
        ("", ""),
        (" [1, 2] ", "[1, 2]"),
        ('{\\"SoDinhDanh\\": \\"1\\", \\"a\\": \\"b\\\\\\"c\\"}', '{"SoDinhDanh": "1", "a": "b\\"c"}'),
        ('"{\\"SoDinhDanh\\": \\"1\\"}"', '{"SoDinhDanh": "1"}'),
        ('{\\"broken', '{"broken'),
    ],
)
async def test_bodies_pass_as_they_are(connect: Connect, register: Register, body: str, kept: str) -> None:
    """A body that is no JSON reaches the pipeline for quarantine; only string quoting around JSON is taken off."""
    good, bad = rows(2)
    register.rows = [good, replace(bad, body=body)]

    entries = [entry async for part in connect().citizens(SINCE, UNTIL) for entry in part.entries]

    assert [good.body.encode(), kept.encode()] == [entry.body for entry in entries]


async def test_an_oversized_body_is_cut_and_not_the_page(connect: Connect, register: Register) -> None:
    """One record beyond the limit is cut, so that it is refused alone."""
    register.rows = [replace(rows(1)[0], body='{"a": "' + "x" * MAX_BODY + '"}')]

    entries = [entry async for part in connect().citizens(SINCE, UNTIL) for entry in part.entries]

    assert [len(entry.body) for entry in entries] == [MAX_BODY]


@pytest.mark.parametrize(
    ("before", "after", "code", "field"),
    [
        ("<SoDinhDanh>", "<So>", "field_missing", "SoDinhDanh"),
        ("<TongSo>1<", "<TongSo>many<", "field_malformed", "TongSo"),
        ("<TongSo>1</TongSo>", "", "field_missing", "TongSo"),
        ("<ThoiDiemDuLieu>1", "<ThoiDiemDuLieu>+-1", "field_malformed", "ThoiDiemDuLieu"),
        ("<ThoiDiemDuLieu>1", "<ThoiDiemDuLieu>1_0", "field_malformed", "ThoiDiemDuLieu"),
        ("<Trang>1<", "<Trang>①<", "field_malformed", "Trang"),
    ],
)
async def test_a_page_that_breaks_its_schema_names_the_field(
    connect: Connect, register: Register, before: str, after: str, code: str, field: str
) -> None:
    """What the list needs of an entry must be there and readable."""
    text = page(rows(1), total=1, number=1, size=500).text.replace(before, after)
    text = text.replace("</SoDinhDanh>", "</So>") if after == "<So>" else text
    register.script.append(httpx.Response(200, content=text.encode()))

    with pytest.raises(BrokenContract) as caught:
        _ = [part async for part in connect().citizens(SINCE, UNTIL)]

    assert (code, (field,)) == (caught.value.code, caught.value.fields)


async def test_the_feed_asks_under_the_officer_for_synchronisation(connect: Connect, register: Register) -> None:
    """Pipelines call with their own officer code, the configured service, and the window in milliseconds."""
    config = settings(sync_officer="HUB-2", service_code="G16")
    _ = [part async for part in connect(config=config).citizens(SINCE, UNTIL, page_size=7)]

    asked = register.asked()
    assert register.order() == ["MaYeuCau", "MaDVC", "MaCanBo", "TuNgay", "DenNgay", "Loai", "Trang", "SoBanGhi"]
    assert tuple(asked[name] for name in ("MaCanBo", "MaDVC", "Loai", "Trang", "SoBanGhi")) == (
        "HUB-2",
        "G16",
        "THAYDOI",
        "1",
        "7",
    )
    assert (int(asked["TuNgay"]), int(asked["DenNgay"])) == (SINCE.timestamp() * 1000, UNTIL.timestamp() * 1000)


async def test_an_empty_collection_is_nobody(connect: Connect, register: Register) -> None:
    """A register without such a person answers None, which is no error."""
    register.script.append(
        envelope('<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"><GhiChu/></CongdanCollection>')
    )

    assert await connect().citizen(CLAIM, CONTEXT) is None
