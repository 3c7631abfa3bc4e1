//! ISO 19005-2:2011, 6.2.2–6.2.10: what pages and the faces of fields draw.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, content::Content};

use super::{
    breach::{Breach, Judged, deref, dictionary, get, name, number},
    fonts,
};

const OPERATORS: &str = " b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k \
    l m M MP n q Q re RG rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \" ";
const BLEND_MODES: [&str; 17] = [
    "Normal",
    "Compatible",
    "Multiply",
    "Screen",
    "Overlay",
    "Darken",
    "Lighten",
    "ColorDodge",
    "ColorBurn",
    "HardLight",
    "SoftLight",
    "Difference",
    "Exclusion",
    "Hue",
    "Saturation",
    "Color",
    "Luminosity",
];
const INTENTS: [&str; 4] = ["RelativeColorimetric", "AbsoluteColorimetric", "Perceptual", "Saturation"];

/// The codes shown in a font: those that are seen, and those that are not.
#[derive(Default)]
pub struct Shown {
    pub seen: BTreeSet<Vec<u8>>,
    pub unseen: BTreeSet<Vec<u8>>,
}

pub struct Walk<'d> {
    pub document: &'d Document,
    pub breaches: Vec<Breach>,
    pub fonts: BTreeMap<ObjectId, Shown>,
    walked: HashSet<ObjectId>,
}

pub fn judge(file: &mut Judged<'_>) {
    output_intent(file);
    let mut walk = Walk {
        document: &file.document,
        breaches: Vec::new(),
        fonts: BTreeMap::new(),
        walked: HashSet::new(),
    };
    for page in file.document.page_iter() {
        walk.page(page);
    }
    let fonts = std::mem::take(&mut walk.fonts);
    for (id, shown) in fonts {
        fonts::judge(&mut walk, id, &shown);
    }
    let found = walk.breaches;
    file.breaches.extend(found);
}

/// 6.2.3
fn output_intent(file: &mut Judged<'_>) {
    let document = &file.document;
    let intents = get(document, file.catalog(), "OutputIntents").and_then(|o| o.as_array().ok()).cloned();
    let intents = intents.unwrap_or_default();
    let of_archive: Vec<Dictionary> = intents
        .iter()
        .map(|intent| deref(document, intent).as_dict().unwrap().clone())
        .filter(|intent| name(document, intent, "S") == Some("GTS_PDFA1"))
        .collect();
    let mut found = vec![(of_archive.len() == 1, "one intent of PDF/A".to_owned())];
    for intent in &of_archive {
        found.push((!intent.has(b"DestOutputProfileRef"), "profile by reference".to_owned()));
        found.push((intent.has(b"OutputConditionIdentifier"), "identifier".to_owned()));
        let profile = get(document, intent, "DestOutputProfile").and_then(|o| o.as_stream().ok()).unwrap();
        let data = profile.decompressed_content().unwrap();
        let is_output = (&data[12..16] == b"prtr" || &data[12..16] == b"mntr") && &data[16..20] == b"RGB ";
        let is_whole = u32::from_be_bytes(data[..4].try_into().unwrap()) as usize == data.len();
        let has_n = number(document, &profile.dict, "N") == Some(3.0);
        found.push((is_output && is_whole && has_n && data[8] < 5, "profile".to_owned()));
    }
    found.into_iter().for_each(|(holds, what)| file.must("6.2.3", holds, what));
}

impl<'d> Walk<'d> {
    pub fn must(&mut self, clause: &'static str, holds: bool, what: impl std::fmt::Display) {
        if !holds {
            self.breaches.push(Breach { clause, what: what.to_string() });
        }
    }

    fn page(&mut self, id: ObjectId) {
        let page = self.document.get_dictionary(id).unwrap();
        let resources = dictionary(self.document, page, "Resources");
        self.must("6.2.2", resources.is_some(), format!("page {id:?} has resources of its own"));
        let content = self.document.get_page_content(id);
        if let Some(group) = dictionary(self.document, page, "Group") {
            self.group(group, resources);
        }
        self.content(&content, resources, false);
        for annotation in
            get(self.document, page, "Annots").and_then(|o| o.as_array().ok()).into_iter().flatten()
        {
            let annotation = deref(self.document, annotation).as_dict().unwrap();
            // That there is a face, and of which kind, is judged with the annotations.
            let faces = dictionary(self.document, annotation, "AP");
            let face = faces.and_then(|faces| faces.get(b"N").ok()?.as_reference().ok());
            if let Some(id) = face {
                self.form(id, self.document.get_object(id).unwrap().as_stream().unwrap(), false);
            }
        }
    }

    fn group(&mut self, group: &'d Dictionary, resources: Option<&'d Dictionary>) {
        if let Ok(space) = group.get(b"CS") {
            self.colour(space, resources);
        }
    }

    /// 6.2.9
    fn form(&mut self, id: ObjectId, form: &'d Stream, is_unseen: bool) {
        if !self.walked.insert(id) {
            return;
        }
        let is_plain = !["OPI", "PS", "Ref"].iter().any(|key| form.dict.has(key.as_bytes()));
        self.must("6.2.9", is_plain && name(self.document, &form.dict, "Subtype2") != Some("PS"), "form");
        let resources = dictionary(self.document, &form.dict, "Resources");
        if let Some(group) = dictionary(self.document, &form.dict, "Group") {
            self.group(group, resources);
        }
        let content = form.decompressed_content().unwrap();
        self.content(&content, resources, is_unseen);
    }

    /// 6.2.2: known operators, resources that are there; and what the operators lead to.
    fn content(&mut self, content: &[u8], resources: Option<&'d Dictionary>, is_unseen: bool) {
        let mut now: (Option<ObjectId>, bool) = (None, is_unseen);
        let mut kept = Vec::new();
        for operation in Content::decode(content).unwrap().operations {
            let operator = operation.operator.as_str();
            self.must("6.2.2", OPERATORS.contains(&format!(" {operator} ")), operator);
            let first = operation.operands.first().and_then(|o| o.as_name().ok());
            let first = first.map(|name| String::from_utf8(name.to_vec()).unwrap());
            let named = |kind: &str| {
                let group = dictionary(self.document, resources?, kind)?;
                group.get(first.as_deref()?.as_bytes()).ok()
            };
            match operator {
                "q" => kept.push(now),
                "Q" => now = kept.pop().expect("Q after q"),
                "Tr" => now.1 = operation.operands[0].as_i64().unwrap() == 3,
                "Tf" => {
                    now.0 = named("Font").and_then(|font| font.as_reference().ok());
                    self.must("6.2.2", now.0.is_some(), format!("font {first:?}"));
                }
                "gs" => {
                    let state =
                        named("ExtGState").map(|state| deref(self.document, state).as_dict().unwrap());
                    self.must("6.2.2", state.is_some(), format!("state {first:?}"));
                    state.into_iter().for_each(|state| self.graphics_state(state));
                }
                "Do" => {
                    let object = named("XObject").and_then(|object| object.as_reference().ok());
                    self.must("6.2.2", object.is_some(), format!("object {first:?}"));
                    object.into_iter().for_each(|id| self.x_object(id, resources, now.1));
                }
                "cs" | "CS" => self.colour(&operation.operands[0], resources),
                "k" | "K" => self.colour(&Object::Name(b"DeviceCMYK".to_vec()), resources),
                "ri" => self.must("6.2.6", INTENTS.contains(&first.unwrap().as_str()), "intent"),
                "sh" => {
                    self.shading(named("Shading").map(|shading| deref(self.document, shading)), resources)
                }
                "BI" => self.must("6.1.10", false, "inline pictures are not judged here"),
                "scn" | "SCN" => {
                    let last = operation.operands.last().and_then(|o| o.as_name().ok());
                    let patterns = resources.and_then(|r| dictionary(self.document, r, "Pattern"));
                    if let Some(pattern) = last {
                        self.pattern(patterns.unwrap().get(pattern).unwrap(), resources);
                    }
                }
                "Tj" | "TJ" | "'" | "\"" => self.show(&operation.operands, now),
                _ => {}
            }
            self.must("6.1.13", kept.len() <= 28, "q too deep");
        }
        assert!(kept.is_empty(), "Q for every q");
    }

    fn show(&mut self, operands: &[Object], (font, is_unseen): (Option<ObjectId>, bool)) {
        let shown = self.fonts.entry(font.expect("a font is set before text")).or_default();
        let into = if is_unseen { &mut shown.unseen } else { &mut shown.seen };
        for operand in operands {
            match operand {
                Object::String(text, _) => into.insert(text.clone()),
                Object::Array(parts) => {
                    into.extend(parts.iter().filter_map(|part| Some(part.as_str().ok()?.to_vec())));
                    true
                }
                _ => true,
            };
        }
    }

    /// 6.2.5, 6.2.10
    fn graphics_state(&mut self, state: &'d Dictionary) {
        let document = self.document;
        let is_plain = !state.has(b"TR") && !state.has(b"HTP") && !state.has(b"HT");
        self.must("6.2.5", is_plain && name(document, state, "TR2").is_none_or(|v| v == "Default"), "TR, HT");
        let mode = name(document, state, "BM").unwrap_or("Normal");
        self.must("6.2.10", BLEND_MODES.contains(&mode), mode);
        if let Some(mask) = dictionary(document, state, "SMask") {
            let id = mask.get(b"G").unwrap().as_reference().unwrap();
            self.form(id, document.get_object(id).unwrap().as_stream().unwrap(), false);
        }
    }

    fn x_object(&mut self, id: ObjectId, resources: Option<&'d Dictionary>, is_unseen: bool) {
        let object = self.document.get_object(id).unwrap().as_stream().unwrap();
        match name(self.document, &object.dict, "Subtype") {
            Some("Image") => self.picture(object, resources),
            Some("Form") => self.form(id, object, is_unseen),
            other => self.must("6.2.9.3", false, format!("{other:?}")),
        }
    }

    fn pattern(&mut self, pattern: &'d Object, resources: Option<&'d Dictionary>) {
        match deref(self.document, pattern) {
            Object::Stream(tile) => self.form(pattern.as_reference().unwrap(), tile, false),
            shaded => {
                let shaded = shaded.as_dict().unwrap();
                self.shading(get(self.document, shaded, "Shading"), resources);
                dictionary(self.document, shaded, "ExtGState")
                    .into_iter()
                    .for_each(|s| self.graphics_state(s));
            }
        }
    }

    fn shading(&mut self, shading: Option<&'d Object>, resources: Option<&'d Dictionary>) {
        let shading = match shading {
            Some(Object::Stream(shading)) => &shading.dict,
            Some(shading) => shading.as_dict().unwrap(),
            None => return self.must("6.2.2", false, "no shading"),
        };
        self.colour(shading.get(b"ColorSpace").unwrap(), resources);
    }

    /// 6.2.8.1
    fn picture(&mut self, picture: &'d Stream, resources: Option<&'d Dictionary>) {
        let (document, dict) = (self.document, &picture.dict);
        self.must("6.2.8.1", !dict.has(b"Alternates") && !dict.has(b"OPI"), "alternates");
        let is_smoothed = get(document, dict, "Interpolate").is_some_and(|v| v.as_bool().unwrap());
        self.must("6.2.8.1", !is_smoothed, "interpolation");
        let bits = number(document, dict, "BitsPerComponent");
        self.must("6.2.8.1", bits.is_some_and(|bits| [1.0, 2.0, 4.0, 8.0, 16.0].contains(&bits)), "bits");
        let is_jpx = picture.filters().unwrap_or_default().contains(&&b"JPXDecode"[..]);
        self.must("6.2.8.3", !is_jpx, "JPEG 2000 is not judged here");
        if let Some(intent) = name(document, dict, "Intent") {
            self.must("6.2.6", INTENTS.contains(&intent), intent);
        }
        if let Ok(space) = dict.get(b"ColorSpace") {
            self.colour(space, resources);
        }
        if let Some(mask) = get(document, dict, "SMask").and_then(|o| o.as_stream().ok()) {
            self.picture(mask, resources);
        }
    }

    /// 6.2.4
    fn colour(&mut self, space: &Object, resources: Option<&'d Dictionary>) {
        let document = self.document;
        let space = document.dereference(space).unwrap().1.clone();
        let spaces = resources.and_then(|resources| dictionary(document, resources, "ColorSpace"));
        match &space {
            Object::Name(kind) if kind == b"DeviceGray" || kind == b"DeviceRGB" || kind == b"Pattern" => {}
            Object::Name(kind) if kind == b"DeviceCMYK" => {
                self.must("6.2.4.3", spaces.is_some_and(|s| s.has(b"DefaultCMYK")), "DeviceCMYK");
            }
            Object::Name(other) => match spaces.and_then(|s| s.get(other).ok()) {
                Some(named) => self.colour(named, resources),
                None => self.must("6.2.2", false, "colour space"),
            },
            Object::Array(parts) => match (parts[0].as_name().unwrap(), &parts[1..]) {
                (b"CalGray" | b"CalRGB" | b"Lab", _) | (b"Pattern" | b"DeviceRGB" | b"DeviceGray", []) => {}
                (b"ICCBased", [profile]) => {
                    let profile = deref(document, profile).as_stream().unwrap();
                    let data = profile.decompressed_content().unwrap();
                    let channels = match &data[16..20] {
                        b"GRAY" => 1.0,
                        b"CMYK" => 4.0,
                        _ => 3.0,
                    };
                    let is_good = data[8] < 5 && number(document, &profile.dict, "N") == Some(channels);
                    self.must("6.2.4.2", is_good && &data[36..40] == b"acsp", "ICC profile");
                }
                (b"Indexed", [base, ..]) => self.colour(base, resources),
                (b"Separation", [_, alternate, ..]) => self.colour(alternate, resources),
                (b"DeviceN", [inks, alternate, ..]) => {
                    const PROCESS: [&[u8]; 5] = [b"Cyan", b"Magenta", b"Yellow", b"Black", b"None"];
                    let inks = inks.as_array().unwrap();
                    self.must("6.1.13", inks.len() <= 32, "inks");
                    let is_process = inks.iter().all(|ink| PROCESS.contains(&ink.as_name().unwrap()));
                    self.must("6.2.4.4", is_process, "spot colours");
                    self.colour(alternate, resources);
                }
                _ => self.must("6.2.4.1", false, format!("colour space {parts:?}")),
            },
            _ => self.must("6.2.4.1", false, "colour space"),
        }
    }
}
