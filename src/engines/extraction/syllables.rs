//! Whether a word can be a syllable of Vietnamese by its letters: one beginning, one vowel of the language, one end.
//!
//! Words that ran together (`Thịlưu`, `ykhoa`) and words with a strange letter in them are none. Words of other tongues,
//! and names of places in the languages of the highlands, are none either: this lowers a confidence, and decides nothing.

use super::fold;

/// Consonants that a syllable may begin with, without marks; the longest first.
const BEGINNINGS: &[&str] = &[
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "g", "h", "k", "l",
    "m", "n", "p", "q", "r", "s", "t", "v", "x", "",
];
/// Vowels of one syllable, without marks.
const VOWELS: &[&str] = &[
    "a", "ai", "ao", "au", "ay", "e", "eo", "eu", "i", "ia", "ie", "ieu", "iu", "o", "oa", "oai", "oao",
    "oay", "oe", "oeo", "oi", "oo", "u", "ua", "uay", "ue", "ui", "uo", "uoi", "uou", "uu", "uy", "uya",
    "uye", "uyu", "y", "ye", "yeu",
];
/// Consonants that it may end with.
const ENDS: &[&str] = &["", "ch", "ng", "nh", "c", "k", "m", "n", "p", "t"];

/// Whether `word`, of letters alone, is a syllable but for its marks.
pub(super) fn is_one(word: &str) -> bool {
    let bare = fold::fold(word);
    BEGINNINGS
        .iter()
        .filter_map(|begin| bare.strip_prefix(begin))
        .any(|rest| ENDS.iter().filter_map(|end| rest.strip_suffix(end)).any(|vowel| VOWELS.contains(&vowel)))
        || bare == "gi"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_told_from_words_that_ran_together() {
        for word in [
            "nguyễn", "thị", "lựu", "y", "khoa", "nghệ", "an", "giang", "gì", "quỳnh", "quyết", "thuỷ",
            "khuya", "uống", "yên", "đắk", "lắk", "hươu", "xoong", "ngoằn", "ngoèo", "giếng", "ủy", "ê",
        ] {
            assert!(is_one(word), "{word}");
        }
        for word in ["thịlưu", "ykhoa", "nghệan", "pc", "lhị", "krông", "smith", "tnhh", "ngọcanh", ""]
        {
            assert!(!is_one(word), "{word}");
        }
    }
}
