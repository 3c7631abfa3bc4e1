//! Makes of scanner and paper: tint, grain, noise, tone, dark edges, how straight the feeder pulls.
//!
//! Three of them are never given to papers that the checks are tuned on.

use super::super::random::Random;
use super::super::raster::Picture;
use super::super::spoil;
use super::harm::{self, Harm};

/// One make, with the paper that goes through it.
#[derive(Clone, Copy, Debug)]
pub struct Scanner {
    /// Share of each colour that the paper throws back.
    paper: [f32; 3],
    has_grain: bool,
    /// Greatest deviation of one pixel; one less than a power of two.
    noise: u64,
    gamma: f32,
    /// Width over which light spreads in a good scan, mm.
    softness: f32,
    /// Dark strip: side as in [`Harm::Crop`], width in mm, brightness.
    edge: Option<(u8, f32, u8)>,
    /// Degrees.
    skew: f32,
    /// Millimetres.
    shift: f32,
    has_dust: bool,
    /// Of JPEGs.
    pub quality: u8,
}

const PLAIN: Scanner = Scanner {
    paper: [0.99, 0.99, 0.985],
    has_grain: false,
    noise: 3,
    gamma: 1.0,
    softness: 0.0,
    edge: None,
    skew: 0.4,
    shift: 1.0,
    has_dust: false,
    quality: 82,
};

const KNOWN: [Scanner; 4] = [
    PLAIN,
    Scanner { paper: [1.0; 3], skew: 1.2, shift: 2.5, has_dust: true, quality: 74, ..PLAIN },
    Scanner {
        paper: [0.95, 0.94, 0.92],
        noise: 7,
        edge: Some((0, 1.2, 130)),
        skew: 0.8,
        quality: 62,
        ..PLAIN
    },
    Scanner { paper: [0.99, 0.98, 0.96], has_grain: true, softness: 0.2, skew: 1.0, has_dust: true, ..PLAIN },
];

const HELD_OUT: [Scanner; 4] = [
    // A cool, noisy make with a dark right edge.
    Scanner {
        paper: [0.93, 0.95, 0.98],
        noise: 15,
        gamma: 1.15,
        edge: Some((2, 2.2, 90)),
        skew: 0.7,
        shift: 1.8,
        quality: 52,
        ..PLAIN
    },
    // Recycled paper.
    Scanner {
        paper: [0.91, 0.88, 0.81],
        has_grain: true,
        noise: 7,
        softness: 0.22,
        edge: Some((1, 1.5, 70)),
        skew: 1.4,
        shift: 3.0,
        has_dust: true,
        quality: 86,
        ..PLAIN
    },
    // Green office paper, a bright make.
    Scanner { paper: [0.86, 0.95, 0.86], noise: 7, gamma: 0.85, skew: 0.2, shift: 0.5, quality: 68, ..PLAIN },
    // Pink paper.
    Scanner {
        paper: [0.98, 0.88, 0.89],
        has_grain: true,
        gamma: 1.08,
        edge: Some((3, 1.0, 150)),
        skew: 1.1,
        quality: 78,
        ..PLAIN
    },
];

/// One of the makes.
pub fn any(random: &mut Random, is_held_out: bool) -> Scanner {
    if is_held_out { random.pick(&HELD_OUT) } else { random.pick(&KNOWN) }
}

impl Scanner {
    /// The same make with paper gone yellow.
    pub fn with_yellow_paper(self) -> Self {
        Self { paper: [0.96, 0.92, 0.8], has_grain: true, ..self }
    }

    /// Scans a sheet to which `harms` happen.
    pub fn scan(&self, sheet: Picture, harms: &[Harm], dpi: u32, random: &mut Random) -> Picture {
        let mut page = sheet;
        harms.iter().for_each(|one| harm::before_scan(&mut page, one, dpi));
        let mm = dpi as f32 / 25.4;
        let (degrees, right, down) = (
            random.real(-self.skew, self.skew),
            random.real(-self.shift, self.shift) * mm,
            random.real(-self.shift, self.shift) * mm,
        );
        page = spoil::moved(&page, degrees, (right, down));
        if self.has_grain {
            spoil::grain(&mut page, dpi, [0.985; 3], random);
        }
        if self.softness > 0.0 {
            spoil::blur(&mut page, (self.softness * mm / 2.0).round().max(1.0) as usize);
        }
        self.tone(&mut page);
        harms.iter().for_each(|one| harm::in_scan(&mut page, one, dpi));
        self.noise(&mut page, random);
        if self.has_dust {
            spoil::speckle(&mut page, dpi, random);
        }
        if let Some((side, width, level)) = self.edge {
            dark_edge(&mut page, side, (width * mm * random.real(0.6, 1.2)) as usize, level);
        }
        harms.iter().fold(page, |page, one| harm::after_scan(page, one, dpi))
    }

    fn tone(&self, page: &mut Picture) {
        let tables = self.paper.map(|share| -> Vec<u8> {
            (0..=255_u8)
                .map(|v| {
                    let v = f32::from(v) / 255.0;
                    // Between the line and its square or root: a curve without the C library.
                    let bend = self.gamma - 1.0;
                    let curved = v - bend * 2.0 * v * (1.0 - v);
                    (curved.clamp(0.0, 1.0) * share * 255.0 + 0.5) as u8
                })
                .collect()
        });
        for pixel in page.rgb.chunks_exact_mut(3) {
            for (channel, table) in pixel.iter_mut().zip(&tables) {
                *channel = table[usize::from(*channel)];
            }
        }
    }

    fn noise(&self, page: &mut Picture, random: &mut Random) {
        let middle = (self.noise / 2) as i16;
        let mut bits = 0;
        for (n, channel) in page.rgb.iter_mut().enumerate() {
            if n % 12 == 0 {
                bits = random.bits();
            }
            let grain = (bits & self.noise) as i16 - middle;
            bits >>= 5;
            *channel = (i16::from(*channel) + grain).clamp(0, 255) as u8;
        }
    }
}

/// Light does not reach the last bit of the glass.
fn dark_edge(page: &mut Picture, side: u8, width: usize, level: u8) {
    for y in 0..page.height {
        for x in 0..page.width {
            let depth = match side {
                0 => x,
                1 => y,
                2 => page.width - 1 - x,
                _ => page.height - 1 - y,
            };
            if depth >= width {
                if side % 2 == 1 {
                    break;
                }
                continue;
            }
            let share = 1.0 - depth as f32 / width as f32;
            let light = 1.0 - share * (1.0 - f32::from(level) / 255.0);
            let start = (y * page.width + x) * 3;
            page.rgb[start..start + 3].iter_mut().for_each(|v| *v = (f32::from(*v) * light) as u8);
        }
    }
}
