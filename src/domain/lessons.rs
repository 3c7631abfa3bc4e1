//! What the corrections of officers teach: names and abbreviations of agencies, and titles of kinds of paper.
//!
//! A correction is no more than a candidate; a person takes it into the list or refuses it, and takes it back when it
//! turns out wrong. Nothing else learns. Knows neither where the list is kept nor who uses it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{
    code::DocumentTypeCode,
    fields::{ConfirmedFields, ProposedFields},
    ids::{LessonId, OfficerId},
};

/// Characters of a name or a title.
const CHARACTERS_AT_MOST: usize = 200;
/// Words of a short form: `Sở LĐ-TB&XH tỉnh Bà Rịa`.
const SHORT_WORDS_AT_MOST: usize = 6;

/// One thing that may be learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Lesson {
    /// An agency is written so: the marks of its name are settled by it.
    Agency {
        /// `Ủy ban nhân dân xã Bảo Ái`.
        name: String,
    },
    /// A head or a symbol says an agency so.
    Abbreviation {
        /// `UBND xã Bảo Ái`.
        short: String,
        /// `Ủy ban nhân dân xã Bảo Ái`.
        name: String,
    },
    /// Papers of a type bear this title.
    Title {
        /// `Giấy xác nhận mức độ khuyết tật`.
        title: String,
        /// The type.
        type_code: DocumentTypeCode,
    },
}

impl Lesson {
    /// What it is called for people.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Agency { .. } => "Tên cơ quan",
            Self::Abbreviation { .. } => "Tên viết tắt",
            Self::Title { .. } => "Tên loại giấy tờ",
        }
    }

    /// What it says, in one line.
    pub fn text(&self) -> String {
        match self {
            Self::Agency { name } => name.clone(),
            Self::Abbreviation { short, name } => format!("{short} = {name}"),
            Self::Title { title, type_code } => format!("{title} → {type_code}"),
        }
    }

    /// What the officer's corrections of one paper may teach; nothing where he changed nothing of the kind.
    pub fn of_corrections(proposed: &ProposedFields, confirmed: &ConfirmedFields) -> Vec<Self> {
        let mut lessons = Vec::new();
        if let Some(name) = confirmed.issuing_authority.as_deref().and_then(line)
            && proposed.issuing_authority.value.as_deref() != Some(name.as_str())
        {
            let said = line(&proposed.issuing_authority.raw);
            if let Some(short) = said.filter(|said| is_short_for(said, &name)) {
                lessons.push(Self::Abbreviation { short, name: name.clone() });
            }
            lessons.push(Self::Agency { name });
        }
        let is_other_type = proposed.document_type_code.value.as_ref() != Some(&confirmed.document_type_code);
        let is_other_name = proposed.document_name.value.as_deref() != Some(confirmed.document_name.as_str());
        // An official letter has no title, and one word ("QUYẾT ĐỊNH") tells no type.
        if is_other_type || is_other_name {
            let own = line(&confirmed.document_name);
            let title = own.filter(|title| title.split(' ').count() >= 3);
            let type_code = confirmed.document_type_code.clone();
            lessons.extend(title.map(|title| Self::Title { title, type_code }));
        }
        lessons
    }
}

/// One line of words, NFC, single spaces; `None` for what can't be a name.
fn line(text: &str) -> Option<String> {
    let text: String = text.nfc().collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_name = text.chars().filter(|c| c.is_alphabetic()).count() >= 2
        && text.chars().count() <= CHARACTERS_AT_MOST
        && !text.chars().any(char::is_control);
    is_name.then_some(text)
}

/// Whether `said` can stand for `name`: fewer words, of which one is made of the initials of words of the name, `và`
/// left out.
fn is_short_for(said: &str, name: &str) -> bool {
    let words = name.split([' ', '-']).filter(|w| !w.is_empty() && *w != "và");
    // `Ủy` is abbreviated by a plain U; Đ is a letter of its own.
    let initials: String = words.filter_map(|w| w.nfd().next()).flat_map(char::to_uppercase).collect();
    let is_initials = |word: &str| {
        let letters: String =
            word.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_uppercase).collect();
        letters.chars().count() >= 2 && initials.contains(&letters)
    };
    let n_said = said.split_whitespace().count();
    n_said < name.split_whitespace().count()
        && n_said <= SHORT_WORDS_AT_MOST
        && said.split_whitespace().any(is_initials)
}

/// What was done with a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonAct {
    /// Taken into the list.
    Accept,
    /// Looked at, and not taken.
    Reject,
    /// Taken out of the list again.
    TakeBack,
}

/// Where a lesson stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonState {
    /// Nobody has looked at it.
    Waiting,
    /// In the list.
    InForce,
    /// Not taken.
    Rejected,
    /// Was in the list.
    TakenBack,
}

impl LessonState {
    /// What it is called for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Chờ xem xét",
            Self::InForce => "Đang dùng",
            Self::Rejected => "Không dùng",
            Self::TakenBack => "Đã rút lại",
        }
    }

    /// The state after `act`; `None` where the act has no sense.
    pub fn after(self, act: LessonAct) -> Option<Self> {
        match (self, act) {
            (Self::Waiting | Self::Rejected | Self::TakenBack, LessonAct::Accept) => Some(Self::InForce),
            (Self::Waiting, LessonAct::Reject) => Some(Self::Rejected),
            (Self::InForce, LessonAct::TakeBack) => Some(Self::TakenBack),
            _ => None,
        }
    }
}

/// A lesson as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLesson {
    /// Its id.
    pub id: LessonId,
    /// What it says.
    pub lesson: Lesson,
    /// Where it stands.
    pub state: LessonState,
    /// How many papers were corrected so.
    pub n_papers: u64,
    /// When the last of them was.
    pub noted_at: Timestamp,
}

/// One version of the list: what was done, by whom, when, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonVersion {
    /// From 1; each act makes a new one.
    pub version: u64,
    /// What was done.
    pub act: LessonAct,
    /// With which lesson.
    pub lesson: LessonId,
    /// Why, where it was said.
    pub reason: Option<String>,
    /// Who.
    pub by: OfficerId,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_made_of_initials() {
        for (said, name, expected) in [
            ("UBND XÃ BẢO ÁI", "Ủy ban nhân dân xã Bảo Ái", true),
            ("SỞ LĐTBXH", "Sở Lao động - Thương binh và Xã hội", true),
            ("SỞ LĐ-TB", "Sở Lao động - Thương binh", true),
            ("ỦY BAN NHÂN DÂN XÃ BẢO AI", "Ủy ban nhân dân xã Bảo Ái", false),
            ("XÃ BẢO ÁI", "Ủy ban nhân dân xã Bảo Ái", false),
            ("UBND", "Phòng Nội vụ", false),
        ] {
            assert_eq!(is_short_for(said, name), expected, "{said} {name}");
        }
    }

    #[test]
    fn only_acts_that_make_sense_are_done() {
        use {LessonAct::*, LessonState::*};
        for (state, act, expected) in [
            (Waiting, Accept, Some(InForce)),
            (Waiting, Reject, Some(Rejected)),
            (Waiting, TakeBack, None),
            (InForce, TakeBack, Some(TakenBack)),
            (InForce, Accept, None),
            (InForce, Reject, None),
            (Rejected, Accept, Some(InForce)),
            (TakenBack, Accept, Some(InForce)),
            (TakenBack, TakeBack, None),
        ] {
            assert_eq!(state.after(act), expected, "{state:?} {act:?}");
        }
    }
}
