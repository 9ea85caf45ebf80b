'use strict';
(() => {
const root = document.documentElement;
const errors = [];
const note = (text) => { errors.push(text); root.dataset.errors = errors.join('; '); };
window.addEventListener('error', (event) => note(event.message));
root.dataset.errors = '';

const D = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);

// ---- Data ------------------------------------------------------------------------------------------

/** Series come as base64 of little-endian floats. */
function floats(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** Tables come by column; texts as numbers of a list. Here they are rows. */
function rowsOf({ columns, texts, data }) {
  const values = data.map((column, c) => (texts[c] ? column.map((k) => texts[c][k]) : column));
  return (data[0] || []).map((_, i) => Object.fromEntries(columns.map((name, c) => [name, values[c][i]])));
}
const tables = Object.fromEntries(Object.entries(D.tables).map(([name, table]) => [name, rowsOf(table)]));
const metrics = D.backtest ? rowsOf(D.backtest.metrics) : [];

/** Times come as a first one and a step, or one by one as base64 of doubles. */
const times = (() => {
  if (D.times.step) return (i) => D.times.first + i * D.times.step;
  const bytes = Uint8Array.from(atob(D.times.values), (c) => c.charCodeAt(0));
  const values = new Float64Array(bytes.buffer);
  return (i) => values[Math.min(i, values.length - 1)];
})();

/** A series as pairs of time and value; `every` times lie between two items. */
function points(text, every) {
  const values = floats(text);
  const out = new Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = [times(Math.min(i * every, D.n_times - 1)), Number.isNaN(values[i]) ? null : values[i]];
  return out;
}

/** The mean of `width` items up to each, where half of them are there. */
function movingMean(pairs, width) {
  const out = [];
  let sum = 0;
  let n = 0;
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i][1] !== null) { sum += pairs[i][1]; n++; }
    if (i >= width && pairs[i - width][1] !== null) { sum -= pairs[i - width][1]; n--; }
    out.push([pairs[i][0], 2 * n >= width && n ? sum / n : null]);
  }
  return out;
}

/** The inverse of the normal distribution: Newton's steps from a logistic start. */
function normalQuantile(p) {
  const tail = (x) => { // Abramowitz and Stegun 26.2.17
    const t = 1 / (1 + 0.2316419 * Math.abs(x));
    const density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    const upper = density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return x >= 0 ? 1 - upper : upper;
  };
  let x = Math.log(p / (1 - p)) / 1.702;
  for (let i = 0; i < 6; i++) x -= (tail(x) - p) * Math.sqrt(2 * Math.PI) * Math.exp(x * x / 2);
  return x;
}

// ---- Numbers as text -------------------------------------------------------------------------------

const missing = '–';
const isNumber = (x) => typeof x === 'number' && Number.isFinite(x);
const decimals = (x, n) => (isNumber(x) ? x.toFixed(n).replace('-', '−') : missing);
const percent = (x, n = 2) => (isNumber(x) ? `${decimals(100 * x, n)} %` : missing);
const whole = (x) => (isNumber(x) ? Math.round(x).toLocaleString('en-US').replace(/,/g, '\u202f') : missing);
const day = (ms) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
const shorten = (text, n) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function tableOf(head, rows) {
  const cell = (tag) => (text) => element(tag, { textContent: text });
  const table = element('table', {},
    element('thead', {}, element('tr', {}, ...head.map(cell('th')))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell('td'))))));
  return element('div', { className: 'scroll', tabIndex: 0 }, table);
}

// ---- Colours ---------------------------------------------------------------------------------------

// After Okabe and Ito, of different lightness, so that people who lack a kind of cone tell them apart (tests/cli/report_palette.py);
// quantiles run from orange over grey to blue.
const palette = { dark: ['#b1d2ff', '#e69f00', '#3ac998', '#ac6b9b', '#f0e442', '#d55e00', '#9aa5ff', '#c8c8c8'],
                  light: ['#005597', '#dc760f', '#44a261', '#b2628a', '#4d4500', '#b14b00', '#6559c3', '#5c5c5c'] };
const ends = { dark: ['#ff9a3c', '#9a9a9a', '#56b4e9'], light: ['#c45f00', '#8a8a8a', '#005b94'] };
const mix = (a, b, t) => '#' + [1, 3, 5].map((i) => {
  const x = parseInt(a.slice(i, i + 2), 16);
  const y = parseInt(b.slice(i, i + 2), 16);
  return Math.round(x + (y - x) * t).toString(16).padStart(2, '0');
}).join('');
const theme = () => root.dataset.theme;
const colour = (i) => palette[theme()][i % palette[theme()].length];
function quantileColour(q) {
  const [low, middle, high] = ends[theme()];
  const t = D.n_quantiles > 1 ? q / (D.n_quantiles - 1) : 0;
  return t < 0.5 ? mix(low, middle, 2 * t) : mix(middle, high, 2 * t - 1);
}
/** Black or white, whichever reads better on a colour. */
function inkOn(background) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(background.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000000' : '#ffffff';
}
/** What a share of -1 to 1 looks like in a heatmap. */
function heat(share) {
  const [low, , high] = ends[theme()];
  return mix(theme() === 'dark' ? '#1e2125' : '#ffffff', share < 0 ? low : high, Math.min(1, Math.abs(share)));
}
const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();

// ---- Figures ---------------------------------------------------------------------------------------

const state = { factor: 0, horizon: 0 };
const factor = () => D.factors[state.factor];
const horizon = () => D.horizons[state.horizon];
const rows = (n) => `${n} row${n === 1 ? '' : 's'}`;
const ofFactor = (table) => tables[table].filter((row) => row.factor === factor().name);
const chosen = (table) => ofFactor(table).filter((row) => row.horizon === horizon());
const series = () => factor().horizons[state.horizon];
const errorOf = (mean, row) => (row.t ? Math.abs(mean / row.t) : null); // Newey and West's

const axis = (extra) => ({
  axisLine: { lineStyle: { color: style('--line') } }, axisLabel: { color: style('--quiet'), hideOverlap: true },
  splitLine: { lineStyle: { color: style('--line') } }, nameTextStyle: { color: style('--quiet') }, ...extra,
});
const timeAxis = () => axis({ type: 'time', splitLine: { show: false } });
const valueAxis = (format, extra) => axis({ type: 'value', scale: true, ...extra, axisLabel: { color: style('--quiet'), hideOverlap: true, formatter: format } });
const zoom = () => [{ type: 'inside' }, { type: 'slider', height: 18, bottom: 4, borderColor: style('--line'), textStyle: { color: style('--quiet') } }];
/** A series that is drawn as its moving mean where it has many items, and how to say so. */
const smoothWidth = (n) => (n > 200 ? Math.round(n / 100) : 1);
const smooth = (pairs) => movingMean(pairs, smoothWidth(pairs.length));
const ofSmooth = () => {
  const n = smoothWidth(Math.ceil(D.n_times / D.sparse_every)) * D.sparse_every;
  return n > 1 ? ` Means of ${n} times.` : '';
};
const grid = (extra) => ({ left: 8, right: 14, top: 34, bottom: 8, containLabel: true, ...extra });
const zoomGrid = () => grid({ bottom: 32 });
const legend = (extra) => ({ type: 'scroll', top: 0, icon: 'roundRect', itemWidth: 16, itemHeight: 5, textStyle: { color: style('--ink') }, ...extra });
const line = (name, data, c, extra) => ({
  name, type: 'line', data, showSymbol: false, sampling: 'lttb', lineStyle: { width: 1.6, color: c }, itemStyle: { color: c }, ...extra,
});
const atZero = () => ({ symbol: 'none', silent: true, label: { show: false }, lineStyle: { color: style('--quiet'), type: 'solid', width: 1 }, data: [{ yAxis: 0 }] });
const tip = (format, extra) => ({
  trigger: 'axis', confine: true, backgroundColor: style('--card'), borderColor: style('--line'), textStyle: { color: style('--ink'), fontSize: 12 },
  valueFormatter: format, ...extra,
});
const andError = 'with its standard error (Newey and West)';
const four = (x) => decimals(x, 4);
const two = (x) => percent(x, 2);
const brief = (x) => `${String(Number((100 * x).toFixed(2))).replace('-', '−')} %`; // labels of a narrow axis stay different

const heatScale = (most, precision) => ({
  type: 'continuous', min: -most, max: most, calculable: false, orient: 'horizontal', left: 'center', bottom: 0, itemHeight: 120, itemWidth: 10, precision,
  text: [decimals(most, 2), decimals(-most, 2)], textStyle: { color: style('--quiet') }, inRange: { color: [heat(-1), heat(0), heat(1)] },
});

function errorBars(name, data, c) { // data: [x, low, high]
  return {
    name, type: 'custom', data, silent: true, z: 5,
    encode: { x: 0, y: [1, 2] },
    renderItem(_, api) {
      const low = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)]);
      const stroke = { stroke: c, lineWidth: 1.5 };
      const segment = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: stroke });
      return { type: 'group', children: [segment(low[0], low[1], high[0], high[1]),
        segment(low[0] - 4, low[1], low[0] + 4, low[1]), segment(high[0] - 4, high[1], high[0] + 4, high[1])] };
    },
  };
}

function bars(rows, name, label, value, error, format, extra = {}) {
  return {
    grid: grid({ top: 14 }), tooltip: tip(format),
    xAxis: axis({ type: 'category', data: rows.map(label), ...extra.xAxis }), yAxis: valueAxis(format, { scale: false }),
    series: [
      { name, type: 'bar', barMaxWidth: 42, data: rows.map((row, i) => ({ value: value(row), itemStyle: { color: extra.colour ? extra.colour(row, i) : colour(0) } })) },
      ...(error ? [errorBars('error', rows.map((row, i) => [i, value(row) - error(row), value(row) + error(row)]), style('--quiet'))] : []),
    ],
  };
}

const figures = [
  { id: 'ic', wide: true, title: 'Information coefficient over time',
    text: () => `Spearman's correlation of factor and return over ${rows(horizon())} at each time, and its moving mean.`
      + (D.every > 1 ? ` Each point is the mean of ${D.every} times.` : ''),
    draw() {
      const all = points(series().ic, D.every);
      const width = Math.max(5, Math.round(all.length / 40));
      return { grid: zoomGrid(), legend: legend(), tooltip: tip(four), dataZoom: zoom(), xAxis: timeAxis(), yAxis: valueAxis((x) => decimals(x, 2)),
        series: [line('IC', all, colour(0), { lineStyle: { width: 0.7, color: colour(0), opacity: 0.55 }, markLine: atZero() }),
          line(`mean of ${width}`, movingMean(all, width), colour(1), { lineStyle: { width: 2.2, color: colour(1) } })] };
    } },
  { id: 'histogram', title: 'Distribution of the IC', text: () => 'How often which IC came, beside a normal distribution of the same mean and deviation.',
    draw() {
      const { low, high, counts } = series().histogram;
      const row = chosen('summary')[0];
      if (!counts.length) return null;
      const width = (high - low) / counts.length || 1;
      const total = counts.reduce((a, b) => a + b, 0);
      const middle = (i) => low + (i + 0.5) * width;
      const normal = counts.map((_, i) => [middle(i), row.ic_std > 0
        ? total * width * Math.exp(-(((middle(i) - row.ic) / row.ic_std) ** 2) / 2) / row.ic_std / Math.sqrt(2 * Math.PI) : null]);
      return { grid: grid(), legend: legend(), tooltip: tip((x) => decimals(x, 1)), xAxis: valueAxis((x) => decimals(x, 2)), yAxis: valueAxis((x) => String(x), { scale: false }),
        series: [{ name: 'times', type: 'bar', barWidth: '92%', data: counts.map((n, i) => [middle(i), n]), itemStyle: { color: colour(0) } },
          line('normal', normal, colour(1), { smooth: true, sampling: undefined })] };
    } },
  { id: 'qq', title: 'IC beside the normal distribution', text: () => 'Quantiles of the IC against those of a normal distribution: on the line where both are alike.',
    draw() {
      const row = chosen('summary')[0];
      const sample = [...floats(series().sample)];
      if (!sample.length || !(row.ic_std > 0)) return null;
      const pairs = sample.map((x, i) => [normalQuantile((i + 0.5) / sample.length), x]);
      const reach = [pairs[0][0], pairs[pairs.length - 1][0]];
      return { grid: grid(), legend: legend(), tooltip: tip(four, { trigger: 'item', formatter: (p) => `normal ${decimals(p.value[0], 2)}<br>IC ${four(p.value[1])}` }), xAxis: valueAxis((x) => decimals(x, 0)), yAxis: valueAxis((x) => decimals(x, 2)),
        series: [{ name: 'IC', type: 'scatter', symbolSize: 5, data: pairs, itemStyle: { color: colour(0) } },
          line('normal', reach.map((x) => [x, row.ic + x * row.ic_std]), colour(1), { sampling: undefined })] };
    } },
  { id: 'months', title: 'IC by month', text: () => 'Mean IC of each month.',
    draw() {
      const rows = chosen('calendar').filter((row) => row.by === 'month');
      const years = [...new Set(rows.map((row) => row.key.slice(0, 4)))].sort().reverse();
      const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
      const data = rows.filter((row) => isNumber(row.ic)).map((row) => [Number(row.key.slice(5)) - 1, years.indexOf(row.key.slice(0, 4)), row.ic]);
      if (!data.length) return null;
      const most = Math.max(0.02, ...data.map((d) => Math.abs(d[2])));
      return { grid: grid({ top: 8, bottom: 44 }),
        tooltip: tip(four, { trigger: 'item', formatter: (p) => `${years[p.value[1]]} ${names[p.value[0]]}<br>IC ${four(p.value[2])}` }),
        xAxis: axis({ type: 'category', data: names, splitLine: { show: false } }), yAxis: axis({ type: 'category', data: years, splitLine: { show: false } }),
        visualMap: heatScale(most, 3),
        series: [{ type: 'heatmap', data: data.map((value) => ({ value, label: { color: inkOn(heat(value[2] / most)) } })), itemStyle: { borderColor: style('--line'), borderWidth: 1 },
          label: { show: root.clientWidth > 860, formatter: (p) => decimals(p.value[2], 3), fontSize: 11 } }] };
    } },
  { id: 'hours', title: 'IC by hour', text: () => `Mean IC by hour of the day (UTC), ${andError}.`,
    draw() {
      const rows = chosen('calendar').filter((row) => row.by === 'hour');
      return rows.length < 2 ? null : bars(rows, 'IC', (row) => row.key, (row) => row.ic, (row) => errorOf(row.ic, { t: row.ic_t_nw }), four);
    } },
  { id: 'groups', optional: true, title: 'IC by group', text: () => `Mean IC within each group of symbols, ${andError}.`,
    draw() {
      const rows = chosen('calendar').filter((row) => row.by === 'group');
      return rows.length ? bars(rows, 'IC', (row) => row.key, (row) => row.ic, (row) => errorOf(row.ic, { t: row.ic_t_nw }), four) : null;
    } },
  { id: 'decay', title: 'Decay', text: () => `Mean IC with returns over ${rows(D.horizons[0])} that begin so many rows later, ${andError}.`,
    draw() {
      const rows = ofFactor('decay');
      return rows.length ? bars(rows, 'IC', (row) => String(row.lag), (row) => row.ic, (row) => errorOf(row.ic, { t: row.ic_t_nw }), four) : null;
    } },
  { id: 'quantiles', title: 'Mean return by quantile', text: () => `Over ${rows(horizon())}, ${andError}. Quantile 1 has the lowest values.`,
    draw() {
      return bars(chosen('quantiles'), 'mean return', (row) => `Q${row.quantile}`, (row) => row.mean, (row) => errorOf(row.mean, { t: row.t_nw }), (x) => percent(x, 3), { colour: (_, i) => quantileColour(i) });
    } },
  { id: 'violins', title: 'Returns by quantile', text: () => 'The distribution over the times of each quantile\'s mean return, from the 1st to the 99th percentile; the mark is the median.',
    draw() {
      const violins = series().violins.map((v, i) => ({ ...v, i, density: [...floats(v.density)] })).filter((v) => v.density.length);
      if (!violins.length) return null;
      const widest = Math.max(...violins.flatMap((v) => v.density.map((d) => d * (v.high - v.low))));
      return { grid: grid({ top: 14 }), tooltip: tip(two, { trigger: 'item', formatter: (p) => `Q${p.value[0]}<br>median ${two(p.value[3])}` }),
        xAxis: valueAxis((x) => (Number.isInteger(x) && x > 0 && x <= D.n_quantiles ? `Q${x}` : ''), { scale: false, min: 0.4, max: D.n_quantiles + 0.6, interval: 1, splitLine: { show: false } }),
        yAxis: valueAxis(brief),
        series: [{ type: 'custom', encode: { x: 0, y: [1, 2] }, data: violins.map((v) => [v.i + 1, v.low, v.high, v.median]),
          renderItem(params, api) {
            const v = violins[params.dataIndex];
            const at = (k, side) => api.coord([v.i + 1 + side * 0.42 * v.density[k] * (v.high - v.low) / widest, v.low + (v.high - v.low) * k / (v.density.length - 1)]);
            const right = v.density.map((_, k) => at(k, 1));
            const left = v.density.map((_, k) => at(k, -1)).reverse();
            const [x, y] = api.coord([v.i + 1, v.median]);
            return { type: 'group', children: [
              { type: 'polygon', shape: { points: right.concat(left) }, style: { fill: quantileColour(v.i), opacity: 0.75, stroke: quantileColour(v.i) } },
              { type: 'line', shape: { x1: x - 12, y1: y, x2: x + 12, y2: y }, style: { stroke: style('--ink'), lineWidth: 2 } }] };
          } }] };
    } },
  { id: 'totals', wide: true, title: 'Quantiles over time', text: () => `Equal-weight holdings of ${rows(horizon())} that follow each other, compounded, before costs.`,
    draw() {
      return { grid: zoomGrid(), legend: legend(), tooltip: tip(two), dataZoom: zoom(), xAxis: timeAxis(), yAxis: valueAxis(brief, { min: (v) => (v.min < -0.5 ? -1 : null) }),
        series: series().quantile_totals.map((text, q) => line(`Q${q + 1}`, points(text, series().step), quantileColour(q), q ? {} : { markLine: atZero() })) };
    } },
  { id: 'long_short', wide: true, title: 'Long-short and its drawdown', text: () => `Top quantile less bottom quantile, compounded every ${rows(horizon())}, before costs; below, how far it lies under its highest point.`,
    draw() {
      const two_grids = [grid({ bottom: '42%' }), grid({ top: '66%', bottom: 32 })];
      return { grid: two_grids, legend: legend(), tooltip: tip(two), axisPointer: { link: [{ xAxisIndex: 'all' }] },
        dataZoom: zoom().map((z) => ({ ...z, xAxisIndex: [0, 1] })),
        xAxis: [{ ...timeAxis(), axisLabel: { show: false } }, { ...timeAxis(), gridIndex: 1 }],
        yAxis: [valueAxis(brief), valueAxis(brief, { gridIndex: 1, splitNumber: 2 })],
        series: [line('long-short', points(series().long_short_total, series().step), colour(0), { markLine: atZero() }),
          line('drawdown', points(series().drawdown, series().step), colour(5), { xAxisIndex: 1, yAxisIndex: 1, areaStyle: { color: colour(5), opacity: 0.3 } })] };
    } },
  { id: 'equity', wide: true, title: 'Equity with costs and without', text: () => 'What trading the factor would have come to (backtest), and its drawdown with costs.',
    draw() {
      if (!D.backtest) return null;
      const mine = D.backtest.factors[state.factor];
      const share = (text) => points(text, D.sparse_every).map(([t, x]) => [t, x === null ? null : x / D.backtest.capital - 1]);
      const net = share(mine.net);
      let peak = 0;
      const fall = net.map(([t, x]) => { peak = Math.max(peak, x); return [t, (1 + x) / (1 + peak) - 1]; });
      return { grid: [grid({ bottom: '42%' }), grid({ top: '66%', bottom: 32 })], legend: legend(), tooltip: tip(two), axisPointer: { link: [{ xAxisIndex: 'all' }] },
        dataZoom: zoom().map((z) => ({ ...z, xAxisIndex: [0, 1] })),
        xAxis: [{ ...timeAxis(), axisLabel: { show: false } }, { ...timeAxis(), gridIndex: 1 }],
        yAxis: [valueAxis(brief), valueAxis(brief, { gridIndex: 1, splitNumber: 2 })],
        series: [line('with costs', net, colour(0), { markLine: atZero() }), line('without', share(mine.gross), colour(2), { lineStyle: { width: 1.6, color: colour(2), type: 'dashed' } }),
          line('drawdown', fall, colour(5), { xAxisIndex: 1, yAxisIndex: 1, areaStyle: { color: colour(5), opacity: 0.3 } })] };
    } },
  { id: 'turnover', title: 'Turnover', text: () => `Share of the names in the top and in the bottom quantile that were not in it at the time before.${ofSmooth()}`,
    draw() {
      return { grid: zoomGrid(), legend: legend(), tooltip: tip((x) => percent(x, 1)), dataZoom: zoom(), xAxis: timeAxis(), yAxis: valueAxis((x) => percent(x, 0), { scale: false }),
        series: [line('top', smooth(points(factor().turnover_top, D.sparse_every)), quantileColour(D.n_quantiles - 1)), line('bottom', smooth(points(factor().turnover_bottom, D.sparse_every)), quantileColour(0))] };
    } },
  { id: 'autocorrelation', title: 'Rank autocorrelation', text: () => `Correlation of the ranks with those of the time before: 1 is a factor that stays, 0 one that is new each time.${ofSmooth()}`,
    draw() {
      return { grid: grid({ top: 14, bottom: 32 }), legend: { show: false }, tooltip: tip(four), dataZoom: zoom(), xAxis: timeAxis(), yAxis: valueAxis((x) => decimals(x, 2)),
        series: [line('autocorrelation', smooth(points(factor().autocorrelation, D.sparse_every)), colour(2))] };
    } },
  { id: 'coverage', title: 'Coverage', text: () => 'Share of the rows of a time that have the factor.',
    draw() {
      return { grid: grid({ top: 14, bottom: 32 }), legend: { show: false }, tooltip: tip((x) => percent(x, 1)), dataZoom: zoom(), xAxis: timeAxis(), yAxis: valueAxis((x) => percent(x, 0), { scale: false, min: 0, max: 1 }),
        series: [line('coverage', points(factor().coverage, D.sparse_every), colour(3), { areaStyle: { color: colour(3), opacity: 0.2 } })] };
    } },
  { id: 'events', title: 'Around large values', text: () => 'Mean return from the price one trades at, less that of all symbols; offsets are rows.',
    draw() {
      const rows = ofFactor('events');
      if (!rows.some((row) => row.times)) return null;
      const side = (name, c) => {
        const mine = rows.filter((row) => row.side === name);
        return line(`${name} (${whole(mine[0].events)})`, mine.map((row) => [row.offset, row.relative]), c, { sampling: undefined });
      };
      return { grid: grid(), legend: legend(), tooltip: tip(two), xAxis: valueAxis((x) => decimals(x, 0)), yAxis: valueAxis((x) => percent(x, 1)),
        series: [side('large', quantileColour(D.n_quantiles - 1)), side('small', quantileColour(0))] };
    } },
  { id: 'symbols', title: 'IC of symbols over their times', text: () => 'The highest and the lowest: whether the factor times a symbol.',
    draw() {
      const shown = series().symbols;
      return shown.length ? bars(shown, 'IC', (row) => row[0], (row) => row[1], null, four, { xAxis: { axisLabel: { rotate: 60, color: style('--quiet'), fontSize: 10 } } }) : null;
    } },
  { id: 'correlation', title: 'Correlation of the factors', compare: true, text: () => 'Mean over the times of the correlation of their ranks.',
    draw() {
      if (!tables.correlation.length) return null;
      const names = D.factors.map((f) => shorten(f.name, 28));
      const index = Object.fromEntries(D.factors.map((f, i) => [f.name, i]));
      const data = D.factors.map((_, i) => [i, i, 1]);
      for (const row of tables.correlation) if (isNumber(row.correlation)) {
        const [i, k] = [index[row.factor], index[row.other]];
        data.push([i, k, row.correlation], [k, i, row.correlation]);
      }
      return { grid: grid({ top: 8, bottom: 44 }), tooltip: tip(four, { trigger: 'item', formatter: (p) => `${names[p.value[0]]}<br>${names[p.value[1]]}<br>${four(p.value[2])}` }),
        xAxis: axis({ type: 'category', data: names, splitLine: { show: false } }), yAxis: axis({ type: 'category', data: names, splitLine: { show: false } }),
        visualMap: heatScale(1, 2),
        series: [{ type: 'heatmap', data: data.map((value) => ({ value, label: { color: inkOn(heat(value[2])) } })), label: { show: names.length <= 12, formatter: (p) => decimals(p.value[2], 2) } }] };
    } },
  { id: 'all_long_short', title: 'Long-short of all factors', compare: true, text: () => `Compounded every ${horizon()} rows, before costs.`,
    draw() {
      return { grid: zoomGrid(), legend: legend(), tooltip: tip(two), dataZoom: zoom(), xAxis: timeAxis(), yAxis: valueAxis(brief),
        series: D.factors.slice(0, 12).map((f, i) => line(shorten(f.name, 28), points(f.horizons[state.horizon].long_short_total, f.horizons[state.horizon].step), colour(i))) };
    } },
];

// ---- The page --------------------------------------------------------------------------------------

const charts = new Map();
let looking;
const key = { '+': [0.1, -0.1], '=': [0.1, -0.1], '-': [-0.1, 0.1], ArrowLeft: [-0.1, -0.1], ArrowRight: [0.1, 0.1] };

/** Keys zoom and move a figure that has the focus. */
function onKey(event, chart) {
  const step = key[event.key];
  const zooms = (chart.getOption().dataZoom || [])[0];
  if (!step || !zooms) return;
  event.preventDefault();
  const width = zooms.end - zooms.start;
  const start = Math.max(0, zooms.start + step[0] * width);
  const end = Math.min(100, zooms.end + step[1] * width);
  if (end - start > 0.5) chart.dispatchAction({ type: 'dataZoom', start, end });
}

/** Without the slider and its room: for paper and files. The part that is zoomed to stays, where there is one. */
function still(option, zooms = []) {
  const grids = [].concat(option.grid).map((one) => (one.bottom === 32 ? { ...one, bottom: 8 } : one));
  return { textStyle: { color: style('--ink'), fontFamily: 'sans-serif' }, ...option, grid: grids,
    dataZoom: zooms.slice(0, 1).map(({ start, end }) => ({ type: 'inside', start, end, xAxisIndex: grids.map((_, i) => i) })) };
}

/** A figure as the text of an SVG file. */
function svgOf(option, width, height) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ ...option, animation: false, backgroundColor: style('--card') });
  const text = chart.renderToSVGString();
  chart.dispose();
  return text;
}

function save(figure, chart) {
  const text = svgOf(still(figure.draw(), chart.getOption().dataZoom), chart.getWidth(), chart.getHeight());
  const link = element('a', { href: URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' })), download: `${figure.id}.svg` });
  link.click();
}

/** Whether anything but one colour was painted. */
function isPainted(canvas) {
  const { width, height } = canvas;
  const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
  return pixels.some((pixel) => pixel !== pixels[0]);
}

function frame(figure) {
  const plot = element('div', { className: 'plot', tabIndex: 0 });
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-label', `${figure.title}. Plus and minus zoom, arrows move.`);
  const text = element('p', {});
  const button = element('button', { type: 'button', textContent: 'SVG' });
  button.setAttribute('aria-label', `Save ${figure.title} as SVG`);
  const paper = element('div', { className: 'paper' });
  const made = element('figure', { id: `figure-${figure.id}` },
    element('figcaption', {}, element('h2', { textContent: figure.title }), button), text, plot, paper);
  $(figure.compare ? 'compare-body' : 'figures').append(made);
  return { made, plot, text, button, paper };
}

/** Two figures a row; one that would be alone in its row gets all of it. */
function arrange() {
  const shown = figures.filter((figure) => !figure.compare && !charts.get(figure.id).made.hidden);
  let alone = null;
  for (const figure of shown) {
    const { made } = charts.get(figure.id);
    made.className = figure.wide ? 'wide' : '';
    if (figure.wide && alone) alone.className = 'wide';
    alone = figure.wide || alone ? null : made;
  }
  if (alone) alone.className = 'wide';
}

function draw() {
  const options = new Map();
  const absent = [];
  for (const figure of figures) {
    if (figure.compare && D.factors.length < 2) continue;
    if (!charts.has(figure.id)) charts.set(figure.id, frame(figure));
    try { options.set(figure.id, figure.draw()); } catch (error) { note(`${figure.id}: ${error.message}`); }
    charts.get(figure.id).made.hidden = !options.get(figure.id);
    if (!options.get(figure.id) && !figure.optional) absent.push(figure.title);
  }
  arrange();
  for (const figure of figures) {
    const option = options.get(figure.id);
    if (!option) continue;
    const place = charts.get(figure.id);
    place.text.textContent = figure.text();
    place.chart?.dispose();
    const chart = echarts.init(place.plot, null, { renderer: 'canvas' });
    place.chart = chart;
    chart.setOption({ animation: false, aria: { enabled: false }, textStyle: { color: style('--ink'), fontFamily: 'inherit' }, ...option });
    place.plot.onkeydown = (event) => onKey(event, chart);
    place.button.onclick = () => save(figure, chart);
  }
  $('absent').textContent = absent.length ? `No values for: ${absent.join('; ')}.` : '';
  root.dataset.figures = String([...options.values()].filter(Boolean).length);
  clearTimeout(looking);
  looking = setTimeout(lookAtFigures, 500);
}

/** Paper gets figures of its own: light, sharp, as wide as a column of it. */
function drawOnPaper() {
  const before = theme();
  root.dataset.theme = 'light';
  for (const figure of figures) {
    const place = charts.get(figure.id);
    if (!place || place.made.hidden) continue;
    const width = place.made.className === 'wide' || figure.compare ? 740 : 360;
    place.paper.innerHTML = svgOf(still(figure.draw(), place.chart.getOption().dataZoom), width, figure.wide ? 215 : 185);
  }
  root.dataset.theme = before;
}

/** The page says of itself how many of its figures were painted. */
function lookAtFigures() {
  let n_drawn = 0;
  for (const { made, plot } of charts.values()) if (!made.hidden) n_drawn += isPainted(plot.querySelector('canvas'));
  root.dataset.drawn = String(n_drawn);
  root.dataset.overflow = String(Math.max(0, root.scrollWidth - root.clientWidth));
}

function card(label, value, text, mood) {
  const number = element('b', { textContent: text, className: mood || '' });
  if (isNumber(value)) number.dataset.value = String(value);
  return element('div', { className: 'card' }, number, element('span', { textContent: label }));
}

function showCards() {
  const row = chosen('summary')[0];
  const mood = (x) => (!isNumber(x) || Math.abs(x) < 2 ? '' : x > 0 ? 'good' : 'bad');
  $('cards').replaceChildren(
    card('mean IC', row.ic, decimals(row.ic, 4), mood(row.ic_t_nw)),
    card('ICIR', row.icir, decimals(row.icir, 3)),
    card('t (Newey–West)', row.ic_t_nw, decimals(row.ic_t_nw, 2), mood(row.ic_t_nw)),
    card('p (Newey–West)', row.ic_p_nw, isNumber(row.ic_p_nw) && row.ic_p_nw < 0.001 ? '< 0.001' : decimals(row.ic_p_nw, 3)),
    card('times with IC > 0', row.ic_positive, percent(row.ic_positive, 1)),
    card('long-short a holding', row.long_short, percent(row.long_short, 3), mood(row.long_short_t_nw)),
    card('long-short, all', row.long_short_total, percent(row.long_short_total, 1)),
    card('turnover', row.turnover, percent(row.turnover, 1)),
    card('rank autocorrelation', row.autocorrelation, decimals(row.autocorrelation, 3)),
    card('coverage', row.coverage, percent(row.coverage, 1)),
    card('times', row.times, whole(row.times)),
    card('rows', row.rows, whole(row.rows)));
}

function showComparison() {
  $('compare').hidden = D.factors.length < 2;
  if (D.factors.length < 2) return;
  const rows = tables.summary.filter((row) => row.horizon === horizon());
  const table = tableOf(['factor', 'IC', 'ICIR', 't', 'IC > 0', 'long-short', 'turnover', 'coverage'], rows.map((row) => [
    row.factor, decimals(row.ic, 4), decimals(row.icir, 3), decimals(row.ic_t_nw, 2), percent(row.ic_positive, 1),
    percent(row.long_short, 3), percent(row.turnover, 1), percent(row.coverage, 1)]));
  table.id = 'compare-table';
  const old = $('compare-table');
  if (old) old.replaceWith(table);
  else $('compare-body').before(table);
}

function showMetrics() {
  $('trading').hidden = !D.backtest;
  if (!D.backtest) return;
  const [net, gross] = ['all', 'none'].map((costs) => metrics.find((row) => row.factor === factor().name && row.costs === costs));
  const lines = [['total return', 'total_return', two], ['a year', 'annual_return', two], ['volatility', 'volatility', two], ['Sharpe', 'sharpe', (x) => decimals(x, 2)],
    ['Sortino', 'sortino', (x) => decimals(x, 2)], ['Calmar', 'calmar', (x) => decimals(x, 2)], ['largest drawdown', 'max_drawdown', two], ['value at risk (95 %)', 'var_95', (x) => percent(x, 3)],
    ['beyond it', 'cvar_95', (x) => percent(x, 3)], ['win rate', 'win_rate', (x) => percent(x, 1)], ['profit factor', 'profit_factor', (x) => decimals(x, 2)],
    ['turnover a time', 'turnover', (x) => percent(x, 1)], ['costs', 'total_cost', whole], ['funding', 'total_funding', whole], ['trades', 'trades', whole], ['capacity', 'capacity', whole]];
  const table = tableOf(['', 'with costs', 'without'], lines.map(([name, column, format]) => [name, format(net[column]), format(gross[column])]));
  for (const [i, tr] of [...table.querySelectorAll('tbody tr')].entries()) [net, gross].forEach((row, k) => {
    tr.cells[k + 1].dataset.column = lines[i][1];
    tr.cells[k + 1].dataset.value = String(row[lines[i][1]]);
  });
  $('trading-body').replaceChildren(table);
}

function showHow() {
  $('how-body').replaceChildren(
    tableOf(['setting', 'value'], D.parameters),
    ...(D.commands.length ? [element('p', { textContent: 'The same page again, and its numbers as JSON:', className: 'quiet' })] : []),
    ...D.commands.map((text) => element('pre', { textContent: text, tabIndex: 0 })));
}

function show() {
  root.dataset.drawn = '0';
  $('chosen').textContent = `${D.factors.length > 1 ? `${factor().name}, ` : ''}returns over ${rows(horizon())}`;
  showCards();
  showComparison();
  showMetrics();
  draw();
}

// ---- Figures as files ------------------------------------------------------------------------------

const imageSize = { width: 960, height: 480 };

function base64(text) {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

/** A figure as base64 of a PNG file, of twice as many pixels. */
function pngOf(option) {
  const place = element('div', {});
  Object.assign(place.style, { width: `${imageSize.width}px`, height: `${imageSize.height}px` });
  document.body.append(place);
  const chart = echarts.init(place, null, { renderer: 'canvas', devicePixelRatio: 2 });
  chart.setOption({ ...option, series: option.series.map((one) => ({ ...one, progressive: 0 })), animation: false });
  const url = chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: style('--card') });
  chart.dispose();
  place.remove();
  return url.slice(url.indexOf(',') + 1);
}

/** The page becomes a line for each figure of each factor, "figure NAME BASE64": `factorium report --figures` reads them. */
function becomeFiles(kind) {
  const lines = [];
  root.dataset.theme = 'light';
  for (state.factor = 0; state.factor < D.factors.length; state.factor++) for (const figure of figures) {
    if (figure.compare && (D.factors.length < 2 || state.factor)) continue;
    const drawn = figure.draw();
    if (!drawn) continue;
    const option = still(drawn);
    const name = D.factors.length > 1 && !figure.compare ? `${state.factor + 1}_${figure.id}` : figure.id;
    lines.push(`figure ${name} ${kind === 'svg' ? base64(svgOf(option, imageSize.width, imageSize.height)) : pngOf(option)}`);
  }
  root.replaceChildren(element('pre', { textContent: `\n${lines.join('\n')}\n` }));
}

const asFiles = /^#figures=(svg|png)$/.exec(window.location.hash);
if (asFiles) {
  becomeFiles(asFiles[1]);
  return;
}

const query = window.matchMedia('(prefers-color-scheme: dark)');
root.dataset.theme = query.matches ? 'dark' : 'light';
$('theme').onclick = () => { root.dataset.theme = theme() === 'dark' ? 'light' : 'dark'; show(); };
for (const [i, h] of D.horizons.entries()) $('horizon').append(element('option', { value: String(i), textContent: rows(h) }));
for (const [i, f] of D.factors.entries()) $('factor').append(element('option', { value: String(i), textContent: shorten(f.name, 80) }));
$('factor-label').hidden = D.factors.length < 2;
$('horizon').onchange = () => { state.horizon = Number($('horizon').value); show(); };
$('factor').onchange = () => { state.factor = Number($('factor').value); show(); };
$('span').textContent = `${day(times(0))} to ${day(times(D.n_times - 1))} UTC · ${whole(D.n_times)} times · ${whole(D.n_symbols)} symbols · traded ${rows(D.delay)} later`;
let resizing;
window.addEventListener('resize', () => { clearTimeout(resizing); resizing = setTimeout(() => { for (const { chart } of charts.values()) chart?.resize(); }, 100); });
window.addEventListener('beforeprint', drawOnPaper);
showHow();
show();
})();
