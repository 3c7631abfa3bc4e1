//! What handlers take from a request; whatever is wrong with it is answered as a [`Problem`].

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Multipart, Path, Query, Request,
        multipart::{Field, MultipartError},
        rejection::JsonRejection,
    },
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{Api, problem::Problem};
use crate::{
    domain::{
        archive::KnownFields,
        dossier::ExpectedPages,
        eligibility::{HandedInAs, PaperRole},
        ids::{OwnerId, OwnerNumber, RecordId},
        job::Urgency,
        officer::{ActingOfficer, Actor},
    },
    workflows::{
        browse::{BrowseError, Purpose},
        intake::Upload,
    },
};

/// Who asks: what the gate found out.
pub(super) struct By(pub Actor);

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Actor>().cloned().map(Self).ok_or_else(Problem::not_signed_in)
    }
}

/// The officer in whose name the request acts: systems act in nobody's.
pub(super) struct Officer(pub ActingOfficer);

impl<S: Sync> FromRequestParts<S> for Officer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match By::from_request_parts(parts, state).await?.0 {
            Actor::Officer(officer) => Ok(Self(officer)),
            Actor::Client(_) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "officers-only",
                "Việc này do công chức làm: hệ thống kết nối không được làm thay.",
            )),
        }
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(Problem::new(
                rejection.status(),
                "body",
                format!("Nội dung yêu cầu không đúng mẫu JSON: {}", safe(&reason_of(&rejection))),
            )),
        }
    }
}

/// What the parser says, without the way to the place in front of it: that is made of what was sent.
fn reason_of(rejection: &JsonRejection) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(rejection);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<serde_json::Error>() {
            return error.to_string();
        }
        cause = error.source();
    }
    "không đọc được".to_owned()
}

/// The reason without the values it quotes: they may be personal data.
fn safe(reason: &str) -> String {
    reason.split(['"', '`']).enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "…" }).collect()
}

/// A place in the path; what is not one is not found.
pub(super) struct Place<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(place) =
            Path::<T>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        Ok(Self(place))
    }
}

/// What stands after the question mark.
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let asked = Query::<T>::from_request_parts(parts, state).await;
        let Query(asked) =
            asked.map_err(|_| Problem::bad_request("query", "Tham số của địa chỉ không đúng mẫu."))?;
        Ok(Self(asked))
    }
}

/// The purpose of reading an owner's data, or a document of his: said with the request, or on looking him up shortly before.
pub(super) async fn purpose(
    api: &Api,
    by: &Actor,
    (owner, document): (&OwnerId, Option<&RecordId>),
    said: Option<&str>,
) -> Result<Purpose, Problem> {
    match said {
        Some(said) => Ok(Purpose::parse(said)?),
        None => Ok(api.purposes.of(&api.ctx, by, owner, document).await?.ok_or(BrowseError::NoPurpose)?),
    }
}

/// A multipart form.
pub(super) struct Sent(pub Multipart);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form = Multipart::from_request(request, state).await;
        form.map(Self).map_err(|_| Problem::bad_request("multipart", "Nội dung multipart không đúng mẫu."))
    }
}

/// An upload: parts `file` (one, or the pictures of the pages in order), `pages`, `owner`, `form`;
/// `ordinal` for a result, `code` for an opinion.
pub(super) struct UploadIn {
    pub upload: Upload,
    pub ordinal: Option<String>,
    pub code: Option<String>,
}

impl FromRequest<Api> for UploadIn {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.starts_with("multipart/form-data"));
        if !is_form {
            let detail = "Tệp phải gửi dưới dạng multipart/form-data, phần “file”.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail));
        }
        let Sent(form) = Sent::from_request(request, api).await?;
        read_upload(form, api.max_bytes).await
    }
}

pub(in crate::faces) async fn read_upload(mut form: Multipart, max_bytes: u64) -> Result<UploadIn, Problem> {
    let wrong = |part: &str, why: &dyn std::fmt::Display| {
        Problem::bad_request("part", format!("Phần “{part}”: {why}."))
    };
    let mut files = Vec::new();
    let mut n_bytes = 0u64;
    let (mut expected_pages, mut owner, mut form_in) = (None, None, HandedInAs::Original);
    let (mut ordinal, mut code) = (None, None);
    let mut urgency = Urgency::Desk;
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let bytes = field.bytes().await.map_err(|e| broken(&e))?;
            n_bytes = n_bytes.saturating_add(bytes.len() as u64);
            if n_bytes > max_bytes {
                return Err(too_large(max_bytes));
            }
            files.push(bytes.into());
            continue;
        }
        let text = text_of(field).await?;
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        match name.as_str() {
            "pages" => {
                let n = text.parse().ok().filter(|n| *n > 0);
                expected_pages =
                    Some(ExpectedPages(n.ok_or_else(|| wrong("pages", &"phải là số từ 1 trở lên"))?));
            }
            "owner" => owner = Some(OwnerNumber::parse(text).map_err(|e| wrong("owner", &e))?),
            "form" => form_in = HandedInAs::parse(text).map_err(|e| wrong("form", &e))?,
            "urgency" => {
                urgency = match text {
                    "desk" => Urgency::Desk,
                    "pile" => Urgency::Pile,
                    _ => return Err(wrong("urgency", &"là desk hoặc pile")),
                }
            }
            "ordinal" => ordinal = Some(text.to_owned()),
            "code" => code = Some(text.to_owned()),
            _ => return Err(wrong(&name, &"không có phần này; các phần: file, pages, owner, form, urgency")),
        }
    }
    if files.is_empty() {
        return Err(wrong("file", &"còn thiếu"));
    }
    let upload = Upload {
        files,
        role: None,
        form: form_in,
        expected_pages,
        owner,
        plan: None,
        urgency,
        known: KnownFields::default(),
    };
    Ok(UploadIn { upload, ordinal, code })
}

impl UploadIn {
    pub(super) fn into_upload(mut self, role: PaperRole) -> Upload {
        self.upload.role = Some(role);
        self.upload
    }
}

async fn text_of(field: Field<'_>) -> Result<String, Problem> {
    let bytes = field.bytes().await.map_err(|e| broken(&e))?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Problem::bad_request("part", "Một phần của biểu mẫu không phải UTF-8."))
}

fn broken(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(error.status(), "too-large", "Tệp gửi lên lớn hơn giới hạn của hệ thống.");
    }
    Problem::bad_request("multipart", "Nội dung gửi lên bị đứt hoặc không đúng mẫu multipart: gửi lại.")
}

fn too_large(max_bytes: u64) -> Problem {
    let detail = format!("Tệp gửi lên lớn hơn {} MB.", max_bytes >> 20);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
}
