//! The store of validation data in a PDF (`/DSS`): certificates, revocation lists and OCSP answers that
//! were put there for later checks.
//!
//! Hands the bytes on unread; bounded. Source: ISO 32000-2, 12.8.4.3; ETSI EN 319 142-1, 5.4.2.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use crate::engines::pdf::revisions::RevisedPdf;

/// Most values of all kinds together, most bytes of one and of all, and most entries of `/VRI`.
const MOST_VALUES: usize = 2_000;
const LARGEST_VALUE: usize = 16 << 20;
const MOST_BYTES: usize = 64 << 20;
const MOST_ENTRIES: usize = 500;

/// What a file brings along for checking its signatures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dss {
    /// Certificates, DER.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists, DER.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers, DER (`OCSPResponse`).
    pub ocsps: Vec<Vec<u8>>,
    /// Whether all of it was read; what is missing may be too large, or damaged.
    pub is_whole: bool,
}

struct Reading<'p, 'a> {
    pdf: &'p RevisedPdf<'a>,
    revision: usize,
    seen: HashSet<ObjectId>,
    n_bytes: usize,
    dss: Dss,
}

/// The store of the newest revision, those of single signatures (`/VRI`) included; empty without one.
pub fn dss(pdf: &RevisedPdf<'_>) -> Dss {
    let revision = pdf.newest();
    let dss = Dss { is_whole: true, ..Dss::default() };
    let mut reading = Reading { pdf, revision, seen: HashSet::new(), n_bytes: 0, dss };
    let root = pdf.trailer(revision).get(b"Root").ok().and_then(|root| root.as_reference().ok());
    let catalogue = root.and_then(|root| pdf.object(revision, root));
    let catalogue = catalogue.as_ref().and_then(|catalogue| catalogue.as_dict().ok());
    if let Some(store) = catalogue.and_then(|catalogue| reading.dictionary(catalogue, b"DSS")) {
        reading.take(&store, [b"Certs", b"CRLs", b"OCSPs"]);
        if let Some(entries) = reading.dictionary(&store, b"VRI") {
            reading.dss.is_whole &= entries.len() <= MOST_ENTRIES;
            for (key, _) in entries.iter().take(MOST_ENTRIES) {
                if let Some(entry) = reading.dictionary(&entries, key) {
                    reading.take(&entry, [b"Cert", b"CRL", b"OCSP"]);
                }
            }
        }
    }
    reading.dss
}

impl Reading<'_, '_> {
    fn dictionary(&self, dict: &Dictionary, key: &[u8]) -> Option<Dictionary> {
        let value = self.pdf.resolve(self.revision, dict.get(key).ok()?)?;
        value.as_dict().ok().cloned()
    }

    /// Takes certificates, revocation lists and OCSP answers from arrays under these keys.
    fn take(&mut self, dict: &Dictionary, keys: [&[u8]; 3]) {
        for (kind, key) in keys.into_iter().enumerate() {
            let values = dict.get(key).ok().and_then(|values| self.pdf.resolve(self.revision, values));
            let values = values.and_then(|values| values.as_array().ok().cloned()).unwrap_or_default();
            for value in &values {
                let Object::Reference(id) = value else {
                    self.dss.is_whole = false;
                    continue;
                };
                if !self.seen.insert(*id) {
                    continue;
                }
                let room = LARGEST_VALUE.min(MOST_BYTES.saturating_sub(self.n_bytes));
                let is_full = self.seen.len() > MOST_VALUES;
                let bytes = self.pdf.decoded_stream(self.revision, *id, room).filter(|_| !is_full);
                let Some(bytes) = bytes else {
                    self.dss.is_whole = false;
                    continue;
                };
                self.n_bytes += bytes.len();
                match kind {
                    0 => self.dss.certificates.push(bytes),
                    1 => self.dss.crls.push(bytes),
                    _ => self.dss.ocsps.push(bytes),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::signature::testing::Paper;

    fn check(update: &dyn Fn(&mut Paper), expected: &Dss) {
        let mut paper = Paper::two_pages();
        update(&mut paper);
        paper.close();
        assert_eq!(dss(&RevisedPdf::open(&paper.bytes, None).unwrap()), *expected);
    }

    #[test]
    fn the_store_is_read_once() {
        let nothing = Dss { is_whole: true, ..Dss::default() };
        check(&|_| (), &nothing);
        let full = Dss {
            certificates: vec![b"one".to_vec(), b"two".to_vec()],
            crls: vec![b"list".to_vec()],
            ocsps: vec![b"answer".to_vec()],
            is_whole: true,
        };
        let write = |paper: &mut Paper, store: &str| {
            paper.object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 8 0 R/DSS 30 0 R>>").object(30, store);
            paper.stream(31, "", "one").stream(32, "", "two").stream(33, "", "list").stream(34, "", "answer");
            paper.object(35, "[31 0 R 32 0 R 31 0 R]");
        };
        let vri = "/VRI<</AA<</Cert[31 0 R]/CRL[33 0 R]/OCSP[34 0 R]>>>>";
        check(&|paper| write(paper, "<</Certs 35 0 R/CRLs[33 0 R]/OCSPs[34 0 R]>>"), &full);
        check(&|paper| write(paper, &format!("<</Certs 35 0 R{vri}>>")), &full);
        let broken = Dss { is_whole: false, ..full };
        check(&|paper| write(paper, &format!("<</Certs[31 0 R 32 0 R 99 0 R(x)]{vri}>>")), &broken);
    }
}
