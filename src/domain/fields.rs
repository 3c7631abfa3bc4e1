//! The eleven basic fields of a paper (Điều 6), as proposed by the machine and as confirmed by a person.
//!
//! Knows nothing of how they were read; the wire names of contract and schema are given here once.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    code::{DocumentTypeCode, OwnerKey},
    extra::ExtraField,
    ids::{DocumentNumber, OwnerNumber},
    page::Place,
    validity::ValidityPeriod,
};

/// The eleven fields, in the order of Điều 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKey {
    /// Điều 6 khoản 1.
    DocumentTypeCode,
    /// Điều 6 khoản 2.
    OwnerId,
    /// Điều 6 khoản 3.
    DocumentName,
    /// Điều 6 khoản 4.
    DocumentNumber,
    /// Điều 6 khoản 5.
    IssuedOn,
    /// Điều 6 khoản 6.
    IssuingAuthority,
    /// Điều 6 khoản 7.
    Abstract,
    /// Điều 6 khoản 8.
    ValidityPeriod,
    /// Điều 6 khoản 9.
    ValidityScope,
    /// Điều 6 khoản 10.
    RecordedAt,
    /// Điều 6 khoản 11.
    Other,
}

impl FieldKey {
    /// All eleven, in the order of Điều 6.
    pub const ALL: [Self; 11] = [
        Self::DocumentTypeCode,
        Self::OwnerId,
        Self::DocumentName,
        Self::DocumentNumber,
        Self::IssuedOn,
        Self::IssuingAuthority,
        Self::Abstract,
        Self::ValidityPeriod,
        Self::ValidityScope,
        Self::RecordedAt,
        Self::Other,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DocumentTypeCode => "document_type_code",
            Self::OwnerId => "owner_id",
            Self::DocumentName => "document_name",
            Self::DocumentNumber => "document_number",
            Self::IssuedOn => "issued_on",
            Self::IssuingAuthority => "issuing_authority",
            Self::Abstract => "abstract",
            Self::ValidityPeriod => "validity_period",
            Self::ValidityScope => "validity_scope",
            Self::RecordedAt => "recorded_at",
            Self::Other => "other",
        }
    }

    /// The name in Vietnamese, as Điều 6 has it.
    pub fn label(self) -> &'static str {
        match self {
            Self::DocumentTypeCode => "Mã loại giấy tờ",
            Self::OwnerId => "Số định danh cá nhân / Mã định danh điện tử của tổ chức",
            Self::DocumentName => "Tên giấy tờ",
            Self::DocumentNumber => "Số, ký hiệu giấy tờ",
            Self::IssuedOn => "Ngày, tháng, năm cấp giấy tờ",
            Self::IssuingAuthority => "Cơ quan cấp giấy tờ",
            Self::Abstract => "Trích yếu nội dung chính",
            Self::ValidityPeriod => "Thời hạn có hiệu lực",
            Self::ValidityScope => "Phạm vi có hiệu lực",
            Self::RecordedAt => "Thời gian cập nhật dữ liệu điện tử",
            Self::Other => "Thông tin khác",
        }
    }
}

/// What is promised about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The value is right as far as the machine can tell.
    Read,
    /// It stands, or should stand, on the paper, and could not be read: a person keys it.
    NotRead,
    /// A paper of this kind does not have it, or this one does not show it.
    Absent,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the contract's
pub enum Source {
    Ocr,
    Pen,
    TextLayer,
    Qr,
    Signature,
    FormField,
    Catalogue,
    Store,
    Operator,
    Clock,
}

/// A value the machine proposes, with all a person needs to judge it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed<T> {
    /// The value; `None` unless `status` is `Read`.
    pub value: Option<T>,
    /// The words it was taken from, as read; empty when there are none.
    pub raw: String,
    /// 0–1; 0 when nothing was read.
    pub confidence: f32,
    /// What is promised.
    pub status: Status,
    /// Where the value comes from.
    pub source: Source,
    /// Where it stands; also given for `NotRead` when the place was found.
    pub place: Option<Place>,
}

impl<T> Proposed<T> {
    /// A value that was read at `place` from the words `raw`.
    pub fn read(
        value: T,
        raw: impl Into<String>,
        confidence: f32,
        source: Source,
        place: Option<Place>,
    ) -> Self {
        Self {
            value: Some(value),
            raw: raw.into(),
            confidence: confidence.clamp(0.0, 1.0),
            status: Status::Read,
            source,
            place,
        }
    }

    /// Nothing of the kind on the paper.
    pub fn absent() -> Self {
        Self {
            value: None,
            raw: String::new(),
            confidence: 0.0,
            status: Status::Absent,
            source: Source::Ocr,
            place: None,
        }
    }

    /// It stands there, or should, and was not read; `raw` and `place` help the person who keys it.
    pub fn not_read(raw: impl Into<String>, place: Option<Place>) -> Self {
        Self {
            value: None,
            raw: raw.into(),
            confidence: 0.0,
            status: Status::NotRead,
            source: Source::Ocr,
            place,
        }
    }

    /// The same proposal with its value turned into another type.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Proposed<U> {
        Proposed {
            value: self.value.map(f),
            raw: self.raw,
            confidence: self.confidence,
            status: self.status,
            source: self.source,
            place: self.place,
        }
    }
}

/// What the machine proposes for a paper (Điều 16 khoản 1). Only a person makes [`ConfirmedFields`] of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedFields {
    /// Khoản 1.
    pub document_type_code: Proposed<DocumentTypeCode>,
    /// Khoản 2.
    pub owner_id: Proposed<OwnerNumber>,
    /// Khoản 3.
    pub document_name: Proposed<String>,
    /// Khoản 4.
    pub document_number: Proposed<DocumentNumber>,
    /// Khoản 5.
    pub issued_on: Proposed<Date>,
    /// Khoản 6.
    pub issuing_authority: Proposed<String>,
    /// Khoản 7.
    #[serde(rename = "abstract")]
    pub abstract_text: Proposed<String>,
    /// Khoản 8.
    pub validity_period: Proposed<ValidityPeriod>,
    /// Khoản 9.
    pub validity_scope: Proposed<String>,
    /// Khoản 10.
    pub recorded_at: Proposed<Timestamp>,
    /// Khoản 11: by name, such as `holder_name`, `holder_birth_date`, `signer_name`.
    pub other: BTreeMap<String, Proposed<String>>,
    /// Those of `other` that the template of the kind adds, in its order: how they are called and keyed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<ExtraField>,
}

/// The fields as a person confirmed them (Điều 16 khoản 2): all that a code needs is there.
///
/// Made by `workflows::digitise::confirm` alone, in the name of an officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedFields {
    /// Khoản 1.
    pub document_type_code: DocumentTypeCode,
    /// Khoản 2, or what Điều 7 puts in its place.
    pub owner: OwnerKey,
    /// Khoản 3.
    pub document_name: String,
    /// Khoản 4; `None` for papers that carry none.
    pub document_number: Option<DocumentNumber>,
    /// Khoản 5; `None` where the paper shows no date.
    pub issued_on: Option<Date>,
    /// Khoản 6; `None` for a citizen's own paper.
    pub issuing_authority: Option<String>,
    /// Khoản 7.
    #[serde(rename = "abstract")]
    pub abstract_text: Option<String>,
    /// Khoản 8.
    pub validity_period: Option<ValidityPeriod>,
    /// Khoản 9.
    pub validity_scope: Option<String>,
    /// Khoản 10: when the record was made.
    pub recorded_at: Timestamp,
    /// Khoản 11.
    pub other: BTreeMap<String, String>,
}
