//! Điều 6 khoản 8: the period of validity, where the paper states one of its own.
//!
//! Only a sentence about *this* paper counts: laws that are cited begin and end too.

use std::sync::LazyLock;

use jiff::{Span, civil::Date};
use regex::Regex;

use super::{
    Reading,
    dates::{FoundDate, dates_in},
    flow::Sentence,
    layout::{place_of, text_of},
    settle,
};
use crate::domain::{
    fields::{Proposed, Status},
    validity::ValidityPeriod,
};

/// A word with figures below this is not taken.
const FIGURES_AT: f32 = 0.80;

/// How sure a period is at least whose figures were read and whose sentence was understood: marks of the
/// words around them change nothing.
const STATED: f32 = 0.80;

/// Words that begin a statement on validity, folded.
static EFFECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:co hieu luc|co gia tri|thoi han (?:co )?hieu luc|thoi han su dung|thoi han gia tri|thoi han hop dong|hieu luc (?:ke )?tu|hieu luc cua|het hieu luc|gia tri den|co thoi han|thoi han cua (?:giay|quyet))")
        .expect("the pattern is a constant")
});

/// `Quyết định này`, `Giấy phép lao động này`, …
static THIS_PAPER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:quyet dinh|hop dong|giay|thong bao|chi thi|van ban|giay phep|chung nhan|xac nhan|ke hoach|quy dinh|phieu|the|ban|to|trich luc)(?: [a-z]+){0,5} nay\b")
        .expect("the pattern is a constant")
});

static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^dieu [0-9]{1,2}[.:] ?").expect("the pattern is a constant"));

static CITED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:luat|nghi dinh|thong tu|bo luat|phap lenh|quyet dinh so|nghi quyet|van ban so)[^,;]*$")
        .expect("the pattern is a constant")
});

static FROM_SIGNING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:ke )?tu ngay (?:ky|cap|ban hanh)(?: ban hanh)?\b").expect("the pattern is a constant")
});

static TERM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([0-9]{1,2})[.:,;]?\s?(?:\([a-z ]+\)\s)?(nam|thang)\b,? (?:ke |tinh )?(?:ke )?tu ngay (?:ky|cap|ban hanh)")
        .expect("the pattern is a constant")
});

static OF_A_TERM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:nam|thang)\b,? (?:ke |tinh )?(?:ke )?tu ngay (?:ky|cap|ban hanh)")
        .expect("the pattern is a constant")
});

static END_OF_YEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"den (?:het |cuoi )(?:nam )([0-9]{4})\b").expect("the pattern is a constant")
});

static UNTIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:den|het hieu luc(?: sau)?|toi)(?: het)?(?: vao)?:?\s*$")
        .expect("the pattern is a constant")
});
static SINCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\btu:?\s*$").expect("the pattern is a constant"));

/// A first day in figures, however they were read: `từ ngày 01 tháng § năm 2022`.
static SINCE_A_DAY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\btu ngay:? *(?:[^ ]*[0-9]|[^ ]+ thang\b)").expect("the pattern is a constant")
});

/// What one sentence says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Stated {
    from: Option<Date>,
    until: Option<Date>,
    /// It speaks of validity, and a part of it could not be read.
    is_doubtful: bool,
}

pub(super) fn propose(reading: &Reading, issued_on: &Proposed<Date>) -> Proposed<ValidityPeriod> {
    let statements: Vec<(&Sentence, Stated)> = own_statements(reading)
        .map(|s| (s, read_sentence(reading, s, issued_on)))
        .filter(|(_, stated)| *stated != Stated::default())
        .collect();
    let Some((first, _)) = statements.first() else { return Proposed::absent() };
    let raw = text_of(&first.tokens);
    let place = place_of(first.page, &first.tokens);
    let doubt = || Proposed::not_read(raw.clone(), place);
    let agreed = |values: Vec<Date>| match values.as_slice() {
        [] => Some(None),
        [one, rest @ ..] => rest.iter().all(|v| v == one).then_some(Some(*one)),
    };
    let from = agreed(statements.iter().filter_map(|(_, s)| s.from).collect());
    let until = agreed(statements.iter().filter_map(|(_, s)| s.until).collect());
    let (Some(from), Some(until), false) = (from, until, statements.iter().any(|(_, s)| s.is_doubtful))
    else {
        return doubt();
    };
    match ValidityPeriod::new(from, until) {
        Ok(period) => {
            let (mean, _) = super::layout::confidence_of(&first.tokens);
            settle(reading, period, raw, mean.max(STATED), place)
        }
        Err(_) => doubt(),
    }
}

/// Sentences on the validity of this paper.
pub(super) fn own_statements(reading: &Reading) -> impl Iterator<Item = &Sentence> {
    let is_work_permit = reading.title.as_ref().is_some_and(|t| t.phrase().starts_with("giay phep lao dong"));
    reading.sentences.iter().filter(move |s| {
        let is_term_of_work = is_work_permit && s.folded.contains("thoi han lam viec");
        is_term_of_work || is_about_this_paper(s)
    })
}

fn is_about_this_paper(sentence: &Sentence) -> bool {
    let Some(effect) = EFFECT.find(&sentence.folded) else { return false };
    let before = &sentence.folded[..effect.start()];
    // "Điều 1. Thời hạn hợp đồng: …" begins as a label does.
    let before = ARTICLE.replace(before, "");
    let before = before.as_ref();
    let is_label = before.chars().filter(|c| c.is_alphabetic()).count() <= 3;
    let names_this =
        THIS_PAPER.is_match(before) || (before.trim().is_empty() && THIS_PAPER.is_match(&sentence.folded));
    let is_cited = CITED.is_match(before) && !names_this;
    (is_label || names_this) && !is_cited
}

fn read_sentence(reading: &Reading, sentence: &Sentence, issued_on: &Proposed<Date>) -> Stated {
    let folded = &sentence.folded;
    let mut stated = Stated::default();
    let issued = issued_on.value.filter(|_| issued_on.status == Status::Read);
    if let Some(term) = TERM.captures(folded) {
        let n = term.get(1).and_then(|n| n.as_str().parse::<i16>().ok()).unwrap_or(0);
        let is_years = term.get(2).is_some_and(|u| u.as_str() == "nam");
        let end = issued.and_then(|day| {
            if is_years { ValidityPeriod::end_after_years(day, n) } else { months_later(day, n) }
        });
        let sure = term.get(1).is_some_and(|n| weakest(sentence, n.range()) >= FIGURES_AT);
        return Stated { from: issued, until: end, is_doubtful: issued.is_none() || end.is_none() || !sure };
    }
    if FROM_SIGNING.is_match(folded) {
        stated.from = issued;
        // A term whose figure was not read is no open end.
        stated.is_doubtful |= issued.is_none() || OF_A_TERM.is_match(folded);
    }
    for date in dates_in(sentence) {
        stated.take(reading, sentence, &date);
    }
    if let Some(year) = END_OF_YEAR.captures(folded).and_then(|c| c.get(1)) {
        let end = year.as_str().parse::<i16>().ok().and_then(|y| Date::new(y, 12, 31).ok());
        stated.until = stated.until.or(end);
        stated.is_doubtful |= weakest(sentence, year.range()) < FIGURES_AT;
    }
    let says_nothing = stated.from.is_none() && stated.until.is_none();
    // A frame whose figures are missing or unreadable is a blank to be keyed.
    let has_frame = folded.contains("ngay") || folded.bytes().any(|b| b.is_ascii_digit());
    let is_signing_only = FROM_SIGNING.is_match(folded);
    let until_unread = folded.contains("den ngay") || folded.contains("den het ngay");
    if (says_nothing && has_frame && !is_signing_only && mentions_days(folded))
        || (until_unread && stated.until.is_none())
        || (stated.from.is_none() && SINCE_A_DAY.is_match(folded))
    {
        stated.is_doubtful = true;
    }
    stated
}

fn mentions_days(folded: &str) -> bool {
    ["tu ngay", "den ngay", "den het", "tu:", "den:", "trong nam", "trong thoi han", "thoi han"]
        .iter()
        .any(|w| folded.contains(w))
}

impl Stated {
    fn take(&mut self, reading: &Reading, sentence: &Sentence, date: &FoundDate) {
        let before = sentence.folded[..date.range.start].trim_end();
        let before = before.strip_suffix("ngay").unwrap_or(before).trim_end();
        let is_readable = date.confidence >= FIGURES_AT && date.date.year() <= reading.today.year() + 60;
        if UNTIL.is_match(before) {
            self.is_doubtful |= !is_readable || self.until.is_some_and(|u| u != date.date);
            self.until = Some(date.date);
        } else if SINCE.is_match(before) {
            self.is_doubtful |= !is_readable || self.from.is_some_and(|f| f != date.date);
            self.from = Some(date.date);
        }
    }
}

fn weakest(sentence: &Sentence, range: std::ops::Range<usize>) -> f32 {
    sentence.words(&range).iter().map(|t| t.confidence).fold(1.0, f32::min)
}

fn months_later(day: Date, months: i16) -> Option<Date> {
    day.checked_add(Span::new().try_months(i64::from(months)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;
    use jiff::civil::date;

    /// First and last day.
    type Period<'a> = (Option<&'a str>, Option<&'a str>);

    /// `Ok(None)`: absent; `Err`: left to a person.
    fn check(lines: &[&str], expected: Result<Option<Period<'_>>, ()>) {
        let mut paper = Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
            .around(110.0, 58.0, "GIẤY PHÉP LAO ĐỘNG");
        for (i, line) in lines.iter().enumerate() {
            paper = paper.put(30.0, 80.0 + 8.0 * i as f32, line);
        }
        let issued = Proposed::read(date(2024, 5, 6), "", 0.95, crate::domain::fields::Source::Ocr, None);
        let proposed = propose(&paper.reading(), &issued);
        let value = proposed.value.map(|p| (p.from.map(|d| d.to_string()), p.until.map(|d| d.to_string())));
        let found = match proposed.status {
            Status::Read => Ok(value.as_ref().map(|(f, u)| (f.as_deref(), u.as_deref()))),
            Status::Absent => Ok(None),
            Status::NotRead => Err(()),
        };
        assert_eq!(found, expected, "{lines:?}");
    }

    #[test]
    fn a_first_day_that_was_not_read_is_asked() {
        for line in [
            "Điều 3. Quyết định này có hiệu lực từ ngày 01 tháng § năm 2022 đến ngày 31 tháng 7 năm 2024.",
            "Điều 3. Quyết định này có hiệu lực từ ngày O1 tháng.10 năm 2022 đến ngày 30 tháng 9 năm 2025.",
        ] {
            check(&[line], Err(()));
        }
    }

    #[test]
    fn periods_of_this_paper() {
        for (line, from, until) in [
            ("Điều 2. Quyết định này có hiệu lực kể từ ngày ký.", Some("2024-05-06"), None),
            ("Quyết định này có hiệu lực thi hành kể từ ngày ký ban hành.", Some("2024-05-06"), None),
            (
                "Giấy phép này có giá trị từ ngày 01/6/2024 đến ngày 31/5/2026.",
                Some("2024-06-01"),
                Some("2026-05-31"),
            ),
            ("Giấy xác nhận này có giá trị đến hết ngày 31 tháng 12 năm 2025.", None, Some("2025-12-31")),
            ("Giấy chứng nhận này có giá trị đến hết năm 2025.", None, Some("2025-12-31")),
            ("Giấy xác nhận này có giá trị 05 năm kể từ ngày cấp.", Some("2024-05-06"), Some("2029-05-06")),
            (
                "Giấy này có giá trị trong thời hạn 05 (năm) năm kể từ ngày ký.",
                Some("2024-05-06"),
                Some("2029-05-06"),
            ),
            ("Giấy này có giá trị 06 tháng kể từ ngày cấp.", Some("2024-05-06"), Some("2024-11-06")),
            (
                "Điều 1. Thời hạn hợp đồng: từ ngày 01 tháng 6 năm 2024 đến ngày 31 tháng 5 năm 2026.",
                Some("2024-06-01"),
                Some("2026-05-31"),
            ),
            (
                "Hợp đồng này có hiệu lực từ ngày 01/6/2024 đến hết ngày 31/5/2026.",
                Some("2024-06-01"),
                Some("2026-05-31"),
            ),
            ("Giấy xác nhận này hết hiệu lực sau ngày 31/5/2026.", None, Some("2026-05-31")),
            ("4. Hiệu lực của Giấy này: đến hết ngày 31/5/2026 trên địa bàn xã.", None, Some("2026-05-31")),
            ("Có giá trị đến ngày: 01/02/2027", None, Some("2027-02-01")),
            (
                "Thời hạn làm việc: từ ngày 01/6/2024 đến ngày 31/5/2026",
                Some("2024-06-01"),
                Some("2026-05-31"),
            ),
            (
                "Quyết định này có hiệu lực kể từ ngày ký đến hết ngày 31/12/2025.",
                Some("2024-05-06"),
                Some("2025-12-31"),
            ),
        ] {
            check(&[line], Ok(Some((from, until))));
        }
    }

    #[test]
    fn the_period_of_something_else_is_not_the_papers() {
        for line in [
            "Căn cứ Luật Người khuyết tật có hiệu lực từ ngày 01/01/2011;",
            "Nghị định số 20/2021/NĐ-CP có hiệu lực kể từ ngày 01/7/2021.",
            "Trợ cấp từ ngày 01/6/2024 đến ngày 31/5/2026.",
            "Thời gian: từ ngày 01/6/2024.",
        ] {
            check(&[line], Ok(None));
        }
    }

    #[test]
    fn doubtful_periods_are_left_to_a_person() {
        for lines in [
            &["Giấy này có giá trị đến ngày 31/02/2026."][..],
            &["Giấy này có giá trị từ ngày … đến ngày …"],
            &["Giấy này có giá trị đến ngày 31/12/2026~50 tại xã"],
            &["Giấy này có giá trị đến ngày 31/12/2026.", "Giấy này có giá trị đến ngày 31/12/2027."],
            &["Giấy này có giá trị từ ngày 31/12/2026 đến ngày 01/01/2026."],
        ] {
            check(lines, Err(()));
        }
    }

    #[test]
    fn a_period_from_an_unread_day_is_unread() {
        let reading = Paper::new()
            .around(110.0, 58.0, "QUYẾT ĐỊNH")
            .put(30.0, 80.0, "Quyết định này có hiệu lực kể từ ngày ký.")
            .reading();
        let proposed = propose(&reading, &Proposed::not_read("", None));
        assert_eq!(proposed.status, Status::NotRead);
    }
}
