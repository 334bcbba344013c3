//! The room of expressions: text, its graph, and the steps of its backward sweep.
