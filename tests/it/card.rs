//! An identity card's QR code: its fields, and what contradicts it.

use serde_json::Value;

use crate::{
    contract::holds,
    support::{cli::sohoa, scans},
};

/// An invented person. Long enough for a code of about 60 modules, as on cards.
const CODE: &str = "001085012345|012345678|Nguyễn Văn Mẫu|05061985|Nam|Thôn Thử Nghiệm, Xã Bảo Ái, Huyện Yên Bình, Tỉnh Yên Bái|01022022";
const LINES: [&str; 5] = [
    "CĂN CƯỚC CÔNG DÂN",
    "Số: 001085012345",
    "Họ và tên: NGUYỄN VĂN MẪU",
    "Ngày sinh: 05/06/1985",
    "Giới tính: Nam",
];

fn digitised(picture: &[u8], more: &[&str]) -> (i32, Value) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("the.jpg");
    std::fs::write(&path, picture).unwrap();
    let args = ["digitise", "--json", "--dry-run"].into_iter().chain(more.iter().copied());
    let ran = sohoa(args.chain([path.to_str().unwrap()]));
    let answer = ran.answer();
    holds("digitise", &answer);
    (ran.code, answer)
}

fn is_from_the_code(answer: &Value) {
    let fields = &answer["fields"];
    for (field, expected) in [
        (&fields["owner_id"], "001085012345"),
        (&fields["other"]["value"]["holder_name"], "Nguyễn Văn Mẫu"),
        (&fields["other"]["value"]["holder_birth_date"], "1985-06-05"),
    ] {
        assert_eq!(
            (field["value"].as_str(), field["source"].as_str()),
            (Some(expected), Some("qr")),
            "{answer:#}"
        );
        assert_eq!(field["page"], 1);
    }
}

fn questions(answer: &Value) -> Vec<String> {
    let reasons = answer["reasons"].as_array().unwrap().iter();
    let of_fields = reasons.filter(|r| r["kind"] == "field_doubtful");
    of_fields.map(|r| r["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_scanned_card_gives_number_name_and_birth_date() {
    let scan = scans::jpeg(&scans::card(CODE, &LINES, 300.0 / 25.4), Some(300), 85);
    let (_, answer) = digitised(&scan, &[]);
    is_from_the_code(&answer);
    assert!(!questions(&answer).iter().any(|q| q.contains("mã QR")), "{answer:#}");
}

#[test]
fn a_photographed_card_does_too_and_so_does_the_longer_form() {
    let code = format!("{CODE}||Trần Thị Bé|Nguyễn Văn Ông|");
    let photo = scans::jpeg(&scans::photographed(&scans::card(&code, &LINES, 24.0)), None, 70);
    let (_, answer) = digitised(&photo, &[]);
    is_from_the_code(&answer);
}

#[test]
fn what_contradicts_the_code_is_asked_without_naming_a_number() {
    let scan = scans::jpeg(&scans::card(CODE, &LINES, 300.0 / 25.4), Some(300), 85);
    let (code, answer) = digitised(&scan, &["--owner", "001085054321"]);
    assert_eq!(code, 5);
    assert_eq!(answer["fields"]["owner_id"]["status"], "not_read", "{answer:#}");
    let questions = questions(&answer);
    assert!(questions.iter().any(|q| q.contains("khác số đã khai")), "{questions:?}");
    assert!(questions.iter().all(|q| !q.contains("001085")), "{questions:?}");
}

#[test]
fn codes_of_other_kinds_say_nothing() {
    let lines = ["BIÊN LAI THU PHÍ", "Mã tra cứu trong mã QR"];
    let scan =
        scans::jpeg(&scans::card("https://example.vn/tra-cuu?ma=0123", &lines, 300.0 / 25.4), Some(300), 85);
    let (_, answer) = digitised(&scan, &[]);
    assert_ne!(answer["fields"]["owner_id"]["source"], "qr");
    assert!(!answer.to_string().contains("example.vn"));
}
