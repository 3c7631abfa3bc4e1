//! Papers of several pages: plans, reports and regulations with sentences put together by chance.
//!
//! No paragraph comes twice in one paper but by accident; what is wrong with a page belongs to `faults`.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Place};
use super::super::random::Random;
use super::super::sheet::{Mark, Sheet, bold, italic};

const WHO: &[&str] = &[
    "Phòng Văn hóa - Xã hội",
    "Trạm Y tế",
    "Công an cấp xã",
    "Bộ phận Một cửa",
    "Hội Liên hiệp Phụ nữ",
    "Ban Chỉ đạo giảm nghèo",
    "Trường trung học cơ sở",
    "Trưởng các thôn, tổ dân phố",
    "Công chức tài chính - kế toán",
    "Đoàn Thanh niên",
    "Hội Cựu chiến binh",
    "Ủy ban Mặt trận Tổ quốc",
];
const DOES: &[&str] = &[
    "chủ trì rà soát",
    "phối hợp lập danh sách",
    "tham mưu kiện toàn",
    "tổ chức kiểm tra thực tế",
    "hướng dẫn kê khai",
    "tiếp nhận và phân loại",
    "niêm yết công khai",
    "đối chiếu, xác minh",
    "tổng hợp, báo cáo",
    "giám sát việc chi trả cho",
];
const WHAT: &[&str] = &[
    "các hộ có người khuyết tật nặng",
    "hồ sơ của người cao tuổi cô đơn",
    "trẻ em không có nguồn nuôi dưỡng",
    "các trường hợp đề nghị trợ giúp đột xuất",
    "số liệu hộ thoát nghèo trong quý",
    "đối tượng đang hưởng chế độ hằng tháng",
    "những gia đình chịu thiệt hại do mưa lũ",
    "lao động thuộc diện được vay vốn",
    "học sinh được miễn, giảm học phí",
    "nhà ở tạm, nhà dột nát cần sửa chữa",
];
const HOW: &[&str] = &[
    "theo biểu mẫu đã ban hành kèm theo văn bản này",
    "trên hệ thống thông tin dùng chung của tỉnh",
    "có xác nhận của khu dân cư và chữ ký của chủ hộ",
    "bảo đảm công khai, đúng đối tượng, không trùng lặp",
    "gắn với việc cập nhật dữ liệu dân cư",
    "trong phạm vi dự toán được giao từ đầu năm",
    "không để phát sinh khiếu nại kéo dài",
    "kết hợp tuyên truyền trên hệ thống loa truyền thanh",
];
const HEADS: &[&str] = &[
    "Mục đích, yêu cầu",
    "Kết quả thực hiện",
    "Nội dung triển khai",
    "Tồn tại, hạn chế và nguyên nhân",
    "Nhiệm vụ, giải pháp",
    "Kinh phí bảo đảm",
    "Thời gian và tiến độ",
    "Tổ chức thực hiện",
    "Chế độ thông tin, báo cáo",
    "Công tác phối hợp",
];
const ROMAN: [&str; 10] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"];
/// Name in capitals, name in a sentence, symbol, what it is about.
const TITLES: &[(&str, &str, &str, &str)] = &[
    ("KẾ HOẠCH", "Kế hoạch", "/KH-UBND", "Thực hiện công tác giảm nghèo và an sinh xã hội năm"),
    ("BÁO CÁO", "Báo cáo", "/BC-UBND", "Kết quả thực hiện chính sách trợ giúp xã hội năm"),
    ("PHƯƠNG ÁN", "Phương án", "/PA-UBND", "Hỗ trợ người dân khắc phục hậu quả thiên tai năm"),
    ("HƯỚNG DẪN", "Hướng dẫn", "/HD-UBND", "Rà soát hộ nghèo, hộ cận nghèo và xác định thu nhập năm"),
];

/// What a long paper carries besides its text.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Capitals in a red frame under the number.
    pub secrecy: Option<&'static str>,
    /// The same as a line of its own above the title instead.
    pub secrecy_as_line: bool,
    /// Sentences of its own, said on the first page.
    pub sentences: Vec<String>,
    /// A heading of its own before them.
    pub heading: Option<&'static str>,
    /// Pages of an appendix after the signature.
    pub appendix_pages: usize,
}

/// A sentence of a plan or report.
fn sentence(random: &mut Random) -> String {
    let day = format!("{:02}/{:02}", random.whole(1, 28), random.whole(1, 12));
    let end = match random.whole(0, 3) {
        0 => format!(", hoàn thành trước ngày {day}"),
        1 => format!(", dự kiến {} hộ với {} nhân khẩu", random.whole(12, 480), random.whole(500, 2900)),
        2 => format!(", kinh phí {}.{:03}.000 đồng", random.whole(1, 90), random.whole(0, 999)),
        _ => String::new(),
    };
    format!("{} {} {} {}{end}.", random.pick(WHO), random.pick(DOES), random.pick(WHAT), random.pick(HOW))
}

fn paragraph(random: &mut Random) -> String {
    (0..random.whole(2, 4)).map(|_| sentence(random)).collect::<Vec<_>>().join(" ")
}

/// Writes a paper whose body has `n_pages` pages, signed at the end; the number of pages that came out may differ
/// where the signature did not fit.
pub fn long_paper(sheet: &mut Sheet<'_>, random: &mut Random, n_pages: usize, extras: &Extras) {
    let place = Place::with_district(random);
    let agency =
        if random.chance(0.5) { Agency::of_district(&place) } else { Agency::of_commune(random, &place) };
    let day = place.working_day(random, 2022);
    let (title, name, symbol, about) = random.pick(TITLES);
    let number = Number::new(random, 480, symbol);
    let signer = Signer::of(random, &agency, place.province_code);
    sheet.letterhead(&agency, &number, day);
    if let Some(mark) = extras.secrecy {
        secrecy(sheet, random, mark, extras.secrecy_as_line);
    }
    sheet.title(title, Some(&format!("{about} {}", day.year)));
    sheet.say(&format!(
        "Căn cứ tình hình thực tế tại địa phương và ý kiến của các ngành, {} ban hành {} với các nội dung sau:",
        agency.name,
        name.to_lowercase()
    ));
    if let Some(heading) = extras.heading {
        sheet.heading(heading);
    }
    extras.sentences.iter().for_each(|text| sheet.say(text));
    body(sheet, random, n_pages);
    sheet.begin_end();
    sheet.say(&format!(
        "Trên đây là {} của {}; yêu cầu các đơn vị nghiêm túc thực hiện, có khó khăn thì phản ánh để kịp thời xử lý./.",
        name.to_lowercase(),
        agency.name
    ));
    let list = ["Như trên", "Thường trực HĐND", "Các thôn, tổ dân phố", "Lưu: VT"].map(str::to_owned);
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &list);
    if extras.appendix_pages > 0 {
        appendix(sheet, random, (name, &number.whole(), day), extras.appendix_pages);
    }
}

/// Headings and paragraphs until the last page has some text.
fn body(sheet: &mut Sheet<'_>, random: &mut Random, n_pages: usize) {
    let (top, bottom) = sheet.text_top_and_bottom();
    let room = bottom - top;
    // A paper of one page must leave room for its end.
    let stop = if n_pages == 1 { top + room * 0.52 } else { top + room * random.real(0.04, 0.3) };
    let mut section = 0;
    let first_head = random.whole(0, 9) as usize;
    loop {
        sheet.heading(format!("{}. {}", ROMAN[section % 10], HEADS[(first_head + section) % HEADS.len()]));
        section += 1;
        for n in 1..=random.whole(2, 4) {
            if sheet.pages.len() > n_pages || (sheet.pages.len() == n_pages && sheet.y > stop) {
                return;
            }
            let text = paragraph(random);
            if random.chance(0.6) { sheet.say(&format!("{n}. {text}")) } else { sheet.say(&text) }
        }
    }
}

/// The mark of secrecy where NĐ 30/2020 puts it, ô 10a, or as a line of its own.
fn secrecy(sheet: &mut Sheet<'_>, random: &mut Random, mark: &str, as_line: bool) {
    const RED: [u8; 3] = [205, 30, 40];
    let family = sheet.family;
    let size = 14.0;
    let width = sheet.measure(Style::Bold, size, mark);
    if as_line {
        sheet.skip(6.0);
        let ink = if random.chance(0.5) { RED } else { super::super::raster::BLACK };
        let at = (sheet.left + (sheet.width() - width) / 2.0, sheet.y + 14.0);
        sheet.mark(Mark::Text { at, family, style: Style::Bold, size, text: mark.to_owned(), ink });
        sheet.skip(20.0);
        return;
    }
    let x = sheet.left - 14.0 + (sheet.width() + 22.0) * 0.205 - width / 2.0 + random.real(-12.0, 12.0);
    let top = sheet.y + random.real(3.0, 9.0);
    let corners =
        [(x - 6.0, top), (x + width + 6.0, top), (x + width + 6.0, top + 21.0), (x - 6.0, top + 21.0)];
    for n in 0..4 {
        sheet.mark(Mark::Rule { from: corners[n], to: corners[(n + 1) % 4], width: 1.5, ink: RED });
    }
    let text = mark.to_owned();
    sheet.mark(Mark::Text { at: (x, top + 15.5), family, style: Style::Bold, size, text, ink: RED });
    sheet.y = top + 26.0;
}

/// A table over whole pages: its rules run down nearly all of the page.
fn appendix(sheet: &mut Sheet<'_>, random: &mut Random, of: (&str, &str, Day), n_pages: usize) {
    let first = sheet.pages.len();
    sheet.new_page();
    sheet.centred(Style::Bold, 14.0, "PHỤ LỤC", 1.0);
    sheet.centred(Style::Bold, 13.0, "DANH SÁCH HỘ ĐƯỢC HỖ TRỢ", 1.0);
    let of = format!("(Kèm theo {} số {} {})", of.0, of.1, of.2.long());
    sheet.centred(Style::Italic, 12.5, &of, 1.0);
    sheet.skip(8.0);
    list_table(sheet, random, first + n_pages);
}

/// Rows until page `last` is half full.
pub fn list_table(sheet: &mut Sheet<'_>, random: &mut Random, last: usize) {
    let (top, bottom) = sheet.text_top_and_bottom();
    let stop = top + (bottom - top) * random.real(0.35, 0.8);
    let mut rows =
        vec![["TT", "Họ và tên chủ hộ", "Nơi ở", "Số khẩu", "Mức hỗ trợ"].map(str::to_owned).to_vec()];
    let height = (sheet.size - 1.5) * 1.75;
    // What `table` will do with the page, counted before: it breaks where a row does not fit.
    let (mut page, mut y) = (sheet.pages.len(), sheet.y + height);
    while page < last || y < stop {
        let place = Place::with_district(random);
        let person = super::super::people::Person::born_between(random, place.province_code, 1945, 1995);
        let money = format!("{}.000.000", random.whole(1, 40));
        let cells =
            [rows.len().to_string(), person.name, place.hamlet, random.whole(1, 8).to_string(), money];
        rows.push(cells.to_vec());
        if y + height > bottom {
            page += 1;
            y = top;
        }
        y += height;
    }
    sheet.table(&[0.5, 2.4, 2.2, 0.9, 1.4], &rows);
}

/// A short paper for half a sheet: a receipt or confirmation of a commune.
pub fn short_paper(sheet: &mut Sheet<'_>, random: &mut Random) {
    let place = Place::with_district(random);
    let agency = Agency::of_commune(random, &place);
    let day = place.working_day(random, 2022);
    let (title, symbol) = random.pick(&[
        ("GIẤY XÁC NHẬN", "/GXN-UBND"),
        ("GIẤY BIÊN NHẬN", "/BN-UBND"),
        ("GIẤY MỜI", "/GM-UBND"),
    ]);
    let number = Number::new(random, 600, symbol);
    let signer = Signer::of(random, &agency, place.province_code);
    let holder = super::super::people::Person::born_between(random, place.province_code, 1950, 2000);
    sheet.letterhead(&agency, &number, day);
    sheet.title(title, None);
    sheet.paragraph(&[
        super::super::sheet::plain(format!("{} xác nhận {}", agency.name, holder.address())),
        bold(holder.name.clone()),
        super::super::sheet::plain(format!("sinh ngày {}, trú tại {}.", holder.born.short(), place.home())),
    ]);
    sheet.say(&sentence(random));
    if sheet.page.0 < sheet.page.1 {
        sheet.say(&sentence(random));
        sheet.say(&sentence(random));
    }
    sheet.paragraph(&[italic("Giấy này có giá trị trong thời hạn 06 tháng kể từ ngày ký.")]);
    sheet.sign(&signer.lines, &signer.name, &agency.seal_text, &[]);
}

/// Breaks within a sentence at the end of page `page` (from 0), as the last word printed there shows.
pub fn breaks_within_a_sentence(pages: &[Vec<Mark>], page: usize) -> bool {
    let last = pages[page].iter().rev().find_map(|mark| match mark {
        Mark::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    last.is_some_and(|word| {
        !word.ends_with(['.', ';', ':']) && word.chars().next().is_some_and(char::is_alphabetic)
    })
}
