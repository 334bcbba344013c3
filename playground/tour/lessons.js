// The eight lessons: what they say, where they begin, and how the page sees that the one thing was done.
//
// A lesson stands in a room as any link does: `start` is its address, `hide` the groups that would distract.
// `check(seen)` is asked whenever the learner did something; `seen` is what the room tells (`observe`), and
// `seen.before` is kept for this lesson to remember what was seen before. Text between ` is code.

const near = (a, b, within = 0.005) => Math.abs(a - b) <= within;

const NEURON = 'x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)';

/** What the rooms can do besides, and no lesson needs. */
const EXTRAS = ['examples', 'quiz', 'code', 'check', 'save'];
const FURTHER = ['race', 'stop', 'export'];

export const LESSONS = [
  {
    key: 'slope',
    title: 'Slope',
    room: 'expression',
    start: { e: 'a = 2\nb = -3\nc = 10\nd = a*b + c', s: '5' },
    hide: EXTRAS,
    text: [
      'A derivative answers one question: if I nudge this number a little, how far does the result move, for each unit of nudge?',
      'Drag the number on `a`, or type another into its row of the table. When `a` goes up, `d` goes down, three times as fast: `b` is −3, and `a` reaches `d` only through the product with it. That is the orange number on `a`, its gradient: −3.',
      'The sign says which way, the size says how strongly. Look at `c`: its gradient is 1, for a sum passes a nudge on as it is.',
    ],
    task: '`d` is 4. Bring it to 7 by moving `a` alone. Let the gradient tell you how far.',
    hint: '`d` has to rise by 3, and each unit of `a` moves it by −3. So move `a` by −1, to 1.',
    done: 'A step of −1 times a slope of −3 is +3. Gradient descent does nothing else: it asks the slope which way to go, and goes a little.',
    check: ({ value }) => near(value('d'), 7) && near(value('b'), -3) && near(value('c'), 10),
  },
  {
    key: 'chain',
    title: 'Chain rule',
    room: 'expression',
    // The first expression of the room: the lecture's six values.
    start: {},
    hide: EXTRAS,
    text: [
      'Three operations lie between `a` and `L`, and none of them knows of the others. Each knows one thing: how its own output moves with its own inputs. That is the local derivative, written on the edge.',
      'The chain rule connects them by multiplying. If `L` moves −2 for each unit of `d`, and `d` moves 1 for each unit of `e`, and `e` moves −3 for each unit of `a`, then `L` moves −2 × 1 × −3 = 6 for each unit of `a`.',
      'Backward starts at the end with 1, for `L` moves with itself, and takes one edge at a time: the gradient that has arrived, times the local derivative.',
    ],
    task: 'Step backward, edge by edge, until every value has its gradient. Before each step, say what you expect.',
    hint: 'The Step button, or the right arrow key. A step too fast? Shift and the left arrow go back.',
    done: 'A plus passes its gradient on unchanged. A times passes it on multiplied by the other factor: `a` got `b`’s number, and `b` got `a`’s.',
    check: ({ step, total }) => total > 0 && step >= total,
  },
  {
    key: 'accumulation',
    title: 'Accumulation',
    room: 'expression',
    start: { e: 'a = -2\nb = 3\nd = a*b\ne = a + b\nf = d*e' },
    hide: EXTRAS,
    text: [
      'Here `a` is used twice: in `d` and in `e`. Nudge it, and both move; `f` feels both at once. So the two effects add.',
      'This is the bug that the lecture runs into. Its first backward wrote `self.grad = …`, and the second use of a value overwrote the first. The cure is two characters: `self.grad += …`. It is also why gradients must be zeroed before the next pass.',
    ],
    task: 'Step until both parts have arrived at `a`, and watch the running sum on it. Do not go further than that.',
    hint: 'Follow the sentence below the graph: stop as soon as it says that `a` was used before.',
    done: 'Along one way `a` gets −6, along the other 3, and −6 + 3 = −3. Had the second overwritten the first, it would be wrong, and nothing would have told you.',
    check: ({ value, added }) => near(value('a'), -2) && added('a'),
  },
  {
    key: 'order',
    title: 'Topological order',
    room: 'expression',
    start: { e: 'a = 2\nb = 3*a\nc = a + b\nd = b*c\nL = b + d' },
    hide: EXTRAS,
    text: [
      'A value may pass its gradient on only when that is complete: when everything that uses it has sent its part. Send it too early, and all below it are wrong.',
      'The lecture sorts the graph for this: children first, then their parent, and backward walks that list from its end. There is a shorter way to see it. Every value was made after its inputs. So walk back in the order of making, the newest first: whoever uses a value was made later, and has been visited before it.',
      'The small numbers on the nodes are this order.',
    ],
    task: 'One value has to wait for three others. Find it, and step until its gradient is complete: not one edge further.',
    hint: 'Count the edges that leave each value to the right: `b` goes into `c`, `d` and `L`. Its sum is complete after the third part.',
    done: '1 from `L`, 8 through `d`, 6 through `c`: 15. Only now may `b` pass it on, three times that, to `a`. Had it gone first with the 1 alone, `a` would be wrong.',
    check: ({ added, gradient, value }) => added('b') && near(gradient('b'), 15) && near(value('a'), 2),
  },
  {
    key: 'neuron',
    title: 'Neuron',
    room: 'expression',
    start: { e: NEURON, s: '10' },
    hide: EXTRAS,
    text: [
      'A neuron weighs its inputs, adds a bias, and squashes the sum: `tanh(w·x + b)`. It is one more expression, and you know everything there is to its gradient.',
      'The strange bias is the lecture’s own: it makes 1 − `o`², the local derivative of tanh, exactly one half. Look at `w1`: its gradient is 1, which is 0.5 times the input 2. And `w2` gets 0, for its input `x2` is 0: a weight whose input is silent learns nothing.',
      'Far out, tanh is flat. A neuron there is sure of itself and can hardly be taught: it is saturated.',
    ],
    task: 'Saturate it: raise `b` until the gradient of `w1` is below 0.01.',
    hint: 'Drag `b` up, or type its number into the table. Somewhere above 9 is far enough.',
    done: '`o` is close to 1, 1 − `o`² is close to 0, and whatever arrives from above is multiplied by that. Many layers of such neurons are how gradients vanish.',
    check: ({ gradient, step, value }) => step > 0 && Math.abs(gradient('w1')) < 0.01 && near(value('w1'), -3) && near(value('x1'), 2),
  },
  {
    key: 'layer',
    title: 'Layer',
    room: 'network',
    start: { set: 'xor', noise: '0', seed: '3', layers: '1', batch: '25', rate: '0.3', speed: '200' },
    hide: FURTHER,
    text: [
      'One neuron cuts the plane once, by a straight line. Here the two colours lie crosswise, which is called xor, and no single line parts them. Press Play and see it try.',
      'A layer is several neurons that look at the same inputs. Each draws a line of its own, and the next neuron weighs their answers. Two lines make a band, four make a shape with corners. Click a neuron in the drawing to see its line.',
    ],
    task: 'Give the hidden layer more neurons and train until 85 % of the held-out points are right.',
    hint: 'Type 4 for the first hidden layer, below Network, and press Play. If it settles on something wrong, take another seed.',
    done: 'Nobody told a neuron which line to draw. Each followed the slope of the loss by its own weights, and together they came to something that none of them could say alone.',
    check: ({ held, epoch, layers }) => epoch > 0 && held.accuracy >= 0.85 && layers.some((size) => size > 1),
  },
  {
    key: 'descent',
    title: 'Descent',
    room: 'network',
    start: { layers: '8,8', batch: '25', rate: '0.001', speed: '200' },
    hide: FURTHER,
    text: [
      'The loss is one number at the end of a long expression, and every weight is a leaf of it. `backward` gives each weight its slope; descent moves all of them a little downhill: `p.data -= rate * p.grad`. Then again, with the next batch.',
      'The learning rate is how little. With 0.001 this one creeps: play it for a while. Too much, and it jumps over the valley that it looks for. You may change it while it trains; the weights stay.',
    ],
    task: 'Find a learning rate that brings the loss of the training points below 0.1 within 100 epochs. Reset begins anew.',
    hint: 'Go up in threes: 0.003, 0.01, 0.03, 0.1, 0.3 … and watch the curve.',
    done: 'The best rate is usually the largest that does not fall apart. Look at the curve: with a good one it falls fast at first, and then refines.',
    check: ({ train, epoch }) => epoch > 0 && epoch <= 100 && train.loss < 0.1,
  },
  {
    key: 'wrong',
    title: 'When it goes wrong',
    room: 'network',
    start: { set: 'plane', layers: '8,8', act: 'leaky_relu', loss: 'squared', batch: '25', rate: '1', speed: '25' },
    hide: FURTHER,
    text: [
      'With a rate of 1 a step overshoots. The error is then larger, so is its slope, and the next step overshoots by more. After some forty steps the numbers leave what a float can hold: infinity, and infinity minus infinity is NaN, which is not a number. From there on every weight is.',
      'Most programs go on for hours with that. This page stops, names the first value that was not finite, and says what it was made from. The last good weights are one click away.',
    ],
    task: 'Play until it breaks, and read where it began. Go back to the last good state and look at its loss. Then press Reset, take a rate that works, and bring the training loss below 0.05.',
    hint: 'The rate is below Training; 0.01 is small enough.',
    done: 'The last good state was finite and already absurd: a run that explodes is lost long before the first NaN. Read the first value that broke, not the last, and watch the loss on the way there.',
    check: ({ failed, train, before }) => {
      before.failed ||= failed;
      return before.failed && !failed && train.loss < 0.05;
    },
  },
];
