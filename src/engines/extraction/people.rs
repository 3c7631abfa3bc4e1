//! Whom a line of a form is about: the holder of the paper, or someone beside the holder.
//!
//! A certificate of birth names mother and father, a declaration a guardian: their numbers and
//! names must never become the owner's. Knows roles, not fields.

use super::flow::Sentence;
use super::{Reading, fold};

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The person, or organisation, the paper is about or who applies.
    Holder,
    /// Another person whom the paper names.
    Other,
}

/// Words that turn to another person, folded.
const OTHERS: &[&str] = &[
    "giam ho",
    "nguoi cham soc",
    "truc tiep cham soc",
    "nguoi nhan cham soc",
    "nguoi nuoi duong",
    "nguoi me",
    "nguoi cha",
    "ho ten me",
    "ho ten cha",
    "ho va ten me",
    "ho va ten cha",
    "vo hoac chong",
    "vo/chong",
    "nguoi dai dien",
    "dai dien",
    "nguoi dung ra",
    "nguoi di khai",
    "nguoi di dang ky",
    "nguoi lam chung",
    "nguoi khai thay",
    "khai thay",
    "nguoi duoc uy quyen",
    "ben nhan uy quyen",
    "nguoi ky",
    "can bo",
    "nguoi lap",
    "nguoi than",
    "than nhan",
    "quan he voi",
    "thanh vien",
    "nguoi nhan thay",
    "nhan tro cap thay",
    "nguoi su dung lao dong",
    "nguoi thuc hien",
    "nguoi tiep nhan",
    "nguoi yeu cau",
    "nguoi nhan",
    "ben duoc uy quyen",
    "duoc uy quyen",
    "ben nhan",
];

/// Kin, which turn away only as a label of their own: "Cha:", "2. Mẹ: …".
const KIN: &[&str] = &["cha", "bo", "me", "vo", "chong", "con"];

/// Words that turn (back) to the holder.
const HOLDERS: &[&str] = &[
    "toi ten la",
    "ten toi la",
    "ten toi",
    "toi la",
    "nguoi duoc khai sinh",
    "nguoi khuyet tat",
    "thong tin doi tuong",
    "thong tin cua doi tuong",
    "doi tuong de nghi",
    "nguoi lao dong",
    "nguoi de nghi",
    "thong tin nguoi khai",
    "nguoi duoc cap",
    "thong tin ca nhan",
    "nguoi huong",
    "chung nhan ong",
    "chung nhan ba",
    "xac nhan ong",
    "xac nhan ba",
];

/// The dead whom a declaration is about are neither owner nor guardian: both may be meant.
const AMBIGUOUS: &[&str] = &[
    "nguoi chet",
    "nguoi mat",
    "nguoi tu tran",
    "nguoi da chet",
    "duoc mai tang",
    "thong tin liet si",
    "ho ten liet si",
    "ho va ten liet si",
];

/// A label has no more words.
const LABEL_WORDS: usize = 14;

/// Each sentence with the role in force in it, in reading order. `None` where nothing can be said:
/// the paper names two people either of whom may own it.
pub(super) fn roles(reading: &Reading) -> Option<Vec<(Role, &Sentence)>> {
    let mut role = Role::Holder;
    let mut roles = Vec::with_capacity(reading.sentences.len());
    let title = reading.title.as_ref().map(|t| t.phrase()).unwrap_or_default();
    let own_dead =
        fold::holds(&title, "khai tu") || fold::holds(&title, "chung tu") || fold::holds(&title, "bao tu");
    for sentence in &reading.sentences {
        let head = heading(sentence);
        if !own_dead && AMBIGUOUS.iter().any(|a| fold::holds(&head, a)) && is_short_label(sentence) {
            return None;
        }
        if HOLDERS.iter().any(|h| fold::holds(&head, h)) {
            role = Role::Holder;
        } else if is_kin_label(sentence) || OTHERS.iter().any(|o| fold::holds(&head, o)) && is_label(sentence)
        {
            role = Role::Other;
        }
        roles.push((role, sentence));
    }
    Some(roles)
}

/// The first words of a sentence: what a label or a heading is made of.
fn heading(sentence: &Sentence) -> String {
    let words: Vec<String> = fold::words(&sentence.folded).into_iter().take(9).collect();
    words.join(" ")
}

fn is_kin_label(sentence: &Sentence) -> bool {
    let label = sentence.folded.split_once(':').map(|(label, _)| fold::words(label)).unwrap_or_default();
    let words: Vec<&String> = label.iter().filter(|w| !w.bytes().all(|b| b.is_ascii_digit())).collect();
    words.len() <= 3 && words.first().is_some_and(|w| KIN.contains(&w.as_str()))
}

/// A label with a colon, or a short heading; a running sentence turns to nobody.
fn is_label(sentence: &Sentence) -> bool {
    sentence.folded.contains(':') || sentence.tokens.len() <= 14
}

/// A label with a colon behind its few words, or a heading: articles of a decision run on before their
/// first colon.
fn is_short_label(sentence: &Sentence) -> bool {
    match sentence.folded.split_once(':') {
        Some((label, _)) => fold::words(label).len() <= LABEL_WORDS,
        None => sentence.tokens.len() <= LABEL_WORDS && !sentence.folded.starts_with("dieu "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Paper;
    use super::*;

    fn check(lines: &[&str], expected: Option<&[Role]>) {
        let mut paper = Paper::new();
        for (i, line) in lines.iter().enumerate() {
            paper = paper.put(30.0, 60.0 + 8.0 * i as f32, line);
        }
        let reading = paper.reading();
        let found = roles(&reading).map(|r| r.into_iter().map(|(role, _)| role).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{lines:?}");
    }

    #[test]
    fn roles_last_until_someone_else_is_named() {
        use Role::{Holder, Other};
        check(
            &["Họ và tên: A;", "Số định danh: 1;", "Họ, chữ đệm, tên người mẹ: B;", "Số CCCD: 2;"],
            Some(&[Holder, Holder, Other, Other]),
        );
        check(
            &[
                "1. Họ và tên: A;",
                "II. Thông tin người giám hộ:",
                "Họ và tên: B;",
                "III. Thông tin người khai:",
                "Họ và tên: C;",
            ],
            Some(&[Holder, Other, Other, Holder, Holder]),
        );
    }

    #[test]
    fn legal_bases_turn_to_nobody() {
        use Role::{Holder, Other};
        check(
            &["Căn cứ Bộ luật Lao động số 45/2019/QH14;", "Số CCCD: 1;", "2. Mẹ: B;", "Số CCCD: 2;"],
            Some(&[Holder, Holder, Other, Other]),
        );
    }

    #[test]
    fn a_declaration_about_a_dead_person_has_two_possible_owners() {
        check(&["I. Thông tin người chết:", "Họ và tên: A;"], None);
    }

    #[test]
    fn a_decision_on_worship_is_about_the_living() {
        use Role::{Holder, Other};
        check(
            &[
                "Về việc trợ cấp thờ cúng liệt sĩ",
                "Điều 1. Trợ cấp thờ cúng liệt sĩ đối với ông A, sinh ngày 21/05/1974, số CCCD: 1;",
            ],
            Some(&[Holder, Holder]),
        );
        check(
            &["I. Bên ủy quyền:", "Họ và tên: A;", "II. Bên được ủy quyền:", "Họ và tên: B;"],
            Some(&[Holder, Holder, Other, Other]),
        );
    }
}
