//! What a PDF says of itself before any page is drawn: whole or cut, encrypted, signed, how many pages.
//!
//! Refuses to know whether signatures are good.

use hayro_syntax::{
    DecryptionError, LoadPdfError, Pdf, PdfVersion,
    object::{Array, Dict, Name, Object},
};

use super::fault::ReadError;

/// Facts of a PDF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PdfFacts {
    pub version: &'static str,
    pub has_signatures: bool,
    /// P of DocMDP, where the document is certified: 1, 2 or 3.
    pub certified: Option<u8>,
    pub is_encrypted: bool,
}

pub(crate) fn is_pdf(bytes: &[u8]) -> bool {
    find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some()
}

/// Opens a PDF and makes sure that nothing of it is missing.
///
/// The parser repairs what it can and says nothing: a cut file would open with the pages that are left.
pub(crate) fn open(bytes: Vec<u8>, max_pages: u32) -> Result<(Pdf, PdfFacts), ReadError> {
    let is_cut = is_cut(&bytes);
    let is_encrypted = find(&bytes, b"/Encrypt").is_some();
    let pdf = match Pdf::new(bytes) {
        Ok(pdf) => pdf,
        Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => {
            return Err(ReadError::PasswordNeeded);
        }
        Err(LoadPdfError::Decryption(_)) => return Err(ReadError::UnknownEncryption),
        Err(LoadPdfError::Invalid) if is_cut => return Err(ReadError::Truncated),
        Err(LoadPdfError::Invalid) => return Err(ReadError::Damaged),
    };
    if is_cut {
        return Err(ReadError::Truncated);
    }
    let found = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    if found > max_pages {
        return Err(ReadError::TooManyPages { found, limit: max_pages });
    }
    let catalog: Dict<'_> = pdf.xref().get(pdf.xref().root_id()).ok_or(ReadError::Damaged)?;
    let tree: Dict<'_> = catalog.get(b"Pages").ok_or(ReadError::Damaged)?;
    let declared = tree.get::<i32>(b"Count").map_or(-1, i64::from);
    match (declared, found) {
        (0, 0) => return Err(ReadError::NoPages),
        (d, f) if d != i64::from(f) => return Err(ReadError::MissingPages { declared: d, found: f }),
        _ => {}
    }
    let facts = PdfFacts {
        version: version_text(pdf.version()),
        has_signatures: has_signatures(&catalog),
        certified: certified(&catalog),
        is_encrypted,
    };
    drop((catalog, tree));
    Ok((pdf, facts))
}

/// Whether the last object of the file is not followed by `startxref`: then its end is missing.
///
/// Also where an update breaks off within its first object, and an earlier version of the file is whole:
/// its pages would pass for all there are.
fn is_cut(bytes: &[u8]) -> bool {
    let last_object = rfind(bytes, b"endobj");
    let Some(start) = rfind(bytes, b"startxref") else { return true };
    let rest = &bytes[start + 9..];
    last_object.is_some_and(|object| object > start)
        || !rest.iter().take(24).any(u8::is_ascii_digit)
        || begins_object(rest)
}

/// Whether `… 12 0 obj` stands anywhere.
fn begins_object(mut bytes: &[u8]) -> bool {
    while let Some(at) = find(bytes, b"obj") {
        let (before, after) = (bytes[..at].trim_ascii_end(), &bytes[at + 3..]);
        let generation = before.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let number = before[..before.len() - generation].trim_ascii_end();
        if (1..=5).contains(&generation) && number.last().is_some_and(u8::is_ascii_digit) {
            return true;
        }
        bytes = after;
    }
    false
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = 0;
    while let Some(next) = bytes.get(at..)?.iter().position(|b| *b == first) {
        at += next;
        if bytes[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn rfind(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|w| w == needle)
}

fn version_text(version: PdfVersion) -> &'static str {
    match version {
        PdfVersion::Pdf10 => "1.0",
        PdfVersion::Pdf11 => "1.1",
        PdfVersion::Pdf12 => "1.2",
        PdfVersion::Pdf13 => "1.3",
        PdfVersion::Pdf14 => "1.4",
        PdfVersion::Pdf15 => "1.5",
        PdfVersion::Pdf16 => "1.6",
        PdfVersion::Pdf17 => "1.7",
        PdfVersion::Pdf20 => "2.0",
    }
}

/// Whether any signature field is filled; bounded in depth and number.
fn has_signatures(catalog: &Dict<'_>) -> bool {
    let Some(form) = catalog.get::<Dict<'_>>(b"AcroForm") else { return false };
    let Some(fields) = form.get::<Array<'_>>(b"Fields") else { return false };
    let mut waiting: Vec<(Dict<'_>, bool, u8)> =
        fields.iter::<Dict<'_>>().take(20_000).map(|f| (f, false, 0)).collect();
    let mut n_seen = 0;
    while let Some((field, inherited, depth)) = waiting.pop() {
        n_seen += 1;
        let kind = field.get::<Name<'_>>(b"FT");
        let is_signature = kind.map_or(inherited, |k| k.as_ref() == b"Sig");
        if is_signature && field.get::<Dict<'_>>(b"V").is_some() {
            return true;
        }
        if depth < 16
            && n_seen + waiting.len() < 40_000
            && let Some(kids) = field.get::<Array<'_>>(b"Kids")
        {
            waiting.extend(kids.iter::<Dict<'_>>().take(5_000).map(|k| (k, is_signature, depth + 1)));
        }
    }
    false
}

fn certified(catalog: &Dict<'_>) -> Option<u8> {
    let signature: Dict<'_> = catalog.get::<Dict<'_>>(b"Perms")?.get(b"DocMDP")?;
    let references: Array<'_> = signature.get(b"Reference")?;
    let level = references
        .iter::<Dict<'_>>()
        .take(100)
        .filter_map(|r| r.get::<Dict<'_>>(b"TransformParams"))
        .find_map(|p| match p.get::<Object<'_>>(b"P")? {
            Object::Number(n) => u8::try_from(n.as_i64()).ok(),
            _ => None,
        });
    Some(level.unwrap_or(2))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A PDF of empty A4 pages with a correct cross-reference table.
    pub(crate) fn empty_pages(n: usize, declared: i64) -> Vec<u8> {
        let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned(), String::new()];
        let kids: Vec<String> = (0..n).map(|i| format!("{} 0 R", i + 3)).collect();
        objects[1] =
            format!("<</Type/Pages/Count {declared}/Kids[{}]/MediaBox[0 0 595 842]>>", kids.join(" "));
        objects.extend((0..n).map(|_| "<</Type/Page/Parent 2 0 R>>".to_owned()));
        assemble(&objects)
    }

    pub(crate) fn assemble(objects: &[String]) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for (i, object) in objects.iter().enumerate() {
            offsets.push(out.len());
            out.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).into_bytes());
        }
        let start = out.len();
        out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
        for offset in offsets {
            out.extend(format!("{offset:010} 00000 n \n").into_bytes());
        }
        let trailer =
            format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
        out.extend(trailer.into_bytes());
        out
    }

    #[test]
    fn whole_files_open_and_others_say_why() {
        let fault = |bytes: Vec<u8>, limit: u32| open(bytes, limit).map(|_| ()).unwrap_err();
        let (pdf, facts) = open(empty_pages(3, 3), 10).unwrap();
        assert_eq!((pdf.pages().len(), facts.version), (3, "1.7"));
        assert_eq!(facts.certified, None);
        assert!(!facts.has_signatures && !facts.is_encrypted);
        assert_eq!(fault(empty_pages(0, 0), 10), ReadError::NoPages);
        assert_eq!(fault(empty_pages(2, 3), 10), ReadError::MissingPages { declared: 3, found: 2 });
        assert_eq!(fault(empty_pages(30, 30), 10), ReadError::TooManyPages { found: 30, limit: 10 });
        assert_eq!(fault(b"%PDF-1.7\nnothing more".to_vec(), 10), ReadError::Truncated);
    }

    #[test]
    fn a_cut_file_is_never_a_paper_with_fewer_pages() {
        let whole = empty_pages(4, 4);
        let last_object = rfind(&whole, b"endobj").unwrap();
        for cut in 10..last_object {
            assert!(open(whole[..cut].to_vec(), 10).is_err(), "{cut}");
        }
    }

    #[test]
    fn an_update_that_breaks_off_is_not_the_version_before_it() {
        let whole = empty_pages(2, 2);
        for (tail, expected) in [
            (&b"\n2 0 obj\n<</Type/Pages/Count 3/Kids[3 0 R"[..], Err(ReadError::Truncated)),
            (b"\r\n4 0 obj", Err(ReadError::Truncated)),
            (b"\n", Ok(2)),
            (b"\nAn object of note\n", Ok(2)),
        ] {
            let bytes = [whole.as_slice(), tail].concat();
            assert_eq!(open(bytes, 10).map(|(pdf, _)| pdf.pages().len()), expected);
        }
    }

    #[test]
    fn mutations_never_panic() {
        let whole = empty_pages(3, 3);
        let mut state = 11u32;
        for _ in 0..1500 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state & 0xFF) as u8;
            }
            let _ = open(bytes, 100);
        }
    }
}
