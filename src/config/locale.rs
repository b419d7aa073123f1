//! The language in which people are spoken to.

/// Spanish or English.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Locale {
    /// Spanish.
    Es,
    /// English.
    En,
}

impl Locale {
    /// The language of a POSIX locale name such as `es_MX.UTF-8`: Spanish for `es…`, else English.
    pub fn of_posix(name: &str) -> Self {
        let language = name.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("es") {
            Self::Es
        } else {
            Self::En
        }
    }

    /// One of two texts.
    pub const fn pick<T: Copy>(self, es: T, en: T) -> T {
        match self {
            Self::Es => es,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn posix_names() {
        for (name, expected) in [
            ("es_MX.UTF-8", Locale::Es),
            ("es", Locale::Es),
            ("ES@euro", Locale::Es),
            ("en_US.UTF-8", Locale::En),
            ("est", Locale::En),
            ("C.UTF-8", Locale::En),
            ("", Locale::En),
        ] {
            assert_eq!(Locale::of_posix(name), expected, "{name}");
        }
    }
}
