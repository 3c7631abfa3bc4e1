//! Walks through the content that a form draws, with all it names, and collects what departs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use hayro_syntax::{
    content::UntypedIter,
    object::{Object as Operand, Stream as InlinePicture},
};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::{
    Departure, LONGEST_STRING,
    fonts::{self, FontUse},
    repair,
};

/// Deepest nesting of forms, patterns and letters drawn by content.
const DEEPEST_FORM: usize = 16;
/// Deepest `q` (ISO 19005-2, 6.1.13), less those around the form.
const DEEPEST_STATE: usize = 26;
/// Operators looked at in one file; beyond, it counts as not checked.
const MOST_OPERATORS: u64 = 30_000_000;
/// The operators of ISO 32000-1, Annex A.
const OPERATORS: &str = " b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k l \
    M m MP n q Q re RG rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \" ";
const BLEND_MODES: &str = " Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight \
    SoftLight Difference Exclusion Hue Saturation Color Luminosity ";
const INTENTS: &str = " RelativeColorimetric AbsoluteColorimetric Perceptual Saturation ";

/// Whether `word` stands in a list of words.
fn is_in(list: &str, word: &[u8]) -> bool {
    let is_word = !word.is_empty() && word.iter().all(|b| b.is_ascii_graphic());
    is_word && std::str::from_utf8(word).is_ok_and(|word| list.contains(&format!(" {word} ")))
}

/// What was found so far.
pub(super) struct Audit<'d> {
    pub(super) document: &'d Document,
    found: BTreeSet<Departure>,
    /// Forms, patterns and fonts that were walked, by their dictionaries.
    walked: HashSet<*const Dictionary>,
    fonts: BTreeMap<*const Dictionary, FontUse<'d>>,
    /// By the name of the ink: what it looks like.
    pub(super) inks: HashMap<Vec<u8>, String>,
    pub(super) has_cmyk_profile: bool,
    has_overprint_mode: bool,
    n_operators: u64,
}

/// What text is shown with.
#[derive(Clone, Copy)]
struct TextState<'d> {
    font: Option<&'d Dictionary>,
    is_seen: bool,
}

impl<'d> Audit<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            found: BTreeSet::new(),
            walked: HashSet::new(),
            fonts: BTreeMap::new(),
            inks: HashMap::new(),
            has_cmyk_profile: false,
            has_overprint_mode: false,
            n_operators: 0,
        }
    }

    pub(super) fn departs(&mut self, clause: &str, what: &str) {
        self.found.insert(Departure { clause: clause.to_owned(), what: what.to_owned() });
    }

    pub(super) fn finish(mut self) -> BTreeSet<Departure> {
        for font in std::mem::take(&mut self.fonts).into_values() {
            fonts::check(&mut self, &font);
        }
        if self.has_cmyk_profile && self.has_overprint_mode {
            self.departs("6.2.4.2", "in chồng với màu CMYK có hồ sơ màu");
        }
        self.found
    }

    pub(super) fn walk_root(&mut self, id: ObjectId) {
        match self.document.get_object(id).and_then(Object::as_stream) {
            Ok(form) => self.form(form, 0),
            Err(_) => self.departs("6.2.2", "không xem lại được nội dung trang chép sang"),
        }
    }

    fn form(&mut self, form: &'d Stream, depth: usize) {
        if !self.walked.insert(&raw const form.dict) {
            return;
        }
        if depth > DEEPEST_FORM {
            self.departs("6.2.9.1", "các khung lồng nhau quá sâu nên chưa kiểm hết");
            return;
        }
        let is_postscript = form.dict.get_deref(b"Subtype2", self.document).and_then(Object::as_name);
        if form.dict.has(b"PS") || is_postscript.is_ok_and(|name| name == b"PS") {
            self.departs("6.2.9.1", "khung chứa PostScript");
        }
        if form.dict.has(b"Ref") {
            self.departs("6.2.9.2", "khung tham chiếu tệp khác");
        }
        let resources = self.document.get_dict_in_dict(&form.dict, b"Resources").ok();
        if let Ok(group) = self.document.get_dict_in_dict(&form.dict, b"Group")
            && let Ok(space) = group.get(b"CS")
        {
            self.colour(space, resources, 0);
        }
        match repair::unpacked(self.document, form) {
            Some(content) => self.content(&content, resources, depth),
            None => self.departs("6.2.2", "không giải nén được nội dung để kiểm"),
        }
    }

    fn content(&mut self, content: &[u8], resources: Option<&'d Dictionary>, depth: usize) {
        if let Some(properties) =
            resources.and_then(|r| self.document.get_dict_in_dict(r, b"Properties").ok())
            && properties.iter().any(|(_, layer)| self.is_layer(layer))
        {
            self.departs("6.9", "nội dung thuộc lớp hiển thị tùy chọn");
        }
        let mut now = TextState { font: None, is_seen: true };
        let mut kept: Vec<TextState<'d>> = Vec::new();
        let mut operations = UntypedIter::new(content);
        while let Some(operation) = operations.next() {
            self.n_operators += 1;
            if self.n_operators > MOST_OPERATORS {
                self.departs("6.2.2", "nội dung quá dài nên chưa kiểm hết");
                return;
            }
            let operator: &[u8] = operation.operator;
            let operands: Vec<&Operand<'_>> = operation.operands().collect();
            match operator {
                b"q" => {
                    kept.push(now);
                    if kept.len() > DEEPEST_STATE {
                        self.departs("6.1.13", "trạng thái đồ họa lồng quá sâu");
                        return;
                    }
                }
                b"Q" => now = kept.pop().unwrap_or(now),
                b"Tr" => {
                    now.is_seen = !matches!(&operands[..], [Operand::Number(mode)] if mode.as_i64() == 3)
                }
                b"Tf" => {
                    let font = name_of(operands.first().copied());
                    now.font = font
                        .and_then(|name| self.named(resources, b"Font", &name))
                        .and_then(|o| o.as_dict().ok());
                    if now.font.is_none() {
                        self.departs("6.2.2", "phông chữ được dùng mà không khai trong tài nguyên");
                    }
                }
                b"gs" => {
                    let state = name_of(operands.first().copied())
                        .and_then(|name| self.named(resources, b"ExtGState", &name))
                        .and_then(|o| o.as_dict().ok());
                    if let Some(font) = self.graphics_state(state, depth) {
                        now.font = Some(font);
                    }
                }
                b"Tj" | b"TJ" | b"'" | b"\"" => self.show(&operands, now),
                b"Do" => self.x_object(name_of(operands.first().copied()), resources, depth),
                b"BI" => self.inline_picture(operands.first().copied(), resources),
                _ => self.paint(operator, &operands, resources, depth),
            }
        }
    }

    /// Operators of colour, and those that are not operators.
    fn paint(
        &mut self,
        operator: &[u8],
        operands: &[&Operand<'_>],
        resources: Option<&'d Dictionary>,
        depth: usize,
    ) {
        match operator {
            b"k" | b"K" => self.colour(&Object::Name(b"DeviceCMYK".to_vec()), resources, 0),
            b"cs" | b"CS" => {
                if let Some(name) = name_of(operands.first().copied()) {
                    self.colour(&Object::Name(name), resources, 0);
                }
            }
            b"scn" | b"SCN" => {
                if let Some(name) = name_of(operands.last().copied()) {
                    let pattern = self.named(resources, b"Pattern", &name);
                    self.pattern(pattern, resources, depth);
                }
            }
            b"sh" => {
                let shading = name_of(operands.first().copied())
                    .and_then(|name| self.named(resources, b"Shading", &name));
                self.shading(shading, resources);
            }
            b"ri" => {
                if let Some(name) = name_of(operands.first().copied()) {
                    self.intent(&name);
                }
            }
            other if !is_in(OPERATORS, other) => self.departs("6.2.2", "nội dung có lệnh lạ"),
            _ => {}
        }
    }

    fn named(&self, resources: Option<&'d Dictionary>, kind: &[u8], name: &[u8]) -> Option<&'d Object> {
        let group = self.document.get_dict_in_dict(resources?, kind).ok()?;
        group.get_deref(name, self.document).ok()
    }

    fn is_layer(&self, object: &Object) -> bool {
        let dictionary = self.document.dereference(object).ok().and_then(|(_, o)| o.as_dict().ok());
        dictionary.is_some_and(|d| d.has_type(b"OCG") || d.has_type(b"OCMD"))
    }

    fn show(&mut self, operands: &[&Operand<'_>], now: TextState<'d>) {
        let Some(font) = now.font else {
            self.departs("6.2.11.4.1", "chữ không rõ dùng phông nào");
            return;
        };
        let is_long = |text: &[u8]| text.len() > LONGEST_STRING;
        let used = self.fonts.entry(std::ptr::from_ref(font)).or_insert_with(|| FontUse::new(font));
        let mut is_too_long = false;
        for operand in operands {
            match *operand {
                Operand::String(text) => {
                    is_too_long |= is_long(text);
                    used.take(text, now.is_seen);
                }
                Operand::Array(items) => {
                    for text in items.iter::<hayro_syntax::object::String<'_>>() {
                        is_too_long |= is_long(&text);
                        used.take(&text, now.is_seen);
                    }
                }
                _ => {}
            }
        }
        if is_too_long {
            self.departs("6.1.13", "có chuỗi quá dài");
        }
    }

    fn x_object(&mut self, name: Option<Vec<u8>>, resources: Option<&'d Dictionary>, depth: usize) {
        let object = name.and_then(|name| self.named(resources, b"XObject", &name));
        let Some(object) = object.and_then(|o| o.as_stream().ok()) else {
            self.departs("6.2.2", "hình được vẽ mà không khai trong tài nguyên");
            return;
        };
        match object.dict.get_deref(b"Subtype", self.document).and_then(Object::as_name) {
            Ok(b"Image") => self.picture(object, resources, 0),
            Ok(b"Form") => self.form(object, depth + 1),
            _ => self.departs("6.2.9.3", "có đối tượng PostScript"),
        }
    }

    fn inline_picture(&mut self, operand: Option<&Operand<'_>>, resources: Option<&'d Dictionary>) {
        let Some(Operand::Stream(picture)) = operand else {
            self.departs("6.1.10", "ảnh trong dòng không đọc được");
            return;
        };
        let dictionary = InlinePicture::dict(picture);
        let get = |long: &[u8], short: &[u8]| {
            dictionary.get::<Operand<'_>>(short).or_else(|| dictionary.get::<Operand<'_>>(long))
        };
        if let Some(Operand::Boolean(true)) = get(b"Interpolate", b"I") {
            self.departs("6.2.8.1", "ảnh trong dòng được làm mịn");
        }
        let names = match get(b"Filter", b"F") {
            Some(Operand::Name(name)) => vec![name.to_vec()],
            Some(Operand::Array(names)) => {
                names.iter::<hayro_syntax::object::Name<'_>>().map(|name| name.to_vec()).collect()
            }
            _ => Vec::new(),
        };
        if names.iter().any(|name| name.starts_with(b"LZW") || name == b"Crypt") {
            self.departs("6.1.10", "ảnh trong dòng có kiểu nén không được phép");
        }
        if let Some(Operand::Name(name)) = get(b"Intent", b"Intent") {
            self.intent(&name);
        }
        match get(b"ColorSpace", b"CS") {
            Some(Operand::Name(name)) => self.colour(&Object::Name(name.to_vec()), resources, 0),
            Some(Operand::Array(parts)) => {
                // Only [/Indexed base …] may stand here.
                if let Some(base) = parts.iter::<hayro_syntax::object::Name<'_>>().nth(1) {
                    self.colour(&Object::Name(base.to_vec()), resources, 0);
                }
            }
            _ => {}
        }
    }

    pub(super) fn intent(&mut self, name: &[u8]) {
        if !is_in(INTENTS, name) {
            self.departs("6.2.6", "có ý định hiển thị màu lạ");
        }
    }

    /// Checks a graphics state; gives the font that it sets.
    fn graphics_state(&mut self, state: Option<&'d Dictionary>, depth: usize) -> Option<&'d Dictionary> {
        let Some(state) = state else {
            self.departs("6.2.2", "trạng thái đồ họa được dùng mà không khai trong tài nguyên");
            return None;
        };
        let document = self.document;
        let name = |key: &[u8]| state.get_deref(key, document).and_then(Object::as_name).ok();
        if state.has(b"TR") || state.has(b"TR2") && name(b"TR2") != Some(b"Default") {
            self.departs("6.2.5", "có hàm chuyển độ đậm");
        }
        if state.has(b"HTP") || state.has(b"HT") && name(b"HT") != Some(b"Default") {
            self.departs("6.2.5", "có khai báo lưới in");
        }
        if let Some(intent) = name(b"RI") {
            self.intent(intent);
        }
        let number = |key: &[u8]| state.get_deref(key, document).and_then(Object::as_i64).unwrap_or(0);
        let is_on = |key: &[u8]| state.get_deref(key, document).and_then(Object::as_bool).unwrap_or(false);
        self.has_overprint_mode |= number(b"OPM") != 0 && (is_on(b"OP") || is_on(b"op"));
        let modes = match state.get_deref(b"BM", document) {
            Ok(Object::Name(mode)) => vec![mode.as_slice()],
            Ok(Object::Array(modes)) => modes.iter().map(|mode| mode.as_name().unwrap_or(b"")).collect(),
            _ => Vec::new(),
        };
        if modes.iter().any(|mode| !is_in(BLEND_MODES, mode)) {
            self.departs("6.2.10", "có cách trộn màu lạ");
        }
        if let Ok(mask) = document.get_dict_in_dict(state, b"SMask")
            && let Ok(form) = mask.get_deref(b"G", document).and_then(Object::as_stream)
        {
            self.form(form, depth + 1);
        }
        let font = state.get_deref(b"Font", document).and_then(Object::as_array).ok()?.first()?;
        document.dereference(font).ok()?.1.as_dict().ok()
    }

    fn pattern(&mut self, pattern: Option<&'d Object>, resources: Option<&'d Dictionary>, depth: usize) {
        match pattern {
            Some(Object::Stream(tile)) => self.form(tile, depth + 1),
            Some(Object::Dictionary(shaded)) => {
                let shading = shaded.get_deref(b"Shading", self.document).ok();
                self.shading(shading, resources);
                if let Ok(state) = self.document.get_dict_in_dict(shaded, b"ExtGState") {
                    self.graphics_state(Some(state), depth);
                }
            }
            _ => self.departs("6.2.2", "hoa văn được dùng mà không khai trong tài nguyên"),
        }
    }

    fn shading(&mut self, shading: Option<&'d Object>, resources: Option<&'d Dictionary>) {
        let dictionary = match shading {
            Some(Object::Dictionary(dictionary)) => Some(dictionary),
            Some(Object::Stream(stream)) => Some(&stream.dict),
            _ => None,
        };
        match dictionary.and_then(|d| d.get(b"ColorSpace").ok()) {
            Some(space) => self.colour(space, resources, 0),
            None => self.departs("6.2.2", "dải màu được dùng mà không khai trong tài nguyên"),
        }
    }
}

fn name_of(operand: Option<&Operand<'_>>) -> Option<Vec<u8>> {
    match operand {
        Some(Operand::Name(name)) => Some(name.to_vec()),
        _ => None,
    }
}
