//! Pictures: what is in them, what folds, and that no text and no shape of a graph can break them.

use gradling::nn::{Activation, Mlp};
use gradling::{Rng, Value, group, sum};
use gradling_graph::{Detail, Direction, Fold, Graph, Options, draw_dot, draw_svg, trace};
use resvg::usvg;
use roxmltree::{Document, Node};
use std::collections::BTreeSet;

fn elements<'a>(document: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class").is_some_and(|classes| classes.split(' ').any(|each| each == class))
    };
    document.descendants().filter(has).collect()
}

fn title<'a>(node: Node<'a, 'a>) -> &'a str {
    node.children()
        .find(|child| child.has_tag_name("title"))
        .and_then(|title| title.text())
        .unwrap_or_default()
}

fn texts(node: Node<'_, '_>) -> Vec<String> {
    let texts = node.descendants().filter(|child| child.has_tag_name("text"));
    texts.map(|text| text.text().unwrap_or_default().to_owned()).collect()
}

/// Three inputs, two layers of two neurons and of one.
fn network() -> Graph {
    let inputs: Vec<Value> =
        (1..=3).map(|k| Value::new(k as f64).with_label(format!("x{k}"))).collect();
    let neuron = |name: &str, inputs: &[Value]| {
        let weights: Vec<Value> = inputs.iter().map(|_| Value::new(0.5)).collect();
        let bias = Value::new(0.1);
        group(name, || weights.iter().zip(inputs).fold(bias, |sum, (&w, &x)| sum + w * x).tanh())
    };
    let hidden = group("layer 1", || [neuron("neuron 1", &inputs), neuron("neuron 2", &inputs)]);
    let root = group("layer 2", || neuron("neuron 1", &hidden));
    root.backward();
    trace(root)
}

#[test]
fn a_picture_says_what_it_shows() {
    let a = Value::new(2.0).with_label("a");
    let b = Value::new(-3.0).with_label("b");
    let c = (a * b).with_label("c");
    c.backward();
    let svg = trace(c).to_svg(&Options::new().title("A product"));
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let named: Vec<&str> = root.attribute("aria-labelledby").unwrap().split(' ').collect();
    let by_id = |id: &str| {
        document.descendants().find(|node| node.attribute("id") == Some(id)).unwrap().text()
    };
    assert_eq!(by_id(named[0]), Some("A product"));
    assert_eq!(
        by_id(named[1]),
        Some("3 values, 1 operation. The result c is -6.0000. The largest gradient is 3.0000.")
    );
    for attribute in ["width", "height", "viewBox"] {
        assert!(root.attribute(attribute).is_some(), "{attribute} is missing");
    }
    assert!(root.attribute("style").unwrap().contains("max-width:100%"));

    let nodes = elements(&document, "gl-node");
    let [first, second, product] = nodes.as_slice() else { panic!("three values") };
    assert_eq!(title(*product), "c = a * b\ndata -6.0\ngrad 1.0");
    assert_eq!(texts(*product), ["*", "c", "data", "-6.0000", "grad", "1.0000"]);
    assert_eq!(texts(*first), ["a", "data", "2.0000", "grad", "-3.0000"]);
    assert_eq!(elements(&document, "gl-root"), [*product]);
    assert_eq!(elements(&document, "gl-leaf"), [*first, *second]);
    let ends: Vec<_> = elements(&document, "gl-edge")
        .into_iter()
        .map(|edge| (edge.attribute("data-from").unwrap(), edge.attribute("data-to").unwrap()))
        .collect();
    let id = |node: &Node<'_, '_>| node.attribute("data-id").unwrap().to_owned();
    assert_eq!(ends, [(&*id(first), &*id(product)), (&*id(second), &*id(product))]);
}

#[test]
fn a_gradient_never_computed_is_no_number() {
    let x = Value::new(2.0);
    let y = x.tanh();
    let before = draw_svg(y);
    assert!(before.contains(">–</text>") && before.contains("backward() has not run"));
    assert!(draw_dot(y).contains("grad –"));
    y.backward();
    assert!(!draw_svg(y).contains('–'));
}

#[test]
fn the_sign_of_a_gradient_is_told_by_place_and_by_colour() {
    let (up, down) = (Value::new(1.0).with_label("up"), Value::new(1.0).with_label("down"));
    let root = up - down;
    root.backward();
    let svg = draw_svg(root);
    let document = Document::parse(&svg).unwrap();
    let nodes = elements(&document, "gl-leaf");
    // The bar is the filled rectangle after its white track; the track's middle is zero.
    let bar = |node: &Node<'_, '_>| {
        let number =
            |rect: Node<'_, '_>, name| rect.attribute(name).unwrap().parse::<f64>().unwrap();
        let rects: Vec<_> = node.descendants().filter(|child| child.has_tag_name("rect")).collect();
        let [.., track, bar] = rects.as_slice() else { panic!("a track and a bar") };
        let middle = number(*track, "x") + number(*track, "width") / 2.0;
        (
            number(*bar, "x") + number(*bar, "width") / 2.0 - middle,
            bar.attribute("fill").unwrap().to_owned(),
        )
    };
    let (right, blue) = bar(&nodes[0]);
    let (left, orange) = bar(&nodes[1]);
    assert!(right > 0.0 && left < 0.0);
    assert_eq!((blue.as_str(), orange.as_str()), ("#0072b2", "#d55e00"));
}

#[test]
fn weights_sit_with_their_neuron_and_inputs_do_not() {
    let graph = network();
    let svg = graph.to_svg(&Options::new());
    let document = Document::parse(&svg).unwrap();
    let regions: Vec<&str> = elements(&document, "gl-group").into_iter().map(title).collect();
    // A neuron of three inputs: 4 leaves, 3 products, 3 sums, 1 tanh. Of two inputs: 3, 2, 2, 1.
    assert_eq!(
        regions,
        [
            "layer 1: 22 values",
            "neuron 1: 11 values",
            "neuron 2: 11 values",
            "layer 2: 8 values",
            "neuron 1: 8 values"
        ]
    );
    for leaf in elements(&document, "gl-leaf") {
        let is_input = title(leaf).starts_with('x');
        assert_eq!(leaf.attribute("data-group").is_none(), is_input, "{}", title(leaf));
    }
}

#[test]
fn a_network_is_drawn_as_layers_of_neurons() {
    let mlp = Mlp::new(3, &[4, 4, 1], Activation::Tanh, &mut Rng::new(1));
    let score = mlp.predict(&[2.0, 3.0, -1.0]);
    let svg = trace(score).to_svg(&Options::new().fold(Fold::Depth(2)));
    let document = Document::parse(&svg).unwrap();
    let layers: Vec<&str> = elements(&document, "gl-group").into_iter().map(title).collect();
    // A neuron: a weight for each input, a bias, the sum and its tanh. Layers 3 to 4, 4 to 4, 4 to 1.
    assert_eq!(layers, ["layer 1: 24 values", "layer 2: 28 values", "layer 3: 7 values"]);
    assert_eq!(elements(&document, "gl-folded").len(), 9);
    // All to all: 3 * 4 + 4 * 4 + 4.
    assert_eq!(elements(&document, "gl-edge").len(), 32);
}

#[test]
fn a_folded_group_is_one_box_with_its_result() {
    let graph = network();
    let layer = graph.groups()[0].id;
    let all = |fold: Fold| graph.to_svg(&Options::new().fold(fold));
    let count = |svg: &str, class: &str| elements(&Document::parse(svg).unwrap(), class).len();

    let neurons = all(Fold::Depth(2));
    assert_eq!((count(&neurons, "gl-folded"), count(&neurons, "gl-node")), (3, 6));
    let document = Document::parse(&neurons).unwrap();
    let last = elements(&document, "gl-root")[0];
    let root = graph.root().unwrap();
    let data = format!("{:.4}", root.data);
    assert_eq!(texts(last), ["neuron 1", "8 values", "data", &data, "grad", "1.0000"]);

    let layers = all(Fold::Depth(1));
    assert_eq!((count(&layers, "gl-folded"), count(&layers, "gl-edge")), (2, 4));
    assert!(layers.contains("2 values</text>"), "the two results of layer 1 go along one line");

    let one = all(Fold::Groups(BTreeSet::from([layer])));
    assert_eq!((count(&one, "gl-folded"), count(&one, "gl-group")), (1, 2));
    assert_eq!(count(&all(Fold::Nothing), "gl-folded"), 0);
}

#[test]
fn beyond_two_thousand_boxes_groups_fold_from_the_innermost() {
    let unit = |x: Value| group("unit", || (0..20).fold(x, |x, _| x.tanh()));
    let block = |x: Value| group("block", || (0..20).fold(x, |x, _| unit(x)));
    let draw = |blocks: usize| {
        let root = (0..blocks).fold(Value::new(0.5), |x, _| block(x));
        let svg = draw_svg(root);
        let document = Document::parse(&svg).unwrap();
        (elements(&document, "gl-node").len(), elements(&document, "gl-folded").len())
    };
    assert_eq!(draw(4), (1601, 0), "1,601 values can be seen");
    assert_eq!(draw(6), (120, 120), "2,401 cannot: the units fold, and the leaf with the first");
    assert_eq!(draw(120), (120, 120), "2,400 units are too many as well: the blocks fold");
}

#[test]
fn large_pictures_have_marks_in_place_of_records() {
    let svg = draw_svg((0..500).fold(Value::new(0.5), |x, _| x.tanh()));
    assert!(
        !svg.contains(">data</text>") && svg.contains("data 0.5"),
        "the numbers are in the titles"
    );
    let records = trace((0..500).fold(Value::new(0.5), |x, _| x.tanh()))
        .to_svg(&Options::new().detail(Detail::Records));
    assert_eq!(records.matches(">data</text>").count(), 501);
}

#[test]
fn the_same_graph_gives_the_same_picture() {
    let graph = network();
    assert_eq!(graph.to_svg(&Options::new()), graph.clone().to_svg(&Options::new()));
}

#[test]
fn the_size_of_a_picture_grows_with_the_graph_and_not_with_its_square() {
    let far_leaf = |steps: usize| {
        let bias = Value::new(0.1);
        (0..steps).fold(Value::new(0.5), |x, _| (x + bias).tanh())
    };
    let early_and_late = |steps: usize| {
        let mut made = vec![Value::new(0.1)];
        for step in 0..steps {
            made.push(made[step].tanh());
        }
        made.iter().fold(made[steps], |x, &y| x + y)
    };
    let fan = |steps: usize| sum(&(0..steps).map(|k| Value::new(k as f64)).collect::<Vec<_>>());
    let makers: [&dyn Fn(usize) -> Value; 3] = [&far_leaf, &early_and_late, &fan];
    for make in makers {
        let size = |steps| draw_svg(make(steps)).len() as f64;
        assert!(size(4000) < 5.0 * size(1000));
    }
}

#[test]
fn groups_may_nest_without_end() {
    fn nest(depth: usize, x: Value) -> Value {
        // Groups nest with the calls that open them, so that the test itself must recurse.
        if depth == 0 { x.tanh() } else { group("group", || nest(depth - 1, x).tanh()) }
    }
    let svg = trace(nest(100, Value::new(0.5))).to_svg(&Options::new());
    let document = Document::parse(&svg).unwrap();
    assert_eq!(elements(&document, "gl-node").len(), 102);
    assert_eq!(
        elements(&document, "gl-group").len(),
        16,
        "deeper groups are drawn as part of the sixteenth"
    );
}

#[test]
fn an_empty_graph_is_an_empty_picture() {
    let svg = Graph::default().to_svg(&Options::new());
    assert!(
        Document::parse(&svg).unwrap().descendants().any(|node| node.text() == Some("No values."))
    );
}

#[test]
fn every_reader_of_svg_knows_what_is_used() {
    let mut svg =
        network().to_svg(&Options::new().title("network").direction(Direction::TopToBottom));
    svg += &network().to_svg(&Options::new().detail(Detail::Marks).fold(Fold::Depth(2)));
    let document = format!("<all>{svg}</all>");
    let known = ["all", "svg", "title", "desc", "g", "rect", "circle", "path", "text"];
    for node in Document::parse(&document).unwrap().descendants().filter(|node| node.is_element()) {
        assert!(known.contains(&node.tag_name().name()), "{node:?}");
        for colour in ["fill", "stroke"].into_iter().filter_map(|name| node.attribute(name)) {
            let is_hex =
                colour.len() == 7 && colour[1..].bytes().all(|digit| digit.is_ascii_hexdigit());
            assert!(colour == "none" || (colour.starts_with('#') && is_hex), "{colour}");
        }
    }
}

const HOSTILE: [&str; 11] = [
    "]]>",
    "<script>alert(1)</script>",
    "\"quoted\" 'twice'",
    "& &amp; &lt; &#0;",
    "nul \0 bell \u{7} escape \u{1b}",
    "שלום \u{202e}עולם",
    "{a|b} <port> \\N \\",
    "two\nlines\tand a tab",
    "  spaces  around  ",
    "\u{fffe}\u{ffff} 漢字 🙂 e\u{301}",
    "-->",
];

#[test]
fn no_label_breaks_the_svg() {
    let long = "long ".repeat(2_000);
    for label in HOSTILE.into_iter().chain([long.as_str()]) {
        let x = group(label, || Value::new(1.0).with_label(label).tanh().with_label(label));
        for fold in [Fold::Nothing, Fold::Depth(1)] {
            let svg = trace(x).to_svg(&Options::new().title(label).fold(fold.clone()));
            let document =
                Document::parse(&svg).unwrap_or_else(|error| panic!("{label:?}: {error}"));
            usvg::Tree::from_str(&svg, &usvg::Options::default()).unwrap();
            assert!(document.descendants().all(|node| !node.has_tag_name("script")));
            assert!(svg.len() < 20_000, "{} bytes for {} of label", svg.len(), label.len());
            // What XML allows comes through as it is.
            let shown: String =
                label.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
            let shown = shown.replace(
                |c: char| c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c),
                "\u{fffd}",
            );
            let all = texts(document.root_element());
            let is_shown = |text: &String| {
                text.strip_suffix('…')
                    .map_or(text == &shown, |cut| !cut.is_empty() && shown.starts_with(cut))
            };
            assert!(
                all.iter().filter(|text| is_shown(text)).count() >= 2,
                "{label:?} is not among {all:?}"
            );
        }
    }
}

/// Reads the label of a record as Graphviz does: `{ a | b }`, with backslashes before what is meant
/// literally. `None` if it draws other boxes than one row of fields.
fn record_fields(label: &str) -> Option<Vec<String>> {
    let inner = label.strip_prefix('{')?.strip_suffix('}')?;
    let mut fields = vec![String::new()];
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let field = fields.last_mut()?;
        match c {
            '|' => fields.push(String::new()),
            '{' | '}' | '<' | '>' | '\n' | '"' => return None,
            // Unescaped spaces at the ends and in a row count as one, and as none at the ends.
            ' ' if field.is_empty() || field.ends_with(' ') => {}
            '\\' => match chars.next()? {
                'n' => field.push('\n'),
                ' ' => field.push('\u{a0}'),
                c @ ('{' | '}' | '|' | '<' | '>' | '\\' | '"') => field.push(c),
                _ => return None,
            },
            c => field.push(c),
        }
    }
    let read =
        |field: &String| field.trim_end_matches(' ').replace('\u{a0}', " ").replace("&amp;", "&");
    Some(fields.iter().map(read).collect())
}

/// The quoted strings of DOT text: a quote ends them unless a backslash stands before it.
fn quoted(dot: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut chars = dot.chars();
    while chars.by_ref().any(|c| c == '"') {
        let mut string = String::new();
        loop {
            match chars.next().expect("an open string") {
                '"' => break,
                '\\' => string.extend(['\\', chars.next().expect("an open string")]),
                c => string.push(c),
            }
        }
        strings.push(string);
    }
    strings
}

#[test]
fn no_label_breaks_the_dot_text() {
    for label in HOSTILE {
        let dot = draw_dot(Value::new(1.0).with_label(label));
        let [record] = quoted(&dot).try_into().expect("one string");
        let fields =
            record_fields(&record).unwrap_or_else(|| panic!("{label:?} is written {record}"));
        let shown =
            label.replace('\t', " ").replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
        let shown = shown.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
        assert_eq!(fields, [shown.as_str(), "data 1.0000", "grad –"]);
    }
}

#[test]
fn an_empty_label_is_none() {
    let x = Value::new(1.0).with_label("");
    assert!(draw_dot(x).contains("{ data 1.0000 | grad – }"));
    assert!(!draw_svg(x).contains("font-weight"), "labels are bold");
}

#[test]
fn dot_text_is_what_micrograd_draws() {
    let root = (Value::new(1.0) * 2.0 + 1.0).relu();
    root.backward();
    let graph = trace(root);
    let dot = graph.to_dot(Direction::LeftToRight);
    assert_eq!(dot.matches("shape=record").count(), 6);
    assert_eq!(dot.matches(" -> ").count(), 8);
    assert_eq!(dot.matches("op\" [label=").count(), 3);
    assert!(graph.to_dot(Direction::TopToBottom).contains("rankdir=TB"));

    // Ids depend on what the thread made before; here they are counted from the first.
    let first = graph.nodes()[0].id;
    let mut counted = dot;
    for id in (first..first + 6).rev() {
        counted = counted.replace(&format!("{id}op"), &format!("n{}op", id - first));
        counted = counted.replace(&format!("\t{id} "), &format!("\tn{} ", id - first));
        counted = counted.replace(&format!("-> {id}\n"), &format!("-> n{}\n", id - first));
    }
    insta::assert_snapshot!(counted);
}
