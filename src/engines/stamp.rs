//! How the code gets onto *this* file: the decision, and one Vietnamese sentence about it.
//!
//! Source: QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3. A file that we composed takes the code in its
//! prepared field; any other unsigned file takes it as page content; a signed one as the face of the
//! agency's signature, or on a copy. What was written onto a signed file is kept only when every earlier
//! signature is still worth what it was. Knows nothing of who asks, and trusts no file.

mod choice;
mod copy;
mod field;
mod page_content;
mod proof;
mod sealed;

pub use choice::{Choice, WhyCopy};
pub use proof::{PreviousSignature, Verify, compare};
pub use sealed::{SealTerms, Waiting};

use lopdf::Document;
use serde::{Deserialize, Serialize};

use super::{
    pdf::{
        append::{AppendError, can_append},
        code_mark::TooWide,
        font::{self, FontError},
        growing::GrowingFile,
        ink::DUST,
        read::{self, CodeField, CodePlace, PdfFacts, ReadError},
    },
    signature::{locate, verdict::SignatureReport},
};
use crate::domain::{code::DocumentCode, page::BoxMm};

/// By which way the code was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As content of page one.
    PageContent,
    /// In the field that was prepared for it.
    PreparedField,
    /// As the face of a further signature.
    SealSignature,
    /// On a copy; the original stays as it came.
    DerivedCopy,
}

/// A PDF that carries its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// The bytes of the file behind the first `n_kept` of what came in. Between processes they go beside the rest.
    #[serde(skip)]
    pub pdf: Vec<u8>,
    /// So many bytes at the beginning are those that came in, and are not here: all of them, or none.
    #[serde(skip)]
    pub n_kept: usize,
    /// How the code is carried.
    pub way: Way,
    /// Where, on page one as seen.
    pub box_mm: BoxMm,
    /// Whether the code was there before, and nothing was written.
    pub is_unchanged: bool,
    /// Share of dark pixels under the code, 0–1; `None` where nobody looked.
    pub ink_share: Option<f32>,
    /// Signatures that were there before, what each was worth then and is now.
    pub previous_signatures: Vec<PreviousSignature>,
    /// One sentence for a clerk.
    pub message: String,
}

/// A PDF whose field `MaSoHoa` holds the code.
#[derive(Debug, Clone, PartialEq)]
pub struct CodedPdf {
    /// The bytes of the file; those that came in are its beginning.
    pub pdf: Vec<u8>,
    /// Where the code stands, on page one as seen.
    pub box_mm: BoxMm,
    /// Whether the code was there before, and nothing was written.
    pub is_unchanged: bool,
}

/// Why no code was written; nothing is changed then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum StampError {
    /// It carries a signature.
    #[error("tệp PDF đã có chữ ký số; tệp được giữ nguyên")]
    Signed,
    /// A signature in it forbids filling the field.
    #[error("chữ ký số trong tệp PDF không cho phép điền ô {}", super::pdf::CODE_FIELD)]
    Locked,
    /// It carries another code.
    #[error("tệp PDF đã mang một mã số hóa khác")]
    OtherCode,
    /// The owner of the file forbids changes.
    #[error("tệp PDF được mã hóa và không cho phép sửa đổi")]
    Protected,
    /// The field for the code is not there.
    #[error("tệp PDF không có ô {} để ghi mã", super::pdf::CODE_FIELD)]
    NoField,
    /// The code does not fit.
    #[error("mã quá dài để in ở góc trên bên trái trang đầu: {0}")]
    CodeTooWide(#[from] TooWide),
    /// The code has a letter that cannot be printed.
    #[error("không in được mã: {0}")]
    Letter(#[from] FontError),
    /// The file cannot be used.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Page one cannot be shown, so nobody knows what the code would cover.
    #[error("không xem được trang đầu của tệp PDF nên không biết chỗ nào còn trống để ghi mã")]
    Unseen,
    /// What was written did not come out as it should; it was thrown away.
    #[error("trang đầu sau khi ghi mã không đúng như dự kiến; tệp được giữ nguyên")]
    NotProven,
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] AppendError),
    /// The agency's signature could not be made; why.
    #[error("không ký được bằng khóa của cơ quan: {0}")]
    NotSealed(String),
}

/// What is to be written, and what may be used for it.
pub struct StampOrder<'a> {
    /// The code.
    pub code: &'a DocumentCode,
    /// The agency's certificate and name, where there is a key.
    pub seal: Option<&'a SealTerms>,
    /// Judges all signatures of a file.
    pub verify: Verify<'a>,
}

/// What came of the first step.
pub enum Step {
    /// The code is written.
    Done(Stamped),
    /// The agency's key has to sign; then [`finish`].
    Sign(Box<Waiting>),
}

/// Writes the code onto page one, by the way that this file allows; signed files too.
///
/// Where a further signature is needed, the answer is what has to be signed: keys are not here.
///
/// # Errors
/// [`StampError`]; nothing is written then.
pub fn write(file: &mut GrowingFile, order: &StampOrder<'_>) -> Result<Step, StampError> {
    let text = font::clean(&order.code.to_string());
    let document = read::open_light(file)?;
    let facts = read::facts(&document);
    if let Some(carried) = carried(file, &document, &facts, &text)? {
        return Ok(Step::Done(carried));
    }
    let before = if facts.is_signed { (order.verify)(file) } else { Vec::new() };
    let choice = if !facts.is_signed && locate::may_have_signature(file) {
        Choice::DerivedCopy(WhyCopy::CutOff)
    } else {
        choice::choose(file, &document, &facts, order.seal.is_some(), &before)
    };
    let why = match choice {
        Choice::PageContent => {
            // What is written anew has to be there with the contents of its streams.
            let document = if can_append(file, &document) { document } else { read::open(file)? };
            return write_content(file, document, &text).map(Step::Done);
        }
        Choice::PreparedField => {
            if let Some(done) = write_prepared(file, &document, &text, &before, order)? {
                return Ok(Step::Done(done));
            }
            WhyCopy::NotProven
        }
        Choice::SealSignature => {
            let terms = order.seal.ok_or(StampError::Unseen)?;
            return sealed::prepare(file, &document, &text, terms, before)
                .map(|waiting| Step::Sign(Box::new(waiting)));
        }
        Choice::DerivedCopy(why) => why,
    };
    copy::write(file, &text, &before, why).map(Step::Done)
}

/// Puts the agency's signature in, a CMS that was checked where the key is, and proves that earlier ones are worth what they were; where one is
/// not, what was written is dropped and a copy is made.
///
/// # Errors
/// [`StampError`].
pub fn finish(
    file: &mut GrowingFile,
    waiting: Waiting,
    cms: &[u8],
    order: &StampOrder<'_>,
) -> Result<Stamped, StampError> {
    let text = font::clean(&order.code.to_string());
    let before = waiting.before.clone();
    match sealed::finish(file, waiting, cms, order.verify)? {
        Some(stamped) => Ok(stamped),
        None => copy::write(file, &text, &before, WhyCopy::NotProven),
    }
}

impl Stamped {
    /// With all bytes of the file, `input` being what came in.
    #[must_use]
    pub fn whole(self, input: &[u8]) -> Self {
        let kept = &input[..self.n_kept.min(input.len())];
        Self { pdf: [kept, &self.pdf].concat(), n_kept: 0, ..self }
    }
}

/// The file as it is, where it carries the code already.
fn carried(
    input: &[u8],
    document: &Document,
    facts: &PdfFacts,
    text: &str,
) -> Result<Option<Stamped>, StampError> {
    let Some((carried, place)) = facts.carried_code() else { return Ok(None) };
    if carried != text {
        return Err(StampError::OtherCode);
    }
    let way = match place {
        CodePlace::Field => Way::PreparedField,
        CodePlace::Seal => Way::SealSignature,
        CodePlace::Content if copy::is_copy(document) => Way::DerivedCopy,
        CodePlace::Content => Way::PageContent,
    };
    let box_mm = match way {
        Way::PreparedField => field::find(document).map(|found| found.place.to_mm()),
        Way::SealSignature => sealed::box_of(document),
        Way::PageContent | Way::DerivedCopy => page_content::marked_box(document),
    };
    Ok(Some(Stamped {
        pdf: Vec::new(),
        n_kept: input.len(),
        way,
        box_mm: box_mm.unwrap_or(BoxMm { left: 0.0, top: 0.0, width: 0.0, height: 0.0 }),
        is_unchanged: true,
        ink_share: None,
        previous_signatures: Vec::new(),
        message: "Tệp đã mang đúng mã này từ trước, không ghi gì thêm.".to_owned(),
    }))
}

/// Fills the prepared field; `None` when an earlier signature would be worth less.
fn write_prepared(
    file: &mut GrowingFile,
    document: &Document,
    text: &str,
    before: &[SignatureReport],
    order: &StampOrder<'_>,
) -> Result<Option<Stamped>, StampError> {
    let prepared = field::find(document).ok_or(StampError::NoField)?;
    let n_input = file.len();
    let appended = field::fill(file, document, &prepared, text)?;
    file.grow(&appended);
    let after = if before.is_empty() { Vec::new() } else { (order.verify)(file) };
    let Some(previous_signatures) = proof::compare(before, &after) else {
        file.cut(n_input);
        return Ok(None);
    };
    let message = if before.is_empty() {
        "Đã ghi mã vào ô dành sẵn ở góc trên bên trái trang đầu."
    } else {
        "Đã ghi mã vào ô dành sẵn ở góc trên bên trái trang đầu; các chữ ký có trước vẫn nguyên giá trị."
    };
    Ok(Some(Stamped {
        pdf: appended,
        n_kept: n_input,
        way: Way::PreparedField,
        box_mm: prepared.place.to_mm(),
        is_unchanged: false,
        ink_share: None,
        previous_signatures,
        message: message.to_owned(),
    }))
}

fn write_content(input: &GrowingFile, document: Document, text: &str) -> Result<Stamped, StampError> {
    let written = page_content::write(input, document, text)?;
    let is_over_ink = written.ink_share > DUST;
    let message = if is_over_ink {
        "Đã in mã ở góc trên bên trái trang đầu; góc này không còn chỗ trống nên mã nằm trên nội dung có sẵn, \
         cần người xem lại."
    } else {
        "Đã in mã vào chỗ trống ở góc trên bên trái trang đầu."
    };
    let n_kept = if written.pdf.starts_with(input) { input.len() } else { 0 };
    Ok(Stamped {
        pdf: written.pdf[n_kept..].to_vec(),
        n_kept,
        way: Way::PageContent,
        box_mm: written.place.to_mm(),
        is_unchanged: false,
        ink_share: Some(written.ink_share),
        previous_signatures: Vec::new(),
        message: message.to_owned(),
    })
}

/// Writes the code onto page one of an unsigned file.
///
/// The same code a second time changes nothing and says so.
///
/// # Errors
/// [`StampError`]; [`StampError::Signed`] for every file with a signature: see [`write()`].
pub fn write_code(input: &[u8], code: &DocumentCode) -> Result<Stamped, StampError> {
    let document = read::open_light(input)?;
    let facts = read::facts(&document);
    let text = font::clean(&code.to_string());
    if carried(input, &document, &facts, &text)?.is_none() && facts.is_signed {
        return Err(StampError::Signed);
    }
    let verify = |_: &GrowingFile| Vec::new(); // never asked: nothing is signed
    match write(&mut GrowingFile::new(input.to_vec()), &StampOrder { code, seal: None, verify: &verify })? {
        Step::Done(stamped) => Ok(stamped.whole(input)),
        Step::Sign(_) => Err(StampError::Signed),
    }
}

/// Fills the code field of a PDF that we composed; appends, and changes no earlier byte.
///
/// `/V` and `/AP` of the field `MaSoHoa` change, nothing else: what a signature that was made before
/// with leave to fill the field allows. No signature is verified here.
///
/// Source: QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 3.
///
/// # Errors
/// [`StampError::NoField`]; [`StampError::OtherCode`]: the field already holds a different code;
/// [`StampError::Locked`]; [`StampError::CodeTooWide`]. Nothing is written then.
pub fn fill_code(pdf: &[u8], code: &DocumentCode) -> Result<CodedPdf, StampError> {
    let text = font::clean(&code.to_string());
    let document = read::open_light(pdf)?;
    let prepared = field::find(&document).ok_or(StampError::NoField)?;
    let box_mm = prepared.place.to_mm();
    let facts = read::facts(&document);
    match facts.code_field {
        CodeField::Absent => Err(StampError::NoField),
        CodeField::Filled(carried) if carried == text => {
            Ok(CodedPdf { pdf: pdf.to_vec(), box_mm, is_unchanged: true })
        }
        CodeField::Filled(_) => Err(StampError::OtherCode),
        CodeField::Empty if facts.signature_fields.iter().any(|f| f.locks_code_field) => {
            Err(StampError::Locked)
        }
        CodeField::Empty => {
            let appended = field::fill(pdf, &document, &prepared, &text)?;
            Ok(CodedPdf { pdf: [pdf, &appended].concat(), box_mm, is_unchanged: false })
        }
    }
}

#[cfg(test)]
mod tests;
