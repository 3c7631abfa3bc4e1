//! Evidence from the file: form fields, faces and claims of signatures, metadata of a paper coded before;
//! the stamp of incoming mail; what the store knows of an agency's register.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use serde_json::{Value, json};

use crate::{
    contract::holds,
    generator::Kind,
    support::{
        app::{TestApp, on_both_databases},
        cli::{dry_run, sohoa},
        papers,
    },
};

/// A notice as it is scanned; number and day as given.
fn notice(number: &str, day: &str) -> Vec<u8> {
    papers::page_of(&[
        ("ỦY BAN NHÂN DÂN", 28.0, 24.0, 12.0),
        ("XÃ BẢO ÁI", 38.0, 30.0, 12.0),
        (number, 36.0, 40.0, 13.0),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 90.0, 24.0, 12.0),
        ("Độc lập - Tự do - Hạnh phúc", 108.0, 30.0, 13.0),
        (day, 104.0, 40.0, 13.0),
        ("THÔNG BÁO", 92.0, 58.0, 14.0),
        ("Về việc tổ chức họp xét duyệt hồ sơ trợ giúp xã hội", 48.0, 66.0, 13.0),
        ("Ủy ban nhân dân xã thông báo lịch họp xét duyệt hồ sơ của các hộ", 32.0, 84.0, 13.0),
        ("gia đình trong xã, xin mời các ông bà có tên trong danh sách đến", 32.0, 92.0, 13.0),
        ("dự đúng thời gian và địa điểm đã ghi ở giấy mời gửi kèm theo.", 32.0, 100.0, 13.0),
    ])
}

const NUMBER: &str = "Số: 542/TB-UBND";
const DAY: &str = "Bảo Ái, ngày 06 tháng 11 năm 2024";

/// A PDF of one scanned page; `add` puts widgets on it and gives back the fields of the form.
fn pdf(jpeg: Vec<u8>, add: impl FnOnce(&mut Document) -> Vec<ObjectId>) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let picture = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => 1654, "Height" => 2339,
        "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8, "Filter" => "DCTDecode",
    };
    let picture = document.add_object(Stream::new(picture, jpeg).with_compression(false));
    let content = b"q 595.28 0 0 841.89 0 0 cm /Scan Do Q".to_vec();
    let content = document.add_object(Stream::new(Dictionary::new(), content));
    let tree = document.new_object_id();
    let fields = add(&mut document);
    let refs = || fields.iter().map(|id| Object::Reference(*id)).collect::<Vec<_>>();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => content, "Annots" => refs(),
        "Resources" => dictionary! { "XObject" => dictionary! { "Scan" => picture } },
        "MediaBox" => vec![0.into(), 0.into(), Object::Real(595.28), Object::Real(841.89)],
    });
    let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(tree, Object::Dictionary(kids));
    let form = dictionary! { "Fields" => refs() };
    let catalog =
        document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree, "AcroForm" => form });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// A widget whose face is `text` in Helvetica bold; left, top, width, height in millimetres.
fn widget(document: &mut Document, place: [f32; 4], text: &str, entries: Dictionary) -> ObjectId {
    let pt = |mm: f32| mm / 25.4 * 72.0;
    let [left, top, width, height] = place.map(pt);
    let font = dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Times-Bold", "Encoding" => "WinAnsiEncoding",
    };
    let face = dictionary! {
        "Type" => "XObject", "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), Object::Real(width), Object::Real(height)],
        "Resources" => dictionary! { "Font" => dictionary! { "F" => font } },
    };
    let content = format!("BT /F 13 Tf 0 {} Td ({text}) Tj ET", 0.22 * height);
    let face = document.add_object(Stream::new(face, content.into_bytes()));
    let mut widget = dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "F" => 4,
        "Rect" => vec![
            Object::Real(left), Object::Real(841.89 - top - height),
            Object::Real(left + width), Object::Real(841.89 - top),
        ],
        "AP" => dictionary! { "N" => face },
    };
    widget.extend(&entries);
    document.add_object(widget)
}

/// A signature of an invented clerk as `openssl cms` makes it, without signed attributes: the time it claims
/// is that of the PDF, `at`.
fn signature(dir: &Path, document: &mut Document, at: &str) -> ObjectId {
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let subject = "[req]\nprompt=no\nutf8=yes\nstring_mask=utf8only\ndistinguished_name=dn\n[dn]\nC=VN\n\
                   O=ỦY BAN NHÂN DÂN XÃ BẢO ÁI\nCN=Trần Thị Mẫu\n";
    std::fs::write(file("cnf"), subject).unwrap();
    std::fs::write(file("data"), "signed bytes").unwrap();
    let openssl = |args: &str| {
        let ran = Command::new("openssl").args(args.split(' ')).output();
        let ran = ran.unwrap_or_else(|e| panic!("openssl can't be run ({e}): install openssl"));
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let (key, certificate, config) = (file("key"), file("certificate"), file("cnf"));
    openssl(&format!(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {key} -out {certificate} -config {config} -utf8"
    ));
    let (data, cms) = (file("data"), file("cms"));
    openssl(&format!(
        "cms -sign -binary -noattr -in {data} -signer {certificate} -inkey {key} -outform DER -out {cms}"
    ));
    let mut contents = std::fs::read(cms).unwrap();
    contents.resize(8192, 0);
    document.add_object(dictionary! {
        "Type" => "Sig", "Filter" => "Adobe.PPKLite", "SubFilter" => "ETSI.CAdES.detached",
        "M" => Object::string_literal(at),
        "Contents" => Object::String(contents, StringFormat::Hexadecimal),
        "ByteRange" => vec![0.into(), 1.into(), 2.into(), 3.into()],
    })
}

fn read(dir: &Path, pdf: &[u8]) -> Value {
    let path = dir.join("giay-to.pdf");
    std::fs::write(&path, pdf).unwrap();
    let ran = dry_run(&path);
    let answer = ran.answer();
    holds("digitise", &answer);
    answer
}

fn field<'a>(answer: &'a Value, key: &str) -> &'a Value {
    &answer["fields"][key]
}

/// Value, suggestion, status and source.
fn said(answer: &Value, key: &str) -> Value {
    let field = field(answer, key);
    json!([field["value"], field["suggestion"], field["status"], field["source"]])
}

#[test]
fn a_scan_without_evidence_is_read_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let answer = read(dir.path(), &pdf(notice(NUMBER, DAY), |_| Vec::new()));
    assert_eq!(said(&answer, "document_number"), json!(["542/TB-UBND", null, "read", "ocr"]));
    assert_eq!(said(&answer, "issued_on"), json!(["2024-11-06", null, "read", "ocr"]));
    let authority = json!(["Ủy ban nhân dân xã Bảo Ái", null, "read", "ocr"]);
    assert_eq!(said(&answer, "issuing_authority"), authority);
}

#[test]
fn a_number_drawn_by_signing_is_part_of_the_paper() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = pdf(notice("Số:          /TB-UBND", DAY), |document| {
        let value = signature(dir.path(), document, "D:20241106101500+07'00'");
        let entries = dictionary! { "FT" => "Sig", "T" => Object::string_literal("VanThu"), "V" => value };
        vec![widget(document, [44.8, 36.0, 9.0, 5.0], "542", entries)]
    });
    let answer = read(dir.path(), &bytes);
    assert_eq!(
        said(&answer, "document_number"),
        json!([null, "542/TB-UBND", "not_read", "signature"]),
        "{answer:#}"
    );
}

#[test]
fn a_form_field_that_says_otherwise_is_a_question() {
    let dir = tempfile::tempdir().unwrap();
    let form = |value: &str| {
        pdf(notice(NUMBER, DAY), |document| {
            let value = Object::string_literal(value);
            let name = Object::string_literal("so_quyet_dinh");
            let entries = dictionary! { "FT" => "Tx", "T" => name, "V" => value };
            vec![widget(document, [150.0, 250.0, 30.0, 6.0], "", entries)]
        })
    };
    let plain = read(dir.path(), &form(""));
    let agrees = read(dir.path(), &form("542/TB-UBND"));
    assert_eq!(said(&agrees, "document_number"), json!(["542/TB-UBND", null, "read", "ocr"]));
    let confidence = |answer: &Value| field(answer, "document_number")["confidence"].as_f64().unwrap();
    assert!(confidence(&agrees) > confidence(&plain), "two that agree are surer");

    let differs = read(dir.path(), &form("99/TB-UBND"));
    assert_eq!(said(&differs, "document_number"), json!([null, "542/TB-UBND", "not_read", "ocr"]));
    let other = &field(&differs, "document_number")["alternatives"];
    let box_mm = json!([150.0, 250.0, 30.0, 6.0]);
    assert_eq!(*other, json!([{"value": "99/TB-UBND", "source": "form_field", "page": 1, "box_mm": box_mm}]));
    assert_eq!(differs["code"], Value::Null);
}

fn signed(dir: &Path, jpeg: Vec<u8>, at: &str) -> Value {
    let bytes = pdf(jpeg, |document| {
        let value = signature(dir, document, at);
        let entries = dictionary! { "FT" => "Sig", "T" => Object::string_literal("ChuKy"), "V" => value };
        vec![widget(document, [150.0, 250.0, 30.0, 6.0], "", entries)]
    });
    read(dir, &bytes)
}

#[test]
fn what_a_signature_claims_is_a_suggestion_and_bounds_the_day() {
    let dir = tempfile::tempdir().unwrap();
    // Signed the same evening: nothing to say.
    let answer = signed(dir.path(), notice(NUMBER, DAY), "D:20241106225900+07'00'");
    assert_eq!(said(&answer, "issued_on"), json!(["2024-11-06", null, "read", "ocr"]));
    // Its certificate names the agency that was read.
    let plain = read(dir.path(), &pdf(notice(NUMBER, DAY), |_| Vec::new()));
    let sure = |answer: &Value| field(answer, "issuing_authority")["confidence"].as_f64().unwrap();
    assert!(sure(&answer) > sure(&plain));

    // Signed the day before the paper says it was issued.
    let answer = signed(dir.path(), notice(NUMBER, DAY), "D:20241105101500+07'00'");
    assert_eq!(said(&answer, "issued_on"), json!([null, null, "not_read", "ocr"]));
    let other = &field(&answer, "issued_on")["alternatives"][0];
    assert_eq!((&other["value"], &other["source"]), (&json!("2024-11-05"), &json!("signature")));
    let told = |r: &Value| r["message"].as_str().unwrap().contains("sau ngày ký số");
    assert!(answer["reasons"].as_array().unwrap().iter().any(told), "{answer:#}");

    // The day is left for the pen, month and year are printed.
    let blank = notice(NUMBER, "Bảo Ái, ngày        tháng 11 năm 2024");
    let answer = signed(dir.path(), blank.clone(), "D:20241106101500+07'00'");
    assert_eq!(
        said(&answer, "issued_on"),
        json!([null, "2024-11-06", "not_read", "signature"]),
        "{answer:#}"
    );
    // Signed years later, when it was digitised.
    let answer = signed(dir.path(), blank, "D:20261106101500+07'00'");
    assert_eq!(said(&answer, "issued_on"), json!([null, null, "not_read", "ocr"]));
}

fn coded(dir: &Path) -> PathBuf {
    let path = papers::write(&papers::clean(Kind::WorkPermit, 12), dir);
    let (data, out) = (dir.join("data"), dir.join("out"));
    let ran = sohoa([
        "digitise",
        "--json",
        "--data",
        data.to_str().unwrap(),
        "--procedure",
        "2.000205",
        "--component",
        "KQ1",
        "--accept",
        "--officer",
        "demo",
        "--out",
        out.to_str().unwrap(),
        path.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    out.join(format!("{}.coded.pdf", path.file_stem().unwrap().to_str().unwrap()))
}

#[test]
fn a_paper_that_was_coded_before_brings_its_fields() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(coded(dir.path())).unwrap();
    let same = read(dir.path(), &bytes);
    let number = field(&same, "document_number");
    assert_eq!(number["status"], "read", "{number}");
    assert_eq!(number["alternatives"], Value::Null);
    let number = number["value"].as_str().unwrap().to_owned();

    // Another number of the same length in the metadata.
    let mark = format!("<sohoa:document_number>{number}<");
    let at = bytes.windows(mark.len()).position(|w| w == mark.as_bytes()).unwrap();
    let digit = at + "<sohoa:document_number>".len();
    let mut other = bytes;
    other[digit] = if other[digit] == b'7' { b'8' } else { b'7' };
    let differs = read(dir.path(), &other);
    let asked = field(&differs, "document_number");
    assert_eq!((asked["status"].as_str(), asked["suggestion"].as_str()), (Some("not_read"), Some(&*number)));
    assert_eq!(asked["alternatives"][0]["source"], "metadata");
    assert_eq!(differs["code"], Value::Null);
}

async fn uploaded(app: &TestApp, dossier: &str, scan: &crate::generator::Paper) -> (String, Value) {
    let response = app.upload(dossier, "results", &papers::bytes(scan), &[("ordinal", "1")]).await;
    assert_eq!(response.status(), 202);
    let paper: Value = response.json().await.unwrap();
    let id = paper["id"].as_str().unwrap().to_owned();
    let read = app.settled(&id).await;
    (id, read)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_in_the_register_that_contradicts_is_told() {
    let scan = papers::clean(Kind::Decision, 41);
    let truth: Value = serde_json::from_str(&scan.truth_json().unwrap()).unwrap();
    let value = |key: &str| truth["fields"][key]["value"].clone();
    let number = value("document_number").as_str().unwrap().to_owned();
    let (n, symbol) = number.split_once('/').unwrap();
    let day: jiff::civil::Date = value("issued_on").as_str().unwrap().parse().unwrap();
    let next = format!("{}/{symbol}", n.parse::<u32>().unwrap() + 1);
    let earlier = day.saturating_sub(jiff::Span::new().days(1));
    assert_eq!(earlier.year(), day.year(), "another seed is needed");
    on_both_databases(async |app| {
        let dossier = app.open_dossier("1.001776").await;
        let (first, read) = uploaded(&app, &dossier, &scan).await;
        let told = |read: &Value| {
            let reasons = read["reasons"].as_array().unwrap().clone();
            reasons.iter().any(|r| r["message"].as_str().unwrap().contains("lớn hơn số này 1 đơn vị"))
        };
        assert!(!told(&read), "{read}");
        let confidence = read["fields"]["document_number"]["confidence"].as_f64().unwrap();
        // The next number of the register, of the day before.
        let fields = json!({
            "document_type_code": value("document_type_code"), "owner_id": value("owner_id"),
            "document_name": value("document_name"), "document_number": next,
            "issued_on": earlier.to_string(), "issuing_authority": value("issuing_authority"),
            "abstract": value("abstract"), "validity_period": null, "validity_scope": null,
        });
        let confirm = app.post(&format!("/api/v1/papers/{first}/confirm")).json(&json!({ "fields": fields }));
        app.json(confirm).await;
        assert_eq!(app.settled(&first).await["state"], "stored");

        let (_, again) = uploaded(&app, &dossier, &scan).await;
        assert!(told(&again), "{again}");
        assert!(again["fields"]["document_number"]["confidence"].as_f64().unwrap() < confidence);
    })
    .await;
}
