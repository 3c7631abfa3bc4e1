//! The page strip of a paper: its pages in small, what was left out, what was done to them, and the
//! forms that change it. Every act is a plain form; the script only saves round trips.

use std::collections::HashMap;

use axum::{
    Form,
    extract::{Multipart, Path},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{Fault, Web, minute, paper};
use crate::{
    domain::{
        dossier::Paper,
        ids::PaperId,
        page::PageFacts,
        plan::{PlanAct, PlanEntry, PlanStep},
        rights,
    },
    workflows::{
        arrange::{self, ArrangeError, Arrangement, Asking, InsertAt},
        browse,
        digitise::DigitiseError,
    },
};

/// Why blank pages are left out, when a person agrees to what was proposed.
const BLANK: &str = "trang trắng, công chức đồng ý bỏ theo đề nghị của hệ thống";

/// What the strip shows.
pub(super) struct Strip {
    pub pages: Vec<Small>,
    pub left_out: Vec<u32>,
    pub n_own: usize,
    pub blank: Vec<u32>,
    pub can_undo: bool,
    pub is_even: bool,
    pub history: Vec<Line>,
    /// Papers of the same dossier that may come in: id and name.
    pub others: Vec<(String, String)>,
}

pub(super) struct Small {
    pub position: u32,
    pub page: u32,
    pub is_blank: bool,
    pub is_last: bool,
    pub note: String,
}

pub(super) struct Line {
    pub at: String,
    pub what: &'static str,
    pub pages: String,
    pub reason: Option<String>,
    /// Papers that it led to or came from.
    pub papers: Vec<String>,
}

/// The strip of a paper whose pages can be arranged where it stands.
pub(super) async fn strip(web: &Web, paper: &Paper) -> Result<Option<Strip>, Fault> {
    if paper.state.pages().is_empty() {
        return Ok(None);
    }
    let standing = arrange::arrangement(&web.ctx, web.officer(), &paper.id, rights::may_see).await?;
    if !standing.is_open() {
        return Ok(None);
    }
    let (_, papers) = browse::dossier(&web.ctx, web.officer(), &paper.dossier).await?;
    let may_come_in = |p: &&Paper| {
        p.id != paper.id && ["needs_rescan", "to_confirm", "postponed"].contains(&p.state.name())
    };
    let other = |p: &Paper| {
        let n_pages = p.state.pages().len();
        let name = format!("{}, {n_pages} trang, nhận {}", super::upload::kind_of(p), minute(p.received_at));
        (p.id.to_string(), name)
    };
    Ok(Some(shown(&standing, papers.iter().filter(may_come_in).map(other).collect())))
}

fn shown(standing: &Arrangement, others: Vec<(String, String)>) -> Strip {
    let (plan, facts) = (standing.plan(), standing.paper.state.pages());
    let n_pages = plan.n_pages();
    let small = |(position, planned): (u32, &crate::domain::plan::PlannedPage)| {
        let seen = facts.iter().find(|f| f.original_page == planned.page);
        Small {
            position,
            page: planned.page,
            is_blank: seen.is_some_and(|f| f.blank),
            is_last: position == n_pages,
            note: seen.map(note_of).unwrap_or_default(),
        }
    };
    let pages: Vec<Small> = (1..).zip(plan.pages()).map(small).collect();
    let blank: Vec<u32> = pages.iter().filter(|p| p.is_blank).map(|p| p.position).collect();
    Strip {
        left_out: plan.left_out(standing.own()),
        n_own: standing.own().len(),
        // A paper of nothing but blank pages has nothing to propose.
        blank: if blank.len() < pages.len() { blank } else { Vec::new() },
        can_undo: standing.can_undo(),
        is_even: n_pages.is_multiple_of(2) && n_pages > 2,
        history: standing.history.iter().rev().map(line).collect(),
        pages,
        others,
    }
}

fn note_of(facts: &PageFacts) -> String {
    let mut notes = Vec::new();
    if facts.blank {
        notes.push("trang trắng".to_owned());
    }
    if let Some(number) = facts.printed_number {
        notes.push(format!("in số {number}"));
    }
    if facts.rotation != 0 {
        notes.push(format!("xoay {}°", facts.rotation));
    }
    if let Some(other) = facts.duplicate_of {
        notes.push(format!("giống trang {other}"));
    }
    notes.join(" · ")
}

fn line(entry: &PlanEntry) -> Line {
    let page = |p: &crate::domain::plan::PlannedPage| match p.turn {
        None | Some(0) => p.page.to_string(),
        Some(turn) => format!("{} (xoay {turn}°)", p.page),
    };
    let papers = match &entry.act {
        PlanAct::Split { into: papers } | PlanAct::Merged { from: papers } => {
            papers.iter().map(ToString::to_string).collect()
        }
        PlanAct::CutOff { from } => vec![from.to_string()],
        _ => Vec::new(),
    };
    Line {
        at: minute(entry.at),
        what: entry.act.label(),
        pages: entry.plan.pages().iter().map(page).collect::<Vec<_>>().join(", "),
        reason: entry.reason.clone(),
        papers,
    }
}

/// `POST /papers/{id}/arrange`: the button that was pressed says what to do, as `rotate:2`.
pub(super) async fn arrange(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    match arranged(&web, &id, &form).await {
        Ok(()) => Redirect::to(&format!("/papers/{id}")).into_response(),
        Err(error) => refused(&web, &id, error).await,
    }
}

/// The paper again, with the sentence.
async fn refused(web: &Web, id: &str, error: ArrangeError) -> Response {
    let fault = Fault::from(error);
    if fault.status == StatusCode::NOT_FOUND {
        return fault.page(web);
    }
    paper::show_with(web, id, fault.status, fault.message).await
}

async fn arranged(web: &Web, id: &str, form: &HashMap<String, String>) -> Result<(), ArrangeError> {
    let id = PaperId::parse(id).map_err(|_| DigitiseError::UnknownPaper)?;
    let officer = web.officer();
    let version = form.get("version").and_then(|v| v.parse().ok());
    let reason = form.get("reason").map(String::as_str);
    let asking = Asking { officer, version, reason };
    let pressed = form.get("do").map(String::as_str).unwrap_or_default();
    let (act, at) = pressed.split_once(':').unwrap_or((pressed, ""));
    let at: u32 = at.parse().unwrap_or(0);
    let step = match act {
        "undo" => return arrange::undo(&web.ctx, asking, &id).await.map(drop),
        "split" => return arrange::split(&web.ctx, asking, &id, &[at], &[]).await.map(drop),
        "merge" => {
            let other = form.get("other").and_then(|id| PaperId::parse(id).ok());
            let other = other.ok_or(ArrangeError::NotMergeable)?;
            return arrange::merge(&web.ctx, asking, &id, &[other]).await.map(drop);
        }
        "blank" => {
            let reason = reason.filter(|r| !r.trim().is_empty()).or(Some(BLANK));
            let positions = blank_positions(web, &id).await?;
            let steps = vec![PlanStep::Remove { positions }];
            return arrange::arrange(&web.ctx, Asking { reason, ..asking }, &id, steps).await.map(drop);
        }
        "steps" => {
            let steps = form.get("steps").and_then(|text| serde_json::from_str(text).ok());
            let steps: Vec<PlanStep> = steps.ok_or(ArrangeError::NoSteps)?;
            return arrange::arrange(&web.ctx, asking, &id, steps).await.map(drop);
        }
        "rotate" => PlanStep::Rotate { positions: vec![at], degrees: 90 },
        "left" => PlanStep::Move { position: at, to: at.saturating_sub(1) },
        "right" => PlanStep::Move { position: at, to: at.saturating_add(1) },
        "remove" => PlanStep::Remove { positions: vec![at] },
        "restore" => restoring(web, &id, at).await?,
        "interleave" => PlanStep::Interleave { backs_reversed: true, fronts: None },
        "interleave-straight" => PlanStep::Interleave { backs_reversed: false, fronts: None },
        "reverse" => PlanStep::Reverse {},
        _ => return Err(ArrangeError::NoSteps),
    };
    arrange::arrange(&web.ctx, asking, &id, vec![step]).await.map(drop)
}

async fn blank_positions(web: &Web, id: &PaperId) -> Result<Vec<u32>, ArrangeError> {
    let standing = arrange::arrangement(&web.ctx, web.officer(), id, rights::may_see).await?;
    let blank = standing.paper.state.pages().iter().filter(|f| f.blank).map(|f| f.position);
    Ok(blank.collect())
}

/// A page that was left out goes before the first page that came after it.
async fn restoring(web: &Web, id: &PaperId, page: u32) -> Result<PlanStep, ArrangeError> {
    let standing = arrange::arrangement(&web.ctx, web.officer(), id, rights::may_see).await?;
    let behind =
        (1..).zip(standing.plan().pages()).find(|(_, p)| p.page > page).map(|(position, _)| position);
    let position = behind.unwrap_or(standing.plan().n_pages().saturating_add(1));
    Ok(PlanStep::Insert { page, position })
}

/// `POST /papers/{id}/insert`: pages that were scanned again.
pub(super) async fn insert(web: Web, Path(id): Path<String>, form: Multipart) -> Response {
    let read = match read_insertion(&web, form).await {
        Ok(read) => read,
        Err(fault) => return paper::show_with(&web, &id, fault.status, fault.message).await,
    };
    let officer = web.officer();
    let asking = Asking { officer, version: read.version, reason: read.reason.as_deref() };
    let done = match PaperId::parse(&id) {
        Ok(id) => arrange::insert(&web.ctx, asking, &id, &read.files, read.at).await,
        Err(_) => Err(DigitiseError::UnknownPaper.into()),
    };
    match done {
        Ok(_) => Redirect::to(&format!("/papers/{id}")).into_response(),
        Err(error) => refused(&web, &id, error).await,
    }
}

struct Insertion {
    files: Vec<Vec<u8>>,
    at: InsertAt,
    version: Option<u64>,
    reason: Option<String>,
}

async fn read_insertion(web: &Web, mut form: Multipart) -> Result<Insertion, Fault> {
    let wrong =
        |message: &str| Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message: message.to_owned() };
    let broken = |_| wrong("Tệp gửi lên bị đứt, sai mẫu hoặc lớn hơn giới hạn: chọn lại tệp rồi gửi lại.");
    let (mut files, mut n_bytes) = (Vec::new(), 0u64);
    let (mut at, mut version, mut reason) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(broken)?;
        if name == "file" {
            n_bytes = n_bytes.saturating_add(bytes.len() as u64);
            if n_bytes > web.max_bytes {
                return Err(wrong("Tệp lớn hơn giới hạn của hệ thống."));
            }
            // A browser sends an empty part when no file was chosen.
            if !bytes.is_empty() {
                files.push(bytes.into());
            }
            continue;
        }
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        match name.as_str() {
            "where" => at = place_of(&text),
            "version" => version = text.parse().ok(),
            "reason" if !text.is_empty() => reason = Some(text),
            _ => {}
        }
    }
    if files.is_empty() {
        return Err(wrong("Chưa chọn tệp quét lại."));
    }
    let at = at.ok_or_else(|| wrong("Chưa chọn chỗ của trang quét lại."))?;
    Ok(Insertion { files, at, version, reason })
}

/// `at:2` or `replace:2`.
fn place_of(text: &str) -> Option<InsertAt> {
    let (how, position) = text.split_once(':')?;
    let position = position.parse().ok()?;
    match how {
        "at" => Some(InsertAt::Position(position)),
        "replace" => Some(InsertAt::InPlaceOf(position)),
        _ => None,
    }
}
