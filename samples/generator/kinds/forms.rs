//! A citizen's own papers: forms with dotted leaders.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::people::{Person, Place};
use super::super::random::Random;
use super::super::sheet::{Filled, Sheet, bold};
use super::super::truth::Fields;
use super::{Kind, about, adult, citizen_fields, figures, id_label, note_pen, typed};

/// Tờ khai đề nghị trợ giúp xã hội, with whoever fills it in for the holder as a trap.
pub fn declaration(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let day = place.working_day(random, 2021);
    let holder = Person::born_between(random, place.province_code, 1940, 2012);
    let helper = adult(random, &place);
    let by_helper = holder.born.year > 2005 || random.chance(0.4);
    let look = sheet.look.clone();
    sheet.citizen_head();
    sheet.title(sheet.either("TỜ KHAI ĐỀ NGHỊ TRỢ GIÚP XÃ HỘI", "TỜ KHAI TRỢ GIÚP XÃ HỘI"), None);
    sheet.centred(
        Style::Italic,
        12.5,
        "(Áp dụng đối với đối tượng quy định tại khoản 6 Điều 5 Nghị định số 20/2021/NĐ-CP)",
        0.9,
    );
    sheet.skip(8.0);
    sheet.heading(sheet.either("THÔNG TIN CỦA ĐỐI TƯỢNG", "I. NGƯỜI ĐỀ NGHỊ TRỢ GIÚP"));
    sheet.fill_row(&[(
        sheet.either("1. Họ và tên (Viết chữ in hoa):", "1. Họ, chữ đệm, tên khai sinh:"),
        typed(holder.name.to_uppercase()),
        1.0,
    )]);
    sheet.fill_row(&[
        (sheet.either("Ngày/tháng/năm sinh:", "Sinh ngày:"), figures(&look, holder.born.short()), 1.3),
        ("Giới tính:", typed(holder.sex()), 0.8),
        ("Dân tộc:", typed(holder.ethnicity), 0.9),
    ]);
    sheet.fill_row(&[(&format!("{}:", id_label(random)), figures(&look, holder.id.clone()), 1.0)]);
    let card = Day::between(random, 2021, 2021);
    sheet.fill_row(&[
        ("Cấp ngày:", figures(&look, card.short()), 0.8),
        ("Nơi cấp:", typed("Cục Cảnh sát QLHC về TTXH"), 1.2),
    ]);
    sheet.fill_row(&[("2. Hộ khẩu thường trú:", typed(place.home()), 1.0)]);
    sheet.fill_row(&[("Hiện nay ở tại:", typed(place.home()), 1.0)]);
    sheet.fill_row(&[("3. Tình trạng đi học:", typed("Không đi học"), 1.0)]);
    sheet.fill_line(Filled::Nothing);
    sheet.fill_row(&[("4. Có thẻ BHYT không?", typed("Có"), 1.0)]);
    sheet.fill_row(&[("5. Đang hưởng chế độ nào sau đây:", typed("Không"), 1.0)]);
    sheet.fill_row(&[
        ("Trợ cấp BHXH hàng tháng:", Filled::Nothing, 1.3),
        ("đồng. Hưởng từ tháng:", Filled::Nothing, 1.0),
    ]);
    sheet.fill_row(&[(
        "6. Thuộc hộ nghèo, hộ cận nghèo không?",
        typed(random.pick(&["Hộ nghèo", "Không"])),
        1.0,
    )]);
    sheet.fill_row(&[
        ("7. Dạng khuyết tật:", typed(random.pick(&["Vận động", "Nhìn", "Nghe, nói"])), 1.0),
        ("Mức độ:", typed(random.pick(&["Nặng", "Đặc biệt nặng"])), 0.8),
    ]);
    sheet.fill_row(&[("8. Tình trạng hôn nhân:", typed(random.pick(&["Chưa kết hôn", "Đã kết hôn"])), 1.0)]);
    sheet.fill_row(&[("9. Khả năng tự phục vụ:", typed("Cần người trợ giúp trong sinh hoạt"), 1.0)]);
    sheet.fill_line(Filled::Nothing);
    let carer = adult(random, &place);
    sheet.heading(
        sheet.either("THÔNG TIN NGƯỜI TRỰC TIẾP CHĂM SÓC (nếu có)", "II. NGƯỜI CHĂM SÓC, NUÔI DƯỠNG"),
    );
    sheet.fill_row(&[("10. Họ và tên:", typed(carer.name.clone()), 1.0)]);
    sheet.fill_row(&[
        ("Sinh ngày:", figures(&look, carer.born.short()), 0.8),
        ("Số CCCD:", figures(&look, carer.id.clone()), 1.0),
    ]);
    sheet.fill_row(&[("Nơi ở:", typed(place.home()), 1.0)]);
    sheet.fill_row(&[(
        "11. Quan hệ với đối tượng:",
        typed(random.pick(&["Người thân", "Em họ", "Cháu họ"])),
        1.0,
    )]);
    sheet.fill_row(&[("12. Thu nhập của gia đình:", typed("Làm ruộng, không ổn định"), 1.0)]);
    sheet.fill_row(&[
        ("13. Số tài khoản (nếu có):", Filled::Nothing, 1.2),
        ("Ngân hàng:", Filled::Nothing, 0.8),
    ]);
    sheet.fill_line(Filled::Nothing);
    sheet.skip(4.0);
    sheet.begin_end();
    sheet.say(
        "Tôi xin cam đoan những lời khai trên là đúng, nếu có điều gì khai không đúng tôi xin chịu trách nhiệm hoàn \
         toàn./.",
    );
    if by_helper {
        let relation = match (helper.born < holder.born, helper.is_male) {
            (true, true) => "Bố",
            (true, false) => "Mẹ",
            (false, _) => random.pick(&["Con", "Cháu"]),
        };
        sheet.heading("Thông tin người khai thay");
        sheet.fill_row(&[("Họ và tên:", typed(helper.name.clone()), 1.0)]);
        sheet.fill_row(&[
            ("Số CCCD:", figures(&look, helper.id.clone()), 1.0),
            ("Ngày cấp:", figures(&look, Day::between(random, 2021, 2021).short()), 0.9),
        ]);
        sheet.fill_row(&[("Mối quan hệ với đối tượng:", typed(relation), 1.0)]);
    }
    let signer = if by_helper { &helper } else { &holder };
    let role = sheet.either("NGƯỜI KHAI", "Người làm tờ khai");
    let name = sheet.either("Tờ khai đề nghị trợ giúp xã hội", "Tờ khai trợ giúp xã hội");
    sheet.sign_citizen(place.commune, day, role, &signer.name);
    let mut fields = citizen_fields(Kind::Declaration, name, day, &signer.name, &look);
    about(&mut fields, &holder);
    note_pen(&mut fields, &look);
    fields
}

/// Đơn đề nghị xác định, xác định lại mức độ khuyết tật.
pub fn application(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let day = place.working_day(random, 2020);
    let holder = Person::born_between(random, place.province_code, 1945, 2003);
    let guardian = adult(random, &place);
    let look = sheet.look.clone();
    let (name, title) = sheet.either(
        (
            "Đơn đề nghị xác định, xác định lại mức độ khuyết tật",
            "ĐƠN ĐỀ NGHỊ XÁC ĐỊNH, XÁC ĐỊNH LẠI MỨC ĐỘ KHUYẾT TẬT",
        ),
        ("Đơn đề nghị xác định mức độ khuyết tật", "ĐƠN ĐỀ NGHỊ XÁC ĐỊNH MỨC ĐỘ KHUYẾT TẬT"),
    );
    sheet.tighten();
    sheet.citizen_head();
    sheet.title(title, None);
    sheet.centred(
        Style::Regular,
        13.0,
        &format!("Kính gửi: Chủ tịch Ủy ban nhân dân {}", place.full()),
        0.95,
    );
    sheet.skip(8.0);
    sheet.heading(sheet.either("I. Thông tin người được xác định mức độ khuyết tật", "1. Người khuyết tật"));
    sheet.fill_row(&[
        ("- Họ và tên:", typed(holder.name.clone()), 1.4),
        ("Giới tính:", typed(holder.sex()), 0.6),
    ]);
    sheet.fill_row(&[
        ("- Sinh ngày:", figures(&look, holder.born.short()), 1.0),
        ("Dân tộc:", typed(holder.ethnicity), 0.8),
    ]);
    sheet.fill_row(&[(&format!("- {}:", id_label(random)), figures(&look, holder.id.clone()), 1.0)]);
    sheet.fill_row(&[("- Hộ khẩu thường trú:", typed(place.home()), 1.0)]);
    sheet.fill_row(&[("- Nơi ở hiện nay:", typed(place.home()), 1.0)]);
    sheet.heading(
        sheet.either("II. Thông tin người đại diện hợp pháp (nếu có)", "2. Người giám hộ, người đại diện"),
    );
    sheet.fill_row(&[("- Họ và tên:", typed(guardian.name.clone()), 1.0)]);
    sheet.fill_row(&[
        ("- Mối quan hệ:", typed("Người giám hộ"), 1.0),
        ("Số CCCD:", figures(&look, guardian.id.clone()), 1.0),
    ]);
    sheet.fill_row(&[(
        "- Số điện thoại:",
        figures(&look, format!("09{:08}", random.whole(0, 99_999_999))),
        1.0,
    )]);
    sheet.heading("III. Thông tin về tình trạng khuyết tật");
    sheet.say("1. Thông tin về dạng khuyết tật (Đánh dấu x vào ô tương ứng):");
    let kinds = [
        "Khuyết tật vận động",
        "Khuyết tật nghe, nói",
        "Khuyết tật nhìn",
        "Khuyết tật trí tuệ",
        "Khuyết tật khác",
    ];
    let chosen = random.whole(0, 4) as usize;
    let mut rows = vec![["STT", "Các dạng khuyết tật", "Có", "Không"].map(str::to_owned).to_vec()];
    for (n, kind) in kinds.iter().enumerate() {
        let (yes, no) = if n == chosen { ("x", "") } else { ("", "x") };
        rows.push([&(n + 1).to_string(), *kind, yes, no].map(str::to_owned).to_vec());
    }
    sheet.table(&[0.6, 4.0, 0.9, 0.9], &rows);
    sheet.say("2. Thông tin về mức độ khuyết tật (mô tả khó khăn trong sinh hoạt hằng ngày):");
    sheet.fill_line(typed("Đi lại, leo cầu thang, mặc và cởi quần áo cần có người giúp."));
    sheet.fill_line(Filled::Nothing);
    sheet.fill_line(Filled::Nothing);
    sheet.begin_end();
    sheet.say("Tôi xin cam đoan những nội dung khai trên là đúng sự thật./.");
    sheet.sign_citizen(place.commune, day, "NGƯỜI VIẾT ĐƠN", &guardian.name);
    let mut fields = citizen_fields(Kind::Application, name, day, &guardian.name, &look);
    about(&mut fields, &holder);
    note_pen(&mut fields, &look);
    fields
}
