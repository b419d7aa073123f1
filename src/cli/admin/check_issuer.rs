//! `acervo admin check-issuer`: what is wrong with a set-up, step by step, in words.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::{AdminClient, Locale};
use crate::types::names::AgencyId;

use super::super::client::{self, Request};
use super::super::error::Failure;
use super::super::table::printable;
use super::super::words::words;
use super::super::{Console, Exit};
use super::issuers::parse_json;
use super::print;
use super::view::text;

#[derive(Args, Debug)]
pub(super) struct CheckIssuerArguments {
    /// The agency
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: AgencyId,
    /// An issuer of the agency or of the configuration
    #[arg(long, value_name = "NAME", required_unless_present = "settings")]
    name: Option<String>,
    /// Settings to try without keeping them: JSON, or @ and a file
    #[arg(long, value_name = "JSON", value_parser = parse_json, conflicts_with = "name")]
    settings: Option<Value>,
    /// A file with a token of the issuer, to be tried too
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Has the server check, shows what it found, and fails if it found a fault.
pub(super) fn run(
    settings: &AdminClient,
    arguments: &CheckIssuerArguments,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let token = arguments.token_file.as_ref().map(fs::read_to_string);
    let token = token.transpose()?;
    let body = json!({
        "name": arguments.name,
        "issuer": arguments.settings,
        "token": token.as_deref().map(str::trim),
    });
    let path = format!("/agencies/{}/issuers/check", arguments.agency);
    let request = Request::new(Method::POST, path).body(body);
    let answer = client::ask(settings, request)?.accepted()?;
    let status = answer.status;
    let found: Value =
        serde_json::from_str(&answer.body).map_err(|_| Failure::NotTheAdminApi { status })?;
    if as_json {
        print(console, &answer.body)?;
    } else {
        print(console, &view(&found, settings.locale))?;
    }
    let is_well = found.get("ok") == Some(&Value::Bool(true));
    Ok(if is_well { Exit::Done } else { Exit::Failed })
}

fn view(found: &Value, locale: Locale) -> String {
    let words = words(locale);
    let steps = found.get("steps").and_then(Value::as_array);
    let mut shown = String::new();
    for step in steps.into_iter().flatten() {
        let is_well = step.get("ok") == Some(&Value::Bool(true));
        let mark = if is_well {
            words.is_well
        } else {
            words.is_wrong
        };
        let (name, detail) = (text(step, "step"), printable(&text(step, "detail")));
        shown += &format!("{mark}  {name}: {detail}\n");
        if let Some(advice) = advice(&text(step, "code"), locale) {
            shown += &format!("    {advice}\n");
        }
    }
    shown
}

/// What to do about a fault.
fn advice(code: &str, locale: Locale) -> Option<&'static str> {
    let found = ADVICE.iter().find(|(known, ..)| *known == code)?;
    Some(locale.pick(found.1, found.2))
}

const ADVICE: &[(&str, &str, &str)] = &[
    (
        "setting_wrong",
        "Corrija ese dato de la configuración del emisor.",
        "Correct this part of the issuer's settings.",
    ),
    (
        "certificates_unusable",
        "ca_file o ca_pem debe tener certificados en formato PEM.",
        "ca_file or ca_pem must hold certificates as PEM.",
    ),
    (
        "no_address",
        "El servidor de Acervo no encuentra ese nombre: revise el DNS desde esa máquina.",
        "The machine of Acervo finds no address of this name: check the DNS from there.",
    ),
    (
        "tls_untrusted",
        "El certificado del proveedor no es de una autoridad conocida: póngala en ca_file.",
        "The provider's certificate is of no known authority: name it in ca_file.",
    ),
    (
        "no_connection",
        "Nadie responde ahí: revise puerto y cortafuegos desde la máquina de Acervo.",
        "Nobody answers there: check port and firewall from the machine of Acervo.",
    ),
    (
        "too_slow",
        "El proveedor no responde a tiempo: revise el cortafuegos, o su carga.",
        "The provider does not answer in time: check the firewall, or its load.",
    ),
    (
        "status",
        "La URL no es la del documento; las redirecciones no se siguen: dé la URL final.",
        "The URL is not the document's; redirects are not followed: give the last URL.",
    ),
    (
        "not_discovery",
        "Esa URL no da un documento de descubrimiento; suele terminar en \
         /.well-known/openid-configuration.",
        "This URL gives no discovery document; it usually ends in \
         /.well-known/openid-configuration.",
    ),
    (
        "other_issuer",
        "El iss debe ser idéntico, hasta la última /, en los ajustes, el documento y el token.",
        "The iss must be the same, to the last /, in settings, document and token.",
    ),
    (
        "keys_url_wrong",
        "El documento da una URL de llaves que no es https; use jwks_url.",
        "The document gives a URL of keys that is not https; use jwks_url.",
    ),
    (
        "keys_host_not_named",
        "Si ese host es del proveedor, agréguelo a jwks_hosts.",
        "If this host is the provider's, add it to jwks_hosts.",
    ),
    (
        "settings_or_keys_unusable",
        "Las llaves no sirven con los algoritmos permitidos, o no son un JWKS.",
        "The keys are of no use with the allowed algorithms, or are no JWKS.",
    ),
    (
        "not_a_token",
        "Eso no es un JWT firmado: ¿es el token de acceso completo?",
        "This is no signed JWT: is it the whole access token?",
    ),
    (
        "not_an_access_token",
        "Use el token de acceso, no otro.",
        "Use the access token, not another one.",
    ),
    (
        "algorithm_not_allowed",
        "Agregue el algoritmo a algorithms, o cámbielo en el proveedor. HS256 y none nunca se \
         aceptan.",
        "Add the algorithm to algorithms, or change it at the provider. HS256 and none are never \
         accepted.",
    ),
    (
        "no_such_key",
        "El token lo firmó una llave que el proveedor no publica: ¿es de otro proveedor?",
        "A key signed the token that the provider does not publish: is it of another provider?",
    ),
    (
        "signature_mismatch",
        "El token cambió en el camino, o lo firmó otro proveedor con el mismo nombre de llave.",
        "The token was changed on its way, or another provider signed it.",
    ),
    (
        "other_audience",
        "Agregue esa audiencia a audiences, o haga que el proveedor ponga la de Acervo en aud.",
        "Add this audience to audiences, or have the provider put Acervo's into aud.",
    ),
    (
        "expired",
        "Pida un token nuevo; si es nuevo, los relojes difieren.",
        "Ask for a new token; if it is new, the clocks differ.",
    ),
    (
        "not_yet_valid",
        "Los relojes difieren: sincronícelos, o suba leeway_seconds.",
        "The clocks differ: synchronise them, or raise leeway_seconds.",
    ),
    (
        "lives_too_long",
        "Acorte la vida del token en el proveedor, o suba max_lifetime_seconds.",
        "Shorten the token's life at the provider, or raise max_lifetime_seconds.",
    ),
    (
        "claim_missing",
        "Haga que el proveedor ponga ese claim, o cambie el nombre en la configuración.",
        "Have the provider put this claim in, or change its name in the settings.",
    ),
    (
        "claim_mistyped",
        "Ese claim tiene otra forma: una lista donde se espera un texto, o al revés.",
        "This claim has another form: a list where a text is expected, or the reverse.",
    ),
    (
        "claim_unfit",
        "Ese claim no tiene el valor exigido, o ninguno o varios con el prefijo.",
        "This claim has not the required value, or none or several with the prefix.",
    ),
    (
        "other_agency",
        "El token es de otra dependencia: revise claims.agency y su prefijo.",
        "The token is of another agency: check claims.agency and its prefix.",
    ),
    (
        "agency_name",
        "Ese claim no es el nombre de una dependencia: revise claims.agency y su prefijo.",
        "This claim is no agency's name: check claims.agency and its prefix.",
    ),
    (
        "principal_name",
        "Ese nombre tiene caracteres que no se admiten: use otro claim o una plantilla.",
        "This name has characters that are not allowed: use another claim or a template.",
    ),
    (
        "no_role",
        "El token no nombra ningún rol: revise el claim de roles y su prefijo.",
        "The token names no role: check the claim of roles and its prefix.",
    ),
];

#[cfg(test)]
mod tests {
    use super::{ADVICE, view};
    use crate::config::Locale;
    use serde_json::json;

    #[test]
    fn faults_are_told_with_advice_in_both_languages() {
        let found = json!({"ok": false, "steps": [
            {"step": "keys", "ok": true, "code": "ok", "detail": "keys for ES256"},
            {"step": "token-audience", "ok": false, "code": "other_audience", "detail": "x\u{1b}"},
        ]});
        let told = view(&found, Locale::En);
        assert!(
            told.starts_with("ok     keys: keys for ES256\nWRONG  token-audience: x"),
            "{told}"
        );
        assert!(
            told.contains("\n    Add this audience to audiences"),
            "{told}"
        );
        assert!(!told.contains('\u{1b}'));
        assert!(view(&found, Locale::Es).contains("\n    Agregue esa audiencia"));
        let mut codes: Vec<_> = ADVICE.iter().map(|(code, ..)| code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ADVICE.len(), "each code once");
    }
}
