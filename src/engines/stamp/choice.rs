//! By which of the ways a file takes the code: the file decides.
//!
//! Each row was measured with judges that look at changes (pyHanko's default rules): ink and annotations after
//! a signature are refused, a prepared field that is filled and a further visible signature are accepted,
//! the latter not after a certification.

use lopdf::{Document, Permissions};
use serde::{Deserialize, Serialize};

use super::{field, sealed};
use crate::engines::{
    pdf::{
        append::can_append,
        read::{self, CodeField, PdfFacts},
    },
    signature::verdict::{Coverage, Integrity, Modification, SignatureReport},
};

/// By which way the code can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Nothing is signed: as content of page one.
    PageContent,
    /// A field was prepared for it, and every signature allows to fill it.
    PreparedField,
    /// Signed and not certified: as the face of the agency's signature.
    SealSignature,
    /// Not onto this file.
    DerivedCopy(WhyCopy),
}

/// Why a file is never touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyCopy {
    /// A signature certifies the document.
    Certified,
    /// A signature locks all fields.
    Locked,
    /// Its owner forbids changes.
    Protected,
    /// A signature in it is broken, or nothing can be appended to it.
    Broken,
    /// There are traces of a signature that cannot be read: a file that was cut off, for example.
    CutOff,
    /// It was changed after a signature in a way that this does not allow.
    Modified,
    /// There is no key of the agency.
    NoKey,
    /// It was tried, and an earlier signature was worth less afterwards.
    NotProven,
}

impl WhyCopy {
    /// The cause for a clerk.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Certified => "chữ ký chứng nhận trong tệp không cho ghi thêm",
            Self::Locked => "chữ ký trong tệp khóa mọi ô",
            Self::Protected => "tệp được mã hóa và không cho phép sửa đổi",
            Self::Broken => "tệp hoặc chữ ký trong tệp bị hỏng",
            Self::CutOff => {
                "tệp có dấu vết của chữ ký số nhưng không đọc được, có thể tệp bị cắt cụt; bản sao chỉ có phần còn đọc được, \
                 đề nghị người nộp gửi lại tệp gốc"
            }
            Self::Modified => "tệp đã bị sửa đổi sau khi ký",
            Self::NoKey => "tệp đã ký mà chưa có khóa ký của cơ quan",
            Self::NotProven => "ghi thẳng vào tệp sẽ làm giảm giá trị chữ ký có trước",
        }
    }
}

/// Chooses; `before` judges the signatures as they are, and is empty for an unsigned file.
pub(super) fn choose(
    input: &[u8],
    document: &Document,
    facts: &PdfFacts,
    has_key: bool,
    before: &[SignatureReport],
) -> Choice {
    let permissions = document.encryption_state.as_ref().map(lopdf::EncryptionState::permissions);
    let may = |wanted: Permissions| permissions.is_none_or(|granted| granted.intersects(wanted));
    let may_fill = may(Permissions::FILLABLE | Permissions::ANNOTABLE);
    let has_prepared = facts.code_field == CodeField::Empty && field::find(document).is_some();
    if !facts.is_signed {
        return match (has_prepared && can_append(input, document), may_fill, may(Permissions::MODIFIABLE)) {
            (true, true, _) => Choice::PreparedField,
            (false, _, true) => Choice::PageContent,
            _ => Choice::DerivedCopy(WhyCopy::Protected),
        };
    }
    let copy = Choice::DerivedCopy;
    let is_broken = |one: &SignatureReport| {
        one.integrity == Integrity::Broken || matches!(one.coverage, Coverage::Partial | Coverage::Malformed)
    };
    // A signature that the judge did not see cannot be kept from falling.
    if !can_append(input, document) || before.is_empty() || before.iter().any(is_broken) {
        return copy(WhyCopy::Broken);
    }
    if before.iter().any(|one| one.modification_after == Modification::Forbidden) {
        return copy(WhyCopy::Modified);
    }
    if !may_fill {
        return copy(WhyCopy::Protected);
    }
    let signatures = read::signatures(document);
    if has_prepared && !facts.signature_fields.iter().any(|field| field.locks_code_field) {
        return Choice::PreparedField;
    }
    if facts.signature_fields.iter().any(|field| field.certified_p.is_some()) {
        return copy(WhyCopy::Certified);
    }
    if signatures.iter().any(|signature| read::locks_field(document, signature, sealed::FIELD)) {
        return copy(WhyCopy::Locked);
    }
    if has_key { Choice::SealSignature } else { copy(WhyCopy::NoKey) }
}
