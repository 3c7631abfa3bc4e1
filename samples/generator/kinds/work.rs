//! Employment: a decision on unemployment, a contract of labour; and a decision on a child's new family.

use super::super::calendar::Day;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Person, Place, company};
use super::super::random::Random;
use super::super::sheet::{Sheet, bold, plain};
use super::super::truth::{Fact, Fields, Period};
use super::social::old_number;
use super::{Kind, Scene, about, article, decision_head, id_label, in_sentence, receivers, since_issue};

/// Quyết định về việc hưởng trợ cấp thất nghiệp: months of payment beside the day it takes effect.
pub fn unemployment_decision(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let (agency, symbol) = if sheet.manner.is_held_out {
        (Agency::employment_centre(&place), "/QĐ-TTDVVL")
    } else {
        (Agency::labour_department(&place), "/QĐ-SLĐTBXH")
    };
    let scene = Scene::new(random, place, agency, (2021, 9000), symbol);
    let holder = Person::born_between(random, scene.place.province_code, 1970, 2000);
    let summary = sheet.either(
        "Về việc hưởng trợ cấp thất nghiệp",
        "Về việc giải quyết hưởng trợ cấp thất nghiệp cho người lao động",
    );
    let bases = [
        "Căn cứ Luật Việc làm ngày 16 tháng 11 năm 2013".to_owned(),
        "Căn cứ Nghị định số 28/2015/NĐ-CP ngày 12 tháng 3 năm 2015 của Chính phủ về bảo hiểm thất nghiệp"
            .to_owned(),
        "Theo đề nghị của Giám đốc Trung tâm Dịch vụ việc làm".to_owned(),
    ];
    decision_head(sheet, &scene, summary, None, &bases);
    let from = scene.day.later(3);
    let months = random.whole(3, 9);
    let until = from.plus_months(months).before();
    let old =
        if random.chance(0.5) { format!(" (số CMND cũ: {})", old_number(random)) } else { String::new() };
    let id = sheet.either(in_sentence(id_label(random)), "CCCD số".to_owned());
    article(
        sheet,
        1,
        &format!(
            "{} {}, sinh ngày {}, {id}: {}{old}, số sổ bảo hiểm xã hội: {:010}, nơi thường trú: {}, được hưởng trợ cấp \
             thất nghiệp theo quy định.",
            holder.address_capital(),
            holder.name,
            holder.born.short(),
            holder.id,
            random.whole(100_000_000, 999_999_999),
            scene.place.home()
        ),
    );
    sheet.say(&format!(
        "Mức hưởng hàng tháng: {}.{:03}.000 đồng. Số tháng hưởng: {months:02} tháng, từ {} đến {}.",
        random.whole(2, 9),
        random.whole(1, 999),
        from.long(),
        until.long()
    ));
    let mut fields = scene.fields(Kind::UnemploymentDecision, "Quyết định", &sheet.look);
    about(&mut fields, &holder);
    fields.abstract_text = Fact::printed(summary);
    fields.validity_period = since_issue(scene.day, None, &sheet.look);
    article(
        sheet,
        2,
        sheet.either(
            "Quyết định này có hiệu lực kể từ ngày ký.",
            "Quyết định này có hiệu lực thi hành kể từ ngày ký.",
        ),
    );
    sheet.begin_end();
    article(
        sheet,
        3,
        &format!(
            "Giám đốc Bảo hiểm xã hội tỉnh và {} {} chịu trách nhiệm thi hành./.",
            holder.address(),
            holder.name
        ),
    );
    scene.sign(sheet, &receivers(&["Như Điều 3", "BHXH tỉnh"], "BHTN"));
    fields
}

/// Hợp đồng lao động: two parties, each with a number; the worker owns it.
pub fn labour_contract(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let (employer, code) = company(random);
    let agency = Agency::company(employer, &place);
    let day = place.working_day(random, 2021);
    let symbol = if random.chance(0.5) { format!("/{}/HĐLĐ", day.year) } else { "/HĐLĐ".to_owned() };
    let number = Number::new(random, 400, symbol);
    let signer = Signer::of(random, &agency, place.province_code);
    let scene = Scene { place, agency, day, number, signer };
    let (boss, worker) =
        (scene.adult(random), Person::born_between(random, scene.place.province_code, 1975, 2002));
    scene.head(sheet);
    sheet.title(sheet.either("HỢP ĐỒNG LAO ĐỘNG", "HỢP ĐỒNG LAO ĐỘNG CÓ THỜI HẠN"), None);
    let name = sheet.either("Hợp đồng lao động", "Hợp đồng lao động có thời hạn");
    sheet.paragraph(&[bold("Bên A (Người sử dụng lao động):"), plain(employer)]);
    sheet.say(&format!("Mã số doanh nghiệp: {code}. Địa chỉ: {}", scene.place.home()));
    sheet.say(&format!(
        "Đại diện: {} {}, chức vụ: Giám đốc, số CCCD: {}",
        boss.address(),
        boss.name,
        boss.id
    ));
    sheet.paragraph(&[
        bold("Bên B (Người lao động):"),
        plain(format!("{} {}", worker.address_capital(), worker.name)),
    ]);
    sheet.say(&format!("Sinh ngày: {}. Số CCCD: {}", worker.born.short(), worker.id));
    sheet.say(&format!("Nơi thường trú: {}", scene.place.home()));
    sheet.say("Hai bên thỏa thuận ký kết hợp đồng lao động với các điều khoản sau:");
    let from = scene.day.later(1);
    let until = from.plus_years(random.whole(1, 3)).before();
    let mut fields = scene.fields(Kind::LabourContract, name, &sheet.look);
    let term = sheet.either(
        format!("Thời hạn hợp đồng: từ {} đến {}.", from.long(), until.long()),
        format!("Hợp đồng này có hiệu lực từ ngày {} đến hết ngày {}.", from.short(), until.short()),
    );
    article(sheet, 1, &term);
    fields.validity_period = Fact::printed(Period::between(from, until));
    article(
        sheet,
        2,
        &format!(
            "Công việc phải làm: {}; mức lương {}.500.000 đồng/tháng, trả vào ngày 05 hằng tháng.",
            random.pick(&["công nhân may", "kế toán viên", "vận hành máy", "nhân viên kho"]),
            random.whole(5, 14)
        ),
    );
    article(
        sheet,
        3,
        "Thời giờ làm việc: 08 giờ/ngày, 48 giờ/tuần; chế độ nghỉ ngơi, bảo hiểm theo quy định.",
    );
    sheet.begin_end();
    article(sheet, 4, "Hợp đồng được lập thành 02 bản có giá trị như nhau, mỗi bên giữ 01 bản./.");
    about(&mut fields, &worker);
    scene.sign(sheet, &[]);
    fields
}

/// Quyết định giao trẻ em: the child owns it; both who take it have numbers.
pub fn foster_decision(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let scene = Scene::of_commune(random, (2021, 700), "/QĐ-UBND");
    let (first_year, last_year) = (scene.day.year - 12, scene.day.year - 2);
    let child = Person::born_between(random, scene.place.province_code, first_year, last_year);
    let (one, other) = (scene.adult(random), scene.adult(random));
    let summary = sheet.either(
        "Về việc giao trẻ em cho cá nhân, gia đình nhận chăm sóc thay thế",
        "Về việc giao trẻ em có hoàn cảnh đặc biệt cho gia đình nhận chăm sóc thay thế",
    );
    let bases = [
        "Căn cứ Luật Trẻ em ngày 05 tháng 4 năm 2016".to_owned(),
        "Căn cứ Nghị định số 56/2017/NĐ-CP ngày 09 tháng 5 năm 2017 của Chính phủ".to_owned(),
    ];
    let who = format!("Chủ tịch {}", scene.agency.name);
    decision_head(sheet, &scene, summary, Some(&who), &bases);
    article(
        sheet,
        1,
        &format!(
            "Giao trẻ em {}, sinh ngày {}, giới tính: {}, số định danh cá nhân: {}, cho gia đình {} {} nhận chăm sóc \
             thay thế.",
            child.name,
            child.born.short(),
            child.sex(),
            child.id,
            one.address(),
            one.name
        ),
    );
    article(
        sheet,
        2,
        &format!(
            "Người nhận chăm sóc: {} {}, số CCCD: {}; {} {}, số CCCD: {}; cùng trú tại {}.",
            one.address(),
            one.name,
            one.id,
            other.address(),
            other.name,
            other.id,
            scene.place.home()
        ),
    );
    let mut fields = scene.fields(Kind::FosterDecision, "Quyết định", &sheet.look);
    about(&mut fields, &child);
    fields.abstract_text = Fact::printed(summary);
    if random.chance(0.5) {
        let from = Day { day: 1, ..scene.day.plus_months(1) };
        let until = from.plus_years(2).before();
        sheet.say(&format!("Quyết định này có hiệu lực từ {} đến {}.", from.long(), until.long()));
        fields.validity_period = Fact::printed(Period::between(from, until));
    } else {
        sheet.say("Quyết định này có hiệu lực kể từ ngày ký.");
        fields.validity_period = since_issue(scene.day, None, &sheet.look);
    }
    sheet.begin_end();
    article(
        sheet,
        3,
        "Công chức văn hóa - xã hội, gia đình nêu tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
    );
    scene.sign(sheet, &receivers(&["Như Điều 3"], "VHXH"));
    fields
}
