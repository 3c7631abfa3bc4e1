//! Licences and certificates of trades: an employment service, safety, a craft.

use super::super::fonts::Style;
use super::super::people::{Agency, Person, Place, company};
use super::super::random::Random;
use super::super::sheet::Sheet;
use super::super::truth::{Fact, Fields, Period};
use super::{Kind, Scene, about, entries, receivers, since_issue, term};

/// Giấy phép hoạt động dịch vụ việc làm: a company owns it, its director's number is a trap.
pub fn service_licence(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let agency = if sheet.manner.is_held_out {
        Agency::home_department(&place)
    } else {
        Agency::labour_department(&place)
    };
    let symbol = sheet.either("/GP-SLĐTBXH", "/SNV-GP");
    let scene = Scene::new(random, place, agency, (2021, 90), symbol);
    let (owner, code) = company(random);
    let director = scene.adult(random);
    scene.head(sheet);
    sheet.title("GIẤY PHÉP HOẠT ĐỘNG DỊCH VỤ VIỆC LÀM", None);
    sheet.bases(&[
        "Căn cứ Bộ luật Lao động ngày 20 tháng 11 năm 2019".to_owned(),
        "Căn cứ Nghị định số 23/2021/NĐ-CP ngày 19 tháng 3 năm 2021 của Chính phủ".to_owned(),
    ]);
    sheet.say(&format!("{} cấp phép cho doanh nghiệp:", scene.agency.name));
    entries(
        sheet,
        &[
            (sheet.either("1. Tên doanh nghiệp", "Doanh nghiệp được cấp phép"), owner.to_owned()),
            (sheet.either("Mã số doanh nghiệp", "Mã số thuế/Mã số doanh nghiệp"), code.clone()),
            ("Địa chỉ trụ sở chính", scene.place.home()),
            ("Điện thoại", format!("02{}.{}", random.whole(10, 99), random.whole(3_500_000, 3_999_999))),
            ("2. Người đại diện theo pháp luật", director.name.clone()),
            ("Số CCCD", director.id.clone()),
            ("Ngày sinh", director.born.short()),
        ],
    );
    let mut fields = scene.fields(Kind::ServiceLicence, "Giấy phép hoạt động dịch vụ việc làm", &sheet.look);
    fields.owner_id = Fact::printed(code);
    fields.other.holder_name = Some(owner.to_owned());
    let years = random.whole(2, 5);
    let words = ["hai", "ba", "bốn", "năm"][years as usize - 2];
    let sentence = sheet.either(
        format!("3. Giấy phép này có hiệu lực {years:02} năm kể từ ngày ký."),
        format!("3. Giấy phép này có thời hạn {years:02} ({words}) năm, kể từ ngày cấp."),
    );
    sheet.begin_end();
    sheet.say(&sentence);
    fields.validity_period = since_issue(scene.day, Some(scene.day.plus_years(years)), &sheet.look);
    term::say_scope(sheet, random, &mut fields, "Giấy phép này", scene.place.province);
    scene.sign(sheet, &receivers(&["Doanh nghiệp", "UBND tỉnh (báo cáo)"], "VLATLĐ"));
    fields
}

/// Giấy chứng nhận huấn luyện an toàn: the course's days beside the certificate's own.
pub fn safety_certificate(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::with_district(random);
    let (trainer, _) = company(random);
    let agency = Agency::company(trainer, &place);
    let scene = Scene::new(random, place, agency, (2021, 3000), "/GCN-ATVSLĐ");
    let holder = Person::born_between(random, scene.place.province_code, 1970, 2001);
    let (employer, _) = company(random);
    scene.head(sheet);
    sheet.title("GIẤY CHỨNG NHẬN HUẤN LUYỆN", None);
    sheet.centred(Style::Bold, 13.0, "AN TOÀN, VỆ SINH LAO ĐỘNG", 1.0);
    sheet.skip(8.0);
    sheet.say(&format!("{} chứng nhận:", scene.agency.name));
    entries(
        sheet,
        &[
            ("Họ và tên", holder.name.to_uppercase()),
            ("Ngày sinh", holder.born.short()),
            (sheet.either("Số CCCD/Định danh", "CMND/CCCD/Hộ chiếu số"), holder.id.clone()),
            ("Chức vụ", random.pick(&["Công nhân", "Tổ trưởng", "Cán bộ an toàn"]).to_owned()),
            ("Đơn vị công tác", employer.to_owned()),
        ],
    );
    let (first, last) = (scene.day.earlier(9), scene.day.earlier(4));
    sheet.say(&format!(
        "Đã hoàn thành khóa huấn luyện an toàn, vệ sinh lao động nhóm {} tổ chức từ ngày {} đến ngày {}. Kết quả đạt \
         loại: {}.",
        random.whole(1, 4),
        first.short(),
        last.short(),
        random.pick(&["Giỏi", "Khá"])
    ));
    let name = "Giấy chứng nhận huấn luyện an toàn, vệ sinh lao động";
    let mut fields = scene.fields(Kind::SafetyCertificate, name, &sheet.look);
    about(&mut fields, &holder);
    sheet.begin_end();
    let from = scene.day;
    let until = from.plus_years(random.pick(&[2, 5])).before();
    sheet.say(&sheet.either(
        format!("Giấy chứng nhận này có giá trị từ {} đến {}.", from.long(), until.long()),
        format!("Giấy chứng nhận này có giá trị từ ngày {} đến ngày {}.", from.short(), until.short()),
    ));
    fields.validity_period = Fact::printed(Period::between(from, until));
    scene.sign(sheet, &[]);
    fields
}

/// Chứng chỉ sơ cấp, across the sheet.
pub fn trade_certificate(sheet: &mut Sheet<'_>, random: &mut Random) -> Fields {
    let place = Place::any(random);
    let agency = Agency::school(random, &place);
    let scene = Scene::new(random, place, agency, (2019, 900), "/CCSC");
    let holder = Person::born_between(random, scene.place.province_code, 1980, 2005);
    scene.head(sheet);
    sheet.manner.title_size += 4.0;
    sheet.title(sheet.either("CHỨNG CHỈ SƠ CẤP", "CHỨNG CHỈ ĐÀO TẠO NGHỀ"), None);
    let name = sheet.either("Chứng chỉ sơ cấp", "Chứng chỉ đào tạo nghề");
    entries(
        sheet,
        &[
            (sheet.either("Cấp cho", "Cấp cho ông (bà)"), holder.name.to_uppercase()),
            ("Sinh ngày", holder.born.short()),
            ("Số định danh cá nhân", holder.id.clone()),
            (
                "Nghề đào tạo",
                random.pick(&["May công nghiệp", "Hàn điện", "Chăn nuôi thú y", "Điện dân dụng"]).to_owned(),
            ),
            ("Xếp loại tốt nghiệp", random.pick(&["Giỏi", "Khá", "Trung bình khá"]).to_owned()),
        ],
    );
    let mut fields = scene.fields(Kind::TradeCertificate, name, &sheet.look);
    about(&mut fields, &holder);
    scene.sign(sheet, &[]);
    fields
}
