//! The prepared field: finding it on page one, and filling it without touching anything else.

use lopdf::{Dictionary, Document, Object, ObjectId, Permissions, dictionary};
use pdf_writer::{Content, Name};

use super::StampError;
use crate::engines::pdf::{
    CODE_FIELD,
    append::{Edit, appended},
    code_mark,
    font::FontBuilder,
    geometry::{BoxPt, PageFrame},
    read,
};

/// A prepared field has to lie in this part of page one, width and height; a stray field of the
/// same name elsewhere is not ours.
const CORNER: (f32, f32) = (0.55, 0.15);
/// Annotation flags that keep a field from being seen: invisible, hidden, no view.
const UNSEEN_FLAGS: i64 = 0b10_0011;

/// The field `MaSoHoa` with its single face on page one.
pub(super) struct Prepared {
    id: ObjectId,
    /// The face, where it is an object of its own.
    widget: ObjectId,
    frame: PageFrame,
    /// Its box on the page as seen.
    pub(super) place: BoxPt,
}

/// Finds the prepared field: a text field in the top-left corner of page one that can be seen.
pub(super) fn find(document: &Document) -> Option<Prepared> {
    let field = read::fields(document).into_iter().find(|f| f.name == CODE_FIELD && f.kind == b"Tx")?;
    let dictionary = document.get_dictionary(field.id).ok()?;
    let widget = match dictionary.get_deref(b"Kids", document).and_then(Object::as_array) {
        Ok(kids) => {
            let [kid] = &kids[..] else { return None };
            kid.as_reference().ok()?
        }
        Err(_) => field.id,
    };
    let page = document.get_dictionary(document.page_iter().next()?).ok()?;
    let annotations = page.get_deref(b"Annots", document).and_then(Object::as_array).ok()?;
    if !annotations.iter().any(|annotation| annotation.as_reference().is_ok_and(|id| id == widget)) {
        return None;
    }
    let face = document.get_dictionary(widget).ok()?;
    let flags = face.get_deref(b"F", document).and_then(Object::as_i64).unwrap_or(0);
    let frame = read::page_frame(document, page)?;
    let rect = read::rectangle(document, face.get_deref(b"Rect", document).ok()?)?;
    let place = frame.rect_to_seen(rect);
    let (width, height) = frame.seen_size_pt();
    let is_in_corner = place.left >= -1.0
        && place.top >= -1.0
        && place.left + place.width <= width * CORNER.0
        && place.top + place.height <= height * CORNER.1;
    (is_in_corner && flags & UNSEEN_FLAGS == 0).then_some(Prepared { id: field.id, widget, frame, place })
}

/// What goes behind the file: `/V` and `/AP` of the field.
pub(super) fn fill(
    pdf: &[u8],
    document: &Document,
    prepared: &Prepared,
    text: &str,
) -> Result<Vec<u8>, StampError> {
    if let Some(encryption) = &document.encryption_state
        && !encryption.permissions().intersects(Permissions::FILLABLE | Permissions::ANNOTABLE)
    {
        return Err(StampError::Protected);
    }
    let mut edit = Edit::new(document);
    let face = add_face(&mut edit, prepared, text)?;
    let mut field = dictionary_of(document, prepared.id)?;
    field.set("V", lopdf::text_string(text));
    let appearance = dictionary! { "N" => face };
    if prepared.widget == prepared.id {
        field.set("AP", appearance);
    } else {
        let mut widget = dictionary_of(document, prepared.widget)?;
        widget.set("AP", appearance);
        edit.set(prepared.widget, widget);
    }
    edit.set(prepared.id, field);
    Ok(appended(pdf, document, edit)?)
}

fn dictionary_of(document: &Document, id: ObjectId) -> Result<Dictionary, StampError> {
    Ok(document.get_dictionary(id).map_err(|_| read::ReadError::Damaged)?.clone())
}

/// The code as a form, upright as the page is seen.
fn add_face(edit: &mut Edit, prepared: &Prepared, text: &str) -> Result<ObjectId, StampError> {
    let BoxPt { width, height, .. } = prepared.place;
    let laid_out = code_mark::lay_out(text, width, height)?;
    let mut font = FontBuilder::default();
    let lines = laid_out.encode(&mut font)?;
    let mut content = Content::new();
    content.begin_marked_content(Name(b"Tx")).save_state();
    laid_out.draw(&mut content, Name(b"Tinos"), &lines, (0.0, height));
    content.restore_state().end_marked_content();
    let font = edit.add_font(font.embed()?);
    let real = |v: f32| Object::Real(v);
    let matrix: Vec<Object> = prepared.frame.appearance_matrix(width, height).into_iter().map(real).collect();
    let form = dictionary! {
        "Type" => "XObject", "Subtype" => "Form",
        "BBox" => vec![real(0.0), real(0.0), real(width), real(height)],
        "Matrix" => matrix,
        "Resources" => dictionary! { "Font" => dictionary! { "Tinos" => font } },
    };
    Ok(edit.add_stream(form, content.finish().to_vec()))
}
