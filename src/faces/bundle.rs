//! Gives a file of exported data out, piece by piece.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use jiff::Timestamp;
use tokio::io::AsyncReadExt;

use crate::{clock::day_in_vietnam, workflows::export::Export};

/// What such a file is.
pub(super) const MEDIA_TYPE: &str = "application/zip";
/// Bytes in memory at once.
const PIECE_BYTES: usize = 64 << 10;

/// The file as an answer. Its name says when it was made, and not of whom.
pub(super) fn answer(export: Export, now: Timestamp) -> Response {
    let name =
        format!("attachment; filename=\"du-lieu-ca-nhan-{}.zip\"", day_in_vietnam(now).strftime("%Y%m%d"));
    let file = tokio::fs::File::from_std(export.file);
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE_BYTES];
        let n_read = file.read(&mut piece).await?;
        piece.truncate(n_read);
        Ok::<_, std::io::Error>((n_read > 0).then_some((piece, file)))
    });
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CONTENT_LENGTH, export.n_bytes.to_string()),
    ];
    (StatusCode::OK, headers, Body::from_stream(pieces)).into_response()
}
