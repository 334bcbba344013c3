//! The picture as SVG: what is visible, how large it is, where it goes, and then the text of the file.
//!
//! The file uses presentation attributes alone: no scripts, no style sheet that could leak into the page
//! around it, no foreign objects. So it looks the same in browsers, notebooks, CairoSVG, resvg and rsvg.

mod edge;
mod legend;
mod node;
mod page;
mod paint;
mod region;
mod shape;
mod words;

use crate::graph::Graph;
use crate::group::{Shows, View};
use crate::layout::{Layout, Problem, Rect, RegionSpec, Spacing, arrange};
use crate::options::{Detail, Direction, Options};
use crate::theme;

use paint::{Anchor, Canvas, Gradient};
use shape::{Shape, Style, shapes};

/// Up to this many boxes, [`Detail::Auto`] writes records.
const MOST_RECORDS: usize = 400;

/// Around everything.
const MARGIN: f64 = 24.0;
const HEADING_HEIGHT: f64 = 34.0;

impl Graph {
    /// The graph as an SVG picture.
    ///
    /// A value is a box with its label, its number and its gradient; the operation that made it stands in
    /// front. The gradient is tinted blue where it is positive and orange where it is negative, the
    /// stronger the larger it is beside the largest of the picture (by the square root, so that small ones
    /// show); a bar below says the same to the right and to the left of the middle. A line has the colour
    /// of the gradient of the value it carries. "–" is a gradient that was never computed.
    ///
    /// Where things stand depends on the graph, the labels and the options alone: a picture drawn again
    /// after a step of training differs only in its numbers and colours.
    ///
    /// Each node, edge and group is an element of its own, with `data-id`, `data-from`, `data-to` and
    /// `data-group`, for a page that wants to react to the pointer.
    pub fn to_svg(&self, options: &Options) -> String {
        Picture::new(self, options).write()
    }
}

/// All that is decided before the first character is written.
struct Picture<'a> {
    graph: &'a Graph,
    options: &'a Options,
    view: View,
    style: Style,
    shapes: Vec<Shape>,
    layout: Layout,
    gradient: Gradient,
    /// Values in each region, those in its regions included.
    members: Vec<usize>,
}

impl<'a> Picture<'a> {
    fn new(graph: &'a Graph, options: &'a Options) -> Self {
        let view = View::new(graph, &options.fold);
        let marks = match options.detail {
            // A page shows details when they are near.
            _ if options.is_for_page() => false,
            Detail::Auto => view.boxes.len() > MOST_RECORDS,
            Detail::Records => false,
            Detail::Marks => true,
        };
        let style = Style { marks, direction: options.direction };
        let shapes = shapes(graph, &view, style);
        let spacing = if options.is_for_page() {
            // Room for the local derivative on a line, and for the order above a badge.
            match options.direction {
                Direction::LeftToRight => {
                    Spacing { boxes: 22.0, lines: 16.0, ranks: 84.0, padding: 18.0 }
                }
                Direction::TopToBottom => {
                    Spacing { boxes: 18.0, lines: 16.0, ranks: 48.0, padding: 18.0 }
                }
            }
        } else if marks {
            Spacing { boxes: 3.0, lines: 3.0, ranks: 20.0, padding: 10.0 }
        } else {
            Spacing { boxes: 12.0, lines: 10.0, ranks: 34.0, padding: 16.0 }
        };
        let layout = arrange(&Problem {
            direction: options.direction,
            spacing,
            boxes: shapes.iter().map(|shape| shape.size).collect(),
            region_of: view.boxes.iter().map(|visible| visible.region).collect(),
            regions: view
                .regions
                .iter()
                .map(|region| RegionSpec {
                    parent: region.parent,
                    header: region::header(&graph.groups[region.group].name),
                })
                .collect(),
            links: view.links.iter().map(|link| [link.from, link.to]).collect(),
        });
        let mut members = vec![0; view.regions.len()];
        for visible in &view.boxes {
            if let Some(region) = visible.region {
                members[region] += match visible.shows {
                    Shows::Value(_) => 1,
                    Shows::Folded { values, .. } => values,
                };
            }
        }
        for region in (0..members.len()).rev() {
            if let Some(parent) = view.regions[region].parent {
                members[parent] += members[region];
            }
        }
        let gradient = Gradient::of(graph);
        Picture { graph, options, view, style, shapes, layout, gradient, members }
    }

    fn write(&self) -> String {
        if self.options.is_for_page() {
            return self.write_for_page();
        }
        let heading =
            self.options.title.as_ref().map(|title| theme::HEADING.fit(title, theme::HEADING_ROOM));
        let (above, heading_width) = match &heading {
            Some(heading) => (HEADING_HEIGHT, theme::HEADING.width(heading)),
            None => (0.0, 0.0),
        };
        let legend = legend::width(self.style);
        let width = (self.layout.width.max(heading_width).max(legend) + 2.0 * MARGIN).ceil();
        let top = MARGIN + above;
        let height = (top + self.layout.height + legend::HEIGHT + MARGIN).ceil();

        let mut body = Canvas::with_capacity(400 + 1_000 * self.view.boxes.len());
        let paper = Rect { x: 0.5, y: 0.5, width: width - 1.0, height: height - 1.0 };
        body.rect(paper, 12.0);
        body.fill(theme::PAPER);
        body.stroke(theme::FAINT, 1.0);
        body.raw("/>\n");
        if let Some(heading) = &heading {
            body.text(heading, [MARGIN, MARGIN + 14.0], theme::HEADING, theme::INK, Anchor::Start);
        }
        let left = ((width - self.layout.width) / 2.0).floor();
        body.draw("<g transform='translate(@ @)'>\n", &[left, top]);
        self.write_regions(&mut body);
        self.write_edges(&mut body);
        self.write_region_names(&mut body);
        self.write_nodes(&mut body);
        body.raw("</g>\n");
        self.write_legend(&mut body, [MARGIN, height - MARGIN + 2.0]);
        let body = body.finish();

        // Ids must differ between the pictures of one page, and be the same for the same picture: they are
        // a hash of what is drawn (FNV-1a).
        let id = body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let (title, desc) = (format!("gl-{id:016x}-t"), format!("gl-{id:016x}-d"));
        let mut out = Canvas::with_capacity(body.len() + 1_000);
        out.raw("<svg xmlns='http://www.w3.org/2000/svg' ");
        out.draw("width='@' height='@' viewBox='0 0 @ @' ", &[width, height, width, height]);
        // Shrinks to the page and keeps its proportions. `block-size` is the height under a name that only
        // browsers know: CairoSVG would take `height:auto` for a size.
        out.raw("style='max-width:100%;block-size:auto' role='img' ");
        out.raw(&format!("aria-labelledby='{title} {desc}' font-family=\"{}\">\n", theme::FONTS));
        out.raw(&format!("<title id='{title}'>"));
        out.escaped(&self.title());
        out.raw(&format!("</title>\n<desc id='{desc}'>"));
        out.escaped(&self.description());
        out.raw("</desc>\n");
        out.raw(&body);
        out.raw("</svg>\n");
        out.finish()
    }
}

#[cfg(test)]
mod tests;
