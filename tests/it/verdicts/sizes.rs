//! Large files: many objects, long contents; each judged right, alone, and within bounds of time and memory.

use sohoa::engines::signature::cms::MOST_CERTIFICATES;

use super::{Call, FORBIDDEN, PASSED, Table, paper::Paper, people::people};
use crate::pki::{Cms, Entry, List, Subject, attribute};

const OBJECTS: u32 = 1_000_000;
const LONG: usize = 2 << 20;

/// A paper with many objects, open for more.
fn crowded() -> Paper {
    let mut paper = Paper::open();
    for number in 100..100 + OBJECTS {
        paper.object(number, "<</Type/Metadata/Of[3 0 R]>>");
    }
    paper
}

pub fn add(table: &mut Table) {
    table.class = "Large files";
    let mut paper = crowded();
    paper.close().sign(20, "CanBo", "");
    table.add("1,000,000 objects", paper.bytes.clone(), PASSED).asked(Call::Alone);
    paper.object(5, "<</Length 1>>\nstream\nf\nendstream").close();
    table.add("1,000,000 objects, a page changed afterwards", paper.bytes, FORBIDDEN).asked(Call::Alone);
    let mut paper = Paper::signed();
    for number in 100..100 + OBJECTS {
        paper.object(number, "<</Type/Metadata/Of[3 0 R]>>");
    }
    paper.close();
    let unchanged = "TOTAL-PASSED - intact whole_revision none";
    table.add("1,000,000 objects that nothing uses, afterwards", paper.bytes, unchanged).asked(Call::Alone);

    let broken = "TOTAL-FAILED FORMAT_FAILURE broken whole_file none";
    let noise = |_: &[u8]| (0..LONG as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    table.add("2 MB of random contents", long(noise), broken).asked(Call::Alone);
    let nested = |_: &[u8]| [0x30, 0x80].repeat(LONG / 2);
    table.add("2 MB of DER within DER", long(nested), broken).asked(Call::Alone);

    // What a signer may put there: certificates, and a long list.
    let ca = table.known.ca(&Subject::ca("CA có danh sách dài"));
    let signer = ca.issue(&Subject::person("Đặng Thị Mẫu"));
    let entry =
        |n: u32| Entry { serial: 0x10_0000 + n, at: "2026-04-01T00:00:00Z".into(), ..Entry::default() };
    let list = ca.list(&List { entries: (0..50_000).map(entry).collect(), ..List::default() });
    assert!(list.len() > 1 << 20, "{}", list.len());
    let listed = long(move |bytes| Cms { crls: vec![list.clone()], ..Cms::cades(&signer) }.build(bytes));
    table.add("a list of 50,000 revoked ones inside", listed, PASSED).asked(Call::Alone);
    crowds(table);
}

/// Certificates and lists up to the bound are looked at; where there are more, nothing is proven.
fn crowds(table: &mut Table) {
    let crowded = |integrity: &str| {
        format!("INDETERMINATE CERTIFICATE_CHAIN_GENERAL_FAILURE {integrity} whole_file none")
    };
    let signed = |change: &dyn Fn() -> Cms<'static>| {
        let cms = change();
        long(move |bytes| cms.build(bytes))
    };
    let usual = || Cms::cades(&people().signer);
    for (n, expected) in [(MOST_CERTIFICATES, PASSED.to_owned()), (MOST_CERTIFICATES + 1, crowded("intact"))]
    {
        let certificates = crowd(n - 1);
        let pdf = long(move |bytes| Cms { certificates: certificates.clone(), ..usual() }.build(bytes));
        table.add(format!("{n} certificates inside"), pdf, &expected).asked(Call::Alone);
    }
    let mut certificates = crowd(MOST_CERTIFICATES);
    certificates.push(people().signer.der().to_vec());
    let pdf = signed(&|| Cms { certificates: certificates.clone(), is_bare: true, ..usual() });
    table
        .add("the signer behind more certificates than are looked at", pdf, &crowded("broken"))
        .asked(Call::Alone);
    let lists = vec![people().ca.crl(); MOST_CERTIFICATES + 1];
    let pdf = signed(&|| Cms { crls: lists.clone(), ..usual() });
    table.add("more lists inside than are looked at", pdf, &crowded("intact")).asked(Call::Alone);
    let pdf = signed(&|| Cms { archival: (lists.clone(), Vec::new()), ..usual() });
    table.add("the same, signed", pdf, &crowded("intact")).asked(Call::Alone);
    let extra: Vec<_> = (1..=65).map(|n| attribute(&format!("1.3.6.1.4.1.99999.{n}"), vec![5, 0])).collect();
    let pdf = signed(&|| Cms { extra: extra.clone(), ..usual() });
    let unread = "INDETERMINATE SIG_CONSTRAINTS_FAILURE broken whole_file none";
    table.add("more attributes than are looked at", pdf, unread).asked(Call::Alone);
}

/// So many certificates of one CA.
fn crowd(n: usize) -> Vec<Vec<u8>> {
    let one =
        |n| Subject { key_name: "đám đông".into(), ..Subject::person(&format!("Người thứ {n}")) };
    (0..n).map(|n| people().ca.issue(&one(n)).der().to_vec()).collect()
}

/// Signed with contents that may be long.
fn long(maker: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Vec<u8> {
    let mut paper = Paper::plain();
    paper.sign_by(20, "ETSI.CAdES.detached", LONG + 1000, maker);
    paper.bytes
}
