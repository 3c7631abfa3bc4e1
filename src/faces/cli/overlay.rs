//! Where `digitise --overlay` writes its pictures: `<input stem>.page-1.png` and so on, over no other file.

use std::{
    collections::BTreeSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::{Exit, Stop, input::Input, output::write_whole};
use crate::{
    engines::{overlay::is_ours, reader::Readers},
    workflows::overlay::{Seen, pictures},
};

/// The folder that was named.
#[derive(Debug, Clone)]
pub(super) struct Overlay {
    dir: PathBuf,
}

impl Overlay {
    /// Makes the folder.
    ///
    /// # Errors
    /// A usage [`Stop`] where the pictures of two inputs would have the same names.
    pub(super) fn into(dir: &Path, inputs: &[Input]) -> Result<Self, Stop> {
        let mut stems = BTreeSet::new();
        if let Some(twice) = inputs.iter().find(|input| !stems.insert(stem(&input.path))) {
            let message = format!("--overlay: ảnh của {} sẽ trùng tên với ảnh của giấy tờ khác", twice.name);
            return Err(Stop::usage(message));
        }
        std::fs::create_dir_all(dir).map_err(|e| {
            Stop::new(Exit::StorageUnreachable, format!("không tạo được thư mục {}: {e}", dir.display()))
        })?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Writes the pictures of a paper. A page that cannot be shown is said on stderr and left out.
    ///
    /// # Errors
    /// [`Stop`] where a file can't be written, or is there and none of these pictures.
    pub(super) fn draw(&self, readers: &Readers, input: &Path, seen: &Seen<'_>) -> Result<(), Stop> {
        for (position, picture) in pictures(readers, *seen) {
            let path = self.dir.join(format!("{}.page-{position}.png", stem(input)));
            match picture {
                Ok(png) if may_write(&path) => write_whole(&path, &png)?,
                Ok(_) => {
                    let message = format!(
                        "--overlay: {} đã có và không phải ảnh do lệnh này vẽ: không ghi đè",
                        path.display()
                    );
                    return Err(Stop::usage(message));
                }
                Err(error) => eprintln!("{}: trang {position} không vẽ được: {error}", input.display()),
            }
        }
        Ok(())
    }
}

fn stem(input: &Path) -> String {
    // `giay-to/..` has no name of its own.
    input.file_stem().map_or_else(|| "paper".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Whether nothing is there, or a picture of an earlier call.
fn may_write(path: &Path) -> bool {
    let Ok(facts) = std::fs::symlink_metadata(path) else { return true };
    let mut beginning = Vec::new();
    facts.is_file()
        && File::open(path).and_then(|f| f.take(128).read_to_end(&mut beginning)).is_ok()
        && is_ours(&beginning)
}
