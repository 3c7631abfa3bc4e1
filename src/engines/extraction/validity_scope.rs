//! Điều 6 khoản 9: where the paper is valid, where it says so.
//!
//! `trên địa bàn …` stands in many sentences; only one about validity or scope counts.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Reading,
    flow::Sentence,
    layout::{confidence_of, place_of, text_of},
    settle, validity_period,
};
use crate::domain::fields::Proposed;

/// A word below this is not taken.
const WORD_AT: f32 = 0.68;

/// So sure at most is an area of which a part may be missing.
const CUT: f32 = 0.6;

static AREA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:tren dia ban|trong pham vi|tren pham vi|tren toan quoc|trong ca nuoc|tren lanh tho)[^,;.]*",
    )
    .expect("the pattern is a constant")
});

/// `Giấy phép này được sử dụng trên phạm vi toàn quốc`.
static USED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:dieu [0-9]{1,2}[.:] ?|[0-9]+[.)] ?)?(?:quyet dinh|giay|thong bao|chi thi|van ban|ke hoach|the)(?: [a-z]+){0,5} nay (?:duoc |co )?(?:su dung|ap dung)\b")
        .expect("the pattern is a constant")
});

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[0-9]+[.)] ?)?pham vi (?:co )?(?:hieu luc|gia tri|su dung|hoat dong)[^:]*: ?")
        .expect("the pattern is a constant")
});

/// Words that begin another statement after the area.
static NEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r" (?:ke tu|tu ngay|den ngay|den het|trong thoi han|va co hieu luc|co hieu luc|co gia tri|va thay the|thay the|de|khi|doi voi|cho den)\b")
        .expect("the pattern is a constant")
});

pub(super) fn propose(reading: &Reading) -> Proposed<String> {
    let labelled =
        reading.sentences.iter().find_map(|s| LABEL.find(&s.folded).map(|m| (s, m.end()..s.folded.len())));
    let is_labelled = labelled.is_some();
    let stated = || {
        validity_period::own_statements(reading).find_map(|s| AREA.find(&s.folded).map(|m| (s, m.range())))
    };
    let used = || {
        let in_use = |s: &&Sentence| USED.is_match(&s.folded);
        reading.sentences.iter().filter(in_use).find_map(|s| AREA.find(&s.folded).map(|m| (s, m.range())))
    };
    let Some((sentence, range)) = labelled.or_else(stated).or_else(used) else { return Proposed::absent() };
    let cut = NEXT.find(&sentence.folded[range.clone()]).map_or(range.end, |m| range.start + m.start());
    let words = sentence.words(&(range.start..cut));
    let raw = text_of(words);
    let value = raw.trim_end_matches(['.', ',', ';', '/']).to_owned();
    let (mean, weakest) = confidence_of(words);
    // Without a full stop the name of a place may go on elsewhere.
    let is_cut = !is_labelled && cut == sentence.folded.len() && raw == value;
    let mean = if is_cut { mean.min(CUT) } else { mean };
    let confidence = if weakest < WORD_AT || value.is_empty() { weakest * WORD_AT } else { mean };
    settle(reading, value, raw, confidence, place_of(sentence.page, words))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;
    use crate::domain::fields::Status;

    #[test]
    fn only_a_sentence_on_validity_counts() {
        for (line, status, expected) in [
            ("Giấy này có giá trị trên địa bàn xã Nghĩa Lộ.", Status::Read, Some("trên địa bàn xã Nghĩa Lộ")),
            (
                "Giấy này có giá trị trên địa bàn xã Nghĩa Lộ kể từ ngày ký đến hết ngày 31/12/2025.",
                Status::Read,
                Some("trên địa bàn xã Nghĩa Lộ"),
            ),
            (
                "Giấy xác nhận này có giá trị trong phạm vi toàn quốc.",
                Status::Read,
                Some("trong phạm vi toàn quốc"),
            ),
            ("Phạm vi hiệu lực: tỉnh Lào Cai", Status::Read, Some("tỉnh Lào Cai")),
            ("Về tăng cường chỉ đạo Kỳ thi trên địa bàn tỉnh Quảng Ngãi.", Status::Absent, None),
            ("Giấy này có giá trị đến hết năm 2025.", Status::Absent, None),
            (
                "Giấy phép này được sử dụng trên phạm vi toàn quốc.",
                Status::Read,
                Some("trên phạm vi toàn quốc"),
            ),
            // The name may go on in another line.
            ("Giấy này có giá trị trên địa bàn xã Nghĩa", Status::NotRead, None),
            ("Giấy này có giá trị trên địa bàn xã Nghĩa~30 Lộ.", Status::NotRead, None),
        ] {
            let reading = Paper::new().put(30.0, 80.0, line).reading();
            let proposed = propose(&reading);
            assert_eq!((proposed.status, proposed.value.as_deref()), (status, expected), "{line}");
        }
    }
}
