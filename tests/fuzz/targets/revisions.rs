//! Cross-references, revisions and byte ranges of a foreign PDF: every answer within bounds, none a panic.
#![no_main]
mod common;

use sohoa::engines::{
    pdf::revisions::RevisedPdf,
    signature::{dss, locate},
};

libfuzzer_sys::fuzz_target!(init: common::watch(), |bytes: &[u8]| common::tried(|| {
    let Ok(pdf) = RevisedPdf::open(bytes, None) else { return };
    for index in 0..pdf.n_revisions().min(20) {
        let revision = pdf.revision(index);
        assert!(revision.eof <= revision.end && revision.end <= bytes.len());
        for (id, is_free) in pdf.entries(index).take(200) {
            let object = pdf.object(index, id);
            assert!(!is_free || object.is_none());
            let _ = (pdf.spans(index, id), pdf.decoded_stream(index, id, 1 << 20));
        }
        for number in pdf.changed_between(0, index).into_iter().take(50) {
            let _ = pdf.id_of(index, number);
        }
    }
    for one in locate::locate(&pdf) {
        assert!(locate::extract(bytes, &one).len() <= bytes.len());
        assert!(one.der().len() <= one.contents.len());
        assert!(one.signed.iter().map(|part| part.len()).sum::<usize>() <= bytes.len());
    }
    let _ = dss::dss(&pdf);
}));
