//! Persons with merit to the revolution and those they leave behind.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::people::{Agency, Person, Place};
use super::super::random::Random;
use super::super::sheet::{Filled, Sheet, bold, plain};
use super::super::truth::{Fact, Fields};
use super::social::old_number;
use super::{
    Kind, Scene, about, adult, article, citizen_fields, decision_head, entries, figures, id_label, note_pen,
    receivers, since_issue, term, typed,
};

/// Giấy xác nhận thân nhân của người có công: the relative owns it, not the person with merit.
pub fn kin_certificate(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let scene = Scene::of_commune(random, (2022, 160), "/GXN-UBND");
    let hero = Person::born_between(random, scene.place.province_code, 1940, 1955);
    let kin = Person::born_between(random, scene.place.province_code, 1968, 1999);
    scene.head(sheet);
    sheet.title("GIẤY XÁC NHẬN THÂN NHÂN CỦA NGƯỜI CÓ CÔNG", None);
    sheet.say(&format!("{} xác nhận:", scene.agency.name));
    let id = sheet.either(id_label(random), "CCCD/Căn cước/Mã định danh số");
    let card = scene.day.earlier(random.whole(300, 1200));
    entries(
        sheet,
        &[
            (sheet.either("Họ và tên", "Ông (bà)"), kin.name.clone()),
            (sheet.either("Ngày, tháng, năm sinh", "Sinh ngày"), kin.born.short()),
            ("Giới tính", kin.sex().to_owned()),
            (id, kin.id.clone()),
            ("Ngày cấp", card.short()),
            ("Nơi thường trú", scene.place.home()),
        ],
    );
    sheet.say(&format!(
        "{} {} của {} {}, sinh năm {}, số định danh: {}, là {} (số hồ sơ: {}).",
        sheet.either("Là", "Có quan hệ là"),
        random.pick(&["con đẻ", "con nuôi", "vợ (chồng)"]),
        hero.address(),
        hero.name,
        hero.born.year,
        hero.id,
        random.pick(&["thương binh", "bệnh binh", "người hoạt động kháng chiến"]),
        random.whole(1000, 99_999)
    ));
    let mut fields =
        scene.fields(Kind::KinCertificate, "Giấy xác nhận thân nhân của người có công", &sheet.look);
    about(&mut fields, &kin);
    sheet.begin_end();
    if random.chance(0.75) {
        term::say(sheet, random, &mut fields, "Giấy xác nhận này", scene.day);
    }
    term::say_scope(sheet, random, &mut fields, "Giấy xác nhận này", scene.place.province);
    scene.sign(sheet, &[]);
    fields
}

/// Quyết định trợ cấp thờ cúng liệt sĩ.
pub fn martyr_decision(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency =
        if place.has_district { Agency::labour_department(&place) } else { Agency::home_department(&place) };
    let symbol = if place.has_district { "/QĐ-SLĐTBXH" } else { "/QĐ-SNV" };
    let scene = Scene::new(random, place, agency, (2021, 2600), symbol);
    let holder = scene.adult(random);
    let martyr = Person::born_between(random, scene.place.province_code, 1935, 1952);
    let summary = sheet.either(
        "Về việc trợ cấp thờ cúng liệt sĩ",
        "Về việc giải quyết chế độ trợ cấp thờ cúng liệt sĩ hằng năm",
    );
    let bases = [
        "Căn cứ Pháp lệnh Ưu đãi người có công với cách mạng ngày 09 tháng 12 năm 2020".to_owned(),
        "Căn cứ Nghị định số 131/2021/NĐ-CP ngày 30 tháng 12 năm 2021 của Chính phủ".to_owned(),
        "Theo đề nghị của Trưởng phòng Người có công".to_owned(),
    ];
    let who = format!("Giám đốc {}", scene.agency.name);
    decision_head(sheet, &scene, summary, Some(&who), &bases);
    article(
        sheet,
        1,
        &format!(
            "Trợ cấp thờ cúng liệt sĩ đối với {} {}, sinh ngày {}, {}: {}; nơi thường trú: {}; là người thờ cúng liệt \
             sĩ {} (hy sinh năm {}, Bằng Tổ quốc ghi công số {}).",
            holder.address(),
            holder.name,
            holder.born.short(),
            sheet.either("số định danh cá nhân", "CCCD số"),
            holder.id,
            scene.place.home(),
            martyr.name,
            random.whole(1966, 1975),
            random.whole(1000, 90_000)
        ),
    );
    sheet.say(&format!("Mức trợ cấp: 1.400.000 đồng/năm. Thời điểm hưởng: từ năm {}.", scene.day.year));
    let mut fields = scene.fields(Kind::MartyrDecision, "Quyết định", &sheet.look);
    about(&mut fields, &holder);
    fields.abstract_text = Fact::printed(summary);
    fields.validity_period = since_issue(scene.day, None, &sheet.look);
    article(
        sheet,
        2,
        sheet.either(
            "Quyết định này có hiệu lực kể từ ngày ký.",
            "Quyết định này có hiệu lực thi hành từ ngày ký.",
        ),
    );
    sheet.begin_end();
    article(
        sheet,
        3,
        &format!(
            "Chánh Văn phòng, Trưởng phòng Người có công và {} {} chịu trách nhiệm thi hành./.",
            holder.address(),
            holder.name
        ),
    );
    scene.sign(sheet, &receivers(&["Như Điều 3", "UBND cấp xã"], "NCC"));
    fields
}

/// Giấy chứng nhận gia đình liệt sĩ; at times an old number of nine figures alone, which is no owner's id.
pub fn martyr_family(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let scene = {
        let agency = Agency::of_province(&place);
        Scene::new(random, place, agency, (2018, 5000), "/GCN-GĐLS")
    };
    let holder = Person::born_between(random, scene.place.province_code, 1935, 1965);
    let is_old = random.chance(0.4);
    let title = sheet.either("GIẤY CHỨNG NHẬN GIA ĐÌNH LIỆT SĨ", "GIẤY CHỨNG NHẬN THÂN NHÂN LIỆT SĨ");
    let name = sheet.either("Giấy chứng nhận gia đình liệt sĩ", "Giấy chứng nhận thân nhân liệt sĩ");
    scene.head(sheet);
    sheet.title(title, None);
    sheet.say(&format!("{} chứng nhận:", scene.agency.name));
    let number = if is_old {
        ("Số CMND", old_number(random))
    } else {
        ("Số định danh cá nhân", holder.id.clone())
    };
    entries(
        sheet,
        &[
            ("Ông (bà)", holder.name.to_uppercase()),
            (sheet.either("Sinh ngày", "Ngày sinh"), holder.born.short()),
            number,
            ("Nguyên quán", scene.place.full()),
            ("Trú quán", scene.place.home()),
            ("Quan hệ với liệt sĩ", random.pick(&["Mẹ đẻ", "Bố đẻ", "Vợ", "Con"]).to_owned()),
        ],
    );
    let fell = Day::between(random, 1965, 1975);
    sheet.say(&format!(
        "Là thân nhân của liệt sĩ {}, hy sinh {}, Bằng Tổ quốc ghi công số {}/TTg.",
        Person::born_between(random, scene.place.province_code, 1940, 1950).name,
        fell.long(),
        random.whole(10_000, 99_000)
    ));
    sheet.begin_end();
    sheet.say("Được hưởng chế độ ưu đãi đối với gia đình liệt sĩ theo quy định của Nhà nước.");
    let mut fields = scene.fields(Kind::MartyrFamily, name, &sheet.look);
    about(&mut fields, &holder);
    if is_old {
        fields.owner_id = Fact::absent();
    }
    scene.sign(sheet, &[]);
    fields
}

/// Thẻ thương binh: small print on a card, a number below the title.
pub fn invalid_card(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency =
        if place.has_district { Agency::labour_department(&place) } else { Agency::home_department(&place) };
    let symbol = random.pick(&["/CN-TB", "/GCN-TB"]);
    let scene = Scene::new(random, place, agency, (2021, 9800), symbol);
    let holder = Person::born_between(random, scene.place.province_code, 1940, 1962);
    let (middle, size) = ((sheet.left + sheet.right) / 2.0, sheet.size);
    let quarter = sheet.left + sheet.width() * 0.2;
    let top = sheet.y;
    for (n, line) in scene.agency.lines.iter().enumerate() {
        let fit = (sheet.width() * 0.4 / sheet.measure(Style::Bold, 8.5, line)).min(1.0);
        sheet.text_centred((quarter, top + 9.0 + 11.0 * n as f32), Style::Bold, 8.5 * fit, line);
    }
    let right = sheet.left + sheet.width() * 0.72;
    sheet.text_centred((right, top + 9.0), Style::Bold, 8.5, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    sheet.text_centred((right, top + 20.0), Style::Bold, 9.0, "Độc lập - Tự do - Hạnh phúc");
    sheet.y = top + 34.0;
    sheet.centred(Style::Bold, 13.5, sheet.either("THẺ THƯƠNG BINH", "GIẤY CHỨNG NHẬN THƯƠNG BINH"), 1.0);
    sheet.number_line(middle, &scene.number);
    let rows = [
        ("Họ và tên:", holder.name.to_uppercase()),
        ("Ngày sinh:", holder.born.short()),
        ("Số định danh cá nhân:", holder.id.clone()),
        ("Nơi thường trú:", scene.place.full()),
        ("Tỷ lệ tổn thương cơ thể:", format!("{} %", random.whole(21, 80))),
    ];
    for (label, value) in rows {
        let edges = (sheet.left, sheet.right);
        let spans = [plain(label), bold(value)];
        sheet.lines(&spans, edges, super::super::sheet::Align::Left, 0.0, size);
    }
    let name = sheet.either("Thẻ thương binh", "Giấy chứng nhận thương binh");
    sheet.sign_card(&scene.agency, scene.day, &scene.signer);
    let mut fields = scene.fields(Kind::InvalidCard, name, &sheet.look);
    // The card names the office alone.
    fields.other.parent_authority = None;
    about(&mut fields, &holder);
    fields
}

/// Bản khai of a relative: the dead one's number as a trap.
pub fn declaration(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let day = place.working_day(random, 2022);
    let kin = adult(random, &place);
    let dead = Person::born_between(random, place.province_code, 1932, 1950);
    let look = sheet.look.clone();
    sheet.citizen_head();
    sheet.title("BẢN KHAI", Some("Đề nghị hưởng trợ cấp khi người có công từ trần"));
    sheet.heading(sheet.either("1. Thông tin người khai", "Phần I. Người khai"));
    sheet.fill_row(&[("Họ và tên:", typed(kin.name.clone()), 1.0)]);
    let born = if sheet.manner.is_held_out { kin.born.two_digit() } else { kin.born.short() };
    sheet
        .fill_row(&[("Ngày tháng năm sinh:", figures(&look, born), 1.2), ("Nam/Nữ:", typed(kin.sex()), 0.7)]);
    sheet.fill_row(&[(
        sheet.either("CCCD/CMND số:", "Số định danh cá nhân:"),
        figures(&look, kin.id.clone()),
        1.0,
    )]);
    sheet.fill_row(&[("Nơi thường trú:", typed(place.home()), 1.0)]);
    sheet.fill_row(&[("Mối quan hệ với người có công từ trần:", typed(random.pick(&["Con", "Cháu"])), 1.0)]);
    sheet.heading(sheet.either("2. Thông tin người có công đã từ trần", "Phần II. Người có công"));
    sheet.fill_row(&[("Họ và tên:", typed(dead.name.clone()), 1.0)]);
    sheet.fill_row(&[
        ("Số CCCD:", figures(&look, dead.id.clone()), 1.0),
        ("Năm sinh:", figures(&look, dead.born.year.to_string()), 0.7),
    ]);
    sheet.fill_row(&[("Thuộc đối tượng:", typed("Thương binh"), 1.0)]);
    sheet.fill_row(&[("Đã từ trần ngày:", figures(&look, day.earlier(40).short()), 1.0)]);
    sheet.fill_row(&[("Mức trợ cấp hàng tháng:", Filled::Nothing, 1.0)]);
    sheet.begin_end();
    sheet.say("Tôi xin cam đoan lời khai trên là đúng, nếu sai tôi xin chịu trách nhiệm trước pháp luật./.");
    sheet.sign_citizen(place.commune, day, "NGƯỜI KHAI", &kin.name);
    let mut fields = citizen_fields(Kind::MeritDeclaration, "Bản khai", day, &kin.name, &look);
    fields.abstract_text = Fact::printed("Đề nghị hưởng trợ cấp khi người có công từ trần");
    about(&mut fields, &kin);
    note_pen(&mut fields, &look);
    fields
}

/// Giấy xác nhận of a school for a child that still studies.
pub fn school_confirmation(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::school(random, &place);
    let symbol = random.pick(&["/GXN-NT", "/XN-NT"]);
    let scene = Scene::new(random, place, agency, (2022, 400), symbol);
    let pupil = Person::born_between(random, scene.place.province_code, 2003, 2008);
    let parent = scene.adult(random);
    let title = sheet.either("GIẤY XÁC NHẬN", "GIẤY XÁC NHẬN HỌC SINH, SINH VIÊN");
    let name = sheet.either("Giấy xác nhận", "Giấy xác nhận học sinh, sinh viên");
    scene.head(sheet);
    sheet.title(title, None);
    sheet.say(&format!("{} xác nhận em:", scene.agency.name));
    entries(
        sheet,
        &[
            ("Họ và tên", pupil.name.to_uppercase()),
            ("Sinh ngày", pupil.born.long().trim_start_matches("ngày ").to_owned()),
            (id_label(random), pupil.id.clone()),
            ("Con ông (bà)", format!("{}, số CCCD: {}", parent.name, parent.id)),
            ("Nơi thường trú", scene.place.home()),
        ],
    );
    sheet.say(&format!(
        "{} lớp {}, khóa học {} - {}, hệ chính quy.",
        sheet.either("Hiện đang theo học", "Là học sinh, sinh viên đang học"),
        random.pick(&["12A1", "11B3", "Kỹ thuật điện K15"]),
        scene.day.year,
        scene.day.year + 3
    ));
    let mut fields = scene.fields(Kind::SchoolConfirmation, name, &sheet.look);
    about(&mut fields, &pupil);
    sheet.begin_end();
    term::say(sheet, random, &mut fields, "Giấy xác nhận này", scene.day);
    scene.sign(sheet, &[]);
    fields
}
