//! An identity provider of the tests' own: keys of three kinds, a discovery document, and every way
//! of being out of order.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

use acervo::types::clock::Clock;
use acervo::types::encoding::base64_url;

use super::pause;

/// A key that signs tokens.
pub(crate) enum Key {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Key {
    pub(crate) fn rs256() -> Self {
        Self::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn ed_dsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    pub(crate) fn public(&self, id: &str) -> Value {
        match self {
            Self::Rs256(pair) => {
                let public = pair.public_key();
                let n = base64_url(public.modulus().big_endian_without_leading_zero());
                let e = base64_url(public.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": id, "use": "sig", "n": n, "e": e})
            }
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (base64_url(&point[1..33]), base64_url(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y})
            }
            Self::EdDsa(pair) => {
                let x = base64_url(pair.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x})
            }
        }
    }

    /// A token with this header beside `alg`, and these claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut header = header.clone();
        header["alg"] = json!(self.algorithm());
        let message = format!(
            "{}.{}",
            base64_url(header.to_string().as_bytes()),
            base64_url(claims.to_string().as_bytes())
        );
        let bytes = message.as_bytes();
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature)
                    .unwrap();
                signature
            }
            Self::Es256(pair) => pair.sign(&random, bytes).unwrap().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(bytes).as_ref().to_vec(),
        };
        format!("{message}.{}", base64_url(&signature))
    }
}

/// How the provider answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mood {
    Well,
    /// With this status.
    Status(u16),
    /// It takes the connection and says nothing for a while.
    Slow(u64),
    /// With this text, whatever is asked for.
    Says(String),
}

struct State {
    keys: Vec<Value>,
    mood: Mood,
    /// Members of the discovery document that are other than they should be.
    discovery: Value,
    asked: Vec<String>,
}

/// A running provider; it ends with the test's process.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            keys: Vec::new(),
            mood: Mood::Well,
            discovery: json!({"issuer": url, "jwks_uri": format!("{url}/keys")}),
            asked: Vec::new(),
        };
        let provider = Self {
            url,
            state: Arc::new(Mutex::new(state)),
        };
        let serving = provider.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (provider, connection) = (serving.clone(), connection.unwrap());
                thread::spawn(move || provider.answer(connection));
            }
        });
        provider
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Offers these keys alone, by name.
    pub(crate) fn offers(&self, keys: &[(&str, &Key)]) {
        let keys = keys.iter().map(|(id, key)| key.public(id)).collect();
        self.change(|state| state.keys = keys);
    }

    pub(crate) fn is_in(&self, mood: Mood) {
        self.change(|state| state.mood = mood);
    }

    pub(crate) fn discovery(&self, member: &str, value: &str) {
        self.change(|state| state.discovery[member] = json!(value));
    }

    /// How often its keys were asked for.
    pub(crate) fn times_asked(&self) -> usize {
        self.change(|state| state.asked.iter().filter(|path| *path == "/keys").count())
    }

    /// Waits until its keys have been asked for so often.
    pub(crate) fn was_asked(&self, times: usize) {
        for _ in 0..2_000 {
            if self.times_asked() >= times {
                return;
            }
            pause(5);
        }
        panic!("nobody asks for the keys");
    }

    fn answer(&self, mut connection: TcpStream) {
        let mut head = Vec::new();
        let mut bytes = [0; 4_096];
        while !head.ends_with(b"\r\n\r\n") {
            match connection.read(&mut bytes) {
                Ok(read) if read > 0 => head.extend_from_slice(&bytes[..read]),
                _ => return,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mood, keys, discovery) = self.change(|state| {
            state.asked.push(path.clone());
            let keys = json!({ "keys": state.keys }).to_string();
            (state.mood.clone(), keys, state.discovery.to_string())
        });
        let body = match path.as_str() {
            "/keys" => Some(keys),
            "/.well-known/openid-configuration" => Some(discovery),
            _ => None,
        };
        let (status, body) = match (mood, body) {
            (Mood::Status(status), _) => (status, String::new()),
            (Mood::Says(text), _) => (200, text),
            (Mood::Slow(milliseconds), body) => {
                pause(milliseconds);
                (200, body.unwrap_or_default())
            }
            (Mood::Well, Some(body)) => (200, body),
            (Mood::Well, None) => (404, String::new()),
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let _ = connection.write_all(head.as_bytes());
    }

    /// Claims of a good token for the first agency, for ten minutes.
    pub(crate) fn claims(&self, role: &str) -> Value {
        let now = Clock::system().now().seconds();
        json!({
            "iss": self.url,
            "aud": "acervo",
            "sub": "ventanilla@estado",
            "iat": now,
            "exp": now + 600,
            "agency": "agencia",
            "roles": [role],
        })
    }
}
