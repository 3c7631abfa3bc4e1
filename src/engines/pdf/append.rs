//! Changes to a PDF as an incremental update: earlier bytes stay, changed and new objects follow.
//!
//! Refuses a file whose cross-reference data had to be guessed: what is appended there cannot be
//! found again. The form of the cross-reference data follows the last section. Knows nothing of
//! what is changed.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use serde::{Deserialize, Serialize};

use super::{
    font::{ASCENT, DESCENT, EmbeddedFont},
    read,
    update::{self, Tail},
};

/// Why nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppendError {
    /// The cross-reference data had to be guessed, or junk stands before the header.
    #[error("không thể ghi nối vào tệp PDF này")]
    NotAppendable,
    /// The file could not be written; the cause, for the log.
    #[error("không ghi được tệp PDF")]
    Write(String),
}

/// Objects to change and to add.
pub struct Edit {
    pub(super) objects: Vec<(ObjectId, Object)>,
    pub(super) last_id: u32,
    pub(super) reserved: Option<Reserved>,
}

/// A signature dictionary whose `/Contents` is filled in later.
pub(super) struct Reserved {
    pub(super) id: ObjectId,
    pub(super) dictionary: Dictionary,
    /// Room for the signature.
    pub(super) n_bytes: usize,
}

impl Edit {
    /// No changes to `document` yet.
    pub fn new(document: &Document) -> Self {
        Self { objects: Vec::new(), last_id: document.max_id, reserved: None }
    }

    /// Adds the dictionary of a signature with room for `n_bytes` of it; `/ByteRange` and `/Contents`
    /// are added to the entries given. One in an update.
    pub fn add_signature(&mut self, dictionary: Dictionary, n_bytes: usize) -> ObjectId {
        self.last_id = self.last_id.saturating_add(1);
        let id = (self.last_id, 0);
        self.reserved = Some(Reserved { id, dictionary, n_bytes });
        id
    }

    /// Adds a new object.
    pub fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        self.last_id = self.last_id.saturating_add(1);
        let id = (self.last_id, 0);
        self.objects.push((id, object.into()));
        id
    }

    /// Replaces an object.
    pub fn set(&mut self, id: ObjectId, object: impl Into<Object>) {
        self.objects.push((id, object.into()));
    }

    /// Adds a stream, deflated.
    pub fn add_stream(&mut self, dictionary: Dictionary, content: Vec<u8>) -> ObjectId {
        let mut stream = Stream::new(dictionary, content);
        // Only a full memory fails here; the stream stays plain then.
        let _ = stream.compress();
        self.add(stream)
    }

    /// Adds a font; gives the object to name in resources.
    pub fn add_font(&mut self, font: EmbeddedFont) -> ObjectId {
        let name = || Object::Name(font.name.clone().into_bytes());
        let length = i64::try_from(font.file.len()).unwrap_or(i64::MAX);
        let bbox: Vec<Object> = font.bbox().iter().map(|v| Object::Real(*v)).collect();
        let cap_height = font.cap_height();
        let widths: Vec<Object> = font.widths.iter().map(|v| Object::Real(*v)).collect();
        let file = self.add_stream(dictionary! { "Length1" => length }, font.file);
        let descriptor = self.add(dictionary! {
            "Type" => "FontDescriptor", "FontName" => name(),
            "Flags" => 6, // symbolic, serif
            "FontBBox" => bbox, "ItalicAngle" => 0,
            "Ascent" => ASCENT * 1000.0, "Descent" => -DESCENT * 1000.0, "CapHeight" => cap_height,
            "StemV" => 80, "FontFile2" => file,
        });
        let map = self.add_stream(Dictionary::new(), font.cid_to_gid);
        let cid_font = self.add(dictionary! {
            "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => name(),
            "CIDSystemInfo" => dictionary! {
                "Registry" => Object::string_literal("Adobe"),
                "Ordering" => Object::string_literal("Identity"), "Supplement" => 0,
            },
            "FontDescriptor" => descriptor, "DW" => 0, "W" => vec![0.into(), Object::Array(widths)],
            "CIDToGIDMap" => map,
        });
        let to_unicode = self.add_stream(Dictionary::new(), font.to_unicode);
        self.add(dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => name(), "Encoding" => "Identity-H",
            "DescendantFonts" => vec![cid_font.into()], "ToUnicode" => to_unicode,
        })
    }
}

/// Whether an incremental update can be found again in this file.
pub fn can_append(bytes: &[u8], document: &Document) -> bool {
    bytes.starts_with(b"%PDF-") && !read::is_recovered(document)
}

/// The file with the changes appended; its first bytes are `bytes`.
///
/// # Errors
/// [`AppendError`].
pub fn append(bytes: &[u8], document: &Document, edit: Edit) -> Result<Vec<u8>, AppendError> {
    Ok([bytes, &appended(bytes, document, edit)?].concat())
}

/// What goes behind the file with the changes.
///
/// # Errors
/// [`AppendError`].
pub fn appended(bytes: &[u8], document: &Document, edit: Edit) -> Result<Vec<u8>, AppendError> {
    if !can_append(bytes, document) {
        return Err(AppendError::NotAppendable);
    }
    Ok(update::update(bytes, &Tail::of(document), edit)?.appended)
}

/// The document written anew, with the changes: for an unsigned file that nothing can be appended to.
///
/// # Errors
/// [`AppendError::NotAppendable`] for an encrypted file, [`AppendError::Write`].
pub fn rewrite(mut document: Document, edit: Edit) -> Result<Vec<u8>, AppendError> {
    if document.was_encrypted() {
        return Err(AppendError::NotAppendable);
    }
    let new_id = fresh_id(&edit);
    for (id, object) in edit.objects {
        document.objects.insert(id, object);
    }
    document.max_id = edit.last_id;
    for key in [&b"Prev"[..], b"XRefStm", b"DecodeParms"] {
        document.trailer.remove(key);
    }
    renew_id(&mut document.trailer, new_id);
    let mut written = Vec::new();
    document.save_to(&mut written).map_err(|fault| AppendError::Write(fault.to_string()))?;
    written.push(b'\n');
    Ok(written)
}

/// The second half of `/ID` changes with the file; the first half stays what it was born as.
fn renew_id(trailer: &mut Dictionary, new_id: [u8; 16]) {
    let Ok(Object::Array(id)) = trailer.get_mut(b"ID") else { return };
    if id.len() == 2 {
        id[1] = Object::String(new_id.to_vec(), StringFormat::Hexadecimal);
    }
}

/// From the content of the change, so that the same change gives the same bytes.
pub(super) fn fresh_id(edit: &Edit) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    if let Some(reserved) = &edit.reserved {
        hasher.update(format!("{:?}", reserved.dictionary).as_bytes());
    }
    for (id, object) in &edit.objects {
        hasher.update(format!("{id:?}").as_bytes());
        match object {
            Object::Stream(stream) => hasher.update(&stream.content),
            other => hasher.update(format!("{other:?}").as_bytes()),
        };
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    id
}
