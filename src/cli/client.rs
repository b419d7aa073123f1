//! The client of the admin API: one request, one answer of bounded size.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::Value;

use crate::config::AdminClient;
use crate::types::ids::ApprovalId;

use super::error::Failure;

/// Bytes of an answer: a thousand agencies, or the metrics, with room to spare.
const ANSWER_BYTES_MAX: usize = 16 << 20;
const CONNECT: Duration = Duration::from_secs(10);
/// Making an agency makes keys and a database, and syncs them.
const ANSWER: Duration = Duration::from_secs(60);

/// What to ask of the admin API.
#[derive(Debug)]
pub(super) struct Request {
    method: Method,
    /// Below `/admin/v1`.
    path: String,
    body: Option<Value>,
    /// Whether the operator's token goes with it.
    token: Token,
    /// The approval by a second person that it carries out.
    approval: Option<ApprovalId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token {
    Needed,
    NotNeeded,
}

impl Request {
    /// A request without a body, with the token; its path is below `/admin/v1`.
    pub(super) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            body: None,
            token: Token::Needed,
            approval: None,
        }
    }

    pub(super) fn approved(mut self, approval: Option<ApprovalId>) -> Self {
        self.approval = approval;
        self
    }

    pub(super) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn without_token(mut self) -> Self {
        self.token = Token::NotNeeded;
        self
    }
}

/// What the admin API answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    code: String,
    message: String,
    request_id: Option<String>,
}

/// Asks, and waits for the answer.
pub(super) fn ask(settings: &AdminClient, request: Request) -> Result<Answer, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Client(error.into()))?;
    runtime.block_on(exchange(settings, request))
}

impl Answer {
    /// Whether nothing is done yet: a second person has to approve the request.
    pub(super) const fn waits(&self) -> bool {
        self.status == 202
    }

    /// The answer itself if it is a 2xx, else its error.
    pub(super) fn accepted(self) -> Result<Self, Failure> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let status = self.status;
        let error: ErrorBody =
            serde_json::from_str(&self.body).map_err(|_| Failure::NotTheAdminApi { status })?;
        let ErrorDetail {
            code,
            message,
            request_id,
        } = error.error;
        Err(Failure::Refused {
            code,
            message,
            request_id,
        })
    }
}

async fn exchange(settings: &AdminClient, request: Request) -> Result<Answer, Failure> {
    let client = client(settings).map_err(|error| Failure::Client(error.into()))?;
    let unreachable = |source: reqwest::Error| {
        // The URL is said once, by the sentence.
        Failure::Unreachable {
            endpoint: settings.endpoint.clone(),
            source: source.without_url(),
        }
    };
    let url = format!("{}/admin/v1{}", settings.endpoint, request.path);
    let mut builder = client.request(request.method, url);
    if request.token == Token::Needed {
        let token = settings.token.as_ref().ok_or(Failure::NoToken)?;
        builder = builder.bearer_auth(token.expose());
    }
    if let Some(approval) = &request.approval {
        builder = builder.header("X-Acervo-Approval", approval.to_string());
    }
    if let Some(body) = &request.body {
        builder = builder.json(body);
    }
    let mut response = builder.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8(body).map_err(|_| Failure::NotTheAdminApi { status })?;
    Ok(Answer { status, body })
}

/// No proxy from the environment (law 9), and no redirect that could carry the token elsewhere.
fn client(settings: &AdminClient) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER);
    if settings.endpoint.starts_with("https://") {
        return match &settings.authorities {
            None => builder.build(),
            Some(pem) => {
                let certificates = reqwest::Certificate::from_pem_bundle(pem)?;
                builder.tls_certs_only(certificates).build()
            }
        };
    }
    // Without TLS the system's certificates are of no use, and a small system may have none.
    builder.tls_certs_only([]).build()
}
