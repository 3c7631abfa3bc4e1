//! What a PATH names: a file, or a folder of page pictures; and the lists that name several.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Stop;
use crate::domain::{
    archive::{KnownFields, ListedPaper},
    dossier::ExpectedPages,
    eligibility::{HandedInAs, PaperRole},
    ids::{OwnerNumber, ProcedureCode},
    natural::natural,
};
use crate::workflows::archive::{self, ArchiveError};

/// One paper to work on, with what was declared of it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// As it was named: for answers and messages.
    pub name: String,
    pub path: PathBuf,
    pub pages: Option<ExpectedPages>,
    pub procedure: Option<ProcedureCode>,
    pub role: Option<PaperRole>,
    pub owner: Option<OwnerNumber>,
    pub form: HandedInAs,
    /// What a list says of it besides.
    pub known: KnownFields,
}

impl Input {
    /// A component is one of a procedure.
    fn with_procedure(self) -> Result<Self, String> {
        if self.role.is_some() && self.procedure.is_none() {
            return Err("--component cần đi cùng --procedure".into());
        }
        Ok(self)
    }
}

/// What was declared on the command line for all inputs; a list overrides it line by line.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub pages: Option<u32>,
    pub procedure: Option<String>,
    pub component: Option<String>,
    pub owner: Option<String>,
    pub form: Option<String>,
}

/// Why a PATH is no paper; sentences for clerks.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("không đọc được {0}: {why}", why = why(.1))]
    Io(String, io::Error),
    #[error(
        "thư mục {0} chứa tệp PDF: mỗi PDF là một giấy tờ riêng, hãy nêu từng tệp; thư mục chỉ dùng cho ảnh các trang của một giấy tờ"
    )]
    FolderOfPdfs(String),
    #[error("{0} không phải tệp hay thư mục thường (có thể là thiết bị hoặc ống dẫn)")]
    NotAFile(String),
    #[error("thư mục {0} không có ảnh trang nào (JPEG, PNG hoặc TIFF)")]
    EmptyFolder(String),
    #[error("thư mục {0} có tệp lạ “{1}”, không phải ảnh trang: hãy bỏ tệp đó ra rồi chạy lại")]
    StrayFile(String, String),
}

/// What the system says of a file, for clerks where it is one of the usual reasons.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "không có tệp hoặc thư mục này".into(),
        io::ErrorKind::PermissionDenied => "không có quyền đọc".into(),
        _ => error.to_string(),
    }
}

impl Defaults {
    /// The inputs that `paths` and `list` name.
    ///
    /// # Errors
    /// A usage [`Stop`] with the line of the list where one is wrong.
    pub(super) fn inputs(&self, paths: &[PathBuf], list: Option<&Path>) -> Result<Vec<Input>, Stop> {
        if self.pages.is_some() && paths.len() > 1 {
            return Err(Stop::usage("--pages chỉ dùng với một PATH; nhiều giấy tờ thì dùng --list"));
        }
        if self.pages == Some(0) {
            return Err(Stop::usage("--pages phải từ 1 trở lên"));
        }
        let mut inputs = Vec::new();
        for path in paths {
            let input = self.input(path.clone(), path.display().to_string());
            inputs.push(input.and_then(Input::with_procedure).map_err(Stop::usage)?);
        }
        if let Some(list) = list {
            inputs.extend(self.listed(list)?);
        }
        if inputs.is_empty() {
            return Err(Stop::usage("chưa nêu giấy tờ nào: cần PATH hoặc --list"));
        }
        Ok(inputs)
    }

    fn input(&self, path: PathBuf, name: String) -> Result<Input, String> {
        let parse = |what: &str, text: &Option<String>| {
            text.clone().filter(|t| !t.trim().is_empty()).map(|t| (what.to_owned(), t))
        };
        let procedure = parse("--procedure", &self.procedure)
            .map(|(what, t)| ProcedureCode::parse(&t).map_err(|e| format!("{what}: {e}")))
            .transpose()?;
        let role = parse("--component", &self.component)
            .map(|(what, t)| PaperRole::parse(&t).map_err(|e| format!("{what}: {e}")))
            .transpose()?;
        let owner = parse("--owner", &self.owner)
            .map(|(what, t)| OwnerNumber::parse(&t).map_err(|e| format!("{what}: {e}")))
            .transpose()?;
        let form = parse("--form", &self.form)
            .map(|(what, t)| HandedInAs::parse(&t).map_err(|e| format!("{what}: {e}")))
            .transpose()?
            .unwrap_or(HandedInAs::Original);
        Ok(Input {
            name,
            path,
            pages: self.pages.map(ExpectedPages),
            procedure,
            role,
            owner,
            form,
            known: KnownFields::default(),
        })
    }

    /// Reads a list: CSV or XLSX with a header; `path` is relative to the list's folder.
    fn listed(&self, list: &Path) -> Result<Vec<Input>, Stop> {
        let wrong = |message: String| Stop::usage(format!("{}, {message}", list.display()));
        let bytes = fs::read(list)
            .map_err(|e| Stop::usage(format!("không đọc được danh sách {}: {e}", list.display())))?;
        let papers = archive::read_list(&bytes).map_err(|error| match error {
            ArchiveError::Faults(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                wrong(faults.join("; "))
            }
            other => wrong(other.to_string()),
        })?;
        let base = list.parent().unwrap_or(Path::new(""));
        // What a line leaves open, the command line says.
        let input = |paper: ListedPaper| {
            let line = |message: String| wrong(format!("dòng {}: {message}", paper.line));
            let declared = self.input(base.join(&paper.path), paper.path.clone()).map_err(line)?;
            let filled = Input {
                pages: paper.pages,
                procedure: paper.procedure.or(declared.procedure),
                role: paper.role.or(declared.role),
                owner: paper.owner.or(declared.owner),
                form: paper.form.unwrap_or(declared.form),
                known: paper.known,
                ..declared
            };
            filled.with_procedure().map_err(line)
        };
        papers.into_iter().map(input).collect()
    }
}

/// The files of one paper, in the order of its pages.
///
/// A folder holds the pictures of one paper's pages in the natural order of their names; hidden
/// files and those that systems leave behind are passed over.
///
/// # Errors
/// [`InputError`].
pub(super) fn files_of(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    let name = path.display().to_string();
    let io = |e| InputError::Io(name.clone(), e);
    let facts = fs::metadata(path).map_err(io)?;
    if facts.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !facts.is_dir() {
        return Err(InputError::NotAFile(name));
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if file_name.starts_with('.') || ["Thumbs.db", "desktop.ini"].contains(&file_name.as_str()) {
            continue;
        }
        let head = head_of(&entry.path()).map_err(io)?;
        if head.starts_with(b"%PDF") {
            return Err(InputError::FolderOfPdfs(name));
        }
        let is_picture = head.starts_with(&[0xFF, 0xD8, 0xFF])
            || head.starts_with(b"\x89PNG")
            || head.starts_with(b"II*\0")
            || head.starts_with(b"MM\0*");
        if !is_picture {
            return Err(InputError::StrayFile(name, file_name));
        }
        files.push((file_name, entry.path()));
    }
    if files.is_empty() {
        return Err(InputError::EmptyFolder(name));
    }
    files.sort_by(|(a, _), (b, _)| natural(a, b));
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut head = Vec::new();
    if fs::metadata(path)?.is_file() {
        fs::File::open(path)?.take(8).read_to_end(&mut head)?;
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_or_a_result() {
        assert!(matches!(PaperRole::parse("KQ2"), Ok(PaperRole::Result { ordinal: 2 })));
        assert!(matches!(PaperRole::parse("01"), Ok(PaperRole::Component { .. })));
        assert!(PaperRole::parse("KQ0").is_err());
        assert!(PaperRole::parse("một").is_err());
    }

    #[test]
    fn folders_that_are_no_paper_say_why() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(files_of(dir.path()), Err(InputError::EmptyFolder(_))));
        assert!(matches!(files_of(Path::new("/dev/null")), Err(InputError::NotAFile(_))));
        fs::write(dir.path().join("2.jpg"), [0xFF, 0xD8, 0xFF, 0xE0]).unwrap();
        fs::write(dir.path().join("10.jpg"), [0xFF, 0xD8, 0xFF, 0xE0]).unwrap();
        fs::write(dir.path().join(".hidden"), "x").unwrap();
        let files = files_of(dir.path()).unwrap();
        assert!(files[0].ends_with("2.jpg") && files[1].ends_with("10.jpg"));
        fs::write(dir.path().join("note.txt"), "x").unwrap();
        assert!(matches!(files_of(dir.path()), Err(InputError::StrayFile(_, name)) if name == "note.txt"));
        fs::remove_file(dir.path().join("note.txt")).unwrap();
        fs::write(dir.path().join("a.pdf"), "%PDF-1.7").unwrap();
        assert!(matches!(files_of(dir.path()), Err(InputError::FolderOfPdfs(_))));
    }
}
