// The data of a large page from its packed form, which `lineage/explorer/packing.py` describes. What the first screen does
// not need is read when something asks for it: the texts of evidence, and the ids that no row shows.

const PREVIOUS = ".";
const ALL_SHARED = 255;
const BYTES_OF_SIZE = 4;

const tableAt = (data, path) => path.reduce((table, name) => table[name], data);

/** Reads whole numbers whose lowest bytes stand first, then the next ones; single bytes are taken as they are. */
function readPlanes({ count, width, signed }, bytes) {
  if (width === 0) return new Int8Array(count);
  if (width === 1) return signed ? new Int8Array(bytes.buffer, bytes.byteOffset, count) : bytes;
  const [low, middle, high, highest] = [0, 1, 2, 3].map((n) => (n < width ? bytes.subarray(n * count, (n + 1) * count) : new Uint8Array(count)));
  const found = new Int32Array(count);
  const unused = signed ? 32 - 8 * width : 0;
  for (let at = 0; at < count; at++) {
    found[at] = ((low[at] | (middle[at] << 8) | (high[at] << 16) | (highest[at] << 24)) << unused) >> unused;
  }
  return found;
}

/** Reads a column as whole numbers; `known` has the earlier columns of its table. */
function readWhole(column, bytes, known) {
  const other = known[column.minus];
  if (other && !column.width) return other;
  const stored = readPlanes(column, bytes);
  if (column.minus === null) return stored;
  const found = new Int32Array(stored);
  if (column.minus === PREVIOUS) for (let at = 1; at < found.length; at++) found[at] += found[at - 1];
  else for (let at = 0; at < found.length; at++) found[at] += other[at];
  return found;
}

/** Divides whole numbers, of which `none` stands for null. */
function scaled(whole, scale, none) {
  const found = none === null ? new Float64Array(whole.length) : new Array(whole.length);
  for (let at = 0; at < whole.length; at++) found[at] = whole[at] === none ? null : whole[at] / scale;
  return found;
}

function addColumns(data, columns, take) {
  const wholes = {};
  for (const column of columns) {
    const { table, name, count, width, scale, none } = column;
    const known = (wholes[table] ??= {});
    const whole = (known[name] = readWhole(column, take(count * width), known));
    tableAt(data, table)[name] = scale === 1 && none === null ? whole : scaled(whole, scale, none);
  }
}

/** Gives a table a part that is read at first use. */
function addLater(table, name, read) {
  let value;
  Object.defineProperty(table, name, { get: () => (value ??= read()) });
}

/** Returns a function that cuts the nth line out of a text: most are never asked for. */
function linesOf(text, count) {
  const ends = new Int32Array(count + 1).fill(-1);
  for (let at = 1; at < count; at++) ends[at] = text.indexOf("\n", ends[at - 1] + 1);
  ends[count] = text.length;
  return (at) => text.slice(ends[at] + 1, ends[at + 1]);
}

/** Ids by row: owner, what the name shares with the parent's, and its end. */
function readIds(shared, ownerText, endText) {
  const [ownerOf, endOf] = [ownerText, endText].map((text) => linesOf(text, shared.length));
  const names = [];
  const nameAt = (i, parent) => {
    if (names[i] !== undefined || !shared[i]) return (names[i] ??= endOf(i));
    const above = nameAt(parent[i], parent);
    return (names[i] = (shared[i] === ALL_SHARED ? above : above.slice(0, shared[i])) + endOf(i));
  };
  return (i, parent) => ownerOf(i) + nameAt(i, parent);
}

/** Returns the data, with `models.idOf(row, parents)` instead of a list of ids. */
export function unpack(buffer) {
  const size = new DataView(buffer).getUint32(0, true);
  let at = BYTES_OF_SIZE;
  const take = (length) => new Uint8Array(buffer, (at += length) - length, length);
  const decoder = new TextDecoder();
  const { data, columns, later, texts } = JSON.parse(decoder.decode(take(size)));
  addColumns(data, columns, take);
  for (const { table, name, size: length } of later) {
    const bytes = take(length);
    addLater(tableAt(data, table), name, () => JSON.parse(decoder.decode(bytes)));
  }
  data.models.idOf = readIds(data.models.shared, ...texts.map((length) => decoder.decode(take(length))));
  return data;
}
