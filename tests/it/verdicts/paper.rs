//! Signed papers, written object by object and update by update, so that a test may write what no writer would.

use std::fmt::Write;

use super::people::people;
use crate::pki::Cms;

/// Makes what goes into `/Contents` out of the signed bytes.
type Maker = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// Where the numbers of `/ByteRange` and the `/Contents` of an update stand, and who fills them in.
struct Hole {
    range: usize,
    from: usize,
    to: usize,
    maker: Maker,
}

/// A PDF that grows by updates with cross-reference tables.
pub struct Paper {
    pub bytes: Vec<u8>,
    places: Vec<(u32, Place)>,
    /// One more than the highest number so far.
    size: u32,
    prev: Option<usize>,
    hole: Option<Hole>,
    pub trailer: String,
    /// Whether cross-references are written as streams.
    has_streams: bool,
}

/// Where an object is.
#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    At(usize),
    /// The stream, and the position in it.
    Packed(u32, usize),
}

pub const CATALOGUE: &str = "/Type/Catalog/Pages 2 0 R/AcroForm 8 0 R";
pub const FACE: &str = "/Type/XObject/Subtype/Form/BBox[0 0 120 20]/Resources<</Font<</F1 7 0 R>>>>";
/// Where the text field lies.
pub const CORNER: &str = "[10 360 130 380]";
const BASE_FIELDS: &str = "9 0 R 10 0 R";
const ROOM: usize = 12_000;

impl Paper {
    /// Two pages with text: catalogue 1, pages 2 (tree), 3 and 4, contents 5 and 6, font 7, form 8 with the
    /// text field 9 (`MaSoHoa`), the empty signature field 10 (`ChuKyCoQuan`) and the appearance 11 of field 9;
    /// both fields on page 3. Open for more.
    pub fn open() -> Self {
        let mut paper = Self::over(b"%PDF-1.7\n".to_vec(), 1, None, "/Root 1 0 R");
        paper
            .object(1, &format!("<<{CATALOGUE}>>"))
            .object(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>")
            .object(3, &page_one("", BASE_FIELDS))
            .object(4, &page_one("", "").replace("5 0 R", "6 0 R").replace("/Annots[]", ""))
            .stream(5, "", "BT /F1 24 Tf 30 200 Td (Page one) Tj ET")
            .stream(6, "", "BT /F1 24 Tf 30 200 Td (Page two) Tj ET")
            .object(7, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
            .object(8, &form(BASE_FIELDS, ""))
            .object(9, &text_field("", ""))
            .object(10, &signature_field("ChuKyCoQuan", "200 340 290 390", ""))
            .stream(11, "/Type/XObject/Subtype/Form/BBox[0 0 120 20]", "");
        paper
    }

    /// A file to go on with: one more than its highest number, where its last cross-references are, and what
    /// trailers say.
    pub fn over(bytes: Vec<u8>, size: u32, prev: Option<usize>, trailer: &str) -> Self {
        let trailer = trailer.to_owned();
        Self { bytes, places: Vec::new(), size, prev, hole: None, trailer, has_streams: false }
    }

    /// The same with cross-reference streams from here on.
    pub fn with_streams(self) -> Self {
        Self { has_streams: true, ..self }
    }

    /// The same, closed.
    pub fn plain() -> Self {
        let mut paper = Self::open();
        paper.close();
        paper
    }

    /// The same, signed in a new field (20, 21) that nobody sees.
    pub fn signed() -> Self {
        Self::signed_saying("")
    }

    /// The same; `more` goes into the dictionary of the signature.
    pub fn signed_saying(more: &str) -> Self {
        let mut paper = Self::plain();
        paper.sign(20, "CanBo", more);
        paper
    }

    /// Writes an object.
    pub fn object(&mut self, number: u32, body: &str) -> &mut Self {
        self.places.push((number, Place::At(self.bytes.len())));
        self.size = self.size.max(number + 1);
        self.bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        self
    }

    /// Writes a stream.
    pub fn stream(&mut self, number: u32, dict: &str, content: &str) -> &mut Self {
        let length = content.len();
        self.object(number, &format!("<<{dict}/Length {length}>>\nstream\n{content}\nendstream"))
    }

    /// Writes objects into an object stream.
    pub fn packed(&mut self, number: u32, objects: &[(u32, String)]) -> &mut Self {
        let (mut head, mut bodies) = (String::new(), String::new());
        for (at, (one, body)) in objects.iter().enumerate() {
            write!(head, "{one} {} ", bodies.len()).unwrap();
            write!(bodies, "{body} ").unwrap();
            self.places.push((*one, Place::Packed(number, at)));
            self.size = self.size.max(one + 1);
        }
        let dict = format!("/Type/ObjStm/N {}/First {}", objects.len(), head.len());
        self.stream(number, &dict, &(head + &bodies))
    }

    /// Writes a stream of bytes in hexadecimal digits.
    pub fn hexadecimal(&mut self, number: u32, bytes: &[u8]) -> &mut Self {
        self.stream(number, "/Filter/ASCIIHexDecode", &format!("{}>", digits(bytes)))
    }

    /// Frees an object.
    pub fn free(&mut self, number: u32) -> &mut Self {
        self.places.push((number, Place::Nowhere));
        self
    }

    /// Writes the dictionary of a signature by the usual signer over this update, which is filled in when it is
    /// closed.
    pub fn signature(&mut self, number: u32, more: &str) -> &mut Self {
        let maker = |bytes: &[u8]| Cms::cades(&people().signer).build(bytes);
        self.signature_by(number, "ETSI.CAdES.detached", more, ROOM, maker)
    }

    /// The same for another form; `room` in bytes.
    pub fn signature_by(
        &mut self,
        number: u32,
        sub_filter: &str,
        more: &str,
        room: usize,
        maker: impl Fn(&[u8]) -> Vec<u8> + 'static,
    ) -> &mut Self {
        let start = self.bytes.len();
        let kind = if sub_filter == "ETSI.RFC3161" { "DocTimeStamp" } else { "Sig" };
        let body = format!(
            "<</Type/{kind}/Filter/Adobe.PPKLite/SubFilter/{sub_filter}/M(D:20260530090000+07'00')\
             /ByteRange[0000000000 0000000000 0000000000 0000000000]/Contents<{}>{more}>>",
            "0".repeat(room * 2)
        );
        self.object(number, &body);
        let find = |word: &[u8]| {
            let at = self.bytes[start..].windows(word.len()).position(|window| window == word).unwrap();
            start + at + word.len()
        };
        let from = find(b"/Contents");
        let maker = Box::new(maker);
        self.hole = Some(Hole { range: find(b"/ByteRange["), from, to: from + room * 2 + 2, maker });
        self
    }

    /// Ends the update.
    pub fn close(&mut self) -> &mut Self {
        let at = self.bytes.len();
        let prev = self.prev.map_or_else(String::new, |prev| format!("/Prev {prev}"));
        if self.has_streams {
            self.cross_reference_stream(&prev);
        } else {
            let mut text = "xref\n".to_owned();
            for (number, place) in self.places.drain(..) {
                match place {
                    Place::At(at) => writeln!(text, "{number} 1\n{at:010} 00000 n ").unwrap(),
                    Place::Nowhere => writeln!(text, "{number} 1\n0000000000 00000 f ").unwrap(),
                    Place::Packed(..) => panic!("no table knows object streams"),
                }
            }
            text += &format!("trailer\n<</Size {}{}{prev}>>\n", self.size, self.trailer);
            self.bytes.extend(text.as_bytes());
        }
        self.bytes.extend(format!("startxref\n{at}\n%%EOF\n").as_bytes());
        self.prev = Some(at);
        self.fill_hole();
        self
    }

    fn cross_reference_stream(&mut self, prev: &str) {
        let (own, at) = (self.size, self.bytes.len());
        self.places.push((own, Place::At(at)));
        self.size += 1;
        let (mut index, mut entries) = (String::new(), String::new());
        for (number, place) in self.places.drain(..) {
            write!(index, "{number} 1 ").unwrap();
            let (kind, second, third) = match place {
                Place::Nowhere => (0, 0, 0),
                Place::At(at) => (1, at, 0),
                Place::Packed(stream, at) => (2, stream as usize, at),
            };
            write!(entries, "{kind:02x}{second:08x}{third:02x}").unwrap();
        }
        let dict = format!("/Type/XRef/W[1 4 1]/Index[{index}]/Filter/ASCIIHexDecode/Size {}", self.size);
        let (trailer, entries) = (self.trailer.clone(), entries + ">");
        self.stream(own, &format!("{dict}{trailer}{prev}"), &entries);
        self.places.clear();
    }

    fn fill_hole(&mut self) {
        let Some(Hole { range, from, to, maker }) = self.hole.take() else { return };
        let numbers = format!("{:010} {from:010} {to:010} {:010}", 0, self.bytes.len() - to);
        self.bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
        let contents = digits(maker(&[&self.bytes[..from], &self.bytes[to..]].concat()));
        assert!(contents.len() <= to - from - 2, "{} digits of a signature", contents.len());
        self.bytes[from + 1..=from + contents.len()].copy_from_slice(contents.as_bytes());
    }

    /// Signs with a new field without a face; objects `number` (field) and `number + 1` (dictionary).
    pub fn sign(&mut self, number: u32, name: &str, more: &str) -> &mut Self {
        self.field(number, name).signature(number + 1, more).close()
    }

    /// The same with another form of signature.
    pub fn sign_by(
        &mut self,
        number: u32,
        sub_filter: &str,
        room: usize,
        maker: impl Fn(&[u8]) -> Vec<u8> + 'static,
    ) -> &mut Self {
        let name = format!("ChuKy{number}");
        self.field(number, &name).signature_by(number + 1, sub_filter, "", room, maker).close()
    }

    /// A new field for a signature that nobody sees, besides those of [`Self::open`] and the even numbers
    /// before it from 20 on.
    pub fn field(&mut self, number: u32, name: &str) -> &mut Self {
        let before: String = (20..=number).step_by(2).map(|n| format!(" {n} 0 R")).collect();
        let value = format!("/V {} 0 R", number + 1);
        self.object(8, &form(&format!("{BASE_FIELDS}{before}"), ""));
        self.object(number, &signature_field(name, "0 0 0 0", &value))
    }

    /// A document time stamp.
    pub fn time_stamp(&mut self, number: u32, at: &'static str) -> &mut Self {
        self.sign_by(number, "ETSI.RFC3161", ROOM, move |bytes| people().tsa.stamp(bytes, at))
    }

    /// The bytes with some replaced by as many others, wherever they stand.
    pub fn spoilt(&self, from: &str, to: &str) -> Vec<u8> {
        spoilt(&self.bytes, from.as_bytes(), to.as_bytes())
    }
}

/// Replaces bytes by as many others, wherever they stand.
pub fn spoilt(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let found: Vec<usize> =
        bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(at, _)| at).collect();
    assert!(!found.is_empty(), "{} is not there", String::from_utf8_lossy(from));
    for at in found {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

pub fn digits(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A paper signed in one way.
pub fn signed_by(sub_filter: &str, maker: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Vec<u8> {
    Paper::plain().sign_by(20, sub_filter, ROOM, maker).bytes.clone()
}

pub fn page_one(more: &str, annotations: &str) -> String {
    format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents 5 0 R\
         /Resources<</Font<</F1 7 0 R>>>>/Annots[{annotations}]{more}>>"
    )
}

pub fn form(fields: &str, more: &str) -> String {
    format!("<</Fields[{fields}]/SigFlags 3/DA(/F1 10 Tf 0 g)/DR<</Font<</F1 7 0 R>>>>{more}>>")
}

/// The text field `MaSoHoa` with a value and further keys.
pub fn text_field(value: &str, more: &str) -> String {
    let value = if value.is_empty() { String::new() } else { format!("/V({value})") };
    format!(
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(MaSoHoa)/Rect{CORNER}/F 4/P 3 0 R\
         /DA(/F1 10 Tf 0 g)/AP<</N 11 0 R>>{value}{more}>>"
    )
}

pub fn signature_field(name: &str, rect: &str, more: &str) -> String {
    format!("<</Type/Annot/Subtype/Widget/FT/Sig/T({name})/Rect[{rect}]/F 132/P 3 0 R{more}>>")
}
