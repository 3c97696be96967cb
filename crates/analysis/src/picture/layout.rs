//! Places for boxes: in layers from top to bottom, each box below all that lead to it.
//!
//! An arrow over several layers gets a place in each of them, so that it goes around boxes. The
//! order within layers is that of the places before them, gone over a few times.

use super::{Kind, Picture};

/// Tenths of a pixel that a character of 12 pixels is wide in the usual fonts.
const CHARACTER: u32 = 73;
const LINE: u32 = 15;
const PADDING: u32 = 10;
const ACROSS: u32 = 24;
const DOWN: u32 = 48;
/// How often layers are ordered by their neighbours.
const SWEEPS: usize = 8;

/// A rectangle in pixels; its place is the middle of its upper edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Where everything goes.
pub(super) struct Layout {
    pub(super) boxes: Vec<Place>,
    /// By arrow: the stretches it goes straight down between its two boxes.
    pub(super) ways: Vec<Vec<Place>>,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Something with a place in a layer: a box, or an arrow on its way.
struct Cell {
    size: (u32, u32),
    layer: usize,
    above: Vec<usize>,
    below: Vec<usize>,
}

pub(super) fn layout(picture: &Picture) -> Layout {
    let mut cells: Vec<Cell> = layers(picture)
        .into_iter()
        .zip(&picture.boxes)
        .map(|(layer, one)| Cell {
            size: size(&one.lines),
            layer,
            above: Vec::new(),
            below: Vec::new(),
        })
        .collect();
    let mut ways = Vec::with_capacity(picture.arrows.len());
    for arrow in &picture.arrows {
        let mut way = Vec::new();
        let mut from = arrow.from;
        for layer in cells[arrow.from].layer + 1..cells[arrow.to].layer {
            let at = cells.len();
            cells.push(Cell {
                size: (0, 0),
                layer,
                above: vec![from],
                below: Vec::new(),
            });
            cells[from].below.push(at);
            way.push(at);
            from = at;
        }
        cells[from].below.push(arrow.to);
        cells[arrow.to].above.push(from);
        ways.push(way);
    }
    let rows = ordered(&cells);
    let places = placed(&cells, &rows);
    let right = places.iter().map(|place| place.x + place.width / 2).max();
    let bottom = places.iter().map(|place| place.y + place.height).max();
    Layout {
        ways: ways
            .iter()
            .map(|way| way.iter().map(|at| places[*at]).collect())
            .collect(),
        width: right.unwrap_or(0) + ACROSS,
        height: bottom.unwrap_or(0) + ACROSS,
        boxes: places[..picture.boxes.len()].to_vec(),
    }
}

fn size(lines: &[String]) -> (u32, u32) {
    let longest = lines.iter().map(|line| line.chars().count()).max();
    let width = longest.unwrap_or(0) as u32 * CHARACTER / 10;
    (width + 2 * PADDING, lines.len() as u32 * LINE + PADDING)
}

/// The layer of each box: one below the lowest that leads to it; decisions all in the last.
fn layers(picture: &Picture) -> Vec<usize> {
    let count = picture.boxes.len();
    let mut waiting = vec![0_usize; count];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for arrow in &picture.arrows {
        waiting[arrow.to] += 1;
        next[arrow.from].push(arrow.to);
    }
    let mut layers = vec![0; count];
    let mut open: Vec<usize> = (0..count).filter(|at| waiting[*at] == 0).collect();
    while let Some(at) = open.pop() {
        for to in &next[at] {
            layers[*to] = layers[*to].max(layers[at] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                open.push(*to);
            }
        }
    }
    let last = layers.iter().copied().max().unwrap_or(0);
    for (layer, one) in layers.iter_mut().zip(&picture.boxes) {
        if matches!(one.kind, Kind::Allow | Kind::Deny) {
            *layer = last;
        }
    }
    layers
}

/// The cells of each layer from left to right.
fn ordered(cells: &[Cell]) -> Vec<Vec<usize>> {
    let last = cells.iter().map(|cell| cell.layer).max().unwrap_or(0);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
    for (at, cell) in cells.iter().enumerate() {
        rows[cell.layer].push(at);
    }
    let mut position = vec![0_usize; cells.len()];
    let number = |row: &[usize], position: &mut Vec<usize>| {
        for (place, at) in row.iter().enumerate() {
            position[*at] = place;
        }
    };
    rows.iter().for_each(|row| number(row, &mut position));
    for sweep in 0..SWEEPS {
        let downwards = sweep % 2 == 0;
        for step in 0..rows.len() {
            let at = if downwards { step } else { last - step };
            let middle = |cell: &usize| {
                let near = if downwards {
                    &cells[*cell].above
                } else {
                    &cells[*cell].below
                };
                // In thousandths, to stay with whole numbers.
                let sum: usize = near.iter().map(|other| position[*other] * 1000).sum();
                sum.checked_div(near.len())
                    .unwrap_or(position[*cell] * 1000)
            };
            let row = &mut rows[at];
            let mut keyed: Vec<(usize, usize)> = row.iter().map(|c| (middle(c), *c)).collect();
            keyed.sort_by_key(|one| one.0);
            *row = keyed.into_iter().map(|one| one.1).collect();
            number(&rows[at], &mut position);
        }
    }
    rows
}

/// The place of each cell: rows centred under each other.
fn placed(cells: &[Cell], rows: &[Vec<usize>]) -> Vec<Place> {
    let width = |row: &Vec<usize>| -> u32 {
        row.iter().map(|at| cells[*at].size.0 + ACROSS).sum::<u32>() + ACROSS
    };
    let widest = rows.iter().map(width).max().unwrap_or(0);
    let mut places = vec![Place::default(); cells.len()];
    let mut y = ACROSS;
    for row in rows {
        let mut x = (widest - width(row)) / 2 + ACROSS;
        let mut tallest = 0;
        for at in row {
            let (width, height) = cells[*at].size;
            places[*at] = Place {
                x: x + width / 2,
                y,
                width,
                height,
            };
            x += width + ACROSS;
            tallest = tallest.max(height);
        }
        // An arrow passes beside the whole of the boxes.
        for at in row.iter().filter(|at| cells[**at].size.1 == 0) {
            places[*at].height = tallest;
        }
        y += tallest + DOWN;
    }
    places
}
