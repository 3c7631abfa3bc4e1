//! Damages the bytes of one page, so that a person who opens it sees that it is lost.

use std::io::Cursor;

use tiff::decoder::Decoder;
use tiff::tags::Tag;

use super::super::container::{self, Container, Storage};
use super::super::random::Random;
use super::super::raster::Picture;
use super::super::{GenerateError, PaperFile};

/// Damages page `page` of the paper in `files`.
pub fn damage(
    files: &mut [PaperFile],
    (form, page): (Container, usize),
    picture: &Picture,
    storage: Storage,
    random: &mut Random,
) -> Result<(), GenerateError> {
    match form {
        Container::Folder => {
            let bytes = &mut files[page].1;
            if random.chance(0.5) {
                // The copy broke off.
                bytes.truncate((bytes.len() as f32 * random.real(0.2, 0.5)) as usize);
            } else {
                wipe_head(bytes);
            }
        }
        Container::Tiff(_) => {
            let bytes = &mut files[0].1;
            for (start, n) in strips(bytes, page)? {
                bytes[start..start + n].fill(0xff);
            }
        }
        _ => {
            // The same picture gives the same bytes: they are found in the file.
            let stream = container::jpeg(picture, storage)?;
            let bytes = &mut files[0].1;
            let start = bytes.windows(stream.len()).position(|window| window == stream);
            if let Some(start) = start {
                let end = start + stream.len();
                if random.chance(0.5) {
                    let kept = (stream.len() as f32 * random.real(0.2, 0.5)) as usize;
                    bytes[start + kept..end].fill(0);
                } else {
                    wipe_head(&mut bytes[start..end]);
                }
            }
        }
    }
    Ok(())
}

/// A JPEG without tables and frame is no picture any more.
fn wipe_head(bytes: &mut [u8]) {
    // The first segment stays: any program still sees that a JPEG begins here.
    let n = bytes.len().min(700);
    bytes[20..n].fill(0);
}

/// Start and length of the strips of a page.
fn strips(bytes: &[u8], page: usize) -> Result<Vec<(usize, usize)>, GenerateError> {
    let mut decoder = Decoder::new(Cursor::new(bytes))?;
    decoder.seek_to_image(page)?;
    let starts = decoder.get_tag_u64_vec(Tag::StripOffsets)?;
    let lengths = decoder.get_tag_u64_vec(Tag::StripByteCounts)?;
    Ok(starts.into_iter().zip(lengths).map(|(start, n)| (start as usize, n as usize)).collect())
}
