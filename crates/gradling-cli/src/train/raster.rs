//! Drawings in pixels: what plotters draws as SVG, drawn by tiny-skia and written as PNG.
//!
//! Places and sizes are those of the SVG, and [`SCALE`] pixels are one of its units. Letters are those of one
//! font, which is in the program, so that a picture is the same on every machine.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind, FontTransform,
};
use std::convert::Infallible;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};
use ttf_parser::{Face, FaceParsingError, GlyphId, OutlineBuilder};

/// DejaVu Sans, less what is not Latin, Greek, Cyrillic or a sign of mathematics.
const FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
const SCALE: f32 = 2.0;
/// Letters are smaller than what plotters calls the size of a font.
const LETTERS: f64 = 1.24;

type Outcome = Result<(), DrawingErrorKind<Infallible>>;

/// What is drawn on.
pub(super) struct Pixels<'a> {
    pixmap: &'a mut Pixmap,
    font: Face<'static>,
}

/// An empty picture of this size, in the units of the SVG; none if there is no room for it.
pub(super) fn empty((width, height): (u32, u32)) -> Option<Pixmap> {
    let scaled = |size: u32| (size as f32 * SCALE) as u32;
    Pixmap::new(scaled(width), scaled(height))
}

impl<'a> Pixels<'a> {
    pub(super) fn on(pixmap: &'a mut Pixmap) -> Result<Self, FaceParsingError> {
        Ok(Pixels { pixmap, font: Face::parse(FONT, 0)? })
    }

    fn fill(&mut self, path: Option<Path>, color: BackendColor, place: Transform) -> Outcome {
        if let Some(path) = path {
            let place = place.post_scale(SCALE, SCALE);
            self.pixmap.fill_path(&path, &paint(color), FillRule::Winding, place, None);
        }
        Ok(())
    }

    fn stroke<S: BackendStyle>(&mut self, path: Option<Path>, style: &S) -> Outcome {
        if let Some(path) = path {
            let stroke = Stroke {
                width: style.stroke_width() as f32,
                line_cap: LineCap::Butt,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            let place = Transform::from_scale(SCALE, SCALE);
            self.pixmap.stroke_path(&path, &paint(style.color()), &stroke, place, None);
        }
        Ok(())
    }

    fn draw<S: BackendStyle>(&mut self, path: Option<Path>, style: &S, fill: bool) -> Outcome {
        match fill {
            true => self.fill(path, style.color(), Transform::identity()),
            false => self.stroke(path, style),
        }
    }
}

fn paint(color: BackendColor) -> Paint<'static> {
    let (r, g, b) = color.rgb;
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(r, g, b, (color.alpha * 255.0).round() as u8));
    paint
}

fn polyline(points: impl IntoIterator<Item = BackendCoord>) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (x, y) in points {
        match path.is_empty() {
            true => path.move_to(x as f32, y as f32),
            false => path.line_to(x as f32, y as f32),
        }
    }
    path
}

impl DrawingBackend for Pixels<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let units = |pixels: u32| (pixels as f32 / SCALE) as u32;
        (units(self.pixmap.width()), units(self.pixmap.height()))
    }

    fn ensure_prepared(&mut self) -> Outcome {
        Ok(())
    }

    fn present(&mut self) -> Outcome {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Outcome {
        let pixel = Rect::from_xywh(x as f32, y as f32, 1.0, 1.0).map(PathBuilder::from_rect);
        self.fill(pixel, color, Transform::identity())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Outcome {
        self.stroke(polyline([from, to]).finish(), style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Outcome {
        let rect = Rect::from_ltrb(left as f32, top as f32, right as f32, bottom as f32);
        self.draw(rect.map(PathBuilder::from_rect), style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Outcome {
        self.stroke(polyline(path).finish(), style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Outcome {
        self.draw(PathBuilder::from_circle(x as f32, y as f32, radius as f32), style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Outcome {
        let mut path = polyline(corners);
        path.close();
        self.fill(path.finish(), style.color(), Transform::identity())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (across, from_top): BackendCoord,
    ) -> Outcome {
        let size = (style.size() / LETTERS) as f32;
        let unit = size / f32::from(self.font.units_per_em());
        let glyphs: Vec<GlyphId> =
            text.chars().map(|letter| self.font.glyph_index(letter).unwrap_or_default()).collect();
        let advance = |&glyph| f32::from(self.font.glyph_hor_advance(glyph).unwrap_or(0)) * unit;
        let width: f32 = glyphs.iter().map(advance).sum();
        // As the SVG has it: 0.76em and 0.5ex.
        let x = self.font.glyph_index('x').and_then(|x| self.font.glyph_bounding_box(x));
        let half_ex = x.map_or(0.0, |x| f32::from(x.y_max) * unit / 2.0);
        let anchor = style.anchor();
        let left = match anchor.h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let down = match anchor.v_pos {
            VPos::Top => 0.76 * size,
            VPos::Center => half_ex,
            VPos::Bottom => -half_ex,
        };
        let mut letters = Letters { path: PathBuilder::new(), at: (left, down), unit };
        for glyph in &glyphs {
            self.font.outline_glyph(*glyph, &mut letters);
            letters.at.0 += advance(glyph);
        }
        let turned = match style.transform() {
            FontTransform::None => 0.0,
            FontTransform::Rotate90 => 90.0,
            FontTransform::Rotate180 => 180.0,
            FontTransform::Rotate270 => 270.0,
        };
        let place = Transform::from_rotate(turned).post_translate(across as f32, from_top as f32);
        self.fill(letters.path.finish(), style.color(), place)
    }
}

/// Outlines of letters, one after the other. A font counts upwards, and a picture down.
struct Letters {
    path: PathBuilder,
    at: (f32, f32),
    unit: f32,
}

impl Letters {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.at.0 + x * self.unit, self.at.1 - y * self.unit)
    }
}

impl OutlineBuilder for Letters {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) =
            (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
