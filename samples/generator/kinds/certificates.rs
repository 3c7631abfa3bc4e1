//! Certificates about a person: disability, poor household, birth.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Person, Place};
use super::super::random::Random;
use super::super::sheet::{GAP, Sheet, bold, plain};
use super::super::truth::{Fact, Fields, Period};
use super::{Face, Kind, about, adult, id_label, receivers, since_issue};

/// Giấy xác nhận khuyết tật: one page of labelled lines.
pub fn disability(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::of_commune(random, &place);
    let day = place.working_day(random, 2020);
    let number = Number::new(random, 260, "/GXN-UBND");
    let signer = Signer::of(random, &agency, place.province_code);
    let holder = Person::born_between(random, place.province_code, 1948, 2014);
    sheet.letterhead(&agency, &number, day);
    sheet.title("GIẤY XÁC NHẬN KHUYẾT TẬT", None);
    let council = day.earlier(random.whole(5, 15));
    sheet.say(&format!(
        "Căn cứ Luật Người khuyết tật số 51/2010/QH12 ngày 17 tháng 6 năm 2010; Thông tư số 01/2019/TT-BLĐTBXH ngày 02 \
         tháng 01 năm 2019; Biên bản họp Hội đồng xác định mức độ khuyết tật {}.",
        council.long()
    ));
    sheet.say(&format!("Chủ tịch {} xác nhận:", agency.name));
    let label = id_label(random);
    let last_label = "Mức độ khuyết tật";
    let lines = [
        ("Họ và tên", holder.name.to_uppercase()),
        ("Ngày, tháng, năm sinh", holder.born.short()),
        ("Giới tính", holder.sex().to_owned()),
        (label, holder.id.clone()),
        ("Nơi đăng ký hộ khẩu thường trú", place.home()),
        (
            "Dạng khuyết tật",
            (random.pick(&["Vận động", "Nghe, nói", "Nhìn", "Thần kinh, tâm thần", "Trí tuệ"])).to_owned(),
        ),
        (last_label, (random.pick(&["Nặng", "Đặc biệt nặng", "Nhẹ"])).to_owned()),
    ];
    for (label, value) in lines {
        let label = match label {
            "Họ và tên" => sheet.either(label, "Họ, tên người khuyết tật"),
            "Ngày, tháng, năm sinh" => sheet.either(label, "Sinh ngày"),
            "Nơi đăng ký hộ khẩu thường trú" => sheet.either(label, "Nơi cư trú"),
            other => other,
        };
        if label == last_label {
            sheet.begin_end();
        }
        let style = if label.starts_with("Họ") { Style::Bold } else { Style::Regular };
        sheet.paragraph(&[plain(format!("{label}:")), (style, value)]);
    }
    let mut fields = Face {
        kind: Kind::DisabilityCertificate,
        name: "Giấy xác nhận khuyết tật",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    about(&mut fields, &holder);
    match random.whole(0, 2) {
        0 => {
            sheet.say(sheet.either(
                "Giấy xác nhận này có giá trị 05 năm kể từ ngày cấp.",
                "Thời hạn có hiệu lực của Giấy xác nhận này: 05 (năm) năm, tính từ ngày ký.",
            ));
            fields.validity_period = since_issue(day, Some(day.plus_years(5)), &sheet.look);
        }
        1 => {
            sheet.say("Giấy xác nhận này có hiệu lực kể từ ngày ký.");
            fields.validity_period = since_issue(day, None, &sheet.look);
        }
        _ => {}
    }
    if random.chance(0.6) {
        let guardian = adult(random, &place);
        sheet.say(&format!(
            "Người đại diện hợp pháp (nếu có): {} {}, số CCCD: {}.",
            guardian.address_capital(),
            guardian.name,
            guardian.id
        ));
    }
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &[]);
    fields
}

/// Giấy chứng nhận hộ nghèo: the head of the household and a table of members.
pub fn poor_household(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::of_commune(random, &place);
    let day = place.working_day(random, 2022);
    let number = Number::new(random, 180, "/GCN-HN");
    let signer = Signer::of(random, &agency, place.province_code);
    let head = Person::born_between(random, place.province_code, 1962, 1982);
    sheet.letterhead(&agency, &number, day);
    sheet.title(sheet.either("GIẤY CHỨNG NHẬN HỘ NGHÈO", "GIẤY CHỨNG NHẬN HỘ GIA ĐÌNH NGHÈO"), None);
    let name = sheet.either("Giấy chứng nhận hộ nghèo", "Giấy chứng nhận hộ gia đình nghèo");
    sheet.say(
        "Căn cứ Quyết định số 24/2021/QĐ-TTg ngày 16 tháng 7 năm 2021 của Thủ tướng Chính phủ quy định quy trình rà \
         soát hộ nghèo, hộ cận nghèo hằng năm giai đoạn 2022 - 2025;",
    );
    sheet.say(&format!("{} chứng nhận hộ gia đình:", agency.name));
    sheet.paragraph(&[plain(sheet.either("Họ và tên chủ hộ:", "Chủ hộ:")), bold(head.name.clone())]);
    sheet.say(&format!(
        "Sinh ngày: {} {GAP} Giới tính: {}",
        head.born.long().trim_start_matches("ngày "),
        head.sex()
    ));
    sheet.say(&format!("{}: {} {GAP} Dân tộc: {}", id_label(random), head.id, head.ethnicity));
    sheet.say(&format!("Nơi ở hiện tại: {}", place.home()));
    sheet.say("Là hộ nghèo theo chuẩn nghèo đa chiều quốc gia, gồm các thành viên sau:");
    let mut rows = vec![["STT", "Họ và tên", "Năm sinh", "Quan hệ với chủ hộ"].map(str::to_owned).to_vec()];
    let member = |n: usize, person: &Person, role: &str| {
        vec![n.to_string(), person.name.clone(), person.born.year.to_string(), role.to_owned()]
    };
    rows.push(member(1, &head, "Chủ hộ"));
    for n in 2..=random.whole(3, 5) as usize {
        let child = head.child(random, place.province_code, 2002, 2019);
        rows.push(member(n, &child, "Con"));
    }
    sheet.table(&[0.6, 2.6, 1.2, 2.0], &rows);
    let mut fields = Face {
        kind: Kind::PoorHouseholdCertificate,
        name,
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    about(&mut fields, &head);
    let last = Day { month: 12, day: 31, ..day.plus_years(random.whole(0, 1)) };
    let phrase = if random.chance(0.5) {
        format!("đến hết năm {}", last.year)
    } else {
        format!("đến hết {}", last.long())
    };
    sheet.begin_end();
    if random.chance(0.5) {
        let scope = format!("trên địa bàn tỉnh {}", place.province);
        sheet.say(&format!("Giấy chứng nhận này có giá trị {phrase} và được sử dụng {scope}."));
        fields.validity_scope = Fact::printed(scope);
    } else {
        sheet.say(&format!("Giấy chứng nhận này có giá trị {phrase}."));
    }
    fields.validity_period = Fact::printed(Period::until_day(last));
    let list = receivers(&["Chủ hộ", "Ban Chỉ đạo giảm nghèo xã"], "VHXH");
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    fields
}

/// Giấy khai sinh: a child, both parents, and the number of whoever registered the birth as a trap.
pub fn birth(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::of_commune(random, &place);
    let day = place.working_day(random, 2018);
    let number = Number::new(random, 240, format!("/{}", day.year));
    let signer = Signer::of(random, &agency, place.province_code);
    let father = Person::born_between(random, place.province_code, 1975, 1995);
    let mother = Person::born_between(random, place.province_code, 1978, 1997);
    let mut child = father.child(random, place.province_code, day.year - 1, day.year);
    while child.born >= day {
        child = father.child(random, place.province_code, day.year - 1, day.year);
    }
    sheet.tighten();
    sheet.letterhead(&agency, &number, day);
    sheet.title("GIẤY KHAI SINH", None);
    sheet.centred(Style::Bold, 13.0, sheet.either("(BẢN CHÍNH)", "(BẢN SAO)"), 1.0);
    sheet.skip(8.0);
    sheet.paragraph(&[
        plain(sheet.either("Họ, chữ đệm, tên:", "Họ và tên trẻ:")),
        bold(child.name.to_uppercase()),
    ]);
    sheet.say(&format!(
        "Ngày, tháng, năm sinh: {} {GAP} Ghi bằng chữ: {}",
        child.born.short(),
        in_words(child.born)
    ));
    sheet.say(&format!(
        "Giới tính: {} {GAP} Dân tộc: {} {GAP} Quốc tịch: Việt Nam",
        child.sex(),
        child.ethnicity
    ));
    sheet.say(&format!("Nơi sinh: Trung tâm Y tế {}", place.above()));
    sheet.say(&format!("Quê quán: {}", place.full()));
    sheet.say(&format!("Số định danh cá nhân: {}", child.id));
    for (role, parent) in [("mẹ", &mother), ("cha", &father)] {
        sheet
            .paragraph(&[plain(format!("Họ, chữ đệm, tên người {role}:")), bold(parent.name.to_uppercase())]);
        sheet.say(&format!(
            "Năm sinh: {} {GAP} Dân tộc: {} {GAP} Quốc tịch: Việt Nam",
            parent.born.year, parent.ethnicity
        ));
        sheet.say(&format!("Nơi cư trú: {}", place.home()));
    }
    sheet.say(&format!("Họ, chữ đệm, tên người đi khai sinh: {}", father.name));
    sheet.begin_end();
    sheet.say(&format!("Giấy tờ tùy thân: Căn cước công dân số {}", father.id));
    sheet.say(&format!("Nơi đăng ký khai sinh: {}", agency.name));
    let mut fields = Face {
        kind: Kind::BirthCertificate,
        name: "Giấy khai sinh",
        agency: &agency,
        number: &number,
        day,
        signer: &signer,
    }
    .fields(&sheet.look);
    about(&mut fields, &child);
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &[]);
    fields
}

/// A day in words, as registers repeat it.
fn in_words(day: Day) -> String {
    const UNITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
    let two = |n: u32| match (n / 10, n % 10) {
        (0, unit) => format!("mùng {}", UNITS[unit as usize]),
        (1, 0) => "mười".to_owned(),
        (1, 5) => "mười lăm".to_owned(),
        (1, unit) => format!("mười {}", UNITS[unit as usize]),
        (ten, 0) => format!("{} mươi", UNITS[ten as usize]),
        (ten, 1) => format!("{} mươi mốt", UNITS[ten as usize]),
        (ten, 5) => format!("{} mươi lăm", UNITS[ten as usize]),
        (ten, unit) => format!("{} mươi {}", UNITS[ten as usize], UNITS[unit as usize]),
    };
    let month = match day.month {
        4 => "tư".to_owned(),
        10..=12 => two(day.month),
        month => UNITS[month as usize].to_owned(),
    };
    let year = match day.year % 100 {
        below @ 0..=9 => format!("hai nghìn không trăm linh {}", UNITS[below as usize]),
        above => format!("hai nghìn không trăm {}", two(above)),
    };
    format!("Ngày {} tháng {month} năm {year}", two(day.day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_is_written_in_words() {
        let day = Day { year: 2021, month: 4, day: 15 };
        assert_eq!(in_words(day), "Ngày mười lăm tháng tư năm hai nghìn không trăm hai mươi mốt");
    }
}
