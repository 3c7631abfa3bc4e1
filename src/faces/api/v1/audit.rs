//! `/audit/events`: the trace, for auditors; reading it is traced.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::ListOut;
use crate::{
    domain::{event::ActedAs, ids::DossierId, officer::Actor},
    faces::api::{
        Api, cursor,
        extract::{Asked, Officer},
        problem::Problem,
    },
    store::audit::{KeptEvent, Search},
    workflows::trace,
};

/// The list that cursors are of.
const LIST: &str = "audit/events";

/// One act.
#[derive(Serialize, ToSchema)]
pub struct EventOut {
    /// When, UTC, to the microsecond; no other event has that time.
    at: String,
    /// The segment of the chain that holds it; null for the second until it is chained.
    segment: Option<u64>,
    /// One Vietnamese sentence.
    sentence: String,
    /// Its name.
    action: String,
    /// In whose name: `kind` `officer` (id, full_name, personal_id, unit, signed_in_at, address) or `client` (id, name,
    /// signed_in_at, address); null for the system's own steps.
    #[schema(value_type = Option<Object>)]
    actor: Option<ActedAs>,
    /// What it was done to.
    object: ObjectOut,
    /// Why personal data was read, or the reason of the act.
    purpose: Option<String>,
    /// What the object was before.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What it is now.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// Further facts.
    #[schema(value_type = Option<Object>)]
    detail: Option<Value>,
}

/// What an act was done to.
#[derive(Serialize, ToSchema)]
struct ObjectOut {
    /// `dossier`, `paper`, `record`, `owner`, `officer`, `catalogue`, `lesson`, `file`,
    /// `trace`, `request` or `breach`.
    kind: String,
    /// Opaque id.
    id: String,
}

impl From<KeptEvent> for EventOut {
    fn from(event: KeptEvent) -> Self {
        Self {
            at: event.at.to_string(),
            segment: event.segment,
            sentence: trace::sentence(&event),
            action: event.action,
            actor: event.actor,
            object: ObjectOut { kind: event.object_kind, id: event.object_id },
            purpose: event.purpose,
            before: event.change.before,
            after: event.change.after,
            detail: event.detail,
        }
    }
}

/// Which events are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::faces::api) struct EventsIn {
    from: Option<String>,
    until: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    object_kind: Option<String>,
    object_id: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

impl EventsIn {
    /// What is asked for, behind the place where a list goes on.
    fn search(&self, after: Option<&str>) -> Result<Search, Problem> {
        let instant = |name: &str, text: &Option<String>| {
            let wrong =
                || Problem::bad_request("query", format!("Tham số {name} phải là thời điểm theo RFC 3339."));
            text.as_deref().map(|text| text.parse::<Timestamp>().map_err(|_| wrong())).transpose()
        };
        let until = instant("until", &self.until)?;
        let after: Option<Timestamp> = after.map(str::parse).transpose().map_err(|_| cursor::not_ours())?;
        let mut search = Search {
            from: instant("from", &self.from)?,
            until: [until, after].into_iter().flatten().min(),
            actor: self.actor.clone(),
            action: self.action.clone(),
            ..Search::default()
        };
        match (self.object_kind.as_deref(), self.object_id.as_deref()) {
            (None, None) => {}
            (Some("dossier"), Some(id)) => {
                let wrong = |_| Problem::bad_request("query", "Tham số object_id không phải mã hồ sơ.");
                search.dossier = Some(DossierId::parse(id).map_err(wrong)?);
            }
            (Some(kind), Some(id)) => search.object = Some((kind.to_owned(), id.to_owned())),
            _ => return Err(Problem::bad_request("query", "Cần cả object_kind và object_id.")),
        }
        Ok(search)
    }
}

/// `GET /audit/events`: who did what, the newest first; a dossier shows its papers and documents too.
#[utoipa::path(
    get, operation_id = "list_audit_events", path = "/audit/events", tag = "audit",
    params(("from" = Option<String>, Query, description = "At this instant (RFC 3339) or later"),
           ("until" = Option<String>, Query, description = "Before this instant"),
           ("actor" = Option<String>, Query, description = "Opaque id of an officer or a system"),
           ("action" = Option<String>, Query, description = "Name of an act, such as `confirm_fields`"),
           ("object_kind" = Option<String>, Query, description = "`dossier`, `paper`, `record`, `owner`, …; together with `object_id`"),
           ("object_id" = Option<String>, Query, description = "Opaque id; of a dossier: with its papers and documents"),
           ("after" = Option<String>, Query, description = "`next` of the page before"),
           ("limit" = Option<u32>, Query, description = "1–500, 100 when absent")),
    responses((status = 200, body = ListOut<EventOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn events(
    State(api): State<Api>,
    Officer(officer): Officer,
    Asked(asked): Asked<EventsIn>,
) -> Result<Json<ListOut<EventOut>>, Problem> {
    let by = Actor::from(&officer);
    let after = cursor::place(&api, &by, LIST, asked.after.as_deref())?;
    let search = asked.search(after.as_deref())?;
    let found = trace::read(&api.ctx, &officer, &search, asked.limit.unwrap_or(100)).await?;
    Ok(Json(ListOut {
        items: found.events.into_iter().map(EventOut::from).collect(),
        next: found.next.map(|at| cursor::made(&api, &by, LIST, &at.to_string())),
    }))
}
