//! Social protection: households, allowances that end, burials, health, pensions.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::people::{Agency, Person, Place};
use super::super::random::Random;
use super::super::sheet::{Filled, GAP, Sheet};
use super::super::truth::{Fact, Fields};
use super::{
    Kind, Scene, about, adult, article, citizen_fields, decision_head, entries, figures, id_label,
    in_sentence, note_pen, receivers, since_issue, term, typed,
};

/// A nine-figure number of an old card.
pub fn old_number(random: &mut Random) -> String {
    format!("{:09}", random.whole(10_000_000, 399_999_999))
}

/// Giấy chứng nhận hộ cận nghèo.
pub fn near_poor(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let scene = Scene::of_commune(random, (2022, 240), "/GCN-UBND");
    let head = Person::born_between(random, scene.place.province_code, 1955, 1988);
    let title = sheet.either("GIẤY CHỨNG NHẬN HỘ CẬN NGHÈO", "GIẤY CHỨNG NHẬN HỘ GIA ĐÌNH CẬN NGHÈO");
    let name = sheet.either("Giấy chứng nhận hộ cận nghèo", "Giấy chứng nhận hộ gia đình cận nghèo");
    scene.head(sheet);
    sheet.title(title, None);
    let law = sheet.either(
        "Căn cứ Nghị định số 07/2021/NĐ-CP ngày 27 tháng 01 năm 2021 của Chính phủ quy định chuẩn nghèo đa chiều giai \
         đoạn 2021 - 2025;",
        "Theo kết quả rà soát hộ nghèo, hộ cận nghèo đã được phê duyệt tại Quyết định số 318/QĐ-UBND ngày 09 tháng 12 \
         năm 2021 và chuẩn nghèo hiện hành;",
    );
    sheet.say(law);
    sheet.say(&format!("{} chứng nhận:", scene.agency.name));
    let id = sheet.either(id_label(random), "Số ĐDCN/CCCD");
    let born = sheet.either("Sinh ngày", "Ngày tháng năm sinh");
    entries(
        sheet,
        &[
            (sheet.either("Họ và tên chủ hộ", "Chủ hộ là ông (bà)"), head.name.to_uppercase()),
            (born, head.born.short()),
            ("Dân tộc", head.ethnicity.to_owned()),
            (id, head.id.clone()),
            (sheet.either("Nơi ở", "Nơi cư trú hiện nay"), scene.place.home()),
        ],
    );
    sheet.say(sheet.either(
        "Là hộ cận nghèo theo chuẩn nghèo đa chiều, gồm các thành viên:",
        "Thuộc diện hộ gia đình cận nghèo của địa phương. Danh sách thành viên trong hộ:",
    ));
    let mut rows = vec![["TT", "Họ và tên", "Năm sinh", "Số định danh cá nhân"].map(str::to_owned).to_vec()];
    for n in 1..=random.whole(2, 5) {
        let child = head.child(random, scene.place.province_code, 1990, 2018);
        rows.push(vec![n.to_string(), child.name.clone(), child.born.year.to_string(), child.id]);
    }
    sheet.table(&[0.5, 2.4, 1.0, 1.8], &rows);
    let mut fields = scene.fields(Kind::NearPoorCertificate, name, &sheet.look);
    about(&mut fields, &head);
    sheet.begin_end();
    term::say(sheet, random, &mut fields, "Giấy chứng nhận này", scene.day);
    term::say_scope(sheet, random, &mut fields, "Giấy chứng nhận này", scene.place.province);
    scene.sign(sheet, &receivers(&["Chủ hộ"], "VHXH"));
    fields
}

/// Quyết định thôi hưởng: the day it ends is no validity of the paper.
pub fn stop_decision(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let mut scene = Scene::of_commune(random, (2021, 1900), "/QĐ-UBND");
    if random.chance(0.4) {
        scene.agency = scene.agency.abbreviated();
    }
    let holder = scene.adult(random);
    let summary = sheet.either(
        random.pick(&[
            "Về việc thôi hưởng trợ cấp xã hội hàng tháng",
            "Về việc thôi hưởng trợ cấp xã hội hàng tháng đối với đối tượng bảo trợ xã hội từ trần",
        ]),
        "Về việc dừng và thôi hưởng chính sách trợ cấp xã hội hàng tháng do thay đổi điều kiện",
    );
    let asked = scene.day.earlier(random.whole(3, 9));
    let bases = [
        "Căn cứ Luật Tổ chức chính quyền địa phương".to_owned(),
        "Căn cứ Nghị định số 20/2021/NĐ-CP ngày 15 tháng 3 năm 2021 của Chính phủ".to_owned(),
        format!("Xét Tờ trình số {}/TTr-LĐTBXH {}", random.whole(10, 190), asked.long()),
    ];
    let who = format!("Chủ tịch {}", scene.agency.name);
    decision_head(sheet, &scene, summary, Some(&who), &bases);
    let stop = Day { day: 1, ..scene.day.plus_months(1) };
    let id = in_sentence(id_label(random));
    let first = sheet.either(
        format!(
            "Thôi hưởng trợ cấp xã hội hàng tháng đối với {} {}, sinh ngày {}, {id}: {}, trú tại {}; lý do: {}. Thời \
             gian thôi hưởng kể từ {}.",
            holder.address(),
            holder.name,
            holder.born.short(),
            holder.id,
            scene.place.home(),
            random.pick(&["đã chết", "không còn đủ điều kiện", "chuyển đi nơi khác"]),
            stop.long()
        ),
        format!(
            "Dừng chi trả trợ cấp xã hội từ tháng {} năm {} cho {} {} (sinh ngày {}; số ĐDCN: {}; CMND cũ số {}), cư \
             trú {}.",
            stop.month_text(),
            stop.year,
            holder.address(),
            holder.name,
            holder.born.short(),
            holder.id,
            old_number(random),
            scene.place.home()
        ),
    );
    article(sheet, 1, &first);
    let mut fields = scene.fields(Kind::StopDecision, "Quyết định", &sheet.look);
    about(&mut fields, &holder);
    fields.abstract_text = Fact::printed(summary);
    article(
        sheet,
        2,
        sheet.either(
            "Quyết định này có hiệu lực kể từ ngày ký.",
            "Quyết định này có hiệu lực từ ngày ký ban hành.",
        ),
    );
    fields.validity_period = since_issue(scene.day, None, &sheet.look);
    sheet.begin_end();
    article(
        sheet,
        3,
        &format!(
            "Văn phòng {}, các bộ phận có liên quan chịu trách nhiệm thi hành Quyết định này./.",
            scene.agency.name
        ),
    );
    scene.sign(sheet, &receivers(&["Như Điều 3", "Lưu hồ sơ"], "VHXH"));
    fields
}

/// Quyết định hỗ trợ chi phí mai táng: the dead and whoever buried them, each with a number.
pub fn funeral_decision(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let scene = Scene::of_commune(random, (2021, 1200), "/QĐ-UBND");
    let dead = Person::born_between(random, scene.place.province_code, 1930, 1952);
    let buried_by = Person::born_between(random, scene.place.province_code, 1960, 1985);
    let summary = sheet.either(
        "Về việc hỗ trợ chi phí mai táng",
        "V/v hỗ trợ chi phí mai táng cho đối tượng bảo trợ xã hội",
    );
    let died = scene.day.earlier(random.whole(20, 60));
    let bases = [
        "Căn cứ Nghị định số 20/2021/NĐ-CP ngày 15 tháng 3 năm 2021 của Chính phủ quy định chính sách trợ giúp xã hội"
            .to_owned(),
        format!("Căn cứ Trích lục khai tử số {}/TLKT {}", random.whole(5, 99), died.later(3).long()),
        format!("Xét đơn của {} {}", buried_by.address(), buried_by.name),
    ];
    let who = scene.agency.name.clone();
    decision_head(sheet, &scene, summary, Some(&who), &bases);
    article(
        sheet,
        1,
        &format!(
            "Hỗ trợ chi phí mai táng đối với {} {}, sinh ngày {}, số định danh cá nhân: {}, chết {}. Mức hỗ trợ: \
             10.000.000 đồng.",
            dead.address(),
            dead.name,
            dead.born.short(),
            dead.id,
            died.long()
        ),
    );
    article(
        sheet,
        2,
        &format!(
            "Người nhận: {} {}, sinh năm {}, số căn cước công dân: {}, trú tại {}.",
            buried_by.address(),
            buried_by.name,
            buried_by.born.year,
            buried_by.id,
            scene.place.home()
        ),
    );
    let mut fields = scene.fields(Kind::FuneralDecision, "Quyết định", &sheet.look);
    about(&mut fields, &dead);
    fields.abstract_text = Fact::printed(summary);
    fields.validity_period = since_issue(scene.day, None, &sheet.look);
    sheet.begin_end();
    article(
        sheet,
        3,
        &format!(
            "Quyết định này có hiệu lực kể từ ngày ký. {} {} và các cá nhân có liên quan chịu trách nhiệm thi hành./.",
            buried_by.address_capital(),
            buried_by.name
        ),
    );
    scene.sign(sheet, &receivers(&["Như Điều 3", "Kho bạc Nhà nước"], "KT"));
    fields
}

/// Trích lục khai tử: a copy from the register.
pub fn death_extract(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let scene = Scene::of_commune(random, (2019, 190), "/TLKT-BS");
    let dead = Person::born_between(random, scene.place.province_code, 1930, 1970);
    let reporter = scene.adult(random);
    let died = scene.day.earlier(random.whole(2, 90));
    scene.head(sheet);
    sheet.title("TRÍCH LỤC KHAI TỬ", None);
    sheet.centred(Style::Bold, 12.5, sheet.either("(BẢN SAO)", "(Bản sao trích lục hộ tịch)"), 1.0);
    sheet.skip(8.0);
    let hour = random.whole(1, 23);
    entries(
        sheet,
        &[
            ("Họ, chữ đệm, tên", dead.name.to_uppercase()),
            (sheet.either("Ngày, tháng, năm sinh", "Sinh ngày"), dead.born.short()),
            (
                "Giới tính",
                format!("{} {GAP} Dân tộc: {} {GAP} Quốc tịch: Việt Nam", dead.sex(), dead.ethnicity),
            ),
            ("Số định danh cá nhân", dead.id.clone()),
            ("Giấy tờ tùy thân", format!("CMND số {}", old_number(random))),
            ("Đã chết vào lúc", format!("{hour:02} giờ 15 phút, {}", died.long())),
            ("Nơi chết", scene.place.home()),
            ("Nguyên nhân chết", random.pick(&["Bệnh già", "Bệnh hiểm nghèo", "Tai nạn"]).to_owned()),
        ],
    );
    let registered = died.later(2);
    sheet.say(&format!(
        "Đã đăng ký khai tử tại {}, số {}/{} {}.",
        scene.agency.name,
        random.whole(3, 90),
        registered.year,
        registered.long()
    ));
    sheet.say(&format!("Họ, chữ đệm, tên người đi khai tử: {}", reporter.name));
    sheet.begin_end();
    sheet.say(&format!("Giấy tờ tùy thân: Căn cước công dân số {}", reporter.id));
    let mut fields = scene.fields(Kind::DeathExtract, "Trích lục khai tử", &sheet.look);
    about(&mut fields, &dead);
    scene.sign(sheet, &[]);
    fields
}

/// Biên bản giám định y khoa.
pub fn medical_conclusion(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::medical_council(&place);
    let scene = Scene::new(random, place, agency, (2021, 700), "/GĐYK-KT");
    let holder = scene.adult(random);
    let (title, name) = sheet.either(
        ("BIÊN BẢN GIÁM ĐỊNH Y KHOA", "Biên bản giám định y khoa"),
        ("KẾT LUẬN GIÁM ĐỊNH Y KHOA", "Kết luận giám định y khoa"),
    );
    scene.head(sheet);
    sheet.title(title, None);
    let met = scene.day.earlier(1);
    sheet.say(&format!(
        "{} đã họp {} để giám định mức độ khuyết tật đối với:",
        scene.agency.name,
        met.long()
    ));
    entries(
        sheet,
        &[
            ("Ông (bà)", holder.name.to_uppercase()),
            ("Sinh ngày", holder.born.short()),
            (sheet.either("Số CCCD", "Số căn cước/định danh"), holder.id.clone()),
            ("Nơi ở", scene.place.home()),
            (
                "Giấy giới thiệu",
                format!("số {}/GGT-UBND {}", random.whole(2, 80), scene.day.earlier(12).long()),
            ),
        ],
    );
    sheet.heading("KẾT QUẢ KHÁM HIỆN TẠI");
    sheet.say(random.pick(&[
        "Liệt nửa người phải do tai biến mạch máu não, cơ lực 2/5, đi lại khó khăn, cần người trợ giúp.",
        "Cụt một phần ba giữa cẳng chân trái, mỏm cụt liền tốt, mang chi giả; tim mạch, hô hấp trong giới hạn bình thường.",
        "Đục thủy tinh thể hai mắt, thị lực mắt phải đếm ngón tay 1 m, mắt trái sáng tối (+).",
    ]));
    sheet.heading("KẾT LUẬN");
    let share = random.whole(41, 85);
    sheet.say(&format!(
        "Căn cứ Thông tư số 01/2019/TT-BLĐTBXH ngày 02 tháng 01 năm 2019, Hội đồng kết luận: tỷ lệ tổn thương cơ thể {share} \
         %; mức độ khuyết tật: {}.",
        if share > 80 { "đặc biệt nặng" } else { "nặng" }
    ));
    sheet.begin_end();
    sheet.say("Đề nghị: giải quyết chế độ theo quy định hiện hành.");
    let mut fields = scene.fields(Kind::MedicalConclusion, name, &sheet.look);
    about(&mut fields, &holder);
    scene.sign(sheet, &receivers(&["Người được giám định", "UBND cấp xã"], "HĐ"));
    fields
}

/// Văn bản đề nghị hưởng trợ cấp hưu trí xã hội.
pub fn pension_request(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let mut place = Place::any(random);
    while place.has_district {
        place = Place::any(random);
    }
    let day = place.working_day(random, 2025);
    let holder = Person::born_between(random, place.province_code, 1938, 1950);
    let child = adult(random, &place);
    let look = sheet.look.clone();
    let (title, name) = sheet.either(
        ("VĂN BẢN ĐỀ NGHỊ HƯỞNG TRỢ CẤP HƯU TRÍ XÃ HỘI", "Văn bản đề nghị hưởng trợ cấp hưu trí xã hội"),
        ("TỜ KHAI ĐỀ NGHỊ TRỢ CẤP HƯU TRÍ XÃ HỘI", "Tờ khai đề nghị trợ cấp hưu trí xã hội"),
    );
    sheet.citizen_head();
    sheet.title(title, None);
    sheet.centred(
        Style::Regular,
        13.0,
        &format!("Kính gửi: Chủ tịch Ủy ban nhân dân {}", place.full()),
        0.95,
    );
    sheet.skip(8.0);
    sheet.fill_row(&[("1. Họ và tên:", typed(holder.name.to_uppercase()), 1.0)]);
    let born = if sheet.manner.is_held_out { holder.born.dotted() } else { holder.born.short() };
    sheet.fill_row(&[
        ("2. Sinh ngày:", figures(&look, born.replace('.', "/")), 1.0),
        ("Giới tính:", typed(holder.sex()), 0.7),
    ]);
    sheet.fill_row(&[("3. Số định danh cá nhân/CCCD:", figures(&look, holder.id.clone()), 1.0)]);
    sheet.fill_row(&[("4. Nơi thường trú:", typed(place.home()), 1.0)]);
    sheet.fill_row(&[(
        "5. Số điện thoại:",
        figures(&look, format!("03{:08}", random.whole(0, 99_999_999))),
        1.0,
    )]);
    sheet.fill_row(&[("6. Lương hưu, trợ cấp BHXH hàng tháng:", typed("Không hưởng"), 1.0)]);
    sheet.fill_row(&[("7. Thuộc hộ nghèo, cận nghèo:", typed(random.pick(&["Có", "Không"])), 1.0)]);
    sheet.heading("Người nhận thay (nếu có)");
    sheet.fill_row(&[
        ("Họ và tên:", typed(child.name.clone()), 1.0),
        ("Số CCCD:", figures(&look, child.id.clone()), 1.0),
    ]);
    sheet.fill_row(&[("Hình thức nhận:", typed("Qua tài khoản ngân hàng"), 1.0)]);
    sheet.fill_line(Filled::Nothing);
    sheet.begin_end();
    sheet.say("Tôi cam đoan những nội dung trên là đúng sự thật và chịu trách nhiệm trước pháp luật./.");
    sheet.sign_citizen(place.commune, day, "NGƯỜI ĐỀ NGHỊ", &holder.name);
    let mut fields = citizen_fields(Kind::PensionRequest, name, day, &holder.name, &look);
    about(&mut fields, &holder);
    note_pen(&mut fields, &look);
    fields
}
