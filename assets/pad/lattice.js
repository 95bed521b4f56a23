// Which pieces of a drawing are a digit each, as mnist_core/models/lattice.py finds it: a change there is a
// change here. A group is {members, box, gap, profile}, a row {score, groups}.
import { around, jointProfile, profileOf, reach, rowHeight, widestGap } from "./pieces.js";

const MOST_PIECES = 4;
const WIDEST_GAP = 0.3;
const WIDEST = 2.2;
const CLEAR_GAP = 0.1;
const DOT = 0.15;
const LOW = 0.5;
const LOW_COST = 3;
const IN_LINE = 0.4;
const LEAST_PROBABILITY = 1e-4;
const GAP_COST = 4;
const DOT_COST = 0.5;
const WHOLE_BONUS = 2;
const LINK_COST = 0.5;
const FREE_OVERLAP = 0.6;
const OVERLAP_COST = 6;
const FREE_REACH = 0.15;
const REACH_COST = 20;
const MOST_REACH = 0.4;
const GOOD = 0.1;
const TALL = 0.6;
const BESIDE = 0.9;
const TWO_IN_ONE_COST = 3;

export const NO_ROW = { score: -Infinity, groups: [] };

const larger = (best, row) => (row.score > best.score ? row : best);
const known = (probability) => Math.log(Math.max(probability, LEAST_PROBABILITY));

// probabilityOf: of members of a group, that they are a digit. rejects: whether the network can tell.
export function likeliestRow(pieces, probabilityOf, rejects) {
  const boxes = pieces.map(({ box }) => box);
  const height = rowHeight(boxes);
  if (height <= 0) return NO_ROW;
  const orders = ordersOf(boxes);
  const groups = groupsOf(boxes, orders, height, rejects ? WIDEST_GAP : CLEAR_GAP);
  const profiles = pieces.map((piece) => profileOf(piece, height));
  for (const group of groups.values()) group.profile = jointProfile(group.members.map((member) => profiles[member]));
  const scores = new Map();
  for (const [key, group] of groups) {
    const { members } = group;
    const links = members.length > 1 ? members.filter((member) => pieces[member].isLink).length : 0;
    scores.set(key, score(group, probabilityOf(members), height) - LINK_COST * links);
  }
  doubtTwoInOne(groups, scores, boxes, height);
  const costs = pieces.map((piece) => costWithout(piece, height));
  return orders.map((order) => along(order, { groups, scores, costs, height })).reduce(larger, NO_ROW);
}

export function wholeScore(boxes, probability, { isDigit, rejects }) {
  const gap = widestGap(boxes) / Math.max(rowHeight(boxes), 1e-9);
  if (!rejects && gap > CLEAR_GAP) return -Infinity;
  return known(probability) + (isDigit ? WHOLE_BONUS : -GAP_COST * gap);
}

function score({ box: [left, top, right, bottom], gap }, probability, height) {
  const low = Math.max(0, LOW - Math.max(bottom - top, 0.6 * (right - left)) / height);
  return known(probability) - (GAP_COST * gap) / height - LOW_COST * low;
}

function ordersOf(boxes) {
  const written = boxes.map((_, index) => index);
  const across = [...written].sort((a, b) => middle({ box: boxes[a] }) - middle({ box: boxes[b] }));
  return across.every((index, place) => index === place) ? [across] : [across, written];
}

const runOf = (order, start, end) => order.slice(start, end).sort((a, b) => a - b);

function groupsOf(boxes, orders, height, widest) {
  const groups = new Map();
  for (const order of orders) {
    for (let start = 0; start < order.length; start++) {
      for (let end = start + 1; end <= Math.min(order.length, start + MOST_PIECES); end++) {
        const members = runOf(order, start, end);
        const isAll = members.length === boxes.length && members.length > 1;
        const group = isAll || groups.has(members.join()) ? null : groupOf(members, boxes);
        if (group && fits(group, height, widest)) groups.set(members.join(), group);
      }
    }
  }
  return groups;
}

function groupOf(members, boxes) {
  const chosen = members.map((member) => boxes[member]);
  return { members, box: around(chosen), gap: widestGap(chosen) };
}

const isDot = ([left, top, right, bottom], height) => Math.max(right - left, bottom - top) < DOT * height;

function fits({ members, box, gap }, height, widest) {
  const isNarrow = gap <= widest * height && box[2] - box[0] <= WIDEST * height;
  return (isNarrow || members.length === 1) && !isDot(box, height);
}

function doubtTwoInOne(groups, scores, boxes, height) {
  const isDigit = (member) =>
    (scores.get(String(member)) ?? -Infinity) > -GOOD && boxes[member][3] - boxes[member][1] > TALL * height;
  for (const [key, { members }] of groups) {
    if (members.length < 2 || !members.every(isDigit)) continue;
    const overlaps = members.slice(1).map((b, i) => overlapOf(boxes[members[i]], boxes[b], height));
    if (Math.min(...overlaps) < BESIDE) scores.set(key, scores.get(key) - TWO_IN_ONE_COST);
  }
}

function overlapOf(one, other, height) {
  const shared = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const narrower = Math.min(one[2] - one[0], other[2] - other[0]);
  return Math.max(0, shared) / Math.max(narrower, 0.1 * height);
}

function isInLine(one, other) {
  const shared = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  return shared >= IN_LINE * (Math.max(one[3], other[3]) - Math.min(one[1], other[1]));
}

function costWithout({ box, isLink }, height) {
  if (isDot(box, height)) return DOT_COST;
  return isLink ? 0 : Infinity;
}

// By dynamic programming: after so many pieces, for each group that may be the last, the best row.
function along(order, { groups, scores, costs, height }) {
  const ends = [new Map([["", { score: 0, groups: [] }]])];
  for (let end = 1; end <= order.length; end++) {
    const rows = new Map();
    for (let start = Math.max(0, end - MOST_PIECES); start < end; start++) {
      const key = runOf(order, start, end).join();
      if (!scores.has(key) || !ends[start].size) continue;
      const group = groups.get(key);
      const before = [...ends[start].values()];
      const found = before.map((row) => row.score - costBeside(row, group, height));
      const best = found.indexOf(Math.max(...found));
      rows.set(key, { score: found[best] + scores.get(key), groups: [...before[best].groups, group] });
    }
    const cost = costs[order[end - 1]];
    for (const [last, row] of cost < Infinity ? ends[end - 1] : []) {
      const without = { score: row.score - cost, groups: row.groups };
      if (!rows.has(last) || rows.get(last).score < without.score) rows.set(last, without);
    }
    ends.push(rows);
  }
  const whole = [...ends.at(-1).values()].filter((row) => row.groups.length);
  const best = whole.reduce(larger, NO_ROW);
  return { score: best.score, groups: [...best.groups].sort((a, b) => middle(a) - middle(b)) };
}

function costBeside({ groups }, group, height) {
  if (!groups.length) return 0;
  const last = groups.at(-1);
  if (!isInLine(last.box, group.box)) return Infinity;
  const overlap = overlapOf(last.box, group.box, height);
  if (overlap <= FREE_OVERLAP) return 0;
  const cost = overlap <= BESIDE ? OVERLAP_COST * (overlap - FREE_OVERLAP) : Infinity;
  const [left, right] = middle(last) <= middle(group) ? [last, group] : [group, last];
  const into = reach(left.profile, right.profile) / height;
  return into < MOST_REACH ? Math.min(cost, REACH_COST * Math.max(0, into - FREE_REACH)) : cost;
}

const middle = ({ box: [left, , right] }) => left + right;
