//! Published signatures, tokens of every algorithm, and a catalogue of hostile ones.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::claims::ClaimPath;
use super::issuer::TokenIdentity;
use super::issuers::Issuers;
use super::keys::TokenAlgorithm;
use super::local::{Grant, LocalIssuer};
use super::rules::{ListRule, TextRule};
use super::settings::{AgencyRule, IssuerSettings, KeySource};
use crate::auth::error::{BearerError, IssuerError};
use crate::crypto::secret::SecretKey;
use crate::types::clock::Time;
use crate::types::encoding::{base64_url, parse_base64_url};
use crate::types::ids::SignerId;
use crate::types::limits;
use crate::types::names::{AgencyId, PrincipalName, RoleName};
use crate::types::roles::Role;

const NOW: Time = Time::from_seconds(1_800_000_000);
const ISSUER: &str = "https://identidad.gob.mx/realms/estado";
const AUDIENCE: &str = "acervo";

fn ed25519() -> (Ed25519KeyPair, Value) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = base64_url(pair.public_key().as_ref());
    let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": x});
    (pair, key)
}

fn settings(keys: &[Value]) -> IssuerSettings {
    IssuerSettings {
        name: "estado".into(),
        owner: None,
        issuer: ISSUER.into(),
        audiences: vec![AUDIENCE.into(), "https://acervo.gob.mx".into()],
        keys: KeySource::Given(json!({ "keys": keys }).to_string().into()),
        algorithms: TokenAlgorithm::ALL.to_vec(),
        lifetime_seconds_max: 3_600,
        leeway_seconds: 30,
        required: Vec::new(),
        agency: AgencyRule::Claim(TextRule::parse("agency").unwrap()),
        principal: TextRule::parse("sub").unwrap(),
        roles: ListRule::new(ClaimPath::parse("realm_access.roles").unwrap()),
        tags: Vec::new(),
    }
}

fn verify_with(settings: IssuerSettings, token: &str) -> Result<TokenIdentity, BearerError> {
    verified(&Issuers::new(vec![settings]).unwrap(), token, NOW)
}

/// The verdict of a set of issuers, without the claims that policies may ask for and the key.
fn verified(issuers: &Issuers, token: &str, now: Time) -> Result<TokenIdentity, BearerError> {
    let first = issuers.verify_now(token, now);
    assert_eq!(first, issuers.verify_now(token, now), "kept or not");
    first.map(|identity| TokenIdentity {
        claims: Arc::default(),
        signer: SignerId::new([0; 16]),
        ..(*identity).clone()
    })
}

fn verify(token: &str) -> Result<TokenIdentity, BearerError> {
    let (_, key) = ed25519();
    verify_with(settings(&[key]), token)
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "JWT", "kid": "ed"})
}

fn claims() -> Value {
    let now = NOW.seconds();
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ventanilla@registro",
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + 600,
        "agency": "registro-civil",
        "realm_access": {"roles": ["offline_access", "reader", "app", "operator", "app"]},
    })
}

/// A token of these texts, signed.
fn signed(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!(
        "{}.{}",
        base64_url(header.as_bytes()),
        base64_url(claims.as_bytes())
    );
    let signature = base64_url(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn ed_signed(header: &str, claims: &str) -> String {
    signed(header, claims, |message| {
        ed25519().0.sign(message).as_ref().to_vec()
    })
}

fn good() -> String {
    ed_signed(&header().to_string(), &claims().to_string())
}

fn identity() -> TokenIdentity {
    TokenIdentity {
        issuer: "estado".into(),
        signer: SignerId::new([0; 16]),
        agency: AgencyId::parse("registro-civil").unwrap(),
        principal: PrincipalName::parse("ventanilla@registro").unwrap(),
        roles: vec![Role::App, Role::Reader],
        named: vec![RoleName::parse("offline_access").unwrap()],
        claims: Arc::default(),
        issued: Some(NOW.plus_seconds(-60)),
        expires: NOW.plus_seconds(600),
    }
}

#[test]
fn a_good_token_says_who() {
    assert_eq!(verify(&good()), Ok(identity()));
}

/// RFC 7515, appendices A.2 (RS256) and A.3 (ES256): the signatures are right, the claims too few.
#[test]
fn published_signatures() {
    let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
                   c19yb290Ijp0cnVlfQ";
    let rsa = json!({
        "kty": "RSA",
        "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJ\
              PMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0\
              LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD\
              Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2\
              PAcDTW9gb54h4FRWyuXpoQ",
    });
    let rsa_signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4B\
                         h-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZ\
                         LgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d\
                         O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6\
                         LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let ec = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let ec_signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT\
                        UJqPP3-Kg6NU1Q";
    for (header, key, signature) in [
        ("eyJhbGciOiJSUzI1NiJ9", rsa, rsa_signature),
        ("eyJhbGciOiJFUzI1NiJ9", ec, ec_signature),
    ] {
        let settings = IssuerSettings {
            issuer: "joe".into(),
            ..settings(&[key])
        };
        let token = format!("{header}.{payload}.{signature}");
        let claim = "aud".into();
        let refused = verify_with(settings.clone(), &token);
        assert_eq!(refused, Err(BearerError::ClaimMissing { claim }));
        let mut bytes = parse_base64_url(signature).unwrap();
        bytes[9] ^= 1;
        let token = format!("{header}.{payload}.{}", base64_url(&bytes));
        let refused = verify_with(settings, &token);
        assert_eq!(refused, Err(BearerError::SignatureMismatch));
    }
}

/// A pair whose public half a JWK shows.
fn ec_pair(algorithm: &'static EcdsaSigningAlgorithm, curve: &str) -> (EcdsaKeyPair, Value) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let key = json!({
        "kty": "EC", "crv": curve, "kid": curve, "x": base64_url(x), "y": base64_url(y),
    });
    (pair, key)
}

fn rsa_pair() -> (RsaKeyPair, Value) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    // PKCS #1: a sequence of the modulus, with a zero before its 256 bytes, and 65537.
    let modulus = &pair.public_key().as_ref()[9..265];
    let key = json!({"kty": "RSA", "kid": "rsa", "n": base64_url(modulus), "e": "AQAB"});
    (pair, key)
}

fn named(algorithm: &str, kid: &str) -> String {
    json!({"alg": algorithm, "kid": kid}).to_string()
}

#[test]
fn every_kind_of_key_verifies_its_own_and_no_other() {
    let (p256, p256_key) = ec_pair(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let (p384, p384_key) = ec_pair(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384");
    let (rsa, rsa_key) = rsa_pair();
    let (ed, ed_key) = ed25519();
    let settings = settings(&[p256_key, p384_key, rsa_key, ed_key]);
    let claims = claims().to_string();
    let random = SystemRandom::new();
    let rsa_sign = |encoding: &'static dyn RsaEncoding, message: &[u8]| {
        let mut signature = vec![0; 256];
        rsa.sign(encoding, &random, message, &mut signature)
            .unwrap();
        signature
    };
    let tokens = [
        signed(&named("ES256", "P-256"), &claims, |message| {
            p256.sign(&random, message).unwrap().as_ref().to_vec()
        }),
        signed(&named("ES384", "P-384"), &claims, |message| {
            p384.sign(&random, message).unwrap().as_ref().to_vec()
        }),
        signed(&named("RS256", "rsa"), &claims, |message| {
            rsa_sign(&RSA_PKCS1_SHA256, message)
        }),
        signed(&named("PS256", "rsa"), &claims, |message| {
            rsa_sign(&RSA_PSS_SHA256, message)
        }),
        signed(&named("EdDSA", "ed"), &claims, |message| {
            ed.sign(message).as_ref().to_vec()
        }),
    ];
    for token in &tokens {
        assert_eq!(verify_with(settings.clone(), token), Ok(identity()));
    }
    for (algorithm, kid) in [("ES256", "P-384"), ("RS256", "ed"), ("EdDSA", "rsa")] {
        let token = signed(&named(algorithm, kid), &claims, |_| vec![0; 64]);
        let refused = verify_with(settings.clone(), &token);
        assert_eq!(refused, Err(BearerError::NoKey), "{algorithm} by {kid}");
    }
    let token = signed(&named("PS256", "rsa"), &claims, |message| {
        rsa_sign(&RSA_PKCS1_SHA256, message)
    });
    let refused = verify_with(settings, &token);
    assert_eq!(refused, Err(BearerError::SignatureMismatch));
}

/// A change of the header of a good token, signed by the issuer's own key, is refused.
#[track_caller]
fn refuses_header(change: Value, refusal: BearerError) {
    let mut header = header();
    for (name, value) in change.as_object().unwrap() {
        header[name] = value.clone();
    }
    let token = ed_signed(&header.to_string(), &claims().to_string());
    assert_eq!(verify(&token), Err(refusal));
}

#[test]
fn hostile_headers() {
    for alg in [
        json!("none"),
        json!("None"),
        json!("HS256"),
        json!("ES512"),
        json!("eddsa"),
        json!(""),
        json!(null),
        json!(["EdDSA"]),
    ] {
        refuses_header(json!({ "alg": alg }), BearerError::Algorithm);
    }
    for (member, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("jku", json!("https://evil.example/keys")),
        ("jwk", ed25519().1),
        ("x5u", json!("https://evil.example/chain")),
        ("x5c", json!([])),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
    ] {
        let mut change = json!({});
        change[member] = value;
        refuses_header(change, BearerError::RefusedMember { member });
    }
    for typ in ["", "JWS", "logout+jwt", "dpop+jwt", "application/json"] {
        refuses_header(json!({ "typ": typ }), BearerError::Type);
    }
    refuses_header(json!({ "typ": 1 }), BearerError::Type);
    refuses_header(json!({ "kid": "other" }), BearerError::NoKey);
    refuses_header(json!({ "kid": "../../keys/ed" }), BearerError::NoKey);
    let claim = "kid".into();
    refuses_header(json!({ "kid": 1 }), BearerError::ClaimType { claim });
    for typ in ["at+jwt", "jwt", "application/at+jwt"] {
        let header = json!({"alg": "EdDSA", "typ": typ});
        let token = ed_signed(&header.to_string(), &claims().to_string());
        assert_eq!(verify(&token), Ok(identity()));
    }
}

/// The public key is no secret: an HMAC under it must not pass for a signature.
#[test]
fn a_public_key_is_no_hmac_secret() {
    let (pair, _) = ed25519();
    let mut mac = Hmac::<Sha256>::new_from_slice(pair.public_key().as_ref()).unwrap();
    let token = signed(&named("HS256", "ed"), &claims().to_string(), |message| {
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    });
    assert_eq!(verify(&token), Err(BearerError::Algorithm));
}

#[test]
fn an_algorithm_must_be_the_issuers() {
    let (_, key) = ed25519();
    let settings = IssuerSettings {
        algorithms: vec![TokenAlgorithm::Es256],
        ..settings(&[key])
    };
    assert_eq!(verify_with(settings, &good()), Err(BearerError::Algorithm));
}

/// A change of the claims of a good token; `null` takes one away.
fn with_claims(change: &Value) -> Result<TokenIdentity, BearerError> {
    let mut claims = claims();
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    verify(&ed_signed(&header().to_string(), &claims.to_string()))
}

#[test]
fn claims_must_be_there_and_typed() {
    for claim in ["iss", "aud", "exp", "sub", "agency"] {
        let mut change = json!({});
        change[claim] = json!(null);
        let claim = claim.into();
        let refused = Err(BearerError::ClaimMissing { claim });
        assert_eq!(with_claims(&change), refused);
    }
    let exp = NOW.seconds() + 600;
    for (claim, value) in [
        ("iss", json!([ISSUER])),
        ("aud", json!({ "acervo": true })),
        ("aud", json!([AUDIENCE, 1])),
        ("exp", json!(exp.to_string())),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(true)),
        ("nbf", json!("0")),
        ("iat", json!([0])),
        ("sub", json!(7)),
        ("agency", json!(["registro-civil"])),
        ("realm_access.roles", json!({})),
    ] {
        let change = match claim.split_once('.') {
            Some((outer, inner)) => json!({ outer: { inner: value } }),
            None => json!({ claim: value }),
        };
        let claim = claim.into();
        let refused = Err(BearerError::ClaimType { claim });
        assert_eq!(with_claims(&change), refused, "{change}");
    }
}

#[test]
fn issuers_and_audiences() {
    #[track_caller]
    fn check(change: Value, expected: Result<TokenIdentity, BearerError>) {
        assert_eq!(with_claims(&change), expected);
    }
    for iss in ["", "https://evil.example", &format!("{ISSUER}/")] {
        check(json!({ "iss": iss }), Err(BearerError::UnknownIssuer));
    }
    check(json!({ "aud": ["other", AUDIENCE] }), Ok(identity()));
    check(json!({ "aud": "https://acervo.gob.mx" }), Ok(identity()));
    check(json!({ "aud": [] }), Err(BearerError::Audience));
    check(json!({ "aud": "" }), Err(BearerError::Audience));
    check(json!({ "aud": "Acervo" }), Err(BearerError::Audience));
    check(json!({ "aud": ["other"] }), Err(BearerError::Audience));
}

#[test]
fn times() {
    #[track_caller]
    fn check(change: Value, expected: Result<i64, BearerError>) {
        let found = with_claims(&change).map(|i| i.expires.seconds() - NOW.seconds());
        assert_eq!(found, expected);
    }
    let now = NOW.seconds();
    let at = |seconds| Time::from_seconds(now + seconds);
    check(json!({ "exp": now - 29 }), Ok(-29));
    let at_30 = Err(BearerError::Expired { at: at(-30) });
    check(json!({ "exp": now - 30 }), at_30);
    let long_ago = Time::from_seconds(0);
    check(
        json!({ "exp": 0 }),
        Err(BearerError::Expired { at: long_ago }),
    );
    check(json!({ "exp": 1_800_000_100.9 }), Ok(100));
    for claim in ["nbf", "iat"] {
        check(json!({ claim: now + 30 }), Ok(600));
        let from = at(31);
        check(
            json!({ claim: now + 31 }),
            Err(BearerError::NotYetValid { from }),
        );
        check(json!({ claim: null }), Ok(600));
    }
    check(json!({ "iat": now, "exp": now + 3_600 }), Ok(3_600));
    let too_long = Err(BearerError::TooLongLived);
    check(json!({ "iat": now, "exp": now + 3_601 }), too_long.clone());
    check(json!({ "iat": now - 3_001 }), too_long.clone());
    check(json!({ "iat": null, "exp": now + 3_630 }), Ok(3_630));
    check(json!({ "iat": null, "exp": now + 3_631 }), too_long.clone());
    check(json!({ "exp": 253_402_300_799_i64 }), too_long);
}

#[test]
fn identities() {
    let agency = with_claims(&json!({ "agency": "../registro" }));
    assert!(matches!(agency, Err(BearerError::Agency(_))));
    let principal = with_claims(&json!({ "sub": "a b" }));
    assert!(matches!(principal, Err(BearerError::Principal(_))));
    for roles in [
        json!({ "roles": [] }),
        json!({ "roles": ["operator"] }),
        json!({}),
        json!("reader"),
    ] {
        let refused = with_claims(&json!({ "realm_access": roles }));
        assert_eq!(refused, Err(BearerError::NoRole));
    }
    let one = with_claims(&json!({ "realm_access": { "roles": "agency-admin" } }));
    assert_eq!(one.unwrap().roles, [Role::AgencyAdmin]);
    // Whether these are roles, the agency says.
    let own = json!({ "roles": ["operator", "revisa", "App", "revisa", "a/b"] });
    let own = with_claims(&json!({ "realm_access": own })).unwrap();
    assert!(own.roles.is_empty());
    let names = ["App", "revisa"].map(|name| RoleName::parse(name).unwrap());
    assert_eq!(own.named, names);

    let (_, key) = ed25519();
    let fixed = AgencyId::parse("becas").unwrap();
    let settings = IssuerSettings {
        agency: AgencyRule::Fixed(fixed.clone()),
        ..settings(&[key])
    };
    assert_eq!(verify_with(settings, &good()).unwrap().agency, fixed);
}

#[test]
fn malformed_tokens() {
    let good = good();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("not three parts");
    };
    let doubled = r#"{"iss":"a","iss":"b"}"#;
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{good}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!(" {good}"),
        format!("{}.{claims}.{signature}", base64_url(b"[]")),
        format!("{}.{claims}.{signature}", base64_url(b"{\"alg\":")),
        ed_signed(r#"{"alg":"EdDSA","alg":"EdDSA"}"#, "{}"),
        ed_signed(r#"{"alg":"EdDSA"}"#, doubled),
    ] {
        assert_eq!(verify(&token), Err(BearerError::Malformed), "{token}");
    }
    for token in [
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{}", base64_url(&[0; 64])),
        format!("{header}.{claims}.{signature}="),
        format!("{good}A"),
    ] {
        assert_eq!(
            verify(&token),
            Err(BearerError::SignatureMismatch),
            "{token}"
        );
    }
    let long = "a".repeat(1 << 20);
    assert_eq!(verify(&long), Err(BearerError::TooLong));
    let long = "a".repeat(limits::TOKEN_BYTES_MAX + 1);
    assert_eq!(verify(&long), Err(BearerError::TooLong));
}

#[test]
fn a_key_belongs_to_its_issuer_alone() {
    let (_, key) = ed25519();
    let mut other_key = key.clone();
    other_key["x"] = json!(base64_url(
        Ed25519KeyPair::from_seed_unchecked(&[8; 32])
            .unwrap()
            .public_key()
            .as_ref()
    ));
    other_key["kid"] = json!("other");
    let other = IssuerSettings {
        name: "other".into(),
        issuer: "https://other.example".into(),
        ..settings(&[other_key.clone()])
    };
    let issuers = Issuers::new(vec![settings(std::slice::from_ref(&key)), other]).unwrap();
    assert_eq!(verified(&issuers, &good(), NOW), Ok(identity()));
    // The other issuer's name over our key, with our kid and with theirs.
    let mut claims = claims();
    claims["iss"] = json!("https://other.example");
    for (kid, refusal) in [
        ("ed", BearerError::NoKey),
        ("other", BearerError::SignatureMismatch),
    ] {
        let token = ed_signed(&named("EdDSA", kid), &claims.to_string());
        assert_eq!(verified(&issuers, &token, NOW), Err(refusal));
    }
    // Without a kid there must be one key to choose from.
    let nameless = ed_signed(r#"{"alg":"EdDSA"}"#, &self::claims().to_string());
    assert_eq!(verify(&nameless), Ok(identity()));
    let refused = verify_with(settings(&[key, other_key]), &nameless);
    assert_eq!(refused, Err(BearerError::NoKey));
}

#[test]
fn refusals_of_key_sets() {
    #[track_caller]
    fn check(change: Value, refusal: IssuerError) {
        let mut key = ed25519().1;
        for (name, value) in change.as_object().unwrap() {
            key[name] = value.clone();
        }
        let refused = Issuers::new(vec![settings(&[key])]).err();
        assert_eq!(refused, Some(("estado".into(), refusal)));
    }
    let malformed = IssuerError::KeySetMalformed;
    check(json!({ "kty": 1 }), malformed);
    check(json!({ "x": "" }), malformed);
    check(json!({ "x": "*" }), malformed);
    check(json!({ "kid": 1 }), malformed);
    check(json!({ "kty": "EC", "crv": "P-256" }), malformed);
    check(json!({ "kty": "RSA" }), malformed);
    check(json!({ "d": "AA" }), IssuerError::SecretInKeySet);
    check(json!({ "kty": "oct" }), IssuerError::SecretInKeySet);
    let unusable = IssuerError::NoUsableKey;
    check(json!({ "use": "enc" }), unusable);
    check(json!({ "key_ops": ["sign"] }), unusable);
    check(json!({ "crv": "Ed448" }), unusable);
    check(json!({ "kty": "EC", "crv": "secp256k1" }), unusable);
    let rsa = |bytes: &[u8], e: &str| json!({ "kty": "RSA", "n": base64_url(bytes), "e": e });
    let weak = |bits| IssuerError::WeakRsaKey { bits };
    check(rsa(&[0xff; 128], "AQAB"), weak(1_024));
    check(
        rsa(&[&[0x7f][..], &[0xff; 255]].concat(), "AQAB"),
        weak(2_047),
    );
    check(rsa(&[&[0][..], &[0xff; 255]].concat(), "AQAB"), weak(2_040));
    check(rsa(&[0xff; 256], "Aw"), weak(2_048));
    check(rsa(&[0xff; 1_025], "AQAB"), weak(8_200));
    check(rsa(&[], "AQAB"), weak(0));

    let key = ed25519().1;
    let refused = |keys: &[Value]| Issuers::new(vec![settings(keys)]).unwrap_err().1;
    assert_eq!(refused(&[]), unusable);
    assert_eq!(
        refused(&[key.clone(), key.clone()]),
        IssuerError::RepeatedKeyId
    );
    let many = vec![key; limits::ISSUER_KEYS_MAX + 1];
    assert_eq!(refused(&many), IssuerError::TooManyKeys);
}

#[test]
fn a_key_may_be_bound_to_one_algorithm() {
    let mut key = ed25519().1;
    key["alg"] = json!("EdDSA");
    assert_eq!(
        verify_with(settings(&[key.clone()]), &good()),
        Ok(identity())
    );
    key["alg"] = json!("ES256");
    let refused = verify_with(settings(&[key]), &good());
    assert_eq!(refused, Err(BearerError::NoKey));
}

#[test]
fn refusals_of_settings() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut IssuerSettings), refusal: IssuerError) {
        let mut settings = settings(&[ed25519().1]);
        change(&mut settings);
        assert_eq!(Issuers::new(vec![settings]).unwrap_err().1, refusal);
    }
    check(|s| s.issuer = "".into(), IssuerError::NoIssuer);
    check(|s| s.audiences.clear(), IssuerError::NoAudience);
    check(|s| s.audiences.push("".into()), IssuerError::NoAudience);
    check(|s| s.algorithms.clear(), IssuerError::NoAlgorithm);
    check(
        |s| s.keys = KeySource::Given("{}".into()),
        IssuerError::KeySetMalformed,
    );
    check(
        |s| s.keys = KeySource::Given("".into()),
        IssuerError::KeySetMalformed,
    );
    for lifetime in [0, limits::TOKEN_LIFETIME_SECONDS_MAX + 1] {
        check(|s| s.lifetime_seconds_max = lifetime, IssuerError::Lifetime);
    }
    for leeway in [-1, limits::TOKEN_LEEWAY_SECONDS_MAX + 1] {
        check(|s| s.leeway_seconds = leeway, IssuerError::Leeway);
    }
    let twice = vec![settings(&[ed25519().1]), settings(&[ed25519().1])];
    assert_eq!(
        Issuers::new(twice).unwrap_err().1,
        IssuerError::RepeatedIssuer
    );
}

#[test]
fn the_local_issuers_tokens_are_verified_like_any_other() {
    let seed = SecretKey::new([9; 32]);
    let local = LocalIssuer::new(&seed, "urn:acervo:local", AUDIENCE).unwrap();
    let issuers = Issuers::new(vec![local.settings()]).unwrap();
    let identity = identity();
    let grant = Grant {
        agency: &identity.agency,
        principal: &identity.principal,
        roles: &identity.roles,
        lifetime_seconds: 600,
    };
    let token = local.mint(&grant, NOW);
    let found = verified(&issuers, token.expose(), NOW).unwrap();
    let expected = TokenIdentity {
        issuer: "local".into(),
        named: Vec::new(),
        issued: Some(NOW),
        ..identity.clone()
    };
    assert_eq!(found, expected);
    let at = NOW.plus_seconds(600);
    let refused = verified(&issuers, token.expose(), at);
    assert_eq!(refused, Err(BearerError::Expired { at }));
    assert_ne!(local.mint(&grant, NOW), token, "each has an id of its own");

    let forever = Grant {
        lifetime_seconds: i64::MAX,
        ..grant
    };
    let cut = verified(&issuers, local.mint(&forever, NOW).expose(), NOW);
    let end = NOW.plus_seconds(limits::TOKEN_LIFETIME_SECONDS_MAX);
    assert_eq!(cut.unwrap().expires, end);

    assert!(!local.key_set().contains("\"d\""));
    let other = LocalIssuer::new(&SecretKey::new([1; 32]), "urn:acervo:local", AUDIENCE).unwrap();
    let foreign = Issuers::new(vec![other.settings()]).unwrap();
    let refused = verified(&foreign, token.expose(), NOW);
    assert_eq!(refused, Err(BearerError::NoKey));
}
