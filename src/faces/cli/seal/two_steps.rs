//! Signing in two steps: what is to be signed goes out, the signature comes in, at any time until it expires.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{Answer, SealArgs, key, output_of};
use crate::{
    engines::signature::seal::{embed, key::SigningCertificate, prepare::Prepared},
    faces::cli::{Exit, Stop, output::write_whole},
    workflows::seal::{self as workflow, Sealing},
};

/// What is kept between the steps; the file lies beside it.
#[derive(Serialize, Deserialize)]
struct State {
    input: PathBuf,
    prepared: Prepared,
}

fn pdf_beside(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".pdf");
    PathBuf::from(name)
}

/// Writes the state, and tells what is to be signed.
pub(super) fn prepare(args: &SealArgs, with: &Sealing<'_>, state: &Path) -> Result<Exit, Stop> {
    let [input] = &args.paths[..] else {
        return Err(Stop::usage("--prepare đi với đúng một tệp PDF"));
    };
    let certificate = args.key.certificate()?.ok_or_else(|| Stop::usage("cần --certificate"))?;
    let certificate = SigningCertificate::new(&certificate, &args.key.chain()?)
        .map_err(|error| Stop::usage(error.to_string()))?;
    let pdf = std::fs::read(input)
        .map_err(|e| Stop::new(Exit::Unreadable, format!("không đọc được {}: {e}", input.display())))?;
    let prepared = workflow::prepare(with, pdf, args.order(&certificate)?).map_err(|failure| {
        let answer = Answer::of_failure(input, with.wanted, &failure);
        Stop::new(answer.exit, answer.message)
    })?;
    write_whole(&pdf_beside(state), &prepared.pdf)?;
    let told = serde_json::json!({
        "input": input.display().to_string(), "state": state.display().to_string(), "field": prepared.field,
        "digest_algorithm": "SHA-256", "digest": STANDARD.encode(&prepared.digest),
        "signed_attributes": STANDARD.encode(&prepared.signed_attributes),
        "signed_attributes_digest": STANDARD.encode(prepared.attributes_digest()),
        "expires_at": prepared.expires_at,
    });
    let kept = serde_json::to_vec_pretty(&State { input: input.clone(), prepared })
        .map_err(|error| Stop::new(Exit::Failure, error.to_string()))?;
    write_whole(state, &kept)?;
    if args.json {
        println!("{told}");
    } else {
        println!("{}: đã chuẩn bị ký; thuộc tính cần ký (base64, DER):", input.display());
        println!("{}", told["signed_attributes"].as_str().unwrap_or_default());
    }
    Ok(Exit::Done)
}

/// Takes the signature in; the state is removed when the paper is kept.
pub(super) async fn complete(args: &SealArgs, with: &Sealing<'_>, path: &Path) -> Result<Exit, Stop> {
    let kept = key::read(path)?;
    let damaged = || Stop::usage(format!("{} không phải trạng thái ký đã chuẩn bị", path.display()));
    let State { input, prepared } = serde_json::from_slice(&kept).map_err(|_| damaged())?;
    let pdf = std::fs::read(pdf_beside(path)).map_err(|_| damaged())?;
    let prepared = prepared.with_pdf(pdf).map_err(|error| Stop::new(Exit::Unreadable, error.to_string()))?;
    let out = args.out()?;
    let output = output_of(&input, out);
    if output.exists() {
        return Err(Stop::usage(format!("{} đã có; không ghi đè", output.display())));
    }
    let bytes = match (&args.cms, &args.signature) {
        (Some(file), _) | (None, Some(file)) => key::read(file)?,
        (None, None) => return Err(Stop::usage("cần --cms hoặc --signature")),
    };
    let came = if args.cms.is_some() { embed::Answer::Cms(&bytes) } else { embed::Answer::Signature(&bytes) };
    let answer = match workflow::complete(with, prepared, came).await {
        Ok(sealed) => Answer::kept(&input, &output, with.wanted, sealed),
        Err(failure) => Answer::of_failure(&input, with.wanted, &failure),
    };
    args.tell(&answer);
    if answer.output.is_some() {
        // Left behind they could only be completed a second time.
        let _ = std::fs::remove_file(pdf_beside(path));
        let _ = std::fs::remove_file(path);
    }
    Ok(answer.exit)
}
