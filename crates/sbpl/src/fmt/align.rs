//! Comments behind code: two columns away, or in one column where their author had them so.

use super::measure::columns;

/// A line of output.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) code: String,
    /// A comment behind the code, and the column it had.
    pub(super) comment: Option<(String, usize)>,
}

/// The lines with their comments in place.
pub(super) fn aligned(lines: Vec<Line>) -> impl Iterator<Item = String> {
    let mut columns_of = vec![0; lines.len()];
    let mut start = 0;
    while start < lines.len() {
        let column = |at: usize| {
            lines
                .get(at)
                .and_then(|line| Some(line.comment.as_ref()?.1))
        };
        let mut end = start + 1;
        while column(start).is_some() && column(end) == column(start) {
            end += 1;
        }
        let widest = lines[start..end].iter().map(|line| columns(&line.code));
        let widest = widest.max().unwrap_or(0);
        columns_of[start..end].fill(widest + 2);
        start = end;
    }
    lines.into_iter().zip(columns_of).map(|(line, column)| {
        let mut text = line.code;
        if let Some((comment, _)) = line.comment {
            let gap = column.saturating_sub(columns(&text));
            text.extend(std::iter::repeat_n(' ', gap));
            text.push_str(&comment);
        }
        text
    })
}
