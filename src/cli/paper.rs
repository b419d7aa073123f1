//! `acervo completions` and `acervo man`: what packagers install beside the binary.

use std::path::Path;

use clap_complete::Shell;

use crate::config::Locale;

use super::{Console, Exit, complain, help};

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell, locale: Locale, console: &mut Console<'_>) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut help::command(locale), "acervo", &mut text);
    ended(console.out.write_all(&text), console)
}

/// Writes a manual page for every command into a directory: `acervo.1`, `acervo-serve.1`, …
pub(super) fn man(directory: &Path, locale: Locale, console: &mut Console<'_>) -> Exit {
    let written = std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(help::command(locale), directory));
    ended(written, console)
}

fn ended(written: std::io::Result<()>, console: &mut Console<'_>) -> Exit {
    match written {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(console, &error.to_string());
            Exit::Failed
        }
    }
}
