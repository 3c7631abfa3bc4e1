//! Papers for tests, written object by object and update by update. Nothing here is a real signature:
//! `/Contents` is a small DER value, for the steps that never look into it.

/// A PDF that grows by updates with cross-reference tables.
#[derive(Clone)]
pub(crate) struct Paper {
    pub bytes: Vec<u8>,
    places: Vec<(u32, usize)>,
    /// One more than the highest number so far.
    size: u32,
    prev: Option<usize>,
    /// Where the numbers of `/ByteRange` and the `/Contents` of this update stand.
    unsigned: Option<(usize, usize, usize)>,
    pub trailer: String,
}

/// Room for the CMS, hexadecimal digits.
const ROOM: usize = 64;

impl Paper {
    /// An empty file.
    pub fn empty() -> Self {
        Self {
            bytes: b"%PDF-1.7\n".to_vec(),
            places: Vec::new(),
            size: 1,
            prev: None,
            unsigned: None,
            trailer: "/Root 1 0 R".to_owned(),
        }
    }

    /// Two pages with text: catalogue 1, pages 2 (tree), 3 and 4, contents 5 and 6, font 7, form 8 with
    /// the text field 9 (`MaSoHoa`), the empty signature field 10 (`ChuKyCoQuan`) and the appearance 11
    /// of field 9; both fields on page 3.
    pub fn two_pages() -> Self {
        let mut paper = Self::empty();
        let page = |contents: u32, more: &str| {
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents {contents} 0 R\
                 /Resources<</Font<</F1 7 0 R>>>>{more}>>"
            )
        };
        paper
            .object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 8 0 R>>")
            .object(2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>")
            .object(3, &page(5, "/Annots[9 0 R 10 0 R]"))
            .object(4, &page(6, ""))
            .stream(5, "", "BT /F1 24 Tf 30 200 Td (Page one) Tj ET")
            .stream(6, "", "BT /F1 24 Tf 30 200 Td (Page two) Tj ET")
            .object(7, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
            .object(8, "<</Fields[9 0 R 10 0 R]/SigFlags 3/DA(/F1 10 Tf 0 g)/DR<</Font<</F1 7 0 R>>>>>>")
            .object(9, &text_field("", ""))
            .object(
                10,
                "<</Type/Annot/Subtype/Widget/FT/Sig/T(ChuKyCoQuan)/Rect[200 340 290 390]/F 132/P 3 0 R>>",
            )
            .stream(11, "/Type/XObject/Subtype/Form/BBox[0 0 120 20]", "")
            .close();
        paper
    }

    /// Writes an object.
    pub fn object(&mut self, number: u32, body: &str) -> &mut Self {
        self.places.push((number, self.bytes.len()));
        self.size = self.size.max(number + 1);
        self.bytes.extend(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        self
    }

    /// Writes a stream.
    pub fn stream(&mut self, number: u32, dict: &str, content: &str) -> &mut Self {
        let length = content.len();
        self.object(number, &format!("<<{dict}/Length {length}>>\nstream\n{content}\nendstream"))
    }

    /// Frees an object.
    pub fn free(&mut self, number: u32) -> &mut Self {
        self.places.push((number, 0));
        self
    }

    /// Writes the dictionary of a signature over this update, which is filled in when it is closed.
    pub fn signature(&mut self, number: u32, more: &str) -> &mut Self {
        let start = self.bytes.len();
        let body = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20250102030405+07'00')\
             /ByteRange[0000000000 0000000000 0000000000 0000000000]/Contents<{}>{more}>>",
            "0".repeat(ROOM)
        );
        self.object(number, &body);
        let find = |word: &[u8]| {
            let at = self.bytes[start..].windows(word.len()).position(|window| window == word).unwrap();
            start + at + word.len()
        };
        let contents = find(b"/Contents");
        self.unsigned = Some((find(b"/ByteRange["), contents, contents + ROOM + 2));
        self
    }

    /// Ends the update.
    pub fn close(&mut self) -> &mut Self {
        let at = self.bytes.len();
        let mut text = "xref\n".to_owned();
        for (number, place) in self.places.drain(..) {
            let kind = if place == 0 { 'f' } else { 'n' };
            text += &format!("{number} 1\n{place:010} 00000 {kind} \n");
        }
        let prev = self.prev.map_or_else(String::new, |prev| format!("/Prev {prev}"));
        text += &format!("trailer\n<</Size {}{}{prev}>>\nstartxref\n{at}\n%%EOF\n", self.size, self.trailer);
        self.bytes.extend(text.as_bytes());
        self.prev = Some(at);
        if let Some((range, from, to)) = self.unsigned.take() {
            let numbers = format!("{:010} {from:010} {to:010} {:010}", 0, self.bytes.len() - to);
            self.bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
            // A sequence of one whole number.
            self.bytes[from + 1..from + 11].copy_from_slice(b"3003020105");
        }
        self
    }

    /// Signs with a new field without a face; objects `number` (field) and `number + 1` (dictionary).
    pub fn sign(&mut self, number: u32, name: &str, more: &str) -> &mut Self {
        let fields = format!("[9 0 R 10 0 R {number} 0 R]");
        let form = format!("<</Fields{fields}/SigFlags 3/DA(/F1 10 Tf 0 g)/DR<</Font<</F1 7 0 R>>>>>>");
        let field = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T({name})/Rect[0 0 0 0]/F 132/P 3 0 R/V {} 0 R>>",
            number + 1
        );
        self.object(8, &form).object(number, &field).signature(number + 1, more).close()
    }

    /// Replaces bytes by others of the same number, wherever they stand.
    pub fn spoil(&self, from: &str, to: &str) -> Self {
        assert_eq!(from.len(), to.len());
        let mut paper = self.clone();
        let mut n_found = 0;
        for at in 0..paper.bytes.len().saturating_sub(from.len()) {
            if paper.bytes[at..].starts_with(from.as_bytes()) {
                paper.bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
                n_found += 1;
            }
        }
        assert!(n_found > 0, "{from} is not there");
        paper
    }
}

/// The text field `MaSoHoa` with a value and further keys.
pub(crate) fn text_field(value: &str, more: &str) -> String {
    let value = if value.is_empty() { String::new() } else { format!("/V({value})") };
    format!(
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(MaSoHoa)/Rect[10 360 130 380]/F 4/P 3 0 R\
         /DA(/F1 10 Tf 0 g)/AP<</N 11 0 R>>{value}{more}>>"
    )
}
