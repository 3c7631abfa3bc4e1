//! What the QR code of an identity card says, held against what was read and what was declared.
//!
//! A code passes its own error correction: its digits are surer than any that were read. But a card
//! that lies among the pages of another paper may be a guardian's or an official's, so it gives that
//! paper fields only where name and birth date show that it is the holder's. Where it contradicts what
//! was declared or read, a person is asked; the questions name no number.

use std::collections::BTreeSet;

use super::fold::fold;
use crate::domain::{
    card::{IdentityCard, SeenCard},
    fields::{Proposed, ProposedFields, Source, Status},
    ids::OwnerNumber,
    page::{Finding, Place},
    text::RecognisedText,
};

/// How sure a value from a code is.
const SURE: f32 = 0.99;
/// A card, front and back, has fewer words than any other paper.
const MOST_WORDS_OF_A_CARD: usize = 150;
/// Words below this confidence are pattern of the card's background, not words.
const WORD_AT: f32 = 0.6;

/// Takes what the cards say into the proposed fields; gives the questions that come of it.
pub fn compare(
    proposed: &mut ProposedFields,
    cards: &[SeenCard],
    text: &RecognisedText,
    declared: Option<&OwnerNumber>,
) -> Vec<Finding> {
    let Some(first) = cards.first() else { return Vec::new() };
    let holders: BTreeSet<&str> = cards.iter().map(|seen| seen.card.number.as_str()).collect();
    if holders.len() > 1 {
        let message =
            "Trong bản quét có thẻ căn cước của nhiều người: xin đối chiếu để nhập đúng chủ giấy tờ.";
        return vec![Finding::about_field(None, message.to_owned())];
    }
    if is_the_card_itself(proposed, text) {
        return take(proposed, first, declared);
    }
    attached(proposed, first, declared)
}

/// Whether the paper is an identity card and not one that has a card among its pages.
fn is_the_card_itself(proposed: &ProposedFields, text: &RecognisedText) -> bool {
    let is_word = |confidence: f32, word: &str| {
        confidence >= WORD_AT && word.chars().filter(|c| c.is_alphabetic()).count() >= 2
    };
    let words = text.pages.iter().flat_map(|p| &p.lines).flat_map(|l| &l.words);
    let n_words = words.filter(|w| is_word(w.confidence, &w.text)).count();
    proposed.document_number.status != Status::Read && n_words <= MOST_WORDS_OF_A_CARD
}

/// The paper is the card: its fields are those of the code.
fn take(proposed: &mut ProposedFields, seen: &SeenCard, declared: Option<&OwnerNumber>) -> Vec<Finding> {
    let mut questions = Vec::new();
    let place = Some(seen.place);
    let number = OwnerNumber::Person(seen.card.number.clone());
    let page = seen.place.page;
    if declared.is_some_and(|declared| !is_of(&seen.card, declared)) {
        proposed.owner_id = Proposed { source: Source::Qr, ..Proposed::not_read("", place) };
        questions.push(differs_from_declared(page));
    } else {
        if contradicts(&proposed.owner_id, Source::Operator, |read| is_of(&seen.card, read)) {
            questions.push(differs_from_print(page, "Số định danh"));
        }
        proposed.owner_id = Proposed::read(number, "", SURE, Source::Qr, place);
    }
    for (name, label, value) in other_fields(&seen.card) {
        let read = proposed.other.get(name);
        if read.is_some_and(|read| contradicts(read, Source::Qr, |read| is_same(read, &value))) {
            questions.push(differs_from_print(page, label));
        }
        proposed.other.insert(name.to_owned(), Proposed::read(value, "", SURE, Source::Qr, place));
    }
    questions
}

/// A card among the pages of another paper: it says who the holder is only where it is surely the holder's.
fn attached(proposed: &mut ProposedFields, seen: &SeenCard, declared: Option<&OwnerNumber>) -> Vec<Finding> {
    let page = seen.place.page;
    let number = OwnerNumber::Person(seen.card.number.clone());
    if proposed.owner_id.value.as_ref() == Some(&number) {
        if proposed.owner_id.source != Source::Operator {
            proposed.owner_id = from_code(number, &proposed.owner_id, seen.place);
        }
        return Vec::new();
    }
    let reads = |name: &str| proposed.other.get(name).and_then(|p| p.value.as_deref());
    let fields = other_fields(&seen.card);
    let is_holders = fields.iter().all(|(name, _, value)| reads(name).is_some_and(|r| is_same(r, value)));
    match (is_holders, declared) {
        (true, Some(declared)) if !is_of(&seen.card, declared) => vec![differs_from_declared(page)],
        (true, Some(_)) => Vec::new(),
        (true, None) if proposed.owner_id.status == Status::Read => {
            vec![differs_from_print(page, "Số định danh")]
        }
        (true, None) => {
            proposed.owner_id = from_code(number, &proposed.owner_id, seen.place);
            Vec::new()
        }
        (false, _) => {
            let message = format!(
                "Trang {page} là thẻ căn cước, nhưng chưa rõ có phải của chủ giấy tờ hay không: xin đối chiếu."
            );
            vec![Finding::about_field(Some(page), message)]
        }
    }
}

fn from_code(number: OwnerNumber, read: &Proposed<OwnerNumber>, place: Place) -> Proposed<OwnerNumber> {
    Proposed::read(number, read.raw.clone(), SURE, Source::Qr, Some(place))
}

fn other_fields(card: &IdentityCard) -> [(&'static str, &'static str, String); 2] {
    [
        ("holder_name", "Họ và tên", card.name.clone()),
        ("holder_birth_date", "Ngày sinh", card.birth_date.to_string()),
    ]
}

/// Whether a number is the card's, new or old.
fn is_of(card: &IdentityCard, number: &OwnerNumber) -> bool {
    match number {
        OwnerNumber::Person(id) => *id == card.number,
        OwnerNumber::OldPerson(id) => card.old_number.as_ref() == Some(id),
        OwnerNumber::Passport(_) | OwnerNumber::Organisation(_) => false,
    }
}

/// Whether something else was read; what came from `but_not` was not read from the paper.
fn contradicts<T>(read: &Proposed<T>, but_not: Source, fits: impl Fn(&T) -> bool) -> bool {
    read.source != but_not && read.status == Status::Read && read.value.as_ref().is_some_and(|v| !fits(v))
}

/// Capitals and spaces aside; a mark read wrong is a difference.
fn is_same(read: &str, value: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    // Where both differ in marks alone it is the reader that errs, and still a person should look.
    plain(read) == plain(value) && fold(read) == fold(value)
}

fn differs_from_declared(page: u32) -> Finding {
    let message = format!(
        "Số định danh trong mã QR của thẻ căn cước (trang {page}) khác số đã khai khi nhận hồ sơ: xin đối chiếu với thẻ rồi nhập lại."
    );
    Finding::about_field(Some(page), message)
}

fn differs_from_print(page: u32, label: &str) -> Finding {
    let message = format!(
        "“{label}” trong mã QR của thẻ căn cước (trang {page}) khác chữ đọc được trên giấy tờ: xin đối chiếu với thẻ."
    );
    Finding::about_field(Some(page), message)
}

#[cfg(test)]
mod tests {
    use super::super::{Context, propose, testing::Paper, testing::now};
    use super::*;
    use crate::domain::{catalogue::Catalogue, page::BoxMm};

    const NUMBER: &str = "001085012345";

    fn card(number: &str) -> SeenCard {
        let text = format!("{number}|012345678|Nguyễn Văn Mẫu|05061985|Nam|Bảo Ái, Yên Bái|01022022");
        let box_mm = BoxMm { left: 60.0, top: 10.0, width: 14.0, height: 14.0 };
        SeenCard { card: IdentityCard::parse(&text).unwrap(), place: Place { page: 1, box_mm } }
    }

    fn number(text: &str) -> OwnerNumber {
        OwnerNumber::parse(text).unwrap()
    }

    fn compared(
        paper: Paper,
        cards: &[SeenCard],
        declared: Option<&OwnerNumber>,
    ) -> (ProposedFields, Vec<String>) {
        let (text, facts) = paper.finish();
        let catalogue = Catalogue::starting();
        let guide = crate::engines::extraction::Guide::built_in();
        let context =
            Context { catalogue: &catalogue, procedure: None, paper: None, owner: declared, guide: &guide };
        let mut fields = propose(&text, &facts, &context, now());
        let found = compare(&mut fields, cards, &text, declared);
        (fields, found.into_iter().map(|f| f.message).collect())
    }

    fn front() -> Paper {
        Paper::new().around(60.0, 20.0, "CĂN CƯỚC CÔNG DÂN").put(30.0, 30.0, "Số: 001085012345").put(
            30.0,
            38.0,
            "Họ và tên: NGUYỄN VĂN MẪU",
        )
    }

    #[test]
    fn a_card_gives_number_name_and_birth_date() {
        for declared in [None, Some(number(NUMBER)), Some(number("012345678"))] {
            let (fields, questions) = compared(front(), &[card(NUMBER), card(NUMBER)], declared.as_ref());
            assert_eq!(questions, Vec::<String>::new(), "{declared:?}");
            assert_eq!(fields.owner_id.value, Some(number(NUMBER)));
            assert_eq!((fields.owner_id.source, fields.owner_id.status), (Source::Qr, Status::Read));
            assert_eq!(fields.owner_id.place.unwrap().page, 1);
            for (name, expected) in [("holder_name", "Nguyễn Văn Mẫu"), ("holder_birth_date", "1985-06-05")]
            {
                assert_eq!(fields.other[name].value.as_deref(), Some(expected));
                assert_eq!(fields.other[name].source, Source::Qr);
            }
        }
    }

    #[test]
    fn contradictions_are_asked_without_a_number() {
        let other = number("001085054321");
        let (fields, questions) = compared(front(), &[card(NUMBER)], Some(&other));
        assert_eq!(fields.owner_id.status, Status::NotRead);
        assert!(questions[0].contains("khác số đã khai"), "{questions:?}");

        let misread = front().put(30.0, 46.0, "Ngày sinh: 06/06/1985");
        let (fields, questions) = compared(misread, &[card(NUMBER)], None);
        assert_eq!(fields.other["holder_birth_date"].value.as_deref(), Some("1985-06-05"));
        assert!(questions.iter().any(|q| q.contains("“Ngày sinh”")), "{questions:?}");
        assert!(questions.iter().all(|q| !q.contains("0010") && !q.contains("1985")));

        let (fields, questions) = compared(front(), &[card(NUMBER), card("001085054321")], None);
        assert_ne!(fields.owner_id.source, Source::Qr);
        assert!(questions[0].contains("nhiều người"));
    }

    fn application(lines: &[&str]) -> Paper {
        let mut paper = Paper::new().plain_header().around(108.0, 40.0, "TỜ KHAI");
        for (i, line) in lines.iter().enumerate() {
            paper = paper.put(30.0, 60.0 + 7.0 * i as f32, line);
        }
        for i in 0..20 {
            let words = "Tôi xin cam đoan những lời khai trên là đúng sự thật và chịu trách nhiệm";
            paper = paper.put(30.0, 110.0 + 7.0 * i as f32, words);
        }
        paper
    }

    #[test]
    fn a_card_among_other_pages_counts_only_when_it_is_the_holders() {
        let own = ["Họ và tên: Nguyễn Văn Mẫu;", "Ngày sinh: 05/6/1985;", "Số định danh cá nhân: ………"];
        let (fields, questions) = compared(application(&own), &[card(NUMBER)], None);
        assert_eq!((fields.owner_id.value, fields.owner_id.source), (Some(number(NUMBER)), Source::Qr));
        assert_eq!(questions, Vec::<String>::new());

        // A guardian's card beside a child's application.
        let childs = ["Họ và tên: Trần Thị Bé;", "Ngày sinh: 31/12/2020;", "Số định danh cá nhân: ………"];
        let (fields, questions) = compared(application(&childs), &[card(NUMBER)], None);
        assert_ne!(fields.owner_id.status, Status::Read);
        assert_eq!(fields.other["holder_name"].value.as_deref(), Some("Trần Thị Bé"));
        assert!(questions[0].contains("chưa rõ có phải của chủ giấy tờ"), "{questions:?}");
    }

    #[test]
    fn no_card_changes_nothing() {
        let (text, facts) = front().finish();
        let catalogue = Catalogue::starting();
        let guide = crate::engines::extraction::Guide::built_in();
        let context =
            Context { catalogue: &catalogue, procedure: None, paper: None, owner: None, guide: &guide };
        let before = propose(&text, &facts, &context, now());
        let mut after = before.clone();
        assert_eq!(compare(&mut after, &[], &text, None), []);
        assert_eq!(before, after);
    }
}
