//! Whether a paper that is in the store serves a dossier again (Điều 12, Điều 14 NĐ 45/2020/NĐ-CP): judged for one
//! component, one place and one day, each answer with its reason.
//!
//! What can't be known from what is kept is [`Answer::Unknown`], which a person decides, never [`Answer::Fits`].

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{
    ids::{ComponentCode, DossierId, OfficerId, PaperId, RecordId, ReuseId},
    record::{SignatureState, StoredRecord},
};

/// Whether something serves; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It does.
    Fits,
    /// A person has to look.
    Unknown,
    /// It does not.
    DoesNot,
}

/// One question that was asked of a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `revocation`, `validity`, `scope`, `signature`.
    pub question: Question,
    /// The answer.
    pub answer: Answer,
    /// One Vietnamese sentence.
    pub message: String,
}

/// What is asked of a paper before it serves again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whether it was cancelled.
    Revocation,
    /// Whether it is in force on the day.
    Validity,
    /// Whether it holds at the place.
    Scope,
    /// Whether its signatures are what they say.
    Signature,
}

/// All answers about one paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The worst of them.
    pub answer: Answer,
    /// The day it was judged for.
    pub day: Date,
    /// Each with its reason.
    pub reasons: Vec<Reason>,
}

impl Judgement {
    /// The reasons why it does not serve; none where it does, or where a person decides.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        let of_faults = self.reasons.iter().filter(|reason| reason.answer == Answer::DoesNot);
        of_faults.map(|reason| reason.message.as_str())
    }
}

/// What the signatures of a paper were found to be worth, where they were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// Not yet: when the paper is taken they are.
    NotLookedAt,
    /// All of them hold.
    Hold,
    /// It can't be told.
    Unknown,
    /// One does not.
    Broken,
}

/// Judges `record` for a dossier handled at `place` (the name of the unit, such as `UBND xã Nghĩa Lộ`) on `day`.
pub fn judge(record: &StoredRecord, place: Option<&str>, day: Date, signatures: Signatures) -> Judgement {
    let reasons = vec![
        match record.keeping.removed_at {
            None => revocation(record.revoked_at),
            Some(_) => Reason {
                question: Question::Revocation,
                answer: Answer::DoesNot,
                message: "Giấy tờ đã được gỡ khỏi kho của chủ giấy tờ: không sử dụng lại được.".to_owned(),
            },
        },
        validity(record, day),
        scope(record.fields.validity_scope.as_deref(), place),
        signature(record.signature, signatures),
    ];
    let answer = reasons.iter().map(|reason| reason.answer).max().unwrap_or(Answer::Unknown);
    Judgement { answer, day, reasons }
}

fn revocation(revoked_at: Option<Timestamp>) -> Reason {
    let (answer, message) = match revoked_at {
        None => (Answer::Fits, "Giấy tờ chưa bị hủy hoặc thu hồi.".to_owned()),
        Some(_) => (Answer::DoesNot, "Giấy tờ đã bị hủy hoặc thu hồi: không sử dụng lại được.".to_owned()),
    };
    Reason { question: Question::Revocation, answer, message }
}

fn validity(record: &StoredRecord, day: Date) -> Reason {
    let shown = |day: Date| day.strftime("%d/%m/%Y").to_string();
    let (answer, message) = match record.fields.validity_period {
        None => (Answer::Fits, "Giấy tờ không ghi thời hạn.".to_owned()),
        Some(period) if period.is_valid_on(day) => {
            let until = period.until.map_or_else(String::new, |until| format!(" đến hết {}", shown(until)));
            (Answer::Fits, format!("Còn thời hạn{until}."))
        }
        Some(period) => match (period.from, period.until) {
            (Some(from), _) if day < from => {
                (Answer::DoesNot, format!("Chưa có hiệu lực: từ ngày {}.", shown(from)))
            }
            (_, Some(until)) => (Answer::DoesNot, format!("Đã hết thời hạn từ sau ngày {}.", shown(until))),
            _ => (Answer::Unknown, "Không rõ thời hạn: xin đối chiếu với giấy tờ.".to_owned()),
        },
    };
    Reason { question: Question::Validity, answer, message }
}

/// A scope is what the paper prints: it fits where it names the whole country or the very place, else a person knows.
fn scope(printed: Option<&str>, place: Option<&str>) -> Reason {
    let plain = |text: &str| text.nfc().collect::<String>().to_lowercase();
    let (answer, message) = match printed.map(plain) {
        None => (Answer::Fits, "Giấy tờ không ghi phạm vi có hiệu lực.".to_owned()),
        Some(scope) => {
            let is_whole = ["toàn quốc", "cả nước"].iter().any(|whole| scope.contains(whole));
            let is_here = place.map(plain).is_some_and(|place| names(&scope, &place));
            if is_whole || is_here {
                (Answer::Fits, "Phạm vi có hiệu lực bao gồm nơi giải quyết hồ sơ.".to_owned())
            } else {
                let message =
                    "Phạm vi có hiệu lực ghi trên giấy tờ không nêu rõ nơi giải quyết hồ sơ: xin đối chiếu.";
                (Answer::Unknown, message.to_owned())
            }
        }
    };
    Reason { question: Question::Scope, answer, message }
}

/// Whether `scope` names the place of a unit: `trên địa bàn xã nghĩa lộ` that of `ubnd xã nghĩa lộ`. Only whole words,
/// from the kind of place on, and no other place before it that it might be a part of.
fn names(scope: &str, unit: &str) -> bool {
    const KINDS: [&str; 6] = ["xã ", "phường ", "thị trấn ", "đặc khu ", "tỉnh ", "thành phố "];
    let Some(place) = KINDS.iter().filter_map(|kind| unit.find(kind)).min().map(|at| unit[at..].trim())
    else {
        return false;
    };
    let is_end = |rest: &str| rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != ' ');
    scope.match_indices(place).any(|(at, _)| {
        let rest = &scope[at + place.len()..];
        (at == 0 || scope[..at].ends_with(' ')) && is_end(rest)
    })
}

fn signature(state: SignatureState, signatures: Signatures) -> Reason {
    let (answer, message) = match (state, signatures) {
        (SignatureState::Unsigned, _) => {
            (Answer::Unknown, "Bản số hóa chưa có chữ ký số: xin đối chiếu với bản chính hoặc bản quét.")
        }
        (_, Signatures::NotLookedAt) => (Answer::Fits, "Có chữ ký số; được kiểm tra lại khi sử dụng."),
        (_, Signatures::Hold) => (Answer::Fits, "Các chữ ký số hợp lệ."),
        (_, Signatures::Unknown) => {
            (Answer::Unknown, "Chưa xác định được giá trị chữ ký số: xem kết quả kiểm tra chữ ký.")
        }
        (_, Signatures::Broken) => (Answer::DoesNot, "Có chữ ký số không hợp lệ: không sử dụng lại được."),
    };
    Reason { question: Question::Signature, answer, message: message.to_owned() }
}

/// A paper of the store that was taken for a component of a dossier; the row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reuse {
    /// Row id.
    pub id: ReuseId,
    /// The document.
    pub record: RecordId,
    /// The dossier.
    pub dossier: DossierId,
    /// For which component.
    pub component: ComponentCode,
    /// The paper that was given up for it, where one was handed in all the same.
    pub paper: Option<PaperId>,
    /// What was said of it then.
    pub judged: Judgement,
    /// Why it was read.
    pub purpose: String,
    /// Why it was taken though something was unknown.
    pub reason: Option<String>,
    /// By whom.
    pub by: OfficerId,
    /// When.
    pub at: Timestamp,
    /// When that was taken back.
    pub undone_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_fits_where_it_names_the_place_and_is_asked_elsewhere() {
        use Answer::{Fits, Unknown};
        for (printed, place, expected) in [
            (None, None, Fits),
            (Some("trên phạm vi toàn quốc"), None, Fits),
            (Some("Trên địa bàn xã Nghĩa Lộ"), Some("UBND xã Nghĩa Lộ"), Fits),
            (Some("trên địa bàn xã Nghĩa Lộ, tỉnh Lào Cai"), Some("Ủy ban nhân dân xã Nghĩa Lộ"), Fits),
            (Some("trên địa bàn xã Nghĩa Lộ Thượng"), Some("UBND xã Nghĩa Lộ"), Unknown),
            (Some("trên địa bàn xã Nghĩa Lộ"), Some("UBND xã Nghĩa"), Unknown),
            (Some("trên địa bàn xã Nghĩa Lộ"), Some("UBND xã Bảo Ái"), Unknown),
            (Some("trên địa bàn xã Nghĩa Lộ"), Some("Bộ phận Một cửa"), Unknown),
            (Some("trên địa bàn xã Nghĩa Lộ"), None, Unknown),
        ] {
            assert_eq!(scope(printed, place).answer, expected, "{printed:?} {place:?}");
        }
    }

    #[test]
    fn what_is_worst_decides() {
        use Answer::{DoesNot, Fits, Unknown};
        assert!(Fits < Unknown && Unknown < DoesNot);
        for (state, signatures, expected) in [
            (SignatureState::Unsigned, Signatures::Hold, Unknown),
            (SignatureState::Signed, Signatures::NotLookedAt, Fits),
            (SignatureState::Signed, Signatures::Hold, Fits),
            (SignatureState::Sealed, Signatures::Unknown, Unknown),
            (SignatureState::SignedAndSealed, Signatures::Broken, DoesNot),
        ] {
            assert_eq!(signature(state, signatures).answer, expected, "{state:?} {signatures:?}");
        }
        assert_eq!(revocation(Some(Timestamp::UNIX_EPOCH)).answer, DoesNot);
    }
}
