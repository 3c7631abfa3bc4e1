//! A paper that was never printed: a PDF with text in embedded fonts, lines, and a picture of seal and signature.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str};

use super::super::container::{self, Depth, Storage};
use super::super::fonts::{Face, slant};
use super::super::ink;
use super::super::raster::Picture;
use super::super::sheet::{Mark, Sheet};
use super::super::{GenerateError, PaperFile};
use super::words;

/// Of the pictures.
const DPI: u32 = 150;
const IDENTITY: SystemInfo =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Numbers of objects as they are needed.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

/// A face with the letters that the paper uses of it.
struct Used {
    id: Ref,
    face: Face,
    letters: BTreeSet<char>,
}

/// A picture with its left bottom corner and its size in points.
struct Placed {
    at: (f32, f32),
    size: (f32, f32),
    picture: Picture,
}

/// The paper as `<stem>.pdf`.
pub fn file(stem: &str, sheet: &Sheet<'_>) -> Result<(String, Vec<PaperFile>), GenerateError> {
    let mut numbers = Numbers(0);
    let (catalogue, tree) = (numbers.next(), numbers.next());
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    pdf.catalog(catalogue).pages(tree);
    let page_ids: Vec<Ref> = sheet.pages.iter().map(|_| numbers.next()).collect();
    pdf.pages(tree).kids(page_ids.iter().copied()).count(page_ids.len() as i32);
    let mut fonts = BTreeMap::new();
    for mark in sheet.pages.iter().flatten() {
        if let Mark::Text { family, style, text, .. } = mark {
            let face = (*family, *style);
            let used = fonts.entry(sheet.fonts.program(face).0).or_insert_with(|| Used {
                id: numbers.next(),
                face,
                letters: BTreeSet::new(),
            });
            used.letters.extend(text.chars().chain([' ']));
        }
    }
    for (marks, &id) in sheet.pages.iter().zip(&page_ids) {
        let (content_id, image_id) = (numbers.next(), numbers.next());
        let picture = picture(sheet, marks);
        let mut node = pdf.page(id);
        node.parent(tree).media_box(Rect::new(0.0, 0.0, sheet.page.0, sheet.page.1)).contents(content_id);
        let mut resources = node.resources();
        if picture.is_some() {
            resources.x_objects().pair(Name(b"Seal"), image_id);
        }
        let mut names = resources.fonts();
        for (slot, used) in &fonts {
            names.pair(Name(format!("F{slot}").as_bytes()), used.id);
        }
        names.finish();
        resources.finish();
        node.finish();
        let content = content(sheet, marks, picture.as_ref());
        pdf.stream(content_id, &content);
        if let Some(Placed { picture, .. }) = &picture {
            let storage =
                Storage { dpi: DPI, depth: Depth::Colour, is_mixed: false, quality: 85, pdf_minor: 7 };
            let bytes = container::jpeg(picture, storage)?;
            let mut image = pdf.image_xobject(image_id, &bytes);
            image.filter(Filter::DctDecode);
            image.width(picture.width as i32).height(picture.height as i32).bits_per_component(8);
            image.color_space().device_rgb();
        }
    }
    for used in fonts.values() {
        embed(&mut pdf, &mut numbers, sheet, used);
    }
    let name = format!("{stem}.pdf");
    Ok((name.clone(), vec![(PathBuf::from(name), pdf.finish())]))
}

/// Seal and pen as a picture; none when the page has neither.
fn picture(sheet: &Sheet<'_>, marks: &[Mark]) -> Option<Placed> {
    let drawn: Vec<Mark> =
        marks.iter().filter(|mark| !matches!(mark, Mark::Text { .. } | Mark::Rule { .. })).cloned().collect();
    if drawn.is_empty() {
        return None;
    }
    let page = ink::draw_sized(&drawn, sheet.fonts, DPI, 1.0, sheet.page);
    let has_ink = |x: usize, y: usize| page.rgb[(y * page.width + x) * 3..][..3] != [255; 3];
    let rows: Vec<usize> = (0..page.height).filter(|&y| (0..page.width).any(|x| has_ink(x, y))).collect();
    let columns: Vec<usize> = (0..page.width).filter(|&x| rows.iter().any(|&y| has_ink(x, y))).collect();
    let (top, bottom) = (*rows.first()?, *rows.last()? + 1);
    let (left, right) = (*columns.first()?, *columns.last()? + 1);
    let mut cut = Picture::white(right - left, bottom - top);
    for (y, row) in cut.rgb.chunks_exact_mut((right - left) * 3).enumerate() {
        let start = ((top + y) * page.width + left) * 3;
        row.copy_from_slice(&page.rgb[start..start + (right - left) * 3]);
    }
    let points = |pixels: usize| pixels as f32 * 72.0 / DPI as f32;
    let at = (points(left), sheet.page.1 - points(bottom));
    Some(Placed { at, size: (points(cut.width), points(cut.height)), picture: cut })
}

fn content(sheet: &Sheet<'_>, marks: &[Mark], picture: Option<&Placed>) -> Vec<u8> {
    let mut content = Content::new();
    if let Some(Placed { at, size, .. }) = picture {
        content.save_state();
        content.transform([size.0, 0.0, 0.0, size.1, at.0, at.1]);
        content.x_object(Name(b"Seal"));
        content.restore_state();
    }
    let height = sheet.page.1;
    let mut spaces = words::spaces(sheet.fonts, marks).into_iter();
    for mark in marks {
        match mark {
            Mark::Text { at, family, style, size, text, .. } => {
                let face = (*family, *style);
                let mut bytes = Vec::new();
                let space = if spaces.next().unwrap_or(true) { " " } else { "" };
                for letter in text.chars().chain(space.chars()) {
                    bytes.extend(sheet.fonts.glyph(face, letter).0.to_be_bytes());
                }
                content.begin_text();
                content.set_font(Name(format!("F{}", sheet.fonts.program(face).0).as_bytes()), *size);
                content.set_text_matrix([1.0, 0.0, slant(face), 1.0, at.0, height - at.1]);
                content.show(Str(&bytes));
                content.end_text();
            }
            Mark::Rule { from, to, width, .. } => {
                content.set_line_width(*width);
                content.move_to(from.0, height - from.1).line_to(to.0, height - to.1).stroke();
            }
            _ => {}
        }
    }
    content.finish().into_vec()
}

/// Writes a face as a font of two-byte glyph numbers, with its letters for whoever copies text.
fn embed(pdf: &mut Pdf, numbers: &mut Numbers, sheet: &Sheet<'_>, used: &Used) {
    let (cid, descriptor, program, unicode) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next());
    let (slot, bytes) = sheet.fonts.program(used.face);
    let name = format!("Face{slot}");
    let name = Name(name.as_bytes());
    pdf.type0_font(used.id)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(unicode);
    let mut font = pdf.cid_font(cid);
    font.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(descriptor);
    font.cid_to_gid_map_predefined(Name(b"Identity")).default_width(0.0);
    let mut cmap = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
    let glyphs: BTreeMap<u16, (f32, char)> = used
        .letters
        .iter()
        .map(|&letter| {
            let (glyph, advance) = sheet.fonts.glyph(used.face, letter);
            (glyph, (advance, letter))
        })
        .collect();
    let mut widths = font.widths();
    for (&glyph, &(advance, letter)) in &glyphs {
        widths.consecutive(glyph, [advance]);
        cmap.pair(glyph, letter);
    }
    widths.finish();
    font.finish();
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(-200.0, -300.0, 1200.0, 1000.0))
        .italic_angle(0.0)
        .ascent(900.0)
        .descent(-220.0)
        .cap_height(660.0)
        .stem_v(80.0)
        .font_file2(program);
    pdf.stream(program, bytes).pair(Name(b"Length1"), bytes.len() as i32);
    pdf.cmap(unicode, &cmap.finish());
}
