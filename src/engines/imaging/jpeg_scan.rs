//! Whether the coded data of a JPEG is all there and all sound.
//!
//! Decoders fill what is missing or broken with the last shade, in silence: half a page of text becomes
//! half a page of grey. Here the codes are walked through without making pixels; sound data ends exactly
//! with the last block.

/// What a walk through the codes says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Soundness {
    /// Every block is there, and nothing is left over.
    Sound,
    /// Codes are broken, missing or left over.
    Damaged,
    /// A kind of JPEG that is not walked through (progressive, arithmetic, 12 bits).
    Unknown,
}

/// Bytes that some writers leave behind the last block.
const SLACK: usize = 16;

#[derive(Clone, Copy, Default)]
struct Component {
    id: u8,
    across: u32,
    down: u32,
}

struct Frame {
    width: u32,
    height: u32,
    components: Vec<Component>,
}

/// For each 16-bit prefix: length of the code (0: no code) and its symbol.
type Codes = Vec<(u8, u8)>;

#[derive(Default)]
struct Walk {
    dc: [Option<Codes>; 4],
    ac: [Option<Codes>; 4],
    frame: Option<Frame>,
    restart: u32,
}

/// Walks through a whole JPEG file.
pub(crate) fn soundness(bytes: &[u8]) -> Soundness {
    let mut walk = Walk::default();
    let mut n_scans = 0;
    let mut at = 2usize;
    loop {
        while bytes.get(at) == Some(&0xFF) && bytes.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let (Some(0xFF), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else {
            return if n_scans > 0 { Soundness::Sound } else { Soundness::Damaged };
        };
        if marker == 0xD9 {
            return if n_scans > 0 { Soundness::Sound } else { Soundness::Damaged };
        }
        if marker == 0x01 || (0xD0..=0xD8).contains(&marker) {
            at += 2;
            continue;
        }
        let Some(body) = segment(bytes, at + 2) else { return Soundness::Damaged };
        at += 4 + body.len();
        let is_fine = match marker {
            0xC4 => walk.tables(body),
            0xC0 | 0xC1 => match walk.begin(body) {
                Some(is_fine) => is_fine,
                None => return Soundness::Unknown,
            },
            0xC2..=0xCF if marker != 0xC8 => return Soundness::Unknown,
            0xDD => body.get(..2).is_some_and(|b| {
                walk.restart = u32::from(u16::from_be_bytes([b[0], b[1]]));
                true
            }),
            0xDA => match walk.scan(body, bytes, at) {
                Some(end) => {
                    at = end;
                    n_scans += 1;
                    n_scans <= 16
                }
                None => false,
            },
            _ => true,
        };
        if !is_fine {
            return Soundness::Damaged;
        }
    }
}

fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    bytes.get(at + 2..at + length.max(2))
}

impl Walk {
    fn tables(&mut self, mut body: &[u8]) -> bool {
        while let Some((&kind, rest)) = body.split_first() {
            let (class, id) = (kind >> 4, usize::from(kind & 15));
            let Some(lengths) = rest.get(..16) else { return false };
            let n: usize = lengths.iter().map(|n| usize::from(*n)).sum();
            let Some(symbols) = rest.get(16..16 + n) else { return false };
            let (Some(codes), true, true) = (codes(lengths, symbols), class <= 1, id < 4) else {
                return false;
            };
            if class == 0 {
                self.dc[id] = Some(codes)
            } else {
                self.ac[id] = Some(codes)
            }
            body = &rest[16 + n..];
        }
        true
    }

    /// `None` for what is not walked through.
    fn begin(&mut self, body: &[u8]) -> Option<bool> {
        if *body.first()? != 8 {
            return None;
        }
        let be16 = |at: usize| Some(u32::from(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?])));
        let (Some(height), Some(width), Some(n)) = (be16(1), be16(3), body.get(5)) else {
            return Some(false);
        };
        let Some(list) = body.get(6..6 + 3 * usize::from(*n)) else { return Some(false) };
        let components: Vec<Component> = list
            .chunks_exact(3)
            .map(|c| Component { id: c[0], across: u32::from(c[1] >> 4), down: u32::from(c[1] & 15) })
            .collect();
        let is_fine = components.iter().all(|c| (1..=4).contains(&c.across) && (1..=4).contains(&c.down));
        // A height of 0 is told after the scan, by a marker that nobody writes.
        if height == 0 {
            return None;
        }
        self.frame = Some(Frame { width, height, components });
        Some(is_fine && width > 0 && (1..=4).contains(n))
    }

    /// Walks through one scan that begins at `at`; gives where it ends.
    fn scan(&self, header: &[u8], bytes: &[u8], at: usize) -> Option<usize> {
        let frame = self.frame.as_ref()?;
        let n = usize::from(*header.first()?);
        let chosen: Vec<(Component, &Codes, &Codes)> = header
            .get(1..1 + 2 * n)?
            .chunks_exact(2)
            .map(|c| {
                let component = frame.components.iter().find(|k| k.id == c[0])?;
                let dc = self.dc.get(usize::from(c[1] >> 4))?.as_ref()?;
                let ac = self.ac.get(usize::from(c[1] & 15))?.as_ref()?;
                Some((*component, dc, ac))
            })
            .collect::<Option<_>>()?;
        let most = |of: fn(&Component) -> u32| frame.components.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|c| c.across), most(|c| c.down));
        let n_units = match chosen.as_slice() {
            [] => return None,
            // One component alone: its own blocks, without those that only fill up.
            [(c, ..)] => {
                let blocks = |side: u32, own: u32, most: u32| (side * own).div_ceil(most).div_ceil(8);
                u64::from(blocks(frame.width, c.across, across))
                    * u64::from(blocks(frame.height, c.down, down))
            }
            _ => u64::from(frame.width.div_ceil(8 * across)) * u64::from(frame.height.div_ceil(8 * down)),
        };
        let is_alone = chosen.len() == 1;
        let mut bits = Bits { bytes, at, buffer: 0, n: 0 };
        for unit in 0..n_units {
            if self.restart > 0 && unit > 0 && unit % u64::from(self.restart) == 0 {
                bits.restart()?;
            }
            for (component, dc, ac) in &chosen {
                let n_blocks = if is_alone { 1 } else { component.across * component.down };
                (0..n_blocks).try_for_each(|_| bits.block(dc, ac))?;
            }
        }
        bits.end()
    }
}

fn codes(lengths: &[u8], symbols: &[u8]) -> Option<Codes> {
    let mut codes = vec![(0u8, 0u8); 1 << 16];
    let (mut next, mut symbol) = (0usize, symbols.iter());
    for (length, n) in (1u8..=16).zip(lengths) {
        let span = 1usize << (16 - length);
        for _ in 0..*n {
            codes.get_mut(next..next + span)?.fill((length, *symbol.next()?));
            next += span;
        }
    }
    Some(codes)
}

/// The coded bits of a scan, up to the next marker.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
    /// The next bits, from the top.
    buffer: u64,
    n: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.n <= 48 {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            if byte == 0xFF {
                if self.bytes.get(self.at + 1) != Some(&0) {
                    return;
                }
                self.at += 1;
            }
            self.at += 1;
            self.buffer |= u64::from(byte) << (56 - self.n);
            self.n += 8;
        }
    }

    fn skip(&mut self, n: u32) -> Option<()> {
        if self.n < n {
            return None;
        }
        self.buffer = if n >= 64 { 0 } else { self.buffer << n };
        self.n -= n;
        Some(())
    }

    fn symbol(&mut self, codes: &Codes) -> Option<u8> {
        self.fill();
        let (length, symbol) = codes[(self.buffer >> 48) as usize];
        if length == 0 {
            return None;
        }
        self.skip(u32::from(length))?;
        Some(symbol)
    }

    fn block(&mut self, dc: &Codes, ac: &Codes) -> Option<()> {
        let size = self.symbol(dc)?;
        if size > 15 {
            return None;
        }
        self.fill();
        self.skip(u32::from(size))?;
        let mut k = 1u32;
        while k < 64 {
            let symbol = self.symbol(ac)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => k += 16,
                (_, 0) => return Some(()),
                _ => {
                    k += run + 1;
                    self.fill();
                    self.skip(size)?;
                }
            }
        }
        (k == 64).then_some(())
    }

    /// Bytes that are left before the next marker, and where that is.
    fn rest(&self) -> (usize, usize) {
        let mut at = self.at;
        let mut n = 0;
        while let Some(&byte) = self.bytes.get(at) {
            if byte == 0xFF && self.bytes.get(at + 1) != Some(&0) {
                break;
            }
            at += 1 + usize::from(byte == 0xFF);
            n += 1;
        }
        (n + (self.n / 8) as usize, at)
    }

    fn restart(&mut self) -> Option<()> {
        let (n_left, at) = self.rest();
        let is_restart = matches!(self.bytes.get(at + 1), Some(0xD0..=0xD7));
        if n_left > SLACK || !is_restart {
            return None;
        }
        (self.at, self.buffer, self.n) = (at + 2, 0, 0);
        Some(())
    }

    fn end(&self) -> Option<usize> {
        let (n_left, at) = self.rest();
        (n_left <= SLACK && at < self.bytes.len()).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;

    fn jpeg(is_grey: bool) -> Vec<u8> {
        let noisy = |x: u32, y: u32| ((x * x * 7 + y * y * 13 + x * y) % 251) as u8;
        let mut bytes = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, 80);
        if is_grey {
            image::GrayImage::from_fn(150, 211, |x, y| image::Luma([noisy(x, y)])).write_with_encoder(encoder)
        } else {
            image::RgbImage::from_fn(150, 211, |x, y| image::Rgb([noisy(x, y), noisy(y, x), 90]))
                .write_with_encoder(encoder)
        }
        .unwrap();
        bytes
    }

    #[test]
    fn whole_pictures_are_sound_and_holes_are_found() {
        for is_grey in [true, false] {
            let whole = jpeg(is_grey);
            assert_eq!(soundness(&whole), Soundness::Sound);
            let middle = whole.len() / 2;
            let cut = [&whole[..middle], &[0xFF, 0xD9]].concat();
            assert_eq!(soundness(&cut), Soundness::Damaged, "cut");
            let mut hole = whole.clone();
            hole[middle..middle + 600].fill(0x55);
            assert_eq!(soundness(&hole), Soundness::Damaged, "hole");
            let without = [&whole[..middle], &whole[middle + 400..]].concat();
            assert_eq!(soundness(&without), Soundness::Damaged, "left out");
        }
    }

    #[test]
    fn mutations_never_panic() {
        let whole = jpeg(false);
        let mut state = 9u32;
        for _ in 0..600 {
            let mut bytes = whole.clone();
            for _ in 0..5 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len().min(900);
                bytes[at] = (state & 0xFF) as u8;
            }
            let _ = soundness(&bytes);
        }
        for cut in 0..700 {
            assert_ne!(soundness(&whole[..cut]), Soundness::Sound, "{cut}");
        }
    }
}
