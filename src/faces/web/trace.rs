//! The trace for auditors: who did what, when, to what, why; searched, and itself traced.

use askama::Template;
use axum::{extract::Query, http::StatusCode, response::Response};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{Fault, Frame, Web, html, minute};
use crate::{
    clock::{instant_in_vietnam, midnight_in_vietnam},
    domain::{
        account::Way,
        event::{ActedAs, Action, Change},
        fields::FieldKey,
        ids::{DossierId, masked},
    },
    store::audit::{KeptEvent, Search},
    workflows::trace::{self, TraceError},
};

/// Events of a page.
const SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "pages/trace.html")]
struct TracePage {
    frame: Frame,
    message: Option<String>,
    asked: TraceIn,
    actors: Vec<Choice>,
    actions: Vec<Choice>,
    kinds: Vec<Choice>,
    events: Vec<EventLine>,
    /// Address of the next page.
    next: Option<String>,
}

struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

struct EventLine {
    at: String,
    segment: Option<u64>,
    who: String,
    /// Number, unit, sign-in, address.
    whence: Vec<String>,
    what: String,
    kind: String,
    id: String,
    /// Where the object's own events are shown.
    address: String,
    purpose: String,
    changes: Vec<ChangeLine>,
    facts: Vec<(String, String)>,
}

struct ChangeLine {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

/// What is asked for, as the form sends it; empty where nothing is.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct TraceIn {
    from: String,
    until: String,
    actor: String,
    action: String,
    kind: String,
    id: String,
    before: String,
}

/// `GET /trace`.
pub(super) async fn page(web: Web, Query(asked): Query<TraceIn>) -> Response {
    match content(&web, asked).await {
        Ok((status, page)) => html(status, &page),
        Err(error) => Fault::from(error).page(&web),
    }
}

async fn content(web: &Web, asked: TraceIn) -> Result<(StatusCode, TracePage), TraceError> {
    let officers = trace::officers(&web.ctx, web.officer()).await?;
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == chosen,
    };
    let mut page = TracePage {
        frame: web.frame("trace"),
        message: None,
        actors: officers.iter().map(|o| choice(o.id.as_str(), &o.full_name, &asked.actor)).collect(),
        actions: Action::ALL.iter().map(|a| choice(&a.as_str(), a.words(), &asked.action)).collect(),
        kinds: trace::KINDS.iter().map(|(kind, words)| choice(kind, words, &asked.kind)).collect(),
        events: Vec::new(),
        next: None,
        asked: asked.clone(),
    };
    match asked.search() {
        Err(message) => {
            page.message = Some(message.to_owned());
            Ok((StatusCode::BAD_REQUEST, page))
        }
        Ok(search) => {
            let found = trace::read(&web.ctx, web.officer(), &search, SHOWN).await?;
            page.events = found.events.iter().map(line_of).collect();
            page.next = found.next.map(|before| asked.address(before));
            Ok((StatusCode::OK, page))
        }
    }
}

impl TraceIn {
    fn search(&self) -> Result<Search, &'static str> {
        let day = |text: &str| {
            let date = if text.is_empty() { return Ok(None) } else { text.parse::<Date>() };
            date.map(Some).map_err(|_| "Ngày phải theo dạng năm-tháng-ngày.")
        };
        let midnight = |date: Option<Date>| date.and_then(midnight_in_vietnam);
        let until = midnight(day(&self.until)?.and_then(|date| date.tomorrow().ok()));
        let before = match self.before.as_str() {
            "" => None,
            text => Some(text.parse::<Timestamp>().map_err(|_| "Địa chỉ trang tiếp theo không đúng.")?),
        };
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut search = Search {
            from: midnight(day(&self.from)?),
            until: [until, before].into_iter().flatten().min(),
            actor: said(&self.actor),
            action: said(&self.action),
            ..Search::default()
        };
        match (said(&self.kind), said(&self.id)) {
            (_, None) => {}
            (None, Some(_)) => return Err("Cần chọn loại đối tượng của mã."),
            (Some(kind), Some(id)) if kind == "dossier" => {
                search.dossier = Some(DossierId::parse(&id).map_err(|_| "Không phải mã hồ sơ.")?);
            }
            (Some(kind), Some(id)) => search.object = Some((kind, id)),
        }
        Ok(search)
    }

    /// The same search, before an instant.
    fn address(&self, before: Timestamp) -> String {
        let before = before.to_string();
        let parts = [
            ("from", &self.from),
            ("until", &self.until),
            ("actor", &self.actor),
            ("action", &self.action),
            ("kind", &self.kind),
            ("id", &self.id),
            ("before", &before),
        ];
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        let said = parts.into_iter().filter(|(_, text)| !text.is_empty() && text.chars().all(plain));
        let said: Vec<String> = said.map(|(name, text)| format!("{name}={text}")).collect();
        format!("/trace?{}", said.join("&"))
    }
}

fn line_of(event: &KeptEvent) -> EventLine {
    let action = Action::parse(&event.action);
    let kind = trace::KINDS.iter().find(|(kind, _)| *kind == event.object_kind);
    let object =
        TraceIn { kind: event.object_kind.clone(), id: event.object_id.clone(), ..TraceIn::default() };
    let changes = event.change.differences().into_iter();
    let facts = Change { before: None, after: event.detail.clone() }.differences().into_iter();
    EventLine {
        at: instant_in_vietnam(event.at),
        segment: event.segment,
        who: event.actor.as_ref().map_or("Hệ thống", ActedAs::name).to_owned(),
        whence: event.actor.as_ref().map(whence).unwrap_or_default(),
        what: action.map_or_else(|| event.action.clone(), |action| action.words().to_owned()),
        kind: kind.map_or_else(|| event.object_kind.clone(), |(_, words)| (*words).to_owned()),
        id: event.object_id.clone(),
        address: kind.map(|_| object.plain_address()).unwrap_or_default(),
        purpose: event.purpose.clone().unwrap_or_default(),
        changes: changes
            .map(|(name, before, after)| {
                let shown = |value: Option<String>| value.map(|value| shown(&name, value));
                ChangeLine { before: shown(before), after: shown(after), name: label_of(&name) }
            })
            .collect(),
        facts: facts
            .map(|(name, _, after)| (label_of(&name), fact(&name, after.unwrap_or_default())))
            .collect(),
    }
}

impl TraceIn {
    /// The object's own events.
    fn plain_address(&self) -> String {
        let is_plain = self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if is_plain { format!("/trace?kind={}&id={}", self.kind, self.id) } else { String::new() }
    }
}

/// What Điều 10 khoản 2 wants to know beside the name.
fn whence(actor: &ActedAs) -> Vec<String> {
    let (number, unit, signed_in_at, address) = match actor {
        ActedAs::Officer { personal_id, unit, signed_in_at, address, .. } => {
            let number = format!("Số định danh {}", masked(personal_id.as_str()));
            (Some(number), unit.clone(), signed_in_at, address)
        }
        ActedAs::Client { signed_in_at, address, .. } => (None, None, signed_in_at, address),
    };
    let from = address.map(|address| format!("từ {address}"));
    let signed_in = Some(format!("đăng nhập {}", minute(*signed_in_at)));
    [number, unit, signed_in, from].into_iter().flatten().collect()
}

/// A value as the list shows it.
fn shown(name: &str, value: String) -> String {
    let is_number = matches!(name, "owner" | "personal_id") && value.bytes().any(|b| b.is_ascii_digit());
    if is_number { masked(&value) } else { value }
}

/// A fact as the list shows it.
fn fact(name: &str, value: String) -> String {
    match Way::parse(&value) {
        Some(way) if name == "way" => way.words().to_owned(),
        _ => value,
    }
}

/// What an auditor calls a field.
fn label_of(name: &str) -> String {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let label = match first {
        "document_type_code" => FieldKey::DocumentTypeCode.label(),
        "owner" => "Chủ giấy tờ",
        "document_name" => FieldKey::DocumentName.label(),
        "document_number" => FieldKey::DocumentNumber.label(),
        "issued_on" => FieldKey::IssuedOn.label(),
        "issuing_authority" => FieldKey::IssuingAuthority.label(),
        "abstract" => FieldKey::Abstract.label(),
        "validity_period" => FieldKey::ValidityPeriod.label(),
        "validity_scope" => FieldKey::ValidityScope.label(),
        "other" => FieldKey::Other.label(),
        "state" => "Trạng thái",
        "before" => "Trước",
        "after" => "Sau",
        "reason" => "Lý do",
        "findings" => "Lỗi của bản quét",
        "full_name" => "Họ và tên",
        "personal_id" => "Số định danh cá nhân",
        "unit" => "Đơn vị",
        "lesson" => "Nội dung học",
        "way" => "Cách đăng nhập",
        "certificate" => "Chứng thư (SHA-256)",
        "due_at" => "Hạn",
        "is_late" => "Chậm hạn",
        "detected_at" => "Phát hiện lúc",
        "request" => "Theo yêu cầu",
        "found" => "Kết quả đếm",
        other => other,
    };
    if rest.is_empty() { label.to_owned() } else { format!("{label}: {rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_masked_and_the_rest_is_not() {
        for (name, value, expected) in [
            ("owner", "001085012345", "********2345"),
            ("personal_id", "079190000001", "********0001"),
            ("document_number", "12/QĐ-UBND", "12/QĐ-UBND"),
            ("owner", "chưa rõ", "chưa rõ"),
        ] {
            assert_eq!(shown(name, value.to_owned()), expected, "{name}");
        }
        assert_eq!(label_of("other.holder_name"), format!("{}: holder_name", FieldKey::Other.label()));
        assert_eq!(label_of("no_such_field"), "no_such_field");
    }

    #[test]
    fn the_next_page_asks_for_the_same() {
        let asked = TraceIn { action: "view_paper".into(), id: "a b&c".into(), ..TraceIn::default() };
        let address = asked.address("2026-11-21T03:00:00.000001Z".parse().unwrap());
        assert_eq!(address, "/trace?action=view_paper&before=2026-11-21T03:00:00.000001Z");
    }
}
