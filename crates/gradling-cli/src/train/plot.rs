//! The learning curve and the decision boundary, as SVG and as PNG.

use super::boundary::{Part, Plane};
use super::colour::{Colour, HELD_OUT, INK, TRAINING, WHITE};
use super::curve::Scale;
use super::figures::Figures;
use super::fit::Epoch;
use super::raster::{self, Pixels};
use crate::number::short;
use gradling_model::Model;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::combinators::IntoLogRange;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::{
    Cartesian2d, Circle, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea,
    IntoFont, LineSeries, PathElement, Rectangle, SVGBackend, SeriesLabelPosition, Text, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle};
use std::error::Error;

const FONT: &str = "sans-serif";
const TEXT: i32 = 13;
const TITLE: i32 = 16;

type Outcome<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A picture, in both of its forms.
pub(super) struct Picture {
    pub(super) svg: String,
    pub(super) png: Vec<u8>,
}

impl Picture {
    /// What is drawn in the same way on both.
    fn new(size: (u32, u32), drawing: &impl Drawing) -> Result<Self, Box<dyn Error>> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            drawing.draw(&root)?;
            root.present()?;
        }
        let mut pixmap = raster::empty(size).ok_or("there is no room for the pixels")?;
        drawing.draw(&Pixels::on(&mut pixmap)?.into_drawing_area())?;
        Ok(Picture { svg, png: pixmap.encode_png()? })
    }
}

/// What can be drawn on anything.
trait Drawing {
    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>) -> Outcome<B>;
}

fn ink(share: f64) -> Colour {
    WHITE.mix(INK, share)
}

fn style(size: i32, share: f64) -> TextStyle<'static> {
    (FONT, size).into_font().color(&ink(share).svg())
}

/// The loss and the score by epoch, side by side.
struct Curve<'a> {
    title: &'a str,
    score_name: &'a str,
    epochs: &'a [Epoch],
}

pub(super) fn learning_curve(
    title: &str,
    score_name: &str,
    epochs: &[Epoch],
) -> Result<Picture, Box<dyn Error>> {
    Picture::new((920, 380), &Curve { title, score_name, epochs })
}

impl Drawing for Curve<'_> {
    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>) -> Outcome<B> {
        let Curve { title, score_name, epochs } = *self;
        root.fill(&WHITE.svg())?;
        root.draw(&Text::new(title.to_owned(), (24, 18), style(TITLE, 1.0)))?;
        let (_, below) = root.split_vertically(44);
        let (left, right) = below.split_horizontally(460);
        let loss = |figures: Figures| figures.loss;
        let score = |figures: Figures| figures.score;
        let Scale { low, high, logarithmic } = Scale::of(epochs);
        // Where nothing was learned there is still a range to draw.
        let high = if high > low { high } else { low + 1.0 };
        if logarithmic {
            panel(&left, "loss, on a logarithmic scale", epochs, (low..high).log_scale(), loss)?;
        } else {
            panel(&left, "loss", epochs, low..high * 1.05, loss)?;
        }
        panel(&right, score_name, epochs, score_range(epochs), score)
    }
}

/// From the lowest score, but not from far below 0, to 1.
fn score_range(epochs: &[Epoch]) -> std::ops::Range<f64> {
    let scores = epochs.iter().flat_map(|epoch| [Some(epoch.training), epoch.held_out]).flatten();
    let lowest = scores.map(|figures| figures.score).fold(0.9, f64::min);
    let lowest = (lowest * 10.0).floor() / 10.0;
    lowest.max(-1.0)..1.0
}

fn panel<B, Y>(
    area: &DrawingArea<B, Shift>,
    title: &str,
    epochs: &[Epoch],
    range: Y,
    figure: impl Fn(Figures) -> f64,
) -> Outcome<B>
where
    B: DrawingBackend,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
{
    let last = epochs.last().map_or(1, |epoch| epoch.number);
    let mut chart = ChartBuilder::on(area)
        .margin_left(12)
        .margin_right(28)
        .margin_bottom(12)
        .margin_top(6)
        .caption(title, style(TEXT + 1, 0.8))
        .x_label_area_size(42)
        .y_label_area_size(52)
        .build_cartesian_2d(1.0..(last as f64).max(2.0), range)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE.svg())
        .bold_line_style(ink(0.13).svg())
        .axis_style(ink(0.35).svg())
        .label_style(style(TEXT - 1, 0.75))
        .axis_desc_style(style(TEXT, 0.75))
        .x_desc("epoch")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| short(format!("{y:.2e}").parse().unwrap_or(*y)))
        .draw()?;
    let points = |of: &dyn Fn(&Epoch) -> Option<Figures>| -> Vec<(f64, f64)> {
        let point = |epoch: &Epoch| Some((epoch.number as f64, figure(of(epoch)?)));
        epochs.iter().filter_map(point).filter(|(_, y)| y.is_finite()).collect()
    };
    line(&mut chart, "training", TRAINING, points(&|epoch| Some(epoch.training)))?;
    let held_out = points(&|epoch| epoch.held_out);
    if !held_out.is_empty() {
        line(&mut chart, "held out", HELD_OUT, held_out)?;
    }
    // The loss falls and the score rises, so the lines leave these corners free.
    let rises =
        epochs.first().map(|e| figure(e.training)) < epochs.last().map(|e| figure(e.training));
    chart
        .configure_series_labels()
        .position(if rises {
            SeriesLabelPosition::LowerRight
        } else {
            SeriesLabelPosition::UpperRight
        })
        .background_style(WHITE.svg().mix(0.85))
        .label_font(style(TEXT, 0.9))
        .margin(8)
        .draw()
}

fn line<B: DrawingBackend, Y: Ranged<ValueType = f64>>(
    chart: &mut ChartContext<'_, B, Cartesian2d<plotters::coord::types::RangedCoordf64, Y>>,
    name: &str,
    colour: Colour,
    points: Vec<(f64, f64)>,
) -> Outcome<B> {
    let stroke = ShapeStyle { color: colour.svg().to_rgba(), filled: false, stroke_width: 2 };
    chart
        .draw_series(LineSeries::new(points, stroke))?
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], stroke));
    Ok(())
}

/// The side of the plane in pixels, and of a cell of it, which divides it.
const SIDE: i32 = 480;
const CELL: i32 = 4;
/// Left of the plane and above it.
const LEFT: i32 = 76;
const TOP: i32 = 72;
/// Fields are drawn in so many shades, so that neighbours of one shade become one rectangle.
const SHADES: f64 = 12.0;

/// What the model says of each point of the plane, and the rows on it.
struct Boundary<'a> {
    title: &'a str,
    plane: &'a Plane,
    /// The colour of each cell, row by row.
    colours: Vec<Colour>,
}

const CELLS: usize = (SIDE / CELL) as usize;

pub(super) fn boundary(
    title: &str,
    plane: &Plane,
    model: &Model,
) -> Result<Picture, Box<dyn Error>> {
    let opinions = plane.opinions(model, CELLS, CELLS);
    let colours = opinions
        .iter()
        .map(|opinion| {
            let certainty = (opinion.certainty * SHADES).round() / SHADES;
            WHITE.mix(Colour::of_class(opinion.class), 0.06 + 0.3 * certainty)
        })
        .collect();
    let size = ((LEFT + SIDE + 28) as u32, (TOP + SIDE + 64) as u32);
    Picture::new(size, &Boundary { title, plane, colours })
}

impl Drawing for Boundary<'_> {
    fn draw<B: DrawingBackend>(&self, root: &DrawingArea<B, Shift>) -> Outcome<B> {
        root.fill(&WHITE.svg())?;
        root.draw(&Text::new(self.title.to_owned(), (LEFT, 16), style(TITLE, 1.0)))?;
        legend(root, self.plane)?;
        fields(root, &self.colours)?;
        points(root, self.plane)?;
        axes(root, self.plane)
    }
}

type Area<B> = DrawingArea<B, Shift>;

fn fields<B: DrawingBackend>(root: &Area<B>, colours: &[Colour]) -> Outcome<B> {
    for (row, line) in (0..).zip(colours.chunks(CELLS)) {
        let mut from = 0;
        for run in line.chunk_by(|a, b| a == b) {
            let (left, top) = (LEFT + from * CELL, TOP + row * CELL);
            // Under its neighbours, which come later, so that no hairline shows between them.
            let right = (left + run.len() as i32 * CELL + 1).min(LEFT + SIDE);
            let bottom = (top + CELL + 1).min(TOP + SIDE);
            root.draw(&Rectangle::new([(left, top), (right, bottom)], run[0].svg().filled()))?;
            from += run.len() as i32;
        }
    }
    Ok(())
}

/// Rows that were learned from are small, those held out larger and with an edge.
fn points<B: DrawingBackend>(root: &Area<B>, plane: &Plane) -> Outcome<B> {
    for point in &plane.points {
        let at = (
            LEFT + (point.across * f64::from(SIDE)).round() as i32,
            TOP + ((1.0 - point.up) * f64::from(SIDE)).round() as i32,
        );
        dot(root, at, Colour::of_class(point.class), point.of)?;
    }
    Ok(())
}

fn dot<B: DrawingBackend>(root: &Area<B>, at: (i32, i32), colour: Colour, of: Part) -> Outcome<B> {
    let (radius, edge) = match of {
        Part::Training => (4, WHITE),
        Part::HeldOut => (5, INK),
    };
    root.draw(&Circle::new(at, radius, colour.svg().filled()))?;
    root.draw(&Circle::new(at, radius, edge.svg().stroke_width(1)))
}

fn legend<B: DrawingBackend>(root: &Area<B>, plane: &Plane) -> Outcome<B> {
    // Letters of this size are about 7 pixels wide.
    let (y, mut x) = (TOP - 18, LEFT + 5);
    let mut entry = |text: &str, colour: Colour, of: Part| -> Outcome<B> {
        let width = 30 + 7 * text.chars().count() as i32;
        if x + width < LEFT + SIDE {
            dot(root, (x, y), colour, of)?;
            let middle = style(TEXT, 0.9).pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new(text.to_owned(), (x + 11, y), middle))?;
        }
        x += width;
        Ok(())
    };
    for (class, label) in plane.labels.iter().enumerate() {
        entry(label, Colour::of_class(class), Part::Training)?;
    }
    if plane.points.iter().any(|point| point.of == Part::HeldOut) {
        entry("held out", ink(0.25), Part::HeldOut)?;
    }
    Ok(())
}

fn axes<B: DrawingBackend>(root: &Area<B>, plane: &Plane) -> Outcome<B> {
    let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
    let frame = ink(0.35).svg().stroke_width(1);
    root.draw(&Rectangle::new([(LEFT, TOP), (right, bottom)], frame))?;
    let label = |text: String, at: (i32, i32), across: HPos, up: VPos, share: f64| {
        root.draw(&Text::new(text, at, style(TEXT, share).pos(Pos::new(across, up))))
    };
    for (tick, share) in ticks(plane.across.ends()) {
        let x = LEFT + (share * f64::from(SIDE)).round() as i32;
        root.draw(&PathElement::new([(x, bottom), (x, bottom + 5)], frame))?;
        label(short(tick), (x, bottom + 9), HPos::Center, VPos::Top, 0.75)?;
    }
    for (tick, share) in ticks(plane.up.ends()) {
        let y = bottom - (share * f64::from(SIDE)).round() as i32;
        root.draw(&PathElement::new([(LEFT - 5, y), (LEFT, y)], frame))?;
        label(short(tick), (LEFT - 9, y), HPos::Right, VPos::Center, 0.75)?;
    }
    let middle = SIDE / 2;
    label(plane.across.name.clone(), (LEFT + middle, bottom + 36), HPos::Center, VPos::Top, 0.9)?;
    let turned = (FONT, TEXT)
        .into_font()
        .transform(plotters::style::FontTransform::Rotate270)
        .color(&ink(0.9).svg())
        .pos(Pos::new(HPos::Center, VPos::Top));
    root.draw(&Text::new(plane.up.name.clone(), (20, TOP + middle), turned))
}

/// Round numbers between the ends of an axis, about five, and their shares of it.
fn ticks((low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let width = high - low;
    if !(width > 0.0 && width.is_finite()) {
        return Vec::new();
    }
    let power = 10_f64.powf((width / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| width / step <= 6.0)
        .unwrap_or(width);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    // Numbers so large that steps between them are lost to rounding have no ticks.
    let count = if (last - first) < 100.0 { (last - first) as usize + 1 } else { 0 };
    (0..count).map(|i| (first + i as f64) * step).map(|x| (x, (x - low) / width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_between_the_ends() {
        let numbers = |ends| ticks(ends).into_iter().map(|(x, _)| short(x)).collect::<Vec<_>>();
        assert_eq!(numbers((-1.3, 2.2)), ["-1", "0", "1", "2"]);
        assert_eq!(numbers((0.0, 1.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(numbers((995.0, 1031.0)), ["1000", "1010", "1020", "1030"]);
        assert!(numbers((1.0, 1.0)).is_empty() && numbers((f64::MIN, f64::MAX)).is_empty());
        assert_eq!(ticks((0.0, 10.0))[1], (2.0, 0.2));
    }
}
