//! What is known of an owner, on the page of his store and beside a paper; and what officers do about it there.

use std::collections::HashMap;

use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::civil::Date;

use super::{Fault, Web, minute, owner, sentence};
use crate::{
    clock::day_in_vietnam,
    domain::{
        code::{OwnerKey, OwnerName},
        confirm::parse_day,
        ids::{GuardianshipId, IdFinding, IdSeverity, OwnerId, RecordId},
        owner::{GuardianKind, KnownName, MergeQuestion, Parting, Profile, Sex},
        record::StoredRecord,
        retention::Term,
        rights,
    },
    workflows::{
        browse::{self, Purpose},
        guardians::{self, NewGuardian, Relation},
        merging,
        owners::{self, OwnerError, PaperOwner, PastAct, SeenOwner, Undo},
        retention::{self, Doing, RetentionError},
    },
};

/// Something odd, never by colour alone.
pub(super) struct FindingLine {
    pub class: &'static str,
    pub sign: &'static str,
    pub message: String,
}

impl From<&IdFinding> for FindingLine {
    fn from(finding: &IdFinding) -> Self {
        let (class, sign) = match finding.severity {
            IdSeverity::Error => ("block", "✗ Lỗi:"),
            IdSeverity::Warning => ("ask", "⚠ Cảnh báo:"),
            IdSeverity::Info => ("advice", "• Lưu ý:"),
        };
        Self { class, sign, message: finding.message.clone() }
    }
}

/// Whose paper one on its way seems to be.
pub(super) struct PaperOwnerCard {
    pub owner: Option<String>,
    pub known_as: Vec<String>,
    pub findings: Vec<FindingLine>,
}

impl From<PaperOwner> for PaperOwnerCard {
    fn from(owner: PaperOwner) -> Self {
        Self {
            owner: owner.known.map(|id| id.to_string()),
            known_as: owner.keys.iter().map(OwnerKey::masked).collect(),
            findings: owner.findings.iter().map(FindingLine::from).collect(),
        }
    }
}

/// What is known of an owner, as his page shows it.
pub(super) struct OwnerCard {
    pub id: String,
    pub identifiers: Vec<(String, String, String)>,
    pub names: Vec<(String, bool)>,
    pub names_text: String,
    pub former_text: String,
    pub born: String,
    pub founded: String,
    pub sex: &'static str,
    pub findings: Vec<FindingLine>,
    pub guardians: Vec<RelationLine>,
    pub wards: Vec<RelationLine>,
    pub merged: usize,
    pub is_closed: bool,
    pub restricted_since: String,
    pub may_restrict: bool,
    pub is_person: bool,
    pub kinds: Vec<(&'static str, &'static str)>,
    pub acts: Vec<ActLine>,
    pub may_describe: bool,
    pub may_merge: bool,
}

/// That one acts for another.
pub(super) struct RelationLine {
    pub id: String,
    pub owner: String,
    pub known_as: String,
    pub kind: &'static str,
    pub basis: String,
    pub from: String,
    pub until: String,
    pub is_in_force: bool,
}

impl From<&Relation> for RelationLine {
    fn from(Relation { relation, other, keys, is_in_force }: &Relation) -> Self {
        Self {
            id: relation.id.to_string(),
            owner: other.to_string(),
            known_as: keys.iter().map(OwnerKey::masked).collect::<Vec<_>>().join(", "),
            kind: relation.kind.words(),
            basis: relation.basis.clone(),
            from: shown(relation.from),
            until: shown(relation.until),
            is_in_force: *is_in_force,
        }
    }
}

/// An act of the history.
pub(super) struct ActLine {
    pub owner: String,
    pub no: u64,
    pub words: &'static str,
    pub at: String,
    pub by: String,
    pub reason: String,
    pub may_undo: bool,
    pub in_the_way: String,
}

fn shown(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

/// The card of an owner, with his history; both are traced.
pub(super) async fn card(web: &Web, id: &OwnerId, purpose: &Purpose) -> Result<OwnerCard, Fault> {
    let seen = owners::see(&web.ctx, web.actor(), id, purpose).await?;
    let acts = if seen.is_closed {
        Vec::new()
    } else {
        owners::history(&web.ctx, web.officer(), id, purpose).await?.1
    };
    Ok(card_of(web, &seen, &acts))
}

fn card_of(web: &Web, seen: &SeenOwner, acts: &[PastAct]) -> OwnerCard {
    let may_describe = rights::may_describe_owner(web.officer()).is_ok();
    let profile = &seen.profile;
    let of = |is_former: bool| {
        let names = profile.names.iter().filter(|known| known.is_former == is_former);
        names.map(|known| known.name.to_string()).collect::<Vec<_>>().join("; ")
    };
    let act = |past: &PastAct| ActLine {
        owner: past.owner.to_string(),
        no: past.kept.no,
        words: past.kept.act.act.words(),
        at: minute(past.kept.at),
        by: past.by.clone(),
        reason: past.kept.act.reason.clone(),
        may_undo: may_describe && past.undo == Undo::May,
        in_the_way: match &past.undo {
            Undo::Changed(what) => what.join(", "),
            _ => String::new(),
        },
    };
    OwnerCard {
        id: seen.id.to_string(),
        identifiers: seen
            .identifiers
            .iter()
            .map(|i| (i.id.clone(), i.key.masked(), minute(i.added_at)))
            .collect(),
        names: profile.names.iter().map(|known| (known.name.to_string(), known.is_former)).collect(),
        names_text: of(false),
        former_text: of(true),
        born: profile.born.map(shown).unwrap_or_default(),
        founded: profile.founded.map(|year| year.to_string()).unwrap_or_default(),
        sex: profile.sex.map(Sex::words).unwrap_or_default(),
        findings: seen.findings.iter().map(FindingLine::from).collect(),
        guardians: seen.guardians.iter().map(RelationLine::from).collect(),
        wards: seen.wards.iter().map(RelationLine::from).collect(),
        merged: seen.merged.len(),
        is_closed: seen.is_closed,
        restricted_since: seen.restricted_at.map(minute).unwrap_or_default(),
        may_restrict: rights::may_restrict(web.officer()).is_ok(),
        is_person: seen.kind == "person",
        kinds: GuardianKind::ALL.iter().map(|kind| (kind.as_str(), kind.words())).collect(),
        acts: acts.iter().rev().map(act).collect(),
        may_describe,
        may_merge: rights::may_merge_owners(web.officer()).is_ok(),
    }
}

fn unprocessable(message: &str) -> Fault {
    Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message: message.to_owned() }
}

impl From<RetentionError> for Fault {
    fn from(error: RetentionError) -> Self {
        let status = match &error {
            RetentionError::NotFound => StatusCode::NOT_FOUND,
            RetentionError::Denied(_) => StatusCode::FORBIDDEN,
            RetentionError::NoReason => StatusCode::UNPROCESSABLE_ENTITY,
            RetentionError::NotNow(_) | RetentionError::Stale => StatusCode::CONFLICT,
            RetentionError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, message: sentence(&super::message_of(&error)) }
    }
}

/// `POST /documents/{id}/keeping`: a document out of its owner's store, back, held, let go, erased.
pub(super) async fn keeping(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let text = |name: &str| form.get(name).map_or("", |text| text.trim());
    let done = match (RecordId::parse(&id), Doing::parse(text("act"))) {
        (Ok(id), Some(doing)) => {
            retention::act(&web.ctx, web.officer(), &id, doing, text("reason")).await.map_err(Fault::from)
        }
        _ => Err(Fault::from(RetentionError::NotFound)),
    };
    match done {
        Ok(record) => Redirect::to(&format!("/owners/{}", record.owner)).into_response(),
        Err(fault) => fault.page(&web),
    }
}

/// A document that was taken out of its owner's store, for those who answer for it.
pub(super) struct RemovedLine {
    pub id: String,
    pub name: String,
    pub code: String,
    pub removed_at: String,
    pub term: String,
    pub is_held: bool,
    pub is_erased: bool,
    pub may_erase: bool,
}

/// Documents that were taken out of the store of an owner.
pub(super) async fn removed(web: &Web, id: &OwnerId) -> Result<Vec<RemovedLine>, Fault> {
    let today = day_in_vietnam(web.ctx.clock.now());
    let found = retention::removed_of(&web.ctx, web.officer(), id).await?;
    let line = |(record, term): &(StoredRecord, Term)| RemovedLine {
        id: record.id.to_string(),
        name: record.fields.document_name.clone(),
        code: record.code.masked(),
        removed_at: record.keeping.removed_at.map(minute).unwrap_or_default(),
        term: match term.until {
            Some(until) => format!("lưu đến hết {} ({})", shown(until), term.source),
            None => format!("lưu vĩnh viễn ({})", term.source),
        },
        is_held: record.keeping.held_at.is_some(),
        is_erased: record.keeping.erased_at.is_some(),
        may_erase: term.is_over(today) && record.keeping.held_at.is_none(),
    };
    Ok(found.iter().map(line).collect())
}

impl From<OwnerError> for Fault {
    fn from(error: OwnerError) -> Self {
        let status = match &error {
            OwnerError::NotFound => StatusCode::NOT_FOUND,
            OwnerError::Denied(_) => StatusCode::FORBIDDEN,
            OwnerError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            OwnerError::NoReason
            | OwnerError::NotANumber
            | OwnerError::Names
            | OwnerError::Parts
            | OwnerError::NoBirthDate
            | OwnerError::NotAChild
            | OwnerError::Guardian
            | OwnerError::Period => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        Self { status, message: sentence(&super::message_of(&error)) }
    }
}

/// `POST /owners/{id}/acts`: the forms of the page, told apart by `act`; whoever may not is told before anything else.
pub(super) async fn act(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    if let Err(denied) = rights::may_describe_owner(web.officer()) {
        return Fault::from(OwnerError::from(denied)).page(&web);
    }
    let form = Keyed::of(form);
    match acted(&web, &id, &form).await {
        Ok(()) => Redirect::to(&format!("/owners/{id}")).into_response(),
        Err(fault) if matches!(fault.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) => {
            fault.page(&web)
        }
        Err(fault) => owner::show(&web, &id, None, fault.status, Some(fault.message)).await,
    }
}

/// What a form sent: single values, and values that came several times.
struct Keyed {
    one: HashMap<String, String>,
    many: Vec<(String, String)>,
}

impl Keyed {
    fn of(many: Vec<(String, String)>) -> Self {
        Self { one: many.iter().cloned().collect(), many }
    }

    fn text(&self, name: &str) -> &str {
        self.one.get(name).map_or("", |text| text.trim())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.many.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    fn day(&self, name: &str) -> Result<Option<Date>, Fault> {
        match self.text(name) {
            "" => Ok(None),
            text => parse_day(text).map(Some).map_err(|_| unprocessable("Ngày không đúng: ghi dd/mm/yyyy.")),
        }
    }

    fn key(&self, name: &str) -> Result<OwnerKey, Fault> {
        OwnerKey::parse(self.text(name)).map_err(|_| {
            unprocessable("Không phải số định danh, cũng không phải họ tên và ngày sinh (dd.mm.yyyy): xin kiểm tra lại.")
        })
    }
}

async fn acted(web: &Web, id: &str, form: &Keyed) -> Result<(), Fault> {
    let missing = || Fault::from(OwnerError::NotFound);
    let id = OwnerId::parse(id).map_err(|_| missing())?;
    let (ctx, by, reason) = (&web.ctx, web.officer(), form.text("reason"));
    let accepted: Vec<MergeQuestion> = if form.text("accept") == "1" {
        vec![MergeQuestion::TwoNumbers, MergeQuestion::BirthDates, MergeQuestion::Sexes]
    } else {
        Vec::new()
    };
    match form.text("act") {
        "describe" => drop(owners::describe(ctx, by, &id, profile(form)?, reason).await?),
        "add_number" => {
            drop(owners::add_number(ctx, by, &id, &form.key("number")?, &accepted, reason).await?);
        }
        "merge" => {
            rights::may_merge_owners(by).map_err(OwnerError::from)?;
            let other = looked_up(web, form, reason).await?;
            drop(merging::merge(ctx, by, &id, &other, &accepted, reason).await?);
        }
        "split" => {
            rights::may_merge_owners(by).map_err(OwnerError::from)?;
            let documents = form.all("document").into_iter().map(RecordId::parse).collect::<Result<_, _>>();
            let key = if form.text("owner").is_empty() { None } else { Some(form.key("owner")?) };
            let parting = Parting {
                identifiers: form.all("identifier").into_iter().map(str::to_owned).collect(),
                documents: documents.map_err(|_| missing())?,
                key,
            };
            let other = merging::split(ctx, by, &id, parting, reason).await?;
            if let Some(purpose) = web.purposes.of(ctx, web.actor(), &id, None).await? {
                web.purposes.state(web.actor(), &[other], &purpose, ctx.clock.now());
            }
        }
        "undo" => {
            let no = form.text("no").parse().map_err(|_| missing())?;
            merging::undo(ctx, by, &id, no, reason).await?;
        }
        "guardian" => {
            let new = NewGuardian {
                guardian: form.key("guardian")?,
                kind: GuardianKind::parse(form.text("kind")).ok_or_else(missing)?,
                basis: reason.to_owned(),
                from: form.day("from")?,
                until: form.day("until")?,
            };
            drop(guardians::set(ctx, by, &id, new).await?);
        }
        "restrict" | "lift_restriction" => {
            let is_on = form.text("act") == "restrict";
            drop(retention::restrict(ctx, by, &id, is_on, reason).await?);
        }
        "end_guardian" => {
            let relation = GuardianshipId::parse(form.text("relation")).map_err(|_| missing())?;
            guardians::end(ctx, by, &id, &relation, reason).await?;
        }
        _ => return Err(unprocessable("Chọn việc cần làm.")),
    }
    Ok(())
}

/// The one other owner of a number, or of a name that leads to one alone; the look is traced.
async fn looked_up(web: &Web, form: &Keyed, reason: &str) -> Result<OwnerId, Fault> {
    if let Ok(id) = OwnerId::parse(form.text("other")) {
        return Ok(id);
    }
    let purpose = Purpose::parse(reason)?;
    let found = browse::look_up_owner(&web.ctx, web.actor(), &form.key("other")?, &purpose).await?;
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(unprocessable("Kho không có chủ giấy tờ này.")),
        _ => Err(unprocessable(
            "Có nhiều người cùng tên và ngày sinh: tra cứu từng người rồi ghi mã nội bộ của người cần gộp.",
        )),
    }
}

fn profile(form: &Keyed) -> Result<Profile, Fault> {
    let names = |text: &str, is_former: bool| {
        let parts = text.split(';').map(str::trim).filter(|name| !name.is_empty());
        let name = move |text: &str| OwnerName::parse(text).map(|name| KnownName { name, is_former });
        parts.map(name).collect::<Result<Vec<_>, _>>()
    };
    let wrong = |error: crate::domain::code::InvalidOwnerName| unprocessable(&sentence(&error.to_string()));
    let mut all = names(form.text("names"), false).map_err(wrong)?;
    all.extend(names(form.text("former"), true).map_err(wrong)?);
    let founded = match form.text("founded") {
        "" => None,
        year => Some(year.parse().map_err(|_| unprocessable("Năm thành lập không đúng."))?),
    };
    Ok(Profile { names: all, born: form.day("born")?, founded, sex: Sex::parse(form.text("sex")) })
}
