//! Pictures of the pages of a paper with what was read drawn over them: for whoever looks whether the
//! boxes lie on the right words. Keeps nothing, and draws no page of a secret paper (Điều 5 khoản 1).

use std::path::PathBuf;

use crate::{
    domain::{
        fields::{ProposedFields, Status},
        page::{Finding, FindingKind, PageFacts, Place, Severity},
    },
    engines::{
        imaging::fault::ReadError,
        overlay::{self, Mark, OverlayError, Tone},
        reader::Readers,
    },
};

/// Resolution of the pictures, and the fewest pixels across: a card would not hold its labels.
const DPI: f32 = 110.0;
const FEWEST_PX: u32 = 900;
const MOST_PX: u32 = 3_000;

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The files of the paper.
    pub parts: &'a [PathBuf],
    /// Its pages.
    pub pages: &'a [PageFacts],
    /// What was proposed, where the pages were read.
    pub proposed: Option<&'a ProposedFields>,
    /// What was found.
    pub findings: &'a [Finding],
}

/// Why a page was not drawn.
#[derive(Debug, thiserror::Error)]
pub enum NotDrawn {
    /// It could not be shown.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// Its picture could not be drawn on.
    #[error(transparent)]
    Picture(#[from] OverlayError),
}

/// A page by its position, and its picture as a PNG.
pub type Drawn = (u32, Result<Vec<u8>, NotDrawn>);

/// Draws the pages in their order, one at a time.
pub fn pictures<'a>(readers: &'a Readers, seen: Seen<'a>) -> impl Iterator<Item = Drawn> + 'a {
    let is_secret = seen.findings.iter().any(|f| f.kind == FindingKind::Classified);
    let shown: &[PageFacts] = if is_secret { &[] } else { seen.pages };
    shown.iter().map(move |page| (page.position, picture(readers, &seen, page)))
}

fn picture(readers: &Readers, seen: &Seen<'_>, page: &PageFacts) -> Result<Vec<u8>, NotDrawn> {
    let width_px = (page.width_mm / 25.4 * DPI) as u32;
    let width_px = width_px.clamp(FEWEST_PX, MOST_PX);
    let jpeg = readers.preview(seen.parts, page.original_page, page.rotation, width_px)?;
    let marks = seen.proposed.map(|fields| marks(fields, page.position)).unwrap_or_default();
    let of_page = overlay::Page { jpeg: &jpeg, width_mm: page.width_mm, height_mm: page.height_mm };
    Ok(overlay::draw(of_page, &marks, &notes(seen, page.position))?)
}

/// The fields by the names of the contract, with what is promised of them and where they stand.
fn places(fields: &ProposedFields) -> Vec<(String, Status, Option<Place>)> {
    let basic = fields.standings().map(|s| (s.key.as_str().to_owned(), s.status, s.place)).into_iter();
    let other = fields.other.iter().map(|(name, field)| (name.clone(), field.status, field.place));
    basic.chain(other).collect()
}

fn tone_of(status: Status) -> Tone {
    if status == Status::NotRead { Tone::Asked } else { Tone::Read }
}

/// The boxes of a page; fields that share one share its label.
fn marks(fields: &ProposedFields, page: u32) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (name, status, place) in places(fields) {
        let Some(place) = place.filter(|p| p.page == page) else { continue };
        let (tone, box_mm) = (tone_of(status), place.box_mm);
        let name = if tone == Tone::Asked { format!("{name} ?") } else { name };
        match marks.iter_mut().find(|m| m.tone == tone && m.box_mm == box_mm) {
            Some(mark) => mark.label = format!("{}, {name}", mark.label),
            None => marks.push(Mark { label: name, tone, box_mm }),
        }
    }
    marks
}

/// What has no box: findings about this page, and with page one those about the whole paper and the
/// fields without a place.
fn notes(seen: &Seen<'_>, page: u32) -> Vec<(Tone, String)> {
    let mut notes = Vec::new();
    let is_first = seen.pages.first().is_some_and(|first| first.position == page);
    if let Some(fields) = seen.proposed.filter(|_| is_first) {
        for (wanted, words) in [
            (Status::NotRead, "Chưa đọc được, không rõ chỗ"),
            (Status::Read, "Đã đọc, không có chỗ trên trang"),
            (Status::Absent, "Không thấy trên giấy tờ"),
        ] {
            let names =
                places(fields).into_iter().filter(|(_, status, place)| *status == wanted && place.is_none());
            let names: Vec<String> = names.map(|(name, _, _)| name).collect();
            if !names.is_empty() {
                notes.push((tone_of(wanted), format!("{words}: {}", names.join(", "))));
            }
        }
    }
    let here = |f: &&Finding| f.page.map_or(is_first, |of| of == page);
    for finding in seen.findings.iter().filter(here) {
        let tone = if finding.severity == Severity::Advice { Tone::Remark } else { Tone::Asked };
        notes.push((tone, format!("{} [{}]", finding.message, finding.rule)));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{fields::Proposed, fields::Source, page::BoxMm};

    fn fields() -> ProposedFields {
        let at =
            |page, top| Some(Place { page, box_mm: BoxMm { left: 20.0, top, width: 30.0, height: 5.0 } });
        let day = jiff::civil::date(2024, 5, 6);
        ProposedFields {
            document_type_code: Proposed::not_read("", None),
            owner_id: Proposed::absent(),
            document_name: Proposed::read("Quyết định".into(), "", 0.9, Source::Ocr, at(1, 60.0)),
            document_number: Proposed::not_read("", at(1, 40.0)),
            issued_on: Proposed::read(day, "", 0.9, Source::Ocr, at(1, 50.0)),
            issuing_authority: Proposed::absent(),
            abstract_text: Proposed::absent(),
            validity_period: Proposed::read(
                crate::domain::validity::ValidityPeriod { from: Some(day), until: None },
                "",
                0.9,
                Source::Ocr,
                at(1, 50.0),
            ),
            validity_scope: Proposed::absent(),
            recorded_at: Proposed::read(jiff::Timestamp::UNIX_EPOCH, "", 1.0, Source::Clock, None),
            other: [(
                "signer_name".to_owned(),
                Proposed::read("A".into(), "", 0.9, Source::Ocr, at(2, 20.0)),
            )]
            .into(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn boxes_go_to_their_page_and_share_a_label_where_they_are_one() {
        let labels = |page| marks(&fields(), page).into_iter().map(|m| (m.label, m.tone)).collect::<Vec<_>>();
        assert_eq!(
            labels(1),
            [
                ("document_name".to_owned(), Tone::Read),
                ("document_number ?".to_owned(), Tone::Asked),
                ("issued_on, validity_period".to_owned(), Tone::Read),
            ]
        );
        assert_eq!(labels(2), [("signer_name".to_owned(), Tone::Read)]);
    }

    #[test]
    fn what_has_no_box_is_said_below_the_page_it_belongs_to() {
        let finding = |page| Finding {
            kind: FindingKind::Blurred,
            page,
            rule: "Điều 9".into(),
            message: "Mờ.".into(),
            severity: Severity::Advice,
        };
        let (fields, findings) = (fields(), [finding(None), finding(Some(2))]);
        let pages = [PageFacts::unknown(1, 210.0, 297.0), PageFacts::unknown(2, 210.0, 297.0)];
        let seen = Seen { parts: &[], pages: &pages, proposed: Some(&fields), findings: &findings };
        let first = notes(&seen, 1);
        assert_eq!(first.len(), 3, "{first:?}");
        assert_eq!(first[0], (Tone::Asked, "Chưa đọc được, không rõ chỗ: document_type_code".to_owned()));
        assert_eq!(notes(&seen, 2), [(Tone::Remark, "Mờ. [Điều 9]".to_owned())]);
    }
}
