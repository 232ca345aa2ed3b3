"""Examples for the OpenAPI document: an invented person whose number starts with 100."""

from __future__ import annotations

from typing import Any

_POPULATION: dict[str, Any] = {
    "source": "population",
    "updated_at": "2026-11-20T01:30:00Z",
    "fetched_at": "2026-11-22T02:00:05Z",
    "freshness": "stored",
    "editable": False,
}

_BUSINESS = _POPULATION | {"source": "business"}

LOOKUP_REQUEST: dict[str, Any] = {
    "subject": {"personal_id": "100050000017", "name": "Nguyễn Văn An", "birth_date": "1950"},
    "enterprise": {"enterprise_code": "0314409058", "name": "Công ty TNHH Cầu Vồng"},
    "procedure": "1.005160",
    "dossier": "G16.01-261122-0007",
    "officer": "CB-00123",
    "attributes": [
        "person.birth_date",
        "person.current_residence",
        "enterprise.name.full",
        "enterprise.representatives",
        "enterprise.office",
        "role.subject_represents",
    ],
    "max_age": "P1D",
    "deadline_ms": 2500,
}

LOOKUP_ANSWER: dict[str, Any] = {
    "exchange": "0199a3f2-7c00-7aaa-8000-00000000000a",
    "request_digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    "outcome": "partial",
    "match": {"name": "exact", "enterprise": "exact"},
    "attributes": {
        "person.birth_date": {"status": "ok", "value": "1950", "precision": "year", **_POPULATION},
        "person.current_residence": {
            "status": "under_correction",
            "value": {"province": "01", "commune": "00004", "detail": "Số 1, phố Thử Nghiệm"},
            "precision": "commune",
            **_POPULATION,
        },
        "enterprise.name.full": {"status": "ok", "value": "Công ty TNHH Cầu Vồng", **_BUSINESS},
        "enterprise.representatives": {
            "status": "ok",
            "value": [{"name": "Nguyễn Văn An", "personal_id": "100050000017", "position": "Giám đốc"}],
            **_BUSINESS,
        },
        "enterprise.office": {"status": "withheld", "fallback": "ask_citizen"},
        "role.subject_represents": {"status": "ok", "value": "yes", **_BUSINESS},
    },
    "alerts": ["enterprise_suspended"],
}

PROCEDURE: dict[str, Any] = {
    "exchange": "0199a3f2-7c00-7aaa-8000-00000000000a",
    "procedure": "1.004623",
    "version": "2026-01",
    "name": {"vi": "Cấp thẻ hướng dẫn viên du lịch nội địa", "en": "Issue a domestic tour-guide card"},
    "agency": "G16",
    "legal_basis": ["Law on Tourism 09/2017/QH14 art. 58, 59 and 60"],
    "cited_form": "Circular 06/2017/TT-BVHTTDL, Appendix II, form 11",
    "attributes": ["person.birth_date", "person.name.full"],
    "form": {
        "full_name": {
            "label": {"vi": "Họ và tên", "en": "Full name"},
            "prefill": True,
            "editable": False,
            "attribute": "person.name.full",
            "source": "population",
        },
        "phone": {
            "label": {"vi": "Điện thoại", "en": "Telephone"},
            "prefill": False,
            "editable": True,
            "ask": "citizen",
            "why": "no connected register holds a telephone number for this purpose",
        },
    },
}

PROCEDURES: dict[str, Any] = {
    "exchange": "0199a3f2-7c00-7aaa-8000-00000000000a",
    "procedures": [
        {
            "procedure": "1.004623",
            "version": "2026-01",
            "name": {"vi": "Cấp thẻ hướng dẫn viên du lịch nội địa", "en": "Issue a domestic tour-guide card"},
            "fields": 20,
            "prefilled": 9,
        }
    ],
}
