//! Who writes a paper, where and when, and the pieces that many kinds share.

use super::super::calendar::Day;
use super::super::fonts::Style;
use super::super::letterhead::{Number, Signer};
use super::super::people::{Agency, Person, Place};
use super::super::random::Random;
use super::super::sheet::{Filled, Look, Sheet, bold, plain};
use super::super::truth::{Fields, How};
use super::{Face, Kind, adult};

/// Who writes a paper, where and when.
pub struct Scene {
    /// Where.
    pub place: Place,
    /// By whom.
    pub agency: Agency,
    /// When.
    pub day: Day,
    /// Under which number.
    pub number: Number,
    /// Who signs.
    pub signer: Signer,
}

impl Scene {
    /// An agency of `place` issues a paper; now and then the year stands between number and symbol.
    pub fn new(
        random: &mut Random,
        place: Place,
        agency: Agency,
        (from_year, high): (u32, u32),
        symbol: &str,
    ) -> Self {
        let day = place.working_day(random, from_year);
        let symbol = if random.chance(0.15) { format!("/{}{symbol}", day.year) } else { symbol.to_owned() };
        let number = Number::new(random, high, symbol);
        let signer = Signer::of(random, &agency, place.province_code);
        Self { place, agency, day, number, signer }
    }

    /// The people's committee of a commune issues it.
    pub fn of_commune(random: &mut Random, years_and_numbers: (u32, u32), symbol: &str) -> Self {
        let place = Place::any(random);
        let agency = Agency::of_commune(random, &place);
        Self::new(random, place, agency, years_and_numbers, symbol)
    }

    /// The truth of its head and foot.
    pub fn fields(&self, kind: Kind, name: &str, look: &Look) -> Fields {
        let face = Face {
            kind,
            name,
            agency: &self.agency,
            number: &self.number,
            day: self.day,
            signer: &self.signer,
        };
        face.fields(look)
    }

    /// Prints agency, motto, number and day.
    pub fn head(&self, sheet: &mut Sheet<'_>) {
        sheet.letterhead(&self.agency, &self.number, self.day);
    }

    /// Prints the signature block and the receivers.
    pub fn sign(&self, sheet: &mut Sheet<'_>, receivers: &[String]) {
        sheet.sign(&self.signer.lines, &self.signer.name, &self.agency.seal_text, receivers);
    }

    /// Somebody of working age or older.
    pub fn adult(&self, random: &mut Random) -> Person {
        adult(random, &self.place)
    }
}

/// Labels with what stands behind them: a line each, or where the office likes it a ruled table.
pub fn entries(sheet: &mut Sheet<'_>, rows: &[(&str, String)]) {
    if sheet.manner.has_tables {
        sheet.label_table(rows);
        return;
    }
    for (label, value) in rows {
        sheet.paragraph(&[plain(format!("{label}:")), plain(value.clone())]);
    }
}

/// Figures on a form: by pen where the look says so.
pub fn figures(look: &Look, text: impl Into<String>) -> Filled {
    if look.pen_figures { Filled::Pen(text.into()) } else { Filled::Typed(text.into()) }
}

/// Typed on a form.
pub fn typed(text: impl Into<String>) -> Filled {
    Filled::Typed(text.into())
}

/// Notes that the owner's number on a form is by pen.
pub fn note_pen(fields: &mut Fields, look: &Look) {
    if look.pen_figures {
        fields.owner_id.how = How::Pen;
    }
}

/// `Điều 1.` and its text.
pub fn article(sheet: &mut Sheet<'_>, n: u32, text: &str) {
    sheet.paragraph(&[bold(format!("Điều {n}.")), plain(text)]);
}

/// A label within a sentence: its first letter small.
pub fn in_sentence(label: &str) -> String {
    label.replacen("Số", "số", 1)
}

/// A decision down to its first article: head, title, who decides, why.
pub fn decision_head(
    sheet: &mut Sheet<'_>,
    scene: &Scene,
    summary: &str,
    who: Option<&str>,
    bases: &[String],
) {
    scene.head(sheet);
    sheet.title("QUYẾT ĐỊNH", Some(summary));
    if let Some(who) = who {
        sheet.centred(Style::Bold, 13.0, &who.to_uppercase(), 0.95);
        sheet.skip(8.0);
    }
    sheet.bases(bases);
    sheet.centred(Style::Bold, 13.0, "QUYẾT ĐỊNH:", 1.0);
    sheet.skip(4.0);
}
