//! Names of places, against which a reading with doubtful marks is checked.
//!
//! Knows the provinces of the register of births (a code list of the law), nothing of layout.

use super::fold;
use crate::domain::ids::province_of;

/// The province that `name` ends with, spelled as the list has it, and where it begins; only
/// after its level (`tỉnh`, `thành phố`), since communes share names with provinces.
pub(super) fn province_at_end(name: &str) -> Option<(&'static str, usize)> {
    (1..=99_u8).filter_map(|code| province_of(&format!("{code:03}"))).find_map(|province| {
        let at = ends_with_folded(name, province)?;
        let level = fold::fold(name[..at].trim_end());
        (level.ends_with("tinh") || level.ends_with("thanh pho")).then_some((province, at))
    })
}

/// Where `end` begins when `name` ends with it but for marks and case, on a word border.
pub(super) fn ends_with_folded(name: &str, end: &str) -> Option<usize> {
    let n_words = end.split_whitespace().count();
    let (at, _) = name.char_indices().rev().filter(|(_, c)| *c == ' ').nth(n_words.checked_sub(1)?)?;
    (fold::phrase(&name[at..]) == fold::phrase(end)).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provinces_after_their_level() {
        for (name, expected) in [
            ("Ủy ban nhân dân tỉnh Quáng Ngái", Some("Quảng Ngãi")),
            ("Ủy ban nhân dân thành phố Hồ Chí Minh", Some("Hồ Chí Minh")),
            ("Ủy ban nhân dân xã Quang Ngai", None),
            ("Ủy ban nhân dân tỉnh", None),
            ("", None),
        ] {
            assert_eq!(province_at_end(name).map(|(p, _)| p), expected, "{name}");
        }
    }
}
