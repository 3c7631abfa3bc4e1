//! Papers for tests, drawn by the generator of samples.

use std::path::Path;

use crate::generator::{Container, Fonts, Kind, Order, Paper, Spoiling};

/// A paper of `kind`, one clean scan, as a PDF; the same for the same seed.
pub fn clean(kind: Kind, seed: u64) -> Paper {
    with(kind, seed, Container::Pdf, &[])
}

pub fn with(kind: Kind, seed: u64, container: Container, spoilings: &[Spoiling]) -> Paper {
    let order = Order {
        stem: format!("{}-{seed}", kind.name()),
        kind,
        seed,
        spoilings: spoilings.to_vec(),
        container,
        dpi: 200,
        quality: 75,
    };
    let fonts = Fonts::load().unwrap_or_else(|e| panic!("{e}"));
    order.make(&fonts).unwrap_or_else(|e| panic!("{e}"))
}

/// The bytes of a paper that is one file.
pub fn bytes(paper: &Paper) -> Vec<u8> {
    assert_eq!(paper.files.len(), 1, "{} is a folder", paper.stem);
    paper.files[0].1.clone()
}

/// Writes a paper that is one file into `dir`; its path.
pub fn write(paper: &Paper, dir: &Path) -> std::path::PathBuf {
    let path = dir.join(&paper.files[0].0);
    std::fs::write(&path, bytes(paper)).unwrap();
    path
}

/// A JPEG of an A4 page at 200 dpi with lines of text: (words, left mm, baseline mm, size pt).
pub fn page_of(lines: &[(&str, f32, f32, f32)]) -> Vec<u8> {
    use ab_glyph::{Font, FontVec, PxScale, ScaleFont};
    const PX_PER_MM: f32 = 200.0 / 25.4;
    let font = std::fs::read("/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf").unwrap();
    let font = FontVec::try_from_vec(font).unwrap();
    let mut page = image::RgbImage::from_pixel(1654, 2339, image::Rgb([250, 248, 245]));
    for (words, left, baseline, size) in lines {
        let scale =
            PxScale::from(size / 72.0 * 200.0 * font.height_unscaled() / font.units_per_em().unwrap());
        let scaled = font.as_scaled(scale);
        let mut x = left * PX_PER_MM;
        for letter in words.chars() {
            let id = scaled.glyph_id(letter);
            let glyph = id.with_scale_and_position(scale, ab_glyph::point(x, baseline * PX_PER_MM));
            x += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, ink| {
                let (px, py) = (bounds.min.x as u32 + dx, bounds.min.y as u32 + dy);
                if let Some(pixel) = page.get_pixel_mut_checked(px, py) {
                    pixel.0 = pixel.0.map(|c| (f32::from(c) * (1.0 - ink)) as u8);
                }
            });
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 85);
    encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(200));
    encoder.encode_image(&page).unwrap();
    jpeg
}
