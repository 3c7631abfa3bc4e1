//! Pages as a feeder or a telephone would bring them: printed sheets scanned, pictures of cards.

use std::path::{Path, PathBuf};

use ab_glyph::{Font, FontVec, PxScale, ScaleFont};
use image::{GrayImage, Luma, Rgb, RgbImage};

use super::cli::judge;

/// The pages of a PDF as JPEG files `<stem>-1.jpg` …, `dpi` fine, in order.
pub fn scanned(pdf: &Path, stem: &Path, dpi: u32) -> Vec<PathBuf> {
    let dpi = dpi.to_string();
    let args = ["-jpeg".as_ref(), "-r".as_ref(), dpi.as_ref(), pdf.as_os_str(), stem.as_os_str()];
    let ran = judge("pdftoppm", "poppler-utils", &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let name = stem.file_name().unwrap().to_string_lossy().into_owned();
    let mut found: Vec<PathBuf> = std::fs::read_dir(stem.parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "jpg"))
        .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(&format!("{name}-")))
        .collect();
    found.sort();
    found
}

/// One PDF of several.
pub fn united(parts: &[&Path], to: &Path) {
    let args: Vec<_> = parts.iter().map(|p| p.as_os_str()).chain([to.as_os_str()]).collect();
    let ran = judge("pdfunite", "poppler-utils", &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// A card of an invented person, front or back with its code, 85.6 × 54 mm, `px_per_mm` fine.
pub fn card(code: &str, lines: &[&str], px_per_mm: f32) -> RgbImage {
    let (w, h) = ((85.6 * px_per_mm) as u32, (54.0 * px_per_mm) as u32);
    // A pale pattern, as cards have one.
    let mut page = RgbImage::from_fn(w, h, |x, y| {
        let wave = ((x as f32 / px_per_mm).sin() + (y as f32 / px_per_mm * 1.3).cos()) * 6.0;
        Rgb([(214.0 + wave) as u8, (228.0 + wave) as u8, (222.0 - wave) as u8])
    });
    let font = std::fs::read("/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf").unwrap();
    let font = FontVec::try_from_vec(font).unwrap();
    for (i, words) in lines.iter().enumerate() {
        write(
            &mut page,
            &font,
            words,
            (26.0 * px_per_mm, (14.0 + 6.0 * i as f32) * px_per_mm),
            3.4 * px_per_mm,
        );
    }
    let qr = qrcodegen::QrCode::encode_text(code, qrcodegen::QrCodeEcc::Medium).unwrap();
    let module = 14.0 * px_per_mm / qr.size() as f32;
    let (left, top) = (68.0 * px_per_mm, 3.0 * px_per_mm);
    let margin = 2.0 * module;
    for y in (top - margin) as u32..(top + 14.0 * px_per_mm + margin) as u32 {
        for x in (left - margin) as u32..(left + 14.0 * px_per_mm + margin).min(w as f32) as u32 {
            // The mean over the pixel, as a scanner sees it.
            let ink = (0..16)
                .filter(|i| {
                    let at =
                        |p: u32, d: u32, o: f32| ((p as f32 + (d as f32 + 0.5) / 4.0 - o) / module).floor();
                    qr.get_module(at(x, i % 4, left) as i32, at(y, i / 4, top) as i32)
                })
                .count() as f32
                / 16.0;
            page.put_pixel(x, y, Rgb([245, 245, 243].map(|v: u8| (f32::from(v) * (1.0 - ink * 0.85)) as u8)));
        }
    }
    page
}

fn write(page: &mut RgbImage, font: &FontVec, words: &str, (left, baseline): (f32, f32), px: f32) {
    let scale = PxScale::from(px);
    let scaled = font.as_scaled(scale);
    let mut x = left;
    for letter in words.chars() {
        let id = scaled.glyph_id(letter);
        let glyph = id.with_scale_and_position(scale, ab_glyph::point(x, baseline));
        x += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|dx, dy, ink| {
            if let Some(pixel) =
                page.get_pixel_mut_checked(bounds.min.x as u32 + dx, bounds.min.y as u32 + dy)
            {
                pixel.0 = pixel.0.map(|c| (f32::from(c) * (1.0 - 0.85 * ink)) as u8);
            }
        });
    }
}

/// The picture as a telephone takes it: askew and in perspective on a dark desk, unevenly lit, soft.
pub fn photographed(card: &RgbImage) -> RgbImage {
    let (w, h) = (card.width() as f32, card.height() as f32);
    let (pw, ph) = (card.width() * 5 / 4, card.height() * 4 / 3);
    let photo = RgbImage::from_fn(pw, ph, |x, y| {
        let (x, y) = (x as f32 - pw as f32 / 2.0, y as f32 - ph as f32 / 2.0);
        let (sin, cos) = 3.0f32.to_radians().sin_cos();
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        let depth = 1.0 + 0.05 * y / ph as f32; // the lower edge is nearer
        let (sx, sy) = (x / depth + w / 2.0, y / depth + h / 2.0);
        let light = 0.72 + 0.28 * (x / pw as f32 + 0.5);
        let inside = sx >= 0.0 && sy >= 0.0 && sx < w && sy < h;
        let colour = if inside { card.get_pixel(sx as u32, sy as u32).0 } else { [62, 48, 40] };
        Rgb(colour.map(|c| (f32::from(c) * light) as u8))
    });
    image::imageops::fast_blur(&photo, 1.0)
}

/// A JPEG; with its density where a scanner wrote one.
pub fn jpeg(picture: &RgbImage, dpi: Option<u16>, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(dpi) = dpi {
        encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(dpi));
    }
    encoder.encode_image(picture).unwrap();
    bytes
}

/// A page with nothing on it, as a JPEG at 200 dpi.
pub fn blank() -> Vec<u8> {
    let page = GrayImage::from_fn(1654, 2339, |x, y| Luma([247 - ((x * 7 + y * 13) % 5) as u8]));
    jpeg(&image::DynamicImage::ImageLuma8(page).into_rgb8(), Some(200), 80)
}
