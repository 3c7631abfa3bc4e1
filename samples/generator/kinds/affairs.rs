//! Papers between offices and persons: introduction, power of attorney, submission, plan.

use super::super::fonts::Style;
use super::super::people::{Person, Place};
use super::super::random::Random;
use super::super::sheet::{Sheet, bold, plain};
use super::super::truth::{Fact, Fields, Period};
use super::{Kind, Scene, about, adult, citizen_fields, entries, figures, note_pen, receivers, typed};

/// Giấy giới thiệu: short, good for a few days.
pub fn introduction(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let mut scene = Scene::of_commune(random, (2021, 300), "/GGT-UBND");
    if random.chance(0.3) {
        scene.agency = scene.agency.abbreviated();
    }
    let holder = Person::born_between(random, scene.place.province_code, 1970, 1998);
    scene.head(sheet);
    sheet.title("GIẤY GIỚI THIỆU", None);
    sheet.say(&format!("{} trân trọng giới thiệu:", scene.agency.name));
    entries(
        sheet,
        &[
            ("Ông (bà)", holder.name.clone()),
            ("Chức vụ", "Công chức văn hóa - xã hội".to_owned()),
            (sheet.either("Số CCCD", "Số định danh cá nhân"), holder.id.clone()),
            ("Được cử đến", format!("Ủy ban nhân dân {}", scene.place.above())),
            (
                "Về việc",
                random
                    .pick(&["nhận hồ sơ người có công", "đối chiếu danh sách đối tượng bảo trợ xã hội"])
                    .to_owned(),
            ),
        ],
    );
    sheet.say("Đề nghị quý cơ quan tạo điều kiện để ông (bà) có tên ở trên hoàn thành nhiệm vụ.");
    let mut fields = scene.fields(Kind::Introduction, "Giấy giới thiệu", &sheet.look);
    fields.owner_id = Fact::printed(holder.id.clone());
    fields.other.holder_name = Some(holder.name.clone());
    let last = scene.day.later(random.whole(5, 40));
    sheet.begin_end();
    sheet.say(&sheet.either(
        format!("Giấy này có giá trị đến hết {}./.", last.long()),
        format!("Giấy giới thiệu này có giá trị đến hết ngày {}./.", last.short()),
    ));
    fields.validity_period = Fact::printed(Period::until_day(last));
    scene.sign(sheet, &receivers(&["Như trên"], "VP"));
    fields
}

/// Giấy ủy quyền: who gives the power owns it.
pub fn power_of_attorney(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let day = place.working_day(random, 2021);
    let (giver, taker) = (adult(random, &place), adult(random, &place));
    let look = sheet.look.clone();
    sheet.citizen_head();
    sheet.title("GIẤY ỦY QUYỀN", sheet.either(None, Some("Về việc nhận thay trợ cấp xã hội hàng tháng")));
    sheet.heading(sheet.either("I. Bên ủy quyền:", "1. Người ủy quyền (Bên A):"));
    for (person, heading) in
        [(&giver, ""), (&taker, sheet.either("II. Bên được ủy quyền:", "2. Người được ủy quyền (Bên B):"))]
    {
        if !heading.is_empty() {
            sheet.heading(heading);
        }
        sheet.fill_row(&[("Họ và tên:", typed(person.name.to_uppercase()), 1.0)]);
        sheet.fill_row(&[
            ("Ngày sinh:", figures(&look, person.born.short()), 0.8),
            (sheet.either("Số CCCD:", "CCCD số:"), figures(&look, person.id.clone()), 1.0),
        ]);
        sheet.fill_row(&[("Nơi thường trú:", typed(place.home()), 1.0)]);
    }
    sheet.heading(sheet.either("III. Nội dung ủy quyền:", "3. Nội dung và thời hạn:"));
    sheet.say("Bên ủy quyền đồng ý để bên được ủy quyền nhận thay trợ cấp xã hội hàng tháng và ký các giấy tờ liên quan.");
    let mut fields = citizen_fields(Kind::PowerOfAttorney, "Giấy ủy quyền", day, &giver.name, &look);
    if sheet.manner.is_held_out {
        fields.abstract_text = Fact::printed("Về việc nhận thay trợ cấp xã hội hàng tháng");
    }
    if random.chance(0.6) {
        let last = day.plus_months(random.pick(&[6, 12]));
        sheet.say(&format!("Giấy ủy quyền này có giá trị đến hết {}.", last.long()));
        fields.validity_period = Fact::printed(Period::until_day(last));
    } else {
        sheet.say("Giấy ủy quyền này có giá trị đến khi có văn bản khác thay thế hoặc hủy bỏ.");
    }
    sheet.begin_end();
    sheet.say("Chúng tôi cam kết chịu trách nhiệm trước pháp luật về nội dung ủy quyền nêu trên./.");
    sheet.sign_citizen(place.commune, day, sheet.either("BÊN ỦY QUYỀN", "NGƯỜI ỦY QUYỀN"), &giver.name);
    about(&mut fields, &giver);
    note_pen(&mut fields, &look);
    fields
}

/// Tờ trình with a list of persons: no owner, many numbers.
pub fn submission(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let mut scene = Scene::of_commune(random, (2021, 420), "/TTr-UBND");
    if random.chance(0.3) {
        scene.agency = scene.agency.abbreviated();
    }
    let summary = sheet.either(
        random.pick(&[
            "Về việc đề nghị phê duyệt danh sách hỗ trợ đột xuất cho các hộ gia đình bị thiệt hại do thiên tai",
            "Về việc đề nghị cấp kinh phí chi trả trợ cấp xã hội",
        ]),
        "V/v đề nghị thẩm định danh sách người lao động được hỗ trợ đào tạo nghề",
    );
    scene.head(sheet);
    sheet.title("TỜ TRÌNH", Some(summary));
    sheet.centred(Style::Regular, 13.0, &format!("Kính gửi: Ủy ban nhân dân {}", scene.place.above()), 0.95);
    sheet.skip(6.0);
    let asked = scene.day.earlier(random.whole(5, 20));
    sheet.say(&format!(
        "Thực hiện Công văn số {}/UBND-VX {} của Ủy ban nhân dân {}, {} kính trình danh sách như sau:",
        random.whole(100, 900),
        asked.long(),
        scene.place.above(),
        scene.agency.name
    ));
    let mut rows = vec![["STT", "Họ và tên", "Số định danh", "Số tiền (đồng)"].map(str::to_owned).to_vec()];
    for n in 1..=random.whole(4, 9) {
        let person = scene.adult(random);
        rows.push(vec![n.to_string(), person.name, person.id, format!("{}.000.000", random.whole(1, 20))]);
    }
    sheet.table(&[0.5, 2.2, 1.6, 1.4], &rows);
    sheet.begin_end();
    sheet.say(&format!("{} kính đề nghị cấp trên xem xét, quyết định./.", scene.agency.name));
    let mut fields = scene.fields(Kind::Submission, "Tờ trình", &sheet.look);
    fields.abstract_text = Fact::printed(summary);
    scene.sign(sheet, &receivers(&["Như trên", "CT, các PCT"], "VHXH"));
    fields
}

/// Kế hoạch on equality: no owner.
pub fn gender_plan(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let scene = Scene::of_commune(random, (2021, 160), "/KH-UBND");
    let year = scene.day.year;
    let summary = sheet.either(
        format!("Thực hiện công tác bình đẳng giới và vì sự tiến bộ của phụ nữ năm {year}"),
        format!(
            "Triển khai Tháng hành động vì bình đẳng giới và phòng, chống bạo lực trên cơ sở giới năm {year}"
        ),
    );
    scene.head(sheet);
    sheet.title("KẾ HOẠCH", Some(&summary));
    sheet.say(&format!(
        "Thực hiện Kế hoạch số {}/KH-UBND {} của Ủy ban nhân dân {}, {} xây dựng kế hoạch như sau:",
        random.whole(20, 300),
        scene.day.earlier(30).long(),
        scene.place.above(),
        scene.agency.name
    ));
    for (n, (head, text)) in [
        ("MỤC ĐÍCH, YÊU CẦU", "Nâng cao nhận thức của cán bộ và nhân dân; bảo đảm 100 % thôn, tổ dân phố được tuyên truyền."),
        ("NỘI DUNG", "Tổ chức hội nghị, treo băng rôn, phát thanh; tư vấn cho nạn nhân bạo lực gia đình; lồng ghép giới trong kế hoạch phát triển."),
        ("TỔ CHỨC THỰC HIỆN", "Công chức văn hóa - xã hội chủ trì, phối hợp với Hội Liên hiệp Phụ nữ và các đoàn thể; báo cáo trước ngày 15 tháng 12 hằng năm."),
    ]
    .into_iter()
    .enumerate()
    {
        sheet.heading(format!("{}. {head}", ["I", "II", "III"][n]));
        sheet.say(text);
    }
    sheet.begin_end();
    sheet.paragraph(&[bold("Kinh phí:"), plain("bố trí từ ngân sách địa phương theo quy định./.")]);
    let mut fields = scene.fields(Kind::GenderPlan, "Kế hoạch", &sheet.look);
    fields.abstract_text = Fact::printed(summary);
    scene.sign(sheet, &receivers(&["UBND cấp trên", "Các thôn"], "VHXH"));
    fields
}
