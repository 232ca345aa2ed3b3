"""Every code with which the API refuses a call: its status, who can put it right, and its words in both languages.

Codes are stable: programs act on them. `docs/errors.md` lists them all, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fixer = Literal["consumer", "hub_administrator", "hub_operator"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One way to be refused; `vi` and `en` are (title, what to do)."""

    code: str
    status: int
    fixer: Fixer
    vi: tuple[str, str]
    en: tuple[str, str]


_TABLE: tuple[Problem, ...] = (
    Problem(
        "token.missing",
        401,
        "consumer",
        ("Thiếu mã truy cập", "Gửi `Authorization: Bearer …` với mã lấy từ `POST /oauth/token`."),
        ("The access token is missing", "Send `Authorization: Bearer …` with a token from `POST /oauth/token`."),
    ),
    Problem(
        "token.invalid",
        401,
        "consumer",
        ("Mã truy cập không hợp lệ", "Lấy mã mới từ `POST /oauth/token` của chính hệ thống này."),
        ("The access token is not valid", "Get a new one from `POST /oauth/token` of this very hub."),
    ),
    Problem(
        "token.expired",
        401,
        "consumer",
        ("Mã truy cập đã hết hạn", "Lấy mã mới từ `POST /oauth/token`."),
        ("The access token has expired", "Get a new one from `POST /oauth/token`."),
    ),
    Problem(
        "token.revoked",
        401,
        "consumer",
        ("Mã truy cập đã bị thu hồi", "Khóa đã dùng để lấy mã không còn hiệu lực; lấy mã mới bằng khóa đang dùng."),
        ("The access token was revoked", "The key that it was issued under is disabled; use a key that is in use."),
    ),
    Problem(
        "assertion.untrusted",
        401,
        "consumer",
        (
            "Không xác thực được bên gọi",
            "Ký bằng khóa đã đăng ký, nêu `kid`, dùng Ed25519, ES256 hoặc PS256, `iss` và `sub` là mã bên gọi.",
        ),
        (
            "The client assertion is not trusted",
            "Sign with a registered key, name its `kid`, use Ed25519, ES256 or PS256, and put the consumer's id "
            "into `iss` and `sub`.",
        ),
    ),
    Problem(
        "assertion.key_disabled",
        401,
        "consumer",
        ("Khóa đã bị vô hiệu hoặc hết hạn", "Dùng khóa đang có hiệu lực, hoặc đăng ký khóa mới."),
        ("The key is disabled or expired", "Use a key that is in use, or have a new one registered."),
    ),
    Problem(
        "assertion.audience",
        401,
        "consumer",
        ("Sai nơi nhận (`aud`)", "Đặt `aud` là địa chỉ của hệ thống này hoặc của `/oauth/token`, và chỉ một."),
        ("The audience is wrong", "Set `aud` to the address of this hub or of its `/oauth/token`, and to one only."),
    ),
    Problem(
        "assertion.expired",
        401,
        "consumer",
        ("Chứng thực của bên gọi đã hết hạn", "Ký lại, và kiểm tra đồng hồ của hệ thống gọi."),
        ("The client assertion has expired", "Sign a new one, and check the clock of the calling system."),
    ),
    Problem(
        "assertion.claims",
        401,
        "consumer",
        (
            "Chứng thực thiếu hoặc sai nội dung",
            "Cần `exp` không quá 5 phút, `jti` từ 8 đến 128 ký tự, `iat` không ở tương lai.",
        ),
        (
            "The client assertion is incomplete",
            "It needs `exp` at most 5 minutes ahead, a `jti` of 8 to 128 characters, and no future `iat`.",
        ),
    ),
    Problem(
        "assertion.replayed",
        401,
        "consumer",
        ("Chứng thực đã được dùng", "Mỗi chứng thực chỉ dùng một lần: ký cái mới với `jti` mới."),
        ("The client assertion was used before", "Each one is used once: sign a new one with a new `jti`."),
    ),
    Problem(
        "oauth.request",
        400,
        "consumer",
        (
            "Yêu cầu cấp mã không đúng",
            "Gửi biểu mẫu với `grant_type`, `client_assertion_type` và `client_assertion`, mỗi trường một lần.",
        ),
        (
            "The token request is malformed",
            "Send a form with `grant_type`, `client_assertion_type` and `client_assertion`, each once.",
        ),
    ),
    Problem(
        "oauth.grant_type",
        400,
        "consumer",
        ("Kiểu cấp quyền không được hỗ trợ", "Chỉ `client_credentials` với `private_key_jwt` được chấp nhận."),
        ("The grant type is not supported", "Only `client_credentials` with `private_key_jwt` is."),
    ),
    Problem(
        "consumer.disabled",
        403,
        "hub_administrator",
        ("Hệ thống gọi đang bị khóa", "Liên hệ đơn vị quản trị để được mở lại."),
        ("The calling system is disabled", "Ask the hub's administrator to enable it again."),
    ),
    Problem(
        "grant.missing",
        403,
        "hub_administrator",
        ("Chưa được cấp quyền cho thủ tục này", "Đề nghị đơn vị quản trị cấp quyền, nêu căn cứ pháp lý."),
        ("Nothing is granted for this procedure", "Ask the hub's administrator for a grant, naming the legal basis."),
    ),
    Problem(
        "officer.unknown",
        403,
        "hub_administrator",
        ("Cán bộ chưa được đăng ký", "Đăng ký mã cán bộ với đơn vị quản trị trước khi tra cứu."),
        ("The officer is not registered", "Have the officer's code registered before calling on their behalf."),
    ),
    Problem(
        "attributes.beyond_procedure",
        403,
        "consumer",
        (
            "Yêu cầu vượt quá nhu cầu của thủ tục",
            "Bỏ các trường nêu trong `invalid_params`; có thể hỏi ít hơn, không được hỏi nhiều hơn.",
        ),
        (
            "More is asked than the procedure needs",
            "Leave out what `invalid_params` names; fewer may be asked, never more.",
        ),
    ),
    Problem(
        "procedure.unknown",
        404,
        "consumer",
        ("Không có thủ tục này", "`GET /v1/procedures` liệt kê các thủ tục được cấp quyền."),
        ("The procedure is not known", "`GET /v1/procedures` lists those that you are granted."),
    ),
    Problem(
        "dossier.unregistered",
        403,
        "consumer",
        ("Hồ sơ chưa được đăng ký", "Đăng ký hồ sơ bằng `POST /v1/dossiers` trước."),
        ("The dossier is not registered", "Register it by `POST /v1/dossiers` first."),
    ),
    Problem(
        "dossier.closed",
        409,
        "consumer",
        ("Hồ sơ đã đóng", "Hồ sơ đã đóng không mở lại được; đăng ký hồ sơ mới."),
        ("The dossier is closed", "A closed dossier is not opened again; register a new one."),
    ),
    Problem(
        "dossier.locked",
        403,
        "consumer",
        (
            "Hồ sơ đã bị khóa",
            "Đã có năm họ tên, ngày sinh hoặc tên doanh nghiệp khác nhau không khớp. Đối chiếu giấy tờ, đóng hồ sơ này "
            "và đăng ký hồ sơ mới.",
        ),
        (
            "The dossier is locked",
            "Five different names, birth dates or names of enterprises did not match. Check the papers, close this "
            "dossier and register a new one.",
        ),
    ),
    Problem(
        "dossier.other_procedure",
        403,
        "consumer",
        ("Hồ sơ thuộc thủ tục khác", "Dùng mã thủ tục đã đăng ký cùng hồ sơ."),
        ("The dossier belongs to another procedure", "Use the procedure that it was registered with."),
    ),
    Problem(
        "dossier.other_subject",
        403,
        "consumer",
        (
            "Hồ sơ không phải của người hoặc doanh nghiệp này",
            "Chỉ tra cứu người và doanh nghiệp mà hồ sơ đã đăng ký; `invalid_params` nêu số nào sai.",
        ),
        (
            "The dossier is not about this person or enterprise",
            "Ask only about whom the dossier was registered for; `invalid_params` names the wrong number.",
        ),
    ),
    Problem(
        "dossier.conflict",
        409,
        "consumer",
        ("Mã hồ sơ đã được dùng", "Mã này đã đăng ký cho người, doanh nghiệp hoặc thủ tục khác; dùng mã khác."),
        ("The dossier code is taken", "It stands for another person, enterprise or procedure; use another code."),
    ),
    Problem(
        "body.not_json",
        400,
        "consumer",
        ("Nội dung không phải JSON", "Gửi một đối tượng JSON mã hóa UTF-8."),
        ("The body is not JSON", "Send one JSON object in UTF-8."),
    ),
    Problem(
        "body.invalid",
        422,
        "consumer",
        ("Nội dung sai cấu trúc", "Sửa các trường nêu trong `invalid_params`."),
        ("The body does not fit its schema", "Correct what `invalid_params` names."),
    ),
    Problem(
        "body.too_large",
        413,
        "consumer",
        ("Nội dung quá lớn", "Giới hạn là 64 KiB."),
        ("The body is too large", "The limit is 64 KiB."),
    ),
    Problem(
        "body.media_type",
        415,
        "consumer",
        (
            "Kiểu nội dung không được hỗ trợ",
            "Gửi `application/json` (với `/oauth/token`: `application/x-www-form-urlencoded`), không nén.",
        ),
        (
            "The media type is not supported",
            "Send `application/json` (`/oauth/token`: `application/x-www-form-urlencoded`), not compressed.",
        ),
    ),
    Problem(
        "body.timeout",
        408,
        "consumer",
        ("Nội dung đến quá chậm", "Gửi lại yêu cầu."),
        ("The body came too slowly", "Send the request again."),
    ),
    Problem(
        "route.unknown",
        404,
        "consumer",
        ("Không có địa chỉ này", "`GET /openapi.json` liệt kê mọi địa chỉ."),
        ("There is no such address", "`GET /openapi.json` lists all of them."),
    ),
    Problem(
        "method.not_allowed",
        405,
        "consumer",
        ("Phương thức không được phép", "Xem tiêu đề `Allow`."),
        ("The method is not allowed", "See the `Allow` header."),
    ),
    Problem(
        "calls.too_many",
        429,
        "consumer",
        (
            "Quá nhiều yêu cầu không được xác thực",
            "Gửi lại sau `retry_after` giây, với mã truy cập hợp lệ.",
        ),
        (
            "Too many calls that prove nobody",
            "Repeat the call after `retry_after` seconds, with a valid token.",
        ),
    ),
    Problem(
        "hub.fault",
        500,
        "hub_operator",
        ("Lỗi của hệ thống", "Báo mã trao đổi cho đơn vị vận hành."),
        ("The hub failed", "Tell the operator the exchange id."),
    ),
    Problem(
        "hub.database_down",
        503,
        "hub_operator",
        ("Cơ sở dữ liệu của hệ thống không trả lời", "Gửi lại sau thời gian nêu trong `retry_after`."),
        ("The hub's database does not answer", "Repeat the call after `retry_after` seconds."),
    ),
    Problem(
        "hub.log_unwritable",
        503,
        "hub_operator",
        ("Không ghi được nhật ký trao đổi", "Không có câu trả lời nào rời hệ thống khi chưa ghi nhật ký; gửi lại sau."),
        ("The exchange log can't be written", "No answer leaves without its entry; repeat the call later."),
    ),
    Problem(
        "hub.policy_unknown",
        503,
        "hub_operator",
        ("Chưa xác nhận được quyền truy cập", "Hệ thống không đọc được bảng phân quyền; gửi lại sau."),
        ("Rights can't be confirmed now", "The hub can't read its grants; repeat the call later."),
    ),
    Problem(
        "hub.keys_outdated",
        503,
        "hub_operator",
        ("Khóa của hệ thống vừa được thay", "Gửi lại sau vài giây."),
        ("The hub's keys were just rotated", "Repeat the call in a few seconds."),
    ),
    Problem(
        "hub.record_unreadable",
        503,
        "hub_operator",
        ("Không mở được bản ghi", "Khóa của hệ thống không mở được bản ghi; báo đơn vị vận hành."),
        ("A record can't be opened", "The hub's keys do not open it; tell the operator the exchange id."),
    ),
)

PROBLEMS: dict[str, Problem] = {problem.code: problem for problem in _TABLE}
"""All problems by code."""

REASONS: dict[str, tuple[str, str]] = {
    "missing": ("bắt buộc", "is required"),
    "unknown_field": ("trường không có trong lược đồ", "is not a field of the schema"),
    "type": ("sai kiểu dữ liệu", "has the wrong type"),
    "format": ("sai định dạng", "has the wrong form"),
    "length": ("quá ngắn hoặc quá dài", "is too short or too long"),
    "range": ("ngoài khoảng cho phép", "is out of range"),
    "one_number": (
        "cần đúng một trong `personal_id` và `former_id`",
        "needs exactly one of `personal_id` and `former_id`",
    ),
    "nobody": (
        "cần ít nhất một trong `subject` và `enterprise`",
        "needs at least one of `subject` and `enterprise`",
    ),
    "environment": ("số này không dùng trong môi trường này", "is not a number of this environment"),
    "beyond_procedure": ("thủ tục không cần", "is not needed by the procedure"),
    "not_registered": ("chưa đăng ký", "is not registered"),
    "closed": ("đã đóng", "is closed"),
    "locked": ("đã bị khóa", "is locked"),
    "taken": ("đã được dùng", "is taken"),
    "not_of_dossier": ("không khớp với hồ sơ", "is not that of the dossier"),
}
"""Why a part of a request is wrong, by the code that stands in `invalid_params`."""

LOG_REASONS: dict[str, str] = {
    "claim.incomplete": "the claim lacked a name or a birth date; the caller was told which",
    "claim.no_record": "the number is registered here, but no record of it is stored",
    "claim.differs": "name or birth date differ from the stored record",
    "claim.former_id": "only an old number was claimed; nobody or one person holds it",
    "claim.ambiguous": "only an old number was claimed, and two or more people hold it",
    "claim.number_cancelled": "the claimed number was cancelled; the caller was told so",
    "enterprise.incomplete": "the claim lacked the name of the enterprise; the caller was told so",
    "enterprise.no_record": "the code is registered here, but no record of it is stored",
    "enterprise.differs": "the name differs from the stored record",
    "enterprise.number_cancelled": "the claimed code was cancelled; the caller was told so",
}
"""Codes that only the exchange log holds: towards the caller they are one and the same answer."""
