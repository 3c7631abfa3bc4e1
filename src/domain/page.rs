//! What is seen of a page, and what may be wrong with it (Điều 9): findings are data, not errors.
//!
//! Knows nothing of pictures, files or Tesseract: only measures, positions and words of the law.

use serde::{Deserialize, Serialize};

use super::separator::SheetMark;

/// A box on a page, in millimetres from the top-left corner of the page *as seen upright*.
///
/// "Upright" means turned by right angles only; a small skew is not taken out. On the wire it is
/// `[left, top, width, height]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct BoxMm {
    /// Distance of the left edge from the left of the page.
    pub left: f32,
    /// Distance of the upper edge from the top of the page.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl BoxMm {
    /// The right edge, in millimetres from the left of the page.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// The lower edge, in millimetres from the top of the page.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The height of the middle, in millimetres from the top of the page.
    pub fn middle_y(&self) -> f32 {
        self.top + self.height / 2.0
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let left = self.left.min(other.left);
        let top = self.top.min(other.top);
        Self {
            left,
            top,
            width: self.right().max(other.right()) - left,
            height: self.bottom().max(other.bottom()) - top,
        }
    }

    /// The smallest box that holds all of `boxes`; `None` when there is none.
    pub fn around<'a>(boxes: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        boxes.into_iter().copied().reduce(|a, b| a.union(&b))
    }
}

impl From<[f32; 4]> for BoxMm {
    fn from([left, top, width, height]: [f32; 4]) -> Self {
        Self { left, top, width, height }
    }
}

impl From<BoxMm> for [f32; 4] {
    /// Rounded to a tenth of a millimetre: finer is noise, and would make stored answers long.
    fn from(b: BoxMm) -> Self {
        let round = |v: f32| (v * 10.0).round() / 10.0;
        [round(b.left), round(b.top), round(b.width), round(b.height)]
    }
}

/// Where a value stands: the page's position in the scan (from 1) and the box on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Position of the page in the scan, from 1.
    pub page: u32,
    /// The box on that page.
    pub box_mm: BoxMm,
}

/// The colours a page was scanned in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Three channels that differ.
    Colour,
    /// Shades of grey.
    Grey,
    /// Black and white only.
    Bilevel,
}

/// What was measured on one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageFacts {
    /// Position in the scan, from 1.
    pub position: u32,
    /// The page number printed on the page, where one was read.
    pub printed_number: Option<u32>,
    /// How that number is printed.
    #[serde(default)]
    pub numbering: Option<Numbering>,
    /// Page of the file it came from, from 1, over all files of the paper.
    pub original_page: u32,
    /// Width as seen upright, millimetres.
    pub width_mm: f32,
    /// Height as seen upright, millimetres.
    pub height_mm: f32,
    /// Resolution measured from pixels and page size; 0 for a page that is drawn, not scanned.
    pub dpi: u32,
    /// Colours of the scan.
    pub colour: Colour,
    /// Degrees clockwise that bring the page upright: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Skew that remains after that, degrees; positive is clockwise.
    pub skew_degrees: f32,
    /// Whether nothing stands on the page.
    pub blank: bool,
    /// Position of the page that this one repeats.
    pub duplicate_of: Option<u32>,
    /// Position of the same page with, or without, its sticky note (Điều 9 khoản 4).
    pub note_pair: Option<u32>,
    /// Whether a sticky note lies over the page: then it is kept, but neither counted nor read.
    #[serde(default)]
    pub has_note: bool,
    /// How good the scan is; nothing is known of pages that were looked at before this was measured.
    #[serde(default)]
    pub quality: PageQuality,
    /// The separator sheet that the page is: no page of a paper then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<SheetMark>,
}

impl PageFacts {
    /// A page of this size of which nothing else is known yet: drawn, upright, with something on it.
    pub fn unknown(position: u32, width_mm: f32, height_mm: f32) -> Self {
        Self {
            position,
            printed_number: None,
            numbering: None,
            original_page: position,
            width_mm,
            height_mm,
            dpi: 0,
            colour: Colour::Colour,
            rotation: 0,
            skew_degrees: 0.0,
            blank: false,
            duplicate_of: None,
            note_pair: None,
            has_note: false,
            quality: PageQuality::default(),
            separator: None,
        }
    }

    /// Whether the page is the double, with its sticky note, of a page that was scanned without
    /// (Điều 9 khoản 4).
    pub fn is_note_double(&self) -> bool {
        self.has_note && self.note_pair.is_some()
    }
}

/// How page numbers are printed: pages of one paper do it in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    /// In Roman figures, as front matter is.
    pub is_roman: bool,
    /// At the foot of the page; NĐ 30/2020/NĐ-CP, Phụ lục I has it at the head.
    pub is_below: bool,
    /// How many pages there are, where it is printed as `2/5`.
    pub of: Option<u32>,
}

/// A side of a page as seen upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // each name says it
pub enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

/// How good the scan of a page is (Điều 9 khoản 6): measures, no judgement.
///
/// What could not be told is `None`: too little print, or a page that is blank or drawn. Figures are
/// rounded to thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PageQuality {
    /// How wide the edge of a letter is, from ink to paper (20–80 % of the step), millimetres; the
    /// wider the more blurred. `None` for black-and-white scans too: they have no edges to measure.
    pub edge_mm: Option<f64>,
    /// How bright the paper under the print is: 0 black, 1 white.
    pub paper_level: Option<f64>,
    /// How much darker than its paper the print is: 0 not at all, 1 black on whatever paper.
    pub ink_contrast: Option<f64>,
    /// Share of the page that lies in a shadow too deep to tell ink from paper, 0–1.
    pub shadow_share: Option<f64>,
    /// Letters that an edge of the picture cuts through, on the side where they are most.
    pub cut_letters: Option<u32>,
    /// That side.
    pub cut_side: Option<Side>,
    /// Lines of text that run under a folded or torn corner.
    pub hidden_lines: Option<u32>,
    /// How much the strongest streak of the scanner differs from the paper beside it: 0 where there is
    /// none, 1 black on white.
    pub streak_contrast: Option<f64>,
    /// Width and height of the sheet as seen upright, millimetres, where its edges lie inside the picture.
    pub sheet_mm: Option<[f64; 2]>,
    /// Height of the small letters of the print, millimetres, by the size the file claims.
    pub x_height_mm: Option<f64>,
}

/// The kinds of finding, by their names on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // each name says it; the sentence for people is in the finding
pub enum FindingKind {
    WrongPageCount,
    MissingPage,
    OutOfOrder,
    DuplicatePage,
    BlankPage,
    RotatedPage,
    ForeignPage,
    NoteUnpaired,
    LowResolution,
    NotColour,
    WrongScale,
    OldPdfVersion,
    CutOff,
    Blurred,
    TooDark,
    TooLight,
    Streaked,
    Classified,
    DoNotDigitise,
    UnreadablePage,
    FieldDoubtful,
}

/// What a finding asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Said, and nothing is held up.
    Advice,
    /// A person has to look before the paper goes on.
    Ask,
    /// The paper has to be scanned again, or an officer overrides with a reason.
    Block,
}

/// One thing found about the paper, with the rule it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Position of the page, from 1; `None` when it is about the whole paper.
    pub page: Option<u32>,
    /// The clause, as people cite it: `QĐ 1917/QĐ-BLĐTBXH, Điều 9 khoản 3`.
    pub rule: String,
    /// One Vietnamese sentence: what, where, what to do. No personal data.
    pub message: String,
    /// What it asks for.
    pub severity: Severity,
}

impl Finding {
    /// A field that a person has to look at (Điều 16 khoản 1).
    pub fn about_field(page: Option<u32>, message: impl Into<String>) -> Self {
        Self {
            kind: FindingKind::FieldDoubtful,
            page,
            rule: "QĐ 1917/QĐ-BLĐTBXH, Điều 16 khoản 1".to_owned(),
            message: message.into(),
            severity: Severity::Ask,
        }
    }
}

/// Pages that passed Điều 9: nothing on them asks for another scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedPages {
    /// The pages in the order of the scan.
    pub pages: Vec<PageFacts>,
    /// Advice and questions; none of them blocks.
    pub findings: Vec<Finding>,
}

/// Pages that have to be scanned again (Điều 9), unless an officer overrides with a reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageFaults {
    /// The pages in the order of the scan.
    pub pages: Vec<PageFacts>,
    /// All findings; at least one blocks.
    pub findings: Vec<Finding>,
}

/// Sorts pages and findings by what the findings ask for.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 9.
///
/// # Errors
/// [`PageFaults`] when a finding blocks.
pub fn judge(pages: Vec<PageFacts>, findings: Vec<Finding>) -> Result<CheckedPages, PageFaults> {
    if findings.iter().any(|f| f.severity == Severity::Block) {
        Err(PageFaults { pages, findings })
    } else {
        Ok(CheckedPages { pages, findings })
    }
}
