//! Lines over ranks.

use std::fmt::Write as _;

use super::short;
use crate::report::Curves;
use crate::report::html::escaped;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 40.0;
/// Room for the names of lines.
const NAMES: f64 = 150.0;

/// Values to places.
struct Scale {
    low: f64,
    high: f64,
    ranks: usize,
    right: f64,
}

impl Scale {
    fn x(&self, rank: usize) -> f64 {
        let last = self.ranks.saturating_sub(1).max(1) as f64;
        LEFT + 10.0 + rank as f64 / last * (WIDTH - LEFT - 20.0 - self.right)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    }
}

/// Width, height and marks.
pub(super) fn drawn(curves: &Curves) -> (usize, usize, String) {
    let lines = curves.series.iter().take(Curves::MOST);
    let ranks = lines.clone().map(|own| own.values.len()).max().unwrap_or(0);
    // Numbers too far apart to be drawn are none.
    let range = curves
        .range()
        .filter(|(least, most)| (most - least).abs() < 1e100);
    let (least, most) = range.unwrap_or((0.0, 1.0));
    let step = step(if most > least {
        most - least
    } else {
        most.abs()
    });
    let names = curves.series.len() > 1;
    let scale = Scale {
        low: (least / step).floor() * step,
        high: ((most / step).floor() + 1.0) * step,
        ranks,
        right: if names { NAMES } else { 0.0 },
    };
    let mut out = String::new();
    axes(curves, &scale, step, &mut out);
    for (number, series) in (1..).zip(lines) {
        let points: Vec<(usize, f64, f64, f64)> = series
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_finite())
            .map(|(rank, value)| (rank, *value, scale.x(rank), scale.y(*value)))
            .collect();
        let path = points.iter().map(|(.., x, y)| format!("{x:.1},{y:.1}"));
        let path = path.collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            out,
            "<polyline class=\"line l{number}\" points=\"{path}\"/>"
        );
        for (rank, value, x, y) in &points {
            let _ = writeln!(
                out,
                "<circle class=\"dot d{number}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/><circle \
                 class=\"hit\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"10\"><title>{}, {} {}: {value:.4}\
                 </title></circle>",
                escaped(&series.name),
                escaped(&curves.x),
                rank + 1,
            );
        }
    }
    if names {
        legend(curves, &mut out);
    }
    (WIDTH as usize, HEIGHT as usize, out)
}

fn axes(curves: &Curves, scale: &Scale, step: f64, out: &mut String) {
    let end = WIDTH - scale.right;
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"12\">{}</text>",
        escaped(&curves.y)
    );
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let ticks = ((scale.high - scale.low) / step).round() as usize;
    for tick in 0..=ticks {
        let value = scale.low + step * tick as f64;
        let y = scale.y(value);
        let _ = writeln!(
            out,
            "<line class=\"rule\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text \
             x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value:.digits$}</text>",
            LEFT - 8.0,
            y + 4.0,
        );
    }
    let every = scale.ranks.div_ceil(12).max(1);
    for rank in (0..scale.ranks).step_by(every) {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            scale.x(rank),
            HEIGHT - BOTTOM + 16.0,
            rank + 1,
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        f64::midpoint(LEFT, end),
        HEIGHT - 6.0,
        escaped(&curves.x),
    );
}

/// The names of the lines, beside them.
fn legend(curves: &Curves, out: &mut String) {
    let x = WIDTH - NAMES + 14.0;
    for (number, series) in (1..).zip(curves.series.iter().take(Curves::MOST)) {
        let y = TOP + 18.0 * number as f64;
        let _ = writeln!(
            out,
            "<line class=\"line l{number}\" x1=\"{x}\" x2=\"{}\" y1=\"{:.1}\" y2=\"{:.1}\"/><text \
             class=\"name\" x=\"{}\" y=\"{y:.1}\">{}</text>",
            x + 16.0,
            y - 4.0,
            y - 4.0,
            x + 22.0,
            escaped(&short(&series.name, 18)),
        );
    }
}

/// A round distance between ticks, for four to eight of them.
fn step(range: f64) -> f64 {
    if range <= 0.0 || !range.is_finite() {
        return 1.0;
    }
    let rough = range / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|own| own * power);
    round.into_iter().find(|own| *own >= rough).unwrap_or(power)
}
