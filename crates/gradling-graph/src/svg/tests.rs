//! What every picture must be, held against random graphs: boxes and regions apart, lines that lead
//! forward from box to box and cross none, and places that do not move when numbers do.

use super::*;
use crate::options::{Direction, Fold};
use crate::trace;
use gradling::{Value, group};
use proptest::prelude::*;

/// A step of a random program.
#[derive(Clone, Debug)]
enum Step {
    Leaf(Option<String>),
    /// An operation of the values so many places back.
    Unary(usize),
    Binary(usize, usize),
    Sum(Vec<usize>),
    Group(String, Vec<Step>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let back = 0..12usize;
    let step = prop_oneof![
        2 => proptest::option::of("[a-z0-9]{1,30}").prop_map(Step::Leaf),
        2 => back.clone().prop_map(Step::Unary),
        5 => (back.clone(), back.clone()).prop_map(|(a, b)| Step::Binary(a, b)),
        1 => proptest::collection::vec(0..30usize, 1..12).prop_map(Step::Sum),
    ];
    let nested = step.prop_recursive(3, 60, 12, |inner| {
        ("[a-z ]{0,40}", proptest::collection::vec(inner, 1..12))
            .prop_map(|(name, steps)| Step::Group(name, steps))
    });
    proptest::collection::vec(nested, 1..14)
}

/// Runs the program; the root is the sum of the last values.
fn build(steps: &[Step]) -> Value {
    let mut made = vec![Value::new(0.5).with_label("first")];
    run(steps, &mut made);
    let tail = made.len().saturating_sub(5);
    gradling::sum(&made[tail..])
}

fn run(steps: &[Step], made: &mut Vec<Value>) {
    for step in steps {
        let back = |places: usize| made[made.len() - 1 - places % made.len()];
        let value = match step {
            Step::Leaf(None) => Value::new(1.5),
            Step::Leaf(Some(label)) => Value::new(1.5).with_label(label.as_str()),
            Step::Unary(a) => back(*a).tanh(),
            Step::Binary(a, b) => back(*a) * back(*b),
            Step::Sum(places) => {
                gradling::sum(&places.iter().map(|&a| back(a)).collect::<Vec<_>>())
            }
            Step::Group(name, steps) => {
                group(name.as_str(), || run(steps, made));
                continue;
            }
        };
        made.push(value);
    }
}

/// `inner` lies in `outer`, to the rounding of coordinates.
fn within(inner: Rect, outer: Rect) -> bool {
    const SLACK: f64 = 1e-6;
    inner.x >= outer.x - SLACK
        && inner.y >= outer.y - SLACK
        && inner.x + inner.width <= outer.x + outer.width + SLACK
        && inner.y + inner.height <= outer.y + outer.height + SLACK
}

fn apart(a: Rect, b: Rect) -> bool {
    const SLACK: f64 = 1e-6;
    a.x + a.width <= b.x + SLACK
        || b.x + b.width <= a.x + SLACK
        || a.y + a.height <= b.y + SLACK
        || b.y + b.height <= a.y + SLACK
}

/// Everything that must hold of where things are.
fn check(picture: &Picture<'_>) -> Result<(), TestCaseError> {
    let Layout { width, height, boxes, regions, routes } = &picture.layout;
    let all = Rect { x: 0.0, y: 0.0, width: *width, height: *height };
    for (index, &rect) in boxes.iter().enumerate() {
        prop_assert!(within(rect, all), "box {index} lies outside of the picture");
        prop_assert_eq!([rect.width, rect.height], picture.shapes[index].size);
        for (other, &against) in boxes.iter().enumerate().skip(index + 1) {
            prop_assert!(
                apart(rect, against),
                "boxes {index} and {other} overlap: {rect:?} {against:?}"
            );
        }
    }
    // A region holds its members and keeps out of everything else.
    let is_in = |mut region: Option<usize>, wanted: usize| {
        while let Some(here) = region {
            if here == wanted {
                return true;
            }
            region = picture.view.regions[here].parent;
        }
        false
    };
    for (region, &frame) in regions.iter().enumerate() {
        for (index, &rect) in boxes.iter().enumerate() {
            match is_in(picture.view.boxes[index].region, region) {
                true => prop_assert!(within(rect, frame), "box {index} leaves its region {region}"),
                false => prop_assert!(
                    apart(rect, frame),
                    "box {index} lies in a region that is not its own"
                ),
            }
        }
        for (other, &against) in regions.iter().enumerate() {
            match (is_in(Some(other), region), is_in(Some(region), other)) {
                (true, _) => {
                    prop_assert!(within(against, frame), "region {other} leaves region {region}")
                }
                (false, true) => {}
                (false, false) => {
                    prop_assert!(apart(frame, against), "regions {region} and {other} overlap")
                }
            }
        }
    }
    let along = match picture.style.direction {
        Direction::LeftToRight => 0,
        Direction::TopToBottom => 1,
    };
    let side = |rect: Rect| match picture.style.direction {
        Direction::LeftToRight => [rect.x, rect.x + rect.width, rect.y + rect.height / 2.0],
        Direction::TopToBottom => [rect.y, rect.y + rect.height, rect.x + rect.width / 2.0],
    };
    for (link, route) in picture.view.links.iter().zip(routes) {
        let ([_, start, level], [end, _, end_level]) =
            (side(boxes[link.from]), side(boxes[link.to]));
        prop_assert!(start < end, "a line leads back");
        let (first, last) = (route[0], route[route.len() - 1]);
        prop_assert!(
            (first[along] - start).abs() < 1e-6 && (first[1 - along] - level).abs() < 1e-6
        );
        prop_assert!(
            (last[along] - end).abs() < 1e-6 && (last[1 - along] - end_level).abs() < 1e-6
        );
    }
    check_lines(picture)
}

/// No line turns back or crosses a box.
fn check_lines(picture: &Picture<'_>) -> Result<(), TestCaseError> {
    let along = match picture.style.direction {
        Direction::LeftToRight => 0,
        Direction::TopToBottom => 1,
    };
    for (link, route) in picture.view.links.iter().zip(&picture.layout.routes) {
        for step in route.windows(2) {
            let [from, to] = [step[0], step[1]];
            prop_assert!(to[along] >= from[along] - 1e-6, "a line turns back");
            let passed = Rect {
                x: from[0].min(to[0]),
                y: from[1].min(to[1]),
                width: (from[0] - to[0]).abs(),
                height: (from[1] - to[1]).abs(),
            };
            for (index, &rect) in picture.layout.boxes.iter().enumerate() {
                prop_assert!(
                    apart(passed, rect),
                    "the line {}-{} crosses box {index}",
                    link.from,
                    link.to
                );
            }
        }
    }
    Ok(())
}

fn options() -> impl Strategy<Value = Options> {
    let direction = prop_oneof![Just(Direction::LeftToRight), Just(Direction::TopToBottom)];
    let detail = prop_oneof![Just(Detail::Records), Just(Detail::Marks)];
    let fold = prop_oneof![Just(Fold::Nothing), (1..4usize).prop_map(Fold::Depth)];
    (direction, detail, fold).prop_map(|(direction, detail, fold)| {
        Options::new().direction(direction).detail(detail).fold(fold)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn nothing_overlaps_and_every_line_leads_from_box_to_box(steps in steps(), options in options()) {
        gradling::scope(|| {
            let graph = trace(build(&steps));
            check(&Picture::new(&graph, &options))
        })?;
    }

    #[test]
    fn places_stay_when_numbers_change(steps in steps(), options in options(), number in any::<f64>()) {
        gradling::scope(|| {
            let root = build(&steps);
            let before = trace(root);
            root.backward();
            for value in root.reached() {
                value.set_data(number);
            }
            let after = trace(root);
            let (before, after) = (Picture::new(&before, &options), Picture::new(&after, &options));
            prop_assert_eq!(&before.layout.boxes, &after.layout.boxes);
            prop_assert_eq!(&before.layout.regions, &after.layout.regions);
            prop_assert_eq!(&before.layout.routes, &after.layout.routes);
            let size = |picture: &Picture<'_>| picture.write().lines().next().map(|line| {
                line.split("role").next().unwrap_or_default().to_owned()
            });
            prop_assert_eq!(size(&before), size(&after));
            Ok(())
        })?;
    }
}

/// The labels of a graph without groups, column by column, each from above.
fn columns(root: Value) -> String {
    let graph = trace(root);
    let options = Options::new();
    let picture = Picture::new(&graph, &options);
    let mut named: Vec<(i64, i64, String)> = picture
        .layout
        .boxes
        .iter()
        .zip(graph.nodes())
        .map(|(rect, node)| {
            let name = node.label.clone().unwrap_or_else(|| format!("({})", node.data));
            ((rect.x + rect.width).round() as i64, rect.y.round() as i64, name)
        })
        .collect();
    named.sort();
    let columns: Vec<String> = named
        .chunk_by(|a, b| a.0 == b.0)
        .map(|column| {
            column.iter().map(|(_, _, name)| name.as_str()).collect::<Vec<_>>().join(", ")
        })
        .collect();
    columns.join(" -> ")
}

#[test]
fn the_neuron_stands_as_one_would_draw_it() {
    let leaf = |data: f64, label: &str| Value::new(data).with_label(label);
    let (x1, x2) = (leaf(2.0, "x1"), leaf(0.0, "x2"));
    let (w1, w2) = (leaf(-3.0, "w1"), leaf(1.0, "w2"));
    let b = leaf(6.881373587019543, "b");
    let sum = ((x1 * w1).with_label("x1w1") + (x2 * w2).with_label("x2w2")).with_label("sum");
    let o = (sum + b).with_label("n").tanh().with_label("o");
    insta::assert_snapshot!(columns(o), @"x1, w1, x2, w2 -> x1w1, x2w2 -> sum, b -> n -> o");
}

#[test]
fn a_leaf_stands_next_to_its_first_use() {
    let mut x = Value::new(1.0).with_label("x0");
    for step in 1..=3 {
        x = (x * Value::new(2.0).with_label(format!("w{step}"))).with_label(format!("x{step}"));
    }
    insta::assert_snapshot!(columns(x), @"x0, w1 -> x1, w2 -> x2, w3 -> x3");
}

#[test]
fn a_chain_is_drawn_in_one_straight_line() {
    let start = Value::new(0.5);
    let end = (0..40).fold(start, |x, step| if step % 3 == 2 { x * 1.1 } else { x.tanh() });
    let graph = trace(end);
    let options = Options::new();
    let picture = Picture::new(&graph, &options);
    let middles: Vec<f64> = graph
        .nodes()
        .iter()
        .zip(&picture.layout.boxes)
        .filter(|(node, _)| !node.constant)
        .map(|(_, rect)| rect.y + rect.height / 2.0)
        .collect();
    assert_eq!(middles.len(), 41);
    assert!(middles.iter().all(|middle| (middle - middles[0]).abs() < 0.01), "{middles:?}");
}

#[test]
fn neurons_of_a_layer_are_drawn_alike() {
    let inputs = [Value::new(1.0), Value::new(2.0)];
    let layer: Vec<Value> = group("layer", || {
        (0..4)
            .map(|_| {
                group("neuron", || {
                    let weights: Vec<Value> = inputs.iter().map(|_| Value::new(0.5)).collect();
                    (weights[0] * inputs[0] + weights[1] * inputs[1] + Value::new(0.1)).tanh()
                })
            })
            .collect()
    });
    let graph = trace(gradling::sum(&layer));
    let options = Options::new();
    let picture = Picture::new(&graph, &options);
    let neurons: Vec<Rect> = picture
        .view
        .regions
        .iter()
        .zip(&picture.layout.regions)
        .filter(|(region, _)| region.parent.is_some())
        .map(|(_, &rect)| rect)
        .collect();
    assert_eq!(neurons.len(), 4);
    for neuron in &neurons {
        assert_eq!((neuron.x, neuron.width), (neurons[0].x, neurons[0].width));
        assert!((neuron.height - neurons[0].height).abs() < 0.01);
    }
}

#[test]
fn very_long_lines_share_their_way_and_cross_nothing() -> Result<(), TestCaseError> {
    let bias = Value::new(0.1);
    // Here and there a crowd of leaves, which the lane of the bias has to go round.
    let step = |x: Value, step: usize| match step % 20 {
        10 => gradling::sum(&[[x, bias].as_slice(), &[(); 9].map(|()| Value::new(1.0))].concat()),
        _ => x * bias,
    };
    let outside = (0..80).fold(Value::new(0.5), step);
    let inside = group("loop", || (0..100).fold(outside, step));
    let graph = trace(inside);
    for options in [Options::new(), Options::new().direction(Direction::TopToBottom)] {
        let picture = Picture::new(&graph, &options);
        assert_eq!(picture.view.regions.len(), 1);
        check_lines(&picture)?;
        let along = usize::from(picture.style.direction == Direction::TopToBottom);
        let of_bias = picture
            .view
            .links
            .iter()
            .zip(&picture.layout.routes)
            .filter(|(link, _)| link.from == 0);
        let starts: Vec<f64> = of_bias.map(|(_, route)| route[0][along]).collect();
        assert_eq!(starts.len(), 180);
        let whole = starts.iter().filter(|&&start| start == starts[0]).count();
        // Of 80 uses outside, those over at most 64 ranks: 65. Of 100 inside, 65 and the farthest.
        assert_eq!(whole, 131, "so many lines begin at the box, the others on the way");
    }
    Ok(())
}

#[test]
fn a_picture_for_a_page_has_a_line_and_an_id_for_each_node_and_edge_and_no_style() {
    let (a, b) = (Value::new(2.0).with_label("<a>"), Value::new(-3.0).with_label("b"));
    let root = (a * b + a).tanh();
    let graph = trace(root);
    for direction in [Direction::LeftToRight, Direction::TopToBottom] {
        let svg = graph.to_svg(&Options::new().direction(direction).for_page());
        let document = roxmltree::Document::parse(&svg).expect("XML");
        let with = |class: &str| {
            let of = |node: &roxmltree::Node| {
                let classes = node.attribute("class").unwrap_or_default();
                classes.split(' ').any(|one| one == class)
            };
            document.descendants().filter(of).count()
        };
        let counts = ["gl-node", "gl-edge", "gl-data", "gl-grad", "gl-bar", "gl-order", "gl-local"]
            .map(with);
        assert_eq!(counts, [5, 5, 5, 5, 5, 3, 5]);
        let mut ids: Vec<&str> =
            document.descendants().filter_map(|node| node.attribute("id")).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 10);
        assert!(
            document
                .descendants()
                .all(|node| node.attribute("style").is_none() && !node.has_tag_name("style"))
        );
        let lines =
            svg.lines().filter(|line| line.starts_with("<g class='gl-") && line.ends_with("</g>"));
        assert_eq!(lines.count(), 10);
    }
}
