//! Colours of carried pages: what they look like has to be said in the file (ISO 19005-2, 6.2.4).

use lopdf::{Dictionary, Object};

use super::{repair, walk::Audit};

/// Deepest nesting of colour spaces.
const DEEPEST_SPACE: usize = 6;
/// Most inks of a colour space (6.1.13).
const MOST_INKS: usize = 32;
/// Inks of the press itself: no spot colours.
const PROCESS_INKS: [&[u8]; 5] = [b"Cyan", b"Magenta", b"Yellow", b"Black", b"None"];

impl<'d> Audit<'d> {
    /// Checks a colour space, by name or whole; the output intent is RGB.
    pub(super) fn colour(&mut self, space: &Object, resources: Option<&'d Dictionary>, depth: usize) {
        if depth > DEEPEST_SPACE {
            self.departs("6.2.4.1", "không gian màu lồng quá sâu");
            return;
        }
        let Ok((_, space)) = self.document.dereference(space) else {
            self.departs("6.2.2", "không gian màu không đọc được");
            return;
        };
        match space {
            Object::Name(name) => self.named_colour(name, resources, depth),
            Object::Array(parts) => {
                let kind = parts.first().and_then(|kind| self.document.dereference(kind).ok());
                let kind = kind.and_then(|(_, kind)| kind.as_name().ok()).unwrap_or(b"").to_vec();
                let parts = parts.clone();
                self.colour_parts(&kind, &parts, resources, depth);
            }
            _ => self.departs("6.2.2", "không gian màu không đọc được"),
        }
    }

    fn named_colour(&mut self, name: &[u8], resources: Option<&'d Dictionary>, depth: usize) {
        let spaces = resources.and_then(|r| self.document.get_dict_in_dict(r, b"ColorSpace").ok());
        match name {
            b"DeviceGray" | b"G" | b"DeviceRGB" | b"RGB" | b"Pattern" => {}
            b"DeviceCMYK" | b"CMYK" => {
                let default = spaces.and_then(|spaces| spaces.get_deref(b"DefaultCMYK", self.document).ok());
                match default.map(Object::as_array) {
                    Some(Ok(_)) => self.colour(&default.cloned().unwrap_or(Object::Null), None, depth + 1),
                    _ => self.departs("6.2.4.3", "có màu CMYK không kèm hồ sơ màu"),
                }
            }
            name => match spaces.and_then(|spaces| spaces.get(name).ok()) {
                Some(space) if !space.as_name().is_ok_and(|same| same == name) => {
                    self.colour(space, resources, depth + 1);
                }
                _ => self.departs("6.2.2", "không gian màu được dùng mà không khai trong tài nguyên"),
            },
        }
    }

    fn colour_parts(
        &mut self,
        kind: &[u8],
        parts: &[Object],
        resources: Option<&'d Dictionary>,
        depth: usize,
    ) {
        match (kind, parts) {
            (b"CalGray" | b"CalRGB" | b"Lab", _) | (b"Pattern", [_]) => {}
            (b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK", [_]) => self.named_colour(kind, resources, depth),
            (b"ICCBased", [_, profile]) => self.profile(profile),
            (b"Indexed" | b"I" | b"Pattern", [_, base, ..]) => self.colour(base, resources, depth + 1),
            (b"Separation", [_, ink, alternate, tint, ..]) => {
                self.ink(ink, alternate, tint);
                self.colour(alternate, resources, depth + 1);
            }
            (b"DeviceN", [_, inks, alternate, _, rest @ ..]) => {
                self.inks_of_device(inks, rest.first(), resources, depth);
                self.colour(alternate, resources, depth + 1);
            }
            _ => self.departs("6.2.4.1", "không gian màu lạ"),
        }
    }

    /// One ink looks the same throughout the file (6.2.4.4). Compared as written.
    fn ink(&mut self, ink: &Object, alternate: &Object, tint: &Object) {
        let Some(name) = self.document.dereference(ink).ok().and_then(|(_, o)| o.as_name().ok()) else {
            self.departs("6.2.4.4", "màu pha không có tên");
            return;
        };
        if std::str::from_utf8(name).is_err() {
            self.departs("6.1.8", "tên màu pha không phải UTF-8");
        }
        let looks = format!("{alternate:?} {tint:?}");
        let name = name.to_vec();
        let before = self.inks.entry(name).or_insert_with(|| looks.clone());
        if *before != looks {
            // May be the same by another reference; that is not looked into.
            self.departs("6.2.4.4", "một màu pha được khai hai cách");
        }
    }

    fn inks_of_device(
        &mut self,
        inks: &Object,
        attributes: Option<&Object>,
        resources: Option<&'d Dictionary>,
        depth: usize,
    ) {
        let document = self.document;
        let inks = document.dereference(inks).ok().and_then(|(_, inks)| inks.as_array().ok());
        let names: Vec<&[u8]> =
            inks.into_iter().flatten().map(|ink| ink.as_name().unwrap_or(b"\xFF")).collect();
        if names.is_empty() || names.len() > MOST_INKS {
            self.departs("6.1.13", "quá nhiều màu trong một không gian màu");
        }
        if names.iter().any(|name| std::str::from_utf8(name).is_err()) {
            self.departs("6.1.8", "tên màu pha không phải UTF-8");
        }
        let attributes =
            attributes.and_then(|a| document.dereference(a).ok()).and_then(|(_, a)| a.as_dict().ok());
        let colorants = attributes.and_then(|a| document.get_dict_in_dict(a, b"Colorants").ok());
        for name in names.iter().filter(|name| !PROCESS_INKS.contains(*name)) {
            match colorants.and_then(|colorants| colorants.get(name).ok()) {
                Some(space) => self.colour(space, resources, depth + 1),
                None => self.departs("6.2.4.4", "màu pha không được khai trong Colorants"),
            }
        }
    }

    /// An ICC profile that PDF 1.7 takes (6.2.4.2).
    fn profile(&mut self, profile: &Object) {
        let stream = self.document.dereference(profile).ok().and_then(|(_, o)| o.as_stream().ok());
        let Some(stream) = stream else {
            self.departs("6.2.4.2", "hồ sơ màu không đọc được");
            return;
        };
        let channels = stream.dict.get_deref(b"N", self.document).and_then(Object::as_i64).unwrap_or(0);
        let data = repair::unpacked(self.document, stream).unwrap_or_default();
        let is_good = data.get(..128).is_some_and(|head| {
            let is_of_class =
                [b"prtr", b"mntr", b"scnr", b"spac"].iter().any(|class| head[12..16] == **class);
            let of_space = match &head[16..20] {
                b"GRAY" => 1,
                b"RGB " | b"Lab " => 3,
                b"CMYK" => 4,
                _ => 0,
            };
            head[8] < 5 && is_of_class && of_space == channels && &head[36..40] == b"acsp"
        });
        if !is_good {
            self.departs("6.2.4.2", "hồ sơ màu không hợp lệ");
        }
        self.has_cmyk_profile |= channels == 4;
    }
}
