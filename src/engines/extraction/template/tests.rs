//! What templates change, and above all what they don't, on pages as a reader sees them.

use super::{super::testing::Paper, super::testing::now, super::*, *};
use crate::domain::{fields::Status, ids::ProcedureCode};

const KIND: &str = r#"
title = ["Thẻ thử nghiệm"]
type = ["Giấy phép lao động"]
never = ["document_number"]
[owner]
after = ["Số định danh cá nhân"]
section_end = ["Người giới thiệu"]
[validity]
until = "issued_on + 12 months"
when = ["hội viên"]
[[field]]
key = "holder_birth_date"
label = "Sinh ngày"
form = "date"
after = ["Sinh ngày"]
[[field]]
key = "home"
label = "Nơi ở"
form = "text"
after = ["Nơi ở"]
until = ["Nghề nghiệp"]
[[field]]
key = "fee"
label = "Lệ phí"
form = "money"
after = ["Lệ phí"]
[[field]]
key = "card"
label = "Số thẻ"
form = "identifier"
after = ["Số thẻ"]
lengths = [10]
[[field]]
key = "group"
label = "Nhóm"
form = "choice"
after = ["Nhóm"]
choices = ["Đặc biệt nặng", "Nặng"]
required = true
[[field]]
key = "place"
label = "Nơi khám"
form = "text"
after = ["Nơi khám"]
at = "below"
[[field]]
key = "sponsor"
label = "Người giới thiệu"
form = "name"
after = ["Họ và tên"]
section = ["Người giới thiệu"]
[[example]]
text = "= THẺ THỬ NGHIỆM"
expect = { document_name = "Thẻ thử nghiệm" }
"#;

fn guide() -> Guide {
    let templates = Templates::built_in().overridden([("the-thu-nghiem", KIND)]).unwrap();
    Guide::new(&templates, &agency::Agencies::built_in())
}

fn paper(lines: &[&str]) -> Paper {
    let mut paper = Paper::new()
        .header(&["ỦY BAN NHÂN DÂN", "XÃ BẢO ÁI"])
        .number_and_date("Số: 12/QĐ-UBND", "Bảo Ái, ngày 06 tháng 5 năm 2024")
        .around(110.0, 58.0, "THẺ THỬ NGHIỆM");
    for (i, line) in lines.iter().enumerate() {
        paper = paper.put(30.0, 80.0 + 8.0 * i as f32, line);
    }
    paper
}

fn read(paper: Paper) -> ProposedFields {
    let (text, facts) = paper.finish();
    let (catalogue, guide) = (Catalogue::starting(), guide());
    let context = Context { catalogue: &catalogue, procedure: None, paper: None, owner: None, guide: &guide };
    propose(&text, &facts, &context, now())
}

fn check(lines: &[&str], key: &str, status: Status, expected: Option<&str>) {
    let fields = read(paper(lines));
    let field = &fields.other[key];
    assert_eq!((field.status, field.value.as_deref()), (status, expected), "{lines:?} {field:?}");
}

#[test]
fn values_stand_beside_their_labels() {
    use Status::{Absent, NotRead, Read};
    for (line, key, status, expected) in [
        ("Nơi ở: thôn Ngòi Nhầu, xã Bảo Ái", "home", Read, Some("thôn Ngòi Nhầu, xã Bảo Ái")),
        ("Nơi ở: ..thôn Ngòi Nhầu", "home", Read, Some("thôn Ngòi Nhầu")),
        ("2. Nơi ở (nếu có): thôn Lìm Nghề nghiệp: Làm ruộng", "home", Read, Some("thôn Lìm")),
        ("Nơi ở: thôn A Mức lương: 5", "home", NotRead, None),
        ("Nơi ở: thôn.Bản Lìm", "home", NotRead, None),
        ("Nơi ở: tỉnh Quảng Trï", "home", NotRead, None),
        ("Nơi ở: thôn Ngòi~70 Nhầu", "home", NotRead, None),
        ("Nơi ở: đường số 5, TP. Huế", "home", NotRead, None),
        ("Nơi ở: ………", "home", NotRead, None),
        ("Nơi ở hội viên", "home", NotRead, None),
        ("Theo quy định về nơi ở của người dân", "home", Absent, None),
        ("Lệ phí: 540.000 đồng", "fee", Read, Some("540000")),
        ("Lệ phí: 540.000~60 đồng", "fee", NotRead, None),
        ("Lệ phí: 540.000~pen đồng", "fee", NotRead, None),
        ("Lệ phí: 1,5 triệu đồng", "fee", NotRead, None),
        ("Số thẻ: 1512345678", "card", Read, Some("1512345678")),
        ("Số thẻ: 151 234 5678", "card", Read, Some("1512345678")),
        ("Số thẻ: 151234567", "card", NotRead, None),
        ("Nhóm: Đặc biệt nặng", "group", Read, Some("Đặc biệt nặng")),
        ("Nhóm: đác~60 biệt nâng", "group", Read, Some("Đặc biệt nặng")),
        ("Nhóm: ..Nặng", "group", Read, Some("Nặng")),
        ("Nhóm: Rất nặng", "group", NotRead, None),
        ("Nhom: Nặng", "group", Read, Some("Nặng")),
        ("Không có gì", "group", NotRead, None),
    ] {
        check(&[line], key, status, expected);
    }
}

#[test]
fn a_label_that_stands_twice_has_to_say_the_same() {
    check(&["Lệ phí: 5.000 đồng", "Lệ phí: 5.000 đồng"], "fee", Status::Read, Some("5000"));
    check(&["Lệ phí: 5.000 đồng", "Lệ phí: 6.000 đồng"], "fee", Status::NotRead, None);
}

#[test]
fn sections_and_cells() {
    let lines = ["Họ và tên: Lò Văn Páo", "II. NGƯỜI GIỚI THIỆU", "Họ và tên: Hà Thị Lê"];
    check(&lines, "sponsor", Status::Read, Some("Hà Thị Lê"));
    check(&["Nơi khám", "Trạm Y tế xã"], "place", Status::Read, Some("Trạm Y tế xã"));
    check(&["Nơi khám"], "place", Status::NotRead, None);
}

#[test]
fn what_both_read_differently_is_asked() {
    let fields = read(paper(&["Họ và tên: Lò Văn Páo", "Sinh ngày: 05/6/1985", "Sinh ngày: 06/6/1985"]));
    assert_eq!(fields.other["holder_birth_date"].status, Status::NotRead);
    let fields = read(paper(&["Họ và tên: Lò Văn Páo", "Sinh ngày: 05/6/1985"]));
    assert_eq!(fields.other["holder_birth_date"].value.as_deref(), Some("1985-06-05"));
    assert!(fields.extra.iter().all(|e| e.key != "holder_birth_date"));
}

#[test]
fn what_a_kind_never_has_is_asked_where_it_was_read() {
    assert_eq!(read(paper(&[])).document_number.status, Status::NotRead);
    let plain = Paper::new().plain_header().around(108.0, 40.0, "THẺ THỬ NGHIỆM");
    assert_eq!(read(plain).document_number.status, Status::Absent);
}

#[test]
fn the_owner_is_the_one_of_the_section() {
    let other = "Số định danh cá nhân: 001185012345";
    let fields = read(paper(&["Số định danh cá nhân: 001085012345", "NGƯỜI GIỚI THIỆU", other]));
    assert_eq!(fields.owner_id.value.as_ref().map(ToString::to_string).as_deref(), Some("001085012345"));
    let fields = read(paper(&["Số định danh cá nhân: 001085012345", other]));
    assert_eq!(fields.owner_id.status, Status::NotRead);
}

#[test]
fn validity_by_rule_only_where_the_paper_is_silent() {
    let until = |lines: &[&str]| {
        let period = read(paper(lines)).validity_period;
        (period.status, period.value.and_then(|p| p.until).map(|d| d.to_string()))
    };
    assert_eq!(until(&["Là hội viên chính thức"]), (Status::Read, Some("2025-05-06".into())));
    assert_eq!(until(&["Là người dự bị"]), (Status::Absent, None));
    let printed = "Giấy này có giá trị đến hết năm 2026.";
    assert_eq!(until(&["Là hội viên chính thức", printed]), (Status::Read, Some("2026-12-31".into())));
}

#[test]
fn the_type_is_the_catalogues_and_a_declared_one_stands() {
    let (text, facts) = paper(&[]).finish();
    let (catalogue, guide) = (Catalogue::starting(), guide());
    let mut context =
        Context { catalogue: &catalogue, procedure: None, paper: None, owner: None, guide: &guide };
    let read = propose(&text, &facts, &context, now()).document_type_code;
    assert_eq!(read.value.map(|c| c.to_string()).as_deref(), Some("2.000205-KQ1"));
    let procedure = ProcedureCode::parse("1.001776").unwrap();
    context.procedure = Some(&procedure);
    context.paper = Some(DeclaredPaper::parse("01").unwrap());
    let declared = propose(&text, &facts, &context, now()).document_type_code;
    assert_eq!(declared.value.map(|c| c.to_string()).as_deref(), Some("1.001776.01"));
}

#[test]
fn a_paper_without_template_has_no_extra_fields() {
    let fields = read(Paper::new().plain_header().around(108.0, 40.0, "ĐƠN XIN PHÉP VẮNG MẶT"));
    assert_eq!(fields.extra, []);
    assert_eq!(fields.other.len(), 5);
}
