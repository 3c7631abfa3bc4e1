//! What problems are called, in Vietnamese and English, by their type.
//!
//! A detail is Vietnamese, and says what is wrong in this very request; in English there is one for each type. Who
//! prefers English (`Accept-Language`) gets that, and the Vietnamese one beside it as `detail_vi`.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use serde_json::{Map, Value};

/// What every type begins with.
pub(super) const PREFIX: &str = "urn:sohoa:problem:";
/// No problem of ours is longer.
const LONGEST: usize = 1 << 20;

/// A type of problem: its name, its title in Vietnamese and in English, and what it means in English.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("act", "Việc cần làm không hợp lệ", "Unknown act", "The act is not one of those that the schema names."),
    ("ambiguous", "Chưa rõ", "Ambiguous", "Another entry in force says something else for the same words."),
    ("birth-date", "Ngày sinh không hợp lệ", "Invalid date", "A day is not of a form that is read."),
    ("body", "Nội dung yêu cầu không đúng mẫu", "Malformed body", "The body of the request is not the JSON that this operation takes."),
    ("breach", "Dữ liệu vi phạm không hợp lệ", "Invalid breach data", "A text, a time or a reader named for the breach is not acceptable."),
    ("catalogue", "Danh mục có lỗi", "Faulty catalogue", "The catalogue is refused as a whole; `faults` names each fault with its place."),
    ("changed-since", "Đã có thay đổi từ đó", "Changed since", "Taking it back would lose what happened since; the detail says what."),
    ("code", "Mã không đúng mẫu", "Malformed code", "The code of a document has three parts joined by dots: owner, type, number."),
    ("code-taken", "Mã đã cấp cho giấy tờ khác", "Code taken", "The code belongs to another paper and always will; see conflict_with."),
    ("count", "Số lượng không hợp lệ", "Invalid count", "The number of papers that were handed in is not acceptable."),
    ("cross-origin", "Yêu cầu từ trang khác", "Cross-origin request", "A page of another site may not act here."),
    ("cursor", "Con trỏ không hợp lệ", "Invalid cursor", "`after` must be the `next` of the page before, of the same list and the same caller."),
    ("cursor-ahead", "Con trỏ nằm sau thay đổi mới nhất", "Cursor ahead of the log", "The cursor is behind the last change: the store was restored from a backup. Read from the beginning again."),
    ("day", "Ngày không hợp lệ", "Invalid day", "The day is malformed, or lies in the future."),
    ("decision", "Số quyết định không hợp lệ", "Invalid decision number", "The number of the decision is not acceptable."),
    ("document_number", "Số, ký hiệu không hợp lệ", "Invalid document number", "The number and symbol of the document are not acceptable."),
    ("document_type_code", "Mã loại giấy tờ không hợp lệ", "Invalid type code", "The type code is not one of the forms of the regulation."),
    ("does-not-serve", "Giấy tờ không dùng lại được", "Document does not serve", "The document cannot be used again for this component."),
    ("effective-day", "Ngày có hiệu lực không hợp lệ", "Invalid effective day", "The first day in force lies before the year 2000, or more than five years ahead."),
    ("erased", "Đã xóa hẳn", "Erased", "Files and fields were erased when the retention term was over; code and trace stay."),
    ("fields", "Còn trường phải nhập hoặc sửa", "Fields to complete", "Fields are missing or wrong; `errors` lists all of them."),
    ("forbidden", "Không có quyền", "Forbidden", "The right to do this is not the caller's."),
    ("guardian", "Quan hệ giám hộ không hợp lệ", "Invalid guardianship", "A guardian has a number, acts for a child under 14 with a birth date, for a sensible period, once."),
    ("held", "Giấy tờ đang được giữ", "Document held", "The document is held by law: it is neither taken out nor erased."),
    ("idempotency-key", "Idempotency-Key không hợp lệ", "Idempotency key misused", "The key is malformed, or was used for another request within 24 hours."),
    ("if-match", "If-Match không hợp lệ", "Invalid If-Match", "If-Match must be an ETag that was given for this object."),
    ("in-flight", "Yêu cầu đang được xử lý", "Request in flight", "A request with the same Idempotency-Key is being handled; ask again shortly."),
    ("infected", "Tệp có mã độc", "Infected file", "The antivirus program found something in the file; it is not opened."),
    ("kept", "Chưa hết thời hạn lưu trữ", "Retention term not over", "The retention term is not over, or none is set."),
    ("kept-answer", "Câu trả lời đã lưu bị hỏng", "Kept answer damaged", "The answer kept for this Idempotency-Key cannot be given again."),
    ("known-batch", "Tập quét đã tiếp nhận", "Batch received before", "The same pile was received before; see conflict_with."),
    ("known-code", "Mã đã được nhập", "Code entered before", "The code that was given by hand was entered before."),
    ("list", "Danh sách không hợp lệ", "Invalid list", "The list of papers is malformed; the detail names every fault."),
    ("media-type", "Kiểu nội dung không được nhận", "Unsupported media type", "Files are sent as multipart/form-data, in the part `file`."),
    ("multipart", "Nội dung multipart không đúng mẫu", "Malformed multipart body", "The multipart body was cut off or is malformed; send it again."),
    ("name", "Tên không hợp lệ", "Invalid name", "The name has no letter, is too long, or holds a code."),
    ("needs-confirmation", "Cần xác nhận rõ", "Explicit confirmation needed", "The two owners contradict each other: name in `accept` what was verified."),
    ("needs-reason", "Cần ghi lý do", "Reason needed", "Something about the document is unknown: whoever takes it says why."),
    ("no-code", "Giấy tờ chưa có mã", "Document without a code", "The paper has no code yet: confirmed with the same parts it takes the one given by hand."),
    ("no-guardian", "Không có quan hệ giám hộ", "No guardianship", "Nobody wrote down that the one acts for the other, or it is over."),
    ("no-late-reason", "Chưa ghi lý do báo muộn", "Reason for delay missing", "After 72 hours the notice has to say why it is late."),
    ("no-number", "Giấy tờ không có số", "Document without a number", "The paper has no number, and this installation gives no code to such papers."),
    ("no-procedure", "Hồ sơ chưa có thủ tục", "Dossier without a procedure", "The dossier names no procedure, so it has no components."),
    ("no-purpose", "Chưa ghi mục đích", "Purpose missing", "Every reading of personal data states its purpose, of 3 to 300 characters."),
    ("no-reason", "Chưa ghi lý do", "Reason missing", "This act needs a reason."),
    ("no-separators", "Không có trang phân tách", "No separator sheets", "The pile has no separator sheet, so it cannot be taken apart."),
    ("no-such-method", "Phương thức không được nhận", "Method not allowed", "The address does not take this method."),
    ("no-such-route", "Không có địa chỉ này", "No such address", "There is nothing under this address; see /api/v1/openapi.json."),
    ("not-carried-out", "Chưa thực hiện được yêu cầu", "Not carried out", "Nothing could be done by itself: do it by hand, or refuse with a clause."),
    ("not-found", "Không tìm thấy", "Not found", "There is no such thing, or not for this caller."),
    ("not-in-force", "Thủ tục không có hiệu lực", "Procedure not in force", "By the catalogue the procedure is not in force today."),
    ("not-mergeable", "Không gộp được", "Not mergeable", "These papers cannot be put together."),
    ("not-scanned", "Chưa quét được mã độc", "Antivirus out of reach", "The antivirus program does not answer; try again later."),
    ("not-signed-in", "Chưa đăng nhập", "Not signed in", "Show a session or a bearer token that is in force."),
    ("not-undoable", "Không hoàn tác được", "Not undoable", "The act was taken back before, or can't be."),
    ("nothing-new", "Không có gì thay đổi", "Nothing new", "It stands so already."),
    ("nothing-to-undo", "Không có gì để hoàn tác", "Nothing to undo", "No arrangement of pages is left to take back."),
    ("number-taken", "Số định danh của chủ khác", "Number taken", "The number is another owner's; see conflict_with, and merge where they are one."),
    ("officers-only", "Chỉ dành cho công chức", "Officers only", "An officer does this; a system cannot act in his place."),
    ("only-separators", "Chỉ có trang phân tách", "Only separator sheets", "The pile has no page besides its separator sheets."),
    ("other-type", "Khác loại giấy tờ", "Another type", "The document is of another type than the component asks for."),
    ("owner", "Định danh không hợp lệ", "Invalid owner", "An owner is a number, or a name with birth date or founding year."),
    ("owners-differ", "Hai chủ giấy tờ khác loại", "Owners differ", "A person and an organisation, or a child and its guardian, are never one."),
    ("page-plan", "Trang không sắp xếp được như vậy", "Invalid page plan", "Pages cannot be arranged like that."),
    ("part", "Phần của biểu mẫu không hợp lệ", "Invalid part", "A part of the form is missing, unknown or malformed."),
    ("parts", "Phần tách không hợp lệ", "Invalid parts", "The paper cannot be split at these places."),
    ("query", "Tham số không hợp lệ", "Invalid query", "A parameter behind the question mark is missing or malformed."),
    ("range", "Phần được hỏi không có", "Range not satisfiable", "The file is shorter than the range that was asked for."),
    ("reading", "Chưa đọc được tệp", "Reading failed", "A reading process failed; try again later."),
    ("restricted", "Đang hạn chế xử lý dữ liệu", "Use restricted", "The owner's data may not be used again."),
    ("revoked", "Giấy tờ đã bị hủy", "Revoked already", "The document was cancelled before."),
    ("same-code", "Mã không thay đổi", "Same code", "The document has that code already."),
    ("same-owner", "Cùng một chủ giấy tờ", "Same owner", "Both ids lead to the same owner."),
    ("search", "Câu tìm kiếm không hợp lệ", "Invalid search", "The search names nothing to look for, or too much."),
    ("separators", "Không in được trang phân tách", "Separator sheets failed", "Separator sheets could not be drawn."),
    ("settled", "Mã đã được đối soát hoặc đã rút", "Settled already", "The code was reconciled with its paper, or withdrawn, before."),
    ("sex", "Giới tính không hợp lệ", "Invalid sex", "It is male or female."),
    ("signed", "Giấy tờ có chữ ký số", "Signed document", "What is signed cannot be changed like that."),
    ("spool", "Hết chỗ cho tệp tạm", "No room for temporary files", "Temporary files cannot be written; tell the administrator."),
    ("stale", "Dữ liệu vừa thay đổi", "Changed meanwhile", "Somebody else changed it: load it again, then repeat."),
    ("stamp", "Không ghi được mã", "Code cannot be written", "The code could not be written on the first page."),
    ("storage", "Kho chưa trả lời", "Storage unavailable", "The store does not answer; try again later."),
    ("subject-request", "Yêu cầu của chủ thể dữ liệu không hợp lệ", "Invalid subject request", "A text or a time of the request is not acceptable."),
    ("taken", "Đã sử dụng lại", "Taken already", "The document is taken for that component already."),
    ("too-large", "Quá lớn", "Too large", "What was sent is larger than this system takes."),
    ("too-often", "Quá nhiều yêu cầu", "Too many requests", "Wait a minute, then try again."),
    ("trace", "Nhật ký lưu vết chưa trả lời", "Trace unavailable", "The trace cannot be read; tell the administrator."),
    ("unknown-component", "Không có thành phần hồ sơ này", "Unknown component", "The procedure of the dossier has no such component."),
    ("unknown-procedure", "Không có thủ tục này", "Unknown procedure", "The catalogue in force has no such procedure."),
    ("unknown-type", "Không có loại giấy tờ này", "Unknown type", "The catalogue has no such type of document."),
    ("unproven-code", "Mã in sẵn chưa được xác nhận", "Code not proven", "The signed file carries another code, and its signatures do not prove it."),
    ("unreadable", "Không đọc được tệp", "Unreadable file", "The file is damaged, or of a kind that is not taken."),
    ("verification", "Chưa kiểm tra được chữ ký", "Verification failed", "The signatures could not be looked at; try again later."),
    ("wrong-host", "Sai tên máy chủ", "Wrong host name", "The service does not answer under this name."),
    ("wrong-state", "Trạng thái không cho phép", "Wrong state", "It does not stand where this can be done."),
];

/// The Vietnamese title of a type; of one that is not on the list, the reason phrase of its status.
pub(super) fn title(kind: &str) -> Option<&'static str> {
    row(kind).map(|(_, title, ..)| *title)
}

fn row(kind: &str) -> Option<&'static Row> {
    TABLE.iter().find(|(name, ..)| *name == kind)
}

/// Says a problem in English to whoever prefers that.
pub async fn spoken(request: Request, next: Next) -> Response {
    let is_english = prefers_english(request.headers());
    let answer = next.run(request).await;
    let is_problem =
        answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == "application/problem+json");
    if !is_problem {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    let language = if is_english { "en" } else { "vi" };
    parts.headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    if !is_english {
        return Response::from_parts(parts, body);
    }
    let said = to_bytes(body, LONGEST).await.unwrap_or_default();
    let english = serde_json::from_slice(&said).ok().and_then(in_english);
    let body = match english.and_then(|problem| serde_json::to_vec(&problem).ok()) {
        Some(english) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            english.into()
        }
        None => said,
    };
    Response::from_parts(parts, Body::from(body))
}

fn in_english(mut problem: Map<String, Value>) -> Option<Map<String, Value>> {
    let (_, _, title, detail) = row(problem.get("type")?.as_str()?.strip_prefix(PREFIX)?)?;
    problem.insert("title".to_owned(), (*title).into());
    let vietnamese = problem.insert("detail".to_owned(), (*detail).into())?;
    problem.insert("detail_vi".to_owned(), vietnamese);
    Some(problem)
}

/// Whether English stands before Vietnamese in `Accept-Language` (RFC 9110, 12.5.4).
fn prefers_english(headers: &HeaderMap) -> bool {
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let weight = |language: &str| {
        let of = |range: &str| -> Option<f32> {
            let (name, q) = range.split_once(';').unwrap_or((range, "q=1"));
            let name = name.trim();
            let is_it = name.eq_ignore_ascii_case(language)
                || name.split_once('-').is_some_and(|(l, _)| l.eq_ignore_ascii_case(language));
            let q = q.trim().strip_prefix("q=")?.parse().ok()?;
            is_it.then_some(q)
        };
        said.split(',').filter_map(of).fold(0.0, f32::max)
    };
    let place = |language: &str| said.split(',').position(|range| range.trim().starts_with(language));
    let (english, vietnamese) = (weight("en"), weight("vi"));
    // Of two that are as welcome, the one named first.
    let is_first = matches!((place("en"), place("vi")), (Some(en), Some(vi)) if en < vi);
    english > vietnamese || (english > 0.0 && english == vietnamese && is_first)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use regex::Regex;

    use super::*;

    /// Every kind of problem that the sources name.
    fn named(folder: &Path, into: &mut BTreeSet<String>) {
        let by_name = Regex::new(
            r#"(?:(?:Problem|Self)::new\(\s*[^,()"]+,|bad_request\(|conflict\(|unprocessable\()\s*"([a-z_-]+)""#,
        )
        .unwrap();
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                named(&entry, into);
            } else {
                let text = fs::read_to_string(&entry).unwrap();
                into.extend(by_name.captures_iter(&text).map(|found| found[1].to_owned()));
            }
        }
    }

    #[test]
    fn every_problem_has_words_in_both_languages() {
        let mut kinds = BTreeSet::new();
        for folder in ["src/faces/api", "src/faces/web"] {
            named(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut kinds);
        }
        for file in ["gate.rs", "guard.rs", "pace.rs", "bundle.rs", "purposes.rs"] {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faces").join(file);
            let text = fs::read_to_string(file).unwrap();
            for kind in ["wrong-host", "cross-origin", "too-often", "too-large"] {
                if text.contains(&format!("\"{kind}\"")) {
                    kinds.insert(kind.to_owned());
                }
            }
        }
        assert!(kinds.len() > 50, "{kinds:?}");
        let missing: Vec<_> = kinds.iter().filter(|kind| row(kind).is_none()).collect();
        assert!(missing.is_empty(), "no words for {missing:?}");
        let names: Vec<_> = TABLE.iter().map(|(name, ..)| *name).collect();
        assert!(names.is_sorted(), "in alphabetical order");
        for (name, vietnamese, title, detail) in TABLE {
            assert!(!vietnamese.is_empty() && vietnamese != title, "{name}");
            assert!(title.is_ascii() && detail.is_ascii() && detail.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn who_prefers_english_gets_it() {
        for (said, expected) in [
            ("", false),
            ("en", true),
            ("en-GB,en;q=0.9", true),
            ("vi", false),
            ("vi-VN,vi;q=0.9,en;q=0.8", false),
            ("en;q=0.9,vi;q=0.5", true),
            ("en,vi", true),
            ("vi,en", false),
            ("en;q=0", false),
            ("fr", false),
            ("*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, said.parse().unwrap());
            assert_eq!(prefers_english(&headers), expected, "{said}");
        }
    }
}
