//! One paper: where it stands, what was found, and the fields to confirm beside the page picture.

pub(super) mod acts;
mod conflict;
mod offers;
mod signing;

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Deserialize;

use self::{
    conflict::Conflict,
    offers::Offer,
    signing::{ArrivedCard, SigningCard},
};
use super::{
    Fault, Frame, Web, html,
    owner_acts::PaperOwnerCard,
    pages::{self, Strip},
    sign_of,
    upload::kind_of,
};
use crate::{
    clock::day_in_vietnam,
    domain::{
        code::CodeNumber,
        confirm::FieldFault,
        dossier::{Paper, PaperState},
        fields::{FieldKey, Proposed, ProposedFields, Status},
        first::FirstProposals,
        ids::{DossierId, PaperId},
        page::{Finding, PageFacts, Place, Severity},
        rescan::SameBy,
        signing::OfficerSigning,
    },
    workflows::{
        browse::{self, BrowseError, Purpose},
        digitise::DigitiseError,
        examine::is_plain_question,
        owners,
        rescan::{self, ScannedBefore},
    },
};

#[derive(Template)]
#[template(path = "pages/paper.html")]
struct PaperPage {
    frame: Frame,
    id: String,
    dossier: String,
    kind: String,
    state: &'static str,
    state_label: &'static str,
    sign: &'static str,
    steps: Vec<StepMark>,
    message: Option<String>,
    message_class: &'static str,
    is_moving: bool,
    can_refuse: bool,
    can_retry: bool,
    /// What the head of page one gave, while the rest is read.
    first: Vec<FirstLine>,
    /// The paper that holds the code that was to be given.
    conflict: Option<Conflict>,
    /// The same paper, digitised before.
    scanned_before: Option<BeforeLine>,
    /// Signatures that the file came in with.
    arrived: Option<ArrivedCard>,
    /// The officer's signature that is due.
    signing: Option<SigningCard>,
    /// Whose paper it seems to be.
    owner: Option<PaperOwnerCard>,
    reasons: Vec<ReasonLine>,
    document: Option<StoredLine>,
    strip: Option<Strip>,
    has_pictures: bool,
    pages: Vec<PagePicture>,
    is_to_confirm: bool,
    version: u64,
    fields: Vec<FieldLine>,
    n_questions: usize,
    no_number: bool,
    no_date: bool,
    code: Option<String>,
}

/// A field of the head, read before the rest.
struct FirstLine {
    label: &'static str,
    /// Empty where it was not read surely.
    value: String,
}

/// The same paper, received before.
struct BeforeLine {
    paper: String,
    what: &'static str,
    where_it_stands: String,
}

struct StepMark {
    label: &'static str,
    class: &'static str,
}

struct ReasonLine {
    class: &'static str,
    sign: &'static str,
    message: String,
    rule: String,
}

struct StoredLine {
    id: String,
    owner: String,
    code: String,
}

struct PagePicture {
    position: u32,
    is_blank: bool,
    width_px: u32,
    height_px: u32,
    width_mm: f32,
    height_mm: f32,
    marks: Vec<Mark>,
}

struct Mark {
    field: String,
    class: &'static str,
    x: f32,
    y: f32,
    w: f32,
    h: f32,
}

struct FieldLine {
    name: String,
    label: String,
    value: String,
    class: &'static str,
    status: String,
    page: Option<u32>,
    is_long: bool,
    is_required: bool,
    hint: String,
    fault: Option<String>,
    offers: Vec<Offer>,
}

/// What was keyed and could not be taken: shown again with its faults.
#[derive(Default)]
struct Keyed {
    values: HashMap<String, String>,
    faults: Vec<FieldFault>,
    message: Option<String>,
    /// The paper that holds the code.
    held_by: Option<PaperId>,
}

/// Pixels across a page picture on the screen.
const PICTURE_PX: u32 = 1240;

/// The inputs of the form, in the order of Điều 6; birth date and name stand for an owner without a number.
const INPUTS: [(&str, FieldKey, bool, &str); 11] = [
    ("document_type_code", FieldKey::DocumentTypeCode, false, "Như 1.001776-KQ1 hoặc 1.001776.01."),
    (
        "owner_id",
        FieldKey::OwnerId,
        false,
        "12 chữ số, mã của tổ chức; chưa có số thì họ tên và ngày sinh: Nguyễn Văn Mẫu 05.06.1985.",
    ),
    ("document_name", FieldKey::DocumentName, false, ""),
    ("document_number", FieldKey::DocumentNumber, false, ""),
    ("issued_on", FieldKey::IssuedOn, false, "Như 25/11/2024."),
    ("issuing_authority", FieldKey::IssuingAuthority, false, "Để trống nếu là giấy tờ của công dân."),
    ("abstract", FieldKey::Abstract, true, ""),
    ("valid_from", FieldKey::ValidityPeriod, false, "Ngày bắt đầu; để trống nếu giấy tờ không ghi."),
    ("valid_until", FieldKey::ValidityPeriod, false, "Ngày hết hiệu lực; để trống nếu giấy tờ không ghi."),
    ("validity_scope", FieldKey::ValidityScope, false, "Để trống nếu giấy tờ không ghi."),
    ("holder_name", FieldKey::Other, false, ""),
];

/// `GET /papers/{id}`.
pub(super) async fn page(web: Web, Path(id): Path<String>) -> Response {
    show(&web, &id, StatusCode::OK, Keyed::default()).await
}

async fn show(web: &Web, id: &str, status: StatusCode, keyed: Keyed) -> Response {
    match content(web, id, keyed).await {
        Ok(page) => html(status, &page),
        Err(fault) => fault.page(web),
    }
}

/// The page with a sentence on what was refused.
pub(super) async fn show_with(web: &Web, id: &str, status: StatusCode, message: String) -> Response {
    show(web, id, status, Keyed { message: Some(message), ..Keyed::default() }).await
}

fn paper_id(id: &str) -> Result<PaperId, Fault> {
    PaperId::parse(id).map_err(|_| DigitiseError::UnknownPaper.into())
}

async fn content(web: &Web, id: &str, keyed: Keyed) -> Result<PaperPage, Fault> {
    let id = paper_id(id)?;
    let (paper, dossier, _) = browse::paper(&web.ctx, web.officer(), &id).await?;
    let state = paper.state.name();
    let findings: &[Finding] = match &paper.state {
        PaperState::NeedsRescan { faults } => &faults.findings,
        PaperState::ToConfirm { checked, .. } => &checked.findings,
        _ => &[],
    };
    let proposed = match &paper.state {
        PaperState::ToConfirm { proposed, .. } => Some(&**proposed),
        _ => None,
    };
    let lines: Vec<FieldLine> = proposed.map(|p| fields(p, &keyed)).unwrap_or_default();
    let (message, message_class) = message_of(&paper, &keyed, web.ctx.clock.now());
    Ok(PaperPage {
        frame: web.frame("paper"),
        id: paper.id.to_string(),
        dossier: dossier.id.to_string(),
        kind: kind_of(&paper),
        state,
        state_label: paper.state.label(),
        sign: sign_of(state),
        steps: steps(state, web.ctx.rules.signing.officer == OfficerSigning::Required),
        message,
        message_class,
        is_moving: matches!(state, "received" | "checking" | "reading" | "to_code"),
        can_refuse: matches!(&paper.state, PaperState::Failed { .. } if !paper.state.has_code()),
        can_retry: matches!(paper.state, PaperState::Failed { retry: true, .. }),
        first: browse::first_proposals(&web.ctx, &paper).await?.map(first).unwrap_or_default(),
        conflict: match &keyed.held_by {
            Some(holder) => Some(conflict::beside(web, holder, &keyed.values).await?),
            None => None,
        },
        scanned_before: rescan::scanned_before(&web.ctx, web.officer(), &paper).await?.map(before),
        arrived: signing::arrived(web, &paper.id).await?,
        signing: signing::due(web, &paper),
        reasons: findings.iter().filter(|f| !is_plain_question(f)).map(reason).collect(),
        owner: owners::of_paper(&web.ctx, &paper).await.map_err(BrowseError::from)?.map(PaperOwnerCard::from),
        document: stored(web, &paper, &dossier.id).await?,
        strip: pages::strip(web, &paper).await?,
        has_pictures: !paper.state.pages().is_empty(),
        pages: paper.state.pages().iter().map(|facts| picture_of(facts, proposed)).collect(),
        is_to_confirm: proposed.is_some(),
        version: paper.version,
        n_questions: lines.iter().filter(|f| f.class != "read" && f.class != "absent-field").count(),
        no_number: keyed.values.contains_key("no_number"),
        no_date: keyed.values.contains_key("no_date"),
        code: proposed.and_then(|p| code_of(web, &paper, p)),
        fields: lines,
    })
}

/// What a paper does not have is left out: the rest of it may show that it does.
fn first(first: FirstProposals) -> Vec<FirstLine> {
    fn line<T>(key: FieldKey, proposed: &Proposed<T>, text: impl Fn(&T) -> String) -> Option<FirstLine> {
        let value = proposed.value.as_ref().map(text).unwrap_or_default();
        (proposed.status != Status::Absent).then(|| FirstLine { label: key.label(), value })
    }
    [
        line(FieldKey::DocumentName, &first.document_name, Clone::clone),
        line(FieldKey::DocumentNumber, &first.document_number, ToString::to_string),
        line(FieldKey::IssuedOn, &first.issued_on, |day| day.strftime("%d/%m/%Y").to_string()),
        line(FieldKey::IssuingAuthority, &first.issuing_authority, Clone::clone),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn before(before: ScannedBefore) -> BeforeLine {
    let same_dossier = if before.is_of_same_dossier { ", trong chính hồ sơ này" } else { "" };
    BeforeLine {
        paper: before.paper.to_string(),
        what: match before.by {
            SameBy::Code => "Giấy tờ có cùng mã này đã được số hóa trước đây",
            SameBy::Bytes => "Chính tệp này đã được nhận trước đây",
            SameBy::Pages => "Giấy tờ này có vẻ đã được quét trước đây",
        },
        where_it_stands: format!(
            "Nhận lúc {}{same_dossier}; trạng thái: {}.",
            super::minute(before.received_at),
            before.state_label
        ),
    }
}

fn message_of(paper: &Paper, keyed: &Keyed, now: Timestamp) -> (Option<String>, &'static str) {
    if keyed.message.is_some() {
        return (keyed.message.clone(), "fault");
    }
    let message = match &paper.state {
        PaperState::Refused { reason, clause, .. } => {
            let clause = clause.map(|c| c.to_string()).filter(|c| !reason.contains(c.as_str()));
            Some([Some(reason.clone()), clause].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
        PaperState::Failed { cause, .. } => Some(super::sentence(cause)),
        state => state.erase_term().map(|term| {
            let term = super::erase_term(&term, term.is_over(now));
            format!("Tài liệu có dấu độ mật nên không số hóa (Điều 5 khoản 1); bản quét {term}")
        }),
    };
    (message, "fault")
}

fn steps(state: &str, officers_sign: bool) -> Vec<StepMark> {
    const WAY: [(&str, &str); 7] = [
        ("received", "Nhận"),
        ("checking", "Kiểm tra trang"),
        ("reading", "Đọc"),
        ("to_confirm", "Xác nhận"),
        ("to_sign", "Ký số"),
        ("to_code", "Ghi mã"),
        ("stored", "Lưu kho"),
    ];
    let state = if state == "signing" { "to_sign" } else { state };
    let way = || WAY.iter().filter(|(name, _)| officers_sign || *name != "to_sign");
    let now = way().position(|(name, _)| *name == state);
    let class = |i| match now {
        Some(_) if state == "stored" => "done",
        Some(now) if i < now => "done",
        Some(now) if i == now => "now",
        _ => "",
    };
    way().enumerate().map(|(i, (_, label))| StepMark { label, class: class(i) }).collect()
}

fn reason(finding: &Finding) -> ReasonLine {
    let (class, sign) = match finding.severity {
        Severity::Advice => ("advice", "•"),
        Severity::Ask => ("ask", "⚠"),
        Severity::Block => ("block", "✗"),
    };
    let page = finding.page.map(|p| format!("Trang {p}: ")).unwrap_or_default();
    ReasonLine { class, sign, message: format!("{page}{}", finding.message), rule: finding.rule.clone() }
}

async fn stored(web: &Web, paper: &Paper, dossier: &DossierId) -> Result<Option<StoredLine>, Fault> {
    let PaperState::Stored { record } = &paper.state else { return Ok(None) };
    let purpose = Purpose::of_dossier(dossier);
    let document = browse::document(&web.ctx, web.actor(), record, &purpose).await?;
    // Whoever stored it may look at it: that is the handling of this dossier.
    web.purposes.state(web.actor(), std::slice::from_ref(&document.owner), &purpose, web.ctx.clock.now());
    Ok(Some(StoredLine {
        id: record.to_string(),
        owner: document.owner.to_string(),
        code: document.code.to_string(),
    }))
}

fn code_of(web: &Web, paper: &Paper, proposed: &ProposedFields) -> Option<String> {
    let received_on = day_in_vietnam(paper.received_at);
    let without_number =
        web.ctx.rules.code_papers_without_number.then_some(CodeNumber::None { received_on, ordinal: 1 });
    proposed.code(without_number).map(|code| match code.number {
        CodeNumber::None { .. } => format!("{}.{}.KS-…", code.owner, code.type_code),
        CodeNumber::Printed { .. } => code.to_string(),
    })
}

fn picture_of(facts: &PageFacts, proposed: Option<&ProposedFields>) -> PagePicture {
    let height = facts.height_mm / facts.width_mm.max(1.0) * 1240.0;
    PagePicture {
        position: facts.position,
        is_blank: facts.blank,
        width_px: PICTURE_PX,
        height_px: height.round() as u32,
        width_mm: facts.width_mm,
        height_mm: facts.height_mm,
        marks: proposed.map(|p| marks(p, facts.position)).unwrap_or_default(),
    }
}

fn marks(proposed: &ProposedFields, page: u32) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut add = |field: &str, place: Option<Place>, status: Status| {
        let Some(place) = place.filter(|p| p.page == page) else { return };
        let b = place.box_mm;
        let class = if status == Status::NotRead { "ask" } else { "read" };
        marks.push(Mark {
            field: field.to_owned(),
            class,
            x: b.left - 0.8,
            y: b.top - 0.8,
            w: b.width + 1.6,
            h: b.height + 1.6,
        });
    };
    add("owner_id", proposed.owner_id.place, proposed.owner_id.status);
    add("document_name", proposed.document_name.place, proposed.document_name.status);
    add("document_number", proposed.document_number.place, proposed.document_number.status);
    add("issued_on", proposed.issued_on.place, proposed.issued_on.status);
    add("issuing_authority", proposed.issuing_authority.place, proposed.issuing_authority.status);
    add("abstract", proposed.abstract_text.place, proposed.abstract_text.status);
    add("valid_until", proposed.validity_period.place, proposed.validity_period.status);
    add("validity_scope", proposed.validity_scope.place, proposed.validity_scope.status);
    if let Some(holder) = proposed.other.get("holder_name") {
        add("holder_name", holder.place, holder.status);
    }
    for extra in &proposed.extra {
        if let Some(field) = proposed.other.get(&extra.key) {
            add(&format!("{EXTRA}{}", extra.key), field.place, field.status);
        }
    }
    marks
}

/// What the names of inputs begin with that the template of the kind adds.
const EXTRA: &str = "other.";

fn fields(proposed: &ProposedFields, keyed: &Keyed) -> Vec<FieldLine> {
    let line = |name: &str, label: &str, is_long: bool, hint: String| {
        let (value, status, place, offers) = seen(proposed, name);
        let fault = keyed.faults.iter().find(|f| form_name(&f.field) == name).map(|f| f.message.clone());
        let class = match (&fault, status) {
            (Some(_), _) => "wrong",
            (None, Status::Read) => "read",
            (None, Status::NotRead) => "ask",
            (None, Status::Absent) => "absent-field",
        };
        let status = match status {
            Status::Read => "✓ đã đọc".to_owned(),
            Status::NotRead if !offers.is_empty() => "⚠ chưa chắc chắn, xin chọn hoặc nhập".to_owned(),
            Status::NotRead => "⚠ chưa đọc được, xin nhập".to_owned(),
            Status::Absent => "– không thấy trên giấy tờ".to_owned(),
        };
        FieldLine {
            name: name.to_owned(),
            label: label.to_owned(),
            value: keyed.values.get(name).cloned().unwrap_or(value),
            class,
            status,
            page: place.map(|p| p.page),
            is_long,
            is_required: matches!(name, "document_type_code" | "owner_id" | "document_name"),
            hint,
            fault,
            offers,
        }
    };
    let basic = INPUTS.iter().map(|(name, key, is_long, hint)| {
        let label = match *name {
            "valid_from" => "Có hiệu lực từ ngày",
            "valid_until" => "Có hiệu lực đến ngày",
            "holder_name" => "Họ tên người được cấp",
            _ => key.label(),
        };
        line(name, label, *is_long, (*hint).to_owned())
    });
    let extra = proposed
        .extra
        .iter()
        .map(|extra| line(&format!("{EXTRA}{}", extra.key), &extra.label, false, extra.hint()));
    basic.chain(extra).collect()
}

/// The value, status and place of the input `name`, and what may be taken where it is asked.
fn seen(proposed: &ProposedFields, name: &str) -> (String, Status, Option<Place>, Vec<Offer>) {
    fn of<T>(p: &Proposed<T>, show: impl Fn(&T) -> String) -> (String, Status, Option<Place>, Vec<Offer>) {
        (p.value.as_ref().map(&show).unwrap_or_default(), p.status, p.place, offers::of(p, show))
    }
    let day = |d: &jiff::civil::Date| d.strftime("%d/%m/%Y").to_string();
    let text = |t: &String| t.clone();
    match name {
        "document_type_code" => of(&proposed.document_type_code, ToString::to_string),
        "owner_id" => {
            let (value, status, place, offers) = of(&proposed.owner_id, ToString::to_string);
            // For a paper without a number, the name and birth date of its holder (Điều 7).
            let value = if value.is_empty() {
                proposed.owner().map(|o| o.to_string()).unwrap_or_default()
            } else {
                value
            };
            (value, status, place, offers)
        }
        "document_name" => of(&proposed.document_name, text),
        "document_number" => of(&proposed.document_number, ToString::to_string),
        "issued_on" => of(&proposed.issued_on, day),
        "issuing_authority" => of(&proposed.issuing_authority, text),
        "abstract" => of(&proposed.abstract_text, text),
        "valid_from" => of(&proposed.validity_period, |p| p.from.as_ref().map(day).unwrap_or_default()),
        "valid_until" => of(&proposed.validity_period, |p| p.until.as_ref().map(day).unwrap_or_default()),
        "validity_scope" => of(&proposed.validity_scope, text),
        _ => {
            let key = name.trim_start_matches(EXTRA);
            let extra = proposed.extra.iter().find(|e| e.key == key);
            let shown = |value: &String| extra.map_or_else(|| value.clone(), |e| e.shown(value));
            let none = || (String::new(), Status::Absent, None, Vec::new());
            proposed.other.get(key).map_or_else(none, |p| of(p, shown))
        }
    }
}

/// The input in which a field of the wire is keyed.
fn form_name(field: &str) -> &str {
    match field {
        "validity_period" => "valid_until",
        "other.holder_name" => "holder_name",
        other => other,
    }
}

/// How large a picture is asked for.
#[derive(Deserialize)]
pub(super) struct PictureIn {
    width: Option<u32>,
}

/// `GET /papers/{id}/pages/{position}`: the page picture.
pub(super) async fn picture(
    web: Web,
    Path((id, position)): Path<(String, u32)>,
    Query(asked): Query<PictureIn>,
) -> Response {
    let width = asked.width.unwrap_or(PICTURE_PX).clamp(100, PICTURE_PX);
    let picture = match paper_id(&id) {
        Ok(id) => {
            browse::page_picture(&web.ctx, web.officer(), &id, position, width).await.map_err(Fault::from)
        }
        Err(fault) => Err(fault),
    };
    jpeg_of(picture)
}

/// `GET /papers/{id}/originals/{page}`: a page of the originals in small, also one that is left out.
pub(super) async fn original_picture(web: Web, Path((id, page)): Path<(String, u32)>) -> Response {
    let picture = match paper_id(&id) {
        Ok(id) => {
            browse::original_picture(&web.ctx, web.officer(), &id, page, 240).await.map_err(Fault::from)
        }
        Err(fault) => Err(fault),
    };
    jpeg_of(picture)
}

fn jpeg_of(picture: Result<Vec<u8>, Fault>) -> Response {
    match picture {
        Ok(jpeg) => {
            let headers =
                [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=300")];
            (headers, jpeg).into_response()
        }
        Err(fault) => fault.status.into_response(),
    }
}
