//! The steps in their order: a PDF, and what it is judged by, to a report. Here the two halves meet: what the bytes of
//! the file say ([`locate`], later revisions) and what the signatures in it are worth ([`judge`]).

use super::{
    Purpose,
    changes::{self, Limits},
    dss, judge,
    judge::SignatureFacts,
    locate::{self, Located},
    look::Looks,
    order::{NamedFile, TrustFiles, VerifyOrder},
    policy::Policy,
    revocation::RevocationData,
    trust::TrustAnchors,
    verdict::{Overall, Report},
};
use crate::engines::pdf::{
    growing::{GrowingFile, Prefixes},
    revisions::{RevisedPdf, RevisionsError},
};

/// Objects compared for one signature, and pages looked at.
const MOST_OBJECTS: usize = 2_000_000;
const MOST_PAGES: usize = 200;

/// Certificates, lists and policy, read.
pub struct Material {
    pub(super) trust: TrustAnchors,
    pub(super) known: RevocationData,
    pub(super) policy: Policy,
}

impl Material {
    /// Reads what an installation judges by.
    ///
    /// # Errors
    /// One Vietnamese sentence naming the file.
    pub fn read(files: &TrustFiles) -> Result<Self, String> {
        let named = |file: &NamedFile| (file.name.clone(), file.bytes.clone());
        let anchors: Vec<_> = files.anchors.iter().map(named).collect();
        let trust = if anchors.is_empty() {
            TrustAnchors::default()
        } else {
            TrustAnchors::parse(&anchors, Purpose::Any).map_err(|error| error.to_string())?
        };
        let mut known = RevocationData::default();
        for file in &files.intermediates {
            if !known.add_certificates(&file.bytes) {
                return Err(format!("tệp {} không chứa chứng thư số nào đọc được", file.name));
            }
        }
        for file in &files.revocation {
            if !known.add_crl(&file.bytes) && !known.add_ocsp(&file.bytes) {
                return Err(format!("tệp {} không phải danh sách thu hồi (CRL) hay trả lời OCSP", file.name));
            }
        }
        let policy = match &files.policy {
            None => Policy::default(),
            Some(file) => {
                let text = std::str::from_utf8(&file.bytes)
                    .map_err(|_| format!("{}: không phải UTF-8", file.name))?;
                Policy::parse(text).map_err(|error| format!("{}: {error}", file.name))?
            }
        };
        Ok(Self { trust, known, policy })
    }
}

/// Whether certificates, lists and policy can be used.
///
/// # Errors
/// One Vietnamese sentence naming the file.
pub fn check_trust(files: &TrustFiles) -> Result<(), String> {
    Material::read(files).map(drop)
}

/// Judges the signatures of a file. Never panics, whatever the bytes are.
/// `is_late` says that time is up: what was not looked at by then is not passed.
pub fn verify(bytes: &[u8], order: &VerifyOrder, is_late: &dyn Fn() -> bool) -> Report {
    verify_file(&GrowingFile::new(bytes.to_vec()), order, is_late)
}

/// The same for a file that need not be copied.
pub fn verify_file(file: &GrowingFile, order: &VerifyOrder, is_late: &dyn Fn() -> bool) -> Report {
    match Material::read(&order.trust) {
        Ok(material) => verify_by(file, order, &material, is_late),
        // It was read before, when the program started: by what else may not be judged.
        Err(why) => nothing(Overall::Indeterminate, format!("Chưa kiểm tra được chữ ký: {why}.")),
    }
}

/// The same with what was read before.
pub fn verify_by(
    file: &GrowingFile,
    order: &VerifyOrder,
    material: &Material,
    is_late: &dyn Fn() -> bool,
) -> Report {
    let pdf = match RevisedPdf::open(file, order.password.as_deref()) {
        Ok(pdf) => pdf,
        Err(RevisionsError::NotAPdf) => return nothing(Overall::NotAPdf, "Tệp không phải PDF.".to_owned()),
        Err(error) => {
            let message = format!("Chưa xác định được chữ ký: {error}. Đề nghị người nộp gửi lại tệp gốc.");
            return nothing(Overall::Indeterminate, message);
        }
    };
    let located = locate::locate(&pdf);
    if located.is_empty() && pdf.is_locked() {
        let message = "Tệp PDF có mật khẩu nên chưa xem được chữ ký: nhập mật khẩu rồi kiểm tra lại.";
        return nothing(Overall::Indeterminate, message.to_owned());
    }
    if located.is_empty() && locate::has_remains(&pdf) {
        let message = "Chưa xác định được chữ ký: tệp có dấu vết của chữ ký số nhưng không đọc được, có thể tệp bị cắt cụt \
                       khi sao chép hoặc tải về. Đề nghị người nộp gửi lại tệp gốc.";
        return nothing(Overall::Indeterminate, message.to_owned());
    }
    let limits = Limits { most_objects: MOST_OBJECTS, most_pages: MOST_PAGES, is_late };
    let mut looks = Looks::over(&pdf, file);
    let changes: Vec<_> = (0..located.len()).map(|which| looks.after(&located, which, &limits)).collect();
    let facts: Vec<SignatureFacts<'_>> = located
        .iter()
        .zip(&changes)
        .map(|(located, changes)| facts_of(located, changes, file.hashed()))
        .collect();
    let known = with_store(&material.known, &dss::dss(&pdf));
    let policy = match &order.type_code {
        Some(code) => material.policy.for_paper(code),
        None => material.policy.clone(),
    };
    judge::judge_all(&facts, &material.trust, &known, &policy, order.at, order.received_at)
}

/// What is known, and what the file brings beside its signatures.
pub(super) fn with_store(known: &RevocationData, store: &dss::Dss) -> RevocationData {
    let mut known = known.clone();
    for certificate in &store.certificates {
        known.add_certificates(certificate);
    }
    for crl in &store.crls {
        known.add_crl(crl);
    }
    for ocsp in &store.ocsps {
        known.add_ocsp(ocsp);
    }
    known
}

fn nothing(overall: Overall, message: String) -> Report {
    Report { overall, signatures: Vec::new(), message }
}

fn facts_of<'a>(
    located: &'a Located<'a>,
    changes: &changes::Changes,
    hashed: &'a Prefixes,
) -> SignatureFacts<'a> {
    let [_, _, second, length] = located.byte_range;
    SignatureFacts {
        field: located.field.clone(),
        kind: located.kind,
        sub_filter: located.sub_filter.clone(),
        signed: located.signed,
        hashed: Some(hashed),
        contents: &located.contents,
        end: second.saturating_add(length),
        form_fault: located.fault.map(|fault| fault.to_string()),
        coverage: located.coverage,
        modification: changes.level,
        modification_is_complete: changes.is_complete,
        modification_doubt: changes.doubt().map(str::to_owned),
        changes: changes.items.iter().map(|change| change.message.clone()).collect(),
        certified_p: located.certified_p,
        claimed_at: located.claimed_at,
    }
}
