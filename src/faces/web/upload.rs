//! Upload: which paper of which procedure, and the scan.

use askama::Template;
use axum::{
    extract::Multipart,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{Fault, Frame, Web, html, minute, sign_of};
use crate::{
    domain::{
        archive::KnownFields,
        catalogue::Procedure,
        count::HandedIn,
        dossier::Paper,
        eligibility::{HandedInAs, PaperRole},
        ids::{OwnerNumber, ProcedureCode},
        job::Urgency,
        rights,
        subject_request::SubjectRequest,
    },
    workflows::{
        batch::{self, Batch, BatchError, BatchPaper},
        breaches, browse,
        intake::{self, Upload},
        quarantine::{self, SetApart},
        subject_requests,
        watch::ranges,
    },
};

#[derive(Template)]
#[template(path = "pages/upload.html")]
struct UploadPage {
    frame: Frame,
    fault: Option<String>,
    /// What became of a pile, a line for each of its papers.
    split: Vec<String>,
    is_batch_fault: bool,
    /// Secret papers whose term ends soon or is over.
    secret: Vec<SecretLine>,
    /// Dossiers that use documents that were cancelled since.
    cancelled: Vec<String>,
    /// Requests of data subjects and breaches whose term ends soon or is over.
    due: Vec<DueLine>,
    /// Papers of the whole dossier, as they were keyed.
    n_papers: String,
    groups: Vec<Group>,
    forms: Vec<(&'static str, &'static str)>,
    papers: Vec<PaperLine>,
}

pub(super) struct Group {
    pub label: String,
    pub choices: Vec<Choice>,
}

pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub is_digitised: bool,
    pub is_chosen: bool,
}

/// A paper in a list.
pub(super) struct PaperLine {
    pub id: String,
    /// Empty in the list of its own dossier.
    pub dossier: String,
    pub received_at: String,
    pub kind: String,
    pub state: &'static str,
    pub state_label: &'static str,
    pub sign: &'static str,
    pub next: &'static str,
}

struct DueLine {
    address: String,
    name: &'static str,
    is_over: bool,
    term: String,
}

struct SecretLine {
    paper: String,
    class: &'static str,
    sign: &'static str,
    message: String,
}

/// What was asked for and refused: shown again with the sentence.
#[derive(Default)]
struct Tried {
    fault: Option<String>,
    kind: String,
    n_papers: String,
    split: Vec<String>,
    is_batch: bool,
}

/// `GET /`.
pub(super) async fn page(web: Web) -> Response {
    // Who receives nothing begins with the first page that is for them.
    if rights::may_receive(web.officer()).is_err()
        && let Some(first) = web.frame("").menu.first()
    {
        return Redirect::to(first.href).into_response();
    }
    show(&web, StatusCode::OK, Tried::default()).await
}

async fn show(web: &Web, status: StatusCode, tried: Tried) -> Response {
    match content(web, tried).await {
        Ok(page) => html(status, &page),
        Err(fault) => fault.page(web),
    }
}

async fn content(web: &Web, tried: Tried) -> Result<UploadPage, Fault> {
    let (_, catalogue) = intake::current_catalogue(&web.ctx).await.map_err(intake::IntakeError::from)?;
    let papers = browse::newest_papers(&web.ctx, web.officer(), 20).await?;
    Ok(UploadPage {
        frame: web.frame("upload"),
        is_batch_fault: tried.is_batch && tried.fault.is_some(),
        fault: tried.fault,
        split: tried.split,
        secret: secret(web).await?,
        cancelled: super::reuse::cancelled(web).await?,
        due: due(web).await?,
        n_papers: tried.n_papers,
        groups: catalogue.procedures.iter().map(|p| group(p, &tried.kind)).collect(),
        forms: HandedInAs::ALL.iter().map(|(_, name, label)| (*name, *label)).collect(),
        papers: papers
            .iter()
            .map(|paper| PaperLine { dossier: paper.dossier.to_string(), ..line(paper) })
            .collect(),
    })
}

/// Secret papers that have to be erased soon, or should have been.
async fn secret(web: &Web) -> Result<Vec<SecretLine>, Fault> {
    let waiting =
        quarantine::waiting(&web.ctx, Some(web.officer())).await.map_err(browse::BrowseError::from)?;
    let line = |set_apart: &SetApart, is_over: bool| SecretLine {
        paper: set_apart.paper.to_string(),
        class: if is_over { "fault" } else { "notice" },
        sign: if is_over { "✗" } else { "⚠" },
        message: super::erase_term(&set_apart.term, is_over),
    };
    let over = waiting.over.iter().map(|set_apart| line(set_apart, true));
    Ok(over.chain(waiting.near.iter().map(|set_apart| line(set_apart, false))).collect())
}

/// Requests of data subjects and breaches that have to be answered or told soon, or should have been.
async fn due(web: &Web) -> Result<Vec<DueLine>, Fault> {
    let now = web.ctx.clock.now();
    let inside = |error| Fault::from(browse::BrowseError::from(error));
    let urgent = subject_requests::urgent(&web.ctx, web.officer()).await.map_err(inside)?;
    let breaches = breaches::urgent(&web.ctx, web.officer()).await.map_err(inside)?;
    let breach = |breach| {
        let line = super::breaches::line(breach, now);
        let address = format!("/breaches/{}", line.id);
        DueLine { address, name: "Vi phạm dữ liệu", is_over: breach.is_late(now), term: line.term }
    };
    let request = |request: &SubjectRequest, is_over| {
        let line = super::requests::line(request, now);
        DueLine { address: format!("/requests/{}", line.id), name: line.kind, is_over, term: line.term }
    };
    let late = urgent.late.iter().chain(&urgent.overdue).map(|late| request(late, true));
    let near = urgent.near.iter().map(|near| request(near, false));
    Ok(breaches.iter().map(breach).chain(late).chain(near).collect())
}

/// What may be received of a procedure.
pub(super) fn group(procedure: &Procedure, chosen: &str) -> Group {
    let choice = |value: String, label: String, is_digitised| {
        let is_chosen = value == chosen;
        Choice { value, label, is_digitised, is_chosen }
    };
    let code = &procedure.code;
    let components = procedure.components.iter().map(|c| {
        let note = if c.digitise { "" } else { " – không số hóa" };
        choice(format!("{code} {}", c.code), format!("{} – {}{note}", c.code, c.name), c.digitise)
    });
    let results = procedure.results.iter().filter_map(|r| {
        let ordinal = r.code.to_string().strip_prefix(&format!("{code}-"))?.to_owned();
        Some(choice(format!("{code} {ordinal}"), format!("{ordinal} – Kết quả: {}", r.name), true))
    });
    let on_demand = choice(format!("{code} YC01"), "YC01 – Giấy tờ khác, theo nhu cầu".into(), true);
    Group {
        label: format!("{code} {}", procedure.name),
        choices: components.chain(results).chain([on_demand]).collect(),
    }
}

/// A line of the list of a dossier.
pub(super) fn line(paper: &Paper) -> PaperLine {
    let state = paper.state.name();
    PaperLine {
        id: paper.id.to_string(),
        dossier: String::new(),
        received_at: minute(paper.received_at),
        kind: kind_of(paper),
        state,
        state_label: paper.state.label(),
        sign: sign_of(state),
        next: match state {
            "to_confirm" => "Xác nhận",
            "to_sign" | "signing" => "Ký số",
            "needs_rescan" => "Xem lỗi trang",
            "failed" => "Xem lỗi",
            "quarantined" => "Xóa bản quét",
            "stored" => "Xem",
            _ => "Theo dõi",
        },
    }
}

/// What the paper is, without personal data.
pub(super) fn kind_of(paper: &Paper) -> String {
    match &paper.role {
        Some(PaperRole::Component { code }) => format!("Thành phần {code}"),
        Some(PaperRole::Opinion { code }) => format!("Ý kiến {code}"),
        Some(PaperRole::Result { ordinal }) => format!("Kết quả KQ{ordinal}"),
        None => "Chưa rõ loại".into(),
    }
}

/// `POST /papers`: opens a dossier and receives the scan.
pub(super) async fn receive(web: Web, form: Multipart) -> Response {
    let (mut kind, mut n_papers) = (String::new(), String::new());
    match received(&web, form, &mut kind, &mut n_papers).await {
        Ok(paper) => Redirect::to(&format!("/papers/{}", paper.id)).into_response(),
        Err(fault) => {
            let tried = Tried { fault: Some(fault.message), kind, n_papers, ..Tried::default() };
            show(&web, fault.status, tried).await
        }
    }
}

async fn received(
    web: &Web,
    form: Multipart,
    kind: &mut String,
    n_papers: &mut String,
) -> Result<Paper, Fault> {
    let Asked { procedure, upload, n_papers: keyed } = read_form(web, form, kind).await?;
    n_papers.clone_from(&keyed);
    let handed_in = handed_in(&keyed, upload.role.as_ref())?;
    let officer = web.officer();
    let dossier = intake::open_dossier_of(&web.ctx, officer, Some(procedure), handed_in).await?;
    Ok(intake::receive(&web.ctx, officer, &dossier.id, upload).await?)
}

/// How many papers were handed in. A dossier that begins with a result is one of results: they count as such.
fn handed_in(keyed: &str, role: Option<&PaperRole>) -> Result<Option<HandedIn>, Fault> {
    if keyed.is_empty() {
        return Ok(None);
    }
    let wrong = |message: String| Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message };
    let n = keyed.parse().ok().filter(|n| *n > 0);
    let n = n.ok_or_else(|| wrong("Số giấy tờ của cả hồ sơ phải từ 1 trở lên.".into()))?;
    let handed_in = match role {
        Some(role @ PaperRole::Result { .. }) => HandedIn::new(None, vec![(role.clone(), n)]),
        _ => HandedIn::new(Some(n), Vec::new()),
    };
    handed_in.map(Some).map_err(|e| wrong(super::sentence(&format!("{e}."))))
}

/// What was keyed to receive a paper.
pub(super) struct Asked {
    pub procedure: ProcedureCode,
    pub upload: Upload,
    /// Papers of the whole dossier, as keyed; empty when nobody said.
    pub n_papers: String,
}

/// Reads the form; `kind` is told even when the rest can't be taken.
pub(super) async fn read_form(web: &Web, mut form: Multipart, kind: &mut String) -> Result<Asked, Fault> {
    let wrong = |message: String| Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message };
    let broken =
        |_| wrong("Tệp gửi lên bị đứt, sai mẫu hoặc lớn hơn giới hạn: chọn lại tệp rồi gửi lại.".into());
    let (mut files, mut n_bytes, mut n_papers) = (Vec::new(), 0u64, String::new());
    let mut upload = Upload {
        files: Vec::new(),
        role: None,
        form: HandedInAs::Original,
        expected_pages: None,
        owner: None,
        plan: None,
        urgency: Urgency::Desk,
        known: KnownFields::default(),
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(broken)?;
        if name == "file" {
            n_bytes = n_bytes.saturating_add(bytes.len() as u64);
            if n_bytes > web.max_bytes {
                return Err(wrong(format!("Tệp lớn hơn {} MB.", web.max_bytes >> 20)));
            }
            files.push(bytes.into());
            continue;
        }
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        match name.as_str() {
            "kind" => *kind = text,
            "papers" => n_papers = text,
            "form" => upload.form = HandedInAs::parse(&text).map_err(|e| wrong(e.to_string()))?,
            "pages" if !text.is_empty() => {
                let n = text.parse().ok().filter(|n| *n > 0);
                let n = n.ok_or_else(|| wrong("Số trang của bản gốc phải từ 1 trở lên.".into()))?;
                upload.expected_pages = Some(crate::domain::dossier::ExpectedPages(n));
            }
            "owner" if !text.is_empty() => {
                let owner = OwnerNumber::parse(&text)
                    .map_err(|e| wrong(format!("Số định danh của chủ giấy tờ: {e}.")))?;
                upload.owner = Some(owner);
            }
            _ => {}
        }
    }
    upload.files = files;
    if upload.files.is_empty() {
        return Err(wrong("Chưa chọn bản quét.".into()));
    }
    let unchosen = || wrong("Chưa chọn giấy tờ của thủ tục nào.".into());
    let (procedure, role) = kind.split_once(' ').ok_or_else(unchosen)?;
    let procedure = ProcedureCode::parse(procedure).map_err(|_| unchosen())?;
    upload.role = Some(PaperRole::parse(role).map_err(|_| unchosen())?);
    Ok(Asked { procedure, upload, n_papers })
}

/// `POST /batches`: receives a pile and shows what it was split into.
pub(super) async fn receive_batch(web: Web, form: Multipart) -> Response {
    let tried = Tried { is_batch: true, ..Tried::default() };
    match split(&web, form).await {
        Ok(split) => show(&web, StatusCode::OK, Tried { split, ..tried }).await,
        Err(fault) => show(&web, fault.status, Tried { fault: Some(fault.message), ..tried }).await,
    }
}

async fn split(web: &Web, form: Multipart) -> Result<Vec<String>, Fault> {
    let (files, form) = read_batch(web, form).await?;
    let batch = Batch { files, form, default: None };
    let received = match batch::receive(&web.ctx, web.officer(), batch).await {
        Ok(received) => received,
        Err(BatchError::Intake(error)) => return Err(error.into()),
        Err(error) => {
            let message = super::sentence(&format!("{error}."));
            return Err(Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message });
        }
    };
    let line = |paper: &BatchPaper| match &paper.question {
        Some(question) => format!("⚠ {question}"),
        None => format!("✓ Trang {}: {}.", ranges(&paper.pages), kind_of(&paper.paper)),
    };
    let remarks = received.remarks.iter().map(|remark| format!("⚠ {remark}"));
    Ok(received.papers.iter().map(line).chain(remarks).collect())
}

async fn read_batch(web: &Web, mut form: Multipart) -> Result<(Vec<Vec<u8>>, HandedInAs), Fault> {
    let wrong = |message: String| Fault { status: StatusCode::UNPROCESSABLE_ENTITY, message };
    let broken =
        |_| wrong("Tệp gửi lên bị đứt, sai mẫu hoặc lớn hơn giới hạn: chọn lại tệp rồi gửi lại.".into());
    let (mut files, mut n_bytes) = (Vec::new(), 0u64);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        let bytes = field.bytes().await.map_err(broken)?;
        n_bytes = n_bytes.saturating_add(bytes.len() as u64);
        if n_bytes > web.max_bytes {
            return Err(wrong(format!("Tệp lớn hơn {} MB.", web.max_bytes >> 20)));
        }
        files.push(bytes.into());
    }
    if files.iter().all(Vec::is_empty) {
        return Err(wrong("Chưa chọn bản quét.".into()));
    }
    Ok((files, HandedInAs::Original))
}
