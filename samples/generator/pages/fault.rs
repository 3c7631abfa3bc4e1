//! The ways of getting pages wrong, and how often each comes.

use super::super::container::Depth;

/// One way of making a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Clean: any kind of paper.
    CleanPaper,
    /// Clean: several pages.
    CleanLong,
    /// Clean: an appendix numbered anew.
    CleanAppendix,
    /// Clean: several pages without any number.
    CleanUnnumbered,
    /// Clean: half a sheet.
    CleanHalfSheet,
    /// Clean: both sides of a card.
    CleanCard,
    /// Clean: the same on one sheet.
    CleanCardsOnSheet,
    /// Clean: long rules of tables.
    CleanList,
    /// Clean: a printed frame.
    CleanFrame,
    /// Clean: a photograph.
    CleanPhoto,
    /// Clean: JPEGs that say 72 dpi.
    CleanLyingHead,
    /// Clean: a little soft.
    CleanSoft,
    /// Clean: light falls off a little.
    CleanMildShadow,
    /// Clean: speaks of secrets and is none.
    CleanSecretWords,
    /// Clean: a page with a note and the same without.
    NotePair,
    /// Not blank: a few words in pencil.
    Pencil,
    /// Not blank: a stamp alone.
    BackStamp,
    /// Not blank: the front shines through.
    Bleed,
    /// Another number was declared.
    WrongCount,
    /// A page between is not there.
    MissingMiddle,
    /// The first page is not there.
    MissingFirst,
    /// The last page is not there.
    MissingLast,
    /// Two pages changed places.
    Swapped,
    /// The last page came first.
    Reversed,
    /// The same sheet twice, one after the other.
    DuplicateNext,
    /// The same, with pages between.
    DuplicateApart,
    /// Backs of a two-sided scan.
    BlankBacks,
    /// One empty page.
    BlankOne,
    /// One empty page of old paper with holes.
    BlankYellow,
    /// One page turned.
    TurnedOne,
    /// All pages turned.
    TurnedAll,
    /// The first page of another paper between.
    ForeignFirst,
    /// A page from the middle of another paper between.
    ForeignMiddle,
    /// The last page of another paper between.
    ForeignLast,
    /// A note, and no page without it.
    NoteAlone,
    /// Fewer dots than asked.
    LowResolution,
    /// The same, and the file says otherwise.
    LowResolutionLying,
    /// Grey.
    Grey,
    /// Black and white.
    Bilevel,
    /// Black and white but for the last page.
    Mixed,
    /// Not at 100 %.
    Scaled,
    /// PDF 1.3.
    OldPdf,
    /// Laid so that text is beyond the edge.
    CutAside,
    /// A strip of the picture with text is gone.
    Cropped,
    /// A corner folded over text.
    Folded,
    /// Out of focus.
    Defocused,
    /// Moved while scanned.
    Moved,
    /// Dark all over.
    Dark,
    /// The fold's shadow swallows text.
    FoldShadow,
    /// Faded out.
    Light,
    /// Lines of a dirty glass.
    Streaked,
    /// A mark of secrecy in its frame.
    Secret,
    /// The same as a line of its own.
    SecretLine,
    /// One page's bytes are damaged.
    Damaged,
}

/// How many of each are in a hundred.
pub const SHARES: &[(Fault, usize)] = &[
    (Fault::CleanPaper, 2),
    (Fault::CleanLong, 2),
    (Fault::CleanAppendix, 2),
    (Fault::CleanUnnumbered, 1),
    (Fault::CleanHalfSheet, 2),
    (Fault::CleanCard, 1),
    (Fault::CleanCardsOnSheet, 1),
    (Fault::CleanList, 1),
    (Fault::CleanFrame, 1),
    (Fault::CleanPhoto, 1),
    (Fault::CleanLyingHead, 2),
    (Fault::CleanSoft, 1),
    (Fault::CleanMildShadow, 1),
    (Fault::CleanSecretWords, 2),
    (Fault::NotePair, 3),
    (Fault::Pencil, 1),
    (Fault::BackStamp, 1),
    (Fault::Bleed, 1),
    (Fault::WrongCount, 3),
    (Fault::MissingMiddle, 3),
    (Fault::MissingFirst, 2),
    (Fault::MissingLast, 3),
    (Fault::Swapped, 3),
    (Fault::Reversed, 1),
    (Fault::DuplicateNext, 2),
    (Fault::DuplicateApart, 2),
    (Fault::BlankBacks, 3),
    (Fault::BlankOne, 2),
    (Fault::BlankYellow, 1),
    (Fault::TurnedOne, 3),
    (Fault::TurnedAll, 2),
    (Fault::ForeignFirst, 2),
    (Fault::ForeignMiddle, 2),
    (Fault::ForeignLast, 1),
    (Fault::NoteAlone, 3),
    (Fault::LowResolution, 2),
    (Fault::LowResolutionLying, 2),
    (Fault::Grey, 1),
    (Fault::Bilevel, 1),
    (Fault::Mixed, 1),
    (Fault::Scaled, 3),
    (Fault::OldPdf, 2),
    (Fault::CutAside, 2),
    (Fault::Cropped, 2),
    (Fault::Folded, 2),
    (Fault::Defocused, 2),
    (Fault::Moved, 1),
    (Fault::Dark, 2),
    (Fault::FoldShadow, 2),
    (Fault::Light, 2),
    (Fault::Streaked, 4),
    (Fault::Secret, 2),
    (Fault::SecretLine, 1),
    (Fault::Damaged, 2),
];

impl Fault {
    /// The name in file names: `missing-last`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }

    /// The colours with which this fault can be seen by a person.
    pub fn depths(self) -> &'static [Depth] {
        use Fault as F;
        const ALL: &[Depth] = &[Depth::Colour, Depth::Colour, Depth::Colour, Depth::Grey, Depth::Bilevel];
        const TONES: &[Depth] = &[Depth::Colour, Depth::Colour, Depth::Colour, Depth::Grey];
        match self {
            F::Grey => &[Depth::Grey],
            F::Bilevel => &[Depth::Bilevel],
            F::Mixed | F::CleanPhoto | F::Secret | F::SecretLine | F::Damaged | F::CleanCard => {
                &[Depth::Colour]
            }
            F::CleanPaper | F::CleanLong | F::CleanHalfSheet | F::CleanFrame => &[Depth::Colour],
            F::NotePair | F::NoteAlone | F::Pencil | F::BackStamp | F::Bleed | F::CleanSoft => TONES,
            F::Defocused | F::Moved | F::Dark | F::FoldShadow | F::Light | F::CleanMildShadow => TONES,
            F::CleanCardsOnSheet | F::CleanLyingHead | F::LowResolutionLying | F::Folded => TONES,
            _ => ALL,
        }
    }
}
