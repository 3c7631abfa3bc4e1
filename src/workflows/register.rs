//! What the store knows of an agency's register: papers with the numbers beside this one, and their days.
//!
//! Numbers are kept as keyed hashes, agencies sealed: neighbours are looked up by their whole numbers, one by
//! one, and opened to see whose they are. Only days leave here, and of no owner anything.

use jiff::civil::Date;

use crate::{
    domain::{
        fields::ProposedFields,
        ids::{DocumentNumber, PaperId},
    },
    engines::evidence::{self, Neighbour},
    store::{StoreError, records},
    workflows::{context::Ctx, examine::Examination},
};

/// Papers of one number that are opened: many agencies share a symbol.
const MOST_OF_A_NUMBER: u32 = 48;

/// Holds number and day of a paper against what is stored of the same agency.
///
/// # Errors
/// [`StoreError`].
pub async fn weigh(ctx: &Ctx, paper: &PaperId, examination: &mut Examination) -> Result<(), StoreError> {
    let Some(proposed) = &mut examination.proposed else { return Ok(()) };
    let neighbours = neighbours(ctx, paper, proposed).await?;
    let found = evidence::compare_register(proposed, &neighbours, ctx.rules.guide.threshold());
    examination.findings_mut().extend(found);
    Ok(())
}

async fn neighbours(
    ctx: &Ctx,
    paper: &PaperId,
    proposed: &ProposedFields,
) -> Result<Vec<Neighbour>, StoreError> {
    // There is a value where it was read surely, and nowhere else.
    let (number, authority) = (&proposed.document_number.value, &proposed.issuing_authority.value);
    let (Some(number), Some(authority)) = (number, authority) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut tx = ctx.db.read().await?;
    for (offset, spelling) in evidence::numbers_beside(number) {
        let Ok(spelling) = DocumentNumber::parse(&spelling) else { continue };
        for record in records::of_number(&mut tx, &spelling, MOST_OF_A_NUMBER).await? {
            let of_same = record.fields.issuing_authority.as_ref().filter(|a| evidence::alike(a, authority));
            let day: Option<Date> = record.fields.issued_on.filter(|_| record.paper != *paper);
            if let (Some(_), Some(issued_on)) = (of_same, day) {
                found.push(Neighbour { offset, issued_on });
            }
        }
    }
    Ok(found)
}
