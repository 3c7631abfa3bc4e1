//! What is known of an owner, and what officers do about it: names, numbers, guardians; two who are one, one who is two.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ListOut;
use crate::{
    domain::{
        code::{OwnerKey, OwnerName},
        confirm::parse_day,
        ids::{GuardianshipId, IdFinding, OwnerId, RecordId},
        owner::{GuardianKind, KnownName, MergeQuestion, Parting, Profile, Sex},
    },
    faces::api::{
        Api,
        extract::{Asked, Body, By, Officer, Place, purpose},
        problem::Problem,
    },
    workflows::{
        browse,
        guardians::{self, NewGuardian, Relation},
        merging,
        owners::{self, PastAct, SeenOwner, Undo},
    },
};

/// Something odd about a number or what is known beside it.
#[derive(Serialize, ToSchema)]
pub struct IdFindingOut {
    /// `error`, `warning` or `info`.
    #[schema(value_type = String)]
    severity: crate::domain::ids::IdSeverity,
    /// `owner_id`, `holder_birth_date` or `holder_gender`.
    field: String,
    /// One Vietnamese sentence.
    message: String,
}

impl From<&IdFinding> for IdFindingOut {
    fn from(finding: &IdFinding) -> Self {
        let IdFinding { severity, field, message } = finding;
        Self { severity: *severity, field: field.clone(), message: message.clone() }
    }
}

/// What is known of an owner; numbers are masked.
#[derive(Serialize, ToSchema)]
pub struct OwnerSeenOut {
    /// Opaque id: the owner's today, where he was found to be another one.
    id: String,
    /// `person` or `organisation`.
    kind: String,
    /// Numbers and names by which he is found, oldest first.
    identifiers: Vec<IdentifierOut>,
    /// Names, current and former.
    names: Vec<NameOut>,
    /// Birth date of a person.
    birth_date: Option<String>,
    /// Founding year of an organisation.
    founded: Option<i16>,
    /// `male` or `female`.
    #[schema(value_type = Option<String>)]
    sex: Option<Sex>,
    /// What is odd about all that.
    findings: Vec<IdFindingOut>,
    /// Who acts or acted for him, a child under 14; for officers alone.
    guardians: Vec<RelationOut>,
    /// For whom he acts or acted; for officers alone.
    wards: Vec<RelationOut>,
    /// Since when his data may not be used outside the unit that handles them, UTC.
    restricted_at: Option<String>,
    /// Ids that lead here.
    merged: Vec<String>,
    /// A child's, whose papers are another unit's: names, birth date and guardians are left out.
    closed: bool,
}

/// A number or name.
#[derive(Serialize, ToSchema)]
struct IdentifierOut {
    /// Opaque id, for a split.
    id: String,
    /// Numbers masked, names whole.
    masked: String,
    /// Whether it is a name that stands for a number (Điều 7).
    provisional: bool,
    /// UTC.
    added_at: String,
}

/// A name.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NameOut {
    /// The name.
    name: String,
    /// Whether he bears another one now.
    #[serde(default)]
    former: bool,
}

/// That one acts for another.
#[derive(Serialize, ToSchema)]
pub struct RelationOut {
    /// Opaque id of the relation.
    id: String,
    /// The other side, opaque.
    owner: String,
    /// How the other side is known, masked.
    known_as: Vec<String>,
    /// `father`, `mother` or `guardian`.
    kind: &'static str,
    /// The paper that shows it.
    basis: String,
    /// First day.
    from: String,
    /// Last day.
    until: String,
    /// Whether it holds today.
    in_force: bool,
}

impl From<&Relation> for RelationOut {
    fn from(Relation { relation, other, keys, is_in_force }: &Relation) -> Self {
        Self {
            id: relation.id.to_string(),
            owner: other.to_string(),
            known_as: keys.iter().map(OwnerKey::masked).collect(),
            kind: relation.kind.as_str(),
            basis: relation.basis.clone(),
            from: relation.from.to_string(),
            until: relation.until.to_string(),
            in_force: *is_in_force,
        }
    }
}

impl From<&SeenOwner> for OwnerSeenOut {
    fn from(seen: &SeenOwner) -> Self {
        let identifier = |identifier: &crate::store::owners::Identifier| IdentifierOut {
            id: identifier.id.clone(),
            masked: identifier.key.masked(),
            provisional: identifier.key.is_provisional(),
            added_at: identifier.added_at.to_string(),
        };
        let profile = &seen.profile;
        let name = |known: &KnownName| NameOut { name: known.name.to_string(), former: known.is_former };
        Self {
            id: seen.id.to_string(),
            kind: seen.kind.clone(),
            identifiers: seen.identifiers.iter().map(identifier).collect(),
            names: profile.names.iter().map(name).collect(),
            birth_date: profile.born.map(|day| day.to_string()),
            founded: profile.founded,
            sex: profile.sex,
            findings: seen.findings.iter().map(IdFindingOut::from).collect(),
            guardians: seen.guardians.iter().map(RelationOut::from).collect(),
            wards: seen.wards.iter().map(RelationOut::from).collect(),
            restricted_at: seen.restricted_at.map(|at| at.to_string()),
            merged: seen.merged.iter().map(ToString::to_string).collect(),
            closed: seen.is_closed,
        }
    }
}

/// Why it is read.
#[derive(Deserialize)]
pub(in crate::faces::api) struct WhyIn {
    purpose: Option<String>,
}

/// `GET /owners/{id}`: what is known of a person or organisation, numbers masked; an id that was merged leads on.
#[utoipa::path(
    get, operation_id = "see_owner", path = "/owners/{id}", tag = "owners",
    params(("id" = String, Path, description = "Opaque id"),
           ("purpose" = Option<String>, Query, description = "Why; may be left out for 30 minutes after a look-up")),
    responses((status = 200, body = OwnerSeenOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn see(
    State(api): State<Api>,
    By(by): By,
    Place(id): Place<OwnerId>,
    Asked(asked): Asked<WhyIn>,
) -> Result<Json<OwnerSeenOut>, Problem> {
    let id = browse::current_owner(&api.ctx, &by, &id).await?;
    let purpose = purpose(&api, &by, (&id, None), asked.purpose.as_deref()).await?;
    Ok(Json((&owners::see(&api.ctx, &by, &id, &purpose).await?).into()))
}

/// A number as somebody keyed it, and what else the paper says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    /// A number, or a name with birth date or founding year.
    owner: String,
    /// The birth date on the paper.
    #[serde(default)]
    birth_date: Option<String>,
    /// `male` or `female`.
    #[serde(default)]
    sex: Option<String>,
}

/// What is odd about it.
#[derive(Serialize, ToSchema)]
pub struct CheckOut {
    /// Whether it has a known form.
    valid: bool,
    /// Errors, warnings and notes.
    findings: Vec<IdFindingOut>,
}

/// `POST /owners/check`: what is odd about a number, before a paper is received; tells nothing of the store.
#[utoipa::path(
    post, operation_id = "check_owner", path = "/owners/check", tag = "owners", request_body = CheckIn,
    responses((status = 200, body = CheckOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn check(
    State(api): State<Api>,
    Officer(officer): Officer,
    Body(body): Body<CheckIn>,
) -> Result<Json<CheckOut>, Problem> {
    let profile = Profile {
        born: day(body.birth_date.as_deref())?,
        sex: sex(body.sex.as_deref())?,
        ..Profile::default()
    };
    let (key, findings) = owners::check(&api.ctx, &officer, &body.owner, &profile)?;
    Ok(Json(CheckOut { valid: key.is_some(), findings: findings.iter().map(IdFindingOut::from).collect() }))
}

fn day(text: Option<&str>) -> Result<Option<Date>, Problem> {
    let day = text.map(parse_day).transpose();
    day.map_err(|e| Problem::bad_request("birth-date", format!("Ngày sinh: {e}.")))
}

fn sex(text: Option<&str>) -> Result<Option<Sex>, Problem> {
    let wrong = || Problem::bad_request("sex", "Giới tính là male hoặc female.");
    text.map(|text| Sex::parse(text).ok_or_else(wrong)).transpose()
}

fn key(text: &str) -> Result<OwnerKey, Problem> {
    OwnerKey::parse(text).map_err(|e| Problem::bad_request("owner", e.to_string()))
}

/// What is known of an owner, in the place of what was said before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeIn {
    /// Names, current and former; each leads to him once a birth date or founding year is known.
    #[serde(default)]
    names: Vec<NameOut>,
    /// Birth date of a person.
    #[serde(default)]
    birth_date: Option<String>,
    /// Founding year of an organisation.
    #[serde(default)]
    founded: Option<i16>,
    /// `male` or `female`.
    #[serde(default)]
    sex: Option<String>,
    /// Why; recorded.
    reason: String,
}

/// An owner's id today.
#[derive(Serialize, ToSchema)]
pub struct OwnerIdOut {
    /// Opaque.
    pub(super) id: String,
    /// Of a split, the other one's.
    pub(super) other: Option<String>,
}

fn led(id: &OwnerId, other: Option<&OwnerId>) -> Json<OwnerIdOut> {
    Json(OwnerIdOut { id: id.to_string(), other: other.map(ToString::to_string) })
}

/// `POST /owners/{id}/describe`: an officer says what is known of an owner.
#[utoipa::path(
    post, operation_id = "describe_owner", path = "/owners/{id}/describe", tag = "owners", request_body = DescribeIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = OwnerIdOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn describe(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<DescribeIn>,
) -> Result<Json<OwnerIdOut>, Problem> {
    let name = |name: &NameOut| {
        let parsed = OwnerName::parse(&name.name).map_err(|e| Problem::bad_request("name", e.to_string()))?;
        Ok(KnownName { name: parsed, is_former: name.former })
    };
    let profile = Profile {
        names: body.names.iter().map(name).collect::<Result<_, Problem>>()?,
        born: day(body.birth_date.as_deref())?,
        founded: body.founded,
        sex: sex(body.sex.as_deref())?,
    };
    let id = owners::describe(&api.ctx, &officer, &id, profile, &body.reason).await?;
    Ok(led(&id, None))
}

/// A further number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberIn {
    /// 12 digits, old 9 digits, `<state>-<passport>`, a tax code or an agency's id in either direction.
    number: String,
    /// What was asked and is right: `two_numbers`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    accept: Vec<MergeQuestion>,
    /// Why; recorded.
    reason: String,
}

/// `POST /owners/{id}/numbers`: an officer adds a number by which the owner is known as well.
#[utoipa::path(
    post, operation_id = "add_owner_number", path = "/owners/{id}/numbers", tag = "owners", request_body = NumberIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = OwnerIdOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn add_number(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<NumberIn>,
) -> Result<Json<OwnerIdOut>, Problem> {
    let key = key(&body.number)?;
    let id = owners::add_number(&api.ctx, &officer, &id, &key, &body.accept, &body.reason).await?;
    Ok(led(&id, None))
}

/// Who is the same.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnerMergeIn)]
pub struct MergeIn {
    /// The other one's opaque id, which leads to this one from then on.
    other: String,
    /// What was asked and is right: `two_numbers`, `birth_dates`, `sexes`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    accept: Vec<MergeQuestion>,
    /// Why; recorded.
    reason: String,
}

/// `POST /owners/{id}/merge`: a supervisor finds two owners to be one; codes stay, both lead to their documents.
#[utoipa::path(
    post, operation_id = "merge_owners", path = "/owners/{id}/merge", tag = "owners", request_body = MergeIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 200, body = OwnerIdOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn merge(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<MergeIn>,
) -> Result<Json<OwnerIdOut>, Problem> {
    crate::domain::rights::may_merge_owners(&officer).map_err(owners::OwnerError::from)?;
    let other = OwnerId::parse(&body.other).map_err(|_| Problem::not_found())?;
    let id = merging::merge(&api.ctx, &officer, &id, &other, &body.accept, &body.reason).await?;
    Ok(led(&id, None))
}

/// What is somebody else's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnerSplitIn)]
pub struct SplitIn {
    /// Opaque ids of numbers and names.
    #[serde(default)]
    identifiers: Vec<String>,
    /// Opaque ids of documents.
    #[serde(default)]
    documents: Vec<String>,
    /// A number or name by which the other is known, where none of the first is his.
    #[serde(default)]
    owner: Option<String>,
    /// Why; recorded.
    reason: String,
}

/// `POST /owners/{id}/split`: a supervisor finds one owner to be two; what is named goes to a new one.
#[utoipa::path(
    post, operation_id = "split_owner", path = "/owners/{id}/split", tag = "owners", request_body = SplitIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 201, body = OwnerIdOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn split(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<SplitIn>,
) -> Result<Response, Problem> {
    crate::domain::rights::may_merge_owners(&officer).map_err(owners::OwnerError::from)?;
    let documents = body.documents.iter().map(|id| RecordId::parse(id)).collect::<Result<_, _>>();
    let parting = Parting {
        identifiers: body.identifiers,
        documents: documents.map_err(|_| Problem::not_found())?,
        key: body.owner.as_deref().map(key).transpose()?,
    };
    let other = merging::split(&api.ctx, &officer, &id, parting, &body.reason).await?;
    let by = officer.into();
    let id = browse::current_owner(&api.ctx, &by, &id).await?;
    Ok((StatusCode::CREATED, led(&id, Some(&other))).into_response())
}

/// Which act is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnerUndoIn)]
pub struct UndoIn {
    /// Its number in the history of this very owner.
    act: u64,
    /// Why; recorded.
    reason: String,
}

/// `POST /owners/{id}/undo`: takes an act back exactly; refused with what would be lost.
#[utoipa::path(
    post, operation_id = "undo_owner_act", path = "/owners/{id}/undo", tag = "owners", request_body = UndoIn,
    params(("id" = String, Path, description = "Opaque id")),
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn undo(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<UndoIn>,
) -> Result<StatusCode, Problem> {
    merging::undo(&api.ctx, &officer, &id, body.act, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An act of the history.
#[derive(Serialize, ToSchema)]
pub struct OwnerActOut {
    /// In whose history it stands, opaque.
    owner: String,
    /// Its number there.
    act: u64,
    /// `describe`, `add_number`, `merge`, `split`, `part_from`, `undo`, `set_guardian`, `end_guardian`,
    /// `restrict`, `lift_restriction`.
    kind: &'static str,
    /// UTC.
    at: String,
    /// The officer.
    by: String,
    /// Why.
    reason: String,
    /// The other owner of a merger or split, opaque.
    other: Option<String>,
    /// Whether it may be taken back now.
    undoable: bool,
    /// What changed since, where that stands in the way.
    changed_since: Vec<String>,
}

impl From<&PastAct> for OwnerActOut {
    fn from(PastAct { owner, kept, by, undo }: &PastAct) -> Self {
        let act = &kept.act.act;
        Self {
            owner: owner.to_string(),
            act: kept.no,
            kind: act.name(),
            at: kept.at.to_string(),
            by: by.clone(),
            reason: kept.act.reason.clone(),
            other: act.other().map(ToString::to_string),
            undoable: *undo == Undo::May,
            changed_since: match undo {
                Undo::Changed(what) => what.iter().map(|what| (*what).to_owned()).collect(),
                _ => Vec::new(),
            },
        }
    }
}

/// `GET /owners/{id}/history`: what was done about an owner and those who were found to be him, oldest first.
#[utoipa::path(
    get, operation_id = "owner_history", path = "/owners/{id}/history", tag = "owners",
    params(("id" = String, Path, description = "Opaque id"), ("purpose" = Option<String>, Query, description = "Why")),
    responses((status = 200, body = ListOut<OwnerActOut>), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn history(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Asked(asked): Asked<WhyIn>,
) -> Result<Json<ListOut<OwnerActOut>>, Problem> {
    let by = (&officer).into();
    let id = browse::current_owner(&api.ctx, &by, &id).await?;
    let purpose = purpose(&api, &by, (&id, None), asked.purpose.as_deref()).await?;
    let (_, acts) = owners::history(&api.ctx, &officer, &id, &purpose).await?;
    Ok(Json(ListOut { items: acts.iter().map(OwnerActOut::from).collect(), next: None }))
}

/// Who acts for a child.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardianIn {
    /// The guardian's number.
    guardian: String,
    /// `father`, `mother` or `guardian`.
    #[schema(value_type = String)]
    kind: GuardianKind,
    /// The paper that shows it; recorded.
    basis: String,
    /// First day; today when absent.
    #[serde(default)]
    from: Option<String>,
    /// Last day; the day before the 14th birthday when absent, and never later.
    #[serde(default)]
    until: Option<String>,
}

/// `POST /owners/{id}/guardians`: an officer writes down who acts for a child under 14.
#[utoipa::path(
    post, operation_id = "set_guardian", path = "/owners/{id}/guardians", tag = "owners", request_body = GuardianIn,
    params(("id" = String, Path, description = "Opaque id of the child")),
    responses((status = 201, body = RelationIdOut), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn set_guardian(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<GuardianIn>,
) -> Result<Response, Problem> {
    let new = NewGuardian {
        guardian: key(&body.guardian)?,
        kind: body.kind,
        basis: body.basis,
        from: day(body.from.as_deref())?,
        until: day(body.until.as_deref())?,
    };
    let relation = guardians::set(&api.ctx, &officer, &id, new).await?;
    let out = RelationIdOut { id: relation.id.to_string(), until: relation.until.to_string() };
    Ok((StatusCode::CREATED, Json(out)).into_response())
}

/// A relation that was written down.
#[derive(Serialize, ToSchema)]
pub struct RelationIdOut {
    /// Opaque.
    id: String,
    /// Last day.
    until: String,
}

/// Which relation is over, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndGuardianIn {
    /// Opaque id of the relation.
    relation: String,
    /// Why; recorded.
    reason: String,
}

/// `POST /owners/{id}/guardians/end`: an officer ends a relation before the 14th birthday.
#[utoipa::path(
    post, operation_id = "end_guardian", path = "/owners/{id}/guardians/end", tag = "owners", request_body = EndGuardianIn,
    params(("id" = String, Path, description = "Opaque id of the child")),
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn end_guardian(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<OwnerId>,
    Body(body): Body<EndGuardianIn>,
) -> Result<StatusCode, Problem> {
    crate::domain::rights::may_describe_owner(&officer).map_err(owners::OwnerError::from)?;
    let relation = GuardianshipId::parse(&body.relation).map_err(|_| Problem::not_found())?;
    guardians::end(&api.ctx, &officer, &id, &relation, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
