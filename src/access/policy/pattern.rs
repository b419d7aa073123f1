//! Texts with wildcards and policy variables.
//!
//! `*` stands for any characters, `?` for one; `${key}` for the value that the request has under a
//! condition key, `${key, 'default'}` with a value for when it has none, `${*}`, `${?}` and `${$}`
//! for these characters themselves. What a variable stands for is never read as a wildcard.
//! Source: AWS IAM User Guide, "IAM policy elements: Variables and tags".

use super::key::Key;

/// What of the language a text may use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Syntax {
    pub(super) wildcards: bool,
    pub(super) variables: bool,
}

/// A text to compare with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Token {
    Text(Box<str>),
    Any,
    One,
    Variable { key: Key, default: Option<Box<str>> },
}

/// What a pattern is made of once its variables are known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Atom {
    Is(char),
    Any,
    One,
}

/// A variable that is not closed, or names no condition key that has one value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct BadVariable;

impl Pattern {
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, BadVariable> {
        let mut tokens = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some(inner) = rest.strip_prefix("${").filter(|_| syntax.variables) {
                let (inner, after) = inner.split_once('}').ok_or(BadVariable)?;
                rest = after;
                if matches!(inner, "*" | "?" | "$") {
                    plain.push_str(inner);
                } else {
                    flush(&mut plain, &mut tokens);
                    tokens.push(variable(inner)?);
                }
                continue;
            }
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            match next {
                '*' if syntax.wildcards => {
                    flush(&mut plain, &mut tokens);
                    if tokens.last() != Some(&Token::Any) {
                        tokens.push(Token::Any);
                    }
                }
                '?' if syntax.wildcards => {
                    flush(&mut plain, &mut tokens);
                    tokens.push(Token::One);
                }
                other => plain.push(other),
            }
        }
        flush(&mut plain, &mut tokens);
        Ok(Self(tokens))
    }

    /// Whether a text is of this form. A variable without a value and without a default is like
    /// nothing at all.
    pub(super) fn matches(&self, text: &str, value: impl Fn(&Key) -> Option<String>) -> bool {
        match self.0.as_slice() {
            [] => text.is_empty(),
            [Token::Any] => true,
            [Token::Text(wanted)] => text == &**wanted,
            [Token::Text(start), Token::Any] => text.starts_with(&**start),
            _ => self
                .atoms(value)
                .is_some_and(|atoms| fits(&atoms, &text.chars().collect::<Vec<_>>())),
        }
    }

    /// As [`Pattern::matches`], whatever the case of letters.
    pub(super) fn matches_any_case(
        &self,
        text: &str,
        value: impl Fn(&Key) -> Option<String>,
    ) -> bool {
        let lower = |c: char| c.to_lowercase();
        self.atoms(value).is_some_and(|atoms| {
            let atoms: Vec<Atom> = atoms
                .into_iter()
                .flat_map(|atom| match atom {
                    Atom::Is(c) => lower(c).map(Atom::Is).collect::<Vec<_>>(),
                    other => vec![other],
                })
                .collect();
            fits(&atoms, &text.chars().flat_map(lower).collect::<Vec<_>>())
        })
    }

    fn atoms(&self, value: impl Fn(&Key) -> Option<String>) -> Option<Vec<Atom>> {
        let mut atoms = Vec::new();
        for token in &self.0 {
            match token {
                Token::Any => atoms.push(Atom::Any),
                Token::One => atoms.push(Atom::One),
                Token::Text(text) => atoms.extend(text.chars().map(Atom::Is)),
                Token::Variable { key, default } => {
                    let text = value(key).or_else(|| default.as_deref().map(str::to_owned))?;
                    atoms.extend(text.chars().map(Atom::Is));
                }
            }
        }
        Some(atoms)
    }

    /// The text before the first wildcard or variable.
    pub(super) fn start(&self) -> &str {
        match self.0.first() {
            Some(Token::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether the pattern stands for one text alone, whatever the request.
    pub(super) fn is_fixed(&self) -> bool {
        self.0.iter().all(|token| matches!(token, Token::Text(_)))
    }

    /// Every condition key that a variable names.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter().filter_map(|token| match token {
            Token::Variable { key, .. } => Some(key),
            Token::Text(_) | Token::Any | Token::One => None,
        })
    }
}

fn flush(plain: &mut String, tokens: &mut Vec<Token>) {
    if !plain.is_empty() {
        tokens.push(Token::Text(std::mem::take(plain).into()));
    }
}

fn variable(inner: &str) -> Result<Token, BadVariable> {
    let (name, default) = match inner.split_once(',') {
        None => (inner, None),
        Some((name, rest)) => {
            let quoted = rest.trim().strip_prefix('\'');
            let quoted = quoted.and_then(|rest| rest.strip_suffix('\''));
            (name, Some(quoted.ok_or(BadVariable)?))
        }
    };
    let key = Key::parse(name.trim()).ok_or(BadVariable)?;
    if key.is_multivalued() {
        return Err(BadVariable);
    }
    Ok(Token::Variable {
        key,
        default: default.map(Into::into),
    })
}

/// Goes back to the last `*` where a text does not go on as the pattern: at most one step for each
/// character of the pattern and each of the text, both of them bounded.
fn fits(atoms: &[Atom], text: &[char]) -> bool {
    let least = atoms.iter().filter(|atom| **atom != Atom::Any).count();
    if least > text.len() {
        return false;
    }
    let (mut at, mut in_text) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(next) = text.get(in_text) {
        match atoms.get(at) {
            Some(Atom::Any) => {
                at += 1;
                back = Some((at, in_text));
            }
            Some(Atom::One) => {
                at += 1;
                in_text += 1;
            }
            Some(Atom::Is(wanted)) if wanted == next => {
                at += 1;
                in_text += 1;
            }
            _ => {
                let Some((after, from)) = back else {
                    return false;
                };
                (at, in_text) = (after, from + 1);
                back = Some((after, in_text));
            }
        }
    }
    atoms
        .get(at..)
        .is_some_and(|rest| rest.iter().all(|atom| *atom == Atom::Any))
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Syntax};

    const ALL: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        let pattern = Pattern::parse(pattern, ALL).unwrap();
        let value = |key: &super::Key| match key.name().as_str() {
            "aws:username" => Some("ana*".to_owned()),
            _ => None,
        };
        assert_eq!(pattern.matches(text, value), expected, "{pattern:?} {text}");
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b", true),
            ("a", "a", true),
            ("a", "A", false),
            ("a*", "abc", true),
            ("a*", "ba", false),
            ("*c", "abc", true),
            ("*c", "abcd", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcdef", false),
            ("a?c", "abc", true),
            ("a?c", "añc", true),
            ("a?c", "ac", false),
            ("?", "", false),
            ("**", "x", true),
            ("*a*a*a*b", "aaaaaaaaaa", false),
            ("*.jpg", "a.jpg.jpg", true),
            ("a*?", "a", false),
            ("a*?", "ab", true),
        ] {
            check(pattern, text, expected);
        }
    }

    #[test]
    fn variables() {
        for (pattern, text, expected) in [
            ("home/${aws:username}/*", "home/ana*/x", true),
            ("home/${aws:username}/*", "home/anabel/x", false),
            ("home/${AWS:UserName}", "home/ana*", true),
            ("${jwt:sub}", "", false),
            ("*${jwt:sub}*", "x", false),
            ("${jwt:sub, 'nadie'}", "nadie", true),
            ("${ jwt:sub ,'*'}", "x", false),
            ("${*}${?}${$}", "*?$", true),
            ("${*}", "x", false),
            ("$x}", "$x}", true),
        ] {
            check(pattern, text, expected);
        }
        for bad in [
            "${aws:username",
            "${}",
            "${nobody}",
            "${jwt:a, x}",
            "${aws:username,}",
        ] {
            assert!(Pattern::parse(bad, ALL).is_err(), "{bad}");
        }
        let plain = Syntax {
            wildcards: false,
            variables: false,
        };
        let pattern = Pattern::parse("${x}*", plain).unwrap();
        assert!(pattern.matches("${x}*", |_| None));
    }
}
