//! The eleven fields of Điều 6, from words and their places.
//!
//! The page is seen as NĐ 30/2020, Phụ lục I lays it out: agency at the top left, number below it,
//! day on the same line under the motto, title in the middle, signature at the bottom right; and as
//! the forms of citizens do. Refuses to know images, PDF and the wall clock, and to guess: what is
//! not surely read is `not_read`, with the place, for a person to key.

mod abstract_text;
pub mod agency;
pub mod card;
mod casing;
mod dates;
mod document_name;
mod document_number;
mod document_type;
mod flow;
mod fold;
mod given_names;
mod guide;
mod holder;
mod issued_on;
mod issuing_authority;
mod labels;
mod layout;
mod leaders;
mod names;
mod outline;
mod owner_id;
mod people;
mod places;
mod print;
mod repeats;
pub mod resemblance;
mod signer;
mod surnames;
mod syllables;
pub mod template;
#[cfg(test)]
mod testing;
mod validity_period;
mod validity_scope;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use crate::clock::day_in_vietnam;
use crate::domain::{
    catalogue::Catalogue,
    fields::{Proposed, ProposedFields, Source, Threshold},
    ids::{ComponentCode, OwnerNumber, ProcedureCode},
    page::{PageFacts, Place},
    text::{RecognisedText, TextSource},
};
pub(in crate::engines) use casing::agency as agency_case;
pub use fold::nearly;
pub(in crate::engines) use fold::phrase as folded;
pub use guide::Guide;
pub use outline::{Head, LastLine, PageOutline, outlines};

use document_name::Title;
use flow::Sentence;
use layout::{Header, Row, Sheet};
use print::Print;

/// What is known of the paper before it is read.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The catalogue in force.
    pub catalogue: &'a Catalogue,
    /// The procedure it was handed in for, where declared.
    pub procedure: Option<&'a ProcedureCode>,
    /// Which paper of that procedure, where declared.
    pub paper: Option<DeclaredPaper>,
    /// The owner's number, where declared.
    pub owner: Option<&'a OwnerNumber>,
    /// Templates of kinds of paper, the directory of agencies, and how sure a value must be.
    pub guide: &'a Guide,
}

/// Which paper of a procedure was declared at intake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredPaper {
    /// A component: `01`.
    Component(ComponentCode),
    /// A result: `KQ1`.
    Result(u16),
}

/// Proposes all eleven fields (Điều 16 khoản 1). `recorded_at` is the time of the record (Điều 6
/// khoản 10); no day of a paper lies after it.
pub fn propose(
    text: &RecognisedText,
    pages: &[PageFacts],
    context: &Context<'_>,
    recorded_at: Timestamp,
) -> ProposedFields {
    let reading = Reading::of(text, pages, day_in_vietnam(recorded_at), context.guide.threshold());
    let issued_on = issued_on::propose(&reading);
    let agencies = issuing_authority::propose(&reading, context.guide.agencies(), issued_on.value);
    let signer = signer::propose(&reading);
    let other = BTreeMap::from([
        ("holder_name".to_owned(), holder::name(&reading)),
        ("holder_birth_date".to_owned(), holder::birth_date(&reading)),
        ("signer_name".to_owned(), signer.name),
        ("signer_position".to_owned(), signer.position),
        ("parent_authority".to_owned(), agencies.parent),
    ]);
    let mut fields = ProposedFields {
        document_type_code: document_type::propose(&reading, context),
        owner_id: owner_id::propose(&reading, context.owner),
        document_name: document_name::propose(&reading, context.catalogue),
        document_number: document_number::propose(&reading),
        validity_period: validity_period::propose(&reading, &issued_on),
        issued_on,
        issuing_authority: agencies.issuing,
        abstract_text: abstract_text::propose(&reading),
        validity_scope: validity_scope::propose(&reading),
        recorded_at: Proposed::read(recorded_at, "", 1.0, Source::Clock, None),
        other,
        extra: Vec::new(),
    };
    weigh_symbol(&mut fields, context.guide);
    if let Some((kind, wording)) = template::kind_of(context.guide.kinds(), &reading) {
        template::apply(kind, wording, &reading, context, &mut fields);
    }
    fields
}

/// How much is left of the confidence in number and agency when the symbol names another agency.
const CONTRADICTED: f32 = 0.8;

/// `12/QĐ-UBND` under the name of a department: one of the two was misread, or the paper is odd.
fn weigh_symbol(fields: &mut ProposedFields, guide: &Guide) {
    let (Some(number), Some(authority)) = (&fields.document_number.value, &fields.issuing_authority.value)
    else {
        return;
    };
    let day = fields.issued_on.value;
    if guide.agencies().contradicts(number.as_str(), authority, day) == Some(true) {
        weigh(&mut fields.document_number, guide.threshold());
        weigh(&mut fields.issuing_authority, guide.threshold());
    }
}

fn weigh<T: Clone>(field: &mut Proposed<T>, threshold: Threshold) {
    *field = field.clone().weighed(CONTRADICTED, threshold);
}

/// `read` when sure enough, else `not_read` with the words, the place, and the value as a suggestion.
fn settle<T>(
    reading: &Reading,
    value: T,
    raw: impl Into<String>,
    confidence: f32,
    place: Option<Place>,
) -> Proposed<T> {
    Proposed::read(value, raw, confidence, reading.source(), place).held_to(reading.threshold)
}

/// A paper as seen by all fields.
#[derive(Debug)]
struct Reading {
    sheets: Vec<Sheet>,
    header: Header,
    title: Option<Title>,
    sentences: Vec<Sentence>,
    /// The day of the record.
    today: Date,
    source: Source,
    /// How sure a value must be to be promised.
    threshold: Threshold,
}

impl Reading {
    fn of(text: &RecognisedText, pages: &[PageFacts], today: Date, threshold: Threshold) -> Self {
        let sheets = layout::sheets(text, pages);
        // The head is on the first page or nowhere: a scan that begins with page two has none.
        let first = sheets.first();
        let header = Header::of(first);
        let title = first.and_then(|sheet| document_name::find_title(sheet, &header));
        let top = title.as_ref().map_or(header.motto_bottom(), Title::bottom);
        let sentences = flow::sentences(&sheets, top - 0.5);
        let is_layer = text.pages.first().is_some_and(|p| p.source == TextSource::TextLayer);
        let source = if is_layer { Source::TextLayer } else { Source::Ocr };
        Self { sheets, header, title, sentences, today, source, threshold }
    }

    fn source(&self) -> Source {
        self.source
    }

    /// Whether an agency issued it, by its head.
    fn is_official(&self) -> bool {
        self.header.motto.is_some()
            && !self.header.is_plain
            && (self.number_row().is_some()
                || self
                    .header
                    .left
                    .iter()
                    .any(|r| r.is_caps() && r.at.top < self.header.motto_bottom() + 8.0))
    }

    /// The row of the left column that carries `Số: …`, or only the printed symbol.
    fn number_row(&self) -> Option<Row> {
        let end = self.header.motto_bottom() + 32.0;
        let end = self.title.as_ref().map_or(end, |t| end.min(t.top()));
        let in_head = |r: &&Row| r.at.middle_y() > self.header.motto_bottom() - 3.0 && r.at.middle_y() < end;
        let rows = || self.header.left.iter().filter(in_head);
        rows()
            .find(|r| document_number::is_labelled(r))
            .or_else(|| rows().find(|r| r.tokens.iter().any(|t| document_number::is_bare_symbol(&t.text))))
            .cloned()
    }

    /// The row of the head that frames the day: under the motto, above the title.
    fn date_row(&self) -> Option<&Row> {
        let end = self.title.as_ref().map_or(f32::MAX, Title::top).min(self.header.motto_bottom() + 32.0);
        self.header
            .right
            .iter()
            .find(|r| r.at.middle_y() < end && issued_on::is_of_head(r) && r.tokens.len() <= 18)
    }

    /// Printed words of the head by which figures are measured: those of the line of the day.
    fn head_print(&self) -> Option<Print> {
        let row = self.date_row()?;
        let frame: Vec<_> =
            row.tokens.iter().filter(|t| matches!(t.folded.as_str(), "ngay" | "thang" | "nam")).collect();
        Print::of(&frame)
    }

    /// Printed capitals of the head: fonts other than Times set them wider or narrower beside their small
    /// letters, and symbols are capitals.
    fn capitals_print(&self) -> Option<Print> {
        let rows =
            self.header.left.iter().filter(|r| r.is_caps() && !r.tokens.iter().any(layout::Token::has_digit));
        let words: Vec<_> = rows.flat_map(|r| &r.tokens).filter(|t| t.confidence >= 0.8).collect();
        Print::of(&words)
    }

    /// Rows of a letter's subject: `V/v …` below the number, in the left column.
    fn letter_subject(&self) -> Vec<Row> {
        let from = self.header.motto_bottom();
        let mut rows: Vec<Row> = Vec::new();
        for row in self.header.left.iter().filter(|r| r.at.top > from) {
            let phrase = row.phrase();
            let ends = rows.last().is_some_and(|l| row.at.top - l.at.bottom() > 4.2)
                || phrase.starts_with("kinh gui");
            if rows.is_empty() && abstract_text::begins_abstract(row) {
                rows.push(row.clone());
            } else if !rows.is_empty() {
                if ends {
                    break;
                }
                rows.push(row.clone());
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Paper, now};
    use super::*;
    use crate::domain::fields::Status;

    fn proposed(paper: Paper) -> ProposedFields {
        let (text, facts) = paper.finish();
        let catalogue = Catalogue::starting();
        let guide = Guide::built_in();
        let context =
            Context { catalogue: &catalogue, procedure: None, paper: None, owner: None, guide: &guide };
        propose(&text, &facts, &context, now())
    }

    #[test]
    fn a_decision_gives_all_its_fields() {
        let fields = proposed(
            Paper::new()
                .header(&["UBND HUYỆN YÊN BÌNH", "ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
                .number_and_date("Số: 46/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
                .around(110.0, 58.0, "QUYẾT ĐỊNH")
                .around(110.0, 64.0, "Về việc hưởng trợ cấp xã hội hàng tháng")
                .around(110.0, 74.0, "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ BẢO ÁI")
                .put(35.0, 84.0, "Căn cứ Luật Người khuyết tật ngày 17 tháng 6 năm 2010;")
                .put(
                    35.0,
                    92.0,
                    "Điều 1. Trợ cấp cho ông Lò Văn Páo, sinh ngày 05/6/1985, CCCD số 015085012345.",
                )
                .put(35.0, 100.0, "Điều 2. Quyết định này có hiệu lực kể từ ngày ký.")
                .put(30.0, 180.0, "Nơi nhận:")
                .around(150.0, 180.0, "CHỦ TỊCH")
                .around(150.0, 215.0, "Hà Thị Lê Mây"),
        );
        let json = serde_json::to_value(&fields).unwrap();
        for (key, expected) in [
            ("document_type_code", serde_json::json!("1.001776-KQ1")),
            ("owner_id", serde_json::json!("015085012345")),
            ("document_name", serde_json::json!("Quyết định")),
            ("document_number", serde_json::json!("46/QĐ-UBND")),
            ("issued_on", serde_json::json!("2024-05-06")),
            ("issuing_authority", serde_json::json!("Ủy ban nhân dân xã Bảo Ái")),
            ("abstract", serde_json::json!("Về việc hưởng trợ cấp xã hội hàng tháng")),
            ("validity_period", serde_json::json!({"from": "2024-05-06", "until": null})),
            ("recorded_at", serde_json::json!("2026-03-02T02:00:00Z")),
        ] {
            assert_eq!(json[key]["value"], expected, "{key}: {}", json[key]);
        }
        assert_eq!(fields.validity_scope.status, Status::Absent);
        for (key, expected) in [
            ("holder_name", "Lò Văn Páo"),
            ("holder_birth_date", "1985-06-05"),
            ("signer_name", "Hà Thị Lê Mây"),
            ("signer_position", "Chủ tịch"),
            ("parent_authority", "Ủy ban nhân dân huyện Yên Bình"),
        ] {
            assert_eq!(fields.other[key].value.as_deref(), Some(expected), "{key}");
        }
    }

    #[test]
    fn empty_papers_and_garbage_promise_nothing() {
        for paper in [
            Paper::new(),
            Paper::new().next_page(),
            Paper::new().put(0.0, 0.0, "/ : - Số ngày tháng năm V/v Số:"),
            Paper::new().put(-5000.0, 1e9, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ] {
            let fields = proposed(paper);
            assert_ne!(fields.document_number.status, Status::Read);
            assert_ne!(fields.issued_on.status, Status::Read);
            assert_ne!(fields.owner_id.status, Status::Read);
        }
        let nothing = propose(
            &RecognisedText::default(),
            &[],
            &Context {
                catalogue: &Catalogue::starting(),
                procedure: None,
                paper: None,
                owner: None,
                guide: &Guide::built_in(),
            },
            now(),
        );
        assert_eq!(nothing.document_number.status, Status::Absent);
    }

    #[test]
    fn the_day_is_vietnams() {
        for (at, expected) in [("2026-03-01T16:59:59Z", "2026-03-01"), ("2026-03-01T17:00:00Z", "2026-03-02")]
        {
            assert_eq!(day_in_vietnam(at.parse().unwrap()).to_string(), expected);
        }
    }
}
