"""What the wire models, the mapping and the publish step may find: their ids, words and counter-examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from hub.quality.rule import CounterExample, ErrorGroup, Fields, Rule, Severity, Stage, Wording

_CONTRACT = "QCVN 109:2017/BTTTT (data structure of the population service)"
_UNICODE = "TCVN 6909:2001 (Unicode for Vietnamese); Decree 278/2025/ND-CP art. 5"
_TAX_CODE = "Circular 86/2024/TT-BTC; Decree 168/2025/ND-CP (codes of enterprises and household businesses)"
_NUMBER_LAW = "Decree 137/2015/ND-CP art. 13; Law 26/2023/QH15 art. 12"


def _rule(
    rule_id: str,
    stage: Stage,
    group: ErrorGroup,
    severity: Severity,
    vi: tuple[str, str],
    en: tuple[str, str],
    source: str,
    trips: Mapping[str, Any],
    fields: Fields = (),
    on: Literal["wire", "enterprise"] = "wire",
) -> Rule:
    example = CounterExample(on, (trips,))
    return Rule(rule_id, group, severity, stage, fields, Wording(*vi), Wording(*en), source, example)


_WIRE = (
    _rule(
        "wire.not_json",
        Stage.WIRE,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Nội dung bản tin của nguồn không phải JSON.",
            "Báo cơ quan nguồn kèm mã lô và vị trí; không tự sửa bản tin.",
        ),
        (
            "The body that the source sent is not JSON.",
            "Tell the source, with batch and position; don't mend the message by hand.",
        ),
        _CONTRACT,
        {"": "{"},
    ),
    _rule(
        "wire.malformed",
        Stage.WIRE,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Bản tin không đúng cấu trúc của nguồn, hoặc số định danh khác số trong danh sách thay đổi.",
            "Báo cơ quan nguồn; nếu cấu trúc mới là chủ ý thì cập nhật mô hình trong schemas/.",
        ),
        (
            "The record does not have the source's structure, or its number is not the one that was announced.",
            "Tell the source; if the new structure is intended, update the model in schemas/.",
        ),
        _CONTRACT,
        {"GioiTinh": ["1"]},
    ),
    _rule(
        "wire.drift",
        Stage.WIRE,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Nguồn gửi trường mà hệ thống chưa biết.",
            "Hỏi cơ quan nguồn ý nghĩa của trường, bổ sung vào mô hình và ánh xạ (hoặc bỏ qua có lý do), rồi chạy lại.",
        ),
        (
            "The source sent a field that the hub does not know.",
            "Ask the source what it means, add it to model and mapping (or ignore it with a reason), then run again.",
        ),
        _CONTRACT,
        {"TruongMoi": "x"},
    ),
    _rule(
        "environment.foreign_id",
        Stage.WIRE,
        ErrorGroup.SOURCE_MISMATCH,
        Severity.QUARANTINE,
        (
            "Số định danh thuộc môi trường khác: số giả lập (đầu 100) ở môi trường thật, hoặc ngược lại.",
            "Kiểm tra ngay địa chỉ của nguồn trong cấu hình; không chuyển bản ghi sang kho dữ liệu.",
        ),
        (
            "The number belongs to another environment: an invented one (prefix 100) in production, or the reverse.",
            "Check the source's address in the settings at once; the record must not reach the store.",
        ),
        "The hub's rule: prefix 100 is for invented people, and only for the sandbox",
        {"SoDinhDanh": "200080000017"},
        ("personal_id",),
    ),
    _rule(
        "stale.contents_behind",
        Stage.WIRE,
        ErrorGroup.STALE,
        Severity.QUARANTINE,
        (
            "Nguồn đã báo có thay đổi nhưng nội dung gửi về cũ hơn thay đổi đó, hoặc chưa có.",
            "Không cần sửa: hệ thống tự hỏi lại đến hạn xử lý. Nếu quá hạn vẫn còn, báo cơ quan nguồn rồi chạy lại"
            " ngày đó.",
        ),
        (
            "The source announced a change, and the contents that it sent are older than that, or none.",
            "Nothing to mend: the hub asks again until the entry is due. If it still waits then, tell the source and"
            " run its day again.",
        ),
        "The hub's rule: what is older than its announced change never passes for new",
        {"MainInformation": {"LAST_AMEND_DATE": "31/05/2026 10:00:00"}},
        on="enterprise",
    ),
)

_MAPPING = (
    _rule(
        "field.required",
        Stage.MAPPING,
        ErrorGroup.MISSING,
        Severity.QUARANTINE,
        (
            "Thiếu trường bắt buộc, như họ tên, ngày sinh hoặc số định danh.",
            "Trả lại cơ quan nguồn để bổ sung.",
        ),
        (
            "A required field is missing, such as name, birth date or number.",
            "Return it to the source, to be completed.",
        ),
        "Law 26/2023/QH15 art. 9 (content of the population database)",
        {"HoVaTen": {"Ho": "", "ChuDem": "", "Ten": ""}},
    ),
    _rule(
        "code.unknown",
        Stage.MAPPING,
        ErrorGroup.BROKEN_REFERENCE,
        Severity.QUARANTINE,
        (
            "Mã không có trong danh mục có hiệu lực vào ngày của bản ghi.",
            "Kiểm tra phiên bản danh mục trong mappings/codes; nếu danh mục đúng thì trả lại cơ quan nguồn.",
        ),
        (
            "The code is not in the list that was in force on the record's day.",
            "Check the edition of the list in mappings/codes; if the list is right, return it to the source.",
        ),
        "Decision 19/2025/QD-TTg and the code lists that mappings/codes name",
        {"GioiTinh": "7"},
    ),
    _rule(
        "date.invalid",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Ngày không có trong lịch hoặc không đúng dạng yyyyMMdd, yyyyMM hay yyyy.",
            "Trả lại cơ quan nguồn để đối chiếu giấy tờ gốc; không tự đoán ngày gần đúng.",
        ),
        (
            "The date does not exist in the calendar or is not yyyyMMdd, yyyyMM or yyyy.",
            "Return it to the source, to be compared with the document; never guess a date nearby.",
        ),
        _CONTRACT,
        {"NgayThangNamSinh": {"NgayThangNam": "19800231"}},
        ("birth_date", "deceased_on"),
    ),
    _rule(
        "date.epoch_not_midnight",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Ngày gửi dạng mốc thời gian không phải nửa đêm giờ Việt Nam: đọc ra có thể lệch một ngày.",
            "Báo cơ quan nguồn: hệ thống của họ tính ngày theo múi giờ khác.",
        ),
        (
            "A date sent as an epoch is not midnight in Viet Nam: read as it is, it may be off by a day.",
            "Tell the source that its system counts days in another time zone.",
        ),
        "Decision 121/CP of 1967 (time zone UTC+7); the hub's mapping of epochs",
        {"NgayThangNamSinh": {"NgayThangNam": 322444800000}},
        ("birth_date", "deceased_on"),
    ),
    _rule(
        "format.personal_id",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Số định danh không đủ 12 chữ số hoặc sai đầu số.",
            "Trả lại cơ quan nguồn; số 9 chữ số phải nằm ở trường số chứng minh nhân dân.",
        ),
        (
            "A personal number is not 12 digits with a known prefix.",
            "Return it to the source; a nine-digit number belongs in the field of the identity card.",
        ),
        _NUMBER_LAW,
        {"Cha": {"SoDinhDanh": "1000500000112"}},
        ("personal_id", "replaced_by", "father.personal_id", "mother.personal_id", "spouse.personal_id"),
    ),
    _rule(
        "format.former_id",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Số chứng minh nhân dân không phải 9 hoặc 12 chữ số.",
            "Trả lại cơ quan nguồn, hoặc để trống nếu người này không có chứng minh nhân dân.",
        ),
        (
            "A former identity-card number is not 9 (or 12) digits.",
            "Return it to the source, or leave it empty if the person had no such card.",
        ),
        "Decree 05/1999/ND-CP; Law 26/2023/QH15 art. 46",
        {"SoCMND": "10080001"},
        ("former_id", "father.former_id", "mother.former_id", "spouse.former_id"),
    ),
    _rule(
        "format.enterprise_code",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Mã số doanh nghiệp sai số kiểm tra hoặc sai dạng (10 số, 10 số-3 số, hoặc số định danh của chủ hộ).",
            "Trả lại cơ quan đăng ký kinh doanh kèm mã lô và vị trí; không tự sửa mã số.",
        ),
        (
            "The code has a wrong check digit or form (10 digits, 10-3, or a household business's personal number).",
            "Return it to the business-registration authority with batch and position; never mend a code by hand.",
        ),
        _TAX_CODE,
        {"MainInformation": {"ENTERPRISE_GDT_CODE": "0314409059"}},
        ("code", "parent_code"),
        "enterprise",
    ),
    _rule(
        "format.amount",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.QUARANTINE,
        (
            "Số tiền có dấu phẩy hoặc ký tự lạ: không biết là hàng nghìn hay phần thập phân.",
            "Trả lại cơ quan nguồn để gửi lại số tiền không có dấu phân cách hàng nghìn.",
        ),
        (
            "An amount has a comma or a strange character: thousands or decimals, nobody can say.",
            "Return it to the source, to be sent again without separators of thousands.",
        ),
        "Data dictionary of the business-registration database: number(21,3)",
        {"MainInformation": {"CAPITAL_AMOUNT": "1,500"}},
        ("capital", "members.amount"),
        "enterprise",
    ),
    _rule(
        "text.not_nfc",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.WARN,
        (
            "Chữ có dấu gửi ở dạng tổ hợp (NFD); đã chuyển về dạng dựng sẵn (NFC), giữ bản gốc.",
            "Không cần xử lý từng bản ghi; nếu nhiều, báo cơ quan nguồn gửi đúng TCVN 6909:2001.",
        ),
        (
            "Accents came as combining characters (NFD); composed to NFC, the original kept.",
            "Nothing to do for one record; if there are many, ask the source to send composed Unicode.",
        ),
        _UNICODE,
        {"HoVaTen": {"Ho": "Nguye\u0302\u0303n", "ChuDem": "Văn", "Ten": "An"}},
    ),
    _rule(
        "text.stray_spaces",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.WARN,
        (
            "Có khoảng trắng thừa, khoảng trắng đặc biệt hoặc ký tự không nhìn thấy; đã loại bỏ, giữ bản gốc.",
            "Không cần xử lý từng bản ghi; nếu nhiều, báo cơ quan nguồn.",
        ),
        (
            "Doubled, special or invisible spaces; removed, the original kept.",
            "Nothing to do for one record; if there are many, tell the source.",
        ),
        _UNICODE,
        {"HoVaTen": {"Ho": "Nguyễn", "ChuDem": "Văn\u00a0", "Ten": "An"}},
    ),
    _rule(
        "text.eth_for_d",
        Stage.MAPPING,
        ErrorGroup.FORMAT,
        Severity.WARN,
        (
            "Chữ Đ viết bằng ký tự Ð (eth) trông giống hệt; đã thay bằng Đ, giữ bản gốc.",
            "Không cần xử lý từng bản ghi; nếu nhiều, báo cơ quan nguồn sửa bộ gõ.",
        ),
        (
            "Đ was typed as the look-alike Ð (eth); replaced by Đ, the original kept.",
            "Nothing to do for one record; if there are many, ask the source to mend its keyboard layout.",
        ),
        _UNICODE,
        {"HoVaTen": {"Ho": "\u00d0ỗ", "ChuDem": "Văn", "Ten": "An"}},
    ),
)

_PUBLISH = (
    _rule(
        "conflict.same_version",
        Stage.PUBLISH,
        ErrorGroup.SOURCE_MISMATCH,
        Severity.QUARANTINE,
        (
            "Nguồn gửi hai nội dung khác nhau cho cùng một số định danh và cùng một phiên bản.",
            "Yêu cầu cơ quan nguồn cho biết nội dung đúng; kho dữ liệu giữ nội dung đã có.",
        ),
        (
            "The source sent two different contents for one number and one version.",
            "Ask the source which is right; the store keeps what it had.",
        ),
        "Decree 278/2025/ND-CP art. 5 (one trusted source for a datum)",
        {"GioiTinh": "2"},
        ("personal_id",),
    ),
)

RULES: Final[tuple[Rule, ...]] = (*_WIRE, *_MAPPING, *_PUBLISH)
"""What the stages around the row rules may find."""
