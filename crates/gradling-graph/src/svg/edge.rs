//! Lines: from a box to the operations it is used in, with an arrowhead, in the colour of its gradient.

use super::Picture;
use super::paint::{Anchor, Canvas};
use crate::options::Direction;
use crate::text::{Font, plural};
use crate::theme;

impl Picture<'_> {
    pub(super) fn write_edges(&self, out: &mut Canvas) {
        let along = match self.style.direction {
            Direction::LeftToRight => 0,
            Direction::TopToBottom => 1,
        };
        let landings = self.landings(along);
        let for_page = self.options.is_for_page();
        let arrow = if self.style.marks { 3.5 } else { 6.0 };
        if !for_page {
            out.raw("<g fill='none' stroke-linejoin='round'>\n");
        }
        for (index, link) in self.view.links.iter().enumerate() {
            let strongest = link
                .values
                .iter()
                .map(|&node| self.graph.nodes[node].grad)
                .max_by(|a, b| self.gradient.strength(*a).total_cmp(&self.gradient.strength(*b)))
                .flatten();
            let strength = self.gradient.strength(strongest);
            let width = if self.style.marks { 0.7 + 1.1 * strength } else { 1.2 + 1.4 * strength };
            let colour = self.gradient.line(strongest);
            out.raw("<g class='gl-edge' data-from='");
            self.write_id(out, link.from);
            out.raw("' data-to='");
            self.write_id(out, link.to);
            if for_page {
                out.raw("' id='gl-e");
                self.write_id(out, link.from);
                out.raw("-");
                self.write_id(out, link.to);
                out.raw("'>");
            } else {
                out.raw("' ");
                out.stroke(colour, width);
                out.raw(">");
            }

            let mut points = self.layout.routes[index].clone();
            let shift = landings[index];
            if let Some(start) = points.first_mut() {
                start[along] -= self.shapes[link.from].departure();
            }
            if let [.., before, end] = points.as_mut_slice() {
                before[1 - along] += shift[1 - along];
                end[0] += shift[0];
                end[1] += shift[1];
                // The line ends inside the arrowhead, which reaches the box.
                end[along] -= arrow - 1.0;
                before[along] = before[along].min(end[along]);
            }
            write_path(out, &points, along, if for_page { "class='gl-line' " } else { "" });
            if let Some(&end) = points.last() {
                let mut tip = end;
                tip[along] += arrow - 1.0;
                let paint = (!for_page).then_some(colour);
                write_arrowhead(out, tip, along, arrow, paint);
                if for_page {
                    let middle = entry(&points, along);
                    match self.style.direction {
                        Direction::LeftToRight => {
                            let above = [middle[0], middle[1] - 5.0];
                            out.classed("gl-local", "", above, Anchor::Middle);
                        }
                        Direction::TopToBottom => {
                            out.classed(
                                "gl-local",
                                "",
                                [middle[0], middle[1] + 4.0],
                                Anchor::Middle,
                            );
                        }
                    }
                }
                let tag = match link.values.len() {
                    1 if link.uses > 1 => Some(format!("×{}", link.uses)),
                    0 | 1 => None,
                    values => Some(plural(values, "value")),
                };
                if let (Some(tag), true) = (&tag, for_page) {
                    let at = [tip[0] - arrow - 3.0, tip[1] + 14.0];
                    out.classed("gl-uses", tag, at, Anchor::End);
                } else if let (Some(tag), false) = (tag, self.style.marks) {
                    // On the side that the line does not come from.
                    let from_before =
                        points.iter().any(|point| point[1 - along] < end[1 - along] - 1.0);
                    let (at, anchor) = match (self.style.direction, from_before) {
                        (Direction::LeftToRight, false) => {
                            ([tip[0] - arrow - 3.0, tip[1] - 6.0], Anchor::End)
                        }
                        (Direction::LeftToRight, true) => {
                            ([tip[0] - arrow - 3.0, tip[1] + 14.0], Anchor::End)
                        }
                        (Direction::TopToBottom, false) => {
                            ([tip[0] - 7.0, tip[1] - arrow - 4.0], Anchor::End)
                        }
                        (Direction::TopToBottom, true) => {
                            ([tip[0] + 7.0, tip[1] - arrow - 4.0], Anchor::Start)
                        }
                    };
                    out.raw("<g stroke='none'>");
                    out.text(&tag, at, Font::regular(10.0), theme::MUTED, anchor);
                    out.raw("</g>");
                }
            }
            out.raw("</g>\n");
        }
        if !for_page {
            out.raw("</g>\n");
        }
    }

    /// How far the end of each link is moved along its box, so that arrowheads do not lie on each other:
    /// in the order in which the lines arrive.
    fn landings(&self, along: usize) -> Vec<[f64; 2]> {
        let across = 1 - along;
        let mut arriving: Vec<Vec<(f64, usize)>> = vec![Vec::new(); self.shapes.len()];
        for (index, link) in self.view.links.iter().enumerate() {
            let route = &self.layout.routes[index];
            let level = route.last().map_or(0.0, |end| end[across]);
            // Where it comes from: the last point that is not on a level with its end.
            let from = route
                .iter()
                .rev()
                .map(|point| point[across])
                .find(|place| (place - level).abs() > 0.5);
            arriving[link.to].push((from.unwrap_or(level), index));
        }
        let mut landings = vec![[0.0; 2]; self.view.links.len()];
        for (shape, mut lines) in self.shapes.iter().zip(arriving) {
            lines.sort_by(|a, b| a.0.total_cmp(&b.0));
            let count = lines.len();
            for (place, (_, link)) in lines.into_iter().enumerate() {
                let share = (2 * place + 1) as f64 / count as f64 - 1.0;
                let [deep, aside] = shape.landing(if count == 1 { 0.0 } else { share });
                landings[link][along] = deep;
                landings[link][across] = aside;
            }
        }
        landings
    }
}

/// The middle of the last stretch of a line between two ranks, where lines from different boxes are apart.
fn entry(points: &[[f64; 2]], along: usize) -> [f64; 2] {
    let far = |pair: &[[f64; 2]]| (pair[1][along] - pair[0][along]).abs() > 40.0;
    match points.windows(2).rev().find(|&pair| far(pair)).or(points.windows(2).last()) {
        Some(&[a, b]) => [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0],
        _ => points.first().copied().unwrap_or_default(),
    }
}

/// Between two points, a straight line along the flow, or an S.
fn write_path(out: &mut Canvas, points: &[[f64; 2]], along: usize, attributes: &str) {
    let Some((&start, rest)) = points.split_first() else {
        return;
    };
    out.raw("<path ");
    out.raw(attributes);
    out.draw("d='M@ @", &start);
    let mut here = start;
    for (index, &point) in rest.iter().enumerate() {
        let straight = (point[1 - along] - here[1 - along]).abs() < 0.05;
        // Points in a row along the flow are one line.
        let goes_on = straight
            && rest
                .get(index + 1)
                .is_some_and(|next| (next[1 - along] - point[1 - along]).abs() < 0.05);
        if goes_on || (straight && (point[along] - here[along]).abs() < 0.05) {
            continue;
        }
        if straight {
            out.draw("L@ @", &point);
        } else {
            let middle = (here[along] + point[along]) / 2.0;
            let (mut first, mut second) = (here, point);
            first[along] = middle;
            second[along] = middle;
            out.draw(
                "C@ @ @ @ @ @",
                &[first[0], first[1], second[0], second[1], point[0], point[1]],
            );
        }
        here = point;
    }
    out.raw("'/>");
}

fn write_arrowhead(
    out: &mut Canvas,
    tip: [f64; 2],
    along: usize,
    size: f64,
    colour: Option<theme::Colour>,
) {
    let half = size * 0.55;
    let mut corners = [tip; 2];
    for (corner, side) in corners.iter_mut().zip([-half, half]) {
        corner[along] -= size;
        corner[1 - along] += side;
    }
    out.raw(if colour.is_some() { "<path d='" } else { "<path class='gl-tip' d='" });
    out.draw(
        "M@ @L@ @L@ @Z'",
        &[tip[0], tip[1], corners[0][0], corners[0][1], corners[1][0], corners[1][1]],
    );
    if let Some(colour) = colour {
        out.raw(" stroke='none' ");
        out.fill(colour);
    }
    out.raw("/>");
}
