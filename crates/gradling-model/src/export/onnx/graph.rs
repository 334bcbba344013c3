//! A graph of ONNX while it is built: each step gives the name of what it made.

use super::proto::{
    AttributeProto, DOUBLE, Dimension, FLOAT, GraphProto, INT64, NodeProto, STRING, TensorProto,
    TensorShapeProto, TensorType, TypeProto, ValueInfoProto,
};

/// The domain of operators for tables.
pub(super) const ML: &str = "ai.onnx.ml";

/// A constant.
pub(super) enum Constant<'a> {
    Floats(&'a [f32]),
    Doubles(&'a [f64]),
    Ints(&'a [i64]),
    Texts(&'a [String]),
}

pub(super) struct Builder {
    graph: GraphProto,
    /// What names of the graph's own begin with; no column does.
    prefix: String,
    count: usize,
}

impl Builder {
    /// A graph beside whose names these must stand.
    pub(super) fn new<'a>(name: &str, taken: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut prefix = "gradling.".to_owned();
        while taken.clone().any(|taken| taken.starts_with(&prefix)) {
            prefix.push('.');
        }
        let graph = GraphProto { name: name.to_owned(), ..GraphProto::default() };
        Builder { graph, prefix, count: 0 }
    }

    pub(super) fn describe(&mut self, text: String) {
        self.graph.doc_string = text;
    }

    pub(super) fn finish(self) -> GraphProto {
        self.graph
    }

    fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{}{}.{what}", self.prefix, self.count)
    }

    /// A column of the table.
    pub(super) fn input(&mut self, name: &str, kind: i32, about: &str) -> String {
        self.graph.input.push(value(name, kind, &[None, Some(1)], about));
        name.to_owned()
    }

    /// Gives what was made to whoever runs the graph, under this name.
    pub(super) fn output(
        &mut self,
        from: &str,
        name: &str,
        kind: i32,
        shape: &[Option<usize>],
        about: &str,
    ) {
        self.push("Identity", &[from], name.to_owned(), Vec::new(), "");
        self.graph.output.push(value(name, kind, shape, about));
    }

    pub(super) fn constant(
        &mut self,
        what: &str,
        shape: &[usize],
        constant: Constant<'_>,
    ) -> String {
        let name = self.fresh(what);
        let (data_type, raw_data, string_data) = match constant {
            Constant::Floats(all) => {
                (FLOAT, Some(all.iter().flat_map(|x| x.to_le_bytes()).collect()), Vec::new())
            }
            Constant::Doubles(all) => {
                (DOUBLE, Some(all.iter().flat_map(|x| x.to_le_bytes()).collect()), Vec::new())
            }
            Constant::Ints(all) => {
                (INT64, Some(all.iter().flat_map(|x| x.to_le_bytes()).collect()), Vec::new())
            }
            Constant::Texts(all) => {
                (STRING, None, all.iter().map(|text| text.clone().into_bytes()).collect())
            }
        };
        // Sizes of what is in memory are far below the largest there is.
        let dims = shape.iter().map(|&size| size as i64).collect();
        let tensor = TensorProto { dims, data_type, string_data, name: name.clone(), raw_data };
        self.graph.initializer.push(tensor);
        name
    }

    pub(super) fn node(&mut self, op: &str, inputs: &[&str]) -> String {
        self.node_with(op, inputs, Vec::new())
    }

    pub(super) fn node_with(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = self.fresh(&op.to_ascii_lowercase());
        let domain = if op == "CategoryMapper" { ML } else { "" };
        self.push(op, inputs, output.clone(), attributes, domain);
        output
    }

    fn push(
        &mut self,
        op: &str,
        inputs: &[&str],
        output: String,
        attribute: Vec<AttributeProto>,
        domain: &str,
    ) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            name: output.clone(),
            output: vec![output],
            op_type: op.to_owned(),
            attribute,
            domain: domain.to_owned(),
        });
    }
}

/// A tensor that goes in or out; a size that is not known yet is that of the batch.
fn value(name: &str, elem_type: i32, shape: &[Option<usize>], about: &str) -> ValueInfoProto {
    let dimension = |size: &Option<usize>| Dimension {
        dim_value: size.map(|size| size as i64),
        dim_param: size.is_none().then(|| "rows".to_owned()),
    };
    let shape = Some(TensorShapeProto { dim: shape.iter().map(dimension).collect() });
    let tensor_type = Some(TensorType { elem_type, shape });
    ValueInfoProto {
        name: name.to_owned(),
        kind: Some(TypeProto { tensor_type }),
        doc_string: about.to_owned(),
    }
}

pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: Some(i), kind: 2, ..AttributeProto::default() }
}

pub(super) fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), f: Some(f), kind: 1, ..AttributeProto::default() }
}

pub(super) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), ints, kind: 7, ..AttributeProto::default() }
}

pub(super) fn texts(name: &str, texts: &[String]) -> AttributeProto {
    let strings = texts.iter().map(|text| text.clone().into_bytes()).collect();
    AttributeProto { name: name.to_owned(), strings, kind: 8, ..AttributeProto::default() }
}
