//! Signatures, certificates, lists of revocation, OCSP answers and time stamps: whatever bytes come, there
//! is a verdict, and none of these passes.
#![no_main]

use sohoa::engines::signature::{
    asn1,
    judge::{SignatureFacts, judge},
    policy::Policy,
    revocation::RevocationData,
    trust::{Purpose, TrustAnchors},
    verdict::{Coverage, Kind, Modification, Verdict},
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // What was rewritten as DER is DER.
    if let Ok(der) = asn1::one_value(bytes) {
        assert!(asn1::one_value(&der).is_ok_and(|again| again == der));
    }
    let mut known = RevocationData::default();
    let _ = (known.add_certificates(bytes), known.add_crl(bytes), known.add_ocsp(bytes));
    let trust =
        TrustAnchors::parse(&[("bytes".to_owned(), bytes.to_vec())], Purpose::Any).unwrap_or_default();
    let at = jiff::Timestamp::from_second(1_790_000_000).expect("a moment in 2026");
    for (kind, sub_filter) in [
        (Kind::Signature, "adbe.pkcs7.detached"),
        (Kind::Signature, "adbe.pkcs7.sha1"),
        (Kind::Signature, "ETSI.CAdES.detached"),
        (Kind::Doctimestamp, "ETSI.RFC3161"),
    ] {
        let facts = SignatureFacts {
            field: "Signature1".to_owned(),
            kind,
            sub_filter: sub_filter.to_owned(),
            signed: [b"%PDF-1.7 before", b"behind %%EOF"],
            contents: bytes,
            end: 100,
            form_fault: None,
            coverage: Coverage::WholeFile,
            modification: Modification::None,
            modification_is_complete: true,
            modification_doubt: None,
            hashed: None,
            changes: Vec::new(),
            certified_p: None,
            claimed_at: None,
        };
        let report = judge(&facts, &trust, &known, &Policy::default(), at, None);
        assert!(report.verdict != Verdict::TotalPassed && report.sub.is_some());
    }
});
