//! Invented people, places and agencies.
//!
//! Provinces are real, because a personal number begins with the province of birth; communes, districts, companies
//! and everybody named are made up.

use super::calendar::Day;
use super::random::Random;

/// Province and its code in personal numbers.
const PROVINCES: &[(&str, &str)] = &[
    ("Yên Bái", "015"),
    ("Lào Cai", "010"),
    ("Sơn La", "014"),
    ("Hòa Bình", "017"),
    ("Thái Nguyên", "019"),
    ("Phú Thọ", "025"),
    ("Nam Định", "036"),
    ("Thanh Hóa", "038"),
    ("Nghệ An", "040"),
    ("Quảng Trị", "045"),
    ("Quảng Ngãi", "051"),
    ("Bình Định", "052"),
    ("Khánh Hòa", "056"),
    ("Gia Lai", "064"),
    ("Đắk Lắk", "066"),
    ("Tây Ninh", "072"),
    ("Bến Tre", "083"),
    ("An Giang", "089"),
    ("Sóc Trăng", "094"),
    ("Cà Mau", "096"),
];
/// Provinces whose name went with the mergers of July 2025.
const MERGED: &[&str] = &["Yên Bái", "Hòa Bình", "Nam Định", "Bình Định", "Bến Tre", "Sóc Trăng"];
const DISTRICTS: &[&str] = &[
    "Yên Thủy",
    "Sơn Khê",
    "Bình Lạc",
    "Phú Thượng",
    "Tân Kỳ Sơn",
    "Đông Lĩnh",
    "Văn Giáp",
    "Thạch Hòa",
    "Mỹ Phong",
    "Quảng Khê",
    "Hưng Thạnh",
    "Lạc Nghĩa",
];
const COMMUNES: &[&str] = &[
    "Bình Khê Thượng",
    "Nậm Lương",
    "Tân Hợp Sơn",
    "Đại Nghĩa Hưng",
    "Phúc Ứng Hòa",
    "Suối Giàng Hạ",
    "Mỹ Thuận Đông",
    "Xuân Quỳ",
    "Thượng Ấm",
    "Vĩnh Trạch Bắc",
    "Đồng Lươn",
    "Bảo Nhai Hạ",
    "Hòa Quý Tây",
    "Kỳ Thịnh Nam",
    "Ea Lốp",
    "Cẩm Ổi",
    "Hưng Yễn",
    "Trà Vỹ",
    "Quế Ngữ",
    "Lũng Đẩu",
];
const HAMLETS: &[&str] =
    &["Nà Khoang", "Đồng Mây", "Trung Thành", "Bản Lìm", "Tân Lập", "Ngòi Vải", "Gò Sỏi", "Cây Thị"];
const SURNAMES: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Lò",
    "Giàng", "Hà", "Phùng", "Tạ", "Trương", "Đinh",
];
const MIDDLE_M: &[&str] = &["Văn", "Đức", "Hữu", "Quang", "Xuân", "Thế", "Đình", "Mạnh"];
const MIDDLE_F: &[&str] = &["Thị", "Thị Kim", "Thị Ngọc", "Thu", "Thị Bích", "Thị Mỹ", "Thị Hồng", "Khánh"];
const GIVEN_M: &[&str] = &[
    "Hùng", "Tuấn", "Vượng", "Khoẻ", "Dũng", "Thắng", "Nghĩa", "Phước", "Tường", "Lĩnh", "Quyết", "Sỹ",
    "Đạt", "Bảo", "Kiệt", "Hưởng",
];
const GIVEN_F: &[&str] = &[
    "Hoa", "Lan", "Nguyệt", "Hường", "Thuỷ", "Duyên", "Tuyết", "Ánh", "Yến", "Thảo", "Quỳnh", "Hằng", "Mừng",
    "Lựu", "Nhẫn", "Xuyến",
];
const ETHNIC: &[&str] = &["Kinh", "Tày", "Thái", "Mường", "Nùng", "Dao", "Mông", "Khmer", "Ê Đê", "Sán Chay"];
const COMPANIES: &[&str] = &[
    "Công ty TNHH Dệt may Hải Vân Sơn",
    "Công ty Cổ phần Thủy sản Mỹ Phong",
    "Công ty TNHH Điện tử Sao Khuê Việt Nam",
    "Công ty Cổ phần Nhân lực Đông Lĩnh",
    "Công ty TNHH Dịch vụ Lao động Bình Lạc",
];

/// Somebody invented.
#[derive(Clone, Debug)]
pub struct Person {
    /// As written: family name first.
    pub name: String,
    /// True for a man.
    pub is_male: bool,
    /// Day of birth.
    pub born: Day,
    /// Twelve figures that agree with sex, year and province of birth.
    pub id: String,
    /// `Kinh`, `Tày`.
    pub ethnicity: &'static str,
}

impl Person {
    /// Somebody born in the given years; `province_code` is where nine in ten are registered.
    pub fn born_between(random: &mut Random, province_code: &str, from_year: u32, to_year: u32) -> Self {
        let is_male = random.chance(0.5);
        let surname = random.pick(SURNAMES);
        Self::with_surname(random, surname, is_male, province_code, (from_year, to_year))
    }

    /// A child of `self`.
    pub fn child(&self, random: &mut Random, province_code: &str, from_year: u32, to_year: u32) -> Self {
        let surname = self.name.split(' ').next().unwrap_or("Nguyễn").to_owned();
        let is_male = random.chance(0.5);
        let child = Self::with_surname(random, &surname, is_male, province_code, (from_year, to_year));
        Self { ethnicity: self.ethnicity, ..child }
    }

    fn with_surname(
        random: &mut Random,
        surname: &str,
        is_male: bool,
        code: &str,
        years: (u32, u32),
    ) -> Self {
        let (middle, given) = if is_male { (MIDDLE_M, GIVEN_M) } else { (MIDDLE_F, GIVEN_F) };
        let name = format!("{surname} {} {}", random.pick(middle), random.pick(given));
        let born = Day::between(random, years.0, years.1);
        let code = if random.chance(0.9) { code } else { random.pick(PROVINCES).1 };
        let century = 2 * u32::from(born.year >= 2000) + u32::from(!is_male);
        let id = format!("{code}{century}{:02}{:06}", born.year % 100, random.whole(1, 999_999));
        Self { name, is_male, born, id, ethnicity: random.pick(ETHNIC) }
    }

    /// `ông` or `bà`.
    pub fn address(&self) -> &'static str {
        if self.is_male { "ông" } else { "bà" }
    }

    /// `Ông` or `Bà`.
    pub fn address_capital(&self) -> &'static str {
        if self.is_male { "Ông" } else { "Bà" }
    }

    /// `Nam` or `Nữ`.
    pub fn sex(&self) -> &'static str {
        if self.is_male { "Nam" } else { "Nữ" }
    }
}

/// Where a paper comes from: one commune with what lies above it.
#[derive(Clone, Debug)]
pub struct Place {
    /// `Nậm Lương`.
    pub commune: &'static str,
    /// `xã`, `phường`, `thị trấn`.
    pub commune_kind: &'static str,
    /// `Sơn Khê`.
    pub district: &'static str,
    /// False since 1 July 2025.
    pub has_district: bool,
    /// `Yên Bái`.
    pub province: &'static str,
    /// First three figures of personal numbers.
    pub province_code: &'static str,
    /// `thôn Đồng Mây`.
    pub hamlet: String,
}

impl Place {
    /// Somewhere, before or after districts were given up on 1 July 2025.
    pub fn any(random: &mut Random) -> Self {
        if !random.chance(0.3) {
            return Self::with_district(random);
        }
        let mut place = Self::with_district(random);
        while MERGED.contains(&place.province) || place.commune_kind == "thị trấn" {
            place = Self::with_district(random);
        }
        Self { has_district: false, ..place }
    }

    /// Somewhere while districts still were.
    pub fn with_district(random: &mut Random) -> Self {
        let (province, province_code) = random.pick(PROVINCES);
        let commune_kind = random.pick(&["xã", "xã", "xã", "xã", "phường", "thị trấn"]);
        let hamlet_kind = if commune_kind == "xã" { "thôn" } else { "tổ dân phố" };
        Self {
            commune: random.pick(COMMUNES),
            commune_kind,
            district: random.pick(DISTRICTS),
            has_district: true,
            province,
            province_code,
            hamlet: format!("{hamlet_kind} {}", random.pick(HAMLETS)),
        }
    }

    /// A working day from `from_year` on that fits what lies above the commune.
    pub fn working_day(&self, random: &mut Random, from_year: u32) -> Day {
        if self.has_district {
            return Day::working(random, from_year, 2024);
        }
        let (first, last) = (Day { year: 2025, month: 7, day: 2 }, Day { year: 2026, month: 9, day: 30 });
        loop {
            let day = Day::working(random, 2025, 2026);
            if (first..=last).contains(&day) {
                return day;
            }
        }
    }

    /// What lies above the commune: `huyện Sơn Khê`, or since July 2025 `tỉnh Yên Bái`.
    pub fn above(&self) -> String {
        if self.has_district {
            format!("huyện {}", self.district)
        } else {
            format!("tỉnh {}", self.province)
        }
    }

    /// `xã Nậm Lương`.
    pub fn commune_name(&self) -> String {
        format!("{} {}", self.commune_kind, self.commune)
    }

    /// `xã Nậm Lương, huyện Sơn Khê, tỉnh Yên Bái`.
    pub fn full(&self) -> String {
        if self.has_district {
            format!("{}, huyện {}, tỉnh {}", self.commune_name(), self.district, self.province)
        } else {
            format!("{}, tỉnh {}", self.commune_name(), self.province)
        }
    }

    /// `thôn Đồng Mây, xã Nậm Lương, huyện Sơn Khê, tỉnh Yên Bái`.
    pub fn home(&self) -> String {
        format!("{}, {}", self.hamlet, self.full())
    }
}

/// An agency as its papers show it.
#[derive(Clone, Debug)]
pub struct Agency {
    /// Lines in capitals above the agency's own name; empty when it has no parent on paper.
    pub parent_lines: Vec<String>,
    /// The agency's own name in capitals, broken as printed.
    pub lines: Vec<String>,
    /// `Ủy ban nhân dân xã Nậm Lương`.
    pub name: String,
    /// `Ủy ban nhân dân huyện Sơn Khê`.
    pub parent: Option<String>,
    /// Place in the date line.
    pub seat: String,
    /// Capitals round the seal.
    pub seal_text: String,
    /// The collective that the head signs for, in capitals: `ỦY BAN NHÂN DÂN`.
    pub collective: Option<&'static str>,
    /// `Chủ tịch`, `Giám đốc`.
    pub head: &'static str,
    /// `Phó Chủ tịch`, `Phó Giám đốc`.
    pub deputy: &'static str,
}

fn committee(lines: Vec<String>, name: String, seat: String) -> Agency {
    let seal_text = name.to_uppercase();
    Agency {
        parent_lines: Vec::new(),
        lines,
        name,
        parent: None,
        seat,
        seal_text,
        collective: Some("ỦY BAN NHÂN DÂN"),
        head: "Chủ tịch",
        deputy: "Phó Chủ tịch",
    }
}

impl Agency {
    /// The people's committee of the commune, in one of three ways of heading a paper.
    pub fn of_commune(random: &mut Random, place: &Place) -> Self {
        let unit = place.commune_name();
        let name = format!("Ủy ban nhân dân {unit}");
        let lines = vec!["ỦY BAN NHÂN DÂN".to_owned(), unit.to_uppercase()];
        let mut agency = committee(lines, name, place.commune.to_owned());
        if place.has_district && random.chance(0.35) {
            agency.parent_lines =
                vec!["ỦY BAN NHÂN DÂN".to_owned(), format!("HUYỆN {}", place.district.to_uppercase())];
            agency.parent = Some(format!("Ủy ban nhân dân huyện {}", place.district));
        }
        agency
    }

    /// The people's committee of the district.
    pub fn of_district(place: &Place) -> Self {
        let lines = vec!["ỦY BAN NHÂN DÂN".to_owned(), format!("HUYỆN {}", place.district.to_uppercase())];
        committee(lines, format!("Ủy ban nhân dân huyện {}", place.district), place.district.to_owned())
    }

    /// The people's committee of the province.
    pub fn of_province(place: &Place) -> Self {
        let lines = vec!["ỦY BAN NHÂN DÂN".to_owned(), format!("TỈNH {}", place.province.to_uppercase())];
        committee(lines, format!("Ủy ban nhân dân tỉnh {}", place.province), place.province.to_owned())
    }

    /// An office that is no committee; `lines` and the parent's lines are in capitals.
    pub fn office(
        (name, lines): (String, &[&str]),
        (parent, parent_lines): (Option<String>, &[&str]),
        seat: &str,
        (head, deputy): (&'static str, &'static str),
    ) -> Self {
        let owned = |lines: &[&str]| lines.iter().map(|line| line.to_uppercase()).collect();
        Self {
            parent_lines: owned(parent_lines),
            lines: owned(lines),
            seal_text: name.to_uppercase(),
            name,
            parent,
            seat: seat.to_owned(),
            collective: None,
            head,
            deputy,
        }
    }

    /// The same agency with `UBND` for the words.
    pub fn abbreviated(mut self) -> Self {
        for lines in [&mut self.lines, &mut self.parent_lines] {
            if lines.first().is_some_and(|line| line == "ỦY BAN NHÂN DÂN") {
                let unit = lines[1..].join(" ");
                *lines = vec![format!("UBND {unit}")];
            }
        }
        self
    }

    /// The provincial employment centre.
    pub fn employment_centre(place: &Place) -> Self {
        let name = format!("Trung tâm Dịch vụ việc làm tỉnh {}", place.province);
        Self::office(
            (name, &["Trung tâm", "Dịch vụ việc làm", &format!("tỉnh {}", place.province)]),
            (Some("Sở Nội vụ".to_owned()), &["Sở Nội vụ"]),
            place.province,
            ("Giám đốc", "Phó Giám đốc"),
        )
    }

    /// The department of home affairs, which took over labour and merit in 2025.
    pub fn home_department(place: &Place) -> Self {
        let above = format!("Ủy ban nhân dân tỉnh {}", place.province);
        Self::office(
            ("Sở Nội vụ".to_owned(), &["Sở Nội vụ"]),
            (Some(above), &["Ủy ban nhân dân", &format!("tỉnh {}", place.province)]),
            place.province,
            ("Giám đốc", "Phó Giám đốc"),
        )
    }

    /// The council that judges health.
    pub fn medical_council(place: &Place) -> Self {
        let name = format!("Hội đồng Giám định y khoa tỉnh {}", place.province);
        Self::office(
            (name, &["Hội đồng", "Giám định y khoa", &format!("tỉnh {}", place.province)]),
            (
                Some(format!("Sở Y tế tỉnh {}", place.province)),
                &[&format!("Sở Y tế tỉnh {}", place.province)],
            ),
            place.province,
            ("Chủ tịch Hội đồng", "Phó Chủ tịch Hội đồng"),
        )
    }

    /// A school.
    pub fn school(random: &mut Random, place: &Place) -> Self {
        let own = random.pick(&["Trần Văn Ơn", "Lê Hồng Sơn", "Nà Phặc", "Đồng Tháp Sơn"]);
        let kind = random.pick(&["Trường Trung học phổ thông", "Trường Cao đẳng nghề"]);
        Self::office(
            (format!("{kind} {own}"), &[kind, own]),
            (Some("Sở Giáo dục và Đào tạo".to_owned()), &["Sở Giáo dục và Đào tạo"]),
            place.province,
            ("Hiệu trưởng", "Phó Hiệu trưởng"),
        )
    }

    /// A company as it heads its own papers.
    pub fn company(name: &str, place: &Place) -> Self {
        let cut = name.match_indices(' ').nth(2).map_or(name.len(), |(at, _)| at);
        let (first, second) = name.split_at(cut);
        Self::office(
            (name.to_owned(), &[first, second.trim()]),
            (None, &[]),
            place.province,
            ("Giám đốc", "Phó Giám đốc"),
        )
    }

    /// The provincial department of labour.
    pub fn labour_department(place: &Place) -> Self {
        Self {
            parent_lines: vec![
                "ỦY BAN NHÂN DÂN".to_owned(),
                format!("TỈNH {}", place.province.to_uppercase()),
            ],
            lines: vec!["SỞ LAO ĐỘNG - THƯƠNG BINH".to_owned(), "VÀ XÃ HỘI".to_owned()],
            name: "Sở Lao động - Thương binh và Xã hội".to_owned(),
            parent: Some(format!("Ủy ban nhân dân tỉnh {}", place.province)),
            seat: place.province.to_owned(),
            seal_text: format!("SỞ LAO ĐỘNG THƯƠNG BINH VÀ XÃ HỘI TỈNH {}", place.province.to_uppercase()),
            collective: None,
            head: "Giám đốc",
            deputy: "Phó Giám đốc",
        }
    }
}

/// A company and its ten-figure code with a right check figure.
pub fn company(random: &mut Random) -> (&'static str, String) {
    const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    let name = random.pick(COMPANIES);
    loop {
        let mut figures = [0, random.whole(1, 9), 0, 0, 0, 0, 0, 0, 0];
        figures[2..].fill_with(|| random.whole(0, 9));
        let sum: u32 = figures.iter().zip(WEIGHTS).map(|(figure, weight)| figure * weight).sum();
        let check = 10 - sum % 11;
        if check < 10 {
            let text = figures.iter().map(u32::to_string).collect::<String>();
            return (name, format!("{text}{check}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_number_agrees_with_sex_and_year() {
        let mut random = Random::new(1);
        for _ in 0..200 {
            let person = Person::born_between(&mut random, "015", 1950, 2020);
            let century = person.id.as_bytes()[3] - b'0';
            assert_eq!(person.id.len(), 12);
            assert_eq!(century.is_multiple_of(2), person.is_male);
            assert_eq!(century >= 2, person.born.year >= 2000);
            assert_eq!(person.id[4..6], format!("{:02}", person.born.year % 100));
        }
    }
}
