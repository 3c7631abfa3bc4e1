//! `/changes`: what changed in the store, in order.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ListOut;
use crate::{
    faces::api::{
        Api,
        extract::{Asked, By},
        problem::Problem,
    },
    workflows::browse,
};

/// A change; carries no personal data.
#[derive(Serialize, ToSchema)]
pub struct ChangeOut {
    /// Its place in the order.
    seq: u64,
    /// `stored`, `revoked`, `recoded`, `owner_changed`, `removed`, `restored` or `erased`.
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

/// `GET /changes?after=…`: every change after the one that `after` names, in order.
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
    let wrong = || Problem::bad_request("query", "Tham số after phải là “next” của trang trước.");
    let after = asked.after.as_deref().map_or(Ok(0), str::parse).map_err(|_| wrong())?;
    let changes = browse::changes(&api.ctx, &by, after, asked.limit.unwrap_or(100).clamp(1, 1000)).await?;
    // The place to go on stays known on an empty page, too: callers come back for what is new.
    let next = changes.last().map_or(after, |c| c.seq);
    let out = |c: &crate::domain::record::ChangeEvent| ChangeOut {
        seq: c.seq,
        kind: c.kind,
        document: c.record.to_string(),
        at: c.at.to_string(),
    };
    Ok(Json(ListOut { items: changes.iter().map(out).collect(), next: Some(next.to_string()) }))
}
