//! One dossier: its papers held against what was handed in (Điều 9 khoản 1), and another paper received.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::{Multipart, Path},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Fault, Frame, Web, html, minute,
    reuse::TakenLine,
    upload::{self, Group, PaperLine},
};
use crate::{
    domain::{
        catalogue::Procedure,
        checklist::Standing,
        count::{Difference, HandedIn},
        dossier::Paper,
        eligibility::{HandedInAs, PaperRole},
        ids::DossierId,
    },
    workflows::{
        browse::BrowseError,
        checklist::{self, Checklist, Item},
        count, intake,
    },
};

#[derive(Template)]
#[template(path = "pages/dossier.html")]
struct DossierPage {
    frame: Frame,
    id: String,
    opened_at: String,
    procedure: String,
    fault: Option<String>,
    differences: Vec<String>,
    rule: String,
    agrees: Option<bool>,
    total: Option<u32>,
    received: u32,
    roles: Vec<RoleLine>,
    /// Components that are not received from here, but may be among what was handed in.
    was_declared: bool,
    groups: Vec<Group>,
    forms: Vec<(&'static str, &'static str)>,
    papers: Vec<PaperLine>,
    /// Documents of the store that serve it.
    taken: Vec<TakenLine>,
    /// The checklist: components, then results.
    items: Vec<ItemLine>,
    /// What is left to do; empty when it is complete.
    open: Vec<String>,
}

/// A line of the checklist.
struct ItemLine {
    code: String,
    name: String,
    standing: &'static str,
    class: &'static str,
    sign: &'static str,
    rule: String,
    papers: Vec<ItemPaper>,
}

/// A paper of a line, with its own owner.
struct ItemPaper {
    id: String,
    state: &'static str,
    owner: Option<String>,
    masked: String,
}

fn item_line(item: &Item, checklist: &Checklist) -> ItemLine {
    let (class, sign) = match item.standing {
        Standing::Digitised | Standing::Reused => ("stored", "✓"),
        Standing::InProgress => ("to_confirm", "…"),
        Standing::Missing => ("needs_rescan", "✗"),
        Standing::NotHandedIn | Standing::NotDigitised => ("", "–"),
    };
    let papers = checklist.dossier.papers.iter().filter(|paper| paper.role.as_ref() == Some(&item.role));
    let paper = |paper: &Paper| {
        let whose = checklist.whose(&paper.id);
        ItemPaper {
            id: paper.id.to_string(),
            state: paper.state.label(),
            owner: whose.and_then(|whose| whose.owner.as_ref()).map(ToString::to_string),
            masked: whose.and_then(|whose| whose.masked.clone()).unwrap_or_default(),
        }
    };
    ItemLine {
        code: item.role.to_string(),
        name: item.name.clone(),
        standing: match (&item.role, item.standing) {
            (PaperRole::Result { .. }, Standing::NotHandedIn) => "Chưa có",
            (_, standing) => standing.words(),
        },
        class,
        sign,
        rule: item.clause.map(|clause| clause.to_string()).unwrap_or_default(),
        papers: papers.map(paper).collect(),
    }
}

/// A component or result with its numbers.
struct RoleLine {
    code: String,
    name: String,
    is_digitised: bool,
    declared: Option<u32>,
    received: u32,
    is_different: bool,
}

/// `GET /dossiers/{id}`.
pub(super) async fn page(web: Web, Path(id): Path<String>) -> Response {
    show(&web, &id, StatusCode::OK, None).await
}

async fn show(web: &Web, id: &str, status: StatusCode, fault: Option<String>) -> Response {
    match content(web, id, fault).await {
        Ok(page) => html(status, &page),
        Err(fault) => fault.page(web),
    }
}

pub(super) fn dossier_id(id: &str) -> Result<DossierId, Fault> {
    DossierId::parse(id).map_err(|_| BrowseError::NotFound.into())
}

async fn content(web: &Web, id: &str, fault: Option<String>) -> Result<DossierPage, Fault> {
    let checklist = checklist::of(&web.ctx, web.officer(), &dossier_id(id)?).await?;
    let standing = &checklist.dossier;
    let procedure = checklist.procedure();
    let count::Standing { dossier, papers, comparison } = standing;
    Ok(DossierPage {
        frame: web.frame("dossier"),
        id: dossier.id.to_string(),
        opened_at: minute(dossier.opened_at),
        procedure: match (procedure, &dossier.procedure) {
            (Some(procedure), _) => format!("{} – {}", procedure.code, procedure.name),
            (None, Some(code)) => code.to_string(),
            (None, None) => "Hồ sơ chưa ghi thủ tục".to_owned(),
        },
        fault,
        differences: comparison.differences.iter().map(Difference::message).collect(),
        rule: Difference::RULE.to_string(),
        agrees: comparison.agrees,
        total: dossier.handed_in.as_ref().and_then(HandedIn::total),
        received: comparison.scans.received,
        roles: procedure.map(|p| roles(p, standing)).unwrap_or_default(),
        was_declared: dossier.handed_in.is_some(),
        groups: procedure.map(|p| vec![upload::group(p, "")]).unwrap_or_default(),
        forms: HandedInAs::ALL.iter().map(|(_, name, label)| (*name, *label)).collect(),
        papers: papers.iter().map(upload::line).collect(),
        taken: checklist.taken.iter().map(TakenLine::from).collect(),
        items: checklist
            .components
            .iter()
            .chain(&checklist.results)
            .map(|item| item_line(item, &checklist))
            .collect(),
        open: checklist.open.clone(),
    })
}

/// The components, and what else was declared or received.
fn roles(procedure: &Procedure, standing: &count::Standing) -> Vec<RoleLine> {
    let declared = standing.dossier.handed_in.as_ref();
    let components = procedure
        .components
        .iter()
        .map(|c| (PaperRole::Component { code: c.code.clone() }, c.name.clone(), c.digitise));
    let mut all: Vec<(PaperRole, String, bool)> = components.collect();
    let said = declared.map(HandedIn::roles).unwrap_or_default().iter().map(|(role, _)| role);
    for role in said.chain(standing.papers.iter().filter_map(|p| p.role.as_ref())) {
        if !matches!(role, PaperRole::Opinion { .. }) && !all.iter().any(|(known, ..)| known == role) {
            let name = match role {
                PaperRole::Result { ordinal } => procedure
                    .result(*ordinal)
                    .map_or_else(|| "Kết quả".to_owned(), |result| format!("Kết quả: {}", result.name)),
                _ => "Giấy tờ khác, theo nhu cầu".to_owned(),
            };
            all.push((role.clone(), name, true));
        }
    }
    let differs =
        |role: &PaperRole| standing.comparison.differences.iter().any(|d| d.role.as_ref() == Some(role));
    let line = |(role, name, is_digitised): (PaperRole, String, bool)| RoleLine {
        code: role.to_string(),
        name,
        is_digitised,
        declared: declared.and_then(|d| d.of(&role)),
        received: standing.received_as(&role),
        is_different: differs(&role),
    };
    all.into_iter().map(line).collect()
}

/// `POST /dossiers/{id}/handed-in`: how many papers were handed in, by component where one is filled in.
pub(super) async fn declare(
    web: Web,
    Path(id): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    match declared(&web, &id, &form).await {
        Ok(()) => Redirect::to(&format!("/dossiers/{id}")).into_response(),
        Err(fault) if fault.status == StatusCode::NOT_FOUND => fault.page(&web),
        Err(fault) => show(&web, &id, fault.status, Some(fault.message)).await,
    }
}

async fn declared(web: &Web, id: &str, form: &HashMap<String, String>) -> Result<(), Fault> {
    let id = dossier_id(id)?;
    let mut total = None;
    let mut roles = Vec::new();
    for (name, text) in form.iter().filter(|(_, text)| !text.trim().is_empty()) {
        match name.strip_prefix("n-") {
            Some(code) => {
                let role = PaperRole::parse(code).map_err(|e| wrong(&e.to_string()))?;
                roles.push((role, number(text)?));
            }
            None if name == "total" => total = Some(number(text)?),
            None => {}
        }
    }
    let handed_in = HandedIn::new(total, roles).map_err(|e| wrong(&e.to_string()))?;
    let reason = form.get("reason").map(String::as_str);
    count::declare(&web.ctx, web.officer(), &id, handed_in, reason).await?;
    Ok(())
}

fn number(text: &str) -> Result<u32, Fault> {
    text.trim().parse().map_err(|_| wrong("số giấy tờ phải là số từ 0 trở lên"))
}

fn wrong(message: &str) -> Fault {
    Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message: super::sentence(&format!("{message}.")) }
}

/// `POST /dossiers/{id}/papers`: receives another paper of the dossier.
pub(super) async fn receive(web: Web, Path(id): Path<String>, form: Multipart) -> Response {
    match received(&web, &id, form).await {
        Ok(paper) => Redirect::to(&format!("/papers/{paper}")).into_response(),
        Err(fault) if fault.status == StatusCode::NOT_FOUND => fault.page(&web),
        Err(fault) => show(&web, &id, fault.status, Some(fault.message)).await,
    }
}

async fn received(web: &Web, id: &str, form: Multipart) -> Result<String, Fault> {
    let id = dossier_id(id)?;
    let mut kind = String::new();
    let asked = upload::read_form(web, form, &mut kind).await?;
    let paper = intake::receive(&web.ctx, web.officer(), &id, asked.upload).await?;
    Ok(paper.id.to_string())
}
