//! Sentence case for what papers print in capitals: agencies, positions, titles.
//!
//! Fixed legal words take the form the law gives them (Ủy ban nhân dân, Lao động - Thương binh và
//! Xã hội), whatever marks the reader saw; all other words keep their letters as read. Where the
//! name of a place follows its level (xã, huyện, tỉnh), each syllable is capitalised.

use super::fold;

/// Phrases whose letters are fixed. Longer ones stand before those they begin with.
const FIXED: &[&str] = &[
    "Ủy ban nhân dân",
    "Hội đồng nhân dân",
    "Đoàn đại biểu Quốc hội",
    "Hội đồng xác định mức độ khuyết tật",
    "Hội đồng Giám định y khoa",
    "Trung tâm Giám định y khoa",
    "Lao động - Thương binh và Xã hội",
    "Bảo hiểm xã hội",
    "Bảo trợ xã hội",
    "Công tác xã hội",
    "Trợ giúp xã hội",
    "Văn hóa - Xã hội",
    "Văn hóa, Thể thao và Du lịch",
    "Văn hóa và Thể thao",
    "Văn hóa và Thông tin",
    "Giáo dục và Đào tạo",
    "Giao thông vận tải",
    "Nông nghiệp và Phát triển nông thôn",
    "Nông nghiệp và Môi trường",
    "Tài nguyên và Môi trường",
    "Khoa học và Công nghệ",
    "Thông tin và Truyền thông",
    "Kế hoạch và Đầu tư",
    "Tài chính - Kế hoạch",
    "Kinh tế và Hạ tầng",
    "Dân tộc và Tôn giáo",
    "Quản lý đô thị",
    "Dịch vụ việc làm",
    "Phục vụ hành chính công",
    "Công Thương",
    "Xây dựng",
    "Tài chính",
    "Tư pháp",
    "Nội vụ",
    "Ngoại giao",
    "Ngoại vụ",
    "Quốc phòng",
    "Công an",
    "Du lịch",
    "Việc làm",
    "Y tế",
    "Tòa án nhân dân",
    "Viện kiểm sát nhân dân",
    "Mặt trận Tổ quốc Việt Nam",
    "Thủ tướng Chính phủ",
    "Chính phủ",
    "Kho bạc Nhà nước",
    "Ngân hàng",
    "Chủ tịch",
    "Giám đốc",
    "Tổng Giám đốc",
    "Bộ trưởng",
    "Thứ trưởng",
    "Chánh Văn phòng",
    "Trưởng phòng",
    "Cục trưởng",
    "Chi cục trưởng",
    "Viện trưởng",
    "Hiệu trưởng",
    "Trưởng ban",
    "Trung tâm",
    "Văn phòng",
    "Chi cục",
    "Tổng cục",
    "Thanh tra",
    "Trạm Y tế",
    "Bệnh viện",
    "Cơ sở",
    "Công ty Cổ phần",
    "Công ty Trách nhiệm hữu hạn",
    "Công ty",
    "Trung học phổ thông",
    "Trung học cơ sở",
    "Cao đẳng nghề",
    "Cao đẳng",
];

/// Words after which the name of a place follows; the second column is how they are written.
const LEVELS: &[(&str, &str)] = &[
    ("thanh pho", "thành phố"),
    ("thi tran", "thị trấn"),
    ("thi xa", "thị xã"),
    ("dac khu", "đặc khu"),
    ("tinh", "tỉnh"),
    ("huyen", "huyện"),
    ("quan", "quận"),
    ("phuong", "phường"),
    ("xa", "xã"),
];

/// Words by which the name of an agency begins, as they are written there.
const HEADS: &[(&str, &str)] = &[
    ("bo", "Bộ"),
    ("so", "Sở"),
    ("phong", "Phòng"),
    ("cuc", "Cục"),
    ("ban", "Ban"),
    ("pho", "Phó"),
    ("truong", "Trường"),
];

/// Abbreviations that stay in capitals.
const ABBREVIATIONS: &[&str] =
    &["UBND", "HĐND", "TNHH", "MTV", "LĐTBXH", "BHXH", "CTXH", "HIV", "AIDS", "TP", "TNXH", "BTXH", "PHCN"];

/// The name of an agency in sentence case: `Ủy ban nhân dân xã Bảo Ái`.
pub(in crate::engines) fn agency(printed: &str) -> String {
    let words: Vec<&str> = printed.split_whitespace().collect();
    let folded: Vec<String> = words.iter().map(|w| bare(w)).collect();
    let mut out: Vec<String> = Vec::new();
    let (mut at, mut naming, mut opens) = (0, false, true);
    while at < words.len() {
        if let Some((phrase, n)) = fixed_at(&folded[at..]) {
            // A fixed phrase is a name of its own: "Sở Y tế", "Trung tâm Bảo trợ xã hội".
            out.push(with_sign(phrase, words[at + n - 1]));
            (at, naming, opens) = (at + n, ends_in_name(phrase), opens && ends_open(phrase));
            continue;
        }
        if let Some((level, n)) = level_at(&folded[at..]) {
            let level = if out.is_empty() { capitalised(level) } else { level.to_owned() };
            out.push(level);
            (at, naming, opens) = (at + n, true, false);
            continue;
        }
        let word = words[at];
        let head = HEADS.iter().find(|(f, _)| *f == folded[at]).filter(|_| out.is_empty());
        out.push(match head {
            Some((_, head)) => (*head).to_owned(),
            None if is_abbreviation(word) => word.to_owned(),
            None if naming || opens => capitalised(&word.to_lowercase()),
            None => word.to_lowercase(),
        });
        // After "Phòng", "Trung tâm" and the like the next word begins the name.
        opens = head.is_some() || (opens && is_abbreviation(word));
        at += 1;
    }
    out.join(" ")
}

/// A title in sentence case: `Giấy xác nhận khuyết tật`.
pub(super) fn title(printed: &str) -> String {
    let words: Vec<String> = printed
        .split_whitespace()
        .enumerate()
        .map(|(i, word)| match i {
            _ if is_abbreviation(word) => word.to_owned(),
            0 => capitalised(&word.to_lowercase()),
            _ => word.to_lowercase(),
        })
        .collect();
    words.join(" ").replace("việt nam", "Việt Nam")
}

/// The name of a person: a Vietnamese one printed in capitals gets one per syllable; others stay as
/// they are, since passports of foreigners give capitals alone.
pub(super) fn person(printed: &str) -> String {
    let is_vietnamese =
        !printed.is_ascii() || printed.split_whitespace().all(|w| w.len() <= 6 && is_syllable(w));
    let is_caps = is_vietnamese && !printed.chars().any(char::is_lowercase);
    let words: Vec<String> = printed
        .split_whitespace()
        .map(|word| if is_caps { capitalised(&word.to_lowercase()) } else { word.to_owned() })
        .collect();
    words.join(" ")
}

/// One run of vowels with at most `ng`, `nh`, `ch`, c, m, n, p, t behind it, as Vietnamese has it.
fn is_syllable(word: &str) -> bool {
    let folded = fold::fold(word);
    let is_vowel = |c: char| "aeiouy".contains(c);
    let rest = folded.trim_start_matches(|c| !is_vowel(c)).trim_start_matches(is_vowel);
    folded.contains(is_vowel) && matches!(rest, "" | "c" | "m" | "n" | "p" | "t" | "ng" | "nh" | "ch")
}

fn bare(word: &str) -> String {
    let folded = fold::fold(word);
    folded.trim_matches(|c: char| !c.is_alphanumeric() && c != '-').to_owned()
}

fn fixed_at(words: &[String]) -> Option<(&'static str, usize)> {
    FIXED.iter().find_map(|phrase| {
        let parts: Vec<String> = phrase.split_whitespace().map(bare).collect();
        let fits = words.len() >= parts.len() && words.iter().zip(&parts).all(|(w, p)| w == p);
        fits.then_some((*phrase, parts.len()))
    })
}

/// Which of these folded words belong to a phrase of more than one word whose letters are fixed.
pub(super) fn in_fixed_phrases(folded: &[&str]) -> Vec<bool> {
    let words: Vec<String> = folded.iter().map(|w| bare(w)).collect();
    let mut is_fixed = vec![false; words.len()];
    for at in 0..words.len() {
        if let Some((_, n)) = fixed_at(&words[at..]).filter(|(_, n)| *n >= 2) {
            is_fixed[at..at + n].fill(true);
        }
    }
    is_fixed
}

/// Whether a folded word is one by which the names of agencies begin, whose letters are fixed there.
pub(super) fn is_head(folded: &str) -> bool {
    HEADS.iter().any(|(head, _)| *head == folded)
}

/// Companies and schools: every word behind these is of the name.
fn ends_in_name(phrase: &str) -> bool {
    phrase.starts_with("Công ty")
        || matches!(phrase, "Trung học phổ thông" | "Trung học cơ sở" | "Cao đẳng nghề")
}

/// After these a proper name follows.
fn ends_open(phrase: &str) -> bool {
    matches!(phrase, "Trung tâm" | "Văn phòng" | "Chi cục" | "Tổng cục" | "Bệnh viện" | "Cơ sở" | "Ngân hàng")
}

fn level_at(words: &[String]) -> Option<(&'static str, usize)> {
    LEVELS.iter().find_map(|(folded, level)| {
        let parts: Vec<&str> = folded.split(' ').collect();
        let fits = words.len() > parts.len() && words.iter().zip(&parts).all(|(w, p)| w == p);
        fits.then_some((*level, parts.len()))
    })
}

fn with_sign(phrase: &str, last_word: &str) -> String {
    let sign = last_word.chars().next_back().filter(|c| *c == ',');
    sign.map_or_else(|| phrase.to_owned(), |c| format!("{phrase}{c}"))
}

fn is_abbreviation(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    ABBREVIATIONS.contains(&bare)
}

/// With its first letter as a capital.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_fixed_phrases_are_known() {
        for (text, expected) in [
            ("truong trung hoc pho thong na phac", "-xxxx--"),
            ("hoi dong giam dinh y khoa tinh phu tho", "xxxxxx---"),
            ("uy ban nhan dan xa trung ha", "xxxx---"),
            ("giam dinh", "--"),
            ("", ""),
        ] {
            let words: Vec<&str> = text.split_whitespace().collect();
            let found: String =
                in_fixed_phrases(&words).iter().map(|is_fixed| if *is_fixed { 'x' } else { '-' }).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn agencies() {
        for (printed, expected) in [
            ("ỦY BAN NHÂN DÂN XÃ BẢO ÁI", "Ủy ban nhân dân xã Bảo Ái"),
            ("UỶ BAN NHÂN DÂN THÀNH PHỐ HỒ CHÍ MINH", "Ủy ban nhân dân thành phố Hồ Chí Minh"),
            ("UBND PHƯỜNG 12 QUẬN GÒ VẤP", "UBND phường 12 quận Gò Vấp"),
            ("SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "Sở Lao động - Thương binh và Xã hội"),
            (
                "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI TỈNH LÀO CAI",
                "Sở Lao động - Thương binh và Xã hội tỉnh Lào Cai",
            ),
            ("BỘ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "Bộ Lao động - Thương binh và Xã hội"),
            ("PHÒNG VĂN HÓA - XÃ HỘI", "Phòng Văn hóa - Xã hội"),
            ("TRUNG TÂM DỊCH VỤ VIỆC LÀM", "Trung tâm Dịch vụ việc làm"),
            ("TRUNG TÂM BẢO TRỢ XÃ HỘI TỈNH YÊN BÁI", "Trung tâm Bảo trợ xã hội tỉnh Yên Bái"),
            ("ỦY BAN NHÂN DÂN XÃ HỘI SƠN", "Ủy ban nhân dân xã Hội Sơn"),
            ("HỘI ĐỒNG XÁC ĐỊNH MỨC ĐỘ KHUYẾT TẬT XÃ A", "Hội đồng xác định mức độ khuyết tật xã A"),
            ("SỞ NỘI VỤ", "Sở Nội vụ"),
            ("SỞ Y TẾ", "Sở Y tế"),
            ("CÔNG TY CỐ PHẦN THỦY SẢN MỸ PHONG", "Công ty Cổ phần Thủy Sản Mỹ Phong"),
            ("TRƯỜNG TRUNG HỌC PHỐ THÔNG NÀ PHẶC", "Trường Trung học phổ thông Nà Phặc"),
            ("TRƯỜNG CAO ĐẲNG NGHỀ LÊ HỒNG SƠN", "Trường Cao đẳng nghề Lê Hồng Sơn"),
            ("PHÓ CHỦ TỊCH", "Phó Chủ tịch"),
            ("PHÓ CHÁNH VĂN PHÒNG", "Phó Chánh Văn phòng"),
        ] {
            assert_eq!(agency(printed), expected, "{printed}");
        }
    }

    #[test]
    fn fixed_words_are_mended_and_names_are_not() {
        assert_eq!(agency("ỦY BẠN NHÂN DÂN TĨNH QUÁNG NGÃI"), "Ủy ban nhân dân tỉnh Quáng Ngãi");
    }

    #[test]
    fn titles_and_names() {
        assert_eq!(title("GIẤY XÁC NHẬN KHUYẾT TẬT"), "Giấy xác nhận khuyết tật");
        assert_eq!(title("GIẤY XÁC NHẬN NHIỄM HIV"), "Giấy xác nhận nhiễm HIV");
        assert_eq!(person("NGUYỄN ĐỨC ÂN"), "Nguyễn Đức Ân");
        assert_eq!(person("HA THU LAN"), "Ha Thu Lan");
        assert_eq!(person("RAJESH KUMAR NAIDU"), "RAJESH KUMAR NAIDU");
        assert_eq!(person("Y Ban Niê"), "Y Ban Niê");
    }
}
