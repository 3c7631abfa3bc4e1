//! The index of an export, for people: one page of HTML without script, in Vietnamese.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::{
    clock::minute_in_vietnam,
    domain::{
        code::OwnerKey,
        event::{ActedAs, Action},
        officer::Officer,
    },
    store::audit::KeptEvent,
    workflows::browse::Purpose,
};

/// Readings that the page shows; all of them are in `data.json`.
const READINGS_SHOWN: usize = 300;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#1a1d21}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #c9ced6;padding:.4em .6em;text-align:left;\
vertical-align:top}th{background:#e6eaf0}.note{background:#fdebc8;padding:.6em 1em}small{color:#4a525c}";

/// One document in the index.
pub(super) struct Line {
    pub n: usize,
    pub name: String,
    pub abstract_text: String,
    pub number: String,
    pub issued_on: String,
    pub authority: String,
    pub stored_at: Timestamp,
    pub confirmed: String,
    pub files: Vec<String>,
    pub other: Vec<(String, String)>,
}

/// One reading in the index.
pub(super) struct ReadingLine {
    at: Timestamp,
    who: String,
    what: &'static str,
    document: Option<usize>,
    purpose: String,
}

impl ReadingLine {
    pub(super) fn of(event: &KeptEvent, action: Action, document: Option<usize>) -> Self {
        let who = match &event.actor {
            None => "Hệ thống".to_owned(),
            Some(ActedAs::Officer { full_name, unit: Some(unit), .. }) => format!("{full_name} ({unit})"),
            Some(actor) => actor.name().to_owned(),
        };
        let purpose = event.purpose.clone().unwrap_or_default();
        Self { at: event.at, who, what: action.words(), document, purpose }
    }
}

/// What the index says.
pub(super) struct Index {
    made_at: Timestamp,
    made_by: String,
    pub lines: Vec<Line>,
    /// Unit, reason, how many documents.
    pub left_out: Vec<(String, &'static str, u64)>,
    pub n_on_their_way: u64,
    pub n_requests: u64,
    readings: Vec<ReadingLine>,
    n_readings: u64,
}

impl Index {
    pub(super) fn new(made_at: Timestamp, by: &Officer) -> Self {
        let unit = by.unit.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
        Self {
            made_at,
            made_by: format!("{}{unit}", by.full_name),
            lines: Vec::new(),
            left_out: Vec::new(),
            n_on_their_way: 0,
            n_requests: 0,
            readings: Vec::new(),
            n_readings: 0,
        }
    }

    /// Notes a reading; the newest are shown.
    pub(super) fn read(&mut self, reading: ReadingLine) {
        self.n_readings += 1;
        self.readings.push(reading);
        if self.readings.len() >= 2 * READINGS_SHOWN {
            self.keep_newest();
        }
    }

    fn keep_newest(&mut self) {
        self.readings.sort_by_key(|reading| std::cmp::Reverse(reading.at));
        self.readings.truncate(READINGS_SHOWN);
    }

    /// The page.
    pub(super) fn page(&self, keys: &[OwnerKey], purpose: &Purpose) -> String {
        let mut out = format!(
            "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"><title>Dữ liệu cá nhân trong kho số hóa</title>\
             <style>{STYLE}</style></head><body>\n<h1>Dữ liệu của một cá nhân, tổ chức trong kho số hóa giấy tờ</h1>\n"
        );
        let known: Vec<String> = keys.iter().map(|key| escaped(&key.to_string())).collect();
        let _ = writeln!(
            out,
            "<p>Của: <strong>{}</strong><br>Xuất lúc {} (giờ Việt Nam), người xuất: {}.<br>Mục đích: {}.</p>\n\
             <p>Tệp <a href=\"data.json\">data.json</a> có toàn bộ dữ liệu dưới dạng máy đọc được.</p>",
            known.join("; "),
            minute_in_vietnam(self.made_at),
            escaped(&self.made_by),
            escaped(purpose.as_str()),
        );
        self.notes(&mut out);
        self.documents(&mut out);
        self.who_read(&mut out);
        out.push_str("</body></html>\n");
        out
    }

    /// What is not here, and who has it.
    fn notes(&self, out: &mut String) {
        let n: u64 = self.left_out.iter().map(|(_, _, n)| n).sum();
        if n > 0 {
            let _ = write!(out, "<div class=\"note\"><p>Có {n} giấy tờ không nằm trong bản này:</p><ul>");
            for (unit, reason, n) in &self.left_out {
                let _ = write!(
                    out,
                    "<li>{n} – {}: đề nghị <strong>{}</strong> cấp.</li>",
                    super::words_of(reason),
                    escaped(unit)
                );
            }
            out.push_str("</ul></div>\n");
        }
        if self.n_on_their_way > 0 {
            let _ = writeln!(
                out,
                "<p class=\"note\">Có {} giấy tờ đã được cấp mã nhưng chưa vào kho, không nằm trong bản này.</p>",
                self.n_on_their_way
            );
        }
        if self.n_requests > 0 {
            let _ = writeln!(
                out,
                "<p class=\"note\">Có {} yêu cầu về dữ liệu gửi tới đơn vị khác, không nằm trong bản này.</p>",
                self.n_requests
            );
        }
        out.push_str(
            "<p><small>Giấy tờ đang xử lý, chưa được xác nhận là của ai, và tài liệu mật đã cách ly không nằm trong kho nên \
             không nằm trong bản này.</small></p>\n",
        );
    }

    fn documents(&self, out: &mut String) {
        let _ = writeln!(out, "<h2>Giấy tờ trong kho ({})</h2>", self.lines.len());
        if self.lines.is_empty() {
            return;
        }
        out.push_str(
            "<table><thead><tr><th>STT</th><th>Giấy tờ</th><th>Số, ký hiệu</th><th>Ngày cấp</th><th>Cơ quan cấp</th>\
             <th>Xác nhận, lưu kho</th><th>Tệp</th></tr></thead><tbody>\n",
        );
        for line in &self.lines {
            let other: Vec<String> = line
                .other
                .iter()
                .map(|(name, value)| format!("{}: {}", escaped(label_of(name)), escaped(value)))
                .collect();
            let name_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            let files: Vec<String> = line
                .files
                .iter()
                .map(|path| format!("<a href=\"{}\">{}</a>", escaped(path), escaped(&name_of(path))))
                .collect();
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td><strong>{}</strong>{}<br><small>{}</small></td><td>{}</td><td>{}</td><td>{}</td>\
                 <td>{}<br><small>{}</small></td><td>{}</td></tr>",
                line.n,
                escaped(&line.name),
                abstract_of(line),
                other.join("; "),
                escaped(&line.number),
                line.issued_on,
                escaped(&line.authority),
                escaped(&line.confirmed),
                minute_in_vietnam(line.stored_at),
                files.join("<br>"),
            );
        }
        out.push_str("</tbody></table>\n");
    }

    fn who_read(&self, out: &mut String) {
        let _ = writeln!(out, "<h2>Ai đã xem ({} lần)</h2>", self.n_readings);
        let mut shown: Vec<&ReadingLine> = self.readings.iter().collect();
        shown.sort_by_key(|reading| std::cmp::Reverse(reading.at));
        shown.truncate(READINGS_SHOWN);
        if (shown.len() as u64) < self.n_readings {
            let _ =
                writeln!(out, "<p>Dưới đây là {} lần gần nhất; tất cả nằm trong data.json.</p>", shown.len());
        }
        if shown.is_empty() {
            return;
        }
        out.push_str("<table><thead><tr><th>Lúc</th><th>Ai</th><th>Việc</th><th>Giấy tờ</th><th>Mục đích</th></tr></thead><tbody>\n");
        for reading in shown {
            let document = reading.document.map(|n| n.to_string()).unwrap_or_default();
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{document}</td><td>{}</td></tr>",
                minute_in_vietnam(reading.at),
                escaped(&reading.who),
                reading.what,
                escaped(&reading.purpose),
            );
        }
        out.push_str("</tbody></table>\n");
    }
}

fn abstract_of(line: &Line) -> String {
    if line.abstract_text.is_empty() {
        String::new()
    } else {
        format!("<br>{}", escaped(&line.abstract_text))
    }
}

/// What a further field is called; those that a kind of paper adds keep their key.
fn label_of(name: &str) -> &str {
    match name {
        "holder_name" => "Họ tên người được cấp",
        "holder_birth_date" => "Ngày sinh người được cấp",
        "signer_name" => "Người ký",
        "signer_position" => "Chức vụ người ký",
        "parent_authority" => "Cơ quan chủ quản",
        other => other,
    }
}

/// Text between tags and in attributes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{OfficerId, PersonalId};

    #[test]
    fn nothing_that_was_keyed_becomes_a_tag_and_the_newest_readings_are_shown() {
        let officer = Officer {
            id: OfficerId::new(),
            full_name: "Trần Thị <Mẫu>".into(),
            personal_id: PersonalId::parse("079190000001").unwrap(),
            unit: Some("Bộ phận \"Một cửa\"".into()),
        };
        let mut index = Index::new(Timestamp::UNIX_EPOCH, &officer);
        for n in 0..1_000_i64 {
            let at = Timestamp::from_second(n).unwrap();
            index.read(ReadingLine {
                at,
                who: format!("người {n}"),
                what: "xem",
                document: None,
                purpose: "<b>".into(),
            });
        }
        index.left_out.push(("Đơn vị & B".into(), "child", 2));
        let key = OwnerKey::parse("Nguyễn Thị Ánh 02.03.1990").unwrap();
        let page = index.page(&[key], &Purpose::parse("<script>alert(1)</script>").unwrap());
        assert!(!page.contains("<script") && !page.contains("<Mẫu>") && !page.contains("<b>"));
        for said in [
            "Nguyễn Thị Ánh 02.03.1990",
            "người 999",
            "(1000 lần)",
            "Đơn vị &amp; B",
            "2 – giấy tờ của trẻ em",
        ] {
            assert!(page.contains(said), "{said}");
        }
        assert!(!page.contains("người 699<"), "only the newest");
    }
}
