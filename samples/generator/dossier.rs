//! The fixed papers that are kept in the repository: every kind once, every form of file, most spoilings.

use super::Paper;
use super::container::{Container, TiffPacking};
use super::kinds::Kind;
use super::order::Order;
use super::spoil::Spoiling as S;

/// The orders of the sample papers; change them and the committed files change.
pub fn sample_dossier() -> Vec<Order> {
    let order = |kind: Kind, seed, dpi, container, spoilings: &[S]| Order {
        stem: kind.name().to_owned(),
        kind,
        seed,
        spoilings: spoilings.to_vec(),
        container,
        dpi,
        quality: 62,
    };
    let tiff = Container::Tiff;
    vec![
        order(Kind::Decision, 1001, 200, Container::Pdf, &[S::RedSeal, S::Skew]),
        order(Kind::DisabilityCertificate, 1002, 200, Container::Jpeg, &[S::RedSeal, S::PaperTexture]),
        order(Kind::PoorHouseholdCertificate, 1003, 300, Container::Pdf, &[]),
        order(Kind::Declaration, 1004, 200, Container::Folder, &[S::Skew, S::Speckle]),
        order(
            Kind::BirthCertificate,
            1005,
            200,
            Container::Pdf,
            &[S::Grey, S::RedSeal, S::UnevenLight, S::Blur],
        ),
        order(Kind::OfficialLetter, 1006, 300, Container::Pdf, &[S::RedSeal, S::PenNumber, S::PenDay]),
        order(
            Kind::Notice,
            1007,
            300,
            Container::FlatePdf,
            &[S::Bilevel, S::Skew, S::Turned180, S::OldPdfVersion],
        ),
        order(Kind::WorkPermit, 1008, 200, tiff(TiffPacking::Lzw), &[S::RedSeal]),
        order(
            Kind::LeasingLicence,
            1009,
            200,
            tiff(TiffPacking::PackBits),
            &[S::Bilevel, S::RedSeal, S::Shifted],
        ),
        order(Kind::Minutes, 1010, 300, tiff(TiffPacking::Group4), &[S::Bilevel, S::Speckle, S::Turned90]),
        order(
            Kind::Directive,
            1011,
            300,
            Container::Pdf,
            &[S::MixedColour, S::RedSeal, S::PenNumber, S::PenDay],
        ),
        order(Kind::Application, 1012, 200, Container::Jpeg, &[S::PenFigures, S::PenDay, S::LowJpegQuality]),
    ]
}

/// The form in which each kind is handed in.
fn form(kind: Kind) -> &'static str {
    match kind {
        Kind::PoorHouseholdCertificate => "register_copy",
        _ => "original",
    }
}

/// `list.csv` beside the papers; paths are relative to it.
pub fn list_csv(papers: &[Paper]) -> String {
    let mut csv = String::from("path,pages,procedure,component,owner,form\n");
    for paper in papers {
        let truth = &paper.truth;
        let cells = [
            truth.file.as_str(),
            &truth.pages.to_string(),
            truth.procedure.unwrap_or_default(),
            truth.component.unwrap_or_default(),
            truth.fields.owner_id.value.as_deref().unwrap_or_default(),
            form(paper.kind),
        ];
        csv.push_str(&cells.join(","));
        csv.push('\n');
    }
    csv
}
