/* One training step of the GPT of lesson 7 by plain loops: forward, backward by hand, Adam.
 *
 * Doubles in arrays and nothing else: no library, no vector instructions written out. The order of the
 * parameters is that of the lesson: meanings of tokens and of positions, the last layer, queries, keys,
 * values, what is made of them, and the perceptron up and down; each matrix row by row, a row of weights
 * for each number that comes out.
 *
 * STEP is the name of the function, so that the file can be compiled more than once. */

#include <math.h>
#include <string.h>

enum { VOCABULARY = 27, CONTEXT = 16, WIDTH = 16, HEADS = 4, HEAD = WIDTH / HEADS, WIDE = 4 * WIDTH };

struct weights {
    double wte[VOCABULARY][WIDTH];
    double wpe[CONTEXT][WIDTH];
    double lm_head[VOCABULARY][WIDTH];
    double wq[WIDTH][WIDTH];
    double wk[WIDTH][WIDTH];
    double wv[WIDTH][WIDTH];
    double wo[WIDTH][WIDTH];
    double up[WIDE][WIDTH];
    double down[WIDTH][WIDE];
};

enum { PARAMETERS = sizeof(struct weights) / sizeof(double) };

/* What the way forward leaves for the way back, a row for each position. */
struct trace {
    double sum[CONTEXT][WIDTH]; /* meanings of token and position */
    double sum_scale[CONTEXT];
    double x[CONTEXT][WIDTH]; /* the sum, normalized */
    double x_scale[CONTEXT];
    double input[CONTEXT][WIDTH]; /* x, normalized */
    double query[CONTEXT][WIDTH];
    double key[CONTEXT][WIDTH];
    double value[CONTEXT][WIDTH];
    double weight[CONTEXT][HEADS][CONTEXT]; /* of the earlier position, last */
    double seen[CONTEXT][WIDTH];
    double middle[CONTEXT][WIDTH]; /* x and what attention added */
    double middle_scale[CONTEXT];
    double normal[CONTEXT][WIDTH]; /* the middle, normalized */
    double wide[CONTEXT][WIDE];
    double last[CONTEXT][WIDTH];
    double probability[CONTEXT][VOCABULARY];
};

/* y = W x */
static void product(int rows, int columns, const double *w, const double *x, double *y) {
    for (int r = 0; r < rows; r++) {
        double sum = 0;
        for (int c = 0; c < columns; c++) sum += w[r * columns + c] * x[c];
        y[r] = sum;
    }
}

/* From dy, the gradient by y = W x: dw += dy xT, dx += WT dy. */
static void product_back(int rows, int columns, const double *w, const double *x, const double *dy,
                         double *dw, double *dx) {
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            dw[r * columns + c] += dy[r] * x[c];
            dx[c] += w[r * columns + c] * dy[r];
        }
}

/* y = x scale, where scale = (mean of x^2 + 1e-5)^(-1/2) */
static double normalize(const double *x, double *y) {
    double squares = 0;
    for (int i = 0; i < WIDTH; i++) squares += x[i] * x[i];
    double scale = 1 / sqrt(squares / WIDTH + 1e-5);
    for (int i = 0; i < WIDTH; i++) y[i] = x[i] * scale;
    return scale;
}

/* dx += scale dy - x scale^3 (x . dy) / WIDTH */
static void normalize_back(const double *x, double scale, const double *dy, double *dx) {
    double dot = 0;
    for (int i = 0; i < WIDTH; i++) dot += x[i] * dy[i];
    double pull = dot * scale * scale * scale / WIDTH;
    for (int i = 0; i < WIDTH; i++) dx[i] += scale * dy[i] - pull * x[i];
}

/* In place: exp(x) over their sum. */
static void softmax(int n, double *x) {
    double largest = x[0], sum = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > largest) largest = x[i];
    for (int i = 0; i < n; i++) sum += x[i] = exp(x[i] - largest);
    for (int i = 0; i < n; i++) x[i] /= sum;
}

/* What position t sees of itself and those before it. */
static void attend(struct trace *a, int t) {
    for (int h = 0; h < HEADS; h++) {
        double *weight = a->weight[t][h];
        for (int s = 0; s <= t; s++) {
            double score = 0;
            for (int i = h * HEAD; i < (h + 1) * HEAD; i++) score += a->query[t][i] * a->key[s][i];
            weight[s] = score / sqrt(HEAD);
        }
        softmax(t + 1, weight);
        for (int i = h * HEAD; i < (h + 1) * HEAD; i++) {
            double sum = 0;
            for (int s = 0; s <= t; s++) sum += weight[s] * a->value[s][i];
            a->seen[t][i] = sum;
        }
    }
}

static void attend_back(const struct trace *a, int t, const double *dseen, double *dquery,
                        double dkey[][WIDTH], double dvalue[][WIDTH]) {
    for (int h = 0; h < HEADS; h++) {
        const double *weight = a->weight[t][h];
        double dweight[CONTEXT], mean = 0;
        for (int s = 0; s <= t; s++) {
            double sum = 0;
            for (int i = h * HEAD; i < (h + 1) * HEAD; i++) {
                sum += dseen[i] * a->value[s][i];
                dvalue[s][i] += weight[s] * dseen[i];
            }
            dweight[s] = sum;
            mean += weight[s] * sum;
        }
        for (int s = 0; s <= t; s++) {
            double dscore = weight[s] * (dweight[s] - mean) / sqrt(HEAD);
            for (int i = h * HEAD; i < (h + 1) * HEAD; i++) {
                dquery[i] += dscore * a->key[s][i];
                dkey[s][i] += dscore * a->query[t][i];
            }
        }
    }
}

static double forward(const struct weights *w, const int *tokens, int n, struct trace *a) {
    double loss = 0;
    for (int t = 0; t < n; t++) {
        for (int i = 0; i < WIDTH; i++) a->sum[t][i] = w->wte[tokens[t]][i] + w->wpe[t][i];
        a->sum_scale[t] = normalize(a->sum[t], a->x[t]);
        a->x_scale[t] = normalize(a->x[t], a->input[t]);
        product(WIDTH, WIDTH, w->wq[0], a->input[t], a->query[t]);
        product(WIDTH, WIDTH, w->wk[0], a->input[t], a->key[t]);
        product(WIDTH, WIDTH, w->wv[0], a->input[t], a->value[t]);
        attend(a, t);
        product(WIDTH, WIDTH, w->wo[0], a->seen[t], a->middle[t]);
        for (int i = 0; i < WIDTH; i++) a->middle[t][i] += a->x[t][i];
        a->middle_scale[t] = normalize(a->middle[t], a->normal[t]);
        product(WIDE, WIDTH, w->up[0], a->normal[t], a->wide[t]);
        for (int i = 0; i < WIDE; i++)
            if (a->wide[t][i] < 0) a->wide[t][i] = 0;
        product(WIDTH, WIDE, w->down[0], a->wide[t], a->last[t]);
        for (int i = 0; i < WIDTH; i++) a->last[t][i] += a->middle[t][i];
        product(VOCABULARY, WIDTH, w->lm_head[0], a->last[t], a->probability[t]);
        softmax(VOCABULARY, a->probability[t]);
        loss -= log(a->probability[t][tokens[t + 1]]);
    }
    return loss / n;
}

static void backward(const struct weights *w, const int *tokens, int n, const struct trace *a,
                     struct weights *g) {
    double dquery[CONTEXT][WIDTH] = {{0}}, dkey[CONTEXT][WIDTH] = {{0}};
    double dvalue[CONTEXT][WIDTH] = {{0}}, dx[CONTEXT][WIDTH] = {{0}};
    memset(g, 0, sizeof *g);
    for (int t = 0; t < n; t++) {
        double dlogit[VOCABULARY], dlast[WIDTH] = {0}, dwide[WIDE] = {0};
        double dnormal[WIDTH] = {0}, dseen[WIDTH] = {0};
        for (int i = 0; i < VOCABULARY; i++)
            dlogit[i] = (a->probability[t][i] - (i == tokens[t + 1])) / n;
        product_back(VOCABULARY, WIDTH, w->lm_head[0], a->last[t], dlogit, g->lm_head[0], dlast);
        product_back(WIDTH, WIDE, w->down[0], a->wide[t], dlast, g->down[0], dwide);
        for (int i = 0; i < WIDE; i++)
            if (a->wide[t][i] <= 0) dwide[i] = 0;
        product_back(WIDE, WIDTH, w->up[0], a->normal[t], dwide, g->up[0], dnormal);
        double *dmiddle = dlast; /* the gradient passes the addition, */
        normalize_back(a->middle[t], a->middle_scale[t], dnormal, dmiddle);
        product_back(WIDTH, WIDTH, w->wo[0], a->seen[t], dmiddle, g->wo[0], dseen);
        attend_back(a, t, dseen, dquery[t], dkey, dvalue);
        memcpy(dx[t], dmiddle, sizeof dx[t]); /* and the next. */
    }
    for (int t = 0; t < n; t++) {
        double dinput[WIDTH] = {0}, dsum[WIDTH] = {0};
        product_back(WIDTH, WIDTH, w->wq[0], a->input[t], dquery[t], g->wq[0], dinput);
        product_back(WIDTH, WIDTH, w->wk[0], a->input[t], dkey[t], g->wk[0], dinput);
        product_back(WIDTH, WIDTH, w->wv[0], a->input[t], dvalue[t], g->wv[0], dinput);
        normalize_back(a->x[t], a->x_scale[t], dinput, dx[t]);
        normalize_back(a->sum[t], a->sum_scale[t], dx[t], dsum);
        for (int i = 0; i < WIDTH; i++) {
            g->wte[tokens[t]][i] += dsum[i];
            g->wpe[t][i] += dsum[i];
        }
    }
}

/* Adam (Kingma and Ba, 2015) with betas 0.85 and 0.99 and epsilon 1e-8; steps count from 1. */
static void adam(double *p, const double *g, double *mean, double *square, int step, double rate) {
    double mean_share = 1 - pow(0.85, step), square_share = 1 - pow(0.99, step);
    for (int i = 0; i < PARAMETERS; i++) {
        mean[i] = 0.85 * mean[i] + (1 - 0.85) * g[i];
        square[i] = 0.99 * square[i] + (1 - 0.99) * g[i] * g[i];
        p[i] -= rate * (mean[i] / mean_share) / (sqrt(square[i] / square_share) + 1e-8);
    }
}

/* A step on a document of n + 1 tokens, of which each is to be guessed from those before it; n is 1 to
 * CONTEXT, and tokens are 0 to VOCABULARY - 1. Leaves the gradient, and returns the loss before the step. */
double STEP(const int *tokens, int n, double *parameters, double *gradient, double *mean,
            double *square, int step, double rate) {
    struct trace trace;
    double loss = forward((const struct weights *)parameters, tokens, n, &trace);
    backward((const struct weights *)parameters, tokens, n, &trace, (struct weights *)gradient);
    adam(parameters, gradient, mean, square, step, rate);
    return loss;
}
