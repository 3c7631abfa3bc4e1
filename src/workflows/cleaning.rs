//! Lists of people for confirmation, and the numbers that come back (công văn 2513/LĐTBXH-TTTT, bước 1 and 4; QĐ
//! 1917/QĐ-BLĐTBXH, Điều 7): who is listed is traced, a list that comes back is refused whole while one line is wrong, and
//! taking it is recoding, which leaves earlier codes as they lead. A list may be taken again: what is done is said.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    clock::day_in_vietnam,
    domain::{
        cleaning::{Basics, Group, objections},
        code::{DocumentCode, OwnerKey},
        event::{Action, AuditEvent},
        ids::{ContentHash, OwnerId, OwnerNumber, PersonalId, RecordId},
        officer::ActingOfficer,
        record::StoredRecord,
        rights::{self, Denied, PaperScope},
    },
    store::{StoreError, Tx, audit, cleaning, codes, guardians, owners, records},
    workflows::{
        browse::Purpose,
        context::Ctx,
        documents::{self, DocumentError, Recoding},
    },
};

/// Owners that are looked at in one transaction.
const AT_ONCE: u32 = 200;
/// Faults that are told, at most.
const MOST_FAULTS: usize = 200;

/// Why nothing was listed or taken.
#[derive(Debug, thiserror::Error)]
pub enum CleaningError {
    /// Everything that is wrong with a list, each with its line; nothing of it was taken.
    #[error("danh sách có {} lỗi", .0.len())]
    Faults(Vec<String>),
    /// A line was not taken; those before it are, and the list may be taken again.
    #[error("dòng {line}: {error}; các dòng trước đã xong, sửa rồi chạy lại cùng danh sách")]
    Stopped {
        /// From 1.
        line: u64,
        /// Why.
        #[source]
        error: DocumentError,
    },
    /// The right is not the officer's.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A person to be confirmed.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Opaque: the key of the line.
    pub owner: OwnerId,
    /// In which groups, and why.
    pub groups: Vec<(Group, String)>,
    /// What the store knows.
    pub basics: Basics,
    /// Whether he is a child; `None` where it is not known.
    pub is_child: Option<bool>,
    /// Documents of the officer's unit.
    pub n_documents: usize,
}

/// Lists the people of the officer's unit who are in one of the three groups; each of them is traced as read.
///
/// # Errors
/// [`CleaningError`].
pub async fn report(
    ctx: &Ctx,
    officer: &ActingOfficer,
    purpose: &Purpose,
) -> Result<Vec<Listed>, CleaningError> {
    rights::may_clean(officer)?;
    let today = day_in_vietnam(ctx.clock.now());
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let mut tx = ctx.db.write().await?;
        let persons = cleaning::persons(&mut tx, after.as_ref(), AT_ONCE).await?;
        let Some(last) = persons.last().cloned() else { return Ok(listed) };
        for owner in persons {
            let Some((basics, own)) = known(&mut tx, officer, &owner).await? else { continue };
            let groups = basics.groups(today);
            if groups.is_empty() || own.is_empty() {
                continue;
            }
            let event = AuditEvent {
                at: ctx.clock.now(),
                actor: Some(officer.into()),
                action: Action::ListForCleaning,
                object: ("owner", owner.to_string()),
                purpose: Some(purpose.as_str().to_owned()),
                detail: None,
            };
            audit::append(&mut tx, &event).await?;
            let is_child = basics.is_child(today);
            listed.push(Listed { owner, groups, basics, is_child, n_documents: own.len() });
        }
        tx.commit().await?;
        after = Some(last);
    }
}

/// What is known of a person, and his documents of the officer's unit; `None` of an organisation.
async fn known(
    tx: &mut Tx,
    officer: &ActingOfficer,
    owner: &OwnerId,
) -> Result<Option<(Basics, Vec<StoredRecord>)>, StoreError> {
    let keys = owners::keys_of(tx, owner).await?;
    // Of several numbers the one that never changes.
    let is_lasting = |key: &&OwnerKey| matches!(key.number(), Some(OwnerNumber::Person(_)));
    let numbered = || keys.iter().rev().find(|key| key.number().is_some());
    let key = keys.iter().find(is_lasting).or_else(numbered).or_else(|| keys.last());
    let Some(mut basics) = key.and_then(Basics::of) else { return Ok(None) };
    basics.learn_profile(&owners::profile(tx, owner).await?);
    basics.has_parent = !guardians::of_child(tx, owner).await?.is_empty();
    let mut own = Vec::new();
    for id in records::ids_of_owner(tx, owner).await? {
        let Some(record) = records::get(tx, &id).await? else { continue };
        let scope = PaperScope { unit: record.unit.as_ref(), is_quarantined: false };
        if record.keeping.erased_at.is_none() && rights::may_recode(officer, &scope).is_ok() {
            basics.learn(&record.fields.other);
            own.push(record);
        }
    }
    Ok(Some((basics, own)))
}

/// A line of a list that comes back.
#[derive(Debug, Clone)]
pub struct Returned {
    /// Its place in the file, from 1.
    pub line: u64,
    /// The key of the line.
    pub owner: String,
    /// What was filled in; a line without it is passed over.
    pub number: String,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was filled in.
    Empty,
    /// It was taken before.
    Done,
    /// It is to be taken, or was by this act.
    Taken,
}

/// A line and what becomes of it.
#[derive(Debug, Clone)]
pub struct LineReport {
    /// From 1.
    pub line: u64,
    /// What.
    pub outcome: Outcome,
    /// Codes before and after, in the order of the documents.
    pub codes: Vec<(DocumentCode, DocumentCode)>,
    /// What a person should look at.
    pub warnings: Vec<String>,
}

struct Plan {
    report: LineReport,
    number: Option<PersonalId>,
    records: Vec<RecordId>,
}

/// Takes the numbers of a list: every line is looked at first, and one error refuses all. `file` names the list in the
/// trace.
///
/// # Errors
/// [`CleaningError`]; [`CleaningError::Faults`] when nothing was taken.
pub async fn import(
    ctx: &Ctx,
    officer: &ActingOfficer,
    file: &ContentHash,
    lines: &[Returned],
    is_dry_run: bool,
) -> Result<Vec<LineReport>, CleaningError> {
    rights::may_clean(officer)?;
    let plans = planned(ctx, officer, lines).await?;
    let short: String = file.as_str().chars().take(12).collect();
    let reason = format!("Làm sạch dữ liệu theo công văn 2513/LĐTBXH-TTTT, danh sách {short}");
    let mut reports = Vec::with_capacity(plans.len());
    for plan in plans {
        if let (Some(number), false) = (plan.number, is_dry_run) {
            let owner = OwnerKey::Numbered { number: OwnerNumber::Person(number) };
            for record in &plan.records {
                let recoding = Recoding { owner: Some(owner.clone()), ..Recoding::default() };
                let recoded = documents::recode(ctx, officer, record, recoding, &reason).await;
                let line = plan.report.line;
                recoded.map_err(|error| CleaningError::Stopped { line, error })?;
            }
        }
        reports.push(plan.report);
    }
    Ok(reports)
}

async fn planned(ctx: &Ctx, officer: &ActingOfficer, lines: &[Returned]) -> Result<Vec<Plan>, CleaningError> {
    let today = day_in_vietnam(ctx.clock.now());
    let (mut plans, mut faults) = (Vec::with_capacity(lines.len()), Vec::new());
    let (mut owners_seen, mut numbers_seen) = (BTreeMap::new(), BTreeMap::new());
    let mut tx = ctx.db.read().await?;
    for line in lines {
        if faults.len() >= MOST_FAULTS {
            break;
        }
        if let Some(first) = owners_seen.insert(line.owner.trim(), line.line) {
            faults.push(format!("dòng {}: ma_dong đã có ở dòng {first}: bỏ một dòng", line.line));
            continue;
        }
        let number = line.number.trim();
        if !number.is_empty()
            && let Some(first) = numbers_seen.insert(number, line.line)
        {
            faults.push(format!("dòng {}: số định danh đã ghi ở dòng {first}: mỗi người một số", line.line));
            continue;
        }
        match planned_line(&mut tx, officer, line, today).await? {
            Ok(plan) => plans.push(plan),
            Err(fault) => faults.push(format!("dòng {}: {fault}", line.line)),
        }
    }
    if faults.is_empty() { Ok(plans) } else { Err(CleaningError::Faults(faults)) }
}

/// What a line asks for, or what is wrong with it. Numbers are not repeated.
async fn planned_line(
    tx: &mut Tx,
    officer: &ActingOfficer,
    line: &Returned,
    today: Date,
) -> Result<Result<Plan, String>, StoreError> {
    let mut report =
        LineReport { line: line.line, outcome: Outcome::Empty, codes: Vec::new(), warnings: Vec::new() };
    let unknown = "không có người này trong kho của đơn vị: giữ nguyên cột ma_dong của danh sách đã xuất";
    let Ok(owner) = OwnerId::parse(line.owner.trim()) else { return Ok(Err(unknown.to_owned())) };
    if !cleaning::is_known(tx, &owner).await? {
        return Ok(Err(unknown.to_owned()));
    }
    if line.number.trim().is_empty() {
        return Ok(Ok(Plan { report, number: None, records: Vec::new() }));
    }
    let number = match PersonalId::parse(&line.number) {
        Ok(number) => number,
        Err(e) => {
            return Ok(Err(format!("so_dinh_danh_moi: {e}: ghi lại đủ 12 chữ số, định dạng ô là văn bản")));
        }
    };
    let Some((basics, own)) = known(tx, officer, &owner).await? else { return Ok(Err(unknown.to_owned())) };
    let found = objections(&number, &basics, today);
    if !found.errors.is_empty() {
        return Ok(Err(format!(
            "so_dinh_danh_moi: {} Kiểm tra xem có ghi nhầm dòng không",
            found.errors.join(" ")
        )));
    }
    report.warnings = found.warnings;
    let holder = owners::find(tx, &OwnerNumber::Person(number.clone())).await?;
    let moved = match &holder {
        Some(holder) => cleaning::moved(tx, &owner, holder).await?,
        None => Vec::new(),
    };
    match &holder {
        Some(holder) if *holder != owner && moved.is_empty() => {
            return Ok(Err("so_dinh_danh_moi là của người khác trong kho: nếu là một người, bỏ dòng này và gộp hai kho; nếu không, hỏi lại nơi cấp số".to_owned()));
        }
        Some(_) if own.is_empty() || holder.as_ref() == Some(&owner) => {
            report.outcome = Outcome::Done;
            return Ok(Ok(Plan { report, number: None, records: Vec::new() }));
        }
        _ if own.is_empty() => return Ok(Err(unknown.to_owned())),
        _ => {}
    }
    report.outcome = Outcome::Taken;
    let key = OwnerKey::Numbered { number: OwnerNumber::Person(number.clone()) };
    for record in &own {
        let code = DocumentCode { owner: key.clone(), ..record.code.clone() };
        let taken = codes::find(tx, &code).await?.is_some_and(|(held_by, _)| held_by != record.paper);
        if taken {
            return Ok(Err("mã mới của một giấy tờ đã cấp cho giấy tờ khác: xem hai giấy tờ rồi cấp mã trên trang của giấy tờ, bỏ dòng này".to_owned()));
        }
        report.codes.push((record.code.clone(), code));
    }
    let records = own.into_iter().map(|record| record.id).collect();
    Ok(Ok(Plan { report, number: Some(number), records }))
}
