//! Faults between pages: missing, swapped, twice, foreign, blank, with a note.

use super::super::fonts::Family;
use super::super::kinds::Kind;
use super::super::sheet::Mark;
use super::draft::{Besides, Side, Studio};
use super::fault::Fault;
use super::faults::{Staged, dense};
use super::harm::Harm;
use super::text::{Extras, breaks_within_a_sentence};
use super::truth::Expected;

/// Stages a paper with one of these faults.
pub fn stage(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    use Fault as F;
    match fault {
        F::WrongCount => wrong_count(studio),
        F::MissingMiddle | F::MissingFirst | F::MissingLast => missing(fault, studio),
        F::Swapped | F::Reversed => out_of_order(fault, studio),
        F::DuplicateNext | F::DuplicateApart => duplicate(fault, studio),
        F::ForeignFirst | F::ForeignMiddle | F::ForeignLast => foreign(fault, studio),
        F::NotePair | F::NoteAlone => note(fault, studio),
        _ => blank(fault, studio),
    }
}

fn plain(studio: &mut Studio<'_>, low: u32, high: u32) -> Vec<Side> {
    let n = studio.random.whole(low, high) as usize;
    studio.long(n, &Extras::default())
}

fn wrong_count(studio: &mut Studio<'_>) -> Staged {
    let sides = if studio.random.chance(0.5) { studio.any_paper() } else { plain(studio, 2, 4) };
    let n = sides.len();
    let declared =
        if n > 1 && studio.random.chance(0.4) { n - 1 } else { n + studio.random.whole(1, 2) as usize };
    let staged = Staged { declared: Some(declared), ..Staged::of(sides) };
    staged.finds(Expected::anywhere("wrong_page_count"))
}

fn missing(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let n = studio.random.whole(3, 5) as usize;
    let mut sides = studio.long_where(n, &Extras::default(), |pages| {
        pages.len() > 1 && breaks_within_a_sentence(pages, pages.len() - 2)
    });
    let n = sides.len();
    let expected = match fault {
        Fault::MissingFirst => {
            sides.remove(0);
            Expected::on("missing_page", 1).or([None])
        }
        Fault::MissingLast => {
            sides.pop();
            Expected::on("missing_page", n - 1).or([Some(n), None])
        }
        _ => {
            let gone = studio.random.whole(1, n as u32 - 2) as usize;
            sides.remove(gone);
            // The page after the gap, or the one before it.
            Expected::on("missing_page", gone + 1).or([Some(gone)])
        }
    };
    Staged::of(sides).finds(expected).declared_by_chance(&mut studio.random, n)
}

fn out_of_order(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let mut sides = plain(studio, 3, 5);
    let n = sides.len();
    let mut order: Vec<usize> = (0..n).collect();
    if fault == Fault::Reversed {
        order.reverse();
    } else {
        let a = studio.random.whole(1, n as u32 - 2) as usize;
        let b = studio.random.whole(a as u32 + 1, n as u32 - 1) as usize;
        order.swap(a, b);
    }
    sides = order.iter().map(|&at| sides[at].clone()).collect();
    let displaced: Vec<usize> = (0..n).filter(|&at| order[at] != at || fault == Fault::Reversed).collect();
    // Which of the displaced pages is named is the program's choice; one must be, and no other.
    let expected =
        Expected::on("out_of_order", displaced[0] + 1).or(displaced[1..].iter().map(|at| Some(at + 1)));
    Staged::of(sides).finds(expected).declared_by_chance(&mut studio.random, n)
}

fn duplicate(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let mut sides = plain(studio, 2, 4);
    let n = sides.len();
    let apart = fault == Fault::DuplicateApart && n > 2;
    let at =
        if apart { studio.random.whole(0, n as u32 - 3) as usize } else { dense(&sides, &mut studio.random) };
    let mut twin = sides[at].clone();
    twin.seed = studio.random.bits();
    // Another day, another lamp: never the same bytes.
    twin.harms
        .push(Harm::Dark { white: studio.random.real(240.0, 254.0), black: studio.random.real(0.0, 14.0) });
    let place = if apart { studio.random.whole(at as u32 + 2, n as u32) as usize } else { at + 1 };
    sides.insert(place, twin);
    let mut staged = Staged::of(sides).finds(Expected::on("duplicate_page", place + 1));
    if studio.random.chance(0.5) {
        staged.declared = Some(n);
        // A page that was scanned twice may or may not count as one too many.
        staged.allowed.push(Expected::anywhere("wrong_page_count"));
    }
    staged
}

/// A host of several pages and a page of another paper between two of them.
fn foreign(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let mut sides = plain(studio, 3, 4);
    let family = family_of(&sides[1]);
    let place = studio.random.whole(1, sides.len() as u32 - 1) as usize;
    let stranger = match fault {
        Fault::ForeignFirst => {
            let kinds =
                [Kind::WorkPermit, Kind::LeasingLicence, Kind::BirthCertificate, Kind::OfficialLetter];
            let kind = studio.random.pick(&kinds);
            studio.paper_of(kind).swap_remove(0)
        }
        Fault::ForeignLast => loop {
            let mut other = plain(studio, 2, 2);
            if family_of(&other[0]) != family {
                break other.swap_remove(1);
            }
        },
        // Its own number fits neither before nor after, and its letters are others.
        _ => loop {
            let mut other = studio.long(9, &Extras::default());
            if family_of(&other[0]) != family {
                break other.swap_remove(7);
            }
        },
    };
    sides.insert(place, stranger);
    let n = sides.len();
    let staged = Staged::of(sides).finds(Expected::on("foreign_page", place + 1));
    if studio.random.chance(0.5) { staged } else { staged.declared_by_chance(&mut studio.random, n - 1) }
}

fn family_of(side: &Side) -> Option<Family> {
    side.marks.iter().find_map(|mark| match mark {
        Mark::Text { family, .. } => Some(*family),
        _ => None,
    })
}

fn note(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let mut sides = if studio.random.chance(0.5) { studio.any_paper() } else { plain(studio, 2, 3) };
    let n = sides.len();
    let at = dense(&sides, &mut studio.random);
    let harm = sticky(&sides[at], studio);
    if fault == Fault::NoteAlone {
        sides[at].harms.push(harm);
        let staged = Staged::of(sides).finds(Expected::on("note_unpaired", at + 1));
        return staged.declared_by_chance(&mut studio.random, n);
    }
    let mut with = sides[at].clone();
    with.seed = studio.random.bits();
    with.harms.push(harm);
    let place = if studio.random.chance(0.5) { at } else { at + 1 };
    sides.insert(place, with);
    let mut staged = Staged::of(sides);
    staged.note_pairs.push([at as u32 + 1, at as u32 + 2]);
    if studio.random.chance(0.6) {
        staged.declared = Some(n);
    }
    staged
}

/// A note over at least a dozen words.
fn sticky(side: &Side, studio: &mut Studio<'_>) -> Harm {
    let colours: [[u8; 3]; 3] = if studio.is_held_out {
        [[150, 205, 240], [165, 225, 150], [250, 190, 110]]
    } else {
        [[252, 240, 130], [252, 240, 130], [250, 160, 190]]
    };
    let colour = studio.random.pick(&colours);
    let seed = studio.random.bits();
    let mm = 72.0 / 25.4;
    let mut best = (0, (70.0, 90.0), 75.0);
    for _ in 0..12 {
        let (at, size) = (
            (studio.random.real(45.0, 115.0), studio.random.real(60.0, 170.0)),
            studio.random.real(68.0, 76.0),
        );
        let hidden = side.words(|x, y| {
            (at.0 * mm..(at.0 + size) * mm).contains(&x) && (at.1 * mm..(at.1 + size) * mm).contains(&y)
        });
        if hidden > best.0 {
            best = (hidden, at, size);
        }
    }
    Harm::Note { at: best.1, side: best.2, colour, seed }
}

/// Blank pages, and pages that only look so.
fn blank(fault: Fault, studio: &mut Studio<'_>) -> Staged {
    let mut sides = plain(studio, 2, 3);
    let n = sides.len();
    if fault == Fault::BlankBacks {
        sides = sides.into_iter().flat_map(|front| [front, studio.blank()]).collect();
        let mut staged = Staged::of(sides);
        staged.findings = (1..=n).map(|leaf| Expected::on("blank_page", 2 * leaf)).collect();
        // Both ways of counting are right: sides with something on them, or all.
        staged.declared = studio.random.pick(&[None, Some(n), Some(2 * n)]);
        return staged;
    }
    let mut page = studio.blank();
    // A back comes after its front.
    let place = studio.random.whole(1, n as u32) as usize;
    match fault {
        Fault::BlankYellow => {
            page.is_yellow = true;
            page.harms.push(Harm::Holes);
        }
        Fault::Pencil => page.besides = Besides::Pencil,
        Fault::Bleed => page.besides = Besides::Bleed,
        Fault::BackStamp => {
            let at = (studio.random.real(80.0, 300.0), studio.random.real(120.0, 500.0));
            let (number, seed) = (studio.random.whole(12, 800).to_string(), studio.random.bits());
            let office = "ỦY BAN NHÂN DÂN XÃ".to_owned();
            page.marks.push(Mark::MailStamp { at, office, number, date: "12/5/2024".to_owned(), seed });
        }
        _ => {}
    }
    let is_blank = matches!(fault, Fault::BlankOne | Fault::BlankYellow);
    page.is_blank = is_blank;
    sides.insert(place, page);
    let mut staged = Staged::of(sides);
    if is_blank {
        staged.findings.push(Expected::on("blank_page", place + 1));
        staged.declared = studio.random.pick(&[None, Some(n), Some(n + 1)]);
    } else {
        staged.declared = studio.random.pick(&[None, Some(n + 1)]);
    }
    staged
}
