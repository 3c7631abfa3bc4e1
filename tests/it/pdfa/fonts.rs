//! ISO 19005-2:2011, 6.2.11: fonts that text is shown in, seen or not.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};
use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
};

use super::{
    breach::{deref, dictionary, get, name, number},
    graphics::{Shown, Walk},
};

pub fn judge(walk: &mut Walk<'_>, id: ObjectId, shown: &Shown) {
    let document = walk.document;
    let font = document.get_dictionary(id).unwrap();
    let kind = name(document, font, "Subtype").unwrap_or_default();
    walk.must("6.2.11.2", font.has_type(b"Font") && font.has(b"BaseFont"), format!("font {id:?}"));
    match kind {
        "Type0" => composite(walk, font, shown),
        "TrueType" => simple(walk, font, shown),
        _ if shown.seen.is_empty() => {} // need not be embedded
        other => walk.must("6.2.11.4.1", false, format!("{other} is not judged here")),
    }
}

fn codes(shown: &BTreeSet<Vec<u8>>) -> BTreeSet<u16> {
    let strings = shown.iter();
    strings.flat_map(|text| text.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))).collect()
}

/// The embedded TrueType program; 6.2.11.4.1 unless no letter is seen.
fn program(walk: &mut Walk<'_>, font: &Dictionary, shown: &Shown) -> Option<Vec<u8>> {
    let document = walk.document;
    let descriptor = dictionary(document, font, "FontDescriptor");
    let file = descriptor.and_then(|d| get(document, d, "FontFile2")?.as_stream().ok());
    walk.must("6.2.11.4.1", file.is_some() || shown.seen.is_empty(), "not embedded");
    if let Some(descriptor) = descriptor {
        walk.must(
            "6.2.11.4.2",
            !descriptor.has(b"CIDSet") && !descriptor.has(b"CharSet"),
            "lists of a subset",
        );
    }
    let data = file?.decompressed_content().unwrap();
    let length = file.and_then(|file| number(document, &file.dict, "Length1")).unwrap_or(0.0);
    walk.must("6.2.11.4.1", length as usize == data.len(), "Length1");
    Some(data)
}

fn glyph(walk: &mut Walk<'_>, program: &FontRef<'_>, glyph: u16, width: f32) {
    let metrics = program.glyph_metrics(Size::unscaled(), LocationRef::default());
    let units = f32::from(program.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    walk.must("6.2.11.8", glyph != 0, ".notdef");
    let own = metrics.advance_width(GlyphId::new(u32::from(glyph)));
    walk.must("6.2.11.4.1", own.is_some(), format!("glyph {glyph}"));
    let far = own.map_or(0.0, |own| (own * 1000.0 / units - width).abs());
    walk.must("6.2.11.5", far <= 1.0, format!("glyph {glyph} is {far} off"));
}

fn composite(walk: &mut Walk<'_>, font: &Dictionary, shown: &Shown) {
    let document = walk.document;
    walk.must("6.2.11.3.3", name(document, font, "Encoding") == Some("Identity-H"), "encoding");
    let descendant = get(document, font, "DescendantFonts").unwrap().as_array().unwrap();
    let descendant = deref(document, &descendant[0]).as_dict().unwrap();
    walk.must("6.2.11.2", name(document, descendant, "Subtype") == Some("CIDFontType2"), "kind");
    let system = dictionary(document, descendant, "CIDSystemInfo");
    walk.must(
        "6.2.11.3.1",
        system.is_some_and(|s| s.has(b"Registry") && s.has(b"Ordering")),
        "CIDSystemInfo",
    );
    let same = name(document, font, "BaseFont") == name(document, descendant, "BaseFont");
    walk.must("6.2.11.2", same, "one name");
    let Some(data) = program(walk, descendant, shown) else { return };
    let font_program = FontRef::new(&data).unwrap();
    let map = match get(document, descendant, "CIDToGIDMap") {
        Some(Object::Stream(map)) => Some(map.decompressed_content().unwrap()),
        Some(Object::Name(identity)) if identity == b"Identity" => None,
        _ => {
            walk.must("6.2.11.3.2", false, "CIDToGIDMap");
            return;
        }
    };
    let widths = get(document, descendant, "W").unwrap().as_array().unwrap();
    let width_of = |code: u16| cid_width(walk.document, widths, code).or(number(document, descendant, "DW"));
    let width_of = |code: u16| width_of(code).unwrap_or(1000.0);
    for code in codes(&shown.seen).union(&codes(&shown.unseen)) {
        let at = usize::from(*code) * 2;
        let id = map.as_ref().map_or(*code, |map| u16::from_be_bytes([map[at], map[at + 1]]));
        glyph(walk, &font_program, id, width_of(*code));
    }
}

/// `/W`: `first [each …]` or `first last all`, in any order.
fn cid_width(document: &Document, widths: &[Object], code: u16) -> Option<f32> {
    let code = i64::from(code);
    let mut rest = widths;
    while let [first, second, tail @ ..] = rest {
        let first = deref(document, first).as_i64().unwrap();
        match (deref(document, second), tail) {
            (Object::Array(each), _) => {
                if let Some(width) = usize::try_from(code - first).ok().and_then(|at| each.get(at)) {
                    return Some(deref(document, width).as_float().unwrap());
                }
                rest = tail;
            }
            (last, [width, tail @ ..]) => {
                if (first..=last.as_i64().unwrap()).contains(&code) {
                    return Some(deref(document, width).as_float().unwrap());
                }
                rest = tail;
            }
            _ => return None,
        }
    }
    None
}

/// 6.2.11.6: only WinAnsi over Unicode is judged; the letters are Latin ones.
fn simple(walk: &mut Walk<'_>, font: &Dictionary, shown: &Shown) {
    let document = walk.document;
    walk.must("6.2.11.6", name(document, font, "Encoding") == Some("WinAnsiEncoding"), "encoding");
    let Some(data) = program(walk, font, shown) else { return };
    let font_program = FontRef::new(&data).unwrap();
    let (first, last) =
        (number(document, font, "FirstChar").unwrap(), number(document, font, "LastChar").unwrap());
    let widths = get(document, font, "Widths").unwrap().as_array().unwrap();
    walk.must("6.2.11.2", widths.len() as f32 == last - first + 1.0, "widths");
    let all: BTreeSet<u8> = shown.seen.union(&shown.unseen).flatten().copied().collect();
    for code in all {
        let id = font_program.charmap().map(u32::from(code)).map_or(0, |g| g.to_u32() as u16);
        let width = widths.get(usize::from(code) - first as usize).map_or(0.0, |w| w.as_float().unwrap());
        glyph(walk, &font_program, id, width);
    }
}
