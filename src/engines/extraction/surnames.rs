//! Family names of Vietnam with their marks: what a person's name may begin with.
//!
//! A reader takes `Đinh` for `Đỉnh` or `Định` and is sure of it. Where one family name alone has
//! those letters it is the one; where several have them, or none, a person is asked. Given names are
//! never mended: two people may differ in a mark alone.

use super::fold;

/// Of the Kinh and of peoples of the mountains, by the alphabet; of foreigners' papers none.
const FAMILIES: &[&str] = &[
    "Alăng", "Âu", "Bạch", "Bàn", "Bế", "Bùi", "Cầm", "Cẩm", "Cao", "Chang", "Cháng", "Chảo", "Châu", "Chẩu",
    "Chu", "Cù", "Cư", "Cung", "Đàm", "Đặng", "Đào", "Đèo", "Diệp", "Đinh", "Đỗ", "Doãn", "Đoàn", "Đới",
    "Đổng", "Dương", "Giang", "Giàng", "H", "Hà", "Hàng", "Hạng", "Hầu", "Hồ", "Hoàng", "Hứa", "Huỳnh", "K",
    "Kha", "Khang", "Khuất", "Khúc", "Khương", "Kiều", "Kim", "Ksor", "La", "Lã", "Lại", "Lâm", "Lang", "Lê",
    "Lèng", "Liêu", "Liễu", "Lò", "Lô", "Lộc", "Lù", "Lư", "Lữ", "Lục", "Lương", "Lường", "Lưu", "Lý", "Ma",
    "Mã", "Mạc", "Mai", "Mẫn", "Mông", "Mùa", "Nay", "Nghiêm", "Ngô", "Nguyễn", "Nhan", "Nhữ", "Ninh",
    "Nông", "Ôn", "Ông", "Phạm", "Phan", "Phí", "Phong", "Phù", "Phùng", "Quách", "Quang", "Quàng", "Rmah",
    "Rơ", "Siu", "Sùng", "Tạ", "Tẩn", "Tăng", "Tào", "Thạch", "Thái", "Thân", "Thào", "Thiều", "Thò", "Tiêu",
    "Tô", "Tôn", "Tòng", "Tống", "Trần", "Trang", "Tráng", "Triệu", "Trịnh", "Trưng", "Trương", "Từ", "Ứng",
    "Uông", "Vàng", "Vi", "Viềm", "Viên", "Võ", "Vũ", "Vừ", "Vương", "Xa", "Y",
];

/// What the first word of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// A family name as read.
    Known,
    /// Letters of exactly one family name, with other marks.
    Mended(&'static str),
    /// Letters of several family names, and none as read.
    Several,
    /// None of the list.
    Unknown,
}

/// Looks a first word up, whatever its case and the place of its tone mark.
pub(super) fn family(word: &str) -> Family {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let (own, lower) = (fold::fold(bare), bare.to_lowercase());
    let alike = |name: &&&'static str| fold::fold(name) == own;
    if FAMILIES.iter().any(|name| name.to_lowercase() == lower) {
        return Family::Known;
    }
    let mut found = FAMILIES.iter().filter(alike);
    match (found.next(), found.next()) {
        (None, _) => Family::Unknown,
        (Some(one), None) => Family::Mended(one),
        (Some(_), Some(_)) => Family::Several,
    }
}

/// Whether a family name without marks has the letters of one with marks, which are easily lost: `Giang`, `Giàng`.
pub(super) fn may_have_lost_marks(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let others = FAMILIES.iter().map(|name| name.to_lowercase());
    bare.is_ascii() && others.filter(|name| fold::fold(name) == bare).any(|name| !name.is_ascii())
}

/// The name with its family name mended; `None` where only a person can tell what it is.
pub(super) fn settled(name: &str) -> Option<String> {
    let (first, rest) = name.split_once(' ')?;
    match family(first) {
        Family::Known | Family::Unknown => Some(name.to_owned()),
        Family::Mended(known) => Some(format!("{known} {rest}")),
        Family::Several => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_names_are_settled_by_the_list() {
        for (name, expected) in [
            ("Đỉnh Thế Tuấn", Some("Đinh Thế Tuấn")),
            ("Định Thế Tuấn", Some("Đinh Thế Tuấn")),
            ("Đinh Thế Tuấn", Some("Đinh Thế Tuấn")),
            ("NGUYỄN VĂN AN", Some("NGUYỄN VĂN AN")),
            ("Lỗ Văn An", None),
            ("Văn Minh", Some("Văn Minh")),
            ("An", None),
        ] {
            assert_eq!(settled(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn no_family_name_stands_twice_under_other_marks_by_mistake() {
        assert_eq!(family("Nguyển"), Family::Mended("Nguyễn"));
        assert_eq!(family("Lò"), Family::Known);
        assert_eq!(family("Lo"), Family::Several);
        // A middle name: the family name was lost before it.
        for word in ["Văn", "Thị", "Hữu", "Smith"] {
            assert_eq!(family(word), Family::Unknown, "{word}");
        }
    }
}
