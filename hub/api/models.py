"""The bodies of calls and answers: what the OpenAPI document shows, and what requests are checked against.

Answers are built as plain dicts and never pass through these models at run time: tests hold the two together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Union
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from schemas.canonical import ATTRIBUTES
from schemas.vn import (
    AnyEnterpriseCode,
    DossierCode,
    FormerId,
    PartialDateText,
    PersonalId,
    ProcedureCode,
    described,
)


def _shaped(identifier: Any, pattern: str) -> WithJsonSchema:
    """Describes an identifier type to callers; the type itself stays what checks it."""
    known = described(identifier)
    shape = {"type": "string", "pattern": pattern, "description": known.rule, "examples": [known.example]}
    return WithJsonSchema(shape)


PersonalNumber = Annotated[PersonalId, _shaped(PersonalId, r"^[0-9]{12}$")]
FormerNumber = Annotated[FormerId, _shaped(FormerId, r"^[0-9]{9}([0-9]{3})?$")]
EnterpriseNumber = Annotated[
    AnyEnterpriseCode,
    _shaped(AnyEnterpriseCode, r"^([0-9]{10}(-?[0-9]{3})?|[0-9]{10}\.[0-9]{5}|[0-9]{12})$"),
]
Procedure = Annotated[ProcedureCode, _shaped(ProcedureCode, r"^[1-3]\.[0-9]{6}$")]
Dossier = Annotated[
    DossierCode,
    _shaped(DossierCode, r"^([0-9]{3}(\.[0-9]{2}){2}\.)?[GH][0-9]{2}(\.[0-9]{1,3}){0,3}-[0-9]{6}-[0-9]{4,6}$"),
]
BirthDate = Annotated[
    PartialDateText,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$",
            "description": "yyyy, yyyy-mm or yyyy-mm-dd, as far as it is known",
            "examples": ["1950", "1950-03-21"],
        }
    ),
]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
EnterpriseName = Annotated[str, StringConstraints(min_length=1, max_length=500)]
OfficerCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,31}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,40}){1,3}$")]
AttributeStatus = Literal[
    "ok",
    "none_on_file",
    "unknown",
    "not_applicable",
    "withheld",
    "stale",
    "conflict",
    "under_correction",
    "source_down",
]


Alert = Literal[
    "deceased",
    "number_replaced",
    "number_cancelled",
    "enterprise_code_cancelled",
    "enterprise_suspended",
    "enterprise_not_at_address",
    "enterprise_dissolving",
    "enterprise_stopped",
    "enterprise_closed",
]

_ITEMS = tuple(dict.fromkeys(spec.item for spec in ATTRIBUTES.values() if spec.item is not None))
if TYPE_CHECKING:
    ListValue = list[BaseModel]
else:
    # One model for the items of each list that any kind of record holds.
    ListValue = Union[tuple(list[item] for item in _ITEMS)]  # noqa: UP007 - computed


class Request(BaseModel):
    """What every request body shares: no unknown field, and no value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)


class SubjectClaim(Request):
    """Who the caller says a person is. A number alone is never enough for data: name and birth date must agree."""

    personal_id: PersonalNumber | None = None
    former_id: FormerNumber | None = Field(None, description="From before 2016; proves nothing alone.")
    name: PersonName | None = Field(None, description="Full name; case, tone marks and diacritics may be missing.")
    birth_date: BirthDate | None = None

    @model_validator(mode="after")
    def _one_number(self) -> SubjectClaim:
        if (self.personal_id is None) == (self.former_id is None):
            raise PydanticCustomError("one_number", "exactly one of personal_id and former_id")
        return self


class EnterpriseClaim(Request):
    """Which enterprise the caller says it is: its code and name must agree with the register."""

    enterprise_code: EnterpriseNumber
    name: EnterpriseName | None = Field(None, description="Full name; case, tone marks and diacritics may be missing.")


class About(Request):
    """What a dossier and its lookups are about: a person, an enterprise, or both."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if getattr(self, "subject", None) is None and getattr(self, "enterprise", None) is None:
            raise PydanticCustomError("nobody", "at least one of subject and enterprise")
        return self


class RegisteredSubject(Request):
    """The person whom a dossier is about; only the number is kept."""

    personal_id: PersonalNumber
    name: PersonName | None = None
    birth_date: BirthDate | None = None


class RegisteredEnterprise(Request):
    """The enterprise that a dossier is about; only the code is kept."""

    enterprise_code: EnterpriseNumber
    name: EnterpriseName | None = None


class DossierRequest(About):
    """Registers a dossier about a person, an enterprise, or both."""

    dossier: Dossier
    procedure: Procedure
    subject: RegisteredSubject | None = None
    enterprise: RegisteredEnterprise | None = None
    officer: OfficerCode


class CloseRequest(Request):
    """Closes a dossier."""

    dossier: Dossier
    officer: OfficerCode


class LookupRequest(About):
    """Asks what is known for a procedure about the person and the enterprise of its dossier."""

    subject: SubjectClaim | None = None
    enterprise: EnterpriseClaim | None = None
    procedure: Procedure
    dossier: Dossier
    officer: OfficerCode
    attributes: Annotated[list[AttributeName], Field(min_length=1, max_length=100)] | None = Field(
        None, description="Fewer attributes than the procedure needs; more are refused."
    )
    max_age: timedelta | None = Field(
        None,
        description="ISO 8601 duration such as P1D; what was fetched earlier comes back as `stale`.",
        json_schema_extra={"format": "duration", "examples": ["P1D"]},
    )
    deadline_ms: Annotated[int, Field(ge=50, le=30_000)] | None = Field(
        None, description="How long the caller waits for the store, in milliseconds."
    )

    @field_validator("max_age")
    @classmethod
    def _not_negative(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(0):
            raise PydanticCustomError("greater_than_equal", "not negative")
        return value


class AttributeAnswer(BaseModel):
    """One attribute. `value` is there for `ok`, `stale`, `conflict` and `under_correction`."""

    model_config = ConfigDict(extra="forbid")

    status: AttributeStatus
    value: str | dict[str, Any] | ListValue | None = None
    precision: Literal["year", "month", "day", "commune", "province", "country"] | None = None
    source: str | None = Field(None, description="The register that says so.")
    updated_at: datetime | None = Field(None, description="When the register changed it.")
    fetched_at: datetime | None = Field(None, description="When the hub received it.")
    freshness: Literal["stored"] | None = None
    editable: bool | None = Field(None, description="Whether the citizen may overwrite it in the form.")
    fallback: Literal["ask_citizen"] | None = None
    needs: list[str] | None = Field(None, description="Parts of the claim without which nothing is said.")
    complete: bool | None = Field(
        None, description="Of a list of roles: whether the hub's copy of the register misses no enterprise."
    )


class NameMatch(BaseModel):
    """Which claims agree, and how far the claimed name had to be folded to agree with the register's."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["exact", "tones", "letters"] | None = Field(None, description="The person's claim.")
    enterprise: Literal["exact", "tones", "letters"] | None = Field(None, description="The enterprise's claim.")


class LookupAnswer(BaseModel):
    """The answer to a lookup."""

    exchange: UUID
    request_digest: str = Field(
        description="SHA-256 of the request body in the form of RFC 9530: proves to you which question this answers. "
        "The body holds a number, so keep the digest as carefully as the answer."
    )
    outcome: Literal["complete", "partial", "no_match", "incomplete_claim"]
    match: NameMatch | None
    attributes: dict[str, AttributeAnswer]
    alerts: list[Alert] = Field(description="What an official must know before going on, told unasked.")


class DossierAnswer(BaseModel):
    """A registered dossier."""

    exchange: UUID
    dossier: str
    procedure: str
    status: Literal["open", "closed"]


class TokenAnswer(BaseModel):
    """An access token (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class Words(BaseModel):
    """A text in both languages."""

    vi: str
    en: str


class FieldAnswer(BaseModel):
    """One field of a form and where its answer comes from."""

    label: Words
    prefill: bool = Field(description="Whether a lookup can fill it for this consumer.")
    editable: bool
    attribute: str | None = None
    source: str | None = None
    compute: str | None = None
    needs: list[str] | None = None
    withheld: list[str] | None = Field(None, description="Attributes that the consumer's grant lacks.")
    ask: Literal["citizen", "dossier_system"] | None = None
    why: str | None = None


class ProcedureAnswer(BaseModel):
    """What the hub can prefill of one procedure's form, for the consumer that asks."""

    exchange: UUID
    procedure: str
    version: str
    name: Words
    agency: str
    legal_basis: list[str]
    cited_form: str
    attributes: list[str]
    form: dict[str, FieldAnswer]


class ProcedureListed(BaseModel):
    """One granted procedure."""

    procedure: str
    version: str
    name: Words
    fields: int
    prefilled: int


class ProceduresAnswer(BaseModel):
    """The procedures that the consumer is granted."""

    exchange: UUID
    procedures: list[ProcedureListed]


class InvalidParamAnswer(BaseModel):
    """One wrong part of a request."""

    name: str
    code: str
    reason: str


class ProblemAnswer(BaseModel):
    """Why a call was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    component: str
    fixer: Literal["consumer", "hub_administrator", "hub_operator"]
    instance: str | None = None
    invalid_params: list[InvalidParamAnswer] | None = None
    retry_after: int | None = None
    error: str | None = Field(None, description="`/oauth/token` only (RFC 6749 §5.2).")
    error_description: str | None = None
