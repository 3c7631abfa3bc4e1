//! What a sample paper says: the answer that a reader is held against.

use serde::Serialize;

use super::calendar::Day;

/// How a value stands on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// In print, or following from print alone.
    Printed,
    /// By pen.
    Pen,
    /// Partly in print, partly by pen.
    PartPen,
    /// Once in print, and no longer to be read by anybody.
    Destroyed,
    /// Not on the paper.
    Absent,
}

/// A value and how it stands there.
#[derive(Clone, Debug, Serialize)]
pub struct Fact<T = String> {
    /// In the form of contract section 3; none when absent.
    pub value: Option<T>,
    /// How it stands on the paper.
    pub how: How,
}

impl<T> Fact<T> {
    /// A printed value.
    pub fn printed(value: impl Into<T>) -> Self {
        Self { value: Some(value.into()), how: How::Printed }
    }

    /// A value of which the given part is by pen.
    pub fn written(value: impl Into<T>, how: How) -> Self {
        Self { value: Some(value.into()), how }
    }

    /// Nothing.
    pub fn absent() -> Self {
        Self { value: None, how: How::Absent }
    }
}

/// From and until, ISO days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub until: Option<String>,
}

impl Period {
    /// From a day on.
    pub fn from_day(day: Day) -> Self {
        Self { from: Some(day.iso()), until: None }
    }

    /// Until a day.
    pub fn until_day(day: Day) -> Self {
        Self { from: None, until: Some(day.iso()) }
    }

    /// Both.
    pub fn between(from: Day, until: Day) -> Self {
        Self { from: Some(from.iso()), until: Some(until.iso()) }
    }
}

/// What goes beside the nine fields of the paper.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Other {
    /// Whom the paper is about, in the usual writing; some papers print it in capitals: compare without case.
    pub holder_name: Option<String>,
    /// ISO day.
    pub holder_birth_date: Option<String>,
    /// Who signed.
    pub signer_name: Option<String>,
    /// `Phó Chủ tịch`; compare without case, as it is printed in capitals.
    pub signer_position: Option<String>,
    /// `Ủy ban nhân dân tỉnh Yên Bái`.
    pub parent_authority: Option<String>,
}

/// The fields of Điều 6 that stand on the paper; the time of recording does not.
#[derive(Clone, Debug, Serialize)]
pub struct Fields {
    /// `1.001776-KQ1`.
    pub document_type_code: Fact,
    /// Twelve figures, or a company's code.
    pub owner_id: Fact,
    /// `Quyết định`.
    pub document_name: Fact,
    /// `12/QĐ-UBND`.
    pub document_number: Fact,
    /// ISO day.
    pub issued_on: Fact,
    /// In sentence case.
    pub issuing_authority: Fact,
    /// `Về việc …`, one line.
    #[serde(rename = "abstract")]
    pub abstract_text: Fact,
    /// First and last day.
    pub validity_period: Fact<Period>,
    /// `trên địa bàn xã …`.
    pub validity_scope: Fact,
    /// The rest.
    pub other: Other,
}

/// The truth file of one paper.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    /// File, or folder of page pictures, beside the truth file.
    pub file: String,
    /// Stable name of the kind.
    pub kind: &'static str,
    /// The procedure it is handed in for or comes from.
    pub procedure: Option<&'static str>,
    /// `KQ1` or `01`.
    pub component: Option<&'static str>,
    /// Where its chances came from.
    pub seed: u64,
    /// Names of what was done to it; `clean` alone when nothing was.
    pub spoilings: Vec<&'static str>,
    /// Pages.
    pub pages: usize,
    /// Pixels per inch.
    pub dpi: u32,
    /// Degrees clockwise that bring each page upright.
    pub rotation_needed: Vec<u32>,
    /// What it says.
    pub fields: Fields,
}
