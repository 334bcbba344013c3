//! Open groups: a rounded region around their members, with a name.

use super::Picture;
use super::paint::{Anchor, Canvas};
use crate::layout::Rect;
use crate::options::Direction;
use crate::text::plural;
use crate::theme::{self, Colour};

/// Room for the name.
const HEADER: f64 = 16.0;
const CORNER: f64 = 10.0;

/// How much room the name of a region takes, at its top left.
pub(super) fn header(name: &str) -> [f64; 2] {
    [theme::REGION.width(&theme::REGION.fit(name, theme::REGION_ROOM)) + 24.0, HEADER]
}

impl Picture<'_> {
    pub(super) fn write_regions(&self, out: &mut Canvas) {
        let grounds = self.grounds();
        for (index, (region, rect)) in
            self.view.regions.iter().zip(&self.layout.regions).enumerate()
        {
            let group = &self.graph.groups[region.group];
            out.raw("<g class='gl-group' data-group='");
            out.display(group.id);
            if let Some(parent) = region.parent {
                out.raw("' data-parent='");
                out.display(self.graph.groups[self.view.regions[parent].group].id);
            }
            out.raw("'><title>");
            out.escaped(&theme::TITLE.fit(&group.name, theme::TITLE_ROOM));
            out.raw(": ");
            out.raw(&plural(self.members[index], "value"));
            out.raw("</title>");
            out.rect(*rect, CORNER);
            out.fill(grounds[index]);
            out.stroke(theme::FAINT, 1.0);
            out.raw("/></g>\n");
        }
    }

    /// Names lie over the lines that pass, on a ground of their own.
    pub(super) fn write_region_names(&self, out: &mut Canvas) {
        let grounds = self.grounds();
        for (index, (region, rect)) in
            self.view.regions.iter().zip(&self.layout.regions).enumerate()
        {
            let name = theme::REGION.fit(&self.graph.groups[region.group].name, theme::REGION_ROOM);
            if self.style.direction == Direction::TopToBottom {
                let width = theme::REGION.width(&name) + 8.0;
                out.rect(Rect { x: rect.x + 8.0, y: rect.y + 5.0, width, height: HEADER }, 3.0);
                out.fill(grounds[index]);
                out.raw("/>");
            }
            let at = [rect.x + 12.0, rect.y + HEADER + 1.0];
            out.text(&name, at, theme::REGION, theme::MUTED, Anchor::Start);
        }
    }

    /// Two colours in turn, by depth.
    fn grounds(&self) -> Vec<Colour> {
        let mut depth: Vec<usize> = Vec::with_capacity(self.view.regions.len());
        for region in &self.view.regions {
            depth.push(region.parent.map_or(0, |parent| depth[parent] + 1));
        }
        depth.into_iter().map(|depth| theme::REGIONS[depth % theme::REGIONS.len()]).collect()
    }
}
