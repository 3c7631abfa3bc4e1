//! Fonts of carried pages: embedded, with the letters that are shown, as wide as the page says
//! (ISO 19005-2, 6.2.11). TrueType is looked into; other programs count as not checked.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object};

use super::{repair, truetype::Program, walk::Audit};

/// Widths may differ by this, in thousandths of the size: rounding.
const ROUNDING: f32 = 1.0;
/// Flag of a font with letters of its own.
const SYMBOLIC: i64 = 4;
/// Fonts that every viewer brings: their metrics need not be said.
const STANDARD: &str = " Times-Roman Times-Bold Times-Italic Times-BoldItalic Helvetica Helvetica-Bold \
    Helvetica-Oblique Helvetica-BoldOblique Courier Courier-Bold Courier-Oblique Courier-BoldOblique Symbol ZapfDingbats ";

/// A font with what is shown in it.
pub(super) struct FontUse<'d> {
    font: &'d Dictionary,
    is_composite: bool,
    seen: BTreeSet<u16>,
    unseen: BTreeSet<u16>,
}

impl<'d> FontUse<'d> {
    pub(super) fn new(font: &'d Dictionary) -> Self {
        let is_composite = font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|s| s == b"Type0");
        Self { font, is_composite, seen: BTreeSet::new(), unseen: BTreeSet::new() }
    }

    /// Takes up a string that is shown, or only laid over the page.
    pub(super) fn take(&mut self, text: &[u8], is_seen: bool) {
        let codes = if is_seen { &mut self.seen } else { &mut self.unseen };
        if self.is_composite {
            codes.extend(text.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])));
        } else {
            codes.extend(text.iter().map(|code| u16::from(*code)));
        }
    }

    fn is_seen(&self) -> bool {
        !self.seen.is_empty()
    }

    fn codes(&self) -> impl Iterator<Item = u16> {
        self.seen.union(&self.unseen).copied()
    }
}

/// Checks a font that is used.
pub(super) fn check(audit: &mut Audit<'_>, used: &FontUse<'_>) {
    let document = audit.document;
    let name = |key: &[u8]| used.font.get_deref(key, document).and_then(Object::as_name).unwrap_or(b"");
    let kind = name(b"Subtype").to_vec();
    if !used.font.has_type(b"Font") || kind != b"Type3" && name(b"BaseFont").is_empty() {
        audit.departs("6.2.11.2", "phông chữ khai thiếu");
    }
    if std::str::from_utf8(name(b"BaseFont")).is_err() {
        audit.departs("6.1.8", "tên phông chữ không phải UTF-8");
    }
    match kind.as_slice() {
        b"Type0" => composite(audit, used),
        b"TrueType" => simple(audit, used),
        b"Type1" | b"MMType1" => {
            metrics_are_said(audit, used.font);
            match program(document, used.font) {
                Some(_) => unchecked(audit),
                None if used.is_seen() => not_embedded(audit),
                None => {}
            }
        }
        _ => unchecked(audit),
    }
}

fn not_embedded(audit: &mut Audit<'_>) {
    audit.departs("6.2.11.4.1", "có phông chữ không nhúng trong tệp");
}

fn unchecked(audit: &mut Audit<'_>) {
    audit.departs("6.2.11.5", "có phông chữ nhúng kiểu khác TrueType nên chưa kiểm được bề rộng chữ");
}

/// The embedded program of a font, by the key it stands under.
fn program<'d>(document: &'d Document, font: &'d Dictionary) -> Option<(&'static [u8], &'d lopdf::Stream)> {
    let descriptor = document.get_dict_in_dict(font, b"FontDescriptor").ok()?;
    [&b"FontFile2"[..], b"FontFile3", b"FontFile"]
        .into_iter()
        .find_map(|key| Some((key, descriptor.get_deref(key, document).ok()?.as_stream().ok()?)))
}

/// The TrueType program of a font, or why there is none to look into.
fn true_type(audit: &mut Audit<'_>, font: &Dictionary, is_seen: bool) -> Option<Vec<u8>> {
    match program(audit.document, font) {
        Some((b"FontFile2", stream)) => {
            let data = repair::unpacked(audit.document, stream);
            if data.is_none() {
                unchecked(audit);
            }
            data
        }
        Some(_) => {
            unchecked(audit);
            None
        }
        None => {
            if is_seen {
                not_embedded(audit);
            }
            None
        }
    }
}

fn broken(audit: &mut Audit<'_>) {
    audit.departs("6.2.11.4.1", "phông chữ nhúng bị hỏng");
}

/// A glyph that is there, is a letter, and is as wide as the page says.
fn glyph(
    audit: &mut Audit<'_>,
    program: &Program<'_>,
    glyph: Option<u16>,
    width: Option<f32>,
    is_seen: bool,
) {
    match glyph {
        None | Some(0) => audit.departs("6.2.11.8", "có chữ không có hình trong phông"),
        Some(glyph) => match program.width(glyph) {
            None => audit.departs("6.2.11.4.1", "phông chữ nhúng thiếu chữ"),
            Some(own) => {
                if is_seen && width.is_none_or(|said| (said - own).abs() > ROUNDING) {
                    audit.departs("6.2.11.5", "bề rộng chữ khai khác trong phông");
                }
            }
        },
    }
}

fn composite(audit: &mut Audit<'_>, used: &FontUse<'_>) {
    let document = audit.document;
    let encoding = used.font.get_deref(b"Encoding", document).and_then(Object::as_name).unwrap_or(b"");
    let descendant = used.font.get_deref(b"DescendantFonts", document).and_then(Object::as_array).ok();
    let descendant = descendant.and_then(|fonts| document.dereference(fonts.first()?).ok()?.1.as_dict().ok());
    let Some(descendant) = descendant else {
        audit.departs("6.2.11.2", "phông chữ khai thiếu");
        return;
    };
    if !matches!(encoding, b"Identity-H" | b"Identity-V") {
        if used.is_seen() || program(document, descendant).is_some() {
            audit.departs("6.2.11.3.3", "bảng mã của phông chữ chưa kiểm được");
        }
        return;
    }
    let kind = descendant.get_deref(b"Subtype", document).and_then(Object::as_name).unwrap_or(b"");
    if kind != b"CIDFontType2" {
        match program(document, descendant) {
            Some(_) => unchecked(audit),
            None if used.is_seen() => not_embedded(audit),
            None => {}
        }
        return;
    }
    let Some(data) = true_type(audit, descendant, used.is_seen()) else { return };
    let Some(program) = Program::read(&data) else {
        broken(audit);
        return;
    };
    let map = match descendant.get_deref(b"CIDToGIDMap", document) {
        Ok(Object::Name(name)) if name == b"Identity" => None,
        Ok(Object::Stream(stream)) => Some(repair::unpacked(document, stream).unwrap_or_default()),
        _ => {
            audit.departs("6.2.11.3.2", "phông chữ thiếu bảng CIDToGIDMap");
            return;
        }
    };
    let widths = CidWidths::read(document, descendant);
    for code in used.codes() {
        let id = match &map {
            None => Some(code),
            Some(map) => {
                let at = usize::from(code) * 2;
                map.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            }
        };
        glyph(audit, &program, id, Some(widths.of(code)), used.seen.contains(&code));
    }
}

/// `/W` and `/DW` of a CID font.
struct CidWidths {
    default: f32,
    spans: Vec<(u16, u16, Vec<f32>)>, // first, last, one width for all or one for each
}

impl CidWidths {
    fn read(document: &Document, font: &Dictionary) -> Self {
        let default = font.get_deref(b"DW", document).and_then(Object::as_float).unwrap_or(1000.0);
        let empty = Vec::new();
        let items = font.get_deref(b"W", document).and_then(Object::as_array).unwrap_or(&empty);
        let mut spans = Vec::new();
        let mut at = 0;
        let deref =
            |at: usize| items.get(at).and_then(|item| document.dereference(item).ok()).map(|(_, o)| o);
        let code = |object: Option<&Object>| {
            object.and_then(|o| o.as_i64().ok()).and_then(|v| u16::try_from(v).ok())
        };
        while let Some(first) = code(deref(at)) {
            match deref(at + 1) {
                Some(Object::Array(widths)) => {
                    let widths: Vec<f32> = widths.iter().map(|w| number(document, w)).collect();
                    let last = first
                        .saturating_add(u16::try_from(widths.len().saturating_sub(1)).unwrap_or(u16::MAX));
                    spans.push((first, last, widths));
                    at += 2;
                }
                last => {
                    let (Some(last), Some(width)) = (code(last), items.get(at + 2)) else { break };
                    spans.push((first, last, vec![number(document, width)]));
                    at += 3;
                }
            }
        }
        Self { default, spans }
    }

    fn of(&self, code: u16) -> f32 {
        let span = self.spans.iter().rev().find(|(first, last, _)| (*first..=*last).contains(&code));
        let width = span.and_then(|(first, last, widths)| match &widths[..] {
            [one] if first != last => Some(*one),
            each => each.get(usize::from(code - first)).copied(),
        });
        width.unwrap_or(self.default)
    }
}

fn number(document: &Document, object: &Object) -> f32 {
    document.dereference(object).ok().and_then(|(_, o)| o.as_float().ok()).unwrap_or(f32::NAN)
}

/// First code and widths of a simple font, where it says them whole (6.2.11.2).
fn simple_widths(document: &Document, font: &Dictionary) -> Option<(i64, Vec<f32>)> {
    let number_at = |key: &[u8]| font.get_deref(key, document).and_then(Object::as_i64).ok();
    let widths = font.get_deref(b"Widths", document).and_then(Object::as_array).ok()?;
    let (first, last) = (number_at(b"FirstChar")?, number_at(b"LastChar")?);
    let n = last.checked_sub(first)?.checked_add(1)?;
    (usize::try_from(n).ok()? == widths.len())
        .then(|| (first, widths.iter().map(|w| number(document, w)).collect()))
}

fn metrics_are_said(audit: &mut Audit<'_>, font: &Dictionary) -> Option<(i64, Vec<f32>)> {
    let base = font.get_deref(b"BaseFont", audit.document).and_then(Object::as_name).unwrap_or(b"");
    let is_standard = std::str::from_utf8(base).is_ok_and(|base| STANDARD.contains(&format!(" {base} ")));
    let widths = simple_widths(audit.document, font);
    if widths.is_none() && !is_standard {
        audit.departs("6.2.11.2", "phông chữ không khai đủ bề rộng chữ");
    }
    widths
}

fn simple(audit: &mut Audit<'_>, used: &FontUse<'_>) {
    let document = audit.document;
    let widths = metrics_are_said(audit, used.font);
    let Some(data) = true_type(audit, used.font, used.is_seen()) else { return };
    let (Some(program), Some((first, widths))) = (Program::read(&data), widths) else {
        broken(audit);
        return;
    };
    let descriptor = document.get_dict_in_dict(used.font, b"FontDescriptor").ok();
    let flags = descriptor.and_then(|d| d.get_deref(b"Flags", document).ok()?.as_i64().ok()).unwrap_or(0);
    let encoding = used.font.get_deref(b"Encoding", document).ok();
    let is_symbolic = flags & SYMBOLIC != 0;
    let is_win_ansi = match encoding {
        Some(Object::Name(name)) => name == b"WinAnsiEncoding",
        Some(Object::Dictionary(parts)) => {
            let base = parts.get_deref(b"BaseEncoding", document).and_then(Object::as_name);
            !parts.has(b"Differences") && base.is_ok_and(|base| base == b"WinAnsiEncoding")
        }
        _ => false,
    };
    let fits = if is_symbolic {
        encoding.is_none() && program.has_symbols()
    } else {
        is_win_ansi && program.has_unicode()
    };
    if !fits {
        audit
            .departs("6.2.11.6", "bảng mã của phông TrueType không đúng dạng được phép, hoặc chưa kiểm được");
        return;
    }
    for code in used.codes() {
        let id = if is_symbolic { program.symbol(code) } else { program.win_ansi(code) };
        let at = usize::try_from(i64::from(code) - first).ok();
        glyph(audit, &program, id, at.and_then(|at| widths.get(at)).copied(), used.seen.contains(&code));
    }
}
