//! What others lay down: lists that somebody else publishes, policies of certificates, for what and how long a root is
//! trusted, and when a file was received.

use super::{
    Call, PASSED, Table,
    people::people,
    standing::{open, with},
};
use crate::pki::{
    CRL_SIGN, Cms, Entry, Identity, List, Subject, crl_points_of, extension, int, oid, place, seq, tlv,
};

const FEBRUARY: &str = "2026-02-01T00:00:00Z";
const MARCH: &str = "2026-03-01T00:00:00Z";
const APRIL: &str = "2026-04-01T00:00:00Z";
const MAY: &str = "2026-05-01T00:00:00Z";

fn person() -> Subject {
    Subject::person("Hoàng Văn Mẫu")
}

fn by(signer: &Identity) -> Vec<u8> {
    with(signer, |cms| cms)
}

fn stamped(signer: &Identity, at: &'static str) -> Vec<u8> {
    with(signer, move |cms| Cms { stamp: Some((&people().tsa, at)), ..cms })
}

pub fn add(table: &mut Table) {
    indirect_lists(table);
    policies(table);
    periods(table);
    receipts(table);
}

/// Lists of a CA that somebody else publishes (RFC 5280, 5.3.3).
fn indirect_lists(table: &mut Table) {
    table.class = "Indirect lists";
    let (later, revoked) = (open("TRY_LATER"), open("REVOKED_NO_POE"));
    let mut case = |name: &str,
                    is_named: bool,
                    entries: &dyn Fn(&Identity, &Identity) -> Vec<Entry>,
                    expected: &str| {
        let ca = table.known.ca(&Subject::ca(&format!("CA ({name})")));
        let publisher =
            Subject { usage: Some(CRL_SIGN), ca: None, ..Subject::ca(&format!("Nơi công bố ({name})")) };
        let publisher = table.known.ca(&publisher);
        let address = format!("http://crl.invalid/{}", name.len());
        let named = if is_named { vec![crl_points_of(&address, &publisher)] } else { vec![] };
        let signer = ca.issue(&named.into_iter().fold(person(), Subject::with));
        let scope = Some(seq(&[place(&address), tlv(0x84, &[0xff])]));
        let entries = entries(&ca, &signer);
        table.known.lists.push(publisher.list(&List { scope, entries, ..List::default() }));
        table.add(name, by(&signer), expected);
    };
    let entry = |issuer: Option<&Identity>, serial: u32| Entry {
        serial,
        at: APRIL.into(),
        issuer: issuer.map(|issuer| issuer.name.clone()),
        ..Entry::default()
    };
    case("named by the certificate, nobody revoked", true, &|_, _| vec![], PASSED);
    case("not named by the certificate", false, &|_, _| vec![], &later);
    case("he is revoked", true, &|ca, one| vec![entry(Some(ca), one.serial)], &revoked);
    case("his number at another CA", true, &|_, one| vec![entry(Some(&people().root), one.serial)], PASSED);
    case("his number at the publisher itself", true, &|_, one| vec![entry(None, one.serial)], PASSED);
    case(
        "he follows another one of his CA",
        true,
        &|ca, one| vec![entry(Some(ca), 1), entry(None, one.serial)],
        &revoked,
    );
}

/// RFC 5280, 6.1: policies along a path.
fn policies(table: &mut Table) {
    table.class = "Policies of certificates";
    const OURS: &str = "1.3.6.1.4.1.55555.2";
    const OTHER: &str = "1.3.6.1.4.1.55555.3";
    const ANY: &str = "2.5.29.32.0";
    let limit = open("CHAIN_CONSTRAINTS_FAILURE");
    let policy = |id: &str| extension("2.5.29.32", false, &seq(&[seq(&[oid(id)])]));
    let explicit = extension("2.5.29.36", true, &seq(&[tlv(0x80, &[0])]));
    let no_mapping = extension("2.5.29.36", true, &seq(&[tlv(0x80, &[0]), tlv(0x81, &[0])]));
    let no_any = extension("2.5.29.54", true, &int(0));
    let mapped = extension("2.5.29.33", true, &seq(&[seq(&[oid(OURS), oid(OTHER)])]));
    let mut case = |name: &str, of_ca: &[&Vec<u8>], of_signer: &[&Vec<u8>], expected: &str| {
        let all =
            |subject: Subject, said: &[&Vec<u8>]| said.iter().fold(subject, |s, e| s.with((*e).clone()));
        let ca = table.known.listed_ca(&all(Subject::ca(&format!("CA ({name})")), of_ca));
        table.add(name, by(&ca.issue(&all(person(), of_signer))), expected);
    };
    case("another one, nobody asks", &[&policy(OURS)], &[&policy(OTHER)], PASSED);
    case("asked for and there", &[&policy(OURS), &explicit], &[&policy(OURS)], PASSED);
    case("asked for, another one there", &[&policy(OURS), &explicit], &[&policy(OTHER)], &limit);
    case("asked for, none there", &[&policy(OURS), &explicit], &[], &limit);
    case("any will do to the CA", &[&policy(ANY), &explicit], &[&policy(OTHER)], PASSED);
    case("any, which the CA forbids", &[&policy(OURS), &explicit, &no_any], &[&policy(ANY)], &limit);
    case("mapped to another one", &[&policy(OURS), &explicit, &mapped], &[&policy(OTHER)], PASSED);
    case("mapped, the old name used", &[&policy(OURS), &explicit, &mapped], &[&policy(OURS)], &limit);
    // inhibitPolicyMapping counts below the CA that says it: its own mappings stay.
    case(
        "its own mapping beside its prohibition",
        &[&policy(OURS), &no_mapping, &mapped],
        &[&policy(OTHER)],
        PASSED,
    );
}

/// `trust.toml`: for what, and for signatures of which time, a root is trusted.
fn periods(table: &mut Table) {
    table.class = "Periods of trust";
    let (p, limit) = (people(), open("CHAIN_CONSTRAINTS_FAILURE"));
    let new = p.new_root.issue(&person());
    let misplaced = p.stamp_root.issue(&person());
    let mut case =
        |name: &str, pdf: Vec<u8>, expected: &str| table.add(name, pdf, expected).asked(Call::Periods);
    case("trusted until March, no proof of time", by(&p.signer), &limit);
    case("trusted until March, stamped in February", stamped(&p.signer, FEBRUARY), PASSED);
    case("stamped in the last second of the last day", stamped(&p.signer, "2026-03-31T16:59:59Z"), PASSED);
    case("stamped a second later", stamped(&p.signer, "2026-03-31T17:00:00Z"), &limit);
    case("trusted from May on, no proof of time", by(&new), PASSED);
    case("trusted from May on, stamped in May", stamped(&new, MAY), PASSED);
    case("trusted from May on, stamped in April", stamped(&new, APRIL), &limit);
    case("under a root for time stamps alone", by(&misplaced), &limit);
}

/// The time at which the file came in proves that the signature was there by then, and nothing of before.
fn receipts(table: &mut Table) {
    table.class = "Times of receipt";
    let ca = table.known.ca(&Subject::ca("CA có người bị thu hồi sau khi nộp"));
    let revoked = ca.issue(&person());
    table.known.lists.push(ca.list(&List::revoking(&revoked, APRIL)));
    let ca = table.known.ca(&Subject::ca("CA có người hết hạn sau khi nộp"));
    let ended = ca.issue(&person().period("2024-01-01T00:00:00Z", MAY));
    table.known.lists.push(ca.list(&List::default().times("2026-04-28T00:00:00Z", "2026-05-05T00:00:00Z")));
    let early = people().ca.issue(&person().period(MAY, "2028-01-01T00:00:00Z"));
    let mut case = |name: &str, pdf: Vec<u8>, at: &'static str, expected: &str| {
        table.add(name, pdf, expected).asked(Call::Received(at));
    };
    case("revoked after receipt", by(&revoked), MARCH, PASSED);
    case("revoked before receipt", by(&revoked), MAY, &open("REVOKED_NO_POE"));
    case("stamped, received after the revocation", stamped(&revoked, MARCH), MAY, PASSED);
    case("expired after receipt", by(&ended), APRIL, PASSED);
    case("expired before receipt", by(&ended), "2026-05-20T00:00:00Z", &open("OUT_OF_BOUNDS_NO_POE"));
    let failed = "TOTAL-FAILED NOT_YET_VALID intact whole_file none";
    case("received before the certificate began", by(&early), APRIL, failed);
}
