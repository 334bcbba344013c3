//! What a classifier of two numeric features says of each point of the plane, drawn in the terminal.

use super::colour::{Colour, Depth, NIGHT, WHITE};
use super::data::{Data, Samples};
use super::text::plain;
use crate::number::short;
use anstyle::Style;
use gradling_data::{Code, Feature, Matrix, Standard, Targets};
use gradling_model::{Model, Predictions};
use std::io::{self, Write};

/// Letters across and down; each is two points of the plane high.
const WIDTH: usize = 60;
const HEIGHT: usize = 22;
/// How much wider the plane is than its points, on each side.
const MARGIN: f64 = 0.08;

/// The rectangle around the rows, in standard scores.
pub(super) struct Plane {
    pub(super) across: Axis,
    pub(super) up: Axis,
    pub(super) points: Vec<Point>,
    pub(super) labels: Vec<String>,
}

/// A feature and the range of it that is drawn.
pub(super) struct Axis {
    pub(super) name: String,
    standard: Standard,
    low: f64,
    high: f64,
}

/// A row, in shares of the axes from 0 to 1.
pub(super) struct Point {
    pub(super) across: f64,
    pub(super) up: f64,
    pub(super) class: usize,
    pub(super) of: Part,
}

/// Whether a row was learned from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Training,
    HeldOut,
}

/// The most probable class and how much more probable it is than by chance, from 0 to 1.
#[derive(Clone, Copy)]
pub(super) struct Opinion {
    pub(super) class: usize,
    pub(super) certainty: f64,
}

impl Axis {
    fn of(feature: &Feature, scores: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let Code::Number(standard) = feature.code else {
            return None;
        };
        let low = scores.clone().fold(f64::INFINITY, f64::min);
        let high = scores.fold(f64::NEG_INFINITY, f64::max);
        let margin = MARGIN * (high - low);
        let drawn = margin > 0.0 && margin.is_finite();
        drawn.then(|| Axis {
            name: plain(&feature.name),
            standard,
            low: low - margin,
            high: high + margin,
        })
    }

    fn share(&self, score: f64) -> f64 {
        (score - self.low) / (self.high - self.low)
    }

    fn score(&self, share: f64) -> f64 {
        self.low + share * (self.high - self.low)
    }

    /// The ends of the axis in the feature's own unit.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.standard.decode(self.low), self.standard.decode(self.high))
    }
}

impl Plane {
    /// The plane of two numeric features and classes; `None` for any other data.
    pub(super) fn of(data: &Data) -> Option<Self> {
        let [across, up] = data.encoder.features() else {
            return None;
        };
        let parts = [(&data.train, Part::Training), (&data.held_out, Part::HeldOut)];
        let column = |column: usize| {
            parts.into_iter().flat_map(move |(samples, _)| {
                samples.inputs.data.chunks_exact(2).map(move |row| row[column])
            })
        };
        if data.train.inputs.cols != 2 {
            return None;
        }
        let (across, up) = (Axis::of(across, column(0))?, Axis::of(up, column(1))?);
        let mut points = Vec::new();
        for (Samples { inputs, targets }, of) in parts {
            let Targets::Classes(classes) = targets else {
                return None;
            };
            points.extend(inputs.data.chunks_exact(2).zip(classes).map(|(row, &class)| Point {
                across: across.share(row[0]),
                up: up.share(row[1]),
                class,
                of,
            }));
        }
        let labels =
            (0..).map_while(|class| data.encoder.label(class)).map(|label| plain(&label)).collect();
        Some(Plane { across, up, points, labels })
    }

    /// The opinions in the middle of each cell of a grid, the top row first.
    pub(super) fn opinions(&self, model: &Model, cols: usize, rows: usize) -> Vec<Opinion> {
        let middle = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
        let data = (0..rows)
            .flat_map(|row| (0..cols).map(move |col| (row, col)))
            .flat_map(|(row, col)| {
                [self.across.score(middle(col, cols)), self.up.score(1.0 - middle(row, rows))]
            })
            .collect();
        let predictions = model.predict(&Matrix { rows: rows * cols, cols: 2, data });
        let classes = predictions.most_probable().unwrap_or_default();
        let Predictions::Classes(probabilities) = predictions else {
            return Vec::new();
        };
        let chance = 1.0 / probabilities.cols as f64;
        let opinion = |(row, class): (usize, usize)| {
            let certainty = (probabilities.row(row)[class] - chance) / (1.0 - chance);
            // A network that overflowed here has no opinion.
            Opinion { class, certainty: if certainty.is_nan() { 0.0 } else { certainty } }
        };
        classes.into_iter().enumerate().map(opinion).collect()
    }
}

/// How the terminal is drawn on.
#[derive(Clone, Copy)]
pub(super) enum Pen {
    /// Half blocks in colour.
    Colour(Depth),
    /// Letters alone.
    Letters,
}

/// Writes the plane with its points.
pub(super) fn write(out: &mut dyn Write, plane: &Plane, model: &Model, pen: Pen) -> io::Result<()> {
    let dim = Style::new().dimmed();
    let ((left, right), (bottom, top)) = (plane.across.ends(), plane.up.ends());
    let [left, right, bottom, top] = [left, right, bottom, top].map(two_digits);
    writeln!(out, "{}", plane.up.name)?;
    let picture = match pen {
        Pen::Colour(depth) => half_blocks(plane, model, depth),
        Pen::Letters => letters(plane, model),
    };
    for (row, line) in picture.iter().enumerate() {
        let (label, mark) = match row {
            0 => (top.as_str(), '┤'),
            row if row + 1 == HEIGHT => (bottom.as_str(), '┤'),
            _ => ("", '│'),
        };
        writeln!(out, "{label:>9} {dim}{mark}{dim:#}{line}")?;
    }
    writeln!(out, "{:9} {dim}└{}{dim:#}", "", "─".repeat(WIDTH))?;
    let gap = WIDTH.saturating_sub(left.len());
    writeln!(out, "{:11}{left}{right:>gap$}  {}", "", plane.across.name)?;
    write!(out, "{:11}", "")?;
    for (class, label) in plane.labels.iter().enumerate() {
        match pen {
            Pen::Colour(depth) => {
                let style = bright(class).text(depth);
                write!(out, "{style}●{style:#} {label}   ")?;
            }
            Pen::Letters => {
                let (point, field) = signs(class);
                write!(out, "{point} {label} (on '{field}')   ")?;
            }
        }
    }
    writeln!(out)
}

/// Two digits after the first are enough at an axis.
fn two_digits(x: f64) -> String {
    short(format!("{x:.2e}").parse().unwrap_or(x))
}

/// For each letter of a grid, the class of the last point there, held-out ones last.
fn classes_of_points(plane: &Plane, rows: usize) -> Vec<Option<usize>> {
    let mut classes = vec![None; rows * WIDTH];
    for point in &plane.points {
        // Points lie within the margins, so well below the ends.
        let col = (point.across * WIDTH as f64) as usize;
        let row = ((1.0 - point.up) * rows as f64) as usize;
        if let Some(place) = classes.get_mut(row * WIDTH + col) {
            *place = Some(point.class);
        }
    }
    classes
}

fn bright(class: usize) -> Colour {
    Colour::of_class(class).mix(WHITE, 0.45)
}

fn half_blocks(plane: &Plane, model: &Model, depth: Depth) -> Vec<String> {
    let rows = 2 * HEIGHT;
    let opinions = plane.opinions(model, WIDTH, rows);
    let fields = opinions
        .iter()
        .map(|opinion| NIGHT.mix(Colour::of_class(opinion.class), 0.15 + 0.47 * opinion.certainty));
    let points = classes_of_points(plane, rows);
    let colours: Vec<Colour> =
        fields.zip(points).map(|(field, point)| point.map_or(field, bright)).collect();
    let letter = |(upper, lower): (&Colour, &Colour)| {
        let style = upper.text(depth).bg_color(Some(lower.terminal(depth)));
        format!("{style}▀{style:#}")
    };
    let lines = colours.chunks_exact(2 * WIDTH).map(|pair| pair.split_at(WIDTH));
    lines.map(|(upper, lower)| upper.iter().zip(lower).map(letter).collect()).collect()
}

fn letters(plane: &Plane, model: &Model) -> Vec<String> {
    let opinions = plane.opinions(model, WIDTH, HEIGHT);
    let points = classes_of_points(plane, HEIGHT);
    let sign = |(opinion, point): (&Opinion, &Option<usize>)| match *point {
        Some(class) => signs(class).0,
        None => signs(opinion.class).1,
    };
    let lines = opinions.chunks(WIDTH).zip(points.chunks(WIDTH));
    lines.map(|(opinions, points)| opinions.iter().zip(points).map(sign).collect()).collect()
}

/// The letters for a class's points and field; those after the eighth begin anew.
fn signs(class: usize) -> (char, char) {
    const SIGNS: [(char, char); 8] = [
        ('o', ' '),
        ('x', '.'),
        ('+', ':'),
        ('*', '-'),
        ('#', '~'),
        ('%', '\''),
        ('@', '"'),
        ('&', ','),
    ];
    SIGNS[class % SIGNS.len()]
}
