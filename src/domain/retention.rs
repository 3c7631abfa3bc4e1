//! How long documents are kept, and what becomes of them before: taken out of the owner's store, held, erased.
//!
//! What the law does not say of a type is the agency's setting (Luật Lưu trữ 33/2024/QH15); nothing is erased without a
//! term. Knows nothing of the wall clock.

use jiff::{Span, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::code::DocumentTypeCode;

/// Who says how long.
const NOBODY: &str = "chưa có quy định hay thiết lập: lưu vĩnh viễn";

/// How long the documents of one type are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// Mã loại giấy tờ.
    #[serde(rename = "type")]
    pub type_code: DocumentTypeCode,
    /// Years since it was stored; for ever when absent.
    #[serde(default)]
    pub years: Option<u16>,
    /// Văn bản, điều, khoản that says so.
    pub source: String,
}

/// How long documents are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Years since it was stored of a type without a rule; for ever when absent.
    pub years: Option<u16>,
    /// Who says so.
    pub source: String,
    /// Of single types; the first that fits.
    pub rules: Vec<RetentionRule>,
    /// Whether the service erases by itself what is due; otherwise `sohoa retention` does, when somebody runs it.
    pub by_itself: bool,
}

/// Until when a document is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The last day; for ever when `None`.
    pub until: Option<Date>,
    /// Who says so.
    pub source: String,
}

impl Term {
    /// Whether it is over on `day`.
    pub fn is_over(&self, day: Date) -> bool {
        self.until.is_some_and(|until| day > until)
    }
}

impl Retention {
    /// Until when a document of that type is kept that was stored on `stored_on`.
    pub fn term(&self, type_code: &DocumentTypeCode, stored_on: Date) -> Term {
        let rule = self.rules.iter().find(|rule| rule.type_code == *type_code);
        let (years, source) = rule.map_or((self.years, &self.source), |rule| (rule.years, &rule.source));
        let until = years.map(|years| {
            let whole = stored_on.saturating_add(Span::new().years(i32::from(years)));
            whole.saturating_sub(Span::new().days(1))
        });
        let source = if source.trim().is_empty() { NOBODY.to_owned() } else { source.trim().to_owned() };
        Term { until, source }
    }
}

/// What officers do about a stored document; sealed where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum RecordAct {
    /// Takes it out of the owner's store.
    Remove {
        /// Why.
        reason: String,
    },
    /// Puts it back.
    Restore {
        /// Why.
        reason: String,
    },
    /// Says that it may not be erased.
    Hold {
        /// Why, by whose demand.
        reason: String,
    },
    /// Says that it may again.
    Lift {
        /// Why.
        reason: String,
    },
    /// Erases its files and fields for ever.
    Erase {
        /// Why.
        reason: String,
        /// How many files there were.
        n_files: u64,
    },
}

/// When what was done to a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Taken out of the owner's store.
    pub removed_at: Option<Timestamp>,
    /// May not be erased since.
    pub held_at: Option<Timestamp>,
    /// Files and fields are gone.
    pub erased_at: Option<Timestamp>,
    /// Its owner's data may not be used since.
    pub restricted_at: Option<Timestamp>,
}

/// Why an act has no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// It was erased.
    #[error("giấy tờ đã được xóa hẳn, không làm gì thêm được")]
    Erased,
    /// It is held.
    #[error("giấy tờ đang được giữ theo yêu cầu pháp lý, không gỡ và không xóa được")]
    Held,
    /// It is not held.
    #[error("giấy tờ không đang được giữ")]
    NotHeld,
    /// It was taken out before.
    #[error("giấy tờ đã được gỡ khỏi kho của chủ giấy tờ")]
    Removed,
    /// It lies in the owner's store.
    #[error("giấy tờ đang nằm trong kho của chủ giấy tờ: gỡ khỏi kho trước")]
    NotRemoved,
    /// Its term is not over, or it has none.
    #[error("giấy tờ chưa hết thời hạn lưu trữ, hoặc đơn vị chưa đặt thời hạn")]
    Kept,
}

impl RecordAct {
    /// How the document stands after the act at `now`, on a day on which its term `is_over` or not.
    ///
    /// # Errors
    /// [`NotNow`].
    pub fn leads(&self, from: Keeping, now: Timestamp, is_over: bool) -> Result<Keeping, NotNow> {
        if from.erased_at.is_some() {
            return Err(NotNow::Erased);
        }
        match self {
            Self::Remove { .. } if from.held_at.is_some() => Err(NotNow::Held),
            Self::Remove { .. } if from.removed_at.is_some() => Err(NotNow::Removed),
            Self::Remove { .. } => Ok(Keeping { removed_at: Some(now), ..from }),
            Self::Restore { .. } if from.removed_at.is_none() => Err(NotNow::NotRemoved),
            Self::Restore { .. } => Ok(Keeping { removed_at: None, ..from }),
            Self::Hold { .. } if from.held_at.is_some() => Err(NotNow::Held),
            Self::Hold { .. } => Ok(Keeping { held_at: Some(now), ..from }),
            Self::Lift { .. } if from.held_at.is_none() => Err(NotNow::NotHeld),
            Self::Lift { .. } => Ok(Keeping { held_at: None, ..from }),
            Self::Erase { .. } if from.held_at.is_some() => Err(NotNow::Held),
            Self::Erase { .. } if from.removed_at.is_none() => Err(NotNow::NotRemoved),
            Self::Erase { .. } if !is_over => Err(NotNow::Kept),
            Self::Erase { .. } => Ok(Keeping { erased_at: Some(now), ..from }),
        }
    }

    /// The name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Remove { .. } => "remove",
            Self::Restore { .. } => "restore",
            Self::Hold { .. } => "hold",
            Self::Lift { .. } => "lift",
            Self::Erase { .. } => "erase",
        }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        match self {
            Self::Remove { reason }
            | Self::Restore { reason }
            | Self::Hold { reason }
            | Self::Lift { reason }
            | Self::Erase { reason, .. } => reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_the_types_else_the_agencys_and_never_made_up() {
        let code = |text: &str| DocumentTypeCode::parse(text).unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let rule =
            |text: &str, years| RetentionRule { type_code: code(text), years, source: "Thông tư".into() };
        let set = Retention {
            years: Some(10),
            source: "Quyết định của cơ quan".into(),
            rules: vec![rule("1.001699-KQ1", Some(20)), rule("1.001776-KQ1", None)],
            by_itself: false,
        };
        let nothing = Retention::default();
        for (retention, text, until, source) in [
            (&nothing, "1.001699-KQ1", None, NOBODY),
            (&set, "1.001699-KQ1", Some("2046-11-20"), "Thông tư"),
            (&set, "1.001776-KQ1", None, "Thông tư"),
            (&set, "1.001776.01", Some("2036-11-20"), "Quyết định của cơ quan"),
        ] {
            let term = retention.term(&code(text), day("2026-11-21"));
            assert_eq!((term.until, term.source.as_str()), (until.map(day), source), "{text}");
        }
        let term = set.term(&code("1.001776.01"), day("2016-11-21"));
        assert!(!term.is_over(day("2026-11-20")) && term.is_over(day("2026-11-21")));
    }

    #[test]
    fn nothing_is_erased_that_is_held_or_whose_term_is_not_over() {
        let reason = || "…".to_owned();
        let acts = [
            RecordAct::Remove { reason: reason() },
            RecordAct::Restore { reason: reason() },
            RecordAct::Hold { reason: reason() },
            RecordAct::Lift { reason: reason() },
            RecordAct::Erase { reason: reason(), n_files: 0 },
        ];
        let now = Timestamp::UNIX_EPOCH;
        let at = |is: bool| is.then_some(now);
        // removed, held, erased, term over; which of the acts may be done.
        for (removed, held, erased, is_over, expected) in [
            (false, false, false, true, "+-+--"),
            (true, false, false, false, "-++--"),
            (true, false, false, true, "-++-+"),
            (true, true, false, true, "-+-+-"),
            (false, true, false, true, "---+-"),
            (true, false, true, true, "-----"),
        ] {
            let from = Keeping {
                removed_at: at(removed),
                held_at: at(held),
                erased_at: at(erased),
                restricted_at: None,
            };
            let may: String = acts
                .iter()
                .map(|act| if act.leads(from, now, is_over).is_ok() { '+' } else { '-' })
                .collect();
            assert_eq!(may, expected, "{from:?} {is_over}");
        }
    }
}
