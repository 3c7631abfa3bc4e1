//! The same page more than once: scanned twice, or with and without its sticky note (Điều 9 khoản 3, 4).

use crate::{
    domain::{
        page::{BoxMm, PageFacts},
        text::{PageText, TextSource},
    },
    engines::imaging::{Thumbnail, same_page},
};

/// Pages before a page that are looked at for a repetition, in papers of many pages.
const DUPLICATE_REACH: usize = 200;
/// Pages beside a page that are looked at for its double without the sticky note.
const NOTE_REACH: usize = 2;
/// Likeness of the ink around the note, at least, where the words agree; and where there are no words.
const LIKE_AROUND_NOTE: (f32, f32) = (0.6, 0.85);

/// What is remembered of a page's looks.
#[derive(Debug, Clone)]
pub struct Sight {
    /// Its ink, small.
    pub thumbnail: Thumbnail,
    /// The sticky note on it.
    pub note: Option<BoxMm>,
}

/// Marks pages that repeat an earlier one, and the doubles of pages with sticky notes; blank pages
/// repeat nothing. All slices have one entry per page.
pub fn mark_repeats(pages: &mut [PageFacts], texts: &[PageText], sights: &[Option<Sight>]) {
    mark_notes(pages, texts, sights);
    mark_duplicates(pages, texts, sights);
}

fn words_of(texts: &[PageText], a: usize, b: usize) -> Option<(&PageText, &PageText)> {
    let (a, b) = (texts.get(a)?, texts.get(b)?);
    (a.source != TextSource::Nothing && b.source != TextSource::Nothing).then_some((a, b))
}

fn mark_notes(pages: &mut [PageFacts], texts: &[PageText], sights: &[Option<Sight>]) {
    for noted in 0..pages.len() {
        let Some((sight, note)) = sights[noted].as_ref().and_then(|s| Some((s, s.note?))) else { continue };
        let near = noted.saturating_sub(NOTE_REACH)..(noted + NOTE_REACH + 1).min(pages.len());
        let clean = near
            .filter(|i| {
                *i != noted && !pages[*i].blank && !pages[*i].has_note && pages[*i].note_pair.is_none()
            })
            .filter_map(|i| {
                let other = sights[i].as_ref()?;
                let size = (pages[noted].width_mm, pages[noted].height_mm);
                let likeness = sight.thumbnail.likeness_around(&other.thumbnail, note, size);
                let is_same = match words_of(texts, noted, i) {
                    Some((a, b)) => likeness >= LIKE_AROUND_NOTE.0 && holds_words(a, b, note),
                    None => likeness >= LIKE_AROUND_NOTE.1,
                };
                is_same.then_some((i, likeness))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((clean, _)) = clean {
            pages[noted].note_pair = Some(pages[clean].position);
            pages[clean].note_pair = Some(pages[noted].position);
        }
    }
}

/// Whether most words beside the note stand on the clean page as well.
fn holds_words(noted: &PageText, clean: &PageText, note: BoxMm) -> bool {
    let is_beside = |b: &BoxMm| {
        b.right() < note.left || b.left > note.right() || b.bottom() < note.top || b.top > note.bottom()
    };
    let words = noted.lines.iter().flat_map(|l| &l.words).filter(|w| is_beside(&w.place));
    let beside: Vec<String> = words.map(|w| w.text.to_lowercase()).collect();
    let there: std::collections::HashSet<String> =
        clean.lines.iter().flat_map(|l| &l.words).map(|w| w.text.to_lowercase()).collect();
    let common = beside.iter().filter(|w| there.contains(*w)).count();
    common * 10 >= beside.len() * 7
}

fn mark_duplicates(pages: &mut [PageFacts], texts: &[PageText], sights: &[Option<Sight>]) {
    for later in 1..pages.len() {
        let Some(sight) = &sights[later] else { continue };
        if pages[later].blank || pages[later].note_pair.is_some() {
            continue;
        }
        let earlier = (later.saturating_sub(DUPLICATE_REACH)..later).find(|earlier| {
            let page = &pages[*earlier];
            let Some(other) = sights[*earlier].as_ref().filter(|_| !page.blank && !page.is_note_double())
            else {
                return false;
            };
            same_page(sight.thumbnail.likeness(&other.thumbnail), words_of(texts, *earlier, later))
        });
        pages[later].duplicate_of = earlier.map(|e| pages[e].position);
    }
}
