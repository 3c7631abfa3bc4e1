//! What a reader sees: pages on which something permitted was changed, rendered as they were signed and
//! as they are now.
//!
//! Outside the places where something may change they have to look the same; inside, nothing that was
//! seen may be hidden. What cannot be rendered, or not in time, is said and never passed.

use std::{cell::LazyCell, collections::BTreeSet, sync::Arc};

use hayro::kurbo;
use unicode_normalization::UnicodeNormalization;

use super::{
    changes::{self, ChangeKind, Changes, Findings, Limits, Touched, Why, message},
    locate::Located,
};
use crate::engines::pdf::{
    growing::GrowingFile,
    letters::{Overlaid, Read},
    revisions::RevisedPdf,
    views::View,
};

/// Room around a place that may change, pixels: smoothed edges.
const MARGIN_PX: i64 = 2;
/// A pixel differs when one of its colours differs by more.
const DIFFERENT: u8 = 40;
/// So many pixels that differ are seen.
const MOST_DIFFERENT_PX: usize = 12;
/// Edges of strokes: how far apart two pixels are held against each other, how much darker one has to
/// be, and how much of that has to be left for the stroke to be seen still.
const REACH_PX: u32 = 3;
const STROKE: i32 = 90;
const FAINT: i32 = 30;
/// So many lost edges, and this part of those in the place, mean that something is covered.
const MOST_LOST: usize = 30;
const LOST_PART: f32 = 0.05;
/// So many edges lost because ink gave way to paper mean that something is erased, be it one digit.
const MOST_ERASED: usize = 12;
/// A square of so many pixels a side, with so many edges and more than this part of them lost, is hidden;
/// letters over a dotted line do not lose so many.
const TILE_PX: u32 = 32;
const TILE_EDGES: usize = 24;
const TILE_PART: f32 = 0.7;
/// A face over more than this part of a page, or of its ink, is no seal any more.
const LARGEST_PART: f32 = 0.25;
/// The same for the place that a face takes, drawn on or not.
const LARGEST_PLACE: f32 = 0.5;

/// Looks at the revisions of one file.
pub struct Looks<'p, 'a> {
    pdf: &'p RevisedPdf<'a>,
    file: &'p GrowingFile,
}

impl<'p, 'a> Looks<'p, 'a> {
    /// `pdf` is read from `file`.
    pub fn over(pdf: &'p RevisedPdf<'a>, file: &'p GrowingFile) -> Self {
        Self { pdf, file }
    }

    /// What was changed after the signature at `which`, objects and looks.
    pub fn after(&mut self, located: &[Located<'_>], which: usize, limits: &Limits<'_>) -> Changes {
        let found = changes::after(self.pdf, located, which, limits);
        match located.get(which) {
            Some(one) => self.check(one, found, limits),
            None => found,
        }
    }

    /// Holds what is seen against what was signed, on the pages that [`super::changes::after`] found
    /// touched. Never makes a finding better.
    pub fn check(&mut self, one: &Located<'_>, changes: Changes, limits: &Limits<'_>) -> Changes {
        let is_forbidden = changes.items.iter().any(|item| !item.kind.is_permitted());
        if changes.touched.is_empty() || is_forbidden {
            return changes;
        }
        let (touched, n_pages) = (changes.touched.clone(), changes.n_pages);
        let mut found = Findings::from_changes(changes);
        let pages: BTreeSet<usize> = touched.iter().map(|place| place.page).collect();
        if pages.len() > limits.most_pages {
            found.give_up();
        }
        for page in pages.into_iter().take(limits.most_pages) {
            if (limits.is_late)() {
                found.give_up();
                break;
            }
            let places: Vec<Touched> = touched.iter().filter(|place| place.page == page).copied().collect();
            let was = self.picture((one.revision, page, false), n_pages);
            let is = self.picture((self.pdf.newest(), page, false), n_pages);
            // Under a field that held something, the page itself has to stay to be seen.
            let is_refilled = places.iter().any(|place| place.why == Why::Refilled);
            let bare =
                if is_refilled { self.picture((one.revision, page, true), n_pages) } else { was.clone() };
            match (was, bare, is) {
                (Some(was), Some(bare), Some(is)) => {
                    Comparison { was: &was, bare: &bare, is: &is }.tell(page, &places, &mut found);
                }
                _ => found.give_up(),
            }
            self.hold_against_letters(page, &places, &mut found);
        }
        found.into_changes()
    }

    /// What fields say that were filled in against the letters that are seen there.
    fn hold_against_letters(&mut self, page: usize, places: &[Touched], found: &mut Findings) {
        if places.iter().all(|place| place.said.is_none()) {
            return;
        }
        let newest = self.file.opened(self.length_of(self.pdf.newest()), self.pdf.password());
        let overlaid = newest.and_then(|pdf| Overlaid::of(&pdf, page));
        for place in places {
            let Some(said) = place.said.and_then(|at| found.said(at)) else { continue };
            let read = overlaid.as_ref().map_or(Read::Unknown, |overlaid| overlaid.read(place.area));
            let is_other = match read {
                Read::Letters(letters) if !said.texts.is_empty() => {
                    let letters = bare(&letters);
                    let is_it = |text: &String| {
                        let text = bare(text);
                        text == letters || (said.is_list && letters.contains(&text))
                    };
                    if said.texts.iter().any(is_it) {
                        continue;
                    }
                    true
                }
                _ => false,
            };
            let told = message::face(&said.name, is_other);
            found.add(ChangeKind::FaceDoubtful, told);
        }
    }

    /// A page of a revision; `None` where it cannot be shown whole, or the renderer counts other pages.
    fn picture(&self, (revision, page, is_bare): (usize, usize, bool), n_pages: usize) -> Option<Arc<View>> {
        let view = self.file.view((self.length_of(revision), page, is_bare), self.pdf.password());
        view.filter(|view| view.n_pages == n_pages)
    }

    fn length_of(&self, revision: usize) -> usize {
        let is_newest = revision == self.pdf.newest();
        if is_newest { self.pdf.bytes().len() } else { self.pdf.bytes_of(revision).len() }
    }
}

/// A text without what is not seen: spaces, line ends, the way its marks are put together.
fn bare(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{ad}').collect()
}

/// A place in pixels: left, top, right, bottom; the last ones outside.
#[derive(Clone, Copy)]
struct Place {
    edges: [u32; 4],
    why: Why,
}

impl Place {
    fn contains(&self, x: u32, y: u32) -> bool {
        let [left, top, right, bottom] = self.edges;
        (left..right).contains(&x) && (top..bottom).contains(&y)
    }
}

/// A page as it was signed, without what lies over it, and as it is now.
struct Comparison<'b> {
    was: &'b View,
    bare: &'b View,
    is: &'b View,
}

impl Comparison<'_> {
    fn tell(&self, page: usize, touched: &[Touched], found: &mut Findings) {
        let mut tell = |kind: ChangeKind| found.add(kind, message::on_page(kind, page));
        let (width, height) = self.was.pixels.dimensions();
        if [self.bare, self.is].iter().any(|other| other.pixels.dimensions() != (width, height)) {
            tell(ChangeKind::Looks);
            return;
        }
        let places: Vec<Place> = touched.iter().filter_map(|place| in_pixels(self.is, place)).collect();
        let may_change: Vec<Place> = places.into_iter().filter(|p| p.why != Why::SameValue).collect();
        if self.n_different_outside(&may_change) > MOST_DIFFERENT_PX {
            tell(ChangeKind::Looks);
        }
        let n_on_page = LazyCell::new(|| self.edges([0, 0, width, height], false).n_all as f32);
        for place in may_change {
            let here = self.edges(place.edges, place.why == Why::Refilled);
            let is_much = here.n_lost > MOST_LOST;
            let is_covered = is_much && here.n_lost as f32 > LOST_PART * here.n_all as f32;
            let is_hidden = here.n_erased > MOST_ERASED || here.has_lost_tile();
            let is_huge = self.changed_part(place.edges) > LARGEST_PART
                || self.part(place.edges) > LARGEST_PLACE
                || (is_much && here.n_lost as f32 > LARGEST_PART * *n_on_page);
            match place.why {
                Why::Face if is_huge => tell(ChangeKind::Looks),
                Why::Face if is_covered => tell(ChangeKind::CoversInk),
                Why::Filled | Why::Refilled | Why::Comment if is_hidden || is_huge => tell(ChangeKind::Looks),
                _ => {}
            }
        }
    }

    fn n_different_outside(&self, may_change: &[Place]) -> usize {
        let bytes_in_row = self.was.pixels.width() as usize * 3;
        let (was, is) = (self.was.pixels.as_raw(), self.is.pixels.as_raw());
        let rows = was.chunks_exact(bytes_in_row).zip(is.chunks_exact(bytes_in_row));
        let is_outside = |x, y| !may_change.iter().any(|place| place.contains(x, y));
        // Most rows are the same byte by byte.
        let changed = (0..).zip(rows).filter(|(_, (before, after))| before != after);
        let in_row = |(y, (before, after)): (u32, (&[u8], &[u8]))| {
            let pixels = (0..).zip(before.chunks_exact(3).zip(after.chunks_exact(3)));
            pixels.filter(|(x, (before, after))| differ(before, after) && is_outside(*x, y)).count()
        };
        changed.map(in_row).sum()
    }

    /// What part of the page a place takes.
    fn part(&self, [left, top, right, bottom]: [u32; 4]) -> f32 {
        let (width, height) = self.was.pixels.dimensions();
        ((right - left) as f32 * (bottom - top) as f32) / (width as f32 * height as f32).max(1.0)
    }

    /// What part of the page is changed within a place.
    fn changed_part(&self, edges: [u32; 4]) -> f32 {
        let is_changed = |(x, y): &(u32, u32)| {
            differ(&self.was.pixels.get_pixel(*x, *y).0, &self.is.pixels.get_pixel(*x, *y).0)
        };
        let (width, height) = self.was.pixels.dimensions();
        pixels_of(edges).filter(is_changed).count() as f32 / (width as f32 * height as f32).max(1.0)
    }

    /// Edges of strokes in a place; with `of_page`, only those of the page itself count that were seen.
    fn edges(&self, place: [u32; 4], of_page: bool) -> Edges {
        let (width, height) = self.was.pixels.dimensions();
        let n_across = width.div_ceil(TILE_PX) as usize;
        let tiles = vec![(0, 0); n_across * height.div_ceil(TILE_PX) as usize];
        let mut edges = Edges { n_all: 0, n_lost: 0, n_erased: 0, tiles };
        for (x, y) in pixels_of(place) {
            for (to_x, to_y) in [(x + REACH_PX, y), (x, y + REACH_PX)] {
                if to_x >= width.min(place[2]) || to_y >= height.min(place[3]) {
                    continue;
                }
                let contrast = |picture: &View| shade(picture, x, y) - shade(picture, to_x, to_y);
                let before = contrast(self.was);
                if before.abs() < STROKE || (of_page && contrast(self.bare) * before.signum() < STROKE) {
                    continue;
                }
                let at = (y / TILE_PX) as usize * n_across + (x / TILE_PX) as usize;
                let Some(tile) = edges.tiles.get_mut(at) else { continue };
                tile.0 += 1;
                edges.n_all += 1;
                if contrast(self.is) * before.signum() < FAINT {
                    tile.1 += 1;
                    edges.n_lost += 1;
                    let (x, y) = if before < 0 { (x, y) } else { (to_x, to_y) };
                    edges.n_erased += usize::from(shade(self.is, x, y) - shade(self.was, x, y) > STROKE);
                }
            }
        }
        edges
    }
}

/// How light a pixel is, 0 to 255; white off the page.
fn shade(picture: &View, x: u32, y: u32) -> i32 {
    picture.shades.get_pixel_checked(x, y).map_or(255, |shade| i32::from(shade.0[0]))
}

/// The pixels of a place, with room around it; `None` where it lies off the page.
fn in_pixels(picture: &View, touched: &Touched) -> Option<Place> {
    let [x0, y0, x1, y1] = touched.area.map(f64::from);
    let corner = |x, y| picture.to_px * kurbo::Point::new(x, y);
    let (one, other) = (corner(x0, y0), corner(x1, y1));
    let (width, height) = picture.pixels.dimensions();
    // Casts saturate; what is off the page is cut away.
    let cut = |px: f64, margin: i64, most: u32| {
        u32::try_from((px as i64).saturating_add(margin).clamp(0, i64::from(most))).unwrap_or(most)
    };
    let edges = [
        cut(one.x.min(other.x).floor(), -MARGIN_PX, width),
        cut(one.y.min(other.y).floor(), -MARGIN_PX, height),
        cut(one.x.max(other.x).ceil(), MARGIN_PX, width),
        cut(one.y.max(other.y).ceil(), MARGIN_PX, height),
    ];
    (edges[0] < edges[2] && edges[1] < edges[3]).then_some(Place { edges, why: touched.why })
}

fn differ(before: &[u8], after: &[u8]) -> bool {
    before.iter().zip(after).any(|(before, after)| before.abs_diff(*after) > DIFFERENT)
}

/// Edges of strokes in a place, and how many of them are not seen any more.
struct Edges {
    n_all: usize,
    n_lost: usize,
    /// Those of the lost ones whose ink gave way to paper.
    n_erased: usize,
    /// All and lost ones by squares of the page.
    tiles: Vec<(usize, usize)>,
}

impl Edges {
    fn has_lost_tile(&self) -> bool {
        let is_lost = |(n_all, n_lost): &(usize, usize)| {
            *n_all >= TILE_EDGES && *n_lost as f32 > TILE_PART * *n_all as f32
        };
        self.tiles.iter().any(is_lost)
    }
}

fn pixels_of([left, top, right, bottom]: [u32; 4]) -> impl Iterator<Item = (u32, u32)> {
    (top..bottom).flat_map(move |y| (left..right).map(move |x| (x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::{
        locate::locate,
        testing::{Paper, text_field},
        verdict::Modification::{self, Forbidden, Permitted},
    };

    const LIMITS: Limits<'static> = Limits { most_objects: 100_000, most_pages: 5, is_late: &|| false };

    fn seen(paper: &Paper, limits: &Limits<'_>) -> Changes {
        let file = GrowingFile::new(paper.bytes.clone());
        let pdf = RevisedPdf::open(&file, None).unwrap();
        let located = locate(&pdf);
        Looks::over(&pdf, &file).after(&located, 0, limits)
    }

    fn kinds(changes: &Changes) -> (Modification, Vec<ChangeKind>) {
        (changes.level, changes.items.iter().map(|item| item.kind).collect())
    }

    fn signed() -> Paper {
        let mut paper = Paper::two_pages();
        paper.sign(20, "CanBo", "");
        paper
    }

    fn check(update: impl Fn(&mut Paper), level: Modification, expected: &[ChangeKind]) {
        let mut paper = signed();
        update(&mut paper);
        paper.close();
        let found = seen(&paper, &LIMITS);
        assert_eq!(kinds(&found), (level, expected.to_vec()), "{:?}", found.items);
        assert!(found.is_complete);
    }

    const CORNER: &str = "[10 360 130 380]";

    /// Fills the text field, which lies at a place, with a face.
    fn fill(value: &'static str, place: &'static str, drawing: &'static str) -> impl Fn(&mut Paper) {
        move |paper| {
            let field = text_field(value, "").replace(CORNER, place);
            paper.object(9, &field.replace("11 0 R", "40 0 R"));
            let fonts = "/Resources<</Font<</F1 7 0 R>>>>";
            paper.stream(40, &format!("/Type/XObject/Subtype/Form/BBox[0 0 120 20]{fonts}"), drawing);
        }
    }

    /// Signs with a face over a rectangle of page one.
    fn face(rect: &'static str, drawing: &'static str) -> impl Fn(&mut Paper) {
        move |paper| {
            let fields = "9 0 R 10 0 R 20 0 R 30 0 R";
            let fonts = "/DR<</Font<</F1 7 0 R>>>>";
            paper.object(8, &format!("<</Fields[{fields}]/SigFlags 3/DA(/F1 10 Tf 0 g){fonts}>>"));
            let page = "/MediaBox[0 0 300 400]/Contents 5 0 R/Resources<</Font<</F1 7 0 R>>>>";
            paper.object(3, &format!("<</Type/Page/Parent 2 0 R{page}/Annots[9 0 R 10 0 R 30 0 R]>>"));
            let widget = format!("/Type/Annot/Subtype/Widget/Rect[{rect}]/F 132/P 3 0 R");
            paper.object(30, &format!("<<{widget}/FT/Sig/T(Hai)/V 31 0 R/AP<</N 32 0 R>>>>"));
            paper.stream(32, "/Type/XObject/Subtype/Form/BBox[0 0 100 100]", drawing).signature(31, "");
        }
    }

    #[test]
    fn a_filled_field_hides_nothing() {
        use ChangeKind::{FaceDoubtful, FieldFilled, Looks};
        check(fill("001", CORNER, "BT /F1 10 Tf 2 5 Td (001) Tj ET"), Permitted, &[FieldFilled]);
        // Prepared over the text of the page, filled with a patch of paper, or of ink.
        for patch in ["1 g 0 0 120 20 re f", "0 g 0 0 120 20 re f"] {
            let mut paper = Paper::two_pages();
            let place = "[20 190 150 225]";
            paper.object(9, &text_field("", "").replace(CORNER, place)).close();
            paper.sign(20, "CanBo", "");
            fill("x", place, patch)(&mut paper);
            paper.close();
            assert_eq!(kinds(&seen(&paper, &LIMITS)), (Forbidden, vec![FieldFilled, Looks, FaceDoubtful]));
        }
        // One digit of an amount.
        for patch in ["1 g 0 0 120 20 re f", "0 g 0 0 120 20 re f"] {
            let mut paper = Paper::two_pages();
            let place = "[100 195 108 208]";
            paper.object(9, &text_field("", "").replace(CORNER, place));
            paper.stream(5, "", "BT /F1 11 Tf 70 198 Td (9000 1000 dong) Tj ET").close();
            paper.sign(20, "CanBo", "");
            fill("x", place, patch)(&mut paper);
            assert_eq!(
                kinds(&seen(paper.close(), &LIMITS)),
                (Forbidden, vec![FieldFilled, Looks, FaceDoubtful]),
                "{patch}"
            );
        }
        // Letters over the dotted line of a form.
        let mut paper = Paper::two_pages();
        paper.stream(5, "", "1 w [1 2] 0 d 10 365 m 130 365 l S").close().sign(20, "CanBo", "");
        fill("Nguyen Thi Bich", CORNER, "BT /F1 14 Tf 2 3 Td (Nguyen Thi Bich) Tj ET")(&mut paper);
        assert_eq!(kinds(&seen(paper.close(), &LIMITS)), (Permitted, vec![FieldFilled]));
        // Filled before it was signed with something that hid nothing, and after it with something that does.
        let mut paper = Paper::two_pages();
        let place = "[20 190 150 225]";
        fill("a", place, "BT /F1 4 Tf 2 2 Td (a) Tj ET")(&mut paper);
        paper.close().sign(20, "CanBo", "");
        let told = |text: &'static str, drawing: &'static str| {
            let mut paper = paper.clone();
            fill(text, place, drawing)(&mut paper);
            paper.close();
            kinds(&seen(&paper, &LIMITS))
        };
        assert_eq!(told("b", "BT /F1 4 Tf 2 2 Td (b) Tj ET"), (Permitted, vec![FieldFilled]));
        assert_eq!(told("b", "1 g 0 0 120 20 re f"), (Forbidden, vec![FieldFilled, Looks, FaceDoubtful]));
        // The value is the same, the face is not.
        let swap = |paper: &mut Paper| {
            paper.stream(11, "/Type/XObject/Subtype/Form/BBox[0 0 120 20]", "0 g 0 0 60 10 re f");
        };
        check(swap, Forbidden, &[FieldFilled, Looks]);
    }

    #[test]
    fn a_seal_may_touch_ink_and_not_cover_the_page() {
        use ChangeKind::{CoversInk, Looks, Signature};
        check(face("200 20 290 90", "1 0 0 RG 5 5 90 90 re S"), Permitted, &[Signature]);
        check(face("20 190 150 225", "1 0 0 RG 1 1 98 98 re S"), Permitted, &[Signature]);
        // Over one letter of eight.
        check(face("28 190 44 225", "1 g 0 0 100 100 re f"), Permitted, &[Signature, CoversInk]);
        check(face("0 0 300 400", "1 g 0 0 100 100 re f"), Forbidden, &[Signature, Looks]);
        check(face("0 0 300 300", "1 0 0 rg 0 0 100 100 re f"), Forbidden, &[Signature, Looks]);
    }

    #[test]
    fn an_empty_field_for_a_signature_shows_nothing() {
        use ChangeKind::{Looks, SignatureField};
        let unsigned = |drawing: &'static str| {
            move |paper: &mut Paper| {
                face("20 190 150 225", drawing)(paper);
                let widget = "/Type/Annot/Subtype/Widget/Rect[20 190 150 225]/F 132/P 3 0 R";
                let field = format!("30 0 obj\n<<{widget}/FT/Sig/T(Hai)/V 31 0 R");
                *paper = paper.spoil(&field, &field.replace("/V 31 0 R", "         "));
            }
        };
        check(unsigned(""), Permitted, &[SignatureField]);
        check(unsigned("1 0 0 RG 0 0 100 100 re S"), Forbidden, &[SignatureField, Looks]);
    }

    #[test]
    fn a_comment_covers_nothing() {
        use ChangeKind::{Comment, Looks};
        let comment = |drawing: &'static str| {
            move |paper: &mut Paper| {
                let page = "/MediaBox[0 0 300 400]/Contents 5 0 R/Resources<</Font<</F1 7 0 R>>>>";
                paper.object(3, &format!("<</Type/Page/Parent 2 0 R{page}/Annots[9 0 R 10 0 R 30 0 R]>>"));
                let rect = "/Rect[20 190 150 225]/F 4/AP<</N 31 0 R>>";
                paper.object(30, &format!("<</Type/Annot/Subtype/Ink{rect}>>"));
                paper.stream(31, "/Type/XObject/Subtype/Form/BBox[0 0 100 100]", drawing);
            }
        };
        check(comment("1 0 0 RG 0 10 m 100 10 l S"), Permitted, &[Comment]);
        check(comment("1 g 0 0 100 100 re f"), Forbidden, &[Comment, Looks]);
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let mut paper = signed();
        fill("001", CORNER, "BT /F1 10 Tf 2 5 Td (001) Tj ET")(&mut paper);
        paper.close();
        for limits in [Limits { most_pages: 0, ..LIMITS }, Limits { is_late: &|| true, ..LIMITS }] {
            let found = seen(&paper, &limits);
            assert_eq!((found.level, found.is_complete), (Permitted, false), "{:?}", found.items);
        }
    }
}
