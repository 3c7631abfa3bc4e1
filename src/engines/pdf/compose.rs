//! Composes the PDF of a paper: page pictures as they came, invisible text, two empty fields on page one.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 1. The same input gives the same bytes. Knows nothing
//! of the code that will be written, nor of signatures.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pdf_writer::{
    Chunk, Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{AnnotationFlags, FieldFlags, FieldType},
};

use super::{
    AGENCY_FIELD, CODE_FIELD,
    archive::Departure,
    code_mark, flatten,
    font::{self, FontBuilder, FontError, MissingLetter},
    geometry::{BoxPt, PT_PER_MM, PageFrame},
    lossless::{self, PngParts},
    media::{self, Body, Carry, MediaFault},
    metadata::{self, Said},
    text_layer,
};
use crate::{
    domain::{
        fields::ConfirmedFields,
        text::{PageText, TextSource},
    },
    engines::imaging::source::{PageMedia, PageSource},
};

/// One page to compose.
pub struct ComposePage<'a> {
    /// What stands on it.
    pub source: PageSource<'a>,
    /// Degrees clockwise that bring it upright: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Its words, in the frame of the upright page.
    pub text: &'a PageText,
}

/// What the PDF says of itself, and what placing the code field needs to see.
pub struct ComposeMeta {
    /// Title in the document information; not used where it holds the owner's name or number.
    pub title: String,
    /// The eleven fields (Điều 6), for XMP.
    pub fields: Option<ConfirmedFields>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Page one upright, grey, 72 pixels per inch: the code field goes where the least ink is.
    pub first_page: Option<image::GrayImage>,
}

/// A PDF made by [`compose`]: unsigned, with `MaSoHoa` and `ChuKyCoQuan` empty.
pub struct ComposedPdf {
    bytes: Vec<u8>,
    departures: Vec<Departure>,
}

impl ComposedPdf {
    /// The bytes of the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where carried pages depart from PDF/A-2b. Without any, the file says that it was built to it.
    pub fn departures(&self) -> &[Departure] {
        &self.departures
    }

    /// The bytes of the file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes of the file, and [`Self::departures`].
    pub fn into_parts(self) -> (Vec<u8>, Vec<Departure>) {
        (self.bytes, self.departures)
    }
}

/// Why no PDF could be composed. Pages are counted from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ComposeError {
    /// There is no page.
    #[error("tài liệu không có trang nào")]
    NoPages,
    /// Width or height is not a size that a PDF page can have (1 mm – 5 m).
    #[error("trang {page}: kích thước {width_mm:.0} × {height_mm:.0} mm không dùng được")]
    BadSize {
        /// Which page.
        page: usize,
        /// Width before turning.
        width_mm: f32,
        /// Height before turning.
        height_mm: f32,
    },
    /// Not a right angle.
    #[error("trang {page}: góc xoay {rotation}° không phải 0, 90, 180 hoặc 270")]
    BadRotation {
        /// Which page.
        page: usize,
        /// Degrees.
        rotation: u16,
    },
    /// A JPEG that PDF does not allow (12 bits, arithmetic, lossless), or no JPEG.
    #[error("trang {page}: tệp JPEG không dùng được trong PDF")]
    UnsupportedJpeg {
        /// Which page.
        page: usize,
    },
    /// A page of a PDF, or a picture on it, cannot be read.
    #[error("trang {page}: không đọc được nội dung trang PDF")]
    UnreadablePage {
        /// Which page.
        page: usize,
    },
    /// A picture could not be encoded.
    #[error("trang {page}: không ghi được ảnh của trang")]
    Picture {
        /// Which page.
        page: usize,
    },
    /// The invisible text could not be written.
    #[error("không ghi được lớp chữ")]
    Text(#[source] FontError),
}

/// Resource names on every page.
const FONT: Name<'static> = Name(b"Tinos");
const BODY: Name<'static> = Name(b"P");
/// PDF allows 3–14 400 units a side.
const SIDES_MM: std::ops::RangeInclusive<f32> = 1.1..=5080.0;
/// Letters of most codes: for a viewer that draws a value into the code field itself.
const ALWAYS: &str = " &()+,-./0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZĂÂĐÊÔƠƯ";

/// Composes the PDF.
///
/// PDF 1.7, built to PDF/A-2b (ISO 19005-2); every page has its true size, `/Rotate` for its
/// rotation, its picture untouched, and its words as invisible text unless it carries its own text.
/// Where a page of a PDF that is carried over cannot conform, the file does not say that it does.
///
/// # Errors
/// [`ComposeError`], naming the page.
pub fn compose(pages: &[ComposePage<'_>], meta: &ComposeMeta) -> Result<ComposedPdf, ComposeError> {
    let frames = frames(pages)?;
    let mut writer = Writer::new();
    let bodies = writer.bodies(pages)?;
    let page_refs: Vec<Ref> = pages.iter().map(|_| writer.next.bump()).collect();
    let fields = writer.fields(&frames[0], page_refs[0], meta);
    for (((page, frame), body), id) in pages.iter().zip(&frames).zip(&bodies).zip(&page_refs) {
        let annotations: &[Ref] = if *id == page_refs[0] { &fields } else { &[] };
        writer.page(page, frame, body, *id, annotations)?;
    }
    writer.finish(&page_refs, fields, meta)
}

fn frames(pages: &[ComposePage<'_>]) -> Result<Vec<PageFrame>, ComposeError> {
    if pages.is_empty() {
        return Err(ComposeError::NoPages);
    }
    let frame = |(at, page): (usize, &ComposePage<'_>)| {
        let PageSource { width_mm, height_mm, .. } = page.source;
        if !SIDES_MM.contains(&width_mm) || !SIDES_MM.contains(&height_mm) {
            return Err(ComposeError::BadSize { page: at + 1, width_mm, height_mm });
        }
        if !matches!(page.rotation, 0 | 90 | 180 | 270) {
            return Err(ComposeError::BadRotation { page: at + 1, rotation: page.rotation });
        }
        Ok(PageFrame::new(round(width_mm * PT_PER_MM), round(height_mm * PT_PER_MM), page.rotation))
    };
    pages.iter().enumerate().map(frame).collect()
}

/// To a hundredth of a point: finer is noise.
fn round(pt: f32) -> f32 {
    (pt * 100.0).round() / 100.0
}

struct BodyOf {
    body: Body,
    /// Whether the page brings text of its own, to be read instead of ours.
    has_own_text: bool,
    /// Whether the page brings text that must not be read beside ours.
    hides_text: bool,
}

struct Writer {
    pdf: Pdf,
    next: Ref,
    font: FontBuilder,
    catalog: Ref,
    tree: Ref,
    font_ref: Ref,
    departures: BTreeSet<Departure>,
}

impl Writer {
    fn new() -> Self {
        let mut next = Ref::new(1);
        let (catalog, tree, font_ref) = (next.bump(), next.bump(), next.bump());
        let (pdf, font) = (Pdf::new(), FontBuilder::default());
        Self { pdf, next, font, catalog, tree, font_ref, departures: BTreeSet::new() }
    }

    /// Writes what the pages draw, in their order; pages of one PDF share what they share there.
    fn bodies(&mut self, pages: &[ComposePage<'_>]) -> Result<Vec<BodyOf>, ComposeError> {
        let mut bodies: Vec<Option<BodyOf>> = pages.iter().map(|_| None).collect();
        for first in 0..pages.len() {
            if bodies[first].is_some() {
                continue;
            }
            match &pages[first].source.media {
                PageMedia::Pdf { pdf, .. } => self.pdf_bodies(pages, pdf, &mut bodies)?,
                media => {
                    let body = self.picture(media).map_err(|fault| error(fault, first))?;
                    bodies[first] = Some(BodyOf { body, has_own_text: false, hides_text: false });
                }
            }
        }
        let n_pages = pages.len();
        let bodies: Vec<BodyOf> = bodies.into_iter().flatten().collect();
        debug_assert_eq!(bodies.len(), n_pages);
        Ok(bodies)
    }

    fn picture(&mut self, media: &PageMedia<'_>) -> Result<Body, MediaFault> {
        let id = self.next.bump();
        match media {
            PageMedia::Jpeg { bytes, .. } => {
                let tints = self.next.bump();
                media::embed_jpeg(&mut self.pdf, (id, tints), bytes)?;
            }
            PageMedia::Lossless { png, decode } => {
                // Decoded also where its data go in as they are: nothing else shows that they are sound.
                let pixels = decode().ok_or(MediaFault::Picture)?;
                match png.and_then(PngParts::read) {
                    Some(parts) => lossless::embed_png(&mut self.pdf, id, &parts)?,
                    None => lossless::embed(&mut self.pdf, id, &pixels.image, pixels.is_bilevel)?,
                }
            }
            PageMedia::Pdf { pdf, index } => media::embed_rendered(&mut self.pdf, id, pdf, *index)?,
        }
        Ok(Body::Picture(id))
    }

    /// Carries over all pages of `pdf` that can be, and renders the others.
    fn pdf_bodies(
        &mut self,
        pages: &[ComposePage<'_>],
        pdf: &hayro_syntax::Pdf,
        bodies: &mut [Option<BodyOf>],
    ) -> Result<(), ComposeError> {
        let mut here: Vec<(usize, usize, Carry)> = Vec::new(); // position here, index there
        for (at, page) in pages.iter().enumerate() {
            let PageMedia::Pdf { pdf: other, index } = &page.source.media else { continue };
            if std::ptr::eq(*other, pdf) {
                here.push((at, *index, media::how_to_carry(pdf, *index).map_err(|fault| error(fault, at))?));
            }
        }
        let mut with_faces: Vec<usize> =
            here.iter().filter(|(_, _, how)| *how == Carry::WithFaces).map(|(_, index, _)| *index).collect();
        with_faces.sort_unstable();
        with_faces.dedup(); // the same page may stand in a paper twice
        let flat = if with_faces.is_empty() { None } else { flatten::flatten(pdf, &with_faces) };
        let carried: Vec<(usize, usize)> = here
            .iter()
            .filter(|(_, _, how)| *how == Carry::AsItIs || *how == Carry::WithFaces && flat.is_some())
            .map(|(at, index, _)| (*at, *index))
            .collect();
        let source = flat.as_ref().unwrap_or(pdf);
        let indices: Vec<usize> = carried.iter().map(|(_, index)| *index).collect();
        let forms = media::carry(&mut self.pdf, &mut self.next, source, &indices);
        let (forms, departures) = forms.unwrap_or_default();
        self.departures.extend(departures);
        for ((at, index), body) in carried.into_iter().zip(forms) {
            let has_own_text = pages[at].text.source == TextSource::TextLayer;
            let hides_text = !has_own_text && media::has_fonts(source, index);
            bodies[at] = Some(BodyOf { body, has_own_text, hides_text });
        }
        for (at, page) in pages.iter().enumerate() {
            let PageMedia::Pdf { pdf: other, .. } = &page.source.media else { continue };
            if std::ptr::eq(*other, pdf) && bodies[at].is_none() {
                let body = self.picture(&page.source.media).map_err(|fault| error(fault, at))?;
                bodies[at] = Some(BodyOf { body, has_own_text: false, hides_text: false });
            }
        }
        Ok(())
    }

    fn page(
        &mut self,
        page: &ComposePage<'_>,
        frame: &PageFrame,
        body: &BodyOf,
        id: Ref,
        annotations: &[Ref],
    ) -> Result<(), ComposeError> {
        let (matrix, drawn) = match body.body {
            Body::Picture(id) => ([frame.width, 0.0, 0.0, frame.height, 0.0, 0.0], id),
            Body::Form(id, w, h) => ([frame.width / w, 0.0, 0.0, frame.height / h, 0.0, 0.0], id),
        };
        let mut content = Content::new();
        content.save_state().transform(matrix);
        if body.hides_text {
            // The text that came with the picture would extract a second time beside ours.
            content.begin_marked_content_with_properties(Name(b"Span")).properties().actual_text(TextStr(""));
        }
        content.x_object(BODY);
        if body.hides_text {
            content.end_marked_content();
        }
        content.restore_state();
        if !body.has_own_text {
            text_layer::draw(&mut content, page.text, frame, &mut self.font, FONT)
                .map_err(ComposeError::Text)?;
        }
        let contents = self.next.bump();
        font::write_packed(&mut self.pdf, contents, content.finish().to_vec(), |_, _| {});
        let mut entry = self.pdf.page(id);
        entry.parent(self.tree).media_box(Rect::new(0.0, 0.0, frame.width, frame.height)).contents(contents);
        if frame.rotation != 0 {
            entry.rotate(i32::from(frame.rotation));
        }
        let mut resources = entry.resources();
        resources.x_objects().pair(BODY, drawn);
        resources.fonts().pair(FONT, self.font_ref);
        resources.finish();
        if !annotations.is_empty() {
            entry.annotations(annotations.iter().copied());
        }
        Ok(())
    }

    /// The two empty fields of page one.
    fn fields(&mut self, frame: &PageFrame, page: Ref, meta: &ComposeMeta) -> [Ref; 2] {
        let (code_box, agency_box) = code_mark::field_boxes(frame.seen_size_pt(), meta.first_page.as_ref());
        let (code, agency) = (self.next.bump(), self.next.bump());
        let (code_face, agency_face) = (self.next.bump(), self.next.bump());
        write_face(&mut self.pdf, code_face, frame, code_box, b"/Tx BMC\nEMC", Some(self.font_ref));
        write_face(&mut self.pdf, agency_face, frame, agency_box, b"", None);

        let mut field = self.pdf.form_field(code);
        field
            .field_type(FieldType::Text)
            .partial_name(TextStr(CODE_FIELD))
            .alternate_name(TextStr("Mã số hóa"));
        field.field_flags(FieldFlags::READ_ONLY | FieldFlags::MULTILINE);
        field.vartext_default_appearance(Str(b"/Tinos 8 Tf 0 g"));
        write_widget(field, frame, code_box, page, code_face);

        let mut field = self.pdf.form_field(agency);
        field.field_type(FieldType::Signature).partial_name(TextStr(AGENCY_FIELD));
        field.alternate_name(TextStr("Chữ ký số của cơ quan, tổ chức"));
        write_widget(field, frame, agency_box, page, agency_face);
        [code, agency]
    }

    fn finish(
        mut self,
        pages: &[Ref],
        form_fields: [Ref; 2],
        meta: &ComposeMeta,
    ) -> Result<ComposedPdf, ComposeError> {
        self.font.encode(ALWAYS, MissingLetter::StandIn).map_err(ComposeError::Text)?;
        let font = self.font.embed().map_err(ComposeError::Text)?;
        let next = &mut self.next;
        font.write(&mut self.pdf, self.font_ref, || next.bump());
        let n_pages = i32::try_from(pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(self.tree).kids(pages.iter().copied()).count(n_pages);
        let (info, xmp, profile) = (self.next.bump(), self.next.bump(), self.next.bump());
        metadata::write_profile(&mut self.pdf, profile);
        let fields = meta.fields.as_ref();
        let title = metadata::title_without_owner(&meta.title, fields);
        metadata::write_info(&mut self.pdf, info, title, meta.created_at);
        let is_archival = self.departures.is_empty();
        metadata::write_xmp(
            &mut self.pdf,
            xmp,
            &Said { title, created_at: meta.created_at, fields, is_archival },
        );
        let mut catalog = self.pdf.catalog(self.catalog);
        catalog.pages(self.tree).metadata(xmp).lang(TextStr("vi-VN"));
        catalog.viewer_preferences().display_doc_title(true);
        metadata::write_output_intent(&mut catalog, profile);
        let mut form = catalog.form();
        form.fields(form_fields);
        form.default_resources().fonts().pair(FONT, self.font_ref);
        form.default_appearance(Str(b"/Tinos 8 Tf 0 g"));
        form.finish();
        catalog.finish();
        let hash = blake3::hash(self.pdf.as_bytes());
        let id = hash.as_bytes()[..16].to_vec();
        self.pdf.set_file_id((id.clone(), id));
        let departures = self.departures.into_iter().collect();
        Ok(ComposedPdf { bytes: self.pdf.finish(), departures })
    }
}

fn error(fault: MediaFault, at: usize) -> ComposeError {
    let page = at + 1;
    match fault {
        MediaFault::Jpeg => ComposeError::UnsupportedJpeg { page },
        MediaFault::Picture => ComposeError::Picture { page },
        MediaFault::Page => ComposeError::UnreadablePage { page },
    }
}

fn write_face(
    chunk: &mut Chunk,
    id: Ref,
    frame: &PageFrame,
    place: BoxPt,
    content: &[u8],
    font: Option<Ref>,
) {
    let mut face = chunk.form_xobject(id, content);
    face.bbox(Rect::new(0.0, 0.0, place.width, place.height));
    face.matrix(frame.appearance_matrix(place.width, place.height));
    let mut resources = face.resources();
    if let Some(font) = font {
        resources.fonts().pair(FONT, font);
    }
}

fn write_widget(
    field: pdf_writer::writers::Field<'_>,
    frame: &PageFrame,
    place: BoxPt,
    page: Ref,
    face: Ref,
) {
    let [x0, y0, x1, y1] = frame.rect_to_user(place);
    let mut widget = field.into_annotation();
    widget.rect(Rect::new(x0, y0, x1, y1)).page(page).flags(AnnotationFlags::PRINT | AnnotationFlags::LOCKED);
    widget.appearance().normal().stream(face);
    if frame.rotation != 0 {
        widget.appearance_characteristics().rotate(i32::from(frame.rotation));
    }
}
