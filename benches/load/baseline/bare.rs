//! A bare actix handler that verifies the signature and returns the same bytes: what GET could
//! cost if there were no store behind it. It runs as a process of its own.

use std::convert::Infallible;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;

use acervo::auth::head::RequestHead;
use acervo::auth::scheme::{Presented, Version2, presented};
use acervo::auth::sigv4::expected::Expected;
use acervo::auth::sigv4::key::SigningKeyCache;
use acervo::types::clock::Clock;
use acervo::types::secret::SecretText;
use actix_http::{HttpMessage as _, HttpService, Request, Response, StatusCode};
use bytes::Bytes;

use crate::content::Document;
use crate::process::Process;
use crate::target::{Credentials, Target};

/// The first word on its command line: the load generator starts itself once more.
pub const WORD: &str = "serve-bare-handler";

/// Starts the handler for documents of a size.
pub fn start(credentials: &Credentials, size_bytes: usize) -> Target {
    // Taken here and given up at once, so that the address is known; nobody else is about.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([WORD, &address, &credentials.secret, &credentials.region])
        .arg(size_bytes.to_string())
        .stdout(Stdio::null());
    let mut process = Process::start(&mut command);
    process.until(|| std::net::TcpStream::connect(&address).ok());
    Target {
        name: "bare actix handler",
        address,
        credentials: Some(credentials.clone()),
        bearer_token: None,
        process: Some(process),
    }
}

struct Handler {
    clock: Clock,
    secret: SecretText,
    region: String,
    keys: SigningKeyCache,
    body: Bytes,
}

impl Handler {
    fn answer(&self, request: &Request) -> Response<Bytes> {
        if self.is_signed(request) {
            Response::with_body(StatusCode::OK, self.body.clone())
        } else {
            Response::with_body(StatusCode::FORBIDDEN, Bytes::new())
        }
    }

    fn is_signed(&self, request: &Request) -> bool {
        let headers = request.headers().iter();
        let headers: Vec<(&str, &[u8])> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let head = RequestHead {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: &headers,
        };
        let expected = Expected {
            region: &self.region,
            service: "s3",
            now: self.clock.now(),
            body_sha256: None,
        };
        let Ok(Presented::Signature(claim)) = presented(&head, &expected, Version2::Refused) else {
            return false;
        };
        let secret = || Ok::<_, Infallible>(self.secret.clone());
        let Ok(key) = self.keys.key(claim.scope(), secret);
        claim.verify(&head, &key).is_ok()
    }
}

/// Serves until killed: with as many workers as the server has by default.
pub fn serve(mut words: impl Iterator<Item = String>) {
    let address = words.next().unwrap();
    let handler = Arc::new(Handler {
        clock: Clock::system(),
        secret: SecretText::new(words.next().unwrap()),
        region: words.next().unwrap(),
        keys: SigningKeyCache::default(),
        body: {
            let document = Document::new(words.next().unwrap().parse().unwrap());
            let pieces: Vec<&[u8]> = document.pieces(0, document.size_bytes).collect();
            pieces.concat().into()
        },
    });
    let workers = std::thread::available_parallelism().unwrap().get();
    let listener = TcpListener::bind(address).unwrap();
    actix_rt::System::new().block_on(async move {
        let server = actix_server::Server::build().workers(workers);
        let server = server.listen("bare", listener, move || {
            let handler = Arc::clone(&handler);
            HttpService::build()
                .tcp_nodelay(true)
                .finish(actix_service::fn_service(move |request: Request| {
                    let answer = handler.answer(&request);
                    async move { Ok::<_, Infallible>(answer) }
                }))
                .tcp()
        });
        server.unwrap().run().await.unwrap();
    });
}
