//! Requests of data subjects: the register with its terms, taking one in, answering it.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{Choice, Fault, Frame, Web, html, minute};
use crate::{
    clock::{day_in_vietnam, form_minute_in_vietnam, read_minute_in_vietnam},
    domain::{
        ids::{OwnerId, SubjectRequestId},
        rights,
        subject_request::{CameBy, RequestAct, RequestKind, RequestState, SubjectRequest},
    },
    faces::bundle,
    workflows::{
        browse::Purpose,
        export,
        subject_requests::{self, Seen, SubjectRequestError, TakenIn},
    },
};

/// A request in the list: nobody's name.
pub(super) struct Line {
    pub id: String,
    pub kind: &'static str,
    pub came_at: String,
    pub state: &'static str,
    pub class: &'static str,
    pub sign: &'static str,
    pub term: String,
}

#[derive(Template)]
#[template(path = "pages/requests.html")]
struct RequestsPage {
    frame: Frame,
    message: Option<String>,
    open: Vec<Line>,
    closed: Vec<Line>,
    n_late: usize,
    unknown_days: Vec<String>,
    may_take_in: bool,
    kinds: Vec<Choice>,
    ways: Vec<Choice>,
    asked: TakeInForm,
    now: String,
}

/// What the form of a new request sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct TakeInForm {
    kind: String,
    came_by: String,
    came_at: String,
    owner: String,
    asker: String,
    asked: String,
}

/// A line with how its term stands.
pub(super) fn line(request: &SubjectRequest, now: Timestamp) -> Line {
    let day = |day: Date| day.strftime("%d/%m/%Y").to_string();
    let last_minute = |until: Timestamp| minute(until - jiff::SignedDuration::from_secs(1));
    let (class, sign, term) = match request.state {
        RequestState::Waiting if request.is_late(now) => {
            ("failed", "✗", format!("Quá hạn: phải phản hồi trước {}", last_minute(request.due_at)))
        }
        RequestState::Waiting => {
            ("postponed", "…", format!("Phản hồi trước {}", last_minute(request.due_at)))
        }
        RequestState::Answered => match request.do_by {
            Some(do_by) if request.is_overdue(day_in_vietnam(now)) => {
                ("failed", "✗", format!("Quá ngày đã hẹn {}", day(do_by)))
            }
            Some(do_by) => ("to_confirm", "●", format!("Thực hiện đến hết {}", day(do_by))),
            None => ("to_confirm", "●", "Chưa hẹn ngày".to_owned()),
        },
        RequestState::Done => ("stored", "✓", answered(request)),
        RequestState::Refused | RequestState::Withdrawn => ("", "–", answered(request)),
    };
    Line {
        id: request.id.to_string(),
        kind: request.kind.words(),
        came_at: minute(request.came_at),
        state: request.state.words(),
        class,
        sign,
        term,
    }
}

fn answered(request: &SubjectRequest) -> String {
    match request.answered_at {
        Some(at) if request.was_answered_late() => format!("Phản hồi chậm, lúc {}", minute(at)),
        Some(at) => format!("Phản hồi lúc {}", minute(at)),
        None => String::new(),
    }
}

async fn show(web: &Web, status: StatusCode, message: Option<String>, asked: TakeInForm) -> Response {
    let register = match subject_requests::list(&web.ctx, web.officer()).await {
        Ok(register) => register,
        Err(error) => return Fault::from(error).page(web),
    };
    let now = web.ctx.clock.now();
    let (late, others): (Vec<_>, Vec<_>) = register
        .waiting
        .iter()
        .chain(&register.answered)
        .partition(|request| request.is_late(now) || request.is_overdue(day_in_vietnam(now)));
    let years = register.unknown_days.iter();
    let page = RequestsPage {
        frame: web.frame("requests"),
        message,
        n_late: late.len(),
        open: late.iter().chain(&others).map(|request| line(request, now)).collect(),
        closed: register.closed.iter().map(|request| line(request, now)).collect(),
        unknown_days: years.map(|(year, names)| format!("năm {year}: {}", names.join(", "))).collect(),
        may_take_in: rights::may_take_in_request(web.officer()).is_ok(),
        kinds: RequestKind::ALL.iter().map(|k| Choice::of(k.as_str(), k.words(), &asked.kind)).collect(),
        ways: CameBy::ALL.iter().map(|w| Choice::of(w.as_str(), w.words(), &asked.came_by)).collect(),
        asked,
        now: form_minute_in_vietnam(now),
    };
    html(status, &page)
}

#[derive(Deserialize)]
pub(super) struct RegisterIn {
    #[serde(default)]
    owner: String,
}

/// `GET /requests`; from an owner's page with his opaque id.
pub(super) async fn register(web: Web, Query(asked): Query<RegisterIn>) -> Response {
    let owner = OwnerId::parse(&asked.owner).map(|id| id.to_string()).unwrap_or_default();
    show(&web, StatusCode::OK, None, TakeInForm { owner, ..TakeInForm::default() }).await
}

/// `POST /requests`.
pub(super) async fn take_in(web: Web, Form(form): Form<TakeInForm>) -> Response {
    // Who has no right is told that first.
    if let Err(denied) = rights::may_take_in_request(web.officer()) {
        return Fault::from(SubjectRequestError::from(denied)).page(&web);
    }
    let taken_in = match taken_in(&form) {
        Ok(taken_in) => taken_in,
        Err(message) => {
            return show(&web, StatusCode::UNPROCESSABLE_ENTITY, Some(message.to_owned()), form).await;
        }
    };
    match subject_requests::take_in(&web.ctx, web.officer(), taken_in).await {
        Ok(request) => Redirect::to(&format!("/requests/{}", request.id)).into_response(),
        Err(error) => {
            let Fault { status, message } = error.into();
            show(&web, status, Some(message), form).await
        }
    }
}

fn taken_in(form: &TakeInForm) -> Result<TakenIn, &'static str> {
    let owner = match form.owner.trim() {
        "" => None,
        id => Some(OwnerId::parse(id).map_err(|_| "Mã của chủ dữ liệu không đúng: tra cứu lại.")?),
    };
    let came_at = match form.came_at.trim() {
        "" => None,
        text => Some(read_minute_in_vietnam(text).ok_or("Thời điểm nhận yêu cầu không đúng.")?),
    };
    Ok(TakenIn {
        kind: RequestKind::parse(&form.kind).ok_or("Chọn nội dung quyền được yêu cầu.")?,
        came_by: CameBy::parse(&form.came_by).ok_or("Chọn cách yêu cầu được gửi đến.")?,
        came_at,
        owner,
        asker: form.asker.clone(),
        asked: form.asked.clone(),
    })
}

#[derive(Template)]
#[template(path = "pages/request.html")]
struct RequestPage {
    frame: Frame,
    message: Option<String>,
    line: Line,
    came_by: &'static str,
    taken_in: String,
    unit: String,
    owner: String,
    owner_id: String,
    asker: String,
    asked: String,
    version: u64,
    acts: Vec<ActLine>,
    may_answer: bool,
    may_close: bool,
    may_export: bool,
    /// Whether the program can do it in one act, and what the button says.
    may_carry_out: Option<&'static str>,
    purpose: String,
}

struct ActLine {
    at: String,
    by: String,
    words: &'static str,
    texts: Vec<(&'static str, String)>,
}

/// `GET /requests/{id}`.
pub(super) async fn page(web: Web, Path(id): Path<String>) -> Response {
    show_one(&web, &id, StatusCode::OK, None).await
}

async fn show_one(web: &Web, id: &str, status: StatusCode, message: Option<String>) -> Response {
    let seen = match SubjectRequestId::parse(id) {
        Ok(id) => subject_requests::see(&web.ctx, web.officer(), &id).await,
        // As of one that is not there.
        Err(_) => match rights::may_list_requests(web.officer()) {
            Err(denied) => Err(denied.into()),
            Ok(()) => Err(SubjectRequestError::Unknown),
        },
    };
    match seen {
        Ok(seen) => html(status, &one(web, seen, message)),
        Err(error) => Fault::from(error).page(web),
    }
}

fn one(web: &Web, seen: Seen, message: Option<String>) -> RequestPage {
    let Seen { request, taken_in_by, unit, owner, acts, may_decide } = seen;
    let acts = acts.into_iter().map(|(kept, by)| ActLine {
        at: minute(kept.at),
        by,
        words: match &kept.act {
            RequestAct::Answer { .. } => "Phản hồi",
            RequestAct::Fulfil { .. } => "Thực hiện xong",
            RequestAct::Refuse { .. } => "Từ chối",
            RequestAct::Withdraw { .. } => "Người yêu cầu rút",
        },
        texts: {
            let mut texts: Vec<_> =
                kept.act.texts().into_iter().map(|(name, text)| (name, text.to_owned())).collect();
            if let RequestAct::Answer { do_by: Some(day), .. } = &kept.act {
                texts.push(("Hẹn thực hiện đến hết", day.strftime("%d/%m/%Y").to_string()));
            }
            texts
        },
    });
    RequestPage {
        frame: web.frame("requests"),
        message,
        line: line(&request, web.ctx.clock.now()),
        came_by: request.came_by.words(),
        taken_in: format!("{}, {}", minute(request.taken_in_at), taken_in_by),
        unit: unit.unwrap_or_default(),
        owner: owner.map(|owner| owner.to_string()).unwrap_or_default(),
        may_export: request.owner.is_some()
            && request.state.is_open()
            && rights::may_export(web.officer()).is_ok(),
        may_carry_out: match request.kind {
            _ if !may_decide || !request.state.is_open() || request.owner.is_none() => None,
            RequestKind::Erase => Some("Gỡ giấy tờ của người này khỏi kho"),
            RequestKind::Restrict | RequestKind::Object | RequestKind::WithdrawConsent => {
                Some("Hạn chế xử lý dữ liệu của người này")
            }
            _ => None,
        },
        owner_id: request.owner.map(|owner| owner.to_string()).unwrap_or_default(),
        acts: acts.collect(),
        may_answer: may_decide && request.state == RequestState::Waiting,
        may_close: may_decide && request.state.is_open(),
        purpose: format!("thực hiện yêu cầu “{}” của chủ thể dữ liệu", request.kind.words().to_lowercase()),
        asker: request.asker,
        asked: request.asked,
        version: request.version,
    }
}

/// What a form of the page of a request sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ActForm {
    act: String,
    version: String,
    text: String,
    clause: String,
    do_by: String,
}

/// `POST /requests/{id}`.
pub(super) async fn act(web: Web, Path(id): Path<String>, Form(form): Form<ActForm>) -> Response {
    // Who has no right is told that before anything that he sent.
    if let Err(denied) = rights::may_decide_request(web.officer(), web.officer().unit.as_ref()) {
        return Fault::from(SubjectRequestError::from(denied)).page(&web);
    }
    let act = match act_of(&form) {
        Ok(act) => act,
        Err(message) => {
            return show_one(&web, &id, StatusCode::UNPROCESSABLE_ENTITY, Some(message.to_owned())).await;
        }
    };
    let done = match SubjectRequestId::parse(&id) {
        Ok(id) => subject_requests::act(&web.ctx, web.officer(), &id, form.version.parse().ok(), act)
            .await
            .map(drop),
        Err(_) => Err(SubjectRequestError::Unknown),
    };
    match done {
        Ok(()) => Redirect::to(&format!("/requests/{id}")).into_response(),
        Err(SubjectRequestError::Unknown) => Fault::from(SubjectRequestError::Unknown).page(&web),
        Err(error) => {
            let Fault { status, message } = error.into();
            show_one(&web, &id, status, Some(message)).await
        }
    }
}

/// `POST /requests/{id}/carry-out`: what was asked, in one act.
pub(super) async fn carry_out(web: Web, Path(id): Path<String>, Form(form): Form<ActForm>) -> Response {
    if let Err(denied) = rights::may_decide_request(web.officer(), web.officer().unit.as_ref()) {
        return Fault::from(SubjectRequestError::from(denied)).page(&web);
    }
    let done = match SubjectRequestId::parse(&id) {
        Ok(id) => subject_requests::carry_out(&web.ctx, web.officer(), &id, form.version.parse().ok()).await,
        Err(_) => Err(SubjectRequestError::Unknown),
    };
    match done {
        Ok(_) => Redirect::to(&format!("/requests/{id}")).into_response(),
        Err(SubjectRequestError::Unknown) => Fault::from(SubjectRequestError::Unknown).page(&web),
        Err(error) => {
            let Fault { status, message } = error.into();
            show_one(&web, &id, status, Some(message)).await
        }
    }
}

fn act_of(form: &ActForm) -> Result<RequestAct, &'static str> {
    let text = form.text.clone();
    Ok(match form.act.as_str() {
        "answer" => RequestAct::Answer {
            told: text,
            do_by: match form.do_by.trim() {
                "" => None,
                day => Some(day.parse().map_err(|_| "Ngày hẹn thực hiện không đúng.")?),
            },
        },
        "fulfil" => RequestAct::Fulfil { done: text },
        "refuse" => RequestAct::Refuse { reason: text, clause: form.clause.clone() },
        "withdraw" => RequestAct::Withdraw { reason: text },
        _ => return Err("Chọn việc cần làm."),
    })
}

/// What the form of an export sends.
#[derive(Deserialize)]
pub(super) struct ExportForm {
    purpose: String,
    #[serde(default)]
    request: String,
}

/// `POST /owners/{id}/export`: all data of one person.
pub(super) async fn export(web: Web, Path(id): Path<String>, Form(form): Form<ExportForm>) -> Response {
    let request = match form.request.as_str() {
        "" => None,
        id => SubjectRequestId::parse(id).ok(),
    };
    let purpose = match Purpose::parse(&form.purpose) {
        Ok(purpose) => purpose,
        Err(error) => return Fault::from(error).page(&web),
    };
    let Ok(owner) = OwnerId::parse(&id) else {
        return Fault::from(export::ExportError::Unknown).page(&web);
    };
    match export::owner(&web.ctx, web.officer(), &owner, &purpose, request.as_ref()).await {
        Ok(exported) => bundle::answer(exported, web.ctx.clock.now()),
        Err(error) => Fault::from(error).page(&web),
    }
}
