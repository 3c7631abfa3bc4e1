//! `/changes`: what changed in the store, in order.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ListOut;
use crate::{
    faces::api::{
        Api, cursor,
        extract::{Asked, By},
        problem::Problem,
    },
    workflows::browse,
};

/// The list that cursors are of.
const LIST: &str = "changes";

/// A change; carries no personal data.
#[derive(Serialize, ToSchema)]
pub struct ChangeOut {
    /// Its place in the order.
    seq: u64,
    /// `stored`, `revoked`, `recoded`, `owner_changed`, `removed`, `restored`, `erased` or `augmented` (its file has grown).
    #[schema(value_type = String)]
    kind: crate::domain::record::ChangeKind,
    /// The document.
    document: String,
    /// When, UTC.
    at: String,
}

/// Where to go on.
#[derive(Deserialize)]
pub(in crate::faces::api) struct ChangesIn {
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /changes?after=…`: every change after the one that `after` names, in order. Going on from `next` nothing is
/// missed, now or in a year; 409 (`cursor-ahead`) when the store was put back to a time before it.
#[utoipa::path(
    get, path = "/changes", tag = "changes",
    params(("after" = Option<String>, Query, description = "`next` of the page before"), ("limit" = Option<u32>, Query, description = "1–1000, 100 when absent")),
    responses((status = 200, body = ListOut<ChangeOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn after(
    State(api): State<Api>,
    By(by): By,
    Asked(asked): Asked<ChangesIn>,
) -> Result<Json<ListOut<ChangeOut>>, Problem> {
    let after = match cursor::place(&api, &by, LIST, asked.after.as_deref())? {
        None => 0,
        Some(place) => place.parse().map_err(|_| cursor::not_ours())?,
    };
    let limit = asked.limit.unwrap_or(100).clamp(1, 1000);
    let Some(changes) = browse::changes(&api.ctx, &by, after, limit).await? else {
        let detail =
            "Con trỏ nằm sau thay đổi mới nhất: kho đã được khôi phục từ bản sao lưu. Đọc lại từ đầu.";
        return Err(Problem::new(StatusCode::CONFLICT, "cursor-ahead", detail));
    };
    // The place to go on stays known on an empty page, too: callers come back for what is new.
    let next = changes.last().map_or(after, |c| c.seq);
    let out = |c: &crate::domain::record::ChangeEvent| ChangeOut {
        seq: c.seq,
        kind: c.kind,
        document: c.record.to_string(),
        at: c.at.to_string(),
    };
    Ok(Json(ListOut {
        items: changes.iter().map(out).collect(),
        next: Some(cursor::made(&api, &by, LIST, &next.to_string())),
    }))
}
