//! Pictures on carried pages (ISO 19005-2, 6.2.8).

use lopdf::{Dictionary, Object, Stream};

use super::{repair, walk::Audit};

/// A mask of a picture, and nothing further.
const DEEPEST_MASK: usize = 2;

impl<'d> Audit<'d> {
    pub(super) fn picture(&mut self, picture: &'d Stream, resources: Option<&'d Dictionary>, depth: usize) {
        let document = self.document;
        let dictionary = &picture.dict;
        let is_on =
            |key: &[u8]| dictionary.get_deref(key, document).and_then(Object::as_bool).unwrap_or(false);
        if dictionary.has(b"Alternates") || dictionary.has(b"OPI") || is_on(b"Interpolate") {
            self.departs("6.2.8.1", "ảnh có bản thay thế hoặc được làm mịn");
        }
        if let Ok(intent) = dictionary.get_deref(b"Intent", document).and_then(Object::as_name) {
            self.intent(intent);
        }
        let filters = repair::filters(document, dictionary);
        let is_jpx = filters.last() == Some(&&b"JPXDecode"[..]);
        let bits = dictionary.get_deref(b"BitsPerComponent", document).and_then(Object::as_i64).ok();
        let is_mask = is_on(b"ImageMask");
        let has_good_bits = match bits {
            None => {
                is_mask
                    || is_jpx
                    || filters.contains(&&b"JBIG2Decode"[..])
                    || filters.contains(&&b"CCITTFaxDecode"[..])
            }
            Some(1) => true,
            Some(2 | 4 | 8 | 16) => !is_mask,
            Some(_) => is_jpx,
        };
        if !has_good_bits {
            self.departs("6.2.8.1", "ảnh có số bit không được phép");
        }
        if is_jpx && !is_good_jpx(&picture.content, filters.len()) {
            self.departs("6.2.8.3", "ảnh JPEG 2000 không đúng dạng được phép, hoặc chưa kiểm được");
        }
        if !is_mask && let Ok(space) = dictionary.get(b"ColorSpace") {
            self.colour(space, resources, 0);
        }
        for key in [&b"SMask"[..], b"Mask"] {
            let Ok(mask) = dictionary.get_deref(key, document).and_then(Object::as_stream) else { continue };
            if depth < DEEPEST_MASK {
                self.picture(mask, resources, depth + 1);
            }
        }
    }
}

/// ISO 19005-2, 6.2.8.3: 1, 3 or 4 channels of one depth, 1–38 bits, one usable description of colour.
/// A bare code stream, or one under further filters, is not looked into.
fn is_good_jpx(data: &[u8], n_filters: usize) -> bool {
    const SIGNATURE: &[u8] = b"\0\0\0\x0CjP  \r\n\x87\n";
    if n_filters != 1 || !data.starts_with(SIGNATURE) {
        return false;
    }
    let Some(header) = boxes(data).find(|(kind, _)| kind == b"jp2h").map(|(_, body)| body) else {
        return false;
    };
    let mut colours = 0u32;
    let mut best = 0u32;
    let mut has_good_depth = false;
    for (kind, body) in boxes(header) {
        match (&kind, body) {
            (b"ihdr", [_, _, _, _, _, _, _, _, 0, 1 | 3 | 4, depth, ..]) => {
                has_good_depth = *depth != 0xFF && depth & 0x7F < 38;
            }
            (b"ihdr", _) => return false,
            (b"colr", [method, _, approximation, rest @ ..]) => {
                colours += 1;
                best += u32::from(*approximation == 1);
                let is_cie_jab = *method == 1 && rest.starts_with(&[0, 0, 0, 19]);
                if !matches!(method, 1..=3) || is_cie_jab {
                    return false;
                }
            }
            _ => {}
        }
    }
    has_good_depth && (colours == 1 || colours > 1 && best == 1)
}

/// The boxes of a JP2 file, one level.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_at_checked(8)?;
        let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok()?;
        let kind = [head[4], head[5], head[6], head[7]];
        // 0: to the end. 1: a longer length follows, which no header needs.
        let body = if length == 0 { tail } else { tail.get(..length.checked_sub(8)?)? };
        rest = &tail[body.len()..];
        Some((kind, body))
    })
}

#[cfg(test)]
mod tests {
    use super::is_good_jpx;

    fn jpx(channels: u8, depth: u8, colours: &[&[u8]]) -> Vec<u8> {
        let boxed =
            |kind: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat();
        let mut header = boxed(b"ihdr", &[0, 0, 0, 9, 0, 0, 0, 9, 0, channels, depth, 7, 0, 0]);
        colours.iter().for_each(|colour| header.extend(boxed(b"colr", colour)));
        [boxed(b"jP  ", b"\r\n\x87\n"), boxed(b"ftyp", b"jp2 \0\0\0\0jp2 "), boxed(b"jp2h", &header)].concat()
    }

    #[test]
    fn jpeg_2000_is_taken_in_the_forms_that_the_standard_names() {
        const SRGB: &[u8] = &[1, 0, 0, 0, 0, 0, 16];
        let check = |data: Vec<u8>, n_filters, expected| assert_eq!(is_good_jpx(&data, n_filters), expected);
        check(jpx(3, 7, &[SRGB]), 1, true);
        check(jpx(1, 0, &[&[1, 0, 0, 0, 0, 0, 17]]), 1, true);
        check(jpx(2, 7, &[SRGB]), 1, false);
        check(jpx(3, 0xFF, &[SRGB]), 1, false);
        check(jpx(3, 7, &[SRGB, SRGB]), 1, false);
        check(jpx(3, 7, &[SRGB, &[1, 0, 1, 0, 0, 0, 16]]), 1, true);
        check(jpx(3, 7, &[&[1, 0, 0, 0, 0, 0, 19]]), 1, false);
        check(jpx(3, 7, &[&[4, 0, 0]]), 1, false);
        check(jpx(3, 7, &[]), 1, false);
        check(jpx(3, 7, &[SRGB]), 2, false);
        check(b"\xFF\x4F\xFF\x51".to_vec(), 1, false);
        let whole = jpx(3, 7, &[SRGB]);
        for cut in 0..whole.len() {
            let _ = is_good_jpx(&whole[..cut], 1);
        }
    }
}
