//! The register of breaches: written down, amended, told to the authority; the notice to print.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;

use super::{Choice, Fault, Frame, Web, html, minute};
use crate::{
    clock::{day_in_vietnam, form_minute_in_vietnam, read_minute_in_vietnam},
    domain::{
        breach::{Breach, BreachAct, BreachFacts, BreachState, Exposure},
        ids::BreachId,
        rights,
    },
    workflows::breaches::{self, BreachError, Seen},
};

/// A breach in the list.
pub(super) struct Line {
    pub id: String,
    pub detected_at: String,
    pub state: &'static str,
    pub class: &'static str,
    pub sign: &'static str,
    pub term: String,
}

/// A line with how its term stands.
pub(super) fn line(breach: &Breach, now: Timestamp) -> Line {
    let until = minute(breach.due_at());
    let (class, sign, term) = match (breach.state, breach.notified_at) {
        (BreachState::Open, _) if breach.is_late(now) => {
            ("failed", "✗", format!("Quá hạn 72 giờ: phải thông báo trước {until}"))
        }
        (BreachState::Open, _) => {
            let left = breach.due_at().duration_since(now).as_hours();
            ("postponed", "…", format!("Thông báo trước {until}, còn {left} giờ"))
        }
        (BreachState::Notified, Some(at)) if at >= breach.due_at() => {
            ("stored", "✓", format!("Thông báo chậm, lúc {}", minute(at)))
        }
        (BreachState::Notified, Some(at)) => ("stored", "✓", format!("Thông báo lúc {}", minute(at))),
        _ => ("", "–", String::new()),
    };
    Line {
        id: breach.id.to_string(),
        detected_at: minute(breach.detected_at),
        state: breach.state.words(),
        class,
        sign,
        term,
    }
}

/// A box of the form of facts.
struct Entry {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    kind: &'static str,
}

/// What was keyed, by name.
type Keyed = HashMap<String, String>;

/// The boxes with what is keyed, or known.
fn entries(keyed: &Keyed) -> Vec<Entry> {
    let entry = |(name, label, hint, kind): (&'static str, &'static str, &'static str, &'static str)| Entry {
        name,
        label,
        hint,
        kind,
        value: keyed.get(name).cloned().unwrap_or_default(),
    };
    [
        ("happened_from", "Diễn ra từ", "Giờ Việt Nam; để trống khi chưa biết.", "datetime-local"),
        ("happened_until", "Đến", "", "datetime-local"),
        ("nature", "Tính chất vi phạm", "Điều gì đã xảy ra, với dữ liệu của ai.", "text"),
        ("place", "Nơi xảy ra", "Hệ thống, đơn vị, máy.", "text"),
        ("data_kinds", "Loại dữ liệu", "Cơ bản, nhạy cảm (sức khỏe, ảnh căn cước…).", "text"),
        ("n_persons", "Số người, nhiều nhất", "", "number"),
        ("n_documents", "Số giấy tờ, nhiều nhất", "", "number"),
        ("consequences", "Hậu quả, thiệt hại", "Đã có và có thể có.", "text"),
        ("measures", "Biện pháp khắc phục", "Đã làm và sẽ làm.", "text"),
        ("responsible", "Người chịu trách nhiệm bảo vệ dữ liệu", "Họ tên, chức vụ.", "text"),
        ("contact", "Liên hệ", "Điện thoại, thư điện tử, địa chỉ.", "text"),
        ("processors", "Bên xử lý dữ liệu", "Đã báo cho ai, ai đã báo, lúc nào.", "text"),
    ]
    .map(entry)
    .into()
}

fn keyed_of(facts: &BreachFacts) -> Keyed {
    let at = |at: Option<Timestamp>| at.map(form_minute_in_vietnam).unwrap_or_default();
    let n = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    [
        ("happened_from", at(facts.happened_from)),
        ("happened_until", at(facts.happened_until)),
        ("nature", facts.nature.clone()),
        ("place", facts.place.clone()),
        ("data_kinds", facts.data_kinds.clone()),
        ("n_persons", n(facts.n_persons)),
        ("n_documents", n(facts.n_documents)),
        ("consequences", facts.consequences.clone()),
        ("measures", facts.measures.clone()),
        ("responsible", facts.responsible.clone()),
        ("contact", facts.contact.clone()),
        ("processors", facts.processors.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn said<'a>(keyed: &'a Keyed, name: &str) -> &'a str {
    keyed.get(name).map_or("", |value| value.trim())
}

fn facts_of(keyed: &Keyed) -> Result<BreachFacts, &'static str> {
    let at = |name| match said(keyed, name) {
        "" => Ok(None),
        text => read_minute_in_vietnam(text).map(Some).ok_or("Thời điểm diễn ra không đúng."),
    };
    let n = |name| match said(keyed, name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| "Số người, số giấy tờ phải là số."),
    };
    let text = |name| said(keyed, name).to_owned();
    Ok(BreachFacts {
        happened_from: at("happened_from")?,
        happened_until: at("happened_until")?,
        nature: text("nature"),
        place: text("place"),
        data_kinds: text("data_kinds"),
        n_persons: n("n_persons")?,
        n_documents: n("n_documents")?,
        consequences: text("consequences"),
        measures: text("measures"),
        responsible: text("responsible"),
        contact: text("contact"),
        processors: text("processors"),
    })
}

#[derive(Template)]
#[template(path = "pages/breaches.html")]
struct BreachesPage {
    frame: Frame,
    message: Option<String>,
    lines: Vec<Line>,
    may_keep: bool,
    detected_at: String,
    entries: Vec<Entry>,
}

async fn show(web: &Web, status: StatusCode, message: Option<String>, keyed: &Keyed) -> Response {
    match breaches::list(&web.ctx, web.officer()).await {
        Ok(found) => {
            let now = web.ctx.clock.now();
            let detected_at = match said(keyed, "detected_at") {
                "" => form_minute_in_vietnam(now),
                text => text.to_owned(),
            };
            let page = BreachesPage {
                frame: web.frame("breaches"),
                message,
                lines: found.iter().map(|breach| line(breach, now)).collect(),
                may_keep: rights::may_keep_breaches(web.officer()).is_ok(),
                detected_at,
                entries: entries(keyed),
            };
            html(status, &page)
        }
        Err(error) => Fault::from(error).page(web),
    }
}

/// `GET /breaches`.
pub(super) async fn register(web: Web) -> Response {
    show(&web, StatusCode::OK, None, &Keyed::new()).await
}

/// `POST /breaches`.
pub(super) async fn open(web: Web, Form(keyed): Form<Keyed>) -> Response {
    // Who has no right is told that first.
    if let Err(denied) = rights::may_keep_breaches(web.officer()) {
        return Fault::from(BreachError::from(denied)).page(&web);
    }
    let read = read_minute_in_vietnam(said(&keyed, "detected_at")).ok_or("Thời điểm phát hiện không đúng.");
    let read = read.and_then(|detected_at| Ok((detected_at, facts_of(&keyed)?)));
    let opened = match read {
        Ok((detected_at, facts)) => breaches::open(&web.ctx, web.officer(), detected_at, facts).await,
        Err(message) => {
            return show(&web, StatusCode::UNPROCESSABLE_ENTITY, Some(message.to_owned()), &keyed).await;
        }
    };
    match opened {
        Ok(breach) => Redirect::to(&format!("/breaches/{}", breach.id)).into_response(),
        Err(error) => {
            let Fault { status, message } = error.into();
            show(&web, status, Some(message), &keyed).await
        }
    }
}

struct ActLine {
    at: String,
    by: String,
    words: &'static str,
    texts: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "pages/breach.html")]
struct BreachPage {
    frame: Frame,
    message: Option<String>,
    counted: Option<String>,
    line: Line,
    version: u64,
    entries: Vec<Entry>,
    missing: Vec<&'static str>,
    may_amend: bool,
    may_notify: bool,
    is_late: bool,
    now: String,
    readers: Vec<Choice>,
    from: String,
    until: String,
    acts: Vec<ActLine>,
}

/// What stands on the page beside what is kept.
#[derive(Default)]
struct Tried {
    message: Option<String>,
    counted: Option<Exposure>,
    keyed: Option<Keyed>,
}

/// `GET /breaches/{id}`.
pub(super) async fn page(web: Web, Path(id): Path<String>) -> Response {
    show_one(&web, &id, StatusCode::OK, Tried::default()).await
}

async fn see(web: &Web, id: &str) -> Result<Seen, BreachError> {
    rights::may_see_breaches(web.officer())?;
    let id = BreachId::parse(id).map_err(|_| BreachError::Unknown)?;
    breaches::see(&web.ctx, web.officer(), &id).await
}

async fn show_one(web: &Web, id: &str, status: StatusCode, tried: Tried) -> Response {
    let shown = async {
        let seen = see(web, id).await?;
        let readers =
            if seen.may_keep { breaches::readers(&web.ctx, web.officer()).await? } else { Vec::new() };
        Ok::<_, BreachError>((seen, readers))
    };
    match shown.await {
        Ok((seen, readers)) => html(status, &one(web, seen, readers, tried)),
        Err(error) => Fault::from(error).page(web),
    }
}

fn one(web: &Web, seen: Seen, readers: Vec<breaches::Reader>, tried: Tried) -> BreachPage {
    let Seen { breach, acts, may_keep } = seen;
    let now = web.ctx.clock.now();
    let kept = keyed_of(&breach.facts);
    let mut keyed = tried.keyed.unwrap_or_default();
    let chosen = said(&keyed, "reader").to_owned();
    let (from, until) = match (said(&keyed, "from"), said(&keyed, "until")) {
        ("", "") => {
            let at = |name: &str| kept.get(name).cloned().unwrap_or_default();
            (at("happened_from"), at("happened_until"))
        }
        (from, until) => (from.to_owned(), until.to_owned()),
    };
    if let Some(counted) = &tried.counted {
        // Prefilled; kept once the officer saves.
        keyed = kept.clone();
        keyed.insert("n_persons".to_owned(), counted.n_persons.to_string());
        keyed.insert(
            "n_documents".to_owned(),
            counted.n_documents.saturating_add(counted.n_papers).to_string(),
        );
        for (name, value) in [("happened_from", &from), ("happened_until", &until)] {
            if said(&keyed, name).is_empty() {
                keyed.insert(name.to_owned(), value.clone());
            }
        }
    } else if !keyed.contains_key("nature") {
        keyed = kept;
    }
    BreachPage {
        frame: web.frame("breaches"),
        message: tried.message,
        counted: tried.counted.as_ref().map(counted_words),
        line: line(&breach, now),
        version: breach.version,
        entries: entries(&keyed),
        missing: breach.facts.missing(),
        may_amend: may_keep && breach.state != BreachState::Dismissed,
        may_notify: may_keep && breach.state == BreachState::Open,
        is_late: breach.is_late(now),
        now: form_minute_in_vietnam(now),
        readers: readers.iter().map(|reader| Choice::of(&reader.id, &reader.name, &chosen)).collect(),
        from,
        until,
        acts: acts.into_iter().map(|(kept, by)| act_line(minute(kept.at), by, kept.act)).collect(),
    }
}

fn counted_words(counted: &Exposure) -> String {
    let Exposure { n_readings, n_persons, n_documents, n_health, n_papers } = counted;
    format!(
        "Theo nhật ký: {n_readings} lần xem; nhiều nhất {n_persons} người, {n_documents} giấy tờ trong kho ({n_health} về \
         sức khỏe), {n_papers} giấy tờ đang xử lý (chưa rõ của ai). Đã điền vào biểu mẫu, chưa lưu."
    )
}

fn act_line(at: String, by: String, act: BreachAct) -> ActLine {
    let (words, texts) = match act {
        BreachAct::Open { facts } => ("Ghi vào sổ", vec![("Tính chất", facts.nature)]),
        BreachAct::Amend { facts } => {
            let n = |n: Option<u64>| n.map_or("chưa rõ".to_owned(), |n| n.to_string());
            let quantity = format!("{} người, {} giấy tờ", n(facts.n_persons), n(facts.n_documents));
            ("Bổ sung, sửa nội dung", vec![("Tính chất", facts.nature), ("Số lượng", quantity)])
        }
        BreachAct::Notify { sent_at, to, number, late_reason } => {
            let mut texts = vec![("Gửi", to), ("Văn bản số", number), ("Lúc", minute(sent_at))];
            texts.extend(late_reason.map(|reason| ("Lý do chậm", reason)));
            ("Đã thông báo", texts)
        }
        BreachAct::Dismiss { reason } => ("Không phải thông báo", vec![("Lý do", reason)]),
    };
    ActLine { at, by, words, texts }
}

/// `POST /breaches/{id}`: the button that was pressed says what to do.
pub(super) async fn act(web: Web, Path(id): Path<String>, Form(keyed): Form<Keyed>) -> Response {
    if let Err(denied) = rights::may_keep_breaches(web.officer()) {
        return Fault::from(BreachError::from(denied)).page(&web);
    }
    if said(&keyed, "act") == "count" {
        return count(&web, &id, keyed).await;
    }
    let act = match act_of(&keyed) {
        Ok(act) => act,
        Err(message) => {
            let tried = Tried { message: Some(message.to_owned()), keyed: Some(keyed), ..Tried::default() };
            return show_one(&web, &id, StatusCode::UNPROCESSABLE_ENTITY, tried).await;
        }
    };
    let version = said(&keyed, "version").parse().ok();
    let done = match BreachId::parse(&id) {
        Ok(id) => breaches::act(&web.ctx, web.officer(), &id, version, act).await.map(drop),
        Err(_) => Err(BreachError::Unknown),
    };
    match done {
        Ok(()) => Redirect::to(&format!("/breaches/{id}")).into_response(),
        Err(error) => refused(&web, &id, error, keyed).await,
    }
}

async fn refused(web: &Web, id: &str, error: BreachError, keyed: Keyed) -> Response {
    let fault = Fault::from(error);
    if fault.status == StatusCode::NOT_FOUND {
        return fault.page(web);
    }
    let tried = Tried { message: Some(fault.message), keyed: Some(keyed), ..Tried::default() };
    show_one(web, id, fault.status, tried).await
}

async fn count(web: &Web, id: &str, keyed: Keyed) -> Response {
    let at = |name| read_minute_in_vietnam(said(&keyed, name));
    let counted = match (at("from"), at("until")) {
        (Some(from), Some(until)) => {
            breaches::exposure(&web.ctx, web.officer(), said(&keyed, "reader"), from, until).await
        }
        _ => Err(BreachError::Times { what: "khoảng thời gian cần đếm" }),
    };
    match counted {
        Ok(counted) => {
            let tried = Tried { counted: Some(counted), keyed: Some(keyed), ..Tried::default() };
            show_one(web, id, StatusCode::OK, tried).await
        }
        Err(error) => refused(web, id, error, keyed).await,
    }
}

fn act_of(keyed: &Keyed) -> Result<BreachAct, &'static str> {
    let text = |name| said(keyed, name).to_owned();
    Ok(match said(keyed, "act") {
        "amend" => BreachAct::Amend { facts: facts_of(keyed)? },
        "notify" => BreachAct::Notify {
            sent_at: read_minute_in_vietnam(said(keyed, "sent_at")).ok_or("Thời điểm gửi không đúng.")?,
            to: text("to"),
            number: text("number"),
            late_reason: Some(text("late_reason")).filter(|reason| !reason.is_empty()),
        },
        "dismiss" => BreachAct::Dismiss { reason: text("reason") },
        _ => return Err("Chọn việc cần làm."),
    })
}

#[derive(Template)]
#[template(path = "pages/notice.html")]
struct NoticePage {
    unit: String,
    day: String,
    detected_at: String,
    happened: String,
    facts: BreachFacts,
    n_persons: String,
    n_documents: String,
    late: Option<String>,
    missing: Vec<&'static str>,
    id: String,
}

/// `GET /breaches/{id}/notice`: the notice to print, filled in with what is known.
pub(super) async fn notice(web: Web, Path(id): Path<String>) -> Response {
    match see(&web, &id).await {
        Ok(seen) => html(StatusCode::OK, &notice_of(&web, seen)),
        Err(error) => Fault::from(error).page(&web),
    }
}

fn notice_of(web: &Web, seen: Seen) -> NoticePage {
    let Seen { breach, acts, .. } = seen;
    let now = web.ctx.clock.now();
    let n = |n: Option<u64>| n.map_or_else(|| "……".to_owned(), |n| n.to_string());
    let at = |at: Option<Timestamp>| at.map_or_else(|| "……".to_owned(), minute);
    let reason = acts.iter().find_map(|(kept, _)| match &kept.act {
        BreachAct::Notify { late_reason, .. } => late_reason.clone(),
        _ => None,
    });
    let late = match (breach.is_late(now), reason) {
        (_, Some(reason)) => Some(reason),
        (true, None) => Some("……".to_owned()),
        (false, None) => None,
    };
    let day = day_in_vietnam(breach.notified_at.unwrap_or(now));
    NoticePage {
        unit: web.officer().officer.unit.clone().unwrap_or_default(),
        day: day.strftime("ngày %d tháng %m năm %Y").to_string(),
        detected_at: minute(breach.detected_at),
        happened: format!("từ {} đến {}", at(breach.facts.happened_from), at(breach.facts.happened_until)),
        n_persons: n(breach.facts.n_persons),
        n_documents: n(breach.facts.n_documents),
        late,
        missing: breach.facts.missing(),
        facts: breach.facts,
        id: breach.id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_comes_back_from_the_form() {
        let facts = BreachFacts {
            happened_from: Some("2026-11-20T02:05:00Z".parse().unwrap()),
            nature: "Tài khoản bị lộ mật khẩu".to_owned(),
            n_persons: Some(12),
            ..BreachFacts::default()
        };
        let keyed = keyed_of(&facts);
        assert_eq!(keyed["happened_from"], "2026-11-20T09:05");
        assert_eq!(facts_of(&keyed), Ok(facts));
        assert_eq!(entries(&keyed).len(), keyed.len());
        for (name, wrong) in [("n_persons", "-1"), ("n_documents", "mười"), ("happened_until", "hôm qua")]
        {
            let mut keyed = keyed.clone();
            keyed.insert(name.to_owned(), wrong.to_owned());
            assert!(facts_of(&keyed).is_err(), "{name}");
        }
    }
}
