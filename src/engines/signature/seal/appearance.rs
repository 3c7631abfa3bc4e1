//! What is seen of a signature: a code, or the copy block of an agency. Nothing for an officer, unless asked.
//!
//! Source: NĐ 30/2020/NĐ-CP, Phụ lục I, ô số 14 (form of copy, agency, time as ISO 8601 with Vietnam's
//! zone, upright Times of 10 pt); TT 02/2019/TT-BNV (the seal as a red picture, where that is set).

use std::io::Cursor;

use image::{ImageFormat, ImageReader, RgbaImage};
use jiff::{Timestamp, tz};
use lopdf::{Dictionary, Object, ObjectId, dictionary};
use pdf_writer::{Content, Name};
use serde::{Deserialize, Serialize};

use crate::engines::pdf::{
    append::Edit,
    code_mark::{self, LaidOut, TooWide},
    font::{ASCENT, DESCENT, FontBuilder, FontError, clean, width_pt},
    geometry::{BoxPt, PageFrame},
};

/// Letters of the copy block (NĐ 30).
const LARGEST_PT: f32 = 10.0;
const SMALLEST_PT: f32 = 5.0;
const SIZE_STEP_PT: f32 = 0.5;
const LEADING: f32 = 1.12;
const MOST_SEAL_BYTES: usize = 4 * 1024 * 1024;
const MOST_SEAL_SIDE_PX: u32 = 3000;
/// Between the seal and the words.
const GAP_PT: f32 = 4.0;

/// What is drawn in the field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// The code of the paper.
    Code(String),
    /// The block of an agency's copy.
    Copy(CopyBlock),
}

/// The block of an agency's copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyBlock {
    /// `SAO Y`, `SAO LỤC`, `TRÍCH SAO`, or other words.
    pub form: String,
    /// The agency, as it writes itself.
    pub agency: String,
    /// When it was signed.
    pub at: Timestamp,
    /// Picture of the seal, where the installation wants it to be seen.
    pub seal: Option<SealPicture>,
}

/// A picture of a seal: red on transparent ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealPicture(#[serde(with = "super::prepare::as_base64")] Vec<u8>);

/// Why nothing could be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AppearanceError {
    /// A letter is missing in the font.
    #[error("không in được: {0}")]
    Letter(#[from] FontError),
    /// The words do not fit.
    #[error(transparent)]
    TooWide(#[from] TooWide),
    /// The block does not fit.
    #[error("khung chữ ký không đủ chỗ cho tên cơ quan và thời gian ký")]
    NoRoom,
    /// Not a PNG, too large, not transparent, or not red.
    #[error(
        "ảnh con dấu phải là PNG nền trong suốt, màu đỏ, mỗi cạnh không quá {MOST_SEAL_SIDE_PX} điểm ảnh"
    )]
    BadSeal,
}

impl SealPicture {
    /// Takes a PNG that an installation gives.
    ///
    /// # Errors
    /// [`AppearanceError::BadSeal`].
    pub fn open(png: &[u8]) -> Result<Self, AppearanceError> {
        Self::decode(png).map(|_| Self(png.to_vec()))
    }

    fn decode(png: &[u8]) -> Result<RgbaImage, AppearanceError> {
        if png.len() > MOST_SEAL_BYTES {
            return Err(AppearanceError::BadSeal);
        }
        let size = ImageReader::with_format(Cursor::new(png), ImageFormat::Png).into_dimensions();
        if !size.is_ok_and(|(width, height)| width.max(height) <= MOST_SEAL_SIDE_PX) {
            return Err(AppearanceError::BadSeal);
        }
        let picture = image::load_from_memory_with_format(png, ImageFormat::Png)
            .map_err(|_| AppearanceError::BadSeal)?;
        let has_alpha = picture.color().has_alpha();
        let picture = picture.into_rgba8();
        let (mut n_inked, mut n_red, mut n_clear) = (0u64, 0u64, 0u64);
        for pixel in picture.pixels() {
            let [red, green, blue, alpha] = pixel.0;
            if alpha < 32 {
                n_clear += 1;
            } else if alpha > 127 {
                n_inked += 1;
                n_red +=
                    u64::from(red > 120 && red > green.saturating_add(60) && red > blue.saturating_add(60));
            }
        }
        let is_red = n_inked > 0 && n_red * 10 >= n_inked * 8;
        if has_alpha && n_clear > 0 && is_red { Ok(picture) } else { Err(AppearanceError::BadSeal) }
    }
}

/// Draws into a form of the size of `place`, upright as the page is seen.
pub(super) fn draw(
    edit: &mut Edit,
    looks: &Appearance,
    place: BoxPt,
    frame: &PageFrame,
) -> Result<ObjectId, AppearanceError> {
    let mut resources = Dictionary::new();
    let mut content = Content::new();
    content.save_state();
    match looks {
        Appearance::Code(code) => {
            let laid_out = code_mark::lay_out(code, place.width, place.height)?;
            write_lines(edit, &mut content, &mut resources, &laid_out, (0.0, place.height))?;
        }
        Appearance::Copy(block) => draw_copy(edit, &mut content, &mut resources, block, place)?,
    }
    content.restore_state();
    let real = |v: f32| Object::Real(v);
    let matrix: Vec<Object> =
        frame.appearance_matrix(place.width, place.height).into_iter().map(real).collect();
    let form = dictionary! {
        "Type" => "XObject", "Subtype" => "Form",
        "BBox" => vec![real(0.0), real(0.0), real(place.width), real(place.height)],
        "Matrix" => matrix, "Resources" => resources,
    };
    Ok(edit.add_stream(form, content.finish().to_vec()))
}

fn write_lines(
    edit: &mut Edit,
    content: &mut Content,
    resources: &mut Dictionary,
    laid_out: &LaidOut,
    corner: (f32, f32),
) -> Result<(), AppearanceError> {
    let mut font = FontBuilder::default();
    let lines = laid_out.encode(&mut font)?;
    laid_out.draw(content, Name(b"Tinos"), &lines, corner);
    resources.set("Font", dictionary! { "Tinos" => edit.add_font(font.embed()?) });
    Ok(())
}

fn draw_copy(
    edit: &mut Edit,
    content: &mut Content,
    resources: &mut Dictionary,
    block: &CopyBlock,
    place: BoxPt,
) -> Result<(), AppearanceError> {
    let mut left = 0.0;
    if let Some(SealPicture(png)) = &block.seal {
        let picture = &SealPicture::decode(png)?;
        let side = place.height.min(place.width / 3.0);
        let ratio = picture.width() as f32 / picture.height().max(1) as f32;
        let (width, height) = if ratio > 1.0 { (side, side / ratio) } else { (side * ratio, side) };
        resources.set("XObject", dictionary! { "Dau" => add_picture(edit, picture) });
        content.save_state();
        content.transform([width, 0.0, 0.0, height, 0.0, (place.height - height) / 2.0]);
        content.x_object(Name(b"Dau")).restore_state();
        left = side + GAP_PT;
    }
    let room = place.width - left;
    let paragraphs =
        [clean(&block.form), clean(&block.agency), format!("Thời gian ký: {}", iso_time(block.at))];
    let laid_out = lay_out_block(&paragraphs, room, place.height).ok_or(AppearanceError::NoRoom)?;
    write_lines(edit, content, resources, &laid_out, (left, place.height))
}

/// Vietnam's time, ISO 8601, to the second.
pub fn iso_time(at: Timestamp) -> String {
    at.to_zoned(tz::TimeZone::fixed(tz::offset(7))).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}

/// Paragraphs broken at spaces, at the largest size that fits.
fn lay_out_block(paragraphs: &[String], room: f32, height: f32) -> Option<LaidOut> {
    let n_sizes = ((LARGEST_PT - SMALLEST_PT) / SIZE_STEP_PT).round() as u8;
    (0..=n_sizes).map(|step| LARGEST_PT - f32::from(step) * SIZE_STEP_PT).find_map(|size_pt| {
        let mut lines: Vec<String> = Vec::new();
        for paragraph in paragraphs {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if width_pt(&longer, size_pt) <= room || line.is_empty() {
                    line = longer;
                } else {
                    lines.push(std::mem::replace(&mut line, word.to_owned()));
                }
            }
            lines.extend(Some(line).filter(|line| !line.is_empty()));
        }
        let widest = lines.iter().map(|line| width_pt(line, size_pt)).fold(0.0, f32::max);
        let height_pt = size_pt * (ASCENT + DESCENT + LEADING * lines.len().saturating_sub(1) as f32);
        let fits = !lines.is_empty() && widest <= room && height_pt <= height;
        fits.then_some(LaidOut { lines, size_pt, width_pt: widest, height_pt })
    })
}

fn add_picture(edit: &mut Edit, picture: &RgbaImage) -> ObjectId {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let entries = |space: &str| {
        dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => width, "Height" => height,
            "ColorSpace" => space, "BitsPerComponent" => 8,
        }
    };
    let mask = picture.pixels().map(|pixel| pixel.0[3]).collect();
    let mask = edit.add_stream(entries("DeviceGray"), mask);
    let mut colour = entries("DeviceRGB");
    colour.set("SMask", mask);
    let pixels = picture.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect();
    edit.add_stream(colour, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(picture: &RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_seal_is_red_on_transparent_ground() {
        let ring = |colour: [u8; 3], ground: u8| {
            RgbaImage::from_fn(60, 60, |x, y| {
                let far = (x as f32 - 30.0).hypot(y as f32 - 30.0);
                let is_ring = (22.0..28.0).contains(&far);
                image::Rgba([colour[0], colour[1], colour[2], if is_ring { 255 } else { ground }])
            })
        };
        assert!(SealPicture::open(&png(&ring([220, 20, 30], 0))).is_ok());
        for wrong in [ring([20, 20, 220], 0), ring([220, 20, 30], 255)] {
            assert_eq!(SealPicture::open(&png(&wrong)).unwrap_err(), AppearanceError::BadSeal);
        }
        assert_eq!(SealPicture::open(b"\x89PNG").unwrap_err(), AppearanceError::BadSeal);
    }

    #[test]
    fn the_block_shrinks_until_it_fits() {
        let check = |agency: &str, room: f32, height: f32, expected: Option<(usize, f32)>| {
            let lines =
                ["SAO Y".to_owned(), agency.to_owned(), "Thời gian ký: 2025-01-26T11:12:09+07:00".to_owned()];
            let found = lay_out_block(&lines, room, height).map(|laid| (laid.lines.len(), laid.size_pt));
            assert_eq!(found, expected, "{agency}");
        };
        check("UBND xã Nghĩa Lộ", 220.0, 40.0, Some((3, 10.0)));
        check("Ủy ban nhân dân xã Nghĩa Lộ, thị xã Nghĩa Lộ, tỉnh Yên Bái", 220.0, 40.0, Some((3, 8.5)));
        check("UBND", 40.0, 20.0, None);
    }

    #[test]
    fn time_is_vietnams() {
        assert_eq!(iso_time("2025-01-26T04:12:09Z".parse().unwrap()), "2025-01-26T11:12:09+07:00");
    }
}
