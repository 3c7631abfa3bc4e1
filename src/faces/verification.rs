//! A judged file as others are told of it: the keys of the contract, and a sheet for the dossier.

use axum::{
    extract::{Multipart, multipart::MultipartError},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    clock::minute_in_vietnam,
    engines::{
        pdf::text_sheet::{self, Piece},
        signature::verdict::{
            Algorithm, Coverage, Integrity, Kind, Modification, Overall, Report, SignatureReport, Signer,
            SubIndication, TimeSource, Trust, Verdict,
        },
    },
};

/// What the signatures of a file are worth (words of ETSI EN 319 102-1).
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationOut {
    /// The file; null where it has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    /// `TOTAL-PASSED`, `INDETERMINATE`, `TOTAL-FAILED`, `NO-SIGNATURE` or `NOT-A-PDF`: the worst of its signatures.
    #[schema(value_type = String)]
    overall: Overall,
    /// In the order in which they were made.
    signatures: Vec<SignatureOut>,
    /// One Vietnamese sentence.
    message: String,
}

/// One signature.
#[derive(Debug, Serialize, ToSchema)]
struct SignatureOut {
    /// Full name of its field.
    field: String,
    /// `signature` or `doctimestamp`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: Kind,
    /// `TOTAL-PASSED`, `INDETERMINATE` or `TOTAL-FAILED`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// Why it has not passed, such as `HASH_FAILURE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    sub: Option<SubIndication>,
    /// `intact` or `broken`.
    #[schema(value_type = String)]
    integrity: Integrity,
    /// `whole_file`, `whole_revision`, `partial` or `malformed`.
    #[schema(value_type = String)]
    coverage: Coverage,
    /// `none`, `permitted` or `forbidden`.
    #[schema(value_type = String)]
    modification_after: Modification,
    /// `trusted`, `untrusted`, `expired`, `revoked`, `not_yet_valid` or `unknown`.
    #[schema(value_type = String)]
    trust: Trust,
    /// `claimed` or `timestamp`.
    #[schema(value_type = String)]
    time: TimeSource,
    /// UTC; null where nothing says when.
    signed_at: Option<String>,
    /// `ok` or `weak`.
    #[schema(value_type = String)]
    algorithm: Algorithm,
    /// Name, organisation, ids, issuer and serial of the certificate.
    #[schema(value_type = Object)]
    signer: Signer,
    /// What was changed afterwards, one Vietnamese sentence each.
    changes: Vec<String>,
    /// 1–3 where the signature certifies the document.
    certified_p: Option<u8>,
    /// One Vietnamese sentence.
    message: String,
}

impl VerificationOut {
    /// `report` on the file `input`.
    pub fn of(input: Option<&str>, report: &Report) -> Self {
        Self {
            input: input.map(str::to_owned),
            overall: report.overall,
            signatures: report.signatures.iter().map(SignatureOut::from).collect(),
            message: report.message.clone(),
        }
    }
}

impl From<&SignatureReport> for SignatureOut {
    fn from(report: &SignatureReport) -> Self {
        Self {
            field: report.field.clone(),
            kind: report.kind,
            verdict: report.verdict,
            sub: report.sub,
            integrity: report.integrity,
            coverage: report.coverage,
            modification_after: report.modification_after,
            trust: report.trust,
            time: report.time,
            signed_at: report.signed_at.map(|at| at.to_string()),
            algorithm: report.algorithm,
            signer: report.signer.clone(),
            changes: report.changes.clone(),
            certified_p: report.certified_p,
            message: report.message.clone(),
        }
    }
}

/// The verdict in a clerk's words.
pub fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TotalPassed => "Hợp lệ",
        Verdict::Indeterminate => "Chưa xác định",
        Verdict::TotalFailed => "Không hợp lệ",
    }
}

/// The same of a whole file.
pub fn overall_label(overall: Overall) -> &'static str {
    match overall {
        Overall::TotalPassed => "Hợp lệ",
        Overall::Indeterminate => "Chưa xác định",
        Overall::TotalFailed => "Không hợp lệ",
        Overall::NoSignature => "Không có chữ ký số",
        Overall::NotAPdf => "Không phải tệp PDF",
    }
}

/// Label and words of what is known of a signature, for page and sheet.
pub fn lines(report: &SignatureReport) -> Vec<(&'static str, String)> {
    let signer = &report.signer;
    let or_unknown = |text: &str| if text.is_empty() { "không rõ".to_owned() } else { text.to_owned() };
    let ids: Vec<String> = signer.ids.iter().map(|(kind, id)| format!("{kind}: {id}")).collect();
    let time = match (report.signed_at, report.time) {
        (None, _) => "không rõ".to_owned(),
        (Some(at), TimeSource::Timestamp) => {
            format!("{} (theo dấu thời gian tin cậy)", minute_in_vietnam(at))
        }
        (Some(at), TimeSource::Claimed) => {
            format!("{} (theo lời người ký, chưa chứng minh)", minute_in_vietnam(at))
        }
    };
    let whole = match report.coverage {
        Coverage::WholeFile => "chữ ký bao trùm toàn bộ tệp",
        Coverage::WholeRevision => "chữ ký bao trùm toàn bộ bản tại lúc ký; sau đó tệp có thêm nội dung",
        Coverage::Partial => "chữ ký chỉ bao trùm một phần tệp",
        Coverage::Malformed => "không xác định được chữ ký bao trùm phần nào",
    };
    let changed = match report.modification_after {
        Modification::None => "không có",
        Modification::Permitted => "có, trong phạm vi chữ ký cho phép",
        Modification::Forbidden => "có, chữ ký không cho phép",
    };
    let mut lines = vec![
        ("Người ký", or_unknown(&signer.name)),
        ("Cơ quan, tổ chức", or_unknown(&signer.organisation)),
        ("Thời điểm ký", time),
        (
            "Tính toàn vẹn",
            match report.integrity {
                Integrity::Intact => format!("nội dung được ký còn nguyên vẹn; {whole}"),
                Integrity::Broken => format!("nội dung được ký không còn nguyên vẹn; {whole}"),
            },
        ),
        ("Thay đổi sau khi ký", changed.to_owned()),
        (
            "Chứng thư số",
            format!("do {} cấp, số sê-ri {}", or_unknown(&signer.issuer), or_unknown(&signer.serial)),
        ),
    ];
    if !ids.is_empty() {
        lines.insert(2, ("Số định danh", ids.join(", ")));
    }
    lines
}

/// The result as a PDF, to be kept with the dossier (TT 15/2025/TT-BKHCN).
///
/// # Errors
/// A sentence, where the sheet can't be drawn.
pub fn sheet(input: Option<&str>, report: &Report, at: Timestamp) -> Result<Vec<u8>, String> {
    let mut pieces = Vec::new();
    if let Some(input) = input {
        pieces.push(Piece::Line("Tệp".to_owned(), input.to_owned()));
    }
    pieces.push(Piece::Line("Xét tại thời điểm".to_owned(), minute_in_vietnam(at)));
    pieces.push(Piece::Line(
        "Kết quả".to_owned(),
        format!("{}. {}", overall_label(report.overall), report.message),
    ));
    for (n, signature) in (1..).zip(&report.signatures) {
        let kind = match signature.kind {
            Kind::Signature => "Chữ ký",
            Kind::Doctimestamp => "Dấu thời gian",
        };
        pieces.push(Piece::Heading(format!("{kind} {n}: {}", label(signature.verdict))));
        pieces.push(Piece::Paragraph(signature.message.clone()));
        pieces
            .extend(lines(signature).into_iter().map(|(label, words)| Piece::Line(label.to_owned(), words)));
        pieces.extend(signature.changes.iter().map(|c| Piece::Line("– Thay đổi".to_owned(), c.clone())));
    }
    text_sheet::draw("PHIẾU KIỂM TRA CHỮ KÝ SỐ", &pieces)
        .map_err(|e| format!("không vẽ được phiếu kiểm tra: {e}"))
}

/// Why a form was not taken: a status, and a sentence for people.
pub struct FormFault {
    /// Of the answer.
    pub status: StatusCode,
    /// One Vietnamese sentence.
    pub message: String,
}

impl FormFault {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl From<MultipartError> for FormFault {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::new(error.status(), "Tệp gửi lên lớn hơn giới hạn của hệ thống.");
        }
        Self::new(StatusCode::BAD_REQUEST, "Nội dung gửi lên bị đứt hoặc không đúng mẫu multipart: gửi lại.")
    }
}

/// One file, and the password that opens it: parts `file` and `password`.
///
/// # Errors
/// [`FormFault`].
pub async fn read_form(mut form: Multipart, max_bytes: u64) -> Result<(Vec<u8>, Option<String>), FormFault> {
    let (mut file, mut password) = (None, None);
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await?;
        match name.as_str() {
            "file" if bytes.len() as u64 > max_bytes => {
                let message = format!("Tệp gửi lên lớn hơn {} MB.", max_bytes >> 20);
                return Err(FormFault::new(StatusCode::PAYLOAD_TOO_LARGE, message));
            }
            "file" => file = Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty()),
            "password" => {
                let text = String::from_utf8(bytes.to_vec())
                    .map_err(|_| FormFault::new(StatusCode::BAD_REQUEST, "Mật khẩu không phải UTF-8."))?;
                password = Some(text).filter(|text| !text.is_empty());
            }
            _ => return Err(FormFault::new(StatusCode::BAD_REQUEST, "Chỉ có hai phần: file, password.")),
        }
    }
    let file =
        file.ok_or_else(|| FormFault::new(StatusCode::BAD_REQUEST, "Phần “file”: còn thiếu hoặc rỗng."))?;
    Ok((file, password))
}
