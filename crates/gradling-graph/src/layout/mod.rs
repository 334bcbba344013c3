//! Where boxes, regions and lines go: a layered layout in the manner of Sugiyama, Tagawa and Toda (1981).
//!
//! Boxes stand in columns (ranks) so that every line leads forward. Each open group is laid out by itself
//! and then is one large box in the layout of what surrounds it; lines cross its border at inlets and
//! outlets. So regions never overlap what they do not contain, and neurons of one shape look alike.
//!
//! One layout is: ranks ([`rank`]), then the order within each rank ([`order`]), then places ([`place`]),
//! then the lines ([`route`]). All of it depends on the sizes of the boxes and on the lines alone, is
//! deterministic, and takes time in proportion to the graph (times a logarithm).
//!
//! Inside, coordinates are `[along, across]` the flow of data; only [`arrange`] knows which way that is.

mod order;
mod place;
mod rank;
mod route;

use crate::options::Direction;
use order::Layers;
pub(crate) use rank::topological;
use std::collections::HashMap;

/// What is to be laid out.
pub(crate) struct Problem {
    pub(crate) direction: Direction,
    pub(crate) spacing: Spacing,
    /// Width and height of each box.
    pub(crate) boxes: Vec<[f64; 2]>,
    /// The region each box sits in.
    pub(crate) region_of: Vec<Option<usize>>,
    /// Each after the one around it.
    pub(crate) regions: Vec<RegionSpec>,
    /// Pairs of boxes.
    pub(crate) links: Vec<[usize; 2]>,
}

pub(crate) struct RegionSpec {
    pub(crate) parent: Option<usize>,
    /// Room for its name, at the top left.
    pub(crate) header: [f64; 2],
}

/// Distances in pixels.
#[derive(Clone, Copy)]
pub(crate) struct Spacing {
    /// Between two boxes of a rank.
    pub(crate) boxes: f64,
    /// Between a line that passes a rank and its neighbours.
    pub(crate) lines: f64,
    /// Between two ranks, at least.
    pub(crate) ranks: f64,
    /// Between the border of a region and what is in it.
    pub(crate) padding: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The result: everything lies at or right of 0, at or below 0.
pub(crate) struct Layout {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) boxes: Vec<Rect>,
    pub(crate) regions: Vec<Rect>,
    /// For each link, the points a line passes; between two of them it is straight along the flow, or
    /// bends as an S. A very long line that shares its way with a longer one begins where it leaves it. The last two lie on a level with the end, so that it can be shifted along the box.
    pub(crate) routes: Vec<Vec<[f64; 2]>>,
}

/// One thing in a frame.
#[derive(Clone, Copy, PartialEq)]
enum Element {
    Box(usize),
    Region(usize),
    /// Where the output of a box outside comes in.
    Inlet,
    /// Where the output of a box inside goes out.
    Outlet,
}

/// What is laid out in one go: the content of a region, or of the picture.
#[derive(Default)]
struct Frame {
    elements: Vec<Element>,
    edges: Vec<FrameEdge>,
}

struct FrameEdge {
    from: usize,
    to: usize,
    /// The box whose output it carries.
    source: usize,
}

/// A frame that has been laid out.
struct Arranged {
    at: Vec<[f64; 2]>,
    size: [f64; 2],
    routes: Vec<Vec<[f64; 2]>>,
    /// For each edge, whether its route begins where it leaves the lane that another one draws.
    branches: Vec<bool>,
}

/// The inlets and outlets of all regions, by region and box of origin.
#[derive(Default)]
struct Gates {
    inlets: HashMap<(usize, usize), usize>,
    outlets: HashMap<(usize, usize), usize>,
}

pub(crate) fn arrange(problem: &Problem) -> Layout {
    let along = match problem.direction {
        Direction::LeftToRight => 0,
        Direction::TopToBottom => 1,
    };
    let flow = |[x, y]: [f64; 2]| if along == 0 { [x, y] } else { [y, x] };
    let outermost = problem.regions.len();
    let Plan { frames, gates, segments } = Plan::new(problem);

    // Innermost first: a region is a box of known size when its surroundings are laid out.
    let mut arranged: Vec<Option<Arranged>> = Vec::new();
    arranged.resize_with(outermost + 1, || None);
    for frame in (0..outermost).rev().chain([outermost]) {
        let done = arrange_frame(problem, &frames[frame], frame, &gates, &arranged, flow);
        arranged[frame] = Some(done);
    }
    let arranged: Vec<Arranged> = arranged.into_iter().flatten().collect();

    // Outermost first: where each frame begins.
    let mut origins = vec![[0.0; 2]; outermost + 1];
    let mut boxes = vec![Rect::default(); problem.boxes.len()];
    let mut regions = vec![Rect::default(); outermost];
    for frame in std::iter::once(outermost).chain(0..outermost) {
        for (element, at) in frames[frame].elements.iter().zip(&arranged[frame].at) {
            let at = [origins[frame][0] + at[0], origins[frame][1] + at[1]];
            let [x, y] = flow(at);
            match *element {
                Element::Box(index) => {
                    let [width, height] = problem.boxes[index];
                    boxes[index] = Rect { x, y, width, height };
                }
                Element::Region(region) => {
                    origins[region] = at;
                    let [width, height] = flow(arranged[region].size);
                    regions[region] = Rect { x, y, width, height };
                }
                Element::Inlet | Element::Outlet => {}
            }
        }
    }
    let routes = segments
        .iter()
        .map(|segments| {
            let mut route: Vec<[f64; 2]> = Vec::new();
            for &(frame, edge) in segments {
                if arranged[frame].branches[edge] {
                    route.clear();
                }
                for point in &arranged[frame].routes[edge] {
                    route.push(flow([origins[frame][0] + point[0], origins[frame][1] + point[1]]));
                }
            }
            route
        })
        .collect();
    let [width, height] = flow(arranged[outermost].size);
    Layout { width, height, boxes, regions, routes }
}

/// The frames of a picture, and for each link the edges it follows through them.
struct Plan {
    /// One for each region, then the outermost.
    frames: Vec<Frame>,
    gates: Gates,
    /// Pairs of frame and edge.
    segments: Vec<Vec<(usize, usize)>>,
}

impl Plan {
    fn new(problem: &Problem) -> Plan {
        let outermost = problem.regions.len();
        let mut frames: Vec<Frame> = Vec::new();
        frames.resize_with(outermost + 1, Frame::default);
        let mut add = |frame: Option<usize>, element| {
            let elements = &mut frames[frame.unwrap_or(outermost)].elements;
            elements.push(element);
            elements.len() - 1
        };
        let place_of_box: Vec<usize> = problem
            .region_of
            .iter()
            .enumerate()
            .map(|(index, &region)| add(region, Element::Box(index)))
            .collect();
        let place_of_region: Vec<usize> = problem
            .regions
            .iter()
            .enumerate()
            .map(|(index, region)| add(region.parent, Element::Region(index)))
            .collect();
        let mut depth = vec![0; outermost + 1];
        for (index, region) in problem.regions.iter().enumerate() {
            depth[index] = region.parent.map_or(1, |parent| depth[parent] + 1);
        }
        let parent = |frame: usize| problem.regions[frame].parent.unwrap_or(outermost);

        let mut gates = Gates::default();
        let mut known: HashMap<(usize, usize, usize, usize), usize> = HashMap::new();
        let mut segments = Vec::with_capacity(problem.links.len());
        for &[source, target] in &problem.links {
            let mut steps = Vec::new();
            let mut connect = |frames: &mut Vec<Frame>, frame: usize, from: usize, to: usize| {
                let edges = &mut frames[frame].edges;
                let edge = *known.entry((frame, from, to, source)).or_insert_with(|| {
                    edges.push(FrameEdge { from, to, source });
                    edges.len() - 1
                });
                steps.push((frame, edge));
            };
            let mut here = problem.region_of[source].unwrap_or(outermost);
            let mut there = problem.region_of[target].unwrap_or(outermost);
            let mut from = place_of_box[source];
            // Out of the regions that hold the source only, into those that hold the target only.
            let mut entered = Vec::new();
            while here != there {
                if depth[here] >= depth[there] {
                    let elements = &mut frames[here].elements;
                    let outlet = *gates.outlets.entry((here, source)).or_insert_with(|| {
                        elements.push(Element::Outlet);
                        elements.len() - 1
                    });
                    connect(&mut frames, here, from, outlet);
                    from = place_of_region[here];
                    here = parent(here);
                } else {
                    entered.push(there);
                    there = parent(there);
                }
            }
            for &region in entered.iter().rev() {
                connect(&mut frames, here, from, place_of_region[region]);
                let elements = &mut frames[region].elements;
                from = *gates.inlets.entry((region, source)).or_insert_with(|| {
                    elements.push(Element::Inlet);
                    elements.len() - 1
                });
                here = region;
            }
            connect(&mut frames, here, from, place_of_box[target]);
            segments.push(steps);
        }
        Plan { frames, gates, segments }
    }
}

/// Lays out one frame, whose regions are laid out already.
fn arrange_frame(
    problem: &Problem,
    frame: &Frame,
    index: usize,
    gates: &Gates,
    arranged: &[Option<Arranged>],
    flow: impl Fn([f64; 2]) -> [f64; 2],
) -> Arranged {
    let inner = |region: usize| arranged[region].as_ref();
    let sizes: Vec<[f64; 2]> = frame
        .elements
        .iter()
        .map(|element| match *element {
            Element::Box(index) => flow(problem.boxes[index]),
            Element::Region(region) => inner(region).map_or([0.0; 2], |inner| inner.size),
            Element::Inlet | Element::Outlet => [0.0; 2],
        })
        .collect();
    // How far from its beginning, across the flow, an edge leaves or meets an element.
    let attach = |place: usize, source: usize, gates: &HashMap<(usize, usize), usize>| match frame
        .elements[place]
    {
        Element::Box(_) => sizes[place][1] / 2.0,
        Element::Region(region) => match (inner(region), gates.get(&(region, source))) {
            (Some(inner), Some(&gate)) => inner.at[gate][1],
            _ => sizes[place][1] / 2.0,
        },
        Element::Inlet | Element::Outlet => 0.0,
    };
    let edges: Vec<order::Edge> = frame
        .edges
        .iter()
        .map(|edge| order::Edge {
            from: edge.from,
            to: edge.to,
            leaves_at: attach(edge.from, edge.source, &gates.outlets),
            meets_at: attach(edge.to, edge.source, &gates.inlets),
        })
        .collect();

    let ranks = rank::ranks(&frame.elements, &edges);
    let mut layers = Layers::new(&sizes, &ranks, &edges);
    layers.reduce_crossings();
    let across = place::across(&layers, problem.spacing, &frame.elements);
    let columns = route::columns(&layers, &across, problem.spacing, &frame.elements);
    let mut routes: Vec<Vec<[f64; 2]>> = (0..edges.len())
        .map(|edge| route::route(edge, &edges, &layers, &across, &columns))
        .collect();
    let mut at: Vec<[f64; 2]> = (0..sizes.len())
        .map(|element| [columns.begin(&layers, element), across[element]])
        .collect();
    let breadth =
        (0..layers.len()).map(|node| across[node] + layers.size(node)[1]).fold(0.0, f64::max);
    let mut size = [columns.length, breadth];

    if let Some(region) = problem.regions.get(index) {
        // A border around it, with room on all sides and for the name. Gates lie on the border itself.
        let padding = problem.spacing.padding;
        let has = |gate| frame.elements.contains(&gate);
        let room = |gate| if has(gate) { 0.0 } else { padding };
        let header = flow([0.0, region.header[1]]);
        let shift = [header[0] + room(Element::Inlet), header[1] + padding];
        let shifted = |point: [f64; 2]| [point[0] + shift[0], point[1] + shift[1]];
        let least = flow([region.header[0], 0.0]);
        size = [
            (size[0] + shift[0] + room(Element::Outlet)).max(least[0]),
            (size[1] + shift[1] + padding).max(least[1]),
        ];
        at.iter_mut().for_each(|at| *at = shifted(*at));
        routes.iter_mut().flatten().for_each(|point| *point = shifted(*point));
        for (element, at) in frame.elements.iter().zip(&mut at) {
            match element {
                Element::Inlet => at[0] = 0.0,
                Element::Outlet => at[0] = size[0],
                _ => {}
            }
        }
        for (index, (edge, route)) in frame.edges.iter().zip(&mut routes).enumerate() {
            if let [first, .., last] = route.as_mut_slice() {
                if frame.elements[edge.from] == Element::Inlet && !layers.branches[index] {
                    first[0] = at[edge.from][0];
                }
                if frame.elements[edge.to] == Element::Outlet {
                    last[0] = at[edge.to][0];
                }
            }
        }
    }
    Arranged { at, size, routes, branches: layers.branches }
}
