//! The expressions that the page offers to begin with.

/// An expression to begin with.
pub struct Example {
    /// What addresses call it.
    pub key: &'static str,
    /// What the page calls it.
    pub title: &'static str,
    /// The expression.
    pub text: &'static str,
}

/// In the order in which a learner meets them.
pub const EXAMPLES: &[Example] = &[
    Example {
        key: "lecture",
        title: "The lecture’s six values",
        text: "a = 2\nb = -3\nc = 10\ne = a*b\nd = e + c\nf = -2\nL = d*f",
    },
    Example {
        key: "neuron",
        title: "The lecture’s neuron",
        text: "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)",
    },
    Example {
        key: "twice",
        title: "Used twice",
        text: "a = -2\nb = 3\nd = a*b\ne = a + b\nf = d*e",
    },
    Example {
        key: "micrograd",
        title: "micrograd’s README",
        text: "a = -4\nb = 2\nc = a + b\nd = a*b + b^3\nc = c + c + 1\nc = 1 + c - a + c\n\
               d = d + d*2 + relu(b + a)\nd = d + 3*d + relu(b - a)\ne = c - d\nf = e^2\ng = f/2\ng = g + 10/f",
    },
    Example {
        key: "tanh",
        title: "tanh from its parts",
        text: "x = 2; w = -3; b = 6.8813735870195432\nn = x*w + b\nt = exp(2*n)\no = (t - 1)/(t + 1)",
    },
    Example {
        key: "relu",
        title: "A neuron with ReLU",
        text: "x = [1, -2, 0.5]\nw = [0.7, -0.4, 1.2]\nb = -0.3\nn = dot(x, w) + b\nout = relu(n)",
    },
    Example {
        key: "softmax",
        title: "Softmax",
        text: "z = [2, 1, -1]\np = softmax(z)\nloss = -log(p[0])",
    },
    Example {
        key: "logistic",
        title: "Logistic loss",
        text: "x = 1.5; y = 1\nw = 0.8; b = -0.5\np = sigmoid(w*x + b)\nloss = -(y*log(p) + (1 - y)*log(1 - p))",
    },
    Example {
        key: "chain",
        title: "A chain",
        text: "x = 0.5\na = sin(x)\nb = exp(a)\nc = b^2\ny = log(c + 1)",
    },
    Example { key: "own", title: "Your own", text: "tanh(w*x + b)" },
];
