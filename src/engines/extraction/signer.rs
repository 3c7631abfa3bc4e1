//! Who signed, and as what (NĐ 30/2020, ô 7): the block at the bottom right.
//!
//! A seal often lies over the name: a name that lost its first letters must not pass for whole, so
//! it has to begin with a family name and to stand under its position.

use super::{
    Reading, casing, fold,
    layout::{Row, Sheet, Token, confidence_of, place_of, text_of},
    names, settle, surnames,
};
use crate::domain::{
    fields::Proposed,
    page::{BoxMm, Place},
};

/// So sure at most is a name that may be hidden in part.
const HALF_HIDDEN: f32 = 0.4;

/// So sure is a position that a seal covers in part and that can be no other.
const HALF_COVERED: f32 = 0.85;
/// Captions of one block stand in the middle over each other, within this, mm.
const ASIDE_MM: f32 = 3.0;
/// The next row of a block begins within this below the last, mm.
const ROW_BELOW_MM: f32 = 9.5;

/// Signs narrower than this are no words, mm.
const SPECK_MM: f32 = 2.4;
/// A name stands within so much below the captions, and is at most so wide, mm.
const NAME_BELOW_MM: f32 = 38.0;
const NAME_WIDE_MM: f32 = 60.0;

/// Positions of those who sign for agencies, folded.
const POSITIONS: &[&str] = &[
    "chu tich",
    "pho chu tich",
    "giam doc",
    "pho giam doc",
    "tong giam doc",
    "pho tong giam doc",
    "bo truong",
    "thu truong",
    "truong phong",
    "pho truong phong",
    "chanh van phong",
    "pho chanh van phong",
    "cuc truong",
    "pho cuc truong",
    "chi cuc truong",
    "pho chi cuc truong",
    "vien truong",
    "pho vien truong",
    "truong ban",
    "pho truong ban",
    "hieu truong",
    "pho hieu truong",
    "chanh thanh tra",
    "pho chanh thanh tra",
    "thu tuong",
    "truong cong an",
    "pho truong cong an",
    "cong chuc tu phap ho tich",
    "tong cuc truong",
    "chu tich hoi dong",
];

/// Positions whose spelling is fixed, whatever marks were read.
const SPELLED: &[&str] = &[
    "Chủ tịch",
    "Phó Chủ tịch",
    "Giám đốc",
    "Phó Giám đốc",
    "Tổng Giám đốc",
    "Phó Tổng Giám đốc",
    "Bộ trưởng",
    "Thứ trưởng",
    "Trưởng phòng",
    "Phó Trưởng phòng",
    "Chánh Văn phòng",
    "Phó Chánh Văn phòng",
    "Cục trưởng",
    "Phó Cục trưởng",
    "Chi cục trưởng",
    "Phó Chi cục trưởng",
    "Viện trưởng",
    "Phó Viện trưởng",
    "Trưởng ban",
    "Phó Trưởng ban",
    "Hiệu trưởng",
    "Phó Hiệu trưởng",
    "Chánh Thanh tra",
    "Phó Chánh Thanh tra",
    "Chủ tịch Hội đồng",
    "Phó Chủ tịch Hội đồng",
];

/// Captions above the signature of a citizen, folded.
const DECLARANTS: &[&str] = &[
    "nguoi khai",
    "nguoi ke khai",
    "nguoi lam don",
    "nguoi viet don",
    "nguoi de nghi",
    "nguoi dang ky",
    "nguoi nop don",
    "nguoi uy quyen",
    "nguoi cam ket",
    "nguoi lam to khai",
    "nguoi viet to khai",
    "nguoi viet ban khai",
    "nguoi yeu cau",
    "nguoi khai ky",
    "dai dien doanh nghiep",
    "nguoi dai dien",
    "ben uy quyen",
];

/// Whether a folded row is a citizen's caption.
pub(super) fn is_declarant(phrase: &str) -> bool {
    DECLARANTS.iter().any(|d| phrase.starts_with(d))
}

/// Whether a folded row is the position of an official, or says for whom one signs.
pub(super) fn is_official(phrase: &str) -> bool {
    let bare = without_authority(phrase);
    bare != phrase || POSITIONS.iter().any(|p| bare == *p || bare.starts_with(&format!("{p} ")))
}

/// Whether a page carries a signature block: a caption of one who signs, at the right.
pub(super) fn signs(sheet: &Sheet) -> bool {
    Block::find(sheet, true).is_some() || Block::find(sheet, false).is_some()
}

fn without_authority(phrase: &str) -> &str {
    ["tm ", "kt ", "tl ", "tuq ", "q ", "k t ", "t m "]
        .iter()
        .find_map(|a| phrase.strip_prefix(a))
        .unwrap_or(phrase)
}

/// Name and position of the signer.
pub(super) struct Signer {
    pub(super) name: Proposed<String>,
    pub(super) position: Proposed<String>,
}

pub(super) fn propose(reading: &Reading) -> Signer {
    let wants_official = reading.is_official();
    let block = reading
        .sheets
        .iter()
        .rev()
        .find_map(|sheet| Block::find(sheet, wants_official))
        .or_else(|| reading.sheets.iter().rev().find_map(|sheet| Block::find(sheet, !wants_official)));
    let Some(block) = block else {
        let missing = || if wants_official { Proposed::not_read("", None) } else { Proposed::absent() };
        return Signer { name: missing(), position: missing() };
    };
    Signer { name: block.name(reading), position: block.position(reading) }
}

/// Captions above a signature and what stands below them.
struct Block<'a> {
    sheet: &'a Sheet,
    captions: Vec<&'a Row>,
    is_official: bool,
}

impl<'a> Block<'a> {
    fn find(sheet: &'a Sheet, official: bool) -> Option<Self> {
        let is_right = |r: &&Row| r.centre() > 0.52 * sheet.width && r.at.left > 0.36 * sheet.width;
        let is_caption = |r: &&Row| {
            let phrase = r.phrase();
            if official { r.is_caps() && is_official(&phrase) } else { is_declarant(&phrase) }
        };
        let last = sheet.pieces.iter().filter(is_right).rfind(is_caption)?;
        // All captions of the block stand close above the last one.
        let captions = sheet
            .pieces
            .iter()
            .filter(is_right)
            .filter(is_caption)
            .filter(|r| last.at.top - r.at.top < 24.0 && (r.centre() - last.centre()).abs() < 25.0)
            .collect();
        Some(Self { sheet, captions, is_official: official })
    }

    fn name(&self, reading: &Reading) -> Proposed<String> {
        let Some(last) = self.captions.last() else { return Proposed::absent() };
        let below = self.sheet.pieces.iter().filter(|r| {
            r.at.top > last.at.bottom() - 1.0
                && r.at.top - last.at.bottom() < 62.0
                && (r.centre() - last.centre()).abs() < 30.0
                && r.centre() > 0.5 * self.sheet.width
        });
        // A position that the seal half covers looks like a name too.
        let covered = self.half_covered().map(|(_, row)| row);
        let is_covered = |r: &Row| covered.is_some_and(|row| std::ptr::eq(row, r));
        let named = below
            .filter(|r| !is_covered(r))
            .filter_map(without_dirt)
            .filter(looks_like_name)
            // A signature over it may be read as capitals too, and be wider.
            .max_by(|a, b| begins_whole(a).cmp(&begins_whole(b)).then(a.at.width.total_cmp(&b.at.width)));
        let Some(row) = named else { return Proposed::not_read("", self.below_captions()) };
        let is_under = (row.centre() - last.centre()).abs() < 8.0;
        let sure = names::sureness(reading, &row.tokens);
        let is_sound = begins_whole(&row) && is_under && !stutters(&row);
        let confidence = if is_sound { sure } else { sure.min(HALF_HIDDEN) };
        match surnames::settled(&casing::person(&row.text())) {
            Some(name) => settle(reading, name, row.text(), confidence, row.place()),
            None => Proposed::not_read(row.text(), row.place()),
        }
    }

    /// Where the name has to stand that was not found: below the captions, under signature and seal.
    fn below_captions(&self) -> Option<Place> {
        let last = self.captions.last()?.place()?;
        let middle = last.box_mm.left + last.box_mm.width / 2.0;
        let (left, top) = ((middle - NAME_WIDE_MM / 2.0).max(0.0), last.box_mm.bottom());
        let width = NAME_WIDE_MM.min(self.sheet.width - left);
        let height = NAME_BELOW_MM.min(self.sheet.height - top);
        let box_mm = BoxMm { left, top, width, height };
        Some(Place { box_mm, ..last }).filter(|_| width > 0.0 && height > 0.0)
    }

    fn position(&self, reading: &Reading) -> Proposed<String> {
        if !self.is_official {
            return Proposed::absent();
        }
        // The signer's own position is the last one: those above it are whom the signer stands for.
        let own = self.captions.iter().rev().find(|r| {
            let phrase = r.phrase();
            POSITIONS.iter().any(|p| phrase == *p || phrase.starts_with(&format!("{p} ")))
        });
        let all: Vec<_> = self.captions.iter().flat_map(|r| r.tokens.iter().cloned()).collect();
        let place = place_of(self.sheet.page, &all);
        if let Some((position, row)) = self.half_covered() {
            let place = place_of(self.sheet.page, &row.tokens).or(place);
            return settle(reading, position.to_owned(), row.text(), HALF_COVERED, place);
        }
        let Some(row) = own else { return Proposed::not_read(text_of(&all), place) };
        let (mean, weakest) = confidence_of(&row.tokens);
        // Captions stand centred: one that stands aside lost a word under the seal.
        let is_aside = |r: &&&Row| r.page == row.page && (r.centre() - row.centre()).abs() > ASIDE_MM;
        if !row.phrase().starts_with("pho ") && self.captions.iter().any(|r| is_aside(&r)) {
            return Proposed::not_read(text_of(&all), place);
        }
        // Who signs for a chief is his deputy: a word of the position was lost.
        let stands_for = |r: &&Row| r.phrase().strip_prefix("kt ").is_some_and(|chief| chief == row.phrase());
        if self.captions.iter().any(stands_for) {
            return Proposed::not_read(text_of(&all), place);
        }
        let (value, confidence) = match known_position(&row.phrase()) {
            // A known phrase mends marks and signs.
            Some(position) => (position.to_owned(), mean.max(0.8)),
            None if tidy(&row.text()).contains([',', ';', ':', '/']) => {
                return Proposed::not_read(text_of(&all), place);
            }
            None => (casing::agency(tidy(&row.text())), mean.min(weakest + 0.15)),
        };
        settle(reading, value, text_of(&all), confidence, place)
    }

    /// A known position of which a seal covers some letters, and its row: just below `KT. CHỦ TỊCH` the deputy's, below
    /// `TM. …` the chief's. It has to be like one position, unlike its neighbours, and to stand in the middle.
    fn half_covered(&self) -> Option<(&'static str, &'a Row)> {
        let last = *self.captions.last()?;
        let phrase = last.phrase();
        let chief = phrase.strip_prefix("kt ");
        if chief.is_none() && !phrase.starts_with("tm ") {
            return None;
        }
        let is_below = |r: &&Row| {
            (1.0..ROW_BELOW_MM).contains(&(r.at.top - last.at.top))
                && r.centre() > 0.5 * self.sheet.width
                && (r.centre() - last.centre()).abs() < ASIDE_MM
        };
        let suits = |position: &&&str| {
            let position = fold::phrase(position);
            match chief {
                Some(chief) => position.strip_prefix("pho ").is_some_and(|of| of == chief),
                None => !position.starts_with("pho "),
            }
        };
        let likely: Vec<&'static str> = SPELLED.iter().filter(suits).copied().collect();
        let read = |row: &'a Row| known_in_part(&row.phrase(), &likely).map(|position| (position, row));
        self.sheet.pieces.iter().filter(is_below).find_map(read)
    }
}

/// The one of some positions that a phrase is like, with a few letters amiss; `None` where another is as like.
fn known_in_part(phrase: &str, some: &[&'static str]) -> Option<&'static str> {
    let letters = |phrase: &str| phrase.replace(' ', "");
    let seen = letters(phrase);
    let far = |position: &str| distance(&seen, &letters(&fold::phrase(position)));
    let mut likely: Vec<(usize, &'static str)> = some.iter().map(|p| (far(p), *p)).collect();
    likely.sort_unstable();
    let (errors, position) = *likely.first()?;
    let is_clear = likely.get(1).is_none_or(|(next, _)| *next > errors + 2);
    let others = SPELLED.iter().filter(|p| **p != position).map(|p| far(p)).min()?;
    let most = letters(&fold::phrase(position)).len() / 4;
    (errors <= most && is_clear && others > errors).then_some(position)
}

/// How many letters have to be put in, left out or changed to make one of the other; of ASCII letters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = change.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The spelling of a position by its folded phrase.
fn known_position(phrase: &str) -> Option<&'static str> {
    SPELLED.iter().copied().find(|position| fold::phrase(position) == phrase)
}

/// Without signs at the ends, which dirt and lines are read as.
fn tidy(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// A row without the signs that specks and rests of a seal are read as: beside its words, at their ends, and as a lone
/// small letter before them. What is as wide as a word may be one that the seal covers, and stays.
fn without_dirt(row: &Row) -> Option<Row> {
    let bare = |t: &Token| {
        let text = tidy(&t.text);
        let is_speck = text.is_empty() && t.at.width <= SPECK_MM;
        let text = if text.is_empty() { &t.text } else { text };
        (!is_speck).then(|| Token { text: text.to_owned(), folded: fold::fold(text), ..t.clone() })
    };
    let words: Vec<Token> = row.tokens.iter().filter_map(bare).collect();
    let is_small = |t: &Token| t.text.chars().count() == 1 && t.text.chars().all(char::is_lowercase);
    let n_small = words.iter().take_while(|t| is_small(t)).count();
    Row::new(row.page, words[n_small..].to_vec())
}

/// Whether a row begins with a family name.
fn begins_whole(row: &Row) -> bool {
    row.tokens.first().is_some_and(|t| surnames::family(&t.text) != surnames::Family::Unknown)
}

/// Whether a word stands twice in a row, marks and all: one of them is a rest of the seal.
fn stutters(row: &Row) -> bool {
    row.tokens.windows(2).any(|pair| pair[0].text.to_lowercase() == pair[1].text.to_lowercase())
}

/// Two to six words with a capital each, letters only.
fn looks_like_name(row: &Row) -> bool {
    let is_word = |text: &str| {
        text.chars().next().is_some_and(char::is_uppercase)
            && text.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '.' | '-'))
    };
    let phrase = row.phrase();
    (2..=6).contains(&row.tokens.len())
        && row.tokens.iter().all(|t| is_word(&t.text))
        && !is_official(&phrase)
        && !is_declarant(&phrase)
        && !["giam doc", "chu tich", "bo truong", "van phong", "truong phong"]
            .iter()
            .any(|p| fold::holds(&phrase, p))
        && !fold::holds(&phrase, "ky ten")
        && !fold::holds(&phrase, "uy ban")
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn official() -> Paper {
        Paper::new()
            .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
            .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
            .around(110.0, 58.0, "QUYẾT ĐỊNH")
    }

    fn check(paper: Paper, name: Option<&str>, position: Option<&str>) {
        let signer = propose(&paper.reading());
        let found = (signer.name.value.as_deref(), signer.position.value.as_deref());
        assert_eq!(found, (name, position), "{:?} {:?}", signer.name, signer.position);
    }

    #[test]
    fn the_signer_stands_below_the_last_position() {
        check(
            official()
                .put(30.0, 180.0, "Nơi nhận:")
                .around(150.0, 180.0, "KT. CHỦ TỊCH")
                .around(150.0, 186.0, "PHÓ CHỦ TỊCH")
                .around(150.0, 215.0, "Hà Thị Lê Mây"),
            Some("Hà Thị Lê Mây"),
            Some("Phó Chủ tịch"),
        );
        check(
            official().around(150.0, 180.0, "TM. ỦY BAN NHÂN DÂN").around(150.0, 186.0, "CHỦ TỊCH").around(
                150.0,
                215.0,
                "Đặng Văn Mẫu",
            ),
            Some("Đặng Văn Mẫu"),
            Some("Chủ tịch"),
        );
    }

    #[test]
    fn a_name_half_under_the_seal_is_left_to_a_person() {
        let block = || official().around(150.0, 180.0, "CHỦ TỊCH");
        check(block().around(155.0, 215.0, "Văn Khải"), None, Some("Chủ tịch"));
        check(block().around(150.0, 215.0, "ấñg~17 Văn Khải"), None, Some("Chủ tịch"));
        check(block().around(150.0, 215.0, "Đặng~40 Văn Khải"), None, Some("Chủ tịch"));
        // Who signs for a chairman is not the chairman.
        let deputy = official().around(150.0, 174.0, "KT. CHỦ TỊCH").around(150.0, 180.0, "CHỦ TỊCH");
        check(deputy.around(150.0, 215.0, "Đặng Văn Mẫu"), Some("Đặng Văn Mẫu"), None);
        let dirty = official().around(150.0, 180.0, "-PHỚ CHỦ TỊCH").around(150.0, 215.0, "Đặng Văn Mẫu");
        check(dirty, Some("Đặng Văn Mẫu"), Some("Phó Chủ tịch"));
        // The lower position, half covered, is nobody's name.
        check(block().around(150.0, 187.0, "HÓ CHỦ TỊCH"), None, Some("Chủ tịch"));
    }

    #[test]
    fn specks_beside_a_name_are_no_part_of_it() {
        let block = || official().around(150.0, 180.0, "CHỦ TỊCH");
        for line in ["'Đặng Văn Mẫu", ",Đặng Văn Mẫu -", "Đặng Văn :Mẫu", "‘ Đặng Văn Mẫu"]
        {
            check(block().around(150.0, 215.0, line), Some("Đặng Văn Mẫu"), Some("Chủ tịch"));
        }
        check(block().around(150.0, 215.0, "x* Đặng Văn Mẫu"), Some("Đặng Văn Mẫu"), Some("Chủ tịch"));
        check(block().around(150.0, 215.0, "Đinh Đình :Vượng"), Some("Đinh Đình Vượng"), Some("Chủ tịch"));
        // A signature that was read as capitals.
        let signed = block().around(150.0, 203.0, "Ñ _Ắ~~/ MWWWWWWWWWWWWWWW");
        check(signed.around(150.0, 215.0, "Đặng Văn Mẫu"), Some("Đặng Văn Mẫu"), Some("Chủ tịch"));
        // A rest of the seal that was read as a word; a word that may be under it.
        check(block().around(150.0, 215.0, "Đặng Thị ++~~ Mẫu"), None, Some("Chủ tịch"));
        check(block().around(150.0, 215.0, "Đặng Văn “><~"), None, Some("Chủ tịch"));
        check(block().around(150.0, 215.0, "`:Hồ Hồ Thị Hằng"), None, Some("Chủ tịch"));
        check(block().around(150.0, 215.0, "(Đã ký)"), None, Some("Chủ tịch"));
    }

    #[test]
    fn a_name_that_was_not_found_is_looked_for_below_its_position() {
        let signer = propose(&official().around(150.0, 180.0, "CHỦ TỊCH").reading());
        let place = signer.name.place.expect("the position is there").box_mm;
        assert!(place.top > 182.0 && place.bottom() > 205.0, "{place:?}");
        assert!(place.left < 130.0 && place.left + place.width > 170.0, "{place:?}");
    }

    #[test]
    fn a_position_half_under_the_seal_is_known_by_the_rest() {
        let deputy = || official().around(150.0, 174.0, "KT. CHỦ TỊCH");
        let name = |paper: Paper| paper.around(150.0, 215.0, "Đặng Văn Mẫu");
        check(
            name(deputy().around(150.0, 180.0, "PRÓ CNỦ TỊCH")),
            Some("Đặng Văn Mẫu"),
            Some("Phó Chủ tịch"),
        );
        let committee = || official().around(150.0, 174.0, "TM. ỦY BAN NHÂN DÂN");
        check(name(committee().around(150.0, 180.0, "GHỦ TỊCH")), Some("Đặng Văn Mẫu"), Some("Chủ tịch"));
        // Too little is left of it, or a word was lost beside it.
        check(name(deputy().around(150.0, 180.0, "x)Ñ TỊCH")), Some("Đặng Văn Mẫu"), None);
        check(name(committee().around(156.0, 180.0, "CHỦ TỊCH")), Some("Đặng Văn Mẫu"), None);
    }

    #[test]
    fn a_declarant_has_no_position() {
        check(
            Paper::new()
                .plain_header()
                .around(108.0, 40.0, "ĐƠN ĐỀ NGHỊ")
                .around(150.0, 180.0, "NGƯỜI VIẾT ĐƠN")
                .around(150.0, 186.0, "(Ký, ghi rõ họ tên)")
                .around(150.0, 215.0, "Nguyễn Đức Ân"),
            Some("Nguyễn Đức Ân"),
            None,
        );
    }

    #[test]
    fn who_gives_power_of_attorney_signs() {
        let paper = Paper::new()
            .plain_header()
            .around(108.0, 40.0, "GIẤY ỦY QUYỀN")
            .around(150.0, 180.0, "BÊN ỦY QUYỀN")
            .around(150.0, 215.0, "Đỉnh Đức Tường");
        check(paper, Some("Đinh Đức Tường"), None);
    }
}
