//! Lists with their files, as forms bring them, and what became of them.

use std::collections::BTreeMap;

use axum::{extract::Multipart, http::StatusCode};

use super::verification::FormFault;
use crate::workflows::archive::{ArchiveError, Outcome, Received};

/// A list, and its files by their names.
pub type Listed = (Vec<u8>, BTreeMap<String, Vec<u8>>);

/// Parts `list` and, any number of times, `file`.
///
/// # Errors
/// [`FormFault`].
pub async fn read_form(mut form: Multipart, max_bytes: u64) -> Result<Listed, FormFault> {
    let wrong = |message: &str| FormFault::new(StatusCode::BAD_REQUEST, message);
    let (mut list, mut files, mut n_bytes) = (Vec::new(), BTreeMap::new(), 0u64);
    while let Some(field) = form.next_field().await? {
        let part = field.name().unwrap_or_default().to_owned();
        let name = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await?;
        n_bytes = n_bytes.saturating_add(bytes.len() as u64);
        if n_bytes > max_bytes {
            let message =
                format!("Danh sách và các tệp lớn hơn {} MB: hãy gửi làm nhiều lần.", max_bytes >> 20);
            return Err(FormFault::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        match part.as_str() {
            "list" => list = bytes.to_vec(),
            // A browser sends an empty part where no file was chosen.
            "file" if name.is_empty() && bytes.is_empty() => {}
            "file" if name.is_empty() => {
                return Err(wrong("Phần “file” phải có tên tệp, như danh sách nêu."));
            }
            "file" if files.insert(name, bytes.to_vec()).is_some() => {
                return Err(wrong("Có hai tệp cùng tên: danh sách không biết dòng nào của tệp nào."));
            }
            "file" => {}
            _ => return Err(wrong("Chỉ có hai loại phần: list, file.")),
        }
    }
    Ok((list, files))
}

/// The sentence of an error, with the first places that are wrong.
pub fn sentence_of(error: &ArchiveError) -> String {
    const SHOWN: usize = 5;
    match error {
        ArchiveError::Faults(faults) => {
            let shown: Vec<String> = faults.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = faults.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!("; và {more} chỗ khác") } else { String::new() };
            format!("Chưa nhận giấy tờ nào, danh sách phải sửa: {}{more}.", shown.join("; "))
        }
        other => format!("Chưa nhận giấy tờ nào: {other}."),
    }
}

/// What became of a line, in a word of the contract and a sentence.
pub fn outcome_of(received: &Received) -> (&'static str, String) {
    match &received.outcome {
        Outcome::Received(paper) => ("received", paper.state.label().to_owned()),
        Outcome::Known(_) => ("known", "Bản quét này đã được nhận trước đây, không nhận lần nữa".to_owned()),
        Outcome::Unreadable(why) => ("unreadable", format!("Chưa nhận: {why}")),
    }
}
