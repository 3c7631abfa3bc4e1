//! The code as content of page one of a foreign, unsigned PDF: placed where the least ink is,
//! appended where that is safe, and looked at afterwards.

use std::sync::Arc;

use lopdf::{Dictionary, Document, Object, ObjectId, Permissions};
use pdf_writer::{Content, Name};

use super::StampError;
use crate::{
    domain::page::BoxMm,
    engines::pdf::{
        CODE_MARK_KEY,
        append::{Edit, append, can_append, rewrite},
        balance::Balance,
        code_mark::{self, PlacedCode},
        font::FontBuilder,
        geometry::{BoxPt, PageFrame},
        growing::GrowingFile,
        ink::InkMap,
        read::{self, ReadError},
        views::View,
    },
};

/// Private key in the dictionary of page one: where the code stands, user units.
const PLACE_KEY: &str = "SohoaViTri";
/// Most pixels outside the box that may differ after writing: none, but for rounding at its edge.
const EDGE_PX: f32 = 3.0;

/// A file with the code in its page content.
pub(super) struct Written {
    pub(super) pdf: Vec<u8>,
    pub(super) place: BoxPt,
    pub(super) ink_share: f32,
}

/// Where our mark on page one says the code stands.
pub(super) fn marked_box(document: &Document) -> Option<BoxMm> {
    let page = document.get_dictionary(document.page_iter().next()?).ok()?;
    let frame = read::page_frame(document, page)?;
    let rect = read::rectangle(document, page.get_deref(PLACE_KEY.as_bytes(), document).ok()?)?;
    Some(frame.rect_to_seen(rect).to_mm())
}

/// Draws the code on page one. `document` is opened whole where nothing can be appended to it.
pub(super) fn write(file: &GrowingFile, document: Document, text: &str) -> Result<Written, StampError> {
    if let Some(encryption) = &document.encryption_state
        && !encryption.permissions().contains(Permissions::MODIFIABLE)
    {
        return Err(StampError::Protected);
    }
    let page_id = document.page_iter().next().ok_or(ReadError::NoPages)?;
    let (frame, seen, placed) = place(file, &document, text)?;
    let (mut edit, content) = begin(&document, page_id, &frame, &placed)?;
    let mut page = content.add(&document, &mut edit, page_id, balance(file)?)?;
    page.set(CODE_MARK_KEY, lopdf::text_string(text));
    let rect: Vec<Object> = frame.rect_to_user(placed.place).into_iter().map(Object::Real).collect();
    page.set(PLACE_KEY, rect);
    edit.set(page_id, page);
    let pdf = proved(file, document, edit, &seen, &frame, placed.place)?;
    Ok(Written { pdf, place: placed.place, ink_share: placed.ink_share })
}

/// The file with what was edited, once it shows what it should.
fn proved(
    file: &GrowingFile,
    document: Document,
    edit: Edit,
    seen: &View,
    frame: &PageFrame,
    place: BoxPt,
) -> Result<Vec<u8>, StampError> {
    let pdf =
        if can_append(file, &document) { append(file, &document, edit)? } else { rewrite(document, edit)? };
    let written = GrowingFile::new(pdf);
    prove(&written, seen, frame, place)?;
    Ok(written.into_bytes())
}

/// Where the code goes on page one, and what the page looks like.
pub(super) fn place(
    file: &GrowingFile,
    document: &Document,
    text: &str,
) -> Result<(PageFrame, Arc<View>, PlacedCode), StampError> {
    let page_id = document.page_iter().next().ok_or(ReadError::NoPages)?;
    let page = document.get_dictionary(page_id).map_err(|_| ReadError::Damaged)?;
    let frame = read::page_frame(document, page).ok_or(ReadError::Damaged)?;
    let seen = look(file, &frame)?;
    let ink = ink_of(&seen, &frame)?;
    let placed = code_mark::place_code(text, frame.seen_size_pt(), &ink)?;
    Ok((frame, seen, placed))
}

/// Page one as it is seen; what is missing there cannot be kept clear.
fn look(file: &GrowingFile, frame: &PageFrame) -> Result<Arc<View>, StampError> {
    let pdf = file.opened(file.len(), "").ok_or(ReadError::Damaged)?;
    let pages = pdf.pages();
    let page = pages.first().ok_or(ReadError::NoPages)?;
    // Two parsers must mean the same page.
    let (width, height) = page.render_dimensions();
    let (seen_width, seen_height) = frame.seen_size_pt();
    let differs = |a: f32, b: f32| (a * frame.unit_pt - b).abs() > 1.5 * frame.unit_pt.max(1.0);
    if differs(width, seen_width) || differs(height, seen_height) {
        return Err(ReadError::Damaged.into());
    }
    file.view((file.len(), 0, false), "").ok_or(StampError::Unseen)
}

fn ink_of(seen: &View, frame: &PageFrame) -> Result<InkMap, StampError> {
    InkMap::new(&seen.shades, frame.seen_size_pt()).ok_or(StampError::Unseen)
}

/// How the content of page one leaves the graphics state.
fn balance(file: &GrowingFile) -> Result<Balance, StampError> {
    let pdf = file.opened(file.len(), "").ok_or(ReadError::Damaged)?;
    Ok(Balance::of(pdf.pages().first().ok_or(ReadError::NoPages)?))
}

/// Lines drawn on page one, with what they need.
struct Drawn {
    content: Vec<u8>,
    resources: Dictionary,
}

/// Draws lines at a place of the page as seen.
fn begin(
    document: &Document,
    page_id: ObjectId,
    frame: &PageFrame,
    placed: &PlacedCode,
) -> Result<(Edit, Drawn), StampError> {
    let page = document.get_dictionary(page_id).map_err(|_| ReadError::Damaged)?;
    let mut edit = Edit::new(document);
    let mut font = FontBuilder::default();
    let lines = placed.laid_out.encode(&mut font)?;
    let font = edit.add_font(font.embed()?);
    let (mut resources, font_name) = resources(document, page);
    if let Ok(Object::Dictionary(fonts)) = resources.get_mut(b"Font") {
        fonts.set(font_name.as_str(), font);
    }
    let (_, page_height) = frame.seen_size_pt();
    let mut content = Content::new();
    content.save_state().transform(frame.seen_to_user());
    let corner = (placed.place.left, page_height - placed.place.top);
    placed.laid_out.draw(&mut content, Name(font_name.as_bytes()), &lines, corner);
    content.restore_state();
    Ok((edit, Drawn { content: content.finish().to_vec(), resources }))
}

impl Drawn {
    /// The dictionary of page one with this after its content.
    fn add(
        self,
        document: &Document,
        edit: &mut Edit,
        page_id: ObjectId,
        balance: Balance,
    ) -> Result<Dictionary, StampError> {
        let mut page = document.get_dictionary(page_id).map_err(|_| ReadError::Damaged)?.clone();
        let (before, mut after) = balance.brackets();
        after.extend_from_slice(&self.content);
        let mut contents = vec![Object::Reference(edit.add_stream(Dictionary::new(), before))];
        contents.extend(document.get_page_contents(page_id).into_iter().map(Object::Reference));
        contents.push(edit.add_stream(Dictionary::new(), after).into());
        page.set("Contents", contents);
        page.set("Resources", self.resources);
        Ok(page)
    }
}

/// Prints a note at the foot of page one of an unsigned file, where the least ink is, and marks the page.
pub(super) fn write_note(input: Vec<u8>, text: &str, mark: (&str, &str)) -> Result<Vec<u8>, StampError> {
    let document = read::open(&input)?;
    let file = GrowingFile::new(input);
    let page_id = document.page_iter().next().ok_or(ReadError::NoPages)?;
    let page = document.get_dictionary(page_id).map_err(|_| ReadError::Damaged)?;
    let frame = read::page_frame(&document, page).ok_or(ReadError::Damaged)?;
    let seen = look(&file, &frame)?;
    let placed = code_mark::place_note(text, frame.seen_size_pt(), &ink_of(&seen, &frame)?)?;
    let (mut edit, content) = begin(&document, page_id, &frame, &placed)?;
    let mut page = content.add(&document, &mut edit, page_id, balance(&file)?)?;
    page.set(mark.0, lopdf::text_string(mark.1));
    edit.set(page_id, page);
    proved(&file, document, edit, &seen, &frame, placed.place)
}

/// The resources of the page, inherited ones too, with a dictionary of fonts that is its own; and a
/// name that is free in it.
fn resources(document: &Document, page: &Dictionary) -> (Dictionary, String) {
    let inherited = read::inherited(document, page, b"Resources").and_then(|o| o.as_dict().ok());
    let mut resources = inherited.cloned().unwrap_or_default();
    let fonts = document.get_dict_in_dict(&resources, b"Font").cloned().unwrap_or_default();
    let free = (0..=fonts.len()).map(|n| format!("SohoaTinos{n}")).find(|name| !fonts.has(name.as_bytes()));
    resources.set("Font", fonts);
    (resources, free.expect("one more name than there are fonts"))
}

/// Looks at the page again: nothing outside the box has changed, and something is in it.
pub(super) fn prove(
    file: &GrowingFile,
    before: &View,
    frame: &PageFrame,
    place: BoxPt,
) -> Result<(), StampError> {
    let after = file.view((file.len(), 0, false), "").ok_or(StampError::NotProven)?;
    let (across, down) = after.shades.dimensions();
    if (across, down) != before.shades.dimensions() {
        return Err(StampError::NotProven);
    }
    let (width, height) = frame.seen_size_pt();
    let (kx, ky) = (across as f32 / width, down as f32 / height);
    let BoxPt { left, top, width, height } = place;
    let columns = left * kx - EDGE_PX..(left + width) * kx + EDGE_PX;
    let rows = top * ky - EDGE_PX..(top + height) * ky + EDGE_PX;
    let in_row = across as usize;
    let pairs = after.shades.chunks_exact(in_row).zip(before.shades.chunks_exact(in_row));
    let mut n_darker = 0u32;
    for (y, (now, was)) in pairs.enumerate() {
        if now == was {
            continue;
        }
        for (x, (new, old)) in now.iter().zip(was).enumerate() {
            let is_inside = columns.contains(&(x as f32)) && rows.contains(&(y as f32));
            if !is_inside && new != old {
                return Err(StampError::NotProven);
            }
            n_darker += u32::from(new.saturating_add(16) < *old);
        }
    }
    // On a page that is black there already, no letter can show.
    if n_darker < 8 { Err(StampError::NotProven) } else { Ok(()) }
}
