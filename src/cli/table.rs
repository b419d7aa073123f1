//! Aligned columns for people.

/// Rows below a head, the columns two spaces apart and as wide as their widest cell. Control
/// characters are replaced: what a server answers must not move the cursor of a terminal.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(&head)
        .chain(rows)
        .map(|row| row.iter().map(|cell| printable(cell)).collect())
        .collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|c| c.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The text without control characters.
pub(super) fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control(), "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[track_caller]
    fn check(head: &[&str], rows: &[&[&str]], expected: &str) {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|c| (*c).to_owned()).collect())
            .collect();
        assert_eq!(table(head, &rows), expected);
    }

    #[test]
    fn columns_are_aligned() {
        check(&["A"], &[], "A\n");
        check(
            &["A", "B"],
            &[&["1", "2"], &["333", ""]],
            "A    B\n1    2\n333\n",
        );
        check(
            &["CÓDIGO", "B"],
            &[&["ñandú", "x"]],
            "CÓDIGO  B\nñandú   x\n",
        );
        check(&["A"], &[&["\u{1b}[2J"]], "A\n\u{fffd}[2J\n");
    }
}
