//! ISO 19005-2:2011, 6.1: how the bytes of the file are laid out, section by section.

use lopdf::{Document, Object};

use super::breach::{Judged, each_dictionary};

const END: &[u8] = b"%%EOF";

fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(needle.len()).position(|w| w == needle).map(|at| at + from)
}

fn is_eol(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'\n' | b'\r'))
}

fn digits(bytes: &[u8], at: usize) -> (usize, usize) {
    let n = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    (std::str::from_utf8(&bytes[at..at + n]).unwrap().parse().unwrap_or(usize::MAX), at + n)
}

pub fn judge(file: &mut Judged<'_>) {
    header(file);
    trailer(file);
    let offsets = cross_reference(file);
    for (number, offset) in offsets {
        object(file, number, offset);
    }
    streams(file);
    permissions(file);
    limits(file);
}

/// 6.1.2
fn header(file: &mut Judged<'_>) {
    let bytes = file.bytes;
    let is_version = matches!(bytes, [b'%', b'P', b'D', b'F', b'-', b'1', b'.', b'0'..=b'7', b'\n', ..]);
    file.must("6.1.2", is_version, "header");
    let is_binary = matches!(bytes.get(9..15), Some([b'%', a, b, c, d, b'\n' | b'\r'])
        if [a, b, c, d].iter().all(|byte| **byte > 127));
    file.must("6.1.2", is_binary, "binary comment");
}

/// 6.1.3
fn trailer(file: &mut Judged<'_>) {
    let trailer = file.document.trailer.clone();
    let id = trailer.get(b"ID").and_then(Object::as_array).cloned().unwrap_or_default();
    let is_id = id.len() == 2 && id.iter().all(|half| half.as_str().is_ok_and(|half| half.len() >= 16));
    file.must("6.1.3", is_id, format!("/ID {id:?}"));
    file.must("6.1.3", !trailer.has(b"Encrypt"), "/Encrypt");
    let last = file.bytes.windows(END.len()).rposition(|w| w == END).unwrap();
    let after = &file.bytes[last + END.len()..];
    file.must("6.1.3", matches!(after, b"" | b"\n" | b"\r" | b"\r\n"), format!("{after:?} after the end"));
}

/// 6.1.4; gives (number, offset) of every object in use, of all sections.
fn cross_reference(file: &mut Judged<'_>) -> Vec<(usize, usize)> {
    let bytes = file.bytes;
    let mut offsets = Vec::new();
    let from = bytes.windows(9).rposition(|w| w == b"startxref").unwrap() + 10;
    let mut next = Some(digits(bytes, from).0);
    while let Some(start) = next {
        file.must("6.1.4", bytes[start..].starts_with(b"xref\n"), format!("no table at {start}"));
        let mut at = start + 5;
        while bytes[at].is_ascii_digit() {
            let (first, after) = digits(bytes, at);
            file.must("6.1.4", bytes[after] == b' ', "one space in the head of a subsection");
            let (n, after) = digits(bytes, after + 1);
            file.must("6.1.4", bytes[after] == b'\n', "one end of line after the head of a subsection");
            for row in 0..n {
                let entry = &bytes[after + 1 + row * 20..after + 21 + row * 20];
                let is_entry = entry[10] == b' '
                    && entry[16] == b' '
                    && matches!(&entry[18..], b"\r\n" | b" \n" | b" \r")
                    && [&entry[..10], &entry[11..16]].concat().iter().all(u8::is_ascii_digit);
                file.must("6.1.4", is_entry, format!("entry {:?}", String::from_utf8_lossy(entry)));
                if entry[17] == b'n' {
                    offsets.push((first + row, digits(entry, 0).0));
                }
            }
            at = after + 1 + n * 20;
        }
        file.must("6.1.4", bytes[at..].starts_with(b"trailer"), "trailer after the table");
        let end = find(bytes, b"startxref", at).unwrap();
        next = find(&bytes[..end], b"/Prev ", at).map(|prev| digits(bytes, prev + 6).0);
    }
    offsets
}

/// 6.1.9, 6.1.7.1 and 6.1.6 of one object.
fn object(file: &mut Judged<'_>, number: usize, offset: usize) {
    let bytes = file.bytes;
    file.must("6.1.9", is_eol(bytes.get(offset - 1)), format!("object {number} begins a line"));
    let (found, after) = digits(bytes, offset);
    let (_, after) = digits(bytes, after + 1);
    let is_head = found == number && bytes[after..].starts_with(b" obj") && is_eol(bytes.get(after + 4));
    file.must("6.1.9", is_head, format!("head of object {number}"));
    let body = after + 4;
    let end = find(bytes, b"endobj", body).unwrap();
    let end = match find(&bytes[..end], b"stream\n", body) {
        Some(stream) if !bytes[..stream].ends_with(b"end") => {
            strings(file, number, &bytes[body..stream]);
            let dictionary = String::from_utf8_lossy(&bytes[body..stream]);
            let length =
                dictionary.split("/Length ").nth(1).map(|rest| digits(rest.as_bytes(), 0).0).unwrap();
            let after = stream + 7 + length;
            let ends = [&b"\nendstream"[..], b"\r\nendstream", b"\rendstream"];
            let is_exact = ends.iter().any(|end| bytes[after..].starts_with(end));
            file.must("6.1.7.1", is_exact, format!("length and end of the stream of object {number}"));
            find(bytes, b"endobj", after).unwrap()
        }
        _ => {
            strings(file, number, &bytes[body..end]);
            end
        }
    };
    let is_tail = is_eol(bytes.get(end - 1)) && is_eol(bytes.get(end + 6));
    file.must("6.1.9", is_tail, format!("tail of object {number}"));
}

/// 6.1.6: hexadecimal strings have an even number of hexadecimal digits.
fn strings(file: &mut Judged<'_>, number: usize, mut rest: &[u8]) {
    while let Some((first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'<', [b'<', tail @ ..]) | (b'>', [b'>', tail @ ..]) => tail,
            (b'<', _) => {
                let end = tail.iter().position(|b| *b == b'>').unwrap();
                let digits = tail[..end].iter().filter(|b| !b.is_ascii_whitespace()).count();
                let is_hex = tail[..end].iter().all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace());
                file.must("6.1.6", is_hex && digits % 2 == 0, format!("string in object {number}"));
                &tail[end + 1..]
            }
            (b'(', _) => {
                let (mut depth, mut at) = (1, 0);
                while depth > 0 {
                    match tail[at] {
                        b'\\' => at += 1,
                        b'(' => depth += 1,
                        b')' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                }
                &tail[at..]
            }
            _ => tail,
        };
    }
}

/// 6.1.7.1 and 6.1.7.2
fn streams(file: &mut Judged<'_>) {
    const ALLOWED: [&[u8]; 8] = [
        b"ASCIIHexDecode",
        b"ASCII85Decode",
        b"FlateDecode",
        b"RunLengthDecode",
        b"CCITTFaxDecode",
        b"JBIG2Decode",
        b"DCTDecode",
        b"JPXDecode",
    ];
    let mut found = Vec::new();
    for (id, object) in &file.document.objects {
        let Object::Stream(stream) = object else { continue };
        for key in ["F", "FFilter", "FDecodeParms"] {
            found.push(("6.1.7.1", !stream.dict.has(key.as_bytes()), format!("/{key} in {id:?}")));
        }
        for filter in stream.filters().unwrap_or_default() {
            found.push((
                "6.1.7.2",
                ALLOWED.contains(&filter),
                format!("{} in {id:?}", String::from_utf8_lossy(filter)),
            ));
        }
    }
    found.into_iter().for_each(|(clause, holds, what)| file.must(clause, holds, what));
}

/// 6.1.12
fn permissions(file: &mut Judged<'_>) {
    let catalog = file.catalog().clone();
    if let Ok(permissions) = file.document.get_dict_in_dict(&catalog, b"Perms").cloned() {
        let is_known = permissions.iter().all(|(key, _)| key == b"UR3" || key == b"DocMDP");
        file.must("6.1.12", is_known, "/Perms");
    }
}

/// 6.1.13
fn limits(file: &mut Judged<'_>) {
    fn measure(document: &Document, object: &Object, found: &mut Vec<(bool, String)>) {
        match object {
            Object::Integer(v) => found.push((i32::try_from(*v).is_ok(), format!("integer {v}"))),
            Object::Real(v) => found.push((v.is_finite(), format!("real {v}"))),
            Object::Name(v) => found.push((v.len() <= 127, "name".to_owned())),
            Object::String(v, _) => found.push((v.len() <= 32_767, "string".to_owned())),
            Object::Array(items) => items.iter().for_each(|item| measure(document, item, found)),
            Object::Dictionary(v) => v.iter().for_each(|(_, value)| measure(document, value, found)),
            Object::Stream(v) => v.dict.iter().for_each(|(_, value)| measure(document, value, found)),
            Object::Reference(id) => found.push((document.has_object(*id), format!("nothing at {id:?}"))),
            _ => {}
        }
    }
    let mut found = Vec::new();
    file.document.objects.values().for_each(|object| measure(&file.document, object, &mut found));
    found.push((file.document.objects.len() <= 8_388_607, "objects".to_owned()));
    each_dictionary(&file.document, |id, dictionary| {
        for key in [&b"MediaBox"[..], b"CropBox", b"BleedBox", b"TrimBox", b"ArtBox"] {
            let Ok(sides) = dictionary.get(key).and_then(Object::as_array) else { continue };
            let sides: Vec<f32> = sides.iter().map(|side| side.as_float().unwrap()).collect();
            let fits =
                [sides[2] - sides[0], sides[3] - sides[1]].iter().all(|v| (3.0..=14_400.0).contains(v));
            found.push((fits, format!("{sides:?} in {id:?}")));
        }
    });
    found.into_iter().for_each(|(holds, what)| file.must("6.1.13", holds, what));
}
