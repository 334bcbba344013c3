//! Tracing: what a graph holds, and that a long one is no harder than a short one.

use gradling::{Value, group};
use gradling_graph::{Options, draw_svg, trace, trace_last};

#[test]
fn nodes_stand_in_order_of_creation_with_all_that_is_known_of_them() {
    let a = Value::new(2.0).with_label("a");
    let b = a * 3.0;
    let c = (b - a).tanh().with_label("c");
    c.backward();
    let graph = trace(c);
    let symbols: Vec<&str> = graph.nodes().iter().map(|node| node.symbol.as_str()).collect();
    assert_eq!(symbols, ["", "", "*", "-", "tanh"]);
    let [first, three, product, difference, root] = graph.nodes() else { panic!("five values") };
    assert_eq!((first.label.as_deref(), first.data, first.constant), (Some("a"), 2.0, false));
    assert_eq!((three.data, three.constant), (3.0, true));
    assert_eq!(product.inputs, [first.id, three.id]);
    assert_eq!(difference.inputs, [product.id, first.id]);
    assert_eq!((root.data, root.grad), (4.0_f64.tanh(), Some(1.0)));
    assert_eq!(graph.root(), Some(root));
}

#[test]
fn the_graph_does_not_change_with_the_engine() {
    let a = Value::new(2.0);
    let graph = trace(a.tanh());
    a.set_data(5.0);
    assert_eq!(graph.nodes()[0].data, 2.0);
    assert_eq!(graph.nodes()[1].grad, None, "backward has not run");
}

#[test]
fn a_value_used_twice_has_one_edge() {
    let x = Value::new(3.0);
    let graph = trace(x * x);
    let [edge] = graph.edges() else { panic!("one edge, not {:?}", graph.edges()) };
    assert_eq!((edge.from, edge.to, edge.uses), (0, 1, 2));
}

#[test]
fn groups_stand_after_the_group_around_them() {
    let x = Value::new(1.0);
    let y = group("outer", || group("inner", || x * 2.0) + x);
    let graph = trace(y);
    let [outer, inner] = graph.groups() else { panic!("two groups") };
    assert_eq!((outer.name.as_str(), outer.parent), ("outer", None));
    assert_eq!((inner.name.as_str(), inner.parent), ("inner", Some(0)));
    assert_eq!(
        graph.nodes().iter().map(|node| node.group).collect::<Vec<_>>(),
        [None, Some(1), Some(1), Some(0)]
    );
}

#[test]
fn the_last_values_are_the_newest_that_the_root_reaches() {
    let x = Value::new(1.0);
    let used = x.tanh();
    let _unused = x.exp();
    let root = used * used + x;
    let ids =
        |count| trace_last(root, count).nodes().iter().map(|node| node.id).collect::<Vec<_>>();
    let all: Vec<u32> = trace(root).nodes().iter().map(|node| node.id).collect();
    assert_eq!(all.len(), 4);
    assert_eq!(ids(0), all[3..]);
    assert_eq!(ids(2), all[2..]);
    assert_eq!(ids(3), all[1..]);
    assert_eq!(ids(100), all);
}

#[test]
fn what_was_left_out_is_said() {
    let root = Value::new(1.0).tanh().tanh().tanh();
    let all = trace(root).to_svg(&Options::new());
    let last = trace_last(root, 2).to_svg(&Options::new());
    assert!(
        !all.contains("<circle") && last.contains("<circle"),
        "dots stand for what came before"
    );
    let dot = trace_last(root, 2).to_dot(Default::default());
    assert!(dot.contains("…") && !trace(root).to_dot(Default::default()).contains("…"));
}

/// Ten million in a release build; a debug build would take too long over it.
const LONG: usize = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };

#[test]
fn the_end_of_a_very_long_chain_is_drawn_on_a_small_stack() {
    let draw = || {
        let root = (1..LONG).fold(Value::new(0.5), |x, _| x.tanh());
        let graph = trace_last(root, 50);
        assert_eq!(graph.nodes().len(), 50);
        graph.to_svg(&Options::new()).len()
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(draw);
    let bytes = thread.expect("a thread").join().expect("no overflow of the stack");
    assert!(bytes > 10_000);
}

#[test]
fn a_long_graph_is_traced_and_drawn_whole_on_a_small_stack() {
    let draw = || {
        let root = (0..30_000).fold(Value::new(0.5), |x, _| x.tanh());
        let deep = group("a", || (0..30_000).fold(root, |x, _| x.sin()));
        draw_svg(deep).matches("data-id=").count()
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(draw);
    // The group is folded: 60,001 values are too many to see.
    assert_eq!(thread.expect("a thread").join().expect("no overflow of the stack"), 30_002);
}
