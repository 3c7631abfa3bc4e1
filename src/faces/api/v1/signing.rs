//! The officer's signature on a paper, in two steps: what is to be signed is given out, the value is taken in.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::papers;
use crate::{
    domain::{
        ids::{PaperId, SigningId},
        officer::ActingOfficer,
    },
    faces::api::{
        Api,
        extract::{Body, Officer, Place},
        problem::Problem,
    },
    workflows::sign::{self, SignError, Signed},
};

/// A step of signing.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::faces::api) enum SignIn {
    /// Asks what is to be signed under this certificate.
    Prepare {
        /// The officer's certificate: DER in base64.
        certificate: String,
        /// Certificates that lead on from it, the issuer first.
        #[serde(default)]
        chain: Vec<String>,
    },
    /// Hands in what the token answered: `signature` or `cms`.
    Complete {
        /// As it was given out.
        signing: String,
        /// The signature of `signed_attributes`, base64.
        signature: Option<String>,
        /// A whole detached CMS, base64.
        cms: Option<String>,
    },
    /// Gives the prepared signature up.
    GiveUp {
        /// As it was given out.
        signing: String,
    },
}

/// What a token has to sign.
#[derive(Serialize, ToSchema)]
struct ToSignOut {
    /// Opaque id of this signature.
    signing: String,
    /// The signed attributes, DER in base64: what is hashed with SHA-256 and signed.
    signed_attributes: String,
    /// SHA-256 of them, base64: for tokens that sign digests.
    digest: String,
    /// `SHA-256`.
    digest_algorithm: &'static str,
    /// Until when the answer is taken, UTC.
    expires_at: String,
}

/// `POST /papers/{id}/sign`: prepares a signature, completes it, or gives it up (Điều 15 khoản 2).
#[utoipa::path(
    post, path = "/papers/{id}/sign", operation_id = "sign_paper", tag = "papers",
    params(("id" = String, Path, description = "Opaque id")), request_body = SignIn,
    responses((status = 200, description = "What is to be signed (prepare), or the paper (complete, give_up)", body = Object),
              (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub(in crate::faces::api) async fn sign(
    State(api): State<Api>,
    Officer(officer): Officer,
    Place(id): Place<PaperId>,
    Body(step): Body<SignIn>,
) -> Result<Response, Problem> {
    match step {
        SignIn::Prepare { certificate, chain } => {
            let certificate = bytes("certificate", &certificate)?;
            let chain = chain.iter().map(|text| bytes("chain", text)).collect::<Result<Vec<_>, _>>()?;
            let asked = sign::prepare(&api.ctx, &officer, &id, &certificate, &chain).await?;
            Ok(Json(ToSignOut {
                signing: asked.id.to_string(),
                signed_attributes: STANDARD.encode(&asked.signed_attributes),
                digest: STANDARD.encode(asked.attributes_digest),
                digest_algorithm: "SHA-256",
                expires_at: asked.expires_at.to_string(),
            })
            .into_response())
        }
        SignIn::Complete { signing, signature, cms } => {
            let signed = match (signature, cms) {
                (Some(value), None) => Signed::Value(bytes("signature", &value)?),
                (None, Some(cms)) => Signed::Cms(bytes("cms", &cms)?),
                _ => {
                    let detail = "Cần đúng một trong hai: “signature” hoặc “cms”.";
                    return Err(Problem::bad_request("body", detail));
                }
            };
            sign::complete(&api.ctx, &officer, &id, &signing_id(&signing)?, &signed).await?;
            paper(&api, &officer, &id).await
        }
        SignIn::GiveUp { signing } => {
            sign::give_up(&api.ctx, &officer, &id, &signing_id(&signing)?).await?;
            paper(&api, &officer, &id).await
        }
    }
}

async fn paper(api: &Api, officer: &ActingOfficer, id: &PaperId) -> Result<Response, Problem> {
    Ok(papers::with_etag(papers::seen(api, officer, id).await?))
}

fn signing_id(text: &str) -> Result<SigningId, Problem> {
    SigningId::parse(text).map_err(|_| SignError::UnknownSigning.into())
}

fn bytes(key: &str, text: &str) -> Result<Vec<u8>, Problem> {
    STANDARD
        .decode(text.trim())
        .map_err(|_| Problem::bad_request("body", format!("“{key}” không phải base64.")))
}

impl From<SignError> for Problem {
    fn from(error: SignError) -> Self {
        let detail = error.to_string();
        let of = |status, kind| {
            Self::new(status, kind, detail.clone()).under("QĐ 1917/QĐ-BLĐTBXH, Điều 15 khoản 2")
        };
        match error {
            SignError::Paper(error) => error.into(),
            SignError::Certificate(_) => of(StatusCode::UNPROCESSABLE_ENTITY, "certificate"),
            SignError::Seal(_) => of(StatusCode::UNPROCESSABLE_ENTITY, "signature"),
            SignError::Failed(_) => of(StatusCode::UNPROCESSABLE_ENTITY, "not-signable"),
            SignError::UnknownSigning => of(StatusCode::CONFLICT, "unknown-signing"),
            SignError::Expired => of(StatusCode::GONE, "signing-expired"),
            SignError::OtherOfficer => of(StatusCode::FORBIDDEN, "other-officer"),
        }
    }
}
