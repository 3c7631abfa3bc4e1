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
    /// What a paper that was coded before says of itself in its file.
    Metadata,
}

impl Source {
    /// For people, after “theo”.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ocr => "chữ trên ảnh",
            Self::Pen => "chữ viết tay",
            Self::TextLayer => "chữ trong tệp PDF",
            Self::Qr => "mã QR",
            Self::Signature => "chữ ký số (chưa kiểm tra)",
            Self::FormField => "ô nhập của biểu mẫu PDF",
            Self::Catalogue => "Danh mục",
            Self::Store => "sổ văn bản trong kho",
            Self::Operator => "khai báo khi nhận",
            Self::Clock => "đồng hồ hệ thống",
            Self::Metadata => "bản đã số hóa trước đây của tệp này",
        }
    }
}

/// What something else says of a field than its value or suggestion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative<T> {
    /// In the form of the field.
    pub value: T,
    /// Who says so.
    pub source: Source,
    /// Where it stands, on the upright page.
    pub place: Option<Place>,
}

/// How sure a value must be to be proposed as read: 0.5–0.999.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f32")]
pub struct Threshold(f32);

impl Threshold {
    const RANGE: std::ops::RangeInclusive<f32> = 0.5..=0.999;

    /// The number.
    pub fn get(self) -> f32 {
        self.0
    }
}

/// What the calibration on generated papers shows (`sh tests/reading.sh`).
impl Default for Threshold {
    fn default() -> Self {
        Self(0.72)
    }
}

impl TryFrom<f32> for Threshold {
    type Error = String;

    fn try_from(number: f32) -> Result<Self, String> {
        let (least, most) = (Self::RANGE.start(), Self::RANGE.end());
        let refusal = || format!("ngưỡng tin cậy {number} ngoài khoảng {least}–{most}");
        Self::RANGE.contains(&number).then_some(Self(number)).ok_or_else(refusal)
    }
}

/// A proposal of earlier days has no suggestion, whatever its value is.
fn none<T>() -> Option<T> {
    None
}

/// A value the machine proposes, with all a person needs to judge it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed<T> {
    /// The value; `None` unless `status` is `Read`.
    pub value: Option<T>,
    /// The best reading of what is `NotRead` for want of certainty; a person may take it over.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<T>,
    /// The words it was taken from, as read; empty when there are none.
    pub raw: String,
    /// 0–1, of `value` or of `suggestion`; 0 when there is neither.
    pub confidence: f32,
    /// What is promised.
    pub status: Status,
    /// Where the value comes from.
    pub source: Source,
    /// Where it stands; also given for `NotRead` when the place was found.
    pub place: Option<Place>,
    /// What other sources say; with any, the value is asked.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative<T>>,
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
            suggestion: None,
            raw: raw.into(),
            confidence: confidence.clamp(0.0, 1.0),
            status: Status::Read,
            source,
            place,
            alternatives: Vec::new(),
        }
    }

    /// Nothing of the kind on the paper.
    pub fn absent() -> Self {
        Self {
            value: None,
            suggestion: None,
            raw: String::new(),
            confidence: 0.0,
            status: Status::Absent,
            source: Source::Ocr,
            place: None,
            alternatives: Vec::new(),
        }
    }

    /// It stands there, or should, and was not read; `raw` and `place` help the person who keys it.
    pub fn not_read(raw: impl Into<String>, place: Option<Place>) -> Self {
        Self {
            value: None,
            suggestion: None,
            raw: raw.into(),
            confidence: 0.0,
            status: Status::NotRead,
            source: Source::Ocr,
            place,
            alternatives: Vec::new(),
        }
    }

    /// The same with what is surely enough read as its value, and what is less sure as a suggestion.
    #[must_use]
    pub fn held_to(mut self, threshold: Threshold) -> Self {
        let Some(best) = self.value.take().or_else(|| self.suggestion.take()) else { return self };
        if self.confidence >= threshold.0 {
            self.status = Status::Read;
            self.value = Some(best);
        } else {
            self.status = Status::NotRead;
            self.suggestion = Some(best);
        }
        self
    }

    /// The same, of whose confidence this share is left.
    #[must_use]
    pub fn weighed(self, share: f32, threshold: Threshold) -> Self {
        Self { confidence: self.confidence * share, ..self }.held_to(threshold)
    }

    /// What it says, surely or not.
    pub fn best(&self) -> Option<&T> {
        self.value.as_ref().or(self.suggestion.as_ref())
    }

    /// The same, asked of a person: what was read is a suggestion, worth no more than `at_most`.
    #[must_use]
    pub fn doubted(mut self, at_most: f32) -> Self {
        self.suggestion = self.value.take().or_else(|| self.suggestion.take());
        self.confidence = if self.suggestion.is_some() { self.confidence.min(at_most) } else { 0.0 };
        self.status = Status::NotRead;
        self
    }

    /// The same proposal with its value turned into another type.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> Proposed<U> {
        Proposed {
            value: self.value.map(&f),
            suggestion: self.suggestion.map(&f),
            raw: self.raw,
            confidence: self.confidence,
            status: self.status,
            source: self.source,
            place: self.place,
            alternatives: self
                .alternatives
                .into_iter()
                .map(|a| Alternative { value: f(a.value), source: a.source, place: a.place })
                .collect(),
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

/// What is promised of a field, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Which field.
    pub key: FieldKey,
    /// What is promised.
    pub status: Status,
    /// Where it stands.
    pub place: Option<Place>,
}

impl ProposedFields {
    /// Of the nine fields that are read from the paper, in the order of Điều 6.
    pub fn standings(&self) -> [Standing; 9] {
        fn of<T>(key: FieldKey, field: &Proposed<T>) -> Standing {
            Standing { key, status: field.status, place: field.place }
        }
        [
            of(FieldKey::DocumentTypeCode, &self.document_type_code),
            of(FieldKey::OwnerId, &self.owner_id),
            of(FieldKey::DocumentName, &self.document_name),
            of(FieldKey::DocumentNumber, &self.document_number),
            of(FieldKey::IssuedOn, &self.issued_on),
            of(FieldKey::IssuingAuthority, &self.issuing_authority),
            of(FieldKey::Abstract, &self.abstract_text),
            of(FieldKey::ValidityPeriod, &self.validity_period),
            of(FieldKey::ValidityScope, &self.validity_scope),
        ]
    }
}

/// The fields as a person confirmed them (Điều 16 khoản 2): all that a code needs is there.
///
/// Made by `workflows::confirm::confirm` alone, in the name of an officer.
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

impl ConfirmedFields {
    /// As JSON by the names of Điều 6, the owner as its text.
    pub fn named(&self) -> serde_json::Value {
        serde_json::json!({
            "document_type_code": self.document_type_code,
            "owner_id": self.owner.to_string(),
            "document_name": self.document_name,
            "document_number": self.document_number,
            "issued_on": self.issued_on,
            "issuing_authority": self.issuing_authority,
            "abstract": self.abstract_text,
            "validity_period": self.validity_period,
            "validity_scope": self.validity_scope,
            "recorded_at": self.recorded_at,
            "other": self.other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_sure_enough_is_a_suggestion() {
        let threshold = Threshold::try_from(0.9).unwrap();
        for (confidence, status) in [(0.95, Status::Read), (0.9, Status::Read), (0.89, Status::NotRead)] {
            let read = Proposed::read("12/QĐ-UBND", "Số: 12", confidence, Source::Ocr, None);
            let held = read.held_to(threshold);
            assert_eq!((held.status, held.confidence), (status, confidence));
            let is_read = status == Status::Read;
            assert_eq!((held.value.is_some(), held.suggestion.is_some()), (is_read, !is_read));
            // Held to less, it is read again.
            assert_eq!(held.held_to(Threshold::default()).status, Status::Read);
        }
        let nothing = Proposed::<String>::not_read("…", None).held_to(threshold);
        assert_eq!((nothing.status, nothing.suggestion), (Status::NotRead, None));
        assert_eq!(Proposed::<String>::absent().held_to(threshold).status, Status::Absent);
    }

    #[test]
    fn what_is_doubted_is_asked() {
        let read = Proposed::read(7, "7", 0.97, Source::Ocr, None).doubted(0.4);
        assert_eq!((read.value, read.suggestion, read.confidence), (None, Some(7), 0.4));
        assert_eq!(Proposed::<u8>::not_read("", None).doubted(0.4).confidence, 0.0);
    }

    #[test]
    fn thresholds_that_mean_nothing_are_refused() {
        for (number, ok) in
            [(0.5, true), (0.999, true), (0.4, false), (1.0, false), (-1.0, false), (f32::NAN, false)]
        {
            assert_eq!(Threshold::try_from(number).is_ok(), ok, "{number}");
        }
    }

    #[test]
    fn a_suggestion_is_said_only_where_there_is_one_and_older_records_are_read() {
        let json = serde_json::to_value(Proposed::<String>::absent()).unwrap();
        assert!(json.get("suggestion").is_none());
        assert_eq!(serde_json::from_value::<Proposed<String>>(json).unwrap(), Proposed::absent());
    }
}
